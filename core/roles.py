"""Permissions, roles and settings of the core itself, as data: the core's own manifest carries them.

Permissions of entities (``core.person.view`` …) come with the entities; here stand those that belong to pages.
"""
from __future__ import annotations

from .entity import PostKind, Role, Setting
from .i18n import lazy_gettext as _

PERMISSIONS = (
    ("core.account.view", _("See accounts and the roles they hold")),
    ("core.account.create", _("Create accounts")),
    ("core.account.edit", _("Change accounts: unlock, reset the password, disable")),
    ("core.role_grant.create", _("Grant roles")),
    ("core.role_grant.delete", _("Take roles away")),
    ("core.audit.view", _("Read the audit log and the ledger")),
    ("core.ledger.export", _("Export the ledger")),
    ("core.switch.view", _("See which plugins are on")),
    ("core.switch.edit", _("Switch plugins on and off")),
    ("core.setting.view", _("See settings")),
    ("core.setting.edit", _("Change settings")),
    ("core.calendar.view", _("See the calendar of working days")),
    ("core.calendar.edit", _("Change the calendar of working days, re-date open deadlines")),
    ("core.class.view", _("See the lists of classes")),
    ("core.class.edit", _("Change the lists of classes")),
    ("core.workflow.view", _("See the versions of workflows")),
    ("core.workflow.edit", _("Publish versions of workflows and move running matters")),
    ("core.division.view", _("See divisions and their history")),
    ("core.division.edit", _("Change divisions: rename, move, merge, split, retire")),
    ("core.division.import", _("Import divisions")),
    ("core.job.view", _("See background jobs")),
    ("core.job.edit", _("Retry and cancel background jobs")),
    ("core.channel.view", _("See message channels, texts and undelivered messages")),
    ("core.channel.edit", _("Configure message channels and texts, send messages again")),
    ("core.statistics.view", _("See statistics")),
    ("core.meeting.hold", _("Hold meetings, fix their record and carry out the decisions")),
    ("core.month.view", _("See banks of the month and what was closed")),
    ("core.month.close", _("Close months")),
    ("core.month.correct", _("Propose corrections of a closed month")),
    ("core.month.approve", _("Approve corrections that somebody else proposed")),
    ("core.clock.supervise", _("Supervise: be told of what ran out, see the matters under supervision")),
    ("core.search.use", _("Use the search box")),
    ("core.today.view", _("See the start page")),
    ("core.api.use", _("Make API tokens and use the API")),
)

_EVERYDAY = ("core.today.view", "core.search.use", "core.statistics.view", "core.division.view", "core.calendar.view")
_TEMPLATES = tuple(f"core.reply_template.{action}" for action in ("view", "create", "edit", "delete", "import", "export"))
_PEOPLE = tuple(f"core.{name}.{action}" for name in ("person", "post", "department")
                for action in ("view", "create", "edit", "delete", "import", "export"))
_PEOPLE_READ = ("core.person.view", "core.post.view", "core.department.view")
_MEETINGS_READ = ("core.meeting.view", "core.month.view")
_MEETINGS = (*_MEETINGS_READ, *(f"core.meeting.{action}" for action in ("create", "edit", "delete", "export")))

ROLES = (
    Role("core.county_admin", _("Administrator"),
         (*(key for key, _label in PERMISSIONS if key != "core.clock.supervise"), *_PEOPLE, *_MEETINGS, *_TEMPLATES,
          "core.person.reveal")),
    Role("core.supervisor", _("Supervision officer"),
         (*_EVERYDAY, *_PEOPLE_READ, *_MEETINGS_READ, "core.clock.supervise", "core.api.use")),
    Role("core.leader", _("Leader"), (*_EVERYDAY, *_PEOPLE_READ, *_MEETINGS_READ, "core.month.approve")),
    Role("core.auditor", _("Auditor"),
         ("core.today.view", "core.division.view", "core.audit.view", "core.ledger.export", "core.account.view",
          "core.switch.view", "core.setting.view", "core.channel.view", "core.workflow.view", "core.job.view")),
    Role("core.api", _("Program (API)"), ("core.api.use", "core.division.view", "core.statistics.view", "core.calendar.view")),
    Role("core.deputy", _("Deputy"),
         ("core.today.view", "core.search.use", "core.division.view", "core.calendar.view", "core.api.use")),
    Role("core.staff", _("Staff"), (*_EVERYDAY, "core.department.view", "core.api.use")),
)

_DEPUTY = "core.deputy"
POSTS = (
    PostKind("core_deputy_national", _("Deputy to the National People’s Congress"), ("province", "city", "county"), _DEPUTY),
    PostKind("core_deputy_province", _("Deputy to the provincial people’s congress"), ("province", "city", "county"), _DEPUTY),
    PostKind("core_deputy_city", _("Deputy to the city people’s congress"), ("city", "county"), _DEPUTY),
    PostKind("core_deputy_county", _("Deputy to the county people’s congress"), ("county",), _DEPUTY),
    PostKind("core_deputy_town", _("Deputy to the town people’s congress"), ("town",), _DEPUTY),
)
"""Deputies belong to no single plugin: they raise suggestions, receive voters at stations and walk the grids. A deputy never
handles a matter in that capacity (Deputies Law 2025, article 31), so the role sees and raises and no more."""

SETTINGS = (
    Setting("core.session_idle_minutes", _("Minutes without use after which a login ends"), "int", 30,
            _("Platform default; MLPS 2.0 asks for a limit"), minimum=5, maximum=480),
    Setting("core.reveal_per_hour", _("Personal values one account may reveal per hour"), "int", 60,
            _("Platform default"), minimum=1, maximum=10_000),
    Setting("core.totp_required", _("Administrators must log in with a one-time code"), "flag", False,
            _("Platform default; recommended where the site is reachable from outside")),
)

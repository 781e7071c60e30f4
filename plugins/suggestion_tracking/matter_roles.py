"""Posts around matters, and what who holds one may do there. Names of posts are county settings.

Other areas give their permissions to the same roles: they declare a ``Role`` of the same key, and ``areas`` joins them.
"""
from __future__ import annotations

from grid321.core.api import PostKind, Role
from grid321.core.api import lazy_gettext as _

STEM = "suggestion_tracking.matter_"
EVERYDAY = ("core.today.view", "core.search.use", "core.statistics.view", "core.division.view", "core.api.use")
SEE = (*EVERYDAY, "suggestion_tracking.matter.view")
REGISTER = ("suggestion_tracking.matter.create", "suggestion_tracking.matter.edit")
MEET = (*(f"core.meeting.{action}" for action in ("view", "create", "edit", "delete", "export")), "core.meeting.hold")
MONTH = ("core.month.view", "core.month.close", "core.month.correct")
TEMPLATES = tuple(f"core.reply_template.{action}" for action in ("view", "create", "edit", "delete"))
DESK = (*REGISTER, f"{STEM}handle", f"{STEM}send_up", f"{STEM}write_off", f"{STEM}feed_back", f"{STEM}rate_told",
        f"{STEM}withdraw", "suggestion_tracking.matter.group", "suggestion_tracking.matter.reveal",
        "suggestion_tracking.matter.export", *MEET, *MONTH)
UPPER = (f"{STEM}hand_over", f"{STEM}send_down", f"{STEM}evaluate", f"{STEM}convert", "suggestion_tracking.matter.import",
         "core.month.approve", *TEMPLATES)

ROLES = (
    Role("suggestion_tracking.informant", _("Informant of matters"),
         (*SEE, "suggestion_tracking.matter.create", f"{STEM}rate"), ("grid", "village")),
    Role("suggestion_tracking.registrar", _("Registrar of matters"), (*SEE, *REGISTER, f"{STEM}withdraw"),
         ("village", "town", "county")),
    Role("suggestion_tracking.village_officer", _("Village officer for matters"), (*SEE, *DESK), ("village",)),
    Role("suggestion_tracking.town_officer", _("Town officer for matters and suggestions"), (*SEE, *DESK, *UPPER), ("town",)),
    Role("suggestion_tracking.county_officer", _("County officer for matters and suggestions"),
         (*SEE, *DESK, *UPPER, f"{STEM}ask_city"), ("county",)),
    Role("suggestion_tracking.viewer", _("Reader of matters and suggestions"), (*SEE, "core.meeting.view", "core.month.view")),
    Role("suggestion_tracking.unit_clerk", _("Clerk of a handling unit"), (*SEE, f"{STEM}work"), department=True),
)

POSTS = (
    PostKind("matter_informant", _("Informant of matters"), ("grid", "village"), "suggestion_tracking.informant"),
    PostKind("matter_registrar", _("Registrar of matters"), ("village", "town", "county"), "suggestion_tracking.registrar"),
    PostKind("matter_village_officer", _("Village officer for matters"), ("village",), "suggestion_tracking.village_officer"),
    PostKind("matter_town_officer", _("Town officer for matters and suggestions"), ("town",),
             "suggestion_tracking.town_officer"),
    PostKind("matter_county_officer", _("County officer for matters and suggestions"), ("county",),
             "suggestion_tracking.county_officer"),
    PostKind("matter_unit_clerk", _("Clerk of a handling unit"), ("town", "county"), "suggestion_tracking.unit_clerk",
             department=True),
)

PERMISSIONS = (
    (f"{STEM}handle", _("Handle matters of the own level")),
    (f"{STEM}send_up", _("Send matters up")),
    (f"{STEM}send_down", _("Return matters to the level below")),
    (f"{STEM}hand_over", _("Hand matters to departments")),
    (f"{STEM}ask_city", _("Ask the city for help with matters")),
    (f"{STEM}work", _("Work on matters in a department")),
    (f"{STEM}feed_back", _("Feed answers back to residents and deputies")),
    (f"{STEM}rate", _("Rate the answer to one's own matter")),
    (f"{STEM}rate_told", _("Enter a rating that a resident told")),
    (f"{STEM}write_off", _("Write matters off")),
    (f"{STEM}evaluate", _("Check a result that the resident rejects")),
    (f"{STEM}withdraw", _("Withdraw matters")),
    (f"{STEM}convert", _("Turn matters into suggestions")),
)

"""Who raises, checks, hands over and handles suggestions, and what who is neither may see."""
from __future__ import annotations

from grid321.core.api import PostKind, Role
from grid321.core.api import lazy_gettext as _

P = "suggestion_tracking."
SEE_ALL = P + "see_all"
EVERYDAY = ("core.today.view", "core.search.use", "core.statistics.view", "core.division.view", "core.api.use")
SEE = tuple(f"{P}{name}.view" for name in ("suggestion", "task", "contact", "cosigner", "session"))
EXPORT = tuple(f"{P}{name}.export" for name in ("suggestion", "task", "contact", "cosigner", "session"))
KEEP = (*(f"{P}suggestion.{action}" for action in ("create", "edit")), f"{P}cosigner.create", f"{P}cosigner.delete")
OFFICE = (*SEE, *EXPORT, *KEEP, SEE_ALL, f"{P}task.create", f"{P}contact.create",
          *(f"{P}session.{action}" for action in ("create", "edit", "delete", "import")),
          f"{P}register", f"{P}check", f"{P}assign", f"{P}raise", f"{P}decide_extension")
UNIT = (f"{P}suggestion.view", f"{P}task.view", f"{P}task.export", f"{P}contact.view", f"{P}contact.create", SEE_ALL,
        f"{P}work", f"{P}ask_extension")
DEPUTY = (*SEE, *KEEP, f"{P}raise")
READ = (*SEE, SEE_ALL)

ROLES = (
    Role(f"{P}county_officer", _("County officer for matters and suggestions"), OFFICE, ("county",)),
    Role(f"{P}town_officer", _("Town officer for matters and suggestions"), OFFICE, ("town",)),
    Role(f"{P}suggestion_officer", _("Officer for suggestions"), (*EVERYDAY, *OFFICE), ("town", "county")),
    Role(f"{P}supervisor", _("Supervision officer"), READ, ("town", "county")),
    Role(f"{P}viewer", _("Reader of matters and suggestions"), READ),
    Role(f"{P}unit_clerk", _("Clerk of a handling unit"), UNIT, department=True),
)

POSTS = (PostKind("suggestion_officer", _("Officer for suggestions"), ("town", "county"), f"{P}suggestion_officer"),)

GRANTS = {"core.deputy": DEPUTY, "core.leader": READ, "core.supervisor": READ}

PERMISSIONS = (
    (SEE_ALL, _("See the suggestions of all deputies, not only one's own")),
    (f"{P}raise", _("Raise one's own suggestion again, withdraw it, agree to a longer limit")),
    (f"{P}register", _("Enter what deputies raise, sign and say on paper")),
    (f"{P}check", _("Check suggestions before they are handed over")),
    (f"{P}assign", _("Hand suggestions over to units, decide on returns, enter replies on paper")),
    (f"{P}work", _("Handle suggestions in a unit")),
    (f"{P}ask_extension", _("Ask for a longer limit of a reply")),
    (f"{P}decide_extension", _("Decide on a longer limit of a reply")),
)

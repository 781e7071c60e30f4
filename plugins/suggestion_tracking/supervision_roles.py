"""Who supervises, who answers to supervision, who gives a receipt card back."""
from __future__ import annotations

from grid321.core.api import Link, PostKind, Role
from grid321.core.api import lazy_gettext as _

P = "suggestion_tracking."
NAMES = ("commitment", "inspection", "letter", "list_item", "receipt", "round", "sample")
EVERYDAY = ("core.today.view", "core.search.use", "core.statistics.view", "core.division.view", "core.api.use")
SEE = tuple(f"{P}{name}.view" for name in NAMES)
WRITE = tuple(f"{P}{name}.{action}" for name in ("commitment", "inspection", "letter", "list_item", "round")
              for action in ("create", "edit"))
SHEETS = tuple(f"{P}{name}.{action}" for name in ("commitment", "list_item") for action in ("import", "export"))
EXPORT = tuple(f"{P}{name}.export" for name in ("inspection", "letter", "receipt", "round", "sample"))
SUPERVISE = (*SEE, *WRITE, *SHEETS, *EXPORT, f"{P}sample.create", f"{P}inspect", f"{P}urge", f"{P}verify", "core.clock.supervise")
OFFICE = (*SUPERVISE, f"{P}receipt_paper", f"{P}receipt.create", f"{P}redo", f"{P}evaluate", f"{P}conclude")
UNIT = tuple(f"{P}{name}.view" for name in ("commitment", "letter", "list_item"))
DEPUTY = (f"{P}receipt.view", f"{P}receipt_give", f"{P}commitment.view")

ROLES = (
    Role(f"{P}county_officer", _("County officer for matters and suggestions"), OFFICE, ("county",)),
    Role(f"{P}town_officer", _("Town officer for matters and suggestions"), OFFICE, ("town",)),
    Role(f"{P}suggestion_officer", _("Officer for suggestions"), (*EVERYDAY, *OFFICE), ("town", "county")),
    Role(f"{P}supervisor", _("Supervision officer"), (*EVERYDAY, *SUPERVISE),
         ("town", "county")),
    Role(f"{P}viewer", _("Reader of matters and suggestions"), SEE),
    Role(f"{P}unit_clerk", _("Clerk of a handling unit"), (*UNIT, f"{P}answer_supervision"), department=True),
)

POSTS = (PostKind("suggestion_supervisor", _("Supervision officer"), ("town", "county"), f"{P}supervisor"),)

LINKS = (Link("suggestion_tracking.supervision", _("Supervision"), "eye", f"{P}commitment.view"),)

GRANTS = {"core.deputy": DEPUTY, "core.leader": SEE, "core.supervisor": SEE}

PERMISSIONS = (
    (f"{P}inspect", _("Record inspections")),
    (f"{P}urge", _("Issue supervision letters and follow promises")),
    (f"{P}verify", _("Confirm that a promise is kept or a problem put right")),
    (f"{P}answer_supervision", _("Answer supervision letters and report on promises in a unit")),
    (f"{P}receipt_give", _("Give one’s own receipt card back")),
    (f"{P}receipt_paper", _("Enter receipt cards on paper and give out links for them")),
    (f"{P}redo", _("Order the second handling of a suggestion")),
    (f"{P}evaluate", _("Evaluate a result that was rejected twice")),
    (f"{P}conclude", _("Conclude a suggestion: follow its promises, write it off, close it unsolved")),
)

"""Who evaluates, who votes, and the values of the evaluation that a county may set."""
from __future__ import annotations

from grid321.core.api import Role, Setting
from grid321.core.api import lazy_gettext as _

P = "suggestion_tracking."
WORKING = _("Working default [place]; the county sets its own")
SEE = tuple(f"{P}{name}.view" for name in ("counted", "smell", "appraisal", "appraisal_item", "appraisal_score",
                                           "appraisal_result", "ballot", "chosen"))
KEEP = tuple(f"{P}{name}.{action}" for name in ("appraisal", "appraisal_item", "appraisal_score", "ballot", "chosen")
             for action in ("create", "edit", "delete"))
EXPORT = tuple(f"{P}{name}.export" for name in ("counted", "smell", "appraisal_result", "chosen"))
OFFICE = (*SEE, *KEEP, *EXPORT, f"{P}rates", f"{P}run_appraisal", f"{P}run_ballot", f"{P}publish_year")

ROLES = (
    Role(f"{P}county_officer", _("County officer for matters and suggestions"), OFFICE, ("county",)),
    Role(f"{P}town_officer", _("Town officer for matters and suggestions"), OFFICE, ("town",)),
    Role(f"{P}supervisor", _("Supervision officer"), (f"{P}counted.view", f"{P}smell.view", f"{P}smell.export", f"{P}rates"),
         ("town", "county")),
    Role(f"{P}viewer", _("Reader of matters and suggestions"), (*SEE, f"{P}rates")),
    Role(f"{P}unit_clerk", _("Clerk of a handling unit"), (f"{P}counted.view", f"{P}smell.view"), department=True),
)

GRANTS = {
    "core.deputy": (f"{P}ballot.view", f"{P}vote", f"{P}chosen.view", f"{P}rates"),
    "core.leader": (*SEE, f"{P}rates"),
    "core.supervisor": (f"{P}counted.view", f"{P}smell.view", f"{P}rates"),
}

PERMISSIONS = (
    (f"{P}rates", _("See the rates of suggestions and the comparison of units")),
    (f"{P}run_appraisal", _("Open, fix and publish the appraisal of units")),
    (f"{P}run_ballot", _("Open and close ballots, give out voting links, publish counts")),
    (f"{P}vote", _("Vote in ballots of deputies")),
    (f"{P}publish_year", _("Publish what was chosen as good")),
)

SETTINGS = (
    Setting(f"{P}rate_minimum", _("Least number of cases with which a rate is compared"), "int", 5, WORKING, minimum=1,
            maximum=1000),
    Setting(f"{P}rate_basically", _("“Basically satisfied” counts as satisfied"), "flag", True,
            _("Common way of counting the satisfied rate [place]; the formula is printed with every figure")),
    Setting(f"{P}smell_transfers", _("Pushed around: handed over or sent back at least (times)"), "int", 3, WORKING, minimum=2,
            maximum=50),
    Setting(f"{P}smell_idle_days", _("Dragged: no step for at least (days)"), "int", 30, WORKING, minimum=3, maximum=400),
    Setting(f"{P}smell_shared_terms", _("Talking past: reply shares fewer terms with the request than"), "int", 1, WORKING,
            minimum=1, maximum=50),
    Setting(f"{P}smell_alike_percent", _("Same text: replies are alike at least (per cent)"), "int", 90, WORKING, minimum=80,
            maximum=100),
    Setting(f"{P}smell_alike_count", _("Same text: other replies of the unit that are alike, at least"), "int", 2, WORKING,
            minimum=1, maximum=100),
    Setting(f"{P}smell_alike_months", _("Same text: replies of the last (months)"), "int", 12, WORKING, minimum=1, maximum=48),
    Setting(f"{P}smell_least_length", _("Same text: replies shorter than this are not compared (characters)"), "int", 20, WORKING,
            minimum=0, maximum=1000),
)

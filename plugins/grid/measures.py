"""How the handling of reports is counted: each figure with its formula, denominator and cut-off."""
from __future__ import annotations

from grid321.core.api import Funnel, Overdue, Part, Ratio, Tally
from grid321.core.api import lazy_gettext as _

REPORT = "grid.report"
ANSWERED = ("answered", "rated", "kept", "closed", "ended")
REGISTERED = Part("state", without=("withdrawn",))
NO_WITHDRAWN = _("Without withdrawn reports")

MEASURES = (
    Funnel("grid.funnel", _("Every level's bank"), REPORT, level_column="holder_level"),
    Ratio("grid.solved_rate", _("Solved rate"), REPORT, Part("state", ("closed",)), REGISTERED,
          _("Reports written off as solved ÷ reports registered"),
          _("Without withdrawn reports. What was only explained is not solved.")),
    Ratio("grid.answered_rate", _("Answered rate"), REPORT, Part("state", ANSWERED), REGISTERED,
          _("Reports with an answer ÷ reports registered"),
          _("Without withdrawn reports. A report that is handled again counts as not answered.")),
    Ratio("grid.satisfied_rate", _("Satisfied rate"), REPORT, Part("rating", ("satisfied", "basically")),
          Part("rating", without=("",)), _("Ratings “satisfied” and “basically satisfied” ÷ ratings of the result"),
          _("Without reports that are not rated")),
    Ratio("grid.solved_village", _("Solved at the lowest level"), REPORT, Part("solved_level", ("village",)),
          Part("solved_level", without=("",)), _("Solved by villages and communities ÷ all solved"),
          _("Solved reports only")),
    Overdue("grid.overdue", _("Overdue"), REPORT,
            _("Open reports whose earliest running time limit has passed"),
            _("Without answered reports that wait for their rating"), without=("answered",)),
    Tally("grid.by_state", _("Reports by state"), REPORT, "state", _("Number of reports in each state")),
    Tally("grid.by_kind", _("Reports by kind"), REPORT, "kind", _("Number of reports of each kind")),
    Tally("grid.by_class", _("Ledger information by class"), REPORT, "ledger_class",
          _("Number of reports of each class"), _("Without social information, which has no class"), skip_empty=True),
    Tally("grid.by_level", _("Solved at each tier"), REPORT, "solved_level",
          _("Number of solved reports by the level that solved them"), _("Solved reports only"), skip_empty=True),
)

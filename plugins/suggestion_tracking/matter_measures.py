"""How the handling of matters is counted: each figure with its formula, denominator and cut-off."""
from __future__ import annotations

from grid321.core.api import Funnel, Overdue, Part, Ratio, Tally
from grid321.core.api import lazy_gettext as _

MATTER = "suggestion_tracking.matter"
NAME = "suggestion_tracking.matter"
ANSWERED = ("answered", "told", "rated", "kept", "closed", "ended")
REGISTERED = Part("state", without=("withdrawn", "turned"))

MEASURES = (
    Funnel(f"{NAME}_funnel", _("Matters: every level's bank"), MATTER, level_column="holder_level"),
    Ratio(f"{NAME}_solved_rate", _("Matters: solved rate"), MATTER, Part("state", ("closed",)), REGISTERED,
          _("Matters written off as solved ÷ matters registered"),
          _("Without withdrawn matters and those that became suggestions. What was only explained is not solved.")),
    Ratio(f"{NAME}_answered_rate", _("Matters: answered rate"), MATTER, Part("state", ANSWERED), REGISTERED,
          _("Matters with an answer ÷ matters registered"),
          _("Without withdrawn matters and those that became suggestions. One that is handled again counts as not answered.")),
    Ratio(f"{NAME}_satisfied_rate", _("Matters: satisfied rate"), MATTER, Part("rating", ("satisfied", "basically")),
          Part("rating", without=("",)), _("Ratings “satisfied” and “basically satisfied” ÷ ratings of the result"),
          _("Without matters that are not rated")),
    Ratio(f"{NAME}_solved_village", _("Matters: solved at the lowest level"), MATTER, Part("solved_level", ("village",)),
          Part("solved_level", without=("",)), _("Solved by villages and communities ÷ all solved"),
          _("Solved matters only")),
    Overdue(f"{NAME}_overdue", _("Matters: overdue"), MATTER,
            _("Open matters whose earliest running time limit has passed"),
            _("Without matters that wait for their rating"), without=("told",)),
    Tally(f"{NAME}_by_state", _("Matters by state"), MATTER, "state", _("Number of matters in each state")),
    Tally(f"{NAME}_by_class", _("Matters by class"), MATTER, "kind", _("Number of matters of each class")),
    Tally(f"{NAME}_by_source", _("Matters by channel"), MATTER, "source", _("Number of matters that came in each way")),
    Tally(f"{NAME}_by_level", _("Matters: solved at each level"), MATTER, "solved_level",
          _("Number of solved matters by the level that solved them"), _("Solved matters only"), skip_empty=True),
)

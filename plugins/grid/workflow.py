"""The handling of a report: the three-level handling of the core (``three_levels``) with the forms and lists of grids."""
from __future__ import annotations

from grid321.core.api import lazy_gettext as _
from grid321.core.api import three_levels

from .schemas import AgainRating, Answer, HandOver, Rating

HANDLING = three_levels.handling(
    "grid.handling", "grid.report", 2, numbers="WL", label=_("Handling of a report"),
    forms=three_levels.Forms(answer=Answer, hand_over=HandOver, rating=Rating, objection=AgainRating))

# Version 1 declared the same rules with functions of this module. Homes made under it keep it, and reports that began
# under it run to their end; these are the names by which it finds its functions.
level_of = three_levels.level_of
counts_as_solved = three_levels.counts_as_solved
held_by_village = three_levels.held_by_village
held_by_town = three_levels.held_by_town
held_by_county = three_levels.held_by_county
first_objection = three_levels.first_objection
second_objection = three_levels.second_objection
may_be_written_off = three_levels.may_be_written_off
needs_evaluation = three_levels.needs_evaluation
not_solved = three_levels.not_solved
_answered = three_levels.answered
_handed = three_levels.handed
_rated = three_levels.rated
_objected = three_levels.objected
_objected_again = three_levels.objected_again
_written_off = three_levels.written_off
_to_village = three_levels.to_village
_to_town = three_levels.to_town
_to_county = three_levels.to_county

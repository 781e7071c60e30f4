"""How stations, receptions, activities and opinions are counted on the core's own page of figures: stocks up to now and the bank
of opinions. Figures of a span of days, with attendance and voters, stand in ``station_figures``.
"""
from __future__ import annotations

from grid321.core.api import Funnel, Overdue, Part, Ratio, Tally
from grid321.core.api import lazy_gettext as _

from .checks_choices import P

STATION, RATING, RECEPTION, ACTIVITY, OPINION = (f"{P}{name}" for name in (
    "station", "rating", "reception", "activity", "opinion"))
HEARD = Part("state", without=("withdrawn",))

MEASURES = (
    Tally(f"{P}stations_by_kind", _("Stations by kind"), STATION, "kind", _("Number of stations of each kind"),
          _("Those that were closed are counted; the statistics of stations leave them out")),
    Tally(f"{P}stations_by_class", _("Stations by class"), STATION, "klass", _("Number of stations of each class"),
          _("Without stations that have no class"), skip_empty=True),
    Tally(f"{P}model_stations", _("Model stations"), STATION, "model", _("Number of model stations of city and province"),
          _("Without other stations"), skip_empty=True),
    Tally(f"{P}ratings_by_state", _("Ratings of stations by state"), RATING, "state", _("Number of ratings in each state")),
    Tally(f"{P}receptions_by_state", _("Receptions by state"), RECEPTION, "state", _("Number of reception days in each state")),
    Tally(f"{P}receptions_by_kind", _("Receptions by kind"), RECEPTION, "kind", _("Number of reception days of each kind"),
          _("Those that were dropped are counted, too")),
    Tally(f"{P}activities_by_state", _("Activities by state"), ACTIVITY, "state", _("Number of activities in each state")),
    Tally(f"{P}activities_by_kind", _("Activities by kind"), ACTIVITY, "kind", _("Number of activities of each kind"),
          _("Those that were dropped are counted, too")),
    Funnel(f"{P}opinion_funnel", _("Voters’ opinions: every level’s bank"), OPINION, level_column="holder_level"),
    Ratio(f"{P}opinion_solved_rate", _("Voters’ opinions: solved rate"), OPINION, Part("state", ("closed",)), HEARD,
          _("Opinions written off as solved ÷ opinions registered"),
          _("Without withdrawn ones and those that became something else. What was only explained is not solved.")),
    Ratio(f"{P}opinion_satisfied_rate", _("Voters’ opinions: satisfied rate"), OPINION,
          Part("rating", ("satisfied", "basically")), Part("rating", without=("",)),
          _("Ratings “satisfied” and “basically satisfied” ÷ ratings of the result"),
          _("Without opinions that are not rated")),
    Overdue(f"{P}opinion_overdue", _("Voters’ opinions: overdue"), OPINION,
            _("Open opinions whose earliest running time limit has passed")),
    Tally(f"{P}opinions_by_state", _("Voters’ opinions by state"), OPINION, "state", _("Number of opinions in each state")),
    Tally(f"{P}opinions_by_kind", _("Voters’ opinions by subject"), OPINION, "kind", _("Number of opinions of each subject")),
)
"""Each with its formula, what it leaves out and its cut-off."""

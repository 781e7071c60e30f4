"""Figures of stations over a span of days: per station, division below, month, quarter or year, in all. Each with formula,
exclusions and cut-off, and with the records that it counts (``figure_sources``).

Persons are counted once in every sum in which they occur, so the sum of a column may be more than the whole. What depends on a
state is read from the records as they are now.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from grid321.core.api import BadRequest, Label, Node, figures, local_day, statistics, tree
from grid321.core.api import gettext as _t
from grid321.core.api import lazy_gettext as _

from . import figure_sources as src
from .checks import look, open_on
from .checks_items import Group
from .figure_sources import FATES, Narrow, Row, Source, Span
from .station_models import Station

__all__ = ["FATES", "FIGURES", "Figure", "Line", "Narrow", "Row", "Span", "Table"]

CUT = _("From the first to the last day asked for; states as they are now")
NOW = _("The last day asked for")
GROUPS = (("stations", _("Stations")), ("deputies", _("Deputies and coverage")), ("receptions", _("Receptions")),
          ("activities", _("Activities and attendance")), ("opinions", _("Voters and opinions")))
"""Columns that stand in one table on the page; sheet and REST have all of them."""


@dataclass(frozen=True)
class Figure:
    """A column of the statistics: what it is called, how it is counted and the rows that it counts.

    ``persons``: rows name a person, who counts once in each sum. ``computed``: the item of the checklists that is counted instead
    of rows: "there" or "wanted". ``record``: permission and name of the records, ``liaison_station.<name>.view``.
    """

    key: str
    group: str
    label: Label
    formula: Label
    sources: tuple[Source, ...] = ()
    exclusions: Label = ""
    cutoff: Label = CUT
    persons: bool = False
    computed: str = ""

    @property
    def stock(self) -> bool:
        """Whether it says what there is on a day, not what happened in a span."""
        return bool(self.computed) or self.sources[0].day is None


FIGURES: tuple[Figure, ...] = (
    Figure("stations", "stations", _("Stations"), _("Stations open on the last day"), (src.STATIONS,),
           _("Without stations closed by then; those at rest are counted"), NOW),
    Figure("haves", "stations", _("Haves that are there"), _("Items of the ten haves that are there, over all stations"), (),
           _("Without the siting rules"), NOW, computed="there"),
    Figure("wanted", "stations", _("Haves asked for"), _("Items of the ten haves that stations should have"), (),
           _("Without the siting rules"), NOW, computed="wanted"),
    Figure("deputies", "deputies", _("Deputies"), _("Mandates in office on the last day, where the congress keeps them"),
           (src.DEPUTIES,), _("Without suspended ones"), NOW),
    Figure("placed", "deputies", _("With a home station"), _("Mandates in office whose holder has a home station"), (src.PLACED,),
           _("Without suspended ones"), NOW),
    Figure("nowhere", "deputies", _("Nowhere"), _("Mandates in office whose holder has no home station"), (src.NOWHERE,),
           _("Without suspended ones"), NOW),
    Figure("grid_heads", "deputies", _("Grid heads among them"), _("Mandates in office whose holder leads a grid"),
           (src.GRID_HEADS,), _("None where grids are not kept"), NOW),
    Figure("grid_workers", "deputies", _("Grid workers among them"), _("Mandates in office whose holder works in a grid"),
           (src.GRID_WORKERS,), _("None where grids are not kept"), NOW),
    Figure("planned", "receptions", _("Reception days planned"), _("Reception days that lie in the span"),
           (src.PLANNED,), _("Without those that were dropped")),
    Figure("due", "receptions", _("Of these past or today"), _("Reception days planned that lie before tomorrow"), (src.DUE,),
           _("Without those that were dropped")),
    Figure("held", "receptions", _("Were held"), _("Reception days in the span that were held"), (src.RECEIVED,)),
    Figure("postponed", "receptions", _("Postponed"), _("Reception days in the span that were put off at least once"),
           (src.POSTPONED,)),
    Figure("late", "receptions", _("Postponed too late"), _("Reception days put off with less notice than the rule asks"),
           (src.LATE,)),
    Figure("activities", "activities", _("Activities held"), _("Activities held in the span"), (src.ACTIVITIES,)),
    Figure("attendances", "activities", _("Deputies, person-times"),
           _("Duties at receptions marked as “came” + deputies marked as “came” in the lists of activities"),
           (src.ON_DUTY, src.AT_ACTIVITIES), _("Without who was excused or absent")),
    Figure("persons", "activities", _("Deputies, persons"), _("Persons among these, each counted once in every sum"),
           (src.PEOPLE_ON_DUTY, src.PEOPLE_AT_ACTIVITIES), persons=True),
    Figure("residents", "activities", _("Residents at activities"),
           _("Residents who took part, as written down for each activity"), (src.RESIDENTS,)),
    Figure("voters", "opinions", _("Voters received"),
           _("Voters in person-times, as written down when the reception day was closed"), (src.VOTERS,),
           _("Without reception days that are not closed and residents at activities")),
    Figure("visitors", "opinions", _("Persons in the registers"), _("Persons in the lines of the registers"), (src.VISITORS,),
           _("Without residents at activities who are in no register")),
    Figure("opinions", "opinions", _("Opinions"), _("Opinions heard in the span"), (src.opinions(),)),
    Figure("settled", "opinions", _("Settled"),
           _("Opinions that were written off as solved by village, town or county themselves"),
           (src.opinions(FATES["settled"]),)),
    Figure("passed", "opinions", _("Passed to units"),
           _("Opinions handed to a department or passed to a unit outside, whatever came of it"),
           (src.opinions(FATES["passed"]),)),
    Figure("unsolved", "opinions", _("Closed, not solved"), _("Opinions closed without being solved and passed to no unit"),
           (src.opinions(FATES["unsolved"]),)),
    Figure("open", "opinions", _("Open"), _("Opinions passed to no unit that are not closed"), (src.opinions(FATES["open"]),)),
    Figure("turned", "opinions", _("Became something else"),
           _("Opinions that were turned into a matter, a suggestion or a report and are counted on there"),
           (src.opinions(FATES["turned"]),)),
    Figure("other", "opinions", _("Withdrawn or joined"), _("Opinions withdrawn, or carried on by another opinion"),
           (src.opinions(FATES["other"]),)),
)
BY_KEY: Mapping[str, Figure] = {figure.key: figure for figure in FIGURES}
FATE_KEYS = ("settled", "passed", "unsolved", "open", "turned", "other")


@dataclass(frozen=True)
class Share:
    """One figure as a part of another."""

    key: str
    group: str
    label: Label
    top: str
    bottom: str
    formula: Label

    def of(self, amounts: Mapping[str, int]) -> statistics.Percentage:
        """The share in a line of the table; two numbers only below the least number that is compared."""
        return statistics.Percentage(amounts.get(self.top, 0), amounts.get(self.bottom, 0))


SHARES = (
    Share("complete", "stations", _("Ten haves complete"), "haves", "wanted", _("Haves that are there ÷ haves asked for")),
    Share("coverage", "deputies", _("Full coverage"), "placed", "deputies",
          _("Mandates in office with a home station ÷ mandates in office")),
    Share("held_share", "receptions", _("Reception days held"), "held", "due",
          _("Reception days held ÷ reception days of the span that are past or today, without those dropped")),
    Share("settled_share", "opinions", _("Opinions settled"), "settled", "opinions",
          _("Opinions written off as solved without a unit ÷ opinions heard")),
    Share("passed_share", "opinions", _("Opinions passed to units"), "passed", "opinions",
          _("Opinions handed to a department or a unit outside ÷ opinions heard")),
)


@dataclass(frozen=True)
class Line:
    """A line of the table: a division below, a station (0: of none), a part of the span, or the whole; amounts by figure."""

    label: str
    node: Node | None
    station_id: int | None
    amounts: Mapping[str, int]
    span: Span | None = None


def as_of(span: Span) -> date:
    """The day of which the checklists are looked at: the last one asked for, never a day to come."""
    return min(span.last, local_day())


def _named(condition: Any) -> dict[int, tuple[int, str]]:
    """Division and name of the stations that meet a condition."""
    return {row[0]: (row[1], row[2]) for row in Station.select(Station.id, Station.division_id, Station.name).where(
        condition).tuples()}


class Table:
    """The figures of a division over a span, added up by the divisions below it, by station or by period."""

    def __init__(self, node: Node, span: Span, keys: Sequence[str] = tuple(BY_KEY)) -> None:
        self.node, self.span, self.keys = node, span, tuple(keys)
        self._tree = tree()
        self._stations = _named(getattr(Station, node.column) == node.id)
        self._looked: list[tuple[int, int, int, int]] | None = None
        self._rows = {key: list(self._of(BY_KEY[key])) for key in self.keys}

    def _of(self, figure: Figure) -> Iterable[Row]:
        if not figure.computed:
            return [row for source in figure.sources for row in source.by_station(self.node, self.span)]
        if self._looked is None:
            day = as_of(self.span)
            group = Group.of((getattr(Station, self.node.column) == self.node.id) & open_on(day))
            self._looked = [(one.station.id, one.station.division_id, *one.count()) for one in look(group, day)]
        place = 2 if figure.computed == "there" else 3
        return [(row[0], row[1], row[place]) for row in self._looked]

    def whole(self) -> dict[str, int]:
        """The figures of the whole division."""
        return self._add_up(lambda station, division: 0).get(0, dict.fromkeys(self.keys, 0))

    def by_place(self) -> list[Line]:
        """A line for each division directly below that has a station or a figure, in the order of the tree; its own first."""
        found = self._add_up(self._below)
        order = [self.node, *self._tree.children(self.node)]
        return [Line(place.name, place, None, found[place.id]) for place in order if place.id in found]

    def by_station(self) -> list[Line]:
        """A line for each station, by place and name; what belongs to no station last."""
        found = self._add_up(lambda station, division: station or 0)
        self._stations |= _named(Station.id.in_(sorted(set(found) - set(self._stations) - {0}) or [0]))
        known = sorted(self._stations, key=lambda one: (self._order(self._stations[one][0]), self._stations[one][1]))
        lines = [Line(self._stations[one][1], self._tree.get(self._stations[one][0]), one, found[one]) for one in known
                 if one in found]
        return [*lines, *([Line(_t("Of no station"), self.node, 0, found[0])] if 0 in found else [])]

    def _order(self, division_id: int) -> str:
        place = self._tree.get(division_id)
        return place.code if place is not None else ""

    def _below(self, station: int | None, division: int | None) -> int:
        place = self._tree.get(division)
        path = place.path if place is not None else ()
        below = path[path.index(self.node.id) + 1:] if self.node.id in path else ()
        return below[0] if below else self.node.id

    def _add_up(self, where: Callable[[int | None, int | None], int]) -> dict[int, dict[str, int]]:
        sums: dict[int, dict[str, int]] = {}
        persons: dict[tuple[int, str], set[Any]] = {}
        for key, rows in self._rows.items():
            for station, division, amount in rows:
                at = where(station, division)
                into = sums.setdefault(at, dict.fromkeys(self.keys, 0))
                if BY_KEY[key].persons:
                    persons.setdefault((at, key), set()).add(amount)
                else:
                    into[key] += int(amount or 0)
        for (at, key), who in persons.items():
            sums[at][key] = len(who)
        return sums


# ---------------------------------------------------------------- periods

UNITS = {"month": 1, "quarter": 3, "year": 12}
MOST_PERIODS = 60


def periods(span: Span, unit: str) -> list[Span]:
    """The months, quarters or years of a span, the first and the last cut to it. Raises ``BadRequest`` for more than sixty."""
    months, found, begin = UNITS[unit], [], span.first
    while begin <= span.last:
        index = (begin.month - 1) // months * months + months  # months of the year that are over with this period
        after = date(begin.year + index // 12, index % 12 + 1, 1)
        found.append(Span(begin, min(after - timedelta(days=1), span.last)))
        begin = after
        if len(found) > MOST_PERIODS:
            raise BadRequest(_t("These are more than %(count)s lines.", count=MOST_PERIODS), "by",
                             _t("Choose a shorter time, or quarters or years."), code="bad_parameter")
    return found


def period_name(span: Span, unit: str) -> str:
    """A period in words: 2026年3月, the first quarter of 2026, 2026."""
    if unit == "month":
        return str(figures.month_label(f"{span.first.year:04d}-{span.first.month:02d}"))
    if unit == "quarter":
        return _t("Quarter %(quarter)s of %(year)s", quarter=(span.first.month + 2) // 3, year=span.first.year)
    return _t("Year %(year)s", year=span.first.year)


def by_period(node: Node, span: Span, unit: str, keys: Sequence[str] = tuple(BY_KEY),
              narrow: Narrow = src.EVERYTHING) -> list[Line]:
    """A line for each month, quarter or year. Of stocks there is one query for each line, of everything else one in all.

    The checklists of days past cannot be told from data, so completeness has no line here.
    """
    parts = periods(span, unit)
    sums: list[dict[str, int]] = [{} for _part in parts]
    for key in (one for one in keys if not BY_KEY[one].computed):
        figure = BY_KEY[key]
        if figure.stock:
            for part, into in zip(parts, sums, strict=True):
                into[key] = sum(source.total(node, part, narrow) for source in figure.sources)
            continue
        found: list[Any] = [set() if figure.persons else 0 for _part in parts]
        for day, amount in (row for source in figure.sources for row in source.by_day(node, span, narrow)):
            at = next(index for index, part in enumerate(parts) if part.first <= day <= part.last)
            if figure.persons:
                found[at].add(amount)
            else:
                found[at] += int(amount or 0)
        for into, one in zip(sums, found, strict=True):
            into[key] = len(one) if figure.persons else one
    return [Line(period_name(part, unit), node, None, amounts, part) for part, amounts in zip(parts, sums, strict=True)]


def by_column(node: Node, column: str, day: date) -> dict[str, int]:
    """How many stations that are open on a day have each value of ``kind``, ``klass`` or ``model``. One query."""
    return src.STATIONS.by_value(node, Span(day, day), column)

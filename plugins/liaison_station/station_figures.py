"""Figures of stations over a span of days: per station, per division below, in all. Each with formula, exclusions and cut-off.

A figure asks once for everything at and below a division and returns rows (station, division, amount); the table adds them up by
place. Persons are counted once in every sum in which they occur, so the sum of a column may be more than the whole. What depends
on a state is read from the records as they are now.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from grid321.core.api import Label, Node, local_day, statistics, tree
from grid321.core.api import lazy_gettext as _

from .activity_models import Activity, Attendance
from .checks import open_on
from .checks_items import HELD
from .day_models import Opinion, Visit
from .reception_models import Duty, Reception
from .station_models import Station

Row = tuple[int | None, int | None, Any]
"""Station, division (of what belongs to no station), amount or person."""
SPAN = _("From the first to the last day asked for; states as they are now")
NOW = _("The last day asked for")


@dataclass(frozen=True)
class Span:
    """Days from ``first`` to ``last``, both counted."""

    first: date
    last: date

    def holds(self, column: Any) -> Any:
        """The condition that a day lies in the span."""
        return column.between(self.first, self.last)


@dataclass(frozen=True)
class Figure:
    """A column of the statistics: what it is called, how it is counted and where the records behind it are.

    ``persons``: rows name a person, who counts once in each sum.
    """

    key: str
    label: Label
    formula: Label
    rows: Callable[[Node, Span], Iterable[Row]]
    exclusions: Label = ""
    cutoff: Label = SPAN
    persons: bool = False


def stations_of(node: Node) -> Any:
    """The ids of the stations at and below a division, as a selection."""
    return Station.select(Station.id).where(getattr(Station, node.column) == node.id)


def _count(model: Any, node: Node, *conditions: Any, amount: Any = None) -> Iterable[Row]:
    """Rows of a table that names its station, added up by station."""
    query = model.select(model.station_id, peewee.Value(None), amount if amount is not None else peewee.fn.COUNT(model.id))
    for condition in (model.station_id.in_(stations_of(node)), *conditions):
        query = query.where(condition)
    return query.group_by(model.station_id).tuples()


def _activities(node: Node, span: Span, amount: Any, more: Any = None) -> Iterable[Row]:
    """Activities held in the span: those of stations, and those of the division that belong to none."""
    here = getattr(Activity, node.column) == node.id
    query = Activity.select(Activity.station_id, Activity.division_id, amount).where(
        (Activity.station_id.in_(stations_of(node)) | (Activity.station_id.is_null() & here)) & span.holds(Activity.held_on))
    if more is not None:
        query = query.where(more)
    return query.group_by(Activity.station_id, Activity.division_id).tuples()


# ---------------------------------------------------------------- stations, receptions, activities

def stations(node: Node, span: Span) -> Iterable[Row]:
    """Stations that are open on the last day."""
    query = Station.select(Station.id, Station.division_id, peewee.Value(1))
    return query.where((getattr(Station, node.column) == node.id) & open_on(span.last)).tuples()


def _receptions(*conditions: Any) -> Callable[[Node, Span], Iterable[Row]]:
    return lambda node, span: _count(Reception, node, span.holds(Reception.day), *conditions)


TAKES_PLACE = (Reception.dropped == "", Reception.state != "dropped")


def due(node: Node, span: Span) -> Iterable[Row]:
    """Reception days that should have been held by now."""
    return _count(Reception, node, Reception.day.between(span.first, min(span.last, local_day())), *TAKES_PLACE)


def activities(node: Node, span: Span) -> Iterable[Row]:
    """Activities that were held."""
    return _activities(node, span, peewee.fn.COUNT(Activity.id))


def residents(node: Node, span: Span) -> Iterable[Row]:
    """Residents who took part in activities, as written down there."""
    return _activities(node, span, peewee.fn.SUM(Activity.voters))


# ---------------------------------------------------------------- attendance

def _took_part(node: Node, span: Span) -> Iterable[Row]:
    """(station, division, person) of every time a deputy came: to a reception on the roster, to an activity by its list."""
    duties = Duty.select(Duty.station_id, peewee.Value(None), Duty.person_id).where(
        Duty.station_id.in_(stations_of(node)) & (Duty.state == "came") & span.holds(Duty.day)).tuples()
    here = getattr(Activity, node.column) == node.id
    lists = Attendance.select(Activity.station_id, Activity.division_id, Attendance.person_id).join(
        Activity, on=(Activity.id == Attendance.activity_id)).where(
        (Activity.station_id.in_(stations_of(node)) | (Activity.station_id.is_null() & here)) & span.holds(Activity.held_on)
        & (Attendance.role == "deputy") & (Attendance.came == True)).tuples()  # noqa: E712 - SQL
    return [*duties, *lists]


def attendances(node: Node, span: Span) -> Iterable[Row]:
    """Deputies who came, in person-times."""
    return [(station, division, 1) for station, division, _person in _took_part(node, span)]


# ---------------------------------------------------------------- visitors, opinions

def visitors(node: Node, span: Span) -> Iterable[Row]:
    """Persons in the registers."""
    return _count(Visit, node, span.holds(Visit.came_on), amount=peewee.fn.SUM(Visit.persons))


GONE = ("withdrawn", "joined")
PASSED = Opinion.unit_id.is_null(False) | (Opinion.passed_to != "")
ALIVE = Opinion.bond.is_null() & Opinion.state.not_in(GONE)
FATES: Mapping[str, Any] = {
    "settled": ALIVE & ~PASSED & (Opinion.state == "closed"),
    "passed": ALIVE & PASSED,
    "unsolved": ALIVE & ~PASSED & (Opinion.state == "ended"),
    "open": ALIVE & ~PASSED & Opinion.state.not_in(("closed", "ended")),
    "other": Opinion.bond.is_null(False) | Opinion.state.in_(GONE),
}
"""What became of an opinion: each has exactly one of these fates."""


def _opinions(condition: Any = None) -> Callable[[Node, Span], Iterable[Row]]:
    return lambda node, span: _count(Opinion, node, span.holds(Opinion.heard_on), *([] if condition is None else [condition]))


FIGURES: tuple[Figure, ...] = (
    Figure("stations", _("Stations"), _("Stations open on the last day"), stations,
           _("Without stations closed by then; those at rest are counted"), NOW),
    Figure("planned", _("Reception days planned"), _("Reception days that lie in the span"),
           _receptions(*TAKES_PLACE), _("Without those that were dropped")),
    Figure("due", _("Of these past or today"), _("Reception days planned that lie before tomorrow"), due,
           _("Without those that were dropped")),
    Figure("held", _("Reception held"), _("Reception days in the span that were held"), _receptions(Reception.state.in_(HELD))),
    Figure("postponed", _("Postponed"), _("Reception days in the span that were put off at least once"),
           _receptions(Reception.postponed > 0)),
    Figure("late", _("Postponed too late"), _("Reception days put off with less notice than the rule asks"),
           _receptions(Reception.late > 0)),
    Figure("activities", _("Activities held"), _("Activities held in the span"), activities),
    Figure("attendances", _("Deputies, person-times"),
           _("Duties at receptions marked as “came” + deputies marked as “came” in the lists of activities"), attendances,
           _("Without who was excused or absent")),
    Figure("persons", _("Deputies, persons"), _("Persons among these, each counted once in every sum"), _took_part, persons=True),
    Figure("visitors", _("Visitors received"), _("Persons in the lines of the registers"), visitors,
           _("Without residents at activities who are in no register")),
    Figure("residents", _("Residents at activities"), _("Residents who took part, as written down for each activity"), residents),
    Figure("opinions", _("Opinions"), _("Opinions heard in the span"), _opinions()),
    Figure("settled", _("Settled"), _("Opinions that were written off as solved by village, town or county themselves"),
           _opinions(FATES["settled"])),
    Figure("passed", _("Passed to units"), _("Opinions handed to a department or passed to a unit outside, whatever came of it"),
           _opinions(FATES["passed"])),
    Figure("unsolved", _("Closed, not solved"), _("Opinions closed without being solved and passed to no unit"),
           _opinions(FATES["unsolved"])),
    Figure("open", _("Open"), _("Opinions passed to no unit that are not closed"), _opinions(FATES["open"])),
    Figure("other", _("Withdrawn or joined"), _("Opinions withdrawn, or carried on by another record"),
           _opinions(FATES["other"])),
)
BY_KEY: Mapping[str, Figure] = {figure.key: figure for figure in FIGURES}


@dataclass(frozen=True)
class Share:
    """One figure as a part of another."""

    key: str
    label: Label
    top: str
    bottom: str
    formula: Label

    def of(self, amounts: Mapping[str, int]) -> statistics.Percentage:
        """The share in a line of the table; two numbers only below the least number that is compared."""
        return statistics.Percentage(amounts[self.top], amounts[self.bottom])


SHARES = (
    Share("held_share", _("Reception days held"), "held", "due",
          _("Reception days held ÷ reception days of the span that are past or today, without those dropped")),
    Share("settled_share", _("Opinions settled"), "settled", "opinions",
          _("Opinions written off as solved without a unit ÷ opinions heard")),
    Share("passed_share", _("Opinions passed to units"), "passed", "opinions",
          _("Opinions handed to a department or a unit outside ÷ opinions heard")),
)


@dataclass(frozen=True)
class Line:
    """A line of the table: a division below, a station, or the whole; amounts by figure."""

    label: str
    node: Node | None
    station_id: int | None
    amounts: Mapping[str, int]


class Table:
    """The figures of a division over a span, added up by the divisions below it or by station. One query for each figure."""

    def __init__(self, node: Node, span: Span, keys: Sequence[str] = tuple(BY_KEY)) -> None:
        self.node, self.span, self.keys = node, span, tuple(keys)
        self._tree = tree()
        self._stations = {row[0]: (row[1], row[2]) for row in Station.select(Station.id, Station.division_id, Station.name).where(
            getattr(Station, node.column) == node.id).tuples()}
        self._rows = {key: list(BY_KEY[key].rows(node, span)) for key in self.keys}

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
        known = sorted(self._stations, key=lambda one: (self._order(self._stations[one][0]), self._stations[one][1]))
        lines = [Line(self._stations[one][1], self._tree.get(self._stations[one][0]), one, found[one]) for one in known
                 if one in found]
        return [*lines, *([Line(str(_("Of no station")), self.node, None, found[0])] if 0 in found else [])]

    def _order(self, division_id: int) -> str:
        place = self._tree.get(division_id)
        return place.code if place is not None else ""

    def _below(self, station: int | None, division: int | None) -> int:
        at = self._stations[station][0] if station in self._stations else division
        place = self._tree.get(at)
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


def by_column(node: Node, column: str, day: date) -> dict[str, int]:
    """How many stations that are open on a day have each value of ``kind``, ``klass`` or ``model``. One query."""
    field = getattr(Station, column)
    return dict(Station.select(field, peewee.fn.COUNT(Station.id)).where(
        (getattr(Station, node.column) == node.id) & open_on(day)).group_by(field).tuples())

"""The records behind the figures of stations: which rows a figure counts, where they lie, on which day and how much each counts.

One condition answers both questions, how many and which, so that a number and the list that it leads to cannot differ.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import peewee

from grid321.core.api import Node, groups, local_day, people

from .activity_models import Activity, Attendance
from .checks import open_on
from .checks_items import HELD
from .day_models import Opinion, Visit
from .deputy_models import Deputy, Placement
from .placement import in_office
from .placement import open_on as placed_on
from .reception_models import Duty, Plan, Postponement, Reception, Schedule
from .station_models import Station

Row = tuple[int | None, int | None, Any]
"""Station, division, amount or person."""


@dataclass(frozen=True)
class Span:
    """Days from ``first`` to ``last``, both counted."""

    first: date
    last: date

    def holds(self, column: Any) -> Any:
        """The condition that a day lies in the span."""
        return column.between(self.first, self.last)


@dataclass(frozen=True)
class Narrow:
    """What of a figure is asked for: a station (0: of none), a division below, or what lies at the division itself (``own``).

    ``person``: only what that person did. ``values`` are columns of the records with their value, such as the kind of a station.
    """

    station: int | None = None
    place: Node | None = None
    own: bool = False
    person: int | None = None
    values: tuple[tuple[str, str], ...] = ()


EVERYTHING = Narrow()


@dataclass(frozen=True)
class Source:
    """Rows of a table that a figure counts: those at and below a division that ``where`` holds for.

    ``day`` is the column with the day that the span is about (None: what there is on the last day of the span), ``amount`` the
    column that is added up (None: each row counts one), ``person`` who is counted once. ``place``: the table that says where a
    row lies, when it is another one, and ``joined`` how to get there. ``columns``: by these a list may be narrowed.
    """

    model: Any
    where: Callable[[Span], Any]
    day: Any = None
    amount: Any = None
    person: Any = None
    place: Any = None
    joined: Any = None
    columns: tuple[str, ...] = field(default=())

    @property
    def at(self) -> Any:
        """The table that says where a row lies."""
        return self.place or self.model

    @property
    def station(self) -> Any:
        """The column with the station of a row; nothing for what belongs to no station."""
        if self.model is Station:
            return Station.id
        return getattr(self.at, "station_id", None) or peewee.Value(None)

    def _query(self, node: Node, span: Span, narrow: Narrow, *columns: Any) -> Any:
        query = self.model.select(*columns)
        if self.place is not None:
            query = query.join(self.place, on=self.joined)
        query = query.where((getattr(self.at, node.column) == node.id) & self.where(span))
        if narrow.station is not None:
            if isinstance(self.station, peewee.Value):  # what belongs to no station: all of it, or nothing
                query = query if narrow.station == 0 else query.where(self.model.id == 0)
            else:
                query = query.where(self.station == narrow.station if narrow.station else self.station.is_null())
        if narrow.own:
            query = query.where(self.at.division_id == node.id)
        elif narrow.place is not None:
            query = query.where(getattr(self.at, narrow.place.column) == narrow.place.id)
        if narrow.person is not None:
            query = query.where(self.model.person_id == narrow.person)
        for column, value in narrow.values:
            query = query.where(getattr(self.model, column) == value)
        return query

    def _total(self) -> Any:
        return peewee.fn.SUM(self.amount) if self.amount is not None else peewee.fn.COUNT(self.model.id)

    def by_station(self, node: Node, span: Span) -> Iterable[Row]:
        """Amounts by station and division; of persons, one row for each and every time. One query."""
        if self.person is not None:
            return self._query(node, span, EVERYTHING, self.station, self.at.division_id, self.person).tuples()
        keys = [one for one in (self.station, self.at.division_id) if not isinstance(one, peewee.Value)]
        return self._query(node, span, EVERYTHING, self.station, self.at.division_id, self._total()).group_by(*keys).tuples()

    def by_day(self, node: Node, span: Span, narrow: Narrow = EVERYTHING) -> Iterable[tuple[date, Any]]:
        """Amounts by day; of persons, one row for each and every time. One query."""
        if self.person is not None:
            return self._query(node, span, narrow, self.day, self.person).tuples()
        return self._query(node, span, narrow, self.day, self._total()).group_by(self.day).tuples()

    def total(self, node: Node, span: Span, narrow: Narrow = EVERYTHING) -> int:
        """What the rows add up to."""
        return int(self._query(node, span, narrow, self._total()).scalar() or 0)

    def count(self, node: Node, span: Span, narrow: Narrow = EVERYTHING) -> int:
        """How many rows there are."""
        return int(self._query(node, span, narrow, peewee.fn.COUNT(self.model.id)).scalar() or 0)

    def persons(self, node: Node, span: Span, narrow: Narrow = EVERYTHING) -> dict[int, int]:
        """How often each person is among the rows."""
        query = self._query(node, span, narrow, self.person, peewee.fn.COUNT(self.model.id))
        return dict(query.group_by(self.person).tuples())

    def records(self, node: Node, span: Span, narrow: Narrow = EVERYTHING, limit: int = 50, offset: int = 0,
                latest: bool = True) -> list[Any]:
        """The rows themselves, the latest day first (or the earliest), with ``counted`` as what each adds to the figure."""
        amount = (self.amount if self.amount is not None else peewee.Value(1)).alias("counted")
        order = self.day if self.day is not None else self.model.id
        ordered = (order.desc(), self.model.id.desc()) if latest and self.day is not None else (order, self.model.id)
        query = self._query(node, span, narrow, self.model, amount).order_by(*ordered).limit(limit).offset(offset)
        return list(query.objects())

    def by_value(self, node: Node, span: Span, column: str) -> dict[str, int]:
        """How many rows have each value of a column. One query."""
        wanted = getattr(self.model, column)
        return dict(self._query(node, span, EVERYTHING, wanted, self._total()).group_by(wanted).tuples())


# ---------------------------------------------------------------- stations and deputies, on the last day

STATIONS = Source(Station, lambda span: open_on(span.last), columns=("kind", "klass", "model"))


def _at_home(day: date) -> Any:
    return Placement.select(Placement.person_id).where(placed_on(day) & (Placement.home == True))  # noqa: E712 - SQL


DEPUTIES = Source(Deputy, lambda span: in_office(span.last), columns=("level",))
PLACED = Source(Deputy, lambda span: in_office(span.last) & Deputy.person_id.in_(_at_home(span.last)), columns=("level",))
NOWHERE = Source(Deputy, lambda span: in_office(span.last) & Deputy.person_id.not_in(_at_home(span.last)), columns=("level",))


def _in_the_net(kind: str) -> Source:
    """Mandates in office whose holder has that post in a grid: deputies in the net, duty in the grid (代表在网中、履职在格内)."""
    post = people.Post

    def where(span: Span) -> Any:
        held = post.select(post.person_id).where((post.kind == kind) & (post.from_day <= span.last) & (
            post.to_day.is_null() | (post.to_day >= span.last)))
        return in_office(span.last) & Deputy.person_id.in_(held)
    return Source(Deputy, where, columns=("level",))


GRID_HEADS, GRID_WORKERS = _in_the_net("grid_head"), _in_the_net("grid_worker")


# ---------------------------------------------------------------- receptions

TAKES_PLACE = (Reception.dropped == "") & (Reception.state != "dropped")


def receptions(*conditions: Any, amount: Any = None) -> Source:
    """Reception days of the span that meet the conditions."""
    def where(span: Span) -> Any:
        found = span.holds(Reception.day)
        for one in conditions:
            found &= one
        return found
    return Source(Reception, where, Reception.day, amount, columns=("kind", "mode", "state"))


PLANNED = receptions(TAKES_PLACE)
DUE = Source(Reception, lambda span: Reception.day.between(span.first, min(span.last, local_day())) & TAKES_PLACE, Reception.day)
RECEIVED = receptions(Reception.state.in_(HELD))
POSTPONED = receptions(Reception.postponed > 0)
LATE = receptions(Reception.late > 0)
VOTERS = receptions(Reception.state.in_(HELD), Reception.voters > 0, amount=Reception.voters)
VISITORS = Source(Visit, lambda span: span.holds(Visit.came_on), Visit.came_on, Visit.persons, columns=("kind", "mode"))


# ---------------------------------------------------------------- activities, attendance

def _held(span: Span) -> Any:
    return span.holds(Activity.held_on)


def _came(span: Span) -> Any:
    return _held(span) & (Attendance.role == "deputy") & (Attendance.came == True)  # noqa: E712 - SQL


ACTIVITIES = Source(Activity, _held, Activity.held_on, columns=("kind", "collective"))
RESIDENTS = Source(Activity, lambda span: _held(span) & (Activity.voters > 0), Activity.held_on, Activity.voters)
ON_DUTY = Source(Duty, lambda span: (Duty.state == "came") & span.holds(Duty.day), Duty.day)
AT_ACTIVITIES = Source(Attendance, _came, Activity.held_on, place=Activity, joined=(Activity.id == Attendance.activity_id))
PEOPLE_ON_DUTY = Source(Duty, ON_DUTY.where, Duty.day, person=Duty.person_id)
PEOPLE_AT_ACTIVITIES = Source(Attendance, _came, Activity.held_on, person=Attendance.person_id, place=Activity,
                              joined=AT_ACTIVITIES.joined)


# ---------------------------------------------------------------- opinions

GONE = ("withdrawn", "joined")
PASSED = Opinion.unit_id.is_null(False) | (Opinion.passed_to != "")
ALIVE = Opinion.bond.is_null() & Opinion.state.not_in(GONE)
TURNED = Opinion.bond.is_null(False) & (Opinion.bond == groups.TURNED)
FATES: dict[str, Any] = {
    "settled": ALIVE & ~PASSED & (Opinion.state == "closed"),
    "passed": ALIVE & PASSED,
    "unsolved": ALIVE & ~PASSED & (Opinion.state == "ended"),
    "open": ALIVE & ~PASSED & Opinion.state.not_in(("closed", "ended")),
    "turned": TURNED,
    "other": (Opinion.bond.is_null(False) & (Opinion.bond != groups.TURNED)) | (Opinion.bond.is_null() & Opinion.state.in_(GONE)),
}
"""What became of an opinion: each has exactly one of these fates."""


def opinions(condition: Any = None) -> Source:
    """Opinions heard in the span that meet a condition."""
    def where(span: Span) -> Any:
        here = span.holds(Opinion.heard_on)
        return here if condition is None else here & condition
    return Source(Opinion, where, Opinion.heard_on, columns=("kind", "state"))


# ---------------------------------------------------------------- what stands still or waits (as of the last day of the span)

SOON, MONTH = timedelta(days=30), timedelta(days=31)
DONE = ("closed", "ended", "withdrawn", "joined")


def _gaps(span: Span) -> Any:
    """Receptions of the next thirty days with fewer deputies on duty than their rule wants (one without a rule)."""
    wanted = peewee.fn.COALESCE(Schedule.wanted, 1)
    short = Reception.select(Reception.id).join(
        Schedule, peewee.JOIN.LEFT_OUTER, on=(Schedule.id == Reception.schedule_id)).join(
        Duty, peewee.JOIN.LEFT_OUTER, on=(Duty.reception_id == Reception.id) & Duty.state.in_(("planned", "came"))).where(
        Reception.day.between(span.last, span.last + SOON)).group_by(Reception.id, Schedule.wanted).having(
        peewee.fn.COUNT(Duty.id) < wanted)
    return (Reception.day.between(span.last, span.last + SOON) & TAKES_PLACE & Reception.state.not_in(HELD)
            & Reception.id.in_(short))


def _quiet(span: Span) -> Any:
    """Stations open for a month, not suspended, in which no reception was held for a month."""
    since = span.last - MONTH
    held = Reception.select(Reception.station_id).where(
        Reception.state.in_(HELD) & (Reception.day > since) & (Reception.day <= span.last))
    return (open_on(span.last) & (Station.opened_on <= since) & (Station.suspended_on.is_null() | (
        Station.suspended_on > span.last)) & Station.id.not_in(held))


GAPS = Source(Reception, _gaps, Reception.day)
UNCLOSED = Source(Reception, lambda span: (Reception.day < span.last) & (Reception.day >= span.first) & TAKES_PLACE
                  & Reception.state.not_in(HELD), Reception.day)
LATE_NOTICES = Source(Postponement, lambda span: (Postponement.late == True) & Postponement.told_on.between(  # noqa: E712 - SQL
    span.last - SOON, span.last), Postponement.told_on)
OVERDUE = Source(Opinion, lambda span: Opinion.bond.is_null() & Opinion.state.not_in(DONE) & (Opinion.due < span.last),
                 Opinion.due)
QUIET = Source(Station, _quiet)
NEXT_PLAN = Source(Station, lambda span: open_on(span.last) & Station.id.not_in(Plan.select(Plan.station_id).where(
    (Plan.year == span.last.year + 1) & (Plan.state != "discarded") & Plan.posted_on.is_null(False))))

"""Why this date: a clock's rule and every day between its start and its end, for the page, the print and the API."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from . import calendar, db, snapshot
from .clock_rows import ASKED, PAUSED, ClockExtension, Deadline, moment_of, over_at, paused_days, pauses, read_length, recomputed
from .clock_rules import Clock
from .entity import Entity
from .i18n import gettext as _
from .registry import registry

MOST_DAYS = 4_000
"""Days that are listed: ten years. A longer clock is explained up to there."""


@dataclass(frozen=True)
class Day:
    """One day of an explanation: what it is, whether it counts, and how many have been counted up to it."""

    day: date
    kind: str
    counts: bool
    count: int
    provisional: bool
    name: str
    source: str


@dataclass(frozen=True)
class Explanation:
    """A clock explained. ``days`` stop at the last day, or at today while it rests; ``cut`` when they were too many."""

    row: Deadline
    clock: Clock | None
    days: tuple[Day, ...]
    rests: tuple[tuple[date, date], ...]
    raw_end: date
    cut: bool

    @property
    def counted(self) -> int:
        """How many days have been counted in all."""
        return self.days[-1].count if self.days else 0

    @property
    def moved(self) -> bool:
        """True when the end fell on a day off and moved."""
        return self.raw_end != self.row.due and self.row.state != PAUSED

    def months(self) -> list[tuple[date, list[list[Day | None]]]]:
        """(first day of the month, weeks from Monday to Sunday) of every month that the days touch; None pads a week."""
        found = []
        for (year, month), group in groupby(self.days, key=lambda one: (one.day.year, one.day.month)):
            found.append((date(year, month, 1), _weeks(list(group))))
        return found


def _weeks(days: list[Day]) -> list[list[Day | None]]:
    cells: list[Day | None] = [None] * days[0].day.weekday()
    cells += days
    cells += [None] * (-len(cells) % 7)
    return [cells[place:place + 7] for place in range(0, len(cells), 7)]


def declared(entity: Entity, record: Any) -> dict[str, Clock]:
    """The clocks of a case's workflow, in the version under which it runs, by key."""
    try:
        workflow = registry().workflow_of(entity.key, getattr(record, "workflow_version", None))
    except KeyError:
        workflow = None
    return {key: clock for key, (_state, clock) in workflow.clocks().items()} if workflow is not None else {}


def explain(row: Deadline, clock: Clock | None) -> Explanation:
    """Every day of a clock with its running count. A clock that rests is explained up to today."""
    days = calendar.at(snapshot.current().tree.get(row.division_id))
    length = read_length(row.length)
    rests = tuple(paused_days(row))
    today = db.local_day()
    if row.state == PAUSED and db.local_day(row.paused_at) < today:
        rests = (*rests, (db.local_day(row.paused_at), today))
    if length.unit == "hour":
        lines = _plain(row, days, rests)
    else:
        lines = days.explain(row.started_on, length, day_off=row.day_off, paused=rests)
    found, count = [], 0
    for line in lines[:MOST_DAYS]:
        if row.state == PAUSED and line.day > today:
            break
        count += line.counts
        found.append(Day(line.day, line.kind, line.counts, count, line.provisional, line.name, line.source))
    raw = row.due if length.unit in {"hour", "working_day"} else _raw_end(row, days)
    return Explanation(row, clock, tuple(found), rests, raw, len(lines) > MOST_DAYS)


def _raw_end(row: Deadline, days: calendar.Days) -> date:
    return days.due(row.started_on, read_length(row.length), day_off=calendar.STAY, paused=paused_days(row)).day


def _plain(row: Deadline, days: calendar.Days, rests: Iterable[tuple[date, date]]) -> list[calendar.DayLine]:
    """The days that a clock in hours touches; all of them pass, none is left out for being a day off."""
    found = []
    for number in range((row.due - row.started_on).days + 1):
        day = row.started_on + timedelta(days=number)
        resting = any(begin < day < end for begin, end in rests)
        found.append(calendar.DayLine(day, calendar.PAUSED if resting else days.kind(day), not resting, False))
    return found


def length_text(length: str) -> str:
    """A stored clock length in words: 10 wd → 10 working days."""
    number, _space, unit = length.partition(" ")
    words = {"wd": _("%(count)s working days", count=number), "d": _("%(count)s days", count=number),
             "m": _("%(count)s months", count=number), "h": _("%(count)s hours", count=number)}
    return words.get(unit, length)


# ---------------------------------------------------------------- all clocks of a case

@dataclass(frozen=True)
class Shown:
    """A clock of a case as a list shows it: its light in one word (``met``, ``late``, ``today``, ``soon`` …) and days left."""

    row: Deadline
    clock: Clock | None
    light: str
    left: int
    waiting: ClockExtension | None

    @property
    def open(self) -> bool:
        """True while the clock runs or rests."""
        return self.row.ended_at is None


SOON = 3


def shown(rows: Iterable[Deadline], known: dict[str, Clock]) -> list[Shown]:
    """Clocks as a list shows them, open ones first, the earliest end first. One query for extensions that wait."""
    rows = list(rows)
    asked = [row.id for row in rows if row.extension == ASKED]
    waiting = {one.deadline_id: one for one in ClockExtension.select().where(
        ClockExtension.deadline_id.in_(asked) & (ClockExtension.state == ASKED))} if asked else {}
    now = db.now()
    today = db.local_day(now)
    found = [Shown(row, known.get(row.clock), light(row, now, today), (row.due - today).days, waiting.get(row.id))
             for row in rows]
    found.sort(key=lambda one: (not one.open, one.row.due if one.open else date.max, one.row.id))
    return found


def light(row: Deadline, now: datetime, today: date) -> str:
    """The state of a clock as one word: paused, met, met_late, cancelled, overdue, today, soon or in_time."""
    over = over_at(row.due, row.due_at)
    if row.ended_at is not None:
        return row.state if row.state != "met" or row.ended_at < over else "met_late"
    if row.state == PAUSED:
        return "paused"
    if now >= over:
        return "overdue"
    left = (row.due - today).days
    return "today" if left <= 0 else "soon" if left <= SOON else "in_time"


def rested(row: Deadline) -> int:
    """Days that a clock has rested so far, the present pause included."""
    total = sum((end - begin).days for begin, end in paused_days(row))
    if row.state == PAUSED:
        total += (db.local_day() - db.local_day(row.paused_at)).days
    return total


def as_json(found: Explanation, entity: Entity, record: Any) -> dict[str, Any]:
    """An explanation for the API: dates as ISO text, days with their running count."""
    row = found.row
    place = snapshot.current().tree.get(row.place_id)
    return {
        "id": row.id, "clock": row.clock, "label": str(found.clock.label) if found.clock else row.clock, "state": row.state,
        "event": row.event, "started_on": row.started_on.isoformat(), "started_at": _moment(row.started_at),
        "due": row.due.isoformat(), "due_at": _moment(row.due_at), "provisional": row.provisional,
        "rule": {"length": row.length, "unit": read_length(row.length).unit, "day_off": row.day_off,
                 "setting": row.setting or None, "source": row.source, "set_by": place.code if place is not None else None,
                 "valid_from": row.valid_from.isoformat() if row.valid_from else None,
                 "workflow_version": getattr(record, "workflow_version", None)},
        "end_before_moving": found.raw_end.isoformat(), "first_length": row.first_length,
        "pauses": [{"from": _moment(begin), "to": _moment(end)} for begin, end in pauses(row)],
        "paused_since": _moment(row.paused_at), "paused_days": rested(row), "extension": row.extension or None,
        "counted": found.counted, "cut": found.cut,
        "days": [{"day": one.day.isoformat(), "kind": one.kind, "counts": one.counts, "count": one.count,
                  "provisional": one.provisional, "name": one.name, "source": one.source} for one in found.days]}


def _moment(value: Any) -> str | None:
    return moment_of(value).isoformat(timespec="milliseconds") + "Z" if value is not None else None


def now_ends(row: Deadline) -> date:
    """When a clock would end if it went on today: what a person who looks at a resting clock wants to know."""
    if row.state != PAUSED:
        return row.due
    pauses_then = [*(row.paused or ()), [moment_of(row.paused_at).isoformat(), db.now().isoformat()]]
    again = Deadline(**{**row.__data__, "paused": pauses_then})
    return recomputed(again, calendar.at(snapshot.current().tree.get(row.division_id))).day

"""The rows of clocks, extensions and escalations, and the arithmetic on one row: when it ends, when something happens next.

A row keeps the rule under which its clock began (length, unit, event, day off, source, valid from), so that its date can be
explained later and a change of the rule touches new clocks only. What is computed here is pure: no database is asked.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import peewee

from . import db
from .calendar import Days, Due
from .clock_rules import Length, parse_length

RUNNING, PAUSED, MET, CANCELLED = "running", "paused", "met", "cancelled"
OPEN = (RUNNING, PAUSED)
ASKED, GRANTED, REFUSED = "asked", "granted", "refused"
_CHINA = timedelta(hours=8)
read_length = lru_cache(maxsize=512)(parse_length)


class Deadline(db.Table):
    """One clock of one case. ``next_at`` is the moment at which the sweep has something to do with it, null when never.

    ``fired_at`` is set once, by whoever finds it overdue first. ``due_at`` is the exact moment of a clock in hours.
    ``paused`` holds the pauses that are over, as pairs of moments; ``paused_at`` the beginning of the present one.
    ``first_length`` is the length before an extension. ``asked`` counts requests, ``extension`` is the last one's state.
    """

    id = peewee.BigAutoField()
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    clock = peewee.CharField(max_length=40)
    division_id = peewee.BigIntegerField()
    event = peewee.CharField(max_length=20, default="entry")
    started_at = peewee.DateTimeField()
    started_on = peewee.DateField()
    length = peewee.CharField(max_length=20)
    day_off = peewee.CharField(max_length=8, default="next")
    setting = peewee.CharField(max_length=80, default="")
    source = peewee.TextField(default="")
    place_id = peewee.BigIntegerField(null=True)
    valid_from = peewee.DateField(null=True)
    remind = peewee.CharField(max_length=60, default="")
    overdue = peewee.CharField(max_length=10, default="")
    due = peewee.DateField()
    due_at = peewee.DateTimeField(null=True)
    provisional = peewee.BooleanField(default=False)
    state = peewee.CharField(max_length=12, default=RUNNING)
    next_at = peewee.DateTimeField(null=True)
    paused_at = peewee.DateTimeField(null=True)
    paused = db.JSONField(null=True)
    first_length = peewee.CharField(max_length=20, null=True)
    asked = peewee.SmallIntegerField(default=0)
    extension = peewee.CharField(max_length=8, default="")
    ended_at = peewee.DateTimeField(null=True)
    fired_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_deadline"
        indexes = ((("entity", "record_id"), False), (("next_at", "id"), False), (("state", "due"), False))


class ClockExtension(db.Table):
    """One request for an extension. What was written with it lies in the ledger (``entry_id``, ``decision_id``)."""

    id = peewee.BigAutoField()
    deadline_id = peewee.BigIntegerField(index=True)
    length = peewee.CharField(max_length=20)
    state = peewee.CharField(max_length=8, default=ASKED)
    asked_at = peewee.DateTimeField()
    asked_by = peewee.BigIntegerField(null=True)
    asked_person = peewee.BigIntegerField(null=True)
    entry_id = peewee.BigIntegerField()
    decided_at = peewee.DateTimeField(null=True)
    decided_by = peewee.BigIntegerField(null=True)
    decision_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_clock_extension"
        indexes = ((("state", "id"), False),)


class Escalation(db.Table):
    """An overdue case that a level above was told of (``send_up``) or that is under supervision (``supervise``)."""

    id = peewee.BigAutoField()
    deadline_id = peewee.BigIntegerField(index=True)
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    kind = peewee.CharField(max_length=10)
    division_id = peewee.BigIntegerField()
    at = peewee.DateTimeField()
    open = peewee.BooleanField(default=True)

    class Meta:
        table_name = "core_escalation"
        indexes = ((("kind", "open", "division_id"), False), (("entity", "record_id"), False))


# ---------------------------------------------------------------- one row

def midnight(day: date) -> datetime:
    """The moment (naive UTC) at which a day begins in China."""
    return datetime.combine(day, time()) - _CHINA


def moment_of(value: Any) -> datetime:
    """A stored moment: a datetime, or its text in JSON."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def pauses(row: Any) -> list[tuple[datetime, datetime]]:
    """The pauses of a clock that are over, as moments, in order."""
    return [(moment_of(begin), moment_of(end)) for begin, end in row.paused or ()]


def paused_days(row: Any) -> list[tuple[date, date]]:
    """The same as days: the day of the beginning still counts, those after it up to the end do not."""
    found: list[tuple[date, date]] = []
    for begin, end in pauses(row):
        first, last = db.local_day(begin), db.local_day(end)
        if first < last:
            found.append((first, last))
    return found


def recomputed(row: Any, days: Days, length: Length | None = None) -> Due:
    """When a clock ends by the calendar ``days``: its own length (or ``length``) from its start, its pauses left out."""
    length = length or read_length(row.length)
    if length.unit == "hour":
        return Due(db.local_day(exact_end(row, length)), False)
    return days.due(row.started_on, length, day_off=row.day_off, paused=paused_days(row))


def exact_end(row: Any, length: Length) -> datetime:
    """The moment at which a clock in hours ends."""
    rested: timedelta = sum((end - begin for begin, end in pauses(row)), timedelta())
    return moment_of(row.started_at) + timedelta(hours=length.number) + rested


def over_at(due: date, due_at: datetime | None) -> datetime:
    """The moment from which a clock is overdue: the day after the last one begins, or the exact moment."""
    return due_at if due_at is not None else midnight(due + timedelta(days=1))


def schedule(due: date, due_at: datetime | None, remind: Iterable[int]) -> list[tuple[datetime, int | None]]:
    """(moment, days before or after) of what a clock does, in order; None stands for running out.

    Reminders come at eight in the morning in China; those of a clock in hours at whole days from its end.
    """
    found: list[tuple[datetime, int | None]] = [(over_at(due, due_at), None)]
    for number in remind:
        shift = timedelta(days=number)
        found.append((due_at + shift if due_at is not None else datetime.combine(due + shift, time()), number))
    return sorted(found, key=lambda item: item[0])


def reminders(row: Any) -> Sequence[int]:
    """The reminders under which a clock began."""
    return [int(number) for number in row.remind.split(",")] if row.remind else ()


def next_moment(due: date, due_at: datetime | None, remind: Iterable[int], after: datetime,
                fired: bool = False) -> datetime | None:
    """The first moment after ``after`` at which something happens; running out comes once, even when it is past."""
    for moment, number in schedule(due, due_at, remind):
        if (number is None and not fired) or (number is not None and moment > after):
            return moment
    return None


def redated(row: Any, days: Days, now: datetime, *, length: Length | None = None, **rule: Any) -> dict[str, Any]:
    """The columns that change when a running clock is computed anew; empty when its date stays. Pure.

    ``days`` is the calendar of the row's division. ``length`` and ``rule`` (``source``, ``setting``, ``place_id``,
    ``valid_from``) date it on purpose by another rule; an extended clock keeps its granted length.
    """
    changes: dict[str, Any] = {}
    if length is not None and row.first_length is None:
        changes = {name: value for name, value in {"length": str(length), **rule}.items() if getattr(row, name) != value}
    elif length is not None:
        length = None
    end = recomputed(row, days, length)
    length = length or read_length(row.length)
    exact = exact_end(row, length) if length.unit == "hour" else None
    if end.day != row.due or exact != row.due_at or end.provisional != row.provisional:
        changes |= {"due": end.day, "due_at": exact, "provisional": end.provisional,
                    "next_at": next_moment(end.day, exact, reminders(row), now, row.fired_at is not None)}
    return changes


def of(entity_key: str, record_id: int) -> list[Deadline]:
    """All clocks of a case, oldest first."""
    return list(Deadline.select().where((Deadline.entity == entity_key) & (Deadline.record_id == record_id))
                .order_by(Deadline.id))


def last_days(entity_key: str, record_ids: Sequence[int], ending: str) -> dict[int, date]:
    """id → last day, as it stands now, of the newest clock of each case whose key is or ends with ``ending``; one query.

    Clocks that were cancelled are left out, and cases that never had such a clock.
    """
    rows = Deadline.select(Deadline.record_id, Deadline.clock, Deadline.due).where(
        (Deadline.entity == entity_key) & Deadline.record_id.in_(list(record_ids) or [0]) & (Deadline.state != CANCELLED)
    ).order_by(Deadline.id).tuples()
    return {record_id: due for record_id, clock, due in rows if clock.endswith(ending)}


def longer_asked(entity_key: str, record_ids: Sequence[int]) -> set[int]:
    """The ids of the cases of which a longer limit is asked for and not yet decided on; one query."""
    rows = Deadline.select(Deadline.record_id).where(
        (Deadline.entity == entity_key) & Deadline.record_id.in_(list(record_ids) or [0]) & (Deadline.extension == ASKED)
        & Deadline.state.in_(OPEN)).tuples()
    return {row[0] for row in rows}

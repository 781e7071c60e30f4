"""Clocks of running cases: rows that start and end with states, and the sweep that finds what is overdue.

The rules (unit, length, start, consequence) are data: a clock's declaration, overridden by a setting at the case's division.
A row keeps the rule it was made under, so that its date can be explained later.
"""
from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import peewee

from . import calendar, db, ledger, outbox, snapshot
from .registry import registry
from .tree import Node
from .workflow import Clock, Length, State, Workflow, parse_length

RUNNING, MET, CANCELLED = "running", "met", "cancelled"


class Deadline(db.Table):
    """One clock of one case. ``fired_at`` is set once, by whoever finds it overdue first."""

    id = peewee.BigAutoField()
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    clock = peewee.CharField(max_length=40)
    division_id = peewee.BigIntegerField()
    started_on = peewee.DateField()
    length = peewee.CharField(max_length=20)
    source = peewee.TextField(default="")
    due = peewee.DateField()
    provisional = peewee.BooleanField(default=False)
    state = peewee.CharField(max_length=12, default=RUNNING)
    ended_at = peewee.DateTimeField(null=True)
    fired_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_deadline"
        indexes = ((("entity", "record_id"), False), (("state", "due"), False))


def rule(clock: Clock, node: Node, day: date) -> tuple[Length, str]:
    """(length, source) of ``clock`` at ``node``: the county's setting valid on ``day``, else the declaration."""
    settings = snapshot.current().settings
    if clock.setting and clock.setting in settings.all():
        value, source, _place, _since = settings.explain(clock.setting, node, day)
        return parse_length(str(value)), source
    return clock.length, str(clock.source)


@dataclass(frozen=True)
class Plan:
    """A clock that is about to start: its rule at the place and day, and when it ends."""

    clock: Clock
    node: Node
    day: date
    length: Length
    source: str
    end: calendar.Due


def plan(state: State, node: Node, day: date, running: Container[str] = ()) -> list[Plan]:
    """The clocks that start when a case enters ``state`` at ``node`` on ``day``; those of ``running`` just go on."""
    found = []
    for clock in state.clocks:
        if clock.key in running or (clock.plugin and not snapshot.current().switches.is_on(clock.plugin, node)):
            continue
        length, source = rule(clock, node, day)
        found.append(Plan(clock, node, day, length, source, calendar.at(node).due(day, length)))
    return found


def start(plans: Iterable[Plan], entity_key: str, record_id: int) -> None:
    """Write the rows of ``plans``, inside the step's transaction."""
    for item in plans:
        db.insert(Deadline, {
            "entity": entity_key, "record_id": record_id, "clock": item.clock.key, "division_id": item.node.id,
            "started_on": item.day, "length": str(item.length), "source": item.source, "due": item.end.day,
            "provisional": item.end.provisional, "state": RUNNING})


def end(workflow: Workflow, entity_key: str, record_id: int, state: State) -> dict[str, date]:
    """Meet the running clocks that do not run in ``state``; return key → due day of those that go on."""
    if not any(s.clocks for s in workflow.states):
        return {}
    rows = list(Deadline.select(Deadline.id, Deadline.clock, Deadline.due).where(
        (Deadline.entity == entity_key) & (Deadline.record_id == record_id) & (Deadline.state == RUNNING)).tuples())
    known = workflow.clocks()
    stop: list[int] = []
    go_on: dict[str, date] = {}
    for deadline_id, key, day in rows:
        found = known.get(key)
        if found is not None and not state.final and state.key in (found[1].until or (found[0].key,)):
            go_on[key] = day
        else:
            stop.append(deadline_id)
    if stop:
        Deadline.update(state=MET, ended_at=db.now()).where(Deadline.id.in_(stop)).execute()
    return go_on


def of(entity_key: str, record_id: int) -> list[Deadline]:
    """All clocks of a case, oldest first."""
    return list(Deadline.select().where((Deadline.entity == entity_key) & (Deadline.record_id == record_id))
                .order_by(Deadline.id))


def explain(deadline: Deadline, node: Node | None) -> list[calendar.DayLine]:
    """Day by day why a deadline ends when it ends."""
    return calendar.at(node).explain(deadline.started_on, parse_length(deadline.length))


def sweep(day: date | None = None, limit: int = 500) -> int:
    """Fire every clock that ran out before ``day`` (default today): once each, whoever sweeps. Returns how many fired."""
    day = day or db.local_day()
    rows = list(Deadline.select().where((Deadline.state == RUNNING) & (Deadline.due < day) & Deadline.fired_at.is_null())
                .order_by(Deadline.due, Deadline.id).limit(limit))
    return sum(_fire(row) for row in rows)


def _fire(row: Deadline) -> bool:
    with db.transaction():
        won = Deadline.update(fired_at=db.now()).where(
            (Deadline.id == row.id) & Deadline.fired_at.is_null() & (Deadline.state == RUNNING)).execute()
        if not won:
            return False
        entity = registry().entities.get(row.entity)
        workflow = registry().workflow_of(row.entity) if entity is not None else None
        node = snapshot.current().tree.get(row.division_id)
        ledger.append(row.entity, row.record_id, "overdue", node=node, facts={"clock": row.clock, "due": row.due.isoformat()})
        if entity is None or workflow is None:
            return True
        record = entity.model.get_or_none(entity.model.id == row.record_id)
        known = workflow.clocks().get(row.clock)
        if record is not None and known is not None and known[1].overdue in {"notify", "send_up"}:
            outbox.add(entity.key, record.id, "overdue", node=node, account_id=None,
                       facts=case_facts(record) | {"day": row.due.isoformat()})
    return True


def case_facts(record: Any) -> dict[str, Any]:
    """What an event tells of a case: number, state, holder, department, reporter; nothing personal."""
    return {"number": record.number, "to_state": record.state, "holder_id": record.holder_id,
            "department_id": record.department_id, "reporter_id": record.reporter_id}


def earliest(dues: Iterable[date]) -> date | None:
    """The first of several due days, None when no clock runs."""
    found = sorted(dues)
    return found[0] if found else None


def days_left(due: date, today: date | None = None) -> int:
    """Calendar days from today to ``due``; negative when it is overdue."""
    return (due - (today or db.local_day())) // timedelta(days=1)

"""The sweep: finds clocks with something to do (a reminder, running out) and does it once, whoever sweeps.

Each row knows the next moment at which something happens, and an index leads to those that are past, so that a sweep costs
what is due, not what is open. A compare-and-set on that moment decides who does it.
"""
from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import peewee

from . import db, ledger, outbox, snapshot
from .clock_rows import RUNNING, Deadline, Escalation, next_moment, over_at, reminders, schedule
from .registry import registry
from .tree import Node

log = logging.getLogger("grid321.clocks")

BATCH = 50
"""Clocks of one transaction: many fsyncs are saved, and nobody waits long for the writers' queue."""

OVERDUE, REMINDER = "overdue", "reminder"
TOLD = frozenset({"notify", "send_up", "supervise"})


def sweep(limit: int = 500) -> int:
    """Do what is due, at most ``limit`` clocks, the longest due first. Returns how many did something."""
    moment = db.now()
    # A paused or ended clock has no next moment, so the state need not be asked: the index alone finds the rows.
    rows = list(Deadline.select().where(Deadline.next_at <= moment).order_by(Deadline.next_at, Deadline.id).limit(limit))
    done = 0
    for first in range(0, len(rows), BATCH):
        batch = sorted(rows[first:first + BATCH], key=lambda row: row.id)  # the order in which everybody locks clocks
        try:
            with db.transaction():
                done += sum(_fire(row, moment) for row in batch)
        except peewee.PeeweeException:
            log.exception("clocks: a batch failed; each is tried alone")
            done += sum(_alone(row, moment) for row in batch)
    return done


def _alone(row: Deadline, moment: datetime) -> bool:
    try:
        with db.transaction():
            return _fire(row, moment)
    except peewee.PeeweeException:
        log.exception("clock %s could not be swept; it is tried again", row.id)
        return False


def _fire(row: Deadline, moment: datetime) -> bool:
    """Remind or run out, and note the next moment. False when somebody else did it, or the clock ended meanwhile."""
    over = row.fired_at is None and moment >= over_at(row.due, row.due_at)
    following = next_moment(row.due, row.due_at, reminders(row), moment, over or row.fired_at is not None)
    values: dict[str, Any] = {"next_at": following}
    if over:
        values["fired_at"] = moment
    won = Deadline.update(values).where((Deadline.id == row.id) & (Deadline.next_at == row.next_at)
                                        & (Deadline.state == RUNNING)).execute()
    if not won:
        return False
    node = snapshot.current().tree.get(row.division_id)
    entity = registry().entities.get(row.entity)
    record = entity.model.get_or_none(entity.model.id == row.record_id) if entity is not None else None
    if not over:
        return _remind(row, record, node, moment)
    facts = {"clock": row.clock, "due": row.due.isoformat()}
    above = _escalate(row, record, moment) if record is not None else None
    if above is not None:
        facts["above"] = above.code
    ledger.append(row.entity, row.record_id, OVERDUE, node=node, facts=facts, at=moment)
    if record is not None and row.overdue in TOLD:
        outbox.add(row.entity, row.record_id, OVERDUE, node=node, account_id=None, at=moment, facts=case_facts(record) | {
            "day": row.due.isoformat(), "clock": row.clock, "consequence": row.overdue, "above": above.id if above else None})
    return True


def _remind(row: Deadline, record: Any, node: Node | None, moment: datetime) -> bool:
    """Tell of the last day that comes or is past; a reminder that became pointless (nothing passed yet) is left out."""
    passed = [number for at, number in schedule(row.due, row.due_at, reminders(row)) if number is not None and at <= moment]
    if record is None or not passed:
        return True
    outbox.add(row.entity, row.record_id, REMINDER, node=node, account_id=None, at=moment, facts=case_facts(record) | {
        "day": row.due.isoformat(), "clock": row.clock, "days": passed[-1], "late": row.fired_at is not None})
    return True


def _escalate(row: Deadline, record: Any, moment: datetime) -> Node | None:
    """Bring an overdue case before the level above, or under supervision. Returns the division above that is asked."""
    tree = snapshot.current().tree
    holder = tree.get(record.holder_id)
    if row.overdue not in {"send_up", "supervise"} or holder is None:
        return None
    place: Node | None = holder
    if row.overdue == "send_up":
        workflow = registry().workflow_of(row.entity)
        levels = workflow.levels if workflow is not None else ()
        places = [node for node in map(tree.get, reversed(holder.path[:-1])) if node is not None and node.level in levels]
        place = places[0] if places else None
    if place is None:
        return None
    db.insert(Escalation, {"deadline_id": row.id, "entity": row.entity, "record_id": row.record_id, "kind": row.overdue,
                           "division_id": place.id, "at": moment, "open": True})
    return place if row.overdue == "send_up" else None


def case_facts(record: Any) -> dict[str, Any]:
    """What an event tells of a case: number, state, holder, department, reporter; nothing personal."""
    return {"number": record.number, "to_state": record.state, "holder_id": record.holder_id,
            "department_id": record.department_id, "reporter_id": record.reporter_id}

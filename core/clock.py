"""Clocks of running cases, as the engine moves them: which start with a step, which rest, go on or are met by it.

The rules (unit, length, start event, pauses, consequence) are data: a clock's declaration, its length replaced by a setting
at the case's division. ``clock_plans`` finds what starts, ``clock_rows`` keeps and computes the rows, ``clock_sweep`` finds
what is due, ``clock_extensions`` extends. Everything here happens inside the transaction of the step.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from . import calendar, db, snapshot
from .clock_plans import COLUMNS, Index, Moved, Plan, born, fate, index_of, on_entry, plan, plans_of, rows, start
from .clock_rows import (
    CANCELLED,
    MET,
    OPEN,
    PAUSED,
    RUNNING,
    Deadline,
    Escalation,
    exact_end,
    next_moment,
    of,
    over_at,
    recomputed,
    redated,
    reminders,
)
from .clock_rules import ENTRY, Clock, parse_length
from .clock_sweep import case_facts, sweep
from .entity import Refusal
from .i18n import format_day, format_time
from .i18n import gettext as _
from .registry import registry
from .tree import Node
from .workflow import State, Transition, Workflow

__all__ = ["CANCELLED", "COLUMNS", "MET", "OPEN", "PAUSED", "RUNNING", "Deadline", "Moved", "Plan", "anew", "born", "cancel",
           "case_facts", "days_left", "earliest", "fate", "move", "of", "on_entry", "plan", "recomputed", "redated", "rows",
           "start", "sweep", "within"]


def move(workflow: Workflow, step: Transition, entity_key: str, case: Any, data: Mapping[str, Any], node: Node,
         moment: datetime) -> Moved:
    """What ``step`` does to the clocks of ``case``, which ``node`` holds afterwards: end, rest, go on. Starting comes later.

    A case that stays in its state keeps its clocks, unless they name the step.
    """
    index = index_of(workflow)
    if not index.known:
        return Moved()
    starting = index.by_step.get(step.key, [])
    if step.target == case.state:
        if not starting and step.key not in index.ending:
            return Moved(dues=[] if case.due is None else [case.due])
    else:
        starting = [*starting, *index.by_state.get(step.target, ())]
    go_on: set[str] = set()
    dues: list[date] = []
    if case.due is not None or case.state in index.live:  # else nothing can be open: a query less
        go_on, dues = _go_on(index, workflow.state(step.target), step, entity_key, case.id, moment)
    return Moved(plans_of([item for item in starting if item[1].key not in go_on], step.target, node, moment, case, data),
                 dues)


# Plain SQL: every step asks this, and building the query costs more than running it. PostgreSQL locks the rows in the order of
# their ids, as everybody does who changes several: two clerks who end the same clocks in another order, or a clerk and the
# sweep, would wait for each other in a circle; and what was read stays true until it is written.
_OPEN_ROWS = ("SELECT id, clock, due, state, fired_at FROM core_deadline WHERE entity = ? AND record_id = ?"
              " AND state IN ('running', 'paused') ORDER BY id")
_LOCKED = " FOR NO KEY UPDATE"


def _open_rows(entity_key: str, record_id: int) -> list[tuple[Any, ...]]:
    sql = _OPEN_ROWS.replace("?", "%s") + _LOCKED if db.is_postgres() else _OPEN_ROWS
    found: list[tuple[Any, ...]] = db.database.execute_sql(sql, (entity_key, record_id)).fetchall()
    return found


def _go_on(index: Index, goal: State, step: Transition, entity_key: str, record_id: int,
           moment: datetime) -> tuple[set[str], list[date]]:
    """End, pause and resume what is open; returns the keys of clocks that stay open and the last days of those that run."""
    rows = _open_rows(entity_key, record_id)
    stop: dict[str, list[int]] = {}
    fired: list[int] = []
    go_on: set[str] = set()
    dues: list[date] = []
    for deadline_id, key, stored_due, state, fired_at in rows:
        due = stored_due if isinstance(stored_due, date) else date.fromisoformat(stored_due)
        end = _end(index.known.get(key), goal, step)
        if end is not None:
            stop.setdefault(end, []).append(deadline_id)
            fired += [deadline_id] if fired_at is not None else []
            continue
        go_on.add(key)
        resting = goal.key in index.known[key][1].pause
        if resting and state == RUNNING and _pause(deadline_id, moment):
            continue
        if not resting and state == PAUSED:
            due = _resume(deadline_id, moment)
        if state == RUNNING or not resting:
            dues.append(due)
    for end, ids in stop.items():
        Deadline.update(state=end, ended_at=moment, next_at=None).where(Deadline.id.in_(ids)).execute()
    if fired:
        Escalation.update(open=False).where(Escalation.deadline_id.in_(fired)).execute()
    return go_on, dues


def _end(found: tuple[str, Clock] | None, goal: State, step: Transition) -> str | None:
    """How the step ends a clock (met, cancelled), None when it stays open."""
    if found is None:
        return MET
    home, clock = found
    if step.key in clock.voids or step.flow == "withdrawn":
        return CANCELLED
    if step.key in clock.ends or goal.final or goal.key not in (*(clock.until or (home,)), *clock.pause):
        return MET
    return None


def _pause(deadline_id: int, moment: datetime) -> bool:
    """Stop a running clock; False when it ran out before: resting later does not make an overdue clock good."""
    row = Deadline.get_by_id(deadline_id)
    if row.fired_at is not None or moment >= over_at(row.due, row.due_at):
        return False
    Deadline.update(state=PAUSED, paused_at=moment, next_at=None).where(Deadline.id == deadline_id).execute()
    return True


def _resume(deadline_id: int, moment: datetime) -> date:
    """Let a paused clock go on; returns its new last day."""
    row = Deadline.get_by_id(deadline_id)
    row.paused = [*(row.paused or ()), [row.paused_at.isoformat(), moment.isoformat()]]
    end = recomputed(row, calendar.at(snapshot.current().tree.get(row.division_id)))
    length = parse_length(row.length)
    exact = exact_end(row, length) if length.unit == "hour" else None
    Deadline.update(state=RUNNING, paused_at=None, paused=row.paused, due=end.day, due_at=exact, provisional=end.provisional,
                    next_at=next_moment(end.day, exact, reminders(row), moment)).where(Deadline.id == deadline_id).execute()
    return end.day


def cancel(entity_key: str, record_id: int, moment: datetime) -> None:
    """End every open clock of a case without its being met: another case carries it from now on."""
    ids = [row[0] for row in _open_rows(entity_key, record_id)]
    if ids:
        Deadline.update(state=CANCELLED, ended_at=moment, next_at=None).where(Deadline.id.in_(ids)).execute()
        Escalation.update(open=False).where(Escalation.deadline_id.in_(ids)).execute()


def anew(workflow: Workflow, state: str, like_id: int, entity_key: str, node: Node, moment: datetime, case: Any) -> Moved:
    """The clocks of a case in ``state`` from their beginning, because it stands by itself again or was split off.

    They are those that ran until now for the case ``like_id``, which carried it; without any, those of the state's entry.
    """
    index = index_of(workflow)
    rows = Deadline.select(Deadline.clock).where((Deadline.entity == entity_key) & (Deadline.record_id == like_id) & (
        Deadline.started_at < moment) & (Deadline.state.in_(OPEN) | (Deadline.ended_at == moment))).order_by(Deadline.id).tuples()
    known = [index.known[row[0]] for row in rows if row[0] in index.known]
    found = [(ENTRY, clock) for home, clock in known if state in (*(clock.until or (home,)), *clock.pause)]
    return Moved(plans_of(found or index.by_state.get(state, ()), state, node, moment, case))


# ---------------------------------------------------------------- asking

def within(record: Any, key: str) -> Refusal | None:
    """A guard's answer: None while clock ``key`` of a case has not run out, or never started; else the refusal.

    ``Transition(..., guard=lambda case, data, actor: within(case, "return"))`` refuses a return after its limit.
    """
    entity = next((entity for entity in registry().entities.values() if entity.model is type(record)), None)
    if entity is None:
        return None
    row = (Deadline.select().where((Deadline.entity == entity.key) & (Deadline.record_id == record.id) & (Deadline.clock == key))
           .order_by(Deadline.id.desc()).first())
    if row is None or row.state == PAUSED or (row.ended_at or db.now()) < over_at(row.due, row.due_at):
        return None
    workflow = registry().workflow_of(entity.key, record.workflow_version)
    known = workflow.clocks().get(key) if workflow is not None else None
    last = format_time(row.due_at) if row.due_at is not None else format_day(row.due)
    return Refusal(_("The limit “%(clock)s” ended on %(day)s.", clock=known[1].label if known else key, day=last), "too_late",
                   remedy=_("This step is no longer possible. Go on with another step, or ask the level above."))


def earliest(dues: Iterable[date]) -> date | None:
    """The first of several due days, None when no clock runs."""
    return min(dues, default=None)


def days_left(due: date, today: date | None = None) -> int:
    """Calendar days from today to ``due``; negative when it is overdue."""
    return (due - (today or db.local_day())) // timedelta(days=1)

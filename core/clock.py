"""Clocks of running cases, as the engine moves them: which start with a step, which rest, go on or are met by it.

The rules (unit, length, start event, pauses, consequence) are data: a clock's declaration, its length replaced by a setting
at the case's division. ``clock_rows`` keeps and computes the rows, ``clock_sweep`` finds what is due, ``clock_extensions``
extends. Everything here happens inside the transaction of the step.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from . import calendar, db, snapshot
from .bulk import insert_rows
from .clock_rows import (
    CANCELLED,
    MET,
    OPEN,
    PAUSED,
    RUNNING,
    Deadline,
    Escalation,
    exact_end,
    moment_of,
    next_moment,
    of,
    over_at,
    recomputed,
    redated,
    reminders,
)
from .clock_rules import ENTRY, Clock, Length, parse_length
from .clock_sweep import case_facts, sweep
from .entity import Refusal
from .i18n import format_day, format_time
from .i18n import gettext as _
from .registry import registry
from .tree import Node
from .workflow import State, Transition, Workflow

__all__ = ["CANCELLED", "MET", "PAUSED", "RUNNING", "Deadline", "Moved", "Plan", "born", "case_facts", "days_left", "earliest",
           "move", "of", "recomputed", "redated", "start", "sweep", "within"]


@dataclass(frozen=True)
class Rule:
    """The rule of a clock at a place on a day: its length, and where that comes from."""

    length: Length
    day_off: str
    setting: str
    source: str
    place_id: int | None
    valid_from: date | None


@dataclass(frozen=True)
class Plan:
    """A clock that is about to start: its rule, the event and the place, and when it ends."""

    clock: Clock
    node: Node
    event: str
    at: datetime
    rule: Rule
    end: calendar.Due
    end_at: datetime | None


@dataclass
class Moved:
    """What a step does to the clocks of a case: the clocks that start, and the earliest last day of all that run then."""

    plans: list[Plan] = field(default_factory=list)
    dues: list[date] = field(default_factory=list)

    @property
    def due(self) -> date | None:
        """The first last day of the clocks that run after the step; None when none runs."""
        return min([*self.dues, *(plan.end.day for plan in self.plans)], default=None)


# ---------------------------------------------------------------- which clock, which rule

@dataclass(frozen=True)
class _Index:
    """The clocks of a workflow by what touches them: the state that is entered, the step that is taken."""

    by_state: Mapping[str, list[tuple[str, Clock]]]
    by_step: Mapping[str, list[tuple[str, Clock]]]
    ending: frozenset[str]
    known: Mapping[str, tuple[str, Clock]]


def _index(workflow: Workflow) -> _Index:
    found: _Index | None = workflow.__dict__.get("_clock_index")
    if found is None:
        by_state: dict[str, list[tuple[str, Clock]]] = {}
        by_step: dict[str, list[tuple[str, Clock]]] = {}
        states = {state.key for state in workflow.states}
        known = {key: (state.key, clock) for key, (state, clock) in workflow.clocks().items()}
        for home, clock in known.values():
            for event, key in (clock.starts or {ENTRY: home}).items():
                (by_state if key in states else by_step).setdefault(key, []).append((event, clock))
        ending = frozenset(key for _home, clock in known.values() for key in (*clock.ends, *clock.voids))
        found = _Index(by_state, by_step, ending, known)
        object.__setattr__(workflow, "_clock_index", found)
    return found


def rule(clock: Clock, node: Node, day: date, case: Any = None, data: Mapping[str, Any] | None = None) -> Rule | None:
    """The rule of ``clock`` at ``node`` for a step on ``day``; None when the clock does not start (nothing is set).

    What a decision says (the step's answer ``clock.answer``) comes first, then the county's setting valid on ``day``, then
    the declaration.
    """
    settings = snapshot.current().settings
    known = settings.all()
    day_off = str(settings.get("core.clock_day_off", node, day)) if "core.clock_day_off" in known else calendar.NEXT
    said = (data or {}).get(clock.answer) if clock.answer else None
    if said not in (None, ""):
        return _decided(said, day, day_off, clock)
    if clock.rule and clock.rule in known and settings.get(clock.rule, node, day) != "length":
        return None
    key = (clock.choose(case) if clock.choose is not None else None) or clock.setting
    if key and key in known:
        value, source, place_id, valid_from = settings.explain(key, node, day)
        if value is None:
            return None
        return Rule(parse_length(str(value)), day_off, key, source, place_id, valid_from)
    return Rule(clock.length, day_off, "", str(clock.source), None, None) if clock.length is not None else None


def _decided(said: Any, day: date, day_off: str, clock: Clock) -> Rule | None:
    """The rule that the step's answer sets: a last day, which does not move, or a length as text or days."""
    if isinstance(said, date):
        return Rule(Length((said - day).days, "day"), calendar.STAY, "", _("decision"), None, day) if said >= day else None
    length = Length(said, "day") if isinstance(said, int) else parse_length(str(said))
    return Rule(length, day_off, "", _("decision"), None, day)


def _plan(starting: Iterable[tuple[str, Clock]], node: Node, moment: datetime, case: Any,
          data: Mapping[str, Any] | None = None) -> list[Plan]:
    found: list[Plan] = []
    day, days, chosen = db.local_day(moment), None, None
    now = snapshot.current()
    for event, clock in starting:
        if clock.plugin and not now.switches.is_on(clock.plugin, node):
            continue
        if event != ENTRY and len(clock.starts) > 1:
            if chosen is None:
                chosen = now.settings.get("core.clock_start", node, day) if "core.clock_start" in now.settings.all() else ""
            if event != (chosen if chosen in clock.starts else next(iter(clock.starts))):
                continue
        holds = rule(clock, node, day, case, data)
        if holds is None:
            continue
        if holds.length.unit == "hour":
            end_at = moment + timedelta(hours=holds.length.number)
            end = calendar.Due(db.local_day(end_at), False)
        else:
            days = days or calendar.at(node)
            end_at, end = None, days.due(day, holds.length, day_off=holds.day_off)
        found.append(Plan(clock, node, event, moment, holds, end, end_at))
    return found


# ---------------------------------------------------------------- steps

def born(workflow: Workflow, node: Node, moment: datetime, case: Any) -> Moved:
    """The clocks that start with a new case in its first state, at the division that holds it."""
    return Moved(_plan(_index(workflow).by_state.get(workflow.first, ()), node, moment, case))


def move(workflow: Workflow, step: Transition, entity_key: str, case: Any, data: Mapping[str, Any], node: Node,
         moment: datetime) -> Moved:
    """What ``step`` does to the clocks of ``case``, which ``node`` holds afterwards: end, rest, go on. Starting comes later.

    A case that stays in its state keeps its clocks, unless they name the step.
    """
    index = _index(workflow)
    if not index.known:
        return Moved()
    starting = index.by_step.get(step.key, [])
    if step.target == case.state:
        if not starting and step.key not in index.ending:
            return Moved(dues=[] if case.due is None else [case.due])
    else:
        starting = [*starting, *index.by_state.get(step.target, ())]
    go_on, dues = _go_on(index, workflow.state(step.target), step, entity_key, case.id, moment)
    return Moved(_plan([item for item in starting if item[1].key not in go_on], node, moment, case, data), dues)


def _go_on(index: _Index, goal: State, step: Transition, entity_key: str, record_id: int,
           moment: datetime) -> tuple[set[str], list[date]]:
    """End, pause and resume what is open; returns the keys of clocks that stay open and the last days of those that run."""
    rows = list(Deadline.select(Deadline.id, Deadline.clock, Deadline.due, Deadline.state, Deadline.fired_at).where(
        (Deadline.entity == entity_key) & (Deadline.record_id == record_id) & Deadline.state.in_(OPEN)).tuples())
    stop: dict[str, list[int]] = {}
    fired: list[int] = []
    go_on: set[str] = set()
    dues: list[date] = []
    for deadline_id, key, due, state, fired_at in rows:
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
    if moment >= over_at(row.due, row.due_at):
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


_COLUMNS = ("entity", "record_id", "clock", "division_id", "event", "started_at", "started_on", "length", "day_off", "setting",
            "source", "place_id", "valid_from", "remind", "overdue", "due", "due_at", "provisional", "state", "next_at", "asked",
            "extension")


def start(moved: Moved, entity_key: str, record_id: int) -> None:
    """Write the rows of the clocks that start, inside the step's transaction, in one statement."""
    if not moved.plans:
        return
    rows = []
    for plan in moved.plans:
        holds, end = plan.rule, plan.end
        rows.append((entity_key, record_id, plan.clock.key, plan.node.id, plan.event, plan.at, db.local_day(plan.at),
                     str(holds.length), holds.day_off, holds.setting, holds.source, holds.place_id, holds.valid_from,
                     ",".join(map(str, plan.clock.remind)), plan.clock.overdue, end.day, plan.end_at, end.provisional, RUNNING,
                     next_moment(end.day, plan.end_at, plan.clock.remind, plan.at), 0, ""))
    insert_rows(Deadline, _COLUMNS, rows)


# ---------------------------------------------------------------- asking

def cancel(entity_key: str, record_id: int, moment: datetime) -> None:
    """End every open clock of a case without its being met: another case carries it from now on."""
    rows = list(Deadline.select(Deadline.id).where((Deadline.entity == entity_key) & (Deadline.record_id == record_id)
                                                   & Deadline.state.in_(OPEN)).tuples())
    ids = [row[0] for row in rows]
    if ids:
        Deadline.update(state=CANCELLED, ended_at=moment, next_at=None).where(Deadline.id.in_(ids)).execute()
        Escalation.update(open=False).where(Escalation.deadline_id.in_(ids)).execute()


def open_keys(entity_key: str, record_id: int, moment: datetime) -> list[str]:
    """Keys of the clocks that are open for a case, and of those that ended with this very moment."""
    rows = Deadline.select(Deadline.clock).where((Deadline.entity == entity_key) & (Deadline.record_id == record_id) & (
        Deadline.state.in_(OPEN) | (Deadline.ended_at == moment))).order_by(Deadline.id).tuples()
    return list(dict.fromkeys(row[0] for row in rows))


def anew(workflow: Workflow, keys: Iterable[str], node: Node, moment: datetime, case: Any) -> Moved:
    """The clocks ``keys`` from their beginning, for a case that stands by itself again or was split off."""
    known = _index(workflow).known
    return Moved(_plan([(ENTRY, known[key][1]) for key in keys if key in known], node, moment, case))


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


def started(row: Deadline) -> datetime:
    """The moment of the event with which a clock began."""
    return moment_of(row.started_at)



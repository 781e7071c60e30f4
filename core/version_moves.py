"""Moving running cases to another version of their workflow, on purpose: what it would do, and doing it in one transaction.

A case keeps its place, its department and its history. Its state becomes the state of the same key, or the one named for it;
a clock that both versions know there keeps its date, one that the new version lacks ends without effect, one that it adds
begins today. A case that cannot live under the new version (stranded) stops the whole move before anything is written.
"""
from __future__ import annotations

import time
from collections import Counter as Bag
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import orjson
import peewee

from . import audit, clock, counters, db, ledger, outbox, snapshot
from .actor import Actor
from .bulk import insert_rows
from .clock_rows import CANCELLED, OPEN, PAUSED, RUNNING, Deadline, Escalation, over_at
from .entity import Entity
from .errors import Conflict, Invalid, NotFound, Refused
from .groups import MEMBER
from .i18n import gettext as _
from .registry import registry
from .tree import Node, Tree
from .version_checks import flow_or_none, lacking
from .versions import PUBLISHED, note, row_of, workflow_of
from .workflow import Workflow

STEP = "version"
"""What ledger and outbox call the move of a case to another version."""

SHOWN = 50
CHUNK = 5_000
TRIES = 3
NO_STATE, FINAL, NOBODY, NO_BANK = "no_state", "final", "nobody", "no_bank"


@dataclass(frozen=True)
class Moving:
    """One open case as it was read: what compare-and-set compares, and what decides where it can go."""

    id: int
    number: str
    version: int
    state: str
    flow_version: int
    holder_id: int
    department_id: int | None
    reporter_id: int | None
    division_id: int
    bond: str | None
    due: Any
    counted: tuple[Any, ...]


@dataclass
class Plan:
    """What a move would do. ``stranded`` holds (case, reason); nothing is written while there is one."""

    entity: Entity
    key: str
    flow: Workflow
    mapping: Mapping[str, str]
    columns: tuple[str, ...]
    cases: list[tuple[Moving, str]] = field(default_factory=list)
    stranded: list[tuple[Moving, str]] = field(default_factory=list)

    def states(self) -> list[tuple[int, str, str, int]]:
        """(version, state, new state, how many) of the cases that can be moved."""
        found = Bag((case.flow_version, case.state, goal) for case, goal in self.cases)
        return [(*key, n) for key, n in sorted(found.items())]

    def reasons(self) -> list[tuple[int, str, str, int]]:
        """(version, state, reason, how many) of the stranded cases."""
        found = Bag((case.flow_version, case.state, reason) for case, reason in self.stranded)
        return [(*key, n) for key, n in sorted(found.items())]


@dataclass(frozen=True)
class Moved:
    """How many cases were moved, and the numbers of those that somebody else moved meanwhile; these stay as they are."""

    done: int
    missed: list[str]


# ---------------------------------------------------------------- planning

def plan(key: str, version: int, mapping: Mapping[str, str] | None = None, only: int | None = None) -> Plan:
    """What moving the open cases of workflow ``key`` (``only`` those under one version) to ``version`` would do.

    ``mapping`` names the new state of old ones where the key differs. Raises ``NotFound`` (no such version), ``Conflict``
    (not published, or it lacks functions) or ``Invalid`` (the mapping names a state that does not exist).
    """
    row = row_of(key, version)
    flow, entity = workflow_of(row), registry().entities.get(row.entity)
    if entity is None:
        raise NotFound(_("There is no entity %(key)s.", key=row.entity), remedy=_("Install the plugin that brings it."))
    if row.state != PUBLISHED:
        raise Conflict(_("No case was moved."), _("Version %(version)s is not published.", version=version),
                       _("Publish it first."), code="not_published")
    if flow.lacks:
        raise Conflict(_("No case was moved."), lacking(flow), _("Install the plugin version that has them."),
                       code="not_runnable")
    mapping = dict(mapping or {})
    found = Plan(entity, key, flow, mapping, tuple(sorted({
        name for column in counters.columns_of(entity) for name in column.split(",")} - {"state"})))
    cases = _read(entity, found.columns, version, only)
    _check_mapping(mapping, flow, {case.flow_version for case in cases}, entity)
    tree = snapshot.current().tree  # once: outside a request each look asks the database
    for case in cases:
        goal = mapping.get(case.state, case.state)
        reason = _stranded(flow, case, goal, tree)
        if reason:
            found.stranded.append((case, reason))
        else:
            found.cases.append((case, goal))
    return found


def _read(entity: Entity, columns: Sequence[str], version: int, only: int | None) -> list[Moving]:
    mark = "%s" if db.is_postgres() else "?"
    names = ("id", "number", "version", "state", "workflow_version", "holder_id", "department_id", "reporter_id", "division_id",
             "bond", "due", *columns)
    stored = [entity.model._meta.combined[name].column_name for name in names]
    sql = (f'SELECT {", ".join(stored)} FROM "{entity.model._meta.table_name}" WHERE closed_at IS NULL AND workflow_version'
           + (f" = {mark} AND workflow_version <> {mark}" if only is not None else f" <> {mark}") + " ORDER BY id")
    rows = db.database.execute_sql(sql, [version] if only is None else [only, version]).fetchall()
    return [Moving(*(*row[:_FIXED], tuple(row[_FIXED:]))) for row in rows]


_FIXED = 11
"""Columns of a case before those that are counted."""


def _check_mapping(mapping: Mapping[str, str], flow: Workflow, versions: Iterable[int], entity: Entity) -> None:
    known = {state.key for version in versions for state in getattr(flow_or_none(entity.key, version), "states", ())}
    goals = {state.key for state in flow.states}
    errors = {key: [_("No case runs under a version with the state %(state)s.", state=key)] for key in mapping
              if known and key not in known}
    errors |= {key: [_("Version %(version)s has no state %(state)s.", version=flow.version, state=goal)]
               for key, goal in mapping.items() if goal not in goals}
    if errors:
        raise Invalid(_("No case was moved."), " ".join(texts[0] for texts in errors.values()),
                      _("Name an old state and a state of the new version, as in old=new."), errors=errors)


def _stranded(flow: Workflow, case: Moving, goal: str, tree: Tree) -> str:
    """Why the case could not live in state ``goal`` of the new version; empty when it can."""
    state = next((one for one in flow.states if one.key == goal), None)
    if state is None:
        return NO_STATE
    if state.final:
        return FINAL
    who = {step.by for step in flow.from_state(goal) if not step.automatic} - ({"department"} if case.department_id is None else
                                                                             set())
    if not who - ({"reporter"} if case.reporter_id is None else set()) and not any(t.automatic for t in flow.from_state(goal)):
        return NOBODY
    holder = tree.get(case.holder_id)
    return NO_BANK if holder is None or (flow.levels and holder.level not in flow.levels) else ""


def reason_text(reason: str) -> str:
    """Why cases are stranded, in words."""
    return {NO_STATE: _("the new version has no such state"), FINAL: _("that state ends a matter, but these are open"),
            NOBODY: _("nobody could take a step there: they have no department or no reporter"),
            NO_BANK: _("the level that holds them keeps no bank in the new version")}[reason]


# ---------------------------------------------------------------- clocks

@dataclass
class _Clocks:
    """What becomes of the clocks of the cases that are moved, as (id of the clock, id of the case)."""

    stop: list[tuple[int, int]] = field(default_factory=list)
    fired: list[tuple[int, int]] = field(default_factory=list)
    pause: list[tuple[int, int]] = field(default_factory=list)
    resume: list[tuple[int, int]] = field(default_factory=list)
    start: dict[int, clock.Moved] = field(default_factory=dict)
    dues: dict[int, list[Any]] = field(default_factory=dict)
    counts: Bag[tuple[str, str]] = field(default_factory=Bag)


def clocks(found: Plan) -> list[tuple[str, str, int]]:
    """(key of the clock, what becomes of it: start, stop, pause, resume or keep, how many), for the dry run."""
    return sorted((key, what, n) for (key, what), n in _clocks(found, db.now(), lock=False).counts.items())


def _clocks(found: Plan, moment: datetime, *, lock: bool) -> _Clocks:
    goals = {case.id: goal for case, goal in found.cases}
    result = _Clocks()
    open_keys: dict[int, set[str]] = {}
    for deadline_id, record_id, key, due, due_at, state, fired_at in _open_rows(found.entity, lock):
        goal = goals.get(record_id)
        if goal is None:
            continue
        open_keys.setdefault(record_id, set()).add(key)
        rests = "keep" if state == PAUSED or moment >= over_at(due, due_at) else "pause"  # too late to rest
        what = {CANCELLED: "stop", PAUSED: rests, RUNNING: "resume" if state == PAUSED else "keep"}[
            clock.fate(found.flow, key, goal)]
        result.counts[key, what] += 1
        if what == "stop":
            result.stop.append((deadline_id, record_id))
            result.fired += [(deadline_id, record_id)] if fired_at is not None else []
        elif what == "pause":
            result.pause.append((deadline_id, record_id))
        elif what == "resume":
            result.resume.append((deadline_id, record_id))
        elif state == RUNNING:
            result.dues.setdefault(record_id, []).append(due)
    _starting(found, moment, open_keys, result)
    return result


def _open_rows(entity: Entity, lock: bool) -> Iterable[tuple[Any, ...]]:
    # Locked in the order of ids and before the cases, as a step does it; a sweep that crosses is answered by another try.
    query = (Deadline.select(Deadline.id, Deadline.record_id, Deadline.clock, Deadline.due, Deadline.due_at, Deadline.state,
                             Deadline.fired_at)
             .where((Deadline.entity == entity.key) & Deadline.state.in_(OPEN)).order_by(Deadline.id))
    rows: Iterable[tuple[Any, ...]] = (query.for_update() if lock and db.is_postgres() else query).tuples().iterator()
    return rows


def _starting(found: Plan, moment: datetime, open_keys: Mapping[int, set[str]], result: _Clocks) -> None:
    """The clocks that begin: those of the new state which the case has not and which its old state did not have either."""
    tree = snapshot.current().tree
    choosing = any(one.choose is not None for _state, one in found.flow.clocks().values())
    kept: dict[Any, clock.Moved] = {}
    had = {(version, state): _had(found.entity.key, version, state) for version, state, _goal, _n in found.states()}
    for case, goal in found.cases:
        if case.bond == MEMBER:
            continue  # its lead has the clocks
        without = frozenset(open_keys.get(case.id, ())) | had[case.flow_version, case.state]
        if not any(one.key not in without for one in clock.on_entry(found.flow, goal)):
            continue
        group = (case.holder_id, goal, without, case.id if choosing else None)
        if group not in kept:
            holder = tree.get(case.holder_id)
            assert holder is not None
            record = found.entity.model.get_by_id(case.id) if choosing else SimpleNamespace(**case.__dict__)
            kept[group] = clock.plan(found.flow, goal, holder, moment, record, without)
        if kept[group].plans:
            result.start[case.id] = kept[group]
            result.counts.update((item.clock.key, "start") for item in kept[group].plans)


def _had(entity_key: str, version: int, state: str) -> frozenset[str]:
    old = flow_or_none(entity_key, version)
    return frozenset(one.key for one in clock.on_entry(old, state)) if old is not None else frozenset()


# ---------------------------------------------------------------- moving

def move(key: str, version: int, actor: Actor, mapping: Mapping[str, str] | None = None, only: int | None = None) -> Moved:
    """Move the open cases to ``version``, all in one transaction with a ledger entry each.

    Raises as ``plan`` does, and ``Refused`` with the list when a case would be stranded; nothing is changed then. A case that
    somebody moved since it was read is left as it is and reported.
    """
    found = plan(key, version, mapping, only)
    if found.stranded:
        raise Refused(_("No case was moved."), stranded_text(found),
                      _("Name another state for them (old=new), or publish a version that has their state."), code="stranded",
                      errors={"state": [case.number for case, _reason in found.stranded[:SHOWN]]})
    for turn in range(TRIES):
        try:
            with db.transaction():
                return _move(found, actor)
        except peewee.OperationalError as error:
            if "deadlock" not in str(error) or turn == TRIES - 1:
                raise
            time.sleep(0.1)
    raise AssertionError("the last try returns or raises")


def stranded_text(found: Plan) -> str:
    """The stranded cases in one sentence for each state."""
    return " ".join(_("%(num)s in the state “%(state)s” (version %(version)s): %(why)s.", num=n, version=version,
                      state=label(found, version, state), why=reason_text(reason))
                    for version, state, reason, n in found.reasons())


def label(found: Plan, version: int, state: str) -> str:
    """The label of a state of the version under which cases run."""
    old = flow_or_none(found.entity.key, version)
    return str(next((one.label for one in getattr(old, "states", ()) if one.key == state), state))


def _move(found: Plan, actor: Actor) -> Moved:
    snapshot.hold()
    moment = db.now()
    effects = _clocks(found, moment, lock=True)
    done = _compare_and_set(found, effects, moment)
    cases = [(case, goal) for case, goal in found.cases if case.id in done]
    _write_clocks(found, effects, done, moment)
    _book(found, cases, actor, moment)
    moved = Moved(len(cases), [case.number for case, _goal in found.cases if case.id not in done])
    row = row_of(found.key, found.flow.version)
    note(row, "migrate", actor.account_id)
    audit.event("workflow", actor, {"workflow": found.key, "version": found.flow.version, "cases": moved.done,
                                    "missed": len(moved.missed)})
    return moved


def _compare_and_set(found: Plan, effects: _Clocks, moment: datetime) -> set[int]:
    """Write state, version and due day of every case that is still as it was read; returns the ids of those."""
    table = found.entity.model._meta.table_name
    done: set[int] = set()
    postgres = db.is_postgres()
    source = _POSTGRES if postgres else _SQLITE
    mark = "%s" if postgres else "?"
    sql = (f'UPDATE "{table}" SET state = m.goal, workflow_version = {mark}, version = "{table}".version + 1,'
           f' updated_at = {mark}, due = m.due FROM {source} WHERE "{table}".id = m.id AND "{table}".version = m.version'
           f' AND "{table}".state = m.state AND "{table}".workflow_version = m.before RETURNING "{table}".id')
    for first in range(0, len(found.cases), CHUNK):
        rows = [{"id": case.id, "version": case.version, "state": case.state, "before": case.flow_version, "goal": goal,
                 "due": _due(effects, case.id)} for case, goal in found.cases[first:first + CHUNK]]
        cursor = db.database.execute_sql(sql, [found.flow.version, moment, orjson.dumps(rows).decode()])
        done.update(row[0] for row in cursor.fetchall())
    return done


def _due(effects: _Clocks, record_id: int) -> Any:
    """The first last day of the clocks that run after the move, as ISO text; a clock that is resumed is added later."""
    started = effects.start.get(record_id)
    days = [*effects.dues.get(record_id, ()), *((started.due,) if started is not None and started.due else ())]
    return min((str(day) for day in days), default=None)


def _write_clocks(found: Plan, effects: _Clocks, done: set[int], moment: datetime) -> None:
    stop = [deadline for deadline, record in effects.stop if record in done]
    fired = [deadline for deadline, record in effects.fired if record in done]
    pause = [deadline for deadline, record in effects.pause if record in done]
    for ids in _chunks(stop):
        Deadline.update(state=CANCELLED, ended_at=moment, next_at=None).where(Deadline.id.in_(ids)).execute()
    for ids in _chunks(fired):
        Escalation.update(open=False).where(Escalation.deadline_id.in_(ids)).execute()
    for ids in _chunks(pause):
        Deadline.update(state=PAUSED, paused_at=moment, next_at=None).where(Deadline.id.in_(ids)).execute()
    insert_rows(Deadline, clock.COLUMNS, [row for record, started in effects.start.items() if record in done
                                          for row in clock.rows(started, found.entity.key, record)])
    model = found.entity.model
    for deadline, record in effects.resume:
        if record in done:
            clock._resume(deadline, moment)
            first = Deadline.select(peewee.fn.MIN(Deadline.due)).where(
                (Deadline.entity == found.entity.key) & (Deadline.record_id == record) & (Deadline.state == RUNNING))
            model.update(due=first).where(model.id == record).execute()


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[first:first + CHUNK] for first in range(0, len(ids), CHUNK))


def _book(found: Plan, cases: Sequence[tuple[Moving, str]], actor: Actor, moment: datetime) -> None:
    """Ledger and outbox, one row for each case, and the stock by state."""
    key, tree = found.entity.key, snapshot.current().tree
    facts = {(old, before, after): orjson.dumps({"workflow": found.key, "from_version": old, "to_version": found.flow.version,
                                                 "from_state": before, "to_state": after}, option=orjson.OPT_SORT_KEYS).decode()
             for old, before, after, _n in found.states()}
    insert_rows(ledger.LedgerEntry, _LEDGER, [
        (moment, key, case.id, STEP, case.state, goal, case.version + 1, actor.account_id, case.division_id,
         facts[case.flow_version, case.state, goal], None) for case, goal in cases])
    insert_rows(outbox.OutboxRow, _OUTBOX, [
        (key, case.id, STEP, case.division_id, actor.account_id, moment, {
            "number": case.number, "state": goal, "from_state": case.state, "from_version": case.flow_version,
            "version": found.flow.version}, outbox.PENDING, moment, 0, "") for case, goal in cases])
    groups = Bag((case.division_id, case.bond, case.state, goal, case.counted) for case, goal in cases if case.state != goal)
    rows: list[counters.Row] = []
    for (division_id, bond, before, after, counted), n in groups.items():
        node: Node | None = tree.get(division_id)
        same = {**dict(zip(found.columns, counted, strict=True)), "bond": bond}
        path = node.path if node is not None else ()
        rows += [(*row[:5], row[5] * n) for row in counters.stock(found.entity, {**same, "state": before},
                                                                  {**same, "state": after}, path, path)]
    counters.apply(rows)


_POSTGRES = "json_to_recordset(%s) AS m(id bigint, version integer, state text, before integer, goal text, due date)"
_SQLITE = """(SELECT value->>'id' AS id, value->>'version' AS version, value->>'state' AS state, value->>'before' AS before,
              value->>'goal' AS goal, value->>'due' AS due FROM json_each(?)) AS m"""
_LEDGER = ("at", "entity", "record_id", "step", "from_state", "to_state", "version", "account_id", "division_id", "facts",
           "detail_hash")
_OUTBOX = ("entity", "record_id", "action", "division_id", "account_id", "at", "facts", "state", "due_at", "tries", "error")

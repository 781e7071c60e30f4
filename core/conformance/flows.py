"""Checks of a plugin's workflows with real cases."""
from __future__ import annotations

import contextvars
import hashlib
import os
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from grid321.core import clock, conversions, db, engine
from grid321.core.clock_rows import over_at
from grid321.core.entity import Entity
from grid321.core.errors import Conflict, Forbidden, NotFound, Problem, StaleVersion
from grid321.core.testing_databases import FOLDER

from .walks import Step, Walk, Walker
from .world import World

LOST = (Conflict, StaleVersion)
DENIED = (Forbidden, NotFound)


def walkers(world: World) -> list[tuple[Walker, Walk]]:
    """Search every workflow of the plugin's own entities; what was found once serves all checks of a test run."""
    entities = [entity for entity in world.entities if world.workflow(entity) is not None]
    found: list[tuple[Walker, Walk]] = []
    for entity in entities:
        known: list[Walk] = []
        for way in range(world.ways(entity)):
            walker = Walker(world, entity, way)
            known.append(_walk(world, walker, known))
            found.append((walker, known[-1]))
    return found


def _walk(world: World, walker: Walker, known: list[Walk]) -> Walk:
    note = _note(world, walker)
    if note is not None and note.exists():
        return Walk.from_json(note.read_text(encoding="utf-8"), walker.entity, walker.workflow)
    walk = walker.search(known)
    if note is not None:
        half = note.with_suffix(f".{os.getpid()}")
        half.write_text(walk.to_json(), encoding="utf-8")
        half.replace(note)
    return walk


def _note(world: World, walker: Walker) -> Path | None:
    """Return the file in which the processes of this run leave what a search found; None outside a test run."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return None
    flow = walker.workflow
    parts = [*(state.key for state in flow.states), *(step.key for step in flow.transitions)]  # other plugins add some
    name = f"{world.module.__file__}|{flow.key}|{flow.version}|{walker.home.code}|{walker.way}|{sorted(world.examples)}|{parts}"
    return Path(folder) / f"walk_{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"


def check_reachable(world: World) -> list[str]:
    """Every state is reached and every transition taken by real cases, each step by somebody who may take it."""
    found = []
    together: dict[str, list[Walk]] = {}
    for _walker, walk in walkers(world):
        together.setdefault(walk.workflow.key, []).append(walk)
    for where, walks in together.items():
        states = set.intersection(*(set(walk.missing_states) for walk in walks))
        steps = set.intersection(*(set(walk.missing_steps) for walk in walks))
        said = {key: text for walk in walks for key, text in walk.refusals.items()}
        found += [f"{where}: no case reached the state {key!r}" for key in walks[0].missing_states if key in states]
        found += [f"{where}: the transition {key!r} was never possible; last answer: {said.get(key, 'never tried')}"
                  for key in walks[0].missing_steps if key in steps]
    return found


def check_refused_without_permission(world: World) -> list[str]:
    """Nobody takes a step without its permission, or with it in another county; the case stays as it was."""
    found = []
    for walker, walk in walkers(world):
        for key, path in walk.steps.items():
            step = walk.workflow.transition(key)
            case = walker.replay(path)
            rest = world.permissions() - {step.permission or ""}
            strangers = {
                "without the permission": world.actor(world.place(case.holder_id), rest, case.department_id),
                "with the permission in another county": world.actor(world.tree.other_county),
            }
            for who, actor in strangers.items():
                refused = _is_refused(walker, case, key, actor)
                after = walker.fresh(case)
                if not refused or (after.state, after.version) != (case.state, case.version):
                    found.append(f"{walk.workflow.key}: {key!r} was not refused to somebody {who}")
    return found


def _is_refused(walker: Walker, case: Any, key: str, actor: Any) -> bool:
    conversion = conversions.of_step(walker.entity, key)
    try:
        if conversion is not None:
            conversions.convert(conversion, case.id, {}, actor, case.version, walker.world.tree.city)
        else:
            engine.perform(walker.entity, case.id, key, {}, actor, case.version, walker.world.tree.city)
    except DENIED:
        return True
    except Problem:
        return False
    return False


def check_lost_race(world: World) -> list[str]:
    """Of two people who take the same step of the same version one wins; the other gets a conflict and changes nothing."""
    found = []
    for walker, walk in walkers(world):
        for key, path in walk.steps.items():
            case = walker.replay(path)
            step = _answered(walker, case, key)
            after = None
            for raw in step:
                try:
                    after = walker.take(case, raw)
                    break
                except Problem:
                    continue
            if after is None:
                found.append(f"{walk.workflow.key}: {key!r} could not be taken again on the same path")
                continue
            lost = False
            try:
                walker.take(case, raw, actor=walker.who(walk.workflow.transition(key), case), version=case.version)
            except LOST:
                lost = True
            except Problem as problem:
                found.append(f"{walk.workflow.key}: the loser of {key!r} got {type(problem).__name__}, not a conflict")
                continue
            now = walker.fresh(case)
            if not lost or (now.state, now.version) != (after.state, after.version):
                found.append(f"{walk.workflow.key}: {key!r} of an old version was taken a second time")
        found += _race(walker, walk)
    return found


def _answered(walker: Walker, case: Any, key: str) -> list[Step]:
    from . import examples

    transition = walker.workflow.transition(key)
    given = walker.world.examples.get(f"{walker.workflow.key}.{key}")
    node = walker.world.place(case.holder_id)
    return [Step(key, raw) for raw in examples.answers(transition, node, given)]


def _race(walker: Walker, walk: Walk) -> list[str]:
    """Let two threads take the first step of one case at the same moment."""
    first = next((key for key, path in walk.steps.items() if not path), None)
    if first is None:
        return []
    case = walker.case()
    step = next(iter(_answered(walker, case, first)))
    barrier = threading.Barrier(2)
    results: list[str] = []

    def clerk() -> None:
        with walker.world.app.app_context():
            try:
                barrier.wait(timeout=10)
                walker.take(case, step, version=case.version)
                results.append("won")
            except LOST:
                results.append("lost")
            except Problem as problem:
                results.append(type(problem).__name__)
            finally:
                db.close_thread()

    threads = [threading.Thread(target=contextvars.Context().run, args=(clerk,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [] if sorted(results) == ["lost", "won"] else [f"{walk.workflow.key}: two clerks at once: {sorted(results)}"]


def check_clocks(world: World) -> list[str]:
    """Each clock that the entry into a reached state starts is running, fires once after its end, and never again.

    A clock whose setting has no value here, or whose start event the county has not chosen, does not start.
    """
    found = []
    for walker, walk in walkers(world):
        for state in walk.workflow.states:
            if state.clocks and state.key in walk.states:
                found += _check_state_clocks(walker, walk, state.key)
    return found


def _check_state_clocks(walker: Walker, walk: Walk, key: str) -> list[str]:
    found = []
    case = walker.replay(walk.states[key])
    holder = walker.world.place(case.holder_id)
    plans = clock.plan(walk.workflow, key, holder, db.now(), case).plans
    for planned in sorted(plans, key=lambda one: over_at(one.end.day, one.end_at)):  # a sweep fires the shorter ones too
        if planned.rests:
            continue
        where = f"{walk.workflow.key}: clock {planned.clock.key!r} of state {key!r}"
        rows = _running(walker.entity, case, planned.clock.key)
        if len(rows) != 1:
            found.append(f"{where} is running {len(rows)} times")
            continue
        over = over_at(rows[0].due, rows[0].due_at)
        _fire(over - timedelta(hours=1))
        if _fired(walker.entity, case, planned.clock.key):
            found.append(f"{where} fired before its end")
        _fire(over + timedelta(hours=1))
        once = _fired(walker.entity, case, planned.clock.key)
        _fire(over + timedelta(days=1))
        if once is None:
            found.append(f"{where} did not fire after {rows[0].due}")
        elif _fired(walker.entity, case, planned.clock.key) != once:
            found.append(f"{where} fired twice")
    return found


def _fire(moment: datetime) -> int:
    with db.shift_clock(moment - db.now()):
        return clock.sweep(limit=100_000)


def _running(entity: Entity, case: Any, key: str) -> list[Any]:
    return [row for row in clock.of(entity.key, case.id) if row.clock == key and row.state == clock.RUNNING]


def _fired(entity: Entity, case: Any, key: str) -> Any:
    return next((row.fired_at for row in _running(entity, case, key)), None)

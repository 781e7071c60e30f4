"""Walking a workflow with real cases: which states and steps can be reached, by whom, with which answers."""
from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import peewee

from grid321.core import conversions, db, engine, meeting_decisions, meetings
from grid321.core.actor import SYSTEM, Actor
from grid321.core.entity import Conversion, Entity
from grid321.core.errors import Problem
from grid321.core.meeting_records import ANSWERS
from grid321.core.registry import registry
from grid321.core.tree import Node
from grid321.core.workflow import Transition, Workflow

from . import examples
from .world import World

MOST_SITUATIONS = 2000
MOST_IDLE = 60  # situations without anything new, where cases of another way may reach the rest
MOST_REPEATS = 3  # of one unusual answer to one step at one level
LONGEST_CODE = 40
Situation = tuple[tuple[str, str, Any], ...]
_SAME_FOR_ALL = {"number", "state", "uid", "client_id", "holder_id"}


@dataclass(frozen=True)
class Step:
    """One step of a path: the transition's key and the answers given, as JSON."""

    key: str
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass
class Walk:
    """What a search found: the shortest path to each state, and before each step that was taken."""

    entity: Entity
    workflow: Workflow
    states: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return what was found, for the other processes of a test run."""
        return json.dumps({name: {key: [[step.key, step.raw] for step in path] for key, path in found.items()}
                           for name, found in (("states", self.states), ("steps", self.steps))} | {"refusals": self.refusals})

    @classmethod
    def from_json(cls, text: str, entity: Entity, workflow: Workflow) -> Walk:
        """Return what another process found."""
        found = json.loads(text)

        def paths(name: str) -> dict[str, tuple[Step, ...]]:
            return {key: tuple(Step(*step) for step in path) for key, path in found[name].items()}

        return cls(entity, workflow, paths("states"), paths("steps"), found["refusals"])

    @property
    def missing_states(self) -> list[str]:
        """Keys of declared states that no path reached."""
        return [state.key for state in self.workflow.states if state.key not in self.states]

    @property
    def missing_steps(self) -> list[str]:
        """Keys of declared transitions that were never taken; automatic ones are not a person's to take."""
        return [step.key for step in self.workflow.transitions if not step.automatic and step.key not in self.steps]

    @property
    def found(self) -> set[tuple[str, str]]:
        """States and steps that were found, as (kind, key)."""
        return {*(("state", key) for key in self.states), *(("step", key) for key in self.steps)}

    @property
    def missing(self) -> set[tuple[str, str]]:
        """States and steps that were not found, as (kind, key)."""
        return {*(("state", key) for key in self.missing_states), *(("step", key) for key in self.missing_steps)}


class _Undo(Exception):
    """Takes back what was tried."""


class Walker:
    """Takes cases of one entity along its workflow, each step by somebody who may take it."""

    def __init__(self, world: World, entity: Entity, way: int = 0) -> None:
        workflow = world.workflow(entity)
        assert workflow is not None
        self.world, self.entity, self.workflow, self.way = world, entity, workflow, way
        self.home = world.home(entity, way)
        self._answered: Counter[tuple[str, str, int]] = Counter()
        self._actors: dict[tuple[int, int | None], Actor] = {}
        self.reporter = self.at(self.home)
        for above in self.home.path:  # made beforehand: an account made inside a search is taken back with it
            node = world.place(above)
            self.at(node)
            for department_id in world.departments(node):
                self.at(node, department_id)

    def at(self, node: Node, department_id: int | None = None) -> Actor:
        """Return somebody with every permission of the plugin on ``node``, or within a department of it."""
        key = (node.id, department_id)
        if key not in self._actors:
            self._actors[key] = self.world.actor(node, department_id=department_id)
        return self._actors[key]

    def who(self, step: Transition, case: Any) -> Actor:
        """Return somebody who may take ``step`` of ``case``."""
        if step.by == "reporter":
            return self.reporter
        if step.by == "department" and case.department_id is not None:
            return self.at(self.world.department_place(case.department_id), case.department_id)
        return self.at(self.world.place(case.holder_id))

    def case(self) -> Any:
        """Return a new case, raised by the reporter."""
        return self.world.create(self.entity, self.home, self.reporter, self.way)

    def fresh(self, case: Any) -> Any:
        """Return the case as it is stored now."""
        return self.entity.model.get_by_id(case.id)

    def take(self, case: Any, step: Step, actor: Actor | None = None, version: int | None = None) -> Any:
        """Take one step and return the stored case. Raises the Problem that refuses it.

        An automatic step is taken as the platform does when another case triggers it, with the example's values.
        """
        transition = self.workflow.transition(step.key)
        person = actor or (SYSTEM if transition.automatic else self.who(transition, case))
        node = self.world.place(case.holder_id)
        data = examples.loaded(transition.asks, step.raw, node, person) if transition.asks else dict(step.raw)
        if transition.meeting:
            self._meet(case, transition, node, data)
        conversion = conversions.of_step(self.entity, step.key)
        if conversion is not None:
            self._convert(case, conversion, actor, version)
        else:
            engine.perform(self.entity, case.id, step.key, data, person, version or case.version, self.world.tree.city)
        return self.fresh(case)

    def _convert(self, case: Any, conversion: Conversion, actor: Actor | None, version: int | None) -> None:
        """Turn the case into what the conversion makes of it: somebody of the place where the new record lives does it."""
        target, place = registry().entity(conversion.target), conversions.place_of(conversion, case)
        person = actor or self.at(place)
        seen = version or case.version
        self.world.make(target, place, person, lambda data: conversions.convert(conversion, case.id, data, person, seen,
                                                                                self.world.tree.city))

    def _meet(self, case: Any, step: Transition, holder: Node, data: dict[str, Any]) -> None:
        """Hold the meeting that decides a step, where one of its kinds meets at this level and the case is at the step."""
        kinds = [kind for kind in step.meeting if meetings.LEVEL_OF_KIND.get(kind, holder.level) == holder.level]
        if kinds and case.state in step.sources and case.version == self.fresh(case).version:
            note = next((data[name] for name, column in ANSWERS.items() if column == "note" and data.get(name)), "")
            item = {"entity": self.entity.key, "record_id": case.id, "decision": step.key,
                    "department_id": data.get("department_id"), "note": note}
            with suppress(Problem):  # a step that is not open to the case is not open to the meeting: the engine says why
                meeting_decisions.record(holder, kinds[0], db.local_day(), [item])

    def replay(self, path: tuple[Step, ...]) -> Any:
        """Return a new case that was taken along ``path``."""
        case = self.case()
        for step in path:
            case = self.take(case, step)
        return case

    def search(self, known: Sequence[Walk] = ()) -> Walk:
        """Find a path to every state and before every step; ends when all are found or MOST_SITUATIONS were seen.

        Where an entity has examples of several ways (``world.ways``), what walks of the others found, ``known``, is not looked
        for, and the search ends after MOST_IDLE situations without anything new.

        Always the situation with the rarest feature (state, level, value of one column) is tried next, of several the one
        farthest on its way: a guard that asks for something unusual is met long before all combinations are through.
        """
        walk = Walk(self.entity, self.workflow, {self.workflow.first: ()})
        waiting: list[tuple[Situation, tuple[Step, ...]]] = [((), ())]
        seen: set[Situation] = set()
        tried: Counter[Any] = Counter()

        def rank(item: tuple[Situation, tuple[Step, ...]]) -> tuple[int, int]:
            return min((tried[part] for part in item[0]), default=0), -len(item[1])

        elsewhere = {pair for other in known for pair in other.found}
        idle, before = 0, 0
        while waiting and len(seen) < MOST_SITUATIONS and not elsewhere.issuperset(walk.missing):
            idle, before = (idle + 1 if before == len(walk.states) + len(walk.steps) else 0), len(walk.states) + len(walk.steps)
            if idle > MOST_IDLE and self.world.ways(self.entity) > 1:
                break
            situation, path = min(waiting, key=rank)
            waiting.remove((situation, path))
            tried.update(situation)
            try:
                with db.transaction():
                    for found, state, longer in self._try_all(walk, self.replay(path), path):
                        if found not in seen:
                            seen.add(found)
                            walk.states.setdefault(state, longer)
                            waiting.append((found, longer))
                    raise _Undo
            except _Undo:
                pass
        return walk

    def _try_all(self, walk: Walk, case: Any, path: tuple[Step, ...]) -> list[tuple[Situation, str, tuple[Step, ...]]]:
        """Try each step with each set of answers, take it back, and return the situations it led to."""
        found = []
        node = self.world.place(case.holder_id)
        for transition in self.workflow.from_state(case.state):
            given = self.world.examples.get(f"{self.workflow.key}.{transition.key}")
            if transition.automatic and given is None:
                continue
            for number, raw in enumerate(examples.answers(transition, node, given)):
                step = Step(transition.key, raw)
                self._answered[step.key, node.level, number] += 1
                if number and self._answered[step.key, node.level, number] > MOST_REPEATS:
                    continue
                try:
                    with db.transaction():
                        after = self.take(case, step)
                        found.append((self._situation(after), after.state, (*path, step)))
                        raise _Undo
                except _Undo:
                    if not transition.automatic:
                        walk.steps.setdefault(transition.key, path)
                except Exception as problem:  # noqa: BLE001 - a guard may raise anything; the report names it
                    told = [problem, getattr(problem, "detail", ""), getattr(problem, "errors", "")]
                    walk.refusals[transition.key] = " ".join([type(problem).__name__, *(str(part) for part in told if part)])
        return found

    def _situation(self, case: Any) -> Situation:
        """Return what guards may look at, as features of state and level: department or not, flags, short codes."""
        where = f"{case.state}@{self.world.place(case.holder_id).level}"
        values: list[tuple[str, Any]] = [("department", case.department_id is not None)]
        for name, column in sorted(self.entity.model._meta.fields.items()):
            short = isinstance(column, peewee.CharField) and column.max_length <= LONGEST_CODE and name not in _SAME_FOR_ALL
            if short or isinstance(column, peewee.BooleanField):
                values.append((name, getattr(case, name)))
        return tuple((where, name, value) for name, value in values)

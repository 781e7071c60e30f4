"""Workflows as data: states, transitions, clocks, and how a case moves between the levels of the tree.

A workflow is checked when the platform starts; a mistake names plugin, workflow and key. This module imports nothing else
from the core but the declarations of clocks.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .clock_rules import Clock, Extension, Length, days, hours, mistakes, months, parse_length, working_days

__all__ = ["ACTORS", "FLOWS", "Clock", "Extension", "Label", "Length", "Move", "State", "Transition", "Workflow",
           "WorkflowExtension", "check_workflow", "days", "down", "from_department", "hours", "months", "parse_length", "stay",
           "to_department", "up", "working_days"]
Label = Any
FLOWS = ("solved", "closed", "withdrawn", "joined")
IN_GROUP = ("", "own", "leaves")
ACTORS = ("holder", "department", "reporter", "scope")


@dataclass(frozen=True)
class State:
    """A state of a case. ``tone`` colours its tag (info, ok, warn, bad, muted); ``final`` ends the case.

    ``desk`` says who has to act: ``holder``, ``department`` or ``reporter`` — it fills the start page — or ``none`` while it is
    other cases that have to move (the units that handle its parts).
    """

    key: str
    label: Label
    final: bool = False
    clocks: tuple[Clock, ...] = ()
    tone: str = "info"
    desk: str = "holder"


@dataclass(frozen=True)
class Move:
    """Where a case goes with a transition: ``stay``, ``up``, ``down``, ``to_department``, ``from_department``."""

    kind: str
    steps: int = 0


def stay() -> Move:
    """The case stays where it is."""
    return Move("stay")


def up(steps: int = 1) -> Move:
    """The case goes ``steps`` levels up the tree; hook ``route`` may name another receiver."""
    return Move("up", steps)


def down() -> Move:
    """The case goes back to the holder below from which it came up."""
    return Move("down")


def to_department() -> Move:
    """The case is handed to the department named by the answer ``department`` of the transition's form."""
    return Move("to_department")


def from_department() -> Move:
    """The department gives the case back to the division that handed it over."""
    return Move("from_department")


@dataclass(frozen=True)
class Transition:
    """A step. No ``permission`` and not ``automatic`` means nobody may.

    ``by`` says who: ``holder`` (a grant on the very division that holds the case), ``department`` (a grant within the
    department that has it), ``reporter`` (who raised it), ``scope`` (any grant that covers the case). ``asks`` are
    schemas whose fields the person fills in; ``guard(case, data, actor) -> Refusal | None``; ``flow`` books the end of a
    case in the month's balance (solved; closed: written off without being solved; withdrawn), or is a function
    ``flow(case, data) -> str`` where that depends on the answers; ``sets(case, data, actor) -> dict`` gives columns to
    write; ``bulk`` allows it on many cases at once. ``meeting`` names kinds of meetings: the step is taken only with the
    held record of one of them that decided exactly this.
    ``in_group`` says what the step is to the members of a group, who otherwise follow their lead: ``own``, each takes it
    for itself (a rating), or ``leaves``, who takes it goes on alone (an objection); taken by the lead it moves no member.
    ``after(case, data, actor) -> None`` is called when the step is written, inside its transaction: it takes the steps of
    *other* cases that follow from this one (all units have replied, so the suggestion is answered) or makes their records.
    ``prefill`` lets the step's form begin with what the case has in the columns of those names (a plan that is changed).
    ``plugin`` is set by the platform on a step of a
    ``WorkflowExtension``: it is there only where that plugin is on.
    """

    key: str
    source: str | tuple[str, ...]
    target: str
    label: Label
    permission: str | None = None
    by: str = "holder"
    asks: tuple[type[Any], ...] = ()
    moves: Move = field(default_factory=stay)
    guard: Callable[..., Any] | None = None
    sets: Callable[..., dict[str, Any]] | None = None
    automatic: bool = False
    flow: str | Callable[..., str] | None = None
    bulk: bool = False
    tone: str = ""
    notify: tuple[str, ...] = ("holder",)
    meeting: tuple[str, ...] = ()
    in_group: str = ""
    plugin: str = ""
    after: Callable[..., None] | None = None
    prefill: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """The states it starts from."""
        return (self.source,) if isinstance(self.source, str) else tuple(self.source)


@dataclass(frozen=True)
class Workflow:
    """The life of an entity's cases. ``initial`` is the first state of ``states`` unless named.

    ``numbers`` is the prefix of case numbers; ``levels`` are the levels of divisions that keep a bank of cases, none for work
    that is no need of its own (a unit's part, an inspection): it lies where it was made and is in no bank. ``lacks`` is
    set by the platform on an old version that was rebuilt: the functions that are gone, without which it cannot run.
    """

    key: str
    entity: str
    version: int
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    initial: str = ""
    numbers: str = ""
    levels: tuple[str, ...] = ("village", "town", "county")
    label: Label = ""
    lacks: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """Key of the state in which a case begins."""
        return self.initial or self.states[0].key

    def state(self, key: str) -> State:
        """The state ``key``; ``KeyError`` when there is none."""
        return self._index[0][key]

    def transition(self, key: str) -> Transition:
        """The transition ``key``; ``KeyError`` when there is none."""
        return self._index[1][key]

    def from_state(self, key: str) -> tuple[Transition, ...]:
        """The transitions that leave state ``key``, in declared order."""
        return self._index[2].get(key, ())

    @property
    def _index(self) -> tuple[dict[str, State], dict[str, Transition], dict[str, tuple[Transition, ...]]]:
        found = self.__dict__.get("_cached")
        if found is None:
            leaving: dict[str, tuple[Transition, ...]] = {}
            for step in self.transitions:
                for source in step.sources:
                    leaving[source] = (*leaving.get(source, ()), step)
            found = ({s.key: s for s in self.states}, {t.key: t for t in self.transitions}, leaving)
            object.__setattr__(self, "_cached", found)
        return found

    def clocks(self) -> dict[str, tuple[State, Clock]]:
        """Every clock by key with the state that starts it."""
        return {clock.key: (state, clock) for state in self.states for clock in state.clocks}


@dataclass(frozen=True)
class WorkflowExtension:
    """What a region plugin adds to a workflow: states, transitions, guards by transition key, clocks by state key.

    Its steps, guards and clocks have an effect where the plugin is on at the division that holds the case.
    """

    workflow: str
    states: tuple[State, ...] = ()
    transitions: tuple[Transition, ...] = ()
    guards: tuple[tuple[str, Callable[..., Any]], ...] = ()
    clocks: tuple[tuple[str, Clock], ...] = ()


def check_workflow(workflow: Workflow) -> list[str]:
    """Every mistake of ``workflow`` as a sentence; an empty list when it can run."""
    found = _check_names(workflow)
    if not workflow.states:
        return found
    return [*found, *_check_steps(workflow), *_check_clocks(workflow), *_check_paths(workflow)]


def _check_names(workflow: Workflow) -> list[str]:
    found = []
    if not isinstance(workflow.version, int) or workflow.version < 1:
        found.append(f"version {workflow.version!r}: a whole number from 1")
    for what, keys in (("state", [s.key for s in workflow.states]), ("transition", [t.key for t in workflow.transitions]),
                       ("clock", [c.key for s in workflow.states for c in s.clocks])):
        found += [f"{what} {key!r} is declared twice" for key in sorted({k for k in keys if keys.count(k) > 1})]
    if not workflow.states:
        return [*found, "it has no states"]
    if workflow.first not in {s.key for s in workflow.states}:
        found.append(f"initial state {workflow.first!r} is not declared")
    return found


def _check_steps(workflow: Workflow) -> list[str]:
    found = []
    known = {s.key: s for s in workflow.states}
    for step in workflow.transitions:
        for key in (*step.sources, step.target):
            if key not in known:
                found.append(f"transition {step.key!r} names the unknown state {key!r}")
        for key in step.sources:
            if key in known and known[key].final:
                found.append(f"transition {step.key!r} leaves the final state {key!r}")
        if step.in_group not in IN_GROUP:
            found.append(f"transition {step.key!r}: in_group={step.in_group!r} is not one of {', '.join(filter(None, IN_GROUP))}")
        if step.by not in ACTORS:
            found.append(f"transition {step.key!r}: by={step.by!r} is not one of {', '.join(ACTORS)}")
        final = step.target in known and known[step.target].final
        if isinstance(step.flow, str) and step.flow not in FLOWS:
            found.append(f"transition {step.key!r}: flow={step.flow!r} is not one of {', '.join(FLOWS)}")
        if final != (step.flow is not None):
            found.append(f"transition {step.key!r} ends a case: say how the balance books it, flow={'|'.join(FLOWS)}"
                         if final else f"transition {step.key!r} does not end a case: leave out flow")
        if step.permission is None and not step.automatic:
            found.append(f"transition {step.key!r} has no permission and is not automatic: nobody could take it")
    return found


def _check_clocks(workflow: Workflow) -> list[str]:
    states, steps = {s.key: s for s in workflow.states}, {t.key: t for t in workflow.transitions}
    return [text for state in workflow.states for clock in state.clocks
            for text in mistakes(clock, state.key, states, steps, ACTORS)]


def _check_paths(workflow: Workflow) -> list[str]:
    found = []
    forward: dict[str, set[str]] = {s.key: set() for s in workflow.states}
    back: dict[str, set[str]] = {s.key: set() for s in workflow.states}
    for step in workflow.transitions:
        for source in step.sources:
            if source in forward and step.target in forward:
                forward[source].add(step.target)
                back[step.target].add(source)
    reached = _closure({workflow.first}, forward)
    found += [f"state {s.key!r} cannot be reached from {workflow.first!r}" for s in workflow.states
              if s.key not in reached]
    finals = {s.key for s in workflow.states if s.final}
    if not finals:
        return [*found, "no state is final: a case would never end"]
    ending = _closure(finals, back)
    found += [f"state {s.key!r} is a dead end: no final state can be reached from it" for s in workflow.states
              if s.key not in ending]
    return found


def _closure(start: set[str], edges: dict[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        for target in edges.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen

"""Joins what region plugins add (``WorkflowExtension``) to a workflow: states, steps, guards, clocks."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from .errors import DeclarationError
from .workflow import Workflow, WorkflowExtension, check_workflow

Extensions = Iterable[tuple[str, WorkflowExtension]]
IsOn = Callable[[str, Any], bool]


def extended(flow: Workflow, owner: str, extension: WorkflowExtension, is_on: IsOn) -> Workflow:
    """``flow`` with what plugin ``owner`` adds; ``is_on(plugin, case)`` says where its guards hold.

    Raises ``DeclarationError`` when it names states or steps that the workflow lacks, or makes it unsound.
    """
    states = {s.key: s for s in (*flow.states, *extension.states)}
    for key, clock in extension.clocks:
        if key not in states:
            raise DeclarationError(owner, f"extension of {extension.workflow!r}: there is no state {key!r}")
        states[key] = replace(states[key], clocks=(*states[key].clocks, replace(clock, plugin=owner)))
    steps = {t.key: t for t in (*flow.transitions, *(replace(step, plugin=owner) for step in extension.transitions))}
    for key, guard in extension.guards:
        if key not in steps:
            raise DeclarationError(owner, f"extension of {extension.workflow!r}: there is no transition {key!r}")
        steps[key] = replace(steps[key], guard=_both(steps[key].guard, guard, owner, is_on))
    wider = replace(flow, states=tuple(states.values()), transitions=tuple(steps.values()))
    mistakes = check_workflow(wider)
    if mistakes:
        raise DeclarationError(owner, f"extension of {extension.workflow!r}: " + "; ".join(mistakes))
    return wider


def as_far_as_they_fit(flow: Workflow, extensions: Extensions, is_on: IsOn) -> tuple[Workflow, list[str]]:
    """An old version with those extensions that fit it, and the plugins whose extension does not.

    An extension is written for the newest version; one that names a state which an old version lacks is left out of that one
    as a whole, so that no half of a rule holds there.
    """
    left_out = []
    for owner, extension in extensions:
        if extension.workflow == flow.key:
            try:
                flow = extended(flow, owner, extension, is_on)
            except DeclarationError:
                left_out.append(owner)
    return flow, left_out


def _both(first: Any, second: Any, plugin: str, is_on: IsOn) -> Any:
    """The workflow's own guard, then that of ``plugin`` where it is on."""
    def guard(case: Any, data: Any, actor: Any) -> Any:
        refusal = first(case, data, actor) if first is not None else None
        return refusal or (second(case, data, actor) if is_on(plugin, case) else None)

    return guard

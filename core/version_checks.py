"""What is wrong with a version of a workflow, and what it would mean for the cases that run under others."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import db
from .clock import RUNNING
from .entity import Entity
from .errors import DeclarationError
from .i18n import gettext as _
from .i18n import ngettext
from .registry import registry
from .registry_checks import check_clocks
from .versions import WorkflowVersion, left_out, workflow_of
from .workflow import Workflow, check_workflow


@dataclass(frozen=True)
class Finding:
    """One sentence about a version. ``stops`` says that it cannot be published; otherwise it is worth knowing before."""

    text: str
    stops: bool = False

    def __str__(self) -> str:
        return self.text


def check(row: WorkflowVersion) -> list[Finding]:
    """Everything that speaks against a version: first what stops it, then what running cases would lose by it."""
    flow = workflow_of(row)
    found = [Finding(text, True) for text in check_workflow(flow)]
    if flow.lacks:
        found.append(Finding(lacking(flow), True))
    try:
        check_clocks(row.key.partition(".")[0], flow, registry().settings)
    except DeclarationError as error:
        found.append(Finding(str(error), True))
    found += [Finding(_("What the plugin %(plugin)s adds to this workflow does not fit this version and is left out.",
                        plugin=key)) for key in left_out(row)]
    entity = registry().entities.get(row.entity)
    return [*found, *_permissions(flow), *(_against_cases(entity, row, flow) if entity is not None else ())]


def lacking(flow: Workflow) -> str:
    """Say which functions a version lacks."""
    return _("Version %(version)s cannot run: these functions are gone: %(names)s", version=flow.version,
             names=", ".join(flow.lacks))


def _permissions(flow: Workflow) -> Iterator[Finding]:
    held = {permission for role in registry().roles.values() for permission in role.permissions}
    for step in flow.transitions:
        if step.permission is not None and step.permission not in held:
            yield Finding(_("No role has the permission %(permission)s of the step “%(step)s”: nobody could take it.",
                            permission=step.permission, step=step.label))


def running(entity: Entity) -> list[tuple[int, str, int]]:
    """(version, state, how many) of the open cases of an entity."""
    rows = db.database.execute_sql(f'SELECT workflow_version, state, count(*) FROM "{entity.model._meta.table_name}"'
                                   " WHERE closed_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2").fetchall()
    return [(row[0], row[1], row[2]) for row in rows]


def running_clocks(entity: Entity) -> list[tuple[int, str, int]]:
    """(version, key of the clock, how many) of the running clocks of open cases."""
    mark = "%s" if db.is_postgres() else "?"
    rows = db.database.execute_sql(
        f'SELECT c.workflow_version, d.clock, count(*) FROM core_deadline d JOIN "{entity.model._meta.table_name}" c'
        f" ON c.id = d.record_id WHERE d.entity = {mark} AND d.state = {mark} GROUP BY 1, 2 ORDER BY 1, 2",
        (entity.key, RUNNING)).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]


def flow_or_none(entity_key: str, version: int) -> Workflow | None:
    """The version under which cases run, None where nothing of it is known."""
    try:
        return registry().workflow_of(entity_key, version)
    except KeyError:
        return None


def _against_cases(entity: Entity, row: WorkflowVersion, flow: Workflow) -> Iterator[Finding]:
    """What the cases under other versions would lose if they were moved to this one. They stay on theirs until then."""
    states = {state.key: state for state in flow.states}
    for version, key, n in running(entity):
        old = flow_or_none(entity.key, version)
        if version == row.version:
            continue
        if old is None or old.lacks:
            yield Finding(ngettext("%(num)s case under version %(version)s cannot move any more: %(why)s",
                                   "%(num)s cases under version %(version)s cannot move any more: %(why)s", n, version=version,
                                   why=lacking(old) if old is not None else _("Nothing is stored of that version.")))
        label = _label(old, key)
        if key not in states:
            yield Finding(ngettext("%(num)s case under version %(version)s is in the state “%(state)s”, which version %(new)s "
                                   "lacks: name a state for it when you move it.",
                                   "%(num)s cases under version %(version)s are in the state “%(state)s”, which version %(new)s "
                                   "lacks: name a state for them when you move them.", n, version=version, state=label,
                                   new=row.version))
        elif states[key].final:
            yield Finding(ngettext("%(num)s open case is in the state “%(state)s”, which ends a case in version %(new)s.",
                                   "%(num)s open cases are in the state “%(state)s”, which ends a case in version %(new)s.", n,
                                   state=label, new=row.version))
        elif old is not None:
            yield from _lost_steps(old, flow, key, n)
    yield from _lost_clocks(entity, row, flow)


def _lost_steps(old: Workflow, flow: Workflow, state: str, n: int) -> Iterator[Finding]:
    kept = {step.key for step in flow.from_state(state)}
    for step in old.from_state(state):
        if step.key not in kept:
            yield Finding(ngettext("%(num)s case in the state “%(state)s” could take the step “%(step)s”, which version %(new)s "
                                   "does not offer there.",
                                   "%(num)s cases in the state “%(state)s” could take the step “%(step)s”, which version %(new)s "
                                   "does not offer there.", n, state=_label(old, state), step=step.label, new=flow.version))


def _lost_clocks(entity: Entity, row: WorkflowVersion, flow: Workflow) -> Iterator[Finding]:
    known = flow.clocks()
    for version, key, n in running_clocks(entity):
        old = flow_or_none(entity.key, version)
        before = old.clocks().get(key) if old is not None else None
        if version == row.version or before is None:
            continue
        label = before[1].label
        if key not in known:
            yield Finding(ngettext("%(num)s running clock “%(clock)s” would end without consequence: version %(new)s has none.",
                                   "%(num)s running clocks “%(clock)s” would end without consequence: version %(new)s has none.",
                                   n, clock=label, new=row.version))
        elif known[key][1].overdue != before[1].overdue:
            yield Finding(ngettext("%(num)s running clock “%(clock)s” would have another consequence when overdue.",
                                   "%(num)s running clocks “%(clock)s” would have another consequence when overdue.", n,
                                   clock=label))


def _label(flow: Workflow | None, state: str) -> Any:
    return next((s.label for s in flow.states if s.key == state), state) if flow is not None else state

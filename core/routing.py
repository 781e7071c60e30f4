"""Where a case goes: up the tree, back down to where it came from, to a department and back."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import snapshot
from .entity import Entity
from .errors import Refused
from .i18n import gettext as _
from .ledger import LedgerEntry
from .people import Department
from .registry import platform
from .tree import Node
from .workflow import Transition, Workflow


@dataclass(frozen=True)
class Place:
    """Who has the case after a step: the division that holds it, the department that handles it, a remark for the ledger."""

    holder: Node
    department_id: int | None
    note: str = ""


def bank(workflow: Workflow, node: Node) -> Node | None:
    """The division that holds a case raised at ``node``: the nearest one, itself or above, whose level keeps a bank.

    A workflow without levels keeps no bank: the case lies at ``node``.
    """
    if not workflow.levels:
        return node
    tree = snapshot.current().tree
    return next((found for level in workflow.levels if (found := tree.at_level(node, level)) is not None), None)


def destination(entity: Entity, workflow: Workflow, step: Transition, record: Any, data: Mapping[str, Any]) -> Place:
    """Where ``step`` takes the case. Raises ``Refused`` when there is no such place."""
    tree = snapshot.current().tree
    holder = tree.get(record.holder_id)
    assert holder is not None
    kind = step.moves.kind
    if kind == "up":
        return _above(entity, workflow, step, record, holder)
    if kind == "down":
        below = _came_from(entity, record, holder)
        if below is None:
            raise Refused(_("The matter cannot go back down."), _("It did not come up from a level below."),
                          _("Handle it here, or send it up."), code="no_level_below")
        return Place(below, None)
    if kind == "to_department":
        return Place(holder, _department(data.get("department_id"), holder))
    return Place(holder, record.department_id)


def _above(entity: Entity, workflow: Workflow, step: Transition, record: Any, holder: Node) -> Place:
    now = snapshot.current()
    chosen, note = None, ""
    hooks = platform().hooks
    if hooks.has("route"):
        for plugin, answer, error in hooks.each("route", holder, workflow=workflow, transition=step, record=record):
            found = now.tree.get(answer) if isinstance(answer, int) else None
            if error is not None or (answer is not None and (found is None or not found.valid)):
                note = f"route:{plugin}"  # the core's default decides, and the entry says so
            elif found is not None:
                chosen = found
                break
    if chosen is None:
        chosen = holder
        for _step in range(step.moves.steps):
            parent = now.tree.parent(chosen)
            if parent is None or parent.level not in workflow.levels:
                raise Refused(_("The matter cannot be sent up."),
                              _("There is no level above %(place)s that takes such matters.", place=holder.name),
                              _("Handle it here or hand it to a department."), code="no_level_above")
            chosen = parent
    if not now.switches.is_on(entity.plugin, chosen):
        raise Refused(_("The matter cannot be sent up."),
                      _("At %(place)s the plugin %(plugin)s is switched off.", place=chosen.name, plugin=entity.plugin),
                      _("Ask the administrator to switch it on there, or handle the matter here."), code="off_above")
    return Place(chosen, None, note)


def _came_from(entity: Entity, record: Any, holder: Node) -> Node | None:
    query = (LedgerEntry.select(LedgerEntry.facts)
             .where((LedgerEntry.entity == entity.key) & (LedgerEntry.record_id == record.id))
             .order_by(LedgerEntry.id.desc()).tuples())
    tree = snapshot.current().tree
    for (facts,) in query:
        below = tree.get((facts or {}).get("from_holder"))
        if below is not None and below.depth > holder.depth and tree.covers(holder, below):
            return below if below.valid else None
    return None


def _department(department_id: Any, holder: Node) -> int:
    row = (Department.select(Department.id, Department.closed_on)
           .where((Department.id == department_id) & (Department.division_id == holder.id)).tuples().first()
           if isinstance(department_id, int) else None)
    if row is None or row[1] is not None:
        raise Refused(_("The matter cannot be handed to this department."),
                      _("It does not belong to %(place)s, or it is closed.", place=holder.name),
                      _("Choose a department from the list."), code="no_department",
                      )
    return int(row[0])

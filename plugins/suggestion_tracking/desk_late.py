"""Where it is stuck: the cases that are overdue longest, and the units with what lies with them."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grid321.core.api import Actor, Node, desks, format_number, is_on, local_day, ngettext, people, registry, statistics

from .desk_clerk import PLUGIN

TASK = f"{PLUGIN}.task"
BY_UNIT = "department_id,state"
LONGEST = 12


def late_cases(node: Node, actor: Actor, measures: Sequence[Any]) -> list[dict[str, Any]]:
    """The cases at and below ``node`` that are overdue longest, of every kind that is counted as overdue; the oldest first.

    One query for each kind, which reads the first entries of the index (level, due).
    """
    if not is_on(PLUGIN, node.id):
        return []
    day, rows = local_day(), []
    for measure in measures:
        entity = registry().entity(measure.entity)
        for row in desks.longest_overdue(entity, node, actor, day, LONGEST, measure.without):
            days = (day - row["order"][0]).days
            rows.append({**row, "entity": entity.key, "label": str(entity.label), "id": row["order"][1], "days": days,
                         "days_text": ngettext("%(num)s day", "%(num)s days", days)})
    rows.sort(key=lambda row: row["order"])
    return rows[:LONGEST]


def late_units(node: Node, actor: Actor) -> list[dict[str, Any]]:
    """What lies with each unit: its open tasks by state, in the order of the units' list; those with nothing are left out."""
    entity = registry().entities.get(TASK)
    if entity is None or not is_on(PLUGIN, node.id) or not actor.may(entity.permission("view"), node):
        return []
    workflow = registry().every_version_of(TASK)
    assert workflow is not None
    labels = {state.key: str(state.label) for state in workflow.states if not state.final}
    lying: dict[int, dict[str, int]] = {}
    for value, n in statistics.stock(entity, node, [BY_UNIT])[BY_UNIT].items():
        unit, _sep, state = value.partition("|")
        if unit and state in labels and n:
            lying.setdefault(int(unit), {})[state] = n
    units = people.Department.select(people.Department.id, people.Department.name).where(
        people.Department.id.in_(sorted(lying) or [0])).order_by(people.Department.id)
    most = max((sum(states.values()) for states in lying.values()), default=0)
    chosen = "".join(f"&state={key}" for key in labels)
    return [{"name": name, "n": n, "text": format_number(n), "share": 100 * n / most,
             "parts": [{"label": labels[key], "n": lying[unit][key]} for key in labels if key in lying[unit]],
             "url": f"/d/{node.code}/suggestion_tracking/task/?department={unit}{chosen}"}
            for unit, name in units.tuples() for n in (sum(lying[unit].values()),)]

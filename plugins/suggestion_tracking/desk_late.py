"""Where it is stuck: the cases that are overdue longest, and the units with what lies with them."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from grid321.core.api import Actor, Node, desks, format_number, is_on, local_day, ngettext, people, registry, statistics, tree

from .desk_clerk import PLUGIN

SOURCES = ((f"{PLUGIN}.matter", "unit_id", "unit"), (f"{PLUGIN}.task", "department_id", "department"))
"""(entity, counted column of its unit, filter of its list)."""
LONGEST = 12


def late_cases(node: Node, actor: Actor, measures: Sequence[Any],
               day: date | None = None) -> list[dict[str, Any]]:
    """The cases at and below ``node`` that are overdue longest, of every kind that is counted as overdue; the oldest first.

    One query for each kind, which reads the first entries of the index (level, due).
    """
    if not is_on(PLUGIN, node.id):
        return []
    day, rows = day or local_day(), []
    for measure in measures:
        entity = registry().entity(measure.entity)
        for row in desks.longest_overdue(entity, node, actor, day, LONGEST, measure.without):
            days = (day - row["order"][0]).days
            rows.append({**row, "entity": entity.key, "label": str(entity.label), "id": row["order"][1], "days": days,
                         "days_text": ngettext("%(num)s day", "%(num)s days", days)})
    rows.sort(key=lambda row: row["order"])
    return rows[:LONGEST]


def late_units(node: Node, actor: Actor) -> dict[str, Any]:
    """What lies with each unit: ``kinds`` (matters, tasks) and ``rows`` in the order of the units' list.

    A row has a cell for each kind and its states in words; units with nothing are left out. From maintained counts only.
    """
    now_on = is_on(PLUGIN, node.id)
    sources = [(entity, unit, name) for key, unit, name in SOURCES
               if now_on and (entity := registry().entities.get(key)) is not None and actor.may(entity.permission("view"), node)]
    lying: dict[int, dict[tuple[str, str], int]] = {}
    labels: dict[tuple[str, str], str] = {}
    for entity, unit, _name in sources:
        workflow = registry().every_version_of(entity.key)
        assert workflow is not None
        labels |= {(entity.key, state.key): str(state.label) for state in workflow.states if state.desk == "department"}
        column = f"{unit},state"
        for value, n in statistics.stock(entity, node, [column])[column].items():
            department, _sep, state = value.partition("|")
            if department and n and (entity.key, state) in labels:
                lying.setdefault(int(department), {})[(entity.key, state)] = n
    here, model = tree(), people.Department
    units = model.select(model.id, model.name, model.division_id).where(model.id.in_(sorted(lying) or [0])).order_by(model.id)
    most = max((sum(states.values()) for states in lying.values()), default=1)
    rows = []
    for department, title, division_id in units.tuples():
        mine, place = lying[department], here.get(division_id)
        if place is not None and place.id != node.id:  # offices of towns have the same names everywhere
            title = f"{place.name} {title}"
        cells = []
        for entity, _unit, name in sources:
            n = sum(count for (key, _state), count in mine.items() if key == entity.key)
            states = "".join(f"&state={state}" for key, state in labels if key == entity.key)
            url = f"/d/{node.code}/{entity.plugin}/{entity.name}/?{name}={department}{states}" if n else ""
            cells.append({"n": n, "text": format_number(n), "url": url})
        rows.append({"name": title, "n": sum(mine.values()), "share": 100 * sum(mine.values()) / most, "cells": cells,
                     "parts": [{"label": labels[key], "n": mine[key]} for key in labels if key in mine]})
    return {"kinds": [str(entity.label) for entity, _unit, _name in sources], "rows": rows}

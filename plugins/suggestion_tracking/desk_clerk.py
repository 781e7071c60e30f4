"""The clerk's desk: what is due, overdue, to accept, to answer and to decide, each case once, where it is most urgent.

It shows what waits for the actor as holder or as a unit's clerk; how that is found stands in the core (``desks``).
"""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, render_template

from grid321.core.api import Actor, Case, Entity, Node, current_actor, desks, local_day, registry
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

PLUGIN = "suggestion_tracking"
KINDS = ("holder", "department")
SHOWN, MORE = 8, 20
SECTIONS = (
    ("overdue", _l("Overdue"), "exclamation-triangle", "bad"),
    ("due", _l("Due in the next three days"), "clock", "warn"),
    ("accept", _l("To accept"), "inbox", ""),
    ("answer", _l("To answer"), "pencil", ""),
    ("decide", _l("To decide"), "check2-square", ""),
    ("later", _l("Kept under observation"), "hourglass-split", ""),
)
#: What a state asks of whoever has the case; what is not named is to be handled and answered.
ASKED = {
    "accept": frozenset({"reported", "raised", "given", "handed", "received", "received_county"}),
    "decide": frozenset({"studied", "checked", "returned", "rated", "objected", "evaluating", "evaluated", "reported_back"}),
    "later": frozenset({"kept", "followed", "asked_city", "scheduled", "open"}),
}


def case_entities(node: Node, actor: Actor) -> list[Entity]:
    """The plugin's entities with a workflow that ``actor`` may see at or below ``node``."""
    known = registry()
    return [entity for entity in known.entities.values()
            if entity.plugin == PLUGIN and issubclass(entity.model, Case) and known.workflow_of(entity.key) is not None
            and actor.may_within(entity.permission("view"), node)]


def section_of(row: dict[str, Any]) -> str:
    """The section in which a row stands: by its date where it is urgent, else by what its state asks."""
    return str(row["section"]) if row["section"] in {"overdue", "due"} else asked_of(row)


def asked_of(row: dict[str, Any]) -> str:
    """What the state of a row asks of whoever has the case."""
    return next((name for name, states in ASKED.items() if row["state_key"] in states), "answer")


def read(node: Node, actor: Actor) -> dict[str, dict[str, Any]]:
    """The sections of the desk by key: ``rows`` (most urgent first), ``count`` and ``more`` (there are more than counted).

    One query for each entity and kind of desk; a second one only where more waits than is shown.
    """
    day = local_day()
    found: dict[str, dict[str, Any]] = {key: {"rows": [], "count": 0, "more": False} for key, *_rest in SECTIONS}
    for entity in case_entities(node, actor):
        for kind in KINDS:
            rows = desks.waiting(entity, kind, node, actor, day)
            for row in rows:
                section = found[section_of(row)]
                step = row["step"] if asked_of(row) in {"accept", "answer"} else None  # a choice is made on the page
                section["rows"].append({**row, "entity": entity.key, "label": str(entity.label), "step": step})
                section["count"] += 1
            if len(rows) == desks.PER_DESK:
                _count_rest(found, rows, desks.number_waiting(entity, kind, node, actor))
    for section in found.values():
        section["rows"].sort(key=lambda row: row["order"])
    return found


def _count_rest(found: dict[str, dict[str, Any]], rows: list[dict[str, Any]], counted: dict[str, int]) -> None:
    """Add what was counted but not read to the sections of its states; what is urgent there is at least what was read."""
    read_of: dict[str, int] = {}
    for row in rows:
        read_of[row["state_key"]] = read_of.get(row["state_key"], 0) + 1
    urgent = {section_of(row) for row in rows} & {"overdue", "due"}
    for state, n in counted.items():
        rest = n - read_of.get(state, 0)
        if rest > 0:
            found[section_of({"section": "", "state_key": state})]["count"] += rest
    for key in urgent:
        found[key]["more"] = all(section_of(row) in {"overdue", "due"} for row in rows)


def overdue_url(node: Node, entity: Entity) -> str:
    """The list of an entity's overdue cases at ``node``, oldest first."""
    return f"{open_url(node, entity)}&due_to={(local_day() - timedelta(days=1)).isoformat()}&sort=due"


def open_url(node: Node, entity: Entity) -> str:
    """The list of an entity's open cases at ``node``. Written by hand: keys need no quoting, and a page has hundreds of these."""
    workflow = registry().every_version_of(entity.key)
    states = "&".join([f"state={state.key}" for state in workflow.states if not state.final]) if workflow is not None else ""
    return f"/d/{node.code}/{entity.plugin}/{entity.name}/?{states}"


def context(node: Node, actor: Actor) -> dict[str, Any]:
    """What the page shows."""
    found = read(node, actor)
    sections = [{"key": key, "title": str(title), "icon": icon, "tone": tone, "count": found[key]["count"],
                 "count_text": f"{found[key]['count']}+" if found[key]["more"] else str(found[key]["count"]),
                 "rows": found[key]["rows"][:SHOWN], "rest": found[key]["rows"][SHOWN:SHOWN + MORE]}
                for key, title, icon, tone in SECTIONS]
    lists = [{"label": str(entity.label), "url": f"/d/{node.code}/{entity.plugin}/{entity.name}/", "icon": entity.icon,
              "overdue_url": overdue_url(node, entity)} for entity in case_entities(node, actor)]
    return {"title": _("Clerk's desk"), "node": node, "sections": sections, "lists": lists,
            "nothing": not any(section["count"] for section in sections)}


def desk_page() -> str:
    """What waits for the actor at this division, the most urgent first."""
    return render_template("suggestion_tracking/desk.html", **context(g.node, current_actor()))


def desk_json() -> dict[str, Any]:
    """The same for programs: sections with their count and the most urgent cases."""
    found = read(g.node, current_actor())
    return {"sections": [{"key": key, "label": str(title), "count": found[key]["count"], "more": found[key]["more"],
                          "items": [_item(row) for row in found[key]["rows"][:SHOWN]]} for key, title, _icon, _tone in SECTIONS]}


def _item(row: dict[str, Any]) -> dict[str, Any]:
    return {"entity": row["entity"], "id": row["order"][1], "number": row["number"], "title": row["title"],
            "state": row["state_key"], "due": row["order"][0].isoformat() if row["due"] else None,
            "step": row["step"]["key"] if row["step"] else None}

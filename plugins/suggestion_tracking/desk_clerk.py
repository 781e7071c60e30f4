"""The clerk's desk: what is due, overdue, to accept, to answer and to decide, each case once, where it is most urgent.

It shows what waits for the actor as holder or as a unit's clerk; how that is found stands in the core (``desks``).
"""
from __future__ import annotations

from collections import Counter as Bag
from datetime import date, timedelta
from itertools import islice
from typing import Any

from flask import g, render_template

from grid321.core.api import Actor, Case, Entity, Node, current_actor, desks, local_day, registry
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .desk_start import first_steps
from .supervision_choices import KINDS as KINDS_OF_INSPECTION
from .supervision_models import Inspection

PLUGIN = "suggestion_tracking"
KINDS = ("holder", "department")
URGENT = frozenset({"overdue", "due"})
SHOWN, MORE, COUNTED = 8, 20, 500
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


_ASKED_OF = {state: name for name, states in ASKED.items() for state in states}


def case_entities(node: Node, actor: Actor) -> list[Entity]:
    """The plugin's entities with a workflow that ``actor`` may see at or below ``node``."""
    known = registry()
    return [entity for entity in known.entities.values()
            if entity.plugin == PLUGIN and issubclass(entity.model, Case) and known.workflow_of(entity.key) is not None
            and actor.may_within(entity.permission("view"), node)]


def asked_of(state: str) -> str:
    """What a state asks of whoever has the case: the section in which it stands when it is not urgent."""
    return _ASKED_OF.get(state, "answer")


class Section:
    """A section of the desk: ``count`` cases, or ``more`` than that, the most urgent of which can be shown."""

    def __init__(self) -> None:
        self.count, self.more = 0, False
        self.found: list[tuple[Any, tuple[Any, ...], _Told]] = []

    @property
    def count_text(self) -> str:
        """The count in words."""
        return f"{self.count}+" if self.more else str(self.count)

    def rows(self) -> list[dict[str, Any]]:
        """The rows that are shown, the most urgent first."""
        self.found.sort(key=lambda one: one[0])
        return [told.row(raw) for _order, raw, told in islice(self.found, SHOWN + MORE)]


class _Told:
    """Writes the rows of one pile."""

    def __init__(self, pile: desks.Pile, node: Node, actor: Actor, day: date) -> None:
        self.writer = desks.Writer(pile.face, node, day)
        self.steps = {state: step if asked_of(state) in {"accept", "answer"} else None  # a choice is made on the page
                      for state, step in pile.steps(actor).items()}
        self.own = {"entity": pile.entity.key, "label": str(pile.entity.label)}

    def row(self, raw: tuple[Any, ...]) -> dict[str, Any]:
        row = self.writer.row(raw)
        step = self.steps[row["state_key"]]
        return row | self.own | {"step": step and {**step, "url": f"{row['url']}/do/{step['key']}"}}


def read(node: Node, actor: Actor, entities: list[Entity], day: date) -> dict[str, Section]:
    """The sections of the desk by key. Two queries for all entities and kinds of desk together; a third one where more waits
    than is read."""
    found = {key: Section() for key, *_rest in SECTIONS}
    full: list[tuple[desks.Pile, set[str]]] = []
    for pile in desks.piles(entities, KINDS, node, actor):
        told, sections = _Told(pile, node, actor, day), set()
        for raw in pile.rows:
            urgent = told.writer.section(raw[4])
            key = urgent if urgent in URGENT else asked_of(raw[3])
            sections.add(key)
            found[key].found.append((desks.order_of(raw), raw, told))
            found[key].count += 1
        if len(pile.rows) == desks.PER_DESK:
            full.append((pile, sections))
    counted = desks.numbers_waiting([pile for pile, _sections in full], COUNTED)
    for (pile, sections), numbers in zip(full, counted, strict=True):
        _count_rest(found, pile, sections, numbers)
    return found


def _count_rest(found: dict[str, Section], pile: desks.Pile, sections: set[str], counted: dict[str, int]) -> None:
    """Add what was counted but not read to the sections of its states.

    Where not all was counted there is at least so much of every state, and where all that was read is urgent, of what is.
    """
    for state, n in (Bag(counted) - Bag(raw[3] for raw in pile.rows)).items():
        found[asked_of(state)].count += n
    if sum(counted.values()) == COUNTED:
        for state in pile.desk.states:
            found[asked_of(state)].more = True
    if sections <= URGENT:
        for key in sections:
            found[key].more = True


class Lists:
    """Addresses of the lists of an entity's open and overdue cases. Written by hand: keys need no quoting, and a page has
    hundreds of these."""

    def __init__(self, entity: Entity, day: date) -> None:
        workflow = registry().every_version_of(entity.key)
        states = "&".join([f"state={state.key}" for state in workflow.states if not state.final]) if workflow is not None else ""
        self.path = f"{entity.plugin}/{entity.name}/"
        self.states, self.late = states, f"due_to={(day - timedelta(days=1)).isoformat()}&sort=due"

    def every(self, node: Node) -> str:
        """All cases at ``node``."""
        return f"/d/{node.code}/{self.path}"

    def open(self, node: Node) -> str:
        """The open ones."""
        return f"/d/{node.code}/{self.path}?{self.states}"

    def overdue(self, node: Node) -> str:
        """The overdue ones, oldest first."""
        return f"/d/{node.code}/{self.path}?{self.states}&{self.late}"


def context(node: Node, actor: Actor) -> dict[str, Any]:
    """What the page shows."""
    day, entities = local_day(), case_entities(node, actor)  # the day is asked of the database: once
    found = read(node, actor, entities, day)
    shown = {key: section.rows() for key, section in found.items()}
    name_inspections([row for rows in shown.values() for row in rows])
    sections = [{"key": key, "title": str(title), "icon": icon, "tone": tone, "count": found[key].count,
                 "count_text": found[key].count_text, "rows": shown[key][:SHOWN], "rest": shown[key][SHOWN:]}
                for key, title, icon, tone in SECTIONS]
    lists = [{"label": str(entity.label), "url": links.every(node), "icon": entity.icon, "overdue_url": links.overdue(node)}
             for entity in entities for links in (Lists(entity, day),)]
    nothing = not any(section.count for section in found.values())
    return {"title": _("Clerk's desk"), "node": node, "sections": sections, "lists": lists, "nothing": nothing,
            "first_steps": first_steps(node, actor) if nothing and actor.may(f"{PLUGIN}.matter.create", node) else []}


def name_inspections(rows: list[dict[str, Any]]) -> None:
    """Say of each inspection which one it is: a suggestion has several, all under its title. One query where there are any."""
    mine = {row["order"][1]: row for row in rows if row["entity"] == f"{PLUGIN}.inspection"}
    if mine:
        for record_id, kind in Inspection.select(Inspection.id, Inspection.kind).where(Inspection.id.in_(list(mine))).tuples():
            mine[record_id]["label"] = next((str(label) for key, label in KINDS_OF_INSPECTION if key == kind), kind)


def desk_page() -> str:
    """What waits for the actor at this division, the most urgent first."""
    return render_template("suggestion_tracking/desk.html", **context(g.node, current_actor()))


def desk_json() -> dict[str, Any]:
    """The same for programs: sections with their count and the most urgent cases."""
    actor = current_actor()
    found = read(g.node, actor, case_entities(g.node, actor), local_day())
    return {"sections": [{"key": key, "label": str(title), "count": found[key].count, "more": found[key].more,
                          "items": [_item(row) for row in found[key].rows()[:SHOWN]]} for key, title, _icon, _tone in SECTIONS]}


def _item(row: dict[str, Any]) -> dict[str, Any]:
    return {"entity": row["entity"], "id": row["order"][1], "number": row["number"], "title": row["title"],
            "state": row["state_key"], "due": row["order"][0].isoformat() if row["due"] else None,
            "step": row["step"]["key"] if row["step"] else None}

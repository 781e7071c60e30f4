"""Whose turn it is: the cases on an actor's desks, found by the indexes (holder, state), (department, state), (reporter)."""
from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from . import lists, snapshot
from .access import scoped
from .clock_rows import Escalation
from .clock_rules import SUPERVISE
from .db import database, is_postgres
from .entity import Entity
from .faces import Face, day_of, face_of, raw_rows
from .groups import MEMBER
from .tree import Node
from .workflow import Transition, Workflow

DESKS = ("holder", "department", "reporter")
PER_DESK = 60
FRESH = 6
_LATEST = datetime.date(9999, 12, 31)


@dataclass(frozen=True)
class Desk:
    """What lies on one kind of desk: cases whose ``column`` is one of ``ids`` and that are in one of ``states``."""

    column: str
    ids: tuple[int, ...]
    states: tuple[str, ...]

    def where(self, mark: str) -> tuple[str, list[Any]]:
        """The condition as SQL, and its values. Whoever handles the lead of a group handles its members."""
        marks = [", ".join([mark] * len(values)) for values in (self.ids, self.states)]
        text = f"{self.column} IN ({marks[0]}) AND state IN ({marks[1]})"
        values: list[Any] = [*self.ids, *self.states]
        return (text, values) if self.column == "reporter_id" else (
            f"{text} AND (bond IS NULL OR bond <> {mark})", [*values, MEMBER])


def desk_rows(face: Face, node: Node, actor: Any, day: datetime.date) -> Iterator[tuple[str, dict[str, Any]]]:
    """(section, row) of every case that waits for the actor at `node`: overdue, due, rate or waiting.

    At most one query for each kind of desk: as holder, as department, as reporter.
    """
    workflow = face.workflow
    if workflow is None:
        return
    for kind in DESKS:
        desk = desk_of(workflow, kind, node, actor)
        for row in _rows(face, desk, node, day) if desk is not None else ():
            yield ("rate" if kind == "reporter" and row["section"] == "waiting" else row["section"]), row


def waiting(entity: Entity, desk: str, node: Node, actor: Any, day: datetime.date) -> list[dict[str, Any]]:
    """The most urgent cases of an entity on one kind of desk (``holder``, ``department``, ``reporter``) of the actor at ``node``.

    At most ``PER_DESK`` rows as the start page shows them, each with ``state_key`` and ``step``: key, label and address of the
    step that leads on, None where that is decided in a meeting. One query, none for who has no such desk.
    """
    face = face_of(entity)
    found = desk_of(face.workflow, desk, node, actor) if face.workflow is not None else None
    if face.workflow is None or found is None:
        return []
    rows = _rows(face, found, node, day)
    steps = {state: first_step(face.workflow, state, desk, actor) for state in {row["state_key"] for row in rows}}
    for row in rows:
        step = steps[row["state_key"]]
        row["step"] = None if step is None else {"key": step.key, "label": str(step.label), "url": f"{row['url']}/do/{step.key}"}
    return rows


def number_waiting(entity: Entity, desk: str, node: Node, actor: Any, most: int = 1000) -> dict[str, int]:
    """How many cases of an entity are on one kind of desk of the actor at ``node``, by state; ``most`` are counted in all.

    One query, which reads no more than ``most`` entries of the index (holder or department, state).
    """
    face = face_of(entity)
    found = desk_of(face.workflow, desk, node, actor) if face.workflow is not None else None
    if found is None:
        return {}
    where, values = found.where("%s" if is_postgres() else "?")
    table = entity.model._meta.table_name
    rows = database.execute_sql(
        f"SELECT state, count(*) FROM (SELECT state FROM {table} WHERE {where} LIMIT {most:d}) AS waiting GROUP BY state", values)
    return {state: int(n) for state, n in rows.fetchall()}


def longest_overdue(entity: Entity, node: Node, actor: Any, day: datetime.date, most: int,
                    without: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The open cases at and below ``node`` that are overdue longest and not in a state ``without``, oldest first, as desk rows.

    One query, which reads the first entries of the index (level, due).
    """
    face = face_of(entity)
    if face.workflow is None or not actor.may_within(entity.permission("view"), node):
        return []
    model = entity.model
    states = [state.key for state in face.workflow.states if not state.final and state.key not in without]
    known = model.state.concat("").in_(states)  # no bare column: else SQLite sorts all that is open instead of walking the index
    query = scoped(model.select(*_columns(face)), entity, "view", node, actor).where(
        (model.due < day) & known).order_by(model.due, model.id).limit(most)
    return [_row(face, raw, node, day) for raw in raw_rows(query)]


def first_step(workflow: Workflow, state: str, desk: str, actor: Any) -> Transition | None:
    """The step by which who sits at ``desk`` leads a case of ``state`` on: no return, withdrawal or refusal, and none by which it
    stays where it is; the one marked as good comes first.

    None where there is none that the actor may take, or where a meeting decides it.
    """
    steps = [step for step in workflow.from_state(state)
             if step.by == desk and not step.automatic and step.tone not in {"warn", "bad"} and step.target != state
             and step.permission and actor.may_anywhere(step.permission)]
    best = next((step for step in steps if step.tone == "ok"), steps[0] if steps else None)
    return None if best is None or best.meeting else best


def desk_of(workflow: Workflow, kind: str, node: Node, actor: Any) -> Desk | None:
    """One kind of desk of the actor at ``node``, None when there is none of it here."""
    states = tuple(state.key for state in workflow.states if state.desk == kind and not state.final)
    steps = {step.permission for state in states for step in workflow.from_state(state) if step.permission}
    if not states or not steps:
        return None
    if kind == "reporter":
        return Desk("reporter_id", (actor.account_id,), states) if actor.account_id else None
    if kind == "department":
        units = {grant.department_id for grant in actor.grants if grant.department_id and grant.permissions & steps}
        return Desk("department_id", tuple(sorted(units)), states) if units else None
    tree = snapshot.current().tree
    places = {grant.division_id for grant in actor.grants if grant.department_id is None and grant.permissions & steps
              and (place := tree.get(grant.division_id)) is not None and tree.covers(node, place)}
    return Desk("holder_id", tuple(sorted(places)), states) if places else None


def _rows(face: Face, desk: Desk, node: Node, day: datetime.date) -> list[dict[str, Any]]:
    """The most urgent cases first: those with a due day by that day, then the others by age.

    Two selections, each in the order of an index: sorting all that a large desk holds takes longer with every case. Written by
    hand, because peewee takes longer to write it than the database to answer.
    """
    where, values = desk.where("%s" if is_postgres() else "?")
    columns = ", ".join(f'"{column.column_name}"' for column in _columns(face))
    chosen = f"SELECT {columns} FROM {face.entity.model._meta.table_name} WHERE {where} AND"
    rows = database.execute_sql(f"{chosen} due IS NOT NULL ORDER BY due, id LIMIT {PER_DESK}", values).fetchall()
    if len(rows) < PER_DESK:  # the plus keeps SQLite from looking through every closed case, none of which has a due day
        due = "due" if is_postgres() else "+due"
        rows += database.execute_sql(f"{chosen} {due} IS NULL ORDER BY id LIMIT {PER_DESK - len(rows)}", values).fetchall()
    return [_row(face, raw, node, day) for raw in rows]


def raised_rows(face: Face, node: Node, actor: Any, day: datetime.date) -> Iterator[tuple[str, dict[str, Any]]]:
    """(above or supervised, row) of overdue cases that were brought before the actor: by the level below, or for supervision.

    At most two queries; none for who holds nothing and supervises nothing.
    """
    workflow, model = face.workflow, face.entity.model
    if workflow is None:
        return
    steps = {step.permission for step in workflow.transitions if step.permission and step.by == "holder"}
    tree = snapshot.current().tree
    places = sorted({grant.division_id for grant in actor.grants if grant.department_id is None and grant.permissions & steps
                     and (place := tree.get(grant.division_id)) is not None and tree.covers(node, place)})
    conditions = []
    if places:
        conditions.append(("above", (Escalation.kind == "send_up") & Escalation.division_id.in_(places)))
    if actor.may_within(SUPERVISE, node):
        conditions.append(("supervised", Escalation.kind == "supervise"))
    for section, condition in conditions:
        raised = Escalation.select(Escalation.record_id).where(
            condition & (Escalation.open == True) & (Escalation.entity == face.entity.key))  # noqa: E712
        query = scoped(model.select(*_columns(face)), face.entity, "view", node, actor).where(
            model.id.in_(raised) & model.closed_at.is_null()).order_by(model.due, model.id).limit(PER_DESK)
        for raw in raw_rows(query):
            yield section, _row(face, raw, node, day)


def newest(face: Face, node: Node, actor: Any, day: datetime.date) -> list[dict[str, Any]]:
    """The newest cases the actor may see at `node`."""
    model = face.entity.model
    query = scoped(model.select(*_columns(face)), face.entity, "view", node, actor).order_by(model.id.desc()).limit(FRESH)
    return [_row(face, raw, node, day) for raw in raw_rows(query)]


def _columns(face: Face) -> list[Any]:
    model = face.entity.model
    title = face.title if face.title is not None and not face.title.personal else None
    return [model.id, title.stored if title is not None else model.number, model.number, model.state, model.due,
            model.division_id]


def _row(face: Face, raw: tuple[Any, ...], node: Node, day: datetime.date) -> dict[str, Any]:
    identifier, title, number, state, stored_due, division_id = raw
    due = day_of(stored_due)
    tree = snapshot.current().tree
    place = tree.get(division_id)
    cell = lists.state_cells(face).get(state) or {"text": state, "tone": "info"}
    section = "waiting"
    if due is not None and due < day:
        section = "overdue"
    elif due is not None and due <= day + lists.DUE_SOON:
        section = "due"
    shown = lists.due_cell(due, day, lists.is_provisional(due))
    return {"title": str(title or number), "number": number, "url": face.url(node.code, identifier), "section": section,
            "due": {"text": shown["text"], "tone": shown["tone"]} if due else None,
            "state": {"label": cell["text"], "tone": cell["tone"]}, "state_key": state,
            "where": tree.local_name(place, node) if place else "",
            "order": (due or _LATEST, identifier)}

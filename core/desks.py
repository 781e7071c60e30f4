"""Whose turn it is: the cases on an actor's desks, found by the indexes (holder, state), (department, state), (reporter)."""
from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from . import lists, snapshot
from .access import scoped
from .clock_extensions import to_decide
from .clock_rows import Escalation
from .clock_rules import SUPERVISE
from .db import database, is_postgres, plain_columns
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

    def where(self) -> str:
        """The condition as SQL, its values written down. Whoever handles the lead of a group handles its members.

        With values beside it, PostgreSQL comes to one plan for every desk after some executions, and takes an empty one for full:
        it walks the whole table for what the index would have told. Ids are numbers, and states are keys of declarations.
        """
        ids, states = ", ".join([f"{one:d}" for one in self.ids]), ", ".join(map(_quoted, self.states))
        text = f"{self.column} IN ({ids}) AND state IN ({states})"
        return text if self.column == "reporter_id" else f"{text} AND (bond IS NULL OR bond <> {_quoted(MEMBER)})"


def _quoted(key: str) -> str:
    if not key.isidentifier():
        raise ValueError(f"{key!r} is no key")
    return f"'{key}'"


class Writer:
    """Writes rows of one entity as desks show them at ``node``; what all rows have in common is looked up once."""

    def __init__(self, face: Face, node: Node, day: datetime.date) -> None:
        now = snapshot.current()
        self.node, self.day, self.tree, self.days = node, day, now.tree, now.calendar.at(None)
        self.base, self.cells = face.url(node.code), lists.state_cells(face)
        self.dues: dict[Any, dict[str, str] | None] = {None: None}

    def section(self, due: Any) -> str:
        """Whether a stored due day is ``overdue``, ``due`` soon, or the case just is ``waiting``."""
        if due is None:
            return "waiting"
        found = day_of(due) or _LATEST
        return "overdue" if found < self.day else "due" if found <= self.day + lists.DUE_SOON else "waiting"

    def row(self, raw: tuple[Any, ...]) -> dict[str, Any]:
        """A row as desks show it, from what a pile holds of it."""
        identifier, title, number, state, stored, division_id = raw
        if stored not in self.dues:
            cell = lists.due_cell(due := day_of(stored), self.day, due is not None and self.days.is_provisional(due))
            self.dues[stored] = {"text": cell["text"], "tone": cell["tone"]}
        place, cell = self.tree.get(division_id), self.cells.get(state) or {"text": state, "tone": "info"}
        return {"title": str(title or number), "number": number, "url": f"{self.base}{identifier}",
                "section": self.section(stored), "due": self.dues[stored],
                "state": {"label": cell["text"], "tone": cell["tone"]}, "state_key": state,
                "where": self.tree.local_name(place, self.node) if place else "", "order": order_of(raw)}


def order_of(raw: tuple[Any, ...]) -> tuple[datetime.date, int]:
    """By what rows of a desk are sorted: the most urgent first, then the oldest."""
    return day_of(raw[4]) or _LATEST, raw[0]


@dataclass
class Pile:
    """The most urgent cases of an entity on one ``kind`` of desk of an actor, as the database gives them: at most ``PER_DESK``
    rows with id, title, number, state, due day and division."""

    entity: Entity
    kind: str
    face: Face
    desk: Desk
    rows: list[tuple[Any, ...]]

    def steps(self, actor: Any) -> dict[str, dict[str, str] | None]:
        """By state, the step that leads a case on (key and label), None where that is decided in a meeting."""
        assert self.face.workflow is not None
        known = {state: first_step(self.face.workflow, state, self.kind, actor) for state in {row[3] for row in self.rows}}
        return {state: None if step is None else {"key": step.key, "label": str(step.label)} for state, step in known.items()}


def piles(entities: Iterable[Entity], kinds: Iterable[str], node: Node, actor: Any) -> list[Pile]:
    """What waits for the actor at ``node`` on these kinds of desks (``holder``, ``department``, ``reporter``); empty ones are
    left out. Two queries for all together."""
    wanted = tuple(kinds)
    found = [Pile(entity, kind, face, desk, []) for entity in entities if (face := face_of(entity)).workflow is not None
             for kind in wanted if (desk := desk_of(face.workflow, kind, node, actor)) is not None]
    _read(found)
    return [pile for pile in found if pile.rows]


def numbers_waiting(heaps: Sequence[Pile], most: int) -> list[dict[str, int]]:
    """How many cases there are of each pile, by state; ``most`` are counted in all of one. One query, which reads no more than
    ``most`` entries of the index (holder or department, state) for each."""
    parts = []
    for place, pile in enumerate(heaps):
        table = pile.entity.model._meta.table_name
        parts.append(f"SELECT {place}, state, count(*) FROM (SELECT state FROM {table} WHERE {pile.desk.where()} LIMIT {most:d})"
                     f" AS a{place} GROUP BY state")
    found: list[dict[str, int]] = [{} for _pile in heaps]
    for place, state, n in database.execute_sql(" UNION ALL ".join(parts)).fetchall() if parts else ():
        found[place][state] = int(n)
    return found


def desk_rows(face: Face, node: Node, actor: Any, day: datetime.date) -> Iterator[tuple[str, dict[str, Any]]]:
    """(section, row) of every case that waits for the actor at `node`: overdue, due, rate or waiting."""
    writer = Writer(face, node, day)
    for pile in piles([face.entity], DESKS, node, actor):
        for raw in pile.rows:
            row = writer.row(raw)
            yield ("rate" if pile.kind == "reporter" and row["section"] == "waiting" else row["section"]), row


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
    marks = ", ".join(["%s" if is_postgres() else "?"] * len(states))
    # No bare column of the state: else SQLite sorts all that is open instead of walking the index. Written by hand, because
    # peewee takes longer for a dozen states than the database for the answer.
    known = peewee.NodeList((model.state, peewee.SQL(f"|| '' IN ({marks})", states)))
    query = scoped(model.select(plain_columns(_columns(face))), entity, "view", node, actor).where(
        (model.due < day) & known).order_by(model.due, model.id).limit(most)
    return [*map(Writer(face, node, day).row, raw_rows(query))]


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


def _read(wanted: Sequence[Pile]) -> None:
    """Read the most urgent cases of each pile first: those with a due day by that day, then the others by age.

    Two selections, each in the order of an index: sorting all that a large desk holds takes longer with every case. All piles
    in one statement, written by hand: peewee takes longer to write it than the database to answer.
    """
    _read_some(wanted, "due IS NOT NULL ORDER BY due, id")
    due = "due" if is_postgres() else "+due"  # SQLite must not look through every closed case, none of which has a due day
    _read_some([pile for pile in wanted if len(pile.rows) < PER_DESK], f"{due} IS NULL ORDER BY id")


def _read_some(wanted: Sequence[Pile], condition: str) -> None:
    parts = []
    for place, pile in enumerate(wanted):
        columns = ", ".join(f'"{column.column_name}"' for column in _columns(pile.face))
        parts.append(f"SELECT * FROM (SELECT {columns}, {place} AS pile FROM {pile.entity.model._meta.table_name} WHERE"
                     f" {pile.desk.where()} AND {condition} LIMIT {PER_DESK - len(pile.rows)}) AS a{place}")
    for *row, place in database.execute_sql(" UNION ALL ".join(parts)).fetchall() if parts else ():
        wanted[place].rows.append(tuple(row))


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
    conditions, writer = [], Writer(face, node, day)
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
            yield section, writer.row(raw)


def extension_rows(face: Face, node: Node, actor: Any, day: datetime.date) -> list[dict[str, Any]]:
    """The cases in which a request for more time waits for the actor's decision. At most three queries, none for others."""
    ids = to_decide(face.entity, node, actor)[:PER_DESK]
    if not ids:
        return []
    model = face.entity.model
    writer = Writer(face, node, day)
    return [writer.row(raw) for raw in raw_rows(model.select(*_columns(face)).where(model.id.in_(ids)))]


def newest(face: Face, node: Node, actor: Any, day: datetime.date) -> list[dict[str, Any]]:
    """The newest cases the actor may see at `node`."""
    model = face.entity.model
    query = scoped(model.select(*_columns(face)), face.entity, "view", node, actor).order_by(model.id.desc()).limit(FRESH)
    return [*map(Writer(face, node, day).row, raw_rows(query))]


def _columns(face: Face) -> list[Any]:
    model = face.entity.model
    title = face.title if face.title is not None and not face.title.personal else None
    return [model.id, title.stored if title is not None else model.number, model.number, model.state, model.due,
            model.division_id]

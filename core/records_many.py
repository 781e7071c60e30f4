"""Making many records of one kind at once, for jobs that work thousands of them out: a year's receptions with their rosters.

What a record typed by a person gets, each of these gets too: number, ledger entry, counters, event, search. Only the statements
are few, so it is ten times as fast. Rules across fields are the caller's: who works values out has kept them already.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from . import access, clock, counters, db, ledger, outbox, search, snapshot
from .actor import Actor
from .bulk import insert_filled
from .engine import ask_plugins, require_runnable
from .entity import Entity
from .ledger import LedgerEntry
from .records import Draft, next_numbers
from .registry import registry
from .routing import bank
from .tree import Node, ancestor_columns
from .workflow import Workflow

_AT_ONCE = 500


def create_many(entity: Entity, rows: Sequence[Mapping[str, Any]], actor: Actor) -> list[Any]:
    """Create a record from each of ``rows`` (values by column, ``division_id`` among them); returns them in that order.

    Belongs to the caller's transaction, which should be short: on PostgreSQL other writers of searched texts wait for its end.
    Cases are booked by no flow. Raises ``Forbidden`` and ``Refused`` as ``records.create`` does, and ``ValueError`` for an entity
    whose records need more: personal fields, functions of its own that write, clocks in the first state.
    """
    if not db.database.in_transaction():
        raise RuntimeError("records belong into the transaction of what makes them")
    workflow = registry().workflow_of(entity.key)
    if entity.personal or entity.create or entity.after or entity.number or (workflow and workflow.state(workflow.first).clocks):
        raise ValueError(f"{entity.key}: its records are made one by one")
    if workflow is not None:
        require_runnable(workflow)
    moment, places = db.now(), _places(entity, rows, actor)
    values = [{"uid": db.new_uid(), "created_at": moment, "updated_at": moment, "created_by": actor.account_id, "version": 1,
               **row, **ancestor_columns(snapshot.current().tree, places[row["division_id"]])} for row in rows]
    for row in values:
        ask_plugins("create", entity, Draft(row), actor, places[row["division_id"]])
    if workflow is not None:
        _born(entity, workflow, values, places, actor, moment)
    insert_filled(entity.model, values)
    made = _stored(entity, values)
    _book(entity, workflow, made, places, actor, moment)
    return made


def _places(entity: Entity, rows: Iterable[Mapping[str, Any]], actor: Actor) -> dict[int, Node]:
    """The divisions of the rows by id, at each of which the actor may create."""
    tree, found = snapshot.hold().tree, {}
    for place_id in {row["division_id"] for row in rows}:
        place = tree.get(place_id)
        if place is None or not place.valid or (entity.levels and place.level not in entity.levels):
            raise ValueError(f"{entity.key}: there is no division {place_id} at which its records live")
        access.require(entity.permission("create"), place, actor)
        found[place_id] = place
    return found


def _born(entity: Entity, workflow: Workflow, values: list[dict[str, Any]], places: Mapping[int, Node], actor: Actor,
          moment: datetime) -> None:
    """Give the cases their number, first state and holder."""
    by_place: dict[int, list[dict[str, Any]]] = {}
    for row in values:
        by_place.setdefault(row["division_id"], []).append(row)
    for place_id, here in by_place.items():
        holder = bank(workflow, places[place_id])
        if holder is None:
            raise ValueError(f"{entity.key}: no level keeps cases of division {place_id}")
        numbers = next_numbers(workflow.numbers or entity.name, places[place_id], moment, len(here))
        for row, number in zip(here, numbers, strict=True):
            row |= {"number": number, "state": workflow.first, "workflow_version": workflow.version, "holder_id": holder.id,
                    "reporter_id": row.get("reporter_id") or actor.account_id}


def _parts(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start:start + _AT_ONCE]


def _stored(entity: Entity, values: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The stored rows, in the order of ``values``."""
    model, found = entity.model, dict[str, Any]()
    for part in _parts([row["uid"] for row in values]):
        found.update({row.uid: row for row in model.select().where(model.uid.in_(part))})
    return [found[row["uid"]] for row in values]


def _book(entity: Entity, workflow: Workflow | None, made: Sequence[Any], places: Mapping[int, Node], actor: Actor,
          moment: datetime) -> None:
    """Ledger, counters, events and search of new records."""
    tree = snapshot.current().tree

    def holder(record: Any) -> str:
        node = tree.get(record.holder_id)
        return node.code if node is not None else ""

    ledger.append_many(
        "create", ((entity.key, one.id, one.division_id, 1, {"holder": holder(one), "flows": []} if workflow else {})
                   for one in made), account_id=actor.account_id, to_state=workflow.first if workflow else None)
    entries: dict[int, int] = {}
    for part in _parts([one.id for one in made]):
        entries.update(LedgerEntry.select(LedgerEntry.record_id, LedgerEntry.id).where(
            (LedgerEntry.entity == entity.key) & LedgerEntry.record_id.in_(part) & (LedgerEntry.step == "create")).tuples())
    stock = [row for one in made for row in counters.stock(entity, None, one.__data__, (), places[one.division_id].path)]
    counters.apply(stock)
    outbox.add_many(entity.key, "create", ((one.id, one.division_id, {
        **(clock.case_facts(one) if workflow else {}), "entry": entries[one.id]}) for one in made), actor.account_id, moment)
    if entity.search:
        search.add_many(entity, [(one.id, 0, search.text_of(entity, one.__data__), one.__data__) for one in made])

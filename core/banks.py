"""The bank of a division in a month: its figures, the cases behind each of them, and the write-off ledger (销号制台账).

Which cases make up a figure is worked out from the ledger: the steps that were booked at this bank, case by case.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import peewee

from . import counters, db, snapshot
from .access import scoped
from .actor import Actor
from .counters import FLOW_KINDS, IN
from .entity import Entity
from .ledger import LedgerEntry
from .month_check import terms_of
from .month_rows import MonthClose, frozen, terms_by_level
from .registry import registry
from .statistics_view import month_span
from .tree import Node
from .workflow import Workflow

TERMS = ("opening", *FLOW_KINDS, "open")
CHUNK = 500


@dataclass
class Member:
    """A case that lay in a bank during a month: how it came, and how it left or that it is still there."""

    record_id: int
    opening: bool = False
    kinds: list[tuple[str, datetime]] = field(default_factory=list)
    inside: int = 0

    def belongs(self, term: str) -> bool:
        """True when the case is counted in ``term``."""
        if term == "opening":
            return self.opening
        if term == "open":
            return self.inside > 0
        return any(kind == term for kind, _at in self.kinds)

    @property
    def end(self) -> tuple[str, datetime] | None:
        """The last step by which it left the bank, None while it is there."""
        if self.inside > 0:
            return None
        return next(((kind, at) for kind, at in reversed(self.kinds) if kind not in IN), None)


def entities_at(node: Node) -> list[Entity]:
    """The entities whose cases lie in a bank at or below ``node`` and whose plugin is on at or below it."""
    now = snapshot.current()
    flows = [(entity, registry().workflow_of(entity.key)) for entity in registry().entities.values()
             if issubclass(entity.model, db.Case)]
    return [entity for entity, flow in flows
            if flow is not None and flow.levels and now.switches.on_below(entity.plugin, node, now.tree)]


def has_bank(entity: Entity, node: Node) -> bool:
    """True when cases of ``entity`` lie in a bank at the level of ``node``."""
    workflow = registry().workflow_of(entity.key)
    return workflow is not None and node.level in workflow.levels


def flow_of(entity: Entity) -> Workflow:
    """The workflow of an entity that has one."""
    found = registry().workflow_of(entity.key)
    assert found is not None
    return found


def next_banks(entity: Entity, node: Node) -> list[Node]:
    """The divisions of the next lower level that keeps a bank, in the order of the tree."""
    tree, levels = snapshot.current().tree, flow_of(entity).levels
    waiting, found = list(tree.children(node)), []
    while waiting:
        one = waiting.pop(0)
        if one.level in levels:
            found.append(one)
        else:
            waiting += tree.children(one)
    return found


def own_terms(entity: Entity, node: Node, month: str) -> tuple[dict[str, int], MonthClose | None]:
    """The terms of the division's own bank in a month, and its close when they were frozen."""
    row = frozen(node.id, [month]).get(month)
    if row is not None:
        return terms_by_level(row, entity.key).get(node.level, terms_of(0, {})), row
    return terms_of_many(entity, [node], month)[node.id], None


def terms_of_many(entity: Entity, nodes: Sequence[Node], month: str) -> dict[int, dict[str, int]]:
    """The terms of several divisions' own banks, frozen or maintained: division id → terms. Two queries."""
    places = {node.id: node for node in nodes}
    opening: dict[int, int] = dict.fromkeys(places, 0)
    flows: dict[int, dict[str, int]] = {place: {} for place in places}
    levels = sorted({node.level for node in nodes})
    for place, level, booked, kind, n in counters.flows(entity.key, sorted(places), levels, last_month=month):
        if level != places[place].level:
            continue
        if booked == month:
            flows[place][kind] = flows[place].get(kind, 0) + n
        else:
            opening[place] = counters.open_after(opening[place], {kind: n})
    found = {place: terms_of(opening[place], flows[place]) for place in places}
    closed = MonthClose.select().where((MonthClose.month == month) & MonthClose.division_id.in_(sorted(places) or [0]))
    for row in closed:
        found[row.division_id] = row.figures["own"].get(entity.key, found[row.division_id])
    return found


def members(entity: Entity, node: Node, month: str) -> list[Member]:
    """The cases that lay in the division's own bank at some time of ``month``, in the order in which they came.

    Read from the ledger entries of those cases below ``node`` that were not finished before the month began.
    """
    first, last = month_span(month)
    found: list[Member] = []
    for record_id, steps in _booked_here(entity, node, first, last):
        member = Member(record_id)
        before = 0
        for at, kind in steps:
            change = 1 if kind in IN else -1
            if at < first:
                before += change
            elif at < last:
                member.kinds.append((kind, at))
        member.opening = before > 0
        member.inside = before + sum(1 if kind in IN else -1 for kind, _at in member.kinds)
        if member.opening or member.kinds:
            found.append(member)
    return found


def _booked_here(entity: Entity, node: Node, first: datetime, last: datetime) -> Iterator[tuple[int, list[tuple[datetime, str]]]]:
    """(case, its steps booked at this very bank) of every case that was alive in the span, by id."""
    model = entity.model
    alive = model.select(model.id).where((getattr(model, node.column) == node.id) & (model.created_at < last)
                                         & (model.closed_at.is_null() | (model.closed_at >= first))).order_by(model.id)
    ids = [row[0] for row in alive.tuples()]
    heirs = {place.id for place in snapshot.current().tree if (heir := snapshot.current().tree.heir(place.id)) is not None
             and heir.id == node.id}
    for start in range(0, len(ids), CHUNK):
        steps: dict[int, list[tuple[datetime, str]]] = {}
        query = (LedgerEntry.select(LedgerEntry.record_id, LedgerEntry.at, LedgerEntry.facts)
                 .where((LedgerEntry.entity == entity.key) & LedgerEntry.record_id.in_(ids[start:start + CHUNK])
                        & LedgerEntry.facts.is_null(False) & (LedgerEntry.at < last)).order_by(LedgerEntry.id).tuples())
        for record_id, at, facts in query.iterator():
            for place, level, kind, *_times in (facts or {}).get("flows", ()):
                if place in heirs and level == node.level and kind in FLOW_KINDS:
                    steps.setdefault(record_id, []).append((at, kind))
        yield from sorted(steps.items())


def records_of(entity: Entity, wanted: Sequence[int], node: Node, actor: Actor) -> Mapping[int, Any]:
    """Those of the cases that ``actor`` may see, by id."""
    found: dict[int, Any] = {}
    model = entity.model
    for start in range(0, len(wanted), CHUNK):
        part = list(wanted[start:start + CHUNK])
        query: peewee.ModelSelect = scoped(model.select().where(model.id.in_(part)), entity, "view", node, actor)
        found |= {record.id: record for record in query}
    return found

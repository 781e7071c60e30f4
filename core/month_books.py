"""What the close of a month reads: the ledger's bookings and the cases themselves, for many divisions at once.

A close of years ago is not counted again: it was checked and frozen when it was made, with the ledger's position. So the close
of a month begins with what the newest frozen month of a division left open and reads the ledger from there on, by its index;
what was booked into a frozen month after its close (which nobody should) is found by the position and counted as well. A
division without a frozen month is read from its first booking. ``grid321 verify`` still walks the whole ledger.
"""
from __future__ import annotations

from collections import Counter as Bag
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import peewee

from . import counters, db, snapshot
from .counters import IN, OUT, open_after
from .entity import Entity
from .ledger import LedgerEntry, LedgerSeal
from .month_rows import MonthClose
from .registry import registry
from .tree import Node

BLOCK = 500
"""Divisions named in one query."""


@dataclass(frozen=True)
class Base:
    """The newest frozen month of a division before the one that is closed, and the newest ledger entry it knew."""

    month: str
    figures: Mapping[str, Any]
    entry_id: int


class Books:
    """The ledger's bookings and the open cases of every bank, each read once.

    With ``nodes`` and ``month`` (the divisions whose month is closed) only what their frozen months do not know is read;
    ``first`` are the months of the first booking of those that froze none. Without them everything is.
    """

    def __init__(self, nodes: Iterable[Node] = (), month: str = "", first: Mapping[int, str] | None = None) -> None:
        self._booked: dict[str, dict[tuple[int, str], dict[str, Bag[str]]]] = {}
        self._late: dict[str, dict[tuple[int, str], list[tuple[int, str, str, int]]]] = {}
        self._open: dict[str, dict[int, int]] = {}
        self._kept: dict[str, dict[int, dict[str, Bag[str]]]] = {}
        self._heirs: dict[int, list[int]] = {}
        self._closed: dict[str, dict[int, Mapping[str, Any]]] = {}
        self._nodes, self._month, self._first = list(nodes), month, first or {}
        self.entities = case_entities()
        self._levels: dict[str, tuple[str, ...]] = {}
        self._now = snapshot.current()  # asked for once: outside a request each look reads the revision anew
        tree = self._now.tree
        for node in tree:
            heir = tree.heir(node.id)
            if heir is not None:
                self._heirs.setdefault(heir.id, []).append(node.id)
        self._bases = _bases([node.id for node in self._nodes], month) if self._nodes else {}

    def keeps(self, entity: Entity, node: Node) -> bool:
        """True when ``node`` has a bank of this entity: its level keeps one, and the plugin is on or something was booked."""
        if node.level not in self._bank_levels(entity):
            return False
        if self._now.switches.is_on(entity.plugin, node):
            return True
        base = self._bases.get(node.id)
        return (base is not None and entity.key in base.figures["own"]) or any(
            (place, node.level) in self.booked(entity) for place in self.places(node))

    def _bank_levels(self, entity: Entity) -> tuple[str, ...]:
        found = self._levels.get(entity.key)
        if found is None:
            workflow = registry().workflow_of(entity.key)
            found = self._levels[entity.key] = workflow.levels if workflow is not None else ()
        return found

    def booked(self, entity: Entity) -> dict[tuple[int, str], dict[str, Bag[str]]]:
        """(division id, level) → month → kind → n, as the ledger has it now, of the months that no frozen one covers."""
        found = self._booked.get(entity.key)
        if found is None:
            found = self._booked[entity.key] = {}
            for month, place, level, kind, n in counters.booked_flows(entity.key, self._since(entity)):
                found.setdefault((place, level), {}).setdefault(month, Bag())[kind] += n
        return found

    def places(self, node: Node, month: str | None = None) -> list[int]:
        """The divisions whose bank ``node`` keeps: itself and those merged into it, without those that closed ``month``."""
        found = sorted(self._heirs.get(node.id, [node.id]))
        if month is None or len(found) == 1:
            return found
        return [place for place in found if place == node.id or place not in self.closed(month)]

    def closed(self, month: str) -> Mapping[int, Mapping[str, Any]]:
        """The frozen figures of a month by division."""
        if month not in self._closed:
            self._closed[month] = dict(MonthClose.select(MonthClose.division_id, MonthClose.figures).where(
                MonthClose.month == month).tuples())
        return self._closed[month]

    def terms(self, entity: Entity, node: Node, month: str) -> dict[str, int]:
        """The terms of the balance law of the division's own bank, from the ledger."""
        return self._terms(entity, node, month, self.places(node, month))

    def of_all_places(self, entity: Entity, node: Node, month: str) -> dict[str, int]:
        """The same with the banks of divisions merged into it that closed the month themselves: as the figures are kept."""
        return self._terms(entity, node, month, self.places(node))

    def maintained(self, entity: Entity, node: Node, month: str) -> dict[str, int]:
        """The same from the maintained figures. One query for each entity and level, whatever the number of divisions."""
        found = self._kept.get(entity.key)
        if found is None or node.id not in found:
            found = self._kept.setdefault(entity.key, {})
            alike = [one.id for one in self._nodes if one.level == node.level and one.id not in found]
            ids = alike if node.id in alike else [node.id]
            found.update({one: {} for one in ids})
            for start in range(0, len(ids), BLOCK):
                for place, at, kind, n in counters.flows_until(entity.key, ids[start:start + BLOCK], node.level, month):
                    found[place].setdefault(at, Bag())[kind] += n
        return terms_of(open_after(0, found[node.id].get("", {})), found[node.id].get(month, {}))

    def open_by_ledger(self, entity: Entity, node: Node) -> int:
        """What is open now in the division's own bank, by everything that was booked."""
        places = self.places(node)
        base = self._base(entity, node, places)
        total = self._start(entity, node, base, places)
        for _month, kinds in self._after(entity, node, base, places):
            total = open_after(total, kinds)
        return total

    def open_cases(self, entity: Entity, node: Node) -> int:
        """How many open cases the division holds now."""
        found = self._open.get(entity.key)
        if found is None:
            found = self._open[entity.key] = open_by_holder(entity)
        return sum(found.get(place, 0) for place in self.places(node))

    # ------------------------------------------------------------ from a frozen month on

    def _terms(self, entity: Entity, node: Node, month: str, places: list[int]) -> dict[str, int]:
        base = self._base(entity, node, places) if month == self._month else None
        opening, flows = self._start(entity, node, base, places), Bag[str]()
        for booked, kinds in self._after(entity, node, base, places):
            if booked < month:
                opening = open_after(opening, kinds)
            elif booked == month:
                flows.update(kinds)
        return terms_of(opening, flows)

    def _base(self, entity: Entity, node: Node, places: list[int]) -> Base | None:
        """The frozen month to begin with; None where it counted other places than are counted now (a merger since)."""
        base = self._bases.get(node.id)
        counted = base.figures["places"].get(entity.key, [node.id]) if base is not None else None
        return base if counted == places == self.places(node) else None

    def _since(self, entity: Entity) -> str:
        """The first month that the ledger is read from for an entity; empty: from the beginning."""
        if not self._nodes:
            return ""
        found = [self._month]  # a bank in which nothing was counted yet still shows a step that was booked uncounted
        for node in self._nodes:
            if node.level not in self._bank_levels(entity):
                continue
            base = self._bases.get(node.id)
            if base is not None and self._base(entity, node, self.places(node)) is not None:
                found.append(next_month(base.month))
            elif base is None and len(self.places(node)) == 1:
                found.append(self._first.get(node.id, "9999-99"))
            else:
                return ""
        return min(found)

    def _start(self, entity: Entity, node: Node, base: Base | None, places: list[int]) -> int:
        """What the base left open, with what was booked into it or before it after it was frozen."""
        if base is None:
            return 0
        opening: int = base.figures["own"].get(entity.key, {}).get("open", 0)
        for place in places:
            for entry_id, month, kind, n in self._after_close(entity).get((place, node.level), ()):
                if entry_id > base.entry_id and month <= base.month:
                    opening = open_after(opening, {kind: n})
        return opening

    def _after(self, entity: Entity, node: Node, base: Base | None, places: list[int]) -> Iterator[tuple[str, Bag[str]]]:
        for place in places:
            for month, kinds in self.booked(entity).get((place, node.level), {}).items():
                if base is None or month > base.month:
                    yield month, kinds

    def _after_close(self, entity: Entity) -> dict[tuple[int, str], list[tuple[int, str, str, int]]]:
        """(division id, level) → (entry, month, kind, n) of entries that are newer than some base and of a month in one."""
        found = self._late.get(entity.key)
        if found is None:
            found = self._late[entity.key] = {}
            oldest = min(base.entry_id for base in self._bases.values())
            newest = next_month(max(base.month for base in self._bases.values()))
            query = LedgerEntry.select(LedgerEntry.id, LedgerEntry.at, LedgerEntry.facts).where(
                (LedgerEntry.id > oldest) & (LedgerEntry.entity == entity.key) & LedgerEntry.facts.is_null(False)
                & (LedgerEntry.at < counters.begin_of(newest)))
            for entry_id, at, facts in query.tuples().iterator():
                for place, level, kind, *times in (facts or {}).get("flows", ()):
                    found.setdefault((place, level), []).append((entry_id, counters.month_of(at), kind, times[0] if times else 1))
        return found


def _bases(ids: list[int], month: str) -> dict[int, Base]:
    """The newest frozen month before ``month`` of each division that has one."""
    found: dict[int, Base] = {}
    rows: list[tuple[int, str, Any, int]] = []
    newer = MonthClose.alias()
    for start in range(0, len(ids), BLOCK):
        last = newer.select(newer.division_id, peewee.fn.MAX(newer.month).alias("month")).where(
            newer.division_id.in_(ids[start:start + BLOCK]) & (newer.month < month)).group_by(newer.division_id).alias("last")
        rows.extend(MonthClose.select(MonthClose.division_id, MonthClose.month, MonthClose.figures, MonthClose.position).join(
            last, on=((MonthClose.division_id == last.c.division_id) & (MonthClose.month == last.c.month))).tuples())
    positions = sorted({row[3] for row in rows})
    entries: dict[int, int] = {}
    for start in range(0, len(positions), BLOCK):
        entries.update(LedgerSeal.select(LedgerSeal.position, LedgerSeal.entry_id).where(
            LedgerSeal.position.in_(positions[start:start + BLOCK])).tuples())
    for division_id, closed, figures, position in rows:
        found[division_id] = Base(closed, figures, entries.get(position, 0))
    return found


def case_entities() -> list[Entity]:
    """Every entity whose cases lie in banks."""
    flows = [(entity, registry().workflow_of(entity.key)) for entity in registry().entities.values()
             if issubclass(entity.model, db.Case)]
    return [entity for entity, flow in flows if flow is not None and flow.levels]


def next_month(month: str) -> str:
    """The month after ``YYYY-MM``."""
    year, number = int(month[:4]), int(month[5:7])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def terms_of(opening: int, flows: Mapping[str, int]) -> dict[str, int]:
    """The terms of the balance law as they are frozen: opening, every kind, corrections as they were booked, open."""
    corrections = {kind: n for kind, n in flows.items() if kind.startswith(counters.CORRECTION) and n}
    return {"opening": opening, **{kind: flows.get(kind, 0) for kind in (*IN, *OUT)}, **corrections,
            "open": open_after(opening, flows)}


def is_open(model: Any) -> Any:
    """The condition that a case lies in a bank: not finished (under whatever version of its workflow), carried by no other."""
    return model.closed_at.is_null() & model.bond.is_null()


def open_by_holder(entity: Entity) -> dict[int, int]:
    """Holder → open cases in its bank. Found by their states: of cases in a final state, nearly all, nothing is read."""
    model = entity.model
    states = [row[0] for row in counters.distinct(model._meta.table_name, "state")]
    flows = [flow for flow in registry().workflows.values() if flow.entity == entity.key]
    known = {state.key: False for flow in flows for state in flow.states}
    for flow in flows:  # final is what every version that knows the state calls final
        for state in flow.states:
            known[state.key] = known[state.key] or not state.final
    living = [state for state in states if known.get(state, True)]
    query = model.select(model.holder_id, peewee.fn.COUNT(model.id)).where(model.state.in_(living or [""]) & is_open(model))
    return dict(query.group_by(model.holder_id).tuples())

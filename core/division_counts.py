"""The maintained figures follow a change of the tree, without counting a million records anew.

What was counted at a division is taken from the ancestors it leaves and given to those it joins; the result equals a
recount from records and ledger, which a property test compares.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import counters, db, ledger
from .counters import CounterRow
from .division_records import Model, describes_division
from .registry import registry
from .tree import Node, Tree


def shift(division_id: int, leave: Iterable[int], join: Iterable[int]) -> None:
    """Take what is counted at ``division_id`` from the divisions ``leave`` and add it to those of ``join``."""
    leave, join = list(leave), list(join)
    if not leave and not join:
        return
    counters.fold(10**9)
    rows = list(CounterRow.select(CounterRow.entity, CounterRow.month, CounterRow.dimension, CounterRow.value,
                                  CounterRow.n).where(CounterRow.division_id == division_id, CounterRow.n != 0).tuples())
    counters.apply((entity, place, month, dimension, value, sign * n)
                   for entity, month, dimension, value, n in rows
                   for places, sign in ((leave, -1), (join, 1)) for place in places)
    counters.fold(10**9)


def moved(before: Node, after: Node) -> None:
    """A division went from one place to another (``before`` and ``after`` are its nodes)."""
    shift(before.id, [place for place in before.path if place not in after.path],
          [place for place in after.path if place not in before.path])


def merged(source: Node, target: Node, tree: Tree) -> None:
    """A division was merged into another of its level; ``tree`` is the new tree."""
    shift(source.id, [place for place in source.path if place not in target.path],
          [place for place in target.path if place not in source.path])
    _recount_describing(tree)


def _recount_describing(tree: Tree) -> None:
    """Records that describe a division stay with it when it is merged: few enough to count anew."""
    for entity in registry().entities.values():
        if entity.division and describes_division(entity.model):
            counters.recount(entity, tree, repair=True)


def handed_on(holders: Mapping[Model, Sequence[tuple[int, int, int]]], tree: Tree, old: Tree, *, change_id: int,
              account_id: int | None) -> None:
    """Book that open cases left one bank and arrived at another, so that each level's balance of the month holds."""
    for model, flows in holders.items():
        entity = next((one for one in registry().entities.values() if one.model is model), None)
        if entity is None:
            continue
        moment, booked = db.now(), []
        rows: list[Any] = []
        for former_id, new_id, count in flows:
            heir = tree.heir(former_id)
            if heir is not None and heir.id == new_id:
                continue  # the new holder took over the whole bank, with its history
            for place_id, kind in ((former_id, "sent_down"), (new_id, "received")):
                place = tree.heir(place_id) or old.get(place_id)
                if place is not None:
                    booked += [(place_id, place.level, kind)] * count
                    rows += counters.flow(entity.key, place, kind, counters.month_of(moment)) * count
        if booked:
            ledger.append(entity.key, 0, "division_change", account_id=account_id, at=moment,
                          facts={"change": change_id, "flows": booked})
            counters.apply(rows)

"""The balance law over several months and three levels, whatever people do and whoever closes when.

Random sequences of reporting, sending up and down, handing over, answering, writing off and withdrawing run through four
months; months are closed in between by the levels themselves or by the county in one go. Every bank of every month balances,
each month opens with what the one before left open, and what was frozen is what the ledger says.
"""
from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_balance import Model, assert_balanced, walk


def places(world):
    """The divisions that keep banks, lowest level first."""
    tree = world.tree
    return [(tree.village, "secretary"), (tree.second_village, "other_secretary"), (tree.town, "officer"),
            (tree.other_town, "other_officer"), (tree.county, "county")]


def close_what_is_over(world, rng, shift):
    """Close every month that is over, one level after the other or the subtree in one go; some are left for later."""
    from grid321.core import db, months, snapshot

    with db.shift_clock(shift):
        for place, who in places(world):
            node = snapshot.current().tree.get(place.id)
            below = node.level == "county" or rng.random() < 0.3
            while (month := months.next_to_close(node)) is not None and months.is_over(month):
                if rng.random() < 0.2 or (not below and months.waiting_below(node, month)):
                    break
                if any((first := months.next_to_close(one)) is not None and first < month
                       for one in months.waiting_below(node, month)):
                    break
                assert_same_books(months.check(node, month, below=below))
                months.close(node, month, world.actors[who], below=below)


def assert_same_books(plan):
    """What a close reads from the newest frozen months on is what the whole ledger says."""
    from grid321.core.month_books import Books

    whole = Books()
    for entity in whole.entities:
        for node in plan.divisions:
            assert plan.books.terms(entity, node, plan.month) == whole.terms(entity, node, plan.month)
            assert plan.books.open_by_ledger(entity, node) == whole.open_by_ledger(entity, node)
            assert plan.books.keeps(entity, node) == whole.keeps(entity, node)


def assert_frozen(world):
    """Each frozen month balances by itself, opens with what the one before left, and is what the ledger says."""
    from grid321.core import month_check
    from grid321.core.counters import open_after
    from grid321.core.month_rows import MonthClose

    assert list(month_check.verify()) == []
    rows = {(row.division_id, row.month): row for row in MonthClose.select()}
    for (division_id, month), row in rows.items():
        own = row.figures["own"]["grid.report"]
        assert own["open"] == open_after(own["opening"], own) >= 0
        before = rows.get((division_id, month_check.before_month(month)))
        if before is not None:
            assert own["opening"] == before.figures["own"]["grid.report"]["open"]
        for terms in row.figures["below"].get("grid.report", {}).values():
            assert terms["open"] == open_after(terms["opening"], terms)
    return rows


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_every_month_balances_and_stays_as_it_was_frozen_whatever_people_do(world, seed):
    from grid321.core import snapshot, statistics

    rng = random.Random(seed)
    if not hasattr(world, "model"):
        world.model, world.last, world.frozen = Model(snapshot.current().tree), "", {}
    world.last = max(world.last, walk(world, world.model, rng, 30))
    close_what_is_over(world, rng, world.model.shift)
    rows = assert_frozen(world)
    for key, figures in world.frozen.items():
        assert rows[key].figures == figures
    world.frozen = {key: row.figures for key, row in rows.items()}
    assert_balanced(world, world.model, world.last)
    assert statistics.recount("grid.report") == []


@pytest.mark.parametrize("seed", [3, 21])
def test_a_walk_of_months_closes_at_every_level(world, seed):
    from grid321.core import snapshot
    from grid321.core.month_rows import MonthClose

    model, rng = Model(snapshot.current().tree), random.Random(seed)
    for _round in range(4):
        walk(world, model, rng, 30)
        model.shift += timedelta(days=12)
        close_what_is_over(world, rng, model.shift)
    rows = assert_frozen(world)
    assert {row.level for row in rows.values()} == {"village", "town", "county"}
    assert MonthClose.select(MonthClose.month).distinct().count() >= 2
    assert any(row.figures["own"]["grid.report"]["sent_up"] for row in rows.values())

"""Maintained counts equal a recount after any walk, and each level's month balances."""
from collections import Counter as Bag

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid321.core import counters, db, engine, snapshot
from grid321.core.errors import Problem

LEVELS = ("village", "town", "county")


def tree():
    return snapshot.current().tree


def stock(entity, node, column="state"):
    return {value: n for _place, _column, value, n in counters.counts(entity.key, [node.id], [column])}


def unbalanced(entity, node):
    """Level and sums of every level whose booked flows do not balance with what is open there now."""
    booked = {level: Bag() for level in LEVELS}
    for _place, level, _month, kind, n in counters.flows(entity.key, [node.id], LEVELS):
        booked[level][kind] += n
    open_now = Bag()
    model = entity.model
    for holder_id, state in model.select(model.holder_id, model.state).tuples():
        if state not in {"closed", "explained", "withdrawn"} and tree().covers(node, tree().get(holder_id)):
            open_now[tree().get(holder_id).level] += 1
    return [(level, dict(b), open_now[level]) for level, b in booked.items()
            if b["collected"] + b["received"] != b["solved"] + b["closed"] + b["withdrawn"] + b["sent_up"] + b["sent_down"]
            + open_now[level]]


def test_a_new_matter_counts_at_every_level_above_it(here, raise_matter):
    raise_matter()
    for node in (here.tree.village, here.tree.town, here.tree.county, here.tree.city):
        assert stock(here.entity, node) == {"open": 1}
    assert stock(here.entity, here.tree.other_town) == {}


def test_what_is_sent_up_leaves_one_bank_and_enters_the_next_without_counting_twice(here, raise_matter, step):
    step(raise_matter(), "send_up", here.village, record="会议")
    rows = {(level, kind): n for _p, level, _m, kind, n in counters.flows(here.entity.key, [here.tree.county.id], LEVELS)}
    assert rows == {("village", "collected"): 1, ("village", "sent_up"): 1, ("town", "received"): 1}
    assert stock(here.entity, here.tree.county) == {"open": 1}
    assert unbalanced(here.entity, here.tree.county) == []


ACTIONS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(
    ["new", "send_up", "send_down", "hand_over", "answer", "give_back", "rate", "close", "explain", "withdraw"]),
    st.sampled_from(["village", "town", "county", "clerk", "resident"])), max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS)
def test_after_any_walk_counts_equal_a_recount_and_every_level_balances(here, raise_matter, walk):
    model = here.entity.model
    answers = {"send_up": {"record": "会议"}, "send_down": {"reason": "能办的"}, "hand_over": {"department_id": here.office.id},
               "answer": {"reason": "已办"}, "give_back": {"reason": "不归口"}, "rate": {"rating": "good"}}
    for number, action, who in walk:
        rows = list(model.select().order_by(model.id.desc()).limit(4))
        if action == "new" or not rows:
            raise_matter()
            continue
        matter = rows[number % len(rows)]
        try:
            engine.perform(here.entity, matter.id, action, answers.get(action, {}), getattr(here, who), matter.version,
                           here.tree.county)
        except Problem:
            continue
    assert counters.recount(here.entity, tree()) == []
    for node in (here.tree.village, here.tree.town, here.tree.county):
        assert unbalanced(here.entity, node) == []


def test_a_recount_names_a_wrong_figure_and_repairs_it(here, raise_matter):
    raise_matter()
    counters.fold()
    counters.CounterRow.update(n=7).where(counters.CounterRow.division_id == here.tree.county.id).execute()
    wrong = counters.recount(here.entity, tree())
    assert (here.tree.county.id, "state", "", "open", 7, 1) in wrong
    counters.recount(here.entity, tree(), repair=True)
    assert counters.recount(here.entity, tree()) == []
    assert stock(here.entity, here.tree.county) == {"open": 1}


def test_folding_changes_no_figure(here, raise_matter):
    for _ in range(3):
        raise_matter()
    before = stock(here.entity, here.tree.county)
    counters.fold()
    assert stock(here.entity, here.tree.county) == before == {"open": 3}
    assert counters.CounterDelta.select().count() == 0


def test_what_was_folded_is_cleared_so_that_readers_do_not_walk_over_it(here, raise_matter, monkeypatch):
    monkeypatch.setattr(counters, "_CLEAR_AFTER", 1)
    for _ in range(3):
        raise_matter()
    counters.keep_folded()
    assert stock(here.entity, here.tree.county) == {"open": 3}
    if db.is_postgres():
        size = "SELECT pg_relation_size('core_counter_delta')"
        assert db.database.execute_sql(size).fetchone() == (0,)  # an emptied table gives its pages back


@pytest.mark.parametrize(("record", "column", "text"), [
    ({"state": "open"}, "state", "open"), ({"kind": None}, "kind", ""),
    ({"kind": "light", "state": "open"}, "kind,state", "light|open")])
def test_a_pair_of_columns_is_counted_as_one_value(record, column, text):
    assert counters.text_of(record, column) == text

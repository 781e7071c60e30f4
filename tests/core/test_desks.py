"""Desks for plugins: what waits for whom, how much of it, the step that leads on, and what is overdue where."""
from __future__ import annotations

from datetime import timedelta

import pytest

from grid321.core import desks
from grid321.core import statistics as st
from grid321.core.db import local_day


@pytest.fixture
def late():
    """Open matters that are overdue."""
    return st.Overdue("matters.late", "Overdue", "matters.matter", "open and late")


def test_a_desk_lists_what_waits_with_the_step_that_leads_on(here, raise_matter):
    first, second = raise_matter("路灯不亮"), raise_matter("水沟堵塞")
    rows = desks.waiting(here.entity, "holder", here.tree.village, here.village, local_day())

    assert [row["number"] for row in rows] == [first.number, second.number]
    flow = here.flow
    step = desks.first_step(flow, "open", "holder", here.village)
    assert rows[0]["state_key"] == "open"
    assert rows[0]["step"]["key"] == step.key
    assert rows[0]["step"]["url"] == f"{rows[0]['url']}/do/{step.key}"
    assert step.tone not in {"warn", "bad"} and step.by == "holder" and step.target != "open"


def test_a_desk_of_another_place_or_of_nobody_is_empty(here, raise_matter):
    raise_matter()

    assert desks.waiting(here.entity, "department", here.tree.village, here.village, local_day()) == []
    assert desks.waiting(here.entity, "holder", here.tree.village, here.reader, local_day()) == []
    assert desks.number_waiting(here.entity, "holder", here.tree.village, here.reader) == {}
    assert desks.first_step(here.flow, "open", "holder", here.reader) is None


def test_what_waits_is_counted_by_state_up_to_a_limit(here, raise_matter):
    for _number in range(4):
        raise_matter()

    assert desks.number_waiting(here.entity, "holder", here.tree.village, here.village) == {"open": 4}
    assert desks.number_waiting(here.entity, "holder", here.tree.village, here.village, most=3) == {"open": 3}


def test_overdue_matters_come_oldest_first_and_only_to_who_may_see_them(here, raise_matter, tick):
    first = raise_matter()
    tick(timedelta(days=5), sweep=False)
    second = raise_matter()
    tick(timedelta(days=60), sweep=False)
    fresh = raise_matter()
    rows = desks.longest_overdue(here.entity, here.tree.county, here.county, local_day(), 10)

    assert [row["number"] for row in rows] == [first.number, second.number]
    assert fresh.number not in {row["number"] for row in rows}
    assert [row["number"] for row in desks.longest_overdue(here.entity, here.tree.county, here.county, local_day(), 1)] == [
        first.number]
    assert desks.longest_overdue(here.entity, here.tree.county, here.county, local_day(), 10, without=("open",)) == []
    assert desks.longest_overdue(here.entity, here.tree.other_county, here.county, local_day(), 10) == []


def test_overdue_is_counted_for_every_division_below_as_for_each_alone(here, raise_matter, tick, late, switch_on):
    from grid321.core import switches

    for place in (here.tree.village, here.tree.village, here.tree.second_village):
        raise_matter(at=place, by=here.county)
    tick(timedelta(days=60), sweep=False)
    children = [here.tree.town, here.tree.other_town]
    found = st.overdue_by_child(late, here.entity, here.flow, children)

    assert found == {child.id: st.overdue(late, here.entity, here.flow, child) for child in children}
    assert found[here.tree.town.id] == 3
    assert st.overdue_by_child(late, here.entity, here.flow, children, most=2)[here.tree.town.id] == 2

    switches.turn("matters", here.tree.second_village, False)
    assert st.overdue_by_child(late, here.entity, here.flow, children)[here.tree.town.id] == 2

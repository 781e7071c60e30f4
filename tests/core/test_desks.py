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
    (pile,) = desks.piles([here.entity], ["holder"], here.tree.village, here.village)
    writer = desks.Writer(pile.face, here.tree.village, local_day())
    rows = [writer.row(raw) for raw in pile.rows]

    assert [row["number"] for row in rows] == [first.number, second.number]
    assert [row["order"] for row in rows] == [desks.order_of(raw) for raw in pile.rows]
    step = desks.first_step(here.flow, "open", "holder", here.village)
    assert rows[0]["state_key"] == "open" and rows[0]["url"].endswith(f"/{first.id}")
    assert pile.steps(here.village) == {"open": {"key": step.key, "label": str(step.label)}}
    assert step.tone not in {"warn", "bad"} and step.by == "holder" and step.target != "open"


def test_a_desk_of_another_place_or_of_nobody_is_empty(here, raise_matter):
    raise_matter()

    assert desks.piles([here.entity], ["department"], here.tree.village, here.village) == []
    assert desks.piles([here.entity], ["holder", "department"], here.tree.village, here.reader) == []
    assert desks.piles([], desks.DESKS, here.tree.village, here.village) == [] and desks.numbers_waiting([], 3) == []
    assert desks.first_step(here.flow, "open", "holder", here.reader) is None


def test_what_waits_is_counted_by_state_up_to_a_limit(here, raise_matter):
    for _number in range(4):
        raise_matter()
    found = desks.piles([here.entity], ["holder"], here.tree.village, here.village)

    assert desks.numbers_waiting(found, 1000) == [{"open": 4}]
    assert desks.numbers_waiting(found * 2, 3) == [{"open": 3}] * 2


def test_cases_without_a_day_come_after_those_with_one_and_no_more_than_a_desk_shows(here, raise_matter, monkeypatch):
    matters = [raise_matter() for _number in range(4)]
    model = here.entity.model
    model.update(due=None).where(model.id.in_([matters[0].id, matters[2].id])).execute()
    model.update(due=local_day() + timedelta(days=9)).where(model.id == matters[1].id).execute()
    model.update(due=local_day() - timedelta(days=1)).where(model.id == matters[3].id).execute()

    def shown():
        (pile,) = desks.piles([here.entity], ["holder"], here.tree.village, here.village)
        writer = desks.Writer(pile.face, here.tree.village, local_day())
        return [(raw[0], writer.section(raw[4])) for raw in pile.rows]

    assert shown() == [(matters[3].id, "overdue"), (matters[1].id, "waiting"), (matters[0].id, "waiting"),
                       (matters[2].id, "waiting")]
    monkeypatch.setattr(desks, "PER_DESK", 3)
    assert [key for key, _section in shown()] == [matters[3].id, matters[1].id, matters[0].id]


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

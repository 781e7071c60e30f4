"""Whatever people group, take out, split, convert and step: the balance holds, figures equal a recount, groups stay sound."""
from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import matters, proposals

from grid321.core import conversions, counters, db, engine, group_checks, groups, ledger, records, snapshot, statistics
from grid321.core.actor import SYSTEM
from grid321.core.errors import Problem
from grid321.core.registry import registry

ANSWERS = {"send_up": {"record": "纪要"}, "send_down": {"reason": "退回村里"}, "answer": {"reason": "已修复"},
           "give_back": {"reason": "不归我管"}, "rate": {"rating": "good"}}
KEYS = ("matters.matter", "proposals.proposal")


@pytest.fixture
def plugin_modules():
    return [matters, proposals]


@pytest.fixture
def ground(here, switch_on):
    switch_on("proposals", here.tree.county)
    return here


class Walk:
    """Random legal and illegal acts; what is refused must change nothing, which the checks at the end show."""

    def __init__(self, here, seed):
        self.here, self.rng, self.done = here, random.Random(seed), Counter()

    def cases(self, **wanted):
        model = self.here.entity.model
        query = model.select().where(model.closed_at.is_null())
        return [case for case in query if all(getattr(case, name) == value for name, value in wanted.items())]

    def act(self):
        name = self.rng.choices(("create", "join", "leave", "split", "step", "convert", "undo"), (5, 6, 2, 1, 9, 1, 1))[0]
        try:
            with db.transaction():
                getattr(self, name)()
            self.done[name] += 1
        except (Problem, IndexError):  # refused, or there is nothing yet to do it with
            self.done["refused"] += 1

    def create(self):
        tree = self.here.tree
        records.create(self.here.entity, {"title": "路灯不亮", "kind": "light"}, SYSTEM,
                       self.rng.choice([tree.village, tree.second_village, tree.town]))

    def pick(self, found):
        return self.rng.choice(found)

    def join(self):
        member, lead = self.pick(self.cases()), self.pick(self.cases())
        groups.join(self.here.entity, member.id, lead.id, SYSTEM, None, self.here.tree.county)

    def leave(self):
        member = self.pick(self.cases(bond="member") or self.cases())
        groups.leave(self.here.entity, member.id, SYSTEM, None, self.here.tree.county)

    def split(self):
        case = self.pick(self.cases())
        groups.split(self.here.entity, case.id, {"title": "一部分"}, SYSTEM, None, self.here.tree.county)

    def step(self):
        case = self.pick(self.cases())
        offered = [step for step in engine.possible(self.here.entity, case, SYSTEM) if step.flow != "joined"]
        step = self.rng.choices(offered, [1 if step.flow == "withdrawn" else 4 for step in offered])[0]
        answers = {"department_id": self.here.office.id} if step.key == "hand_over" else ANSWERS.get(step.key, {})
        engine.perform(self.here.entity, case.id, step.key, answers, SYSTEM, None, self.here.tree.county)

    def convert(self):
        case = self.pick([case for case in self.cases(bond=None) if case.state == "open"])
        item = conversions.of_step(self.here.entity, self.rng.choice(["propose", "muse"]))
        conversions.convert(item, case.id, conversions.draft(item, case), SYSTEM, None, self.here.tree.county)

    def undo(self):
        model = self.here.entity.model
        case = self.pick(list(model.select().where(model.bond == groups.TURNED)))
        conversions.undo(self.here.entity, case.id, SYSTEM, None, self.here.tree.county)


def check(here):
    tree = snapshot.current().tree
    for key in KEYS:
        entity = registry().entity(key)
        assert statistics.recount(key) == []
        assert group_checks.faults(entity) == []
        held = Counter(row[0] for row in entity.model.select(entity.model.holder_id).where(
            entity.model.closed_at.is_null() & entity.model.bond.is_null()).tuples())
        for node in (here.tree.village, here.tree.second_village, here.tree.town, here.tree.county):
            flows = Counter()
            for _place, _level, _month, kind, n in counters.flows(key, [node.id], (node.level,)):
                flows[kind] += n
            wanted = sum(n for holder, n in held.items()
                         if tree.get(holder).level == node.level and tree.covers(node, tree.get(holder)))
            assert counters.open_after(0, flows) == wanted, (key, node.name, flows)
    assert ledger.verify() == []


def dues_agree(here):
    """A member has no clock and no due date; any other open case is due when its first running clock is."""
    from grid321.core.clock_rows import OPEN, Deadline

    running = {row[0] for row in Deadline.select(Deadline.record_id).where(
        (Deadline.entity == here.entity.key) & Deadline.state.in_(OPEN)).tuples()}
    for case in here.entity.model.select():
        if case.bond == groups.MEMBER or case.closed_at is not None:
            assert case.due is None and case.id not in running, case.number
        elif case.state in {"open", "given"}:
            assert case.due is not None and case.id in running, (case.number, case.state)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_grouping_splitting_converting_and_stepping_keep_balance_and_figures(ground, seed):
    walk = Walk(ground, seed)
    for _turn in range(45):
        walk.act()
    check(ground)
    dues_agree(ground)


def test_the_random_walk_does_everything(ground):
    walk = Walk(ground, 321)
    for _turn in range(400):
        walk.act()
    assert {"create", "join", "leave", "split", "step", "convert", "undo", "refused"} <= set(walk.done), walk.done
    check(ground)
    dues_agree(ground)

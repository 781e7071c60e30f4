"""The balance law: whatever happens, at every level and in every month nothing appears from nowhere and nothing is lost.

opening + collected + received = solved + closed + withdrawn + sent up + sent down + open. A model that only looks at the
cases before and after each step is the second witness; the recount from records and ledger is the third.
"""
from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

REASON = {"reason": "不属于本单位职责。"}
ANSWERS = {
    "Answer": lambda rng: {"text": "已处理完毕。", "outcome": rng.choice(["solved", "solved", "explained", "in_progress"])},
    "Reason": lambda rng: REASON, "KeepNote": lambda rng: {"reason": "等待项目资金。"},
    "Rating": lambda rng: {"result": rng.choice(["satisfied", "basically"]), "attitude": "satisfied"},
    "AgainRating": lambda rng: {"reason": "还差一半。", "attitude": "not"},
    "Evaluation": lambda rng: {"checked_by": "主席团", "found": "现场已核实。"},
}
FINAL_FLOWS = {"closed": "solved", "ended": "closed", "withdrawn": "withdrawn"}
KINDS = ("collected", "received", "solved", "closed", "withdrawn", "sent_up", "sent_down")


class Model:
    """Books what it sees: (division, month) → kinds, from the cases alone."""

    def __init__(self, tree):
        self.tree = tree
        self.flows = {}
        self.taken = Counter()
        self.places = Counter()
        self.offers = {}
        self.shift = timedelta()

    @staticmethod
    def place(step, case):
        """Where a step is taken: what follows depends on the level that holds the case and on its outcome."""
        return step.key, case.state, case.holder_level, case.outcome

    def book(self, holder_id, month, kind):
        self.flows.setdefault((holder_id, month), Counter())[kind] += 1

    def step(self, before, after, month):
        if before is None:
            self.book(after.holder_id, month, "collected")
            return
        if before[0] != after.holder_id:
            up = self.tree.get(after.holder_id).depth < self.tree.get(before[0]).depth
            self.book(before[0], month, "sent_up" if up else "sent_down")
            self.book(after.holder_id, month, "received")
        if after.state in FINAL_FLOWS:
            self.book(after.holder_id, month, FINAL_FLOWS[after.state])

    def bank(self, node, level, month):
        """(opening, flows of the month) of a level at and below a node."""
        opening, flows = 0, Counter()
        for (holder_id, booked), kinds in self.flows.items():
            holder = self.tree.get(holder_id)
            if holder.level != level or not self.tree.covers(node, holder):
                continue
            if booked == month:
                flows.update(kinds)
            elif booked < month:
                opening += sum(n if kind in {"collected", "received"} else -n for kind, n in kinds.items())
        return opening, flows


def offered(world, case, actor):
    """The steps that somebody may take now, those with the record of a meeting too: `world.step` holds it first."""
    from grid321.core import engine

    workflow = engine.workflow_for(world.entity, case)
    gated = [step for step in workflow.from_state(case.state)
             if step.meeting and engine.may(step, case, actor) and (step.guard is None or step.guard(case, {}, actor) is None)]
    return [*(step for step in engine.possible(world.entity, case, actor) if not step.meeting), *gated]


def offers_of(world, case):
    """(person, step) for every step that somebody may take now."""
    return [(who, step) for who, actor in world.actors.items() for step in offered(world, case, actor)]


def least_taken(world, model, cases):
    """(case, offers) of the step that was taken least in its place, over all open cases; withdrawing ends a case early."""
    best, found = None, None
    for case in cases:
        mark = (case.id, case.version)
        if mark not in model.offers:  # nothing but a step of its own changes what a case offers
            model.offers[mark] = offers_of(world, case)
        for who, step in model.offers[mark]:
            times = model.taken["withdraw"] * 50 if step.key == "withdraw" else model.places[model.place(step, case)]
            if best is None or times < best:
                best, found = times, (case, [(who, step)])
    return found


def walk(world, model, rng, steps, *, seek=False):
    """Take random legal steps with random people over some months, and let the model watch.

    With ``seek`` the step that was taken least so far comes next: chance alone would have to hit the rare ones.
    """
    from grid321.core import counters, db

    model_class = world.entity.model
    cases = [case for case in model_class.select().order_by(model_class.id) if case.state not in FINAL_FLOWS]
    for _turn in range(steps):
        model.shift += timedelta(days=rng.choice([0, 0, 0, 1, 6]))  # time never runs backwards
        with db.shift_clock(model.shift):
            month = counters.month_of(db.now())
            if not cases or rng.random() < 0.25:
                grid = rng.choice([world.grid, world.second_grid])
                case = world.report("worker" if grid is world.grid else "neighbour", division=grid.code)
                model.step(None, case, month)
                cases.append(case)
                continue
            found = least_taken(world, model, cases) if seek else None
            case = found[0] if found else rng.choice(cases)
            offers = found[1] if found else offers_of(world, case)
            if not offers:
                continue
            weights = [1 / (1 + 20 * (step.key == "withdraw") + 3 * model.taken[step.key]) ** 2 for _who, step in offers]
            who, step = rng.choices(offers, weights)[0]  # rare steps first, or nearly every case is withdrawn early
            model.taken[step.key] += 1
            model.places[model.place(step, case)] += 1
            answers = {}
            for form in step.asks:
                if form.__name__ == "HandOver":
                    answers |= world.hand(world.office if case.holder_level == "town" else world.bureau)
                else:
                    answers |= ANSWERS[form.__name__](rng)
            before = (case.holder_id, case.state)
            after = world.step(who, case, step.key, answers)
            model.step(before, after, month)
            cases.remove(case)
            cases += [after] if after.state not in FINAL_FLOWS else []
    return counters.month_of(db.now() + model.shift)


def assert_balanced(world, model, last):
    """Every level of every division, every month up to ``last``: law, model, and at the end the cases themselves."""
    from grid321.core import statistics
    from grid321.core.registry import registry

    workflow = registry().workflow_of("grid.report")
    open_cases = [case for case in world.entity.model.select() if case.state not in FINAL_FLOWS]
    tree = model.tree
    for node in (world.tree.city, world.tree.county, world.tree.town, world.tree.village, world.tree.other_town):
        for month in statistics.months_back(last, 4):
            for bank in statistics.banks(world.entity, workflow, node, month):
                opening, flows = model.bank(node, bank.level, month)
                assert (bank.opening, +bank.flows) == (opening, +flows), (node.name, bank.level, month)
                assert bank.balanced
                assert bank.opening + bank.flows["collected"] + bank.flows["received"] == bank.open + sum(
                    bank.flows[kind] for kind in KINDS[2:])
        for bank in statistics.banks(world.entity, workflow, node, last):
            held = [case for case in open_cases if tree.get(case.holder_id).level == bank.level
                    and tree.covers(node, tree.get(case.holder_id))]
            assert bank.open == len(held), (node.name, bank.level)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_the_balance_holds_at_every_level_and_month_whatever_people_do(world, seed):
    from grid321.core import snapshot, statistics

    if not hasattr(world, "model"):
        world.model, world.last = Model(snapshot.current().tree), ""
    world.last = max(world.last, walk(world, world.model, random.Random(seed), 40))
    assert_balanced(world, world.model, world.last)
    assert statistics.recount("grid.report") == []


def test_the_random_walk_reaches_every_step_and_every_state(world):
    from grid321.core import snapshot
    from grid321.core.ledger import LedgerEntry
    from grid321.plugins.grid.workflow import HANDLING

    model = Model(snapshot.current().tree)
    rng = random.Random(321)
    wanted = {step.key for step in HANDLING.transitions}
    last = ""
    for _round in range(30):
        last = max(last, walk(world, model, rng, 20, seek=True))
        if wanted <= set(model.taken):
            break
    written = {row[0] for row in LedgerEntry.select(LedgerEntry.step).distinct().tuples()}
    assert wanted <= written, wanted - written
    assert_balanced(world, model, last)


def test_a_counter_that_was_tampered_with_is_found_by_the_recount_and_repaired(world):
    from grid321.core import counters, statistics

    world.report()
    counters.fold()
    counters.CounterRow.update(n=counters.CounterRow.n + 1).where(
        counters.CounterRow.dimension == "flow.village").execute()
    assert statistics.recount("grid.report")
    assert statistics.recount("grid.report", repair=True)
    assert statistics.recount("grid.report") == []


def test_the_ledger_of_a_walk_is_whole(world):
    from grid321.core import ledger, snapshot

    walk(world, Model(snapshot.current().tree), random.Random(7), 30)
    assert ledger.verify() == []

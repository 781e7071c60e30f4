"""The state machine of the stateful tests: clerks, clocks, months, switches and versions, checked after every action."""
import contextvars
import threading
from collections import Counter
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from grid321.core import (
    access,
    clock,
    clock_rows,
    counters,
    db,
    engine,
    ledger,
    month_check,
    months,
    outbox,
    records,
    snapshot,
    switches,
    verification,
    version_moves,
    version_publishing,
    versions,
)
from grid321.core.actor import SYSTEM
from grid321.core.errors import Conflict, Forbidden, NotFound, Refused, StaleVersion
from grid321.core.registry import registry

from . import redeclared, wild, wilder
from .wild.models import WildCase
from .wild_flows import ENTITY, KEY, extensions, later, workflows
from .wild_model import Model, ModelCase, open_in

PLACES = ("village", "second_village", "town", "other_village", "other_town", "county")
BEGIN = datetime(2027, 3, 2, 2)  # after the accounts were made; the same day in every run, so that every run is the same
TITLES, KINDS = ("plain", "plain", "plain", "stubborn"), ("red", "blue")
taken = Counter()
"""How often each kind of action happened in this process: what never happened proves nothing."""


def is_good(case):
    """What a person answers who ends the case: nothing random, so that both clerks of a race say the same."""
    return case.id % 2 == 0


class Ground:
    """One planted world, copied for every run of the machine: tree, offices, accounts, both plugins on."""

    def __init__(self, app, databases, url, tree, offices, actors):
        self.app, self.databases, self.url = app, databases, url
        self.tree, self.offices, self.actors = tree, offices, actors

    def begin(self):
        """Bind a fresh copy of the planted database."""
        self.databases.close()
        self.present = self.databases.fresh(self.url)
        db.connect(self.present)
        snapshot.forget()

    def end(self):
        """Remove the copy."""
        self.databases.close()
        self.databases.remove(self.present)
        db.connect(self.url)


class Life(RuleBasedStateMachine):
    """Drives random workflows; subclasses set ``ground``."""

    ground = None

    def __init__(self):
        super().__init__()
        self.ground.begin()
        self.shifts = []
        self.shift(BEGIN - db.now())
        self.fired = set()

    def teardown(self):
        try:
            if hasattr(self, "entity"):
                self.in_the_end()
        finally:
            for context in reversed(self.shifts):
                context.__exit__(None, None, None)
            wild.flows.clear()
            wilder.extensions.clear()
            self.ground.end()

    # ------------------------------------------------------------ beginning

    @initialize(flow=workflows(), extension=extensions(), region=st.sampled_from(PLACES))
    def begin(self, flow, extension, region):
        """A new deployment with one workflow; a region's plugin may be on somewhere."""
        now = snapshot.current().tree
        self.nodes = {name: now.get(getattr(self.ground.tree, name).id) for name in PLACES}
        self.model = Model(now, self.ground.offices)
        self.model.on["wild"] = dict(snapshot.current().switches.rows("wild"))
        self.model.extension = extension
        wilder.extensions[:] = [extension]
        self.declare(flow)
        self.entity = registry().entity(ENTITY)
        self.turn("wilder", self.nodes[region], True)
        for place in ("village", "other_village", "town"):
            self.raise_case(place, "plain", "blue")

    def declare(self, *flows):
        """Install a release that declares these versions."""
        wild.flows[:] = flows
        redeclared.restart(self.ground.app, (wild, wilder), {})
        versions.install()
        redeclared.restart(self.ground.app, (wild, wilder), versions.contents())
        self.model.bases |= {flow.version: flow for flow in flows}
        for case in self.model.cases.values():
            case.flow = registry().workflow_of(ENTITY, case.flow.version)

    def turn(self, plugin, node, on):
        switches.turn(plugin, node, on)
        self.model.on[plugin] = dict(snapshot.current().switches.rows(plugin))

    def shift(self, by):
        context = db.shift_clock((db._clock_shift[-1] if db._clock_shift else timedelta()) + by)
        context.__enter__()
        self.shifts.append(context)

    # ------------------------------------------------------------ people

    def who(self, case, step):
        """Somebody who may take the step."""
        if step.by == "reporter":
            return self.ground.actors["resident"]
        if step.by == "department" and case.department is not None:
            return self.ground.actors["clerk", case.department]
        return self.ground.actors["officer", case.holder.id]

    def answers(self, case, step):
        found = {"good": is_good(case)}
        if step.moves.kind == "to_department":
            found["department_id"] = self.ground.offices[case.holder.id]
        return found

    def perform(self, case, step, actor, version):
        return engine.perform(self.entity, case.id, step.key, self.answers(case, step), actor, version,
                              self.ground.tree.city)

    def month(self):
        return counters.month_of(db.now())

    def open_cases(self):
        return [case for case in self.model.cases.values() if not case.closed]

    def movable(self):
        return [(case, steps) for case in self.open_cases() if (steps := self.model.legal(case))]

    def note_overdue(self, *cases):
        """Tell the model which clocks have run out: resting later does not make them good."""
        moment = db.now()
        for case in cases:
            for row in clock.of(ENTITY, case.id):
                known = case.clocks.get(row.clock)
                if known is not None and row.state == "running":
                    known.over = moment >= clock_rows.over_at(row.due, row.due_at)

    # ------------------------------------------------------------ actions

    @rule(place=st.sampled_from(PLACES), title=st.sampled_from(TITLES), kind=st.sampled_from(KINDS))
    def create(self, place, title, kind):
        """A resident raises a case."""
        self.raise_case(place, title, kind)

    def raise_case(self, place, title, kind):
        node, month = self.nodes[place], self.month()
        actor = self.ground.actors["resident"]
        record = records.create(self.entity, {"title": title, "kind": kind}, actor, node)
        flow = registry().workflow_of(ENTITY)
        assert record.workflow_version == flow.version
        self.model.create(ModelCase(record.id, title, kind, node, flow.first, node, flow, actor.account_id), month)
        taken["create"] += 1

    @precondition(lambda self: self.movable())
    @rule(data=st.data(), turns=st.integers(2, 8))
    def steps(self, data, turns):
        """People take some steps that are allowed."""
        for _turn in range(turns):
            movable = self.movable()
            if not movable:
                return
            case, legal = data.draw(st.sampled_from(movable))
            self.step(case, data.draw(st.sampled_from(legal)))
            self.cases_are_as_they_should_be()

    more_steps = steps

    def step(self, case, step):
        self.note_overdue(case)
        actor, month = self.who(case, step), self.month()
        record = WildCase.get_by_id(case.id)
        offered = {one.key for one in engine.possible(self.entity, record, actor)}
        assert step.key in offered, f"{step.key} is not offered although it is legal"
        outcome = self.perform(case, step, actor, case.version)
        assert outcome.record.id == case.id
        self.count(case, step)
        before = case.state
        self.model.take(case, step, {"good": is_good(case)}, month)
        if case.state != step.target:
            taken["automatic"] += 1
        taken["loop" if before == step.target else "change"] += 1

    def count(self, case, step):
        taken[f"move {step.moves.kind}"] += 1
        taken[f"by {step.by}"] += 1
        if step.flow is not None:
            taken[f"flow {step.flow if isinstance(step.flow, str) else 'asked'}"] += 1
        if step.plugin:
            taken["step of the region"] += 1
        taken[f"under version {min(2, case.flow.version)}"] += 1

    @precondition(lambda self: self.open_cases())
    @rule(data=st.data())
    def impossible(self, data):
        """A step that is not possible now is refused; a stranger's too."""
        stopped = [(case, step) for case in self.open_cases() for step in case.flow.transitions
                   if case.state in step.sources and not step.automatic and self.model.refuses(case, step)
                   and self.model.reachable(case, step)]
        if stopped:  # by a guard alone: the rarest of all reasons, so it is not left to chance
            case, step = data.draw(st.sampled_from(stopped))
            self.refused(case, step, self.who(case, step), (Conflict, Refused, Forbidden, NotFound))
            taken["guarded"] += 1
        case = data.draw(st.sampled_from(self.open_cases()))
        legal = {step.key for step in self.model.legal(case)}
        wrong = [step for step in case.flow.transitions if step.key not in legal and not step.automatic]
        here = [step for step in wrong if case.state in step.sources]  # refused for another reason than the state
        wrong = here if here and data.draw(st.booleans()) else wrong
        if wrong:
            step = data.draw(st.sampled_from(wrong))
            actor = self.who(case, step)
            self.refused(case, step, actor, (Conflict, Refused, Forbidden, NotFound))
            if case.state not in step.sources:
                taken["impossible"] += 1
        rightful = self.model.legal(case)
        if rightful and data.draw(st.booleans()):
            step = data.draw(st.sampled_from(rightful))
            self.refused(case, step, self.ground.actors["stranger"], (Forbidden, NotFound))
            taken["stranger"] += 1
        if rightful and case.version > 1:
            self.refused(case, rightful[0], self.who(case, rightful[0]), (StaleVersion,), case.version - 1)
            taken["stale"] += 1

    def refused(self, case, step, actor, kinds, version=None):
        try:
            self.perform(case, step, actor, version or case.version)
        except kinds:
            return
        raise AssertionError(f"{step.key} was not refused")

    @precondition(lambda self: self.movable())
    @rule(data=st.data())
    def race(self, data):
        """Two clerks take one step at the same moment: one wins, the other learns the present state."""
        case, legal = data.draw(st.sampled_from(self.movable()))
        step = data.draw(st.sampled_from(legal))  # the same one, so that the run is the same whoever wins
        self.compete(case, [step, step])

    def compete(self, case, pair):
        self.note_overdue(case)
        month, version, barrier, found = self.month(), case.version, threading.Barrier(2), {}
        people = [self.who(case, step) for step in pair]

        def clerk(number):
            with self.ground.app.app_context():
                try:
                    barrier.wait(timeout=20)
                    self.perform(case, pair[number], people[number], version)
                    found[number] = None
                except Exception as problem:
                    found[number] = problem
                finally:
                    db.close_thread()

        threads = [threading.Thread(target=contextvars.Context().run, args=(clerk, number)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [number for number, problem in found.items() if problem is None]
        assert len(winners) == 1, f"{len(winners)} winners: {found}"
        self.model.take(case, pair[winners[0]], {"good": is_good(case)}, month)
        self.loser(case, found[1 - winners[0]], people[1 - winners[0]])
        self.count(case, pair[winners[0]])
        taken["race"] += 1

    def loser(self, case, problem, actor):
        """The loser gets a conflict with the present state, or is no longer told of the case at all."""
        if isinstance(problem, (Conflict, StaleVersion)):
            assert problem.extra["state"] == case.state, f"told {problem.extra}, it is {case.state}"
            return
        assert isinstance(problem, NotFound), f"the loser got {problem!r}"
        try:
            access.fetch(self.entity, case.id, "view", self.ground.tree.city, actor)
        except NotFound:
            return
        raise AssertionError("the loser sees the case but was told it is not there")

    @precondition(lambda self: self.open_cases())
    @rule(data=st.data(), kind=st.sampled_from(("red", "blue", "green")))
    def edit(self, data, kind):
        """Somebody corrects a case."""
        case = data.draw(st.sampled_from(self.open_cases()))
        records.update(self.entity, case.id, {"kind": kind}, self.ground.actors["officer", case.home.id], case.version,
                       self.ground.tree.city)
        if case.kind != kind:
            case.kind, case.version, case.entries = kind, case.version + 1, case.entries + 1
            taken["edit"] += 1

    # ------------------------------------------------------------ time

    @rule(hours=st.sampled_from((1, 6, 30, 24 * 3, 24 * 12, 24 * 40)), together=st.booleans())
    def time_passes(self, hours, together):
        """Time goes on, and the sweep does once what is due, whoever sweeps."""
        self.shift(timedelta(hours=hours))
        moment = db.now()
        rows = list(clock.Deadline.select().where(clock.Deadline.entity == ENTITY))
        due = {row.id for row in rows if row.state == "running" and row.fired_at is None
               and moment >= clock_rows.over_at(row.due, row.due_at)}
        if together:
            threads = [threading.Thread(target=contextvars.Context().run, args=(self.sweep,)) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        clock.sweep(limit=10_000)
        now = {row.id: row for row in clock.Deadline.select().where(clock.Deadline.entity == ENTITY)}
        assert {key for key, row in now.items() if row.fired_at is not None} == self.fired | due
        self.fired |= due
        taken["fired"] += len(due)
        assert clock.sweep(limit=10_000) == 0, "the second sweep found the same again"
        if hours > 24:
            self.close_month()

    more_time = time_passes

    def sweep(self):
        with self.ground.app.app_context():
            try:
                clock.sweep(limit=10_000)
            finally:
                db.close_thread()

    def close_month(self):
        """The county closes the oldest month that is over, with everything below it."""
        county = self.nodes["county"]
        month = months.next_to_close(county) or next(iter(sorted({key[1] for key in self.model.flows})), None)
        if month is not None and month < self.month():
            months.close(county, month, SYSTEM, below=True)
            taken["month"] += 1

    # ------------------------------------------------------------ configuration

    @rule(plugin=st.sampled_from(("wilder", "wild")), place=st.sampled_from(PLACES), on=st.booleans())
    def switch(self, plugin, place, on):
        """The region's plugin is switched somewhere, or that of the cases for a town: nothing is sent up to where it is off."""
        if plugin == "wild":
            place = "town" if "village" in place else "other_town"
        self.turn(plugin, self.nodes[place], on)
        taken["switch"] += 1

    @precondition(lambda self: max(self.model.bases) < 3)
    @rule(data=st.data(), forget=st.booleans())
    def publish(self, data, forget):
        """A release brings another version; it is published. Sometimes the release no longer has the old ones."""
        newest = self.model.bases[max(self.model.bases)]
        following = data.draw(later(newest))
        before = registry().workflow_of(ENTITY).version
        self.declare(*([] if forget else wild.flows), following)
        assert registry().workflow_of(ENTITY).version == before, "nobody published it yet"
        version_publishing.publish(KEY, following.version, SYSTEM)
        assert registry().workflow_of(ENTITY).version == following.version
        taken["publish"] += 1

    @precondition(lambda self: self.model.under_others(registry().workflow_of(ENTITY)))
    @rule(data=st.data())
    def move(self, data):
        """The administrator moves the running cases to the newest version, or is told which ones are stranded."""
        flow = registry().workflow_of(ENTITY)
        present = sorted({case.state for case in self.model.under_others(flow)})
        goals = [state.key for state in flow.states if not state.final]
        mapping = {key: data.draw(st.sampled_from(goals)) for key in present
                   if data.draw(st.integers(0, 2)) > (key in goals)}
        stranded = self.model.stranded(flow, mapping)
        plan = version_moves.plan(KEY, flow.version, mapping)
        assert {case.id for case, _reason in plan.stranded} == stranded
        self.note_overdue(*self.model.under_others(flow))
        try:
            moved = version_moves.move(KEY, flow.version, SYSTEM, mapping)
        except Refused:
            assert stranded
            taken["stranded"] += 1
            return
        assert not stranded
        assert (moved.done, moved.missed) == (len(self.model.under_others(flow)), [])
        self.model.move(flow, mapping)
        taken["moved"] += moved.done

    def strand(self):
        """A move that would put open cases into an end is refused; the checks that follow see that nothing changed."""
        flow = registry().workflow_of(ENTITY)
        others = self.model.under_others(flow)
        if others:
            try:
                version_moves.move(KEY, flow.version, SYSTEM, {others[0].state: "done"})
            except Refused:
                taken["stranded"] += 1
            else:
                raise AssertionError("cases were moved into an end")

    # ------------------------------------------------------------ what must hold

    @invariant()
    def cases_are_as_they_should_be(self):
        """State, version, holder, department of every case; one ledger entry and one outbox row per step."""
        if not hasattr(self, "entity"):
            return
        rows = {row.id: row for row in WildCase.select()}
        assert set(rows) == set(self.model.cases)
        entries, told = self.entries(), self.told()
        for case in self.model.cases.values():
            row = rows[case.id]
            should = (case.state, case.version, case.holder.id, case.department, case.flow.version, case.kind, case.touched,
                      case.closed)
            stored = (row.state, row.version, row.holder_id, row.department_id, row.workflow_version, row.kind, row.touched,
                      row.closed_at is not None)
            assert stored == should, f"case {case.id} is {stored}, should be {should}"
            assert [version for _step, version in entries[case.id]] == list(range(1, case.version + 1))
            assert len(entries[case.id]) == case.entries
            assert told[case.id] == Counter(step for step, _version in entries[case.id])
            self.clocks_of(case, row)

    def entries(self):
        found = {key: [] for key in self.model.cases}
        query = (ledger.LedgerEntry.select(ledger.LedgerEntry.record_id, ledger.LedgerEntry.step, ledger.LedgerEntry.version)
                 .where(ledger.LedgerEntry.entity == ENTITY).order_by(ledger.LedgerEntry.id).tuples())
        for record_id, step, version in query:
            if step != "overdue":
                found[record_id].append((step, version))
        return found

    def told(self):
        found = {key: Counter() for key in self.model.cases}
        query = outbox.OutboxRow.select(outbox.OutboxRow.record_id, outbox.OutboxRow.action).where(
            outbox.OutboxRow.entity == ENTITY).tuples()
        for record_id, action in query:
            if action not in ("overdue", "reminder"):
                found[record_id][action] += 1
        return found

    def clocks_of(self, case, row):
        deadlines = clock.of(ENTITY, case.id)
        taken["paused"] += any(one.state == "paused" for one in deadlines)
        stands = {one.clock: one.state for one in deadlines if one.state in ("running", "paused")}
        should = {key: one.state for key, one in case.open_clocks().items()}
        assert stands == should, f"case {case.id}: clocks {stands}, should be {should}"
        assert sum(one.state in ("running", "paused") for one in deadlines) == len(stands), "a clock runs twice"
        running = [one.due for one in deadlines if one.state == "running"]
        assert row.due == (min(running) if running else None)
        for one in deadlines:
            assert one.fired_at is None or not any(begin < one.fired_at < end for begin, end in clock_rows.pauses(one))

    @invariant()
    def no_clock_fired_twice(self):
        """As many overdue entries as clocks that fired."""
        if not hasattr(self, "entity"):
            return
        noted = Counter((row[0], row[1]["clock"]) for row in ledger.LedgerEntry.select(
            ledger.LedgerEntry.record_id, ledger.LedgerEntry.facts).where(
            (ledger.LedgerEntry.entity == ENTITY) & (ledger.LedgerEntry.step == "overdue")).tuples())
        fired = Counter((row[0], row[1]) for row in clock.Deadline.select(clock.Deadline.record_id, clock.Deadline.clock).where(
            (clock.Deadline.entity == ENTITY) & clock.Deadline.fired_at.is_null(False)).tuples())
        assert noted == fired

    @invariant()
    def every_bank_balances(self):
        """Counters equal a recount and the model; opening + in = out + open at every bank; the chain is whole."""
        if not hasattr(self, "entity"):
            return
        tree = self.model.tree
        assert counters.recount(self.entity, tree) == []
        nodes = list(self.nodes.values())
        flows = Counter({(place, month, kind): n for place, level, month, kind, n in counters.flows(
            ENTITY, [node.id for node in nodes], self.model.levels) if tree.get(place).level == level})
        assert flows == self.model.flows
        for node in nodes:
            terms = Counter()
            for (place, _month, kind), n in flows.items():
                terms[kind] += n if place == node.id else 0
            into = terms["collected"] + terms["received"]
            out = sum(terms[kind] for kind in ("solved", "closed", "withdrawn", "sent_up", "sent_down"))
            assert into == out + open_in(self.model, node), f"{node.name} does not balance: {dict(terms)}"
        assert ledger.verify() == []

    def in_the_end(self):
        """The rarest steps so far, a race of different steps, then all that ``grid321 verify`` compares, and frozen months.

        Nothing is drawn any more, so that what earlier runs did may decide here.
        """
        for _turn in range(6):
            choices = [(case, step) for case, legal in self.movable() for step in legal]
            if choices:
                self.step(*min(choices, key=lambda one: (taken[f"move {one[1].moves.kind}"], taken[f"by {one[1].by}"])))
                self.cases_are_as_they_should_be()
        for case, legal in self.movable()[:2]:
            if len(legal) > 1:
                self.compete(case, [legal[0], legal[-1]])
                taken["race of two steps"] += 1
        self.strand()
        self.cases_are_as_they_should_be()
        self.every_bank_balances()
        assert list(verification.check_all()) == []
        assert list(month_check.verify()) == []


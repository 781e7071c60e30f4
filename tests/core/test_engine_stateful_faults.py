"""The stateful suite bites: with each of these faults in the engine it fails. Without any it passes (the suite itself)."""
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky, HypothesisException
from hypothesis.stateful import run_state_machine_as_test
from support.wild_machine import Life

from grid321.core import (
    chain,
    clock,
    clock_plans,
    clock_sweep,
    counters,
    engine,
    ledger,
    outbox,
    records,
    registry,
    routing,
    switches,
    version_moves,
)
from grid321.core.errors import Conflict

from .test_engine_stateful import ground, plugin_modules  # noqa: F401 - fixtures

pytestmark = pytest.mark.once

HUNT = settings(max_examples=400, stateful_step_count=25, derandomize=True, deadline=None, database=None,
                report_multiple_bugs=False, suppress_health_check=list(HealthCheck), phases=(Phase.generate,), print_blob=False)

FAULTS = {}


def fault(function):
    """Note a fault: ``function(monkeypatch)`` brings it in."""
    FAULTS[function.__name__] = function
    return function


def around(patch, place, name, change):
    """Replace ``place.name`` by ``change(original, *args, **named)``."""
    original = getattr(place, name)
    patch.setattr(place, name, lambda *args, **named: change(original, *args, **named))


def nothing(*_args, **_named):
    return None


# ---------------------------------------------------------------- counters, ledger, outbox

@fault
def counters_are_not_written(patch):
    patch.setattr(counters, "apply", nothing)


@fault
def a_flow_is_counted_twice(patch):
    around(patch, counters, "flow", lambda flow, *args: flow(*args) * 2)


@fault
def what_a_record_was_is_not_taken_off_the_stock(patch):
    around(patch, counters, "stock", lambda stock, entity, before, *rest: stock(entity, None, *rest))


@fault
def the_event_is_told_twice(patch):
    def twice(*args, **named):
        outbox.add(*args, **named)
        outbox.add(*args, **named)

    patch.setattr(engine, "outbox", SimpleNamespace(add=twice))


@fault
def the_event_is_not_told(patch):
    patch.setattr(engine, "outbox", SimpleNamespace(add=nothing))


@fault
def an_edit_is_not_told(patch):
    patch.setattr(records, "outbox", SimpleNamespace(add=nothing))


@fault
def the_entry_names_the_version_before(patch):
    around(patch, ledger, "append", lambda append, *args, **named: append(
        *args, **{**named, "version": named.get("version", 0) - 1}))


@fault
def the_step_is_entered_twice(patch):
    def twice(append, *args, **named):
        append(*args, **named)
        return append(*args, **named)

    around(patch, engine.ledger, "append", twice)


@fault
def the_chain_seals_something_else(patch):
    numbers = iter(range(10**9))
    around(patch, chain.Chain, "body", lambda body, *args: body(*args) + str(next(numbers)).encode())


@fault
def going_up_is_booked_as_going_down(patch):
    swap = {"sent_up": "sent_down", "sent_down": "sent_up"}
    around(patch, engine, "_flows", lambda flows, *args: [
        (place, level, swap.get(kind, kind)) for place, level, kind in flows(*args)])


@fault
def receiving_is_not_booked(patch):
    around(patch, engine, "_flows", lambda flows, *args: [flow for flow in flows(*args) if flow[2] != "received"])


@fault
def the_end_is_booked_where_the_case_began(patch):
    def home(flows, step, record, data, holder, target):
        return [(record.division_id if step.flow and kind in {"solved", "closed", "withdrawn"} else place, level, kind)
                for place, level, kind in flows(step, record, data, holder, target)]

    around(patch, engine, "_flows", home)


@fault
def what_the_answer_says_of_the_end_is_ignored(patch):
    def deaf(flows, step, record, data, holder, target):
        return flows(step, record, {**data, "good": True}, holder, target)

    around(patch, engine, "_flows", deaf)


# ---------------------------------------------------------------- compare-and-set, who may, where to

@fault
def compare_and_set_is_lost(patch):
    def write(entity, record, values):
        entity.model.update(values).where(entity.model.id == record.id).execute()
        for name, value in values.items():
            setattr(record, name, value)

    patch.setattr(engine, "_compare_and_set", write)
    around(patch, engine, "_check_state", lambda check, flow, step, record, version: check(flow, step, record, None))


@fault
def a_stale_version_is_taken(patch):
    around(patch, engine, "_check_state", lambda check, flow, step, record, version: check(flow, step, record, None))


@fault
def the_loser_is_told_a_wrong_state(patch):
    def lie(check, flow, step, record, version):
        try:
            check(flow, step, record, version)
        except Conflict as problem:
            problem.extra["state"] = flow.first + "?"
            raise

    around(patch, engine, "_check_state", lie)


def without(*names):
    """A compare-and-set that does not write these columns."""
    def change(write, entity, record, values):
        write(entity, record, {name: value for name, value in values.items() if name not in names})

    return change


@fault
def the_version_stays(patch):
    around(patch, engine, "_compare_and_set", without("version"))


@fault
def the_holder_stays(patch):
    around(patch, engine, "_compare_and_set", without("holder_id"))


@fault
def the_end_is_not_marked(patch):
    around(patch, engine, "_compare_and_set", without("closed_at"))


@fault
def what_the_step_writes_is_lost(patch):
    around(patch, engine, "_compare_and_set", without("touched", "kind"))


@fault
def the_due_day_is_not_written(patch):
    around(patch, engine, "_compare_and_set", without("due"))


@fault
def anybody_may_take_a_step(patch):
    patch.setattr(engine, "may", lambda step, record, actor: True)


@fault
def guards_are_not_asked(patch):
    patch.setattr(engine, "refuse", nothing)


@fault
def a_step_of_a_plugin_is_there_where_it_is_off(patch):
    patch.setattr(engine, "held_where_on", lambda plugin, record: True)


@fault
def a_plugin_is_on_everywhere(patch):
    patch.setattr(switches.Switches, "is_on", lambda self, plugin, node: True)


@fault
def steps_that_go_by_themselves_do_not(patch):
    patch.setattr(engine, "_automatic", nothing)


@fault
def the_department_is_forgotten(patch):
    around(patch, engine, "destination", lambda find, *args: routing.Place(find(*args).holder, None))


@fault
def down_leads_to_the_parent_of_the_origin(patch):
    def wrong(find, entity, workflow, step, record, data):
        found = find(entity, workflow, step, record, data)
        if step.moves.kind != "down":
            return found
        above = routing.snapshot.current().tree.parent(found.holder)
        return routing.Place(above, None) if above is not None else found

    around(patch, engine, "destination", wrong)


# ---------------------------------------------------------------- clocks

@fault
def clocks_do_not_start(patch):
    patch.setattr(clock, "start", nothing)


@fault
def a_clock_starts_twice(patch):
    def twice(start, *args):
        start(*args)
        start(*args)

    around(patch, clock, "start", twice)


@fault
def clocks_do_not_end(patch):
    around(patch, clock, "_end", lambda end, found, goal, step: end(found, goal, step) if found is None else None)


@fault
def clocks_do_not_rest(patch):
    patch.setattr(clock, "_pause", lambda deadline_id, moment: True)


@fault
def resting_clocks_do_not_go_on(patch):
    patch.setattr(clock, "_resume", lambda deadline_id, moment: clock.Deadline.get_by_id(deadline_id).due)


@fault
def a_clock_fires_again_and_again(patch):
    patch.setattr(clock_sweep, "next_moment", lambda due, due_at, remind, after, fired=False: after)


@fault
def a_clock_fires_a_day_early(patch):
    around(patch, clock_sweep, "over_at", lambda over, *args: over(*args) - timedelta(days=1))
    around(patch, clock_plans, "next_moment", lambda following, day, *rest: following(day - timedelta(days=1), *rest))


@fault
def the_sweep_overlooks_what_is_due(patch):
    around(patch, clock_plans, "next_moment", nothing)


@fault
def firing_leaves_no_entry(patch):
    patch.setattr(clock_sweep, "ledger", SimpleNamespace(append=nothing))


@fault
def an_overdue_clock_rests_after_all(patch):
    around(patch, clock, "over_at", lambda over, *args: over(*args) + timedelta(days=9999))


@fault
def clocks_of_a_plugin_start_where_it_is_off(patch):
    around(patch, clock_plans, "plans_of", lambda plan, starting, *rest: plan(
        [(event, replace(one, plugin="")) for event, one in starting], *rest))


# ---------------------------------------------------------------- versions, months

@fault
def new_cases_begin_under_a_version_nobody_published(patch):
    around(patch, registry.Registry, "workflow_of", lambda find, self, key, version=None: find(
        self, key, self.newest[key].version if version is None else version))


@fault
def running_cases_follow_the_newest_version(patch):
    patch.setattr(engine, "workflow_for", lambda entity, record: registry.registry().workflow_of(entity.key))


@fault
def stranded_cases_are_moved(patch):
    patch.setattr(version_moves, "_stranded", lambda flow, case, goal, tree: "")


@fault
def moved_cases_get_no_entry(patch):
    around(patch, version_moves, "insert_rows",
           lambda insert, model, *rest: None if model is ledger.LedgerEntry else insert(model, *rest))


@fault
def moved_cases_keep_their_clocks(patch):
    patch.setattr(version_moves, "_write_clocks", nothing)


@fault
def moved_cases_are_counted_in_their_old_state(patch):
    patch.setattr(version_moves, "counters", SimpleNamespace(
        **{**vars(counters), "apply": nothing}))


@pytest.mark.parametrize("name", FAULTS)
def test_the_suite_catches(name, ground, monkeypatch):  # noqa: F811 - the fixture
    with monkeypatch.context() as patch:
        FAULTS[name](patch)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the suite says
            run_state_machine_as_test(type("Machine", (Life,), {"ground": ground}), settings=HUNT)
    assert not isinstance(caught.value, HypothesisException) or isinstance(caught.value, Flaky)

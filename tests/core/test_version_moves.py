"""Moving running cases to another version: dry run, one transaction, an entry each, nobody stranded."""
from contextlib import ExitStack
from dataclasses import replace

import pytest
from support import matters, redeclared
from support.matters.declarations import FLOW

from grid321.core import clock, counters, engine, ledger, outbox, snapshot, verification, version_moves, version_publishing
from grid321.core.actor import SYSTEM
from grid321.core.api import Clock, State, Transition, days
from grid321.core.errors import Conflict, Invalid, Refused
from grid321.core.version_checks import check
from grid321.core.versions import row_of

KEY = "matters.handling"


def renamed(version=2):
    """“Open” is split in two: “heard”, with a clock of its own, and “begun”; the clock of departments rests while it waits."""
    states = tuple(
        State("heard", "Heard", clocks=(Clock("hear", days(3), "Hearing", "notify"),)) if s.key == "open"
        else replace(s, clocks=(replace(s.clocks[0], until=("given",), pause=("answered",)),)) if s.key == "given" else s
        for s in FLOW.states)
    steps = tuple(replace(t, source=tuple("heard" if key == "open" else key for key in t.sources),
                          target="heard" if t.target == "open" else t.target) for t in FLOW.transitions)
    begin = Transition("begin", "heard", "begun", "Begin", "matters.close")
    end = Transition("finish", "begun", "closed", "Finish", "matters.close", flow="solved")
    return replace(FLOW, version=version, states=(*states, State("begun", "Begun")), transitions=(*steps, begin, end))


@pytest.fixture
def scene(app, here, raise_matter, step):
    """Two open matters, one with the department, one answered, one closed, under version 1; version 2 is published."""
    found = {name: raise_matter(name) for name in ("open", "second", "given", "answered", "closed")}
    for name in ("given", "answered"):
        found[name] = step(found[name], "send_up", here.village, record="议定")
        found[name] = step(found[name], "hand_over", here.town, department_id=here.office.id)
    found["answered"] = step(found["answered"], "answer", here.clerk, reason="已办")
    found["closed"] = step(found["closed"], "close", here.village)
    with ExitStack() as stack:
        stack.enter_context(redeclared.running(app, redeclared.release(matters, FLOW, renamed())))
        version_publishing.publish(KEY, 2, SYSTEM)
        yield found


def stored(here, matter):
    return here.entity.model.get_by_id(matter.id)


def running(here, matter):
    return {row.clock: row.state for row in clock.of(here.entity.key, matter.id)}


def everything(here):
    """All that a move may write, to see that nothing was."""
    model = here.entity.model
    return (list(model.select().order_by(model.id).dicts()), list(clock.Deadline.select().order_by(clock.Deadline.id).dicts()),
            ledger.LedgerEntry.select().count(), outbox.OutboxRow.select().count(),
            counters.recount(here.entity, snapshot.current().tree))


def test_the_dry_run_counts_by_state_and_names_what_is_stranded(here, scene):
    before = everything(here)
    found = version_moves.plan(KEY, 2)
    assert found.states() == [(1, "answered", "answered", 1), (1, "given", "given", 1)]
    assert found.reasons() == [(1, "open", "no_state", 2)]
    assert {case.number for case, _reason in found.stranded} == {scene["open"].number, scene["second"].number}
    assert version_moves.clocks(version_moves.plan(KEY, 2, {"open": "heard"})) == [
        ("handle", "stop", 2), ("hear", "start", 2), ("reply", "keep", 1)]
    assert everything(here) == before


def test_a_version_that_strands_cases_is_refused_with_the_list_and_changes_nothing(here, scene):
    before = everything(here)
    with pytest.raises(Refused) as caught:
        version_moves.move(KEY, 2, SYSTEM)
    assert (caught.value.code, sorted(caught.value.errors["state"])) == (
        "stranded", sorted([scene["open"].number, scene["second"].number]))
    assert "“Open”" in str(caught.value.detail)
    assert everything(here) == before


@pytest.mark.parametrize(("mapping", "reason"), [({"open": "closed"}, "final"), ({"open": "given"}, "nobody")])
def test_no_case_is_moved_into_an_end_or_to_where_nobody_acts(here, scene, mapping, reason):
    assert {found[2] for found in version_moves.plan(KEY, 2, mapping).reasons()} == {reason}
    with pytest.raises(Refused):
        version_moves.move(KEY, 2, SYSTEM, mapping)


def test_a_level_without_a_bank_strands_what_it_holds(app, here, scene):
    with redeclared.running(app, redeclared.release(matters, replace(renamed(3), levels=("town", "county")))):
        version_publishing.publish(KEY, 3, SYSTEM)
        assert version_moves.plan(KEY, 3, {"open": "heard"}).reasons() == [(1, "open", "no_bank", 2)]


def test_the_move_writes_every_case_with_entry_event_counters_and_clocks(here, scene):
    assert version_moves.move(KEY, 2, SYSTEM, {"open": "heard"}) == version_moves.Moved(4, [])
    for name, state in (("open", "heard"), ("second", "heard"), ("given", "given"), ("answered", "answered")):
        now = stored(here, scene[name])
        assert (now.state, now.workflow_version, now.version) == (state, 2, scene[name].version + 1)
        entries = [row for row in ledger.LedgerEntry.select().where(ledger.LedgerEntry.record_id == now.id).dicts()
                   if row["step"] == "version" and row["entity"] == here.entity.key]
        assert [(row["from_state"], row["to_state"], row["version"], row["facts"]["from_version"], row["facts"]["to_version"])
                for row in entries] == [(scene[name].state, state, now.version, 1, 2)]
        assert outbox.OutboxRow.select().where((outbox.OutboxRow.record_id == now.id)
                                               & (outbox.OutboxRow.action == "version")).count() == 1
    assert running(here, scene["open"]) == {"handle": "cancelled", "hear": "running"}
    assert stored(here, scene["open"]).due == clock.of(here.entity.key, scene["open"].id)[-1].due
    assert running(here, scene["given"])["reply"] == "running"
    assert stored(here, scene["given"]).due == scene["given"].due, "a clock that both versions know keeps its date"
    kept = stored(here, scene["closed"])
    assert (kept.workflow_version, kept.version) == (1, scene["closed"].version), "a closed matter stays under its version"
    assert list(verification.check_all()) == []


def test_moved_cases_go_on_under_the_new_version(here, scene, step):
    version_moves.move(KEY, 2, SYSTEM, {"open": "heard"})
    matter = stored(here, scene["open"])
    assert {"begin", "close"} <= {t.key for t in engine.possible(here.entity, matter, here.village)}
    assert step(step(matter, "begin", here.village), "finish", here.village).state == "closed"
    assert list(verification.check_all()) == []


def test_a_clock_rests_and_goes_on_as_the_new_version_says(app, here, scene):
    version_moves.move(KEY, 2, SYSTEM, {"open": "heard"})
    resting = replace(renamed(3), states=tuple(
        replace(s, clocks=(replace(s.clocks[0], until=("answered",), pause=("given",)),)) if s.key == "given" else s
        for s in renamed().states))
    with redeclared.running(app, redeclared.release(matters, resting)):
        version_publishing.publish(KEY, 3, SYSTEM)
        assert version_moves.clocks(version_moves.plan(KEY, 3)) == [("hear", "keep", 2), ("reply", "pause", 1)]
        version_moves.move(KEY, 3, SYSTEM)
        assert (running(here, scene["given"])["reply"], stored(here, scene["given"]).due) == ("paused", None)
    with redeclared.running(app, redeclared.release(matters, renamed(4))):
        version_publishing.publish(KEY, 4, SYSTEM)
        assert version_moves.clocks(version_moves.plan(KEY, 4)) == [("hear", "keep", 2), ("reply", "resume", 1)]
        version_moves.move(KEY, 4, SYSTEM)
        assert (running(here, scene["given"])["reply"], stored(here, scene["given"]).due) == ("running", scene["given"].due)
        assert list(verification.check_all()) == []


def test_a_case_that_moved_meanwhile_is_reported_and_stops_nothing(here, scene, step, monkeypatch):
    read = version_moves.plan

    def slow(*given):
        found = read(*given)
        step(scene["open"], "close", here.village)  # between reading and writing
        return found

    monkeypatch.setattr(version_moves, "plan", slow)
    assert version_moves.move(KEY, 2, SYSTEM, {"open": "heard"}) == version_moves.Moved(3, [scene["open"].number])
    now = stored(here, scene["open"])
    assert (now.state, now.workflow_version, running(here, now)) == ("closed", 1, {"handle": "met"})
    assert list(verification.check_all()) == []


def test_a_failure_in_the_middle_moves_nothing(here, scene, monkeypatch):
    before = everything(here)

    def fail(rows):
        raise RuntimeError("power cut")

    monkeypatch.setattr(counters, "apply", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        version_moves.move(KEY, 2, SYSTEM, {"open": "heard"})
    monkeypatch.undo()
    assert everything(here) == before


def test_moving_twice_moves_once(here, scene):
    version_moves.move(KEY, 2, SYSTEM, {"open": "heard"})
    assert version_moves.move(KEY, 2, SYSTEM) == version_moves.Moved(0, [])


@pytest.mark.parametrize(("mapping", "word"), [({"nowhere": "heard"}, "nowhere"), ({"open": "nowhere"}, "nowhere")])
def test_a_mapping_with_an_unknown_state_is_refused(here, scene, mapping, word):
    with pytest.raises(Invalid) as caught:
        version_moves.move(KEY, 2, SYSTEM, mapping)
    assert word in str(caught.value.detail)


def test_cases_move_only_to_a_published_version(app, here, scene):
    with redeclared.running(app, redeclared.release(matters, renamed(3))), pytest.raises(Conflict) as caught:
        version_moves.plan(KEY, 3)
    assert caught.value.code == "not_published"


def test_the_check_names_states_steps_and_clocks_that_cases_would_lose(here, scene):
    texts = [str(found) for found in check(row_of(KEY, 2))]
    assert any("“Open”" in text and "2" in text for text in texts)
    assert any("“Handling”" in text for text in texts)
    assert [found for found in check(row_of(KEY, 2)) if found.stops] == []

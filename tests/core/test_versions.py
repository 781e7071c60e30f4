"""Versions of workflows: stored at migrate, published on purpose, never changed behind the back of running cases."""
from dataclasses import replace
from types import SimpleNamespace

import pytest
from support import matters, redeclared
from support.matters.declarations import FLOW

from grid321.core import engine, ledger, records, version_publishing, versions
from grid321.core.actor import SYSTEM
from grid321.core.api import Clock, Refusal, State, Transition, WorkflowExtension, days, hookimpl
from grid321.core.entity import Plugin
from grid321.core.errors import Conflict, DeclarationError, NotFound, Refused
from grid321.core.registry import registry
from grid321.core.version_content import content_of, differences, digest, rebuilt
from grid321.core.version_words import lines


def changed(version=2, **fields):
    """FLOW as a later version with other fields."""
    return replace(FLOW, version=version, **fields)


def without_step(key, version=2):
    return changed(version, transitions=tuple(t for t in FLOW.transitions if t.key != key))


def other_rules(version):
    """The handling with one rule changed: anybody whose scope covers the matter closes it."""
    return replace(FLOW, version=version,
                   transitions=tuple(replace(t, by="scope") if t.key == "close" else t for t in FLOW.transitions))


def with_state(version=2):
    """A second version with a state and two steps more, and a longer clock."""
    states = tuple(replace(s, clocks=(replace(s.clocks[0], length=days(10), setting=None),)) if s.key == "open" else s
                   for s in FLOW.states)
    return changed(version, states=(*states, State("waiting", "Waiting")), transitions=(
        *FLOW.transitions, Transition("wait", "open", "waiting", "Wait", "matters.send_up"),
        Transition("resume", "waiting", "open", "Go on", "matters.send_up")))


@pytest.fixture
def next_release(app, here):
    """Return ``next_release(*flows)``: the application after an update of ``matters`` that declares these workflows."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda *flows, **more: stack.enter_context(
            redeclared.running(app, redeclared.release(matters, *flows), *more.pop("beside", ()), **more))


def no_rain(case, data, actor):
    return Refusal("Not while it rains.")


# ---------------------------------------------------------------- content

def test_a_workflow_is_rebuilt_from_its_stored_content():
    again = rebuilt(content_of(FLOW), ["support.matters", "grid321.core"])
    assert content_of(again) == content_of(FLOW)
    assert (again.lacks, again.transition("send_down").guard) == ((), FLOW.transition("send_down").guard)


def test_words_make_no_new_version_but_rules_do():
    reworded = replace(FLOW, label="Other words", states=(replace(FLOW.states[0], label="Begun", tone="warn"), *FLOW.states[1:]))
    assert digest(content_of(reworded)) == digest(content_of(FLOW))
    assert digest(content_of(without_step("give_back"))) != digest(content_of(FLOW))


def test_one_source_state_is_the_same_as_a_tuple_of_one():
    same = replace(FLOW, transitions=tuple(replace(t, source=t.sources) for t in FLOW.transitions))
    assert content_of(same) == content_of(FLOW)


def test_a_function_outside_the_plugin_is_taken_as_gone():
    step = FLOW.transition("send_down")
    content = content_of(replace(FLOW, transitions=tuple(
        replace(t, guard=pytest.importorskip) if t == step else t for t in FLOW.transitions)))
    assert any(name.startswith("_pytest") for name in rebuilt(content, ["support.matters"]).lacks)


def test_a_value_no_json_can_hold_is_refused_with_the_remedy():
    with pytest.raises(TypeError, match="texts, numbers, tuples"):
        content_of(replace(FLOW, numbers=object()))


@pytest.mark.parametrize(("other", "wanted"), [
    (with_state(), ["State “Waiting” added", "Step “Wait” added: Open → Waiting", "Step “Go on” added: Waiting → Open",
                    "State “Open” › Clock “Handling”: length 7 days → 10 days",
                    "State “Open” › Clock “Handling”: length set by Days of the village → none"]),
    (without_step("give_back"), ["Step “Give back” removed: With the department → Open"]),
    (changed(transitions=tuple(replace(t, permission="matters.close", by="scope") if t.key == "rate" else t
                               for t in FLOW.transitions)),
     ["Step “Rate”: permission Rate (matters.rate) → Close (matters.close)",
      "Step “Rate”: who takes it who reported it → everybody above"]),
    (changed(states=(FLOW.states[1], FLOW.states[0], *FLOW.states[2:]), initial="open"),
     ["Workflow: order of the states changed"]),
])
def test_differences_read_as_sentences(here, other, wanted):
    found = differences(content_of(FLOW), content_of(other))
    assert sorted(lines(found, FLOW, other, "en")) == sorted(wanted)


def test_differences_read_as_sentences_in_chinese(here):
    found = lines(differences(content_of(FLOW), content_of(with_state())), FLOW, with_state(), "zh")
    assert "状态“Open” › 时限“Handling”：期限 7 天 → 10 天" in found
    assert "新增状态“Waiting”" in found


def test_equal_contents_have_no_difference_and_others_have_one():
    assert differences(content_of(FLOW), content_of(FLOW)) == []
    assert str(differences(content_of(FLOW), content_of(without_step("give_back")))[0]) == "transition 'give_back' was removed"


# ---------------------------------------------------------------- installing and publishing

def test_the_first_version_is_published_by_migrating(here):
    row = versions.row_of("matters.handling", 1)
    assert (row.state, row.hash) == (versions.PUBLISHED, digest(content_of(FLOW)))
    steps = ledger.LedgerEntry.select(ledger.LedgerEntry.step).where(ledger.LedgerEntry.entity == versions.LEDGER).tuples()
    assert {"install", "publish"} <= {step for step, in steps}


def test_a_later_version_waits_until_it_is_published(here, next_release, raise_matter):
    before = raise_matter()
    next_release(FLOW, with_state())
    assert registry().workflow_of("matters.matter").version == 1
    assert raise_matter().workflow_version == 1
    version_publishing.publish("matters.handling", 2, SYSTEM)
    assert registry().workflow_of("matters.matter").version == 2
    assert raise_matter().workflow_version == 2
    kept = here.entity.model.get_by_id(before.id)
    assert kept.workflow_version == 1
    assert "wait" not in {t.key for t in engine.possible(here.entity, kept, here.village)}


def test_running_cases_stay_on_a_version_that_the_release_no_longer_declares(here, next_release, raise_matter, step):
    matter = raise_matter()
    next_release(with_state())
    assert (("matters.handling", 1) in registry().workflows) is False
    assert registry().workflow_of("matters.matter").version == 1, "new cases too, until version 2 is published"
    after = step(matter, "close", here.village)
    assert (after.state, after.workflow_version) == ("closed", 1)
    version_publishing.publish("matters.handling", 2, SYSTEM)
    assert raise_matter().workflow_version == 2


def test_a_version_whose_function_is_gone_is_shown_but_does_not_run(here, next_release, raise_matter, step, monkeypatch):
    matter = raise_matter()
    monkeypatch.delattr("support.matters.declarations.with_reason")
    next_release(with_state())
    kept = here.entity.model.get_by_id(matter.id)
    flow = engine.workflow_for(here.entity, kept)
    assert flow.lacks == ("support.matters.declarations:with_reason",)
    assert flow.state("open").label == "Open"
    assert engine.possible(here.entity, kept, here.village) == []
    assert "with_reason" in engine.standstill(here.entity, kept)
    with pytest.raises(Conflict, match="缺少函数"):
        step(matter, "close", here.village)
    with pytest.raises(Conflict, match="缺少函数"):
        records.create(here.entity, {"title": "路灯不亮"}, here.resident, here.tree.village)
    version_publishing.publish("matters.handling", 2, SYSTEM)
    assert raise_matter().workflow_version == 2


def test_the_same_version_with_other_rules_sets_the_plugin_aside(here, app, next_release):
    next_release(other_rules(1), strict=False)
    loaded = registry().plugins.all["matters"]
    assert not loaded.ok
    assert "'matters.handling': version 1 is stored with other rules (transition 'close': by holder → scope)" in loaded.error
    assert versions.row_of("matters.handling", 1).hash == digest(content_of(FLOW))


def test_in_strict_mode_the_start_stops(here, next_release):
    with pytest.raises(DeclarationError, match="stored with other rules"):
        next_release(other_rules(1))


def test_a_version_that_was_never_published_is_replaced_by_migrating(here, next_release):
    next_release(FLOW, with_state())
    next_release(FLOW, other_rules(2))
    row = versions.row_of("matters.handling", 2)
    assert (row.state, row.hash) == (versions.INSTALLED, digest(content_of(other_rules(2))))


def test_corrected_words_reach_the_stored_version(here, next_release):
    next_release(replace(FLOW, label="Other words"))
    assert versions.row_of("matters.handling", 1).content["label"] == "Other words"


def test_a_new_workflow_declared_in_two_versions_begins_with_the_newest(here, next_release):
    versions.WorkflowVersion.delete().execute()
    next_release(FLOW, with_state())
    assert {(row.version, row.state) for row in versions.rows() if row.key == FLOW.key} == {(1, "installed"), (2, "published")}


def test_publishing_twice_or_backwards_is_refused(here, next_release):
    next_release(FLOW, with_state(2), with_state(3))
    version_publishing.publish("matters.handling", 3, SYSTEM)
    for version in (2, 3):
        with pytest.raises(Conflict) as caught:
            version_publishing.publish("matters.handling", version, SYSTEM)
        assert caught.value.code == "already_published"
    with pytest.raises(NotFound):
        version_publishing.publish("matters.handling", 9, SYSTEM)
    assert registry().workflow_of("matters.matter").version == 3


def test_a_version_that_cannot_run_is_not_published(here, next_release, monkeypatch):
    next_release(FLOW, with_state())
    next_release(FLOW)  # the release is taken back, its function with it
    monkeypatch.delattr("support.matters.declarations.rated")
    with pytest.raises(Refused) as caught:
        version_publishing.publish("matters.handling", 2, SYSTEM)
    assert (caught.value.code, caught.value.status) == ("unsound", 422)
    assert "declarations:rated" in str(caught.value.detail)
    assert versions.row_of("matters.handling", 2).state == versions.INSTALLED


# ---------------------------------------------------------------- lists, words, extensions

def test_lists_and_timelines_know_the_states_of_every_version(here, next_release, raise_matter, step):
    from grid321.core import lists
    from grid321.core.faces import face_of

    next_release(FLOW, with_state())
    version_publishing.publish("matters.handling", 2, SYSTEM)
    matter = step(raise_matter(), "wait", here.village)
    assert lists.state_cells(face_of(here.entity))["waiting"]["text"] == "Waiting"
    assert records.history(here.entity, matter.id)[-1]["to"] == "Waiting"
    next_release(changed(3))
    version_publishing.publish("matters.handling", 3, SYSTEM)
    assert lists.state_cells(face_of(here.entity))["waiting"]["text"] == "Waiting"
    assert records.history(here.entity, matter.id)[-1]["label"] == "Wait"


def region(**extension):
    """A region's plugin that extends the handling of matters."""
    @hookimpl
    def grid321_workflows():
        return [WorkflowExtension("matters.handling", **extension)]

    return SimpleNamespace(plugin=Plugin("place", "Place", "1.0.0", after=("matters",)), __name__="place",
                           grid321_workflows=grid321_workflows)


def test_an_extension_is_no_part_of_a_version_and_holds_for_all_that_it_fits(here, next_release, raise_matter, step, switch_on):
    matter = raise_matter()
    next_release(with_state(), beside=[region(guards=(("close", no_rain),), clocks=(
        ("open", Clock("visit", days(3), "Visit", "mark")),))])
    assert versions.row_of("matters.handling", 1).hash == digest(content_of(FLOW))
    switch_on("place", here.tree.county)
    with pytest.raises(Refused, match="rains"):
        step(matter, "close", here.village)
    old = registry().workflow_of("matters.matter", 1)
    assert "visit" in old.clocks() and "visit" in registry().workflow_of("matters.matter", 2).clocks()


def test_an_extension_that_does_not_fit_an_old_version_is_left_out_of_it_as_a_whole(here, next_release):
    next_release(with_state(), beside=[region(guards=(("wait", no_rain), ("close", no_rain)))])
    old = registry().workflow_of("matters.matter", 1)
    assert old.transition("close").guard is None
    assert registry().workflow_of("matters.matter", 2).transition("close").guard is not None
    assert versions.left_out(versions.row_of("matters.handling", 1)) == ["place"]


# ---------------------------------------------------------------- the kit for plugin authors

def test_the_kit_names_what_a_later_release_could_not_find(app, here, next_release):
    from grid321.core.conformance.versions import check_versions
    from grid321.core.conformance.world import World

    def inner(case, data, actor):
        return None

    assert check_versions(World(app, matters, here.tree)) == []
    nameless = changed(2, transitions=tuple(replace(t, guard=inner) if t.key == "close" else t for t in FLOW.transitions))
    next_release(FLOW, nameless)
    found = check_versions(World(app, matters, here.tree))
    assert len(found) == 1 and "<locals>.inner; use a function of a module" in found[0]


def test_the_kit_names_a_version_that_changes_nothing(app, here, next_release):
    from grid321.core.conformance.versions import check_versions
    from grid321.core.conformance.world import World

    next_release(FLOW, changed(2))
    assert check_versions(World(app, matters, here.tree)) == [
        "matters.handling: version 2 has the rules of version 1; leave it out"]

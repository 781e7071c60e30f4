"""A workflow that cannot work is refused when the platform starts, with the key of what is wrong."""
from dataclasses import replace

import pytest
from support import matters

from grid321.core.workflow import (
    Clock,
    Length,
    State,
    Transition,
    Workflow,
    check_workflow,
    days,
    parse_length,
    working_days,
)

FLOW = matters.declarations.FLOW


def step(key="go", source="a", target="z", **options):
    options.setdefault("permission", "x.go")
    options.setdefault("flow", "solved" if target == "z" else None)
    return Transition(key, source, target, key, **options)


def flow(states=None, steps=None, **options):
    return Workflow("x.flow", "x.thing", options.pop("version", 1),
                    states if states is not None else (State("a", "A"), State("z", "Z", final=True)),
                    steps if steps is not None else (step(),), **options)


def test_a_sound_workflow_has_no_mistakes():
    assert check_workflow(FLOW) == []
    assert check_workflow(flow()) == []


@pytest.mark.parametrize(("workflow", "word"), [
    (flow(version=0), "version"),
    (flow(states=()), "no states"),
    (flow(states=(State("a", "A"), State("a", "B"), State("z", "Z", final=True))), "'a' is declared twice"),
    (flow(steps=(step(), step())), "'go' is declared twice"),
    (flow(initial="q"), "initial state 'q'"),
    (flow(steps=(step(), step("on", "a", "nowhere"))), "unknown state 'nowhere'"),
    (flow(steps=(step(), step("on", "ghost", "a"))), "unknown state 'ghost'"),
    (flow(states=(State("a", "A"), State("b", "B"), State("z", "Z", final=True))), "'b' cannot be reached"),
    (flow(states=(State("a", "A"), State("b", "B"), State("z", "Z", final=True)), steps=(step(), step("on", "a", "b"))),
     "'b' is a dead end"),
    (flow(states=(State("a", "A"), State("z", "Z"))), "no state is final"),
    (flow(steps=(step(), step("back", "z", "a"))), "leaves the final state 'z'"),
    (flow(steps=(step(permission=None),)), "nobody could take it"),
    (flow(steps=(step(by="anybody"),)), "by='anybody'"),
    (flow(steps=(step(flow="vanished"),)), "flow='vanished'"),
    (flow(steps=(step(flow=None),)), "say how the balance books it"),
    (flow(states=(State("a", "A", clocks=(Clock("c", days(3), "C"),)), State("z", "Z", final=True))), "no consequence"),
    (flow(states=(State("a", "A", clocks=(Clock("c", days(3), "C", "notify", pause=("q",)),)), State("z", "Z", final=True))),
     "clock 'c' names the unknown state 'q'"),
])
def test_a_mistake_is_named(workflow, word):
    assert any(word in sentence for sentence in check_workflow(workflow)), check_workflow(workflow)


def test_an_automatic_step_needs_no_permission():
    assert check_workflow(flow(steps=(step(permission=None, automatic=True),))) == []


@pytest.mark.parametrize(("text", "length"), [("10 wd", working_days(10)), ("7 d", days(7)), ("3 m", Length(3, "month")),
                                              ("0 h", Length(0, "hour"))])
def test_lengths_read_and_write_the_same(text, length):
    assert parse_length(text) == length
    assert str(length) == text


@pytest.mark.parametrize("text", ["", "10", "wd", "-1 d", "1.5 d", "３ d", "10 years", "99999 d", "1 d 2"])
def test_a_wrong_length_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="wd|length|unit"):
        parse_length(text)


def test_a_workflow_finds_its_parts_by_key():
    assert FLOW.first == "open"
    assert FLOW.state("closed").final
    assert {t.key for t in FLOW.from_state("given")} == {"answer", "give_back"}
    assert replace(FLOW, version=2).transition("rate").by == "reporter"
    with pytest.raises(KeyError):
        FLOW.state("nowhere")

"""A clock that cannot work is named at start-up, with its workflow and the key that is wrong."""
from dataclasses import replace
from types import SimpleNamespace

import pytest
from support import replies

from grid321.core.clock_rules import Clock, Extension, Length, days, hours, months, working_days
from grid321.core.entity import Plugin, Setting
from grid321.core.errors import DeclarationError
from grid321.core.registry_checks import check_clocks
from grid321.core.workflow import State, Transition, Workflow, check_workflow

pytestmark = pytest.mark.once
LONGER = Extension("x.extend", "x.approve", months(6))


def flow(*clocks, steps=()):
    return Workflow("x.flow", "x.thing", 1, states=(
        State("a", "A", clocks=clocks), State("b", "B"), State("rest", "Rest"), State("z", "Z", final=True)),
        transitions=(Transition("on", "a", "b", "On", "x.go"), Transition("wait", "b", "rest", "Wait", "x.go"),
                     Transition("resume", "rest", "b", "Resume", "x.go"),
                     Transition("end", "b", "z", "End", "x.go", flow="solved"), *steps))


THREE = months(3)


def reply(length=THREE, **options):
    options.setdefault("overdue", "notify")
    return Clock("reply", length, "Reply", **options)


GOOD = reply(until=("a", "b"), pause=("rest",), starts={"hand_over": "a", "receipt": "on"}, ends=("end",), voids=("wait",),
             extension=LONGER, remind=(-15, -3, 7))


def test_a_full_clock_has_no_mistakes():
    assert check_workflow(flow(GOOD)) == []
    assert check_workflow(flow(reply(hours(2)))) == []
    assert check_workflow(replies.declarations.FLOW) == []


@pytest.mark.parametrize(("clock", "words"), [
    (reply(days(-3)), "wrong length: length -3: a whole number from 0 to 10000"),
    (reply(days(10_001)), "wrong length"),
    (reply(Length(1.5, "day")), "a whole number"),
    (reply(Length(3, "year")), "unit 'year': one of working_day, day, month, hour"),
    (reply(None), "has no length: give length, setting or answer"),
    (reply(overdue=""), "has no consequence: overdue='' is not one of notify, mark, send_up, supervise"),
    (reply(overdue="punish"), "overdue='punish'"),
    (reply(starts={"sunrise": "a"}), "unknown event 'sunrise': one of hand_over, receipt"),
    (reply(starts={"hand_over": "nowhere"}), "'nowhere', which is neither a state nor a transition"),
    (reply(starts={"hand_over": "b"}), "does not run there: name the state in until"),
    (reply(starts={"receipt": "wait"}), "does not run there"),
    (reply(until=("a", "q")), "unknown state 'q'"),
    (reply(pause=("q",)), "unknown state 'q' to pause in"),
    (reply(pause=("z",)), "pauses in the final state 'z'"),
    (reply(until=("a", "b"), pause=("b",)), "both runs and pauses in the state 'b'"),
    (reply(ends=("vanish",)), "unknown transition 'vanish'"),
    (reply(voids=("vanish",)), "unknown transition 'vanish'"),
    (reply(days(5), remind=(-5,)), "reminds 5 days before its end, which is outside its length of 5 d"),
    (reply(working_days(1), remind=(-1,)), "outside its length"),
    (reply(hours(30), remind=(-2,)), "outside its length"),
    (reply(remind=(-3, -3)), "a reminder twice"),
    (reply(remind=(0,)), "one of 0 days"),
    (reply(remind=(400,)), "has the reminder 400"),
    (reply(extension=Extension("", "x.approve", months(6))), "nobody may ask for or approve"),
    (reply(extension=Extension("x.extend", "x.approve")), "extension without a limit"),
    (reply(extension=Extension("x.extend", "x.approve", months(-1))), "extension of a wrong length"),
    (reply(extension=Extension("x.extend", "x.approve", months(3))), "no longer than its 3 m: the limit counts from the start"),
    (reply(extension=replace(LONGER, asked_by="anybody")), "extension by 'anybody'"),
    (reply(extension=replace(LONGER, times=0)), "0 times"),
    (reply(rule="x.how"), "names no answer that decides"),
])
def test_a_mistake_of_a_clock_is_named_with_clock_and_key(clock, words):
    found = check_workflow(flow(clock))
    assert len(found) == 1
    assert found[0].startswith("clock 'reply' ")
    assert words in found[0]


def test_a_clock_of_a_final_state_and_an_automatic_pause_are_mistakes():
    late = Workflow("x.flow", "x.thing", 1, states=(State("a", "A"), State("z", "Z", final=True, clocks=(reply(),))),
                    transitions=(Transition("end", "a", "z", "End", "x.go", flow="solved"),))
    assert check_workflow(late) == ["clock 'reply' starts in the final state 'z'"]
    by_itself = Transition("nap", "a", "rest", "Nap", automatic=True)
    [found] = check_workflow(flow(reply(until=("a", "b"), pause=("rest",)), steps=(by_itself,)))
    assert "would be paused by the automatic transition 'nap'" in found


def test_two_clocks_of_one_name_are_a_mistake():
    assert check_workflow(flow(reply(), reply())) == ["clock 'reply' is declared twice"]


SETTINGS = {"x.days": Setting("x.days", "Days", "int", 3), "x.length": Setting("x.length", "Length", "length", "3 m"),
            "x.how": Setting("x.how", "How", "choice", "length", choices=(("length", "Length"),))}


@pytest.mark.parametrize(("clock", "words"), [
    (reply(setting="x.lenght"), "unknown setting 'x.lenght'"),
    (reply(setting="x.days"), "setting 'x.days', which is of kind int, not length"),
    (reply(extension=replace(LONGER, setting="x.gone")), "unknown setting 'x.gone'"),
    (reply(rule="x.length", answer="limit"), "of kind length, not choice"),
])
def test_a_setting_that_a_clock_names_exists_and_is_of_its_kind(clock, words):
    with pytest.raises(DeclarationError, match=r"workflow 'x.flow': clock 'reply' of state 'a'") as caught:
        check_clocks("x", flow(clock), SETTINGS)
    assert words in str(caught.value)


def test_settings_of_plugins_that_are_not_installed_are_ignored():
    elsewhere = flow(reply(setting="elsewhere.length", rule="x.how", answer="limit"))
    check_clocks("x", elsewhere, SETTINGS)
    with pytest.raises(DeclarationError, match=r"elsewhere\.length"):  # there once that plugin declares settings
        check_clocks("x", elsewhere, {**SETTINGS, "elsewhere.other": SETTINGS["x.how"]})


def test_the_platform_names_workflow_and_key_and_sets_the_plugin_aside(with_plugins, monkeypatch):
    from grid321.core import app as applications
    from grid321.core.hooks import hookimpl

    def grid321_workflows():
        return [replace(flow(reply(days(-3))), key="late.flow")]

    module = SimpleNamespace(plugin=Plugin("late", "Late", "1.0.0"), __name__="late",
                             grid321_workflows=hookimpl(grid321_workflows))
    monkeypatch.setattr(applications, "_modules", lambda settings: [("late", module)])
    sentence = r"workflow 'late.flow': clock 'reply' has a wrong length: length -3"
    with pytest.raises(DeclarationError, match=sentence):
        with_plugins(strict=True, BODY_LIMIT=4_000_001)
    app = with_plugins(strict=False, BODY_LIMIT=4_000_002)
    assert "clock 'reply' has a wrong length" in app.extensions["grid321"].plugins.all["late"].error


def test_the_permissions_of_an_extension_belong_to_the_plugin(with_plugins):
    app = with_plugins(replies)
    assert {"replies.extend", "replies.approve_extension"} <= set(app.extensions["grid321"].registry.permissions)

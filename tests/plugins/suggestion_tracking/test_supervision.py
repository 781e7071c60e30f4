"""Inspections after the hand-over, look-backs, random samples, supervision rounds."""
import hashlib
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.supervision_world import Supervised, clock_of, today

from grid321.core import engine
from grid321.core.errors import Invalid
from grid321.core.notify import Notification
from grid321.core.outbox import drain
from grid321.plugins.suggestion_tracking import samples, supervision_checks

VISIT = {"inspected_by": "县人大办督查组", "form": "on_site", "asked": "代表"}
FOUND = {"found": "已与代表见面并形成方案。", "evidence": "见面记录、办理方案。", "result": "in_order"}
FIRST = {"met": "yes", "understood": "yes", "fixed": "partly"}
SECOND = {"progress": "yes", "part": "no", "together": "not_asked", "expected": "12月底"}
THIRD = {"in_person": "yes", "document": "yes", "to_the_point": "yes", "promised": "no"}


@pytest.fixture
def world(staged, app, division_tree, switch_on):
    """The county with the plugin on and its people."""
    switch_on("suggestion_tracking", division_tree.county)
    return staged(Supervised, app, division_tree)


def visit(**more):
    """The answers of an inspection of today."""
    return {**VISIT, "inspected_on": today().isoformat(), **FOUND, **more}


# ---------------------------------------------------------------- three inspections

def test_the_hand_over_schedules_three_inspections_by_the_countys_lengths(world):
    case = world.handed()

    found = world.rows("inspection", suggestion_number=case.number)
    assert [(one.kind, one.state, one.unit_id) for one in found] == [
        (kind, "scheduled", world.bureau.id) for kind in ("first", "second", "third")]
    rows = [clock_of("inspection", one, "inspect") for one in found]
    assert [(row.setting, row.length, row.started_on) for row in rows] == [
        (f"core.clock_inspection_{number}", length, case.handed_on) for number, length in ((1, "15 d"), (2, "2 m"), (3, "3 m"))]


def test_an_inspection_that_the_county_does_not_set_is_not_scheduled(world):
    world.put("core.clock_inspection_2", None)

    case = world.handed()

    assert [one.kind for one in world.rows("inspection", suggestion_number=case.number)] == ["first", "third"]


@pytest.mark.parametrize(("kind", "key", "answers"), [
    ("first", "record_first", FIRST), ("second", "record_second", SECOND), ("third", "record_third", THIRD)])
def test_each_inspection_has_its_own_questions_evidence_and_result(world, kind, key, answers):
    case = world.handed()
    one = world.rows("inspection", suggestion_number=case.number, kind=kind)[0]
    offered = {step.key for step in engine.possible(world.entity("inspection"), one, world.actor("supervisor"))}
    assert offered == {key, "drop"}

    one = world.step("inspection", "supervisor", one, key, **visit(), **answers)

    assert (one.state, one.result, one.evidence, one.answers) == ("done", "in_order", FOUND["evidence"], answers)
    assert (one.inspected_on, one.inspected_by, one.form) == (today(), VISIT["inspected_by"], "on_site")


def test_an_inspection_without_evidence_or_answers_is_refused_with_the_field_named(world):
    one = world.rows("inspection", suggestion_number=world.handed().number)[0]

    with pytest.raises(Invalid) as refused:
        world.step("inspection", "supervisor", one, "record_first", **{**visit(), "evidence": None}, met="yes")

    assert refused.value.errors.keys() == {"evidence", "understood", "fixed"}
    assert world.fresh("inspection", one).state == "scheduled"


def test_handed_over_anew_the_inspections_begin_anew(world):
    case = world.handed()
    task = world.rows("task", suggestion_number=case.number)[0]
    task = world.step("task", "clerk", task, "give_back", reason="路灯由公安局管护。")
    world.step("task", "officer", task, "take_back", reason="路灯由公安局管护。")
    case = world.step("suggestion", "officer", world.fresh("suggestion", case), "assign", department=world.police.id)

    found = world.rows("inspection", suggestion_number=case.number)
    assert [one.state for one in found] == ["dropped"] * 3 + ["scheduled"] * 3
    assert {one.unit_id for one in found[3:]} == {world.police.id}


def test_a_withdrawn_suggestion_is_inspected_no_more(world):
    case = world.handed()
    world.step("suggestion", "officer", case, "withdraw_told", reason="代表认为已无必要。")

    drain()

    assert {one.state for one in world.rows("inspection", suggestion_number=case.number)} == {"dropped"}


def test_an_overdue_inspection_is_told_to_who_inspects(world, tick):
    world.handed()
    drain()

    tick(timedelta(days=20))
    drain()

    inspectors = {world.accounts[who].id for who in ("officer", "supervisor")}
    told = {row.account_id for row in Notification.select().where(Notification.link.contains("/inspection/"))}
    assert inspectors <= told


def test_a_look_back_is_planned_by_hand_and_has_its_questions(world):
    case = world.answered()
    one = world.make("inspection", "supervisor", kind="look_back", suggestion=case.number, title="路灯回头看")
    assert clock_of("inspection", one, "inspect").setting == "suggestion_tracking.limit_look_back"
    assert one.unit_id == world.bureau.id

    one = world.step("inspection", "supervisor", one, "record_look_back", **visit(form="interview", result="not_in_order"),
                     done="partly", lasting="no", content="no")

    assert (one.result, one.form) == ("not_in_order", "interview")


def test_what_a_deputy_says_back_to_back_is_not_for_the_unit(world):
    one = world.rows("inspection", suggestion_number=world.handed().number)[0]

    answer = world.browser("clerk").get(f"/d/{world.tree.county.code}/suggestion_tracking/inspection/{one.id}")

    assert answer.status_code in {403, 404}


# ---------------------------------------------------------------- samples

NUMBERS = st.lists(st.integers(1, 10_000).map(lambda n: f"JY-610902-202603-{n:04d}"), max_size=60, unique=True)


@given(st.text("0123456789abcdef", min_size=1, max_size=16), NUMBERS, st.integers(1, 20))
def test_a_seed_draws_the_same_whatever_the_order_and_never_twice_the_same(seed, numbers, size):
    drawn = samples.draw(seed, numbers, size)

    assert drawn == samples.draw(seed, list(reversed(numbers)), size)
    assert len(drawn) == len(set(drawn)) == min(size, len(numbers)) and set(drawn) <= set(numbers)
    assert drawn == samples.draw(seed, numbers, 10_000)[:size]
    ranks = [hashlib.sha256(f"{seed}:{number}".encode()).hexdigest() for number in drawn]
    assert ranks == sorted(ranks)
    left = [hashlib.sha256(f"{seed}:{number}".encode()).hexdigest() for number in numbers if number not in drawn]
    assert all(rank > max(ranks) for rank in left) if left and ranks else True


def test_every_suggestion_is_drawn_about_as_often_as_any_other():
    numbers = [f"JY-{n:04d}" for n in range(20)]
    times = dict.fromkeys(numbers, 0)
    for seed in range(2000):
        for number in samples.draw(str(seed), numbers, 5):
            times[number] += 1

    assert all(400 < n < 600 for n in times.values())  # 500 expected, five standard deviations are 97


def test_a_sample_keeps_seed_and_numbers_schedules_checks_and_can_be_drawn_again(world):
    cases = [world.handed(title=f"关于第{number}段路灯的建议") for number in range(4)]

    one = world.make("sample", "supervisor", title="十一月抽查", pool="handling", size=2)

    assert one.count == 4 and sorted(one.candidates) == sorted(case.number for case in cases) and len(one.seed) == 16
    assert one.drawn == samples.draw(one.seed, one.candidates, 2) and samples.is_reproducible(one)
    checks = world.rows("inspection", sample_id=one.id)
    assert [check.suggestion_number for check in checks] == one.drawn and {check.kind for check in checks} == {"random"}


def test_a_changed_sample_is_found_out(world):
    world.handed()
    world.handed(title="关于第二段路灯的建议")
    one = world.make("sample", "supervisor", title="抽查", pool="handling", size=1, seed="321")
    page = f"/d/{world.tree.county.code}/suggestion_tracking/sample/{one.id}"
    assert "结果一致" in world.browser("supervisor").get(page).text

    other = next(number for number in one.candidates if number not in one.drawn)
    type(one).update(drawn=[other]).where(type(one).id == one.id).execute()

    assert "结果不一致" in world.browser("supervisor").get(page).text


def test_from_nothing_nothing_is_drawn_and_a_sample_is_neither_changed_nor_deleted(world):
    with pytest.raises(Invalid) as refused:
        world.make("sample", "supervisor", title="抽查", pool="handling", size=1)

    assert refused.value.errors.keys() == {"pool"} and world.rows("sample") == []
    assert not {"edit", "delete"} & set(world.entity("sample").actions)


# ---------------------------------------------------------------- rounds

@pytest.mark.parametrize(("kind", "first", "last"), [
    ("month", date(2026, 2, 1), date(2026, 2, 28)), ("month", date(2026, 12, 1), date(2026, 12, 31)),
    ("quarter", date(2026, 10, 1), date(2026, 12, 31)), ("quarter", date(2027, 1, 1), date(2027, 3, 31))])
def test_a_round_is_a_whole_month_or_quarter(kind, first, last):
    assert supervision_checks.last_day(kind, first) == last


def round_(world, **values):
    """A round of this month."""
    first = today().replace(day=1).isoformat()
    return world.make("round", "supervisor", **{"kind": "month", "first_day": first, "title": "月督查", **values})


def test_a_round_that_begins_in_the_middle_is_refused(world):
    with pytest.raises(Invalid) as refused:
        round_(world, kind="quarter", first_day="2026-11-01")

    assert refused.value.errors.keys() == {"first_day"}


def test_a_period_has_one_round_of_a_kind(world):
    round_(world)

    with pytest.raises(Invalid):
        round_(world, title="又一次")


def test_a_round_takes_up_what_is_overdue_once_is_closed_with_its_figures_and_stays(world, tick):
    case = world.handed()
    tick(case.handed_on + timedelta(days=120), sweep=False)
    one = round_(world)
    base, browser = f"/d/{world.tree.county.code}/suggestion_tracking/round/{one.id}", world.browser("supervisor")
    assert browser.get(f"{base}/fill").status_code == 200

    assert browser.post(f"{base}/fill", {"what": "overdue"}).status_code == 303
    assert browser.post(f"{base}/fill", {"what": "overdue"}).status_code == 303
    checks = world.rows("inspection", round_id=one.id)
    assert [(check.suggestion_number, check.kind, check.form) for check in checks] == [(case.number, "round", "concentrated")]

    early = browser.post(f"{base}/close", {"summary": "本月督查一件，已督促办理。"})
    assert early.status_code == 422 and "1件" in early.text

    world.step("inspection", "supervisor", checks[0], "record_check", **visit(result="to_improve"), papers="yes", agree="yes",
               met="no")
    assert browser.post(f"{base}/close", {"summary": "本月督查一件，已督促办理。"}).status_code == 303
    closed = world.fresh("round", one)
    assert closed.closed_on == today() and closed.figures["to_improve"] == 1
    assert browser.post(f"{base}/fill", {"what": "key"}).status_code == 409
    assert "需要改进" in browser.get(base).text


def test_by_rest_a_round_is_filled_and_closed(world):
    world.handed()
    one = round_(world)
    base, browser = f"/d/{world.tree.county.code}/suggestion_tracking/round/{one.id}", world.browser("supervisor")

    assert browser.api("POST", f"{base}/fill", {"what": "overdue"}).json == {"inspections": 0}
    assert browser.api("POST", f"{base}/fill", {"what": "everything"}).status_code == 422
    closed = browser.api("POST", f"{base}/close", {"summary": "本月没有超期件，办理正常。"})
    assert closed.status_code == 200 and closed.json["closed_on"] == today().isoformat()

"""Promises across years, supervision letters, the three lists, 13710 in use, and what the suggestion's page shows of it."""
from datetime import timedelta

import pytest
from support.supervision_world import Supervised, clock_of, day, today, under_supervision

from grid321.core import preset_choice
from grid321.core.clock_rows import Deadline
from grid321.core.errors import Conflict, Invalid, Refused
from grid321.core.outbox import drain
from grid321.plugins.suggestion_tracking import supervision_checks

PROMISE = "明年六月底前建成河堤步道照明"


@pytest.fixture
def world(staged, app, division_tree, switch_on):
    """The county with the plugin on and its people."""
    switch_on("suggestion_tracking", division_tree.county)
    return staged(Supervised, app, division_tree)


# ---------------------------------------------------------------- promises

def promise(world, case=None, days=200):
    """A promise of the bureau."""
    number = (case or world.answered("B")).number
    return world.make("commitment", suggestion=number, department=world.bureau.id, title=PROMISE,
                      promised_on=today().isoformat(), due_on=day(days))


def test_a_reply_of_class_b_brings_its_promise_into_the_ledger(world):
    due = today() + timedelta(days=300)

    case = world.answered("B", commitment="明年六月底前建成步道照明。", commitment_on=due.isoformat())

    found = world.rows("commitment", suggestion_number=case.number)
    assert [(one.text, one.due_on, one.department_id, one.state) for one in found] == [
        ("明年六月底前建成步道照明。", due, world.bureau.id, "open")]
    assert clock_of("commitment", found[0], "promise").due == due


def test_a_promise_is_carried_into_the_next_years_and_its_first_day_is_kept(world, tick):
    one = promise(world, days=39)
    first = one.due_on
    for year, number in ((1, 1), (2, 2)):
        later = first + timedelta(days=365 * year)
        one = world.step("commitment", "officer", one, "carry_on", progress="完成前期工作。", reason="资金列入下年预算。",
                         due_on=later.isoformat())
        assert (one.state, one.due_on, one.first_due_on, one.carried) == ("open", later, first, number)
        running = [row for row in Deadline.select().where((Deadline.record_id == one.id) & (Deadline.state == "running") & (
            Deadline.entity == "suggestion_tracking.commitment")) if row.clock.startswith("promise")]
        assert [row.due for row in running] == [later]
        tick(later - timedelta(days=20), sweep=False)

    one = world.step("commitment", "clerk", one, "report_kept", evidence="照明已建成并验收。")
    one = world.step("commitment", "supervisor", one, "confirm", checked_by="督查组", found="现场已亮灯。")
    assert (one.state, one.done_on) == ("kept", today())


def test_reminders_of_a_promise_come_until_it_is_kept_for_more_than_a_year(world, tick):
    one = promise(world, days=40)
    drain()
    moments = []
    for later in range(20, 420, 20):
        tick(one.due_on + timedelta(days=later - 40))
        row = clock_of("commitment", one, "promise")
        moments.append(row.next_at)

    assert all(moment is not None for moment in moments[:-3])
    assert clock_of("commitment", one, "promise").fired_at is not None
    assert under_supervision(one) == 1

    kept = world.step("commitment", "officer", one, "note_kept", evidence="现场验收合格。", checked_by="督查组", found="")
    assert kept.state == "kept" and clock_of("commitment", one, "promise").next_at is None


def test_the_unit_reports_on_a_promise_and_the_next_report_is_due_from_then(world, tick):
    one = promise(world)
    tick(timedelta(days=60), sweep=False)

    one = world.step("commitment", "clerk", one, "report_progress", progress="已完成招标。")

    assert (one.progress, one.progress_on, one.state) == ("已完成招标。", today(), "open")
    assert clock_of("commitment", one, "progress").state == "met"
    assert clock_of("commitment", one, "progress_next").started_on == today()


@pytest.mark.parametrize(("day", "field"), [(-1, "due_on"), (-400, "due_on")])
def test_a_promise_for_a_past_day_is_refused(world, day, field):
    with pytest.raises(Invalid) as refused:
        promise(world, days=day)

    assert refused.value.errors.keys() == {field}


def test_a_promise_is_not_carried_to_an_earlier_day_and_its_day_not_edited(world):
    one = promise(world, days=100)

    with pytest.raises(Refused) as refused:
        world.step("commitment", "officer", one, "carry_on", progress="完成前期工作。", reason="资金未落实。",
                   due_on=day(50))
    assert refused.value.errors.keys() == {"due_on"}
    assert supervision_checks.check_commitment({"due_on": today()}, one, None).keys() == {"due_on"}


def test_another_unit_does_not_see_the_promise_and_takes_no_step(world):
    one = promise(world)

    assert world.browser("police").get(f"/d/{world.tree.county.code}/suggestion_tracking/commitment/{one.id}").status_code == 404
    assert world.browser("clerk").get(f"/d/{world.tree.county.code}/suggestion_tracking/commitment/{one.id}").status_code == 200


def test_a_suggestion_with_an_open_promise_is_followed_and_written_off_when_it_is_kept(world):
    case = world.answered("B")
    one = promise(world, case)
    case = world.give(case, "basically")
    with pytest.raises(Refused) as refused:
        world.step("suggestion", "officer", case, "close", evidence="现场照片。")
    assert refused.value.code == "open_promises"

    case = world.step("suggestion", "officer", case, "follow")
    assert case.state == "followed"
    world.step("commitment", "officer", one, "note_kept", evidence="现场验收合格。", checked_by="督查组", found="")

    assert world.step("suggestion", "officer", case, "close", evidence="验收单。").state == "closed"


@pytest.mark.parametrize(("outcome", "step", "said", "code"), [
    ("C", "close", {"evidence": "现场照片。"}, "not_solved"), ("A", "end", {"reason": "暂不具备条件。"}, "is_solved"),
    ("A", "follow", {}, "no_promise")])
def test_what_is_not_solved_is_not_written_off_and_what_is_solved_not_closed_unsolved(world, outcome, step, said, code):
    case = world.give(world.answered(outcome), "satisfied")

    with pytest.raises(Refused) as refused:
        world.step("suggestion", "officer", case, step, **said)

    assert refused.value.code == code and world.fresh("suggestion", case).state == "rated"


# ---------------------------------------------------------------- letters and lists

def letter(world, **values):
    """A slip about a suggestion."""
    return world.make("letter", "supervisor", **{"kind": "slip", "suggestion": world.handed().number, "title": "督办路灯建议",
                                                 "cause": "no_contact", "text": "请三日内与代表见面。", **values})


def test_a_letter_goes_to_a_unit_with_its_last_day_is_answered_and_accepted(world):
    one = letter(world)
    one = world.step("letter", "supervisor", one, "issue", department=world.bureau.id, limit_on=day(5))
    assert (one.state, one.department_id, one.issued_on) == ("issued", world.bureau.id, today())
    assert clock_of("letter", one, "answer").due == today() + timedelta(days=5)

    one = world.step("letter", "clerk", one, "answer", answer="已于昨日与代表见面。", measures="")
    one = world.step("letter", "supervisor", one, "accept", assessment="")

    assert (one.state, one.answered_on) == ("accepted", today())


def test_an_answer_that_is_not_enough_comes_again_by_a_new_day(world):
    one = world.step("letter", "supervisor", letter(world), "issue", department=world.bureau.id)
    assert clock_of("letter", one, "answer").length == "10 wd"
    one = world.step("letter", "clerk", one, "answer", answer="正在办理。", measures="")

    one = world.step("letter", "supervisor", one, "not_enough", assessment="没有说明何时见面。", limit_on=day(3))

    assert (one.state, one.rejected) == ("issued", 1) and clock_of("letter", one, "answer").due == today() + timedelta(days=3)


def test_a_letter_that_went_out_is_changed_no_more(world):
    one = world.step("letter", "supervisor", letter(world), "issue", department=world.bureau.id)

    assert supervision_checks.check_letter({"text": "改一改"}, one, None)


def test_an_overdue_letter_is_under_supervision(world, tick):
    one = world.step("letter", "supervisor", letter(world), "issue", department=world.bureau.id, limit_on=day(2))

    tick(timedelta(days=4))

    assert under_supervision(one) == 1


def test_a_problem_is_entered_once_and_stands_in_three_lists(world):
    one = world.make("list_item", "supervisor", suggestion=world.handed().number, title="未与代表见面",
                     problem="交办后二十天未联系代表。", found_on=today().isoformat())
    one = world.step("list_item", "supervisor", one, "assign", department=world.bureau.id, duty="按时与代表见面", leader="孙局长",
                     person="李科长", measure="三日内上门", limit_on=day(9))
    one = world.step("list_item", "clerk", one, "rectify", result="已上门见面并记录。")
    assert (one.state, one.rectified_on) == ("rectified", today())

    base, browser = f"/d/{world.tree.county.code}/suggestion_tracking/lists", world.browser("supervisor")
    texts = {which: browser.get(f"{base}?which={which}").text for which in ("problems", "duties", "rectifications")}
    assert "交办后二十天未联系代表" in texts["problems"] and "孙局长" in texts["duties"]
    assert "三日内上门" in texts["rectifications"]
    assert browser.get(f"{base}?which=other").status_code == 400
    assert [row["number"] for row in browser.api("GET", base).json["items"]] == [one.number]

    back = world.step("list_item", "supervisor", one, "send_back", assessment="见面未形成记录。")
    assert (back.state, back.rectified_on) == ("assigned", None)
    one = world.step("list_item", "supervisor", world.step("list_item", "clerk", back, "rectify", result="已补记录。"), "verify",
                     checked_by="督查组", found="")
    assert (one.state, one.verified_by) == ("verified", "督查组")


def test_a_closed_record_takes_no_step(world):
    one = letter(world)
    one = world.step("letter", "supervisor", one, "withdraw", reason="已由其他函件代替。")

    with pytest.raises(Conflict):
        world.step("letter", "supervisor", one, "issue", department=world.bureau.id)


# ---------------------------------------------------------------- 13710

def test_with_13710_the_clocks_of_a_suggestion_are_its_own_and_the_page_shows_the_five_marks(world):
    preset_choice.apply("shanxi_13710", world.tree.county, world.actor("system"), today())
    case = world.handed()

    task = world.rows("task", suggestion_number=case.number)[0]
    lengths = {row.clock: row.length for row in Deadline.select().where((Deadline.entity == "suggestion_tracking.task")
                                                                         & (Deadline.record_id == task.id))}
    assert (lengths["feedback"], lengths["reply"]) == ("3 d", "7 d")
    assert clock_of("suggestion", case, "assign").length == "0 d"
    text = world.browser("officer").get(f"/d/{world.tree.county.code}/suggestion_tracking/suggestion/{case.id}").text
    assert "13710" in text and "当日安排" in text and "清零销号" in text


def test_with_13710_a_second_handling_has_no_limit_and_is_followed_until_zero(world):
    preset_choice.apply("shanxi_13710", world.tree.county, world.actor("system"), today())
    case = world.step("suggestion", "officer", world.give(world.answered(), "not"), "redo", reason="没有说明由谁管护。")

    assert case.state == "again" and clock_of("suggestion", case, "redo") is None


# ---------------------------------------------------------------- pages

def test_the_page_of_a_suggestion_shows_what_followed_its_hand_over(world):
    case = world.answered("B")
    one = promise(world, case)

    text = world.browser("officer").get(f"/d/{world.tree.county.code}/suggestion_tracking/suggestion/{case.id}").text

    for part in ("交办之后", "第一次督查", "周代表", one.title, "登记承诺事项", "拟写督办函"):
        assert part in text, part


def test_the_page_of_supervision_counts_what_is_open_and_shows_each_only_what_is_theirs(world):
    case = world.answered("B")
    promise(world, case)
    path = f"/d/{world.tree.county.code}/suggestion_tracking/supervision"

    officer = world.browser("officer").get(path).text
    for part in ("承诺事项", "未结1件", "未结3件", "未结2件", "督查轮次", "随机抽样", "三清单"):
        assert part in officer, part
    clerk = world.browser("clerk").get(path).text
    assert "督办函(单)" in clerk and "督查轮次" not in clerk and "未结" not in clerk


def test_the_new_record_page_is_filled_with_what_is_known(world):
    case = world.handed()
    base = f"/d/{world.tree.county.code}/suggestion_tracking/commitment"
    page = world.browser("officer").get(f"{base}/new?suggestion={case.number}")

    assert f'value="{case.number}"' in page.text


def test_a_number_that_does_not_exist_is_refused_at_its_field(world):
    with pytest.raises(Invalid) as refused:
        world.make("list_item", "supervisor", suggestion="JY-000000-202601-0001", title="问题", problem="没有这件建议。",
                   found_on=today().isoformat())

    assert refused.value.errors.keys() == {"suggestion"}

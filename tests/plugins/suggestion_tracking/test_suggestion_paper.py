"""What comes on paper from a unit without account: the office enters it, its own date counts, and nobody else is answered for."""
import json
from datetime import date
from pathlib import Path

import pytest
from support.suggestion_world import OPINION, REASON, REPLY

from grid321.core import accounts, clock, db, snapshot, version_moves, version_publishing, versions
from grid321.core.actor import SYSTEM
from grid321.core.errors import Invalid, NotFound, Refused
from grid321.core.ledger import LedgerEntry
from grid321.core.outbox import drain
from grid321.core.version_content import content_of, differences, digest

from .suggestion_ground import plugin_modules, world

__all__ = ["plugin_modules", "world"]

PAGE = "/d/610902/suggestion_tracking"
KEY = "suggestion_tracking.task_handling"
V1 = json.loads((Path(__file__).parent / "task_handling_v1.json").read_text(encoding="utf-8"))
MONDAY, LATER = date(2026, 3, 2), date(2026, 3, 20)
PAPERS = {"enter_acceptance", "enter_opinion", "enter_reply"}


def without_account(world, *units):
    """The only clerk of these units has left."""
    gone = [world.actors[unit].account_id for unit in units]
    with db.transaction():
        accounts.Account.update(disabled=True).where(accounts.Account.id.in_(gone)).execute()


def paper(day):
    """The answer to the question for the paper's date."""
    return {"paper_on": day.isoformat()}


def clocks(task):
    """The state of each clock of a task."""
    return {row.clock: row.state for row in clock.of("suggestion_tracking.task", task.id)}


def test_the_office_enters_the_opinion_of_a_unit_without_account_from_the_day_of_its_paper(world, tick):
    tick(MONDAY, sweep=False)
    case = world.handed("housing", "traffic", wish_contact=False)
    without_account(world, "traffic")
    tick(LATER, sweep=False)
    task = world.step("office", world.task(case, "traffic"), "enter_opinion", **OPINION, **paper(date(2026, 3, 9)))
    entry = LedgerEntry.select().where(LedgerEntry.step == "enter_opinion").get()

    assert (task.state, task.answer, task.answered_on) == ("answered", OPINION["text"], date(2026, 3, 9))
    assert clocks(task)["co_handler"] == "met" and task.due is None
    assert (entry.record_id, entry.account_id) == (task.id, world.actors["office"].account_id)
    assert OPINION["text"] not in str(entry.facts), "what was typed lies beside the chain"
    world.accept(case, "housing")
    world.fix(case, "housing")
    assert world.step("housing", world.task(case, "housing"), "reply", **REPLY).state == "answered", "nobody is waited for"


@pytest.mark.parametrize("unit", ["traffic", "housing"])
def test_a_unit_that_works_here_is_not_answered_for_and_the_office_is_told_why(world, unit):
    case = world.handed("housing", "traffic", wish_contact=False)
    task, step = world.task(case, unit), {"traffic": "enter_opinion", "housing": "enter_reply"}[unit]
    with pytest.raises(Refused) as refusal:
        world.step("office", task, step, **paper(db.local_day()), **{"traffic": OPINION, "housing": REPLY}[unit])

    assert refusal.value.code == "has_account" and world.units[unit].name in str(refusal.value.title)
    assert world.fresh(task).state == "given" and not world.possible("office", task) & PAPERS
    form = {**{"traffic": OPINION, "housing": REPLY}[unit], **paper(db.local_day()), "_version": str(task.version)}
    page = world.browser("office").post(f"{PAGE}/task/{task.id}/do/{step}", form)
    assert page.status_code == 422 and "在本平台有账号，由该单位自行办理" in page.text


def test_an_account_counts_while_it_may_be_used_and_does_this_work_in_that_unit_today(world):
    case = world.handed("housing", "traffic")
    task = world.task(case, "traffic")
    grants = accounts.RoleGrant
    own = grants.account_id == world.actors["traffic"].account_id
    assert "enter_opinion" not in world.possible("office", task)
    with db.transaction():
        grants.update(to_day=date(2020, 1, 1)).where(own).execute()
    assert "enter_opinion" in world.possible("office", task), "its right has ended"
    with db.transaction():
        grants.update(to_day=None, department_id=world.units["water"].id).where(own).execute()
    assert "enter_opinion" in world.possible("office", task), "it works for another unit"
    with db.transaction():
        grants.update(department_id=world.units["traffic"].id).where(own).execute()
    assert "enter_opinion" not in world.possible("office", task)


def test_a_paper_is_not_older_than_the_hand_over_and_not_of_tomorrow(world, tick):
    tick(MONDAY, sweep=False)
    task = world.task(world.handed("housing", "traffic"), "traffic")
    without_account(world, "traffic")
    tick(LATER, sweep=False)
    for day, words in ((date(2026, 3, 1), "3月2日"), (date(2026, 3, 21), "")):
        with pytest.raises((Refused, Invalid)) as refusal:
            world.step("office", task, "enter_opinion", **OPINION, **paper(day))
        assert "paper_on" in refusal.value.errors and words in str(refusal.value.title)

    assert world.fresh(task).state == "given"
    assert world.step("office", task, "enter_opinion", **OPINION, **paper(MONDAY)).answered_on == MONDAY


def test_each_separate_unit_is_answered_for_by_itself_and_the_rest_goes_on(world, tick):
    tick(MONDAY, sweep=False)
    case = world.separate("housing", "traffic", wish_contact=False)
    without_account(world, "traffic")
    world.accept(case, "housing")
    tick(LATER, sweep=False)
    task = world.step("office", world.task(case, "traffic"), "enter_acceptance", **paper(date(2026, 3, 4)))
    assert (task.received_on, task.accepted_on) == (date(2026, 3, 4), date(2026, 3, 4))
    assert world.fresh(case).state == "handling" and world.task(case, "housing").state == "accepted"

    world.step("office", task, "enter_reply", **{**REPLY, "outcome": "B"}, **paper(date(2026, 3, 10)))
    assert world.fresh(case).state == "handling", "the other unit still owes its reply"
    world.fix(case, "housing")
    world.step("housing", world.task(case, "housing"), "reply", **REPLY)
    case = world.fresh(case)
    assert (case.state, case.outcome, case.answered_on) == ("answered", "B", LATER)


def test_a_reply_on_paper_is_under_the_rules_of_a_reply(world):
    case = world.handed("housing", "traffic")
    without_account(world, "housing", "traffic")
    lead, today = world.task(case, "housing"), paper(db.local_day())
    entered = lambda **more: world.step("office", lead, "enter_reply", **{**REPLY, **today, **more})  # noqa: E731
    for code, mend in (("not_met", lambda: met_together(world, case)),
                       ("no_opinion", lambda: world.step("office", world.task(case, "traffic"), "enter_opinion", **OPINION,
                                                         **today))):
        with pytest.raises(Refused) as refusal:
            entered()
        assert refusal.value.code == code
        mend()
    with pytest.raises(Refused) as refusal:
        entered(commitment="年底前完成")
    assert refusal.value.code == "half_promise"
    assert entered().state == "answered" and world.fresh(case).state == "answered"


def test_the_day_of_the_paper_counts_in_the_rates_as_the_day_of_an_own_answer(world, tick):
    from grid321.plugins.suggestion_tracking.evaluation_models import Counted

    world.set("core.clock_reply", "10 d")
    tick(MONDAY, sweep=False)
    case = world.handed("housing", wish_contact=False)
    without_account(world, "housing")
    tick(LATER, sweep=False)  # past the limit, but the paper is not
    world.step("office", world.task(case, "housing"), "enter_reply", **REPLY, **paper(date(2026, 3, 11)))
    while drain():
        pass
    marks = {row.kind: row.marks for row in Counted.select().where(Counted.suggestion_id == case.id)}

    assert world.fresh(case).answered_on == date(2026, 3, 11)
    assert set(marks) == {"suggestion", "unit"}
    assert all({"A", "L", "T"} <= set(found) for found in letters(marks)), marks


def met_together(world, case):
    """The office records that the deputy met the units together."""
    for stage in ("before", "during", "after"):
        world.make("contact", {"suggestion_number": case.number, "stage": stage, "met_on": db.local_day().isoformat(),
                               "who": "郑丽、吴强", "place": "溪河社区", "form": "site", "said": "希望尽快安装。"})


def letters(marks):
    """The marks by the names of the rules: answered, with a limit, in time."""
    from grid321.plugins.suggestion_tracking import evaluation_rates as rates

    names = {rates.ANSWERED: "A", rates.LIMITED: "L", rates.IN_TIME: "T"}
    return [{names.get(letter, letter.lower()) for letter in found} for found in marks.values()]


def test_sent_back_to_the_unit_its_paper_is_not_older_than_that(world, tick):
    tick(MONDAY, sweep=False)
    case = world.handed("housing", "traffic")
    world.accept(case, "traffic")
    task = world.step("traffic", world.task(case, "traffic"), "give_opinion", **OPINION)
    without_account(world, "traffic")
    tick(LATER, sweep=False)
    task = world.step("office", task, "ask_again", **REASON)
    with pytest.raises(Refused) as refusal:
        world.step("office", task, "enter_opinion", **OPINION, **paper(date(2026, 3, 19)))
    assert refusal.value.code == "too_early"
    task = world.step("office", task, "enter_opinion", text="重新办理后同意。", **paper(LATER))
    assert (task.state, task.answer, task.answered_on) == ("answered", "重新办理后同意。", LATER)


def test_the_office_sees_on_the_page_what_it_may_enter_and_does_it_there(world):
    case = world.handed("housing", "traffic")
    without_account(world, "traffic")
    task, office = world.task(case, "traffic"), world.browser("office")
    page = office.get(f"{PAGE}/task/{task.id}").text
    assert "登记纸质会办意见" in page and "登记纸质受理" in page and "/do/enter_reply" not in page
    form = {**OPINION, **paper(db.local_day()), "_version": str(world.fresh(task).version)}
    assert office.post(f"{PAGE}/task/{task.id}/do/enter_opinion", form).status_code == 303
    assert "登记纸质会办意见" in office.get(f"{PAGE}/task/{task.id}").text, "the timeline says that it came on paper"
    assert world.browser("reader").get(f"{PAGE}/task/{task.id}/do/enter_reply").status_code == 403
    assert world.fresh(task).state == "answered"


# -- homes made before ------------------------------------------------------------------------------------------------

@pytest.fixture
def old_home(world):
    """The home as the release before left it: version 1 stored and published, then migrated by this one."""
    with db.transaction():
        versions.WorkflowVersion.delete().where(versions.WorkflowVersion.key == KEY).execute()
        moment = db.now()
        versions.WorkflowVersion.create(key=KEY, version=1, entity="suggestion_tracking.task", content=V1, hash=digest(V1),
                                        state=versions.PUBLISHED, installed_at=moment, published_at=moment)
        snapshot.bump()
    assert [(row.key, row.version, row.state) for row in versions.install()] == [(KEY, 2, versions.INSTALLED)]
    return world


@pytest.mark.once
def test_version_2_adds_the_steps_on_paper_and_nothing_else():
    from grid321.plugins.suggestion_tracking.suggestion_paper import TASK_HANDLING

    now = content_of(TASK_HANDLING)
    assert {step["key"] for step in now["transitions"]} - {step["key"] for step in V1["transitions"]} == PAPERS
    rest = {**now, "version": 1, "transitions": [step for step in now["transitions"] if step["key"] not in PAPERS]}
    assert differences(V1, rest) == []


def test_a_new_home_has_version_2_published_at_once(world):
    assert world.task(world.handed("housing"), "housing").workflow_version == 2


def test_a_task_lives_its_whole_life_under_version_1_and_has_no_step_on_paper(old_home):
    case = old_home.answered("traffic")
    task = old_home.task(case, "traffic")
    assert (case.state, task.state, task.workflow_version) == ("answered", "answered", 1)
    other = old_home.task(old_home.handed("housing", "traffic"), "traffic")
    without_account(old_home, "traffic")
    assert not old_home.possible("office", other) & PAPERS
    with pytest.raises((NotFound, KeyError)):
        old_home.step("office", other, "enter_opinion", **OPINION, **paper(db.local_day()))


def test_published_by_an_administrator_new_tasks_have_it_and_running_ones_when_they_are_moved(old_home):
    before = old_home.task(old_home.handed("housing", "traffic"), "traffic")
    without_account(old_home, "traffic")
    version_publishing.publish(KEY, 2, SYSTEM)
    after = old_home.task(old_home.handed("housing", "traffic"), "traffic")
    assert (old_home.fresh(before).workflow_version, after.workflow_version) == (1, 2)
    assert not old_home.possible("office", before) & PAPERS and "enter_opinion" in old_home.possible("office", after)

    due = old_home.fresh(before).due
    version_moves.move(KEY, 2, SYSTEM)
    moved = old_home.fresh(before)
    assert (moved.state, moved.due, moved.workflow_version) == ("given", due, 2)
    assert old_home.step("office", moved, "enter_opinion", **OPINION, **paper(db.local_day())).state == "answered"

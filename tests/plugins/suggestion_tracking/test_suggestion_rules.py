"""Suggestions under every set of rules, along chance ways, in the browser and over REST."""
import random
from datetime import date
from io import BytesIO
from types import SimpleNamespace

import pytest
from support import suggestion_world as sw
from support.suggestion_world import CHECKED, FIXED, OPINION, REASON, REPLY

from grid321.core import clock, clock_rules, db, engine, preset_choice
from grid321.core.actor import SYSTEM
from grid321.core.errors import Problem, StaleVersion
from grid321.core.ledger import LedgerEntry
from grid321.core.preset_files import all_presets

from .suggestion_ground import plugin_modules, world

__all__ = ["plugin_modules", "world"]

MONDAY = date(2026, 3, 2)
PAGE = "/d/610902/suggestion_tracking"


def clocks(world, record, name):
    """The newest clock of each key of a case."""
    return {row.clock: row for row in clock.of(f"suggestion_tracking.{name}", record.id)}


# -- sets of rules ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("key", sorted(all_presets()))
def test_every_set_of_rules_gives_its_limits_to_the_units_from_its_own_start(world, tick, key):
    tick(MONDAY, sweep=False)
    preset_choice.apply(key, world.tree.county, SYSTEM, date(2020, 1, 1))
    said = all_presets()[key].value
    case = world.handed("housing", "traffic")
    lead, co = world.task(case, "housing"), world.task(case, "traffic")
    wanted = {("housing", "return"): "core.clock_return", ("housing", "reply"): "core.clock_reply",
              ("housing", "feedback"): "core.clock_feedback", ("housing", "first_contact"): "core.clock_first_contact",
              ("traffic", "co_handler"): "core.clock_co_handler", ("traffic", "return"): "core.clock_return"}
    if said("core.clock_start") == "receipt":
        assert clocks(world, lead, "task") == {} == clocks(world, co, "task")
        world.step("housing", lead, "receive")
        world.step("traffic", co, "receive")
    found = {(unit, name): row.length for unit, task in (("housing", lead), ("traffic", co))
             for name, row in clocks(world, task, "task").items()}

    assert found == {pair: said(setting) for pair, setting in wanted.items() if said(setting)}


def test_13710_is_followed_by_the_day(world, tick):
    tick(MONDAY, sweep=False)
    preset_choice.apply("shanxi_13710", world.tree.county, SYSTEM, date(2020, 1, 1))
    case = world.raised()
    assert case.due == MONDAY, "arranged the same day"
    case = world.step("office", case, "pass_check", **CHECKED)
    case = world.step("office", case, "assign", department=world.units["housing"].id)
    task = clocks(world, world.task(case, "housing"), "task")
    assert (task["feedback"].due, task["reply"].due, case.due) == (date(2026, 3, 5), date(2026, 3, 9), date(2026, 3, 9))
    major = world.handed("housing", answers={"is_major": True})
    assert major.due == date(2026, 4, 2) == clocks(world, world.task(major, "housing"), "task")["reply"].due
    assert clock_rules.parse_length("1 m").unit == "month"


# -- chance ways ------------------------------------------------------------------------------------------------------

def moves(world, case):
    """Every step that somebody may try now: (who, record, key, answers)."""
    day = db.local_day().isoformat()
    fixed, unit = {**FIXED, "fix_limit_on": day}, world.units
    found = [("office", case, "pass_check", CHECKED), ("office", case, "assign", {"department": unit["housing"].id,
                                                                                 "co_1": unit["traffic"].id}),
             ("office", case, "assign", {"department": unit["water"].id}), ("office", case, "send_back", REASON),
             ("office", case, "assign_separate", {"unit_1": unit["housing"].id, "unit_2": unit["water"].id}),
             ("deputy", case, "raise_again", {}), ("office", case, "accepted_told", {}), ("deputy", case, "agree_longer", {})]
    if world.chance.random() < 0.04:
        found += [("deputy", case, "withdraw", REASON), ("office", case, "enter_reply", REPLY)]
    model = world.entity("task").model
    names = {one.id: name for name, one in unit.items()}
    for task in model.select().where((model.suggestion_id == case.id) & model.closed_at.is_null()).order_by(model.id):
        who = names[task.department_id]
        found += [(who, task, key, answers) for key, answers in (
            ("receive", {}), ("accept", {}), ("give_back", REASON), ("fix", fixed), ("reply", REPLY), ("reply_again", REPLY),
            ("give_opinion", OPINION), ("give_opinion_again", OPINION))]
        found += [("office", task, key, REASON) for key in ("insist", "take_back", "ask_again", "call_off")
                  if key != "call_off" or world.chance.random() < 0.1]
    return found


def faults(world, case):
    """What does not fit together between a suggestion and its tasks, as sentences."""
    case, model = world.fresh(case), world.entity("task").model
    tasks = list(model.select().where(model.suggestion_id == case.id))
    replying = [task for task in tasks if task.role != "co" and task.state != "taken_back"]
    found = []
    if case.state in {"assigned", "handling"} and not replying:
        found.append("with the units, but no unit replies")
    if case.state == "answered" and any(task.state not in {"answered", "done"} for task in replying):
        found.append("answered, but a unit still owes its reply")
    if case.state == "handling" and replying and all(task.state == "answered" for task in replying):
        found.append("every unit has replied, but it is not answered")
    if case.state == "assigned" and replying and all(task.state in {"accepted", "fixed", "answered"} for task in replying):
        found.append("every unit has accepted, but it is not handled")
    if case.state in {"raised", "to_change", "checked"} and replying:
        found.append("not handed over, but a unit replies")
    if case.closed_at is not None and any(task.closed_at is None for task in tasks):
        found.append("ended, but a task is open")
    if len({task.department_id for task in tasks if task.closed_at is None}) != sum(task.closed_at is None for task in tasks):
        found.append("a unit has two open tasks")
    if case.state == "answered" and not (case.outcome and case.answer):
        found.append("answered without class or text")
    if sum(task.role == "lead" and task.closed_at is None for task in tasks) > 1:
        found.append("two lead units")
    return found


@pytest.mark.parametrize("seed", [3, 7])
def test_whatever_units_and_office_do_suggestion_and_tasks_fit_together(world, seed):
    world.chance = random.Random(seed)
    world.set("suggestion_tracking.meetings_before_reply", "none")
    flows = {name: engine.workflow_for(world.entity(name), SimpleNamespace(workflow_version=version))
             for name, version in (("suggestion", 1), ("task", 2))}
    seen = set()
    for _life in range(3):
        case = world.raised()
        for _turn in range(30):
            case = world.fresh(case)
            possible = [move for move in moves(world, case) if move[1].state in flows[
                "suggestion" if isinstance(move[1], type(case)) else "task"].transition(move[2]).sources]
            if not possible:
                break
            who, record, key, answers = world.chance.choice(possible)
            try:
                world.step(who, record, key, **answers)
            except Problem:
                continue
            seen.add(key)
            assert faults(world, case) == [], (seed, key)

    assert {"pass_check", "receive", "give_back"} <= seen and len(seen) > 6, seen


# -- all or nothing ---------------------------------------------------------------------------------------------------

def test_an_area_that_refuses_what_follows_undoes_the_whole_step(world, monkeypatch):
    from grid321.plugins.suggestion_tracking import suggestion_life as life

    def refuse(case, data, actor):
        raise ValueError("not now")

    case = world.checked()
    monkeypatch.setattr(life, "ON_HANDED", [*life.ON_HANDED, refuse])
    with pytest.raises(ValueError, match="not now"):
        world.step("office", case, "assign", department=world.units["housing"].id)

    assert (world.fresh(case).state, world.fresh(case).version) == ("checked", case.version)
    assert world.entity("task").model.select().count() == 0


def test_of_two_clerks_who_hand_over_the_second_is_told_and_gives_no_tasks(world):
    case = world.checked()
    world.step("office", case, "assign", department=world.units["housing"].id)
    with pytest.raises(Problem) as told:
        engine.perform(world.entity("suggestion"), case.id, "assign", {"department_id": world.units["water"].id},
                       world.actors["colleague"], case.version, world.tree.county)

    assert told.value.status in {409, StaleVersion.status} and world.entity("task").model.select().count() == 1


# -- in the browser ---------------------------------------------------------------------------------------------------

def test_a_clerk_sees_units_meetings_signatures_and_consent_on_the_page(world):
    case = world.raised()
    world.make("cosigner", {"suggestion_number": case.number, "person": world.people["second"].id})
    case = world.step("office", case, "pass_check", **CHECKED)
    case = world.step("office", case, "assign", department=world.units["housing"].id, co_1=world.units["traffic"].id)
    world.accept(case, "housing", "traffic")
    world.fix(case, "housing")
    world.meet(case, "housing", "before", agrees_longer=True)
    page = world.browser("office").get(f"{PAGE}/suggestion/{case.id}").text

    for text in ("住房和城乡建设局", "交通运输局", "王建国", "李秀梅", "周明（局长）", "希望尽快安装，先装学校门口。", "溪河社区",
                 "答复前须登记", "同意延期", f"task/new?suggestion_number={case.number}",
                 f"contact/new?suggestion_number={case.number}"):
        assert text in page, text


def test_a_co_handler_reads_the_suggestion_on_its_task_and_the_lead_unit_records_a_meeting(world):
    case = world.handed("housing", "traffic")
    co = world.browser("traffic")
    page = co.get(f"{PAGE}/task/{world.task(case, 'traffic').id}").text
    assert sw.CONTENT in page and "由住建部门在溪河路补装路灯二十盏。" in page

    lead = world.browser("housing")
    form = {"suggestion_number": case.number, "stage": "before", "met_on": db.local_day().isoformat(), "who": "郑丽",
            "place": "溪河社区", "form": "visit", "said": "<script>alert(1)</script> 希望早日亮灯。"}
    answer = lead.post(f"{PAGE}/contact/new", form)
    assert answer.status_code == 303
    shown = lead.get(f"{PAGE}/task/{world.task(case, 'housing').id}").text
    assert "&lt;script&gt;" in shown and "<script>alert" not in shown
    assert world.entity("contact").model.get().department_id == world.units["housing"].id, "its own unit"
    other = co.post(f"{PAGE}/contact/new", {**form, "department": world.units["housing"].id})
    assert other.status_code == 422 and world.entity("contact").model.select().count() == 1


def test_a_separate_unit_records_its_meetings_although_the_suggestion_is_not_its_own_page(world):
    case = world.separate("housing", "traffic")
    world.meet(case, "traffic", "before")

    assert world.entity("contact").model.get().department_id == world.units["traffic"].id


def test_the_form_of_a_changed_plan_begins_with_the_plan(world):
    case = world.handed("housing")
    world.accept(case, "housing")
    task = world.fix(case, "housing")
    page = world.browser("housing").get(f"{PAGE}/task/{task.id}/do/change_plan").text

    assert "七月勘查，八月招标，九月安装。" in page and 'value="吴强"' in page


def test_the_deputys_form_offers_nobody_else_and_the_office_all_deputies(world):
    mine = world.browser("deputy").get(f"{PAGE}/suggestion/new").text
    office = world.browser("office").get(f"{PAGE}/suggestion/new").text

    assert "李秀梅" in mine and "王建国" not in mine
    assert "李秀梅" in office and "王建国" in office and "赵德发" not in office


def test_remarks_before_the_check_point_at_numbered_points_and_the_same_title(world):
    first = world.raised()
    second = world.raised(proposal="一、在溪河路补装路灯。\n二、在汉江路修建公厕。")
    page = world.browser("office").get(f"{PAGE}/suggestion/{second.id}").text

    assert first.number in page and "2 个编号要点" in page
    assert "编号要点" not in world.browser("reader").get(f"{PAGE}/suggestion/{second.id}").text


# -- over REST --------------------------------------------------------------------------------------------------------

def test_a_whole_life_over_rest(world):
    here = "/d/610902/suggestion_tracking"

    def act(who, name, record_id, key, body=None):
        browser = world.browser(who)
        seen = browser.api("GET", f"{here}/{name}/{record_id}")
        answer = browser.api("POST", f"{here}/{name}/{record_id}/{key}", body or {}, If_Match=seen.headers["ETag"])
        assert answer.status_code == 200, (key, answer.text)
        return answer.json

    case = world.browser("deputy").api("POST", f"{here}/suggestion", sw.RAISED).json
    act("office", "suggestion", case["id"], "transitions/pass_check", CHECKED)
    act("office", "suggestion", case["id"], "transitions/assign", {"department": world.units["housing"].id})
    task = world.browser("housing").api("GET", f"{here}/task").json["items"][0]
    for key, body in (("receive", {}), ("accept", {}), ("fix", {**FIXED, "fix_limit_on": db.local_day().isoformat()})):
        act("housing", "task", task["id"], f"transitions/{key}", body)
    for stage in ("before", "during", "after"):
        made = world.browser("housing").api("POST", f"{here}/contact", {
            "suggestion_number": case["number"], "stage": stage, "met_on": db.local_day().isoformat(), "who": "郑丽",
            "place": "溪河社区", "form": "site", "said": "同意方案。"})
        assert made.status_code == 201, made.text
    act("housing", "task", task["id"], "transitions/reply", REPLY)

    assert world.browser("deputy").api("GET", f"{here}/suggestion/{case['id']}").json["state"] == "answered"


# -- who reads it -----------------------------------------------------------------------------------------------------

def test_a_co_handling_unit_reads_the_suggestion_it_helps_with_and_can_do_nothing_else_to_it(world):
    case, other = world.handed("housing", "traffic"), world.handed("housing")
    co, stranger = world.browser("traffic"), world.browser("water")

    page = co.get(f"{PAGE}/suggestion/{case.id}")
    assert page.status_code == 200 and case.title in page.text
    assert f"/suggestion/{case.id}\"" in co.get(f"{PAGE}/suggestion/").text
    assert co.get(f"{PAGE}/suggestion/{other.id}").status_code == 404, "a suggestion in which it has no task"
    assert stranger.get(f"{PAGE}/suggestion/{case.id}").status_code == 404
    assert world.possible("traffic", case) == set()
    assert co.get(f"{PAGE}/suggestion/{case.id}/edit").status_code == 403

    world.step("office", world.task(case, "traffic"), "call_off", **REASON)
    assert co.get(f"{PAGE}/suggestion/{case.id}").status_code == 404, "called off, it has nothing to read there any more"


def test_separate_units_each_read_their_suggestion(world):
    case = world.separate("housing", "water")

    assert [world.browser(unit).get(f"{PAGE}/suggestion/{case.id}").status_code
            for unit in ("housing", "water", "traffic")] == [200, 200, 404]


def test_the_page_of_a_suggestion_leaves_out_what_says_nothing(world):
    page = world.browser("office").get(f"{PAGE}/suggestion/{world.raised(consent_publish=False).id}").text
    facts = page[page.index('<dl class="facts">'):page.index("</dl>")]

    assert "代表同意公开" in facts, "that it must not be published matters"
    assert not [word for word in ("仅供参考", "重点督办", "再次办理", "预警标记", "交办次数", "以往提出年数") if word in facts]
    assert "以往同类建议编号" in page and "答复签发" not in page, "only what a form asks for is named as not filled in"


# -- what the page says about the next step ---------------------------------------------------------------------------

def steps_panel(page):
    """The panel of the next step, from its heading to its end."""
    start = page.index('aria-labelledby="next"')
    return page[start:page.index("</section>", start)]


def test_a_unit_reads_why_it_cannot_reply_yet_and_a_co_handler_is_told_nothing_about_replies(world):
    case = world.handed("housing", "traffic")
    world.accept(case, "housing", "traffic")
    task = world.fix(case, "housing")
    lead = steps_panel(world.browser("housing").get(f"{PAGE}/task/{task.id}").text)
    assert "与代表见面尚未登记齐全" in lead and "btn-primary" not in lead and "修改“六定”" in lead
    co = steps_panel(world.browser("traffic").get(f"{PAGE}/task/{world.task(case, 'traffic').id}").text)
    assert "提交会办意见" in co and "主办单位" not in co


def test_the_office_is_told_who_has_a_suggestion_instead_of_being_led_beside_the_way(world):
    handed, answered = world.handed("housing"), world.answered()
    office = world.browser("office")
    with_units = steps_panel(office.get(f"{PAGE}/suggestion/{handed.id}").text)
    assert "由承办单位办理" in with_units and "重点督办" in with_units and "btn-primary" not in with_units
    assert "等待代表交回满意度回执卡" in steps_panel(office.get(f"{PAGE}/suggestion/{answered.id}").text)
    task = world.task(handed, "housing")
    world.step("housing", task, "give_back", **REASON)
    returned = steps_panel(office.get(f"{PAGE}/task/{task.id}").text)
    assert "不同意退办" in returned
    assert returned.index("/do/take_back") < returned.index("其他操作"), "to agree is an answer like the other"

# -- who reads a published one ----------------------------------------------------------------------------------------

def test_who_reads_a_suggestion_only_because_it_is_published_neither_comments_on_it_nor_adds_a_file(world):
    case = world.answered()
    published(case)
    path = f"{PAGE}/suggestion/{case.id}"
    reader = world.browser("second")  # a deputy who did not sign it
    page = reader.get(path)
    assert page.status_code == 200 and "/comment\"" not in page.text and "/attachment\"" not in page.text
    assert reader.post(f"{path}/comment", {"text": "我也关心此事。"}).status_code == 403
    assert reader.api("POST", f"{PAGE}/suggestion/{case.id}/comments", {"text": "我也关心此事。"}).status_code == 403
    assert reader.post(f"{path}/attachment", {"file": (BytesIO(b"%PDF-1.4"), "a.pdf")}).status_code == 403
    assert reader.api("POST", f"{PAGE}/suggestion/{case.id}/attachments").status_code == 403
    assert not LedgerEntry.select().where(LedgerEntry.step.in_(["comment", "attach"])).exists()


def test_who_signed_it_and_every_unit_with_a_task_comment_on_it_published_or_not(world):
    case = world.raised()
    world.make("cosigner", {"suggestion_number": case.number, "person": world.people["second"].id})
    case = world.step("office", case, "pass_check", **CHECKED)
    world.step("office", case, "assign", department=world.units["housing"].id, co_1=world.units["traffic"].id)
    path, followers = f"{PAGE}/suggestion/{case.id}", ("deputy", "second", "office", "housing", "traffic")
    for _time in range(2):
        for who in followers:
            browser = world.browser(who)
            assert "/comment\"" in browser.get(path).text, who
            assert browser.post(f"{path}/comment", {"text": f"{who}的意见。"}).status_code == 303, who
        published(case)

    assert LedgerEntry.select().where(LedgerEntry.step == "comment").count() == 2 * len(followers)
    assert world.browser("water").post(f"{path}/comment", {"text": "我也关心此事。"}).status_code == 404, "no part in it"


def published(case):
    """Put the suggestion on the public list."""
    with db.transaction():
        type(case).update(published_on=db.local_day()).where(type(case).id == case.id).execute()

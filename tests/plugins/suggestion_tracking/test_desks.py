"""The clerk's desk, the deputy's page and the leader's dashboard: what stands on them, for whom, and where its numbers lead."""
from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from support import suggestion_world as sw

from grid321.core import clock, clock_extensions, db
from grid321.core.testing_browser import Browser, make_account

BASE = "/d/610902/suggestion_tracking"


@pytest.fixture
def plugin_modules():
    """Only this plugin: it works alone."""
    from grid321.plugins import suggestion_tracking

    return [suggestion_tracking]


@pytest.fixture
def world(staged, division_tree, tick):
    """Deputies, units, the office; it is 2 March 2026."""
    tick(date(2026, 3, 2), sweep=False)
    return staged(sw.build, division_tree)


def desk(world, who):
    """The sections of somebody's desk by key: numbers of cases, with the step that is offered."""
    answer = world.browser(who).api("GET", f"{BASE}/desk")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {one["key"]: one for one in answer.json["sections"]}


def items(section):
    return [(item["number"], item["step"]) for item in section["items"]]


def test_each_case_stands_once_on_the_desk_of_who_has_to_act(world):
    raised, checked = world.raised(), world.checked()
    handed = world.handed("housing", "traffic")

    office, housing, traffic, water = (desk(world, who) for who in ("office", "housing", "traffic", "water"))
    assert items(office["accept"]) == [(raised.number, "pass_check")]
    assert items(office["decide"]) == [(checked.number, None)], "there is a choice: the page of the case offers it"
    assert items(housing["accept"]) == [(world.task(handed, "housing").number, "receive")]
    assert items(traffic["accept"]) == [(world.task(handed, "traffic").number, "receive")]
    assert sum(section["count"] for section in water.values()) == 0
    for found in (office, housing, traffic):
        numbers = [item["number"] for section in found.values() for item in section["items"]]
        assert len(numbers) == len(set(numbers))


def test_what_runs_out_moves_to_the_urgent_sections(world, tick):
    case = world.handed("housing")
    world.accept(case, "housing")
    world.fix(case, "housing", fix_limit_on="2026-05-20")
    number = world.task(case, "housing").number
    world.meet(case, "housing", "before")
    last = world.task(case, "housing").due
    assert items(desk(world, "housing")["answer"]) == [(number, "reply")]
    tick(last - timedelta(days=2), sweep=False)
    assert items(desk(world, "housing")["due"])[0][0] == number
    tick(last + timedelta(days=5), sweep=False)
    overdue = desk(world, "housing")["overdue"]
    assert [item["number"] for item in overdue["items"]] == [number]
    page = world.browser("housing").get(f"{BASE}/desk").get_data(as_text=True)
    assert number in page and "逾期" in page


def test_a_desk_with_more_than_is_read_counts_the_rest(world, monkeypatch):
    from grid321.core import desks

    monkeypatch.setattr(desks, "PER_DESK", 3)
    for _number in range(7):
        world.raised()
    section = desk(world, "office")["accept"]
    assert (section["count"], len(section["items"])) == (7, 3)


def test_a_deputy_sees_own_suggestions_and_what_waits_and_nothing_of_others(world):
    mine = world.answered("traffic")
    world.make("cosigner", {"suggestion_number": world.raised(deputy=world.people["third"].id).number,
                            "person": world.people["second"].id})
    back = world.step("office", world.raised(), "send_back", reason="一事一议，请分开提出。")
    met = world.handed("water")
    found = world.browser("deputy").api("GET", f"{BASE}/mine").json
    others = world.browser("second").api("GET", f"{BASE}/mine").json

    assert {(one["kind"], one["number"]) for one in found["waits"]} == {
        ("rate", mine.number), ("confirm", back.number), ("meet", met.number)}
    assert {one["number"] for one in found["own"]} == {mine.number, back.number, met.number}
    assert (found["signed"], len(others["signed"]), others["own"]) == ([], 1, [])
    page = world.browser("deputy").get(f"{BASE}/mine").get_data(as_text=True)
    assert re.search(rf'href="{BASE}/receipt/\d+/do/give"', page)
    assert "退回代表修改：一事一议，请分开提出。" in page, "why it came back"
    assert sw.REPLY["text"] in page, "the reply is read before it is rated"
    assert "待答复" in page


def test_why_suggestions_came_back_to_a_deputy_is_asked_for_in_one_query_however_many_did(world, monkeypatch):
    seen, real = [], type(db.database.obj).execute_sql

    def watch(self, sql, *rest, **options):
        seen.append("core_ledger_detail" in sql)
        return real(self, sql, *rest, **options)

    def asked():
        with monkeypatch.context() as patch:
            patch.setattr(type(db.database.obj), "execute_sql", watch)
            seen.clear()
            page = world.browser("deputy").get(f"{BASE}/mine").get_data(as_text=True)
        return sum(seen), page

    assert asked()[0] == 0
    for number in range(3):
        world.step("office", world.raised(), "send_back", reason=f"一事一议，第{number}次。")
    count, page = asked()
    assert count == 1
    assert all(f"退回代表修改：一事一议，第{number}次。" in page for number in range(3))


def _reply_clock(entity, task):
    return next(row for row in clock.of(entity.key, task.id) if row.clock == "reply")


def test_a_deputy_is_asked_for_consent_while_a_unit_waits_for_more_time_and_no_longer(world):
    case = world.handed("housing", "traffic")
    task, entity = world.task(case, "housing"), world.entity("task")
    clock_extensions.ask(entity, task.id, _reply_clock(entity, task).id,
                         "管线未定，需延长。", None, world.actors["housing"], world.tree.county)
    world.accept(case, "housing")
    waits = world.browser("deputy").api("GET", f"{BASE}/mine").json["waits"]
    assert [(one["kind"], one["number"]) for one in waits if one["kind"] == "agree"] == [("agree", case.number)]
    assert "住房和城乡建设局申请延长办理期限" in world.browser("deputy").get(f"{BASE}/mine").text

    world.step("deputy", case, "agree_longer")
    assert "agree" not in {one["kind"] for one in world.browser("deputy").api("GET", f"{BASE}/mine").json["waits"]}


def test_a_desk_says_which_inspection_of_a_suggestion_is_meant(world, tick):
    world.handed("housing")
    tick(date(2026, 7, 1))
    page = world.browser("office").get(f"{BASE}/desk").text
    assert all(f"<span>{kind}</span>" in page for kind in ("第一次督查", "第二次督查", "第三次督查"))


def test_what_ended_without_an_answer_shows_how_it_ended_and_no_stations_it_never_reached(world):
    case = world.step("deputy", world.raised("deputy"), "withdraw", reason="已另行反映解决。")
    found = world.browser("deputy").api("GET", f"{BASE}/mine").json
    assert (found["own"], [one["number"] for one in found["ended"]]) == ([], [case.number])
    page = world.browser("deputy").get(f"{BASE}/mine").text
    assert "未经答复即终止" in page and "已评价" not in page


def test_a_deputys_card_leads_to_the_form_that_the_own_account_may_send(world):
    world.answered()
    browser = world.browser("deputy")
    card = next(one for one in browser.api("GET", f"{BASE}/mine").json["waits"] if one["kind"] == "rate")
    assert browser.get(card["url"]).status_code == 200
    assert world.browser("second").get(card["url"]).status_code in {403, 404}


def test_who_is_no_person_has_a_page_without_suggestions(world):
    browser = Browser.of_account(world.browser("deputy").app, make_account("core.deputy", world.tree.county))
    assert browser.get(f"{BASE}/mine").status_code == 200
    assert browser.api("GET", f"{BASE}/mine").json == {"waits": [], "own": [], "ended": [], "signed": [], "heard": []}


def test_the_dashboard_counts_what_is_open_overdue_and_with_whom(world, tick):
    world.raised()
    handed = world.handed("housing", "traffic")
    world.answered()
    tick(handed.due + timedelta(days=3), sweep=False)
    found = world.browser("reader").api("GET", f"{BASE}/dashboard").json

    assert [one["n"] for one in found["heads"]] == [0, 0, 3, 1, 3, 2], "open and overdue: matters, suggestions, tasks"
    assert {one["name"]: one["open"] for one in found["units"]} == {"住房和城乡建设局": 1, "交通运输局": 1}
    late = {one["number"] for one in found["longest_overdue"]}
    assert world.task(handed, "housing").number in late and handed.number in late
    assert all(one["days"] > 0 for one in found["longest_overdue"])


def test_every_number_of_the_dashboard_leads_to_a_list_that_opens(world, tick):
    world.raised()
    handed = world.handed("housing", "traffic")
    world.answered()
    tick(world.task(handed, "housing").due + timedelta(days=3), sweep=False)
    browser = world.browser("reader")
    page = browser.get(f"{BASE}/dashboard").get_data(as_text=True)
    links = set(re.findall(r'href="(/d/[^"]+)"', page[page.index("<main"):page.index("</main")]))

    assert len(links) > 10
    for link in sorted(links):
        assert browser.get(link.replace("&amp;", "&")).status_code == 200, link


def test_divisions_below_stand_in_the_order_of_the_tree_each_with_its_own_numbers(world, switch_on):
    for place, who in ((world.tree.village, "village_officer"), (world.tree.other_village, "village_officer")):
        account = make_account(f"suggestion_tracking.{who}", place)
        for number in range(1 + (place.id == world.tree.village.id)):
            made = Browser.of_account(world.browser("office").app, account).api(
                "POST", f"/d/{place.code}/suggestion_tracking/matter",
                {"division": place.code, "kind": "roads", "text": f"第{number}盏路灯不亮。", "contact_name": "群众"})
            assert made.status_code == 201, made.get_data(as_text=True)
    found = world.browser("reader").api("GET", f"{BASE}/dashboard").json["divisions"]

    assert [(row["name"], row["figures"][0]["open"]) for row in found] == [("五里镇", 2), ("大同镇", 1)]


@pytest.mark.parametrize(("path", "allowed"), [
    ("desk", {"office", "housing"}), ("mine", {"deputy"}), ("dashboard", {"office", "reader"})])
def test_each_page_is_for_its_people(world, path, allowed):
    for who in ("office", "housing", "reader", "deputy"):
        status = world.browser(who).get(f"{BASE}/{path}").status_code
        assert (status == 200) == (who in allowed), (who, path, status)
        assert world.browser(who).api("GET", f"{BASE}/{path}").status_code == (200 if who in allowed else 403)


def test_where_the_plugin_is_off_there_is_no_page(world):
    from grid321.core import switches

    switches.turn("suggestion_tracking", world.tree.other_town, False)
    assert world.browser("office").get(f"/d/{world.tree.other_town.code}/suggestion_tracking/desk").status_code == 404
    assert "大同镇" not in {row["name"] for row in world.browser("reader").api("GET", f"{BASE}/dashboard").json["divisions"]}


def test_where_nothing_is_registered_the_desk_says_how_to_begin_and_no_longer_once_there_is(world):
    begin = "可以这样开始"
    office = world.browser("office")
    assert begin in office.get(f"{BASE}/desk").text
    assert begin not in world.browser("housing").get(f"{BASE}/desk").text, "a unit does not see what others registered"
    world.raised()
    assert begin not in office.get(f"{BASE}/desk").text
    assert begin not in office.get(f"{BASE}/dashboard").text

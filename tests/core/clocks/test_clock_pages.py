"""What people and programs see of the clocks of a case: all of them in words, every day of one, forms of an extension."""
import re
from datetime import date

import pytest

from grid321.core import clock, clock_extensions, desks
from grid321.core.clock_rows import Deadline
from grid321.core.faces import face_of

pytestmark = pytest.mark.usefixtures("english")


def row_of(case, key):
    return [row for row in clock.of("replies.suggestion", case.id) if row.clock == key][-1]


@pytest.fixture
def unit(here, person):
    """Return the browser of the unit's clerk."""
    return person("replies.unit", here.tree.town, here.unit)


@pytest.fixture
def office(here, person):
    """Return the browser of the office that holds the suggestions."""
    return person("replies.office", here.tree.town)


@pytest.fixture
def base(here):
    """Return the address of the suggestions of the town."""
    return f"/d/{here.tree.town.code}/replies/suggestion"


def test_all_clocks_of_a_case_are_listed_with_last_day_light_and_why(assigned, office, base, tick):
    case = assigned()
    tick(date(2026, 3, 15), sweep=False)
    page = office.get(f"{base}/{case.id}").text
    for words in ("Time limits", "Return with reasons", "16 March 2026", "1 day left", "Due soon", "Reply",
                  "2 June 2026", "In time"):
        assert words in page
    assert len(set(re.findall(r'href="[^"]*/why/(\d+)"', page))) == Deadline.select().where(
        Deadline.ended_at.is_null()).count() + 1  # and the one that has ended is folded away
    assert "Ended (" in page


def test_an_overdue_and_a_paused_clock_say_so_in_a_word(assigned, office, base, tick, step, here):
    case = assigned()
    tick(date(2026, 3, 18), sweep=False)
    assert "2 days late" in office.get(f"{base}/{case.id}").text
    case = step(step(step(case, "accept", here.clerk), "ask_pause", here.clerk, reason="等待批复"), "confirm_pause", here.office)
    tick(date(2026, 3, 28), sweep=False)
    page = office.get(f"{base}/{case.id}").text
    assert "Paused" in page
    assert "stands still since 18 March 2026; if it went on today: 12 June 2026" in page
    assert "rested for 10 days" in page


def test_the_printed_case_has_its_clocks(assigned, office, base):
    page = office.get(f"{base}/{assigned().id}/print").text
    assert "Return with reasons" in page
    assert "16 March 2026" in page


def test_a_date_in_a_year_without_notice_is_called_provisional_on_every_screen_and_print(assigned, office, base, rule):
    rule("reply", "12 m")
    case = assigned()
    why = f"{base}/{case.id}/why/{row_of(case, 'reply').id}"
    for address in (f"{base}/{case.id}", f"{base}/{case.id}/print", why):
        assert "provisional" in office.get(address).text
    for key in ("return", "co_handler", "inspection_1", "inspection_2", "inspection_3"):
        rule(key, None)
    late = assigned()
    assert late.due == date(2027, 3, 2)
    for address in (f"{base}/", f"{base}/print", f"{base}/{late.id}"):
        assert "2 March 2027 (provisional)" in office.get(address).text


def test_the_page_of_a_date_shows_rule_source_version_and_every_day(assigned, office, base, rule):
    rule("reply", "15 wd", since=date(2026, 1, 1))
    case = assigned(date(2026, 2, 12))  # before Spring Festival with its make-up days
    row = row_of(case, "reply")
    page = office.get(f"{base}/{case.id}/why/{row.id}").text
    for words in ("15 working days from 12 February 2026: it ends on 11 March 2026.", "县规定", "1 January 2026", "Hand-over",
                  "Limit for the reply", "Version of the workflow", "make-up workday", "春节", "February 2026", "March 2026"):
        assert words in page, words
    assert page.count("<tr>") - page.count('<thead><tr>') >= (row.due - row.started_on).days


def test_the_page_of_an_extended_and_paused_date_shows_both(assigned, office, base, step, here, tick):
    case = step(assigned(), "accept", here.clerk)
    case = step(step(case, "ask_pause", here.clerk, reason="等待批复"), "confirm_pause", here.office)
    tick(date(2026, 3, 12), sweep=False)
    case = step(case, "resume", here.office)
    row = row_of(case, "reply")
    clock_extensions.ask(here.entity, case.id, row.id, "需要专家论证", None, here.clerk, here.tree.county)
    clock_extensions.decide(here.entity, case.id, row.id, True, "同意", here.office, here.tree.county)
    page = office.get(f"{base}/{case.id}/why/{row.id}").text
    for words in ("6 months in all, from the start (before the extension: 3 months)", "需要专家论证", "同意", "approved",
                  "6 months from 2 March 2026, 10 paused days not counted", "Pauses", "added because the end fell on a day off"):
        assert words in page, words
    assert "<details class=\"fold\"><summary>" in page  # 190 days are folded away below the calendar


def test_the_unit_asks_and_another_person_decides_in_the_browser(assigned, unit, office, base, here):
    case = assigned()
    row = row_of(case, "reply")
    page = unit.get(f"{base}/{case.id}").text
    assert f"/extend/{row.id}" in page
    assert f"/extension/{row.id}" not in page
    form = unit.get(f"{base}/{case.id}/extend/{row.id}").text
    assert "6 months in all: until 2 September 2026" in form
    assert unit.post(f"{base}/{case.id}/extend/{row.id}", {"length": "6 m", "reason": ""}).status_code == 422
    assert unit.post(f"{base}/{case.id}/extend/{row.id}", {"length": "9 m", "reason": "需要专家论证"}).status_code == 422
    assert unit.post(f"{base}/{case.id}/extend/{row.id}", {"length": "6 m", "reason": "需要专家论证"}).status_code == 303
    assert unit.post(f"{base}/{case.id}/extend/{row.id}", {"length": "6 m", "reason": "需要专家论证"}).status_code in {409, 422}
    def to_decide(actor):
        return [row["url"] for row in desks.extension_rows(face_of(here.entity), here.tree.county, actor, date(2026, 3, 2))]

    assert to_decide(here.office) == [f"/d/610902/replies/suggestion/{case.id}"] and to_decide(here.clerk) == []
    assert unit.get(f"{base}/{case.id}/extension/{row.id}").status_code == 403
    assert f"/extension/{row.id}" in office.get(f"{base}/{case.id}").text
    assert "需要专家论证" in office.get(f"{base}/{case.id}/extension/{row.id}").text
    assert office.post(f"{base}/{case.id}/extension/{row.id}", {"decision": "refuse", "reason": ""}).status_code == 422
    assert office.post(f"{base}/{case.id}/extension/{row.id}", {"decision": "grant", "reason": ""}).status_code == 303
    page = office.get(f"{base}/{case.id}").text
    assert "2 September 2026" in page
    assert "Extension approved" in page  # the timeline
    assert to_decide(here.office) == []
    assert row_of(case, "reply").due == date(2026, 9, 2)


def test_the_form_says_beforehand_that_it_is_too_late(assigned, unit, base, tick):
    case = assigned()
    row = row_of(case, "reply")
    tick(date(2026, 6, 3), sweep=False)
    page = unit.get(f"{base}/{case.id}/extend/{row.id}")
    assert page.status_code == 409
    assert "an extension is asked for before the end" in page.text
    assert unit.get(f"{base}/{case.id}/extend/{row_of(case, 'co_handler').id}").status_code == 409


def test_the_start_page_of_the_level_above_and_of_supervision_lists_what_ran_out(assigned, here, person, tick, make_account):
    from grid321.core import accounts

    leader, watch, stranger = (person(role, here.tree.county) for role in ("replies.office", "core.supervisor", "core.staff"))
    for one in (leader, watch, stranger):
        role = "core.staff" if one is leader else "replies.reader" if one is watch else None
        if role:
            accounts.RoleGrant.create(account_id=one.account.id, role=role, division_id=here.tree.county.id,
                                      from_day=date(2024, 1, 1))
    case = assigned()
    tick(date(2026, 6, 3))
    base = f"/d/{here.tree.county.code}/"
    assert "Ran out at the level below: you are asked" in leader.get(base).text
    assert case.number in leader.get(base).text
    page = watch.get(base).text
    assert "Under supervision" in page
    assert case.number in page
    assert case.number not in stranger.get(base).text


# ---------------------------------------------------------------- REST

def test_a_program_reads_the_clocks_and_every_day_of_one(assigned, office, base, rule):
    rule("reply", "15 wd", since=date(2026, 1, 1))
    case = assigned(date(2026, 2, 12))
    found = office.api("GET", f"{base}/{case.id}/clocks").get_json()["items"]
    assert [one["clock"] for one in found if one["state"] == "running"][:2] == ["inspection_1", "return"]
    reply = next(one for one in found if one["clock"] == "reply")
    assert (reply["due"], reply["light"], reply["days_left"], reply["provisional"]) == ("2026-03-11", "in_time", 27, False)
    for name in ("reply", str(reply["id"])):
        why = office.api("GET", f"{base}/{case.id}/clocks/{name}/why").get_json()
        assert (why["rule"]["length"], why["rule"]["source"], why["rule"]["valid_from"]) == ("15 wd", "县规定", "2026-01-01")
        assert why["counted"] == 15
        kinds = {one["day"]: (one["kind"], one["counts"], one["count"]) for one in why["days"]}
        assert kinds["2026-02-14"] == ("make_up", True, 2)
        assert kinds["2026-02-17"] == ("holiday", False, 2)
        assert kinds["2026-03-11"] == ("counted", True, 15)
    assert why["rule"]["workflow_version"] == 1
    for name in ("nothing", "999", "9" * 30):
        assert office.api("GET", f"{base}/{case.id}/clocks/{name}/why").status_code == 404


def test_a_program_asks_for_an_extension_and_another_one_decides(assigned, unit, office, base):
    case = assigned()
    path = f"{base}/{case.id}/clocks/reply/extension"
    for body in ({}, {"reason": 5}, {"reason": "x" * 2000}, {"reason": "\x00论证"}, {"reason": "需要论证", "more": 1}):
        assert unit.api("POST", path, body).status_code == 422
    assert unit.api("POST", path, {"reason": "需要论证", "length": "7 m"}).get_json()["code"] == "beyond_limit"
    asked = unit.api("POST", path, {"reason": "需要论证", "length": "4 m"})
    assert asked.status_code == 201
    assert office.api("GET", f"{base}/{case.id}/clocks").get_json()["items"][4]["extension"] in {"asked", None}
    for body in ({}, {"grant": "yes"}, {"grant": 1}):
        assert office.api("POST", f"{path}/decision", body).status_code == 422
    assert unit.api("POST", f"{path}/decision", {"grant": True}).status_code == 403
    decided = office.api("POST", f"{path}/decision", {"grant": True})
    assert decided.status_code == 200
    assert decided.get_json() == {"state": "granted", "due": "2026-07-02"}
    assert office.api("POST", f"{path}/decision", {"grant": True}).get_json()["code"] == "nothing_asked"


def test_the_same_request_twice_is_one_extension(assigned, unit, base):
    case = assigned()
    path = f"{base}/{case.id}/clocks/reply/extension"
    answers = [unit.api("POST", path, {"reason": "需要论证"}, Idempotency_Key="k1") for _turn in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()


def test_the_clocks_stand_in_the_description_of_the_interface(office):
    paths = office.get("/api/v1/openapi.json").get_json()["paths"]
    stem = "/api/v1/d/{code}/replies/suggestion/{id}/clocks"
    one = f"{stem}/{{clock_id}}"
    assert {stem, f"{one}/why", f"{one}/extension", f"{one}/extension/decision"} <= set(paths)

"""Likely duplicates are found cheaply, explained in words, shown to who may see them, and never decided by the platform."""
from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid321.core import db, duplicates, groups
from grid321.core import settings as core_settings
from grid321.core.actor import SYSTEM
from grid321.core.errors import Forbidden, Invalid, NotFound

TEXT = "村口三盏路灯坏了一个月，晚上看不清路。"
LIKE = "村口的路灯坏了一个多月，晚上老人看不清路"
OTHER = "自来水管破裂，路面结冰，请尽快抢修。"


@pytest.fixture
def find(here):
    """Return ``find(case, actor)``: the numbers of what is suggested."""
    def numbers(case, actor=None):
        return [one.record.number for one in duplicates.find(here.entity, case, actor or here.village, here.tree.county)]
    return numbers


@pytest.fixture
def counted(monkeypatch):
    """Return the list of statements that were run; the configuration's number, asked once a request, is left out."""
    queries = []
    real = type(db.database.obj).execute_sql
    monkeypatch.setattr(type(db.database.obj), "execute_sql",
                        lambda self, sql, *rest, **more: (None if "core_revision" in sql else queries.append(sql),
                                                                          real(self, sql, *rest, **more))[1])
    return queries


def test_a_report_of_the_same_need_nearby_is_suggested_with_the_reason(here, raise_matter, find):
    with db.shift_clock(timedelta(days=-3)):
        first = raise_matter("路灯坏了", text=TEXT)
    raise_matter("水管破裂", text=OTHER)
    again = raise_matter("路灯不亮", text=LIKE)
    assert find(again) == [first.number]
    why = duplicates.find(here.entity, again, here.village, here.tree.county)[0].why
    assert re.fullmatch("同一村（社区）.*相隔 3 天.*相似度 [0-9]{2}%", why), why


def test_far_away_in_place_or_time_nothing_is_suggested(here, raise_matter, find):
    raise_matter("路灯坏了", text=TEXT, at=here.tree.second_village, by=SYSTEM)
    with db.shift_clock(timedelta(days=-31)):
        raise_matter("路灯坏了", text=TEXT)
    assert find(raise_matter("路灯坏了", text=TEXT)) == []


def test_what_one_may_not_see_is_not_suggested(here, raise_matter, find):
    raise_matter("路灯坏了", text=TEXT)
    again = raise_matter("路灯坏了", text=TEXT)
    assert len(find(again, here.village)) == 1
    assert find(again, here.actor("matters.officer", here.tree.second_village)) == []


def test_open_ones_come_first_and_a_member_stands_for_its_group(here, raise_matter, step, find):
    closed, lead, member = (raise_matter("路灯坏了", text=TEXT) for _number in range(3))
    step(closed, "close", here.village)
    groups.join(here.entity, member.id, lead.id, here.village, None, here.tree.county)
    again = raise_matter("路灯坏了", text=TEXT)
    found = duplicates.find(here.entity, again, here.village, here.tree.county)
    assert [(one.group_id, one.open) for one in found] == [(lead.id, True), (closed.id, False)]
    assert find(here.entity.model.get_by_id(member.id)) == []


def test_what_was_found_different_is_not_suggested_again_to_either(here, raise_matter, find):
    one, other = raise_matter("路灯坏了", text=TEXT), raise_matter("路灯坏了", text=TEXT)
    duplicates.dismiss(here.entity, other.id, one.id, here.village, here.tree.county)
    duplicates.dismiss(here.entity, one.id, other.id, here.village, here.tree.county)
    assert find(one) == find(other) == []
    assert duplicates.NoDuplicate.select().count() == 1
    with pytest.raises(Invalid):
        duplicates.dismiss(here.entity, one.id, one.id, here.village, here.tree.county)
    with pytest.raises(Forbidden):
        duplicates.dismiss(here.entity, one.id, other.id, here.reader, here.tree.county)
    with pytest.raises(NotFound):
        duplicates.dismiss(here.entity, one.id, 987654, here.village, here.tree.county)


def test_the_county_decides_how_alike_and_how_near(here, raise_matter, find):
    raise_matter("路灯坏了", text=TEXT)
    again = raise_matter("路灯不亮", text=LIKE)
    assert len(find(again)) == 1
    core_settings.put("core.duplicate_percent", here.tree.county, 95, source="县定", valid_from=db.local_day())
    assert find(again) == []


def test_it_costs_two_queries_however_many_cases_there_are_and_none_for_a_closed_one(here, raise_matter, step, counted):
    cases = [raise_matter("路灯坏了", text=TEXT) for _number in range(12)]
    counted.clear()
    assert len(duplicates.find(here.entity, cases[5], here.village, here.tree.county)) == duplicates.SHOWN
    assert len(counted) == 2, counted
    done = step(cases[0], "close", here.village)
    counted.clear()
    assert duplicates.find(here.entity, done, here.village, here.tree.county) == []
    assert counted == []


def test_candidates_come_from_the_index_and_no_table_is_walked(here, raise_matter, counted, database_kind):
    case = raise_matter("路灯坏了", text=TEXT)
    counted.clear()
    duplicates.find(here.entity, case, here.village, here.tree.county)
    assert [sql.count("LIMIT") for sql in counted if "matters_matter" in sql] == [2]
    if database_kind == "sqlite":
        plan = db.database.execute_sql("EXPLAIN QUERY PLAN SELECT id FROM matters_matter WHERE village_id = 1 AND id < 9"
                                       " ORDER BY id DESC LIMIT 200").fetchall()
        assert "village_id_id" in str(plan) and "SCAN" not in str(plan), plan


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_symmetric_between_nought_and_one_and_whole_for_equal_texts(one, other):
    first, second = duplicates.grams(one), duplicates.grams(other)
    assert duplicates.alike(first, second) == duplicates.alike(second, first)
    assert 0 <= duplicates.alike(first, second) <= 1.0000001
    assert not first or duplicates.alike(first, first) == pytest.approx(1)


def test_punctuation_case_and_width_do_not_matter():
    assert duplicates.grams("路灯，坏了！ＬＥＤ") == duplicates.grams("路灯 坏了led")


def test_the_page_shows_it_first_after_saving_and_groups_by_one_click(here, client_for):
    browser, base = client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/"

    def made(title, text):
        sent = browser.post(base + "new", {"title": title, "kind": "light", "text": text})
        assert sent.status_code == 303
        return sent.location

    def compared(case):
        """What the page of a new case puts in the place of its link."""
        return browser.get(re.search(r'data-load="([^"]+/duplicates)" data-part="compared"', browser.get(case).text)[1]).text

    first, again = made("路灯坏了", TEXT), made("路灯不亮", LIKE)
    page = compared(again)
    assert "疑似重复" in page and "相似度" in page and first in page and "data-nothing" not in page
    form = re.search(r'action="([^"]+/group)">.*?name="_version" value="(\d+)".*?name="lead" value="(\d+)"', page, re.S)
    assert browser.post(form[1], {"_version": form[2], "lead": form[3]}).status_code == 303
    page = browser.get(again).text
    assert "并案" in page and first in page and "疑似重复" not in page
    third = made("路灯不亮", LIKE)
    page = compared(third)
    assert browser.post(re.search(r'action="([^"]+/dismiss)"', page)[1]).status_code == 303
    assert "data-nothing" in compared(third)


def test_once_it_is_handled_the_page_leads_to_the_comparison(here, client_for, raise_matter):
    one, other = raise_matter("路灯坏了", text=TEXT), raise_matter("路灯坏了", text=TEXT)
    here.entity.model.update(state="rated").where(here.entity.model.id == other.id).execute()
    browser, at = client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/{other.id}"
    page = browser.get(at).text
    assert f'href="{at}/duplicates"' in page and one.number not in page
    assert one.number in browser.get(f"{at}/duplicates").text
    duplicates.dismiss(here.entity, other.id, one.id, here.village, here.tree.county)
    assert "没有内容相近的事项" in browser.get(f"{at}/duplicates").text
    here.entity.model.update(closed_at=db.now()).where(here.entity.model.id == other.id).execute()
    assert f"{at}/duplicates" not in browser.get(at).text


def test_the_api_suggests_and_remembers(here, client_for, raise_matter):
    one, other = raise_matter("路灯坏了", text=TEXT), raise_matter("路灯坏了", text=TEXT)
    browser, at = client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/{other.id}"
    found = browser.api("GET", f"{at}/duplicates").json["items"]
    assert [(item["number"], item["percent"], item["open"], item["lead"]) for item in found] == [(one.number, 100, True, one.id)]
    assert browser.api("POST", f"{at}/duplicates", {"other": one.id}).status_code == 204
    assert browser.api("GET", f"{at}/duplicates").json["items"] == []
    assert browser.api("POST", f"{at}/duplicates", {"other": "x"}).status_code == 422

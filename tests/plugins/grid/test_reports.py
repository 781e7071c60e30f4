"""Reporting: the short form, what is filled in, what is refused and with which words, who sees what."""
from __future__ import annotations

import io

import pytest

REPORT = {"kind": "ledger", "ledger_class": "safety", "text": "3号楼消防通道被杂物堵住。请尽快清理。"}


def send(world, who="worker", place=None, **changes):
    """Send a report over REST."""
    raw = {**REPORT, "division": world.grid.code, **changes}
    raw = {name: value for name, value in raw.items() if value is not ...}
    return world.browser(who).api("POST", f"/d/{(place or world.grid).code}/grid/report", raw)


def wrong(answer):
    """The fields that a refusal names."""
    return sorted(error["field"] for error in answer.json["errors"])


def count(world):
    return world.entity.model.select().count()


def test_title_day_and_urgency_are_filled_in(world):
    from grid321.core.db import local_day

    answer = send(world)
    assert answer.status_code == 201, answer.json
    record = world.entity.model.get_by_id(answer.json["id"])
    assert (record.title, record.occurred_on, record.urgency) == ("3号楼消防通道被杂物堵住", local_day(), "normal")


@pytest.mark.once
@pytest.mark.parametrize(("text", "title"), [
    ("路灯不亮。请修。", "路灯不亮"), ("第一行\n第二行", "第一行"), ("长" * 60, "长" * 23 + "…"),
    ("。开头就是句号", "。开头就是句号"),
])
def test_the_first_words_become_the_title(text, title):
    from grid321.core.three_levels import first_words

    assert first_words(text) == title


@pytest.mark.parametrize(("changes", "fields"), [
    ({"kind": "gossip"}, ["kind"]), ({"kind": ...}, ["kind"]), ({"kind": 1}, ["kind"]),
    ({"ledger_class": None}, ["ledger_class"]), ({"ledger_class": "secrets"}, ["ledger_class"]),
    ({"kind": "social"}, ["ledger_class"]), ({"text": ""}, ["text"]), ({"text": "x" * 4001}, ["text"]),
    ({"text": "a\u0000b"}, ["text"]), ({"text": ["list"]}, ["text"]), ({"division": "610902"}, ["division"]),
    ({"division": "610902104200002"}, ["division"]), ({"division": 7}, ["division"]), ({"division": ...}, ["division"]),
    ({"occurred_on": "2999-01-01"}, ["occurred_on"]), ({"occurred_on": "gestern"}, ["occurred_on"]),
    ({"lon": 109.02}, ["coordinates", "lat"]), ({"lon": 190.0, "lat": 32.0, "coordinates": "wgs84"}, ["lon"]),
    ({"lon": "109", "lat": 32.0, "coordinates": "wgs84"}, ["lon"]), ({"lon": 109.0, "lat": 32.0}, ["coordinates"]),
    ({"lon": 109.0, "lat": 32.0, "coordinates": "mars"}, ["coordinates"]), ({"reporter_phone": "12345"}, ["reporter_phone"]),
    ({"urgency": "very"}, ["urgency"]), ({"state": "closed"}, ["state"]), ({"number": "WL-1"}, ["number"]),
    ({"outcome": "solved"}, ["outcome"]), ({"holder_id": 1}, ["holder_id"]),
])
def test_bad_input_names_its_field_and_stores_nothing(world, changes, fields):
    answer = send(world, **changes)
    assert (answer.status_code, wrong(answer)) == (422, fields), answer.json
    assert all(len(error["message"]) > 5 for error in answer.json["errors"])
    assert count(world) == 0


@pytest.mark.parametrize(("body", "status"), [
    (b"{", 400), (b"[]", 422), (b"", 400), (b'{"kind": NaN}', 400), (b'"text"', 422), (b"\xff\xfe", 400)])
def test_a_body_that_is_no_report_is_refused(world, body, status):
    client = world.browser("worker")
    answer = client.open(f"/api/v1/d/{world.grid.code}/grid/report", method="POST", data=body,
                         headers={"Content-Type": "application/json", "X-CSRF-Token": client.csrf})
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert count(world) == 0


def test_the_same_submission_sent_again_makes_one_report(world):
    client = world.browser("worker")
    raw = {**REPORT, "division": world.grid.code}
    here = f"/d/{world.grid.code}/grid/report"
    first = client.api("POST", here, raw, Idempotency_Key="a1b2c3d4-0001")
    again = client.api("POST", here, raw, Idempotency_Key="a1b2c3d4-0001")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["id"] == again.json["id"]
    assert count(world) == 1
    other = client.api("POST", here, {**raw, "text": "另一件事。"}, Idempotency_Key="a1b2c3d4-0001")
    assert other.status_code == 409
    assert count(world) == 1


def test_a_worker_does_not_report_in_another_grid(world):
    assert send(world, place=world.second_grid, division=world.second_grid.code).status_code in {403, 404}
    assert count(world) == 0


def test_a_supervisor_of_the_village_reports_for_the_village_without_a_grid(world, make_account):
    from grid321.core.testing_browser import actor_for

    world.actors["supervisor"] = actor_for(make_account("grid.supervisor", world.tree.village))
    answer = send(world, "supervisor", world.tree.village, division=world.tree.village.code)
    assert answer.status_code == 201, answer.json


def test_the_short_form_reports_with_five_answers_and_a_photo(world):
    from PIL import Image

    client = world.browser("worker")
    here = f"/d/{world.grid.code}/grid/quick"
    page = client.get(here)
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    for name in ("kind", "ledger_class", "text", "division", "place", "files"):
        assert f'name="{name}"' in text
    for name in ("lon", "lat", "urgency", "reporter_phone", "title"):
        assert f'name="{name}"' not in text
    assert f'value="{world.grid.code}" checked' in text
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(photo, "JPEG")
    photo.seek(0)
    answer = client.post(here, {"kind": "social", "ledger_class": "", "text": "路灯不亮。", "division": world.grid.code,
                                "place": "桥头", "files": (photo, "light.jpg")}, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "light.jpg" in page.get_data(as_text=True)
    assert count(world) == 1


def test_the_short_form_keeps_what_was_typed_when_it_is_refused(world):
    client = world.browser("worker")
    answer = client.post(f"/d/{world.grid.code}/grid/quick", {
        "kind": "ledger", "ledger_class": "", "text": "占道经营", "division": world.grid.code, "place": "十字路口"})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "占道经营" in text
    assert "十字路口" in text
    assert 'href="#f-ledger_class"' in text
    assert count(world) == 0


def test_a_reporter_finds_the_own_reports_and_what_waits_for_a_rating(world):
    world.report()
    answered = world.answered()
    client = world.browser("worker")
    page = client.get(f"/d/{world.grid.code}/").get_data(as_text=True)
    assert "reporter=me&amp;state=answered" in page
    listed = client.api("GET", f"/d/{world.grid.code}/grid/report?reporter=me&state=answered").json
    assert [row["id"] for row in listed["items"]] == [answered.id]
    neighbour = world.browser("neighbour").api("GET", f"/d/{world.second_grid.code}/grid/report?reporter=me").json
    assert neighbour["items"] == []


def test_the_telephone_is_sealed_and_masked(world):
    answer = send(world, reporter_phone="13909150001")
    assert answer.status_code == 201
    assert "13909150001" not in answer.get_data(as_text=True)
    stored = world.entity.model.get_by_id(answer.json["id"]).reporter_phone
    assert stored
    assert "13909150001" not in stored
    page = world.browser("secretary").get(f"/d/{world.tree.village.code}/grid/report/{answer.json['id']}")
    assert "13909150001" not in page.get_data(as_text=True)


def test_numbers_are_one_series_for_each_town_and_month(world):
    from datetime import timedelta

    from grid321.core import db

    first, second = world.report(), world.report("neighbour", division=world.second_grid.code)
    assert first.number.rpartition("-")[0] == second.number.rpartition("-")[0]
    assert (first.number[-4:], second.number[-4:]) == ("0001", "0002")
    with db.shift_clock(timedelta(days=40)):
        later = world.report()
    assert later.number.endswith("-0001")
    assert later.number != first.number


def test_a_report_is_never_deleted(world):
    case = world.report()
    answer = world.browser("county").api("DELETE", f"/d/{world.tree.county.code}/grid/report/{case.id}", If_Match='"1"')
    assert answer.status_code == 405 or answer.status_code == 404
    assert count(world) == 1


def test_the_short_form_sent_twice_makes_one_report(world):
    import re

    browser, path = world.browser("worker"), f"/d/{world.grid.code}/grid/quick"
    mark = re.search(r'name="client_id" value="([0-9a-f]+)"', browser.get(path).text)[1]
    sent = {**REPORT, "division": world.grid.code, "client_id": mark}
    assert browser.post(path, sent).location == browser.post(path, sent).location
    assert count(world) == 1


def test_the_start_page_offers_one_way_to_report_and_it_is_the_short_one(world):
    page = world.browser("worker").get(f"/d/{world.grid.code}/").text
    assert page.count(f'href="/d/{world.grid.code}/grid/quick"') >= 1
    assert f'href="/d/{world.grid.code}/grid/report/new"' not in page

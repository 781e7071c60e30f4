"""The desk of a reception day where the net comes and goes: what was typed is kept in the browser and arrives once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from support import station_world

FIRST, SECOND, THIRD = "村口的路灯坏了三盏，晚上看不见路。", "二组的水管漏水半个月了。", "想问问医保怎么报销。"
PLAIN = "station.grid321.test"
"""A host that is no secure origin: no service worker, no crypto.subtle."""


@pytest.fixture
def plugin_modules() -> list[Any]:
    """Stations alone."""
    from grid321.plugins import liaison_station

    return [liaison_station]


@pytest.fixture
def world(division_tree: Any) -> Any:
    """The stations' people, and today's reception of the village's station with two deputies on duty."""
    from grid321.core import db
    from grid321.plugins.liaison_station.reception_models import Duty, Reception

    found = station_world.build(division_tree)
    place, today = station_world.columns(found.node("wuli_village")), db.local_day()
    day = Reception.create(number="JD-1", state="posted", holder_id=place["division_id"], day=today, first_day=today,
                           station_id=found.stations["wuli_village"].id, from_minute=540, to_minute=660, **place)
    for who in ("zhao", "sun"):
        Duty.create(reception_id=day.id, station_id=day.station_id, deputy_id=found.deputies[who].id,
                    person_id=found.people[who].id, day=today, **place)
    found.url = f"/d/{division_tree.village.code}/liaison_station/day/{day.id}"
    return found


def desk(served: Any, world: Any) -> Page:
    """The desk of the day on the liaison officer's telephone, once it knows that it is connected."""
    from grid321.core import accounts

    page: Page = served.open(account=accounts.get(world.actors["village_liaison"].account_id), width=390)
    page.goto(world.url)
    expect(strip(page)).to_contain_text("已连接")
    return page


def strip(page: Page) -> Any:
    """The line that says whether there is a connection and what waits."""
    return page.locator("[data-outbox-strip]")


def type_in(page: Page, text: str, **more: str) -> None:
    """Type a line of the register and press the button."""
    page.locator('[name="text"]').fill(text)
    page.locator('[name="name"]').fill(more.get("name", "吴秀兰"))
    page.locator('[name="phone"]').fill(more.get("phone", "13909150001"))
    page.locator(f'[name="result"][value="{more.get("result", "opinion")}"]').check()
    page.locator("form[data-outbox] button[type=submit]").click()
    if more.get("stays") is None:
        expect(page.locator('[name="text"]')).to_have_value("")


def texts() -> list[str]:
    """What stands in the register, in order."""
    from grid321.plugins.liaison_station.day_models import Visit

    return [visit.text for visit in Visit.select().order_by(Visit.id)]


def arrived(page: Page) -> None:
    """Nothing waits any more."""
    expect(strip(page)).to_contain_text("已全部发送")


def test_two_visitors_typed_without_a_net_arrive_once_each_when_it_is_back(served, world, axe):
    page = desk(served, world)
    page.context.set_offline(True)
    type_in(page, FIRST)
    expect(strip(page)).to_contain_text("没有连接")
    type_in(page, SECOND, name="赵大爷", phone="13909150002")
    expect(strip(page)).to_contain_text("2 条待发送")
    assert texts() == []
    assert axe(page) == []
    page.context.set_offline(False)
    arrived(page)

    assert texts() == [FIRST, SECOND]
    expect(page.locator("#d-lines .rows li")).to_have_count(2)
    expect(page.locator("#d-count")).to_contain_text("2")
    page.reload()
    arrived(page)
    assert texts() == [FIRST, SECOND], "nothing is sent a second time"


def test_the_answer_got_lost_and_the_line_is_stored_once(served, world):
    page = desk(served, world)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/line", lose, times=2)
    type_in(page, FIRST)
    expect(strip(page)).to_contain_text("1 条待发送")
    strip(page).get_by_role("button", name="立即发送").click()
    expect(strip(page)).to_contain_text("1 条待发送")
    strip(page).get_by_role("button", name="立即发送").click()
    arrived(page)

    assert texts() == [FIRST]


def test_what_waits_outlives_the_page_and_is_sent_from_the_next_one(served, world):
    page = desk(served, world)
    page.route("**/line", lambda route: route.abort())
    type_in(page, FIRST)
    expect(strip(page)).to_contain_text("1 条待发送")
    page.goto("/me")
    note = page.locator("[data-outbox-note]")
    expect(note).to_be_visible()
    page.unroute("**/line")
    note.locator("a").click()
    arrived(page)

    assert texts() == [FIRST]
    page.goto("/me")
    expect(page.locator("[data-outbox-note]")).to_be_hidden()


def test_a_line_that_is_not_accepted_is_corrected_in_the_form_and_blocks_no_other(served, world):
    page = desk(served, world)
    page.context.set_offline(True)
    type_in(page, FIRST, result="answered")  # without the answer that was given
    type_in(page, SECOND)
    page.context.set_offline(False)
    expect(strip(page)).to_contain_text("未被接受")
    expect(strip(page)).to_contain_text("1 条待发送")
    assert texts() == [SECOND]

    if page.locator('[name="text"]').input_value() != FIRST:
        strip(page).get_by_role("button", name="去更正").click()
    expect(page.locator("#error-summary a[href='#f-answer']")).to_be_visible()
    assert page.locator('[name="text"]').input_value() == FIRST
    assert page.locator('[name="phone"]').input_value() == "13909150001"
    page.locator('[name="answer"]').fill("已联系供电所，今天修。")
    page.locator("form[data-outbox] button[type=submit]").click()
    arrived(page)
    assert texts() == [SECOND, FIRST]


def test_a_line_that_nobody_wants_any_more_is_thrown_away(served, world):
    page = desk(served, world)
    type_in(page, "路", result="answered", stays="1")
    expect(strip(page)).to_contain_text("未被接受")
    away = strip(page).get_by_role("button", name="丢弃")
    away.click()
    strip(page).locator("button[data-armed]").click()
    arrived(page)

    assert texts() == []


def test_a_login_that_ran_out_loses_nothing(served, world):
    from grid321.core import accounts, sessions

    page = desk(served, world)
    account = accounts.get(world.actors["village_liaison"].account_id)
    sessions.Session.delete().where(sessions.Session.account_id == account.id).execute()
    type_in(page, FIRST)
    expect(strip(page)).to_contain_text("登录后发送")
    assert texts() == []
    page.context.add_cookies([{"name": sessions.COOKIE, "value": sessions.start(account.id), "url": served.url}])
    strip(page).get_by_role("button", name="立即发送").click()
    arrived(page)
    assert texts() == [FIRST], "the page was older than the login, and it was sent all the same"


def test_what_one_person_typed_is_not_sent_by_another(served, world):
    from grid321.core import accounts, sessions

    page = desk(served, world)
    page.route("**/line", lambda route: route.abort())
    type_in(page, FIRST)
    expect(strip(page)).to_contain_text("1 条待发送")
    page.unroute("**/line")
    other = accounts.get(world.actors["town"].account_id)
    page.context.add_cookies([{"name": sessions.COOKIE, "value": sessions.start(other.id), "url": served.url}])
    page.goto(world.url)
    arrived(page)
    assert texts() == []
    own = accounts.get(world.actors["village_liaison"].account_id)
    page.context.add_cookies([{"name": sessions.COOKIE, "value": sessions.start(own.id), "url": served.url}])
    page.goto(world.url)
    arrived(page)
    assert texts() == [FIRST]


def test_the_day_is_not_closed_while_a_line_waits(served, world):
    from grid321.plugins.liaison_station.reception_models import Reception

    page = desk(served, world)
    page.route("**/line", lambda route: route.abort())
    type_in(page, FIRST)
    page.locator('form[action$="/close"] button[type=submit]').click()
    expect(strip(page)).to_be_focused()
    assert Reception.get().state == "posted"
    page.unroute("**/line")
    page.locator('[name="summary"]').fill("接待一人次。")
    page.locator('form[action$="/close"] button[type=submit]').click()
    expect(page).to_have_url(re.compile(r"/reception/\d+$"))
    assert (Reception.get().state, texts()) == ("held", [FIRST])


def test_a_photo_arrives_small_and_what_was_half_typed_is_there_again(served, world, tmp_path):
    from PIL import Image

    from grid321.core.attachments import Attachment

    photo = tmp_path / "IMG_1.jpg"
    Image.new("RGB", (4000, 3000), "#886644").save(photo, exif=Image.Exif())
    page = desk(served, world)
    page.locator("details.fold summary").click()
    page.locator('[name="files"]').set_input_files(str(photo))
    type_in(page, FIRST)
    arrived(page)
    page.locator('[name="text"]').fill(SECOND)
    page.wait_for_timeout(900)
    page.reload()
    expect(page.locator('[name="text"]')).to_have_value(SECOND)
    assert texts() == [FIRST]
    assert Attachment.select().count() == 1
    assert Attachment.get().size < 300_000, "drawn anew at 1600 points"


@pytest.mark.parametrize("host", [PLAIN])
def test_on_an_origin_that_is_not_secure_it_works_the_same(served, world, host):
    served.url = served.url.replace("127.0.0.1", host)
    page = desk(served, world)
    assert page.evaluate("window.isSecureContext") is False
    page.context.set_offline(True)
    type_in(page, FIRST)
    type_in(page, SECOND)
    page.context.set_offline(False)
    arrived(page)

    assert texts() == [FIRST, SECOND]


def test_without_scripts_the_form_is_sent_as_ever(served, world):
    from grid321.core import accounts

    page = served.open(account=accounts.get(world.actors["village_liaison"].account_id), width=390, script=False)
    page.goto(world.url)
    assert strip(page).is_hidden()
    page.locator('[name="text"]').fill(THIRD)
    page.locator("form[data-outbox] button[type=submit]").click()

    assert texts() == [THIRD]

"""A reception day from the plan to the deputy's file, in the browser of each person who takes part.

The county's officer enters the rule of a station, has the year planned and the roster drawn, and posts it. On the day the liaison
officer registers two voters at the desk, one with a photo, and closes the day. One opinion is handled by the town, told and rated
by the voter's link; the other becomes a matter and is solved there. Then both stand in the file of the deputy who heard them.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from support import station_world

from .conftest import DESK, PHONE
from .test_flow import send
from .test_suggestions import put, take

PLUGIN, MATTERS = "liaison_station", "suggestion_tracking"
LAMP, WATER = "村口的路灯坏了三盏，晚上看不见路。", "二组的水管漏水半个月了，请修。"
PHONES = frozenset({"liaison", "zhang"})


@pytest.fixture
def plugin_modules() -> list[Any]:
    """Stations, and matters beside them."""
    from grid321.plugins import liaison_station, suggestion_tracking

    return [liaison_station, suggestion_tracking]


class Play:
    """The people of a station with a window each; a later day opens new windows, because logins end."""

    def __init__(self, served: Any, tree: Any) -> None:
        from grid321.core import accounts, switches
        from grid321.core.actor import SYSTEM

        self.served, self.world = served, station_world.build(tree)
        switches.turn(MATTERS, tree.county, True)
        accounts.grant(self.world.actors["town"].account_id, f"{MATTERS}.town_officer", tree.town, SYSTEM)
        self.windows: dict[str, Page] = {}
        self.county, self.town = (f"/d/{place.code}" for place in (tree.county, tree.town))

    def window(self, who: str) -> Page:
        """The window of one of the people: liaison officer and deputy on a telephone, the offices on a desk."""
        from grid321.core import accounts

        if who not in self.windows:
            self.windows[who] = self.served.open(account=accounts.get(self.world.actors[who].account_id),
                                                 width=PHONE if who in PHONES else DESK)
        return self.windows[who]

    def later(self, tick: Any, day: date) -> None:
        """It is another day."""
        tick(day)
        self.windows.clear()


def test_a_reception_day_from_the_plan_over_register_and_matter_to_the_file(served, division_tree, tick, tmp_path, axe):
    from grid321.plugins.liaison_station.day_models import Opinion

    tick(date(2026, 1, 5), sweep=False)
    play = Play(served, division_tree)
    plan_the_year(play)
    play.later(tick, date(2026, 1, 15))
    the_day(play, tmp_path, axe)
    lamp, water = Opinion.select().order_by(Opinion.id)
    play.later(tick, date(2026, 1, 16))
    handled_told_and_rated(play, lamp, axe)
    becomes_a_matter(play, water)
    play.later(tick, date(2026, 1, 20))
    stands_in_the_file(play, axe)


def plan_the_year(play: Play) -> None:
    """The rule in plain words, the plan with its roster, posted at the door."""
    from grid321.plugins.liaison_station.reception_models import Duty, Plan, Reception

    page, station = play.window("county"), play.world.stations["wuli"]
    page.goto(f"{play.county}/{PLUGIN}/schedule/new")
    put(page, station=station.id, title="代表接待日", rrule="每月15日", from_day="2026-01-05", to_day="2026-12-31",
        from_minute="09:00", to_minute="11:00", wanted="2")
    send(page, "rrule")
    expect(page).to_have_url(re.compile(r"/schedule/\d+$"))
    page.goto(f"{play.county}/{PLUGIN}/plan/new")
    put(page, station=station.id, year="2026")
    send(page, "year")
    expect(page.locator("main")).to_contain_text("2026年1月15日")
    expect(page.locator("main")).to_contain_text("张桂兰")
    take(page, page.url, "post")
    assert (Plan.get().state, {row.state for row in Reception.select()}) == ("posted", {"posted"})
    assert Duty.select().count() == 2 * Reception.select().count()


def the_day(play: Play, folder: Any, axe: Any) -> None:
    """Who came is ticked, two voters are registered without leaving the page, the day is closed."""
    from grid321.core.attachments import Attachment
    from grid321.plugins.liaison_station.day_models import Visit
    from grid321.plugins.liaison_station.reception_models import Reception

    page, photo = play.window("liaison"), folder / "lamp.jpg"
    Image.new("RGB", (2000, 1500), "#554433").save(photo)
    page.goto(f"{play.town}/{PLUGIN}/day")
    expect(page).to_have_url(re.compile(r"/day/\d+$"))
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.get_by_label("张桂兰").check()
    page.locator('form[action$="/duty"] button').click()
    expect(page.get_by_label("张桂兰")).to_be_checked()
    for text, name, phone, subject in ((LAMP, "吴秀兰", "13909150001", "roads"), (WATER, "赵大爷", "13909150002", "water")):
        put(page, text=text, name=name, phone=phone, result="opinion", subject=subject,
            deputy=play.world.deputies["zhang"].id)
        if text == LAMP:
            page.locator("form[data-outbox] details summary").click()
            page.locator('[name="files"]').set_input_files(str(photo))
        page.locator("form[data-outbox] button[type=submit]").click()
        expect(page.locator("#d-lines")).to_contain_text(text[:12])
    expect(page.locator("[data-outbox-strip]")).to_contain_text("已全部发送")
    assert (Visit.select().count(), Attachment.select().count()) == (2, 1)
    assert page.locator('[name="voters"]').input_value() == "2"
    put(page, summary="接待选民二人次，登记意见二件。")
    page.locator('form[action$="/close"] button[type=submit]').click()
    expect(page).to_have_url(re.compile(r"/reception/\d+$"))
    expect(page.locator("main")).to_contain_text(LAMP[:12])
    day = Reception.get(Reception.day == date(2026, 1, 15))
    assert (day.state, day.voters) == ("held", 2)


def handled_told_and_rated(play: Play, case: Any, axe: Any) -> None:
    """The town answers, tells voter and deputy, and gives out a link; the voter rates by it on a telephone."""
    from grid321.plugins.liaison_station.day_models import Opinion

    town, url = play.window("town"), f"{play.town}/{PLUGIN}/opinion/{case.id}"
    take(town, url, "accept_town", kind="roads", title="修好村口三盏路灯")
    take(town, url, "answer_directly", text="三盏路灯已修好并试亮。", outcome="A", way="alone")
    take(town, url, "feed_back", voter_on="2026-01-16", how="phone", deputy_on="2026-01-16")
    expect(town.locator("main")).to_contain_text("张桂兰")
    town.locator('form[action$="/rate-link"] button').first.click()
    link = town.locator("p.code a").get_attribute("href")
    voter = play.served.open(width=PHONE)
    voter.goto(link)
    expect(voter.locator("main")).to_contain_text("三盏路灯已修好并试亮。")
    assert axe(voter) == []
    put(voter, result="satisfied", attitude="satisfied")
    send(voter, "result")
    expect(voter.locator("main .notice.ok")).to_be_visible()
    take(town, url, "write_off", evidence="1月16日村监委会到场查看，三盏灯全部点亮。")
    stored = Opinion.get_by_id(case.id)
    assert (stored.state, stored.rating, stored.solved_level) == ("closed", "satisfied", "town")


def becomes_a_matter(play: Play, case: Any) -> None:
    """The other opinion is turned into a matter, which both pages show; it is solved there, and counted once."""
    from grid321.core import counters
    from grid321.core.registry import registry
    from grid321.plugins.liaison_station.day_models import Opinion
    from grid321.plugins.suggestion_tracking.models import Matter

    town = play.window("town")
    town.goto(f"{play.town}/{PLUGIN}/opinion/{case.id}/do/become_matter")
    send(town, "title")
    expect(town).to_have_url(re.compile(rf"/{MATTERS}/matter/\d+$"))
    matter, turned = Matter.get(), Opinion.get_by_id(case.id)
    assert (turned.state, turned.bond, matter.deputy_id) == ("to_matter", "turned", play.world.people["zhang"].id)
    expect(town.locator("main")).to_contain_text(case.number)
    town.goto(f"{play.town}/{PLUGIN}/opinion/{case.id}")
    expect(town.locator("main")).to_contain_text(matter.number)
    url = f"{play.town}/{MATTERS}/matter/{matter.id}"
    take(town, url, "accept_town")
    take(town, url, "answer_directly", text="漏点已更换，水压正常。", outcome="A", way="alone")
    take(town, url, "feed_back", resident_on="2026-01-16", how="phone", deputy_on="2026-01-16")
    take(town, url, "rate_told", result="satisfied", attitude="satisfied")
    take(town, url, "write_off", evidence="水表读数正常，住户签字。")
    counters.fold()
    flows = {key: {kind: n for *_rest, kind, n in counters.flows(key, [play.world.tree.town.id], ["town"], "2026-01", "2026-01")}
             for key in (f"{PLUGIN}.opinion", f"{MATTERS}.matter")}
    assert flows[f"{PLUGIN}.opinion"] == {"collected": 2, "solved": 1, "joined": 1}
    assert flows[f"{MATTERS}.matter"] == {"received": 1, "solved": 1}
    assert registry().entity(f"{MATTERS}.matter").model.get().state == "closed"


def stands_in_the_file(play: Play, axe: Any) -> None:
    """The worker notes the deeds; the deputy finds them on the telephone and confirms them with one button."""
    from grid321.core import outbox
    from grid321.plugins.liaison_station.file_models import Deed

    while outbox.drain():
        pass
    mine = {deed.kind: 0 for deed in Deed.select()}
    for deed in Deed.select().where(Deed.person_id == play.world.people["zhang"].id):
        mine[deed.kind] += 1
    assert mine == {"reception": 1, "opinion": 2}, "the matter is no second deed"
    page = play.window("zhang")
    page.goto(f"{play.county}/{PLUGIN}/my-file")
    expect(page.locator("main")).to_contain_text("修好村口三盏路灯")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.locator('form[action$="/my-file/confirm"] button[type=submit]').click()
    expect(page.locator("main .notice.ok").first).to_be_visible()
    assert {deed.state for deed in Deed.select().where(Deed.person_id == play.world.people["zhang"].id)} == {"confirmed"}

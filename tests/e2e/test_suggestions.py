"""The life of one matter over three levels, and that of one suggestion, in the browser of each person who takes part.

The suggestion has a lead unit and two co-handling ones, of which one returns it; its limit is extended with the deputy's consent;
the deputy is not satisfied with the first reply and is with the second; what it promises is carried into the next year and kept.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support import suggestion_world
from support.suggestion_world import CHECKED, CONTENT, FIXED

from .conftest import DESK, PHONE
from .test_flow import meet, send

COUNTY = "610902"
PLUGIN = "suggestion_tracking"


@pytest.fixture
def plugin_modules() -> list[Any]:
    """Only this plugin: it works alone."""
    from grid321.plugins import suggestion_tracking

    return [suggestion_tracking]


def put(page: Page, **values: Any) -> None:
    """Fill fields of the form by name; a choice by its value, a tick by True."""
    for name, value in values.items():
        field = page.locator(f'main form [name="{name}"]')
        kind = field.first.evaluate("one => one.type")
        if kind == "radio":
            page.locator(f'main form [name="{name}"][value="{value}"]').check()
        elif kind == "checkbox":
            field.set_checked(bool(value))
        elif kind == "select-one":
            field.evaluate("(one, value) => { if (one.tomselect) { one.tomselect.setValue(value); } else { one.value = value;"
                           " one.dispatchEvent(new Event('change', {bubbles: true})); } }", str(value))
        else:
            field.fill(str(value))


def take(page: Page, url: str, key: str, **answers: Any) -> None:
    """Take one step on the case at ``url`` by the button of its page."""
    page.goto(url)
    page.locator(f'main a[href$="/do/{key}"]').first.click()
    put(page, **answers)
    send(page, "_version")
    expect(page).to_have_url(re.compile(r"/\w+/\w+/\d+$"))


def state_of(model: Any, record_id: int) -> str:
    return str(model.get_by_id(record_id).state)


# ---------------------------------------------------------------- a matter over three levels

@pytest.mark.parametrize("width", [390, 1280])
def test_a_matter_climbs_three_levels_is_answered_face_to_face_and_written_off(served, division_tree, switch_on, make_account,
                                                                               width, axe):
    from grid321.core import db, records
    from grid321.core.actor import SYSTEM
    from grid321.core.registry import registry
    from grid321.plugins.suggestion_tracking.models import Matter

    switch_on(PLUGIN, division_tree.county)
    bureau = records.create(registry().entity("core.department"), {"name": "水利局", "kind": "bureau"}, SYSTEM,
                            division_tree.county)
    village, town, county, clerk = (served.open(account=account, width=width) for account in (
        make_account(f"{PLUGIN}.village_officer", division_tree.village),
        make_account(f"{PLUGIN}.town_officer", division_tree.town),
        make_account(f"{PLUGIN}.county_officer", division_tree.county),
        make_account(f"{PLUGIN}.unit_clerk", division_tree.county, bureau)))
    today = db.local_day().isoformat()

    village.goto(f"/d/{division_tree.village.code}/{PLUGIN}/matter/new")
    put(village, kind="water", text="三组河堤护栏损坏，孩子放学经过有危险。", contact_name="李大爷", source="reception")
    send(village, "text")
    expect(village).to_have_url(re.compile(rf"/{PLUGIN}/matter/\d+$"))
    number = int(village.url.rpartition("/")[2])
    low, middle, high = (f"/d/{place.code}/{PLUGIN}/matter/{number}" for place in (
        division_tree.village, division_tree.town, division_tree.county))
    take(village, low, "accept")
    take(village, low, "study")
    meet(village, low, "send_up")
    meet(town, middle, "send_up_county")
    meet(county, high, "hand_over_county", department="水利局", limit="2099-12-20", note="三日内到现场")
    assert Matter.get_by_id(number).face_to_face_on is not None

    clerk.goto(f"/d/{COUNTY}/{PLUGIN}/desk")
    clerk.locator('main a.next[href$="/do/take_on"]').click()
    send(clerk, "_version")
    take(clerk, high, "answer", text="护栏已修复，现场已验收。", outcome="A", way="alone")
    take(county, high, "feed_back", resident_on=today, how="visit")
    take(county, high, "rate_told", result="satisfied", attitude="satisfied")
    take(county, high, "write_off", evidence="验收单和现场照片，李大爷签字。")
    assert state_of(Matter, number) == "closed"

    county.goto(f"/d/{COUNTY}/{PLUGIN}/dashboard")
    levels = county.locator("main table.flow").first.locator("tbody tr")
    shown = [levels.nth(place).locator(".terms").first.locator(".num").evaluate_all(
        "all => all.map(one => Number(one.firstChild.textContent))") for place in range(3)]
    assert shown == [[0, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0]], "solved, sent up, left otherwise, open"
    levels.nth(2).locator(".terms a").first.click()  # one click down: the matters that the county solved this month
    expect(county.locator("main")).to_contain_text("河堤护栏")
    for page, path in ((county, "dashboard"), (clerk, "desk")):
        page.goto(f"/d/{COUNTY}/{PLUGIN}/{path}")
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# ---------------------------------------------------------------- a suggestion with two co-handling units

class Play:
    """The people of one suggestion with a window each; a later day opens new windows, because logins end.

    Deputies and the clerk of one unit act on a telephone, everybody else on a desk.
    """

    phones = frozenset({"deputy", "second", "traffic"})

    def __init__(self, served: Any, world: Any) -> None:
        self.served, self.world = served, world
        self.windows: dict[str, Page] = {}
        self.case = 0

    def window(self, who: str) -> Page:
        """The window of one of the people."""
        if who not in self.windows:
            self.windows[who] = self.open(who, PHONE if who in self.phones else DESK)
        return self.windows[who]

    def open(self, who: str, width: int) -> Page:
        """A new window of one of the people, as wide as that."""
        from grid321.core import accounts

        return self.served.open(account=accounts.get(self.world.actors[who].account_id), width=width)

    def later(self, tick: Any, days: int) -> None:
        """Some days pass."""
        from grid321.core import db

        tick(db.local_day() + timedelta(days=days))
        self.windows.clear()

    @property
    def url(self) -> str:
        """The page of the suggestion."""
        return f"/d/{COUNTY}/{PLUGIN}/suggestion/{self.case}"

    def task_url(self, unit: str) -> str:
        """The page of a unit's task."""
        return f"/d/{COUNTY}/{PLUGIN}/task/{self.task(unit).id}"

    def task(self, unit: str) -> Any:
        """The newest task of a unit."""
        return self.world.task(self.suggestion, unit)

    @property
    def suggestion(self) -> Any:
        """The suggestion as it is now."""
        return self.world.entity("suggestion").model.get_by_id(self.case)

    def step(self, who: str, key: str, **answers: Any) -> None:
        """A step of the suggestion."""
        take(self.window(who), self.url, key, **answers)

    def work(self, unit: str, key: str, **answers: Any) -> None:
        """A step of a unit's task, by its clerk."""
        take(self.window(unit), self.task_url(unit), key, **answers)

    def meet(self, unit: str, stage: str, **more: Any) -> None:
        """A unit records a meeting with the deputy."""
        from grid321.core import db

        page = self.window(unit)
        page.goto(f"/d/{COUNTY}/{PLUGIN}/contact/new?suggestion_number={self.suggestion.number}&stage={stage}")
        put(page, suggestion_number=self.suggestion.number, stage=stage, met_on=db.local_day().isoformat(), who="郑丽、吴强",
            place="溪河社区", form="site", said="希望尽快安装，先装学校门口。", **more)
        send(page, "said")
        expect(page.locator("main .notice.ok, main h1").first).to_be_visible()


def test_a_suggestion_lives_from_the_session_into_the_next_year(served, division_tree, tick, axe):
    tick(date(2026, 3, 2), sweep=False)
    world = suggestion_world.build(division_tree)
    play = Play(served, world)
    raise_and_hand_over(play)
    return_and_accept(play)
    play.later(tick, 20)
    extend(play)
    play.later(tick, 30)
    first_reply(play)
    play.later(tick, 3)
    second_handling(play, tick)
    promise_into_next_year(play, tick)

    assert play.suggestion.state == "closed"
    deputy = play.window("deputy")
    deputy.goto(f"/d/{COUNTY}/{PLUGIN}/mine")
    assert deputy.locator(".course .done").count() == 5
    for width in (PHONE, DESK):  # what it left behind, as each sees it, on both
        for who, paths in (("deputy", (f"/d/{COUNTY}/{PLUGIN}/mine", play.url)), ("housing", (play.task_url("housing"),)),
                           ("office", (f"/d/{COUNTY}/{PLUGIN}/desk", play.url)),
                           ("reader", (f"/d/{COUNTY}/{PLUGIN}/dashboard",))):
            page = play.open(who, width)
            for path in paths:
                page.goto(path)
                assert axe(page) == [], f"{who} {path} {width}"
                assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{who} {path} {width}"


def raise_and_hand_over(play: Play) -> None:
    """The deputy raises it on the own page; another one signs; the office checks it and hands it to three units."""
    deputy, world = play.window("deputy"), play.world
    deputy.goto(f"/d/{COUNTY}/{PLUGIN}/mine")
    deputy.locator('main a.btn-primary[href$="/suggestion/new"]').click()
    put(deputy, title="关于在溪河路增设路灯的建议", kind="building", content=CONTENT, reasons="影响学生和老人夜间出行安全。",
        proposal="由住建部门在溪河路补装路灯二十盏。", basis="visit", wish_contact=True, consent_publish=True)
    send(deputy, "content")
    expect(deputy).to_have_url(re.compile(r"/suggestion/\d+$"))
    play.case = int(deputy.url.rpartition("/")[2])
    deputy.goto(f"/d/{COUNTY}/{PLUGIN}/cosigner/new")
    put(deputy, suggestion_number=play.suggestion.number, person=world.people["second"].id)
    send(deputy, "person")
    play.step("office", "pass_check", **CHECKED)
    play.step("office", "assign", department=world.units["housing"].id, asked="请牵头办理。", co_1=world.units["traffic"].id,
              co_2=world.units["water"].id, co_asked="请提出会办意见。")
    assert (play.suggestion.state, play.suggestion.signers) == ("assigned", 2)


def return_and_accept(play: Play) -> None:
    """One co-handling unit returns it with reasons, the office insists; then all accept and the lead fixes six things."""
    from grid321.core import db

    play.work("traffic", "give_back", reason="道路照明不属于本单位职责。")
    office = play.window("office")
    office.goto(f"/d/{COUNTY}/{PLUGIN}/desk")
    expect(office.locator("#s-decide")).to_be_visible()
    take(office, play.task_url("traffic"), "insist", reason="该路段由贵局养护，请提出会办意见。")
    for unit in ("housing", "water"):
        play.work(unit, "receive")
    for unit in ("housing", "traffic", "water"):
        play.work(unit, "accept")
    play.work("housing", "fix", **FIXED, fix_limit_on=(db.local_day() + timedelta(days=60)).isoformat())
    play.meet("housing", "before")
    assert play.suggestion.state == "handling"


def extend(play: Play) -> None:
    """The lead unit asks for a longer limit; it is granted once the deputy has agreed."""
    deputy, unit, office = (play.window(who) for who in ("deputy", "housing", "office"))
    unit.goto(play.task_url("housing"))
    unit.locator('main a[href*="/extend/"]').first.click()
    put(unit, reason="涉及管线迁改，需要延长。")
    if unit.locator('main form [name="length"]').first.evaluate("one => one.type") == "radio":
        unit.locator('main form [name="length"]').last.check()
    else:
        put(unit, length="6 m")
    send(unit, "reason")
    take(deputy, play.url, "agree_longer", words="同意延长，希望中间通报进展。")
    office.goto(play.task_url("housing"))
    office.locator('main a[href*="/extension/"]').first.click()
    put(office, decision="grant")
    send(office, "decision")
    assert play.suggestion.agreed_longer_on is not None
    assert play.suggestion.due >= date(2026, 8, 30), "six months from the hand-over instead of three"


def first_reply(play: Play) -> None:
    """The co-handling units give their opinions, the lead replies with a promise; the deputy is not satisfied."""
    from grid321.plugins.suggestion_tracking.supervision_models import Receipt

    for unit in ("traffic", "water"):
        play.work(unit, "give_opinion", text="我局同意在道路红线内安装，并已完成管线交底。")
    play.meet("housing", "during")
    play.meet("housing", "after")
    play.work("housing", "reply", outcome="B", text="已安装十二盏，其余八盏列入明年计划。", letter_number="汉住建函〔2026〕12号",
              commitment="明年三月底前补装其余八盏路灯", commitment_on="2027-03-31")
    assert play.suggestion.state == "answered"
    deputy = play.window("deputy")
    deputy.goto(f"/d/{COUNTY}/{PLUGIN}/mine")
    deputy.locator("main .mine-card a.btn-primary").first.click()
    put(deputy, attitude="basically", result="not", text="没有说明资金从哪里来。")
    send(deputy, "result")
    assert play.suggestion.state == "objected"
    assert Receipt.select().where(Receipt.leading & (Receipt.state == "returned")).count() == 1


def second_handling(play: Play, tick: Any) -> None:
    """The office orders the second handling; the units work again; now the deputy is satisfied."""
    play.step("office", "redo", reason="补充资金来源和时间表。")
    for unit in ("traffic", "water"):
        play.work(unit, "give_opinion_again", text="资金由市政养护经费列支，我局配合。")
    play.work("housing", "reply_again", outcome="B", text="资金已列入明年市政养护预算，三月底前装完，每月通报进度。")
    play.later(tick, 2)
    deputy = play.window("deputy")
    deputy.goto(f"/d/{COUNTY}/{PLUGIN}/mine")
    deputy.locator("main .mine-card a.btn-primary").first.click()
    put(deputy, attitude="satisfied", result="satisfied", text="时间表清楚。")
    send(deputy, "result")
    assert (play.suggestion.state, play.suggestion.handled_again) == ("rated", True)


def promise_into_next_year(play: Play, tick: Any) -> None:
    """The promise is followed, carried on in the next year and confirmed as kept; then the suggestion is written off."""
    from grid321.plugins.suggestion_tracking.supervision_models import Commitment

    play.step("office", "follow")
    promise = Commitment.get(Commitment.suggestion_number == play.suggestion.number)
    url = f"/d/{COUNTY}/{PLUGIN}/commitment/{promise.id}"
    play.later(tick, (date(2027, 3, 20) - date(2026, 4, 27)).days)
    take(play.window("office"), url, "carry_on", progress="已装五盏。", reason="雨季停工。", due_on="2027-06-30")
    assert Commitment.get_by_id(promise.id).carried == 1
    play.later(tick, 90)
    take(play.window("housing"), url, "report_kept", evidence="八盏路灯全部亮灯，附验收单。")
    take(play.window("office"), url, "confirm", checked_by="区人大代表工作委员会", found="现场查看，全部亮灯。")
    play.step("office", "close", evidence="验收单、代表回执。")

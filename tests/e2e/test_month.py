"""The flow of a month over three levels in the browser.

A grid worker reports; the village puts the matter to its two committees, holds the meeting and sends it up; the town's
presidium hands it to an office; the office answers, the worker rates, the town writes off. In the next month the village, the
town and the county close the month one after the other and print the bulletin, the town proposes a correction and the county
approves it. Every page is looked at on a phone and on a desk.
"""
from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import QUORUM
from .test_flow import fill, send, step

COUNTY, TOWN, VILLAGE = "610902", "610902104", "610902104200"


@pytest.fixture
def people(served, county):
    """A window for each of the people, by what they are; the fixture's other matters stay in their banks."""
    def window(who: str, width: int) -> Page:
        return served.open(account=county.accounts[who], width=width)

    return window


def fits(page: Page, axe: Any) -> None:
    """The page is no wider than the window and axe finds nothing serious."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    assert axe(page) == [], page.url


def agenda_to_record(page: Page, axe: Any, place: str, matter: str, decision: str, **said: str) -> None:
    """From the matter's page: onto the agenda, decide, hold with quorum, carry out. What is missing is refused on the way."""
    from grid321.core import db

    page.goto(f"/d/{place}/grid/report/{matter}")
    assert page.locator(f'main a[href$="/do/{decision}"]').count() == 0
    page.locator('#agenda form[action$="/agenda"] button').click()
    page.wait_for_load_state("load")
    assert page.locator('#agenda form[action$="/agenda"]').count() == 0
    fits(page, axe)
    page.locator('#agenda a[href*="/core/meeting/"]').last.click()
    select = page.locator('#agenda select[name^="decision-"]').last
    item = (select.get_attribute("name") or "").partition("-")[2]
    select.select_option(decision)
    if "department" in said:
        page.locator(f'[name="department-{item}"]').select_option(label=said["department"])
        page.locator(f'[name="limit-{item}"]').fill(said["limit"])
    page.locator(f'[name="note-{item}"]').fill("逐件研究，一致同意。")
    fits(page, axe)
    page.locator('#agenda form[action$="/decisions"] button.btn-primary').click()
    page.locator('#agenda a[href$="/hold"]').click()
    fill(page, met_on=db.local_day().isoformat(), chair="王建国", attendees="委员6人")
    send(page, "expected")
    expect(page.locator(".error-summary a[href='#f-expected']")).to_be_visible()
    fill(page, **{**QUORUM, "present": 3})
    send(page, "expected")
    expect(page.locator(".error-summary a[href='#f-present']")).to_be_visible()
    fits(page, axe)
    fill(page, present=QUORUM["present"])
    send(page, "expected")
    expect(page.locator("#agenda form[action$='/carry-out'] button")).to_be_visible()
    assert page.locator('main a[href$="/edit"]').count() == 0
    fits(page, axe)
    page.locator('#agenda a[href$="/minutes"]').click()
    expect(page.locator(".a4 .form-title")).to_be_visible()
    fits(page, axe)
    page.go_back()
    page.locator("#agenda form[action$='/carry-out'] button").click()
    expect(page.locator("main .tag.ok")).to_be_visible()
    assert page.locator("main .tag.bad").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_a_month_over_three_levels_from_the_report_to_the_bulletin(served, county, people, axe, width):
    worker, secretary, officer, clerk = (people(who, width) for who in ("worker", "secretary", "officer", "clerk"))
    worker.goto(f"/d/{county.grid.code}/grid/quick")
    fill(worker, kind="台账信息", ledger_class="安全生产", text="三组河堤护栏损坏，孩子放学经过有危险。", place="三组河堤")
    send(worker, "text")
    expect(worker).to_have_url(re.compile(r"/grid/report/\d+$"))
    matter = worker.url.rpartition("/")[2]

    step(secretary, f"/d/{VILLAGE}/grid/report/{matter}", "accept")
    step(secretary, secretary.url, "study")
    agenda_to_record(secretary, axe, VILLAGE, matter, "send_up")
    agenda_to_record(officer, axe, TOWN, matter, "hand_over", department="应急管理办", limit="2099-12-20")
    step(clerk, f"/d/{TOWN}/grid/report/{matter}", "take_on")
    step(clerk, f"/d/{TOWN}/grid/report/{matter}", "answer", text="护栏已修复，现场已验收。", outcome="已解决")
    step(worker, worker.url, "rate", result="满意", attitude="满意")
    step(officer, f"/d/{TOWN}/grid/report/{matter}", "write_off")

    this_month = _month()
    officer.goto(f"/d/{TOWN}/core/bank")
    fits(officer, axe)
    officer.locator(".figures .solved a").click()
    expect(officer.locator("main .list")).to_contain_text("三组河堤护栏损坏")
    secretary.goto(f"/d/{VILLAGE}/core/month/{this_month}")
    assert secretary.locator('main form[action$="/close"]').count() == 0  # it is running
    _next_month(served, county, people, axe, width, this_month)


def _month() -> str:
    from grid321.core import counters, db

    return counters.month_of(db.now())


def _next_month(served: Any, county: Any, people: Any, axe: Any, width: int, closing: str) -> None:
    """Forty days later: close at each level in turn, print, correct with two people."""
    from grid321.core import db, month_check

    with db.shift_clock(timedelta(days=40)):
        secretary, officer, head = (people(who, width) for who in ("secretary", "officer", "county"))
        for page, place in ((secretary, VILLAGE), (officer, TOWN), (head, COUNTY)):
            page.goto(f"/d/{place}/core/month")
            fits(page, axe)
            page.goto(f"/d/{place}/core/month/{closing}")
            expect(page.locator("#to-close ~ p .tag.ok").first).to_be_visible()
            fits(page, axe)
            page.locator('main form[action$="/close"] button').click()
            expect(page.locator("main dd.anchor")).to_have_text(re.compile("[0-9a-f]{64}"))
            fits(page, axe)
            page.goto(f"/d/{place}/core/month/{closing}/bulletin")
            expect(page.locator(".a4")).to_contain_text(re.compile("[0-9a-f]{64}"))
            fits(page, axe)
            page.goto(f"/d/{place}/core/bank/print?entity=grid.report&month={closing}")
            expect(page.locator(".a4 .form-title")).to_contain_text("销号台账")
            fits(page, axe)
        officer.goto(f"/d/{TOWN}/core/month/{closing}/correct")
        fill(officer, from_kind="已解决", to_kind="办结未解决", n=1, reason="回头看发现护栏再次松动。")
        send(officer, "reason")
        expect(officer.locator("#corrections")).to_be_visible()
        assert officer.locator('main form[action*="/core/correction/"]').count() == 0  # a second person decides
        head.goto(f"/d/{TOWN}/core/month/{closing}")
        head.locator('main form[action*="/core/correction/"] button.btn-primary').click()
        fits(head, axe)
        head.goto(f"/d/{TOWN}/core/month/{_month()}/bulletin")
        expect(head.locator(".a4")).to_contain_text("回头看发现护栏再次松动")
        assert list(month_check.verify()) == []

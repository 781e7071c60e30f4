"""The whole way of a matter in the browser, from an empty installation to balanced figures.

A county administrator imports the list of divisions, switches the grids on for one town and makes the accounts; the town
makes a grid and appoints its people; a grid worker reports; the village sends it up with the record of its meeting; the
town hands it to an office; the answer comes back; the reporter rates it; it is written off; the figures show it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

DIVISIONS = Path(__file__).resolve().parents[2] / "core" / "demo" / "divisions"
FILES = [str(DIVISIONS / f"{name}.csv") for name in ("provinces", "cities", "areas", "streets", "villages")]
COUNTY, TOWN, VILLAGE, OTHER_TOWN = "610902", "610902104", "610902104001", "610902132"
FIRST, OWN = "first-password-of-all", "correct horse battery"
QUORUM = {"chair": "王建国", "expected": 7, "present": 6, "attendees": "支部委员、村委委员共6人"}


def fill(page: Page, **values: Any) -> None:
    """Fill fields of the form by name. A choice is named by words of its label, a list of files by their paths."""
    for name, value in values.items():
        field = page.locator(f'main form [name="{name}"]')
        kind = field.first.evaluate("one => one.type")
        if kind in {"radio", "checkbox"}:
            chosen = page.locator(f'main form label:has([name="{name}"])', has_text=str(value)) if value is not True else field
            (chosen.locator("input") if value is not True else chosen).first.check()
        elif kind == "select-one":
            text = field.evaluate("(one, words) => (Array.from(one.options).find(o => o.text.includes(words)) || {}).value",
                                  value)
            assert text, f"{name}: no choice with {value!r}"
            field.evaluate("(one, value) => { if (one.tomselect) { one.tomselect.setValue(value); } else { one.value = value;"
                           " one.dispatchEvent(new Event('change', {bubbles: true})); } }", text)
        elif kind == "file":
            field.set_input_files(value)
        else:
            field.fill(str(value))


def send(page: Page, name: str = "") -> None:
    """Send the form of the page (the one that holds the field `name`)."""
    form = page.locator("main form.panel, main .panel form", has=page.locator(f'[name="{name or "_csrf"}"]')).first
    form.locator("button[type=submit]").first.click()
    page.wait_for_load_state("load")


def log_in(served: Any, username: str, password: str, width: int, lang: str) -> Page:
    """Log in by the form; a first password is changed on the way."""
    page = served.open(width=width, lang=lang)
    page.goto("/login")
    fill(page, username=username, password=password)
    send(page, "username")
    if page.locator('[name="present"]').count():
        fill(page, present=password, password=OWN, again=OWN)
        send(page, "present")
        page.goto("/")
    expect(page.locator("body.known")).to_be_visible()
    return page


def make_account(admin: Page, place: str, username: str, role: str = "", person: str = "", department: str = "") -> str:
    """Make an account, give it a role on `place` when one is named, and return its first password."""
    admin.goto(f"/d/{place}/core/accounts/new")
    fill(admin, username=username, **({"person": person} if person else {}))
    send(admin, "username")
    password = admin.locator("[data-first-password]").inner_text().strip()
    if role:
        admin.locator("main a.btn-primary").click()
        admin.locator('main a[href$="/grant"]').click()
        fill(admin, role=role, **({"department": department} if department else {}))
        send(admin, "role")
        expect(admin.locator("main .rows .name").first).to_be_visible()
    return password


def step(page: Page, url: str, key: str, **answers: Any) -> None:
    """Take one step on the matter at `url` through its page."""
    page.goto(url)
    page.locator(f'main a[href$="/do/{key}"]').click()
    fill(page, **answers)
    send(page, "_version")
    expect(page).to_have_url(re.compile(r"/grid/report/\d+$"))


def meet(page: Page, url: str, decision: str, **said: Any) -> None:
    """Put the matter at `url` on the agenda of the next meeting, decide, hold the meeting with its quorum, carry out."""
    from grid321.core import db

    page.goto(url)
    page.locator('#agenda form[action$="/agenda"] button').click()
    page.wait_for_load_state("load")
    page.locator('#agenda a[href*="/core/meeting/"]').last.click()
    item = page.locator('#agenda select[name^="decision-"]').last.get_attribute("name").partition("-")[2]
    page.locator(f'[name="decision-{item}"]').select_option(decision)
    for name, value in said.items():
        field = page.locator(f'[name="{name}-{item}"]')
        if name == "department":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.locator('#agenda form[action$="/decisions"] button.btn-primary').click()
    page.locator('#agenda a[href$="/hold"]').click()
    fill(page, met_on=db.local_day().isoformat(), **QUORUM)
    send(page, "expected")
    page.locator('#agenda form[action$="/carry-out"] button').click()
    expect(page.locator("main .tag.ok")).to_be_visible()


@pytest.fixture
def administrator(app, make_account):
    """An installation that holds one province and one administrator, as `grid321 init` leaves it."""
    from grid321.core import division_changes
    from grid321.core.actor import SYSTEM

    division_changes.create_division(None, "61", "陕西省", actor=SYSTEM, reason="test")
    return make_account("core.county_admin", "61", None, OWN)


WORDS = {
    "zh": {"town officer": "镇网格办负责人", "clerk": "承办单位经办人", "secretary": "村（社区）书记",
           "head": "网格长", "worker": "网格员", "office": "办公室", "ledger": "台账信息", "safety": "安全生产",
           "solved": "已解决", "satisfied": "满意", "alone": "独立处理"},
    "en": {"town officer": "Town officer for grids", "clerk": "Clerk of a department", "secretary": "Village secretary",
           "head": "Grid head", "worker": "Grid worker", "office": "Office", "ledger": "Ledger information",
           "safety": "Production safety", "solved": "Solved", "satisfied": "Satisfied", "alone": "Handled alone"},
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_matter_goes_all_the_way_and_the_figures_balance(served, administrator, width, lang):
    words = WORDS[lang]
    admin = log_in(served, administrator.username, OWN, width, lang)
    import_divisions(admin)
    admin.goto(f"/d/{TOWN}/core/switches")
    send(admin, "plugin")
    expect(admin.locator("main .tag.ok")).to_be_visible()

    # Persons, an office, accounts.
    for name in ("刘建国", "王桂兰"):
        admin.goto(f"/d/{VILLAGE}/core/person/new")
        fill(admin, name=name)
        send(admin, "name")
    admin.goto(f"/d/{TOWN}/core/department/new")
    fill(admin, name="水利工作站", kind=words["office"])
    send(admin, "name")
    passwords = {
        "officer": make_account(admin, TOWN, "officer", words["town officer"]),
        "clerk": make_account(admin, TOWN, "clerk", words["clerk"], department="水利工作站"),
        "secretary": make_account(admin, VILLAGE, "secretary", words["secretary"]),
        "worker": make_account(admin, VILLAGE, "worker", person="王桂兰"),
    }
    officer = log_in(served, "officer", passwords["officer"], width, lang)
    secretary = log_in(served, "secretary", passwords["secretary"], width, lang)
    clerk = log_in(served, "clerk", passwords["clerk"], width, lang)

    # A grid and its people: whoever holds the post has the rights.
    officer.goto(f"/d/{VILLAGE}/grid/grid/new")
    fill(officer, name="第一网格")
    send(officer, "name")
    grid_page = officer.url
    for name, post in (("刘建国", "head"), ("王桂兰", "worker")):
        officer.goto(grid_page + "/appoint")
        fill(officer, person=name, kind=words[post])
        send(officer, "person")
        expect(officer.get_by_text(name).first).to_be_visible()

    # In another town there is nothing of it: no page, no menu, no interface.
    for path in (f"/d/{OTHER_TOWN}/grid/report/", f"/d/{OTHER_TOWN}/grid/quick", f"/api/v1/d/{OTHER_TOWN}/grid/report"):
        assert admin.request.get(path).status == 404
    admin.goto(f"/d/{OTHER_TOWN}/")
    assert admin.locator('.side a[href*="/grid/"]').count() == 0

    # The matter's way.
    worker = log_in(served, "worker", passwords["worker"], width, lang)
    worker.locator('main a[href$="/grid/quick"]').first.click()
    fill(worker, kind=words["ledger"], ledger_class=words["safety"], text="三组河堤护栏损坏，孩子放学经过有危险。",
         place="三组河堤")
    send(worker, "text")
    expect(worker).to_have_url(re.compile(r"/grid/report/\d+$"))
    number = worker.url.rpartition("/")[2]
    matter = f"/d/{TOWN}/grid/report/{number}"
    step(secretary, f"/d/{VILLAGE}/grid/report/{number}", "accept")
    step(secretary, secretary.url, "study")
    meet(secretary, secretary.url, "send_up")
    meet(officer, matter, "hand_over", department="水利工作站", limit="2099-12-20", note="三日内到现场")
    step(clerk, matter, "take_on")
    step(clerk, matter, "answer", text="护栏已修复，现场已验收。", outcome=words["solved"])
    step(worker, worker.url, "rate", result=words["satisfied"], attitude=words["satisfied"])
    step(officer, matter, "write_off")
    expect(officer.locator("main .head .tag")).to_be_visible()
    assert officer.locator(".timeline > li").count() >= 8

    # Each level's figures show it, and they balance.
    for page, place in ((secretary, VILLAGE), (officer, TOWN), (admin, COUNTY)):
        page.goto(f"/d/{place}/core/statistics")
        if page is not admin:
            expect(page.locator("main .tag.ok").first).to_be_visible()
        assert page.locator("main .tag.bad").count() == 0


def import_divisions(admin: Page) -> None:
    """Import the list of divisions: a preview, then for real; a second time there is nothing to do."""
    admin.goto("/d/61/core/divisions/import")
    fill(admin, files=FILES)
    send(admin, "files")
    expect(admin.locator("main .cards")).to_be_visible()
    admin.locator("main form button[type=submit]").first.click()
    expect(admin.locator("main .notice.ok")).to_be_visible()
    admin.goto("/d/61/core/divisions/import")
    fill(admin, files=FILES)
    send(admin, "files")
    expect(admin.locator("main .empty")).to_be_visible()

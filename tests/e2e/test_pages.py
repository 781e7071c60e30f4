"""Every kind of page, in three themes, on a phone and a desk: accessible, within its frame, within its policy."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

WIDTHS = (390, 1280)
THEMES = ("default", "gov_red", "elder")

#: (name, who looks, path). {new} and so on are ids of reports, {grid} the id of the grid.
PAGES = (
    ("login", None, "/login"),
    ("feedback", None, "/feedback"),
    ("today", "worker", "/d/{place}/"),
    ("today-county", "county", "/d/610902/"),
    ("quick", "worker", "/d/{place}/grid/quick"),
    ("list", "secretary", "/d/610902104200/grid/report/"),
    ("list-empty", "officer", "/d/610902104201/grid/report/"),
    ("list-filtered", "officer", "/d/610902104/grid/report/?state=received&q=%E8%87%AA%E5%BB%BA"),
    ("detail", "officer", "/d/610902104/grid/report/{received}"),
    ("detail-print", "officer", "/d/610902104/grid/report/{received}/print"),
    ("list-print", "officer", "/d/610902104/grid/report/print"),
    ("step", "officer", "/d/610902104/grid/report/{received}/do/answer_directly"),
    ("new", "secretary", "/d/610902104200/grid/report/new"),
    ("edit", "secretary", "/d/610902104200/grid/report/{handling}/edit"),
    ("reveal", "officer", "/d/610902104/grid/report/{received}/reveal"),
    ("grid", "secretary", "/d/610902104200/grid/grid/{grid}"),
    ("grid-edit", "secretary", "/d/610902104200/grid/grid/{grid}/edit"),
    ("tiers", "officer", "/d/610902104/grid/tiers"),
    ("statistics", "county", "/d/610902/core/statistics"),
    ("search", "county", "/d/610902/core/search?q=%E6%8A%A4%E6%A0%8F"),
    ("import", "county", "/d/610902/grid/grid/import"),
    ("export", "county", "/d/610902/grid/report/export"),
    ("divisions", "admin", "/d/610902/core/divisions"),
    ("division-rename", "admin", "/d/610902104/core/divisions/do/rename"),
    ("division-import", "admin", "/d/610902/core/divisions/import"),
    ("people", "admin", "/d/610902/core/person/"),
    ("switches", "admin", "/d/610902/core/switches"),
    ("switch-off", "admin", "/d/610902/core/switches/grid/off"),
    ("plugins", "admin", "/d/610902/core/plugins"),
    ("settings", "admin", "/d/610902/core/settings"),
    ("setting", "admin", "/d/610902/core/settings/core.theme"),
    ("classes", "admin", "/d/610902/core/classes"),
    ("accounts", "admin", "/d/610902/core/accounts"),
    ("jobs", "admin", "/d/610902/core/jobs"),
    ("audit", "admin", "/d/610902/core/audit"),
    ("ledger", "admin", "/d/610902/core/ledger"),
    ("calendar", "admin", "/d/610902/core/calendar"),
    ("calendar-enter", "admin", "/d/610902/core/calendar/enter"),
    ("redatings", "admin", "/d/610902/core/redating"),
    ("presets", "admin", "/d/610902/core/presets"),
    ("preset", "admin", "/d/610902/core/presets/chongqing_2017"),
    ("workflows", "admin", "/d/610902/core/workflows"),
    ("bank", "officer", "/d/610902104/core/bank"),
    ("months", "officer", "/d/610902104/core/month"),
    ("meetings", "officer", "/d/610902104/core/meeting/"),
    ("meeting-new", "officer", "/d/610902104/core/meeting/new"),
    ("templates", "officer", "/d/610902104/core/reply_template/"),
    ("me", "admin", "/me"),
    ("password", "admin", "/me/password"),
    ("inbox", "secretary", "/me/inbox"),
    ("notifications", "secretary", "/me/notifications"),
    ("channels", "admin", "/d/610902/core/channels"),
    ("channel", "admin", "/d/610902/core/channels/sms"),
    ("messages", "admin", "/d/610902/core/messages"),
    ("message", "admin", "/d/610902/core/messages/case.overdue/zh"),
    ("deliveries", "admin", "/d/610902/core/deliveries"),
    ("api", "admin", "/api/"),
    ("not-found", "admin", "/d/610902/core/nothing"),
)
#: A page may be slow to be scrolled sideways only inside a box of its own, never as a whole.
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def address(path: str, county) -> str:
    """Return a path with the ids of this county."""
    ids = {name: report.id for name, report in county.reports.items()}
    return path.format(grid=county.grid.id, place=county.grid.code, **ids)


@pytest.mark.parametrize(("theme", "lang"), [*((theme, "zh") for theme in THEMES), ("default", "en")])
def test_every_page_is_accessible_and_fits(served, county, axe, theme, lang):
    windows, found = {}, []
    for name, who, path in PAGES:
        if who not in windows:
            windows[who] = served.open(account=county.accounts.get(who), theme=theme, lang=lang)
        page = windows[who]
        answer = page.goto(address(path, county))
        if answer.status != (404 if name == "not-found" else 200):
            found.append(f"{name}: status {answer.status}")
            continue
        if page.evaluate("document.documentElement.lang") != {"zh": "zh-CN", "en": "en"}[lang]:
            found.append(f"{name}: wrong lang")
        for width in WIDTHS:  # one page, as a window that is made narrower: loading it anew shows nothing else
            page.set_viewport_size({"width": width, "height": 844 if width < 600 else 900})
            page.evaluate("new Promise(requestAnimationFrame)")
            if folder := os.environ.get("GRID321_SHOTS"):
                page.screenshot(path=Path(folder) / f"{name}-{theme}-{width}-{lang}.png", full_page=True)
            if page.evaluate(WIDER) > 0:
                found.append(f"{name}, {width} px: wider than the screen by {page.evaluate(WIDER)}")
            found += [f"{name}, {width} px: {fault}" for fault in axe(page)]
    assert found == []


def test_pages_of_the_phone_weigh_at_most_120_kilobytes(served, county):
    for path in ("/d/{place}/", "/d/{place}/grid/quick", "/d/{place}/grid/report/", "/d/{place}/grid/report/{new}"):
        fresh = served.open(account=county.accounts["worker"], width=390)
        total: dict[str, int] = {}
        fresh.on("response", lambda answer, total=total: total.update({answer.url: len(gzip.compress(answer.body(), 6))})
                 if answer.status == 200 else None)
        fresh.goto(address(path, county), wait_until="networkidle")
        assert sum(total.values()) <= 120 * 1024, total


def test_touch_targets_of_the_elder_theme_are_large_and_its_text_too(served, county):
    page = served.open(account=county.accounts["worker"], width=390, theme="elder")
    page.goto(address("/d/{place}/grid/quick", county))
    small = page.evaluate("""Array.from(document.querySelectorAll(
            'button, .btn, .bottom a, .tools > a, select, input[type=text]'))
        .filter(one => one.offsetParent && !one.classList.contains('ts-hidden-accessible') && !one.closest('.ts-wrapper'))
        .filter(one => one.getBoundingClientRect().height < 60).map(one => one.outerHTML.slice(0, 90))""")
    assert small == []
    tiny = page.evaluate("""Array.from(document.querySelectorAll('main *, .bottom *'))
        .filter(one => one.childNodes.length && one.offsetParent && one.textContent.trim())
        .filter(one => parseFloat(getComputedStyle(one).fontSize) < 18).map(one => one.outerHTML.slice(0, 90))""")
    assert tiny == []


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(served, county):
    page = served.open(account=county.accounts["officer"])
    page.goto("/d/610902104/grid/report/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_on_paper_there_is_no_navigation(served, county):
    page = served.open(account=county.accounts["officer"])
    page.goto(address("/d/610902104/grid/report/{received}", county))
    page.emulate_media(media="print")
    shown = page.evaluate("""['.top', '.side', '.foot', '.bottom', '.next', '.skip']
        .filter(name => document.querySelector(name) && getComputedStyle(document.querySelector(name)).display !== 'none')""")
    assert shown == []
    assert page.locator("main h1").is_visible()


def test_the_watch_notices_what_the_policy_forbids(served, axe):
    """The control of all the others: a fault of each kind is seen."""
    page = served.open()
    page.goto("/login")
    page.evaluate("""() => { const script = document.createElement('script'); script.textContent = '1';
        document.body.appendChild(script); const picture = document.createElement('img'); picture.src = '/favicon.ico';
        document.body.appendChild(picture); }""")
    page.wait_for_timeout(300)
    assert any("Content Security Policy" in fault for fault in served.faults)
    assert any("image-alt" in fault for fault in axe(page))
    served.faults.clear()

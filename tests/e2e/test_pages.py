"""What holds of every page beside its frame: weight on a phone, large print, the skip link, paper, the watch itself."""

from __future__ import annotations

import gzip


def address(path: str, county) -> str:
    """Return a path with the ids of this county."""
    ids = {name: report.id for name, report in county.reports.items()}
    return path.format(grid=county.grid.id, place=county.grid.code, **ids)


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

"""The kernel of the browsers in many offices (Chromium 86) shows and sends the pages of every day.

Not part of the other runs, because the browser must be fetched: ``make old-browser``. Its debugger is old: only ``goto``,
``evaluate`` and what the page does by itself are used.
"""

import os

import pytest
from playwright.sync_api import sync_playwright

PAGES = ("/d/{place}/", "/d/{place}/grid/report/", "/d/{place}/grid/quick", "/d/{place}/grid/report/new",
         "/d/{place}/grid/report/{answered}", "/d/{place}/core/statistics", "/me")
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: Without the sheets of the platform a bar would have no colour and the main part no column beside the menu.
STYLED = "getComputedStyle(document.querySelector('.top')).backgroundColor !== 'rgba(0, 0, 0, 0)'"


@pytest.fixture(scope="module")
def chromium():
    """Return the old browser; every test of this file uses it instead of the present one."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=os.environ["GRID321_CHROMIUM86"],
                                       args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-zygote"])
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_of_every_day_fit_and_run_without_a_fault(served, county, width):
    assert served.chromium.version.startswith("86.")
    page = served.open(account=county.accounts["worker"], width=width)
    found = []
    for path in PAGES:
        path = path.format(place=county.grid.code, **{name: report.id for name, report in county.reports.items()})
        assert page.goto(path).status == 200
        if page.evaluate(WIDER) > 0:
            found.append(f"{path}: wider than the screen")
        if not page.evaluate(STYLED):
            found.append(f"{path}: without style")
    assert found == []


def test_a_matter_is_reported(served, county):
    page = served.open(account=county.accounts["worker"], width=390)
    page.goto(f"/d/{county.grid.code}/grid/quick")
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.evaluate("""() => {
            document.querySelector('[name=text]').value = '路灯坏了，晚上看不见。';
            setTimeout(() => document.querySelector('main form button[type=submit]').click(), 50);
        }""")
    assert sent.value.status == 303
    # The page follows by itself; when it has arrived is what the old debugger does not tell.
    for _try in range(50):
        page.wait_for_timeout(200)
        title = page.evaluate("document.querySelector('h1') && document.querySelector('h1').innerText")
        if title and "路灯坏了" in title:
            break
    assert "路灯坏了" in title
    assert page.evaluate("document.querySelector('.notice.ok') !== null")

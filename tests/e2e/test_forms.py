"""Forms: they work without script, say what is wrong, keep what was typed, and drafts outlive a closed window."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

TEXT = "三组河堤护栏损坏，孩子放学经过有危险。"


def quick(county) -> str:
    """The address of the short form in the worker's grid."""
    return f"/d/{county.grid.code}/grid/quick"


def test_a_report_is_made_and_handled_without_script(served, county):
    page = served.open(account=county.accounts["worker"], width=390, script=False)
    page.goto(quick(county))
    page.locator('[name="kind"][value="social"]').check()
    page.locator('[name="text"]').fill(TEXT)
    page.locator("main form.panel button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/grid/report/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("护栏损坏")

    secretary = served.open(account=county.accounts["secretary"], script=False)
    secretary.goto(f"/d/610902104200/grid/report/{page.url.rpartition('/')[2]}")
    secretary.locator('main a[href$="/do/accept"]').click()
    secretary.locator("main form.panel button[type=submit]").click()
    expect(secretary.locator(".timeline > li")).to_have_count(2)


def test_filters_sorting_and_search_work_without_script(served, county):
    page = served.open(account=county.accounts["officer"], script=False)
    page.goto("/d/610902104/grid/report/")
    page.locator('.filters [name="q"]').fill("护栏")
    page.locator(".filters button[type=submit]").first.click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator('.search [name="q"]').fill("护栏")
    page.locator(".search button").click()
    expect(page.locator("main .rows .name").first).to_contain_text("护栏")


def test_steps_on_many_matters_at_once_show_a_result_for_each_without_script(served, county):
    page = served.open(account=county.accounts["secretary"], script=False)
    page.goto("/d/610902104200/grid/report/")
    for box in page.locator('tbody [name="id"]').all():
        box.check()
    page.locator('.bulk button[value="accept"]').click()
    expect(page.locator("tbody tr")).to_have_count(4)
    assert page.locator("tbody .tag.ok").count() == 1
    assert page.locator("tbody .tag.bad").count() == 3


def test_the_menu_of_the_phone_opens_without_script(served, county):
    page = served.open(account=county.accounts["worker"], width=390, script=False)
    page.goto(f"/d/{county.grid.code}/")
    expect(page.locator("#menu")).to_be_hidden()
    page.locator('.bottom a[href="#menu"]').click()
    expect(page.locator("#menu")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_refused_form_says_what_to_correct_and_keeps_what_was_typed(served, county, script):
    page = served.open(account=county.accounts["worker"], width=390, script=script)
    page.goto(quick(county))
    page.locator('[name="kind"][value="ledger"]').check()
    page.locator('[name="text"]').fill(TEXT)
    page.locator("main form.panel button[type=submit]").click()
    expect(page.locator("#error-summary")).to_be_visible()
    assert page.title().startswith("错误")
    assert page.locator('[name="text"]').input_value() == TEXT
    assert page.locator('[name="kind"][value="ledger"]').is_checked()
    link = page.locator("#error-summary a").first
    assert page.locator(link.get_attribute("href")).count() == 1
    expect(page.locator(".field.wrong .message")).to_have_count(1)
    if script:
        assert page.evaluate("document.activeElement.id") == "error-summary"


def test_a_draft_outlives_the_page_and_goes_when_it_was_accepted(served, county):
    page = served.open(account=county.accounts["worker"], width=390)
    page.goto(quick(county))
    page.locator('[name="text"]').fill(TEXT)
    page.wait_for_timeout(900)
    page.goto("/me")
    page.goto(quick(county))
    expect(page.locator("main .notice.info")).to_be_visible()
    assert page.locator('[name="text"]').input_value() == TEXT
    page.locator("main form.panel button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/grid/report/\d+$"))
    page.goto(quick(county))
    page.wait_for_timeout(500)
    assert page.locator('[name="text"]').input_value() == ""
    assert page.locator("main .notice.info").count() == 0


def test_a_draft_can_be_discarded(served, county):
    page = served.open(account=county.accounts["worker"], width=390)
    page.goto(quick(county))
    page.locator('[name="text"]').fill(TEXT)
    page.wait_for_timeout(900)
    page.reload()
    page.locator("main .notice.info button").click()
    expect(page.locator('[name="text"]')).to_have_value("")
    page.reload()
    page.wait_for_timeout(400)
    assert page.locator("main .notice.info").count() == 0


def test_a_draft_is_not_kept_after_logging_out(served, county):
    page = served.open(account=county.accounts["worker"])
    page.goto(quick(county))
    page.locator('[name="text"]').fill(TEXT)
    page.wait_for_timeout(900)
    page.locator("details.menu summary").click()
    page.locator('form[action$="/logout"] button').first.click()
    expect(page).to_have_url(re.compile("/login"))
    page.wait_for_timeout(500)
    names = page.evaluate("indexedDB.databases ? indexedDB.databases().then(all => all.map(one => one.name)) : []")
    assert "grid321-drafts" not in names


def test_a_file_that_is_too_big_is_refused_before_it_is_sent(served, county, tmp_path):
    page = served.open(account=county.accounts["worker"], width=390)
    page.goto(quick(county))
    big = tmp_path / "photo.jpg"
    big.write_bytes(b"x" * (11 * 1024 * 1024))
    page.locator('input[type="file"]').set_input_files(str(big))
    expect(page.locator('[role="alert"].message')).to_contain_text("文件太大")
    assert page.locator('input[type="file"]').evaluate("one => one.files.length") == 0


def test_language_and_theme_are_switched_where_one_stands(served, county):
    page = served.open(account=county.accounts["officer"], width=390)
    page.goto("/d/610902104/grid/report/?state=received")
    page.locator('.tools a[lang="en"]').click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/d/610902104/grid/report/?state=received")
    page.get_by_role("link", name="Large print").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "elder")
    page.wait_for_load_state("load")
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "22px"
    page.get_by_role("link", name="Standard print").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "default")


def test_the_switches_never_lead_to_another_site(served):
    page = served.open()
    answer = page.request.get("/lang/en", headers={"Referer": "https://example.org/evil"}, max_redirects=0)
    assert answer.headers["location"] == "/"
    answer = page.request.get("/theme/elder", headers={"Referer": f"{served.url}//example.org/"}, max_redirects=0)
    assert answer.headers["location"] == "/"
    assert page.request.get("/theme/nothing").status == 404

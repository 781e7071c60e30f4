"""Grouping, the hint of a duplicate and reply templates in the browser, with scripts and without, on a desk and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .conftest import DESK, PHONE, TEXTS

LIKE = "3号楼的消防通道又被杂物堵住了，请尽快清理。"


def base(county):
    return f"/d/{county.tree.village.code}/grid/report/"


def compare(page, script):
    """The comparison comes into the page by itself; without scripts a link leads to it."""
    if script:
        expect(page.locator("#duplicates")).to_be_visible()
    else:
        page.locator("[data-load] a").click()
        page.wait_for_load_state("load")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_duplicate_is_hinted_after_saving_and_grouped_by_one_click(served, county, script, axe):
    phone = served.open(account=county.accounts["worker"], width=PHONE, script=script)
    grid = county.tree.node(county.grid.code)
    phone.goto(f"/d/{grid.code}/grid/quick")
    phone.locator("[name=kind][value=ledger]").check()
    choice = phone.locator("[name=ledger_class]")
    if choice.first.evaluate("one => one.type") == "radio":
        phone.locator("[name=ledger_class][value=safety]").check()
    else:
        choice.first.evaluate("one => one.tomselect ? one.tomselect.setValue('safety') : (one.value = 'safety')")
    phone.locator("textarea[name=text]").fill(LIKE)
    phone.locator("main form.panel button[type=submit]").first.click()
    phone.wait_for_load_state("load")
    case_url = phone.url
    compare(phone, script)
    hint = phone.locator("section", has=phone.locator("#duplicates"))
    expect(hint).to_contain_text("疑似重复")
    expect(hint).to_contain_text(re.compile("同一网格.*同一天.*相似度 [0-9]+%", re.S))
    expect(hint.get_by_role("button", name="同一事项：并案")).to_have_count(0)  # the reporter compares; the village decides

    desk = served.open(account=county.accounts["secretary"], width=DESK, script=script)
    desk.goto(case_url.replace(grid.code, county.tree.village.code))
    compare(desk, script)
    assert axe(desk) == [] if script else True
    desk.get_by_role("button", name="同一事项：并案").first.click()
    desk.wait_for_load_state("load")
    expect(desk.locator("main")).to_contain_text("本件已并案办理")
    expect(desk.locator("main")).to_contain_text(county.reports["new"].number)
    desk.get_by_role("button", name="移出并案").click()
    desk.wait_for_load_state("load")
    compare(desk, script)
    expect(desk.locator("main")).to_contain_text("疑似重复")


def test_rows_of_the_list_are_grouped_and_the_lead_shows_them(served, county, axe):
    desk = served.open(account=county.accounts["secretary"], width=DESK)
    desk.goto(base(county))
    for name in ("new", "handling"):
        desk.locator(f"tbody input[value='{county.reports[name].id}']").check()
    desk.get_by_role("button", name="并案", exact=True).click()
    desk.wait_for_load_state("load")
    expect(desk.locator("main")).to_contain_text("以哪件为牵头件")
    desk.locator(f"input[name=lead][value='{county.reports['handling'].id}']").check()
    desk.locator("main form.panel button[type=submit]").click()
    desk.wait_for_load_state("load")
    expect(desk.locator("main")).to_contain_text("牵头件")
    desk.goto(f"{base(county)}{county.reports['handling'].id}")
    group = desk.locator("section", has=desk.locator("#case-group"))
    expect(group).to_contain_text(county.reports["new"].number)
    assert axe(desk) == []
    phone = served.open(account=county.accounts["secretary"], width=PHONE)
    phone.goto(f"{base(county)}{county.reports['new'].id}")
    expect(phone.locator("main")).to_contain_text("本件已并案办理")
    assert axe(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_template_fills_the_answer_and_sends_nothing(served, county, script):
    from grid321.core import records
    from grid321.core.actor import SYSTEM
    from grid321.core.registry import registry

    records.create(registry().entity("core.reply_template"), {
        "name": "已清理", "entity": "grid.report", "kind": None, "department_id": None, "retired": False,
        "text": "{编号}反映的问题已于{今天}清理完毕。"}, SYSTEM, county.tree.county)
    case = county.reports["handling"]
    desk = served.open(account=county.accounts["secretary"], width=DESK, script=script)
    desk.goto(f"{base(county)}{case.id}/do/solve_on_spot")
    desk.get_by_role("button", name="填入").click()
    if not script:
        desk.wait_for_load_state("load")
        assert "template=" in desk.url
    answer = desk.locator("textarea[name=text]")
    expect(answer).to_have_value(re.compile(f"{case.number}反映的问题已于.*日清理完毕。"))
    assert TEXTS[1] and registry().entity("grid.report").model.get_by_id(case.id).state == "handling"

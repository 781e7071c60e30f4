"""A resident on a phone, without account and without JavaScript; every public page in three themes; large print; weight."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from typing import Any

import pytest
from support.public_world import answered, matter, step

from grid321.core import records, signed_links
from grid321.core.actor import SYSTEM
from grid321.plugins.suggestion_tracking.public_models import Publication
from grid321.plugins.suggestion_tracking.public_publish import PUBLICATION

TOWN, VILLAGE = "/d/610902104/suggestion_tracking", "/d/610902104200/suggestion_tracking"
COUNTY = "/d/610902/suggestion_tracking"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def plugin_modules() -> list[Any]:
    """Only this plugin: it works alone."""
    from grid321.plugins import suggestion_tracking

    return [suggestion_tracking]


@pytest.fixture
def place(division_tree, switch_on):
    """The county in which the plugin is on, with a published matter and one that waits for its rating."""
    switch_on("suggestion_tracking", division_tree.county)
    done = answered(division_tree.village)
    records.create(PUBLICATION, {"source": "matter", "number": done.number, "title": "村口路灯修好了",
                                 "text": "村口三盏路灯不亮。", "result": "已全部更换。"}, SYSTEM, division_tree.village)
    return division_tree


def link(purpose: str, record: Any) -> str:
    """A token for a matter."""
    return signed_links.create(f"suggestion_tracking.{purpose}", "suggestion_tracking.matter", record.id,
                               expires=timedelta(days=1), once=purpose == "rate")


def test_a_resident_raises_a_matter_looks_it_up_and_rates_it_without_javascript(served, place):
    page = served.open(width=390, script=False)
    page.goto(f"{COUNTY}/public")
    page.get_by_role("link", name="我要反映问题").click()
    page.get_by_role("link", name="五里镇").click()
    page.fill("#f-text", "村口的路塌了一块，下雨天老人不好走。希望修好。")
    page.locator('[name="division"][value="610902104200"]').check()
    page.check("#f-publish")
    page.get_by_role("button", name="提交").click()
    number, code = re.search(r"WT-\d+-\d+-\d+", page.content())[0], page.locator("dd.secret").inner_text()

    record = matter().model.get(matter().model.number == number)
    step(record, "solve_on_spot", text="塌陷处已填平并浇筑水泥。", outcome="A", way="alone")
    page.get_by_role("link", name="返回首页").click()
    page.get_by_role("link", name="查询办理进度").click()
    page.fill("#f-number", number)
    page.fill("#f-code", code.lower())
    page.get_by_role("button", name="查询", exact=True).click()
    assert page.get_by_text("塌陷处已填平并浇筑水泥。").is_visible()
    page.get_by_role("button", name="评价答复").click()
    page.locator('[name="result"][value="not"]').check()
    page.locator('[name="attitude"][value="satisfied"]').check()
    page.get_by_role("button", name="提交评价").click()
    assert page.locator("#error-summary").is_visible(), "what is still missing?"
    page.fill("#f-words", "水泥开裂了，还要再修。")
    page.get_by_role("button", name="提交评价").click()

    assert page.get_by_role("heading", name="感谢您的评价").is_visible()
    assert matter().model.get_by_id(record.id).state == "again"


@pytest.mark.parametrize("theme", ["default", "gov_red", "elder"])
def test_every_public_page_is_accessible_and_fits(served, place, axe, theme):
    record = matter().model.get()
    item = Publication.get()
    page, found = served.open(theme=theme), []
    for path in (f"{COUNTY}/public", f"{COUNTY}/raise", f"{TOWN}/raise", f"{VILLAGE}/lookup",
                 f"{VILLAGE}/own/{link('own', record)}", f"{VILLAGE}/rate/{link('rate', record)}", f"{TOWN}/published",
                 f"{TOWN}/published?q=%E6%B2%A1%E6%9C%89", f"{TOWN}/published/{item.id}"):
        assert page.goto(path).status == 200, path
        switch = page.get_by_role("link", name="标准版" if theme == "elder" else "大字版")
        if not switch.is_visible() or not page.get_by_role("link", name="投诉与建议").first.is_visible():
            found.append(f"{path}: no way to large print or to complaints")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            page.evaluate("new Promise(requestAnimationFrame)")
            if page.evaluate(WIDER) > 0:
                found.append(f"{path}, {width} px: too wide")
            found += [f"{path}, {width} px: {fault}" for fault in axe(page)]
    assert found == []


def test_the_form_is_light_and_its_targets_are_large_in_large_print(served, place):
    page = served.open(width=390, theme="elder")
    total: dict[str, int] = {}
    page.on("response", lambda answer: total.update({answer.url: len(gzip.compress(answer.body(), 6))})
            if answer.status == 200 else None)
    page.goto(f"{TOWN}/raise", wait_until="networkidle")

    assert sum(total.values()) <= 120 * 1024, total
    small = page.evaluate("""Array.from(document.querySelectorAll(
            'button, .btn, .tools > a, select, input[type=text], input[type=tel]'))
        .filter(one => one.offsetParent && !one.classList.contains('ts-hidden-accessible') && !one.closest('.ts-wrapper'))
        .filter(one => one.getBoundingClientRect().height < 60).map(one => one.outerHTML.slice(0, 90))""")
    assert small == []

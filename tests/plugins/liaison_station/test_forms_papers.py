"""The forms of stations as Word files, read back as people see them: every value from data, masked, in both languages."""
import re
from datetime import timedelta

import pytest
from support.docx_reader import Docx
from support.qr_reader import read

from grid321.core import docx_fill, sheet_docx
from grid321.core.i18n import use_language
from grid321.plugins.liaison_station import forms_area
from grid321.plugins.liaison_station.day_models import Visit
from grid321.plugins.liaison_station.reception_models import Reception

from . import forms_ground as ground
from .forms_ground import DAY, LONG, RARE, SAID, base, line, word
from .opinion_ground import ANSWER, COLLATE, TOLD, flow, world
from .test_day_desk import reception_of

__all__ = ["flow", "world"]
RULE = {"title": "每月接待日", "kind": "reception", "rrule": "每月15日", "from_day": "2026-01-01", "to_day": "2030-12-31",
        "on_holiday": "keep", "from_minute": "09:00", "to_minute": "11:30", "mode": "offline", "inside": True, "wanted": 2}


@pytest.fixture
def day(world):
    """Today's reception day of the village's station; one of those on duty has a name of rare characters, one a long one."""
    ground.renamed(world, "zhao", RARE)
    ground.renamed(world, "sun", LONG)
    return reception_of(world)


def form(world, who, name, record, key):
    """A form of a record as a Word file."""
    return word(world.browser(who), f"{base(world)}/{name}/{record.id}/form/{key}.docx")


def codes(found):
    """What the QR codes of a Word file say, as a telephone reads them."""
    return {read(found.archive.read(name)) for name in found.archive.namelist() if name.endswith(".png")}


# ---------------------------------------------------------------- every form

@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_form_works_in_both_languages_even_without_values(app, language):
    with use_language(language):
        for document in forms_area.DOCUMENTS:
            found = Docx(docx_fill.fill(sheet_docx.template(document.sheet, str(document.label)), {})).check()
            assert "{{" not in found.text + found.head and "{%" not in found.text + found.head, document.key
            assert found.style("TableText")[0] == "仿宋_GB2312" and found.style("Title")[0] == "方正小标宋简体"
            if language == "zh":
                assert not re.search(r"[A-Za-z]{4,}", re.sub(r"[A-Z]{2}-|A3", "", found.text)), (document.key, found.text)


# ---------------------------------------------------------------- a reception

def test_the_preview_says_when_where_and_who_and_its_code_leads_to_the_plate(world, day):
    found = form(world, "village_liaison", "reception", day, "reception_preview")

    wanted = ("五里村人大代表联络站", "接待预告", "2026年11月20日（星期五）", "09:00–11:00", "五里村人大代表联络站（一楼）", RARE,
              LONG, "五里村选区")
    assert [text for text in wanted if text not in found.text] == []
    assert {code.partition("/d/")[2] for code in codes(found)} == {f"{world.tree.county.code}/liaison_station/at/test0004"}
    assert found.style("TableText")[1] > 12, "it is read at the door"


def test_the_register_that_is_given_out_has_its_numbered_lines_and_the_code_of_this_very_day(world, day):
    world.set("paper_lines", 12)
    line(world, day, paper_line=3)
    found = form(world, "village_liaison", "reception", day, "day_register")
    rows = found.tables[1]

    assert [row[0] for row in rows[1:]] == ["3", *(str(number) for number in range(1, 13) if number != 3)]
    assert rows[1][4] == SAID and rows[1][3] == "1" and all(row[4] == "" for row in rows[2:])
    assert codes(found) == {f"http://localhost{base(world)}/day/{day.id}/paper"}
    assert f"{RARE}________" in found.text and day.number in found.text
    assert found.raw("word/document.xml").count("<w:tblHeader/>") >= 1, "the heads stand on each page again"


def test_the_register_of_forty_visitors_masks_them_and_counts_them(world, day):
    ground.crowd(world, day)
    Reception.update(state="held", summary="主要反映道路照明。").where(Reception.id == day.id).execute()
    found = form(world, "village_liaison", "reception", day, "day_register")
    page = world.browser("village_liaison").get(f"{base(world)}/reception/{day.id}/form/day_register").text
    rows = found.tables[1][1:]

    assert len(rows) == 40 and [int(row[0]) for row in rows] == [*range(1, 11), *range(16, 46)]
    persons = sum(one.persons for one in Visit.select())
    for text in (found.text, page):
        assert "139****0001" in text and "13909150001" not in text
        assert "吴秀兰" not in text and text.count(RARE) >= 40, "the deputy is named, a visitor of the same name is not"
        assert f"共 40 行、{persons} 人次" in text and "主要反映道路照明。" in text
    opinions = {row[7] for row in rows if row[7]}
    assert len(opinions) == 10 and all(number.startswith("YJ-") for number in opinions)


def test_an_empty_day_says_so(world, day):
    Reception.update(state="held").where(Reception.id == day.id).execute()

    assert "当日无人来访。" in form(world, "village_liaison", "reception", day, "day_register").text


@pytest.mark.parametrize(("late", "ahead", "said"), [(False, 5, "提前 5 天张贴"), (True, 1, "未达到提前 3 天的规定")])
def test_the_notice_of_a_postponement_names_both_days_the_reason_and_how_far_ahead(world, day, late, ahead, said):
    record = ground.put_off(world, day, ahead=ahead, late=late)
    own = form(world, "village_liaison", "postponement", record, "postponement_notice")
    of_day = form(world, "village_liaison", "reception", day, "put_off")

    for found in (own, of_day):
        wanted = ("接待日延期公告", "2026年11月20日（星期五）", "2026年11月27日（星期五）", "镇上当日召开人代会。", RARE, said)
        assert [text for text in wanted if text not in found.text] == []


def test_there_is_no_notice_of_a_reception_that_was_not_put_off(world, day):
    answer = world.browser("village_liaison").get(f"{base(world)}/reception/{day.id}/form/put_off.docx")

    assert answer.status_code == 404


# ---------------------------------------------------------------- an opinion

def test_the_handling_form_shows_what_was_said_done_and_thought_and_its_code_leads_to_its_entry(world, flow):
    case = flow.step("village_liaison", flow.answered(), "feed_back", {**TOLD, "note": "代表说办得好。"})
    case = flow.step("village_liaison", case, "rate_told", {
        "result": "basically", "attitude": "satisfied", "words": "再快一点更好。"})
    found = form(world, "village_liaison", "opinion", case, "opinion_form")

    wanted = (case.number, "修好村口三盏路灯", "村口的路灯坏了三盏。希望修好。", ANSWER["text"], "赵德发", "139****0001",
              "代表说办得好。", "再快一点更好。", "☑\xa0A", "☑\xa0基本满意", "☑\xa0满意", "☐\xa0不满意")
    assert [text for text in wanted if text not in found.text] == []
    assert "吴秀兰" not in found.text and "13909150001" not in found.text
    assert codes(found) == {f"http://localhost{base(world)}/opinion/{case.id}/paper"}


def test_the_card_of_a_passed_on_opinion_names_the_unit_and_its_limit(world, flow):
    case = flow.walk(flow.opinion(), ("village_liaison", "accept", COLLATE), ("village_liaison", "pass_on", {
        "passed_to": "国网五里供电所", "limit_on": "2026-12-10"}))
    found = form(world, "village_liaison", "opinion", case, "passed_card")

    wanted = ("转办卡", "国网五里供电所：", "2026年12月10日", "2026年11月20日", case.number)
    assert [text for text in wanted if text not in found.text] == []
    fresh = flow.opinion()
    browser = world.browser("village_liaison")
    assert browser.get(f"{base(world)}/opinion/{fresh.id}/form/passed_card.docx").status_code == 404, "nobody has it yet"


# ---------------------------------------------------------------- a year

def planned(world):
    """The plan of the village's station for the coming year."""
    station = world.stations["wuli_village"].id
    world.make("schedule", {"station": station, **RULE})
    return world.make("plan", {"station": station, "year": 2027})


def test_the_plan_of_the_year_hangs_at_the_door_in_two_sizes(world, day):
    plan = planned(world)
    small = form(world, "village_liaison", "plan", plan, "yearly_plan")
    large = form(world, "village_liaison", "plan", plan, "yearly_plan_board")

    for found in (small, large):
        rows = found.tables[0][1:]
        assert len(rows) == 12 and rows[0][1] == "1月15日 星期五" and rows[0][2] == "09:00–11:30"
        assert all(RARE in row[4] and LONG in row[4] for row in rows) and "2027年度接待计划" in found.text
        assert "每月接待日：每月15日" in found.text
    assert small.margins()[:2] == [210, 297] and large.margins()[:2] == [297, 420]
    assert large.style("TableText")[1] > 1.5 * small.style("TableText")[1]


def test_the_reception_book_of_a_year_holds_its_lines_and_no_others(world, day):
    ground.crowd(world, day, 12)
    before = line(world, day, text="去年说的话，不在今年的簿子里。")
    Visit.update(came_on=DAY - timedelta(days=400), reception_id=None).where(Visit.id == before.id).execute()
    browser = world.browser("village_liaison")
    found = word(browser, f"{base(world)}/form/reception_book.docx?year=2026")
    plan = planned(world)
    of_plan = word(browser, f"{base(world)}/plan/{plan.id}/form/plan_book.docx")

    assert len(found.tables[0]) == 13 and "去年说的话" not in found.text and "接待登记簿" in found.text
    assert "139****0001" in found.text and "13909150001" not in found.text and "吴秀兰" not in found.text
    assert "本年度没有接待记录。" in of_plan.text, "nobody came in 2027 yet"


def test_the_performance_book_lists_deeds_by_deputy_and_a_deputy_finds_the_own_ones_only(world):
    for who, title in (("zhao", "走访高龄老人"), ("qian", "参加村规民约讨论")):
        world.make("deed", {"deputy": world.deputies[who].id, "kind": "other", "title": title, "day": "2026-10-10"})
    address = f"/d/{world.tree.town.code}/liaison_station/form/performance_book.docx?year=2026"
    found = word(world.browser("county"), address)
    own = word(world.browser("zhao"), address)

    assert "代表履职登记簿" in found.text and {"走访高龄老人", "参加村规民约讨论"} <= {row[4] for row in found.tables[0]}
    assert "走访高龄老人" in own.text and "参加村规民约讨论" not in own.text
    assert "本年度没有记录。" in word(world.browser("county"), address.replace("2026", "2025")).text


def test_the_yearly_summary_adds_up_what_the_registers_say(world, day):
    ground.crowd(world, day, 8)
    Reception.update(state="held", voters=17).where(Reception.id == day.id).execute()
    address = f"/d/{world.tree.county.code}/liaison_station/form/yearly_summary.docx?year=2026"
    found = word(world.browser("county"), address)
    heads, row, whole = found.tables[0]

    persons = str(sum(one.persons for one in Visit.select()))
    amounts = dict(zip(heads[1:], row[1:], strict=True))
    assert row[0] == "五里村人大代表联络站" and persons in amounts.values() and row[1:] == whole[1:]
    assert "人大代表联系选民（群众）年度工作情况汇总表" in found.text and "道路交通 2" in found.text
    assert world.browser("county").get(address.replace("2026", "1800")).status_code == 400


# ---------------------------------------------------------------- the archive

def test_the_archive_of_a_station_joins_everything_that_its_reader_may_see(world, day):
    station = world.stations["wuli_village"]
    world.make("room", {"station": station.id, "name": "接待室", "seats": 12})
    world.make("equipment", {"station": station.id, "name": "打印机", "count": 2, "condition": "good"})
    ground.crowd(world, day, 4)
    planned(world)
    found = form(world, "county", "station", station, "station_archive")

    wanted = ("站点档案", "五里村人大代表联络站（一楼）", "冯丽", "接待室", "打印机", RARE, LONG, "每月15日",
              "2026年11月20日（星期五）", "站点“十有”", "五里镇人大代表中心联络站")
    assert [text for text in wanted if text not in found.text] == []
    assert "13909150001" not in found.text and "吴秀兰" not in found.text
    own = form(world, "zhao", "station", station, "station_archive")
    assert "接待室" in own.text and "打印机" not in own.text, "a deputy sees rooms, and not the equipment"

"""The forms of suggestions and supervision on paper and as Word files, read back as people see them."""
import re

import pytest
from support import suggestion_world as sw
from support.docx_reader import Docx
from support.suggestion_world import OPINION, REPLY

from grid321.core import clock, docx_fill, sheet_docx, signed_links
from grid321.core.i18n import format_day, use_language
from grid321.plugins.suggestion_tracking import forms_area
from grid321.plugins.suggestion_tracking.receipt_pages import PURPOSE

BASE = "/d/610902/suggestion_tracking"
ANSWER = "一、基本情况。溪河路有路灯12盏，损坏7盏。\n二、办理情况。“二十盏”路灯已安装——亮灯率98%。\n三、{{ 7*7 }} <w:p/> 𠮷䶮㛃"


@pytest.fixture
def plugin_modules():
    """Only this plugin."""
    from grid321.plugins import suggestion_tracking

    return [suggestion_tracking]


@pytest.fixture
def world(staged, division_tree):
    """Deputies, units, the office; a deputy with a rare character in her name."""
    found = staged(sw.build, division_tree)
    person = found.people["deputy"]
    person.name = "李𠮷梅"
    person.save()
    return found


def word(browser, address):
    """The Word file at an address, read back."""
    answer = browser.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    return Docx(answer.data).check()


def answered(world, **changes):
    """A suggestion of a session with a co-signer, handled by two units, with all meetings, answered."""
    session = world.make("session", {"name": "汉滨区第十九届人民代表大会第五次会议", "kind": "session", "year": 2026})
    case = world.raised(session=session.id, delegation="五里代表团", **changes)
    world.make("cosigner", {"suggestion_number": case.number, "person": world.people["second"].id})
    world.step("office", case, "pass_check", **sw.CHECKED)
    case = world.step("office", case, "assign", department=world.units["housing"].id, co_1=world.units["traffic"].id,
                      asked="九月底前完成安装。")
    world.accept(case, "housing", "traffic")
    world.step("traffic", world.task(case, "traffic"), "give_opinion", **OPINION)
    world.fix(case, "housing")
    world.meet(case, "housing")
    world.step("housing", world.task(case, "housing"), "reply", **{**REPLY, "text": ANSWER})
    return world.fresh(case)


# ---------------------------------------------------------------- every form

@pytest.mark.once
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_form_works_in_both_languages_even_without_values(language):
    with use_language(language):
        for document in forms_area.DOCUMENTS:
            found = Docx(docx_fill.fill(sheet_docx.template(document.sheet, str(document.label)), {})).check()
            assert "{{" not in found.text + found.head and "{%" not in found.text + found.head, document.key
            assert found.margins() in ([210, 297, 20, 20, 18, 22], [297, 210, 20, 18, 16, 18], [210, 297, 37, 26, 35, 28])


# ---------------------------------------------------------------- a suggestion

def test_the_handling_form_says_who_raised_it_who_handles_it_and_what_came_of_it(world):
    case = answered(world)
    found = word(world.browser("office"), f"{BASE}/suggestion/{case.id}/form/handling_form.docx")
    page = world.browser("office").get(f"{BASE}/suggestion/{case.id}/form/handling_form").get_data(as_text=True)

    fixed = [text for name, text in sw.FIXED.items() if name.startswith("fix_")]
    wanted = ("李𠮷梅", "王建国", "汉滨区第十九届人民代表大会第五次会议", "五里代表团", case.title, sw.CONTENT,
              "住房和城乡建设局", "交通运输局", case.number, "主办", "会办", *fixed, "希望尽快安装，先装学校门口。",
              "郑丽、吴强", "☐\xa0满意", "☐\xa0不满意")
    assert [text for text in wanted if text not in found.text] == []
    assert [text for text in (*wanted[:9], "𠮷䶮㛃") if text not in page] == []
    assert "三、{{ 7*7 }} <w:p/> 𠮷䶮㛃" in found.text and "三、{{ 7*7 }} &lt;w:p/&gt; 𠮷䶮㛃" in page
    assert found.style("TableText")[0] == "仿宋_GB2312" and found.style("Title")[0] == "方正小标宋简体"


def test_a_unit_sees_its_own_part_only_and_a_stranger_no_form(world):
    case = answered(world)
    address = f"{BASE}/suggestion/{case.id}/form/handling_form.docx"

    traffic = world.browser("traffic").get(address)
    if traffic.status_code == 200:
        assert sw.FIXED["fix_plan"] not in Docx(traffic.data).text
    assert world.browser("water").get(address).status_code in {403, 404}
    assert world.browser("townsman").get(address).status_code in {403, 404}


def test_the_hand_over_sheet_names_the_unit_its_part_and_its_limits(world):
    case = world.handed("housing", "traffic", answers={"asked": "九月底前完成安装。", "limit_on": "2099-05-20"})
    task = world.task(case, "housing")
    due = {row.clock: format_day(row.due) for row in clock.of("suggestion_tracking.task", task.id)}
    found = word(world.browser("housing"), f"{BASE}/task/{task.id}/form/hand_over_sheet.docx")

    assert [text for text in ("住房和城乡建设局", "李𠮷梅", "九月底前完成安装。", "2099年5月20日", due["reply"], due["return"],
                              "交通运输局", "六定", "三见面", case.title) if text not in found.text] == []
    co = word(world.browser("traffic"), f"{BASE}/task/{world.task(case, 'traffic').id}/form/hand_over_sheet.docx")
    assert "会办" in co.text and due["reply"] not in co.text, "a co-handling unit has no limit of a reply"


def test_the_reply_letter_has_the_layout_of_official_letters(world):
    case = answered(world)
    task = world.task(case, "housing")
    found = word(world.browser("housing"), f"{BASE}/task/{task.id}/form/reply_letter.docx")

    assert found.head == "住房和城乡建设局" and found.margins() == [210, 297, 37, 26, 35, 28]
    lines = [text.strip("　") for text in found.paragraphs if text.strip()]
    assert lines[0].endswith("\t汉住建函〔2026〕12号") and lines[1] == "（同意公开）"
    assert lines[2] == f"关于对汉滨区第十九届人民代表大会第五次会议\n{case.number}号建议的答复"
    assert lines[3] == "李𠮷梅、王建国代表：" and case.title in lines[4]
    assert lines[5:8] == ANSWER.split("\n"), "one paragraph for each line, as it was typed"
    assert lines[-3:-1] == ["住房和城乡建设局", found.paragraphs and lines[-2]] and lines[-2].endswith("日")
    assert found.style("LetterBody")[0] == "仿宋_GB2312" and found.style("Normal")[1] == 16
    assert "郑丽" in lines[-1], "who can be asked"


def test_there_is_no_letter_before_the_reply_and_none_of_a_co_handling_unit(world):
    case = world.handed("housing", "traffic")
    for unit in ("housing", "traffic"):
        task = world.task(case, unit)
        page = world.browser(unit).get(f"{BASE}/task/{task.id}").get_data(as_text=True)
        assert "form/hand_over_sheet" in page and "form/reply_letter" not in page
        assert world.browser(unit).get(f"{BASE}/task/{task.id}/form/reply_letter.docx").status_code == 404


@pytest.mark.parametrize(("signer", "head"), [("government", "汉滨区人民政府"), ("office", "汉滨区人民政府办公室")])
def test_a_reply_that_the_government_signs_carries_its_head(world, signer, head):
    case = answered(world)
    type(case).update(level_reply=signer).where(type(case).id == case.id).execute()
    world.set("suggestion_tracking.letter_copies", "区人大常委会代表工委")
    found = word(world.browser("office"), f"{BASE}/task/{world.task(case, 'housing').id}/form/reply_letter.docx")

    assert found.head == head and "区人大常委会代表工委" in found.paragraphs[-1]


# ---------------------------------------------------------------- receipt cards

def test_a_receipt_card_has_boxes_and_shows_what_came_back(world):
    case = answered(world)
    card = world.entity("receipt").model.select().where(
        world.entity("receipt").model.deputy_id == world.people["deputy"].id).get()
    address = f"{BASE}/receipt/{card.id}/form/receipt_card.docx"

    empty = word(world.browser("office"), address)
    assert "☐\xa0满意　　☐\xa0基本满意　　☐\xa0不满意" in empty.text and "☑" not in empty.text
    assert [text for text in (case.number, case.title, "李𠮷梅", "住房和城乡建设局") if text not in empty.text] == []
    assert "receipt/" not in empty.text and "无需账号" not in empty.text, "the code of the record, and no link for a stranger"
    world.step("deputy", card, "give", result="basically", attitude="satisfied")
    given = word(world.browser("office"), address)
    assert given.text.count("☑") == 2 and "☑\xa0基本满意" in given.text


def test_the_card_with_a_code_carries_a_link_that_is_made_once(world):
    answered(world)
    card = world.entity("receipt").model.select().order_by(world.entity("receipt").model.id).get()
    office, links = world.browser("office"), []
    for paper in ("word", "page"):
        made = office.post(f"{BASE}/receipt/{card.id}/card-link", {"paper": paper})
        assert made.status_code == 200
        text = Docx(made.data).check().text if paper == "word" else made.get_data(as_text=True)
        links += re.findall(r"https?://\S+?/suggestion_tracking/[a-z_/]+/[A-Za-z0-9_-]{22}", text)
        if paper == "word":
            assert len([name for name in Docx(made.data).archive.namelist() if name.startswith("word/media/")]) == 1
        else:
            assert 'src="data:image/png;base64,' in text and "form/receipt_card.docx" not in text
    first, second = (link.rsplit("/", 1)[1] for link in links)
    assert first != second and signed_links.find(second, PURPOSE).record_id == card.id
    with pytest.raises(Exception, match=r".") as ended:
        signed_links.find(first, PURPOSE)
    assert ended.value.code == "link_invalid", "a new paper ends the earlier link"
    assert second not in office.get(f"{BASE}/receipt/{card.id}/form/receipt_card").get_data(as_text=True)
    assert world.browser("housing").post(f"{BASE}/receipt/{card.id}/card-link", {"paper": "word"}).status_code in {403, 404}


# ---------------------------------------------------------------- supervision

@pytest.mark.parametrize(("kind", "other"), [("letter", "slip"), ("slip", "letter")])
def test_a_supervision_letter_and_a_slip_each_have_their_form(world, kind, other):
    case = answered(world)
    letter = world.make("letter", {"kind": kind, "suggestion": case.number, "title": "溪河路路灯建议", "cause": "overdue",
                                   "text": "至今未见书面答复。\n请抓紧办理。", "signed_by": "陈志远",
                                   "reference": "汉人常办督〔2026〕3号"})
    letter = world.step("office", letter, "issue", department=world.units["housing"].id, limit_on="2099-12-20")
    base = f"{BASE}/letter/{letter.id}/form/supervision_"
    found = word(world.browser("housing"), f"{base}{kind}.docx")

    assert [text for text in ("住房和城乡建设局", "汉人常办督〔2026〕3号", "2099年12月20日", "请抓紧办理。", case.number,
                              "陈志远") if text not in found.text] == []
    assert (found.head == "汉滨区人大常委会办公室") is (kind == "letter")
    assert world.browser("housing").get(f"{base}{other}.docx").status_code == 404


def test_an_inspection_is_taken_along_as_a_form_with_its_questions(world):
    answered(world)
    inspection = world.entity("inspection").model.select().order_by(world.entity("inspection").model.id).get()
    found = word(world.browser("office"), f"{BASE}/inspection/{inspection.id}/form/inspection_record.docx")

    questions = found.tables[1]
    assert len(questions) == 4 and all(row[2].count("☐") == 4 for row in questions[1:])
    unit = world.browser("housing").get(f"{BASE}/inspection/{inspection.id}/form/inspection_record.docx")
    assert unit.status_code in {403, 404}


# ---------------------------------------------------------------- ledgers, lists, bulletin

def test_the_ledgers_of_a_year_show_what_their_reader_may_see(world):
    case = answered(world)
    office = world.browser("office")
    year = case.handed_on.year
    ledger = word(office, f"{BASE}/form/suggestion_ledger.docx?year={year}").tables[0]
    world.make("commitment", {"suggestion": case.number, "department": world.units["housing"].id, "title": "明年更换老化线路",
                              "promised_on": f"{year}-11-01", "due_on": f"{year + 1}-06-30"})

    assert ledger[1][:4] == ["1", case.number, case.title, "李𠮷梅"] and ledger[1][4] == "住房和城乡建设局\n（交通运输局）"
    assert word(office, f"{BASE}/form/suggestion_ledger.docx?year={year - 1}").tables[0][1] == ["本年度没有交办代表建议。"]
    assert "明年更换老化线路" in word(office, f"{BASE}/form/promise_ledger.docx?year={year}").text
    water = world.browser("water").get(f"{BASE}/form/suggestion_ledger.docx?year={year}")
    assert water.status_code in {403, 404} or case.number not in Docx(water.data).text
    assert office.get(f"{BASE}/form/suggestion_ledger?year=abc").status_code == 400


def test_the_three_lists_come_from_one_entry_of_each_problem(world):
    case = answered(world)
    item = world.make("list_item", {"suggestion": case.number, "title": "管护责任不明", "problem": "没有明确管护单位。",
                                    "found_on": case.handed_on.isoformat()})
    world.step("office", item, "assign", department=world.units["housing"].id, duty="落实日常管护", leader="吴强", person="郑丽",
               measure="签订管护协议")
    found = word(world.browser("office"), f"{BASE}/form/three_lists.docx?year={case.handed_on.year}")

    problems, duties, measures = found.tables
    assert "没有明确管护单位。" in problems[1] and {"住房和城乡建设局", "落实日常管护", "吴强", "郑丽"} <= set(duties[1])
    assert "签订管护协议" in measures[1]
    assert [text for text in ("问题清单", "责任清单", "整改清单") if text not in found.text] == []


def test_the_monthly_bulletin_prints_the_figures_of_the_statistics(world):
    from grid321.core import statistics

    answered(world)
    month = statistics.this_month()
    found = word(world.browser("office"), f"{BASE}/form/bulletin.docx?month={month}")
    page = world.browser("office").get(f"{BASE}/form/bulletin?month={month}").get_data(as_text=True)
    shown = world.browser("office").api("GET", f"/d/610902/core/bank?month={month}").json["banks"]

    county = next(row for table in found.tables for row in table if row[0] == "县（区）" and "1" in row)
    assert int(county[2]) == shown["suggestion_tracking.suggestion"]["own"]["collected"] == 1
    assert all(cell.replace("\n", "") in page.replace("\n", "") for cell in county)
    assert "排列顺序不代表名次" in found.text and "分子 / 分母" in found.text
    assert world.browser("housing").get(f"{BASE}/form/bulletin.docx?month={month}").status_code in {403, 404}
    assert world.browser("office").get(f"{BASE}/form/bulletin.docx?month=2026-13").status_code == 400

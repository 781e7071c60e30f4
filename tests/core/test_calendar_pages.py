"""The calendar on the page, by file, over REST and on the command line; re-dating with its preview and report."""
import io
from datetime import date, datetime

import openpyxl
import pytest

from grid321.core import calendar, calendar_edit, calendar_sheet, db, settings
from grid321.core.actor import SYSTEM
from grid321.core.calendar_rows import CalendarDay, CalendarYear
from grid321.core.clock_rows import Deadline
from grid321.core.jobs import Executor
from grid321.core.redating import Redating

NOTICE = "2027-01-01 至 2027-01-05 放假 元旦\n2027-01-09 上班 元旦"
SOURCE = "国务院办公厅关于2027年部分节假日安排的通知"


@pytest.fixture
def base(division_tree):
    return f"/d/{division_tree.county.code}/core/calendar"


@pytest.fixture
def root(client_for, division_tree):
    """The browser of who administers the whole deployment."""
    return client_for("core.county_admin", division_tree.city)


@pytest.fixture
def admin(client_for, division_tree):
    """The browser of a county's administrator."""
    return client_for("core.county_admin", division_tree.county)


def test_a_year_is_shown_in_words_and_an_unknown_one_is_marked(app, admin, base):
    page = admin.get(f"{base}?year=2026").text
    for words in ("2026年2月14日:调休上班", "2026年10月1日:节假日", "国务院办公厅关于2026年部分节假日安排的通知", "248"):
        assert words in page
    assert "暂定" not in page
    assert "暂定" in admin.get(f"{base}?year=2027").text
    for bad in ("1999", "2101", "20x6", "٢٠٢٦"):
        assert admin.get(f"{base}?year={bad}").status_code == 400


def test_who_only_reads_gets_no_links_to_edit(app, client_for, division_tree, base):
    staff = client_for("core.staff", division_tree.county)
    page = staff.get(f"{base}?year=2026")
    assert page.status_code == 200
    assert "/core/calendar/day/" not in page.text
    assert staff.get(f"{base}/day/2026-03-16").status_code == 403
    assert staff.post(f"{base}/enter", {"year": "2027", "days": NOTICE, "source": SOURCE}).status_code == 403


def test_a_notice_is_previewed_then_entered_and_its_report_opens(app, division_tree, root):
    base = f"/d/{division_tree.city.code}/core/calendar"
    sent = {"year": "2027", "days": NOTICE, "source": SOURCE, "scope": "country"}
    preview = root.post(f"{base}/enter", sent)
    assert preview.status_code == 200
    assert "2027年1月9日" in preview.text
    assert "通知是否完整" in preview.text
    assert not CalendarYear.select().where(CalendarYear.year == 2027).exists()
    plan = calendar_edit.plan(None, 2027, calendar_sheet.read_lines(NOTICE)).fingerprint()
    done = root.post(f"{base}/enter", {**sent, "confirmed": "1", "plan": plan})
    assert done.status_code == 303
    assert 2027 in calendar.at(division_tree.village).known
    assert root.get(done.headers["Location"]).status_code == 200
    stale = root.post(f"{base}/enter", {**sent, "confirmed": "1", "plan": plan})
    assert stale.status_code == 409


def test_a_calendar_with_a_day_twice_is_refused_line_by_line_and_keeps_what_was_typed(app, division_tree, root):
    base = f"/d/{division_tree.city.code}/core/calendar"
    before = CalendarDay.select().count()
    wrong = NOTICE + "\n2027-01-02 放假 元旦\n2027-01-04 上班 x"
    page = root.post(f"{base}/enter", {"year": "2027", "days": wrong, "source": SOURCE, "scope": "country"})
    assert page.status_code == 422
    assert "第 3 行" in page.text
    assert "第 4 行" in page.text
    assert "2027-01-04 上班 x" in page.text
    assert CalendarDay.select().count() == before


def test_a_file_is_read_and_a_broken_one_is_refused(app, division_tree, root):
    base = f"/d/{division_tree.city.code}/core/calendar"
    book = openpyxl.Workbook()
    for line in (["日期", "类型", "名称"], [date(2027, 1, 1), "放假", "元旦"], ["2027-01-01", "放假", "元旦"]):
        book.active.append(line)
    target = io.BytesIO()
    book.save(target)
    fields = {"year": "2027", "source": SOURCE, "scope": "country", "days": ""}

    def send(content, name):
        return root.post(f"{base}/enter", {**fields, "file": (io.BytesIO(content), name)})

    twice = send(target.getvalue(), "n.xlsx")
    assert twice.status_code == 422
    assert "第 3 行" in twice.text
    assert send(b"PK\x03\x04junk", "n.xlsx").status_code == 400
    assert send("2027-01-01,放假,元旦".encode(), "n.csv").status_code == 200


def test_a_county_enters_its_days_and_the_country_stays_closed_to_it(app, division_tree, admin, base):
    day = f"{base}/day/2026-03-16"
    assert "全国" not in admin.get(day).text
    sent = {"kind": "day_off", "name": "县庆", "source": "县政府公告"}
    assert admin.post(day, {**sent, "scope": "country"}).status_code == 422
    assert admin.post(day, {**sent, "source": ""}).status_code == 422
    assert admin.post(day, sent).status_code == 303
    assert not calendar.at(division_tree.village).is_workday(date(2026, 3, 16))
    assert "县庆" in admin.get(f"{base}?year=2026").text
    notice = {"year": "2027", "days": NOTICE, "source": SOURCE, "scope": "country"}
    assert admin.post(f"{base}/enter", notice).status_code == 403
    assert admin.post(f"{base}/enter", {**notice, "confirmed": "1"}).status_code == 403
    assert admin.post(f"{base}/day/2026-10-01/remove", {"scope": "country"}).status_code == 403
    assert admin.post(f"{day}/remove", {"scope": "place"}).status_code == 303
    assert calendar.at(division_tree.village).is_workday(date(2026, 3, 16))
    for bad in ("2026-02-30", "20260316", "1999-01-01"):
        assert admin.get(f"{base}/day/{bad}").status_code == 404


def test_the_download_can_be_read_back(app, admin, base):
    for kind in ("xlsx", "csv"):
        sent = admin.get(f"{base}/file?year=2026&format={kind}")
        stored = CalendarDay.select().where(CalendarDay.year == 2026).count()
        assert len(calendar_sheet.read_file(sent.data, f"x.{kind}")) == stored
    assert admin.get(f"{base}/file?year=2026&format=pdf").status_code == 400


def test_programs_read_the_calendar(app, division_tree, admin):
    path = f"/api/v1/d/{division_tree.county.code}/core/calendar"
    found = admin.get(f"{path}?year=2026").json
    assert (found["known"], found["workdays"], found["source"][:5]) == (True, 248, "国务院办公")
    assert {"day": "2026-02-14", "kind": "make_up", "workday": True, "name": "春节", "source": found["source"],
            "division": None} in found["days"]
    assert admin.get(f"{path}?year=2027").json == {"year": 2027, "division": division_tree.county.code, "known": False,
                                                   "source": "", "workdays": 261, "days": []}
    assert admin.get(f"{path}?month=1").status_code == 400


# ---------------------------------------------------------------- re-dating

@pytest.fixture
def matter(here, raise_matter):
    """A matter of the village, raised on Monday, 28 December 2026."""
    with db.shift_clock(datetime(2026, 12, 28, 4) - db.now()):
        yield raise_matter()


def test_the_report_shows_every_changed_date_to_who_works_there(here, matter, root, admin, client_for):
    asked = calendar_edit.enter_year(None, 2027, calendar_sheet.read_lines(NOTICE), SOURCE, SYSTEM, here.tree.city)[1]
    city, county = (f"/d/{node.code}/core/redating/{asked.id}" for node in (here.tree.city, here.tree.county))
    assert "2027年1月6日" not in root.get(city).text
    Executor().run_due()
    for browser, path in ((root, city), (admin, county)):
        page = browser.get(path).text
        assert matter.number in page
        assert "2027年1月4日（暂定）" in page
        assert "2027年1月6日" in page
    village = client_for("core.staff", here.tree.village)
    assert matter.number in village.get(f"/d/{here.tree.village.code}/core/redating/{asked.id}").text
    elsewhere = client_for("core.staff", here.tree.other_town)
    assert matter.number not in elsewhere.get(f"/d/{here.tree.other_town.code}/core/redating/{asked.id}").text
    assert matter.number not in elsewhere.get(city).text
    book = openpyxl.load_workbook(io.BytesIO(root.get(f"{city}/file").data))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[1][0] == matter.number
    assert (rows[1][3].date(), rows[1][4].date()) == (date(2027, 1, 4), date(2027, 1, 6))
    assert root.get(f"{city[:-len(str(asked.id))]}999").status_code == 404


def test_open_deadlines_follow_a_changed_length_after_a_preview(here, matter, admin):
    path, key = f"/d/{here.tree.county.code}/core/redating", "matters.village_days"
    settings.put(key, here.tree.county, "10 wd", source="县规定", valid_from=date(2026, 1, 1))
    assert admin.post(path, {}).status_code == 400
    preview = admin.post(path, {"settings": key})
    assert "1 个未结期限中有 1 个将改变" in preview.text
    assert (Redating.select().count(), Deadline.get().due) == (0, date(2027, 1, 4))
    done = admin.post(path, {"settings": key, "confirmed": "1"})
    assert done.status_code == 303
    Executor().run_due()
    assert Deadline.get().due == date(2027, 1, 11)
    assert matter.number in admin.get(done.headers["Location"]).text
    assert "期限修改后主动重算" in admin.get(path).text


def test_the_command_shows_previews_and_enters(app, division_tree, tmp_path, monkeypatch):
    from contextlib import nullcontext

    from click.testing import CliRunner

    from grid321.core.commands import calendar as command
    monkeypatch.setattr(command, "platform_context", nullcontext)
    run = CliRunner().invoke
    file = tmp_path / "notice.txt"
    file.write_text(NOTICE, encoding="utf-8")
    given = ["import", str(file), "--year", "2027", "--source", SOURCE]
    assert "6 new" in run(command.calendar, given).output
    assert 2027 not in calendar.at(None).known
    assert "re-dated by job" in run(command.calendar, [*given, "--apply"]).output
    assert 2027 in calendar.at(None).known
    assert "the year is known" in run(command.calendar, ["show", "2027"]).output
    assert run(command.calendar, ["export", "2027"]).output.strip() == NOTICE
    found = run(command.calendar, ["redate", "--division", division_tree.county.code, "--setting", "matters.village_days"])
    assert "0 of 0 open deadlines would change." in found.output


def test_a_provisional_date_says_so_wherever_it_is_shown(here, matter, client_for, step):
    """List, detail, print, why page, REST, message, reply template: the word stands beside the date."""
    from grid321.core import notify_texts, reply_templates
    from grid321.core.i18n import use_language

    officer = client_for("matters.officer", here.tree.village)
    place = f"/d/{here.tree.village.code}"
    one = f"{place}/matters/matter/{matter.id}"
    deadline = Deadline.get(Deadline.record_id == matter.id)
    for path in (f"{place}/matters/matter/", one, f"{one}/print", f"{one}/why/{deadline.id}"):
        page = officer.get(path)
        assert page.status_code == 200, path
        assert "暂定" in page.text, path
    found = officer.api("GET", f"{place}/matters/matter/{matter.id}").json
    assert (found["due"], found["due_provisional"]) == ("2027-01-04", True)
    [item] = officer.api("GET", f"{place}/matters/matter").json["items"]
    assert (item["due"], item["due_provisional"]) == ("2027-01-04", True)
    with use_language("zh"):
        assert "2027年1月4日（暂定）" in notify_texts.text_of(
            "case.due_soon", {"entity": "matters.matter", "number": matter.number, "day": "2027-01-04"}, None)
        assert reply_templates.NAMES["due"][2](here.entity, matter) == "2027年1月4日（暂定）"
    calendar_edit.enter_year(None, 2027, calendar_sheet.read_lines(NOTICE), SOURCE, SYSTEM, here.tree.city)
    Executor().run_due()
    found = officer.api("GET", f"{place}/matters/matter/{matter.id}").json
    assert (found["due"], found["due_provisional"]) == ("2027-01-06", False)
    assert "暂定" not in officer.get(f"{place}/matters/matter/").text


def test_an_export_marks_provisional_dates(here, matter, client_for):
    officer = client_for("matters.officer", here.tree.village)
    base = f"/d/{here.tree.village.code}/matters/matter/export"
    sent = officer.post(base, {"format": "xlsx", "purpose": "核对到期日"})
    assert sent.status_code == 303
    ready = sent.headers["Location"]
    book = openpyxl.load_workbook(io.BytesIO(officer.get(f"{ready}/file").data))
    cells = {str(cell.value) for row in book.active.iter_rows() for cell in row}
    assert "2027年1月4日（暂定）" in cells

"""The calendar is data: administrators enter notices and days; what does not fit is named line by line and changes nothing."""
import io
from datetime import date

import openpyxl
import pytest

from grid321.core import access, calendar, calendar_edit, calendar_sheet, ledger
from grid321.core.actor import SYSTEM
from grid321.core.calendar_edit import Row
from grid321.core.calendar_rows import CalendarDay, CalendarYear
from grid321.core.errors import Conflict, Forbidden, Invalid, NotFound
from grid321.core.i18n import use_language
from grid321.core.jobs import JobRun
from grid321.core.ledger import LedgerEntry
from grid321.core.redating import Redating

NOTICE = """2027-01-01 至 2027-01-03 放假 元旦
2027-02-05 至 2027-02-12 放假 春节
2027-01-31 上班 春节
2027-02-20 上班 春节
2026-12-27 上班 元旦"""
SOURCE = "国务院办公厅关于2027年部分节假日安排的通知"


@pytest.fixture(autouse=True)
def english():
    """What is wrong is read in English here."""
    with use_language("en"):
        yield


@pytest.fixture
def rows():
    """The days of an invented notice for 2027."""
    return calendar_sheet.read_lines(NOTICE)


def stored():
    return sorted(CalendarDay.select(CalendarDay.division_id, CalendarDay.day, CalendarDay.kind, CalendarDay.name).tuples())


def test_a_notice_makes_its_year_known_and_its_days_count(app, division_tree, rows):
    assert calendar.at(division_tree.village).is_provisional(date(2027, 3, 1))
    found, asked = calendar_edit.enter_year(None, 2027, rows, SOURCE, SYSTEM, division_tree.county)
    assert (len(found.new), found.changed, found.removed, found.thin) == (14, [], [], False)
    here = calendar.at(division_tree.village)
    assert not here.is_provisional(date(2027, 3, 1))
    kinds = ["counted", "holiday", "holiday", "make_up", "weekend"]
    assert [here.kind(date(2027, 2, day)) for day in (4, 5, 12, 20, 21)] == kinds
    assert here.is_workday(date(2026, 12, 27)), "a notice may move days of the December before"
    assert here.entry(date(2027, 2, 5)).source == SOURCE
    assert asked.since == date(2026, 12, 27)
    assert JobRun.get_by_id(asked.job_id).key == "core.redate"
    assert {entry.step for entry in LedgerEntry.select()} >= {"enter_year", "redate"}
    assert ledger.verify() == []


def test_a_corrected_notice_replaces_its_year_and_nothing_else(app, division_tree, rows):
    calendar_edit.enter_year(None, 2027, rows, SOURCE, SYSTEM, division_tree.county)
    before = CalendarDay.select().count()
    corrected = [row for row in rows if row.day != date(2027, 2, 12)] + [Row(date(2027, 2, 13), "make_up", "春节", 9)]
    found, _asked = calendar_edit.enter_year(None, 2027, corrected, SOURCE + "(更正)", SYSTEM, division_tree.county)
    assert ([row.day for row in found.new], [row.day for row in found.removed]) == ([date(2027, 2, 13)], [date(2027, 2, 12)])
    assert CalendarDay.select().count() == before
    same, asked = calendar_edit.enter_year(None, 2027, corrected, SOURCE + "(更正)", SYSTEM, division_tree.county)
    assert (same.days(), asked) == ([], None), "nothing changed, nothing to re-date"


@pytest.mark.parametrize(("text", "line", "words"), [
    ("2027-01-01 放假 元旦\n2027-01-02 放假 元旦\n2027-01-01 上班 元旦", 3, "line 1"),
    ("2027-01-01 至 2027-01-03 放假 元旦\n2027-01-02 放假 元旦", 2, "line 1"),
    ("2027-01-04 上班 元旦", 1, "Saturday"),
    ("2028-01-01 放假 元旦", 1, "2027"),
    ("2026-11-30 放假 元旦", 1, "2027"),
    ("2027-02-30 放假 春节", 1, "2027-02-30"),
    ("2027-02-05 feiern 春节", 1, "feiern"),
    ("2027-02-05", 1, "元旦"),
    ("2027-02-12 至 2027-02-05 放假 春节", 1, "forward"),
    ("2027-02-05 放假 " + "春" * 81, 1, "80"),
    ("2027-02-05 放假 \u202e春节", 1, "80"),
])
def test_a_wrong_line_is_named_and_nothing_is_changed(app, division_tree, text, line, words):
    before, entries = stored(), LedgerEntry.select().count()
    with pytest.raises(Invalid) as problem:
        calendar_edit.enter_year(None, 2027, calendar_sheet.read_lines(text), SOURCE, SYSTEM, division_tree.county)
    [message] = problem.value.errors["days"]
    assert message.startswith(f"Line {line}:")
    assert words in message
    assert (stored(), LedgerEntry.select().count()) == (before, entries)
    assert not CalendarYear.select().where(CalendarYear.year == 2027).exists()


def test_a_notice_needs_a_source_a_year_and_days(app, division_tree, rows):
    for year, given, source, name in ((2027, rows, " ", "source"), (1949, rows, SOURCE, "year"), (2027, [], SOURCE, "days")):
        with pytest.raises(Invalid) as problem:
            calendar_edit.enter_year(None, year, given, source, SYSTEM, division_tree.county)
        assert name in problem.value.errors


def test_a_short_notice_is_entered_but_marked(app, division_tree):
    short = calendar_sheet.read_lines("2027-01-01 放假 元旦")
    assert calendar_edit.plan(None, 2027, short).thin
    assert not calendar_edit.plan(division_tree.county, 2027, short).thin


def test_what_was_confirmed_is_what_is_done(app, division_tree, rows):
    seen = calendar_edit.plan(None, 2027, rows).fingerprint()
    calendar_edit.put_day(None, date(2027, 1, 1), "holiday", "另一个名称", SOURCE, SYSTEM, division_tree.county)
    with pytest.raises(Conflict):
        calendar_edit.enter_year(None, 2027, rows, SOURCE, SYSTEM, division_tree.county, fingerprint=seen)
    assert calendar.at(None).is_provisional(date(2027, 3, 1))


def test_days_of_a_county_hold_there_and_win_over_the_country(app, division_tree):
    day = date(2026, 3, 16)
    calendar_edit.put_day(division_tree.county, day, "day_off", "县庆", "县政府公告", SYSTEM, division_tree.county)
    calendar_edit.put_day(division_tree.county, date(2026, 10, 2), "workday", "值守", "县政府公告", SYSTEM, division_tree.county)
    assert calendar.at(division_tree.village).kind(day) == "holiday"
    assert calendar.at(division_tree.village).is_workday(date(2026, 10, 2))
    assert calendar.at(division_tree.other_county).is_workday(day)
    calendar_edit.remove_day(division_tree.county, day, SYSTEM, division_tree.county)
    assert calendar.at(division_tree.village).is_workday(day)
    with pytest.raises(NotFound):
        calendar_edit.remove_day(division_tree.county, day, SYSTEM, division_tree.county)


def test_the_country_is_changed_only_by_who_administers_the_whole_deployment(app, division_tree, make_account, rows):
    county = access.actor_of(make_account("core.county_admin", division_tree.county).id)
    root = access.actor_of(make_account("core.county_admin", division_tree.city).id)
    clerk = access.actor_of(make_account("core.staff", division_tree.county).id)
    before = stored()
    with pytest.raises(Forbidden):
        calendar_edit.enter_year(None, 2027, rows, SOURCE, county, division_tree.county)
    with pytest.raises(Forbidden):
        calendar_edit.put_day(None, date(2027, 1, 1), "holiday", "", SOURCE, county, division_tree.county)
    with pytest.raises(Forbidden):
        calendar_edit.put_day(division_tree.county, date(2027, 1, 1), "day_off", "", SOURCE, clerk, division_tree.county)
    assert stored() == before
    calendar_edit.put_day(division_tree.county, date(2027, 1, 1), "day_off", "", SOURCE, county, division_tree.county)
    calendar_edit.enter_year(None, 2027, rows, SOURCE, root, division_tree.city)
    assert Redating.select().count() == 2


@pytest.mark.once
def test_lines_files_and_exports_read_back_what_was_written(rows):
    listed = [(row.day, row.kind, row.name) for row in sorted(rows, key=lambda row: row.day)]
    pairs = [(row, SOURCE) for row in sorted(rows, key=lambda row: row.day)]
    for found in (calendar_sheet.read_lines(calendar_sheet.to_lines(rows)),
                  calendar_sheet.read_file(calendar_sheet.write_csv(pairs), "日历.csv"),
                  calendar_sheet.read_file(calendar_sheet.write_xlsx(pairs), "日历.xlsx")):
        assert [(row.day, row.kind, row.name) for row in found] == listed


@pytest.mark.once
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_read_in_the_encodings_that_excel_writes(encoding):
    content = "日期,类型,名称\n2027/1/1,放假,元旦\n2027年1月31日,上班,春节\n\n".encode(encoding)
    assert calendar_sheet.read_file(content, "x.csv") == [Row(date(2027, 1, 1), "holiday", "元旦", 2),
                                                           Row(date(2027, 1, 31), "make_up", "春节", 3)]


@pytest.mark.once
def test_a_workbook_with_real_days_and_wrong_rows_is_read_row_by_row():
    book = openpyxl.Workbook()
    for line in (["名称", "日期", "类型"], ["元旦", date(2027, 1, 1), "放假"], ["春节", "soon", "放假"],
                 ["春节", "2027-02-31", "放假"]):
        book.active.append(line)
    target = io.BytesIO()
    book.save(target)
    with pytest.raises(Invalid) as problem:
        calendar_sheet.read_file(target.getvalue(), "notice.xlsx")
    assert [text.partition(":")[0] for text in problem.value.errors["days"]] == ["Line 3", "Line 4"]

"""Which days a rule gives: recurrence, days left out and added, holidays; and which rules are refused, with what words."""
from __future__ import annotations

import calendar
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid321.core import calendar_edit
from grid321.core.access import SYSTEM
from grid321.core.i18n import use_language
from grid321.plugins.liaison_station import calendar_rules as rules
from grid321.plugins.liaison_station.plan_words import from_words, in_words, rule_from

pytestmark = pytest.mark.usefixtures("english")
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
DAYS = st.dates(FIRST, LAST)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def schedule(rule="FREQ=MONTHLY;BYMONTHDAY=15", on_holiday="keep", left_out=(), added=(), first=FIRST, last=LAST, division=None):
    """A schedule as its table has it."""
    return SimpleNamespace(rrule=rules.normal(rule), from_day=first, to_day=last, on_holiday=on_holiday, division_id=division,
                           left_out=" ".join(day.isoformat() for day in left_out),
                           added=" ".join(day.isoformat() for day in added))


def every_day(first, last):
    """All days from one to another."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(1, 31), min_size=1, max_size=4), st.integers(1, 4), DAYS)
def test_a_monthly_rule_gives_its_days_of_the_month_and_no_others(numbers, interval, first):
    rule = rules.normal(f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={','.join(map(str, sorted(numbers)))}")

    expected = [day for day in every_day(first, LAST) if day.day in numbers
                and ((day.year - first.year) * 12 + day.month - first.month) % interval == 0]
    assert list(rules.occurrences(rule, first, LAST)) == expected


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(0, 6), min_size=1, max_size=3), st.integers(1, 5), DAYS)
def test_a_weekly_rule_gives_its_days_of_every_nth_week(numbers, interval, first):
    rule = rules.normal(f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(WEEKDAYS[number] for number in sorted(numbers))}")
    monday = first - timedelta(days=first.weekday())

    expected = [day for day in every_day(first, LAST)
                if day.weekday() in numbers and (day - monday).days // 7 % interval == 0]
    assert list(rules.occurrences(rule, first, LAST)) == expected


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 4), st.integers(0, 6))
def test_the_nth_weekday_of_each_month_is_found(place, weekday):
    rule = rules.normal(f"FREQ=MONTHLY;BYDAY={place}{WEEKDAYS[weekday]}")

    expected = [[week[weekday] for week in calendar.Calendar().monthdatescalendar(year, month)
                 if week[weekday].month == month][place - 1] for year in (2026, 2027) for month in range(1, 13)]
    assert list(rules.occurrences(rule, FIRST, LAST)) == expected


@settings(max_examples=200, deadline=None)
@given(st.sets(DAYS, max_size=8), st.sets(DAYS, max_size=8), DAYS, DAYS, DAYS)
def test_left_out_days_are_out_added_ones_in_and_windows_put_together_give_the_whole(left_out, added, start, middle, end):
    start, middle, end = sorted((start, middle, end))
    one = schedule(left_out=left_out, added=added)

    found = rules.days(one, start, end)

    expected = {day for day in every_day(start, end) if day.day == 15} | {day for day in added if start <= day <= end}
    assert found == sorted(expected - left_out)
    assert found == rules.days(one, start, middle) + rules.days(one, middle + timedelta(days=1), end)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 30), DAYS)
def test_a_rule_that_counts_gives_as_many_days_and_its_end_is_the_last_of_them(count, first):
    rule = rules.normal(f"FREQ=WEEKLY;COUNT={count}")

    end = rules.own_end(rule, first)

    assert rules.occurrences(rule, first, rules.latest(first)) == tuple(first + timedelta(weeks=n) for n in range(count))
    assert end == first + timedelta(weeks=count - 1)


@pytest.mark.parametrize(("typed", "words"), [
    ("FREQ=HOURLY", "cannot be read"), ("FREQ=DAILY;BYHOUR=9", "not supported"), ("FREQ=MONTHLY;BYEASTER=0", "not supported"),
    ("BYDAY=MO", "how often"), ("FREQ=WEEKLY;COUNT=3;UNTIL=20261231", "Only one"), ("FREQ=WEEKLY;BYMONTHDAY=3", "weekly rule"),
    ("FREQ=WEEKLY;BYDAY=2MO", "monthly or yearly"), ("FREQ=MONTHLY;BYMONTHDAY=32", "cannot be read"),
    ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"), ("FREQ=DAILY;UNTIL=20260231", "does not exist"), ("nonsense", "not supported"),
    ("FREQ=MONTHLY;FREQ=DAILY", "twice"), ("", "not supported"), ("FREQ=DAILY;INTERVAL=0", "cannot be read"),
])
def test_a_rule_that_cannot_be_used_is_refused_in_words(typed, words):
    with pytest.raises(rules.BadRule, match=words):
        rules.normal(typed)


def test_a_rule_of_more_than_400_days_is_refused():
    with pytest.raises(rules.BadRule, match="more than 400"):
        rules.occurrences("FREQ=DAILY", FIRST, date(2027, 2, 5))

    assert len(rules.occurrences("FREQ=DAILY", FIRST, date(2027, 2, 4))) == 400


def test_a_rule_that_never_reaches_its_count_is_refused():
    for rule in ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", "FREQ=YEARLY;COUNT=30"):
        with pytest.raises(rules.BadRule, match="does not reach"):
            rules.own_end(rule, FIRST)


def test_what_is_no_day_in_a_list_of_days_is_named():
    assert rules.stored_days("2026年10月1日，2026-05-01\n2026/5/1") == "2026-05-01 2026-10-01"
    with pytest.raises(rules.BadRule, match="2026-02-30"):
        rules.stored_days("2026-05-01 2026-02-30")


@pytest.mark.parametrize(("words", "rule"), [
    ("每月15日", "FREQ=MONTHLY;BYMONTHDAY=15"), ("每月10日、25日", "FREQ=MONTHLY;BYMONTHDAY=10,25"),
    ("每周三", "FREQ=WEEKLY;BYDAY=WE"), ("每星期二、四", "FREQ=WEEKLY;BYDAY=TU,TH"),
    ("每隔周一", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"),
    ("每月第二个星期三", "FREQ=MONTHLY;BYDAY=2WE"), ("每月最后一个周五", "FREQ=MONTHLY;BYDAY=-1FR"),
    ("每月第一个工作日", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1"), ("有空的时候", None), ("每月", None),
])
def test_usual_words_name_a_rule(words, rule):
    assert from_words(words) == rule
    assert rule is None or rules.normal(rule) == rule


def test_rules_are_read_in_words_where_there_are_usual_ones(app):
    with use_language("en"):
        assert in_words("FREQ=MONTHLY;BYMONTHDAY=15") == "Each month on day 15"
        assert in_words("FREQ=WEEKLY;BYDAY=WE;UNTIL=20261231") == "Each week on Wednesday"
        assert in_words("FREQ=MONTHLY;BYDAY=-1FR") == "Each month on the last Friday"
        assert in_words("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH") == "Every 2 weeks on Tuesday、Thursday"
        assert in_words("FREQ=MONTHLY;BYMONTH=3,9;BYMONTHDAY=15") == "Each year in month 3、9 on day 15"
        assert in_words("FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU") == "Every 3 months on the second Tuesday"
        assert in_words("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1") == "Each month on the first day from Monday to Friday"
        assert in_words("FREQ=MONTHLY;BYMONTHDAY=-1") == "Each month on the last day of the month"
    with use_language("zh"):
        assert in_words("FREQ=MONTHLY;BYDAY=2WE") == "每月的第二个星期三"
        assert in_words("FREQ=WEEKLY;BYDAY=TU,TH") == "每星期二、星期四"
        assert in_words("FREQ=MONTHLY;BYMONTHDAY=15") == "每月15日"
        assert in_words("FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU") == "每3个月的第二个星期二"
        assert in_words("FREQ=MONTHLY;BYMONTHDAY=-3") == "FREQ=MONTHLY;BYMONTHDAY=-3", "what no words fit stays a rule"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(("days", "week", "nth", "workday")), st.sets(st.integers(1, 28), min_size=1, max_size=3),
       st.sets(st.sampled_from(WEEKDAYS), min_size=1), st.sampled_from(("1", "2", "3", "4", "-1")), st.integers(1, 6))
def test_whatever_is_chosen_is_a_rule_that_gives_days_and_is_read_in_words(how, numbers, chosen, place, every):
    choice = {"how": how, "numbers": "、".join(map(str, sorted(numbers))), "place": place, "weekday": min(chosen),
              "every": str(every)}

    rule = rules.normal(rule_from(choice, sorted(chosen)))

    assert rules.occurrences(rule, FIRST, LAST)
    with use_language("zh"):
        assert "FREQ" not in in_words(rule)


@pytest.mark.parametrize(("what", "expected"), [
    ("keep", [date(2026, 5, 1)]), ("skip", []), ("next", [date(2026, 5, 6)]),
])
def test_a_holiday_keeps_skips_or_moves_a_reception_by_the_calendar_of_the_place(app, division_tree, what, expected):
    for number in range(1, 6):
        calendar_edit.put_day(division_tree.county, date(2026, 5, number), "day_off", "劳动节", "县通知", SYSTEM,
                              division_tree.county)
    one = schedule("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1", what, division=division_tree.village.id)

    assert rules.days(one, date(2026, 5, 1), date(2026, 5, 31)) == expected
    assert rules.days(schedule("FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=8", what, division=division_tree.village.id),
                      date(2026, 8, 1), date(2026, 8, 31)) == [date(2026, 8, 8)], "an ordinary Saturday is no holiday"


def test_each_day_says_what_became_of_it(app, division_tree):
    calendar_edit.put_day(division_tree.county, date(2026, 5, 15), "day_off", "调休", "县通知", SYSTEM, division_tree.county)
    one = schedule(on_holiday="next", left_out=[date(2026, 6, 15)], added=[date(2026, 6, 20)], division=division_tree.county.id,
                   last=date(2026, 7, 31), first=date(2026, 5, 1))

    assert [(row.planned.day, row.day, row.why) for row in rules.explained(one)] == [
        (15, date(2026, 5, 18), "moved"), (15, None, "left_out"), (20, date(2026, 6, 20), "added"),
        (15, date(2026, 7, 15), "rule")]
    assert rules.days(one, date(2026, 1, 1), date(2026, 12, 31)) == [date(2026, 5, 18), date(2026, 6, 20), date(2026, 7, 15)]


def test_a_day_that_a_holiday_moves_stays_out_when_that_day_is_left_out(app, division_tree):
    calendar_edit.put_day(division_tree.county, date(2026, 6, 15), "day_off", "端午", "县通知", SYSTEM, division_tree.county)
    moved = schedule(on_holiday="next", division=division_tree.county.id)

    assert rules.days(moved, date(2026, 6, 1), date(2026, 6, 30)) == [date(2026, 6, 16)]
    assert rules.days(schedule(on_holiday="next", left_out=[date(2026, 6, 16)], division=division_tree.county.id),
                      date(2026, 6, 1), date(2026, 6, 30)) == []

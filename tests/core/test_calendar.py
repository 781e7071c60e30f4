"""Working days follow the State Council's notices with their make-up workdays; what lies beyond them is provisional."""
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid321.core import calendar
from grid321.core.calendar import Due, day_kind, due, explain, is_workday
from grid321.core.workflow import Length, days, months, working_days

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("day", "kind"), [
    (date(2026, 2, 17), "holiday"),   # Spring Festival
    (date(2026, 2, 14), "make_up"),   # a Saturday worked for it
    (date(2026, 2, 28), "make_up"),
    (date(2026, 10, 1), "holiday"),
    (date(2025, 10, 11), "make_up"),
    (date(2026, 3, 14), "weekend"),
    (date(2026, 3, 16), "counted"),
])
def test_a_day_is_what_the_notice_says(day, kind):
    assert day_kind(day) == (kind, False)


def test_days_beyond_the_known_notices_are_provisional():
    assert day_kind(date(2031, 10, 1)) == ("counted", True)  # a Wednesday nobody has declared a holiday yet
    assert day_kind(date(2031, 10, 4)) == ("weekend", True)


# Worked out by hand from the notices for 2024, 2025 and 2026.
@pytest.mark.parametrize(("start", "length", "end"), [
    (date(2026, 3, 2), working_days(10), date(2026, 3, 16)),
    (date(2026, 2, 13), working_days(1), date(2026, 2, 14)),     # the make-up Saturday counts
    (date(2026, 2, 14), working_days(1), date(2026, 2, 24)),     # then the whole Spring Festival is skipped
    (date(2025, 9, 30), working_days(1), date(2025, 10, 9)),
    (date(2025, 12, 31), working_days(1), date(2026, 1, 4)),     # New Year 1-3 January, Sunday 4 is a make-up day
    (date(2024, 9, 13), working_days(2), date(2024, 9, 18)),     # Saturday 14 is worked, Mid-Autumn 15-17
    (date(2026, 3, 2), days(7), date(2026, 3, 9)),
    (date(2026, 3, 7), days(7), date(2026, 3, 16)),              # a Saturday: moves to Monday
    (date(2026, 9, 25), days(6), date(2026, 10, 8)),             # ends on 1 October: after the holiday
    (date(2026, 1, 31), months(1), date(2026, 2, 28)),           # the last day of February, a make-up workday
    (date(2024, 1, 31), months(1), date(2024, 2, 29)),           # a leap year
    (date(2026, 3, 15), months(3), date(2026, 6, 15)),
    (date(2026, 7, 4), months(3), date(2026, 10, 8)),            # 4 October lies in the holiday
    (date(2025, 10, 31), months(4), date(2026, 2, 28)),
    (date(2025, 12, 10), months(1), date(2026, 1, 12)),          # 10 January 2026 is a Saturday
    (date(2026, 3, 2), Length(0, "day"), date(2026, 3, 2)),
    (date(2026, 3, 2), Length(25, "hour"), date(2026, 3, 4)),
])
def test_a_due_day_is_the_one_worked_out_by_hand(start, length, end):
    assert due(start, length) == Due(end, False)


def test_a_county_may_declare_its_own_day_off():
    festival = date(2026, 3, 16)
    assert due(date(2026, 3, 2), working_days(10), lambda day: False if day == festival else None).day == date(2026, 3, 17)


@given(st.dates(date(2024, 1, 1), date(2026, 6, 1)), st.integers(1, 60))
def test_exactly_as_many_working_days_are_counted_as_the_rule_says(start, number):
    listed = list(explain(start, working_days(number)))
    assert sum(counts for _day, _kind, counts in listed) == number
    assert listed[-1][0] == due(start, working_days(number)).day
    assert listed[-1][2]


@given(st.dates(date(2024, 1, 1), date(2026, 6, 1)), st.integers(1, 60), st.sampled_from(["day", "month", "working_day"]))
def test_a_deadline_ends_on_a_working_day_and_explains_every_day(start, number, unit):
    length = Length(number if unit != "month" else number % 6 + 1, unit)
    end = due(start, length)
    assert is_workday(end.day)
    assert [day for day, _kind, _counts in explain(start, length)] == [
        start + timedelta(days=n + 1) for n in range((end.day - start).days)]


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 24))
def test_months_end_on_the_same_day_or_the_months_last(start, number):
    end = calendar._calendar_end(start, months(number))
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == number
    assert end.day == start.day or (end + timedelta(days=1)).day == 1

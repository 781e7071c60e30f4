"""Working days follow the notices that were entered with their make-up workdays; what lies beyond them is provisional."""
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid321.core.calendar import COUNTRY, Calendar, Days, Due, Entry, calendar_end
from grid321.core.calendar_rows import SEEDED, package_days
from grid321.core.workflow import Length, days, months, working_days

pytestmark = pytest.mark.once

ROWS = [(day, Entry(kind, name, SEEDED[year])) for year in SEEDED for day, kind, name in package_days(year)]
CHINA = Calendar([(COUNTRY, year) for year in SEEDED], ROWS).at(None)


def walk(place: Days, start: date, length: Length, day_off: str, paused=()) -> date:
    """The same due day by walking day by day, as a person with a wall calendar would."""
    resting = {begin + timedelta(days=n) for begin, to in paused for n in range(1, (to - begin).days + 1)}
    working = length.unit == "working_day"
    left = length.number if working else (calendar_end(start, length) - start).days
    day = start
    while left:
        day += timedelta(days=1)
        left -= day not in resting and (not working or place.is_workday(day))
    if working or not length.number or day_off == "stay":
        return day
    while not place.is_workday(day) or (day_off == "next" and day in resting):
        day += timedelta(days=1 if day_off == "next" else -1)
    return day


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
    assert (CHINA.kind(day), CHINA.is_provisional(day)) == (kind, False)


def test_days_beyond_the_known_notices_are_provisional():
    assert (CHINA.kind(date(2031, 10, 1)), CHINA.is_provisional(date(2031, 10, 1))) == ("counted", True)
    assert (CHINA.kind(date(2031, 10, 4)), CHINA.is_provisional(date(2031, 10, 4))) == ("weekend", True)


def test_a_date_is_provisional_as_soon_as_it_rests_on_one_unknown_day():
    assert CHINA.due(date(2026, 12, 30), working_days(1)) == Due(date(2026, 12, 31), False)
    assert CHINA.due(date(2026, 12, 30), working_days(2)) == Due(date(2027, 1, 1), True)
    assert CHINA.due(date(2026, 11, 30), months(1)) == Due(date(2026, 12, 30), False)
    assert CHINA.due(date(2023, 12, 30), working_days(3)).provisional  # 31 December 2023 may be a make-up day
    assert CHINA.due(date(2027, 1, 2), days(1), day_off="previous") == Due(date(2027, 1, 1), True)


def test_a_nearer_division_wins_and_a_plugin_wins_over_all():
    from types import SimpleNamespace as Node
    rows = [*ROWS, (date(2026, 3, 16), Entry("day_off", "县庆", "县政府公告", 5)),
            (date(2026, 10, 1), Entry("workday", "值守", "县政府公告", 5)), (date(2026, 3, 17), Entry("day_off", "", "", 9))]
    calendar = Calendar([(COUNTRY, 2026)], rows)
    county, other = Node(id=5, path=(1, 5)), Node(id=6, path=(1, 6))
    here = calendar.at(county)
    assert [here.kind(date(2026, 3, 16)), here.kind(date(2026, 10, 1)), here.kind(date(2026, 10, 2))] == [
        "holiday", "counted", "holiday"]
    assert calendar.at(other).kind(date(2026, 3, 16)) == "counted"
    assert calendar.at(Node(id=7, path=(1, 5, 7))) is here, "places without rows of their own share what is counted"
    asked = calendar.at(county, lambda day: True if day == date(2026, 3, 16) else None)
    assert asked.is_workday(date(2026, 3, 16))
    assert not asked.is_workday(date(2026, 3, 15))


def test_a_year_that_a_county_entered_is_known_there_alone():
    from types import SimpleNamespace as Node
    calendar = Calendar([(COUNTRY, 2026), (5, 2027)])
    assert calendar.at(Node(id=5, path=(1, 5))).known == {2026, 2027}
    assert calendar.at(Node(id=6, path=(1, 6))).known == {2026}


def test_days_of_rest_do_not_count():
    rest = ((date(2026, 3, 4), date(2026, 3, 9)),)  # from Wednesday, which still counts, to Monday
    assert CHINA.due(date(2026, 3, 2), working_days(5), paused=rest).day == date(2026, 3, 12)  # 3, 4 | 10, 11, 12
    assert CHINA.due(date(2026, 3, 2), days(7), paused=rest).day == date(2026, 3, 16)          # 9 + 5 = Saturday 14
    assert CHINA.due(date(2026, 3, 2), days(2), paused=rest).day == date(2026, 3, 4)           # over before it rested
    kinds = [line.kind for line in CHINA.explain(date(2026, 3, 2), working_days(3), paused=rest)]
    assert kinds == ["counted", "counted", "paused", "paused", "paused", "paused", "paused", "counted"]


STARTS = st.dates(date(2023, 12, 1), date(2027, 6, 1))
LENGTHS = st.one_of(st.builds(working_days, st.integers(0, 300)), st.builds(days, st.integers(0, 400)),
                    st.builds(months, st.integers(0, 14)), st.builds(Length, st.integers(0, 100), st.just("hour")))
DAY_OFF = st.sampled_from(["next", "stay", "previous"])


@st.composite
def pauses(draw, start: date):
    found = []
    for _number in range(draw(st.integers(0, 3))):
        begin = start + timedelta(days=draw(st.integers(-10, 120)))
        found.append((begin, begin + timedelta(days=draw(st.integers(0, 40)))))
    return tuple(found)


@given(st.data(), STARTS, LENGTHS, DAY_OFF)
def test_the_due_day_is_that_of_a_walk_from_day_to_day(data, start, length, day_off):
    paused = data.draw(pauses(start))
    assert CHINA.due(start, length, day_off=day_off, paused=paused).day == walk(CHINA, start, length, day_off, paused)


@given(st.data(), STARTS, LENGTHS, st.sampled_from(["next", "stay"]))
def test_an_explanation_counts_exactly_the_length_and_ends_on_the_due_day(data, start, length, day_off):
    paused = data.draw(pauses(start))
    lines = CHINA.explain(start, length, day_off=day_off, paused=paused)
    wanted = length.number if length.unit == "working_day" else (calendar_end(start, length) - start).days
    assert sum(line.counts for line in lines) == wanted
    assert [line.day for line in lines] == [start + timedelta(days=n + 1) for n in range(len(lines))]
    assert (lines[-1].day if lines else start) == CHINA.due(start, length, day_off=day_off, paused=paused).day


@given(STARTS, st.integers(0, 30), LENGTHS, DAY_OFF)
def test_who_starts_later_never_ends_earlier_and_a_longer_length_never_ends_earlier(start, later, length, day_off):
    end = CHINA.due(start, length, day_off=day_off).day
    assert CHINA.due(start + timedelta(days=later), length, day_off=day_off).day >= end
    if length.number:  # "same day" stays even on a day off, one day more may go back before it
        assert CHINA.due(start, Length(length.number + 1, length.unit), day_off=day_off).day >= end


@given(STARTS, LENGTHS)
def test_a_deadline_ends_on_a_working_day_unless_it_may_stay(start, length):
    if length.number:
        assert CHINA.is_workday(CHINA.due(start, length).day)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 24))
def test_months_end_on_the_same_day_or_the_months_last(start, number):
    end = calendar_end(start, months(number))
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == number
    assert end.day == start.day or (end + timedelta(days=1)).day == 1


@given(STARTS, st.integers(0, 800))
def test_working_days_between_two_days_are_those_a_walk_finds(start, number):
    end = start + timedelta(days=number)
    assert CHINA.workdays_between(start, end) == sum(
        CHINA.is_workday(start + timedelta(days=n + 1)) for n in range(number))

"""Due dates worked out by hand: the State Council's notices for 2024-2026 × the presets × ends of months and years.

The notices are written down here as they were published, and the seeded calendar is compared with them; every date below was
counted on that list with a pencil, not by the code under test. "wd" counts working days after the day of the event.
"""
from datetime import date, timedelta

import pytest

from grid321.core import calendar
from grid321.core.calendar import COUNTRY, Calendar, Due, Entry
from grid321.core.calendar_rows import SEEDED, CalendarYear, package_days, seed
from grid321.core.clock_settings import SETTINGS
from grid321.core.preset_files import all_presets
from grid321.core.workflow import parse_length

# (first day off, last day off), as the notices say; weekends inside a holiday belong to it.
DAYS_OFF = (
    ("2024-01-01", "2024-01-01"), ("2024-02-10", "2024-02-17"), ("2024-04-04", "2024-04-06"), ("2024-05-01", "2024-05-05"),
    ("2024-06-10", "2024-06-10"), ("2024-09-15", "2024-09-17"), ("2024-10-01", "2024-10-07"),
    ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"), ("2025-04-04", "2025-04-06"), ("2025-05-01", "2025-05-05"),
    ("2025-05-31", "2025-06-02"), ("2025-10-01", "2025-10-08"),
    ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"), ("2026-04-04", "2026-04-06"), ("2026-05-01", "2026-05-05"),
    ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"), ("2026-10-01", "2026-10-07"))
MAKE_UP = (
    "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14", "2024-09-29", "2024-10-12",
    "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
    "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")

LAW, DEFAULT, HENAN, SHANDONG, QINGDAO, CHONGQING, BEIJING, ZHEJIANG, SHANXI = (
    "deputies_law_2025", "deputies_law_2025_henan_2017", "henan_2017", "shandong_2017", "qingdao_2021", "chongqing_2017",
    "beijing_2014", "zhejiang_2016", "shanxi_13710")
PLATFORM = ""  # the three inspections: settings of the platform that no preset decides
KNOWN, PROVISIONAL = False, True

# (preset, clock, day of the event, due day, provisional)  # why
TABLE = (
    # -- ten working days: the default's limits for returning a suggestion and for the receipt card
    (DEFAULT, "return", "2024-02-02", "2024-02-21", KNOWN),   # Sun 4 make-up 1, 5-9 → 6, festival 10-17, Sun 18 7, 19-21 → 10
    (DEFAULT, "receipt", "2024-04-01", "2024-04-16", KNOWN),  # 2-3 → 2, Qingming 4-6, Sun 7 make-up 3, 8-12 → 8, 15-16 → 10
    (DEFAULT, "return", "2024-04-26", "2024-05-13", KNOWN),   # Sun 28 1, 29-30 → 3, 1-5 May off, 6-10 → 8, Sat 11 9, Mon 13 10
    (DEFAULT, "return", "2024-06-07", "2024-06-24", KNOWN),   # weekend, Mon 10 Dragon Boat, 11-14 → 4, 17-21 → 9, Mon 24 10
    (DEFAULT, "return", "2024-09-12", "2024-09-27", KNOWN),   # 13 1, Sat 14 2, Mid-Autumn 15-17, 18-20 → 5, 23-27 → 10
    (DEFAULT, "receipt", "2024-09-27", "2024-10-16", KNOWN),  # Sun 29 1, 30 2, 1-7 off, 8-11 → 6, Sat 12 7, 14-16 → 10
    (DEFAULT, "return", "2025-01-24", "2025-02-13", KNOWN),   # Sun 26 1, 27 2, festival to 4 Feb, 5-7 → 5, Sat 8 6, 10-13 → 10
    (DEFAULT, "return", "2025-04-03", "2025-04-18", KNOWN),   # Qingming Fri 4 - Sun 6, 7-11 → 5, 14-18 → 10
    (HENAN, "return", "2025-04-25", "2025-05-13", KNOWN),     # Sun 27 1, 28-30 → 4, 1-5 off, 6-9 → 8, 12-13 → 10
    (HENAN, "receipt", "2025-05-30", "2025-06-16", KNOWN),    # Dragon Boat 31 - 2 June, 3-6 → 4, 9-13 → 9, Mon 16 10
    (HENAN, "return", "2025-09-26", "2025-10-16", KNOWN),     # Sun 28 1, 29-30 → 3, 1-8 off, 9-10 → 5, Sat 11 6, 13-16 → 10
    (HENAN, "receipt", "2025-12-26", "2026-01-12", KNOWN),    # 29-31 → 3, 1-3 Jan off, Sun 4 make-up 4, 5-9 → 9, Mon 12 10
    (CHONGQING, "return", "2026-02-13", "2026-03-05", KNOWN),  # Sat 14 1, 15-23 off, 24-27 → 5, Sat 28 6, 2-5 March → 10
    (CHONGQING, "assign", "2026-04-03", "2026-04-20", KNOWN),  # Qingming Sat 4 - Mon 6, 7-10 → 4, 13-17 → 9, Mon 20 10
    (CHONGQING, "return", "2026-04-30", "2026-05-18", KNOWN),  # 1-5 May off, 6-8 → 3, Sat 9 4, 11-15 → 9, Mon 18 10
    (DEFAULT, "return", "2026-06-18", "2026-07-03", KNOWN),   # Dragon Boat Fri 19 - Sun 21, 22-26 → 5, 29 June - 3 July → 10
    (DEFAULT, "return", "2026-09-18", "2026-10-09", KNOWN),   # Sun 20 1, 21-24 → 5, 25-27 off, 28-30 → 8, 1-7 off, 8 9, 9 10
    (DEFAULT, "receipt", "2026-09-30", "2026-10-20", KNOWN),  # 1-7 off, 8-9 → 2, Sat 10 3, 12-16 → 8, 19-20 → 10
    # -- five working days
    (QINGDAO, "assign", "2024-02-08", "2024-02-21", KNOWN),   # Fri 9 1, festival 10-17, Sun 18 2, 19-21 → 5
    (QINGDAO, "assign", "2025-01-25", "2025-02-07", KNOWN),   # the event on a Saturday; Sun 26 1, 27 2, to 4 Feb off, 5-7 → 5
    (QINGDAO, "return", "2025-09-30", "2025-10-14", KNOWN),   # 1-8 off, 9-10 → 2, Sat 11 3, Mon 13 4, Tue 14 5
    (QINGDAO, "return", "2025-12-31", "2026-01-08", KNOWN),   # over New Year: 1-3 off, Sun 4 make-up 1, 5-8 → 5
    (QINGDAO, "assign", "2026-05-08", "2026-05-14", KNOWN),   # Sat 9 make-up 1, Sun 10 off, 11-14 → 5
    (CHONGQING, "co_handler_redo", "2026-02-27", "2026-03-05", KNOWN),  # Sat 28 make-up 1, Sun 1 March off, 2-5 → 5
    # -- fifteen, twenty and thirty working days
    (BEIJING, "receipt", "2024-12-23", "2025-01-14", KNOWN),  # 24-27 → 4, 30-31 → 6, 1 Jan off, 2-3 → 8, 6-10 → 13, 13-14 → 15
    (BEIJING, "receipt", "2026-04-27", "2026-05-20", KNOWN),  # 28-30 → 3, 1-5 off, 6-8 → 6, Sat 9 7, 11-15 → 12, 18-20 → 15
    (CHONGQING, "receipt", "2024-09-10", "2024-10-14", KNOWN),  # 11-13 3, Sat 14 4, 18-20 7, 23-27 12, Sun 29-30 14, 8-12 19, 14
    (CHONGQING, "first_contact", "2026-02-06", "2026-03-12", KNOWN),  # 9-13 5, Sat 14 6, 24-27 10, Sat 28 11, 2-6 16, 9-12 20
    (CHONGQING, "co_handler", "2024-01-15", "2024-02-29", KNOWN),  # 14 to Fri 2 Feb, Sun 4 15, 5-9 20, Sun 18 21, 19-23 26, 29
    (CHONGQING, "co_handler", "2025-09-01", "2025-10-17", KNOWN),  # Sept 19 to Fri 26, Sun 28-30 22, 9-11 Oct 25, 13-17 30
    (CHONGQING, "first_contact", "2026-12-10", "2027-01-07", PROVISIONAL),  # 11 1, 14-18 6, 21-25 11, 28-31 15, Fri 1 16, 4-7 20
    # -- calendar days; an end on a day off goes to the next working day (Civil Code art. 203)
    (SHANDONG, "assign", "2024-04-01", "2024-04-07", KNOWN),  # Sat 6 Qingming; Sun 7 is a make-up workday
    (SHANDONG, "assign", "2024-09-24", "2024-09-29", KNOWN),  # Sun 29 is a make-up workday: it stays
    (SHANDONG, "assign", "2025-01-23", "2025-02-05", KNOWN),  # 28 Jan begins the festival, which lasts to 4 Feb
    (SHANDONG, "assign", "2026-01-05", "2026-01-12", KNOWN),  # Sat 10: to Monday
    (SHANDONG, "assign", "2026-02-10", "2026-02-24", KNOWN),  # Sun 15 begins the festival, which lasts to Mon 23
    (SHANDONG, "return", "2026-05-04", "2026-05-09", KNOWN),  # Sat 9 is a make-up workday: it stays
    (SHANDONG, "return", "2026-09-15", "2026-09-20", KNOWN),  # Sun 20 is a make-up workday: it stays
    (ZHEJIANG, "return", "2024-02-02", "2024-02-18", KNOWN),  # Mon 12 in the festival; Sun 18 is a make-up workday
    (ZHEJIANG, "return", "2025-04-21", "2025-05-06", KNOWN),  # 1 May: to Tue 6
    (ZHEJIANG, "return", "2026-09-10", "2026-09-20", KNOWN),  # Sun 20 is a make-up workday
    (ZHEJIANG, "return", "2026-12-21", "2026-12-31", KNOWN),  # Thu, the last known day
    (ZHEJIANG, "return", "2026-12-22", "2027-01-01", PROVISIONAL),  # a Friday nobody has declared a holiday yet
    (ZHEJIANG, "return", "2026-12-23", "2027-01-04", PROVISIONAL),  # Sat 2: to Monday, as far as is known
    (SHANXI, "assign", "2026-10-03", "2026-10-03", KNOWN),    # the same day, a holiday though it is: zero days do not move
    (SHANXI, "assign", "2026-03-02", "2026-03-02", KNOWN),    # the same day
    (SHANXI, "feedback", "2024-02-07", "2024-02-18", KNOWN),  # Sat 10 begins the festival; Sun 18 is a make-up workday
    (SHANXI, "feedback", "2026-04-01", "2026-04-07", KNOWN),  # Sat 4 Qingming to Mon 6
    (SHANXI, "reply", "2025-09-24", "2025-10-09", KNOWN),     # 1 Oct: National Day and Mid-Autumn together, to Wed 8
    (SHANXI, "reply", "2024-05-04", "2024-05-11", KNOWN),     # Sat 11 is a make-up workday
    (SHANXI, "reply", "2026-12-28", "2027-01-04", PROVISIONAL),  # a Monday beyond the known year
    (PLATFORM, "inspection_1", "2026-09-20", "2026-10-08", KNOWN),  # 15 days: Mon 5 Oct, in the holiday to Wed 7
    # -- months: the same day, or the last of a shorter month (art. 202)
    (QINGDAO, "co_handler", "2026-01-31", "2026-02-28", KNOWN),  # the last of February, a Saturday that is worked
    (QINGDAO, "co_handler", "2024-01-31", "2024-02-29", KNOWN),  # a leap year
    (QINGDAO, "co_handler", "2025-01-31", "2025-02-28", KNOWN),  # not one; a Friday
    (SHANDONG, "co_handler", "2026-01-15", "2026-02-24", KNOWN),  # Sun 15 Feb in the festival, to Mon 23
    (SHANDONG, "redo", "2026-05-31", "2026-06-30", KNOWN),    # June has no 31st; a Tuesday
    (SHANDONG, "redo", "2026-09-01", "2026-10-08", KNOWN),    # Thu 1 Oct, in the holiday to Wed 7
    (SHANXI, "reply_major", "2025-05-31", "2025-06-30", KNOWN),  # a Monday
    (SHANXI, "reply_major", "2024-12-01", "2025-01-02", KNOWN),  # New Year's Day 2025: to Thursday
    (SHANXI, "reply_major", "2026-12-31", "2027-02-01", PROVISIONAL),  # Sun 31 Jan: to Monday
    (HENAN, "co_handler", "2025-12-15", "2026-02-24", KNOWN),  # over the year's end; Sun 15 Feb in the festival
    (ZHEJIANG, "co_handler", "2025-03-31", "2025-06-03", KNOWN),  # Sat 31 May, Dragon Boat to Mon 2 June
    (CHONGQING, "redo", "2025-12-31", "2026-02-28", KNOWN),   # February has no 31st; Sat 28 is worked
    (CHONGQING, "redo", "2024-12-31", "2025-02-28", KNOWN),   # a Friday
    (BEIJING, "redo", "2026-04-19", "2026-06-22", KNOWN),     # Fri 19 June Dragon Boat to Sun 21
    (BEIJING, "redo", "2026-07-27", "2026-09-28", KNOWN),     # Sun 27 Sept, Mid-Autumn
    (PLATFORM, "inspection_2", "2024-02-29", "2024-04-29", KNOWN),  # from the leap day to a Monday
    (PLATFORM, "inspection_3", "2024-02-29", "2024-05-29", KNOWN),  # a Wednesday
    (LAW, "reply", "2023-11-30", "2024-02-29", KNOWN),        # 30 Nov + 3 m in a leap year; it rests on February alone
    (LAW, "reply", "2024-11-30", "2025-02-28", KNOWN),        # 30 Nov + 3 m, a Friday
    (LAW, "reply", "2025-11-30", "2026-02-28", KNOWN),        # 30 Nov + 3 m, a Saturday that is worked
    (LAW, "reply", "2024-01-10", "2024-04-10", KNOWN),        # a Wednesday
    (LAW, "reply", "2025-01-03", "2025-04-03", KNOWN),        # the Thursday before Qingming
    (DEFAULT, "reply", "2025-01-04", "2025-04-07", KNOWN),    # Fri 4 Qingming to Sun 6
    (DEFAULT, "reply", "2026-02-01", "2026-05-06", KNOWN),    # Fri 1 May to Tue 5
    (DEFAULT, "reply", "2026-07-10", "2026-10-10", KNOWN),    # Sat 10 Oct is a make-up workday
    (DEFAULT, "reply", "2026-10-31", "2027-02-01", PROVISIONAL),  # Sun 31 Jan 2027: to Monday
    (LAW, "reply_extended", "2024-08-31", "2025-02-28", KNOWN),  # 31 Aug + 6 m, a Friday
    (LAW, "reply_extended", "2025-08-31", "2026-02-28", KNOWN),  # 31 Aug + 6 m, a Saturday that is worked
    (DEFAULT, "reply_extended", "2024-04-07", "2024-10-08", KNOWN),  # Mon 7 Oct, the last day of the holiday
    (DEFAULT, "reply_extended", "2025-04-08", "2025-10-09", KNOWN),  # Wed 8 Oct, the last day of the holiday
    (BEIJING, "reply_extended", "2026-06-30", "2026-12-30", KNOWN),  # a Wednesday of the known year
    (BEIJING, "reply_extended", "2026-07-01", "2027-01-01", PROVISIONAL),  # a Friday nobody has declared a holiday yet
)

# (length, day of the event, what happens on a day off, due day, provisional)
ON_DAYS_OFF = (
    ("3 m", "2026-07-04", "stay", "2026-10-04", KNOWN),      # Sun 4 Oct in the holiday: it stays
    ("3 m", "2026-07-04", "previous", "2026-09-30", KNOWN),  # back over 1-3 Oct to Wed 30 Sept
    ("3 m", "2026-07-04", "next", "2026-10-08", KNOWN),      # over 5-7 Oct to Thu 8
    ("5 d", "2026-01-05", "previous", "2026-01-09", KNOWN),  # Sat 10: back to Friday
    ("5 d", "2026-02-10", "previous", "2026-02-14", KNOWN),  # Sun 15: back to the make-up Saturday
    ("10 d", "2026-12-23", "stay", "2027-01-02", PROVISIONAL),  # a Saturday beyond the known year
    ("3 m", "2026-10-02", "previous", "2027-01-01", PROVISIONAL),  # Sat 2 Jan: back to Friday, as far as is known
    ("10 wd", "2026-02-13", "stay", "2026-03-05", KNOWN),    # working days never end on a day off
)


def china() -> calendar.Days:
    """The calendar as a new installation has it."""
    rows = [(day, Entry(kind, name, SEEDED[year])) for year in SEEDED for day, kind, name in package_days(year)]
    return Calendar([(COUNTRY, year) for year in SEEDED], rows).at(None)


def length_of(preset: str, clock: str):
    """What a preset, or the platform, says of a clock."""
    key = f"core.clock_{clock}"
    said = all_presets()[preset].value(key) if preset else next(one.default for one in SETTINGS if one.key == key)
    return parse_length(said)


@pytest.mark.once
def test_the_seeded_calendar_is_that_of_the_notices():
    off = {date.fromisoformat(first) + timedelta(days=n) for first, last in DAYS_OFF
           for n in range((date.fromisoformat(last) - date.fromisoformat(first)).days + 1)}
    worked = {date.fromisoformat(day) for day in MAKE_UP}
    found = [(day, kind) for year in SEEDED for day, kind, _name in package_days(year)]
    assert {day for day, kind in found if kind == "holiday"} == off
    assert {day for day, kind in found if kind == "make_up"} == worked
    assert all(day.weekday() >= 5 for day in worked)


@pytest.mark.once
def test_the_table_is_long_enough_and_names_no_date_twice():
    assert len(TABLE) + len(ON_DAYS_OFF) >= 60
    assert len({row[:3] for row in TABLE}) == len(TABLE)


@pytest.mark.once
@pytest.mark.parametrize(("preset", "clock", "start", "due", "provisional"), TABLE)
def test_a_limit_of_a_preset_ends_on_the_day_worked_out_by_hand(preset, clock, start, due, provisional):
    found = china().due(date.fromisoformat(start), length_of(preset, clock))
    assert found == Due(date.fromisoformat(due), provisional)


@pytest.mark.once
@pytest.mark.parametrize(("length", "start", "day_off", "due", "provisional"), ON_DAYS_OFF)
def test_an_end_on_a_day_off_moves_as_the_rule_says(length, start, day_off, due, provisional):
    found = china().due(date.fromisoformat(start), parse_length(length), day_off=day_off)
    assert found == Due(date.fromisoformat(due), provisional)


def test_a_new_database_has_the_notices_and_seeding_again_adds_nothing(app, division_tree):
    for preset, clock, start, due, provisional in TABLE:
        found = calendar.at(division_tree.village).due(date.fromisoformat(start), length_of(preset, clock))
        assert found == Due(date.fromisoformat(due), provisional)
    assert seed() == []
    assert CalendarYear.select().count() == len(SEEDED)

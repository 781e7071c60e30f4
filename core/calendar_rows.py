"""The rows of the calendar: days of the yearly notices and of counties, and which years are known.

The package ``chinesecalendar`` only seeds the notices of 2024-2026; afterwards the rows are what the administrators enter.
"""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import chinese_calendar.constants as package
import peewee

from . import db
from .calendar import COUNTRY, HOLIDAY_ROW, MAKE_UP_ROW, Calendar, Entry

SEEDED = {2024: "国务院办公厅关于2024年部分节假日安排的通知(2023年10月25日)",
          2025: "国务院办公厅关于2025年部分节假日安排的通知(2024年11月12日)",
          2026: "国务院办公厅关于2026年部分节假日安排的通知(2025年11月4日)"}
"""The notices that a new installation begins with, by year."""


class CalendarDay(db.Table):
    """One day that is not what its weekday says. ``division_id`` COUNTRY (0) is a row of the State Council's notice.

    ``kind``: holiday, make_up (a weekend that is worked for a holiday), workday, day_off (local days). ``year`` is the year
    of the notice that names it: the notice of a year may move days of the December before.
    """

    id = peewee.BigAutoField()
    division_id = peewee.BigIntegerField(default=COUNTRY)
    day = peewee.DateField()
    kind = peewee.CharField(max_length=10)
    name = peewee.CharField(max_length=80, default="")
    source = peewee.TextField(default="")
    year = peewee.IntegerField()
    changed_at = peewee.DateTimeField(default=db.now)
    changed_by = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_calendar_day"
        indexes = ((("division_id", "day"), True),)


class CalendarYear(db.Table):
    """A year whose notice was entered for a division and everything below it (COUNTRY: everywhere)."""

    id = peewee.BigAutoField()
    division_id = peewee.BigIntegerField(default=COUNTRY)
    year = peewee.IntegerField()
    source = peewee.TextField(default="")
    entered_at = peewee.DateTimeField(default=db.now)
    entered_by = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_calendar_year"
        indexes = ((("division_id", "year"), True),)


_YEARS = "SELECT division_id, year FROM core_calendar_year"
_DAYS = "SELECT day, kind, name, source, division_id FROM core_calendar_day"


def load() -> Calendar:
    """The calendar as it is stored now, for the snapshot. Two queries."""
    years = db.database.execute_sql(_YEARS).fetchall()
    return Calendar(years, _entries(tuple(db.database.execute_sql(_DAYS).fetchall())))


@lru_cache(maxsize=2)
def _entries(rows: tuple[tuple[Any, ...], ...]) -> tuple[tuple[date, Entry], ...]:
    """The stored rows as days with entries. Most new snapshots have the days of the one before."""
    return tuple((day if isinstance(day, date) else date.fromisoformat(day), Entry(kind, name, source, place))
                 for day, kind, name, source, place in rows)


def seed() -> list[int]:
    """Enter the national notices of 2024-2026 that are not there yet; returns the years entered. Safe to run again."""
    from . import snapshot

    with db.transaction():
        known = {year for (year,) in CalendarYear.select(CalendarYear.year).where(CalendarYear.division_id == COUNTRY).tuples()}
        missing = [year for year in SEEDED if year not in known]
        for year in missing:
            CalendarYear.insert(division_id=COUNTRY, year=year, source=SEEDED[year], entered_at=db.now()).execute()
            rows = [{"division_id": COUNTRY, "day": day, "kind": kind, "name": name, "source": SEEDED[year], "year": year,
                     "changed_at": db.now()} for day, kind, name in package_days(year)]
            CalendarDay.insert_many(rows).on_conflict_ignore().execute()
        if missing:
            snapshot.bump()
    return missing


def package_days(year: int) -> Iterator[tuple[date, str, str]]:
    """(day, holiday | make_up, Chinese name) of one year as the package ``chinesecalendar`` knows it, in order."""
    names = {holiday.value: holiday.chinese for holiday in package.Holiday}
    found = [(day, HOLIDAY_ROW, names[name]) for day, name in package.holidays.items() if day.year == year]
    found += [(day, MAKE_UP_ROW, names[name]) for day, name in package.workdays.items() if day.year == year]
    yield from sorted(found)

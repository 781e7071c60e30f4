"""Which days are working days. The State Council's yearly notice moves some holidays to weekends and makes weekends
workdays (调休); the PyPI package ``chinesecalendar`` carries the notices up to the year it knows. Days beyond it are computed
Monday to Friday and are *provisional*: a date that rests on one is shown as such.
"""
from __future__ import annotations

import calendar as months_of_year
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

from .workflow import Length

COUNTED, WEEKEND, HOLIDAY, MAKE_UP = "counted", "weekend", "holiday", "make_up"
Local = Callable[[date], bool | None]
"""A county's own word on a day (hook ``workday``): True, False, or None to leave it to the notice."""


@lru_cache(maxsize=4096)
def day_kind(day: date) -> tuple[str, bool]:
    """(counted | weekend | holiday | make_up, provisional): ``counted`` and ``make_up`` are working days."""
    weekend = day.weekday() >= 5
    try:
        works = chinese_calendar.is_workday(day)
    except NotImplementedError:  # the notice for that year is not known
        return (WEEKEND if weekend else COUNTED), True
    if works:
        return (MAKE_UP if weekend else COUNTED), False
    return (WEEKEND if weekend and chinese_calendar.get_holiday_detail(day)[1] is None else HOLIDAY), False


def is_workday(day: date, local: Local | None = None) -> bool:
    """True when ``day`` is a working day; ``local`` overrides the notice."""
    answer = local(day) if local is not None else None
    return day_kind(day)[0] in {COUNTED, MAKE_UP} if answer is None else answer


@dataclass(frozen=True)
class Due:
    """The end of a clock and whether it rests on days beyond the known calendar."""

    day: date
    provisional: bool


def due(start: date, length: Length, local: Local | None = None) -> Due:
    """The last day of a clock of ``length`` that starts on ``start``.

    The day of the event itself is not counted (Civil Code art. 201). Working days skip weekends and holidays and count
    make-up workdays; days and months end on the calendar day, or, when that is a day off, on the next working day
    (Civil Code art. 203); a month from 31 January ends on the last day of February (art. 202). Hours are rounded up to days.
    """
    if length.unit == "working_day":
        day, left = start, length.number
        while left:
            day += timedelta(days=1)
            left -= is_workday(day, local)
    else:
        day = _calendar_end(start, length)
        while length.number and not is_workday(day, local):
            day += timedelta(days=1)
    return Due(day, day_kind(day)[1])


def _calendar_end(start: date, length: Length) -> date:
    if length.unit == "month":
        index = start.year * 12 + start.month - 1 + length.number
        year, month = divmod(index, 12)
        return date(year, month + 1, min(start.day, months_of_year.monthrange(year, month + 1)[1]))
    days = length.number if length.unit == "day" else -(-length.number // 24)
    return start + timedelta(days=days)


def explain(start: date, length: Length, local: Local | None = None) -> Iterator[tuple[date, str, bool]]:
    """Each day from the one after ``start`` to the due day: (day, kind, counts towards the length)."""
    end, last = due(start, length, local).day, _calendar_end(start, length) if length.unit != "working_day" else None
    day = start
    while day < end:
        day += timedelta(days=1)
        kind = day_kind(day)[0]
        counts = is_workday(day, local) if last is None else day <= last
        yield day, kind, counts

"""On which days a station receives: recurrence rules of RFC 5545, days left out and added, and what a holiday does.

A rule is what stands behind ``RRULE:``, such as ``FREQ=MONTHLY;BYMONTHDAY=15``. Reception days are days, not moments, so parts
that name hours are refused, and so is every rule without an end: time and place are fixed for a term (三定), which has a last
day. ``python-dateutil`` expands; what RFC 5545 forbids and that library bends into shape is refused here, in words.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr

from grid321.core.api import calendar_at, tree
from grid321.core.api import gettext as _

MOST = 400
"""Days that one rule may give: a reception on each working day of a year is fewer."""
YEARS = 10
"""No rule is longer: a term of a congress has five years (Constitution art. 106)."""

CYCLE = 400
"""Years after which the Gregorian calendar repeats: 146,097 days, which are whole weeks."""

KEEP, SKIP, NEXT = "keep", "skip", "next"
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
_MONTH_DAY = "-?(?:[1-9]|[12][0-9]|3[01])"
_PARTS = {
    "FREQ": re.compile("|".join(FREQUENCIES)),
    "INTERVAL": re.compile("[1-9][0-9]{0,2}"),
    "COUNT": re.compile("[1-9][0-9]{0,3}"),
    "UNTIL": re.compile("[0-9]{8}(?:T[0-9]{6}Z?)?"),
    "BYDAY": re.compile(f"[+-]?[1-5]?{_WEEKDAY}(?:,[+-]?[1-5]?{_WEEKDAY}){{0,20}}"),
    "BYMONTHDAY": re.compile(f"{_MONTH_DAY}(?:,{_MONTH_DAY}){{0,30}}"),
    "BYMONTH": re.compile("(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2])){0,11}"),
    "BYSETPOS": re.compile("-?[1-9][0-9]?(?:,-?[1-9][0-9]?){0,10}"),
    "WKST": re.compile(_WEEKDAY),
}
_LONGEST_HOLIDAY = 30
_DAY = re.compile(r"([0-9]{4})(?:-|年|/|\.)([0-9]{1,2})(?:-|月|/|\.)([0-9]{1,2})日?")


class BadRule(ValueError):
    """A rule or a list of days that cannot be used; its text is for people and says what to do."""


def normal(text: str) -> str:
    """A rule as it is stored: in capitals, without blanks and without ``RRULE:``. Raises ``BadRule`` in words for people."""
    rule = re.sub(r"\s", "", text).upper().removeprefix("RRULE:").rstrip(";")
    parts: dict[str, str] = {}
    for item in rule.split(";"):
        name, _equals, value = item.partition("=")
        if name not in _PARTS:
            raise BadRule(_("The part “%(part)s” of the rule is not supported here. Possible are %(names)s.",
                            part=item[:30], names=", ".join(_PARTS)))
        if name in parts:
            raise BadRule(_("The part “%(part)s” stands twice in the rule. Write it once.", part=name))
        if not _PARTS[name].fullmatch(value):
            raise BadRule(_("“%(part)s” cannot be read. A rule looks like FREQ=MONTHLY;BYMONTHDAY=15.", part=item[:60]))
        parts[name] = value
    _refuse_forbidden(parts)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _refuse_forbidden(parts: dict[str, str]) -> None:
    """What RFC 5545, 3.3.10 forbids and what could never give a day."""
    frequency = parts.get("FREQ")
    if frequency is None:
        raise BadRule(_("The rule does not say how often: it needs FREQ=WEEKLY, FREQ=MONTHLY or the like."))
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule(_("The rule says COUNT and UNTIL. Only one of them may end it."))
    if frequency == "WEEKLY" and "BYMONTHDAY" in parts:
        raise BadRule(_("A weekly rule cannot name days of the month. Use FREQ=MONTHLY."))
    if frequency in ("DAILY", "WEEKLY") and re.search("[0-9]", parts.get("BYDAY", "")):
        raise BadRule(_("Only a monthly or yearly rule can name the first or last of a weekday."))
    if "BYSETPOS" in parts and not {"BYDAY", "BYMONTHDAY", "BYMONTH"} & set(parts):
        raise BadRule(_("BYSETPOS chooses among days that BYDAY or BYMONTHDAY names. Name them."))
    if "UNTIL" in parts:
        _until(parts["UNTIL"])


def _until(text: str) -> date:
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date()
    except ValueError:
        raise BadRule(_("The last day of the rule, UNTIL=%(day)s, does not exist.", day=text[:8])) from None


def own_end(rule: str, first: date) -> date | None:
    """The last day that the rule itself gives by COUNT or UNTIL when it begins on ``first``; None for one that never ends.

    Raises ``BadRule`` for one that lasts longer than ``YEARS`` or gives no day at all.
    """
    parts = dict(item.split("=", 1) for item in rule.split(";"))
    if "UNTIL" in parts:
        return _until(parts["UNTIL"])
    if "COUNT" not in parts:
        return None
    found = _days_of(rule, first, latest(first), MOST + 1)
    if len(found) < min(int(parts["COUNT"]), MOST + 1):
        raise BadRule(_("This rule does not reach its %(count)s days within %(years)s years. Correct it.",
                        count=parts["COUNT"], years=YEARS))
    return found[-1]


def latest(first: date) -> date:
    """The last day that a rule which begins on ``first`` may have."""
    return first.replace(year=first.year + YEARS, day=min(first.day, 28)) if first.year + YEARS <= date.max.year else date.max


def occurrences(rule: str, first: date, last: date) -> tuple[date, ...]:
    """Every day of a rule from ``first`` to ``last``, in order. Raises ``BadRule`` for more than ``MOST``."""
    found = _days_of(rule, first, last, MOST + 1)
    if len(found) > MOST:
        raise BadRule(_("The rule gives more than %(most)s days. Choose an earlier last day or a rarer rule.", most=MOST))
    return found


@lru_cache(maxsize=4096)
def _days_of(rule: str, first: date, last: date, most: int) -> tuple[date, ...]:
    """At most ``most`` days of a rule. COUNT and UNTIL are cut off and kept by ourselves: dateutil wants UNTIL in the zone of
    DTSTART.

    Of a rule that never gives a day (30 February) dateutil asks every day until the year 9999, for seconds. The calendar is
    the same every 400 years, weekdays included, so the rule is expanded as late as it can be, and its days are brought back.
    """
    ahead = (date.max.year - YEARS - first.year) // CYCLE * CYCLE
    kept = []
    for item in rule.split(";"):
        if item.startswith("UNTIL="):
            last = min(last, _until(item[6:]))
        elif item.startswith("COUNT="):
            most = min(most, int(item[6:]))
        else:
            kept.append(item)
    begin, end = (datetime.combine(day.replace(year=day.year + ahead), time()) for day in (first, min(last, latest(first))))
    expanded = rrulestr(";".join(kept), dtstart=begin).replace(until=end)
    return tuple(moment.date().replace(year=moment.year - ahead) for moment in islice(expanded, most))


def days(schedule: Any, start: date, end: date) -> list[date]:
    """The reception days of a schedule from ``start`` to ``end``, both included, in order and each once.

    First the rule's days without those left out; a holiday keeps, skips or puts them off to the next working day of the
    station's calendar, as the schedule says; then the days that were added, which no holiday moves. All lie within the
    schedule's own first and last day.
    """
    if end < schedule.from_day or start > schedule.to_day or end < start:
        return []
    found = {row.day for row in explained(schedule) if row.day is not None}
    return sorted(day for day in found if start <= day <= end)


@dataclass(frozen=True, slots=True)
class DayOf:
    """What became of a day of a rule. ``day`` is the reception day, None for none; ``why``: rule, added, moved, left_out, skipped
    (a holiday on which nobody receives), outside (moved beyond the rule's last day)."""

    planned: date
    day: date | None
    why: str


def explained(schedule: Any) -> list[DayOf]:
    """Every day of a rule with what became of it, in order of the planned day."""
    left_out = set(read_days(schedule.left_out))
    moved = _holiday_rule(schedule)
    found = [DayOf(day, day, "added") for day in read_days(schedule.added)
             if day not in left_out and schedule.from_day <= day <= schedule.to_day]
    for day in occurrences(schedule.rrule, schedule.from_day, schedule.to_day):
        new = None if day in left_out else moved(day)
        if day in left_out or new in left_out:
            found.append(DayOf(day, None, "left_out"))
        elif new is None:
            found.append(DayOf(day, None, "skipped"))
        elif new > schedule.to_day:
            found.append(DayOf(day, None, "outside"))
        else:
            found.append(DayOf(day, new, "rule" if new == day else "moved"))
    return sorted(found, key=lambda row: (row.planned, row.why))


def _holiday_rule(schedule: Any) -> Callable[[date], date | None]:
    """What a holiday does to a day: the day itself, another one, or None when there is no reception."""
    if schedule.on_holiday == KEEP:
        return lambda day: day
    calendar = calendar_at(tree().get(schedule.division_id))

    def moved(day: date) -> date | None:
        if calendar.kind(day) != "holiday":
            return day
        if schedule.on_holiday == SKIP:
            return None
        for further in range(1, _LONGEST_HOLIDAY):
            new = day + timedelta(days=further)
            if calendar.is_workday(new):
                return new
        return None

    return moved


def read_days(text: str | None) -> list[date]:
    """The days of a stored or typed list, in order, each once: ``2026-05-01 2026-10-01``, also 2026年5月1日, parted by blanks,
    commas or lines. Raises ``BadRule`` naming what is no day."""
    found = set()
    for word in re.split(r"[\s,;，；、]+", text or ""):
        if not word:
            continue
        named = _DAY.fullmatch(word)
        try:
            found.add(date(*(int(part) for part in named.groups())) if named else date.fromisoformat(word))
        except ValueError:
            raise BadRule(_("“%(word)s” is no day. Write days like 2026-05-01, with a blank between them.",
                            word=word[:30])) from None
    return sorted(found)


def stored_days(text: str | None) -> str:
    """A typed list of days as it is stored: ISO days in order, parted by blanks. Raises ``BadRule``."""
    return " ".join(day.isoformat() for day in read_days(text))

"""Which days are working days at a place, and when a length of time ends there.

The State Council's yearly notice moves some holidays and makes some weekends workdays (调休); a county has days of its own;
a plugin may answer hook ``workday``. The later of the three wins. Notices are rows (``calendar_rows``), so a year is *known*
when somebody entered it: days of any other year are computed Monday to Friday and are *provisional*, and so is every date
that rests on one.

A year is counted once: how many working days lie before each day, and which days they are. A due date is then two look-ups
for each year it passes, however long it runs.
"""
from __future__ import annotations

import calendar as months_of_year
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from .i18n import format_day
from .i18n import gettext as _
from .workflow import Length

if TYPE_CHECKING:
    from .tree import Node

COUNTED, WEEKEND, HOLIDAY, MAKE_UP, PAUSED = "counted", "weekend", "holiday", "make_up", "paused"
HOLIDAY_ROW, MAKE_UP_ROW, WORKDAY_ROW, DAY_OFF_ROW = "holiday", "make_up", "workday", "day_off"
COUNTRY = 0
"""The division id of rows that hold for the whole country."""

NEXT, STAY, PREVIOUS = "next", "stay", "previous"
Local = Callable[[date], bool | None]
"""What the plugins say of a day (hook ``workday``): True, False, or None to leave it to the rows."""

Pauses = Sequence[tuple[date, date]]
"""Days on which a clock rested, as (from, to): the day ``from`` itself still counts, those after it up to ``to`` do not."""


@dataclass(frozen=True, slots=True)
class Due:
    """The end of a clock and whether it rests on days beyond the known calendar."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody entered for one day: kind (holiday, make_up, workday, day_off), its name, and the document."""

    kind: str
    name: str
    source: str
    division_id: int = COUNTRY


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of an explained clock. ``kind`` is counted, weekend, holiday, make_up or paused; ``counts`` towards the length."""

    day: date
    kind: str
    counts: bool
    provisional: bool
    name: str = ""
    source: str = ""


class _Year:
    """The days of one year, counted: ``before[n]`` working days lie among its first ``n`` days; ``works`` are all of them."""

    __slots__ = ("before", "first", "kinds", "works")

    def __init__(self, first: int, kinds: list[str]) -> None:
        self.first, self.kinds = first, kinds
        self.before = [0]
        self.works: list[int] = []
        for place, kind in enumerate(kinds):
            if kind in (COUNTED, MAKE_UP):
                self.works.append(first + place)
            self.before.append(len(self.works))


class Days:
    """The working days of one place. Made by ``at``; it may be kept as long as the snapshot it came from."""

    __slots__ = ("_entries", "_known", "_local", "_years")

    def __init__(self, known: Iterable[int], entries: Mapping[date, Entry], local: Local | None = None) -> None:
        self._known = frozenset(known)
        self._entries = entries
        self._local = local
        self._years: dict[int, _Year] = {}

    def kind(self, day: date) -> str:
        """counted | weekend | holiday | make_up; the first and the last are working days."""
        year = self._year(day.year)
        return year.kinds[day.toordinal() - year.first]

    def is_workday(self, day: date) -> bool:
        """True when ``day`` is a working day here."""
        return self.kind(day) in (COUNTED, MAKE_UP)

    def is_provisional(self, day: date) -> bool:
        """True when nobody has entered the notice for the year of ``day``: its kind is a guess from the weekday."""
        return day.year not in self._known

    def entry(self, day: date) -> Entry | None:
        """What was entered for ``day``, the county's word before the country's; None for an ordinary day."""
        return self._entries.get(day)

    @property
    def known(self) -> frozenset[int]:
        """The years whose notice was entered."""
        return self._known

    def due(self, start: date, length: Length, *, day_off: str = NEXT, paused: Pauses = ()) -> Due:
        """The last day of a clock of ``length`` that starts on ``start``.

        The day of the event is not counted (Civil Code art. 201). Months end on the same day, or on the last of a shorter
        month (art. 202). Calendar lengths that end on a day off move to the ``next`` working day (art. 203), to the
        ``previous`` one or ``stay``; lengths of zero and lengths in working days do not move. ``paused`` days do not count.
        Hours are rounded up to days.
        """
        if length.unit == "working_day":
            end = self._working_end(start.toordinal(), length.number, merged(paused) if paused else ())
            first = min(start.toordinal() + 1, end)
            return Due(date.fromordinal(end), not self._all_known(date.fromordinal(first).year, date.fromordinal(end).year))
        rests = merged(paused) if paused else ()
        last = _prolonged(start.toordinal(), calendar_end(start, length).toordinal(), rests)
        end = self._moved(last, day_off, rests) if length.number and day_off != STAY else last
        low, high = (end, last) if end < last else (last, end)
        return Due(date.fromordinal(end), not self._all_known(date.fromordinal(low).year, date.fromordinal(high).year))

    def explain(self, start: date, length: Length, *, day_off: str = NEXT, paused: Pauses = ()) -> list[DayLine]:
        """Every day after ``start`` up to the due day, in order: what it is, and whether it counts towards the length.

        Calendar lengths count days off too; what follows the counted days is the move to a working day.
        """
        working = length.unit == "working_day"
        end = self.due(start, length, day_off=day_off, paused=paused).day.toordinal()
        rests = merged(paused)
        last = end if working else _prolonged(start.toordinal(), calendar_end(start, length).toordinal(), rests)
        found = []
        for number in range(start.toordinal() + 1, end + 1):
            day = date.fromordinal(number)
            kind, entry = self.kind(day), self._entries.get(day)
            rests_here = any(begin < number <= to for begin, to in rests)
            counts = not rests_here and (kind in (COUNTED, MAKE_UP) if working else number <= last)
            found.append(DayLine(day, PAUSED if rests_here else kind, counts, self.is_provisional(day),
                                 entry.name if entry else "", entry.source if entry else ""))
        return found

    def workdays_between(self, start: date, end: date) -> int:
        """How many working days lie after ``start`` up to and including ``end``; 0 when ``end`` is not later."""
        return self._count(start.toordinal(), end.toordinal())

    # -- counting --------------------------------------------------------------------------------------------------

    def _year(self, number: int) -> _Year:
        found = self._years.get(number)
        if found is None:
            first = date(number, 1, 1).toordinal()
            length = 366 if months_of_year.isleap(number) else 365
            found = self._years[number] = _Year(first, [self._kind(date.fromordinal(first + n)) for n in range(length)])
        return found

    def _kind(self, day: date) -> str:
        weekend = day.weekday() >= 5
        entry = self._entries.get(day)
        if entry is None:
            kind = WEEKEND if weekend else COUNTED
        elif entry.kind in (HOLIDAY_ROW, DAY_OFF_ROW):
            kind = HOLIDAY
        else:
            kind = MAKE_UP if weekend else COUNTED
        answer = self._local(day) if self._local is not None else None
        if answer is None or answer == (kind in (COUNTED, MAKE_UP)):
            return kind
        if answer:
            return MAKE_UP if weekend else COUNTED
        return HOLIDAY

    def _up_to(self, number: int) -> int:
        """Working days of its year up to and including the day ``number``."""
        year = self._year(date.fromordinal(number).year)
        return year.before[number - year.first + 1]

    def _count(self, first: int, last: int) -> int:
        """Working days after the day ``first`` up to and including ``last``."""
        if last <= first:
            return 0
        here, there = date.fromordinal(first).year, date.fromordinal(last).year
        return (self._up_to(last) - self._up_to(first)
                + sum(len(self._year(number).works) for number in range(here, there)))

    def _nth(self, start: int, number: int) -> int:
        """The ``number``-th working day after the day ``start``."""
        name = date.fromordinal(start).year
        year = self._year(name)
        place = year.before[start - year.first + 1] + number
        while place > len(year.works):
            place -= len(year.works)
            name += 1
            year = self._year(name)
        return year.works[place - 1]

    def _working_end(self, start: int, number: int, rests: Sequence[tuple[int, int]]) -> int:
        if not number:
            return start
        for begin, to in rests:
            if to <= start:
                continue
            here = self._count(start, max(begin, start))
            if here >= number:
                break
            number, start = number - here, to
        return self._nth(start, number)

    def _moved(self, day: int, day_off: str, rests: Sequence[tuple[int, int]]) -> int:
        """The first working day from ``day`` on, or back from it; the way forward also leaves out days of rest."""
        step = -1 if day_off == PREVIOUS else 1
        while not self.is_workday(date.fromordinal(day)) or (step > 0 and any(b < day <= to for b, to in rests)):
            day += step
        return day

    def _all_known(self, first: int, last: int) -> bool:
        return all(number in self._known for number in range(first, last + 1))


class Calendar:
    """Every row of the calendar in one revision of the configuration; ``at`` gives the days of a place."""

    __slots__ = ("_days", "_rows", "_years")

    def __init__(self, years: Iterable[tuple[int, int]] = (), rows: Iterable[tuple[date, Entry]] = ()) -> None:
        """``years``: (division id or COUNTRY, year) that are known; ``rows``: each day with what was entered for it."""
        self._years: dict[int, set[int]] = {}
        for place, year in years:
            self._years.setdefault(place, set()).add(year)
        self._rows: dict[int, dict[date, Entry]] = {}
        for day, entry in rows:
            self._rows.setdefault(entry.division_id, {})[day] = entry
        self._days: dict[tuple[tuple[int, ...], int], Days] = {}

    def at(self, node: Node | None, local: Local | None = None) -> Days:
        """The days at ``node`` (None: the whole country): rows of a nearer division win, ``local`` wins over all rows.

        Places without rows of their own share one object, so that a year is counted once; with ``local`` each has its own.
        """
        path = node.path if node is not None else ()
        places = (COUNTRY, *[place for place in path if place in self._rows or place in self._years])
        key = (places, -1 if local is None else node.id if node is not None else COUNTRY)
        found = self._days.get(key)
        if found is None:
            entries: dict[date, Entry] = {}
            for place in places:
                entries.update(self._rows.get(place, {}))
            known = set().union(*(self._years.get(place, ()) for place in places))
            found = self._days[key] = Days(known, entries, local)
        return found


def at(node: Node | None) -> Days:
    """The working days of a place in the present configuration, hook ``workday`` included; cheap to ask again."""
    from . import snapshot

    return snapshot.current().calendar.at(node, plugin_days(node))


def plugin_days(node: Node | None) -> Local | None:
    """What the plugins say about days here (hook ``workday``), or None when none says anything.

    A plugin that fails is left out: the rows decide then.
    """
    from .registry import platform

    hooks = platform().hooks
    if not hooks.has("workday"):
        return None

    def answer(day: date) -> bool | None:
        found = hooks.first("workday", node, day=day)
        return found if isinstance(found, bool) else None

    return answer


def due_text(due: date | None, provisional: bool | None = None) -> str:
    """A due date for people, with the word “provisional” where it is; empty for none.

    ``provisional`` is what was stored with it; without it the year decides, as the country knows it now.
    """
    if due is None:
        return ""
    if provisional is None:
        from . import snapshot

        provisional = snapshot.current().calendar.at(None).is_provisional(due)
    return _("%(day)s (provisional)", day=format_day(due)) if provisional else format_day(due)


def calendar_end(start: date, length: Length) -> date:
    """The day on which a length in months, days or hours ends, before it moves off a day off. 31 January + 1 m = 28/29 Feb."""
    if length.unit == "month":
        year, month = divmod(start.year * 12 + start.month - 1 + length.number, 12)
        return date(year, month + 1, min(start.day, months_of_year.monthrange(year, month + 1)[1]))
    return start + timedelta(days=length.number if length.unit == "day" else -(-length.number // 24))


def merged(paused: Pauses) -> list[tuple[int, int]]:
    """Pauses as day numbers in order, those that touch or overlap put together, empty ones left out."""
    found: list[tuple[int, int]] = []
    for begin, to in sorted((begin.toordinal(), to.toordinal()) for begin, to in paused):
        if to <= begin:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], to))
        else:
            found.append((begin, to))
    return found


def _prolonged(start: int, last: int, rests: Sequence[tuple[int, int]]) -> int:
    """``last`` put off by the days of rest that lie after ``start`` and before the end itself."""
    for begin, to in rests:
        begin = max(begin, start)
        if begin >= last:
            break
        last += max(0, to - begin)
    return last

"""Changing the calendar: a year's notice, single days; who may, what fits, the ledger, and the re-dating that follows."""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from . import audit, db, ledger, redating, snapshot
from .calendar import COUNTRY, DAY_OFF_ROW, HOLIDAY_ROW, MAKE_UP_ROW, WORKDAY_ROW
from .calendar_rows import CalendarDay, CalendarYear
from .errors import Conflict, Forbidden, Invalid, NotFound
from .field_base import bad_character
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .tree import Node

EDIT = "core.calendar.edit"
KINDS: Mapping[str, Any] = {HOLIDAY_ROW: _l("holiday"), MAKE_UP_ROW: _l("make-up workday"), DAY_OFF_ROW: _l("local day off"),
                            WORKDAY_ROW: _l("local working day")}
YEARS = range(2000, 2101)
LONGEST_NAME, LONGEST_SOURCE = 80, 400
STATUTORY = 11
"""Days off that the law itself grants in a year: a national notice with fewer is probably not complete."""


@dataclass(frozen=True)
class Row:
    """One day of a notice: ``where`` is its line or row in what was sent."""

    day: date
    kind: str
    name: str = ""
    where: int = 0


@dataclass
class Plan:
    """What entering a notice would do: new, changed (old kind and name beside) and removed days, and those that stay."""

    year: int
    new: list[Row] = field(default_factory=list)
    changed: list[tuple[Row, str, str]] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)
    same: int = 0
    known: bool = False
    thin: bool = False

    def days(self) -> list[date]:
        """The days that change, in order."""
        return sorted(row.day for row in (*self.new, *[row for row, _k, _n in self.changed], *self.removed))

    def fingerprint(self) -> str:
        """A short text that differs when the plan differs: what was confirmed is what is done."""
        body = orjson.dumps([self.year, self.known, *[[(row.day.isoformat(), row.kind, row.name) for row in rows] for rows in (
            self.new, [row for row, _k, _n in self.changed], self.removed)]])
        return hashlib.sha256(body).hexdigest()[:16]


def may_edit(actor: Any, place: Node | None) -> bool:
    """True when ``actor`` may change rows of ``place``; those of the country (None) only who administers the whole deployment.

    That is the administrator of every root; where everything hangs on one county, as below a bare province, that county's.
    """
    if place is not None:
        return bool(actor.may(EDIT, place))
    tree = snapshot.current().tree
    whole = tree.roots
    while len(whole) == 1 and whole[0].level in ("province", "city") and len(below := tree.children(whole[0])) == 1:
        whole = below
    return bool(actor.system or (whole and all(actor.may(EDIT, root) for root in whole)))


def _require(actor: Any, place: Node | None) -> None:
    if may_edit(actor, place):
        return
    if place is None:
        raise Forbidden(_("The days of the whole country are changed only by who administers the whole deployment."),
                        remedy=_("Enter a local day for your county, or ask the administrator of the platform."))
    raise Forbidden(_("You may not change the calendar at %(place)s.", place=place.name))


def place_name(place: Node | None) -> str:
    """How the scope of a row is called."""
    return place.name if place is not None else _("the whole country")


def mistakes(rows: Sequence[Row], year: int) -> dict[int, str]:
    """Line → what is wrong with it: a day twice, a day outside the notice's year, a make-up day in the middle of the week."""
    found: dict[int, str] = {}
    seen: dict[date, int] = {}
    first, last = date(year - 1, 12, 1), date(year, 12, 31)
    for row in rows:
        text = ""
        if row.day in seen:
            text = _("%(day)s stands already in line %(line)s: a day may stand there once.", day=format_day(row.day),
                     line=seen[row.day])
        elif not first <= row.day <= last:
            text = _("%(day)s is not a day of the notice for %(year)s: from %(first)s to %(last)s.", day=format_day(row.day),
                     year=year, first=format_day(first), last=format_day(last))
        else:
            text = _mistake(row.day, row.kind, row.name)
        seen.setdefault(row.day, row.where)
        if text:
            found.setdefault(row.where, text)
    return found


def _mistake(day: date, kind: str, name: str) -> str:
    if kind not in KINDS:
        return _("“%(kind)s” is no kind of day. Write one of: %(kinds)s.", kind=kind[:20],
                 kinds=", ".join(str(label) for label in KINDS.values()))
    if kind == MAKE_UP_ROW and day.weekday() < 5:
        return _("%(day)s is no Saturday or Sunday, so it cannot be a make-up workday.", day=format_day(day))
    if len(name) > LONGEST_NAME or bad_character(name, False) is not None:
        return _("The name is at most %(most)s ordinary characters long.", most=LONGEST_NAME)
    return ""


def check(rows: Sequence[Row], year: int, source: str) -> None:
    """Raise ``Invalid`` that names every wrong line; nothing was changed then."""
    errors: dict[str, list[str]] = {}
    if year not in YEARS:
        errors["year"] = [_("Write a year from %(first)s to %(last)s.", first=YEARS[0], last=YEARS[-1])]
    if not source.strip() or len(source) > LONGEST_SOURCE:
        errors["source"] = [_("Say which document it comes from.")]
    if not rows:
        errors["days"] = [_("There is no day in it.")]
    elif year in YEARS:
        wrong = mistakes(rows, year)
        if wrong:
            errors["days"] = [_("Line %(line)s: %(text)s", line=line, text=text) for line, text in sorted(wrong.items())[:50]]
    if errors:
        raise Invalid(_("The notice was not entered. Nothing was changed."), errors=errors)


def plan(place: Node | None, year: int, rows: Iterable[Row]) -> Plan:
    """Compare a checked notice with what is stored for its place and year. Writes nothing."""
    place_id = place.id if place is not None else COUNTRY
    wanted = {row.day: row for row in rows}
    query = CalendarDay.select(CalendarDay.day, CalendarDay.kind, CalendarDay.name, CalendarDay.year).where(
        (CalendarDay.division_id == place_id)
        & ((CalendarDay.year == year) | CalendarDay.day.in_(sorted(wanted) or [date(1900, 1, 1)])))
    stored = {day: (kind, name, of_year) for day, kind, name, of_year in query.tuples()}
    known = CalendarYear.select().where((CalendarYear.division_id == place_id) & (CalendarYear.year == year)).exists()
    found = Plan(year, known=known)
    for day, row in sorted(wanted.items()):
        if day not in stored:
            found.new.append(row)
        elif stored[day][:2] != (row.kind, row.name):
            found.changed.append((row, stored[day][0], stored[day][1]))
        else:
            found.same += 1
    found.removed = [Row(day, kind, name) for day, (kind, name, of_year) in sorted(stored.items())
                     if of_year == year and day not in wanted]
    found.thin = place is None and sum(row.kind == HOLIDAY_ROW for row in wanted.values()) < STATUTORY
    return found


def enter_year(place: Node | None, year: int, rows: Sequence[Row], source: str, actor: Any, node: Node, *,
               fingerprint: str = "") -> tuple[Plan, redating.Redating | None]:
    """Enter the notice of a year for a place (None: the country): its days replace those of an earlier version.

    ``node`` is the division where the report of the re-dating is shown. Raises ``Forbidden``, ``Invalid`` naming lines, and
    ``Conflict`` when the calendar changed after the preview with that ``fingerprint``. Nothing is changed then. Returns what
    was done and the re-dating that was asked for; None when no day changed.
    """
    _require(actor, place)
    check(rows, year, source)
    place_id = place.id if place is not None else COUNTRY
    with db.transaction():
        snapshot.bump()  # takes the lock that lets one change of the configuration after the other
        found = plan(place, year, rows)
        if fingerprint and fingerprint != found.fingerprint():
            raise Conflict(_("The calendar was changed after you looked at the preview."),
                           remedy=_("Look at the new preview, then confirm again."))
        days, moment = found.days(), db.now()
        CalendarDay.delete().where((CalendarDay.division_id == place_id) & (
            (CalendarDay.year == year) | CalendarDay.day.in_([row.day for row in rows]))).execute()
        CalendarDay.insert_many([{
            "division_id": place_id, "day": row.day, "kind": row.kind, "name": row.name, "source": source.strip(), "year": year,
            "changed_at": moment, "changed_by": actor.account_id} for row in rows]).execute()
        (CalendarYear.insert(division_id=place_id, year=year, source=source.strip(), entered_at=moment,
                             entered_by=actor.account_id)
         .on_conflict(conflict_target=(CalendarYear.division_id, CalendarYear.year),
                      update={CalendarYear.source: source.strip(), CalendarYear.entered_at: moment,
                              CalendarYear.entered_by: actor.account_id}).execute())
        _note("enter_year", place, actor, {
            "year": year, "source": source.strip(), "new": [_told(row) for row in found.new],
            "changed": [_told(row) | {"before": kind} for row, kind, _name in found.changed],
            "removed": [_told(row) for row in found.removed], "same": found.same})
        since = date(year, 1, 1) if not found.known else days[0] if days else None
        if since is not None and days:
            since = min(since, days[0])
        asked = None if since is None else redating.ask(
            redating.CALENDAR, node, actor, reason=source.strip(), everywhere=place is None, since=since)
    return found, asked


def put_day(place: Node | None, day: date, kind: str, name: str, source: str, actor: Any, node: Node) -> redating.Redating:
    """Enter or change one day of a place (None: the country). Raises ``Forbidden`` and ``Invalid`` naming the field."""
    _require(actor, place)
    errors = {}
    text = _mistake(day, kind, name)
    if text:
        errors["kind" if kind not in KINDS or kind == MAKE_UP_ROW else "name"] = [text]
    if not source.strip() or len(source) > LONGEST_SOURCE:
        errors["source"] = [_("Say which document it comes from.")]
    if day.year not in YEARS:
        errors["day"] = [_("Write a year from %(first)s to %(last)s.", first=YEARS[0], last=YEARS[-1])]
    if errors:
        raise Invalid(_("The day was not entered. Nothing was changed."), errors=errors)
    place_id = place.id if place is not None else COUNTRY
    with db.transaction():
        snapshot.bump()
        before = CalendarDay.get_or_none((CalendarDay.division_id == place_id) & (CalendarDay.day == day))
        values = {"kind": kind, "name": name, "source": source.strip(), "changed_at": db.now(), "changed_by": actor.account_id}
        (CalendarDay.insert(division_id=place_id, day=day, year=day.year, **values)
         .on_conflict(conflict_target=(CalendarDay.division_id, CalendarDay.day), update=values).execute())
        _note("set_day", place, actor, _told(Row(day, kind, name)) | {
            "source": source.strip(), "before": before.kind if before is not None else None})
        return redating.ask(redating.CALENDAR, node, actor, reason=source.strip(), everywhere=place is None, since=day)


def remove_day(place: Node | None, day: date, actor: Any, node: Node) -> redating.Redating:
    """Take one entered day back: it is again what the place above, or the weekday, says. Raises ``NotFound``, ``Forbidden``."""
    _require(actor, place)
    place_id = place.id if place is not None else COUNTRY
    with db.transaction():
        snapshot.bump()
        row = CalendarDay.get_or_none((CalendarDay.division_id == place_id) & (CalendarDay.day == day))
        if row is None:
            raise NotFound(_("Nothing was entered for %(day)s at %(place)s.", day=format_day(day), place=place_name(place)),
                           remedy=_("Load the page again."))
        CalendarDay.delete().where(CalendarDay.id == row.id).execute()
        _note("remove_day", place, actor, _told(Row(row.day, row.kind, row.name)) | {"source": row.source})
        return redating.ask(redating.CALENDAR, node, actor, reason=row.source, everywhere=place is None, since=day)


def _told(row: Row) -> dict[str, Any]:
    return {"day": row.day.isoformat(), "kind": row.kind, "name": row.name}


def _note(step: str, place: Node | None, actor: Any, facts: Mapping[str, Any]) -> None:
    """Ledger, audit and snapshot of one change, inside its transaction."""
    typed = {name: facts[name] for name in ("name", "source") if facts.get(name)}  # what people type stands beside the chain
    ledger.append("core.calendar", place.id if place is not None else COUNTRY, step, node=place, account_id=actor.account_id,
                  facts={name: value for name, value in facts.items() if name not in typed}, detail=typed or None)
    audit.event("calendar", actor, {"step": step, "year": facts.get("year"), "day": facts.get("day")},
                division_id=place.id if place is not None else None)
    snapshot.bump()

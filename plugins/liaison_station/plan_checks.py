"""Rules across the fields of schedules, receptions, duties and wishes. They complete what was left empty as well."""
from __future__ import annotations

from datetime import date
from typing import Any

from grid321.core.api import format_day, local_day
from grid321.core.api import gettext as _

from . import calendar_rules as rules
from .deputy_models import Deputy, Placement
from .placement import in_office, open_on
from .reception_models import Duty, Reception
from .station_checks import Errors, moved, reader
from .station_models import Room, Station
from .station_rules import is_open

FIXED_WHEN_POSTED = ("day", "from_minute", "to_minute", "mode", "inside", "mobile", "room_id", "place", "link", "kind")
"""Columns of what the notice at the door says."""


def check_schedule(data: dict[str, Any], record: Any, node: Any) -> Errors:
    """A rule ends, gives between one and ``calendar_rules.MOST`` days, and its times and days are in order.

    Completes the last day from COUNT or UNTIL of the rule.
    """
    value = reader(data, record)
    if moved(data, record):
        return moved(data, record)
    errors = _check_times(value) | _check_room(value)
    first, last = value("from_day"), value("to_day")
    try:
        end = rules.own_end(value("rrule"), first)
    except rules.BadRule as problem:
        return errors | {"rrule": [str(problem)]}
    if last is None and end is None:
        return errors | {"to_day": [_("This rule never ends. Enter the last day, such as the end of the term.")]}
    last = data["to_day"] = min(day for day in (last, end) if day is not None)
    if last < first:
        return errors | {"to_day": [_("The last day lies before the first day.")]}
    if last > rules.latest(first):
        return errors | {"to_day": [_("A rule lasts at most %(years)s years. Choose an earlier last day.", years=rules.YEARS)]}
    return errors | _check_days(value, first, last)


def _check_days(value: Any, first: date, last: date) -> Errors:
    """The days of a rule, those left out and those added."""
    try:
        found = set(rules.occurrences(value("rrule"), first, last))
    except rules.BadRule as problem:
        return {"rrule": [str(problem)]}
    left_out, added = set(rules.read_days(value("left_out"))), set(rules.read_days(value("added")))
    strange = sorted(day for day in added if not first <= day <= last)
    if strange:
        return {"added": [_("%(day)s lies outside of the rule’s first and last day.", day=format_day(strange[0]))]}
    if left_out & added:
        return {"added": [_("%(day)s is left out as well. Decide for one.", day=format_day(min(left_out & added)))]}
    if not (found | added) - left_out:
        return {"rrule": [_("This rule gives no day from %(first)s to %(last)s. Correct it.", first=format_day(first),
                            last=format_day(last))]}
    return {}


def _check_times(value: Any) -> Errors:
    if value("to_minute") <= value("from_minute"):
        return {"to_minute": [_("It ends before it begins. Correct one of the times.")]}
    if value("mode") in ("online", "both") and not value("link"):
        return {"link": [_("Voters who are received online need the address of the online room.")]}
    return {}


def _check_room(value: Any) -> Errors:
    room = Room.get_or_none(Room.id == value("room_id")) if value("room_id") else None
    if room is not None and room.station_id != value("station_id"):
        return {"room": [_("Choose a room of the same station.")]}
    return {}


def check_reception(data: dict[str, Any], record: Any, node: Any) -> Errors:
    """A reception is not in the past, its station works then, and what was posted changes by postponing or dropping only."""
    value = reader(data, record)
    if moved(data, record):
        return moved(data, record)
    if record is not None and record.state != "planned":
        text = _("This was posted at the door. Take the step “Postpone” or “Drop the reception”, so that voters learn of it.")
        return {name.removesuffix("_id"): [text] for name in FIXED_WHEN_POSTED
                if name in data and data[name] != getattr(record, name)}
    errors = _check_times(value) | _check_room(value)
    day = value("day")
    if (record is None or "day" in data) and day < local_day():
        return errors | {"day": [_("%(day)s is past. Choose today or a later day.", day=format_day(day))]}
    if not is_open(Station.get_by_id(value("station_id")), day):
        return errors | {"day": [_("The station does not work on %(day)s: it is not open yet, at rest or closed.",
                                   day=format_day(day))]}
    data["first_day"] = day
    return errors


def check_duty(data: dict[str, Any], record: Any, node: Any) -> Errors:
    """Who is on duty belongs to the station, may act on that day, and is on duty nowhere else then.

    Completes station, day and person; what stands in a roster changes by taking the row back and entering another.
    """
    if record is not None:
        return {name: [_("This stays. Take the duty back and enter another one.")]
                for name in ("reception", "deputy") if data.get(f"{name}_id", getattr(record, f"{name}_id"))
                != getattr(record, f"{name}_id")} or _check_came(data, record)
    reception = Reception.get_or_none(Reception.id == data["reception_id"])
    if reception is None or reception.closed_at is not None:
        return {"reception": [_("This reception is over. Choose one that is still to come.")]}
    deputy = Deputy.get_by_id(data["deputy_id"])
    data |= {"station_id": reception.station_id, "day": reception.day, "person_id": deputy.person_id,
             "by": data.get("by") or "hand"}
    reason = why_not(deputy, reception)
    return {"deputy": [reason]} if reason else {}


def _check_came(data: dict[str, Any], record: Any) -> Errors:
    if data.get("state", "planned") not in ("planned", "excused") and record.day > local_day():
        return {"state": [_("This day has not come yet.")]}
    return {}


def why_not(deputy: Any, reception: Any, own_id: int = 0) -> str:
    """Why a deputy may not be put on duty at a reception, in a sentence; empty when nothing stands against it. Up to 5 queries.

    Two mandates are one person: who is on duty by one of them on a day is on duty.
    """
    name, day = deputy.name, format_day(reception.day)
    if not Deputy.select(Deputy.id).where((Deputy.id == deputy.id) & in_office(reception.day)).exists():
        return _("%(name)s may not act on %(day)s: the mandate is suspended, over or has not begun.", name=name, day=day)
    if not Placement.select(Placement.id).where((Placement.deputy_id == deputy.id) & open_on(reception.day)
                                                & (Placement.station_id == reception.station_id)).exists():
        return _("%(name)s does not belong to this station on %(day)s. Place the deputy there first.", name=name, day=day)
    if Duty.select(Duty.id).where((Duty.reception_id == reception.id) & (Duty.deputy_id == deputy.id) & (Duty.id != own_id)
                                  & (Duty.state == "excused")).exists():
        return _("%(name)s stands on this roster as excused. Change that row.", name=name)
    other = Duty.select(Duty.station_id, Duty.reception_id).where(
        (Duty.person_id == deputy.person_id) & (Duty.day == reception.day) & (Duty.id != own_id)
        & (Duty.state != "excused")).first()
    if other is None:
        return ""
    if other.reception_id == reception.id:
        return _("%(name)s is on duty at this reception already.", name=name)
    station = Station.get_or_none(Station.id == other.station_id)
    return _("%(name)s is on duty at %(station)s on %(day)s already. Choose somebody else.", name=name, day=day,
             station=station.name if station is not None else "")


def check_wish(data: dict[str, Any], record: Any, node: Any) -> Errors:
    """A wish names days that are still to come."""
    value = reader(data, record)
    first, last = value("from_day"), value("to_day")
    if first is None and last is None and value("weekday") is None:
        return {"from_day": [_("Enter days, or a day of the week.")]}
    if first is not None and last is not None and last < first:
        return {"to_day": [_("The last day lies before the first day.")]}
    if last is not None and last < local_day():
        return {"to_day": [_("%(day)s is past. Choose today or a later day.", day=format_day(last))]}
    if record is not None and data.get("deputy_id", record.deputy_id) not in (None, record.deputy_id):
        return {"deputy": [_("This stays. Enter the wish of the other deputy anew.")]}
    return {}

"""The week of a room: who has it when, by booking and by shared time, and when it is free."""
from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import g, render_template, request

from grid321.core.api import BadRequest, current_actor, fetch, format_day, json_answer, local_day, registry
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .station_choices import P
from .station_fields import clock
from .station_models import Booking, Room, Slot
from .station_rules import is_open, station_of

DAYS = 7
NAMES = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))


def week_of(room: Room, monday: date) -> list[dict[str, Any]]:
    """The seven days of a room from ``monday`` on: of each the ``day`` and what takes it, in order of time. Two queries.

    An entry has ``from_minute``, ``to_minute``, ``what``, ``shared`` (a shared time, not a booking) and ``booking`` (its id).
    """
    last = monday + timedelta(days=DAYS - 1)
    days: list[dict[str, Any]] = [{"day": monday + timedelta(days=number), "entries": []} for number in range(DAYS)]
    for one in Booking.select().where((Booking.room_id == room.id) & (Booking.day >= monday) & (Booking.day <= last)):
        days[(one.day - monday).days]["entries"].append(_entry(one, one.purpose, one.id))
    for one in Slot.select().where((Slot.room_id == room.id) & (Slot.from_day <= last)
                                   & (Slot.to_day.is_null() | (Slot.to_day >= monday))):
        day = days[int(one.weekday)]
        if one.from_day <= day["day"] and (one.to_day is None or one.to_day >= day["day"]):
            day["entries"].append(_entry(one, one.used_by, None))
    for day in days:
        day["entries"].sort(key=lambda entry: (entry["from_minute"], entry["to_minute"]))
    return days


def _entry(row: Any, what: str, booking: int | None) -> dict[str, Any]:
    return {"from_minute": row.from_minute, "to_minute": row.to_minute, "what": what, "shared": booking is None,
            "booking": booking}


def page(record_id: int) -> Any:
    """The calendar of a room's week, with a button for each day on which it may be booked."""
    room, monday = _room(record_id), _monday()
    station, base = station_of(room.station_id), f"/d/{g.node.code}/liaison_station"
    may_book = current_actor().may_on(f"{P}booking.create", room)
    days = [{"label": str(NAMES[number]), "date": format_day(one["day"]),
             "today": one["day"] == local_day(), "entries": [
                 {"time": f"{clock(entry['from_minute'])}–{clock(entry['to_minute'])}", "what": entry["what"],
                  "shared": entry["shared"], "url": f"{base}/booking/{entry['booking']}" if entry["booking"] else ""}
                 for entry in one["entries"]],
             "book_url": f"{base}/booking/new?room={room.id}&day={one['day'].isoformat()}"
             if may_book and one["day"] >= local_day() and is_open(station, one["day"]) else ""}
            for number, one in enumerate(week_of(room, monday))]
    here = f"{base}/room/{room.id}/week?day="
    return render_template(
        "liaison_station/room_week.html", room=room, station=station, station_url=f"{base}/station/{station.id}", days=days,
        rooms=[{"name": one.name, "url": f"{base}/room/{one.id}/week?day={monday.isoformat()}", "here": one.id == room.id}
               for one in Room.select().where(Room.station_id == station.id).order_by(Room.name)],
        first=format_day(monday), last=format_day(monday + timedelta(days=DAYS - 1)),
        before=f"{here}{(monday - timedelta(days=DAYS)).isoformat()}",
        after=f"{here}{(monday + timedelta(days=DAYS)).isoformat()}",
        now_url=f"{base}/room/{room.id}/week")


def operation(record_id: int) -> Any:
    """The week of a room as data: ``?day=`` is any day of it."""
    room, monday = _room(record_id), _monday()
    return json_answer({"room": room.id, "from": monday.isoformat(), "days": [
        {"day": one["day"].isoformat(), "entries": [
            {"from": clock(entry["from_minute"]), "to": clock(entry["to_minute"]), "what": entry["what"],
             "shared": entry["shared"], "booking": entry["booking"]} for entry in one["entries"]]}
        for one in week_of(room, monday)]})


def _room(record_id: int) -> Any:
    return fetch(registry().entity(f"{P}room"), record_id, "view", g.node, current_actor())


def _monday() -> date:
    """The Monday of the week that the address asks for, of this week by default. Raises ``BadRequest``."""
    text = request.args.get("day", "")
    try:
        day = date.fromisoformat(text) if text else local_day()
        return day - timedelta(days=day.weekday())
    except (ValueError, OverflowError):
        raise BadRequest(_("This is not a day."), text[:20], _("Write it like 2026-03-15.")) from None



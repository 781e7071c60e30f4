"""Rules across the fields of stations and of what belongs to them. Each check names the field and says what to do."""
from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date
from typing import Any

from grid321.core.api import Node, format_day, local_day, tree
from grid321.core.api import gettext as _

from .station_fields import clock
from .station_models import Booking, Paper, Room, Slot, Staff, Station
from .station_rules import LIST_MARK, ROLE_LABELS, is_open, names_of, ruled, why_not_head

Errors = dict[str, list[str]]

ON_ENDING: list[Callable[[int, date], list[str]]] = []
"""Called as (station id, first day on which it works no more): what stands against it, in sentences that say what to do."""

PLATE_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Digits and letters that nobody mistakes for another one when a plate is read aloud."""
PLATE_LENGTH = 8
DEEPEST = 8
CHINA = {"lat": (3.0, 54.0), "lng": (73.0, 136.0)}
"""Degrees between which China lies: latitude and longitude that were typed in the other's field are noticed."""


def reader(data: dict[str, Any], record: Any) -> Callable[[str], Any]:
    """A function that reads a column from what was typed, or from the record where it was not."""
    return lambda name: data[name] if name in data else getattr(record, name, None)


def lock(model: Any, record_id: int) -> bool:
    """Hold a row until the transaction ends, on both databases alike: what is asked after it stays true. False for no row.

    Writing a row as it is locks it on PostgreSQL; SQLite lets one writer in at a time anyway.
    """
    return bool(model.update(version=model.version).where(model.id == record_id).execute())


def check_station(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """Name once in its division, days in order, a place on the map with both degrees, a station above it that stands above it.

    Gives a new station the word of its door plate.
    """
    value, errors = reader(data, record), Errors()
    if record is None:
        data["plate"] = "".join(secrets.choice(PLATE_SIGNS) for _sign in range(PLATE_LENGTH))
    twins = Station.select(Station.id).where((Station.division_id == node.id) & (Station.name == value("name")))
    if (record is None or "name" in data) and twins.where(Station.id != (record.id if record is not None else 0)).exists():
        errors["name"] = [_("%(place)s has a station of that name already. Choose another name.", place=node.name)]
    opened = value("opened_on")
    for name, text in (("suspended_on", _("It cannot rest before it was opened on %(day)s.")),
                       ("closed_on", _("It cannot be closed before it was opened on %(day)s."))):
        if value(name) is not None and opened is not None and value(name) < opened:
            errors[name] = [text % {"day": format_day(opened)}]
    if record is not None:
        errors |= _check_ending(data, record)
    return errors | _check_position(value) | _check_parent(value("parent_id"), record, node, "parent_id" in data)


def _check_ending(data: dict[str, Any], record: Any) -> Errors:
    """A station is not closed, and does not rest, over what it still waits for."""
    errors = Errors()
    for name in ("suspended_on", "closed_on"):
        if data.get(name) is not None and data[name] != getattr(record, name):
            waiting = [text for ask in ON_ENDING for text in ask(record.id, data[name])]
            errors |= {name: waiting} if waiting else {}
    return errors


def _check_position(value: Callable[[str], Any]) -> Errors:
    """Both degrees or none, and not one in the other's field."""
    lat, lng = value("lat"), value("lng")
    if (lat is None) != (lng is None):
        return {"lat" if lat is None else "lng": [_("A place on the map needs latitude and longitude: enter both or neither.")]}
    for name, degrees in (("lat", lat), ("lng", lng)):
        least, most = CHINA[name]
        if degrees is not None and not least <= degrees <= most:
            return {name: [_("This place lies outside China. Latitude is about 3 to 54, longitude 73 to 136: were they "
                             "exchanged?")]}
    return {}


def _check_parent(parent_id: int | None, record: Any, node: Node, typed: bool) -> Errors:
    if parent_id is None or not typed:
        return {}
    own = record.id if record is not None else 0
    above, seen = Station.get_or_none(Station.id == parent_id), 0
    place = tree().get(above.division_id) if above is not None else None
    if above is None or place is None or not tree().covers(place, node):
        return {"parent": [_("Choose a station of the same division or of one above it.")]}
    while above is not None and seen < DEEPEST:
        if above.id == own:
            return {"parent": [_("This station stands below it already. Choose another one.")]}
        above, seen = (Station.get_or_none(Station.id == above.parent_id) if above.parent_id else None), seen + 1
    return {} if above is None else {"parent": [_("More than %(count)s stations above each other are too many.", count=DEEPEST)]}


def check_room(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """A room's name once in its station, and it stays in its station."""
    value = reader(data, record)
    if moved(data, record):
        return moved(data, record)
    twins = Room.select(Room.id).where((Room.station_id == value("station_id")) & (Room.name == value("name")))
    if twins.where(Room.id != (record.id if record is not None else 0)).exists():
        return {"name": [_("This station has a room of that name already. Choose another name.")]}
    return {}


def check_belonging(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """What belongs to a station stays with it."""
    return moved(data, record)


def moved(data: dict[str, Any], record: Any) -> Errors:
    """The refusal to move something into another station; nothing for a new record."""
    if record is not None and data.get("station_id", record.station_id) != record.station_id:
        return {"station": [_("It stays at its station. Enter a new one for the other station.")]}
    return {}


# ---------------------------------------------------------------- rooms by time

def check_booking(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """A room is taken from one minute to a later one, not in the past, while its station works, and by one at a time.

    The room's row is locked before the others are read, so that of two who book at once exactly one gets the room. Gives a
    new booking its station.
    """
    value = reader(data, record)
    room_id, day, begin, end = value("room_id"), value("day"), value("from_minute"), value("to_minute")
    lock(Room, room_id)
    room = Room.get_or_none(Room.id == room_id)
    if room is None:
        return {"room": [_("This room no longer exists. Choose another one.")]}
    if record is not None and room.station_id != record.station_id:
        return {"room": [_("Choose a room of the same station.")]}
    if end <= begin:
        return {"to_minute": [_("It ends before it begins. Correct one of the times.")]}
    if day < local_day():
        return {"day": [_("%(day)s is past. Choose today or a later day.", day=format_day(day))]}
    if not is_open(Station.get_by_id(room.station_id), day):
        return {"day": [_("The station does not work on %(day)s: it is not open yet, at rest or closed.", day=format_day(day))]}
    shared = shared_with(room_id, day, begin, end)
    if shared is not None:
        return {"from_minute": [_(
            "%(room)s is used by %(who)s from %(begin)s to %(end)s on this day of the week. Choose another time or room.",
            room=room.name, who=shared.used_by, begin=clock(shared.from_minute), end=clock(shared.to_minute))]}
    other = overlapping(room_id, day, begin, end, record.id if record is not None else 0)
    if other is None:
        data |= {"station_id": room.station_id} if record is None else {}
        return {}
    return {"from_minute": [_(
        "%(room)s is taken on %(day)s from %(begin)s to %(end)s (%(purpose)s). Choose another time or room.", room=room.name,
        day=format_day(day), begin=clock(other.from_minute), end=clock(other.to_minute), purpose=other.purpose)]}


def overlapping(room_id: int, day: date, begin: int, end: int, own_id: int = 0) -> Booking | None:
    """The first booking of a room on a day that shares a minute with ``begin`` to ``end``, apart from ``own_id``, or None."""
    found: Booking | None = Booking.select().where(
        (Booking.room_id == room_id) & (Booking.day == day) & (Booking.id != own_id) & (Booking.from_minute < end)
        & (Booking.to_minute > begin)).order_by(Booking.from_minute, Booking.id).first()
    return found


def shared_with(room_id: int, day: date, begin: int, end: int) -> Slot | None:
    """The shared time of a room that takes a minute of ``begin`` to ``end`` on a day, or None."""
    found: Slot | None = Slot.select().where(
        (Slot.room_id == room_id) & (Slot.weekday == str(day.weekday())) & (Slot.from_minute < end) & (Slot.to_minute > begin)
        & (Slot.from_day <= day) & (Slot.to_day.is_null() | (Slot.to_day >= day))).order_by(Slot.from_minute, Slot.id).first()
    return found


def check_slot(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """A shared time ends after it begins, takes a minute of no other one, and of no booking to come.

    The room's row is locked first, as for a booking. Gives a new one its station.
    """
    value = reader(data, record)
    room_id, begin, end, first, last = map(value, ("room_id", "from_minute", "to_minute", "from_day", "to_day"))
    lock(Room, room_id)
    room = Room.get_or_none(Room.id == room_id)
    if room is None or (record is not None and room.id != record.room_id):
        return {"room": [_("It stays at its room. Enter a new one for the other room.")]}
    if end <= begin:
        return {"to_minute": [_("It ends before it begins. Correct one of the times.")]}
    if last is not None and last < first:
        return {"to_day": [_("The last day lies before the first day.")]}
    others = Slot.select().where(
        (Slot.room_id == room_id) & (Slot.weekday == value("weekday")) & (Slot.id != (record.id if record is not None else 0))
        & (Slot.from_minute < end) & (Slot.to_minute > begin) & (Slot.to_day.is_null() | (Slot.to_day >= first)))
    other = (others if last is None else others.where(Slot.from_day <= last)).first()
    if other is not None:
        return {"from_minute": [_("%(who)s uses the room from %(begin)s to %(end)s then. Choose another time.", who=other.used_by,
                                  begin=clock(other.from_minute), end=clock(other.to_minute))]}
    coming = Booking.select().where((Booking.room_id == room_id) & (Booking.day >= max(first, local_day()))
                                    & (Booking.from_minute < end) & (Booking.to_minute > begin)).order_by(Booking.day)
    for row in coming if last is None else coming.where(Booking.day <= last):
        if str(row.day.weekday()) == value("weekday"):
            return {"from_minute": [_("The room is booked on %(day)s (%(purpose)s). Move that first.", day=format_day(row.day),
                                      purpose=row.purpose)]}
    data |= {"station_id": room.station_id} if record is None else {}
    return {}


# ---------------------------------------------------------------- staff

def check_staff(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """Who may work at a station: the head whom the rule asks for, one head at a time, nobody twice in the same post."""
    if record is not None:
        return _check_end(data, record)
    station_id, person_id, role = data["station_id"], data["person_id"], data["role"]
    from_day, to_day = data["from_day"], data.get("to_day")
    lock(Station, station_id)
    station = Station.get_or_none(Station.id == station_id)
    if station is None or (station.closed_on is not None and station.closed_on <= from_day):
        return {"station": [_("This station is closed on that day. Choose another one.")]}
    if to_day is not None and to_day < from_day:
        return {"to_day": [_("The last day lies before the first day.")]}
    at_once = Staff.select().where((Staff.station_id == station_id) & (Staff.role == role)
                                   & (Staff.to_day.is_null() | (Staff.to_day >= from_day)))
    if to_day is not None:
        at_once = at_once.where(Staff.from_day <= to_day)
    same = at_once.where(Staff.person_id == person_id).first()
    if same is not None:
        return {"person": [_("This person is %(post)s here already, since %(day)s.", post=str(ROLE_LABELS[role]),
                             day=format_day(same.from_day))]}
    if role != "head":
        return {}
    others = list(at_once.order_by(Staff.from_day, Staff.id))
    if len(others) >= max(1, int(ruled("staff_head", node, from_day)[0])):
        names = names_of([row.person_id for row in others])
        held = LIST_MARK.join(_("%(name)s, since %(day)s", name=names.get(row.person_id, ""), day=format_day(row.from_day))
                              for row in others)
        return {"role": [_("The station has its head (%(who)s). Enter the last day there first.", who=held)]}
    refusal = why_not_head(person_id, station, from_day)
    if not refusal:
        return {}
    return {"person": [_("%(why)s Enter the missing post under “Posts”, or choose another head.", why=refusal)]}


def _check_end(data: dict[str, Any], record: Any) -> Errors:
    """Of who works at a station only the last day is entered, once."""
    fixed = {"station_id": "station", "person_id": "person", "role": "role", "from_day": "from_day"}
    errors = {field: [_("This stays. Enter the last day, and the person anew with what is right.")]
              for column, field in fixed.items() if column in data and data[column] != getattr(record, column)}
    to_day = data.get("to_day", record.to_day)
    if record.to_day is not None and to_day != record.to_day:
        errors["to_day"] = [_("This time ended on %(day)s. Enter the person anew.", day=format_day(record.to_day))]
    elif to_day is not None and to_day < record.from_day:
        errors["to_day"] = [_("The last day lies before the first day.")]
    return errors


# ---------------------------------------------------------------- papers

PAPER_FIXED = {"kind": "kind", "title": "title", "text": "text", "adopted_on": "adopted_on", "adopted_by": "adopted_by",
               "station_id": "station"}


def check_paper(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """The wording of an edition stays; it is repealed after it came into force; it hangs in a station of its own division.

    Gives a new paper its series and the next number of an edition.
    """
    if record is not None:
        errors = {field: [_("What an edition says stays as it hung on the wall. Write a new edition.")]
                  for column, field in PAPER_FIXED.items() if column in data and data[column] != getattr(record, column)}
        repealed = data.get("repealed_on", record.repealed_on)
        if repealed is not None and repealed < record.adopted_on:
            errors["repealed_on"] = [_("It cannot be repealed before it came into force.")]
        return errors
    if data.get("repealed_on") is not None and data["repealed_on"] < data["adopted_on"]:
        return {"repealed_on": [_("It cannot be repealed before it came into force.")]}
    station_id = data.get("station_id")
    station = Station.get_or_none(Station.id == station_id) if station_id else None
    if station is not None and station.division_id != node.id:
        return {"division": [_("Leave the division empty: the station has its own.")]}
    data["series"] = f"{station_id or 0}:{data['kind']}:{data['title']}"
    last = Paper.select(Paper.edition, Paper.adopted_on).where(
        (Paper.division_id == node.id) & (Paper.series == data["series"])).order_by(Paper.edition.desc()).first()
    if last is not None and data["adopted_on"] < last.adopted_on:
        return {"adopted_on": [_("Edition %(number)s is in force from %(day)s: a later edition does not begin before it.",
                                 number=last.edition, day=format_day(last.adopted_on))]}
    data["edition"] = last.edition + 1 if last is not None else 1
    return {}

"""Rules across the fields of themes, activities and results, and what a kind of activity demands."""
from __future__ import annotations

from datetime import date
from typing import Any

from grid321.core.api import Node, format_day, local_day, setting, tree
from grid321.core.api import gettext as _

from .activity_choices import DEMANDS, parse_demands
from .activity_models import Activity, Attendance, Result, Theme
from .deputy_models import Deputy, Placement
from .placement import in_office, open_on
from .station_checks import reader
from .station_models import Room, Station
from .station_rules import is_open

Errors = dict[str, list[str]]
DONE = ("held", "entered", "written")
"""The states of an activity that took place."""

BEFORE = ("planned", "announced")


def quarter_of(day: date) -> int:
    """The quarter of a day, 1 to 4."""
    return (day.month + 2) // 3


def theme_at(node: Node, day: date) -> Theme | None:
    """The theme that holds at a division in the quarter of a day: its own, or that of the nearest division above."""
    themes = {theme.division_id: theme for theme in Theme.select().where(
        Theme.division_id.in_(list(node.path)) & (Theme.year == day.year) & (Theme.quarter == quarter_of(day)))}
    return next((themes[place] for place in reversed(node.path) if place in themes), None)


def check_theme(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """One theme for a quarter of a division; one that activities follow stays in its quarter."""
    value = reader(data, record)
    own = record.id if record is not None else 0
    twins = Theme.select(Theme.id).where((Theme.division_id == node.id) & (Theme.year == value("year"))
                                         & (Theme.quarter == value("quarter")) & (Theme.id != own))
    if twins.exists():
        return {"quarter": [_("%(place)s has a theme for this quarter already. Change that one.", place=node.name)]}
    moved = record is not None and (value("year"), value("quarter")) != (record.year, record.quarter)
    if moved and Activity.select(Activity.id).where(Activity.theme_id == own).exists():
        return {"quarter": [_("Activities follow this theme: it stays in its quarter. Enter another theme for the other one.")]}
    return {}


def check_activity(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """Station, times, leader and theme of an activity fit each other. Links the theme of the quarter."""
    value, errors = reader(data, record), Errors()
    if record is not None and record.state not in BEFORE:
        stays = {"station_id": "station", "kind": "kind", "day": "day", "collective": "collective", "leader_id": "leader"}
        errors = {field: [_("The activity was held: this stays as it was.")] for column, field in stays.items()
                  if column in data and data[column] != getattr(record, column)}
    begin, end = value("from_minute"), value("to_minute")
    if end is not None and (begin is None or end <= begin):
        errors["to_minute"] = [_("It ends before it begins. Correct one of the times.") if begin is not None
                               else _("Enter the time at which it begins as well.")]
    errors |= _check_station(value("station_id"), value("day"), node) | _check_leader(value)
    errors |= _check_room(value, node)
    theme = theme_at(node, value("day")) if value("themed") or value("kind") == "theme" else None
    if value("themed") and theme is None:
        errors["themed"] = [_("No theme is set for this quarter at %(place)s or above. Enter the theme first.", place=node.name)]
    data["theme_id"] = theme.id if theme is not None else None
    return errors


def _check_station(station_id: int | None, day: date, node: Node) -> Errors:
    station = Station.get_or_none(Station.id == station_id) if station_id else None
    if station is None:
        return {"station": [_("There is no such station.")]} if station_id else {}
    place = tree().get(station.division_id)
    if station.division_id != node.id:
        return {"division": [_("The station belongs to %(place)s. Choose that division.", place=place.name if place else "")]}
    if not is_open(station, day):
        return {"station": [_("The station does not work on %(day)s: it is not open yet, at rest or closed.",
                              day=format_day(day))]}
    return {}


def _check_leader(value: Any) -> Errors:
    """An individual activity names its deputy, whose mandate is active."""
    leader_id = value("leader_id")
    if value("collective") in (True, None):
        return {}
    if leader_id is None:
        return {"leader": [_("Name the deputy whose activity it is, or tick that several deputies act together.")]}
    if active_mandate(leader_id, value("station_id"), value("day")) is None:
        return {"leader": [_("This person is no active deputy. An activity of one deputy is that of a deputy in office.")]}
    return {}


def _check_room(value: Any, node: Node) -> Errors:
    """A room is one of the station, or of the division where no station is named, and is taken from one time to another."""
    room = Room.get_or_none(Room.id == value("room_id")) if value("room_id") else None
    if room is None:
        return {"room": [_("This room no longer exists. Choose another one.")]} if value("room_id") else {}
    if room.division_id != node.id or value("station_id") not in (None, room.station_id):
        return {"room": [_("Choose a room of the station.")]}
    if value("from_minute") is None or value("to_minute") is None:
        return {"to_minute": [_("Enter from when to when: the room is booked for that time.")]}
    return {}


def active_mandate(person_id: int, station_id: int | None, day: date | None = None) -> Deputy | None:
    """The mandate in office on ``day`` (today) with which a person takes part: that of the station if any, else the oldest."""
    day = day or local_day()
    found = list(Deputy.select().where((Deputy.person_id == person_id) & in_office(day)).order_by(Deputy.id))
    if len(found) < 2 or station_id is None:
        return found[0] if found else None
    here = {row[0] for row in Placement.select(Placement.deputy_id).where(
        (Placement.person_id == person_id) & (Placement.station_id == station_id) & open_on(day)).tuples()}
    return next((deputy for deputy in found if deputy.id in here), found[0])


def check_result(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """A result belongs to an activity or a station of the division, a quantity has its unit. Takes the activity’s station."""
    value = reader(data, record)
    activity = Activity.get_or_none(Activity.id == value("activity_id")) if value("activity_id") else None
    if value("activity_id"):
        if activity is None or activity.division_id != node.id:
            return {"activity": [_("Choose an activity of %(place)s.", place=node.name)]}
        if activity.state not in DONE:
            return {"activity": [_("The activity was not held yet. Results are entered after it.")]}
        data["station_id"] = activity.station_id
    elif not value("station_id"):
        return {"activity": [_("Name the activity or the station that reached it.")]}
    elif not Station.select(Station.id).where((Station.id == value("station_id")) & (Station.division_id == node.id)).exists():
        return {"station": [_("Choose a station of %(place)s.", place=node.name)]}
    if bool(value("quantity")) != bool(value("unit")):
        return {"unit": [_("A quantity needs its unit, and a unit its quantity: 20 and lamps.")]}
    return {}


def demanded(kind: str, division_id: int) -> tuple[str, ...]:
    """What an activity of a kind must have at a division (keys of ``DEMANDS``); nothing for a kind that is not named there."""
    return parse_demands(str(setting("liaison_station.activity_demands", division_id))).get(kind, ())


def fulfilled(activity: Any, data: dict[str, Any] | None = None) -> list[tuple[str, str, bool]]:
    """(key, words, whether it is there) of each demand on an activity, with ``data`` as what is being written."""
    value = reader(data or {}, activity)
    return [(key, str(DEMANDS[key]), _is_there(key, activity, value)) for key in demanded(activity.kind, activity.division_id)]


def _is_there(key: str, activity: Any, value: Any) -> bool:
    if key == "result":
        return bool(Result.select(Result.id).where(Result.activity_id == activity.id).exists())
    if key == "departments":
        return bool(value("units")) or bool(Attendance.select(Attendance.id).where(
            (Attendance.activity_id == activity.id) & (Attendance.role == "department") & (Attendance.came == True)).exists())  # noqa: E712 - SQL
    if key == "agenda":
        return value("from_minute") is not None and bool(value("place") or value("station_id"))
    return bool(value({"theme": "theme_id"}.get(key, key)))

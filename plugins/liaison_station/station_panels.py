"""What a station's page shows beside its fields: staff with findings, rooms, papers on the wall, equipment and money."""
from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import peewee

from grid321.core.api import Actor, Node, Panel, class_label, format_day, local_day, tree
from grid321.core.api import gettext as _

from . import station_papers, station_plates, station_points, station_rules
from .station_choices import PAPERS, WEEKDAYS, P
from .station_fields import clock, yuan
from .station_models import Booking, Equipment, Money, Room, Slot, Station
from .station_roles import CONFIRM

AHEAD = timedelta(days=31)
"""How far ahead a station's page shows what its rooms are taken for."""
MOST = 40
WEEKDAY_LABELS = dict(WEEKDAYS)


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels for a slot, or None when this area has nothing to add there."""
    if entity is not None and record is not None and entity.key == f"{P}room" and slot == "detail.main":
        return [week_panel(record, node)]
    if entity is None or record is None or entity.key != f"{P}station":
        return None
    if slot == "detail.main":
        return [panel for panel in (staff_panel(record, actor, node), rooms_panel(record, actor, node),
                                    papers_panel(record, actor, node)) if panel is not None]
    if slot == "detail.aside":
        return [panel for panel in (map_panel(record, node), plate_panel(record, node), things_panel(record, actor, node))
                if panel is not None]
    return None


def staff_panel(station: Any, actor: Actor, node: Node) -> Panel | None:
    """Who works at the station, and what the staffing rule finds."""
    if not actor.may_on(f"{P}staff.view", station):
        return None
    day = local_day()
    rows = station_rules.staff_on(station.id, day)
    names = station_rules.names_of([row.person_id for row in rows])
    base = f"/d/{node.code}/liaison_station/staff"
    people = [{"name": names.get(row.person_id, ""), "post": str(station_rules.ROLE_LABELS[row.role]),
               "since": format_day(row.from_day), "url": f"{base}/{row.id}"} for row in rows]
    findings = station_rules.staffing(station.id, day)
    confirm = any(one.key == "party" and not one.ok for one in findings) and actor.may_on(CONFIRM, station)
    return Panel(_("Staff"), "liaison_station/staff_panel.html", {
        "people": people, "findings": findings, "missing": sum(not one.ok for one in findings),
        "add_url": _new("staff", station, actor), "all_url": f"{base}/?{urlencode({'station': station.id})}",
        "confirm_url": f"/d/{node.code}/liaison_station/station/{station.id}/confirm-party" if confirm else ""}, order=10)


def rooms_panel(station: Any, actor: Actor, node: Node) -> Panel | None:
    """The rooms of the station, who uses them each week and who has them in the next month. Three queries."""
    if not actor.may_on(f"{P}room.view", station):
        return None
    today = local_day()
    base = f"/d/{node.code}/liaison_station"
    rooms = list(Room.select().where(Room.station_id == station.id).order_by(Room.name).limit(MOST))
    taken: dict[int, list[dict[str, str]]] = {room.id: [] for room in rooms}
    bookings = Booking.select().where(
        (Booking.station_id == station.id) & (Booking.day >= today) & (Booking.day <= today + AHEAD))
    for row in bookings.order_by(Booking.day, Booking.from_minute).limit(MOST):
        taken.setdefault(row.room_id, []).append({
            "day": format_day(row.day), "time": f"{clock(row.from_minute)}–{clock(row.to_minute)}", "purpose": row.purpose,
            "url": f"{base}/booking/{row.id}"})
    slots: dict[int, list[str]] = {room.id: [] for room in rooms}
    for one in Slot.select().where((Slot.station_id == station.id) & (Slot.to_day.is_null() | (Slot.to_day >= today))).order_by(
            Slot.weekday, Slot.from_minute).limit(MOST):
        slots.setdefault(one.room_id, []).append(
            f"{WEEKDAY_LABELS[one.weekday]} {clock(one.from_minute)}–{clock(one.to_minute)} {one.used_by}")
    may_book = actor.may_on(f"{P}booking.create", station) and station_rules.is_open(station, today)
    book = f"{_where(station, f'{P}booking.create', actor)}/booking/new?room=" if may_book else ""
    share = f"{_where(station, f'{P}slot.create', actor)}/slot/new?room=" if actor.may_on(f"{P}slot.create", station) else ""
    shown = [{"name": room.name, "seats": room.seats, "shared_with": room.shared_with, "url": f"{base}/room/{room.id}",
              "week_url": f"{base}/room/{room.id}/week", "taken": taken[room.id], "slots": slots[room.id],
              "book_url": f"{book}{room.id}" if book else "", "share_url": f"{share}{room.id}" if share else ""}
             for room in rooms]
    return Panel(_("Rooms"), "liaison_station/rooms_panel.html", {
        "rooms": shown, "add_url": _new("room", station, actor), "days": AHEAD.days}, order=20)


def papers_panel(station: Any, actor: Actor, node: Node) -> Panel | None:
    """The papers that hang on the wall now, with edition and since when."""
    if not actor.may_on(f"{P}paper.view", station):
        return None
    base = f"/d/{node.code}/liaison_station"
    rows = [{"title": paper.title, "kind": class_label(PAPERS.key, paper.kind, station.division_id), "edition": paper.edition,
             "since": format_day(paper.adopted_on), "own": paper.station_id is not None,
             "url": f"{base}/paper/{paper.id}" if actor.may_on(f"{P}paper.view", paper) else ""}
            for paper in station_papers.in_force(station)]
    return Panel(_("Papers on the wall"), "liaison_station/papers_panel.html", {
        "rows": rows, "add_url": _new("paper", station, actor),
        "start_url": f"{base}/starting-papers" if actor.may(f"{P}paper.create", node) else "",
        "print_url": f"{base}/station/{station.id}/form/wall_papers" if rows else ""}, order=30)


def week_panel(room: Room, node: Node) -> Panel:
    """The way from a room to the calendar of its week."""
    return Panel(_("Week of the room"), "liaison_station/week_panel.html", {
        "url": f"/d/{node.code}/liaison_station/room/{room.id}/week"}, order=10)


def map_panel(station: Any, node: Node) -> Panel | None:
    """Where the station lies, among its neighbours; nothing for one without a place on the map. One query."""
    geojson = station_points.neighbours(station, node)
    return Panel(_("On the map"), "liaison_station/map_panel.html", {
        "geojson": geojson, "lat": station.lat, "lng": station.lng}, order=10) if geojson else None


def plate_panel(station: Any, node: Node) -> Panel:
    """The address behind the door plate, and the plate to print."""
    return Panel(_("Door plate"), "liaison_station/plate_panel.html", {
        "address": station_plates.address(station),
        "print_url": f"/d/{node.code}/liaison_station/station/{station.id}/form/door_plate"}, order=20)


def things_panel(station: Any, actor: Actor, node: Node) -> Panel | None:
    """Equipment, and the money of the year: budget and grants against what was spent. Two queries."""
    if not actor.may_on(f"{P}equipment.view", station):
        return None
    base, year, mine = f"/d/{node.code}/liaison_station", local_day().year, urlencode({"station": station.id})
    things = [{"name": row.name, "count": row.count, "repair": row.condition == "repair", "url": f"{base}/equipment/{row.id}"}
              for row in Equipment.select().where((Equipment.station_id == station.id) & (Equipment.condition != "gone"))
              .order_by(Equipment.name).limit(MOST)]
    sums = dict(Money.select(Money.kind, peewee.fn.SUM(Money.fen)).where(
        (Money.station_id == station.id) & (Money.year == year)).group_by(Money.kind).tuples())
    given, spent = int(sums.get("budget") or 0) + int(sums.get("grant") or 0), int(sums.get("spent") or 0)
    return Panel(_("Equipment and money"), "liaison_station/things_panel.html", {
        "things": things, "year": year, "given": yuan(given), "spent": yuan(spent), "over": spent > given,
        "left": yuan(abs(given - spent)), "money_url": f"{base}/money/?{mine}", "things_url": f"{base}/equipment/?{mine}",
        "add_url": _new("equipment", station, actor), "add_money_url": _new("money", station, actor)}, order=30)


def _new(name: str, station: Station, actor: Actor) -> str:
    """The address of the form that adds something to a station; empty for who may not."""
    if not actor.may_on(f"{P}{name}.create", station):
        return ""
    return f"{_where(station, f'{P}{name}.create', actor)}/{name}/new?{urlencode({'station': station.id})}"


def _where(station: Station, permission: str, actor: Actor) -> str:
    """The pages of this plugin at the highest division above a station at which the actor may write, whichever is looked at.

    Who keeps one town may write there and not for the county, and finds the people of the whole town.
    """
    place = station_rules.place_of(station)
    above = (found for found in map(tree().get, place.path) if found is not None and actor.may(permission, found))
    return f"/d/{next(above, place).code}/liaison_station"

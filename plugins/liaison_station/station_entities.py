"""The records of stations. From these the core makes pages, API, import, export, print and statistics."""
from __future__ import annotations

from grid321.core.api import Counter, Entity
from grid321.core.api import lazy_gettext as _

from . import station_checks as checks
from . import station_records as written
from .menu_folds import STATION_FOLD
from .station_choices import LEVELS, STEPS, P
from .station_models import Booking, Equipment, Money, Paper, Room, Slot, Staff, Station
from .station_schemas import (
    BookingSchema,
    EquipmentSchema,
    MoneySchema,
    PaperSchema,
    RoomSchema,
    SlotSchema,
    StaffSchema,
    StationSchema,
)

KEPT = ("create", "edit", "delete", "export")
SHEETS = ("create", "edit", "delete", "import", "export")
"""Rooms and staff come by sheet, too, after the stations: each row names its station."""

STATION = Entity(
    f"{P}station", Station, StationSchema, _("Stations"), columns=("name", "kind", "division_id", "address", "klass", "model"),
    filters=("kind", "klass", "model", "parent", "opened_on", "closed_on"), search=("name", "address", "plate", "trade"),
    sorts=("name", "-id", "-opened_on"), import_key="plate", title="name", icon="house-door", levels=LEVELS,
    check=checks.check_station, delete=written.delete_station,
    after=written.station_written, steps=STEPS,
    counters=(Counter("kind"), Counter("klass"), Counter("model")),
    description=_("Homes, stations, offices and points of deputies: where they are, who works there, what hangs on the wall."))

ROOM = Entity(
    f"{P}room", Room, RoomSchema, _("Rooms"), columns=("name", "station", "seats", "shared_with"), filters=("station",),
    search=("name", "shared_with"), sorts=("name", "-id"), title="name", actions=SHEETS, icon="building", menu=None,
    check=checks.check_room, levels=LEVELS, home=written.home_of_station, delete=written.delete_room,
    description=_("Rooms of stations, often shared with others by time."))

BOOKING = Entity(
    f"{P}booking", Booking, BookingSchema, _("Room bookings"), columns=("day", "from_minute", "to_minute", "room", "purpose"),
    filters=("day", "room"), search=("purpose",), sorts=("-day", "day", "-id"), title="purpose", actions=KEPT,
    icon="calendar-check", menu="more", fold=STATION_FOLD, check=checks.check_booking, levels=LEVELS, home=written.home_of_room,
    update=written.update_booking, delete=written.delete_booking,
    description=_("Who has a room when. Two bookings of a room never overlap."))

SLOT = Entity(
    f"{P}slot", Slot, SlotSchema, _("Shared times of rooms"), columns=("room", "weekday", "from_minute", "to_minute", "used_by"),
    filters=("room", "weekday"), search=("used_by",), title="used_by", actions=KEPT, icon="calendar-check", menu=None,
    check=checks.check_slot, levels=LEVELS, home=written.home_of_room,
    description=_("When a shared room is another’s each week: then it cannot be booked."))

STAFF = Entity(
    f"{P}staff", Staff, StaffSchema, _("Staff of stations"), columns=("station", "person", "role", "from_day", "to_day"),
    filters=("station", "person", "role", "to_day"), sorts=("-id", "-from_day"), title="role", actions=SHEETS, icon="people",
    menu="more", fold=STATION_FOLD, check=checks.check_staff, home=written.home_of_station, levels=LEVELS,
    create=written.create_staff, update=written.update_staff,
    delete=written.delete_staff, description=_("Who is head, deputy head or liaison officer of a station, from when to when."))

EQUIPMENT = Entity(
    f"{P}equipment", Equipment, EquipmentSchema, _("Equipment of stations"), columns=("name", "station", "count", "condition"),
    filters=("station", "condition"), search=("name",), title="name", actions=KEPT, icon="list-ul", menu=None,
    check=checks.check_belonging, home=written.home_of_station, levels=LEVELS, description=_("Office equipment of stations."))

MONEY = Entity(
    f"{P}money", Money, MoneySchema, _("Money of stations"), columns=("station", "year", "kind", "fen", "source", "purpose"),
    filters=("station", "year", "kind"), search=("source", "purpose"), sorts=("-year", "-id"), title="purpose", actions=KEPT,
    icon="list-task", menu=None, check=checks.check_belonging, home=written.home_of_station, levels=LEVELS,
    description=_("Budget, grants and spending of a station’s year."))

PAPER = Entity(
    f"{P}paper", Paper, PaperSchema, _("Papers on the wall"), columns=("title", "kind", "edition", "station", "adopted_on"),
    filters=("kind", "station", "adopted_on"), search=("title", "text"), sorts=("title", "-id", "-adopted_on"), title="title",
    actions=KEPT, icon="file-earmark-text", menu="more", fold=STATION_FOLD, levels=LEVELS, check=checks.check_paper,
    home=written.home_of_station,
    delete=written.delete_paper,
    description=_("Duties and systems by edition: of one station, or of every station of a division."))

ENTITIES = (STATION, ROOM, BOOKING, SLOT, STAFF, EQUIPMENT, MONEY, PAPER)

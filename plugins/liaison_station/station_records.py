"""Writing what belongs to a station: it lives at the station's division; rooms are booked by other areas through here."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import peewee

from grid321.core.api import (
    SYSTEM,
    Actor,
    Conflict,
    Invalid,
    Node,
    Refused,
    ancestor_columns,
    local_day,
    people,
    records,
    registry,
    transaction,
    tree,
)
from grid321.core.api import gettext as _

from . import named_fields
from .station_checks import lock
from .station_choices import P
from .station_models import Booking, Room, Slot, Staff, Station
from .station_rules import place_of, staff_on, station_of

LIAISON_POST = "station_liaison"


def at_station(model: type[Any]) -> Callable[[dict[str, Any], Actor, Node], Any]:
    """The function that makes a row of ``model`` at the division of the station that it names.

    Where no more than that is wanted, ``Entity(home=home_of_station)`` says it without a function.
    """
    def create(values: dict[str, Any], actor: Actor, node: Node) -> Any:
        return _insert(model, values, actor, place_of(station_of(values["station_id"])))
    return create


def _insert(model: type[Any], values: dict[str, Any], actor: Actor, place: Node) -> Any:
    """Insert a row at a division. Raises ``Conflict`` when the same was entered at the same moment."""
    try:
        return model.create(**values, **ancestor_columns(tree(), place), created_by=actor.account_id)
    except peewee.IntegrityError:
        raise Conflict(_("Somebody else entered the same at this moment."), remedy=_("Load the page again.")) from None


def home_of_station(values: Mapping[str, Any]) -> int | None:
    """The division at which a record of a station lives: the station's. None where no station is named."""
    return _division(Station, values.get("station_id"))


def home_of_room(values: Mapping[str, Any]) -> int | None:
    """The division at which a booking lives: the room's."""
    return _division(Room, values.get("room_id"))


def _division(model: type[Any], record_id: int | None) -> int | None:
    row = model.select(model.division_id).where(model.id == record_id).tuples().first() if record_id else None
    return int(row[0]) if row else None


def station_written(record: Any, *_rest: Any) -> None:
    """A station was entered or renamed: the rows of a sheet that follow in this transaction find it by its name."""
    named_fields.written(f"{P}station", record.division_id)


def delete_station(record: Any, actor: Actor, node: Node) -> None:
    """Take back a station that was entered by mistake. Raises ``Conflict`` while anything of the plugin names it."""
    for entity in registry().entities.values():
        column = getattr(entity.model, "station_id", None) if entity.key.startswith(P) else None
        if column is not None and entity.model.select(entity.model.id).where(column == record.id).exists():
            raise Conflict(_("%(name)s cannot be deleted.", name=record.name),
                           _("There are records of it: %(what)s.", what=str(entity.label)),
                           _("Enter the day on which it was closed instead."), code="in_use")
    if Station.select(Station.id).where(Station.parent_id == record.id).exists():
        raise Conflict(_("%(name)s cannot be deleted.", name=record.name), _("Other stations belong to it."),
                       _("Enter the day on which it was closed instead."), code="in_use")


def delete_room(record: Any, actor: Actor, node: Node) -> None:
    """Take back a room without bookings and shared times. Raises ``Conflict`` for one that has or had any."""
    if any(model.select(model.id).where(model.room_id == record.id).exists() for model in (Booking, Slot)):
        raise Conflict(_("%(name)s cannot be deleted.", name=record.name), _("It was booked: what took place there stays."),
                       _("Write “no longer used” behind its name."), code="in_use")


def delete_paper(record: Any, actor: Actor, node: Node) -> None:
    """Take back an edition that is not in force yet. Raises ``Conflict`` for one that hung on the wall."""
    if record.adopted_on <= local_day():
        raise Conflict(_("This edition hung on the wall: it stays."), record.title, _("Repeal it, or write a new edition."),
                       code="in_force")


# ---------------------------------------------------------------- rooms by time

def update_booking(record: Any, values: dict[str, Any], actor: Actor, node: Node) -> dict[str, Any]:
    """Move a booking. Raises ``Conflict`` for one that follows a reception or an activity."""
    _refuse_followed(record, actor)
    return values


def _refuse_followed(record: Any, actor: Actor) -> None:
    if record.source and not actor.system:
        raise Conflict(_("This booking follows a reception or an activity."), record.purpose,
                       _("Move or cancel that: the room is given back by itself."), code="has_source")


def delete_booking(record: Any, actor: Actor, node: Node) -> None:
    """Give a room back. Raises ``Conflict`` for a past day and for a booking that follows a reception or an activity."""
    _refuse_followed(record, actor)
    if record.day < local_day():
        raise Conflict(_("The day of this booking is past: it stays."), record.purpose, code="past")


def book(room_id: int, day: date, from_minute: int, to_minute: int, purpose: str, source: str, actor: Actor) -> Booking:
    """Take a room for something of another area. ``source`` is ``reception:<id>`` or ``activity:<id>``; minutes of the day.

    The rules are those of a person's booking. Raises ``Invalid`` naming the field, among others for a room that is taken.
    """
    room = Room.get_or_none(Room.id == room_id)
    if room is None:
        raise Invalid(_("The room was not booked."), errors={"room": [_("This room no longer exists. Choose another one.")]})
    made: Booking = records.create(registry().entity(f"{P}booking"), {
        "room_id": room_id, "day": day, "from_minute": from_minute, "to_minute": to_minute, "purpose": purpose[:120],
        "source": source}, machine_for(actor), place_of(room))
    return made


def release(source: str, actor: Actor) -> int:
    """Give back the rooms that were taken for ``source``, from today on; returns how many."""
    entity, count = registry().entity(f"{P}booking"), 0
    with transaction():
        for row in list(Booking.select().where((Booking.source == source) & (Booking.day >= local_day()))):
            records.delete(entity, row.id, machine_for(actor), None, place_of(row))
            count += 1
    return count


def machine_for(actor: Actor) -> Actor:
    """The platform's rights in the name of who acts: what follows from a permitted step needs no permission of its own."""
    return replace(SYSTEM, account_id=actor.account_id)


# ---------------------------------------------------------------- staff

def create_staff(values: dict[str, Any], actor: Actor, node: Node) -> Staff:
    """Enter who works at a station. A liaison officer gets the core's post there, and with it the role in the system."""
    if values["role"] == "liaison":
        values = {**values, "post_id": _appoint(values, node, actor)}
    made: Staff = _insert(Staff, values, actor, node)
    return made


def _appoint(values: dict[str, Any], place: Node, actor: Actor) -> int | None:
    """The post of a liaison officer at a division; None where the person holds it there already."""
    post, from_day = people.Post, values["from_day"]
    held = post.select(post.id).where(
        (post.person_id == values["person_id"]) & (post.kind == LIAISON_POST) & (post.division_id == place.id)
        & (post.to_day.is_null() | (post.to_day >= from_day)))
    if held.exists():
        return None
    return int(people.appoint(values["person_id"], LIAISON_POST, place, machine_for(actor), from_day=from_day,
                              to_day=values.get("to_day")).id)


def update_staff(record: Any, values: dict[str, Any], actor: Actor, node: Node) -> dict[str, Any]:
    """Enter the last day. The post of a liaison officer ends with it, or goes on for another station of the same division."""
    to_day = values.get("to_day")
    if to_day is None or record.to_day is not None or record.post_id is None:
        return values
    return {**values, "post_id": _pass_on(record, actor, to_day)}


def _pass_on(record: Any, actor: Actor, to_day: date) -> int | None:
    """End the post of a liaison officer, unless the person stays one at another station there, which then keeps it."""
    other = Staff.select().where(
        (Staff.person_id == record.person_id) & (Staff.role == "liaison") & (Staff.division_id == record.division_id)
        & (Staff.id != record.id) & Staff.to_day.is_null() & Staff.post_id.is_null()).order_by(Staff.id).first()
    if other is not None:
        Staff.update(post_id=record.post_id).where(Staff.id == other.id).execute()
        return None
    people.end_post(record.post_id, machine_for(actor), to_day)
    return int(record.post_id)


def delete_staff(record: Any, actor: Actor, node: Node) -> None:
    """Take back a person entered by mistake, on the day of the entry. Raises ``Conflict`` later: then the last day is entered."""
    if local_day(record.created_at) != local_day():
        raise Conflict(_("It was entered on an earlier day: it stays."), remedy=_("Enter the last day instead."), code="too_late")
    if record.post_id is not None and _pass_on(record, actor, max(record.from_day, local_day())) is not None:
        post = people.Post.get_by_id(record.post_id)
        records.delete(registry().entity("core.post"), post.id, machine_for(actor), None, place_of(record))


# ---------------------------------------------------------------- the Party member among them

def confirm_party(station: Any, day: date, actor: Actor, node: Node) -> Any:
    """Keep that the rule of the Party member was confirmed for a station on a day; returns the station.

    No person is named. Raises ``Refused`` where there is neither deputy head nor liaison officer, and for a day before the last
    of them came; ``Forbidden`` for who may not change the station.
    """
    entity = registry().entity(f"{P}station")
    with transaction():
        lock(Station, station.id)
        rows = [row for row in staff_on(station.id, local_day()) if row.role != "head"]
        if not rows:
            raise Refused(_("There is nothing to confirm yet."),
                          _("The station has neither a deputy head nor a liaison officer."),
                          _("Enter them under “Staff” first."), code="nobody")
        last = max(row.from_day for row in rows)
        if day < last:
            text = _("Somebody came after that day: confirm it for a later one.")
            raise Invalid(_("It was not confirmed."), errors={"confirmed_on": [text]})
        return records.update(entity, station.id, {"party_confirmed_on": day, "party_confirmed_by": actor.account_id}, actor,
                              None, node)

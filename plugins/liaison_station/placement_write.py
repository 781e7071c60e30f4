"""Placing deputies into stations: one home station at each level, whoever writes at the same moment."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import peewee

from grid321.core.api import (
    Actor,
    Conflict,
    Node,
    NotFound,
    ancestor_columns,
    format_day,
    local_day,
    locked,
    people,
    records,
    registry,
    require,
    transaction,
    tree,
)
from grid321.core.api import gettext as _

from .deputy_choices import P
from .deputy_models import Deputy, Placement
from .station_models import Station

PLACEMENT = f"{P}placement"

ON_PLACED: list[Callable[[Any, bool, Actor], None]] = []
"""Called as (placement, gone, actor) in the transaction in which a placement was written, or (``gone``) is taken back: coming
duties at that station go. A function raises to undo the step."""


def create_placement(data: Mapping[str, Any], actor: Actor, node: Node) -> Placement:
    """Place a deputy into a station, inside the transaction; the row lives where the station does. ``data`` is checked.

    Raises ``Conflict`` when the person has a home station of this level on one of these days, or belongs to this station already.
    """
    station, deputy = Station.get_by_id(data["station_id"]), Deputy.get_by_id(data["deputy_id"])
    place = tree().get(station.division_id)
    if place is None:
        raise NotFound(_("The division of this station no longer exists."))
    require(f"{PLACEMENT}.create", place, actor)
    values = {"home": True, "to_day": None, **data, "person_id": deputy.person_id, "level": place.level}
    _refuse_second(values, None)
    try:
        row: Placement = Placement.create(**values, **ancestor_columns(tree(), place), created_by=actor.account_id)
    except peewee.IntegrityError:
        raise _second(None, place.level) from None
    return row


def update_placement(record: Placement, data: Mapping[str, Any], actor: Actor, node: Node) -> dict[str, Any]:
    """The columns that change: days, home or not, why it ended. Raises as ``create_placement``."""
    names = ("home", "from_day", "to_day", "ended_why")
    values = {name: data[name] for name in names if name in data}
    _refuse_second({**record.__data__, **values}, record.id)
    return values


def placement_written(record: Placement, values: Mapping[str, Any], actor: Actor, node: Node) -> None:
    """After a placement was written: when its days changed, the other areas are told."""
    if record.version > 1 and {"from_day", "to_day"} & set(values):
        _tell(record, False, actor)


def delete_placement(record: Placement, actor: Actor, node: Node) -> None:
    """Take a placement back, as if it had never been: the other areas are told before it goes."""
    _tell(record, True, actor)


def _tell(record: Placement, gone: bool, actor: Actor) -> None:
    for observer in ON_PLACED:
        observer(record, gone, actor)


def move(record: Placement, station_id: int, actor: Actor, node: Node, day: date | None = None) -> Placement:
    """End a placement on the day before ``day`` (default today) and place the deputy into another station of the same level."""
    day = day or local_day()
    entity = registry().entity(PLACEMENT)
    with transaction():
        last = {"to_day": day - timedelta(1), "ended_why": _("Moved to another station.")}
        if record.from_day >= day:  # placed today: nothing was done there yet
            records.delete(entity, record.id, actor, None, node)
        else:
            records.update(entity, record.id, last, actor, None, node)
        made: Placement = records.create(entity, {"deputy_id": record.deputy_id, "station_id": station_id, "home": record.home,
                                                  "from_day": day}, actor, node)
    return made


def _refuse_second(values: Mapping[str, Any], own_id: int | None) -> None:
    """Raise ``Conflict`` for a second home of the level, and for a second placement in the same station, on one of these days."""
    person = people.Person
    list(locked(person.select(person.id).where(person.id == values["person_id"])).tuples())  # the other clerk waits here
    others = Placement.select().where((Placement.person_id == values["person_id"]) & (
        Placement.to_day.is_null() | (Placement.to_day >= values["from_day"])))
    if values["to_day"] is not None:
        others = others.where(Placement.from_day <= values["to_day"])
    if own_id is not None:
        others = others.where(Placement.id != own_id)
    for other in others:
        if other.station_id == values["station_id"]:
            raise _second(other, values["level"])
        if values["home"] and other.home and other.level == values["level"]:
            raise _second(other, values["level"])


def _second(other: Placement | None, level: str) -> Conflict:
    station = Station.get_or_none(Station.id == other.station_id) if other is not None else None
    text = _("The deputy has a home station of this level already.")
    if other is not None and station is not None:
        text = _("The deputy belongs to %(station)s since %(day)s: at each level somebody has one home station.",
                 station=station.name, day=format_day(other.from_day))
    return Conflict(text, remedy=_("End that placement first, or enter this one as no home station."),
                    errors={"station": [text]}, code="second_home", extra={"level": level})

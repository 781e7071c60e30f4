"""The room of an activity: booked while it is to come, given back when it is moved or dropped."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, local_day
from grid321.core.api import gettext as _

from . import station_records
from .activity_rules import BEFORE

PARTS = frozenset({"room_id", "day", "from_minute", "to_minute"})
"""Columns of an activity on which its booking depends."""


def source_of(activity: Any) -> str:
    """What a booking of the activity's room follows."""
    return f"activity:{activity.id}"


def follow(activity: Any, actor: Actor) -> None:
    """Make the booking what the activity says, inside its transaction. Raises ``Invalid`` when the room is taken then."""
    give_back(activity, actor)
    if activity.room_id is not None and activity.state in BEFORE and activity.day >= local_day():
        station_records.book(activity.room_id, activity.day, activity.from_minute, activity.to_minute,
                             _("Activity %(number)s: %(title)s", number=activity.number, title=activity.title),
                             source_of(activity), actor)


def give_back(activity: Any, actor: Actor) -> None:
    """Give the room back, from today on."""
    station_records.release(source_of(activity), actor)

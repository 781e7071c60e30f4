"""What the kit of checks needs to make records of stations, where it cannot guess; stations and rooms for the other areas."""
from __future__ import annotations

from typing import Any

from grid321.core import db, snapshot
from grid321.core.field_base import current_frame
from grid321.core.registry import registry
from grid321.core.tree import ancestor_columns

P = "liaison_station."


def station(number: int) -> int:
    """The id of a new station where the kit makes its record."""
    model = registry().entity(P + "station").model
    columns = ancestor_columns(snapshot.current().tree, current_frame().node)
    return int(model.create(name=f"站点{number}-{db.new_uid()[:6]}", kind="station", plate=db.new_uid()[:8],
                            opened_on=db.local_day(), **columns).id)


def room(number: int) -> int:
    """The id of a room in a new station where the kit makes its record: nobody else has booked it."""
    columns = ancestor_columns(snapshot.current().tree, current_frame().node)
    return int(registry().entity(P + "room").model.create(station_id=station(number), name=f"接待室{number}", **columns).id)


EXAMPLES: dict[str, Any] = {
    P + "station": {"parent": None, "lat": 32.6847, "lng": 109.0293, "suspended_on": None, "closed_on": None},
    P + "room": {"station": station},
    P + "booking": {"room": room, "from_minute": "09:00", "to_minute": "10:30"},
    P + "slot": {"room": room, "from_minute": "14:00", "to_minute": "17:30", "to_day": None},
    P + "staff": {"station": station, "role": "liaison", "to_day": None},
    P + "equipment": {"station": station},
    P + "money": {"station": station, "fen": "1200.50"},
    P + "paper": {"station": None, "repealed_on": None},
}
"""Values by entity, where the kit cannot guess."""

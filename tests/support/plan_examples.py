"""What the kit of checks needs to make rules, receptions, duties and wishes, where it cannot guess."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from grid321.core import db, records, signed_links, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.field_base import current_frame
from grid321.core.registry import registry
from grid321.core.tree import ancestor_columns

from .station_examples import P, station

SINCE = date(2022, 1, 1)


def day(number: int) -> str:
    """A day to come."""
    return (db.local_day() + timedelta(days=10 + number % 300)).isoformat()


def deputy(number: int) -> int:
    """The id of a new deputy of the station at which the newest reception is, where the kit makes its record."""
    columns = ancestor_columns(snapshot.current().tree, current_frame().node)
    person = registry().entity("core.person").model.create(name=f"代表{number}", **columns)
    made = registry().entity(P + "deputy").model.create(
        person_id=person.id, name=person.name, level="county", congress_id=1, from_day=SINCE, **columns)
    place = reception_model().select().order_by(reception_model().id.desc()).first()
    from grid321.plugins.liaison_station.deputy_models import Placement

    Placement.create(deputy_id=made.id, person_id=person.id, station_id=place.station_id if place else station(number),
                     level="county", from_day=SINCE, **columns)
    return int(made.id)


def reception_model() -> Any:
    """The table of receptions."""
    return registry().entity(P + "reception").model


def reception(number: int) -> int:
    """The id of a new reception where the kit makes its record."""
    node, when = current_frame().node, db.local_day() + timedelta(days=20)
    made = records.create(registry().entity(P + "reception"), {
        "station_id": station(number), "day": when, "first_day": when, "from_minute": 540, "to_minute": 600}, SYSTEM, node)
    return int(made.id)


def ruled(number: int) -> int:
    """The id of a new station with a rule of receptions."""
    from grid321.plugins.liaison_station.reception_models import Schedule

    columns = ancestor_columns(snapshot.current().tree, current_frame().node)
    made = station(number)
    Schedule.create(station_id=made, title="每月接待日", rrule="FREQ=MONTHLY;BYMONTHDAY=15", from_day=db.local_day(),
                    to_day=db.local_day() + timedelta(days=900), from_minute=540, to_minute=660, wanted=0, **columns)
    return made


_TIMES = {"from_minute": "09:00", "to_minute": "11:30", "mode": "offline", "link": None, "room": None}
EXAMPLES: dict[str, Any] = {
    P + "schedule": {**_TIMES, "station": station, "rrule": "每月15日", "from_day": "2026-01-01", "to_day": "2030-12-31",
                     "left_out": "2026-05-15", "added": None},
    P + "plan": {"station": ruled, "year": lambda number: db.local_day().year + 1},
    P + "reception": [{**_TIMES, "station": station, "day": lambda number: db.local_day().isoformat()},
                      {**_TIMES, "station": station, "day": day}],
    P + "duty": {"reception": reception, "deputy": deputy, "state": "planned"},
    P + "wish": {"deputy": deputy, "from_day": "2026-07-01", "to_day": "2040-08-31", "weekday": "2"},
    P + "receiving.postpone": {"to_day": "2041-03-03", "reason": "道路中断"},
}
"""Values by entity and step, where the kit cannot guess."""


def beside(records: Mapping[str, int]) -> dict[tuple[str, str], Any]:
    """The plate at the door of a station, and the address of a deputy's calendar; the reception has been posted."""
    reception_model().update(state="posted").where(reception_model().id == records[P + "reception"]).execute()
    person = registry().entity(P + "placement").model.get_by_id(records[P + "placement"]).person_id
    token = signed_links.create(P + "calendar", "core.person", person, expires=timedelta(days=1), once=False)
    plate = registry().entity(P + "station").model.get_by_id(records[P + "station"]).plate
    return {("at", "plate"): plate, ("calendar", "token"): token}

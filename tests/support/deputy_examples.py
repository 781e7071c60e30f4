"""What the kit of checks needs to make records of deputies, where it cannot guess: mandates, terms and contacts at its place."""
from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from grid321.core import db, snapshot
from grid321.core.field_base import current_frame
from grid321.core.people import Person
from grid321.core.registry import registry
from grid321.core.tree import ancestor_columns

from . import station_examples

P = "liaison_station."
BEGIN = date(2022, 1, 1)


def level(number: int) -> str:
    """The congress of the place where the kit makes its record."""
    return "county" if current_frame().node.level == "county" else "town"


def columns() -> dict[str, Any]:
    """The columns of a row at the place where the kit makes its record, be it a village: a form there offers nothing above it."""
    return ancestor_columns(snapshot.current().tree, current_frame().node)


def first_day(number: int) -> str:
    """Terms of a few days, long ago, none of which overlaps another."""
    return (date(1950, 1, 1) + timedelta(10 * number)).isoformat()


def last_day(number: int) -> str:
    """The last day of the same term."""
    return (date(1950, 1, 6) + timedelta(10 * number)).isoformat()


def person(number: int) -> int:
    """A person who is no deputy yet."""
    return int(Person.create(name=f"代表{number}-{db.new_uid()[:4]}", **columns()).id)


def congress(number: int) -> int:
    """A term of the congress of the place."""
    model = registry().entity(P + "congress").model
    db.changed(f"{model._meta.table_name}:{columns()['division_id']}")
    return int(model.create(name=f"届次{number}", level=level(number), number=500 + model.select().count(),
                            from_day=BEGIN, **columns()).id)


def deputy(number: int) -> int:
    """A mandate in office."""
    model = registry().entity(P + "deputy").model
    return int(model.create(person_id=person(number), name=f"代表{number}", level=level(number), congress_id=congress(number),
                            from_day=BEGIN, **columns()).id)


def contact(number: int) -> int:
    """A contact that is kept."""
    model = registry().entity(P + "contact").model
    return int(model.create(deputy_id=deputy(number), kind="voter", from_day=BEGIN, **columns()).id)


EXAMPLES: dict[str, Any] = {
    P + "congress": {"level": level, "number": lambda number: number % 400 + 1, "from_day": first_day, "to_day": last_day},
    P + "district": {"level": level, "covers": None},
    P + "delegation": {"level": level, "leader": None},
    P + "deputy": {"person": person, "name": None, "phone": None, "id_number": None, "level": level, "congress": congress,
                   "district": None, "delegation": None, "group": None, "skills": None, "status": "active", "status_on": None,
                   "status_reason": None, "from_day": BEGIN.isoformat(), "to_day": None},
    P + "placement": {"deputy": deputy, "station": station_examples.station, "home": True, "to_day": None, "ended_why": None},
    P + "contact": {"deputy": deputy, "kind": "voter", "other": None, "voter": "石玉兰", "to_day": None},
    P + "talk": {"contact": contact},
}
"""Values by entity, where the kit cannot guess."""

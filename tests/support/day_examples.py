"""What the kit of checks needs to make lines of the register and opinions, where it cannot guess."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from grid321.core import db, signed_links, snapshot
from grid321.core.field_base import current_frame
from grid321.core.registry import registry
from grid321.core.tree import ancestor_columns

from . import station_examples

P = "liaison_station."


def deputy(number: int) -> int:
    """The id of the mandate of a new deputy who belongs to a new station where the kit makes its record."""
    from grid321.core.people import Person
    from grid321.plugins.liaison_station.deputy_models import Placement

    columns = ancestor_columns(snapshot.current().tree, current_frame().node)
    person = Person.create(name=f"代表{number}", initials=f"db{number}", **columns)
    made = registry().entity(P + "deputy").model.create(person_id=person.id, name=person.name, level="town", congress_id=number,
                                                        from_day=db.local_day(), **columns)
    Placement.create(deputy_id=made.id, person_id=person.id, station_id=station_examples.station(number), level="town",
                     from_day=db.local_day(), **columns)
    return int(made.id)


_OPINION = {"station": station_examples.station, "deputy": None}
OPINIONS = [_OPINION, {**_OPINION, "division": "610902104", "wants_answer": False, "deputy": deputy},
            {**_OPINION, "division": "610902"}]
"""Opinions begin in a village, a town or a county, and take other ways from there."""

EXAMPLES: dict[str, Any] = {
    P + "visit": {"station": station_examples.station, "reception": None, "deputy": None, "came_on": None, "result": "draft",
                  "persons": 2},
    P + "opinion": OPINIONS,
}
"""Values by entity, where the kit cannot guess."""


def beside(records: Mapping[str, int]) -> dict[tuple[str, str], Any]:
    """A reception day with its draft, and a voter's link to rate the opinion."""
    visit = registry().entity(P + "visit").model
    visit.update(reception_id=records[P + "reception"]).where(visit.id == records[P + "visit"]).execute()
    token = signed_links.create(P + "rating", P + "opinion", records[P + "opinion"], expires=timedelta(days=1))
    return {("day", "record_id"): records[P + "reception"], ("line", "line_id"): records[P + "visit"], ("rate", "token"): token}

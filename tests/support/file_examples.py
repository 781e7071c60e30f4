"""What the kit of checks needs to make records of deputies' files: a deputy with a mandate where the record will be."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from grid321.core import db, signed_links, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.field_base import current_frame
from grid321.core.people import Person
from grid321.core.registry import registry
from grid321.core.tree import ancestor_columns

P = "liaison_station."


def deputy(number: int) -> int:
    """The id of a new deputy where the kit makes its record: nobody else has a file of this one."""
    model = registry().entity(P + "deputy").model
    columns = ancestor_columns(snapshot.current().tree, current_frame().node)
    person = Person.create(name=f"代表{number}", **columns)
    return int(model.create(person_id=person.id, name=person.name, level="town", congress_id=10_000 + number,
                            from_day=date(2022, 1, 1), **columns).id)


def this_year(number: int) -> int:
    """The present year."""
    return db.local_day().year


def beside(records: Mapping[str, int]) -> dict[tuple[str, str], Any]:
    """A published year with a link for a voter and an open tablet, one also for all deputies of its station."""
    from grid321.core import engine

    entity = registry().entity(P + "year")
    place = snapshot.current().tree.get(entity.model.get_by_id(records[P + "year"]).division_id)
    assert place is not None
    for step, answers in (("confirm_told", {"told_on": db.local_day(), "way": "paper"}), ("check", {}), ("publish", {})):
        if entity.model.get_by_id(records[P + "year"]).published_on is None:
            engine.perform(entity, records[P + "year"], step, answers, SYSTEM, None, place)

    def link(word: str, *, once: bool) -> str:
        return signed_links.create(P + word, entity.key, records[entity.key], expires=timedelta(days=1), once=once)

    year = entity.model.get_by_id(records[P + "year"])
    station = registry().entity(P + "station").model.get_by_id(records[P + "station"])
    registry().entity(P + "placement").model.create(
        deputy_id=year.deputy_id, person_id=year.person_id, station_id=station.id, level="town", from_day=date(2022, 1, 1),
        **ancestor_columns(snapshot.current().tree, place))
    of_station = signed_links.create(P + "station_tablet", P + "station", station.id, expires=timedelta(days=1), once=False)
    return {("performance", "year_id"): records[entity.key], ("voice", "token"): link("voice", once=True),
            ("tablet", "token"): link("voice_tablet", once=False),
            ("station-tablet", "token"): of_station, ("token", "year_id"): records[entity.key]}


_YEAR = {"deputy": deputy, "year": this_year, "report": "一年来接待选民二十三人次。"}
EXAMPLES: dict[str, Any] = {
    P + "deed": {"deputy": deputy, "kind": "training"},
    P + "year": [_YEAR, {**_YEAR, "report": "一年来在阳光小区3号楼2单元接待选民二十三人次。"}],
    P + "scheme": {"items": "reception 2 10\nopinion 1 5", "basis": None, "from_day": None, "to_day": None},
}
"""Values by entity, where the kit cannot guess. One year names an address, which an officer has to look at, and one does not."""

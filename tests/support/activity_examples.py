"""What the kit of checks needs to make records of activities, where it cannot guess."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from grid321.core import db, signed_links, snapshot
from grid321.core.people import Person
from grid321.core.registry import registry
from grid321.core.tree import ancestor_columns

from . import deputy_examples, station_examples

P = "liaison_station."



def deputies(number: int) -> str:
    """The name of a deputy in office, whom no other is called like."""
    model = registry().entity(P + "deputy").model
    made = deputy_examples.deputy(number)
    name = f"代表{number}号{db.new_uid()[:4]}"
    model.update(name=name).where(model.id == made).execute()
    return name


EXAMPLES: dict[str, Any] = {
    P + "theme": {"year": lambda number: 2000 + number % 200, "quarter": lambda number: number % 4 + 1},
    P + "activity": {"station": None, "kind": "station", "themed": None, "from_minute": "09:00", "to_minute": "11:30",
                     "place": "溪河社区活动室", "room": None},
    P + "past": {"station": station_examples.station, "kind": "station", "day": lambda number: db.local_day().isoformat(),
                 "deputies": deputies, "result": "修通水渠", "result_kind": "built", "fen": "32000.50", "quantity": "1.2",
                 "unit": "公里"},
    P + "activity_life.enter": {"held_on": "2024-03-12", "voters": 3, "minutes": "走访十七户。"},
    P + "activity_life.write_up": {"minutes": "走访十七户，收集路灯问题三件。"},
    P + "result": {"activity": None, "station": station_examples.station, "fen": "32000.50", "quantity": "20", "unit": "盏"},
}
"""Values by entity and by step, where the kit cannot guess."""


def beside(records: Mapping[str, int]) -> dict[tuple[str, str], Any]:
    """The code of an activity that is shown on its day, and the invitation of somebody on paper."""
    key = P + "activity"
    token = signed_links.create(P + "attendance", key, records[key], expires=timedelta(days=1), once=False)
    activity, row = registry().entity(key).model.get_by_id(records[key]), registry().entity(P + "attendance").model
    tree = snapshot.current().tree
    columns = ancestor_columns(tree, tree.get(activity.division_id))
    person = Person.create(name="受邀代表", **columns)
    invited = row.create(activity_id=activity.id, person_id=person.id, role="other", day=activity.day, **columns)
    slip = signed_links.create(P + "invitation", P + "attendance", invited.id, expires=timedelta(days=1), once=False)
    return {("come", "token"): token, ("invited", "token"): slip}

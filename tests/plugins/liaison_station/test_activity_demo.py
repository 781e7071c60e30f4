"""The demo of stations, deputies and activities: Hanbin's published structure, everybody somewhere, figures that add up."""

import pytest

from grid321.core import counters, db, division_records, snapshot
from grid321.core.demo import county
from grid321.core.people import Post
from grid321.core.registry import registry
from grid321.plugins.liaison_station import attendance, rhythm
from grid321.plugins.liaison_station.activity_models import Activity, Attendance
from grid321.plugins.liaison_station.deputy_models import Deputy, Placement
from grid321.plugins.liaison_station.station_models import Station


@pytest.mark.once
def test_the_demo_has_hanbins_stations_and_deputies_and_activities_of_every_state(app):
    with app.test_request_context("/"):
        county.load()

    kinds = [station.kind for station in Station.select()]
    assert {kind: kinds.count(kind) for kind in kinds} == {"home": 1, "central": 27, "station": 387, "office": 8}
    levels = [deputy.level for deputy in Deputy.select()]
    assert {level: levels.count(level) for level in levels} == {"province": 6, "city": 80, "county": 329, "town": 1553}
    placed = {row[0] for row in Placement.select(Placement.deputy_id).where(Placement.home).tuples()}
    assert placed == {deputy.id for deputy in Deputy.select(Deputy.id)}
    assert Post.select().where(Post.kind.startswith("core_deputy_")).count() == 1968
    assert {row.state for row in Activity.select()} == {"announced", "held", "written", "dropped"}
    assert attendance.turnout()[0] == Attendance.select().join(Activity, on=(Activity.id == Attendance.activity_id)).where(
        Attendance.came & Activity.state.in_(("held", "written"))).count()
    central = Station.get(Station.kind == "central")
    assert "theme" not in {lack.rule for lack in rhythm.missing(central.id, db.local_day())}
    tree = snapshot.current().tree
    assert division_records.misplaced(division_records.scoped_models(), tree) == []
    for entity in registry().entities.values():
        assert counters.recount(entity, tree) == []

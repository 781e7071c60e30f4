"""The demo of stations, deputies and activities: Hanbin's published structure, everybody somewhere, figures that add up."""

import pytest

from grid321.core import counters, db, division_records, snapshot
from grid321.core.accounts import Account
from grid321.core.demo import county
from grid321.core.people import Post
from grid321.core.registry import registry
from grid321.plugins.liaison_station import attendance, placement, placement_assistant, rhythm
from grid321.plugins.liaison_station.activity_models import Activity, Attendance
from grid321.plugins.liaison_station.deputy_models import Deputy
from grid321.plugins.liaison_station.station_models import Station


@pytest.mark.once
def test_the_demo_has_hanbins_stations_and_deputies_and_activities_of_every_state(app):
    with app.test_request_context("/"):
        county.load()

    kinds = [station.kind for station in Station.select()]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "home": 1, "central": 27, "station": 387, "office": 8, "head": 1, "industry": 1, "park": 1, "point": 1}
    levels = [deputy.level for deputy in Deputy.select().where(Deputy.status != "ended")]
    assert {level: levels.count(level) for level in levels} == {"province": 6, "city": 80, "county": 329, "town": 1553}
    county_node = snapshot.current().tree.by_code(county.COUNTY)
    covered = placement.coverage(county_node)
    assert (covered.placed, covered.total) == (1968 - 1 - 4, 1968 - 1), "one is suspended, four wait for the assistant"
    proposal = placement_assistant.propose(county_node)
    assert (len(proposal.rows), proposal.then.full) == (4, True)
    assert Post.select().where(Post.kind.startswith("core_deputy_") & Post.to_day.is_null()).count() == 1967
    account = Account.get(Account.username == "deputy")
    assert {one.level for one in Deputy.select().where(Deputy.person_id == account.person_id)} == {"county"}
    assert {row.state for row in Activity.select()} == {"announced", "held", "written", "dropped"}
    assert attendance.turnout()[0] == Attendance.select().join(Activity, on=(Activity.id == Attendance.activity_id)).where(
        Attendance.came & Activity.state.in_(("held", "written"))).count()
    central = Station.get(Station.kind == "central")
    assert "theme" not in {lack.rule for lack in rhythm.missing(central.id, db.local_day())}
    tree = snapshot.current().tree
    assert division_records.misplaced(division_records.scoped_models(), tree) == []
    for entity in registry().entities.values():
        assert counters.recount(entity, tree) == []

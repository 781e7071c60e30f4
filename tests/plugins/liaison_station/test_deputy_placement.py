"""Who belongs to which station: the rule by level, one home at each level, the assistant, the figure of full coverage."""
from datetime import date, timedelta

from grid321.core import db
from grid321.plugins.liaison_station import placement
from grid321.plugins.liaison_station.deputy_models import Deputy, Placement


def names(world, station, day=None):
    """Who may act at a station."""
    return {one.name for one in placement.deputies_of(world.stations[station].id, day)}


def test_the_deputies_of_a_station_are_those_placed_there_whose_mandate_may_be_exercised_that_day(world):
    today = db.local_day()
    assert names(world, "wuli") == {"张桂兰", "陈志远"} and names(world, "home") == {"李秀梅", "王建国"}
    assert names(world, "wuli", date(2021, 12, 31)) == set()

    Deputy.update(status="suspended", status_on=today).where(Deputy.id == world.deputies["zhang"].id).execute()
    assert names(world, "wuli") == {"陈志远"} and names(world, "wuli", today - timedelta(1)) == {"张桂兰", "陈志远"}
    Deputy.update(status="ended", to_day=today).where(Deputy.id == world.deputies["chen"].id).execute()
    assert names(world, "wuli") == {"陈志远"} and names(world, "wuli", today + timedelta(1)) == set()
    Placement.update(to_day=today).where(Placement.id == world.placements["li"].id).execute()
    assert names(world, "home", today + timedelta(1)) == {"王建国"}


def test_the_deputies_of_many_stations_come_in_one_query(world):
    ids = [station.id for station in world.stations.values()]
    found = placement.deputies_by_station(ids)
    assert {place: len(rows) for place, rows in found.items()} == dict.fromkeys(ids, 2)


def test_full_coverage_counts_mandates_in_office_that_have_a_home_station(world):
    county = world.tree.county
    assert placement.coverage(county) == placement.Coverage(12, 12) and placement.coverage(county).full
    Placement.update(home=False).where(Placement.id == world.placements["li"].id).execute()
    Placement.update(to_day=db.local_day() - timedelta(1)).where(Placement.id == world.placements["zhao"].id).execute()
    assert placement.coverage(county) == placement.Coverage(10, 12) and not placement.coverage(county).full
    assert placement.coverage(world.tree.town) == placement.Coverage(3, 4)
    assert not placement.coverage(world.tree.other_county).full

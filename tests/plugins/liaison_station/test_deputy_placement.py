"""Who belongs to which station: the rule by level, one home at each level, the assistant, the figure of full coverage."""
import contextvars
import threading
from datetime import date, timedelta
from functools import partial

import pytest

from grid321.core import db, records
from grid321.core.errors import Conflict, Forbidden, Invalid
from grid321.plugins.liaison_station import placement, placement_write
from grid321.plugins.liaison_station.deputy_models import Deputy, Placement
from grid321.plugins.liaison_station.station_models import Station


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


# -- one home station at each level ------------------------------------------------------------------------------------

def place(world, deputy, station, /, who="county", **changes):
    """Place a deputy by hand."""
    raw = {"deputy": world.deputies[deputy].id, "station": world.stations[station].id, "from_day": "2026-03-01"}
    return world.make("placement", {**raw, **changes}, who)


def test_a_deputy_in_two_home_stations_of_one_level_is_refused_and_told_which_one_is_home(world):
    with pytest.raises(Conflict) as refused:
        place(world, "zhang", "datong")
    assert refused.value.code == "second_home" and "五里镇人大代表中心联络站" in refused.value.errors["station"][0]
    assert Placement.select().count() == 12


def test_a_station_of_another_level_may_be_home_too_and_in_others_a_deputy_helps(world):
    assert place(world, "zhang", "home").level == "county"
    helper = place(world, "zhang", "datong", home=False)
    assert not helper.home and names(world, "datong") == {"何𠮷", "林晓燕", "张桂兰"}
    with pytest.raises(Conflict):
        world.change(helper, {"home": True})
    with pytest.raises(Conflict):
        place(world, "zhang", "datong", home=False)


def test_the_home_of_a_person_counts_for_every_mandate(world):
    zhang = world.people["zhang"]
    second = world.make("deputy", {"person": zhang.id, "level": "city"})
    with pytest.raises(Conflict):
        world.make("placement", {"deputy": second.id, "station": world.stations["datong"].id, "from_day": "2026-03-01"})
    assert placement.coverage(world.tree.county) == placement.Coverage(13, 13)


def test_a_placement_that_ended_leaves_room_from_the_next_day_on(world):
    world.change(world.placements["zhang"], {"to_day": "2026-03-01"})
    with pytest.raises(Conflict):
        place(world, "zhang", "datong")
    assert place(world, "zhang", "datong", from_day="2026-03-02").id


def test_a_deputy_moves_to_another_station_and_the_history_keeps_both(world):
    today, old = db.local_day(), world.placements["zhang"]
    made = placement_write.move(old, world.stations["datong"].id, world.actors["county"], world.tree.county)
    assert (made.from_day, world.fresh(old).to_day) == (today, today - timedelta(1)) and made.home
    again = placement_write.move(made, world.stations["wuli"].id, world.actors["county"], world.tree.county)
    assert again.station_id == world.stations["wuli"].id
    assert Placement.select().where(Placement.person_id == again.person_id).count() == 2  # that of today's first try is gone


def test_two_clerks_who_place_one_deputy_at_the_same_moment_end_with_one_home(app, world):
    entity, county, actor = world.entity("placement"), world.tree.county, world.actors["county"]
    data = {"deputy_id": world.deputies["zhang"].id, "home": True, "from_day": date(2026, 3, 1)}
    for _round in range(4):
        Placement.delete().where(Placement.person_id == world.people["zhang"].id).execute()
        ends = at_once(app, *(partial(records.create, entity, {**data, "station_id": world.stations[name].id}, actor, county)
                              for name in ("wuli", "datong")))
        assert sorted(ends) == ["lost", "won"]
        assert Placement.select().where(Placement.person_id == world.people["zhang"].id).count() == 1


def at_once(app, *works):
    """Run works at the same moment, each in a thread with its own connection; returns how each ended."""
    barrier, ends = threading.Barrier(len(works)), [""] * len(works)

    def run(number, work):
        with app.app_context():
            try:
                barrier.wait(timeout=20)
                work()
                ends[number] = "won"
            except Conflict:
                ends[number] = "lost"
            finally:
                db.close_thread()

    threads = [threading.Thread(target=contextvars.Context().run, args=(run, number, work)) for number, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_the_index_refuses_a_second_home_that_nobody_saw_coming(world, monkeypatch):
    monkeypatch.setattr(placement_write, "_refuse_second", lambda values, own_id: None)
    with pytest.raises(Conflict):
        place(world, "zhang", "datong")
    assert Placement.select().count() == 12


@pytest.mark.parametrize(("changes", "field"), [
    ({"from_day": "2021-06-01"}, "from_day"), ({"to_day": "2026-02-01"}, "to_day"), ({"station": 999_999}, "station"),
    ({"deputy": 999_999}, "deputy")])
def test_a_placement_that_does_not_fit_is_refused_at_its_field(world, changes, field):
    with pytest.raises(Invalid) as refused:
        place(world, "zhang", "home", **changes)
    assert field in refused.value.errors and Placement.select().count() == 12


def test_nobody_is_placed_by_an_ended_mandate_or_into_a_closed_station(world):
    Station.update(closed_on=date(2026, 1, 1)).where(Station.id == world.stations["home"].id).execute()
    with pytest.raises(Invalid) as refused:
        place(world, "zhang", "home")
    assert "station" in refused.value.errors
    world.change(world.deputies["chen"], {"status": "ended", "status_on": "2026-01-31", "status_reason": "moved"})
    with pytest.raises(Invalid) as refused:
        place(world, "chen", "datong")
    assert "deputy" in refused.value.errors


def test_a_town_places_its_own_deputies_into_its_own_stations_only(world):
    town = world.tree.town
    place_at = partial(world.make, "placement", who="town", node=town)
    world.change(world.placements["zhao"], {"to_day": "2026-02-28"})
    raw = {"deputy": world.deputies["zhao"].id, "from_day": "2026-03-01"}
    with pytest.raises(Invalid):
        place_at({**raw, "station": world.stations["datong_village"].id})
    assert place_at({**raw, "station": world.stations["liuying"].id}).id
    with pytest.raises(Forbidden):
        world.make("placement", {**raw, "station": world.stations["wuli_village"].id}, "liaison", town)

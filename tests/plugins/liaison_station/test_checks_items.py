"""The checklist of a station says what data say, why, and where it is mended; for all stations by the same number of queries."""
from datetime import date, timedelta

import pytest
from support import station_world

from grid321.core import class_items, snapshot
from grid321.core.actor import SYSTEM
from grid321.plugins.liaison_station import checks
from grid321.plugins.liaison_station.activity_models import Activity
from grid321.plugins.liaison_station.checks_choices import HAVE, SITING
from grid321.plugins.liaison_station.checks_items import ITEMS, Group, have
from grid321.plugins.liaison_station.checks_models import Attested
from grid321.plugins.liaison_station.deputy_models import Placement
from grid321.plugins.liaison_station.file_models import Year
from grid321.plugins.liaison_station.reception_models import Plan, Reception
from grid321.plugins.liaison_station.station_models import Equipment, Paper, Room, Staff, Station

DAY = date(2026, 6, 15)


@pytest.fixture
def world(staged, division_tree):
    """The county with its stations."""
    return staged(station_world.build, division_tree)


@pytest.fixture
def station(world):
    """The station of a village."""
    return world.stations["wuli_village"]


def where(station):
    """The columns of a row that lives at the station."""
    return station_world.columns(snapshot.current().tree.get(station.division_id))


def case(model, station, number, **values):
    """A case of the station as it would be stored."""
    return model.create(number=number, holder_id=station.division_id, station_id=station.id, **{**where(station), **values})


def reception(station, number, day, **values):
    """A reception of the station."""
    return case(Reception, station, number, day=day, first_day=day, from_minute=540, to_minute=720,
                **{"state": "held", **values})


def ask(item, station):
    """What an item says of a station."""
    return have(ITEMS[item], station, DAY)


def test_premises_are_an_address_and_a_room(station):
    assert not ask("premises", station).ok
    assert ask("premises", station).where == (f"room/new?station={station.id}")

    Room.create(station_id=station.id, name="接待室", **where(station))
    assert ask("premises", station).ok
    assert station.address in ask("premises", station).because

    station.address = ""
    assert not ask("premises", station).ok
    assert ask("premises", station).where == (f"station/{station.id}/edit")


def test_equipment_counts_only_what_works(station):
    assert not ask("equipment", station).ok
    broken = Equipment.create(station_id=station.id, name="打印机", count=2, condition="repair", **where(station))
    gone = Equipment.create(station_id=station.id, name="电话", count=1, condition="gone", **where(station))
    assert not ask("equipment", station).ok

    for one in (broken, gone):
        Equipment.update(condition="good").where(Equipment.id == one.id).execute()
    assert ask("equipment", station).ok
    assert "3" in ask("equipment", station).because


def test_a_paper_of_the_county_hangs_in_every_station_until_it_is_repealed(world, station):
    assert not ask("duties", station).ok
    county = station_world.columns(world.tree.county)
    paper = Paper.create(kind="duty", title="站长职责", text="……", series="0:duty:a", adopted_on=date(2026, 1, 1), **county)
    assert ask("duties", station).ok
    assert not ask("systems", station).ok

    Paper.update(repealed_on=DAY).where(Paper.id == paper.id).execute()
    assert not ask("duties", station).ok


def test_a_paper_of_another_town_or_station_does_not_count_nor_one_that_comes_into_force_later(world, station):
    other = world.stations["liuying"]
    Paper.create(kind="workflow", title="流程", text="……", series="0:workflow:a", adopted_on=date(2026, 1, 1),
                 **station_world.columns(world.tree.other_town))
    Paper.create(kind="workflow", title="流程", text="……", series="1:workflow:a", adopted_on=date(2026, 1, 1),
                 station_id=other.id, **where(other))
    Paper.create(kind="workflow", title="流程", text="……", series="2:workflow:a", adopted_on=DAY + timedelta(days=1),
                 station_id=station.id, **where(station))

    assert not ask("workflow", station).ok
    assert ask("workflow", other).ok


def test_a_plan_is_there_when_it_is_posted_for_this_year(station):
    assert "2026" in ask("plan", station).because
    row = case(Plan, station, "P1", year=2026, state="draft")
    assert not ask("plan", station).ok

    Plan.update(posted_on=date(2026, 1, 5)).where(Plan.id == row.id).execute()
    assert ask("plan", station).ok
    assert not have(ITEMS["plan"], station, date(2027, 1, 1)).ok


def test_performance_is_displayed_when_a_deputy_of_the_station_published_a_recent_file(world, station):
    assert "0" in ask("performance", station).because
    deputy = world.deputies["zhao"]
    old = Year.create(number="Y1", title="", holder_id=station.division_id, deputy_id=deputy.id, person_id=deputy.person_id,
                      year=2024, name=deputy.name, published_on=date(2025, 2, 1), state="published", **where(station))
    assert not ask("performance", station).ok

    Year.update(year=2025).where(Year.id == old.id).execute()
    assert ask("performance", station).ok
    Placement.update(to_day=DAY - timedelta(days=1)).where(Placement.station_id == station.id).execute()
    assert not ask("performance", station).ok


def test_activities_are_displayed_when_one_was_announced_or_held_lately(world, station):
    assert not ask("activities", station).ok
    reception(station, "R1", DAY - timedelta(days=91), posted_on=DAY - timedelta(days=120))
    assert not ask("activities", station).ok
    world.set("shown_days", 91)
    assert ask("activities", station).ok

    case(Activity, world.stations["liuying"], "A1", kind="study", title="学习", day=DAY, held_on=DAY, state="held")
    assert ask("activities", world.stations["liuying"]).ok


def test_the_archive_is_there_when_everything_that_was_held_is_written_up(station):
    assert not ask("archive", station).ok
    reception(station, "R1", DAY - timedelta(days=10), summary="接待三人。")
    reception(station, "R2", DAY - timedelta(days=9), state="posted")
    assert ask("archive", station).ok

    case(Activity, station, "A1", kind="study", title="学习", day=DAY, held_on=DAY, state="held")
    assert not ask("archive", station).ok
    assert "1" in ask("archive", station).because and "2" in ask("archive", station).because


def test_what_data_do_not_show_a_person_attests_and_it_holds_for_a_year(station):
    Attested.create(station_id=station.id, item="duties", ok=True, evidence="挂在门厅", day=DAY, **where(station))
    found = checks.look_at(station, DAY).lists[HAVE.key]["duties"]
    assert found.ok and not found.computed and "挂在门厅" in found.because

    assert not checks.look_at(station, date(2027, 6, 15)).lists[HAVE.key]["duties"].ok
    assert checks.look_at(station, date(2027, 6, 14)).lists[HAVE.key]["duties"].ok


def test_nobody_attests_what_data_speak_of(station):
    Attested.create(station_id=station.id, item="plan", ok=True, evidence="有", day=DAY, **where(station))

    assert not checks.look_at(station, DAY).lists[HAVE.key]["plan"].ok


def test_siting_rules_are_attested_and_an_item_that_the_county_adds_as_well(world, station):
    class_items.put(HAVE.key, "lamp", world.tree.county, {"label_zh": "有灯", "position": 200}, SYSTEM, new=True)
    class_items.put(HAVE.key, "archive", world.tree.county, {"label_zh": "档案", "position": 100, "retired": True}, SYSTEM)
    found = checks.look_at(station, DAY)

    assert len(found.lists[HAVE.key]) == 10 and "lamp" in found.missing() and "archive" not in found.missing()
    assert found.count(SITING.key) == (0, 4)
    assert found.lists[SITING.key]["siting_1"].where == (f"attested/new?station={station.id}&item=siting_1")


def test_organisation_is_what_the_staffing_rule_finds_with_its_words(world, station):
    assert not ask("organisation", station).ok
    assert "副站长" in ask("organisation", station).because
    assert ask("organisation", station).where == f"staff/new?station={station.id}"

    for key, value in (("staff_deputy_head", 0), ("staff_party", False), ("head_village", "deputy")):
        world.set(key, value)
    assert ask("organisation", station).ok
    assert not ask("organisation", world.stations["liuying"]).ok  # no liaison officer

    Staff.update(to_day=DAY - timedelta(days=1)).where(Staff.station_id == station.id).execute()
    assert not ask("organisation", station).ok


def test_the_number_of_queries_does_not_grow_with_the_stations(app, world, queries):
    def count():
        with app.test_request_context():
            checks.look(Group.of(checks.open_on(DAY)), DAY)  # settings and words are known after the first time
            queries.clear()
            assert checks.look(Group.of(checks.open_on(DAY)), DAY)
        return len(queries)

    few = count()
    columns = where(world.stations["liuying"])
    for number in range(40):
        one = Station.create(name=f"站{number}", kind="station", plate=f"more{number}", address="一楼", opened_on=DAY, **columns)
        Staff.create(station_id=one.id, person_id=world.people["li"].id, role="head", from_day=DAY, **columns)
        reception(one, f"R{number}", DAY, posted_on=DAY)

    assert count() == few <= len(ITEMS) + 4


def test_completeness_counts_items_over_stations_by_place(world):
    Room.create(station_id=world.stations["wuli"].id, name="接待室", **where(world.stations["wuli"]))
    found = checks.look(Group.of(checks.open_on(DAY)), DAY)

    whole = checks.completeness(found)
    assert whole.bottom == 60
    places = checks.by_place(found, world.tree.county)
    assert [place.name for place, _stations in places] == ["汉滨区", "五里镇", "大同镇"]
    parts = [checks.completeness(stations) for _place, stations in places]
    assert sum(one.top for one in parts) == whole.top and [one.bottom for one in parts] == [10, 30, 20]
    assert checks.lacking(found)["premises"] == 5


def test_a_station_stands_still_from_its_last_reception_or_its_opening(world):
    still, moving, rests = (world.stations[key] for key in ("liuying", "wuli_village", "datong_village"))
    reception(moving, "R1", DAY - timedelta(days=59))
    reception(still, "R2", DAY - timedelta(days=60))
    Station.update(suspended_on=DAY).where(Station.id == rests.id).execute()
    group = Group.of(checks.open_on(DAY))
    found = {station.id: days for station, _on, days in
             checks.standing_still(group, checks.last_held(group.ids, DAY), DAY)}

    assert found[still.id] == 60 and moving.id not in found and rests.id not in found
    assert found[world.stations["home"].id] == (DAY - station_world.SINCE).days

"""Stations as records: what is refused, 400 of them from a sheet, what their page shows, who may do what."""
import re
from datetime import timedelta

import pytest
from support.stock_sheets import workbook

from grid321.core import export, records, transfer
from grid321.core.db import local_day
from grid321.core.errors import Conflict, Invalid
from grid321.core.jobs import Executor
from grid321.core.transfer_tables import read_file
from grid321.plugins.liaison_station.station_checks import PLATE_LENGTH, PLATE_SIGNS
from grid321.plugins.liaison_station.station_models import Station


def station(world, by="county", node=None, **more):
    """Enter a station in the village."""
    return world.make("station", {"division": world.tree.village.code, "name": "产业园代表工作室", "kind": "office",
                                  "opened_on": "2024-03-01", **more}, by, node)


def errors(world, **more):
    """The errors with which a station is refused, and that nothing was written."""
    before = Station.select().count()
    with pytest.raises(Invalid) as refusal:
        station(world, **more)
    assert Station.select().count() == before
    return refusal.value.errors


def test_a_new_station_gets_the_word_of_its_plate_which_nobody_may_write(world):
    made = station(world)

    assert re.fullmatch(f"[{PLATE_SIGNS}]{{{PLATE_LENGTH}}}", made.plate)
    assert errors(world, name="另一站", plate="mine").keys() == {"plate"}


def test_a_name_is_used_once_in_a_division(world):
    assert errors(world, name="五里村人大代表联络站").keys() == {"name"}
    assert station(world, name="刘营村人大代表联络站")


@pytest.mark.parametrize(("more", "field"), [
    ({"lat": 32.7}, "lng"), ({"lng": 109.0}, "lat"), ({"lat": 109.0, "lng": 32.7}, "lat"), ({"lat": 32.7, "lng": 12.0}, "lng"),
    ({"lat": "32,7", "lng": 109.0}, "lat"), ({"closed_on": "2023-01-01"}, "closed_on"),
    ({"suspended_on": "2023-01-01"}, "suspended_on"),
    ({"kind": "club"}, "kind"), ({"division": "610921"}, "division"), ({"parent": 10**9}, "parent")])
def test_a_station_that_cannot_be_is_refused_at_its_field(world, more, field):
    assert errors(world, **more).keys() == {field}


def test_the_station_above_stands_above_and_never_below(world):
    village, town = world.stations["wuli_village"], world.stations["wuli"]

    assert errors(world, parent=world.stations["datong"].id).keys() == {"parent"}
    with pytest.raises(Invalid):
        world.change(town, {"parent": village.id})
    with pytest.raises(Invalid):
        world.change(village, {"parent": village.id})
    assert station(world, parent=town.id).parent_id == town.id


def test_a_station_of_which_there_are_records_is_closed_and_not_deleted(world):
    entity, county, empty = world.entity("station"), world.actors["county"], station(world)

    for key in ("wuli_village", "home"):
        with pytest.raises(Conflict):
            records.delete(entity, world.stations[key].id, county, None, world.tree.county)
    records.delete(entity, empty.id, county, None, world.tree.county)

    assert Station.select().count() == len(world.stations)


def test_a_town_officer_keeps_the_stations_of_the_own_town_only(world):
    browser, town = world.browser("town"), world.tree.town
    raw = {"division": world.tree.village.code, "name": "新站", "kind": "point", "opened_on": "2024-03-01"}

    own = browser.api("POST", f"/d/{town.code}/liaison_station/station", raw)
    other = browser.api("POST", f"/d/{world.tree.other_town.code}/liaison_station/station",
                        {**raw, "division": world.tree.other_village.code})

    assert (own.status_code, other.status_code) == (201, 403)
    assert world.browser("viewer").api("POST", f"/d/{town.code}/liaison_station/station", raw).status_code == 403


# ---------------------------------------------------------------- a sheet of 400

HEAD = ["plate", "division", "name", "kind", "address", "lat", "lng", "phone", "opened_on"]
KINDS = {"lat": "int", "lng": "int"}


def rows(world, count):
    """Rows of stations in the villages in turn."""
    villages = [world.tree.village, world.tree.second_village, world.tree.other_village]
    return [["", villages[number % 3].code, f"第{number}联络站", "station", f"汉江路{number}号", 32.6 + number / 10_000,
             109.0 + number / 10_000, "0915-3200000", "2024-01-01"] for number in range(1, count + 1)]


def checked(world, found):
    """The checked import of rows."""
    return transfer.start(world.entity("station"), workbook(found, head=HEAD, kinds=KINDS), "stations.xlsx",
                          world.actors["county"], world.tree.county)


def run(world, batch):
    """Confirm a checked import and let it run to its end."""
    transfer.confirm(batch, world.actors["county"])
    Executor().run_due()


def test_four_hundred_stations_come_from_a_sheet_and_go_again_by_undo(app, world):
    before = Station.select().count()
    batch = checked(world, rows(world, 400))
    assert dict(batch.counts) == {"new": 400}

    run(world, batch)

    assert Station.select().count() == before + 400
    one = Station.get(Station.name == "第7联络站")
    assert (one.kind, one.division_id) == ("station", world.tree.second_village.id) and len(one.plate) == PLATE_LENGTH
    assert len({row.plate for row in Station.select(Station.plate)}) == before + 400

    transfer.undo(transfer.get(world.entity("station"), batch.id, world.tree.county, world.actors["county"]),
                  world.actors["county"])
    Executor().run_due()
    assert Station.select().count() == before


def test_a_wrong_row_of_a_sheet_is_named_and_the_others_stay_right(world):
    found = rows(world, 3)
    found[1][5] = 200

    batch = checked(world, found)

    assert dict(batch.counts) == {"new": 2, "error": 1}


def test_the_own_export_changes_nothing_when_it_comes_back(app, world):
    county, entity = world.tree.county, world.entity("station")
    file = export.ask(entity, {}, county, world.actors["county"], file_format="xlsx", purpose="年度核对全县站点", revealed=False)

    batch = transfer.start(entity, b"".join(read_file(file)), "x.xlsx", world.actors["county"], county)

    assert dict(batch.counts) == {"same": len(world.stations)}


# ---------------------------------------------------------------- the page

def test_the_page_of_a_station_shows_staff_with_findings_rooms_and_papers(world):
    found = world.stations["wuli_village"]
    room = world.make("room", {"station": found.id, "name": "接待室"})
    world.make("booking", {"room": room.id, "day": (local_day() + timedelta(days=1)).isoformat(), "from_minute": "09:00",
                           "to_minute": "11:00", "purpose": "代表接待"})
    world.make("paper", {"kind": "duty", "title": "站长职责", "text": "主持工作", "adopted_on": local_day().isoformat()})

    text = world.browser("town").get(f"/d/{world.tree.town.code}/liaison_station/station/{found.id}").text

    for word in ("赵德发", "人员配备不符合要求", "还差1名", "接待室", "09:00–11:00", "代表接待", "站长职责", "第1版",
                 found.plate):
        assert word in text
    assert f"/d/{world.tree.town.code}/liaison_station/staff/new?station={found.id}" in text


def test_a_reader_sees_the_findings_and_no_button_to_mend_them(world):
    found = world.stations["wuli_village"]

    text = world.browser("viewer").get(f"/d/{world.tree.county.code}/liaison_station/station/{found.id}").text

    assert "人员配备不符合要求" in text and "staff/new" not in text and "confirm-party" not in text


def test_a_deputy_sees_stations_and_who_works_there(world):
    browser = world.browser("zhao")
    text = browser.get(f"/d/{world.tree.town.code}/liaison_station/station/{world.stations['wuli_village'].id}").text

    assert "赵德发" in text and "staff/new" not in text

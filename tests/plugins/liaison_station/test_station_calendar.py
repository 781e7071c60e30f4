"""The week of a room, the place on the map, starting texts of papers, rooms and staff by sheet."""
import json
import re

import pytest
from support.stock_sheets import workbook

from grid321.core import transfer
from grid321.core.jobs import Executor
from grid321.core.transfer_tables import ImportBatch, all_rows
from grid321.plugins.liaison_station.station_models import Paper, Room, Staff
from grid321.plugins.liaison_station.station_starters import starters

MONDAY = "2027-03-15"


@pytest.fixture
def room(world):
    """A shared room: the library has it each Tuesday morning, a booking takes the Wednesday afternoon."""
    made = world.make("room", {"station": world.stations["wuli"].id, "name": "会议室"}, node=world.tree.town)
    world.make("slot", {"room": made.id, "weekday": "1", "from_minute": "09:00", "to_minute": "11:00", "used_by": "图书室",
                        "from_day": "2026-01-01"}, node=world.tree.town)
    world.make("booking", {"room": made.id, "day": "2027-03-17", "from_minute": "14:30", "to_minute": "16:00",
                           "purpose": "座谈会"}, node=world.tree.town)
    return made


def at(world, path):
    return f"/d/{world.tree.town.code}/liaison_station/{path}"


def test_the_week_of_a_room_shows_bookings_and_shared_times_on_their_days(world, room):
    page = world.browser("town").get(at(world, f"room/{room.id}/week?day=2027-03-18"))
    assert page.status_code == 200 and "14:30–16:00" in page.text and "座谈会" in page.text
    days = page.text.split('<td class="main"')[1:]
    assert len(days) == 7 and "图书室" in days[1] and "09:00–11:00" in days[1] and "座谈会" in days[2]
    assert "图书室" not in days[2] and "day=2027-03-08" in page.text and "day=2027-03-22" in page.text
    answer = world.browser("town").get(f"/api/v1/d/{world.tree.town.code}/liaison_station/room/{room.id}/week?day={MONDAY}").json
    assert answer["from"] == MONDAY
    assert [[entry["what"] for entry in day["entries"]] for day in answer["days"]] == [[], ["图书室"], ["座谈会"], [], [], [], []]
    assert world.browser("town").get(at(world, f"room/{room.id}/week?day=x")).status_code == 400


def test_a_room_of_another_town_has_no_week_here(world, room):
    assert world.browser("other_town").get(
        f"/d/{world.tree.other_town.code}/liaison_station/room/{room.id}/week").status_code in {403, 404}


def test_an_overlapping_booking_is_refused_naming_who_has_the_room_and_nothing_is_written(world, room):
    answer = world.browser("town").post(at(world, "booking/new"), {
        "room": room.id, "day": "2027-03-17", "from_minute": "15:00", "to_minute": "17:00", "purpose": "另一个会"})
    assert answer.status_code == 422 and "座谈会" in answer.text and "14:30" in answer.text
    shared = world.browser("town").post(at(world, "booking/new"), {
        "room": room.id, "day": "2027-03-16", "from_minute": "10:30", "to_minute": "12:00", "purpose": "又一个会"})
    assert shared.status_code == 422 and "图书室" in shared.text
    answer = world.browser("town").get(f"/api/v1/d/{world.tree.town.code}/liaison_station/room/{room.id}/week?day={MONDAY}").json
    assert sum(len(day["entries"]) for day in answer["days"]) == 2


def test_a_station_with_a_place_is_shown_among_its_neighbours_and_its_form_asks_on_a_map(world):
    wuli, datong = world.stations["wuli"], world.stations["datong"]
    world.change(wuli, {"lat": 32.69, "lng": 109.03})
    world.change(datong, {"lat": 32.71, "lng": 109.05})
    county = world.browser("county")
    page = county.get(f"/d/610902/liaison_station/station/{wuli.id}").text
    found = re.search(r'class="map" data-geojson="([^"]+)"', page)
    drawn = json.loads(found[1].replace("&#34;", '"'))["features"]
    assert [one["properties"]["name"] for one in drawn] == [wuli.name, datong.name]
    assert drawn[0]["properties"]["here"] and drawn[1]["properties"]["url"].endswith(f"/station/{datong.id}")
    form = county.get(f"/d/610902/liaison_station/station/{wuli.id}/edit").text
    assert 'data-place-lat="f-lat"' in form and datong.name in form and "core/map.js" in form
    assert 'class="map"' not in county.get(f"/d/610902/liaison_station/station/{world.stations['home'].id}").text


def test_starting_texts_are_two_duties_and_six_systems_that_fill_in_the_form_and_hang_nowhere_by_themselves(world):
    assert [one.kind for one in starters()] == ["duty"] * 2 + ["system"] * 6
    assert len({one.title for one in starters()}) == 8 and all(len(one.text) <= 400 for one in starters())
    county = world.browser("county")
    page = county.get("/d/610902/liaison_station/starting-papers").text
    assert all(one.title in page for one in starters()) and Paper.select().count() == 0
    address = re.search(r'href="([^"]*paper/new[^"]*)"', page)[1].replace("&amp;", "&")
    form = county.get(address).text
    assert starters()[0].title in form and starters()[0].text.split("\n")[1] in form
    world.make("paper", {"kind": "duty", "title": starters()[0].title, "text": "本县自定。", "adopted_on": "2026-03-01"})
    assert county.get("/d/610902/liaison_station/starting-papers").text.count("paper/new") == 7


def sheet(world, name, head, rows):
    """Check and import a sheet of the county's office; returns the batch and its rows."""
    entity, office = world.entity(name), world.actors["county"]
    batch = transfer.start(entity, workbook(rows, head=head), "x.xlsx", office, world.tree.county)
    checked = list(all_rows(batch))
    if batch.counts.get("new"):
        transfer.confirm(batch, office)
        Executor().run_due()
    return ImportBatch.get_by_id(batch.id), checked


def test_rooms_and_staff_come_by_sheet_and_name_station_and_person(world):
    wuli, zhou = world.stations["wuli"], world.people["zhou"]
    batch, _rows = sheet(world, "room", ["uid", "station", "name", "seats"], [
        ["", wuli.name, "接待室", "12"], ["", f"{world.tree.town.name}/{wuli.name}", "会议室", "40"]])
    assert batch.counts["created"] == 2
    assert {one.name for one in Room.select().where(Room.station_id == wuli.id)} == {"接待室", "会议室"}
    batch, _rows = sheet(world, "staff", ["uid", "station", "person", "role", "from_day"], [
        ["", wuli.name, zhou.name, "副站长", "2026-03-01"]])
    assert batch.counts["created"] == 1
    made = Staff.get((Staff.station_id == wuli.id) & (Staff.role == "deputy_head"))
    assert made.person_id == zhou.id and made.division_id == wuli.division_id


def test_a_sheet_of_staff_says_row_by_row_what_is_wrong_and_writes_nothing_of_it(world):
    wuli, village = world.stations["wuli"], world.stations["datong_village"]
    before = Staff.select().count()
    batch, rows = sheet(world, "staff", ["uid", "station", "person", "role", "from_day"], [
        ["", "没有的站", world.people["zhou"].name, "副站长", "2026-03-01"], ["", wuli.name, "无此人", "副站长", "2026-03-01"],
        ["", wuli.name, world.people["zhou"].name, "站长", "2026-03-01"],
        ["", village.name, world.people["liaison"].name, "站长", "2026-03-01"]])
    assert batch.counts == {"error": 4} and Staff.select().count() == before
    assert [sorted(row["e"]) for row in rows][:3] == [["station"], ["person"], ["role"]]
    assert sorted(rows[3]["e"]) in (["person"], ["role"])

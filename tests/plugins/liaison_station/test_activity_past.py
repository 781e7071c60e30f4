"""Activities of earlier books by sheet: preview, import, figures, confirmation, undo; rooms and invitations that follow."""

from datetime import timedelta

import pytest
from support.station_world import columns
from support.stock_sheets import workbook

from grid321.core import db, records, transfer
from grid321.core.errors import Conflict, Invalid, Refused
from grid321.core.jobs import Executor
from grid321.core.transfer_tables import ImportBatch, all_rows
from grid321.plugins.liaison_station import attendance
from grid321.plugins.liaison_station.activity_models import Activity, Attendance, PastActivity, Result
from grid321.plugins.liaison_station.station_figures import Span, Table
from grid321.plugins.liaison_station.station_models import Booking, Room

HEAD = ["uid", "station", "kind", "title", "day", "deputies", "voters", "minutes", "result_kind", "result", "fen",
        "quantity", "unit"]
STATION = "五里镇人大代表中心联络站"


def line(title="视察通村道路", day="2024-03-12", deputies="张桂兰、陈志远", **more):
    """A line as a book has it."""
    raw = {"uid": "", "station": STATION, "kind": "视察", "title": title, "day": day, "deputies": deputies, "voters": 12,
           "minutes": "视察道路两段。", "result_kind": "", "result": "", "fen": "", "quantity": "", "unit": "", **more}
    return [raw[key] for key in HEAD]


def upload(world, lines):
    """Check a sheet of the county."""
    return transfer.start(world.entity("past"), workbook(lines, head=HEAD), "活动补录.xlsx", world.actors["county"],
                          world.tree.county)


def imported(world, lines):
    """Import the good lines of a sheet."""
    batch = upload(world, lines)
    transfer.confirm(batch, world.actors["county"])
    Executor().run_due()
    return ImportBatch.get_by_id(batch.id)


def whole(world):
    """The figures of the county from 2023 to 2025."""
    span = Span(db.local_day().replace(2023, 1, 1), db.local_day().replace(2025, 12, 31))
    return Table(world.tree.county, span).whole()


def test_a_sheet_of_an_old_book_becomes_activities_with_attendance_residents_and_results(world):
    batch = imported(world, [line(), line("调解用水纠纷", "2024-05-06", "张桂兰", kind="代表说理", result_kind="解决问题",
                                          result="修通水渠", fen="32000.50", quantity="1.2", unit="公里")])

    assert batch.counts == {"new": 2, "created": 2}
    road, water = Activity.select().order_by(Activity.day)
    assert (road.state, road.kind, road.voters, road.collective, road.minutes) == (
        "entered", "inspection", 12, True, "视察道路两段。")
    assert (water.collective, water.leader_id) == (False, world.people["zhang"].id)
    assert Result.get(Result.activity_id == water.id).fen == 3_200_050
    found = whole(world)
    assert (found["activities"], found["attendances"], found["persons"], found["residents"]) == (2, 3, 2, 24)


def test_what_is_wrong_in_a_line_is_said_in_that_line_and_nothing_of_it_is_written(world):
    batch = upload(world, [line(), line(deputies="张桂兰、无名氏"), line("某", day="2020-01-01"), line("某", day="2190-01-01"),
                           line("某", station="没有的站"), line("某", kind="跳舞"), line("某", quantity="3"),
                           line("", deputies="")])

    assert [entry["k"] for entry in all_rows(batch)] == ["new", *["error"] * 7]
    assert [sorted(entry["e"]) for entry in all_rows(batch)][1:] == [
        ["deputies"], ["station"], ["day"], ["station"], ["kind"], ["result", "unit"], ["deputies", "title"]]
    assert "无名氏" in str(list(all_rows(batch))[1]["e"])
    assert Activity.select().count() == 0


def test_the_same_line_twice_is_entered_once(world):
    imported(world, [line()])

    assert [entry["k"] for entry in all_rows(upload(world, [line()]))] == ["error"]
    assert imported(world, [line("甲"), line("甲")]).counts["created"] == 1


def test_an_import_is_undone_as_long_as_nobody_confirmed(world):
    batch = imported(world, [line("甲"), line("乙")])
    world.step("town", Activity.get(Activity.title == "乙"), "confirm")

    transfer.undo(batch, world.actors["county"])
    Executor().run_due()

    assert {one.title: one.state for one in Activity.select()} == {"甲": "dropped", "乙": "written"}
    assert [one.title for one in PastActivity.select()] == ["乙"]
    assert whole(world)["activities"] == 1 and attendance.turnout() == (2, 2)
    with pytest.raises(Conflict):
        records.delete(world.entity("past"), PastActivity.get().id, world.actors["county"], None, world.tree.county)


# ---------------------------------------------------------------- rooms

def planned(world, room, day, **more):
    """An activity of the town's station in a room of it."""
    return world.make("activity", {
        "division": world.node("wuli").code, "station": world.stations["wuli"].id, "kind": "station", "title": "走访溪河社区",
        "day": day.isoformat(), "from_minute": "09:00", "to_minute": "11:30", "collective": True, "room": room.id, **more},
        "town")


@pytest.fixture
def room(world):
    """A room of the town's station."""
    return world.make("room", {"station": world.stations["wuli"].id, "name": "接待室"}, "town")


def booked(activity):
    """(day, from minute) of each booking that follows an activity."""
    return [(row.day, row.from_minute) for row in Booking.select().where(Booking.source == f"activity:{activity.id}")]


def test_the_room_of_an_activity_is_booked_follows_it_and_is_free_again_when_it_is_dropped(world, room):
    day = db.local_day() + timedelta(days=9)
    activity = planned(world, room, day)
    assert booked(activity) == [(day, 540)]

    world.change(activity, {"day": (day + timedelta(days=1)).isoformat(), "from_minute": "10:00"}, "town")
    assert booked(activity) == [(day + timedelta(days=1), 600)]

    world.step("town", activity, "drop", reason="改为线上")
    assert booked(activity) == []


def test_a_taken_room_is_refused_and_nothing_changes(world, room):
    day = db.local_day() + timedelta(days=9)
    planned(world, room, day)

    with pytest.raises(Invalid) as refused:
        planned(world, room, day, title="第二次", from_minute="11:00", to_minute="12:00")

    assert "from_minute" in refused.value.errors
    assert Activity.select().count() == Booking.select().count() == 1


def test_a_room_needs_times_and_is_one_of_the_station(world, room):
    day = db.local_day() + timedelta(days=9)
    other = Room.create(station_id=world.stations["datong"].id, name="别处", **columns(world.node("datong")))

    with pytest.raises(Invalid) as refused:
        planned(world, room, day, from_minute=None, to_minute=None)
    assert list(refused.value.errors) == ["to_minute"]
    with pytest.raises(Invalid) as refused:
        planned(world, other, day)
    assert list(refused.value.errors) == ["room"]


# ---------------------------------------------------------------- mandates that rest or end

def test_a_suspended_deputys_open_invitations_are_withdrawn_and_stand_again_with_the_mandate(world, room):
    coming = planned(world, room, db.local_day() + timedelta(days=9))
    attendance.invite(coming.id, [world.people["zhang"].id], world.actors["town"])
    world.step("town", coming, "announce")
    row = Attendance.get(Attendance.activity_id == coming.id)
    attendance.answer(row.id, "comes", world.actors["zhang"])

    world.change(world.deputies["zhang"], {"status": "suspended", "status_on": db.local_day().isoformat(),
                                           "status_reason": "detained"})

    row = world.fresh(row)
    assert (row.answer, row.deputy_id, row.role) == ("withdrawn", None, "other")
    assert attendance.figures([coming.id])[coming.id].invited == 0
    with pytest.raises(Refused):
        attendance.answer(row.id, "comes", world.actors["zhang"])

    world.change(world.deputies["zhang"], {"status": "active", "status_on": db.local_day().isoformat()})

    row = world.fresh(row)
    assert (row.answer, row.deputy_id, row.role) == ("", world.deputies["zhang"].id, "deputy")


def test_what_a_deputy_did_before_stays_when_the_mandate_ends(world):
    held = world.make("activity", {
        "division": world.node("wuli").code, "station": world.stations["wuli"].id, "kind": "station", "title": "走访",
        "day": db.local_day().isoformat(), "collective": True}, "town")
    attendance.scan(held.id, world.people["zhang"].id, world.actors["zhang"])

    world.change(world.deputies["zhang"], {"status": "ended", "status_on": (db.local_day() - timedelta(1)).isoformat(),
                                           "status_reason": "resigned"})

    row = Attendance.get(Attendance.activity_id == held.id)
    assert (row.came, row.deputy_id, row.answer) == (True, world.deputies["zhang"].id, "")

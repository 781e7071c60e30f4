"""Rooms by time: two bookings never overlap, not even when two people book at the same moment."""
import itertools
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid321.core import db, records
from grid321.core.db import local_day
from grid321.core.errors import Conflict, Invalid, Problem
from grid321.plugins.liaison_station import station_checks, station_fields, station_records
from grid321.plugins.liaison_station.station_models import Booking, Room


@pytest.fixture
def room(world):
    """A room of the village's station that the library shares."""
    raw = {"station": world.stations["wuli_village"].id, "name": "接待室", "seats": 12, "shared_with": "农家书屋"}
    return world.make("room", raw, node=world.tree.village)


def tomorrow():
    """Tomorrow."""
    return local_day() + timedelta(days=1)


def book(world, room, begin, end, day=None, by="county", purpose="村民议事"):
    """Book a room for tomorrow unless said otherwise."""
    return world.make("booking", {"room": room.id, "day": (day or tomorrow()).isoformat(), "from_minute": begin, "to_minute": end,
                                  "purpose": purpose}, by, world.tree.village)


def refused(world, room, *args, **kwargs):
    """The errors with which a booking is refused, and that nothing was written."""
    before = Booking.select().count()
    with pytest.raises(Invalid) as refusal:
        book(world, room, *args, **kwargs)
    assert Booking.select().count() == before
    return refusal.value.errors


def test_a_room_lives_at_the_division_of_its_station_and_keeps_it(world, room):
    assert room.division_id == world.tree.village.id and room.town_id == world.tree.town.id
    with pytest.raises(Invalid) as moved:
        world.change(room, {"station": world.stations["liuying"].id})
    with pytest.raises(Invalid) as twice:
        world.make("room", {"station": room.station_id, "name": "接待室"})

    assert moved.value.errors.keys() == {"station"} and twice.value.errors.keys() == {"name"}


def test_a_town_officer_adds_to_a_station_of_the_own_town_from_the_countys_pages_too(world):
    browser, url = world.browser("town"), f"/d/{world.tree.county.code}/liaison_station/room"

    own = browser.api("POST", url, {"station": world.stations["liuying"].id, "name": "会议室"})
    foreign = browser.api("POST", url, {"station": world.stations["datong_village"].id, "name": "会议室"})

    assert own.status_code == 201 and Room.get(Room.name == "会议室").division_id == world.tree.second_village.id
    assert foreign.status_code in {403, 422} and Room.select().count() == 1


def test_an_overlapping_booking_is_refused_and_says_who_has_the_room(world, room):
    book(world, room, "09:00", "11:00")

    errors = refused(world, room, "10:30", "12:00")

    assert errors.keys() == {"from_minute"}
    assert all(word in errors["from_minute"][0] for word in ("接待室", "09:00", "11:00", "村民议事"))


@pytest.mark.parametrize(("begin", "end"), [("08:00", "09:00"), ("11:00", "12:00")])
def test_who_ends_when_the_other_begins_does_not_overlap(world, room, begin, end):
    book(world, room, "09:00", "11:00")

    assert book(world, room, begin, end).room_id == room.id


def test_another_day_and_another_room_are_free(world, room):
    other = world.make("room", {"station": room.station_id, "name": "会议室"})
    book(world, room, "09:00", "11:00")

    assert book(world, room, "09:00", "11:00", tomorrow() + timedelta(days=1)) and book(world, other, "09:00", "11:00")


@pytest.mark.parametrize(("begin", "end", "field"), [("11:00", "09:00", "to_minute"), ("09:00", "09:00", "to_minute")])
def test_a_booking_that_ends_before_it_begins_is_refused(world, room, begin, end, field):
    assert refused(world, room, begin, end).keys() == {field}


@pytest.mark.parametrize("text", ["9", "25:00", "24:01", "09:60", "", "９:00", 540])
def test_a_time_that_is_none_is_refused(world, room, text):
    assert refused(world, room, text, "23:00").keys() == {"from_minute"}


def test_a_booking_in_the_past_is_refused(world, room):
    assert refused(world, room, "09:00", "10:00", local_day() - timedelta(days=1)).keys() == {"day"}


def test_a_station_at_rest_or_closed_lends_no_room(world, room):
    world.change(world.stations["wuli_village"], {"suspended_on": local_day().isoformat()})

    assert refused(world, room, "09:00", "10:00").keys() == {"day"}


def test_a_booking_moves_where_it_is_free_and_nowhere_else(world, room):
    book(world, room, "09:00", "11:00")
    second = book(world, room, "14:00", "16:00")

    with pytest.raises(Invalid):
        world.change(second, {"from_minute": "10:00"})
    later = world.change(second, {"from_minute": "13:30"})

    assert (later.from_minute, later.to_minute) == (13 * 60 + 30, 16 * 60)


def test_what_follows_a_reception_is_moved_and_given_back_with_it_alone(world, room):
    officer = world.actors["village_liaison"]
    made = station_records.book(room.id, tomorrow(), 540, 660, "代表接待日", "reception:7", officer)
    entity = world.entity("booking")

    with pytest.raises(Conflict):
        records.delete(entity, made.id, world.actors["county"], None, world.tree.county)
    with pytest.raises(Conflict):
        world.change(made, {"from_minute": "08:00"})
    with pytest.raises(Invalid):
        station_records.book(room.id, tomorrow(), 600, 720, "主题活动", "activity:3", officer)

    assert station_records.release("reception:8", officer) == 0
    assert station_records.release("reception:7", officer) == 1 and Booking.select().count() == 0


# ---------------------------------------------------------------- shared each week

def share(world, room, day, begin, end, **more):
    """The library has the room each week on the weekday of ``day``."""
    return world.make("slot", {"room": room.id, "weekday": str(day.weekday()), "from_minute": begin, "to_minute": end,
                               "used_by": "农家书屋", "from_day": local_day().isoformat(), **more})


def test_a_shared_time_takes_the_room_each_week_and_says_whose_it_is(world, room):
    made = share(world, room, tomorrow(), "14:00", "17:00")

    for weeks in (0, 1, 52):
        errors = refused(world, room, "16:00", "18:00", tomorrow() + timedelta(weeks=weeks))
        assert "农家书屋" in errors["from_minute"][0]
    assert made.division_id == world.tree.village.id and made.station_id == room.station_id
    assert book(world, room, "17:00", "18:00") and book(world, room, "14:00", "15:00", tomorrow() + timedelta(days=1))


def test_a_shared_time_that_ended_leaves_the_room_free(world, room):
    made = share(world, room, tomorrow(), "14:00", "17:00")
    world.change(made, {"to_day": tomorrow().isoformat()})

    assert refused(world, room, "14:00", "15:00")
    assert book(world, room, "14:00", "15:00", tomorrow() + timedelta(weeks=1))


def test_a_shared_time_over_another_or_over_a_booking_is_refused(world, room):
    book(world, room, "09:00", "11:00", tomorrow() + timedelta(weeks=2), purpose="代表接待")
    share(world, room, tomorrow(), "14:00", "17:00")

    with pytest.raises(Invalid) as booked:
        share(world, room, tomorrow(), "08:00", "10:00")
    with pytest.raises(Invalid) as twice:
        share(world, room, tomorrow(), "16:30", "18:00")
    with pytest.raises(Invalid) as backwards:
        share(world, room, tomorrow(), "20:00", "19:00")

    assert "代表接待" in booked.value.errors["from_minute"][0] and "农家书屋" in twice.value.errors["from_minute"][0]
    assert backwards.value.errors.keys() == {"to_minute"}


def test_the_page_of_the_station_shows_the_shared_times(world, room):
    share(world, room, tomorrow(), "14:00", "17:00")

    text = world.browser("town").get(f"/d/{world.tree.town.code}/liaison_station/station/{room.station_id}").text

    assert "14:00–17:00 农家书屋" in text


def test_a_room_that_was_booked_is_not_deleted(world, room):
    book(world, room, "09:00", "11:00")

    with pytest.raises(Conflict):
        records.delete(world.entity("room"), room.id, world.actors["county"], None, world.tree.county)

    assert Room.select().where(Room.id == room.id).exists()


def test_of_two_who_book_at_once_exactly_one_gets_the_room(app, world, room):
    """Both have passed the barrier before either writes; each waits for the room's lock, and the second sees the first."""
    results, barrier = [], threading.Barrier(2)

    def try_to_book(begin, end):
        with app.app_context():
            try:
                barrier.wait(20)
                results.append(book(world, room, begin, end).id)
            except Problem as problem:
                results.append(problem.status)
            finally:
                db.close_thread()

    threads = [threading.Thread(target=try_to_book, args=times) for times in (("09:00", "11:00"), ("10:00", "12:00"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(results) == 2 and results.count(422) == 1 and Booking.select().count() == 1


DAYS = itertools.count(1)
"""Each example has a day of its own."""
TIMES = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda pair: pair[0] < pair[1])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TIMES, min_size=1, max_size=8))
def test_whatever_is_asked_in_whatever_order_no_two_bookings_share_a_minute(world, room, wishes):
    day = tomorrow() + timedelta(days=next(DAYS))
    for begin, end in wishes:
        free = station_checks.overlapping(room.id, day, begin, end) is None
        try:
            book(world, room, station_fields.clock(begin), station_fields.clock(end), day)
        except Invalid:
            assert not free
        else:
            assert free

    taken = sorted((row.from_minute, row.to_minute) for row in Booking.select().where(Booking.day == day))
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(taken))

"""Rules, wishes, yearly plans, duties and receptions from the plan to the notice of a postponement."""
from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from grid321.core import jobs
from grid321.core.errors import Conflict, Invalid, Refused
from grid321.core.ledger import LedgerEntry
from grid321.plugins.liaison_station import calendar_rules, plan_draw, plan_make, receptions
from grid321.plugins.liaison_station.deputy_models import Deputy, Placement
from grid321.plugins.liaison_station.reception_models import Duty, Plan, Postponement, Reception, Schedule
from grid321.plugins.liaison_station.station_models import Booking, Room, Station

TODAY = date(2031, 1, 5)
MONTHLY = {"title": "每月接待日", "kind": "reception", "rrule": "每月15日", "from_day": "2031-01-01", "to_day": "2031-12-31",
           "on_holiday": "keep", "from_minute": "09:00", "to_minute": "11:30", "mode": "offline", "inside": True, "wanted": 1}
SINGLE = {"day": "2031-02-10", "kind": "evening", "from_minute": "19:00", "to_minute": "20:30", "mode": "offline"}


@pytest.fixture(autouse=True)
def in_january(world, tick):
    """It is 5 January 2031, long after the world was built."""
    tick(TODAY, sweep=False)


def rule(world, station, who="county", **changed):
    """A rule of a station: the 15th of each month of 2031."""
    return world.make("schedule", {**MONTHLY, "station": world.stations[station].id, **changed}, who)


def planned(world, year=2031, who="county", node=None):
    """Let the plans of a year be made; returns the job as it ended."""
    run = plan_make.ask(year, world.actors[who], node or world.tree.county)
    jobs.Executor().run_due()
    return jobs.JobRun.get_by_id(run.id)


def single(world, station="wuli", who="county", **changed):
    """A reception that is entered by hand."""
    return world.make("reception", {**SINGLE, "station": world.stations[station].id, **changed}, who)


def posted(world, **changed):
    """One that is posted."""
    return world.step("county", single(world, **changed), "post")


def errors(refusal):
    """What was said, by field."""
    return {field: " ".join(str(text) for text in texts) for field, texts in refusal.value.errors.items()}


# ---------------------------------------------------------------- rules

def test_a_rule_typed_in_words_is_stored_as_rfc_5545_at_the_division_of_its_station(world):
    found = rule(world, "wuli_village")

    assert found.rrule == "FREQ=MONTHLY;BYMONTHDAY=15" and found.division_id == world.tree.village.id
    assert found.from_minute == 540 and found.to_day == date(2031, 12, 31)
    assert len(calendar_rules.days(found, date(2031, 1, 1), date(2031, 12, 31))) == 12


@pytest.mark.parametrize(("changed", "field", "words"), [
    ({"to_day": None}, "to_day", "永无|never ends"), ({"rrule": "FREQ=DAILY", "to_day": "2032-12-31"}, "rrule", "400"),
    ({"rrule": "FREQ=HOURLY"}, "rrule", "FREQ=HOURLY"), ({"to_day": "2030-12-31"}, "to_day", "."),
    ({"to_day": "2045-12-31"}, "to_day", "10"), ({"to_minute": "08:00"}, "to_minute", "."), ({"mode": "online"}, "link", "."),
    ({"rrule": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"}, "rrule", "."), ({"added": "2032-03-01"}, "added", "."),
    ({"added": "2031-03-15", "left_out": "2031-03-15"}, "added", "."), ({"left_out": "2031-02-30"}, "left_out", "2031-02-30"),
])
def test_a_rule_that_cannot_be_used_is_refused_at_its_field_and_nothing_is_written(world, changed, field, words):
    import re

    with pytest.raises(Invalid) as refusal:
        rule(world, "wuli", **changed)

    assert re.search(words, errors(refusal)[field])
    assert not Schedule.select().exists()


def test_a_rule_that_counts_needs_no_last_day_and_gets_the_one_it_has(world):
    assert rule(world, "wuli", rrule="FREQ=MONTHLY;BYMONTHDAY=15;COUNT=3", to_day=None).to_day == date(2031, 3, 15)


# ---------------------------------------------------------------- plans

def test_the_plans_of_a_year_are_made_with_a_fair_roster_and_the_job_says_what_it_made(world):
    for station in ("home", "wuli", "datong"):
        rule(world, station)

    job = planned(world)

    assert job.state == "done" and job.total == 3 and job.done == 3, job.error
    assert {key: job.result[key] for key in ("plans", "receptions", "duties", "spread", "short")} == {
        "plans": 3, "receptions": 36, "duties": 36, "spread": 0, "short": 0}
    assert {row.state for row in Reception.select()} == {"planned"}
    assert set(Counter(row.person_id for row in Duty.select()).values()) == {6}
    assert LedgerEntry.select().where(LedgerEntry.entity == "liaison_station.reception").count() == 36


def test_a_second_run_makes_nothing_twice_and_says_so_and_a_new_station_is_added(world):
    rule(world, "wuli")
    planned(world)

    with pytest.raises(Conflict):
        plan_make.ask(2031, world.actors["county"], world.tree.county)
    rule(world, "datong")
    planned(world)

    assert Plan.select().count() == 2 and Reception.select().count() == 24


def test_a_year_that_is_over_is_not_planned_and_of_the_present_one_only_what_is_to_come(world, tick):
    rule(world, "wuli")
    with pytest.raises(Conflict):
        plan_make.ask(2030, world.actors["county"], world.tree.county)

    tick(date(2031, 6, 16), sweep=False)
    planned(world)

    assert sorted(row.day.month for row in Reception.select()) == [7, 8, 9, 10, 11, 12]


def test_a_plan_of_one_station_is_made_by_hand_with_receptions_and_roster_and_only_once(world):
    rule(world, "wuli")

    plan = world.make("plan", {"station": world.stations["wuli"].id, "year": 2031})

    stored = world.fresh(plan)
    assert stored.seed and stored.spread == 0 and stored.division_id == world.tree.town.id
    assert Reception.select().where(Reception.plan_id == plan.id).count() == Duty.select().count() == 12
    for station, year in (("wuli", 2031), ("wuli", 2030), ("datong", 2031)):
        with pytest.raises(Invalid):
            world.make("plan", {"station": world.stations[station].id, "year": year})


def test_the_same_seed_draws_the_same_roster_and_the_plan_keeps_it(world):
    rule(world, "wuli")
    planned(world)
    plan = Plan.get()
    slots = [plan_draw.Slot(row.id, row.station_id, row.day, 1) for row in Reception.select()]

    drawn = plan_draw.draw_for(slots, plan.seed, without=[slot.key for slot in slots])

    stored = {(row.reception_id, row.deputy_id) for row in Duty.select()}
    assert {(one.slot.key, one.deputy_id) for one in drawn.duties} == stored and plan.spread == 0


def test_a_suspended_deputy_is_not_drawn_and_what_is_short_is_said(world):
    Deputy.update(status="suspended", status_on=date(2031, 1, 1)).where(Deputy.id == world.deputies["zhang"].id).execute()
    rule(world, "wuli", wanted=2)

    job = planned(world)

    assert {row.deputy_id for row in Duty.select()} == {world.deputies["chen"].id} and job.result["short"] == 12
    assert len(plan_draw.told(Plan.get())) == 12


def test_a_deputy_of_two_stations_that_receive_on_one_day_is_drawn_for_one_and_the_clash_is_told(world):
    zhao, wuli = world.deputies["zhao"], world.stations["wuli"]
    Placement.create(deputy_id=zhao.id, person_id=zhao.person_id, station_id=wuli.id, level="town", home=False,
                     from_day=TODAY, **{name: getattr(wuli, name) for name in (
                         "division_id", "province_id", "city_id", "county_id", "town_id", "village_id", "grid_id")})
    rule(world, "wuli", wanted=3, to_day="2031-01-31")
    rule(world, "wuli_village", wanted=2, to_day="2031-01-31")

    planned(world)

    assert Duty.select().where(Duty.person_id == zhao.person_id).count() == 1
    lines = [line for plan in Plan.select() for line in plan_draw.told(plan)]
    assert any(zhao.name in line["text"] for line in lines) and len(lines) == 2 and all(line["todo"] for line in lines)


def test_posting_a_plan_posts_its_receptions_and_takes_their_rooms(world):
    room = Room.create(station_id=world.stations["wuli"].id, name="接待室", division_id=world.tree.town.id,
                       county_id=world.tree.county.id, town_id=world.tree.town.id)
    rule(world, "wuli", room=room.id, to_day="2031-03-31")
    planned(world)

    plan = world.step("county", Plan.get(), "post")

    assert plan.posted_on == TODAY
    assert {row.state for row in Reception.select()} == {"posted"} and Booking.select().count() == 3


def test_a_room_that_is_taken_stops_the_posting_and_nothing_is_changed(world):
    room = Room.create(station_id=world.stations["wuli"].id, name="接待室", division_id=world.tree.town.id,
                       county_id=world.tree.county.id, town_id=world.tree.town.id)
    world.make("booking", {"room": room.id, "day": "2031-02-15", "from_minute": "09:00", "to_minute": "10:00",
                           "purpose": "党员大会"})
    rule(world, "wuli", room=room.id, to_day="2031-03-31")
    planned(world)

    with pytest.raises(Invalid):
        world.step("county", Plan.get(), "post")

    assert Plan.get().state == "drafted" and {row.state for row in Reception.select()} == {"planned"}
    assert Booking.select().count() == 1


def test_a_roster_drawn_anew_has_a_new_seed_and_keeps_who_was_entered_by_hand(world):
    rule(world, "wuli", to_day="2031-02-28")
    planned(world)
    plan, first = Plan.get(), Reception.select().order_by(Reception.day).first()
    Duty.delete().where(Duty.reception_id == first.id).execute()
    by_hand = world.make("duty", {"reception": first.id, "deputy": world.deputies["chen"].id})

    again = world.step("county", plan, "redraw")

    assert again.seed != plan.seed and Duty.get_by_id(by_hand.id).by == "hand"
    assert [row.deputy_id for row in Duty.select().where(Duty.reception_id == first.id)] == [world.deputies["chen"].id]
    assert Duty.select().count() == 2


def test_a_discarded_draft_drops_its_receptions_and_another_one_can_be_made(world):
    rule(world, "wuli", to_day="2031-03-31")
    planned(world)

    world.step("county", Plan.get(), "discard", reason="时间改为每周三")

    assert {row.state for row in Reception.select()} == {"dropped"} and {row.state for row in Duty.select()} == {"excused"}
    assert planned(world).result["receptions"] == 3


# ---------------------------------------------------------------- wishes

def test_a_deputy_enters_the_own_wish_without_naming_anybody_and_the_roster_heeds_it(world):
    wish = world.make("wish", {"kind": "cannot", "from_day": "2031-07-01", "to_day": "2031-12-31"}, "zhang")
    rule(world, "wuli")

    planned(world)

    assert wish.person_id == world.people["zhang"].id
    mine = [row.day.month for row in Duty.select().where(Duty.person_id == wish.person_id)]
    assert max(mine) <= 6 and len(mine) == 6


def test_a_deputy_enters_no_wish_of_another_and_does_not_see_it(world):
    other = world.make("wish", {"deputy": world.deputies["chen"].id, "kind": "cannot", "weekday": "2"})

    with pytest.raises(Invalid):
        world.make("wish", {"deputy": world.deputies["chen"].id, "kind": "likes", "weekday": "1"}, "zhang")

    page = world.browser("zhang").get(f"/d/610902/liaison_station/wish/{other.id}")
    assert page.status_code == 404
    assert world.browser("county").get(f"/d/610902/liaison_station/wish/{other.id}").status_code == 200


@pytest.mark.parametrize(("changed", "field"), [
    ({"from_day": None, "to_day": None}, "from_day"), ({"to_day": "2031-01-01"}, "to_day"),
    ({"from_day": None, "to_day": "2030-12-31"}, "to_day"),
])
def test_a_wish_about_nothing_or_about_the_past_is_refused(world, changed, field):
    with pytest.raises(Invalid) as refusal:
        world.make("wish", {"deputy": world.deputies["chen"].id, "kind": "cannot", "from_day": "2031-03-01",
                            "to_day": "2031-03-31", **changed})

    assert field in refusal.value.errors


# ---------------------------------------------------------------- receptions and duties

def test_a_reception_in_the_past_is_refused(world):
    with pytest.raises(Invalid) as refusal:
        single(world, day="2031-01-04")

    assert "day" in refusal.value.errors and not Reception.select().exists()


def test_a_reception_of_a_station_that_rests_is_refused(world):
    Station.update(suspended_on=date(2031, 2, 1)).where(Station.id == world.stations["wuli"].id).execute()

    with pytest.raises(Invalid) as refusal:
        single(world)

    assert "day" in refusal.value.errors


def test_what_is_planned_may_be_moved_by_editing_and_what_is_posted_may_not(world):
    case = world.change(single(world), {"day": "2031-02-11"})
    assert case.day == case.first_day == date(2031, 2, 11)

    world.step("county", case, "post")
    with pytest.raises(Invalid) as refusal:
        world.change(case, {"day": "2031-02-12"})

    assert set(refusal.value.errors) == {"day"}
    assert world.change(case, {"theme": "道路"}).theme == "道路"


def test_who_is_on_duty_elsewhere_on_that_day_is_refused_with_the_station(world):
    zhang = world.deputies["zhang"]
    Placement.create(deputy_id=zhang.id, person_id=zhang.person_id, station_id=world.stations["datong"].id, level="county",
                     home=False, from_day=TODAY, division_id=world.tree.other_town.id, county_id=world.tree.county.id,
                     town_id=world.tree.other_town.id)
    world.make("duty", {"reception": single(world).id, "deputy": zhang.id})

    with pytest.raises(Invalid) as refusal:
        world.make("duty", {"reception": single(world, "datong").id, "deputy": zhang.id})

    assert world.stations["wuli"].name in errors(refusal)["deputy"] and Duty.select().count() == 1


def test_a_suspended_deputy_and_one_of_another_station_get_no_duty(world):
    case = single(world)
    Deputy.update(status="suspended", status_on=TODAY).where(Deputy.id == world.deputies["chen"].id).execute()

    for who in ("chen", "he"):
        with pytest.raises(Invalid) as refusal:
            world.make("duty", {"reception": case.id, "deputy": world.deputies[who].id})
        assert "deputy" in refusal.value.errors


def test_a_reception_is_held_on_its_day_and_not_before(world, tick):
    case = posted(world)
    with pytest.raises(Refused):
        world.step("county", case, "hold", voters=3)

    tick(date(2031, 2, 10), sweep=False)
    held = world.step("county", case, "hold", voters=3, summary="三人来访")

    assert held.state == "held" and held.voters == 3 and held.closed_at is not None


def test_a_dropped_reception_gives_room_and_people_free(world):
    room = Room.create(station_id=world.stations["wuli"].id, name="接待室", division_id=world.tree.town.id,
                       county_id=world.tree.county.id, town_id=world.tree.town.id)
    case = posted(world, room=room.id)
    world.make("duty", {"reception": case.id, "deputy": world.deputies["zhang"].id})

    world.step("county", case, "drop", reason="大雪封路")

    assert not Booking.select().exists() and Duty.get().state == "excused"
    assert world.make("duty", {"reception": single(world).id, "deputy": world.deputies["zhang"].id}).state == "planned"


# ---------------------------------------------------------------- postponement

def test_a_postponement_three_days_ahead_needs_no_reason_and_is_not_late(world, tick):
    case = posted(world)
    tick(date(2031, 2, 7), sweep=False)

    moved = world.step("county", case, "postpone", to_day="2031-02-20")

    row = Postponement.get()
    assert moved.state == "postponed" and moved.day == date(2031, 2, 20) and moved.first_day == date(2031, 2, 10)
    assert (moved.postponed, moved.late, row.days, row.late) == (1, 0, 3, False)


def test_a_postponement_one_day_ahead_is_refused_without_a_reason_and_counted_with_one(world, tick):
    case = posted(world)
    tick(date(2031, 2, 9), sweep=False)

    with pytest.raises(Refused) as refusal:
        world.step("county", case, "postpone", to_day="2031-02-20")
    assert refusal.value.code == "late" and "reason" in refusal.value.errors
    assert world.fresh(case).day == date(2031, 2, 10) and not Postponement.select().exists()

    moved = world.step("county", case, "postpone", to_day="2031-02-20", reason="道路中断")
    row = Postponement.get()
    assert (moved.postponed, moved.late, row.days, row.late, row.reason) == (1, 1, 1, True, "道路中断")


def test_a_reception_moved_to_an_earlier_day_counts_the_notice_to_that_day(world):
    case = posted(world, day="2031-03-10")

    with pytest.raises(Refused) as refusal:
        world.step("county", case, "postpone", to_day="2031-01-06")
    assert refusal.value.code == "late" and world.fresh(case).day == date(2031, 3, 10) and not Postponement.select().exists()

    moved = world.step("county", case, "postpone", to_day="2031-01-08")
    assert (moved.late, Postponement.get().days, Postponement.get().late) == (0, 3, False)


@pytest.mark.parametrize(("moment", "late"), [(timedelta(hours=11, minutes=59), False), (timedelta(hours=12), True)])
def test_the_third_day_ahead_ends_at_midnight_in_china(world, tick, moment, late):
    case = posted(world)
    tick(date(2031, 2, 7), sweep=False)  # at noon in China
    tick(moment, sweep=False)

    if late:
        with pytest.raises(Refused) as refusal:
            world.step("county", case, "postpone", to_day="2031-02-20")
        assert refusal.value.code == "late" and world.fresh(case).state == "posted"
    else:
        assert world.step("county", case, "postpone", to_day="2031-02-20").late == 0


def test_the_county_sets_how_many_days_ahead_a_postponement_is_posted(world, tick):
    world.set("postpone_days", 5)
    case = posted(world)
    tick(date(2031, 2, 7), sweep=False)

    with pytest.raises(Refused):
        world.step("county", case, "postpone", to_day="2031-02-20")


@pytest.mark.parametrize("day", ["2031-01-05", "2030-12-31", "2031-02-10"])
def test_a_reception_is_not_postponed_to_today_to_the_past_or_to_its_own_day(world, day):
    with pytest.raises(Refused) as refusal:
        world.step("county", posted(world), "postpone", to_day=day, reason="x")

    assert "to_day" in refusal.value.errors


def test_a_reception_postponed_twice_counts_the_notice_from_the_day_posted_last(world, tick):
    case = world.step("county", posted(world), "postpone", to_day="2031-02-20")
    tick(date(2031, 2, 18), sweep=False)

    world.step("county", case, "postpone", to_day="2031-02-25", reason="停电")

    assert [(row.from_day, row.to_day, row.days) for row in Postponement.select().order_by(Postponement.id)] == [
        (date(2031, 2, 10), date(2031, 2, 20), 36), (date(2031, 2, 20), date(2031, 2, 25), 2)]


def test_the_roster_and_the_room_go_along_and_who_cannot_then_is_excused_with_the_reason(world):
    room = Room.create(station_id=world.stations["wuli"].id, name="接待室", division_id=world.tree.town.id,
                       county_id=world.tree.county.id, town_id=world.tree.town.id)
    case = posted(world, room=room.id)
    for who in ("zhang", "chen"):
        world.make("duty", {"reception": case.id, "deputy": world.deputies[who].id})
    world.make("wish", {"deputy": world.deputies["chen"].id, "kind": "cannot", "from_day": "2031-02-20",
                        "to_day": "2031-02-20"})

    world.step("county", case, "postpone", to_day="2031-02-20")

    rows = {row.deputy_id: row for row in Duty.select()}
    zhang, chen = rows[world.deputies["zhang"].id], rows[world.deputies["chen"].id]
    assert (zhang.state, zhang.day) == ("planned", date(2031, 2, 20))
    assert (chen.state, chen.day) == ("excused", date(2031, 2, 20)) and chen.note
    assert [row.day for row in Booking.select()] == [date(2031, 2, 20)]


def test_a_viewer_and_a_deputy_take_no_step(world):
    case = posted(world)

    assert world.possible("viewer", case) == world.possible("zhang", case) == set()
    assert world.possible("town", case) == {"postpone", "drop"}


# ---------------------------------------------------------------- what others read

def test_the_next_reception_of_each_station_is_a_posted_one_to_come(world):
    wuli, datong = world.stations["wuli"].id, world.stations["datong"].id
    posted(world, day="2031-03-10")
    first = posted(world, day="2031-02-10")
    posted(world, day="2031-02-10", from_minute="20:00", to_minute="21:00")
    single(world, day="2031-01-10")

    found = receptions.next_day([wuli, datong], TODAY)

    assert {key: row.id for key, row in found.items()} == {wuli: first.id}
    assert receptions.next_day([wuli], date(2031, 2, 11))[wuli].day == date(2031, 3, 10)
    assert receptions.next_day([], TODAY) == {}

"""What two people do at the same moment, across the areas: one of them comes through, and what is counted is counted once."""
from __future__ import annotations

from datetime import date

import pytest
from support.faces_ground import here, reception
from support.file_world import DAY, opinion, tell

from grid321.core import records
from grid321.core.ledger import LedgerEntry
from grid321.core.testing_browser import actor_for, make_account
from grid321.plugins.liaison_station import file_rating, file_tablet, swapping
from grid321.plugins.liaison_station.deputy_models import Placement
from grid321.plugins.liaison_station.file_models import Voice
from grid321.plugins.liaison_station.reception_models import Duty, Plan, Reception

from .test_day_at_once import together
from .test_file_years import on_the_way

__all__ = ["here"]


def one_came_through(results):
    """Exactly one of the works was done, and each other one was refused with a status for people."""
    statuses = [getattr(one, "status", 0) for one in results]
    assert statuses.count(0) == 1 and all(one in {0, 409, 410, 412, 422} for one in statuses), results


@pytest.fixture
def published(world):
    """A year that is being rated."""
    tell(opinion(world), "opinion")
    year = records.create(world.entity("year"), {"deputy_id": world.deputies["zhang"].id, "year": DAY.year},
                          world.actors["county"], world.tree.county, flow=None)
    return on_the_way(world, year, "confirm", "check", "publish")


def counted(year):
    """How many voices a year has."""
    return sum(row.n for row in Voice.select().where(Voice.year_id == year.id))


def test_a_link_that_is_sent_four_times_at_once_is_one_voice(app, world, published):
    (token,) = file_rating.make_links(published, 1, world.actors["county"], world.tree.county)

    one_came_through(together(app, *[lambda: file_rating.voice_by_link(token, "satisfied", world.tree.county).id] * 4))

    assert counted(published) == 1


def test_a_slip_that_is_typed_twice_at_once_is_one_voice(app, world, published):
    station = world.stations["wuli"]
    tablet = file_tablet.open_tablet(station, world.actors["liaison"], world.tree.town)
    (number,) = file_tablet.make_slips(station, 1, world.actors["liaison"], world.tree.town)

    one_came_through(together(app, *[
        lambda: file_tablet.voice(tablet, published.id, number, "satisfied", world.tree.town).id] * 3))

    assert counted(published) == 1


def test_voices_that_come_at_once_are_all_counted(app, world, published):
    tokens = file_rating.make_links(published, 6, world.actors["county"], world.tree.county)

    results = together(app, *[lambda token=token: file_rating.voice_by_link(token, "satisfied", world.tree.county).id
                              for token in tokens])

    assert results == [published.id] * 6 and counted(published) == 6


def test_a_swap_that_is_agreed_to_twice_at_once_changes_the_roster_once(app, here):
    duties = [Duty.get(Duty.reception_id == reception(here, "wuli", day, who=(who,), posted=False).id)
              for day, who in (("2031-01-15", "zhang"), ("2031-02-15", "chen"))]
    account = make_account(None, here.tree.county)
    account.person_id = here.people["chen"].id
    account.save()
    chen = actor_for(account)
    swap = swapping.ask(duties[0], here.deputies["chen"], duties[1], "", here.actors["zhang"])

    one_came_through(together(app, *[lambda: swapping.answer(swap.id, True, chen).id] * 2))

    assert sorted((row.day, row.person_id) for row in Duty.select()) == [
        (date(2031, 1, 15), here.people["chen"].id), (date(2031, 2, 15), here.people["zhang"].id)]


def test_who_is_put_on_duty_at_two_stations_at_once_is_on_duty_at_one(app, here):
    zhang = here.deputies["zhang"]
    here.make("placement", {"deputy": zhang.id, "station": here.stations["datong"].id, "from_day": "2031-01-05", "home": False})
    cases = [reception(here, station, "2031-02-10") for station in ("wuli", "datong")]

    one_came_through(together(app, *[
        lambda case=case: here.make("duty", {"reception": case.id, "deputy": zhang.id}).id for case in cases]))

    assert Duty.select().count() == 1


def test_a_plan_that_is_posted_twice_at_once_is_posted_once(app, here):
    here.make("schedule", {"title": "每月接待日", "station": here.stations["wuli"].id, "kind": "reception", "rrule": "每月15日",
                           "from_day": "2031-01-01", "to_day": "2031-03-31", "on_holiday": "keep", "from_minute": "09:00",
                           "to_minute": "11:30", "mode": "offline", "inside": True, "wanted": 1})
    plan = here.make("plan", {"station": here.stations["wuli"].id, "year": 2031})

    one_came_through(together(app, *[lambda: here.step("county", plan, "post").id] * 2))

    assert here.fresh(plan).state == "posted" and {row.state for row in Reception.select()} == {"posted"}
    assert LedgerEntry.select().where(
        (LedgerEntry.entity == "liaison_station.reception") & (LedgerEntry.step == "post")).count() == 3


def test_two_plans_of_one_year_at_once_are_one(app, here):
    here.make("schedule", {"title": "每月接待日", "station": here.stations["wuli"].id, "kind": "reception", "rrule": "每月15日",
                           "from_day": "2031-01-01", "to_day": "2031-03-31", "on_holiday": "keep", "from_minute": "09:00",
                           "to_minute": "11:30", "mode": "offline", "inside": True, "wanted": 1})

    one_came_through(together(app, *[
        lambda: here.make("plan", {"station": here.stations["wuli"].id, "year": 2031}).id] * 2))

    assert (Plan.select().count(), Reception.select().count()) == (1, 3)


def test_of_two_placements_of_a_person_at_once_one_is_home(app, here):
    here.change(here.placements["zhang"], {"to_day": "2031-01-04"})

    one_came_through(together(app, *[lambda station=station: here.make("placement", {
        "deputy": here.deputies["zhang"].id, "station": here.stations[station].id, "from_day": "2031-01-05"}).id
        for station in ("wuli", "datong")]))

    assert Placement.select().where((Placement.person_id == here.people["zhang"].id) & Placement.to_day.is_null()).count() == 1

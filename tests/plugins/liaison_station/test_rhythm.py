"""The monthly rhythm: what a station lacks, by which rule, and what it is not asked for."""

from datetime import date, timedelta

import pytest

from grid321.core import db
from grid321.plugins.liaison_station import rhythm
from grid321.plugins.liaison_station.activity_models import Activity
from grid321.plugins.liaison_station.station_models import Station

MARCH, AFTER = date(2026, 3, 1), date(2026, 7, 10)


@pytest.fixture
def hold(world):
    """Hold an activity of the town's station on a day, of a kind."""
    def one(day, kind="station", station="wuli", state="held"):
        activity = world.make("activity", {
            "division": world.node(station).code, "station": world.stations[station].id, "kind": kind, "title": "活动",
            "day": day.isoformat(), "collective": True, "leader": world.people["zhang"].id}, "county")
        if state == "held":
            world.step("county", activity, "hold", held_on=day.isoformat())
        return activity
    return one


def lacks(world, station="wuli", month=MARCH, today=AFTER):
    """The rules that a station does not meet."""
    return [lack.rule for lack in rhythm.missing(world.stations[station].id, month, today)]


def test_a_station_that_held_nothing_lacks_everything_and_each_lack_names_its_source(world):
    found = rhythm.missing(world.stations["wuli"].id, MARCH, AFTER)

    assert [lack.rule for lack in found] == ["theme", "month", "group", "council"]
    assert all(lack.late and lack.source and lack.setting.startswith("liaison_station.rhythm_") for lack in found)
    assert (found[1].first, found[1].last) == (MARCH, date(2026, 3, 31))
    assert (found[2].first, found[2].last) == (date(2026, 1, 1), date(2026, 3, 31))


def test_what_was_held_is_not_missing_in_its_month_or_quarter(world, hold):
    hold(date(2026, 2, 10), "group")
    hold(date(2026, 3, 15), "council")

    assert lacks(world) == ["theme"]
    assert lacks(world, month=date(2026, 2, 1)) == ["theme", "council"]
    assert lacks(world, month=date(2026, 4, 1)) == ["theme", "month", "group", "council"]


def test_what_is_only_planned_or_held_elsewhere_does_not_count(world, hold):
    hold(date(2026, 3, 15), "council", state="planned")
    hold(date(2026, 3, 15), "council", station="datong")

    assert "council" in lacks(world)


def test_a_theme_of_the_county_is_that_of_its_stations(world):
    world.make("theme", {"division": world.tree.county.code, "year": 2026, "quarter": 1, "title": "道路安全"}, "county")

    assert "theme" not in lacks(world)
    assert "theme" in lacks(world, month=date(2026, 4, 1))


def test_while_the_period_runs_a_lack_is_not_late_and_before_it_there_is_none(world):
    running = rhythm.missing(world.stations["wuli"].id, MARCH, date(2026, 3, 10))

    assert {lack.late for lack in running} == {False}
    assert lacks(world, month=date(2026, 4, 1), today=date(2026, 3, 10)) == []


def test_a_county_sets_its_own_numbers_and_kinds(world, hold):
    world.set("rhythm_month", 2)
    world.set("rhythm_council", 0)
    hold(date(2026, 3, 15))

    (month,) = [lack for lack in rhythm.missing(world.stations["wuli"].id, MARCH, AFTER) if lack.rule == "month"]
    assert (month.found, month.wanted, month.source) == (1, 2, "县办法")
    assert "council" not in lacks(world)
    world.set("rhythm_kinds", "home")
    assert lacks(world) == []


def test_a_station_is_asked_only_for_periods_in_which_it_worked_from_beginning_to_end(world):
    station = world.stations["wuli"]
    Station.update(suspended_on=date(2026, 3, 20)).where(Station.id == station.id).execute()

    assert lacks(world) == []
    assert lacks(world, month=date(2026, 2, 1)) == ["month", "council"]
    Station.update(suspended_on=None, opened_on=date(2026, 3, 2)).where(Station.id == station.id).execute()
    assert lacks(world) == []


def test_many_stations_are_asked_in_few_queries(world, hold):
    hold(date(2026, 3, 15), "council")
    stations = list(Station.select())

    found = rhythm.missing_of(stations, MARCH, AFTER)

    assert found == {station.id: rhythm.missing(station.id, MARCH, AFTER) for station in stations}


def test_an_unknown_station_lacks_nothing(world):
    assert rhythm.missing(999_999, db.local_day()) == []
    assert Activity.select().count() == 0
    assert rhythm.period_of(rhythm.RULES[0], date(2026, 12, 31)) == (date(2026, 10, 1), date(2027, 1, 1) - timedelta(days=1))

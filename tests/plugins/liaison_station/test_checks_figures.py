"""Figures of stations add up over places, count each person once in every sum, and give every opinion exactly one fate."""
from datetime import date, timedelta

import pytest
from support import station_world

from grid321.core import snapshot
from grid321.core.registry import registry
from grid321.plugins.liaison_station import station_figures
from grid321.plugins.liaison_station.activity_models import Activity, Attendance
from grid321.plugins.liaison_station.day_models import Opinion, Visit
from grid321.plugins.liaison_station.opinion_workflow import HANDLING
from grid321.plugins.liaison_station.reception_models import Duty, Reception
from grid321.plugins.liaison_station.station_figures import BY_KEY, FATES, SHARES, Span, Table

SPAN = Span(date(2026, 1, 1), date(2026, 12, 31))
DAY = date(2026, 6, 15)


@pytest.fixture
def world(staged, division_tree):
    """The county with its stations."""
    return staged(station_world.build, division_tree)


def where(station):
    """The columns of a row that lives at the station."""
    return station_world.columns(snapshot.current().tree.get(station.division_id))


def reception(station, number, day=DAY, **values):
    """A reception of the station."""
    usual = {"first_day": day, "from_minute": 540, "to_minute": 720, "state": "held", **where(station)}
    return Reception.create(number=number, holder_id=station.division_id, station_id=station.id, day=day, **{**usual, **values})


def came(world, held, *deputies, state="came"):
    """Deputies were on duty at a reception."""
    for key in deputies:
        deputy = world.deputies[key]
        Duty.create(reception_id=held.id, station_id=held.station_id, deputy_id=deputy.id, person_id=deputy.person_id,
                    day=held.day, state=state, **where(held))


def activity(station, number, place=None, **values):
    """An activity that was held."""
    columns = where(station) if station is not None else station_world.columns(place)
    return Activity.create(**{"number": number, "holder_id": columns["division_id"], "kind": "study", "title": "学习", "day": DAY,
                              "station_id": station.id if station is not None else None, "held_on": DAY, "state": "held",
                              **columns, **values})


def opinion(station, number, **values):
    """An opinion that the station heard."""
    return Opinion.create(**{"number": number, "holder_id": station.division_id, "station_id": station.id, "kind": "road",
                             "title": "路灯", "heard_on": DAY, "state": "reported", **where(station), **values})


@pytest.fixture
def busy(world):
    """A half year of two towns."""
    one, two = world.stations["wuli_village"], world.stations["datong_village"]
    held = reception(one, "R1")
    came(world, held, "zhao", "sun")
    came(world, reception(one, "R2", DAY + timedelta(days=1), postponed=1, late=1), "zhao")
    came(world, reception(two, "R3", postponed=1), "wu", state="excused")
    reception(two, "R4", state="posted", day=date(2026, 12, 30))
    reception(two, "R5", state="dropped", dropped="汛期")
    reception(two, "R6", day=date(2025, 12, 31))
    for number, persons in enumerate((1, 3, 2)):
        Visit.create(reception_id=held.id, station_id=one.id, came_on=DAY, persons=persons, kind="opinion", text=str(number),
                     **where(one))
    study = activity(None, "A1", world.tree.county, voters=12)
    away = activity(two, "A2", voters=8, held_on=date(2027, 1, 1))
    for row, keys in ((study, ("zhao", "wu")), (away, ("wu",))):
        for key in keys:
            deputy = world.deputies[key]
            Attendance.create(activity_id=row.id, deputy_id=deputy.id, person_id=deputy.person_id, role="deputy", came=True,
                              day=DAY, **where(row))
    return world


def test_what_was_held_postponed_and_late_is_counted_in_its_days(busy):
    whole = Table(busy.tree.county, SPAN).whole()

    assert (whole["planned"], whole["held"], whole["postponed"], whole["late"]) == (4, 3, 2, 1)
    assert (whole["stations"], whole["activities"], whole["residents"], whole["visitors"]) == (6, 1, 12, 6)


def test_attendance_counts_every_time_and_every_person_once(busy):
    table = Table(busy.tree.county, SPAN)
    whole = table.whole()

    assert (whole["attendances"], whole["persons"]) == (5, 3)  # zhao at two receptions and the study, sun once, wu at the study
    lines = {line.label: line.amounts for line in table.by_place()}
    assert (lines["五里镇"]["attendances"], lines["五里镇"]["persons"]) == (3, 2)
    assert (lines["汉滨区"]["attendances"], lines["汉滨区"]["persons"]) == (2, 2)
    assert sum(line["attendances"] for line in lines.values()) == whole["attendances"]


def test_places_and_stations_add_up_to_the_whole(busy):
    table = Table(busy.tree.county, SPAN)
    for lines in (table.by_place(), table.by_station()):
        for key in BY_KEY:
            if not BY_KEY[key].persons:
                assert sum(line.amounts[key] for line in lines) == table.whole()[key], key
    assert [line.label for line in table.by_station()][-1] == "不属于任何站点" or table.by_station()[-1].station_id is None


def test_a_town_sees_its_own_only(busy):
    whole = Table(busy.tree.town, SPAN).whole()

    assert (whole["stations"], whole["held"], whole["visitors"], whole["activities"]) == (3, 2, 6, 0)


def test_every_opinion_has_exactly_one_fate(world):
    """In every state of the workflow, with and without a unit, joined to another or not."""
    station, number = world.stations["wuli_village"], 0
    for state in [one.key for one in HANDLING.states]:
        for unit, outside, bond in ((None, "", None), (7, "", None), (None, "供电所", None), (7, "供电所", "member"),
                                    (None, "", "turned")):
            number += 1
            opinion(station, f"O{number}", state=state, unit_id=unit, passed_to=outside, bond=bond)
    fates = [{row[0] for row in Opinion.select(Opinion.id).where(condition).tuples()} for condition in FATES.values()]

    assert sum(len(one) for one in fates) == number == len(set().union(*fates))
    whole = Table(world.tree.county, SPAN).whole()
    assert sum(whole[fate] for fate in FATES) == whole["opinions"] == number


def test_opinions_are_told_by_their_fate(world):
    station = world.stations["wuli_village"]
    opinion(station, "O1", state="closed")
    opinion(station, "O2", state="closed", unit_id=3)
    opinion(station, "O3", state="passed", passed_to="供电所")
    opinion(station, "O4", state="ended")
    opinion(station, "O5", state="handling")
    opinion(station, "O6", state="withdrawn")
    opinion(station, "O7", state="closed", heard_on=date(2025, 6, 1))
    whole = Table(world.tree.county, SPAN).whole()

    assert {key: whole[key] for key in ("opinions", *FATES)} == {
        "opinions": 6, "settled": 1, "passed": 2, "unsolved": 1, "open": 1, "turned": 0, "other": 1}


def test_the_number_of_queries_is_that_of_the_figures(app, busy, queries):
    def asked():
        with app.test_request_context():  # a request reads the configuration once
            Table(busy.tree.county, SPAN)
            queries.clear()
            table = Table(busy.tree.county, SPAN)
            found = len(queries)
            assert table.by_station() and table.by_place()
        return found

    first = asked()
    for number in range(30):
        reception(busy.stations["liuying"], f"M{number}", DAY + timedelta(days=number))

    assert asked() == first <= len(BY_KEY) + 20  # one for each figure, and those of the checklists


def test_a_share_of_few_is_two_numbers_and_no_percentage(world):
    for number in range(3):
        opinion(world.stations["liuying"], f"O{number}", state="closed" if number else "handling")
    share = next(one for one in SHARES if one.key == "settled_share").of(Table(world.tree.county, SPAN).whole())

    assert (share.top, share.bottom, share.small) == (2, 3, True)


def test_stations_are_counted_by_kind_and_class(world):
    world.stations["wuli"].klass = "one"
    world.stations["wuli"].save()

    assert station_figures.by_column(world.tree.county, "kind", DAY) == {"home": 1, "central": 2, "station": 3}
    assert station_figures.by_column(world.tree.county, "klass", DAY) == {"one": 1, "": 5}
    assert station_figures.by_column(world.tree.town, "kind", DAY) == {"central": 1, "station": 2}


def test_every_figure_says_how_it_is_counted():
    assert all(str(one.label) and str(one.formula) and str(one.cutoff) for one in station_figures.FIGURES)
    assert {one.bottom for one in SHARES} | {one.top for one in SHARES} <= set(BY_KEY)


def test_every_measure_of_stations_is_shown_by_division_in_the_statistics(world):
    clerk = world.browser("county")
    for key, found in registry().measures.items():
        if key.startswith("liaison_station."):
            page = clerk.get(f"/d/{world.tree.county.code}/core/statistics/{key}")
            assert page.status_code == 200, key
            assert str(found.label) in page.text, key

"""The yearly rating of a station: proposed with its items as they stood, looked at by the town, decided by the county."""
from datetime import date

import pytest
from support import station_world

from grid321.core import db
from grid321.core.errors import Forbidden, Invalid, Refused
from grid321.plugins.liaison_station import checks, rating_flow
from grid321.plugins.liaison_station.checks_choices import HAVE
from grid321.plugins.liaison_station.checks_items import Group
from grid321.plugins.liaison_station.checks_models import Attested, Rating
from grid321.plugins.liaison_station.station_models import Room, Station

ASKED = {"asked_klass": "one", "asked_model": "city", "words": "全年接待选民二十四次。"}
SEEN = {"town_words": "现场查看，台账齐全。"}
DECIDED = {"klass": "two", "model": "city", "reward_fen": "5000", "reasons": "缺少履职公示。"}


@pytest.fixture
def world(staged, division_tree):
    """The county with its stations."""
    return staged(station_world.build, division_tree)


@pytest.fixture
def rating(world):
    """A rating of a village's station for this year, as its liaison officer begins it."""
    return begun(world, "wuli_village", "village_liaison")


def begun(world, station, who="county", year=None):
    """A rating of a station."""
    return world.make("rating", {"station": world.stations[station].id, "year": year or db.local_day().year}, who,
                      world.node(station))


def done(world, rating, **decision):
    """The rating, decided."""
    world.step("village_liaison", rating, "propose", **ASKED)
    world.step("town", rating, "look", **SEEN)
    return world.step("county", rating, "decide", **{**DECIDED, **decision})


def test_a_rating_lives_where_its_station_stands_although_nobody_types_that(world):
    case = world.make("rating", {"station": world.stations["liuying"].id, "year": db.local_day().year})

    assert case.division_id == world.stations["liuying"].division_id


def test_the_items_are_frozen_as_they_were_computed_when_it_was_proposed(world, rating):
    station = world.stations["wuli_village"]
    Room.create(station_id=station.id, name="接待室", **station_world.columns(world.node("wuli_village")))
    case = world.step("village_liaison", rating, "propose", **ASKED)
    Room.delete().where(Room.station_id == station.id).execute()

    case = world.fresh(case)
    assert case.items["premises"]["ok"] and case.items["premises"]["computed"] and "1" in case.items["premises"]["text"]
    assert not case.items["plan"]["ok"] and not case.items["siting_1"]["computed"]
    assert (case.fulfilled, case.wanted) == (1, 10)
    assert not checks.look_at(station).lists[HAVE.key]["premises"].ok


def test_the_county_decides_after_the_town_looked_and_the_station_follows(world, rating):
    case = world.step("village_liaison", rating, "propose", **ASKED)
    with pytest.raises(Refused) as refusal:
        world.step("county", case, "decide", **DECIDED)
    assert refusal.value.code == "not_looked"

    world.step("town", case, "look", **SEEN)
    case = world.step("county", case, "decide", **DECIDED)

    station = world.fresh(world.stations["wuli_village"])
    assert (case.state, case.klass, case.model, case.reward_fen) == ("decided", "two", "city", 500_000)
    assert (station.klass, station.model) == ("two", "city")
    assert list(rating_flow.faults()) == []


def test_the_station_of_the_county_is_decided_without_a_town(world):
    case = begun(world, "home")
    world.step("county", case, "propose", **ASKED)
    assert world.step("county", case, "decide", **{**DECIDED, "klass": "one", "model": "none"}).state == "decided"

    station = world.fresh(world.stations["home"])
    assert (station.klass, station.model) == ("one", "")


def test_a_rating_that_was_sent_back_is_proposed_again_with_the_items_of_that_day(world, rating):
    world.step("village_liaison", rating, "propose", **ASKED)
    case = world.step("town", rating, "send_back", reasons="请补上接待室。")
    assert (case.state, case.reasons) == ("draft", "请补上接待室。")

    Room.create(station_id=case.station_id, name="接待室", **station_world.columns(world.node("wuli_village")))
    case = world.step("village_liaison", case, "propose", **ASKED)
    assert case.items["premises"]["ok"] and case.reasons == ""

    world.step("town", case, "look", **SEEN)
    assert world.step("county", case, "return", reasons="证据不足。").state == "draft"


def test_the_rating_of_an_earlier_year_does_not_undo_a_later_one(world, rating):
    done(world, rating, klass="one")
    before = begun(world, "wuli_village", year=db.local_day().year - 1)
    done(world, before, klass="none", model="none")

    assert world.fresh(world.stations["wuli_village"]).klass == "one"
    assert list(rating_flow.faults()) == []


def test_a_class_that_was_changed_past_the_rating_is_found(world, rating):
    done(world, rating)
    Station.update(klass="one").where(Station.id == rating.station_id).execute()

    assert [text for text in rating_flow.faults() if "one/city" in text and "two/city" in text]


def test_one_rating_a_year_unless_it_was_withdrawn(world, rating):
    with pytest.raises(Invalid) as refusal:
        begun(world, "wuli_village")
    assert rating.number in refusal.value.errors["year"][0]

    world.step("village_liaison", rating, "withdraw", reasons="填错了站点。")
    assert begun(world, "wuli_village").state == "draft"


@pytest.mark.parametrize("years", [-2, 1])
def test_a_rating_is_of_this_year_or_the_last_one(world, years):
    with pytest.raises(Invalid) as refusal:
        begun(world, "wuli_village", year=db.local_day().year + years)

    assert "year" in refusal.value.errors and not Rating.select().exists()


def test_a_closed_station_is_not_rated(world, rating):
    today = db.local_day()
    Station.update(closed_on=today).where(Station.id.in_([rating.station_id, world.stations["liuying"].id])).execute()
    with pytest.raises(Refused) as refusal:
        world.step("village_liaison", rating, "propose", **ASKED)
    assert refusal.value.code == "station_closed"
    with pytest.raises(Invalid):
        begun(world, "liuying")


def test_each_step_is_for_whom_it_concerns(world, rating):
    assert world.possible("village_liaison", rating) == {"propose", "withdraw"}
    world.step("village_liaison", rating, "propose", **ASKED)

    assert world.possible("village_liaison", rating) == {"withdraw"}
    assert {"look", "send_back"} <= world.possible("town", rating)
    assert not world.possible("other_town", rating) and not world.possible("viewer", rating)
    with pytest.raises(Forbidden):
        world.step("town", rating, "decide", **DECIDED)


def test_a_station_is_due_a_year_after_its_last_decision_and_not_while_a_rating_runs(world):
    today = db.local_day()
    group = Group.of(checks.open_on(today))
    due = checks.due_for_rating(group, today)
    assert due == dict.fromkeys(one.id for one in world.stations.values())  # open since 2022, never rated

    begun(world, "liuying")
    rated = begun(world, "wuli_village")
    done(world, rated)
    assert set(checks.due_for_rating(group, today)) == {one.id for key, one in world.stations.items()
                                                        if key not in {"liuying", "wuli_village"}}
    later = date(today.year + 1, today.month, min(today.day, 28))
    assert checks.due_for_rating(Group.of(checks.open_on(later)), later.replace(day=28))[rated.station_id] == today

    world.set("rerate_months", None)
    assert checks.due_for_rating(Group.of(checks.open_on(today)), today) == {}


def test_an_item_is_attested_once_and_changed_afterwards(world):
    said = {"station": world.stations["liuying"].id, "item": "siting_1", "ok": True, "evidence": "村委会一楼", "day":
            db.local_day().isoformat()}
    row = world.make("attested", said)
    assert row.division_id == world.stations["liuying"].division_id
    with pytest.raises(Invalid) as refusal:
        world.make("attested", said)
    assert "item" in refusal.value.errors

    world.change(row, {"ok": False, "evidence": "已搬走"})
    assert not Attested.get_by_id(row.id).ok


@pytest.mark.parametrize(("field", "value"), [("item", "plan"), ("item", "nothing"), ("evidence", ""), ("day", "2999-01-01")])
def test_what_data_speak_of_or_what_is_not_yet_is_not_attested(world, field, value):
    said = {"station": world.stations["liuying"].id, "item": "siting_1", "ok": True, "evidence": "村委会", "day": "2026-01-01"}
    with pytest.raises(Invalid) as refusal:
        world.make("attested", {**said, field: value})

    assert field in refusal.value.errors and not Attested.select().exists()

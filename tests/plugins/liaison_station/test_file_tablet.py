"""One tablet for all deputies of a station: opened by the liaison officer, one voice for each slip, closed by itself."""
from datetime import timedelta

import pytest
from support.file_world import DAY, opinion, tell
from support.public_world import Resident
from support.station_world import PLUGIN

from grid321.core import db, records
from grid321.core.errors import Invalid, NotFound, Refused, TooMany
from grid321.core.ledger import LedgerEntry
from grid321.plugins.liaison_station import file_tablet
from grid321.plugins.liaison_station.file_models import Voice, Year

HERE = f"/d/610902104/{PLUGIN}"


@pytest.fixture
def years(world):
    """The years of two county deputies of a town's station, and of one elsewhere; the first two are rated."""
    tell(opinion(world), "opinion")
    made = {}
    for who in ("zhang", "chen", "he"):
        values = {"deputy_id": world.deputies[who].id, "year": DAY.year}
        year = records.create(world.entity("year"), values, world.actors["county"], world.tree.county, flow=None)
        year = world.step("county", year, "confirm_told", told_on=DAY.isoformat(), way="paper")
        made[who] = world.step("county", world.step("county", year, "check"), "publish")
    return made


@pytest.fixture
def station(world):
    """The station of the town."""
    return world.stations["wuli"]


@pytest.fixture
def tablet(world, years, station):
    """The token of an open tablet."""
    return file_tablet.open_tablet(station, world.actors["liaison"], world.tree.town)


def voices(year):
    """The sums of a year by way and answer, without the empty ones."""
    return {(row.way, row.answer): row.n for row in Voice.select().where(Voice.year_id == year.id) if row.n}


def slips(world, station, count=1):
    """Numbers of new slips."""
    return file_tablet.make_slips(station, count, world.actors["liaison"], world.tree.town)


def test_voters_choose_among_the_deputies_of_the_station_whose_years_are_rated(world, years, station):
    assert [year.name for year in file_tablet.rated_here(station.id)] == sorted(years[who].name for who in ("zhang", "chen"))

    world.step("county", years["chen"], "end_rating")

    assert [year.id for year in file_tablet.rated_here(station.id)] == [years["zhang"].id]


def test_a_slip_is_for_one_voice_for_one_deputy(world, years, station, tablet):
    (number,) = slips(world, station)
    file_tablet.voice(tablet, years["zhang"].id, number.lower().replace("-", " "), "satisfied", world.tree.town)

    for who in ("zhang", "chen"):
        with pytest.raises(Invalid) as refusal:
            file_tablet.voice(tablet, years[who].id, number, "dissatisfied", world.tree.town)
        assert "number" in refusal.value.errors

    assert voices(years["zhang"]) == {("tablet", "satisfied"): 1} and voices(years["chen"]) == {}


def test_a_refused_answer_leaves_the_slip_as_it_was(world, years, station, tablet):
    (number,) = slips(world, station)
    with pytest.raises(Invalid):
        file_tablet.voice(tablet, years["zhang"].id, number, "great", world.tree.town)
    with pytest.raises(Refused):
        file_tablet.voice(tablet, years["he"].id, number, "satisfied", world.tree.town)

    file_tablet.voice(tablet, years["chen"].id, number, "fair", world.tree.town)

    assert voices(years["chen"]) == {("tablet", "fair"): 1} and voices(years["he"]) == {}


@pytest.mark.parametrize("number", ["", "0000-0000", "七七七七", "1234567890123"])
def test_a_number_that_is_on_no_slip_counts_nothing(world, years, tablet, number):
    with pytest.raises(Invalid) as refusal:
        file_tablet.voice(tablet, years["zhang"].id, number, "satisfied", world.tree.town)

    assert "number" in refusal.value.errors and voices(years["zhang"]) == {}


def test_a_slip_of_another_station_is_none_here(world, years, station, tablet):
    (number,) = file_tablet.make_slips(world.stations["datong"], 1, world.actors["county"], world.tree.other_town)

    with pytest.raises(Invalid):
        file_tablet.voice(tablet, years["zhang"].id, number, "satisfied", world.tree.town)


def test_whoever_guesses_numbers_is_stopped(world, years, station, tablet):
    for _try in range(file_tablet.WRONG):
        with pytest.raises(Invalid):
            file_tablet.voice(tablet, years["zhang"].id, "0000-0000", "satisfied", world.tree.town)

    with pytest.raises(TooMany):
        file_tablet.voice(tablet, years["zhang"].id, *slips(world, station), "satisfied", world.tree.town)


def test_the_tablet_closes_by_itself_and_by_the_officer(world, years, station, tablet):
    with db.shift_clock(file_tablet.OPEN_FOR + timedelta(minutes=1)), pytest.raises(Refused) as refusal:
        file_tablet.station_of(tablet, world.tree.town)
    assert refusal.value.status == 410

    file_tablet.close_tablet(station, world.actors["liaison"], world.tree.town)
    with pytest.raises(NotFound):
        file_tablet.voice(tablet, years["zhang"].id, *slips(world, station), "satisfied", world.tree.town)


def test_a_new_tablet_ends_the_one_before_and_is_good_at_its_own_address_only(world, years, station, tablet):
    again = file_tablet.open_tablet(station, world.actors["liaison"], world.tree.town)

    with pytest.raises(NotFound):
        file_tablet.station_of(tablet, world.tree.town)
    with pytest.raises(NotFound):
        file_tablet.station_of(again, world.tree.other_town)
    assert file_tablet.station_of(again, world.tree.town).id == station.id


def test_no_tablet_is_opened_where_nothing_is_rated(world, station):
    with pytest.raises(Refused) as refusal:
        file_tablet.open_tablet(station, world.actors["liaison"], world.tree.town)

    assert refusal.value.code == "nothing_rated"


def test_too_many_slips_are_refused(world, station):
    with pytest.raises(Invalid) as refusal:
        slips(world, station, 2001)

    assert "count" in refusal.value.errors


def test_what_the_officer_did_stands_in_the_history_and_nothing_of_slips_and_voices(world, years, station, tablet):
    (number,) = slips(world, station)
    file_tablet.voice(tablet, years["zhang"].id, number, "dissatisfied", world.tree.town)

    steps = [str(entry["label"]) for entry in records.history(world.entity("station"), station.id)]
    assert len(steps) == 2
    written = repr([row.__data__ for row in LedgerEntry.select()])
    assert "dissatisfied" not in written and number not in written and number.replace("-", "") not in written


# ---------------------------------------------------------------- in the browser

def test_an_evening_at_the_tablet_without_javascript(app, world, years, station):
    officer, voter = world.browser("liaison"), Resident(app)
    here = f"{HERE}/station/{station.id}"
    assert "/slips" in officer.get(here).text
    printed = officer.post(f"{here}/slips", {"count": "2"})
    numbers = [text.split("<", 1)[0] for text in printed.text.split('<span class="value">')[1:]]
    opened = officer.post(f"{here}/tablet", {})
    address = opened.text.split("/station-tablet/", 1)[1].split('"', 1)[0]
    start = f"{HERE}/station-tablet/{address}"

    page = voter.get(start).text
    assert years["zhang"].name in page and years["chen"].name in page and years["he"].name not in page
    one = f"{start}/{years['zhang'].id}"
    wrong = voter.fill(one, {"answer": "satisfied", "number": "AAAA-AAAA"})
    assert wrong.status_code == 422 and 'value="AAAA-AAAA"' in wrong.text
    assert voter.fill(one, {"answer": "", "number": numbers[0]}).status_code == 422
    done = voter.fill(one, {"answer": "satisfied", "number": numbers[0]})
    assert done.status_code == 303 and "thanks=1" in done.headers["Location"]
    assert voter.get(f"{start}/{years['he'].id}").status_code == 303

    assert officer.post(f"{here}/tablet", {"close": "1"}).status_code == 303
    assert voter.get(start).status_code == 404
    assert voices(years["zhang"]) == {("tablet", "satisfied"): 1} and Year.get_by_id(years["zhang"].id).votes is None


def test_only_who_may_opens_the_tablet_also_for_programs(world, years, station):
    here = f"/d/610902104/{PLUGIN}/station/{station.id}"
    for who in ("viewer", "zhang"):
        assert world.browser(who).post(f"{here}/tablet", {}).status_code == 403
        assert "/slips" not in world.browser(who).get(here).text
    answer = world.browser("liaison").api("POST", f"{here}/slips", {"count": 3})
    assert answer.status_code == 201 and len(set(answer.json["numbers"])) == 3
    assert world.browser("liaison").api("POST", f"{here}/tablet", {}).status_code == 201

"""Board, checklists and statistics: what they say, to whom, where each number leads, and what they ask the database for."""
import re
from datetime import date, timedelta

import pytest
from support import station_world

from grid321.core import db, snapshot
from grid321.plugins.liaison_station.checks_models import Attested
from grid321.plugins.liaison_station.reception_models import Reception
from grid321.plugins.liaison_station.station_models import Room, Station

PAGES = ("board", "checks", "figures")


@pytest.fixture
def world(staged, division_tree):
    """The county with its stations."""
    return staged(station_world.build, division_tree)


def where(station):
    """The columns of a row that lives at the station."""
    return station_world.columns(snapshot.current().tree.get(station.division_id))


def held(station, number, day):
    """A reception of the station was held."""
    return Reception.create(number=number, holder_id=station.division_id, station_id=station.id, day=day, first_day=day,
                            from_minute=540, to_minute=720, state="held", **where(station))


def text_of(world, who, path, node=None):
    """The page as one of the people gets it."""
    place = node or world.tree.county
    answer = world.browser(who).get(f"/d/{place.code}/liaison_station/{path}")
    assert answer.status_code == 200, answer.get_data(as_text=True)[:600]
    return answer.get_data(as_text=True)


def json_of(world, who, path, node=None):
    """The same for programs."""
    place = node or world.tree.county
    answer = world.browser(who).api("GET", f"/d/{place.code}/liaison_station/{path}")
    assert answer.status_code == 200, answer.get_data(as_text=True)[:600]
    return answer.get_json()


def test_the_board_names_the_station_that_stands_still_and_leads_to_it(world):
    today = db.local_day()
    for number, (key, station) in enumerate(world.stations.items()):
        if key != "liuying":
            held(station, f"R{number}", today)
    page = text_of(world, "county", "board")

    assert f"/liaison_station/station/{world.stations['liuying'].id}" in page and "刘营村人大代表联络站" in page
    assert [row["name"] for row in json_of(world, "county", "board")["standing_still"]] == ["刘营村人大代表联络站"]
    assert f"/d/{world.tree.town.code}/liaison_station/board" in page


def test_the_board_counts_what_stations_lack_and_leads_to_them(world):
    Room.create(station_id=world.stations["wuli"].id, name="接待室", **where(world.stations["wuli"]))
    found = json_of(world, "county", "board")

    lacks = {row["item"]: row["stations"] for row in found["missing"]}
    assert (lacks["premises"], lacks["plan"], lacks["siting_4"]) == (5, 6, 6)
    assert sum(row["there"] for row in found["divisions"]) == 1 and sum(row["wanted"] for row in found["divisions"]) == 60
    assert "checks?missing=premises" in text_of(world, "county", "board")
    rows = json_of(world, "county", "checks?missing=premises")["rows"]
    assert len(rows) == 5 and world.stations["wuli"].id not in {row["id"] for row in rows}


def test_an_unknown_item_or_day_is_refused_with_its_name(world):
    for path, field in (("checks?missing=nothing", "missing"), ("figures?from=yesterday", "from"),
                        ("figures?from=2026-02-01&to=2026-01-01", "to")):
        answer = world.browser("county").api("GET", f"/d/{world.tree.county.code}/liaison_station/{path}")
        assert answer.status_code == 400 and field in answer.get_data(as_text=True)


@pytest.mark.parametrize("page", PAGES)
def test_who_holds_a_town_sees_the_town_and_not_the_county(world, page):
    assert world.browser("town").get(f"/d/{world.tree.town.code}/liaison_station/{page}").status_code == 200
    assert world.browser("town").get(f"/d/{world.tree.county.code}/liaison_station/{page}").status_code == 403
    assert world.browser("li").get(f"/d/{world.tree.county.code}/liaison_station/{page}").status_code == 403
    assert "大同" not in text_of(world, "town", page, world.tree.town)


def test_the_statistics_are_those_of_the_days_that_are_asked_for(world):
    today = db.local_day()
    held(world.stations["wuli"], "R1", date(today.year - 1, 5, 10))
    held(world.stations["wuli"], "R2", today)
    asked = f"figures?from={today.year - 1}-01-01&to={today.year - 1}-12-31"

    found = json_of(world, "county", asked)
    assert found["whole"]["held"] == 1
    assert {row["label"]: row["held"] for row in found["rows"]} == {"汉滨区": 0, "五里镇": 1, "大同镇": 0}
    assert all(one["formula"] and one["cutoff"] for one in found["figures"])
    by_station = json_of(world, "county", asked + "&by=station")
    assert {row["station"]: row["held"] for row in by_station["rows"]}[world.stations["wuli"].id] == 1
    page = text_of(world, "county", asked)
    assert f"/d/{world.tree.town.code}/liaison_station/figures?from={today.year - 1}-01-01" in page


def test_the_page_of_a_station_says_what_is_missing_and_leads_to_where_it_is_mended(world):
    station = world.stations["wuli_village"]
    page = text_of(world, "county", f"station/{station.id}")
    new_room = f"/d/{world.tree.village.code}/liaison_station/room/new?station={station.id}"

    assert new_room in page
    assert f"/d/{world.tree.county.code}/liaison_station/rating/new?station={station.id}" in page
    assert world.browser("county").get(new_room).status_code == 200
    assert f"/attested/new?station={station.id}&amp;item=siting_1" in page


def test_who_may_not_mend_it_reads_the_reason_without_a_link(world):
    page = text_of(world, "viewer", f"station/{world.stations['wuli_village'].id}")

    assert "room/new" not in page and "attested/new" not in page and "rating/new" not in page


def test_every_link_to_mend_leads_to_a_page(world):
    station = world.stations["liuying"]
    Attested.create(station_id=station.id, item="siting_2", ok=False, evidence="临时搬迁", day=db.local_day(), **where(station))
    page = text_of(world, "county", f"station/{station.id}")
    panel = page[page.index('id="checklists"'):]
    links = [link.replace("&amp;", "&") for link in re.findall(r'<a class="no-print" href="([^"]+)"', panel)]

    assert len(links) >= 10
    county = world.browser("county")
    assert {link: status for link in links if (status := county.get(link).status_code) != 200} == {}


def test_a_proposed_rating_waits_on_the_first_page_of_the_town_and_then_of_the_county(world):
    case = world.make("rating", {"station": world.stations["liuying"].id, "year": db.local_day().year})
    world.step("county", case, "propose", asked_klass="one", asked_model="none", words="一年二十四次接待。")

    def today(who, node):
        return world.browser(who).get(f"/d/{node.code}/").get_data(as_text=True)

    assert "rating/?state=proposed" in today("town", world.tree.town)
    assert "rating/?state=proposed" not in today("other_town", world.tree.other_town)
    world.step("town", case, "look", town_words="属实。")
    assert "rating/?state=looked" in today("county", world.tree.county)
    page = text_of(world, "county", f"rating/{case.id}")
    assert "十有" in page or "场所" in page


def test_the_board_asks_as_often_for_many_stations_as_for_few(world, queries):
    county = world.browser("county")

    def count(page):
        for _time in range(2):  # what is remembered between requests is there the second time
            queries.clear()
            assert county.get(f"/d/{world.tree.county.code}/liaison_station/{page}").status_code == 200
        return len(queries)

    few = {page: count(page) for page in PAGES}
    columns = where(world.stations["liuying"])
    for number in range(40):
        one = Station.create(name=f"站{number}", kind="station", plate=f"more{number}", address="一楼",
                             opened_on=db.local_day() - timedelta(days=900), **columns)
        held(one, f"M{number}", db.local_day())

    assert {page: count(page) for page in PAGES} == few

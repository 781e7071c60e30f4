"""Papers on the wall by edition, the boards and the door plate on paper, equipment and money."""
from datetime import timedelta

import pytest
from support.docx_reader import Docx

from grid321.core import records
from grid321.core.db import local_day
from grid321.core.errors import Conflict, Invalid
from grid321.plugins.liaison_station import station_papers, station_plates
from grid321.plugins.liaison_station.station_models import Paper

DUTY = "一、主持站点日常工作。\n二、组织代表接待选民。"


def write(world, node=None, text=DUTY, since=0, **more):
    """Write a paper that is in force from ``since`` days after today."""
    return world.make("paper", {"kind": "duty", "title": "站长职责", "text": text,
                                "adopted_on": (local_day() + timedelta(days=since)).isoformat(), **more}, node=node)


def hanging(world, station="wuli_village", day=None):
    """What hangs in a station, as (title, edition, text)."""
    return [(row.title, row.edition, row.text) for row in station_papers.in_force(world.stations[station], day)]


def test_a_paper_of_the_county_hangs_in_every_station_of_the_county(world):
    write(world)

    assert [hanging(world, station) for station in ("home", "wuli", "wuli_village")] == [[("站长职责", 1, DUTY)]] * 3


def test_the_papers_of_a_town_hang_in_its_own_stations_only(world):
    write(world, world.tree.town)

    assert hanging(world, "liuying") and not hanging(world, "datong_village") and not hanging(world, "home")


def test_a_new_edition_replaces_the_earlier_one_from_its_day_on(world):
    write(world, since=-30)
    write(world, text="新职责", since=5)

    assert hanging(world) == [("站长职责", 1, DUTY)]
    assert hanging(world, day=local_day() + timedelta(days=5)) == [("站长职责", 2, "新职责")]


def test_an_edition_that_begins_before_the_earlier_one_is_refused(world):
    write(world)

    with pytest.raises(Invalid) as refusal:
        write(world, since=-1)

    assert refusal.value.errors.keys() == {"adopted_on"} and Paper.select().count() == 1


def test_when_the_last_edition_is_repealed_no_earlier_one_hangs_again(world):
    write(world, since=-30)
    last = write(world, since=-10)
    world.change(last, {"repealed_on": local_day().isoformat()})

    assert hanging(world) == [] and hanging(world, day=local_day() - timedelta(days=1)) != []


def test_a_stations_own_paper_goes_before_that_of_the_town_and_this_before_the_countys(world):
    write(world, text="县")
    write(world, world.tree.town, "镇")
    write(world, text="站", station=world.stations["wuli_village"].id)

    assert [hanging(world, station)[0][2] for station in ("wuli_village", "liuying", "datong")] == ["站", "镇", "县"]


def test_a_paper_of_a_station_names_no_other_division(world):
    with pytest.raises(Invalid) as refusal:
        write(world, division=world.tree.town.code, station=world.stations["wuli_village"].id)

    assert refusal.value.errors.keys() == {"division"} and not Paper.select().exists()


def test_the_wording_of_an_edition_stays(world):
    paper = write(world)

    for field, value in (("text", "别的"), ("title", "别的"), ("adopted_on", "2020-01-01"), ("kind", "system")):
        with pytest.raises(Invalid) as refusal:
            world.change(paper, {field: value})
        assert refusal.value.errors.keys() == {field}
    with pytest.raises(Invalid):
        world.change(paper, {"repealed_on": (local_day() - timedelta(days=1)).isoformat()})

    assert world.fresh(paper).text == DUTY


def test_an_edition_that_hung_is_not_deleted_and_one_to_come_is(world):
    entity, county = world.entity("paper"), world.actors["county"]
    hung, coming = write(world), write(world, since=9, title="联络员职责")

    with pytest.raises(Conflict):
        records.delete(entity, hung.id, county, None, world.tree.county)
    records.delete(entity, coming.id, county, None, world.tree.county)

    assert [row.id for row in Paper.select()] == [hung.id]


# ---------------------------------------------------------------- on paper

def form(world, record, name, kind=""):
    """A form of a record as a town officer gets it."""
    entity = record._meta.table_name.removeprefix("liaison_station_")
    return world.browser("county").get(f"/d/{world.tree.county.code}/liaison_station/{entity}/{record.id}/form/{name}{kind}")


def test_the_boards_are_printed_and_made_as_a_word_file_with_all_that_is_in_force(world):
    write(world)
    write(world, kind="system", title="接待制度", text="每月15日接待选民。")
    station = world.stations["wuli_village"]

    page, word = form(world, station, "wall_papers"), Docx(form(world, station, "wall_papers", ".docx").data)

    for text in ("站长职责", "组织代表接待选民", "接待制度", "每月15日接待选民", "第1版"):
        assert text in page.text and text in Docx.text_of(word.body)


def test_a_station_without_papers_has_no_boards_to_print(world):
    assert form(world, world.stations["wuli_village"], "wall_papers").status_code == 404


def test_one_edition_is_printed_by_itself(world):
    paper = write(world)

    assert "组织代表接待选民" in Docx.text_of(Docx(form(world, paper, "wall_board", ".docx").data).body)


def test_the_plate_carries_the_public_address_as_a_code_and_in_letters(world):
    station = world.stations["wuli_village"]

    page, word = form(world, station, "door_plate"), Docx(form(world, station, "door_plate", ".docx").data)

    path = f"/d/{world.tree.county.code}/liaison_station/at/{station.plate}"
    assert path in page.text and path in Docx.text_of(word.body) and station.name in page.text
    assert "data:image/png;base64," in page.text
    assert any(name.endswith(".png") for name in word.archive.namelist())


def test_the_address_of_a_plate_follows_the_setting_of_the_site(app, world):
    from datetime import date

    from grid321.core import settings

    settings.put("core.site_url", world.tree.county, "https://rd.example.cn/", source="县", valid_from=date(2020, 1, 1))

    assert station_plates.address(world.stations["wuli_village"]) == \
        "https://rd.example.cn/d/610902/liaison_station/at/" + world.stations["wuli_village"].plate


# ---------------------------------------------------------------- things and money

def test_equipment_and_money_belong_to_the_station_and_its_division(world):
    station = world.stations["wuli_village"]
    thing = world.make("equipment", {"station": station.id, "name": "打印机", "count": 1, "condition": "repair"})
    money = world.make("money", {"station": station.id, "year": 2026, "kind": "grant", "fen": "20000.5"})

    assert thing.division_id == money.division_id == world.tree.village.id and money.fen == 2_000_050
    with pytest.raises(Invalid):
        world.change(money, {"station": world.stations["liuying"].id})


@pytest.mark.parametrize("amount", ["0", "0.00", "-5", "1.234", "1e5", "一百", "", None, 100, 12.5])
def test_an_amount_that_is_none_is_refused(world, amount):
    with pytest.raises(Invalid) as refusal:
        world.make("money", {"station": world.stations["wuli_village"].id, "year": 2026, "kind": "grant", "fen": amount})

    assert refusal.value.errors.keys() == {"fen"}

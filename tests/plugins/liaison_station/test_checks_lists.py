"""Checklists page by page, sheets, who does what next, the map, the list of ratings, counted measures."""
import io
import re
from datetime import date

import pytest
from support import station_world

from grid321.core import counters, db, snapshot
from grid321.core.registry import registry
from grid321.plugins.liaison_station.checks_measures import MEASURES
from grid321.plugins.liaison_station.checks_pages import NEXT, PAGE, doer
from grid321.plugins.liaison_station.station_models import Paper, Room, Station

KEYS = ("attested", "rating", "station", "reception", "activity", "opinion")


@pytest.fixture
def world(staged, division_tree):
    """The county with its stations."""
    return staged(station_world.build, division_tree)


def where(node):
    """The columns of a row that lives at a division."""
    return station_world.columns(node)


def more(world, count, node=None):
    """So many further stations of a village, every third with a room."""
    columns = where(node or world.tree.village)
    for number in range(count):
        one = Station.create(name=f"增设站{number:03d}", kind="point", plate=f"more{number}", address="一楼",
                             opened_on=date(2022, 1, 1),
                             lat=32.6 + number / 1000, lng=109.0, **columns)
        if number % 3 == 0:
            Room.create(station_id=one.id, name="接待室", **columns)


def ask(world, path, who="county"):
    """The answer for programs."""
    answer = world.browser(who).api("GET", f"/d/{world.tree.county.code}/liaison_station/{path}")
    assert answer.status_code == 200, answer.get_data(as_text=True)[:400]
    return answer.get_json()


def sheet(world, path):
    """The rows of a workbook that is downloaded."""
    from python_calamine import CalamineWorkbook

    answer = world.browser("county").get(f"/d/{world.tree.county.code}/liaison_station/{path}")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()


def test_more_stations_than_a_page_are_shown_page_by_page_each_once(world):
    more(world, 2 * PAGE)
    pages = [ask(world, f"checks?page={number}") for number in (1, 2, 3, 4)]
    ids = [row["id"] for page in pages for row in page["rows"]]

    assert [len(page["rows"]) for page in pages] == [50, 50, 6, 0]
    assert len(set(ids)) == 106 == pages[0]["stations"] == pages[0]["found"]
    base = f"/d/{world.tree.county.code}/liaison_station"
    first = world.browser("county").get(f"{base}/checks?missing=premises").get_data(as_text=True)
    follow = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    assert "missing=premises" in follow and "第 51–72 条，共 72 条" in world.browser("county").get(follow).get_data(as_text=True)


def test_those_that_lack_most_come_first_when_that_is_asked_for(world):
    more(world, 6)
    rows = ask(world, "checks?sort=missing")["rows"]
    lacking = [len(row["missing"]) for row in rows]

    assert lacking == sorted(lacking, reverse=True) and len(set(lacking)) > 1
    names = [row["name"] for row in ask(world, "checks?sort=name")["rows"]]
    assert names == sorted(names)


def test_the_sheet_of_the_checklists_says_of_each_item_why_it_is_not_there(world):
    rows = sheet(world, "checks-file?missing=plan")

    assert len(rows) == 7 and rows[0][:2] == ["站所", "区划"]
    plan = rows[0].index("年度计划")
    assert all(str(db.local_day().year) in row[plan] for row in rows[1:])


def test_the_sheet_of_figures_has_every_column_and_says_how_each_is_counted(world):
    from grid321.plugins.liaison_station.station_figures import FIGURES, SHARES

    rows = sheet(world, "figures-file?by=station&show=opinions")

    assert len(rows[0]) == 1 + len(FIGURES) + len(SHARES) and len(rows) == 6 + 2 + 1  # stations, of none, in all
    assert rows[-1][1] == 6 and sum(row[1] for row in rows[1:-1]) == 6


def test_every_step_that_a_checklist_asks_for_has_its_words_and_somebody_who_may(world):
    from grid321.plugins.liaison_station import checks
    from grid321.plugins.liaison_station.checks_pages import group_of, steps_of

    asked = {step for one in checks.look(group_of(world.tree.county, db.local_day())) for step in steps_of(one)}
    assert asked and asked <= set(NEXT)
    roles = registry().roles
    for label, permission in NEXT.values():
        assert str(label) and any(f"liaison_station.{permission}" in role.permissions for role in roles.values()), permission
    assert doer("liaison_station.room.create", "village") == str(roles["liaison_station.liaison"].label)
    assert doer("liaison_station.station.edit", "village") == str(roles["liaison_station.town_officer"].label)
    assert doer("liaison_station.station.edit", "county") == str(roles["liaison_station.county_officer"].label)


def test_who_must_do_what_next_counts_by_town_the_stations_of_its_list(world):
    Room.create(station_id=world.stations["wuli"].id, name="接待室", **where(world.tree.town))
    places = {place["name"]: {row["step"]: row["n"] for row in place["rows"]} for place in ask(world, "to-do")["places"]}

    assert places["五里镇"]["room.create"] == 2 and places["大同镇"]["room.create"] == 2 and places["汉滨区"]["room.create"] == 1
    found = ask(world, f"checks?do=room.create&place={world.tree.town.code}")
    assert found["found"] == 2 and ask(world, "checks?do=room.create&own=1")["found"] == 1
    page = world.browser("county").get(f"/d/{world.tree.county.code}/liaison_station/to-do").get_data(as_text=True)
    assert "录入场所（房间）" in page and "do=room.create&amp;place=" in page


def test_the_map_has_a_mark_for_each_station_and_for_each_town_when_there_are_many(world):
    Station.update(lat=32.7, lng=109.1).execute()
    few = ask(world, "county-map")["features"]
    more(world, 60)
    many = ask(world, "county-map?show=class")["features"]
    page = world.browser("county").get(f"/d/{world.tree.county.code}/liaison_station/county-map").get_data(as_text=True)

    assert len(few) == 6 and all(one["properties"]["tone"] == "bad" for one in few)
    assert {one["properties"]["name"]: one["properties"]["text"] for one in many} == {
        "汉滨区": "0/1", "五里镇": "0/63", "大同镇": "0/2"}
    assert 'class="map tall' in page and "五里镇" in page and f"/d/{world.tree.town.code}/liaison_station/county-map" in page


def test_a_county_without_places_on_the_map_reads_the_list_and_what_to_do(world):
    page = world.browser("county").get(f"/d/{world.tree.county.code}/liaison_station/county-map").get_data(as_text=True)

    assert "data-geojson" not in page and "还没有站点标注位置" in page and "五里镇" in page


def rated(world, station, **decision):
    """A station rated for this year."""
    case = world.make("rating", {"station": world.stations[station].id, "year": db.local_day().year})
    world.step("county", case, "propose", asked_klass="one", asked_model="none", words="全年二十四次接待。")
    if station != "home":
        world.step("town" if "wuli" in station or station == "liuying" else "other_town", case, "look", town_words="属实。")
    return world.step("county", case, "decide", **{"klass": "one", "model": "none", "reasons": "十有齐全。", **decision})


def test_the_list_for_publication_has_the_decided_ones_without_words_of_officers(world):
    rated(world, "wuli_village", klass="two")
    rated(world, "liuying", klass="one", model="city")
    rated(world, "datong_village", klass="none")
    case = world.make("rating", {"station": world.stations["home"].id, "year": db.local_day().year})
    world.step("county", case, "propose", asked_klass="one", asked_model="none", words="待县级评定。")
    rows = ask(world, "rating-list")["rows"]
    page = world.browser("county").get(f"/d/{world.tree.county.code}/liaison_station/rating-list").get_data(as_text=True)

    assert [(row["station"], row["klass"], row["model"]) for row in rows] == [
        ("刘营村人大代表联络站", "one", "city"), ("五里村人大代表联络站", "two", "none")]
    assert "十有齐全" not in page and "属实" not in page and "市级示范站" in page and "还有 1 个站点的评定没有审定" in page
    assert [row[0] for row in sheet(world, "rating-list-file")[1:]] == ["刘营村人大代表联络站", "五里村人大代表联络站"]
    assert ask(world, "rating-list?year=2020")["rows"] == []


def test_kinds_that_a_county_does_not_rate_are_never_due(world):
    assert ask(world, "checks?due=1")["found"] == 6
    world.set("rated_kinds", "home,central")

    assert ask(world, "checks?due=1")["found"] == 3


def test_what_is_counted_is_what_a_recount_finds(world):
    rated(world, "wuli_village", klass="two", model="city")
    rated(world, "home")
    world.make("attested", {"station": world.stations["wuli"].id, "item": "siting_1", "ok": True, "evidence": "临街一楼。",
                            "day": db.local_day().isoformat()})

    for key in KEYS:
        entity = registry().entity(f"liaison_station.{key}")
        differences = counters.recount(entity, snapshot.current().tree)
        assert [row for row in differences if key not in ("station",)] == [], key


def test_every_measure_reads_columns_that_are_counted_and_stands_on_the_page_of_figures(world):
    from grid321.core import statistics, statistics_view

    for measure in MEASURES:
        entity = registry().entity(measure.entity)
        for column in statistics_view.columns_read(measure):
            assert statistics.source_of(entity, column)
    page = world.browser("county").get(f"/d/{world.tree.county.code}/core/statistics").get_data(as_text=True)
    assert "各类站点" in page or "站点（按类型）" in page or "接待（按状态）" in page


def test_the_start_page_names_what_waits_at_the_stations(world):
    page = world.browser("county").get(f"/d/{world.tree.county.code}/").get_data(as_text=True)

    assert "站点待办" in page and "/liaison_station/figures/quiet" in page
    assert "/liaison_station/figures/quiet" not in world.browser("li").get(f"/d/{world.tree.county.code}/").get_data(as_text=True)


def test_papers_of_the_county_make_first_steps_shorter(world):
    before = sum(row["done"] for row in ask(world, "board")["first_steps"])
    Paper.create(kind="duty", title="职责", text="一、学习。", adopted_on=date(2024, 1, 1), series="0 duty 职责",
                 **where(world.tree.county))

    assert sum(row["done"] for row in ask(world, "board")["first_steps"]) == before + 1


def test_items_that_the_county_words_itself_are_read_in_its_words(world):
    from grid321.core import class_items

    class_items.put("liaison_station.siting", "siting_1", world.tree.county, {"label_zh": "临街且在一楼"}, world.actors["county"])
    made = world.make("attested", {"station": world.stations["wuli"].id, "item": "siting_1", "ok": True, "evidence": "临街一楼。",
                                   "day": db.local_day().isoformat()})
    base = f"/d/{world.tree.county.code}/liaison_station"

    for path in ("attested/", f"attested/{made.id}", f"station/{world.stations['wuli'].id}", "checks"):
        page = world.browser("county").get(f"{base}/{path}").get_data(as_text=True)
        assert "临街且在一楼" in page and "siting_1<" not in page, path


def test_the_reasons_of_a_rating_are_kept_in_the_language_of_the_platform_and_shown_in_the_order_of_the_list(world):
    from grid321.core.i18n import use_language

    case = world.make("rating", {"station": world.stations["wuli"].id, "year": db.local_day().year})
    with use_language("en"):
        case = world.step("county", case, "propose", asked_klass="one", asked_model="none", words="全年二十四次接待。")
    page = world.browser("county").get(f"/d/{world.tree.county.code}/liaison_station/rating/{case.id}").get_data(as_text=True)

    assert "没有" in case.items["premises"]["text"] or "未" in case.items["premises"]["text"]
    page = page[page.index('id="checklists"'):]
    assert page.index("场所") < page.index("年度计划") < page.index("选址规则一")

"""The public finder: what it lists in which order, what it never shows, that it stays light over thousands of stations."""
from __future__ import annotations

import json
import logging
import re
from datetime import date
from html import unescape

import pytest
from support.faces_ground import COUNTY, here, nobody, reception
from support.station_world import SINCE, columns

from grid321.core import db
from grid321.plugins.liaison_station.station_models import Station

__all__ = ["here", "nobody"]

HOME, WULI, DATONG = "汉滨区人大代表之家", "五里镇人大代表中心联络站", "大同镇人大代表中心联络站"
WULI_VILLAGE, LIUYING, DATONG_VILLAGE = "五里村人大代表联络站", "刘营村人大代表联络站", "大同村人大代表联络站"


def change(world, station, **values):
    """Change columns of a station."""
    Station.update(**values).where(Station.id == world.stations[station].id).execute()


def many(world, count, node=None):
    """So many more stations of a division, each at a place of its own."""
    place = node or world.tree.village
    with db.transaction():
        for number in range(count):
            Station.create(name=f"第{number:04d}联络点", kind="point", plate=f"m{number:07d}", opened_on=SINCE,
                           lat=32.5 + (number % 30) * 0.01, lng=109.0 + (number // 30) * 0.01, **columns(place))


def test_everybody_finds_the_next_reception_day_and_who_will_be_there(here, nobody):
    reception(here, "wuli", "2031-02-15", who=("zhang", "chen"), theme="道路与出行")
    reception(here, "wuli", "2031-03-15", who=("chen",))
    page = nobody.get("find")

    assert page.status_code == 200
    line = page.text[page.text.index(WULI):page.text.index(DATONG)]
    assert "2031年2月15日 星期六" in line and "09:00–11:30" in line and "2031年3月15日" not in line
    assert "张桂兰" in line and "陈志远" in line and "道路与出行" in line
    assert f"{COUNTY}/at/{here.stations['wuli'].plate}" in page.text
    assert "暂无公布的接待日" in page.text, "the others say so"


def test_what_is_planned_only_dropped_or_past_is_no_next_day(here, nobody, tick):
    reception(here, "wuli", "2031-01-10", who=("zhang",))
    here.step("county", reception(here, "wuli", "2031-02-10"), "drop", reason="换届")
    reception(here, "wuli", "2031-02-20", posted=False)
    reception(here, "wuli", "2031-03-20")
    tick(date(2031, 1, 11), sweep=False)

    page = nobody.get("find?q=五里镇").text
    assert "2031年3月20日" in page and not re.search("2031年1月10日|2031年2月[12]0日", page)


@pytest.mark.parametrize(("query", "found"), [
    ("?q=刘营", [LIUYING]), ("?q=五里镇", [WULI, WULI_VILLAGE, LIUYING]), ("?q=大同村", [DATONG_VILLAGE]),
    ("?kind=home", [HOME]), ("?kind=station&q=五里", [WULI_VILLAGE, LIUYING]), ("?q=没有这样的地方", []),
    ("?q=610902105", [DATONG, DATONG_VILLAGE])])
def test_a_station_is_found_by_its_name_by_village_and_town_and_by_kind(nobody, query, found):
    assert nobody.names(query) == found


def test_closed_stations_and_those_of_tomorrow_are_on_no_list_and_one_at_rest_says_so(here, nobody):
    change(here, "liuying", closed_on=date(2030, 12, 31))
    change(here, "datong_village", opened_on=date(2031, 2, 1))
    change(here, "wuli", suspended_on=date(2031, 1, 1))

    assert nobody.names() == [HOME, WULI, DATONG, WULI_VILLAGE]
    assert nobody.get("find").text.count("暂停接待") == 1


def test_another_county_lists_nothing_of_this_one_and_one_without_the_plugin_has_no_finder(here, nobody, switch_on):
    assert nobody.get("find", "/d/610921/liaison_station").status_code == 404
    switch_on("liaison_station", here.tree.other_county)
    assert HOME not in nobody.get("find", "/d/610921/liaison_station").text
    assert "这里还没有录入站点" in nobody.get("find", "/d/610921/liaison_station").text


def test_near_a_town_its_own_stations_come_first_and_the_others_by_distance(here, nobody):
    for station, lat in (("wuli", 32.60), ("wuli_village", 32.62), ("liuying", None), ("datong", 32.80),
                         ("datong_village", 32.70), ("home", 32.65)):
        change(here, station, lat=lat, lng=109.0 if lat else None)

    assert nobody.names("?near=610902104") == [WULI, WULI_VILLAGE, LIUYING, HOME, DATONG_VILLAGE, DATONG]
    page = nobody.get("find?near=610902104").text
    assert "距五里镇约 4.5 公里" in page and "五里镇附近的站点" in page, "0.04 degrees north are 4.45 km"
    assert nobody.names("?near=610902105")[:2] == [DATONG, DATONG_VILLAGE]


def test_who_works_by_day_asks_for_evenings_and_who_cannot_come_for_online_receptions(here, nobody):
    reception(here, "wuli", "2031-02-01")
    reception(here, "wuli", "2031-02-15", kind="evening", from_minute="19:00", to_minute="20:30")
    reception(here, "datong", "2031-02-10", mode="online", link="https://meet.example.cn/1")
    reception(here, "liuying", "2031-02-12", from_minute="18:30", to_minute="20:00")

    assert nobody.names("?way=evening") == [WULI, LIUYING] and nobody.names("?way=online") == [DATONG]
    evening = nobody.get("find?way=evening").text
    assert "2031年2月15日" in evening and "2031年2月1日" not in evening, "the day shown is the evening's"
    assert "夜间接待" in evening and "晚间" in evening
    assert "线上" in nobody.get("find?way=online").text


def test_every_station_stands_on_exactly_one_page(here, nobody):
    many(here, 45)
    pages = [nobody.names(f"?page={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 11] and len({name for page in pages for name in page}) == 51
    assert "下一页" in nobody.get("find?page=2").text and "下一页" not in nobody.get("find?page=3").text
    assert nobody.names("?page=9") == []


@pytest.mark.parametrize("query", ["?near=610921100", "?near=x", "?page=0", "?page=x", "?page=99999999999999999999", "?box=1,2",
                                   "?box=nan,nan,nan,nan", "?box=33,109,32,110", "?kind=castle", "?way=night", "?colour=red",
                                   f"?q={'长' * 41}"])
def test_what_the_finder_does_not_know_is_refused_with_what_to_do(nobody, query):
    page = nobody.get(f"find{query}")
    assert page.status_code == 400 and "请返回站点列表重新查找" in page.text


def test_words_are_shown_as_text(nobody, here):
    change(here, "wuli", name="<script>alert(1)</script>站", lat=32.6, lng=109.0)
    for path in ("find?q=<b>x</b>", "find", "find?view=map", f"at/{here.stations['wuli'].plate}"):
        assert "<script>alert" not in nobody.get(path).text and "<b>x" not in nobody.get(path).text, path


# ---------------------------------------------------------------- the map

def marks(page):
    """The marks of a map: their properties and places."""
    found = re.search(r'data-geojson="([^"]*)"', page.text)
    return [{**one["properties"], "at": one["geometry"]["coordinates"]} for one in json.loads(unescape(found[1]))["features"]]


def test_few_stations_are_points_that_lead_to_their_pages(here, nobody):
    change(here, "wuli", lat=32.6, lng=109.0)
    change(here, "datong", lat=32.7, lng=109.1)
    page = nobody.get("find?view=map")

    assert marks(page) == [
        {"name": WULI, "url": f"{COUNTY}/at/{here.stations['wuli'].plate}", "at": [109.0, 32.6]},
        {"name": DATONG, "url": f"{COUNTY}/at/{here.stations['datong'].plate}", "at": [109.1, 32.7]}]
    assert "还有 4 个站点没有标注地图位置" in page.text and HOME in page.text, "the list stands below"


def test_on_the_whole_map_a_town_is_one_mark_with_its_number_and_leads_closer(here, nobody):
    many(here, 300)
    change(here, "datong", lat=32.9, lng=109.5)
    found = marks(nobody.get("find?view=map"))
    assert sorted((one["name"], one.get("n", 1)) for one in found) == [("五里镇", 300), (DATONG, 1)]
    closer = next(one for one in found if one.get("n"))["url"]
    parts = marks(nobody.browser.get(closer))
    assert sum(one.get("n", 1) for one in parts) == 300 and 1 < len(parts) <= 81
    closest = marks(nobody.browser.get(next(one["url"] for one in parts if one.get("n", 1) > 1)))
    assert len(closest) > 1 and any("/at/" in one["url"] for one in closest)


def test_stations_in_one_house_are_one_mark_that_opens_their_list(here, nobody):
    for station in ("wuli", "wuli_village", "liuying"):
        change(here, station, lat=32.6, lng=109.0)
    (mark,) = marks(nobody.get("find?view=map"))

    assert mark["n"] == 3 and "view=map" not in mark["url"]
    page = nobody.browser.get(mark["url"])
    assert LIUYING in page.text and DATONG not in page.text


def test_the_towns_stand_beside_the_map_as_links_for_who_cannot_use_it(here, nobody):
    page = nobody.get("find?view=map").text
    assert f'href="{COUNTY}/find?near=610902104">五里镇</a> <span class="soft num">3' in page
    assert "地图位置" in page and "data-geojson" not in page, "no station has a place: no empty map is drawn"


def test_a_map_of_thousands_of_stations_is_a_light_page(here, nobody):
    many(here, 1500)
    change(here, "datong", lat=32.9, lng=109.5)
    assert len(nobody.get("find?view=map").data) < 60_000 and len(nobody.get("find").data) < 60_000


# ---------------------------------------------------------------- cost, and how it faces people

def statements(caplog, ask):
    """How many queries a page takes."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger="peewee"):
        ask()
    return len([one for one in caplog.records if one.name == "peewee" and "liaison_station_" in one.getMessage()])


def test_the_number_of_queries_does_not_grow_with_the_stations(here, nobody, caplog):
    nobody.get("find")
    few = statements(caplog, lambda: nobody.get("find"))
    many(here, 60)
    for station in ("wuli", "datong", "liuying"):
        reception(here, station, "2031-02-15")
    nobody.get("find")
    assert statements(caplog, lambda: nobody.get("find")) <= few + 1 <= 5, "the names on duty are one more"
    assert statements(caplog, lambda: nobody.get("find?near=610902104")) <= few + 2
    assert statements(caplog, lambda: nobody.get("find?view=map")) <= few + 3


def test_the_page_works_without_scripts_has_large_print_and_the_way_to_complain(nobody):
    page = nobody.get("find").text
    assert 'method="get"' in page and "/theme/elder" in page and "/core/feedback" in page and "大字版" in page
    assert "leaflet" not in page, "the map is loaded where it is shown"

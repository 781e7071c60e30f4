"""Yuzhou's network of stations from single records: stations by sheet, ratings proposed, looked at and decided one by one.

Of the stations of towns the county printed 7 models of the city "of which 1 of the province", 4 of class I and 11 of class II
that were rewarded. A station has one title, the highest: the platform counts 6 models of the city and 1 of the province.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from replay.compare import compared
from replay.places import plant
from replay.published import YUZHOU
from replay.rest import Program

PLUGIN = "liaison_station"
TODAY = date(2025, 11, 20)
HEAD = ["plate", "division", "name", "kind", "address", "hours", "trade", "opened_on"]
TRADES = ("钧瓷行业", "中药材行业", "发制品行业", "装备制造行业")
REWARD = {"one": "20000", "two": "10000"}


@pytest.fixture
def plugin_modules():
    """Only this plugin: it works alone."""
    from grid321.plugins import liaison_station

    return [liaison_station]


@pytest.fixture
def county(division_tree, switch_on, client_for, tick):
    """A county with 26 towns and 135 villages more: (programs by code of the division, towns, villages)."""
    tick(TODAY, sweep=False)
    top = division_tree.county
    towns = plant(division_tree, [(f"6109026{number:02d}", f"第{number}镇", "town", top.code) for number in range(26)])
    villages = plant(division_tree, [
        (f"{towns[number % 26].code}{200 + number // 26:03d}", f"第{number}村", "village", towns[number % 26].code)
        for number in range(int(YUZHOU["point"]))])
    switch_on(PLUGIN, top)
    programs = {top.code: Program(client_for(f"{PLUGIN}.county_officer", top), top.code, PLUGIN)}
    for town in towns:
        programs[town.code] = Program(client_for(f"{PLUGIN}.town_officer", town), town.code, PLUGIN)
    return programs, top, towns, villages


def enter(program, top, towns, villages):
    """All stations by one sheet, with the labels that an office writes."""
    kept = ["", "周一至周五 8:30—12:00", "", "2019-05-01"]
    rows = [["", top.code, "人大代表联络总站", "head", *kept], ["", top.code, "人大主题公园", "park", *kept]]
    rows += [["", top.code, f"{trade}代表联络站", "industry", "", "", trade, "2020-05-01"] for trade in TRADES]
    rows += [["", town.code, f"{town.name}代表中心联络站", "central", *kept] for town in towns]
    rows += [["", village.code, f"{village.name}代表联络点", "point", *kept] for village in villages]
    assert program.bring("station", HEAD, rows)["created"] == len(rows)
    return len(rows)


def rate(programs, top, station, number):
    """One rating: the station proposes, the town looks, the county decides."""
    klass = "one" if number < int(YUZHOU["class_1"]) else "two" if number < int(YUZHOU["class_1"]) + int(
        YUZHOU["class_2"]) else "none"
    model = "province" if number == 0 else "city" if number < int(YUZHOU["model_city"]) else "none"
    town, county = programs[station["division"]], programs[top.code]
    case = town.create("rating", station=station["id"], year=TODAY.year)
    case = town.step("rating", case, "propose", asked_klass="one", asked_model=model, words="全年接待选民二十四次。")
    case = town.step("rating", case, "look", town_words="现场查看，台账齐全。")
    case = county.step("rating", county.read("rating", case), "decide", klass=klass, model=model, reasons="按十有标准逐项核对。",
                       **({"reward_fen": REWARD[klass]} if klass in REWARD else {}))
    assert case["state"] == "decided"


def tallies(program):
    """How many stations have each kind, class and title: every record of the list, one by one."""
    stations = program.rows("station")
    return {column: Counter(one[column] or "" for one in stations) for column in ("kind", "klass", "model")}, stations


def test_the_stations_of_yuzhou_by_kind_and_rating_are_rebuilt_from_single_records(county):
    programs, top, towns, villages = county
    program = programs[top.code]
    entered = enter(program, top, towns, villages)
    for number, station in enumerate(sorted(program.rows("station", "kind=central"), key=lambda one: one["id"])):
        rate(programs, top, station, number)

    found, stations = tallies(program)
    counted = {**{kind: found["kind"][kind] for kind in ("head", "park", "central", "industry", "point")},
               "model_city": found["model"]["city"] + found["model"]["province"], "model_province": found["model"]["province"],
               "class_1": found["klass"]["one"], "class_2": found["klass"]["two"]}
    results = [compared(key, printed, counted[key]) for key, printed in YUZHOU.items()]
    assert [one.verdict for one in results] == ["equal"] * len(YUZHOU), "\n".join(one.line() for one in results)
    assert found["model"]["city"] == 6 and all(one["kind"] == "central" for one in stations if one["klass"] or one["model"])
    rewarded = [one for one in program.rows("rating", "state=decided") if one["reward_fen"]]
    assert Counter(one["klass"] for one in rewarded) == {"one": 4, "two": 11}
    assert sum(float(one["reward_fen"]) for one in rewarded) == 4 * 20_000 + 11 * 10_000
    assert program.ask("GET", f"{PLUGIN}/figures")["whole"]["stations"] == entered == len(stations)


def test_the_statistics_of_the_division_say_the_same_as_the_list(county):
    programs, top, towns, villages = county
    program = programs[top.code]
    enter(program, top, towns, villages)

    listed, _stations = tallies(program)
    figures = program.figures()
    counted = {item: row["n"] for (measure, item), row in figures.items() if measure == f"{PLUGIN}.stations_by_kind"}
    assert counted == dict(listed["kind"])

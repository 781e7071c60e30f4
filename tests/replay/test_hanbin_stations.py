"""Hanbin's home, stations and offices with their 1,968 deputies from single records, and the deputies in the net.

Stations and deputies come by sheet, everybody is placed by the assistant, and where the module of grids is on, posts in the grids
are given to deputies by sheet. Then the platform's figures are compared with what was printed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from grid321.core import jobs
from replay.compare import compared
from replay.places import plant
from replay.published import GRID_HEADS, GRID_WORKERS, HANBIN_DEPUTIES, HANBIN_STATIONS, HANBIN_TOTAL
from replay.rest import Program

PLUGIN = "liaison_station"
TODAY, SINCE = date(2025, 3, 10), "2022-03-01"
TOWNS, VILLAGES, OFFICES = int(HANBIN_STATIONS["central"]), int(HANBIN_STATIONS["station"]), int(HANBIN_STATIONS["office"])
GRIDS = 576
FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章"
SECOND, THIRD = "建秀志桂海玉永春德红", "国兰强英军梅明花"
NAMES = [f"{family}{second}{third}" for third in THIRD for second in SECOND for family in FAMILY]


@pytest.fixture
def plugin_modules():
    """Stations beside grids: deputies in the net."""
    from grid321.plugins import grid, liaison_station

    return [grid, liaison_station]


class Hanbin:
    """The county with 27 towns, 387 villages and 576 grids, and the program of its committee's office."""

    def __init__(self, tree, client_for):
        self.top = tree.county
        self.towns = [tree.town, tree.other_town, *plant(tree, [
            (f"6109027{number:02d}", f"第{number}镇", "town", self.top.code) for number in range(TOWNS - 2)])]
        first = [tree.village, tree.second_village, tree.other_village]
        rest = [self.towns[number % TOWNS] for number in range(3, VILLAGES)]
        self.villages = [*first, *plant(tree, [
            (f"{town.code}{300 + number // TOWNS:03d}", f"第{number}村", "village", town.code)
            for number, town in enumerate(rest, start=3)])]
        self.grids = plant(tree, [
            (f"{self.villages[number % VILLAGES].code}{1 + number // VILLAGES:03d}", f"第{number}网格", "grid",
             self.villages[number % VILLAGES].code) for number in range(GRIDS)], owner="grid")
        self.program = Program(client_for(f"{PLUGIN}.county_officer", self.top), self.top.code, PLUGIN)
        self.people = Program(client_for("core.county_admin", self.top), self.top.code, "core")


@pytest.fixture
def hanbin(division_tree, switch_on, client_for, tick):
    """The county, with both plugins on."""
    tick(TODAY, sweep=False)
    for plugin in ("grid", PLUGIN):
        switch_on(plugin, division_tree.county)
    return Hanbin(division_tree, client_for)


def enter_stations(county):
    """1 home, 27 stations of towns, 387 of villages and 8 offices, by one sheet."""
    rows = [[county.top.code, "汉滨区人大代表之家", "home", SINCE]]
    rows += [[town.code, f"{town.name}人大代表中心联络站", "central", SINCE] for town in county.towns]
    rows += [[village.code, f"{village.name}人大代表联络站", "station", SINCE] for village in county.villages]
    rows += [[town.code, f"{town.name}产业园代表工作室", "office", SINCE] for town in county.towns[:OFFICES]]
    made = county.program.bring("station", ["plate", "division", "name", "kind", "opened_on"], [["", *row] for row in rows])
    assert made["created"] == len(rows)


def enter_deputies(county):
    """Terms and districts one by one, then the mandates by one sheet: those of towns at their town, the others at the county."""
    program, top = county.program, county.top.code
    for level in ("province", "city", "county"):
        program.create("congress", division=top, name=f"{level}届", level=level, number=5, from_day=SINCE)
    for number, town in enumerate(county.towns):
        program.create("congress", division=town.code, name=f"{town.name}届", level="town", number=21, from_day=SINCE)
        for level in ("city", "county"):
            program.create("district", division=top, level=level, code=f"{level[:2]}{number}", name=f"{level}{number}选区",
                           covers=town.code)
    villages = {town.code: [one for one in county.villages if one.code.startswith(town.code)] for town in county.towns}
    for town in county.towns:
        for number, village in enumerate(villages[town.code]):
            program.create("district", division=town.code, level="town", code=f"{number}", name=f"{village.code}选区",
                           covers=village.code)
    rows, names = [], iter(NAMES)
    for level in ("province", "city", "county"):
        rows += [["", top, next(names), level, "" if level == "province" else f"{level}{number % TOWNS}选区"]
                 for number in range(int(HANBIN_DEPUTIES[level]))]
    for number in range(int(HANBIN_DEPUTIES["town"])):
        village = county.villages[number % VILLAGES]
        rows.append(["", village.code[:9], next(names), "town", f"{village.code}选区"])
    assert program.bring("deputy", ["uid", "division", "name", "level", "district"], rows)["created"] == len(rows)


def place(county):
    """The assistant's proposal, looked at and applied; the figure of full coverage before and after."""
    found = county.program.ask("GET", f"{PLUGIN}/placing")
    assert found["now"] == {"placed": 0, "total": int(HANBIN_TOTAL), "full": False}
    county.program.ask("POST", f"{PLUGIN}/placing", {"mark": found["mark"]})
    jobs.Executor().run_due()
    return county.program.ask("GET", f"{PLUGIN}/placing")["now"]


def into_the_net(county):
    """Posts in the grids by sheet: 576 deputies lead a grid, 1,326 work in one."""
    people = sorted({row["person"] for row in county.program.rows("deputy", "fields=person")})
    heads, workers = people[:int(GRID_HEADS)], people[int(GRID_HEADS):int(GRID_HEADS) + int(GRID_WORKERS)]
    rows = [["", str(person), kind, county.grids[number % GRIDS].code, SINCE]
            for kind, group in (("grid_head", heads), ("grid_worker", workers)) for number, person in enumerate(group)]
    assert county.people.bring("post", ["uid", "person", "kind", "division", "from_day"], rows)["created"] == len(rows)


@pytest.mark.once  # what a county enters is the same on both databases; Lan county's replay runs on both
def test_hanbins_stations_and_deputies_are_rebuilt_and_nobody_is_left_out(hanbin):
    enter_stations(hanbin)
    enter_deputies(hanbin)
    covered = place(hanbin)

    kinds = Counter(row["kind"] for row in hanbin.program.rows("station", "fields=kind"))
    levels = Counter(row["level"] for row in hanbin.program.rows("deputy", "fields=level"))
    results = [compared(key, printed, kinds[key]) for key, printed in HANBIN_STATIONS.items()]
    results += [compared(key, printed, levels[key]) for key, printed in HANBIN_DEPUTIES.items()]
    results.append(compared("deputies", HANBIN_TOTAL, sum(levels.values())))
    assert [one.verdict for one in results] == ["equal"] * len(results), "\n".join(one.line() for one in results)
    assert covered == {"placed": int(HANBIN_TOTAL), "total": int(HANBIN_TOTAL), "full": True}

    into_the_net(hanbin)
    whole = hanbin.program.ask("GET", f"{PLUGIN}/figures")["whole"]
    assert whole["stations"] == sum(map(int, HANBIN_STATIONS.values()))
    net = [compared("grid heads", GRID_HEADS, whole["grid_heads"]), compared("grid workers", GRID_WORKERS, whole["grid_workers"])]
    assert [one.verdict for one in net] == ["equal", "equal"], net
    assert (whole["deputies"], whole["placed"], whole["nowhere"]) == (int(HANBIN_TOTAL), int(HANBIN_TOTAL), 0)

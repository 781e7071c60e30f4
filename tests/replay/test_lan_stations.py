"""Lan county, two years of its liaison stations from single records: deputies by sheet, reception days from plan to register,
activities walked step by step or entered from the earlier books, opinions settled or passed to units.

Everything is done through the public REST interface, on the day on which it is done in a county; then the figures page is
compared with the printed numbers. The one number that no record can give is that of voters: what is printed as one number are
the persons in the registers and the residents at activities, which the platform counts apart.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grid321.core import jobs
from replay.compare import compared
from replay.published import LAN_STATIONS
from replay.rest import Program

PLUGIN = "liaison_station"
TOWNS, COUNTY_DEPUTIES, TOWN_DEPUTIES = 20, 157, 30
RECEPTIONS, LINES, TOGETHER = (date(2024, 2, 15), date(2024, 3, 15)), 5, 2
FROM_BOOKS, WALKED = 160, 26
BEGUN, PLANNED, HANDLED, HELD = date(2024, 1, 8), date(2024, 1, 9), date(2024, 3, 20), date(2025, 12, 22)
FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = ("建国", "秀兰", "志强", "桂英", "海军", "玉梅", "永明", "春花", "德福", "红霞", "新民", "月娥", "立新", "翠萍", "文斌",
         "小燕", "国庆", "金凤", "振华", "淑珍", "长青", "爱莲", "宏伟", "美玲", "成林", "彩云", "福生",
         "艳丽", "根旺", "凤仙", "双喜", "银花", "世杰", "兰英", "卫东", "改香", "大山", "巧珍")
NAMES = [family + given for given in GIVEN for family in FAMILY][:757]
WORDS = ("村口到学校一段路灯不亮，孩子早晚上学看不清路。", "排水沟被淤泥堵住，雨天水漫到院门口。", "想了解高龄补贴怎样申请。")
ANSWER = {"text": "已到现场办理完毕。", "outcome": "A", "way": "alone"}


@pytest.fixture
def plugin_modules():
    """Only this plugin: it works alone."""
    from grid321.plugins import liaison_station

    return [liaison_station]


class Lan:
    """The county with its twenty towns: who acts there on a day, and what was entered."""

    def __init__(self, tree, client_for, tick):
        self.client_for, self.tick = client_for, tick
        self.county_node = tree.county
        self.towns = [tree.town, tree.other_town, *(
            tree.add(f"6109023{number:02d}", f"第{number}镇", "town", tree.county) for number in range(TOWNS - 2))]
        self.stations, self.programs = [], []
        self.came = set()

    def on(self, day):
        """It is that day: everybody logs in anew."""
        self.tick(day, sweep=False)
        self.programs = [Program(self.client_for(f"{PLUGIN}.{role}_officer", node), node.code, PLUGIN)
                         for role, node in (("county", self.county_node), *(("town", town) for town in self.towns))]
        self.county = self.programs[0]
        return self.county

    def each(self):
        """Each station with the program of those who run it."""
        return zip(self.programs, self.stations, strict=True)


@pytest.fixture
def lan(division_tree, switch_on, client_for, tick):
    """A county with twenty towns in which the plugin is on; town deputies belong to the town's station."""
    from grid321.core import settings

    tick(BEGUN, sweep=False)
    switch_on(PLUGIN, division_tree.county)
    found = Lan(division_tree, client_for, tick)
    settings.put(f"{PLUGIN}.stations_of_town", division_tree.county, "central", source="县办法", valid_from=date(2023, 1, 1))
    return found


def set_up(lan):
    """Twenty-one stations, the terms, and 757 deputies by one sheet, each in the home stations of the county's rule."""
    county = lan.on(BEGUN)
    for number, program in enumerate(lan.programs):
        kind = "central" if number else "home"
        lan.stations.append(county.create("station", division=program.code, name=f"第{number}联络站", kind=kind,
                                          opened_on="2023-01-01"))
        level = "town" if number else "county"
        county.create("congress", division=program.code, name=f"第{number}届", level=level, number=10, from_day="2023-01-01")
        if number:
            county.create("district", division=county.code, level="county", code=f"{number}", name=f"第{number}选区",
                          covers=program.code)
    rows = [["", county.code, name, "county", f"第{number % TOWNS + 1}选区"]
            for number, name in enumerate(NAMES[:COUNTY_DEPUTIES])]
    rows += [["", lan.towns[number // TOWN_DEPUTIES].code, name, "town", ""]
             for number, name in enumerate(NAMES[COUNTY_DEPUTIES:])]
    assert county.bring("deputy", ["uid", "division", "name", "level", "district"], rows)["created"] == len(NAMES)
    proposal = county.ask("GET", f"{PLUGIN}/placing")
    county.ask("POST", f"{PLUGIN}/placing", {"mark": proposal["mark"]})
    return county.ask("GET", f"{PLUGIN}/placing")["now"]


def plan(lan):
    """Two reception days of every station by rule, plan and roster, posted at the door."""
    county = lan.on(PLANNED)
    for station in lan.stations:
        county.create("schedule", station=station["id"], title="每月接待日", kind="reception",
                      rrule="FREQ=MONTHLY;BYMONTHDAY=15;COUNT=2", from_day="2024-02-01", on_holiday="keep", from_minute="09:00",
                      to_minute="11:30", mode="offline", inside=True, wanted=2)
    county.ask("POST", f"{PLUGIN}/make-plans", {"year": 2024})
    jobs.Executor().run_due()
    for made in county.rows("plan"):
        county.step("plan", made, "post")


def receive(lan, day, first):
    """One reception day at every station: who was on duty came, each line of the register names who heard it. ``first`` is the
    number of the first line; the first 140 lines become opinions."""
    lan.on(day)
    number = first
    for program, station in lan.each():
        (reception,) = program.rows("reception", f"station={station['id']}&day_from={day}&day_to={day}")
        duties = program.rows("duty", f"reception={reception['id']}")
        for duty in duties:
            program.change("duty", duty, state="came")
            lan.came.add(duty["deputy"])
        for line in range(LINES):
            said = {"station": station["id"], "reception": reception["id"], "text": WORDS[line % 3], "persons": TOGETHER,
                    "deputy": duties[line % 2]["deputy"], "name": "群众", "phone": "13909150001", "kind": "opinion"}
            becomes = {"result": "opinion", "subject": "roads"} if number < int(LAN_STATIONS["opinions"]) else {
                "result": "answered", "answer": "当场作了答复。"}
            program.create("visit", **said, **becomes)
            number += 1
        program.step("reception", program.read("reception", reception), "hold", summary="接待选民五批十人。")
    return number


def handle(lan):
    """The opinions: 122 settled by county and towns themselves, the rest passed to units outside by card."""
    county = lan.on(HANDLED)
    by_code = {program.code: program for program in lan.programs}
    opinions = sorted(county.rows("opinion"), key=lambda one: one["id"])
    assert len(opinions) == int(LAN_STATIONS["opinions"])
    for number, opinion in enumerate(opinions):
        program = by_code[opinion["division"]]
        accept = "accept_county" if program is county else "accept_town"
        opinion = program.step("opinion", opinion, accept, kind="roads", title="修好路灯")
        if number >= int(LAN_STATIONS["settled"]):
            program.step("opinion", opinion, "pass_on", passed_to="县水务公司", note="请到现场查看。")
            continue
        opinion = program.step("opinion", opinion, "answer_directly", **ANSWER)
        opinion = program.step("opinion", opinion, "feed_back", voter_on=HANDLED.isoformat(), how="phone",
                               deputy_on=HANDLED.isoformat())
        opinion = program.step("opinion", opinion, "rate_told", result="satisfied", attitude="satisfied")
        opinion = program.step("opinion", opinion, "write_off", evidence="现场照片和反映人签字。")
        assert opinion["state"] == "closed"


def names_at(lan):
    """Who is placed where: names of deputies by station, and their ids by name."""
    deputies = {row["id"]: row["name"] for row in lan.county.rows("deputy", "fields=name")}
    found = {}
    for row in lan.county.rows("placement"):
        found.setdefault(row["station"], []).append(deputies[row["deputy"]])
    return found, {name: number for number, name in deputies.items()}


def enter_books(lan):
    """The activities of 2024 and 2025 from the books of the stations: a sheet with a line for each."""
    county = lan.on(HELD - timedelta(days=2))
    placed, ids = names_at(lan)
    rows = []
    for number in range(FROM_BOOKS):
        station = lan.stations[number % len(lan.stations)]
        there = placed[station["id"]]
        who = [there[(number + step) % len(there)] for step in range(3)]
        lan.came |= {ids[name] for name in who}
        day = date(2024, 4, 1) + timedelta(days=3 * number)
        rows.append(["", station["name"], "station", f"第{number}次活动", day.isoformat(), "、".join(who), 3,
                     "走访农户，收集意见。"])
    head = ["uid", "station", "kind", "title", "day", "deputies", "voters", "minutes"]
    assert county.bring("past", head, rows)["created"] == FROM_BOOKS


def walk(lan):
    """Activities from the announcement to the write-up: invited, answered, ticked in the list, written up."""
    lan.on(HELD - timedelta(days=2))
    _placed, ids = names_at(lan)
    made = []
    for number in range(WALKED):
        program, station = lan.programs[number % 21], lan.stations[number % 21]
        activity = program.create("activity", division=program.code, station=station["id"], kind="council",
                                  title=f"代表有约第{number}期", day=HELD.isoformat(), from_minute="09:00", to_minute="11:00",
                                  collective=True)
        program.ask("POST", f"{PLUGIN}/activity/{activity['id']}/invite", {"whom": "station"})
        made.append((number, program.step("activity", activity, "announce")))
    lan.on(HELD)
    for number, activity in made:
        program, first = lan.programs[number % 21], number < 18
        path = f"{PLUGIN}/activity/{activity['id']}/people"
        for row in program.ask("GET", path)["items"][:4 if first else 3]:
            program.ask("POST", path, {"attendance": row["id"], "came": "yes"})
            lan.came.add(ids[row["name"]])
        activity = program.step("activity", program.read("activity", activity), "hold", held_on=HELD.isoformat(),
                                voters=3 if first else 2)
        activity = program.step("activity", activity, "write_up", minutes="与居民代表商定三条办法。")
        assert activity["state"] == "written"


def figures_of(lan):
    """The figures of two years, of the whole county and by station."""
    return lan.county.ask("GET", f"{PLUGIN}/figures?from=2024-01-01&to=2025-12-31&by=station")


def test_two_years_of_lan_countys_stations_are_rebuilt_from_single_records(lan):
    covered = set_up(lan)
    plan(lan)
    number = receive(lan, RECEPTIONS[0], 0)
    receive(lan, RECEPTIONS[1], number)
    handle(lan)
    enter_books(lan)
    walk(lan)

    found = figures_of(lan)
    whole = found["whole"]
    counted = {"stations": whole["stations"], "deputies": covered["total"], "activities": whole["activities"],
               "attendances": whole["attendances"], "voters": whole["visitors"] + whole["residents"],
               "opinions": whole["opinions"], "settled": whole["settled"], "passed": whole["passed"]}

    results = [compared(key, printed, counted[key]) for key, printed in LAN_STATIONS.items()]
    assert [one.verdict for one in results] == ["equal"] * 8, "\n".join(one.line() for one in results)
    assert covered["full"] and covered["placed"] == len(NAMES)
    assert (whole["visitors"], whole["residents"]) == (420, 550)
    assert (whole["planned"], whole["due"], whole["held"]) == (42, 42, 42)
    assert whole["persons"] == len(lan.came) and 0 < whole["persons"] < whole["attendances"]
    for key in ("activities", "attendances", "visitors", "residents", "opinions", "settled", "passed", "held"):
        assert sum(row[key] for row in found["rows"]) == whole[key], key
    assert whole["opinions"] == whole["settled"] + whole["passed"]
    assert (whole["unsolved"], whole["open"], whole["other"]) == (0, 0, 0)
    shares = {row["key"]: row["percent"] for row in found["shares"]}
    assert shares["settled_share"] == "87.14"  # which the county did not print

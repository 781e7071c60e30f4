"""Lan county, two years, as far as matters go: 140 heard at 21 stations, 122 of them settled, 18 passed to units.

Each matter is registered, handled and written off through REST by the accounts of those who do so; then the platform's own
figures are compared with the printed ones.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.compare import compared
from replay.published import LAN_TERMS, MATTERS, PASSED_ON, SETTLED
from replay.rest import Program

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "dashboards.md"
STATIONS = 21
WORDS = ("村口到学校一段路灯不亮，孩子早晚上学看不清路。", "排水沟被淤泥堵住，雨天水漫到院门口。",
         "想了解高龄补贴怎样申请，需要哪些材料。")


@pytest.fixture
def plugin_modules():
    """Only this plugin: it works alone."""
    from grid321.plugins import suggestion_tracking

    return [suggestion_tracking]


@pytest.fixture
def county(app, division_tree, switch_on, client_for):
    """A town with 21 villages, each with its station; the program of each village, of the town and of the county."""
    from grid321.core import records
    from grid321.core.actor import SYSTEM
    from grid321.core.registry import registry

    switch_on("suggestion_tracking", division_tree.county)
    office = records.create(registry().entity("core.department"), {"name": "水利工作站", "kind": "office"}, SYSTEM,
                            division_tree.town)
    villages = [division_tree.village, division_tree.second_village, *(
        division_tree.add(f"6109021043{number:02d}", f"第{number}村", "village", division_tree.town)
        for number in range(STATIONS - 2))]

    def program(level, place):
        return Program(client_for(f"suggestion_tracking.{level}_officer", place), place.code)

    return {"office": office.id, "stations": [program("village", village) for village in villages],
            "town": program("town", division_tree.town), "county": program("county", division_tree.county)}


def settle(station, number):
    """One matter that a station heard and that its village settled: heard, handled, told, rated, written off."""
    matter = station.create("matter", division=station.code, kind="roads", text=WORDS[number % len(WORDS)], source="station",
                            contact_name="群众")
    matter = station.step("matter", matter, "solve_on_spot", text="已到现场办理完毕。", outcome="A", way="alone")
    matter = station.step("matter", matter, "feed_back", resident_on=matter["occurred_on"], how="visit")
    matter = station.step("matter", matter, "rate_told", result="satisfied", attitude="satisfied")
    return station.step("matter", matter, "write_off", evidence="现场照片和反映人签字。")


def pass_on(town, office, count):
    """Matters that a station of the town heard and that the presidium meeting handed to a unit, by the record of one meeting."""
    meeting = None
    for number in range(count):
        matter = town.create("matter", division=town.code, kind="water", text=WORDS[number % len(WORDS)], source="station",
                             contact_name="群众")
        matter = town.step("matter", matter, "accept_town")
        meeting = town.ask("POST", "core/agenda", {"entity": "suggestion_tracking.matter", "record": matter["id"]})
    day = matter["occurred_on"]
    path = f"core/meeting/{meeting['id']}"
    items = [{"id": item["id"], "decision": "hand_over", "department": office} for item in meeting["items"]]
    town.ask("PUT", f"{path}/items", {"items": items})
    town.ask("POST", f"{path}/hold", {"met_on": day, "chair": "王建国", "expected": 9, "present": 8,
                                      "attendees": "主席团成员八人", "minutes": "逐件研究，交由承办单位办理。"})
    results = town.ask("POST", f"{path}/carry-out", {})["results"]
    assert all(one["ok"] for one in results), results


def test_the_matters_of_lan_county_are_rebuilt_from_single_cases(county):
    for number in range(int(SETTLED)):
        settled = settle(county["stations"][number % STATIONS], number)
        assert settled["state"] == "closed"
    pass_on(county["town"], county["office"], int(PASSED_ON))

    figures = county["county"].figures()
    funnel = "suggestion_tracking.matter_funnel"
    heard = sum(figures[(funnel, f"{level}.collected")]["n"] for level in ("village", "town", "county"))
    settled = sum(figures[(funnel, f"{level}.solved")]["n"] for level in ("village", "town", "county"))
    with_units = len(county["county"].rows("matter", "state=handed&fields=number,department"))
    found = [compared("matters heard", MATTERS, heard), compared("settled", SETTLED, settled),
             compared("passed to units", PASSED_ON, with_units)]

    assert [one.verdict for one in found] == ["equal", "equal", "equal"]
    document = DOCUMENT.read_text(encoding="utf-8")
    assert all(one.line() in document for one in found), "\n".join(one.line() for one in found)
    assert f"{heard} = {settled} + {with_units}" == LAN_TERMS
    assert figures[("suggestion_tracking.matter_solved_rate", "")]["percent"] == "87.14"  # which the county did not print
    assert all(row["balanced"] for (measure, _item), row in figures.items() if measure == funnel)

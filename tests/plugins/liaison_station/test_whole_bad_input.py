"""The seven wrong entries that the task names: each is refused with a message and a status, and not a row changes."""
from __future__ import annotations

from datetime import date

import pytest
from support.faces_ground import COUNTY, here
from support.file_world import DAY, change, opinion, tell
from support.station_world import columns

from grid321.core import db, records
from grid321.core.people import Person
from grid321.core.testing_browser import Browser
from grid321.plugins.liaison_station.station_models import Staff

__all__ = ["here"]

ID = "610902199001011235"  # invented, with the right check character
COUNTERS = {"core_rate_limit", "core_session", "core_worker", "core_health"}
"""Tables that count requests, whatever these do."""
SINGLE = {"kind": "reception", "from_minute": "09:00", "to_minute": "11:30", "mode": "offline"}
MONTHLY = {"title": "每月接待日", "wanted": 1, "inside": True, "kind": "reception", "rrule": "FREQ=MONTHLY;BYMONTHDAY=15",
           "from_day": "2031-01-01", "from_minute": "09:00", "to_minute": "11:30", "mode": "offline", "on_holiday": "keep"}


def everything() -> dict[str, list[str]]:
    """Every row of every table, as text: ledger, outbox, jobs and links included."""
    found = {}
    for table in sorted(set(db.database.get_tables()) - COUNTERS):
        rows = db.database.execute_sql(f'SELECT * FROM "{table}"').fetchall()
        found[table] = sorted(str(tuple(bytes(one) if isinstance(one, memoryview) else one for one in row)) for row in rows)
    return found


def refused(world, path, body, status, field, words, method="POST", **headers):
    """Send something wrong as the county's officer; it is refused with status, field and words, and nothing is changed."""
    browser = world.browser("county")
    browser.get(COUNTY)  # whatever a session writes is written now
    before = everything()

    answer = browser.api(method, f"{COUNTY}/{path}", body, **headers)

    told = answer.get_json()
    assert answer.status_code == status, told
    assert answer.content_type.startswith("application/problem+json") and told["title"]
    text = " ".join(one["message"] for one in told["errors"] if one["field"] == field)
    assert [one["field"] for one in told["errors"]] == [field] and text, told["errors"]
    assert all(word in text for word in words), text
    after = everything()
    assert {table for table in after if after[table] != before[table]} == set()
    return told


def test_a_deputy_in_two_home_stations_of_one_level(here):
    refused(here, "placement", {"deputy": here.deputies["zhang"].id, "station": here.stations["datong"].id,
                                "from_day": "2031-01-05"}, 409, "station", ["五里镇人大代表中心联络站"])


def test_a_reception_in_the_past(here):
    refused(here, "reception", {**SINGLE, "station": here.stations["wuli"].id, "day": "2031-01-04"}, 422, "day", ["2031"])


@pytest.mark.parametrize(("changes", "field", "words"), [
    ({}, "to_day", ["永无"]), ({"rrule": "FREQ=DAILY;UNTIL=99991231"}, "to_day", ["10"]),
    ({"rrule": "FREQ=DAILY;UNTIL=20330101"}, "rrule", ["400"]), ({"rrule": "FREQ=SECONDLY"}, "rrule", []),
    ({"rrule": "FREQ=DAILY;INTERVAL=0", "to_day": "2031-12-31"}, "rrule", ["INTERVAL=0"]),
    ({"rrule": "FREQ=DAILY;BYMONTHDAY=" + ",".join(["1"] * 90), "to_day": "2031-12-31"}, "rrule", []),
    ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=9"}, "rrule", ["10"]),
])
def test_a_recurrence_that_never_ends(here, changes, field, words):
    refused(here, "schedule", {**MONTHLY, "station": here.stations["wuli"].id, **changes}, 422, field, words)


def test_a_postponement_one_day_ahead(here, tick):
    case = here.make("reception", {**SINGLE, "station": here.stations["wuli"].id, "day": "2031-02-10"})
    case = here.step("county", case, "post")
    tick(date(2031, 2, 9), sweep=False)

    told = refused(here, f"reception/{case.id}/transitions/postpone", {"to_day": "2031-02-20"}, 422, "reason", [],
                   If_Match=f'"{here.fresh(case).version}"')
    assert told["code"] == "late" and "3" in told["title"] and "1" in told["title"]


def test_a_station_head_who_is_no_deputy_where_the_rule_demands_it(here):
    Staff.delete().where((Staff.station_id == here.stations["wuli_village"].id) & (Staff.role == "head")).execute()
    person = Person.create(name="何书记", initials="hsj", **columns(here.tree.village))

    refused(here, "staff", {"station": here.stations["wuli_village"].id, "person": person.id, "role": "head",
                            "from_day": "2031-01-05"}, 422, "person", ["不是人大代表", "五里村人大代表联络站"])


def test_an_overlapping_room_booking(here):
    room = here.make("room", {"station": here.stations["wuli"].id, "name": "接待室"})
    booking = {"room": room.id, "day": "2031-02-10", "from_minute": "09:00", "to_minute": "11:00", "purpose": "议事"}
    here.make("booking", booking)

    refused(here, "booking", {**booking, "from_minute": "10:59", "to_minute": "12:00"}, 422, "from_minute",
            ["接待室", "09:00", "11:00", "议事"])


def test_a_publication_with_an_identity_number_in_the_text(app, here):
    tell(opinion(here), "opinion")
    year = records.create(here.entity("year"), {"deputy_id": here.deputies["zhang"].id, "year": DAY.year}, here.actors["county"],
                          here.tree.county, flow=None)
    year = here.step("zhang", year, "confirm")
    year = here.step("county", year, "check")
    change(year, report=f"一年来接待选民。\n帮助{ID}办理低保。")  # slipped in after the check

    told = refused(here, f"year/{year.id}/transitions/publish", {}, 422, "report", [], If_Match=f'"{here.fresh(year).version}"')

    assert told["code"] == "personal_data" and ID not in str(told) and "2" in told["title"]
    assert Browser(app).get(f"{COUNTY}/performance/{year.id}").status_code == 404


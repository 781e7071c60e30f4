"""Every number of the statistics and of the board leads to a list that adds up to it, per place, station and period."""
import html
import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from support import station_world

from grid321.core import db, snapshot
from grid321.plugins.liaison_station.activity_models import Activity, Attendance
from grid321.plugins.liaison_station.day_models import Opinion, Visit
from grid321.plugins.liaison_station.reception_models import Duty, Plan, Postponement, Reception
from grid321.plugins.liaison_station.station_figures import BY_KEY, GROUPS, UNITS, Span, by_period, periods
from grid321.plugins.liaison_station.station_models import Room, Station

DAY = date(2026, 3, 31)
CELL = re.compile(r'<td class="digits" role="cell" data-label="[^"]*"><a href="([^"]+)">([^<]*)<span')
BAR = re.compile(r'class="digits"><a href="([^"]+)">([^<]+)<span')


@pytest.fixture
def world(staged, division_tree):
    """A county with something of every figure: two towns, the county itself, several months, two years."""
    found = staged(station_world.build, division_tree)
    fill(found)
    return found


def where(station):
    """The columns of a row that lives at the station."""
    return station_world.columns(snapshot.current().tree.get(station.division_id))


def fill(world):
    """Receptions held, late, dropped and coming; activities of stations and of none; visits; opinions of every fate."""
    number = 0
    for key, months in (("wuli_village", (1, 3, 4)), ("datong_village", (3, 11)), ("home", (5,))):
        station = world.stations[key]
        for month in months:
            number += 1
            held = Reception.create(
                number=f"JD{number}", holder_id=station.division_id, station_id=station.id, day=date(2026, month, 15),
                first_day=date(2026, month, 15), from_minute=540, to_minute=720, state="held", voters=3 + month,
                postponed=int(month == 3), late=int(month == 3), **where(station))
            Visit.create(reception_id=held.id, station_id=station.id, came_on=held.day, persons=2,
                         kind="opinion", **where(station))
            for who in ("zhao", "wu"):
                deputy = world.deputies[who]
                if key == "home" or (who == "zhao") == (key == "wuli_village"):
                    Duty.create(reception_id=held.id, station_id=station.id, deputy_id=deputy.id, person_id=deputy.person_id,
                                day=held.day, state="came", **where(station))
    for place, station in (("county", None), ("village", world.stations["wuli_village"])):
        columns = station_world.columns(getattr(world.tree, place))
        row = Activity.create(number=f"HD{place}", holder_id=columns["division_id"], kind="study", title="学习", day=DAY,
                              held_on=DAY, station_id=station.id if station is not None else None, state="held", voters=5,
                              **columns)
        for who in ("zhao", "wu", "li"):
            deputy = world.deputies[who]
            Attendance.create(activity_id=row.id, deputy_id=deputy.id, person_id=deputy.person_id, role="deputy", came=True,
                              day=DAY, **columns)
    for turn, values in enumerate((
            {"state": "closed"}, {"state": "passed", "passed_to": "供电所"}, {"state": "ended"}, {"state": "handling"},
            {"state": "withdrawn"}, {"state": "withdrawn", "bond": "turned"})):
        station = world.stations["wuli_village" if turn % 2 else "datong_village"]
        Opinion.create(number=f"YJ{turn}", holder_id=station.division_id, station_id=station.id, kind="road", title="路灯",
                       heard_on=date(2026, 1 + turn * 2, 2), **{"due": date(2026, 2, 1), **values}, **where(station))
    for key in ("wuli", "wuli_village"):
        Room.create(station_id=world.stations[key].id, name="接待室", **where(world.stations[key]))
    world.stations["wuli"].klass = "one"
    world.stations["wuli"].save()


def followed(world, who, address):
    """What the page behind a link says it adds up to, its pages walked to the end and summed."""
    browser, total, summed = world.browser(who), None, 0
    while address:
        answer = browser.get(html.unescape(address))
        assert answer.status_code == 200, address
        page = answer.get_data(as_text=True)
        if "/checks" in address:
            there = re.search(r'十有 <span class="num">([\d,]+) / ([\d,]+)|Ten haves <span class="num">([\d,]+) / ([\d,]+)', page)
            return [int(one.replace(",", "")) for one in there.groups() if one]
        total = int(re.search(r'<h1>[^<]*<span class="num">([\d,]+)</span>', page)[1].replace(",", ""))
        summed += sum(int(one) for one in re.findall(r'<td class="digits" role="cell" data-label="[^"]*">(\d+)</td>', page))
        more = re.search(r'rel="next" href="([^"]+)"', page)
        address = more[1] if more else ""
    return [total, summed]


@pytest.mark.parametrize("by", ["place", "station", *UNITS])
@pytest.mark.parametrize("group", [key for key, _label in GROUPS])
def test_every_number_of_the_statistics_leads_to_records_that_add_up_to_it(world, group, by):
    base = f"/d/{world.tree.county.code}/liaison_station"
    asked = f"{base}/figures?from=2026-01-01&to=2026-12-31&by={by}&show={group}"
    page = world.browser("county").get(asked).get_data(as_text=True)
    cells = [(address, text) for address, text in (*CELL.findall(page), *BAR.findall(page)) if text[-1] != "%"]

    assert len(cells) >= 4
    for address, text in cells:
        if "#checklists" in address:
            continue  # the page of the station itself
        found = followed(world, "county", address)
        if "/figures/persons" in address:
            found = found[:1]  # beside each person stands how often
        assert int(text.replace(",", "")) in found and ("/checks" in address or len(set(found)) == 1), (address, text, found)


def test_every_number_that_is_there_has_a_link(world):
    base = f"/d/{world.tree.county.code}/liaison_station"
    for group, _label in GROUPS:
        page = world.browser("county").get(f"{base}/figures?from=2026-01-01&to=2026-12-31&show={group}").get_data(as_text=True)
        bare = re.findall(r'<td class="digits" role="cell" data-label="([^"]*)">([1-9][\d,]*)</td>', page)
        assert bare == [], group


def test_periods_add_up_to_the_whole_and_are_cut_to_the_span(world):
    span = Span(date(2026, 1, 15), date(2026, 12, 10))
    for unit, count in (("month", 12), ("quarter", 4), ("year", 1)):
        parts = periods(span, unit)
        assert len(parts) == count and (parts[0].first, parts[-1].last) == (span.first, span.last)
        assert all(one.last + timedelta(days=1) == two.first for one, two in pairwise(parts))
        lines = by_period(world.tree.county, span, unit)
        for key in (one for one in BY_KEY if not BY_KEY[one].stock and not BY_KEY[one].persons):
            assert sum(line.amounts[key] for line in lines) == sum(
                source.total(world.tree.county, span) for source in BY_KEY[key].sources), key


def test_a_person_counts_once_in_every_line_of_time(world):
    lines = by_period(world.tree.county, Span(date(2026, 1, 1), date(2026, 12, 31)), "quarter", ("attendances", "persons"))

    assert [(line.amounts["attendances"], line.amounts["persons"]) for line in lines] == [(9, 3), (3, 2), (0, 0), (1, 1)]


def test_too_many_lines_and_unknown_words_are_refused_with_what_to_do(world):
    base = f"/d/{world.tree.county.code}/liaison_station"
    for path, field in (("figures?from=2000-01-01&to=2026-01-01&by=month", "by"), ("figures?by=week", "by"),
                        ("figures?show=all", "show"), ("figures?station=999999", "station"), ("figures/held?place=999", "place"),
                        ("figures/held?page=x", "page"),
                        ("checks?sort=worst", "sort"), ("checks?do=nothing", "do"), ("checks?day=2026-13-01", "day"),
                        ("rating-list?year=twenty", "year"), ("county-map?show=stars", "show")):
        answer = world.browser("county").api("GET", f"{base}/{path}")
        assert answer.status_code == 400 and field in answer.get_data(as_text=True), path
    assert world.browser("county").get(f"{base}/figures/nothing").status_code == 404


def test_a_station_has_its_own_months(world):
    station = world.stations["wuli_village"]
    asked = f"figures?from=2026-01-01&to=2026-06-30&station={station.id}"
    answer = world.browser("county").api("GET", f"/d/{world.tree.county.code}/liaison_station/{asked}").get_json()

    assert [row["held"] for row in answer["rows"]] == [1, 0, 1, 1, 0, 0]
    assert (answer["whole"]["held"], answer["whole"]["voters"], answer["whole"]["persons"]) == (3, 17, 3)
    assert answer["whole"]["wanted"] == 10


def test_who_counts_opinions_without_reading_them_sees_their_numbers_only(world):
    from flask import current_app

    from grid321.core.testing_browser import Browser, make_account

    account = make_account("core.leader", world.tree.county)
    leader = Browser.of_account(current_app._get_current_object(), account)
    page = leader.get(f"/d/{world.tree.county.code}/liaison_station/figures/opinions?from=2026-01-01&to=2026-12-31")

    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "YJ1" in text and ("路灯" in text) == ('/liaison_station/opinion/' in text)


def test_the_board_names_what_waits_today_with_its_first_cases(world):
    today = db.local_day()
    station = world.stations["liuying"]
    Reception.create(number="JD90", holder_id=station.division_id, station_id=station.id, day=today + timedelta(days=3),
                     first_day=today, from_minute=540, to_minute=720, state="posted", **where(station))
    open_day = Reception.create(number="JD91", holder_id=station.division_id, station_id=station.id, day=date(today.year, 1, 1),
                                first_day=today, from_minute=540, to_minute=720, state="posted", **where(station))
    Postponement.create(reception_id=open_day.id, station_id=station.id, from_day=today, to_day=today + timedelta(days=5),
                        told_on=today, days=1, late=True, reason="会议冲突", **where(station))
    Plan.create(number="JH1", holder_id=station.division_id, station_id=station.id, year=today.year,
                posted_on=date(today.year, 1, 1), state="posted", **where(station))
    base = f"/d/{world.tree.county.code}/liaison_station"
    waits = {row["key"]: row["n"] for row in world.browser("county").api("GET", f"{base}/board").get_json()["today"]}
    page = world.browser("county").get(f"{base}/board").get_data(as_text=True)

    assert waits["gaps"] == 1 and waits["late_notices"] == 1 and waits["plans"] == 5 and waits["overdue"] >= 1
    assert waits["unclosed"] >= (today > date(today.year, 1, 1)) and "JD91" in page
    for key in ("gaps", "late_notices", "overdue", "unclosed", "quiet"):
        if waits.get(key):
            assert followed(world, "county", f"{base}/figures/{key}") == [waits[key], waits[key]], key
    assert f"{base}/checks?missing=plan" in page


def test_the_start_page_leads_to_the_receptions_of_today(world):
    today = db.local_day()
    start, browser = f"/d/{world.tree.county.code}/", world.browser("county")
    before = browser.get(start).get_data(as_text=True)
    station = world.stations["liuying"]
    found = Reception.create(number="JD92", holder_id=station.division_id, station_id=station.id, day=today, first_day=today,
                             from_minute=540, to_minute=720, state="posted", **where(station))
    page = browser.get(start).get_data(as_text=True)
    url = f"{start}liaison_station/reception/?day_from={today}&day_to={today}"
    assert "今天的接待" not in before and "今天的接待" in page and url.replace("&", "&amp;") in page
    assert f"{start}liaison_station/reception/{found.id}" in browser.get(url).get_data(as_text=True)
    assert f'href="{start}liaison_station/day"' in page.partition('<main')[2]


def test_somebody_who_is_nowhere_stands_on_the_board_with_the_way_to_place_him(world):
    placement = world.placements["sun"]
    placement.to_day = date(2026, 1, 1)
    placement.save()
    base = f"/d/{world.tree.county.code}/liaison_station"
    page = world.browser("county").get(f"{base}/board").get_data(as_text=True)

    assert "孙玉珍" in page and f"{base}/placing" in page


def test_a_county_that_begins_reads_its_first_steps(staged, division_tree):
    def empty(tree):
        found = station_world.build(tree)
        for model in (Reception, Duty, Visit, Opinion):
            model.delete().execute()
        return found

    world = staged(empty, division_tree)
    base = f"/d/{world.tree.county.code}/liaison_station"
    steps = world.browser("county").api("GET", f"{base}/board").get_json()["first_steps"]
    page = world.browser("county").get(f"{base}/board").get_data(as_text=True)

    assert [row["done"] for row in steps] == [True, True, True, True, False, False, False]
    links = re.findall(r'<a class="name" href="([^"]+)"', page[page.index('id="first"'):])
    assert links[:3] == [f"{base}/paper/", f"{base}/schedule/", f"{base}/make-plans"]
    Station.update(closed_on=date(2026, 1, 1)).execute()
    assert f'<a class="name" href="{base}/schedule/"' in world.browser("county").get(f"{base}/board").get_data(as_text=True)

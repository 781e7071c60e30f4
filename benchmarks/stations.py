"""Stations and deputies: a year's plan with roster, the public finder over 6,000 stations, calendars, imports, the ten haves.

    python benchmarks/stations.py --database sqlite:////tmp/x/stations.db --home /tmp/x [--stations 6000]

The database must be empty. 400 stations and 2,000 deputies come in as workbooks by the real import; the job of the yearly plans
makes 4,800 receptions with their roster and says how even it is. Then the county gets 6,000 stations with a posted year each, and
the finder is asked beside a bare Flask page that shows the same rows from the same tables (``stations_bare.py``), in turns. The
requirements of plan, finder and calendar are those of issue 5; those of imports and haves are the platform's own.
"""
from __future__ import annotations

import argparse
import gzip
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import stations_fill as filling
from county import application
from servers import Clients, Server, request
from stations_fill import PLUGIN, County
from suggestions_pages import PLATFORM, ROUNDS, SECONDS
from table import Line

from grid321.core import db
from grid321.core.access import actor_of
from grid321.core.demo.county import COUNTY
from grid321.core.jobs import Executor, JobRun
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser

STATIONS, DEPUTIES, FOUND = 400, 2_000, 6_000
MOST_PLAN, MOST_SPREAD, LEAST_LIST, MOST_FEED, MOST_HAVES, MOST_PAGE = 10.0, 1, 0.4, 20.0, 2.0, 500
MOST_IMPORT = {"stations": 20.0, "deputies": 60.0}
FINDER = f"/d/{COUNTY}/{PLUGIN}/find"
PAGES = (("Public finder", "", ""), ("Public finder, one kind", "?kind=office", "?kind=office"),
         ("Public finder, nearest to a town", "?near=610902104", "?near=610902104"),
         ("Public finder, map", "?view=map", "?view=map"))


def lines(kind: str, url: str, home: str, found: int = FOUND, rounds: int = ROUNDS, seconds: float = SECONDS) -> list[Line]:
    """The figures of one database, which is filled first."""
    app = application(url, home)
    with app.app_context():
        world = filling.build(url)
        made = [_import_line(kind, "stations", STATIONS, filling.import_stations(world, STATIONS)),
                _import_line(kind, "deputies", DEPUTIES, filling.import_deputies(world, DEPUTIES))]
        filling.place_deputies(world)
        year = db.local_day().year + 1
        filling.make_rules(world, year)
        made += _plan_lines(kind, world, year)
        filling.post_all()
        browser = Browser(app)
        made += [_haves_line(kind, world), _feed_line(kind, browser)]
        started = time.monotonic()
        filling.fill_finder(world, found)
        if db.is_postgres():
            db.database.execute_sql("ANALYZE")
        print(f"{found:,} stations in {time.monotonic() - started:.0f} s", file=sys.stderr)
        made += [_weight_line(kind, browser, found), *_page_lines(kind, world, home, found, rounds, seconds)]
        return made


def _import_line(kind: str, what: str, count: int, took: tuple[float, float]) -> Line:
    checked, imported = took
    most = MOST_IMPORT[what]
    return Line(kind, f"Import of {count:,} {what} with preview", f"≤ {most:g} s", f"{checked + imported:.1f} s", "", "",
                checked + imported <= most, f"reading, checking and preview {checked:.1f} s, the job {imported:.1f} s")


def _plan_lines(kind: str, world: County, year: int) -> Iterator[Line]:
    """The job that an officer asks for: days, receptions, roster, everything written with its ledger."""
    from grid321.plugins.liaison_station import plan_make

    started, busy = time.monotonic(), time.process_time()
    job = plan_make.ask(year, actor_of(world.officer.account_id), world.county)
    Executor().run_due()
    took, busy, result = time.monotonic() - started, time.process_time() - busy, JobRun.get_by_id(job.id).result
    if result is None or result["plans"] != STATIONS:
        raise RuntimeError(f"planned were {result}")
    yield Line(kind, f"Yearly plan and roster, {STATIONS} stations × {DEPUTIES:,} deputies", f"≤ {MOST_PLAN:g} s",
               f"{took:.1f} s", "", "", took <= MOST_PLAN, f"{result['receptions']:,} receptions, {result['duties']:,} duties, "
               f"{result['short']} receptions short of deputies; {busy:.1f} s CPU")
    spread = _spread(year)
    even = spread <= MOST_SPREAD and result["spread"] <= MOST_SPREAD
    yield Line(kind, "Duties of a deputy: most less fewest at a station", f"≤ {MOST_SPREAD}", f"{spread}", "", "", even,
               "counted anew from the roster, deputies without duty too")


def _spread(year: int) -> int:
    """The largest difference of duties between two deputies of a station, from what is stored."""
    duty: Any = registry().entity(f"{PLUGIN}.duty").model
    placement: Any = registry().entity(f"{PLUGIN}.placement").model
    times = dict.fromkeys(placement.select(placement.station_id, placement.deputy_id).tuples(), 0)
    for station, deputy in duty.select(duty.station_id, duty.deputy_id).where(duty.day.year == year).tuples():
        times[station, deputy] += 1
    of_station: dict[int, list[int]] = {}
    for (station, _deputy), n in times.items():
        of_station.setdefault(station, []).append(n)
    return max(max(counts) - min(counts) for counts in of_station.values())


def _haves_line(kind: str, world: County) -> Line:
    """The checklists of all stations, computed from data, as the county's board reads them."""
    from grid321.plugins.liaison_station import checks
    from grid321.plugins.liaison_station.checks_items import Group
    from grid321.plugins.liaison_station.station_models import Station

    times = []
    for _repeat in range(5):
        started = time.monotonic()
        found = checks.look(Group.of((Station.county_id == world.county.id) & checks.open_on(db.local_day())))
        times.append(time.monotonic() - started)
    took, items = statistics.median(times), sum(len(part) for one in found for part in one.lists.values())
    return Line(kind, f"Ten haves and siting rules of {len(found)} stations", f"≤ {MOST_HAVES:g} s", f"{took:.2f} s", "", "",
                took <= MOST_HAVES and len(found) == STATIONS, f"{items:,} items computed")


def _feed_line(kind: str, browser: Browser) -> Line:
    """The calendar of a station with a posted year, as a whole request."""
    station: Any = registry().entity(f"{PLUGIN}.station").model
    plates = [row[0] for row in station.select(station.plate).order_by(station.id).limit(40).tuples()]
    times, events = [], 0
    for plate in (*plates[:5], *plates):
        started = time.perf_counter()
        answer = browser.get(f"/d/{COUNTY}/{PLUGIN}/at/{plate}/calendar.ics")
        times.append(1000 * (time.perf_counter() - started))
        if answer.status_code != 200:
            raise RuntimeError(f"{plate}: {answer.status_code}")
        events = answer.text.count("BEGIN:VEVENT")
    found = sorted(times[5:])
    p95 = found[int(len(found) * 0.95)]
    return Line(kind, "Calendar (ICS) of a station's year, p95", f"≤ {MOST_FEED:g} ms", f"{p95:.1f} ms", "", "", p95 <= MOST_FEED,
                f"p50 {statistics.median(found):.1f}; {events} events")


def _weight_line(kind: str, browser: Browser, count: int) -> Line:
    """The heaviest of the finder's pages, without what is shared by all pages."""
    sizes = {name: browser.get(FINDER + query).data for name, query, _bare in PAGES}
    name, body = max(sizes.items(), key=lambda one: len(one[1]))
    return Line(kind, f"Heaviest page of the finder, {count:,} stations", f"≤ {MOST_PAGE} KB", f"{len(body) / 1024:.0f} KB", "",
                "", len(body) <= MOST_PAGE * 1024, f"{name}; {len(gzip.compress(body)) / 1024:.0f} KB compressed")


def _page_lines(kind: str, world: County, home: str, count: int, rounds: int, seconds: float) -> Iterator[Line]:
    """The finder beside the bare page; the servers take turns, a ratio is the median of those within one round."""
    db.close_thread()
    if db.is_postgres():
        db.database.obj.close_all()
    environment, log = {"GRID321_DATABASE": world.url, "GRID321_HOME": home}, Path(home, "servers.log")
    with ExitStack() as stack:
        ours = stack.enter_context(Server("platform", PLATFORM, environment, "/health", log))
        bare = stack.enter_context(Server("bare", "stations_bare:create_app()", environment, "/find", log))
        clients = stack.enter_context(Clients())
        for name, query, other in PAGES:
            work = ((ours, [[request(FINDER + query)]]), (bare, [[request(f"/find{other}")]]))
            for server, texts in work:
                clients.run(server, texts, min(0.3, seconds))
            done = []
            for number in range(rounds):
                turn = [clients.run(server, texts, seconds) for server, texts in (work[::-1] if number % 2 else work)]
                done.append(turn[::-1] if number % 2 else turn)
            rate, theirs = (statistics.median(turn[at].rate for turn in done) for at in (0, 1))
            cpu, their_cpu = (statistics.median(turn[at].cpu_ms for turn in done) for at in (0, 1))
            ratio = statistics.median(turn[0].rate / turn[1].rate for turn in done)
            yield Line(kind, f"{name}, {count:,} stations, beside a bare page", f"≥ {LEAST_LIST} ×", f"{rate:,.0f}/s",
                       f"{theirs:,.0f}/s", f"{ratio:.2f} ×", ratio >= LEAST_LIST, f"{cpu:.2f} : {their_cpu:.2f} ms CPU")


def main() -> int:
    """Measure on the database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="sqlite:////file.db or postgresql://… (empty)")
    parser.add_argument("--home", required=True, help="a folder of its own")
    parser.add_argument("--stations", type=int, default=FOUND, help="stations of the finder")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    Path(given.home).mkdir(parents=True, exist_ok=True)
    kind = "sqlite" if given.database.startswith("sqlite") else "postgres"
    found = lines(kind, given.database, given.home, given.stations, given.rounds)
    for line in found:
        print(line.text())
    return 0 if all(line.met for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())

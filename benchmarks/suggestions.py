"""Matters and suggestions: the clerk's desk, the leader's dashboard and the public list over 1,000,000 matters and 20,000
suggestions, the import of a session's 500 suggestions, and the month end of a county with 5,000 open matters.

    python benchmarks/suggestions.py --database sqlite:////tmp/x/suggestions.db --home /tmp/x [--matters 1000000]

The database must be empty. It is filled twice: first with 10,000 matters, half of them open, and copied; then up to all of them.
A page with its login, permissions and template is then asked in turns on the filled database, on the copy, and beside both of a
bare Flask page that shows the same rows from the same tables. The requirements are those of issue 4.
"""
from __future__ import annotations

import argparse
import statistics as statistics_of
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import suggestions_jobs as jobs
import suggestions_pages as pages
from county import application
from inside import median_us
from suggestions_copy import copy_of
from suggestions_fill import MATTER, PLUGIN, SEED, County, Drawn, fill
from table import Line

from grid321.core import accounts, counters, db, division_import, migrate, snapshot, statistics, switches
from grid321.core.actor import SYSTEM
from grid321.core.demo.context import DemoContext
from grid321.core.demo.county import COUNTY, FOLDER, LIST_DAY
from grid321.core.division_files import read_folder
from grid321.core.people import Department
from grid321.core.registry import registry
from grid321.core.statistics_view import columns_read
from grid321.core.testing_browser import Browser
from grid321.core.tree import ancestor_columns

SMALL, BIG, SUGGESTIONS, OPEN, DEPUTIES, SESSION = 10_000, 1_000_000, 20_000, 5_000, 100, 500
BUREAUS = ("住房和城乡建设局", "交通运输局", "水利局", "农业农村局", "民政局", "自然资源局", "应急管理局", "教育体育局")
LEAST_LIST, MOST_GROWTH, MOST_ROWS, MOST_SECONDS, MOST_SEARCH = 0.4, 1.2, 10, 5.0, 20


def build(app: Any, url: str) -> County:
    """Migrate the empty database; divisions, bureaus, an officer, a leader, the clerk of a bureau, deputies."""
    migrate.upgrade()
    snapshot.forget()
    with db.transaction():
        division_import.apply(division_import.read(read_folder(FOLDER), COUNTY), SYSTEM, day=LIST_DAY)
        context = DemoContext(Random(SEED), "", COUNTY, "")
        switches.turn(PLUGIN, context.county, True)
        units = [Department.create(name=name, kind="bureau", **ancestor_columns(context.tree, context.county)).id
                 for name in BUREAUS]
        deputies = context.people([(context.county, None)] * DEPUTIES)
        context.posts([(person, "core_deputy_county", context.county, date(2022, 1, 1), None) for person in deputies])
    county = snapshot.current().tree.by_code(COUNTY)
    assert county is not None
    browsers = {"resident": Browser(app)}
    for who, role, unit in (("officer", "county_officer", None), ("clerk", "unit_clerk", units[0]), ("leader", "viewer", None)):
        account = accounts.create_account(who, None, county, must_change_password=False)
        accounts.grant(account.id, f"{PLUGIN}.{role}", county, department_id=unit)
        browsers[who] = Browser.of_account(app, accounts.get(account.id))
    villages = [node for node in snapshot.current().tree.subtree(county) if node.level == "village"]
    return County(url, county, villages, units, deputies, browsers)


def counted_reads(world: County) -> tuple[float, float]:
    """(microseconds of reading what the dashboard shows of the matters of the county, of one row by an index)."""
    entity = registry().entity(MATTER)
    shown = [one for one in registry().measures.values() if one.entity == MATTER]
    columns = sorted({statistics.source_of(entity, column)[0] for one in shown for column in columns_read(one)})
    mark = "%s" if db.is_postgres() else "?"
    row = f"SELECT * FROM suggestion_tracking_matter WHERE number = {mark}"
    _fold()

    def rollups() -> None:
        list(counters.counts(entity.key, [world.county.id], columns))

    def one_row() -> None:
        db.database.execute_sql(row, ("WT-000000007",)).fetchone()

    return median_us(rollups, 300), median_us(one_row, 300)


def _fold() -> None:
    while counters.fold():  # as the worker does all the time (PostgreSQL)
        pass
    counters.clear_folded()


def lines(kind: str, url: str, home: str, matters: int = BIG, suggestions: int = SUGGESTIONS,
          session: int = SESSION) -> list[Line]:
    """The figures of one database, which is filled first. Both fillings hold the same open matters: what waits on the desks."""
    app = application(url, home)
    with app.app_context(), ExitStack() as stack:
        world = build(app, url)
        small, started = min(SMALL, matters // 3), time.monotonic()
        fill(world, small, suggestions // 4, min(1.0, OPEN / small))
        filled = time.monotonic() - started
        found, known = [_close_line(kind, world)], pages.cookies(world)
        _fold()
        copy, started = stack.enter_context(copy_of(url)), time.monotonic()
        fill(world, matters, suggestions, 0.0)
        filled += time.monotonic() - started
        print(f"{matters:,} matters and {suggestions:,} suggestions in {filled:.0f} s", file=sys.stderr)
        quick = matters < BIG
        found += [_counter_line(kind, world), *_page_lines(
            kind, world, small, pages.turns(world, copy, home, known, *((1, 0.05) if quick else ())))]
        return [*found, _search_line(kind, world, 1 if quick else 5), _import_line(kind, world, session)]


def _close_line(kind: str, world: County) -> Line:
    seconds, divisions = jobs.close_month(world, Drawn(world).month)
    note = f"{divisions} divisions, {world.matters:,} matters in the month"
    return Line(kind, f"Month end of a county with {min(OPEN, world.matters):,} open matters", f"≤ {MOST_SECONDS:g} s",
                f"{seconds:.1f} s", "", "", seconds <= MOST_SECONDS, note)


def _import_line(kind: str, world: County, session: int) -> Line:
    checked, imported, signed = jobs.import_session(world, session)
    took = checked + imported
    note = f"reading and checking the workbook {checked:.1f} s, the job {imported:.1f} s; {signed:,} signatures of co-signers"
    return Line(kind, f"Import of a session's {session} suggestions", f"≤ {MOST_SECONDS:g} s", f"{took:.1f} s", "", "",
                took <= MOST_SECONDS, note)


def _page_lines(kind: str, world: County, small: int, found: dict[str, dict[str, pages.Turns]]) -> Iterator[Line]:
    for name, beside in found.items():
        for other, turns in beside.items():
            note = f"{turns.cpu:.2f} : {turns.other_cpu:.2f} ms CPU"
            if other == "small":
                cost = 1 / turns.ratio
                yield Line(kind, f"{name}: cost at {world.matters:,} ÷ at {small:,}", f"≤ {MOST_GROWTH} ×",
                           f"{turns.rate:,.0f}/s", f"{turns.other_rate:,.0f}/s (small)", f"{cost:.2f} ×",
                           cost <= MOST_GROWTH, note)
            else:
                yield Line(kind, f"{name}, beside a bare page", f"≥ {LEAST_LIST} ×", f"{turns.rate:,.0f}/s",
                           f"{turns.other_rate:,.0f}/s", f"{turns.ratio:.2f} ×", turns.ratio >= LEAST_LIST, note)


def _search_line(kind: str, world: County, repeats: int) -> Line:
    found = pages.searches(world, repeats)
    every = sorted(ms for times in found.values() for ms in times)
    p95 = every[int(len(every) * 0.95)]
    note = ", ".join(f"{name} words {sorted(times)[int(len(times) * 0.95)]:.1f}" for name, times in found.items())
    return Line(kind, "Public list with a word, p95", f"≤ {MOST_SEARCH} ms", f"{p95:.1f} ms", "", "", p95 <= MOST_SEARCH,
                f"p50 {statistics_of.median(every):.1f}; {note}")


def _counter_line(kind: str, world: County) -> Line:
    rollups, one_row = counted_reads(world)
    ratio = rollups / one_row
    return Line(kind, f"Counted figures of the county over {world.matters:,} matters", f"≤ {MOST_ROWS} × a row",
                f"{rollups:.0f} µs", f"{one_row:.0f} µs (one indexed row)", f"{ratio:.1f} ×", ratio <= MOST_ROWS)


def main() -> int:
    """Measure on the database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="sqlite:////file.db or postgresql://… (empty)")
    parser.add_argument("--home", required=True, help="a folder of its own")
    parser.add_argument("--matters", type=int, default=BIG)
    parser.add_argument("--suggestions", type=int, default=SUGGESTIONS)
    parser.add_argument("--session", type=int, default=SESSION, help="suggestions that are imported")
    given = parser.parse_args()
    Path(given.home).mkdir(parents=True, exist_ok=True)
    kind = "sqlite" if given.database.startswith("sqlite") else "postgres"
    found = lines(kind, given.database, given.home, given.matters, given.suggestions, given.session)
    for line in found:
        print(line.text())
    return 0 if all(line.met for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())

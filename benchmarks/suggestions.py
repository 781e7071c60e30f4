"""Matters and suggestions: the clerk's desk, the leader's dashboard and the public list over 1,000,000 matters and 20,000
suggestions, and the month end of a county with 5,000 open matters.

    python benchmarks/suggestions.py --database sqlite:////tmp/x/suggestions.db --home /tmp/x [--matters 1000000]

The database must be empty. It is filled twice: first with 10,000 matters, half of them open, and the pages are measured; then
up to all of them, and the same pages are measured again. A page is timed in this process with its login, permissions and
template; beside it stands what a bare Flask page with the same number of rows takes from the same tables. The requirements are
those of issue 4.
"""
from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter as Bag
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path
from random import Random
from typing import Any

from county import application
from generate import PostgresLoader, SqliteLoader, _loader
from inside import median_us
from table import Line

from grid321.core import counters, db, division_import, migrate, months, snapshot, switches
from grid321.core.actor import SYSTEM
from grid321.core.clock_rows import over_at
from grid321.core.counters import columns_of, text_of
from grid321.core.demo.context import DemoContext
from grid321.core.demo.county import COUNTY, FOLDER, LIST_DAY
from grid321.core.division_files import read_folder
from grid321.core.people import Department
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, make_account
from grid321.core.tree import Node, ancestor_columns

SEED, SMALL, BIG, SUGGESTIONS, OPEN, CHUNK = 321, 10_000, 1_000_000, 20_000, 5_000, 100_000
PLUGIN = "suggestion_tracking"
MATTER, SUGGESTION, TASK = (f"{PLUGIN}.{name}" for name in ("matter", "suggestion", "task"))
TEXT = "村口到学校一段路灯不亮，孩子早晚上学看不清路，居民多次反映。"
BUREAUS = ("住房和城乡建设局", "交通运输局", "水利局", "农业农村局", "民政局", "自然资源局", "应急管理局", "教育体育局")
LEAST_LIST, MOST_GROWTH, MOST_ROWS, MOST_SECONDS = 0.4, 1.2, 10, 5.0

#: (share among the open ones, state, level that holds it, its clock or none): what waits where.
WAITING = ((20, "reported", "village", "accept"), (34, "handling", "village", "village"), (16, "received", "town", "town"),
           (4, "received_county", "county", "county"), (4, "handed", "county", "take_up"), (8, "accepted", "county", "county"),
           (8, "answered", "village", "feed_back"), (6, "kept", "town", "look_again"))
OVER = ((86, "closed", "village"), (9, "closed", "town"), (3, "closed", "county"), (2, "withdrawn", "village"))


@dataclass
class County:
    """The measured county: its divisions, the people at their desks, the units."""

    url: str
    home: str
    county: Node
    villages: list[Node]
    units: list[int]
    browsers: dict[str, Any]
    done: int = 0
    suggestions: int = 0
    counted: Bag[tuple[str, int, str, str, str]] = field(default_factory=Bag)
    flowed: Bag[tuple[str, int, str, str, str]] = field(default_factory=Bag)


def build(app: Any, url: str, home: str) -> County:
    """Migrate the empty database; divisions, bureaus, an officer, a leader, the clerk of a bureau, a deputy."""
    migrate.upgrade()
    snapshot.forget()
    with db.transaction():
        division_import.apply(division_import.read(read_folder(FOLDER), COUNTY), SYSTEM, day=LIST_DAY)
        context = DemoContext(Random(SEED), "", COUNTY, "")
        switches.turn(PLUGIN, context.county, True)
        county = context.county
        units = [Department.create(name=name, kind="bureau", **ancestor_columns(context.tree, county)).id for name in BUREAUS]
        deputies = context.people([(county, None)] * 20)
        context.posts([(person, "core_deputy_county", county, date(2022, 1, 1), None) for person in deputies])
    county = snapshot.current().tree.by_code(COUNTY)
    assert county is not None
    villages = [node for node in snapshot.current().tree.subtree(county) if node.level == "village"]
    people = {"officer": make_account(f"{PLUGIN}.county_officer", county), "leader": make_account(f"{PLUGIN}.viewer", county),
              "clerk": make_account(f"{PLUGIN}.unit_clerk", county, units[0])}
    found = County(url, home, county, villages, units, {who: Browser.of_account(app, one) for who, one in people.items()})
    found.browsers["resident"] = Browser(app)
    found.browsers["deputies"] = deputies
    return found


# ---------------------------------------------------------------- filling

class Filler:
    """Draws matters, suggestions and their tasks from a fixed seed; gives the rows and counts them."""

    def __init__(self, world: County, open_share: float) -> None:
        self.world, self.rng, self.open_share = world, Random(SEED + world.done), open_share
        tree = snapshot.current().tree
        self.scopes = {node.id: ancestor_columns(tree, node) for node in (*world.villages, world.county)}
        self.paths = {node.id: node.path for node in tree.subtree(world.county)}
        self.above = {node.id: {"village": node.id, "town": node.path[-2], "county": world.county.id} for node in world.villages}
        self.defaults = {key: db.filled(registry().entity(key).model, {}) for key in (MATTER, SUGGESTION, TASK)}
        self.now = db.now().replace(microsecond=0)
        last = self.now.replace(day=1, hour=0, minute=0, second=0) - timedelta(hours=9)
        self.born = [last - timedelta(days=day, minutes=7) for day in range(25)]  # within last month, which is closed below
        self.month = f"{last.year:04d}-{last.month:02d}"

    def waiting(self) -> tuple[int, str, str, str | None]:
        """What one of the open matters waits for."""
        return self.rng.choices(WAITING, [one[0] for one in WAITING])[0]

    def matters(self, first: int, last: int) -> Iterator[tuple[Any, ...]]:
        """(matter, running clock or None, ledger entries) of each."""
        for number in range(first, last + 1):
            village = self.world.villages[int(self.rng.random() * len(self.world.villages))]
            is_open = self.rng.random() < self.open_share
            state, level, clock = self.waiting()[1:] if is_open else (*self.rng.choices(
                [one[1:] for one in OVER], [one[0] for one in OVER])[0], None)
            yield self._matter(number, village, state, level, clock)

    def _matter(self, number: int, village: Node, state: str, level: str, clock: str | None) -> Any:
        at = self.born[int(self.rng.random() * len(self.born))]
        holder = self.above[village.id][level]
        due = self.now.date() + timedelta(days=int(self.rng.random() * 40) - 12) if clock else None
        unit = self.world.units[number % len(self.world.units)] if state in {"handed", "accepted"} else None
        over = state in {"closed", "withdrawn"}
        record = {"id": number, "uid": f"{number:032x}", "created_at": at, "updated_at": at, "number": f"WT-{number:09d}",
                  "state": state, "holder_id": holder, "department_id": unit, "unit_id": unit, "due": due,
                  "closed_at": at if over else None, "outcome": "A" if state == "closed" else None,
                  "rating": "satisfied" if state == "closed" else None, "kind": ("roads", "water", "welfare")[number % 3],
                  "title": "村口路灯不亮", "text": TEXT, "occurred_on": at.date(), "source": ("station", "hotline")[number % 2],
                  "holder_level": level, "solved_level": level if state == "closed" else None, **self.scopes[village.id]}
        deadline = None if due is None else {
            "entity": MATTER, "record_id": number, "clock": clock, "division_id": holder, "started_at": at,
            "started_on": at.date(), "length": "7 d", "source": "benchmark", "due": due, "overdue": "notify",
            "next_at": over_at(due, None)}
        self._count(MATTER, record)
        return record, deadline, list(self._entries(record, village, level, at))

    def _entries(self, record: dict[str, Any], village: Node, level: str, at: datetime) -> Iterator[dict[str, Any]]:
        """The ledger of a matter: collected by its village, sent up to where it is, solved or withdrawn there."""
        levels = ("village", "town", "county")
        flows = [[village.id, "village", "collected"]]
        for below, upper in pairwise(levels[:levels.index(level) + 1]):
            flows += [[self.above[village.id][below], below, "sent_up"], [self.above[village.id][upper], upper, "received"]]
        end = {"closed": "solved", "withdrawn": "withdrawn"}.get(record["state"])
        flows += [[record["holder_id"], level, end]] if end else []
        for place, booked, kind in flows:
            self.world.flowed[(MATTER, place, booked, self.month, kind)] += 1
        yield {"at": at, "entity": MATTER, "record_id": record["id"], "step": "create", "from_state": None,
               "to_state": "reported", "version": 1, "division_id": village.id, "facts": {"holder": village.code, "flows": flows}}

    def suggestions(self, first: int, last: int) -> Iterator[tuple[Any, ...]]:
        """(suggestion, tasks of its units, ledger entry) of each; one in ten is open."""
        for number in range(first, last + 1):
            is_open, at = self.rng.random() < 0.1, self.born[number % len(self.born)]
            state = ("handling", "assigned", "answered")[number % 3] if is_open else "closed"
            unit = self.world.units[number % len(self.world.units)]
            due = self.now.date() + timedelta(days=number % 60 - 15) if state in {"handling", "assigned"} else None
            base = {"created_at": at, "updated_at": at, "holder_id": self.world.county.id, "title": "关于增设路灯的建议",
                    **self.scopes[self.world.county.id]}
            case = {**base, "id": number, "uid": f"{number:032x}", "number": f"JY-{number:09d}", "state": state, "due": due,
                    "department_id": unit, "kind": "building", "content": TEXT, "outcome": None if is_open else "A",
                    "rating": None if is_open else "satisfied", "closed_at": None if is_open else at, "raised_on": at.date(),
                    "deputy_id": self.world.browsers["deputies"][number % 20], "handed_on": at.date()}
            self._count(SUGGESTION, case)
            tasks = [{**base, "id": 2 * number - place, "uid": f"{2 * number - place:032x}",
                      "number": f"CB-{2 * number - place:09d}", "suggestion_id": number,
                      "suggestion_number": case["number"], "role": ("lead", "co")[place],
                      "department_id": self.world.units[(number + place) % len(self.world.units)], "due": due,
                      "state": ("fixed" if place == 0 else "received") if is_open and due else "answered" if is_open else "done",
                      "closed_at": None if is_open else at} for place in (0, 1)]
            for task in tasks:
                self._count(TASK, task)
            flows = [[self.world.county.id, "county", kind] for kind in (("collected",) if is_open else ("collected", "solved"))]
            for place, booked, kind in flows:
                self.world.flowed[(SUGGESTION, place, booked, self.month, kind)] += 1
            yield case, tasks, {"at": at, "entity": SUGGESTION, "record_id": number, "step": "create", "from_state": None,
                                "to_state": "raised", "version": 1, "division_id": self.world.county.id,
                                "facts": {"holder": self.world.county.code, "flows": flows}}

    def _count(self, entity: str, record: dict[str, Any]) -> None:
        declared = registry().entity(entity)
        place, whole = record["division_id"], {**self.defaults[entity], **record}
        for column in columns_of(declared):
            self.world.counted[(entity, place, column, "", text_of(whole, column))] += 1

    def publications(self, first: int, last: int) -> Iterator[dict[str, Any]]:
        """Every tenth matter is published."""
        for number in range(first, last + 1):
            village = self.world.villages[number % len(self.world.villages)]
            at = self.born[number % len(self.born)]
            yield {"id": number, "uid": f"{number:032x}", "created_at": at, "updated_at": at, "source": "matter",
                   "source_id": number * 10, "number": f"WT-{number * 10:09d}", "kind": "roads", "title": "村口路灯不亮",
                   "text": TEXT, "result": "已更换灯头和线路。", "outcome": "A", "raised_at": at, "published_on": at.date(),
                   **self.scopes[village.id]}


def fill(world: County, matters: int, suggestions: int, open_share: float) -> None:
    """Add matters up to ``matters`` and suggestions up to ``suggestions``, with clocks, ledger, counters and publications."""
    from grid321.core.clock_rows import Deadline
    from grid321.core.ledger import LedgerEntry

    filler = Filler(world, open_share)
    before = world.done
    share = world.suggestions
    models = {name: registry().entity(f"{PLUGIN}.{name}").model for name in ("matter", "suggestion", "task", "publication")}
    db.close_thread()
    if db.is_postgres():
        db.database.obj.close_all()  # type: ignore[attr-defined]
    tables = ("core_ledger", "core_deadline", "core_counter", *(model._meta.table_name for model in models.values()))
    loader = _loader(world.url)
    indexes = loader.drop_indexes(tables)
    for start in range(before + 1, matters + 1, CHUNK):  # in parts, so that a million ledger entries need not be in memory
        found = list(filler.matters(start, min(matters, start + CHUNK - 1)))
        _load(loader, models["matter"], (record for record, _deadline, _said in found))
        _load(loader, Deadline, (deadline for _record, deadline, _said in found if deadline))
        _load(loader, LedgerEntry, (entry for _record, _deadline, said in found for entry in said))
    parts = list(filler.suggestions(share + 1, suggestions))
    _load(loader, models["suggestion"], (case for case, _tasks, _entry in parts))
    _load(loader, models["task"], (task for _case, tasks, _entry in parts for task in tasks))
    _load(loader, LedgerEntry, (entry for _case, _tasks, entry in parts))
    _load(loader, models["publication"], filler.publications(before // 10 + 1, matters // 10))
    loader.connection.execute("DELETE FROM core_counter")
    loader.load("core_counter", ("entity", "division_id", "dimension", "month", "value", "n"), _counters(world, filler))
    loader.finish(indexes, tables)
    world.done, world.suggestions = matters, suggestions


def _load(loader: SqliteLoader | PostgresLoader, model: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Write rows with the model's defaults; the columns are those of the first row."""
    first = next(rows, None)
    if first is None:
        return
    whole = db.filled(model, first)
    names = list(whole)
    spare = {name: value for name, value in whole.items() if name not in first}
    columns = [model._meta.fields[name] for name in names]

    def values() -> Iterator[tuple[Any, ...]]:
        for row in chain((first,), rows):
            yield tuple(_plain(column.db_value(row[name] if name in row else spare[name]))
                        for name, column in zip(names, columns, strict=True))

    loader.load(model._meta.table_name, [column.column_name for column in columns], values())


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date | datetime) else value


def _counters(world: County, filler: Filler) -> Iterator[tuple[Any, ...]]:
    """Every counter row: stock and flows, for each division and those above it."""
    found: Bag[tuple[str, int, str, str, str]] = Bag()
    for (entity, place, column, month, value), n in world.counted.items():
        for above in filler.paths[place]:
            found[(entity, above, column, month, value)] += n
    for (entity, place, level, month, kind), n in world.flowed.items():
        for above in filler.paths[place]:
            found[(entity, above, f"flow.{level}", month, kind)] += n
    return ((*key, n) for key, n in found.items())


# ---------------------------------------------------------------- measuring

PAGES = (("Clerk's desk, county", "officer", "desk"), ("Clerk's desk, a bureau", "clerk", "desk"),
         ("Leader's dashboard", "leader", "dashboard"), ("Public list", "resident", "published"))


def pages(world: County) -> dict[str, float]:
    """Milliseconds of processor time of each page, the median of many."""
    found = {}
    for name, who, path in PAGES:
        browser, address = world.browsers[who], f"/d/{COUNTY}/{PLUGIN}/{path}"
        answer = browser.get(address)
        assert answer.status_code == 200, f"{name}: {answer.status_code}"
        for _repeat in range(5):
            browser.get(address)
        times = []
        for _repeat in range(40):
            start = time.process_time()
            browser.get(address)
            times.append(1000 * (time.process_time() - start))
        found[name] = statistics.median(times)
    return found


def bare(world: County) -> dict[str, float]:
    """The same rows by plain SQL and a plain template in a bare Flask application: milliseconds for 20 rows and for a desk."""
    from flask import Flask, render_template_string

    app = Flask("bare")
    page = ("<!doctype html><title>t</title><main><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>"
            "{% endfor %}</tr>{% endfor %}</table></main>")
    mark = "%s" if db.is_postgres() else "?"
    desk = (f"SELECT id, number, title, state, due, division_id FROM suggestion_tracking_matter WHERE holder_id = {mark} "
            "AND due IS NOT NULL ORDER BY due, id LIMIT 60")

    @app.get("/list")
    def listed() -> str:
        rows = db.database.execute_sql("SELECT id, title, text, result, number, kind, published_on FROM "
                                       "suggestion_tracking_publication WHERE NOT hidden ORDER BY id DESC LIMIT 20").fetchall()
        return render_template_string(page, rows=rows)

    @app.get("/desk")
    def waiting() -> str:
        return render_template_string(page, rows=db.database.execute_sql(desk, (world.county.id,)).fetchall())

    client, found = app.test_client(), {}
    for name in ("list", "desk"):
        for _repeat in range(10):
            client.get(f"/{name}")
        times = []
        for _repeat in range(40):
            start = time.process_time()
            client.get(f"/{name}")
            times.append(1000 * (time.process_time() - start))
        found[name] = statistics.median(times)
    return found


def counted_reads(world: County) -> tuple[float, float]:
    """(microseconds of reading all counted states and breakdowns of the county, of one row by an index)."""
    entity = registry().entity(MATTER)
    columns = columns_of(entity)
    mark = "%s" if db.is_postgres() else "?"
    row = f"SELECT * FROM suggestion_tracking_matter WHERE number = {mark}"

    def rollups() -> None:
        list(counters.counts(entity.key, [world.county.id], columns))

    def one_row() -> None:
        db.database.execute_sql(row, ("WT-000000007",)).fetchone()

    return median_us(rollups, 300), median_us(one_row, 300)


def close_month(world: County, month: str) -> tuple[float, int, int]:
    """Seconds, divisions and open matters of closing last month in the whole county."""
    start = time.monotonic()
    made = months.close(world.county, month, SYSTEM, below=True)
    return time.monotonic() - start, len(made), OPEN


def timed(work: Callable[[], Any]) -> float:
    """Seconds that ``work`` takes."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def lines(kind: str, url: str, home: str, matters: int = BIG, suggestions: int = SUGGESTIONS) -> list[Line]:
    """The figures of one database, which is filled first."""
    app = application(url, home)
    with app.app_context():
        world = build(app, url, home)
        small = min(SMALL, matters)
        fill(world, small, suggestions // 4, OPEN / small)  # as much waits on the desks as later
        found = [_close_line(kind, world)]
        before = pages(world)
        took = timed(lambda: fill(world, matters, suggestions, 0.02))
        print(f"{matters:,} matters and {suggestions:,} suggestions in {took:.0f} s", file=sys.stderr)
        after, yard = pages(world), bare(world)
        return [*found, *_page_lines(kind, before, after, yard), _counter_line(kind, world)]


def _close_line(kind: str, world: County) -> Line:
    month = Filler(world, 0).month
    seconds, divisions, open_now = close_month(world, month)
    return Line(kind, f"Month end of a county with {open_now:,} open matters", f"≤ {MOST_SECONDS:g} s", f"{seconds:.1f} s", "",
                "", seconds <= MOST_SECONDS, f"{divisions} divisions, {world.done:,} matters in the month")


def _page_lines(kind: str, before: dict[str, float], after: dict[str, float], yard: dict[str, float]) -> Iterator[Line]:
    for name, _who, path in PAGES:
        growth = after[name] / before[name]
        yield Line(kind, f"{name}: cost at {BIG:,} ÷ at {SMALL:,}", f"≤ {MOST_GROWTH} ×", f"{after[name]:.2f} ms",
                   f"{before[name]:.2f} ms (small)", f"{growth:.2f} ×", growth <= MOST_GROWTH, "CPU of a page, in process")
        if path != "dashboard":
            bare_ms = yard["list" if path == "published" else "desk"]
            ratio = bare_ms / after[name]
            yield Line(kind, f"{name}, beside the bare page with these rows", f"≥ {LEAST_LIST} ×", f"{after[name]:.2f} ms",
                       f"{bare_ms:.2f} ms", f"{ratio:.2f} ×", ratio >= LEAST_LIST, "")


def _counter_line(kind: str, world: County) -> Line:
    rollups, one_row = counted_reads(world)
    ratio = rollups / one_row
    return Line(kind, f"Counted figures of the county over {world.done:,} matters", f"≤ {MOST_ROWS} × a row",
                f"{rollups:.0f} µs", f"{one_row:.0f} µs (one indexed row)", f"{ratio:.1f} ×", ratio <= MOST_ROWS)


def main() -> int:
    """Measure on the database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="sqlite:////file.db or postgresql://… (empty)")
    parser.add_argument("--home", required=True, help="a folder of its own")
    parser.add_argument("--matters", type=int, default=BIG)
    parser.add_argument("--suggestions", type=int, default=SUGGESTIONS)
    given = parser.parse_args()
    Path(given.home).mkdir(parents=True, exist_ok=True)
    kind = "sqlite" if given.database.startswith("sqlite") else "postgres"
    found = lines(kind, given.database, given.home, given.matters, given.suggestions)
    for line in found:
        print(line.text())
    return 0 if all(line.met for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())

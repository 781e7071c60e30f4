"""How long it takes to compute a due date across a year, and to re-date 100,000 open clocks in one job.

    python benchmarks/clocks.py --database sqlite:////tmp/x/clocks.db --home /tmp/x [--clocks 100000]

The database must be empty. The requirements are those of issue 3: a due date across a year in 20 µs at most, beside a walk
from day to day; 100,000 open clocks of as many cases re-dated in 60 s at most, with report, ledger and progress.
"""
from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from county import application, build
from inside import median_us
from table import Line

from grid321.core import bulk, calendar, calendar_edit, calendar_sheet, db, redating, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.calendar import Days
from grid321.core.clock_rows import Deadline
from grid321.core.db import filled
from grid321.core.jobs import Executor, JobRun
from grid321.core.redating import Redated
from grid321.core.tree import Node, ancestor_columns
from grid321.core.workflow import Length, working_days

CLOCKS, MOST_SECONDS, MOST_MICROSECONDS = 100_000, 60.0, 20.0
START, LENGTH = date(2025, 9, 15), working_days(250)
NOTICE = "2027-01-01 至 2027-01-05 放假 元旦\n2027-01-09 上班 元旦"


def walk(days: Days, start: date, length: Length) -> date:
    """The due day as one would count it: day by day."""
    day, left = start, length.number
    while left:
        day += timedelta(days=1)
        left -= days.is_workday(day)
    return day


def due_lines(kind: str, url: str, home: str) -> list[Line]:
    """A due date of 250 working days, which passes a year's end, beside the walk."""
    with application(url, home).app_context():
        days = calendar.at(snapshot.current().tree.roots[0])
        assert days.due(START, LENGTH).day == walk(days, START, LENGTH)
        ours = median_us(lambda: days.due(START, LENGTH), 4000)
        naive = median_us(lambda: walk(days, START, LENGTH))
        asked = median_us(lambda: calendar.at(snapshot.current().tree.roots[0]), 1000)
        explained = median_us(lambda: days.explain(START, LENGTH))
    return [Line(kind, "Due date across a year (250 working days)", f"≤ {MOST_MICROSECONDS:g} µs", f"{ours:.1f} µs",
                 f"{naive:.0f} µs day by day", f"{naive / ours:.0f} ×", ours <= MOST_MICROSECONDS,
                 f"finding the place's days takes {asked:.0f} µs with the revision read, explaining each day {explained:.0f} µs")]


def fill(url: str, home: str, clocks: int) -> None:
    """A county with as many open cases, one running clock each: seven days from 28 December 2026, so into the unknown year."""
    build(url, home, 0)
    with application(url, home).app_context():
        from grid321.plugins.grid.models import Report

        tree = snapshot.current().tree
        villages = [node for node in tree if node.level == "village"]
        moment = datetime(2026, 12, 28, 4)
        rows = (_case(Report, number, villages[number % len(villages)], moment) for number in range(1, clocks + 1))
        for name, model, found in (("cases", Report, rows), ("clocks", Deadline, _clocks(clocks, villages, moment))):
            _load(model, found)
            print(f"{name} loaded", file=sys.stderr)


def _case(model: Any, number: int, village: Node, moment: datetime) -> dict[str, Any]:
    places = dict(ancestor_columns(snapshot_tree(), village))
    return filled(model, {**places, "uid": f"{number:032x}", "number": f"WL-{number:07d}", "state": "handling",
                          "holder_id": village.id, "division_id": village.id, "due": date(2027, 1, 4), "kind": "social",
                          "title": "路灯不亮", "text": "村口路灯不亮。", "occurred_on": date(2026, 12, 28),
                          "created_at": moment, "updated_at": moment})


_trees: list[Any] = []


def snapshot_tree() -> Any:
    """The tree, asked for once: a hundred thousand looks at the revision would be measured otherwise."""
    if not _trees:
        _trees.append(snapshot.current().tree)
    return _trees[0]


def _clocks(count: int, villages: list[Node], moment: datetime) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        yield filled(Deadline, {
            "entity": "grid.report", "record_id": number, "clock": "village", "division_id": villages[number % len(villages)].id,
            "started_at": moment, "started_on": date(2026, 12, 28), "length": "7 d", "setting": "grid.limit_village",
            "source": "benchmark", "due": date(2027, 1, 4), "provisional": True,
            "next_at": datetime(2027, 1, 4, 16), "overdue": "notify"})


def _load(model: Any, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    columns = list(first)
    fields = [model._meta.fields[name] for name in columns]
    names = [field.column_name for field in fields]

    def values() -> Iterator[list[Any]]:
        yield [field.db_value(first[name]) for field, name in zip(fields, columns, strict=True)]
        for row in rows:
            yield [field.db_value(row[name]) for field, name in zip(fields, columns, strict=True)]

    with db.transaction():
        bulk.insert_rows(model, names, values())


def redate_lines(kind: str, url: str, home: str, clocks: int) -> list[Line]:
    """The job that follows a new notice: every clock changes. Afterwards every date is looked at."""
    with application(url, home).app_context(), db.shift_clock(datetime(2026, 12, 28, 5) - db.now()):
        node = snapshot.current().tree.roots[0]
        _found, asked = calendar_edit.enter_year(None, 2027, calendar_sheet.read_lines(NOTICE), "benchmark", SYSTEM, node)
        assert asked is not None
        seen: list[tuple[float, int]] = []
        watched = _watch(lambda: seen.append((time.monotonic(), _done(asked.job_id))))
        started = time.monotonic()
        Executor().run_due(1)
        took = time.monotonic() - started
        watched()
        run = JobRun.get_by_id(asked.job_id)
        changed = Redated.select().where(Redated.redating_id == asked.id).count()
        right = Deadline.select().where((Deadline.due == date(2027, 1, 6)) & (Deadline.provisional == False)).count()  # noqa: E712
    steps = sum(after[1] > before[1] for before, after in pairwise(seen))
    met = took <= MOST_SECONDS * clocks / CLOCKS and run.state == "done" and changed == right == clocks
    least = f"≤ {MOST_SECONDS * clocks / CLOCKS:g} s"
    note = (f"{changed:,} dates changed, each with case, ledger entry and report; {-(-clocks // redating.BATCH)} steps"
            + (f", progress seen {steps} times" if steps else ""))
    return [Line(kind, f"Re-date {clocks:,} open clocks in one job", least, f"{took:.1f} s", "", "", met, note)]


def _done(job_id: int) -> int:
    return int(JobRun.get_by_id(job_id).done)


def _watch(look: Callable[[], None], every: float = 1.0) -> Callable[[], None]:
    """Look at the progress from another connection, as a page does; returns what ends it."""
    import threading

    over = threading.Event()

    def beat() -> None:
        while not over.wait(every):
            look()
        db.close_thread()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()

    def end() -> None:
        over.set()
        thread.join()

    return end


def lines(kind: str, url: str, home: str, clocks: int = CLOCKS) -> list[Line]:
    """The figures of one database, which is filled first."""
    fill(url, home, clocks)
    return [*due_lines(kind, url, home), *redate_lines(kind, url, home, clocks)]


def main() -> int:
    """Measure on the database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="sqlite:////file.db or postgresql://… (empty)")
    parser.add_argument("--home", required=True, help="a folder of its own")
    parser.add_argument("--clocks", type=int, default=CLOCKS)
    given = parser.parse_args()
    Path(given.home).mkdir(parents=True, exist_ok=True)
    kind = "sqlite" if given.database.startswith("sqlite") else "postgres"
    found = lines(kind, given.database, given.home, given.clocks)
    for line in found:
        print(line.text())
    return 0 if all(line.met for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Fill a database with the county and N reports, bulk loaded past the ORM: SQLite by executemany, PostgreSQL by COPY.

    python benchmarks/generate.py --database sqlite:////tmp/x/grid321.db --home /tmp/x --reports 10000

Every report carries its true ancestors, a state that its ledger entries explain, a time limit while it is open, and is
counted in the maintained counters of every division above it.
"""
from __future__ import annotations

import argparse
import sys
import time
from collections import Counter as Bag
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import apsw
import orjson
import psycopg
from county import SEED, World, application, build

from grid321.core import db, snapshot
from grid321.core.clock_rows import over_at
from grid321.core.counters import columns_of, text_of
from grid321.core.registry import registry
from grid321.core.tree import Tree, ancestor_columns

ENTITY = "grid.report"
DAYS, MINUTES = 365, 365 * 24 * 60
FRESH = 0.15  # the newest part of the reports, in which open ones are common
HOT = 80  # reports that the measured grid has at least, so that its list is full on the small database too
TEXTS = (
    ("ledger", "safety", "社区东门消防通道被占用", "三号楼与四号楼之间的消防通道停满车辆，消防车进不来，居民多次反映。"),
    ("ledger", "illegal_building", "沿街商铺私搭彩钢棚", "沿街第二间商铺在人行道上搭建彩钢棚，盲道被占，老人只能走车道。"),
    ("ledger", "petitions", "搬迁安置户水费分摊有争议", "安置点十二户对公共用水的分摊办法有意见，需要先组织协商。"),
    ("ledger", "land", "便道征地补偿未到户", "通组路征用的土地补偿款三户还没有收到，户主来问过两次，村里没有文件可以答复。"),
    ("ledger", "conduct", "低保评议没有张榜", "本季度低保评议结果没有按规定张榜公示，群众要求公开评议会的记录。"),
    ("social", None, "村口路灯三盏不亮", "村口到桥头的路灯有三盏不亮，学生晚自习回家看不清路，请尽快修。"),
    ("social", None, "排水沟堵塞", "连日下雨，组里的排水沟被树枝堵住，水漫到路面，摩托车打滑。"),
    ("social", None, "独居老人需要送医", "八十一岁的独居老人腿摔伤，家人在外地，需要帮忙联系卫生院。"),
)


@dataclass(frozen=True)
class Life:
    """How one report went: its state now, the steps that led there, the columns they set, its running clock."""

    share: int
    state: str
    steps: tuple[tuple[str, str], ...] = ()  # (step, state after it)
    holder: str = "village"
    clock: tuple[str, int] | None = None  # (clock, days)
    values: tuple[tuple[str, str], ...] = ()


SOLVED = (("outcome", "solved"), ("answer", "已经办好，当天到现场看过。"))
RATED = (*SOLVED, ("rating", "satisfied"), ("attitude", "satisfied"))
OPEN = (
    Life(20, "reported", (), clock=("accept", 2)),
    Life(30, "handling", (("accept", "handling"),), clock=("village", 7)),
    Life(10, "studied", (("accept", "handling"), ("study", "studied")), clock=("village", 7)),
    Life(20, "received", (("study", "studied"), ("send_up", "received")), "town", ("town", 21)),
    Life(20, "answered", (("solve_on_spot", "answered"),), clock=("rating", 14), values=SOLVED),
)
OVER = (
    Life(82, "closed", (("solve_on_spot", "answered"), ("rate", "rated"), ("write_off", "closed")),
         values=(*RATED, ("solved_level", "village"))),
    Life(9, "closed", (("study", "studied"), ("send_up", "received"), ("answer_directly", "answered"), ("rate", "rated"),
                       ("write_off", "closed")), "town", values=(*RATED, ("solved_level", "town"))),
    Life(5, "withdrawn", (("withdraw", "withdrawn"),)),
    Life(4, "kept", (("solve_on_spot", "answered"), ("rate", "rated"), ("keep", "kept")), clock=("look_again", 90),
         values=(*RATED, ("outcome", "explained"))),
)
FLOWS = {"write_off": "solved", "withdraw": "withdrawn"}
FINAL = {"closed", "withdrawn"}

REPORT = ("id", "uid", "version", "created_at", "updated_at", "created_by", "division_id", *db.SCOPE_COLUMNS, "number", "state",
          "workflow_version", "holder_id", "reporter_id", "due", "closed_at", "outcome", "kind", "ledger_class", "title",
          "text", "place", "occurred_on", "urgency", "answer", "rating", "attitude", "handled_again", "holder_level",
          "solved_level")
LEDGER = ("at", "entity", "record_id", "step", "from_state", "to_state", "version", "account_id", "division_id", "facts")
DEADLINE = ("entity", "record_id", "clock", "division_id", "event", "started_at", "started_on", "length", "day_off", "setting",
            "source", "remind", "overdue", "due", "provisional", "state", "next_at", "asked", "extension")
COUNTER = ("entity", "division_id", "dimension", "month", "value", "n")


@dataclass
class Place:
    """A grid with what each report there repeats."""

    division_id: int
    columns: tuple[Any, ...]
    path: tuple[int, ...]
    holders: dict[str, tuple[int, str]]
    town_code: str
    facts: dict[str, str] = field(default_factory=dict)


class Maker:
    """Draws reports from a fixed seed and gives the rows of the three tables; counts while it goes."""

    def __init__(self, tree: Tree, county_id: int, workers: dict[int, int], hot: int, reports: int, today: datetime) -> None:
        self.rng = Random(SEED)
        self.reports = reports
        self.first = (today - timedelta(days=DAYS)).replace(second=0, microsecond=0)
        self.moments = [str(self.first + timedelta(minutes=at)) for at in range(MINUTES + 1)]
        self.days = [str((self.first + timedelta(hours=8, days=at)).date()) for at in range(DAYS + 200)]
        self.grids = [_place(tree, node.id) for node in tree if node.level == "grid"]
        self.hot = next(place for place in self.grids if place.division_id == hot)
        self.workers = workers
        self.numbers: Bag[str] = Bag()
        self.counted: Bag[tuple[int, int, int, int]] = Bag()  # (place, text, life, month of the report)
        self.flowed: Bag[tuple[int, str, str, str]] = Bag()  # (holder, level, month, kind)
        self.lives = (*OPEN, *OVER)
        self.open = _spread(OPEN, 0)
        self.over = _spread(OVER, len(OPEN))
        self.accounts = sorted(workers.values())

    def plan(self) -> Iterator[tuple[int, Place, int, int, int]]:
        """(id, grid, text, life, minute) of every report, oldest first."""
        draw, many = self.rng.random, len(self.grids)
        every = max(1, self.reports // max(HOT, self.reports // many))
        fresh = self.reports * (1 - FRESH)
        for number in range(1, self.reports + 1):
            place = self.hot if number % every == 0 else self.grids[int(draw() * many)]
            lives = self.open if (draw() < 0.5 if number > fresh else draw() < 0.01) else self.over
            yield (number, place, int(draw() * len(TEXTS)), lives[int(draw() * 100)],
                   int(number / self.reports * (MINUTES - 1)))

    def report(self, number: int, place: Place, text: int, life_at: int, minute: int) -> tuple[Any, ...]:
        """The row of a report."""
        life, (kind, ledger_class, title, words) = self.lives[life_at], TEXTS[text]
        at, values = self.moments[minute], dict(life.values)
        series = f"WL-{place.town_code}-{self.month(minute).replace('-', '')}"
        self.numbers[series] += 1
        account = self.workers.get(place.division_id) or self.accounts[number % len(self.accounts)]
        last = self.moments[min(MINUTES, minute + 30 * len(life.steps))]
        due = self.days[minute // 1440 + life.clock[1]] if life.clock else None
        return (number, f"{number:032x}", 1 + len(life.steps), at, last, account, *place.columns,
                f"{series}-{self.numbers[series]:04d}", life.state, 1, place.holders[life.holder][0], account, due,
                last if life.state in FINAL else None, values.get("outcome"), kind, ledger_class, f"{title}（{number}）",
                words, "村委会旁", self.days[minute // 1440], "normal", values.get("answer"), values.get("rating"),
                values.get("attitude"), False, life.holder, values.get("solved_level"))

    def entries(self, number: int, place: Place, life: Life, minute: int) -> Iterator[tuple[Any, ...]]:
        """The ledger entries of a report; what each booked is counted."""
        holder, before, version = "village", None, 1
        account = self.workers.get(place.division_id) or self.accounts[number % len(self.accounts)]
        for step, after in (("create", "reported"), *life.steps):
            moved = "town" if step == "send_up" else holder
            key = f"{step}.{moved}"
            if key not in place.facts:
                place.facts[key] = _facts(place, step, holder, moved)
            yield (self.moments[minute], ENTITY, number, step, before, after, version, account, place.division_id,
                   place.facts[key])
            before, holder, version, minute = after, moved, version + 1, min(MINUTES, minute + 30)

    def book(self, place: Place, life: Life, minute: int) -> None:
        """Count what the ledger entries of a report booked."""
        holder = "village"
        for step, _after in (("create", ""), *life.steps):
            moved = "town" if step == "send_up" else holder
            for holder_id, level, kind in _flows(place, step, holder, moved):
                self.flowed[(holder_id, level, self.month(minute), kind)] += 1
            holder, minute = moved, min(MINUTES, minute + 30)

    def deadline(self, number: int, place: Place, life: Life, minute: int) -> tuple[Any, ...]:
        """The row of a running clock."""
        assert life.clock is not None
        clock, length = life.clock
        start = minute // 1440
        due = self.days[start + length]
        return (ENTITY, number, clock, place.holders[life.holder][0], "entry", self.moments[minute],
                self.days[start], f"{length} d", "stay", "", "benchmark", "", "notify", due, False, "running",
                str(over_at(date.fromisoformat(due), None)),
                0, "")

    def month(self, minute: int) -> str:
        """The month in China of a minute of the year that is measured."""
        return (self.first + timedelta(minutes=minute, hours=8)).strftime("%Y-%m")

    def counters(self, tree: Tree) -> Iterator[tuple[Any, ...]]:
        """The rows of the maintained counters: stock by value, flows by month, for every division above."""
        entity = registry().entity(ENTITY)
        by_id = {place.division_id: place for place in self.grids}
        found: Bag[tuple[int, str, str, str]] = Bag()
        for (division_id, text, life_at, _month), n in self.counted.items():
            life, (kind, ledger_class, _title, _words) = self.lives[life_at], TEXTS[text]
            record = {"state": life.state, "kind": kind, "ledger_class": ledger_class, "holder_level": life.holder,
                      **dict(life.values)}
            for column in columns_of(entity):
                value = text_of(record, column)
                for above in by_id[division_id].path:
                    found[(above, column, "", value)] += n
        for (holder_id, level, month, kind), n in self.flowed.items():
            node = tree.get(holder_id)
            assert node is not None
            for above in node.path:
                found[(above, f"flow.{level}", month, kind)] += n
        return ((ENTITY, *key, n) for key, n in found.items())


def _spread(lives: Sequence[Life], offset: int) -> list[int]:
    return [at + offset for at, life in enumerate(lives) for _share in range(life.share)]


def _place(tree: Tree, division_id: int) -> Place:
    node = tree.get(division_id)
    assert node is not None
    village, town = tree.at_level(node, "village"), tree.at_level(node, "town")
    assert village is not None and town is not None
    return Place(node.id, tuple(ancestor_columns(tree, node).values()), node.path,
                 {"village": (village.id, village.code), "town": (town.id, town.code)}, town.code)


def _flows(place: Place, step: str, before: str, after: str) -> list[tuple[int, str, str]]:
    found = [(place.holders["village"][0], "village", "collected")] if step == "create" else []
    if before != after:
        found += [(place.holders[before][0], before, "sent_up"), (place.holders[after][0], after, "received")]
    if step in FLOWS:
        found.append((place.holders[after][0], after, FLOWS[step]))
    return found


def _facts(place: Place, step: str, before: str, after: str) -> str:
    facts: dict[str, Any] = {"holder": place.holders[after][1], "flows": _flows(place, step, before, after)}
    if before != after:
        facts["from_holder"] = place.holders[before][0]
    return orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode()


# -- writing -----------------------------------------------------------------------------------------------------------

class SqliteLoader:
    """Bulk loading of a SQLite file that nobody else uses: durable only at the end, indexes made last."""

    def __init__(self, url: str) -> None:
        self.connection = apsw.Connection(url.removeprefix("sqlite:///"))
        self.connection.execute("PRAGMA synchronous=off; PRAGMA cache_size=-400000; PRAGMA temp_store=memory; BEGIN")

    def drop_indexes(self, tables: Sequence[str]) -> list[str]:
        """Drop the indexes of ``tables`` and return the statements that make them again."""
        marks = ",".join("?" * len(tables))
        found = self.connection.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})",
            tuple(tables)).fetchall()
        for name, _sql in found:
            self.connection.execute(f'DROP INDEX "{name}"')
        return [str(sql) for _name, sql in found]

    def load(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert many rows."""
        marks = ",".join("?" * len(columns))
        self.connection.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", rows)

    def finish(self, statements: Sequence[str], tables: Sequence[str] = ()) -> None:
        """Make the indexes, commit, and leave the file as a server expects it."""
        for statement in statements:
            self.connection.execute(statement)
        self.connection.execute("COMMIT")
        self.connection.execute("PRAGMA synchronous=full; PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.close()


class PostgresLoader:
    """Bulk loading of PostgreSQL by COPY in one transaction, indexes made last."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url)

    def drop_indexes(self, tables: Sequence[str]) -> list[str]:
        """Drop the indexes of ``tables`` but their primary keys, and return the statements that make them again."""
        found = self.connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname NOT IN"
            " (SELECT conname FROM pg_constraint)", (list(tables),)).fetchall()
        for name, _sql in found:
            self.connection.execute(f'DROP INDEX "{name}"'.encode())
        return [str(sql) for _name, sql in found]

    def load(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert many rows; values hold no tabs, line ends or backslashes."""
        with self.connection.cursor() as cursor, cursor.copy(
                f"COPY {table} ({','.join(columns)}) FROM STDIN".encode()) as copy:
            lines: list[str] = []
            for row in rows:
                lines.append("\t".join(["\\N" if value is None else str(value) for value in row]))
                if len(lines) == 2000:
                    copy.write("\n".join(lines) + "\n")
                    lines.clear()
            if lines:
                copy.write("\n".join(lines) + "\n")

    def finish(self, statements: Sequence[str], tables: Sequence[str] = ("grid_report",)) -> None:
        """Make the indexes, commit, and bring the planner's figures and the row numbers of ``tables`` up to date."""
        for statement in statements:
            self.connection.execute(statement.encode())
        for table in tables:
            self.connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}".encode())
        self.connection.commit()
        self.connection.autocommit = True
        self.connection.execute("VACUUM ANALYZE")
        self.connection.execute("CHECKPOINT" if _may_checkpoint(self.connection) else "SELECT 1")
        self.connection.close()


def _may_checkpoint(connection: Any) -> bool:
    return bool(connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()[0])


def _loader(url: str) -> SqliteLoader | PostgresLoader:
    return SqliteLoader(url) if url.startswith("sqlite") else PostgresLoader(url)


def fill(url: str, home: str, reports: int) -> World:
    """Make the county with ``reports`` reports in the empty database ``url``; returns how to measure it."""
    Path(home).mkdir(parents=True, exist_ok=True)
    world = build(url, home, reports)
    with application(url, home).app_context():
        tree, today = snapshot.current().tree, db.now()
        workers = {row[0]: row[1] for row in db.database.execute_sql(
            "SELECT division_id, id FROM core_account WHERE username LIKE 'worker%%'" if db.is_postgres()
            else "SELECT division_id, id FROM core_account WHERE username LIKE 'worker%'").fetchall()}
        db.close_thread()
        if db.is_postgres():
            db.database.obj.close_all()
        maker = Maker(tree, world.ids["county"], workers, world.ids["grid"], reports, today)
        _load(_loader(url), maker, tree)
    world.records = [reports - at for at in range(0, min(reports, 2000), max(1, min(reports, 2000) // 200))]
    world.save()
    return world


def _load(loader: SqliteLoader | PostgresLoader, maker: Maker, tree: Tree) -> None:
    """Write reports, ledger, clocks, counters and the last numbers given."""
    plan = list(maker.plan())
    indexes = loader.drop_indexes(("grid_report", "core_ledger", "core_deadline", "core_counter"))
    loader.load("grid_report", REPORT, (maker.report(*item) for item in plan))
    lives = maker.lives
    loader.load("core_ledger", LEDGER, (entry for number, place, _text, life, minute in plan
                                        for entry in maker.entries(number, place, lives[life], minute)))
    loader.load("core_deadline", DEADLINE, (maker.deadline(number, place, lives[life], minute)
                                            for number, place, _text, life, minute in plan if lives[life].clock))
    for _number, place, text, life, minute in plan:
        maker.counted[(place.division_id, text, life, 0)] += 1
        maker.book(place, lives[life], minute)
    loader.load("core_counter", COUNTER, maker.counters(tree))
    loader.load("core_sequence", ("key", "last"), maker.numbers.items())
    loader.finish(indexes)


def main() -> int:
    """Fill a database from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="sqlite:////file.db or postgresql://… (empty)")
    parser.add_argument("--home", required=True, help="folder of the installation: keys, world.json")
    parser.add_argument("--reports", type=int, default=10_000)
    given = parser.parse_args()
    started = time.monotonic()
    fill(given.database, given.home, given.reports)
    print(f"{given.reports:,} reports in {time.monotonic() - started:.1f} s on {date.today()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How long a sweep takes with a million open clocks, and what five clocks add to a transition.

    python benchmarks/sweep.py --database sqlite:////tmp/x/sweep --home /tmp/x [--small 10000 --big 1000000]

The address is that of a folder (SQLite) or a server (PostgreSQL) in which this makes databases of its own. The requirements
are those of issue 3: sweeping 1,000 due of 1,000,000 open clocks takes at most three times as long as 1,000 due of 10,000;
a transition that starts five clocks reaches at least 0.7 of one that starts none.
"""
from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import peewee
from county import application, build
from table import Line

from grid321.core import bulk, clock, db, engine, records, snapshot
from grid321.core.access import Actor
from grid321.core.actor import SYSTEM
from grid321.core.api import (
    Case,
    Clock,
    Entity,
    EntitySchema,
    Plugin,
    State,
    Text,
    Transition,
    Workflow,
    case_indexes,
    days,
    hookimpl,
    months,
    working_days,
)
from grid321.core.app import create_app
from grid321.core.clock_rows import Deadline, over_at
from grid321.core.db import filled

DUE, ROUNDS, STEPS = 1_000, 3, 200
MOST, LEAST = 3.0, 0.7
TODAY, LATER = date(2026, 11, 20), date(2027, 3, 1)


# ---------------------------------------------------------------- sweep

def fill(url: str, home: str, clocks: int) -> None:
    """A county with so many running clocks, of which a thousand are due; these have their cases, which a sweep looks at."""
    build(url, home, 0)
    with application(url, home).app_context():
        from grid321.core.tree import ancestor_columns
        from grid321.plugins.grid.models import Report

        tree = snapshot.current().tree
        villages = [node for node in tree if node.level == "village"]
        moment = datetime(2026, 11, 1, 4)

        def cases() -> Iterator[dict[str, Any]]:
            for number in range(1, DUE + 1):
                village = villages[number % len(villages)]
                yield filled(Report, {
                    **dict(ancestor_columns(tree, village)), "uid": f"{number:032x}", "number": f"WL-{number:07d}",
                    "state": "handling", "holder_id": village.id, "division_id": village.id, "due": TODAY, "kind": "social",
                    "title": "路灯不亮", "text": "村口路灯不亮。", "occurred_on": date(2026, 11, 1), "created_at": moment,
                    "updated_at": moment})

        def rows() -> Iterator[dict[str, Any]]:
            for number in range(1, clocks + 1):
                due = TODAY if number <= DUE else LATER + timedelta(days=number % 90)
                yield filled(Deadline, {
                    "entity": "grid.report", "record_id": number, "clock": "village", "started_at": moment, "length": "19 d",
                    "division_id": villages[number % len(villages)].id, "started_on": date(2026, 11, 1), "due": due,
                    "next_at": over_at(due, None), "overdue": "notify"})

        with db.transaction():
            _load(Report, cases())
            _load(Deadline, rows())
        if db.is_postgres():
            db.database.execute_sql("ANALYZE core_deadline")


def _load(model: Any, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    fields = [model._meta.fields[name] for name in first]

    def values() -> Iterator[list[Any]]:
        yield [field.db_value(first[field.name]) for field in fields]
        for row in rows:
            yield [field.db_value(row[field.name]) for field in fields]

    bulk.insert_rows(model, [field.column_name for field in fields], values())


def swept(url: str, home: str) -> float:
    """Seconds of a sweep until nothing is due; afterwards the same clocks are due again."""
    with application(url, home).app_context(), db.shift_clock(over_at(TODAY, None) + timedelta(hours=1) - db.now()):
        started = time.monotonic()
        done = 0
        while found := clock.sweep():
            done += found
        took = time.monotonic() - started
        with db.transaction():
            fired = Deadline.update(next_at=over_at(TODAY, None), fired_at=None).where(Deadline.fired_at.is_null(False)).execute()
        db.close_thread()
    if done != DUE or fired != DUE:
        raise RuntimeError(f"{done} clocks did something and {fired} fired, not {DUE}")
    return took


def sweep_lines(kind: str, urls: dict[int, str], homes: dict[int, str]) -> list[Line]:
    """A sweep of the big database beside one of the small one, turn by turn."""
    small, big = sorted(urls)
    took: dict[int, list[float]] = {small: [], big: []}
    for _round in range(ROUNDS):
        for size in (small, big):
            took[size].append(swept(urls[size], homes[size]))
    ratios = [after / before for before, after in zip(took[small], took[big], strict=True)]
    ratio = statistics.median(ratios)
    return [Line(kind, f"Sweep {DUE:,} due of {big:,} open clocks", f"≤ {MOST:g} × {small:,}",
                 f"{statistics.median(took[big]):.2f} s", f"{statistics.median(took[small]):.2f} s of {small:,}",
                 f"{ratio:.2f} ×", ratio <= MOST,
                 "each with case, ledger entry and outbox row; three turns")]


# ---------------------------------------------------------------- transitions

class Plain(Case):
    """Cases without clocks."""

    title = peewee.CharField(default="")

    class Meta:
        table_name = "clocked_plain"
        indexes = case_indexes()


class Timed(Case):
    """Cases whose step starts five clocks."""

    title = peewee.CharField(default="")

    class Meta:
        table_name = "clocked_timed"
        indexes = case_indexes()


class CaseSchema(EntitySchema):
    """One title."""

    title = Text("Title", required=True)


FIVE = (Clock("return", working_days(10), "Return", "mark", "benchmark"),
        Clock("reply", months(3), "Reply", "supervise", "benchmark"),
        Clock("co_handler", months(2), "Co-handler", "notify", "benchmark"),
        Clock("inspection", days(15), "Inspection", "send_up", "benchmark"),
        Clock("contact", working_days(20), "First contact", "notify", "benchmark", remind=(-3,)))


def flow(name: str, clocks: tuple[Clock, ...]) -> Workflow:
    """Two states and an end; the step to the second starts the clocks."""
    return Workflow(f"clocked.{name}_flow", f"clocked.{name}", 1, states=(
        State("raised", "Raised"), State("given", "Assigned", clocks=clocks), State("closed", "Closed", final=True)),
        transitions=(Transition("assign", "raised", "given", "Assign", "clocked.assign"),
                     Transition("close", "given", "closed", "Close", "clocked.assign", flow="solved")), numbers=name.upper())


ENTITIES = {name: Entity(f"clocked.{name}", model, CaseSchema, name.title(), title="title", columns=("number", "title", "state"))
            for name, model in (("plain", Plain), ("timed", Timed))}


@hookimpl
def grid321_entities() -> list[Any]:
    """The two kinds of cases."""
    return list(ENTITIES.values())


@hookimpl
def grid321_workflows() -> list[Any]:
    """Their workflows."""
    return [flow("plain", ()), flow("timed", FIVE)]


PLUGIN = SimpleNamespace(plugin=Plugin("clocked", "Clocked", "1.0.0"), __name__="clocked", grid321_entities=grid321_entities,
                         grid321_workflows=grid321_workflows)


def step_lines(kind: str, url: str, home: str) -> list[Line]:
    """Transitions of both kinds of cases, turn by turn."""
    build(url, home, 0)
    app = create_app({"DATABASE": url, "HOME": home, "PLUGINS": [PLUGIN], "STRICT": True})
    rates: dict[str, list[float]] = {name: [] for name in ENTITIES}
    with app.app_context():
        db.database.create_tables([Plain, Timed])
        from grid321.core import migrate, switches

        migrate.upgrade()
        snapshot.forget()
        county = next(node for node in snapshot.current().tree if node.level == "county")
        switches.turn("clocked", county, True)
        village = next(node for node in snapshot.current().tree if node.level == "village")
        for _round in range(2 * ROUNDS + 1):
            for name, entity in ENTITIES.items():
                made = [records.create(entity, {"title": "x"}, SYSTEM, village) for _number in range(STEPS)]
                rates[name].append(_rate(entity, made, SYSTEM, county))
        started = Deadline.select().where(Deadline.entity == "clocked.timed").count()
        db.close_thread()
    if started != 5 * STEPS * (2 * ROUNDS + 1):
        raise RuntimeError(f"{started} clocks were started")
    ratio = statistics.median(timed / plain for plain, timed in zip(rates["plain"][1:], rates["timed"][1:], strict=True))
    plain, timed = (statistics.median(rates[name][1:]) for name in ENTITIES)
    return [Line(kind, "Transition that starts five clocks", f"≥ {LEAST:g} × none", f"{timed:.0f}/s",
                 f"{plain:.0f}/s without clocks", f"{ratio:.2f} ×", ratio >= LEAST,
                 "each durable, with ledger entry, counters and outbox row; one writer")]


def _rate(entity: Entity, made: list[Any], actor: Actor, node: Any) -> float:
    started = time.monotonic()
    for case in made:
        engine.perform(entity, case.id, "assign", {}, actor, case.version, node)
    return len(made) / (time.monotonic() - started)


def lines(kind: str, base: str, home: str, small: int = 10_000, big: int = 1_000_000) -> list[Line]:
    """The figures on one kind of database. ``base`` is a folder or a server; the databases are made here."""
    urls = {size: database(base, f"sweep_{size}") for size in (small, big)}
    homes = {size: f"{home}/sweep_{size}" for size in urls}
    for size, url in urls.items():
        Path(homes[size]).mkdir(parents=True, exist_ok=True)
        fill(url, homes[size], size)
        print(f"{size:,} clocks loaded", file=sys.stderr)
    steps = f"{home}/steps"
    Path(steps).mkdir(parents=True, exist_ok=True)
    return [*sweep_lines(kind, urls, homes), *step_lines(kind, database(base, "steps"), steps)]


def database(base: str, name: str) -> str:
    """The address of a new, empty database in a folder (SQLite) or on a server (PostgreSQL)."""
    if base.startswith("sqlite"):
        folder = Path(base.removeprefix("sqlite:///"))
        folder.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{folder}/{name}.db"
    import psycopg

    server, _slash, _old = base.rpartition("/")
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS bench_{name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE bench_{name}".encode())
    return f"{server}/bench_{name}"


def main() -> int:
    """Measure on the databases that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="sqlite:////folder or postgresql://…/postgres")
    parser.add_argument("--home", required=True, help="a folder of its own")
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--big", type=int, default=1_000_000)
    given = parser.parse_args()
    kind = "sqlite" if given.database.startswith("sqlite") else "postgres"
    found = lines(kind, given.database, given.home, given.small, given.big)
    for line in found:
        print(line.text())
    return 0 if all(line.met for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())

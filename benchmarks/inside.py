"""What is measured inside one process: statistics from the counters, gate and dispatcher, start-up.

    python benchmarks/inside.py statistics HOME      one JSON line
    python benchmarks/inside.py recount HOME
    python benchmarks/inside.py gate HOME
    python benchmarks/inside.py start HOME
"""
from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import types
from collections.abc import Callable
from typing import Any

from county import World, application

REPEATS = 400
PLUGINS, LISTENERS, SLOTS = 50, 10, ("detail.aside", "detail.main")


def median_us(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The median time of a call in microseconds."""
    times = []
    for _repeat in range(repeats):
        start = time.perf_counter_ns()
        work()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1000


def figures(home: str) -> dict[str, Any]:
    """Time of the county's figures from the counters, and of one indexed row, both in plain SQL as the platform reads."""
    world = World.load(home)
    from grid321.core import counters, db, snapshot
    from grid321.core import statistics as st
    from grid321.core.registry import registry

    with application(world.url, home).app_context():
        entity, county = registry().entity("grid.report"), world.ids["county"]
        columns = counters.columns_of(entity)
        mark = "%s" if db.is_postgres() else "?"
        number = db.database.execute_sql("SELECT max(number) FROM grid_report").fetchone()[0]
        row = f"SELECT * FROM grid_report WHERE number = {mark}"
        while counters.fold():  # as the worker does all the time (PostgreSQL)
            pass
        counters.clear_folded()
        node = snapshot.current().tree.get(county)

        def one_row() -> None:
            db.database.execute_sql(row, (number,)).fetchone()

        def rollups() -> None:
            list(counters.counts(entity.key, [county], columns))

        def as_shown() -> None:
            st.stock(entity, node, columns)

        live = (f"SELECT state, count(*) FROM grid_report WHERE county_id = {mark} GROUP BY state", (county,))
        for work in (one_row, rollups, as_shown):
            median_us(work, 50)
        pairs = [(median_us(one_row, 60), median_us(rollups, 60), median_us(as_shown, 60)) for _round in range(7)]
        start = time.perf_counter_ns()
        db.database.execute_sql(*live).fetchall()
        return {"row_us": statistics.median(pair[0] for pair in pairs),
                "rollups_us": statistics.median(pair[1] for pair in pairs),
                "shown_us": statistics.median(pair[2] for pair in pairs),
                "ratio": statistics.median(pair[1] / pair[0] for pair in pairs),
                "live_us": (time.perf_counter_ns() - start) / 1000}


def recount(home: str) -> dict[str, Any]:
    """Count reports and ledger anew; how many figures differ from the maintained ones, and how long it took."""
    world = World.load(home)
    from grid321.core import counters, snapshot
    from grid321.core.registry import registry

    with application(world.url, home).app_context():
        start = time.monotonic()
        differences = counters.recount(registry().entity("grid.report"), snapshot.current().tree)
        return {"differences": len(differences), "seconds": time.monotonic() - start}


def _guests() -> list[types.ModuleType]:
    """Fifty plugins; ten of them answer the hooks that a page calls, with None as most do."""
    from grid321.core.api import Plugin, hookimpl

    found = []
    for number in range(PLUGINS):
        module = types.ModuleType(f"guest{number:02d}")
        module.plugin = Plugin(key=f"guest{number:02d}", label=f"Guest {number}", version="1.0.0", api=">=1.0,<2")  # type: ignore[attr-defined]
        if number < LISTENERS:
            module.grid321_panels = hookimpl(_panels())  # type: ignore[attr-defined]
            module.grid321_scope = hookimpl(_scope())  # type: ignore[attr-defined]
        found.append(module)
    return found


def _panels() -> Callable[..., None]:
    def grid321_panels(slot: str, entity: Any, record: Any, actor: Any, division: Any) -> None:
        return None
    return grid321_panels


def _scope() -> Callable[..., None]:
    def grid321_scope(entity: Any, action: str, actor: Any, division: Any) -> None:
        return None
    return grid321_scope


def gate(home: str) -> dict[str, Any]:
    """Time of the gate and of the hook calls of a detail page, with fifty plugins registered and switched on.

    The gate is what ``gate.enter`` takes beyond finding out who asks; both share one query, which any page with a login needs.
    """
    world = World.load(home)
    from importlib import import_module

    from flask import g

    from grid321.core import auth, db, panels, snapshot, switches
    from grid321.core import gate as gate_module
    from grid321.core.app import create_app
    from grid321.core.registry import registry

    guests = _guests()
    app = create_app({"DATABASE": world.url, "HOME": home, "PLUGINS": [import_module("grid321.plugins.grid"), *guests]})
    with app.app_context():
        county = snapshot.current().tree.by_code(world.codes["county"])
        with db.transaction():
            for guest in guests:
                switches.turn(guest.plugin.key, county, True)
    path = f"/d/{world.codes['county']}/grid/report/{world.records[0]}"
    with app.test_request_context(path, headers={"Cookie": f"g321={world.cookies['county']}"}) as context:
        app.preprocess_request()
        node, actor, entity = g.node, g.actor, registry().entity("grid.report")
        values = dict(context.request.view_args or {}) | {"code": world.codes["county"]}

        def whole() -> None:
            g.pop("_snapshot", None)
            context.request.view_args = dict(values)
            gate_module.enter()

        def session_alone() -> None:
            g.pop("_snapshot", None)
            auth.look()
            auth.load_actor()

        def hooks() -> None:
            for slot in SLOTS:  # without a record: what core and plugins read for one is in the figure of the detail page
                panels.render(slot, None, None, actor, node)
            app.extensions["grid321"].hooks.all("scope", division=node, entity=entity, action="view", actor=actor)

        for work in (whole, session_alone, hooks):
            median_us(work, 50)
        rounds = [(median_us(whole, 60), median_us(session_alone, 60), median_us(hooks, 60)) for _round in range(9)]
        gate_us = statistics.median(entered - session for entered, session, _hooks in rounds)
        called = statistics.median(hooks_us for _entered, _session, hooks_us in rounds)
        both = statistics.median(entered for entered, _session, _hooks in rounds)
    with app.app_context(), db.transaction():
        for guest in guests:
            switches.turn(guest.plugin.key, county, False)
    return {"gate_us": gate_us, "hooks_us": called, "with_session_us": both}


def start(home: str) -> dict[str, Any]:
    """Seconds from the start of a new interpreter to an application that can serve: the median of five."""
    world = World.load(home)
    code = "from grid321.core.app import create_app; create_app()"
    environment = {**os.environ, "GRID321_DATABASE": world.url, "GRID321_HOME": world.home}
    times = []
    for _repeat in range(5):
        begun = time.monotonic()
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        times.append(time.monotonic() - begun)
    return {"seconds": statistics.median(times)}


WORK = {"statistics": figures, "recount": recount, "gate": gate, "start": start}


def main() -> int:
    """Measure one thing and print it as JSON."""
    if len(sys.argv) != 3 or sys.argv[1] not in WORK:
        print(__doc__, file=sys.stderr)
        return 2
    print(json.dumps(WORK[sys.argv[1]](sys.argv[2])))
    return 0


if __name__ == "__main__":
    sys.exit(main())

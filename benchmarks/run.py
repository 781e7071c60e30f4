"""Measure the platform side by side with the bare prototype and write docs/performance.md.

    make bench                                    both databases, 10,000 and 1,000,000 reports
    python benchmarks/run.py --quick              SQLite, 10,000 reports, nothing written
    python benchmarks/run.py --database sqlite    one database only

PostgreSQL is measured on the server that GRID321_TEST_POSTGRES names (``tools/postgres.py --durable`` starts one).
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import bare
import engine
import psycopg
from county import World
from servers import Clients, Round, Server, request
from table import Line, Run, write

HERE = Path(__file__).resolve().parent
SMALL, BIG = 10_000, 1_000_000
LEVELS = ("county", "town", "village", "grid")
ROUNDS, SECONDS = 5, 1.5
POSTGRES = "GRID321_TEST_POSTGRES"


@dataclass
class Plan:
    """What is measured how long."""

    folder: Path
    small: int
    big: int
    rounds: int
    seconds: float
    engine: bool


@dataclass
class Case:
    """One figure: the requests of each client to the platform and to the prototype."""

    name: str
    platform: Callable[[World], list[list[str]]]
    bare: list[list[str]]
    least: float
    seconds: float
    sizes: bool = False


class Stage:
    """One database with both counties, the copies for the prototype, and the servers on them."""

    def __init__(self, kind: str, plan: Plan) -> None:
        self.kind, self.plan = kind, plan
        self.homes = {size: plan.folder / f"{kind}-{size}" for size in {plan.small, plan.big}}

    def url(self, size: int, name: str = "grid321") -> str:
        """The address of a database of this stage."""
        if self.kind == "sqlite":
            return f"sqlite:///{self.homes[size]}/{name}.db"
        return urlunsplit(urlsplit(os.environ[POSTGRES])._replace(path=f"/bench_{os.getpid()}_{name}_{size}"))

    def generate(self) -> None:
        """Make the counties, each in a process of its own, and the prototype's copy of the big one."""
        for size, home in sorted(self.homes.items()):
            if self.kind == "postgres":
                self._administer(f"CREATE DATABASE {self._name(size)}")
            home.mkdir(parents=True)
            subprocess.run([sys.executable, str(HERE / "generate.py"), "--database", self.url(size), "--home", str(home),
                            "--reports", str(size)], check=True, stdout=subprocess.DEVNULL)
        big = self.plan.big
        if self.kind == "sqlite":
            shutil.copyfile(self.homes[big] / "grid321.db", self.homes[big] / "bare.db")
        else:
            self._administer(f"CREATE DATABASE {self._name(big, 'bare')} TEMPLATE {self._name(big)} STRATEGY file_copy")
            with psycopg.connect(self.url(big, "bare"), autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")

    def remove(self) -> None:
        """Drop the databases of PostgreSQL; the files go with their folder."""
        if self.kind == "postgres":
            for size in self.homes:
                for name in ("grid321", "bare"):
                    self._administer(f"DROP DATABASE IF EXISTS {self._name(size, name)} WITH (FORCE)")

    def _name(self, size: int, name: str = "grid321") -> str:
        return urlsplit(self.url(size, name)).path.lstrip("/")

    def _administer(self, statement: str) -> None:
        with psycopg.connect(os.environ[POSTGRES], autocommit=True) as connection:
            connection.execute(statement.encode())

    def platform(self, size: int) -> Server:
        """The platform on the county of that size."""
        environment = {"GRID321_DATABASE": self.url(size), "GRID321_HOME": str(self.homes[size])}
        return Server(f"platform {size:,}", "grid321.core.app:create_app()", environment, "/health", self.plan.folder / "log")

    def prototype(self) -> Server:
        """The bare prototype on its copy."""
        bare.prepare(self.url(self.plan.big, "bare"))
        if hasattr(bare.database.obj, "close_all"):
            bare.database.obj.close_all()
        return Server("bare", "bare:create_app()", {"BARE_DATABASE": self.url(self.plan.big, "bare")}, "/",
                      self.plan.folder / "log")

    def inside(self, what: str, size: int) -> dict[str, Any]:
        """A measurement of ``inside.py`` on the county of that size."""
        done = subprocess.run([sys.executable, str(HERE / "inside.py"), what, str(self.homes[size])], check=True,
                              stdout=subprocess.PIPE, text=True)
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return found


def cases(world: World, plan: Plan) -> list[Case]:
    """What is asked of both servers."""
    found = []
    for level in LEVELS:
        for label, query in (("", ""), (", one state", "?state=closed")):
            found.append(Case(f"List of 20, {level}{label}", _list_requests(level, query),
                              [[request(f"/d/{world.codes[level]}/reports{query}")]], 0.4, plan.seconds, sizes=True))
    found.append(Case("Detail page", _detail_requests, [[request(f"/report/{key}") for key in world.records]], 0.4,
                      plan.seconds))
    found.append(Case("REST list of 100", _rest_requests, [[request(f"/api/d/{world.codes['county']}/reports")]], 0.5,
                      plan.seconds))
    found.append(Case("REST create, four writers", _create_requests,
                      [[request(f"/api/d/{writer['code']}/reports", None, _body(writer))] for writer in world.writers],
                      0.6, 3 * plan.seconds))
    return found


def _list_requests(level: str, query: str) -> Callable[[World], list[list[str]]]:
    return lambda world: [[request(f"/d/{world.codes[level]}/grid/report/{query}",
                                   {"Cookie": f"g321={world.cookies[level]}"})]]


def _detail_requests(world: World) -> list[list[str]]:
    cookie = {"Cookie": f"g321={world.cookies['county']}"}
    return [[request(f"/d/{world.codes['county']}/grid/report/{key}", cookie) for key in world.records]]


def _rest_requests(world: World) -> list[list[str]]:
    return [[request(f"/api/v1/d/{world.codes['county']}/grid/report?limit=100", {"Authorization": f"Bearer {world.token}"})]]


def _create_requests(world: World) -> list[list[str]]:
    return [[request(f"/api/v1/d/{writer['code']}/grid/report", {"Authorization": f"Bearer {writer['token']}"}, _body(writer))]
            for writer in world.writers]


def _body(writer: dict[str, Any]) -> str:
    return json.dumps({"kind": "social", "division": writer["code"], "place": "村口",
                       "text": "村口到桥头的路灯有三盏不亮，学生晚自习回家看不清路，请尽快修。"})


def measure(stage: Stage) -> Iterator[Line]:
    """All figures of one database, each as soon as it is there."""
    plan, world = stage.plan, World.load(stage.homes[stage.plan.big])
    with ExitStack() as stack:
        servers = {"big": stack.enter_context(stage.platform(plan.big)), "bare": stack.enter_context(stage.prototype())}
        if plan.small != plan.big:
            servers["small"] = stack.enter_context(stage.platform(plan.small))
        clients = stack.enter_context(Clients())
        small = World.load(stage.homes[plan.small])
        for case in cases(world, plan):
            yield from compare(stage.kind, case, clients, servers, {"big": world, "small": small}, plan.rounds)
        memory = servers["big"].memory()
        yield Line(stage.kind, "RSS of a worker", "≤ 120 MB", f"{memory:.0f} MB", f"{servers['bare'].memory():.0f} MB", "",
                   memory <= 120)
    yield from inner(stage)


def compare(kind: str, case: Case, clients: Clients, servers: dict[str, Server], worlds: dict[str, World],
            rounds: int) -> list[Line]:
    """One figure: the servers take turns, several rounds; medians of the rounds and of the ratios within a round."""
    work = {"big": case.platform(worlds["big"]), "bare": case.bare}
    if case.sizes and "small" in servers:
        work["small"] = case.platform(worlds["small"])
    for name, requests in work.items():
        clients.run(servers[name], requests, min(0.2, case.seconds))  # caches
    found: dict[str, list[Round]] = {name: [] for name in work}
    for _round in range(rounds):
        for name, requests in work.items():
            found[name].append(clients.run(servers[name], requests, case.seconds))
    median = {name: statistics.median(one.rate for one in done) for name, done in found.items()}
    ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in zip(found["big"], found["bare"], strict=True))
    cpu = {name: statistics.median(one.cpu_ms for one in done) for name, done in found.items()}
    client = max(one.client_cpu for done in found.values() for one in done)
    note = f"{cpu['big']:.2f} : {cpu['bare']:.2f} ms CPU; client {client:.0%}"
    lines = [Line(kind, case.name, f"≥ {case.least} ×", f"{median['big']:,.0f}/s", f"{median['bare']:,.0f}/s", f"{ratio:.2f} ×",
                  ratio >= case.least, note)]
    if "small" in median:
        cost = statistics.median(less.rate / more.rate for less, more in zip(found["small"], found["big"], strict=True))
        lines.append(Line(kind, f"{case.name}: cost at {worlds['big'].reports:,} ÷ at {worlds['small'].reports:,}", "≤ 1.2 ×",
                          f"{median['big']:,.0f}/s", f"{median['small']:,.0f}/s (small)", f"{cost:.2f} ×", cost <= 1.2,
                          f"{cpu['big']:.2f} : {cpu['small']:.2f} ms CPU"))
    if case.name.startswith("REST create"):
        lines.append(spread(kind, found))
    return lines


def spread(kind: str, found: dict[str, list[Round]]) -> Line:
    """How much longer the slow creates take than the usual one."""
    parts = {}
    for name in ("big", "bare"):
        times = sorted(time for one in found[name] for time in one.times)
        parts[name] = (times[len(times) // 2] / 1000, times[len(times) * 95 // 100] / 1000)
    (p50, p95), (bare50, bare95) = parts["big"], parts["bare"]
    return Line(kind, "REST create: p95 ÷ p50", "≤ 5 ×", f"{p50:.1f} / {p95:.1f} ms", f"{bare50:.1f} / {bare95:.1f} ms",
                f"{p95 / p50:.1f} ×", p95 <= 5 * p50)


def inner(stage: Stage) -> list[Line]:
    """The figures that are taken inside one process, and the recount after everything was written."""
    kind, big = stage.kind, stage.plan.big
    counted = stage.inside("statistics", big)
    again = stage.inside("recount", big)
    gate = stage.inside("gate", big)
    begun = stage.inside("start", big)["seconds"]
    both = gate["gate_us"] + gate["hooks_us"]
    return [
        Line(kind, f"County statistics over {big:,} reports", "≤ 10 × a row", f"{counted['rollups_us']:.0f} µs",
             f"{counted['row_us']:.0f} µs (one indexed row)", f"{counted['ratio']:.1f} ×", counted["ratio"] <= 10,
             f"as shown {counted['shown_us']:.0f} µs; counting the reports {counted['live_us'] / 1000:.0f} ms"),
        Line(kind, "Counters = recount, after the creates", "0 differences", f"{again['differences']}", "", "",
             again["differences"] == 0, f"recount took {again['seconds']:.1f} s"),
        Line(kind, "Gate + dispatcher, 50 plugins", "≤ 200 µs", f"{both:.0f} µs", "", "", both <= 200,
             f"gate {gate['gate_us']:.0f}, hooks {gate['hooks_us']:.0f}; gate with session look-up "
             f"{gate['with_session_us']:.0f}"),
        Line(kind, "Start-up to a ready application", "≤ 1.5 s", f"{begun:.2f} s", "", "", begun <= 1.5),
    ]


def run(kinds: list[str], plan: Plan) -> list[Line]:
    """Generate (the databases side by side, in processes), measure one after the other."""
    stages = [Stage(kind, plan) for kind in kinds]
    try:
        from concurrent.futures import ThreadPoolExecutor

        started = time.monotonic()
        with ThreadPoolExecutor(len(stages)) as pool:
            list(pool.map(Stage.generate, stages))
        print(f"generated in {time.monotonic() - started:.0f} s", flush=True)
        lines: list[Line] = []
        for stage in stages:
            for line in chain(measure(stage), engine.measure(stage.kind, plan.folder) if plan.engine else ()):
                print(line.text(), flush=True)
                lines.append(line)
        return lines
    finally:
        for stage in stages:
            stage.remove()


def main() -> int:
    """Run the benchmarks; the exit code says whether they ran, not whether every figure was met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--quick", action="store_true", help="SQLite, 10,000 reports, short rounds, nothing written")
    parser.add_argument("--folder", type=Path, help="where the databases are made (default: a temporary folder)")
    parser.add_argument("--rounds", type=int, help=f"rounds of each figure (default {ROUNDS}, quick 2)")
    parser.add_argument("--seconds", type=float, help=f"length of a round (default {SECONDS}, quick 0.3); creates: three times")
    parser.add_argument("--reports", type=int, help=f"size of the big county (default {BIG:,}, quick {SMALL:,})")
    parser.add_argument("--pages-only", action="store_true", help="leave out clocks, ledger and search")
    parser.add_argument("--no-write", action="store_true", help="do not write docs/performance.md")
    given = parser.parse_args()
    kinds = ["sqlite", "postgres"] if given.database == "both" else [given.database]
    if given.quick:
        kinds = [kind for kind in kinds if kind == "sqlite"] or kinds
    if "postgres" in kinds and not os.environ.get(POSTGRES):
        print(f"{POSTGRES} is not set: PostgreSQL is left out (tools/postgres.py --durable -- python benchmarks/run.py)")
        kinds.remove("postgres")
    started, busy = time.monotonic(), os.getloadavg()[1]
    with tempfile.TemporaryDirectory(prefix="grid321-bench-", dir=given.folder) as folder:
        big = given.reports or (SMALL if given.quick else BIG)
        plan = Plan(Path(folder), big if given.quick else min(SMALL, big), big, given.rounds or (2 if given.quick else ROUNDS),
                    given.seconds or (0.3 if given.quick else SECONDS), not (given.quick or given.pages_only))
        lines = run(kinds, plan)
    minutes = (time.monotonic() - started) / 60
    missed = [line for line in lines if not line.met]
    for line in missed:
        print(line.text())
    print(f"{len(lines) - len(missed)} of {len(lines)} met in {minutes:.1f} minutes")
    if not given.quick and not given.no_write:
        write(HERE.parent / "docs" / "performance.md", lines, Run(plan.small, plan.big, plan.rounds, plan.seconds, minutes, busy))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What is measured of the engine beside the pages: clocks, ledger, search, versions; each module on a database of its own.

Each module of ``MODULES`` has ``lines(kind, url, home) -> list[Line]``: it fills the empty database it is given and measures.
It runs in a process of its own, because an application is bound to one database.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from table import Line

HERE = Path(__file__).resolve().parent
MODULES = ("clocks", "sweep", "ledger", "search", "suggestions", "stations")
POSTGRES = "GRID321_TEST_POSTGRES"
_CALL = ("import dataclasses, json, sys, importlib; found = importlib.import_module(sys.argv[1]).lines(*sys.argv[2:]); "
         "print(json.dumps([dataclasses.asdict(line) for line in found]))")


def measure(kind: str, folder: Path) -> Iterator[Line]:
    """The figures of all modules on one kind of database."""
    for module in MODULES:
        home = folder / f"{kind}-{module}"
        home.mkdir(parents=True)
        name = f"bench_{os.getpid()}_{module}"
        url = f"sqlite:///{home}/grid321.db" if kind == "sqlite" else _server(f"/{name}")
        if kind == "postgres":
            _administer(f"CREATE DATABASE {name}")
        try:
            yield from _run(module, kind, url, home)
        finally:
            if kind == "postgres":
                _administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _run(module: str, kind: str, url: str, home: Path) -> list[Line]:
    done = subprocess.run([sys.executable, "-c", _CALL, module, kind, url, str(home)], cwd=HERE, check=True,
                          stdout=subprocess.PIPE, text=True)
    return [Line(**line) for line in json.loads(done.stdout.strip().splitlines()[-1])]


def _server(path: str) -> str:
    return urlunsplit(urlsplit(os.environ[POSTGRES])._replace(path=path))


def _administer(statement: str) -> None:
    with psycopg.connect(os.environ[POSTGRES], autocommit=True) as connection:
        connection.execute(statement.encode())

"""The county that is measured: Hanbin's real divisions, 3,000 grids, 1,300 grid workers with accounts, and four desks.

Made through the platform itself, so that tree, switches, posts and sessions are what a real county has. The same seed
gives the same county.
"""
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from grid321.core import access, accounts, db, division_import, migrate, sessions, snapshot, switches, tokens
from grid321.core.accounts import Account
from grid321.core.actor import SYSTEM
from grid321.core.app import create_app
from grid321.core.demo.context import DemoContext
from grid321.core.demo.county import COUNTY, FOLDER, LIST_DAY
from grid321.core.division_files import read_folder
from grid321.core.people import Post
from grid321.core.tree import Node, ancestor_columns

SEED = 321
GRIDS, WORKERS, WRITERS = 3000, 1300, 4
NUMERALS = "一二三四五六七八九十"
DESKS = {"county": "grid_county_officer", "town": "grid_town_officer", "village": "grid_village_secretary",
         "grid": "grid_worker"}


@dataclass
class World:
    """Addresses and keys with which a filled county is measured. ``codes``, ``ids`` and ``cookies`` are by level."""

    url: str
    home: str
    reports: int
    codes: dict[str, str]
    ids: dict[str, int]
    cookies: dict[str, str]
    token: str
    writers: list[dict[str, Any]]
    records: list[int]

    def save(self) -> None:
        """Write the world beside its installation."""
        Path(self.home, "world.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, home: str | Path) -> World:
        """The world that ``save`` wrote."""
        return cls(**json.loads(Path(home, "world.json").read_text(encoding="utf-8")))


def application(url: str, home: str) -> Any:
    """The platform on that database with every installed plugin."""
    return create_app({"DATABASE": url, "HOME": home})


def build(url: str, home: str, reports: int) -> World:
    """Migrate an empty database and fill it with the county; the reports come later and past the platform."""
    app = application(url, home)
    with app.app_context():
        migrate.upgrade()
        snapshot.forget()
        with db.transaction():
            division_import.apply(division_import.read(read_folder(FOLDER), COUNTY), SYSTEM, day=LIST_DAY)
            context = DemoContext(Random(SEED), "", COUNTY, "")
            switches.turn("grid", context.county, True)
            places = _grids(context)
            workers = _workers(context, places)
            desks = _desks(context, workers)
        return _world(url, home, reports, context, desks, workers)


def _grids(context: DemoContext) -> list[Node]:
    tree = context.tree  # asked for once: inside the transaction that changes it the tree is made anew at every call
    villages = [village for town in tree.children(context.county) for village in tree.children(town)]
    each, more = divmod(GRIDS, len(villages))
    wanted = []
    for number, village in enumerate(villages):
        wanted += [(village, f"{village.code}{at + 1:03d}", f"第{NUMERALS[at]}网格")
                   for at in range(each + (number < more))]
    nodes = context.divisions(wanted, level="grid", owner="grid")
    from grid321.plugins.grid.models import Grid

    tree = context.tree
    scope = list(ancestor_columns(tree, nodes[0]))
    context.insert(Grid, ("uid", "version", "created_at", "updated_at", "created_by", *scope, "code", "name", "kind",
                          "subject", "coordinates"),
                   [(*context.base(), *ancestor_columns(tree, node).values(), node.code, node.name, "basic", "", "cgcs2000")
                    for node in nodes])
    return nodes


def _workers(context: DemoContext, places: Sequence[Node]) -> list[tuple[int, Node]]:
    """A worker in every second grid or so: (account id, grid)."""
    chosen = [places[number * len(places) // WORKERS] for number in range(WORKERS)]
    people = context.people([(place, None) for place in chosen])
    since = context.today - timedelta(days=400)
    context.posts([(person, "grid_worker", place, since, None) for person, place in zip(people, chosen, strict=True)])
    tree = context.tree
    scope = list(ancestor_columns(tree, places[0]))
    context.insert(Account, ("uid", "version", "created_at", "updated_at", "created_by", *scope, "username", "person_id",
                             "must_change_password", "disabled", "locale", "theme"),
                   [(*context.base(), *ancestor_columns(tree, place).values(), f"worker{number:04d}", person, False, False,
                     "", "")
                    for number, (person, place) in enumerate(zip(people, chosen, strict=True))])
    known = dict(Account.select(Account.person_id, Account.id).tuples())
    return [(known[person], place) for person, place in zip(people, chosen, strict=True)]


def _desks(context: DemoContext, workers: Sequence[tuple[int, Node]]) -> dict[str, tuple[int, Node]]:
    """One account at each level, above each other: the first worker's grid, its village, its town, the county."""
    account, grid = workers[0]
    found: dict[str, tuple[int, Node]] = {"grid": (account, grid)}
    since = context.today - timedelta(days=400)
    for level in ("village", "town", "county"):
        place = context.tree.at_level(grid, level)
        assert place is not None
        person = context.person(place)
        context.posts([(person, DESKS[level], place, since, None)])
        made = accounts.create_account(f"desk.{level}", None, place, person_id=person, must_change_password=False)
        found[level] = (int(made.id), place)
    return found


def _world(url: str, home: str, reports: int, context: DemoContext, desks: dict[str, tuple[int, Node]],
           workers: Sequence[tuple[int, Node]]) -> World:
    assert Post.select().count() >= WORKERS
    writers = []
    for number in range(WRITERS):
        account, place = workers[number * len(workers) // WRITERS]
        token = tokens.create(access.actor_of(account), "benchmark", 30)
        writers.append({"account": account, "token": token, "code": place.code, "id": place.id})
    return World(url, home, reports, {level: place.code for level, (_account, place) in desks.items()},
                 {level: place.id for level, (_account, place) in desks.items()},
                 {level: sessions.start(account) for level, (account, _place) in desks.items()},
                 tokens.create(access.actor_of(desks["county"][0]), "benchmark", 30), writers, [])

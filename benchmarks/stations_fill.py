"""Fills a county with stations and deputies: 400 and 2,000 as workbooks by the real import, then 6,000 stations for the finder.

What is imported goes through everything that an office's workbook goes through. Placements, rules and the many stations of the
finder, with a posted year of receptions and two deputies on each roster, are written past the ORM.
"""
from __future__ import annotations

import io
import time
from collections import Counter as Bag
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from random import Random
from typing import Any

from peewee import fn
from suggestions_fill import _index

from grid321.core import accounts, bulk, db, division_import, migrate, snapshot, switches, transfer, xlsx
from grid321.core.access import actor_of
from grid321.core.actor import SYSTEM, Actor
from grid321.core.demo.county import COUNTY, FOLDER, LIST_DAY
from grid321.core.division_files import read_folder
from grid321.core.jobs import Executor
from grid321.core.registry import registry
from grid321.core.transfer_tables import ImportBatch
from grid321.core.tree import Node, ancestor_columns

PLUGIN, SEED = "liaison_station", 321
STATION, DEPUTY = f"{PLUGIN}.station", f"{PLUGIN}.deputy"
SINCE = date(2022, 1, 1)
COUNTY_DEPUTIES = 5
"""One deputy in so many is the county's, the others are the towns'."""
STATION_HEAD = ("plate", "division", "name", "kind", "address", "lat", "lng", "phone", "hours", "opened_on")
DEPUTY_HEAD = ("uid", "division", "name", "phone", "level", "job", "skills")
PLANNED_DAY = 15
KINDS = ("station", "point", "office", "station", "industry", "station")


@dataclass
class County:
    """The measured county: its towns and villages, the office's account, and what is in it by now."""

    url: str
    county: Node
    towns: list[Node]
    villages: list[Node]
    officer: Actor
    stations: int = 0
    scopes: dict[int, dict[str, int | None]] = field(default_factory=dict)


def build(url: str) -> County:
    """Migrate the empty database; divisions, the plugin, the office's account, a term of the county and of each town."""
    migrate.upgrade()
    snapshot.forget()
    with db.transaction():
        division_import.apply(division_import.read(read_folder(FOLDER), COUNTY), SYSTEM, day=LIST_DAY)
        county = snapshot.current().tree.by_code(COUNTY)
        assert county is not None
        switches.turn(PLUGIN, county, True)
    tree = snapshot.current().tree
    towns = list(tree.children(county))
    villages = [node for town in towns for node in tree.children(town)]
    account = accounts.create_account("office", None, county, must_change_password=False)
    accounts.grant(account.id, f"{PLUGIN}.county_officer", county)
    world = County(url, county, towns, villages, actor_of(account.id))
    world.scopes = {node.id: ancestor_columns(tree, node) for node in (county, *towns, *villages)}
    with db.transaction():
        bulk.insert_filled(registry().entity(f"{PLUGIN}.congress").model, [
            {"name": f"{node.name}人民代表大会", "level": level, "number": 19, "from_day": SINCE, **world.scopes[node.id]}
            for level, node in (("county", county), *(("town", town) for town in towns))])
    return world


# ---------------------------------------------------------------- by workbook

def import_stations(world: County, count: int) -> tuple[float, float]:
    """Seconds of checking a workbook of ``count`` stations up to the preview, and of the job: towns first, then villages."""
    rows = []
    for number, node in enumerate(_places(world, count)):
        lat, lng = 32.4 + (number % 40) * 0.02, 108.6 + (number // 40) * 0.04
        rows.append(["", node.code, f"{node.name}人大代表联络站", "central" if node.level == "town" else "station",
                     f"{node.name}便民服务中心一楼", f"{lat:.4f}", f"{lng:.4f}", "0915-3210000", "周一至周五 8:30—17:30",
                     SINCE.isoformat()])
    world.stations = len(rows)
    return _imported(world, STATION, STATION_HEAD, rows)


def _places(world: County, count: int) -> list[Node]:
    """Every town and, evenly over the county, as many villages as stations are left."""
    left = count - len(world.towns)
    return [*world.towns, *(world.villages[number * len(world.villages) // left] for number in range(left))]


def import_deputies(world: County, count: int) -> tuple[float, float]:
    """Seconds of checking a workbook of ``count`` deputies, and of the job with their persons and posts."""
    tree = snapshot.current().tree
    rows, towns = [], cycle([tree.parent(node) for node in _places(world, world.stations) if node.level == "village"])
    for number in range(count):
        of_county = number % COUNTY_DEPUTIES == 0
        rows.append(["", COUNTY if of_county else next(towns).code, f"代表{number:05d}", f"138{number:08d}", "county" if of_county
                     else "town", "教师", "law"])
    return _imported(world, DEPUTY, DEPUTY_HEAD, rows)


def _imported(world: County, key: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[float, float]:
    target = io.BytesIO()
    writer = xlsx.Writer(target, [xlsx.Column(name, name, "text") for name in head], "Sheet", keys=False)
    for row in rows:
        writer.row(list(row))
    writer.close()
    started = time.monotonic()
    batch = transfer.start(registry().entity(key), target.getvalue(), "list.xlsx", world.officer, world.county)
    Executor().run_due()  # a long sheet is checked by a job
    checked, batch = time.monotonic() - started, ImportBatch.get_by_id(batch.id)
    if batch.counts != {transfer.NEW: len(rows)}:
        raise RuntimeError(f"the workbook was read as {batch.counts}")
    started = time.monotonic()
    transfer.confirm(batch, world.officer)
    Executor().run_due()
    done = ImportBatch.get_by_id(batch.id)
    if done.counts.get(transfer.CREATED) != len(rows):
        raise RuntimeError(f"imported were {done.counts}")
    return checked, time.monotonic() - started


# ---------------------------------------------------------------- past the ORM

def place_deputies(world: County) -> None:
    """Each deputy of the county at a town's station, each of a town at a station of its villages, or of the town itself."""
    station, deputy = registry().entity(STATION).model, registry().entity(DEPUTY).model
    of_town: dict[int, list[Any]] = {}
    for row in station.select(station.id, station.division_id, station.town_id, station.kind).order_by(station.id).namedtuples():
        of_town.setdefault(row.town_id, []).append(row)
    central = cycle([row for rows in of_town.values() for row in rows if row.kind == "central"])
    below = {town: cycle([row for row in rows if row.kind != "central"] or rows) for town, rows in of_town.items()}
    found = []
    for row in deputy.select(deputy.id, deputy.person_id, deputy.level, deputy.town_id).order_by(deputy.id).namedtuples():
        at = next(central) if row.level == "county" else next(below[row.town_id])
        found.append({"deputy_id": row.id, "person_id": row.person_id, "station_id": at.id, "from_day": SINCE,
                      "level": "town" if at.kind == "central" else "village", **world.scopes[at.division_id]})
    with db.transaction():
        bulk.insert_filled(registry().entity(f"{PLUGIN}.placement").model, found)


def make_rules(world: County, year: int) -> None:
    """Every station receives on the fifteenth of each month of the year, with two deputies."""
    station = registry().entity(STATION).model
    rows = [{"station_id": row.id, "title": "接待日", "rrule": f"FREQ=MONTHLY;BYMONTHDAY={PLANNED_DAY}",
             "from_day": date(year, 1, 1), "to_day": date(year, 12, 31),
             "from_minute": 540, "to_minute": 690, "wanted": 2, **world.scopes[row.division_id]}
            for row in station.select(station.id, station.division_id).namedtuples()]
    with db.transaction():
        bulk.insert_filled(registry().entity(f"{PLUGIN}.schedule").model, rows)


def post_all() -> None:
    """Every planned reception hangs at the door."""
    reception: Any = registry().entity(f"{PLUGIN}.reception").model
    with db.transaction():
        reception.update(state="posted", posted_on=db.local_day()).where(reception.state == "planned").execute()


def fill_finder(world: County, count: int) -> None:
    """Add stations up to ``count``, each with twelve posted receptions ahead and two deputies on each roster."""
    station, deputy = registry().entity(STATION).model, registry().entity(DEPUTY).model
    known = list(deputy.select(deputy.id, deputy.person_id).tuples())
    with db.transaction():
        bulk.insert_filled(station, list(_stations(world, count)))
    _index(registry().entity(STATION))
    with db.transaction():
        reception: Any = registry().entity(f"{PLUGIN}.reception").model
        first = 1 + int(reception.select(fn.MAX(reception.id)).scalar() or 0)
        rows = list(station.select(station.id, station.division_id).order_by(station.id).tuples())[world.stations:]
        bulk.insert_filled(reception, list(_receptions(world, rows, first)))
        bulk.insert_filled(registry().entity(f"{PLUGIN}.duty").model, list(_duties(world, rows, first, known)))
    world.stations = count


def _stations(world: County, count: int) -> Iterator[dict[str, Any]]:
    rng, places = Random(SEED), cycle(world.villages)
    for number in range(world.stations + 1, count + 1):
        node = next(places)
        yield {"name": f"{node.name}第{number}联络点", "kind": KINDS[number % len(KINDS)], "plate": f"b{number:07d}",
               "address": f"{node.name}{number}号", "lat": 32.4 + rng.random() * 0.8, "lng": 108.6 + rng.random() * 0.9,
               "phone": "0915-3210000", "opened_on": SINCE, **world.scopes[node.id]}


def _days(station_id: int) -> list[date]:
    """Twelve days ahead, none on the fifteenth, when the planned stations have theirs."""
    first = db.local_day() + timedelta(days=1 + station_id % 28)
    days = [first + timedelta(days=30 * month) for month in range(12)]
    return [day + timedelta(days=1) if day.day == PLANNED_DAY else day for day in days]


def _receptions(world: County, rows: Sequence[tuple[int, int]], first: int) -> Iterator[dict[str, Any]]:
    today, at, number = db.local_day(), db.now(), first
    for station_id, division_id in rows:
        for day in _days(station_id):
            evening = number % 10 == 0
            yield {"id": number, "number": f"JD-{number:09d}", "state": "posted", "holder_id": division_id,
                   "station_id": station_id, "kind": "evening" if evening else "reception", "day": day, "first_day": day,
                   "from_minute": 1140 if evening else 540, "to_minute": 1230, "posted_on": today,
                   "mode": "both" if station_id % 7 == 0 else "offline",
                   "created_at": at, "updated_at": at, **world.scopes[division_id]}
            number += 1


def _duties(world: County, rows: Sequence[tuple[int, int]], first: int,
            known: Sequence[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    """Two deputies for each reception; nobody twice on a day, which the table would refuse."""
    number, taken = first, Bag[date]()
    for station_id, division_id in rows:
        for day in _days(station_id):
            for deputy_id, person_id in known[taken[day]:taken[day] + 2]:
                yield {"reception_id": number, "station_id": station_id, "deputy_id": deputy_id, "person_id": person_id,
                       "day": day, **world.scopes[division_id]}
            taken[day] += 2
            number += 1

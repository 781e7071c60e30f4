"""Demo data: grids in every village, the people in them, and half a year of reports. Names, places and matters are invented;
only the numbers of grid heads and grid workers are published ones (Hanbin: 576 and 1,326, domain §8)."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from grid321.core.api import Node, Tree, ancestor_columns, tree

from .demo_groups import group_reports, write_templates
from .demo_reports import walk_reports
from .grids import in_order
from .models import Grid

GRIDS, HEADS, WORKERS = 576, 576, 1326
REPORTS = 320
SHOWN_TOWN = "610902104"
WEST, NORTH, TOWN_STEP, COLUMNS = 108.75, 33.10, 0.16, 6
NUMERALS = "一二三四五六七八九十"
DEDICATED = ("中心市场", "中心小学", "产业园区", "安置社区物业")
COLUMNS_OF_GRID = ("uid", "version", "created_at", "updated_at", "created_by", "code", "name", "kind", "subject", "boundary",
                   "coordinates", "households", "people")


def demo(context: Any) -> None:
    """Fill the demo county. ``context`` is the core's demo context with its fixed seed; needs the plugin switched on."""
    context.progress("Grids and their boundaries")
    places = _grids(context)
    context.progress("Grid heads and grid workers")
    people = _people(context, places)
    accounts = _accounts(context, people)
    context.progress("Half a year of reports")
    walk_reports(context, _villages_with_grids(places), accounts, REPORTS)
    context.after_all(lambda: group_reports(accounts))
    context.after_all(lambda: write_templates(context.county, accounts))


def _villages(context: Any) -> list[Node]:
    here = context.tree
    return [child for town in context.towns for child in here.children(town) if child.level == "village"]


def _grids(context: Any) -> list[Node]:
    """Make the nodes and records of 576 grids: as many in each village as the number allows."""
    villages = _villages(context)
    each, more = divmod(GRIDS, len(villages))
    shown = [v for v in villages if v.code.startswith(SHOWN_TOWN)]
    first = [*shown, *(v for v in villages if v not in shown)]  # the town that visitors look at has villages with two
    counts = {village.id: each + (1 if number < more else 0) for number, village in enumerate(first)}
    wanted, details = [], {}
    towns = context.towns
    for village in villages:
        siblings = [other for other in villages if other.parent_id == village.parent_id]
        shapes = [(number, _boundary(towns, siblings, village, number, counts[village.id]))
                  for number in range(counts[village.id])]
        for number, original in enumerate(in_order(shapes), start=1):
            code = f"{village.code}{number:03d}"
            wanted.append((village, code, f"第{NUMERALS[(number - 1) % 10]}网格"))
            details[code] = shapes[original][1]
    nodes = context.divisions(wanted, level="grid", owner="grid", tier=None)
    here = tree()
    context.insert(Grid, [*COLUMNS_OF_GRID, *ancestor_columns(here, nodes[0])],
                   [_grid_row(context, here, node, details[node.code]) for node in nodes])
    return list(nodes)


def _grid_row(context: Any, here: Tree, node: Node, boundary: dict[str, Any]) -> tuple[Any, ...]:
    dedicated = context.rng.random() < 0.05
    households = context.rng.randint(40, 260)
    return (*context.base(), node.code, node.name, "dedicated" if dedicated else "basic",
            context.rng.choice(DEDICATED) if dedicated else "", boundary, "cgcs2000", households,
            round(households * context.rng.uniform(2.4, 3.6)), *ancestor_columns(here, node).values())


def _boundary(towns: Sequence[Node], siblings: Sequence[Node], village: Node, number: int, count: int) -> dict[str, Any]:
    """An invented rectangle with a bent edge: towns in rows, villages inside their town, grids inside their village."""
    order = next(place for place, town in enumerate(towns) if town.id == village.parent_id)
    column, row = order % COLUMNS, order // COLUMNS
    side = max(1, round(len(siblings) ** 0.5 + 0.49))
    step = TOWN_STEP / side
    place = siblings.index(village)
    west = WEST + column * (TOWN_STEP + 0.01) + (place % side) * step
    north = NORTH - row * (TOWN_STEP + 0.01) - (place // side) * step
    width = step / count
    west += number * width
    east, south, bend = west + width * 0.97, north - step * 0.95, step * 0.06
    ring = [[west, north], [(west + east) / 2, north - bend], [east, north], [east, south], [west, south], [west, north]]
    return {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]}


def _people(context: Any, grids: Sequence[Node]) -> dict[str, list[int]]:
    """A head for every grid, two or three workers: 576 and 1,326. Returns grid code → person ids, the head first."""
    three = {grid.id for grid in context.rng.sample(list(grids), WORKERS - 2 * len(grids))} if len(grids) == GRIDS else set()
    places = [(grid, place) for grid in grids for place in range(4 if grid.id in three else 3)]
    here = tree()
    ids = context.people([(here.parent(grid), None) for grid, _place in places])
    since = _first_of_year(context.today)
    context.posts([(person, "grid_head" if place == 0 else "grid_worker", grid, since, None)
                   for person, (grid, place) in zip(ids, places, strict=True)])
    found: dict[str, list[int]] = {}
    for person, (grid, _place) in zip(ids, places, strict=True):
        found.setdefault(grid.code, []).append(person)
    return found


def _first_of_year(today: date) -> date:
    return date((today - timedelta(days=200)).year, 1, 1)


def _accounts(context: Any, people: dict[str, list[int]]) -> dict[str, tuple[int, Node]]:
    """The accounts with which a visitor walks the flow; returns name → (account id, where it acts)."""
    here = tree()
    town = here.by_code(SHOWN_TOWN) or context.towns[0]
    village = next(child for child in here.children(town) if child.level == "village")
    grid = next(child for child in here.children(village) if child.level == "grid")
    office = next(id_ for (place, _name), id_ in context.departments.items() if place == town.id)
    since = _first_of_year(context.today)
    secretary, officer, clerk, county = context.people([(village, None), (town, None), (town, None), (context.county, None)])
    context.posts([(secretary, "grid_village_secretary", village, since, None),
                   (officer, "grid_town_officer", town, since, None),
                   (clerk, "grid_department_clerk", town, since, office),
                   (county, "grid_county_officer", context.county, since, None)])
    county_place: Node = context.county
    context.grant("admin", "grid.administrator", county_place)
    context.grant("leader", "grid.viewer", county_place)
    wanted = {"worker": ("Grid worker", grid, people[grid.code][1]), "village": ("Village secretary", village, secretary),
              "town": ("Town officer", town, officer), "office": ("Clerk of a town office", town, clerk),
              "county": ("County officer", county_place, county)}
    return {name: (context.account(name, label, place, person), place) for name, (label, place, person) in wanted.items()}


def _villages_with_grids(grids: Sequence[Node]) -> list[tuple[Node, list[Node]]]:
    found: dict[int, list[Node]] = {}
    for grid in grids:
        found.setdefault(grid.parent_id or 0, []).append(grid)
    here = tree()
    return [(village, members) for place, members in found.items() if (village := here.get(place)) is not None]

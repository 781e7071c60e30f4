"""Grids: nodes of the tree that this plugin contributes, one record each, numbered inside their village.

A grid belongs to exactly one village or community. Its code is the village's code and a number with as many digits as
the county sets (working default 3, domain §2); a number is never used again. Grids that are made together are numbered
north to south, and west to east within a row.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from grid321.core.api import (
    Actor,
    Conflict,
    Invalid,
    Node,
    Refused,
    ancestor_columns,
    create_division,
    rename_division,
    retire_division,
    snapshot,
    transaction,
)
from grid321.core.api import gettext as _

from .models import Grid, Report

Item = TypeVar("Item")
TRIES = 5


def create_grid(data: dict[str, Any], actor: Actor, node: Node) -> Grid:
    """Make the node and the record of a grid in the village ``data["village_id"]``; called inside a transaction.

    ``data`` is what ``GridSchema`` loads. Raises ``Invalid`` when the village is not a valid village or community, and
    ``Refused`` when its numbers are used up.
    """
    village = valid_village(data["village_id"])
    for attempt in range(TRIES):
        code = next_code(village)
        try:
            with transaction():
                division = create_division(village.code, code, data["name"], actor=actor, level="grid", owner="grid",
                                           reason=_("Grid created"))
                break
        except Conflict:  # another clerk took the number between our look and our write
            if attempt == TRIES - 1:
                raise
    tree = snapshot().tree
    place = tree.get(division.id)
    assert place is not None
    values = {key: value for key, value in data.items() if key not in {"village_id", "division_id"}}
    values["coordinates"] = values.get("coordinates") or "cgcs2000"
    created: Grid = Grid.create(**values, code=code, **ancestor_columns(tree, place), created_by=actor.account_id)
    return created


def update_grid(record: Grid, data: dict[str, Any], actor: Actor, node: Node) -> dict[str, Any]:
    """The columns that change. A new name renames the node of the tree as well; ``retired_on`` ends it.

    A retired grid keeps its node with its history and closed reports; its posts end and its number is not used again.
    Raises ``Refused`` for a grid that is retired already, and while reports in it are open.
    """
    if record.retired_on is not None:
        raise Refused(_("The grid %(name)s is retired.", name=record.name), record.code,
                      _("Its record is kept as it was. Create a new grid."), code="retired")
    if data.get("retired_on") is not None:
        retire_division(record.code, actor=actor, reason=data.pop("reason", "") or _("Grid retired"))
    elif "name" in data and data["name"] != record.name:
        rename_division(record.code, actor=actor, name=data["name"], reason=_("Changed on the grid's page"))
    return {key: value for key, value in data.items() if key != "village_id"}


def delete_grid(record: Grid, actor: Actor, node: Node) -> None:
    """Take back a grid that was made by mistake. Raises ``Refused`` when reports were made in it: then it is retired."""
    if has_reports(record):
        raise Refused(_("The grid %(name)s cannot be deleted.", name=record.name), _("Reports were made in it."),
                      _("Retire it: its reports stay where they are."), code="has_reports")
    if record.retired_on is None:
        retire_division(record.code, actor=actor, reason=_("Grid deleted"))


def has_reports(record: Grid) -> bool:
    """True when a report was ever made in the grid."""
    return bool(Report.select(Report.id).where(Report.grid_id == record.division_id).limit(1).tuples())


def valid_village(division_id: int) -> Node:
    """The valid village or community of that id. Raises ``Invalid`` for anything else: grids hang on nothing else."""
    village = snapshot().tree.get(division_id)
    if village is None or not village.valid or village.level != "village":
        text = _("A grid belongs to one village or community. Choose one that exists.")
        raise Invalid(_("The grid was not created."), village.name if village else "", text, errors={"village": [text]})
    if not snapshot().switches.is_on("grid", village):
        text = _("Grids are switched off for %(name)s. The administrator switches them on.", name=village.name)
        raise Invalid(_("The grid was not created."), village.name, text, errors={"village": [text]})
    return village


def next_code(village: Node) -> str:
    """The next code in a village: its code and the number after the highest ever used there.

    Raises ``Refused`` when the digits that the county set are used up.
    """
    now = snapshot()
    digits = int(now.settings.get("grid.code_digits", village))
    used = [_number_of(child.code, village.code) for child in now.tree.children(village, all_times=True)
            if child.level == "grid"]
    number = max(used, default=0) + 1
    if number >= 10**digits:
        raise Refused(_("The grid numbers of %(name)s are used up.", name=village.name),
                      _("A number has %(digits)s digits here.", digits=digits),
                      _("The administrator raises the setting “Digits of a grid's number after the village code”."))
    return f"{village.code}{number:0{digits}d}"


def _number_of(code: str, village_code: str) -> int:
    tail = code.removeprefix(village_code)
    return int(tail) if tail != code and tail.isdigit() else 0


def in_order(items: Sequence[tuple[Item, dict[str, Any] | None]]) -> list[Item]:
    """Things with their GeoJSON boundaries in the order of numbering: rows north to south, in a row west to east.

    Two belong to one row when their centres differ by less than half the first one's height. Those without boundary
    come last, in the given order.
    """
    placed = sorted(((_box(shape), thing) for thing, shape in items if shape), key=lambda pair: -pair[0][1])
    rows: list[list[tuple[tuple[float, float, float], Item]]] = []
    for box, thing in placed:
        if rows and rows[-1][0][0][1] - box[1] < rows[-1][0][0][2] / 2:
            rows[-1].append((box, thing))
        else:
            rows.append([(box, thing)])
    ordered = [thing for row in rows for _box_, thing in sorted(row, key=lambda pair: pair[0][0])]
    return ordered + [thing for thing, shape in items if not shape]


def _box(shape: dict[str, Any]) -> tuple[float, float, float]:
    """Longitude and latitude of the middle of the bounding box, and its height in degrees."""
    points = list(_points(shape["coordinates"]))
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    return (west + east) / 2, (south + north) / 2, north - south


def _points(coordinates: Any) -> Iterable[tuple[float, float]]:
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield (coordinates[0], coordinates[1])
        return
    for part in coordinates:
        yield from _points(part)


def tier_of(node: Node) -> str:
    """The tier of a division as a text: its own label, or the number its county gives to its level; empty for none."""
    if node.tier:
        return node.tier
    if node.level not in {"town", "village", "grid"}:
        return ""
    number = int(snapshot().settings.get(f"grid.tier_{node.level}", node))
    return str(number) if number else ""


def tier_figures(node: Node) -> list[tuple[str, int]]:
    """(tier, number of divisions with it) in the subtree of ``node``, by tier; left out are divisions without tier and those
    where the plugin is off."""
    found: dict[str, int] = {}
    now = snapshot()
    for place in now.tree.subtree(node):
        tier = tier_of(place) if now.switches.is_on("grid", place) else ""
        if tier:
            found[tier] = found.get(tier, 0) + 1
    return sorted(found.items())

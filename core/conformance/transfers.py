"""Check of export and import: what was exported and is imported again changes nothing."""
from __future__ import annotations

from typing import Any

from grid321.core import export, transfer
from grid321.core.entity import Entity
from grid321.core.transfer_check import SAME
from grid321.core.transfer_tables import all_rows, read_file

from .world import World

RECORDS = 3
FILE = "conformance.xlsx"


def check_round_trip(world: World) -> list[str]:
    """Three records of each entity are exported and imported: every row is the same, in each record nothing changed."""
    found = []
    for entity in world.entities:
        if {"import", "export"} <= set(entity.actions):
            found += _check(world, entity)
    return found


def _check(world: World, entity: Entity) -> list[str]:
    for _number in range(RECORDS):
        world.create(entity)
    before = _rows(entity)
    actor = world.actor(world.tree.city)
    file = export.ask(entity, {}, world.tree.city, actor, file_format="xlsx", purpose="conformance check",
                                revealed="reveal" in {name.rpartition(".")[2] for name in entity.permissions})
    if not file.parts:
        return [f"{entity.key}: the export of {RECORDS} records was not made at once"]
    batch = transfer.start(entity, b"".join(read_file(file)), FILE, actor, world.tree.city)
    found = [f"{entity.key}: {batch.rows} rows were exported, {len(before)} are stored"] if batch.rows != len(before) else []
    for row in all_rows(batch):
        if row.get("k") != SAME:
            found.append(f"{entity.key}: row {row['n']} of its own export is {row.get('k')!r}, not the same: {_why(row)}")
    if _rows(entity) != before:
        found.append(f"{entity.key}: checking an import changed stored records")
    return found


def _why(row: dict[str, Any]) -> str:
    return str(row.get("m") or row.get("e") or row.get("ch") or row)[:300]


def _rows(entity: Entity) -> list[tuple[Any, ...]]:
    return list(entity.model.select().order_by(entity.model.id).tuples())

"""Checks of what a plugin adds to the records of others: fields and printable forms, where it is on and nowhere else."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grid321.core import documents, extensions, snapshot, switches
from grid321.core.entity import Entity
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser
from grid321.core.tree import Node

from .world import World


def hosts(world: World) -> Iterator[Entity]:
    """Yield the entities of other plugins to which this one adds fields or forms, as far as they are installed."""
    known = registry()
    keys = [item.entity for owner, item in known.extensions if owner == world.key]
    keys += [item.entity for item in known.documents.values()
             if known.owner_of("document", item.key) == world.key and hasattr(item, "entity")]
    for key in dict.fromkeys(keys):
        if key in known.entities and known.entities[key].plugin != world.key:
            yield known.entities[key]


def check_additions(world: World) -> list[str]:
    """Fields are kept, shown and hidden with the plugin's switch; forms are printed where it is on and absent where it is off."""
    found: list[str] = []
    for entity in hosts(world):
        switches.turn(entity.plugin, world.tree.city, True)
        home = world.home(entity)
        record = world.create(entity, home)
        found += [*_fields(world, entity, record, home), *_forms(world, entity, record, home)]
    return found


def _fields(world: World, entity: Entity, record: Any, home: Node) -> Iterator[str]:
    names = [column.key for added in extensions.of(entity) if added.plugin == world.key for column in added.columns.values()]
    shown = {column.key for column in extensions.read(entity, record, home)}
    yield from (f"{entity.key}: {name} is missing where the plugin is on" for name in names if name not in shown)
    switches.turn(world.key, home, False)
    try:
        shown = {column.key for column in extensions.read(entity, record, home)}
        yield from (f"{entity.key}: {name} is shown where the plugin is off" for name in names if name in shown)
    finally:
        switches.turn(world.key, home, True)


def _forms(world: World, entity: Entity, record: Any, home: Node) -> Iterator[str]:
    known = registry()
    mine = [document for document in documents.offered(entity, home, record)
            if known.owner_of("document", document.key) == world.key]
    reader, stranger = _reader(world, entity, home), world.browser(None, home)
    for document in mine:
        path = f"/d/{home.code}/{entity.plugin}/{entity.name}/{record.id}/form/{document.name}"
        if stranger.get(path).status_code not in (403, 404):
            yield f"{document.key} is printed for an account without any role"
        if reader is None:
            continue
        if (status := reader.get(path).status_code) != 200:
            yield f"{document.key} answers {status} to somebody who may see the record"
        switches.turn(world.key, home, False)
        try:
            if (status := reader.get(path).status_code) != 404:
                yield f"off, but {document.key} answers {status}"
        finally:
            switches.turn(world.key, home, True)


def _reader(world: World, entity: Entity, home: Node) -> Browser | None:
    """A browser of somebody who may see records of ``entity`` at ``home``; None when no role says so."""
    tree = snapshot.current().tree
    for role in registry().roles.values():
        at = home if not role.levels else next(filter(None, (tree.at_level(home, level) for level in role.levels)), None)
        if entity.permission("view") in role.permissions and not role.department and at is not None:
            return world.browser(role.key, at)
    return None

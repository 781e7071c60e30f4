"""Which records an actor reaches: as conditions of a query, and for one record that is there already. Both say the same."""
from __future__ import annotations

import functools
import logging
import operator
from collections.abc import Callable
from typing import Any

import peewee
from flask import current_app

from . import snapshot
from .actor import Actor, meets
from .dispatch import GuestFailure
from .entity import Entity
from .tree import Node

log = logging.getLogger("grid321.access")
FOLLOWS = ("view", "comment")
"""What a department does with the records of others that an entity shows to it."""
NOTHING, EVERYTHING = peewee.SQL("1 = 0"), peewee.SQL("1 = 1")


def reach(permission: str, node: Node, actor: Actor) -> list[tuple[Node, int | None]] | None:
    """Where under ``node`` the actor holds ``permission``: (division, department or None) pairs, none inside another.

    None means the whole of ``node`` without restriction; an empty list means nothing at all.
    """
    if actor.system:
        return None
    tree = snapshot.current().tree
    found: list[tuple[Node, int | None]] = []
    for grant in actor.grants:
        if permission not in grant.permissions or not meets(tree, grant, node):
            continue
        whole = grant.division_id in node.path
        if whole and grant.department_id is None:
            return None
        place = node if whole else tree.get(grant.division_id)
        if place is not None:
            found.append((place, grant.department_id))
    return [pair for pair in dict.fromkeys(found) if not any(
        other != pair and other[1] in (None, pair[1]) and other[0].id in pair[0].path for other in found)]


def scoped(query: Any, entity: Entity, action: str, node: Node, actor: Actor) -> Any:
    """``query`` over the entity's model, narrowed to what ``actor`` may reach by ``action`` below ``node``.

    The actor's grants within ``node`` are OR-ed as conditions on the columns of the tree; what the plugins' hook
    ``scope`` returns is AND-ed. An entity outside the tree is reached only with a grant at ``node`` or above. A department
    sees besides its own records those that the entity shows to it (``Entity.shown_to``), comments on them, and no more.
    """
    permission = entity.permission(action)
    if entity.division is not None:
        shown = entity.shown_to if action in FOLLOWS else None
        query = query.where(inside(entity.model, permission, node, actor, shown))
    elif reach(permission, node, actor) is not None:
        query = query.where(NOTHING)
    for condition in _extensions(entity, action, node, actor):
        query = query.where(condition)
    return query


def inside(model: Any, permission: str, node: Node, actor: Actor, shown_to: Callable[[int], Any] | None = None) -> Any:
    """The condition that a row of the scoped ``model`` lies below ``node`` where ``actor`` holds ``permission``.

    For tables that are no entity; records of entities go through ``scoped``, which asks the plugins too. A grant within a
    department reaches what the department handles, and where ``shown_to`` is given what that condition adds for it.
    """
    places = reach(permission, node, actor)
    if places is None:
        return _below(model, node)
    parts = []
    for place, department in places:
        if department is not None and "department_id" not in model._meta.columns:
            continue  # such a record belongs to no department: a grant inside one does not reach it
        part = getattr(model, place.column) == place.id
        if department is not None:
            own = model.department_id == department
            part &= own if shown_to is None else own | shown_to(department)
        parts.append(part)
    return functools.reduce(operator.or_, parts) if parts else NOTHING


def _below(model: Any, node: Node) -> Any:
    # The county of a deployment is read without a predicate on its level; only what lies above it stays out.
    tree = snapshot.current().tree
    if tree.covers_all(node) and node.level in {"province", "city", "county"}:
        above = node.path[:-1]
        return model.division_id.not_in(above) if above else EVERYTHING
    return getattr(model, node.column) == node.id


def _extensions(entity: Entity, action: str, node: Node, actor: Actor) -> list[Any]:
    hooks = _hooks()
    if hooks is None or not hooks.has("scope"):
        return []
    try:
        return list(hooks.all("scope", division=node, entity=entity, action=action, actor=actor))
    except GuestFailure as failure:
        log.error("scope of plugin %s failed: nothing is shown", failure.plugin)
        return [NOTHING]


def admits(entity: Entity, record: Any, action: str, node: Node, actor: Actor) -> bool:
    """True when ``scoped`` would find the row that ``record`` was read from: its rule for a record that is there already.

    No query, unless a plugin narrows the entity by its hook ``scope`` or the entity shows records to departments: then that one.
    """
    permission = entity.permission(action)
    conditions, model = _extensions(entity, action, node, actor), entity.model
    held = _holds(record, permission, node, actor) if entity.division else reach(permission, node, actor) is None
    if conditions or (not held and action in FOLLOWS and entity.shown_to is not None):
        return bool(scoped(model.select(model.id).where(model.id == record.id), entity, action, node, actor).exists())
    return held


def _holds(record: Any, permission: str, node: Node, actor: Actor) -> bool:
    """``inside`` for a record in place of a table."""
    places = reach(permission, node, actor)
    if places is None:
        tree = snapshot.current().tree
        if tree.covers_all(node) and node.level in {"province", "city", "county"}:
            return record.division_id not in node.path[:-1]
        return bool(getattr(record, node.column) == node.id)
    own = getattr(record, "department_id", None)
    return any(getattr(record, place.column) == place.id and department in (None, own) for place, department in places)


def _hooks() -> Any:
    return current_app.extensions["grid321"].hooks if current_app else None

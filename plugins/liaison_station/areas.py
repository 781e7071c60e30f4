"""The areas of the plugin, in the order in which they build on each other, and how what they bring is joined.

An area is one module ``<area>_area``. It brings any of the lists ``ENTITIES WORKFLOWS ROLES POSTS PERMISSIONS SETTINGS CLASSES
LINKS MEASURES DOCUMENTS JOBS COMMANDS``, the mapping ``GRANTS`` (role of another plugin → permissions) and any of the functions
``demo(context)`` (demo data), ``panels_for(slot, entity, record, actor, node)`` (panels of a page, or None), ``changed(event)``
(what happened, delivered at least once), ``scope_of(entity, action, actor, node)`` (a condition that narrows, or None),
``register(blueprint)`` (pages) and ``register_api(api)`` (REST). A role that several
areas declare is one role with what they all give it. Models are joined in ``models``, because migrations look there.
"""
from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import and_
from typing import Any

from grid321.core.api import Role

from . import (
    activity_area,
    checks_area,
    day_area,
    deputy_area,
    faces_area,
    file_area,
    forms_area,
    plan_area,
    station_area,
)

AREAS = (station_area, deputy_area, plan_area, day_area, activity_area, checks_area, file_area, forms_area, faces_area)


def joined(name: str) -> tuple[Any, ...]:
    """What the areas bring under ``name``, in their order."""
    return tuple(item for area in AREAS for item in getattr(area, name, ()))


def roles() -> tuple[Role, ...]:
    """The roles of every area. Areas that name the same role each add what one may do there in their own matters."""
    found: dict[str, Role] = {}
    for role in joined("ROLES"):
        first = found.get(role.key, role)
        found[role.key] = replace(first, permissions=tuple(dict.fromkeys((*first.permissions, *role.permissions))))
    return tuple(found.values())


def grants() -> dict[str, tuple[str, ...]]:
    """What the areas grant to roles of others, by role."""
    found: dict[str, tuple[str, ...]] = {}
    for area in AREAS:
        for role, permissions in getattr(area, "GRANTS", {}).items():
            found[role] = (*found.get(role, ()), *permissions)
    return found


def demo(context: Any) -> None:
    """Fill the demo county, area after area."""
    for area in AREAS:
        make = getattr(area, "demo", None)
        if make is not None:
            make(context)


def panels_for(slot: str, entity: Any, record: Any, actor: Any, node: Any) -> list[Any]:
    """The panels of every area for a slot."""
    found: list[Any] = []
    for area in AREAS:
        ask = getattr(area, "panels_for", None)
        if ask is not None:
            found += ask(slot, entity, record, actor, node) or ()
    return found


def scope_of(entity: Any, action: str, actor: Any, node: Any) -> Any:
    """What narrows ``actor`` further than the tree does: the conditions of the areas together, None without any."""
    found = [condition for area in AREAS if (ask := getattr(area, "scope_of", None)) is not None
             and (condition := ask(entity, action, actor, node)) is not None]
    return reduce(and_, found) if found else None


def tell(event: Any) -> None:
    """Pass an event on to every area that listens."""
    for area in AREAS:
        listen = getattr(area, "changed", None)
        if listen is not None:
            listen(event)

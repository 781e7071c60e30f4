"""Scenes of tests: what a fixture built in the database, built once in a process and copied for each further test."""
from __future__ import annotations

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import peewee

from . import db

_BEFORE = ("SELECT max(id) FROM core_division", "SELECT max(id) FROM core_account", "SELECT max(id) FROM core_ledger",
           "SELECT plugin, division_id, is_on FROM core_switch ORDER BY 1, 2",
           "SELECT key, division_id, value FROM core_setting ORDER BY 1, 2")
_stages: dict[tuple[Any, ...], tuple[str, Any]] = {}


def key(app: Any, build: Callable[..., Any]) -> tuple[Any, ...]:
    """What a scene stands on: the application, its day, and what the test stored before it asked for the scene."""
    return (app, build, db.local_day(), repr([db.database.execute_sql(sql).fetchall() for sql in _BEFORE]))


def find(wanted: tuple[Any, ...]) -> tuple[str, Any] | None:
    """The database of a scene and a copy of what ``build`` returned; None when it was not built yet."""
    found = _stages.get(wanted)
    return None if found is None else (found[0], again(found[1]))


def keep(wanted: tuple[Any, ...], url: str, value: Any) -> None:
    """Remember a scene as it is now."""
    _stages[wanted] = (url, again(value))


def again(value: Any) -> Any:
    """A copy of what tests change: containers, rows, and the objects of tests; everything else is shared."""
    if isinstance(value, dict):
        return {name: again(one) for name, one in value.items()}
    if isinstance(value, list):
        return [again(one) for one in value]
    found: Any
    if isinstance(value, peewee.Model):
        found = copy.copy(value)
        found.__data__, found.__rel__, found._dirty = dict(value.__data__), dict(value.__rel__), set(value._dirty)
        return found
    dataclass = getattr(type(value), "__dataclass_params__", None)
    if isinstance(value, SimpleNamespace) or (dataclass is not None and not dataclass.frozen):
        found = copy.copy(value)
        vars(found).update(again(vars(value)))
        return found
    return value

"""What references point at: what may be chosen, and how an id is shown. One query for many ids, never one per row."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import peewee
from flask import g, has_request_context

from . import snapshot
from .db import database, is_postgres, local_day, memo
from .divisions import LEVEL_LABELS
from .field_refs import BIG_MAX
from .tree import Node

if TYPE_CHECKING:
    from .field_base import Frame
    from .field_refs import Ref

MAX_OPTIONS = 500
RECORD = "record:"
"""A kind of reference to records of an entity: ``record:bridge.matter``."""


def level_label(level: str) -> str:
    """The name of a level in the present language."""
    return str(LEVEL_LABELS.get(level, level))


def division(code: str, frame: Frame) -> Node | None:
    """The valid division of that code inside the frame's node and inside what the actor was granted, else None."""
    tree = snapshot.current().tree
    node = tree.by_code(code)
    if node is None or not node.valid or not tree.covers(frame.node, node):
        return None
    return node if _reaches(frame.actor, node) else None


def _reaches(actor: Any, node: Node) -> bool:
    """True when some grant of the actor lies on `node` or above it."""
    return actor.system or any(grant.division_id in node.path for grant in actor.grants)


def is_reference(kind: str) -> bool:
    """True for a kind of column that holds an id whose name is looked up: a person, a department, an account, a record."""
    return kind in {"person", "department", "account"} or kind.startswith(RECORD)


def allowed(field: Ref, identifier: int, frame: Frame) -> bool:
    """True when the actor may name the record `identifier` in this field at the frame's node.

    One query; what may be named is remembered for the length of a transaction: the rows of a sheet name the same again and again.
    """
    own, key = memo(), _key(field, identifier, frame)
    if own is not None and own.get(key) is frame.actor:
        return True
    query = _candidates(field, frame)
    found = bool(query.where(query.model.id == identifier).exists())
    if found and own is not None:
        own[key] = frame.actor
    return found


def ask_ahead(field: Ref, values: Iterable[Any], frame: Frame) -> None:
    """Ask for what the rows of a sheet name in this field: ``allowed`` then need not for each. One query, none for divisions."""
    own = memo()
    if own is None or field.kind == "division":
        return
    wanted = {value for value in values if type(value) is int and 1 <= value <= BIG_MAX}
    unknown = [one for one in wanted if own.get(_key(field, one, frame)) is not frame.actor]
    if unknown:
        query = _candidates(field, frame)
        for row in query.where(query.model.id.in_(sorted(unknown))).order_by().tuples():
            own[_key(field, row[0], frame)] = frame.actor


def _key(field: Ref, identifier: int, frame: Frame) -> str:
    return f"named:{field.kind}:{getattr(field, 'own', False)}:{frame.node.id}:{identifier}"


def options(field: Ref, frame: Frame) -> list[tuple[str, str]]:
    """(value, label) of what may be chosen, at most 500, in reading order. One query, none for divisions."""
    if field.kind == "division":
        return _division_options(field, frame)
    query = _candidates(field, frame)
    return [(str(identifier), label) for identifier, label in query.limit(MAX_OPTIONS).tuples()]


def _division_options(field: Ref, frame: Frame) -> list[tuple[str, str]]:
    tree = snapshot.current().tree
    levels = getattr(field, "levels", ())
    found = []
    starts = [frame.node]
    if not frame.actor.system and not _reaches(frame.actor, frame.node):
        places = [tree.get(grant.division_id) for grant in frame.actor.grants]
        starts = sorted({place for place in places if place is not None and tree.covers(frame.node, place)},
                        key=lambda node: node.code)
    for start in starts:
        for node in tree.subtree(start):
            if node.valid and (not levels or node.level in levels):
                found.append((node.code, _long_name(node, frame.node)))
                if len(found) >= MAX_OPTIONS:
                    return found
    return found


def _long_name(node: Node, above: Node) -> str:
    """The name with the names between it and `above`, so that two grids called 第一网格 stay apart."""
    tree = snapshot.current().tree
    start = len(above.path) if len(node.path) > len(above.path) else len(node.path) - 1
    names = [place.name for place in map(tree.get, node.path[start:]) if place is not None]
    return " / ".join(names) or node.name


def _candidates(field: Ref, frame: Frame) -> peewee.ModelSelect:
    """The query (id, label) of what may be named at the frame's node, not yet limited."""
    kind = field.kind
    node: Node = frame.node
    if kind == "department":
        return _departments(node, getattr(field, "own", False))
    if kind == "person":
        from .people import Person, Post
        inside = (Post.select(Post.person_id).where(getattr(Post, node.column) == node.id))
        condition = (getattr(Person, node.column) == node.id) | Person.id.in_(inside)
        return Person.select(Person.id, Person.name).where(condition & _granted(Person, frame.actor)).order_by(
            Person.initials, Person.id)
    if kind == "account":
        from .accounts import Account
        inside = (getattr(Account, node.column) == node.id) & _granted(Account, frame.actor)
        return Account.select(Account.id, Account.username).where(inside).order_by(Account.username)
    if kind.startswith(RECORD):
        from .access import scoped
        from .registry import registry
        entity = registry().entity(kind.removeprefix(RECORD))
        query = entity.model.select(entity.model.id, _title(entity)).order_by(entity.model.id.desc())
        return scoped(query, entity, "view", node, frame.actor)
    raise ValueError(f"unknown kind of reference: {kind}")


def _title(entity: Any) -> Any:
    """The column that names a record of an entity to people."""
    model = entity.model
    return getattr(model, entity.title, model.id)


def _granted(model: Any, actor: Any) -> peewee.Expression:
    """Rows of a scoped model inside the divisions of the actor's grants, or above them on the same line."""
    if actor.system:
        return model.id.is_null(False)
    tree = snapshot.current().tree
    places = {place for place in (tree.get(grant.division_id) for grant in actor.grants) if place is not None}
    condition = model.division_id.in_(sorted({above for place in places for above in place.path}) or [0])
    for place in places:
        condition = condition | (getattr(model, place.column) == place.id)
    return condition


def _departments(node: Node, own: bool) -> peewee.ModelSelect:
    """Departments that still receive work, on the node itself (`own`) or anywhere below it."""
    from .people import Department

    near = Department.division_id == node.id if own else getattr(Department, node.column) == node.id
    open_now = Department.closed_on.is_null() | (Department.closed_on > local_day())
    return Department.select(Department.id, Department.name).where(near & open_now).order_by(
        Department.division_id, Department.name)


def labels(kind: str, ids: Iterable[int | None]) -> dict[int, str]:
    """The names of records of `kind` (division, person, department, account, `record:<entity>`) by id. At most one query.

    Inside a request a name is asked for once.
    """
    wanted = {identifier for identifier in ids if identifier is not None}
    if kind == "division":
        tree = snapshot.current().tree
        return {node.id: node.name for node in map(tree.get, wanted) if node is not None}
    known: dict[int, str] = _known(kind)
    missing = wanted - known.keys()
    if missing:
        known.update(_names(kind, missing))
    return {identifier: known[identifier] for identifier in wanted if identifier in known}


def know(kind: str, names: Mapping[int, str]) -> None:
    """Take over names that this request has read already, so that ``labels`` does not ask for them again."""
    _known(kind).update(names)


def _known(kind: str) -> dict[int, str]:
    if not has_request_context():
        return {}
    found: dict[str, dict[int, str]] = g.setdefault("_reference_names", {})
    return found.setdefault(kind, {})


_NAMES = {
    "person": "SELECT id, name FROM core_person WHERE id IN ({marks})",
    "department": "SELECT id, name FROM core_department WHERE id IN ({marks})",
    "account": "SELECT a.id, coalesce(p.name, a.username) FROM core_account a "
               "LEFT JOIN core_person p ON p.id = a.person_id WHERE a.id IN ({marks})",
}


def _names(kind: str, ids: set[int]) -> dict[int, str]:
    if kind.startswith(RECORD):
        from .registry import registry
        entity = registry().entity(kind.removeprefix(RECORD))
        rows = entity.model.select(entity.model.id, _title(entity)).where(entity.model.id.in_(sorted(ids))).tuples()
        return {identifier: str(title) for identifier, title in rows}
    # Plain SQL: every page asks this, and building the query costs more than running it.
    mark = "%s" if is_postgres() else "?"
    sql = _NAMES[kind].format(marks=",".join([mark] * len(ids)))
    return dict(database.execute_sql(sql, sorted(ids)).fetchall())

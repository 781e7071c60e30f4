"""Fields that a plugin adds to an entity of another owner, kept in a one-to-one side table of its own (``EntityExtension``).

An added field is named ``<plugin>__<field>`` on every face, so that it clashes with nothing and is a plain name in any
language. It exists where its plugin is on at the record's division; elsewhere it is neither shown nor accepted, and what
was written stays. Faces take schemas and columns from here; ``records`` writes the side table in the record's transaction.
"""
from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import peewee

from . import access, crypto, db, faces, snapshot
from .entity import LEVELS, Entity, EntityExtension
from .errors import Invalid
from .faces import Column
from .field_refs import DivisionRef
from .i18n import gettext as _
from .registry import platform, registry
from .schemas import EntitySchema, fields_of, invalid
from .tree import Node

_DIVISION_COLUMNS = ("division_id", *(f"{level}_id" for level in LEVELS))


@dataclass(frozen=True, eq=False)
class Added:
    """One extension, worked out: its schema with the names of the faces, and its columns by such name."""

    plugin: str
    model: type[Any]
    schema: type[EntitySchema]
    columns: Mapping[str, Column]

    def stored(self, attribute: str) -> str:
        """The column of the side table behind the attribute ``<plugin>__<column>`` of a record."""
        return attribute.removeprefix(f"{self.plugin}__")


# ---------------------------------------------------------------- what there is

def of(entity: Entity) -> tuple[Added, ...]:
    """All extensions of an entity, switched on or not; worked out once per application."""
    known: dict[str, tuple[Added, ...]] = platform().cache.setdefault("extensions", {})
    found = known.get(entity.key)
    if found is None:
        found = known[entity.key] = tuple(
            _work_out(owner, item) for owner, item in registry().extensions if item.entity == entity.key)
    return found


def _work_out(owner: str, item: EntityExtension) -> Added:
    twins: dict[str, Any] = {}
    for name, field in fields_of(item.schema).items():
        twin = twins[f"{owner}__{name}"] = copy.copy(item.schema._declared_fields[name])
        twin.attribute = f"{owner}__{field.column}"
    schema: Any = EntitySchema.from_dict(twins, name=f"{owner}.{item.schema.__name__}")
    columns = {}
    for name, field in fields_of(schema).items():
        stored = item.model._meta.fields[field.column.removeprefix(f"{owner}__")]
        kind = "sealed" if field.personal else faces.kind_of(field)
        columns[name] = Column(name, field.column, kind, field.label if field.label is not None else name, stored, field)
    return Added(owner, item.model, schema, columns)


def columns(entity: Entity) -> tuple[Column, ...]:
    """The added columns of an entity, wherever they are in use."""
    return tuple(column for added in of(entity) for column in added.columns.values())


def columns_below(entity: Entity, node: Node) -> tuple[Column, ...]:
    """The added columns that are in use at ``node`` or somewhere below it: those a sheet of this list may have."""
    now = snapshot.current()
    return tuple(column for added in of(entity) if now.switches.on_below(added.plugin, node, now.tree)
                 for column in added.columns.values())


def columns_at(entity: Entity, place: Node | None) -> tuple[Column, ...]:
    """The added columns of a record at ``place``."""
    return tuple(column for added in _on(entity, place) for column in added.columns.values())


def schemas_at(entity: Entity, place: Node | None) -> tuple[type[EntitySchema], ...]:
    """What may be written of a record at ``place``: the entity's own schema, then those of the plugins that are on there."""
    return (entity.schema, *(added.schema for added in _on(entity, place)))


def schemas_for_new(entity: Entity, raw: Mapping[str, Any], node: Node) -> tuple[type[EntitySchema], ...]:
    """The schemas of a new record: at the division that ``raw`` (values by field name) names, otherwise at ``node``."""
    return schemas_at(entity, named_place(entity, raw, node) if of(entity) else node)


def schemas_of_record(entity: Entity, record_id: int, node: Node, actor: Any) -> tuple[type[EntitySchema], ...]:
    """The schemas of a stored record that ``actor`` is about to change. Raises as ``access.fetch`` does."""
    if not of(entity):
        return (entity.schema,)
    return schemas_at(entity, place_of(entity, access.fetch(entity, record_id, "edit", node, actor), node))


def named_place(entity: Entity, raw: Mapping[str, Any], node: Node) -> Node:
    """The division below ``node`` that the values of a new record name by its code, otherwise ``node``."""
    named = {field.column: raw[name] for name, field in fields_of(entity.schema).items()
             if isinstance(field, DivisionRef) and field.column in _DIVISION_COLUMNS and isinstance(raw.get(name), str)}
    tree = snapshot.current().tree
    for column in _DIVISION_COLUMNS:
        found = tree.by_code(named[column].strip()) if column in named else None
        if found is not None and tree.covers(node, found):
            return found
    return node


def place_of(entity: Entity, record: Any, node: Node) -> Node:
    """The division of a record; ``node`` for a record outside the tree."""
    return (snapshot.current().tree.get(record.division_id) if entity.division else None) or node


def _on(entity: Entity, place: Node | None) -> tuple[Added, ...]:
    found = of(entity)
    if not found or place is None:
        return ()
    switches = snapshot.current().switches
    return tuple(added for added in found if switches.is_on(added.plugin, place))


# ---------------------------------------------------------------- reading

def read(entity: Entity, record: Any, node: Node) -> tuple[Column, ...]:
    """Put the added values of one record on it and return their columns; one query for each extension that is on."""
    if not of(entity):
        return ()
    attach(entity, [record], node)
    return columns_at(entity, place_of(entity, record, node))


def attach(entity: Entity, records: Iterable[Any], node: Node) -> None:
    """Put the added values of many records on them as attributes, one query for each extension; None where it is off."""
    found = of(entity)
    if not found:
        return
    rows = list(records)
    switches = snapshot.current().switches
    for added in found:
        shown = [record for record in rows if switches.is_on(added.plugin, place_of(entity, record, node))]
        values = _stored(added, [record.id for record in shown]) if shown else {}
        known = {id(record) for record in shown}
        for record in rows:
            for column in added.columns.values():
                value = values.get(record.id, {}).get(column.attribute)
                if value is None and column.field is not None and id(record) in known:
                    value = column.field.blank
                setattr(record, column.attribute, value)


def _stored(added: Added, ids: list[int]) -> dict[int, dict[str, Any]]:
    model = added.model
    names = [column.attribute for column in added.columns.values()]
    query = model.select(model.record_id, *(column.stored for column in added.columns.values())).where(
        model.record_id.in_(ids))
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in query.tuples()}


# ---------------------------------------------------------------- writing

def split(entity: Entity, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """``data`` (values by column) as (the record's own, the added ones)."""
    names = {column.attribute for column in columns(entity)}
    own = {name: value for name, value in data.items() if name not in names}
    return own, {name: value for name, value in data.items() if name in names}


def differing(entity: Entity, record: Any, values: Mapping[str, Any], place: Node, *, new: bool = False) -> dict[str, Any]:
    """Those of the added ``values`` that are not stored yet, for a record at ``place``; an empty value equals none at all.

    Raises ``Invalid``, as for an unknown field, when the plugin of one is off there.
    """
    if not values:
        return {}
    here = {column.attribute for column in columns_at(entity, place)}
    off = {column.key: [str(EntitySchema.error_messages["unknown"])] for column in columns(entity)
           if column.attribute in values and column.attribute not in here}
    if off:
        raise invalid(off)
    if not new:
        attach(entity, [record], place)
    return {name: value for name, value in values.items()
            if ("" if value is None else value) != ("" if (old := getattr(record, name, None)) is None else old)}


def write(entity: Entity, record: Any, values: Mapping[str, Any]) -> None:
    """Store added values (as ``differing`` gives them) in their side tables, inside the record's transaction.

    Personal ones are sealed for the record they belong to. Raises ``Invalid`` for a value that must be unique and is not.
    """
    for added in of(entity) if values else ():
        row: dict[str, Any] = {}
        for column in added.columns.values():
            if column.attribute in values:
                value = values[column.attribute]
                if column.personal:
                    value = crypto.seal(value, entity.model._meta.table_name, column.attribute, record.uid) if value else None
                # Nothing is stored as nothing where the column allows it: two empty texts are not the same plot twice.
                row[added.stored(column.attribute)] = None if value == "" and column.stored.null else value
                setattr(record, column.attribute, value)
        if row:
            _save(added, record.id, row)


def _save(added: Added, record_id: int, row: dict[str, Any]) -> None:
    model = added.model
    try:
        if not model.update(row).where(model.record_id == record_id).execute():
            db.insert(model, {"record_id": record_id, **row})
    except peewee.IntegrityError as error:
        names = [column.key for column in added.columns.values() if added.stored(column.attribute) in str(error)]
        text = _("There is already a record with this value. Look it up instead of entering it again.")
        raise Invalid(_("The record was not saved."), errors={names[0] if names else "": [text]}) from error


def remove(entity: Entity, record_id: int) -> None:
    """Delete what plugins added to a record that is being deleted, switched on or not, inside its transaction."""
    for added in of(entity):
        added.model.delete().where(added.model.record_id == record_id).execute()

"""What the generic pages and the API need to know of an entity, worked out once per application.

A `Face` knows every column that may be shown, filtered or sorted: those of the schema and those that every record or
case carries. Rows are read as plain tuples and turned into JSON or text by the columns, never through marshmallow.
"""
from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
import peewee

from . import crypto, snapshot
from .entity import Entity
from .field_base import EntityField
from .field_refs import Ref
from .fields import Choice, Day, Flag, GeoJson, Int, LongText
from .i18n import lazy_gettext as _l
from .registry import platform, registry
from .schemas import fields_of
from .workflow import Workflow

#: Columns that records carry beside those of their schema: key → (attribute, kind, label).
SYSTEM_COLUMNS: dict[str, tuple[str, str, Any]] = {
    "id": ("id", "int", _l("Id")),
    "uid": ("uid", "code", _l("Unique name")),
    "version": ("version", "int", _l("Version")),
    "number": ("number", "text", _l("Number")),
    "state": ("state", "state", _l("State")),
    "division": ("division_id", "division", _l("Division")),
    "holder": ("holder_id", "division", _l("With")),
    "department": ("department_id", "department", _l("Department")),
    "reporter": ("reporter_id", "account", _l("Reported by")),
    "due": ("due", "due", _l("Due")),
    "outcome": ("outcome", "text", _l("Outcome")),
    "created_by": ("created_by", "account", _l("Entered by")),
    "created_at": ("created_at", "moment", _l("Entered")),
    "updated_at": ("updated_at", "moment", _l("Changed")),
    "closed_at": ("closed_at", "moment", _l("Closed")),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an entity: its name in URLs and JSON, where it is stored, and how it is read."""

    key: str
    attribute: str
    kind: str
    label: Any
    stored: peewee.Field
    field: EntityField | None = None

    @property
    def personal(self) -> bool:
        """True when the stored text is sealed."""
        return self.kind == "sealed"


@dataclass(frozen=True, eq=False)
class Face:
    """An entity with its columns, worked out."""

    entity: Entity
    columns: dict[str, Column]
    workflow: Workflow | None
    listed: tuple[Column, ...] = ()
    filters: tuple[Column, ...] = ()
    shown: tuple[Column, ...] = ()
    title: Column | None = None
    sorts: tuple[str, ...] = ()
    default_sort: str = "-id"
    cache: dict[Any, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The part of a URL after the division: `/grid/report`."""
        return f"/{self.entity.plugin}/{self.entity.name}"

    def url(self, code: str, *parts: object) -> str:
        """The address of the list of this entity at a division, or of something below it.

        Built by hand: `url_for` costs more than the rest of a list row.
        """
        base = f"/d/{code}/{self.entity.plugin}/{self.entity.name}/"
        return base + "/".join(str(part) for part in parts)

    def column(self, name: str) -> Column | None:
        """The column of that key or stored name."""
        found = self.columns.get(name)
        if found is None and name.endswith("_id"):
            found = self.columns.get(name[:-3])
        return found

    def only(self, names: Iterable[str]) -> tuple[Column, ...]:
        """The columns of those names that exist, in that order."""
        return tuple(column for column in map(self.column, names) if column is not None)


def face_of(entity: Entity) -> Face:
    """The face of an entity, worked out at first use in this application."""
    faces: dict[str, Face] = platform().cache.setdefault("faces", {})
    found = faces.get(entity.key)
    if found is None:
        found = faces[entity.key] = _compile(entity)
    return found


def _compile(entity: Entity) -> Face:
    model = entity.model
    schema_fields = fields_of(entity.schema)
    columns: dict[str, Column] = {}
    for key, (attribute, kind, label) in SYSTEM_COLUMNS.items():
        stored = model._meta.fields.get(attribute)
        if stored is not None and key not in schema_fields:
            columns[key] = Column(key, attribute, kind, label, stored)
    for name, schema_field in schema_fields.items():
        stored = model._meta.fields.get(schema_field.column)
        if stored is not None:
            label = schema_field.label if schema_field.label is not None else name
            columns[name] = Column(name, schema_field.column, _kind(entity, name, schema_field), label, stored,
                                   schema_field)
    face = Face(entity, columns, registry().every_version_of(entity.key))
    sorts = entity.sorts or ("-id",)
    listed = entity.columns or tuple(schema_fields)[:5]
    known_sorts = tuple(name for name in sorts if face.column(name.lstrip("-")))
    own_first = sorted(columns.values(), key=lambda column: column.field is None)
    changes: dict[str, Any] = {
        "listed": face.only(listed), "filters": face.only(entity.filters), "title": face.column(entity.title),
        "sorts": known_sorts, "default_sort": known_sorts[0] if known_sorts else "-id",
        "shown": tuple(column for column in own_first if column.key not in {"id", "uid", "version"})}
    for name, value in changes.items():
        object.__setattr__(face, name, value)
    return face


def _kind(entity: Entity, name: str, schema_field: EntityField) -> str:
    sealed = name in entity.personal or schema_field.column in entity.personal
    return "sealed" if sealed else kind_of(schema_field)


def kind_of(schema_field: EntityField) -> str:
    """The kind of column that keeps a field which is not sealed."""
    if isinstance(schema_field, Ref):
        return schema_field.kind
    kinds: tuple[tuple[type, str], ...] = ((Choice, "choice"), (Day, "day"), (Flag, "flag"), (Int, "int"),
                                           (GeoJson, "geo"), (LongText, "long"))
    return next((kind for known, kind in kinds if isinstance(schema_field, known)), "text")


# ---------------------------------------------------------------- rows

def raw_rows(query: peewee.ModelSelect) -> list[tuple[Any, ...]]:
    """The rows of a query as the driver gives them, without peewee's conversions.

    SQLite gives days and moments as text, PostgreSQL as objects; the readers below take both.
    """
    sql, params = query.sql()
    rows: list[tuple[Any, ...]] = query.model._meta.database.execute_sql(sql, params).fetchall()
    return rows


def day_of(raw: Any) -> datetime.date | None:
    """A stored day as a date."""
    if raw is None or isinstance(raw, datetime.date):
        return raw
    return datetime.date.fromisoformat(raw[:10])


def moment_of(raw: Any) -> datetime.datetime | None:
    """A stored moment as naive UTC."""
    if raw is None or isinstance(raw, datetime.datetime):
        return raw
    return datetime.datetime.fromisoformat(raw)


def _json_moment(raw: Any) -> str | None:
    if raw is None:
        return None
    if isinstance(raw, str):
        return f"{raw[:10]}T{raw[11:23] if len(raw) > 19 else raw[11:19] + '.000'}Z"
    return str(raw.isoformat(timespec="milliseconds")) + "Z"


def _json_division(raw: Any) -> str | None:
    node = snapshot.current().tree.get(raw)
    return node.code if node is not None else None


def _json_fragment(raw: Any) -> Any:
    return orjson.Fragment(raw) if isinstance(raw, str) else raw


def _json_flag(raw: Any) -> bool | None:
    return None if raw is None else bool(raw)


_JSON: dict[str, Callable[[Any], Any]] = {
    "moment": _json_moment, "division": _json_division, "geo": _json_fragment, "flag": _json_flag,
}


def json_reader(column: Column) -> Callable[[Any], Any] | None:
    """What turns a raw value of the column into JSON; None when it is JSON already (days too: orjson knows them).

    A field of a plugin that writes a stored value in its own way (a time as ``"08:30"``) reads it out that way as well.
    """
    field = column.field
    if column.kind == "text" and field is not None and type(field).to_json is not EntityField.to_json:
        return field.to_json
    return _JSON.get(column.kind)


def plain(entity: Entity, column: Column, sealed: str | None, uid: str) -> str:
    """The personal text behind a sealed value. Callers audit before they show it."""
    if not sealed:
        return ""
    return crypto.open_sealed(sealed, entity.model._meta.table_name, column.attribute, uid)


def masked(entity: Entity, column: Column, sealed: str | None, uid: str) -> str:
    """What everybody sees of a sealed value; stars when the seal is broken."""
    if not sealed:
        return ""
    try:
        text = plain(entity, column, sealed, uid)
    except crypto.SealBroken:
        return "********"
    return crypto.mask(column.field.mask_kind if column.field else "text", text)

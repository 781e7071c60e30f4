"""Schemas of entities: the strict boundary between what people send and what is stored.

A schema is instantiated once per class (marshmallow copies every field on instantiation); who reads and where is
given by the frame, so the same instance serves all requests.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError

from grid321.core.errors import Invalid
from grid321.core.field_base import EntityField, framed
from grid321.core.i18n import gettext as _
from grid321.core.i18n import lazy_gettext as _l

MAX_ERRORS = 50


class EntitySchema(Schema):
    """Base of all schemas of entities and of transition forms: unknown fields are refused, order is declared order."""

    class Meta:
        unknown = RAISE

    error_messages: dict[str, Any] = {
        "unknown": _l("There is no field of this name here. Remove it or check its spelling."),
        "type": _l("This must be a JSON object with named fields."),
    }


_instances: dict[type[Any], EntitySchema] = {}
_fields: dict[type[Any], dict[str, EntityField]] = {}


def schema_of(schema: type[Any]) -> EntitySchema:
    """The one instance of a schema class; it is never changed after this."""
    found = _instances.get(schema)
    if found is None:
        found = _instances[schema] = schema()
    return found


def fields_of(schema: type[Any]) -> dict[str, EntityField]:
    """The fields of a schema by name, in declared order."""
    found = _fields.get(schema)
    if found is None:
        instance = schema_of(schema)
        found = {name: field for name, field in instance.fields.items() if isinstance(field, EntityField)}
        _fields[schema] = found
    return found


def columns_of(schema: type[Any]) -> dict[str, EntityField]:
    """The fields of a schema by the column they are stored in."""
    return {field.column: field for field in fields_of(schema).values()}


def load(schema: type[EntitySchema], raw: Any, *, node: Any, actor: Any, partial: bool = False) -> dict[str, Any]:
    """Read `raw` (JSON values by field name) strictly, as `actor` at `node`.

    Returns values by column name. With `partial`, absent fields stay absent. Raises Invalid whose `errors` maps
    each field name to its messages.
    """
    return load_many((schema,), raw, node=node, actor=actor, partial=partial)


def load_many(schemas: tuple[type[EntitySchema], ...], raw: Any, *, node: Any, actor: Any,
              partial: bool = False) -> dict[str, Any]:
    """Read one flat object with the fields of several schemas (the forms a transition asks for)."""
    if not isinstance(raw, Mapping):
        raise Invalid(_("The data cannot be read."), _("The body must be a JSON object with named fields."),
                      _("Send an object such as {\"field\": \"value\"}."), errors={"": [_("This must be an object.")]})
    errors: dict[str, list[str]] = {}
    data: dict[str, Any] = {}
    known: set[str] = set()
    with framed(node, actor):
        for schema in schemas:
            instance = schema_of(schema)
            known.update(instance.load_fields)
            part = {name: raw[name] for name in instance.load_fields if name in raw}
            try:
                data.update(instance.load(part, partial=partial or None))
            except ValidationError as problem:
                _merge(errors, problem.messages)
    for name in sorted(str(key) for key in raw if key not in known):
        errors.setdefault(name[:80], []).append(str(EntitySchema.error_messages["unknown"]))
        if len(errors) > MAX_ERRORS:
            break
    if errors:
        raise invalid(errors)
    return data


def invalid(errors: Mapping[str, list[str]]) -> Invalid:
    """The problem for wrong fields, with the remedy in words."""
    return Invalid(_("Some fields need your attention."),
                   _("%(count)s fields were not accepted; nothing was changed.", count=len(errors)),
                   _("Correct the fields named below and send again."), errors=dict(errors))


def _merge(errors: dict[str, list[str]], messages: Any) -> None:
    """Add marshmallow's messages; errors across fields (`_schema`) are filed under the empty name."""
    for name, found in dict(messages).items():
        texts = found if isinstance(found, list) else [found]
        errors.setdefault("" if name == "_schema" else str(name), []).extend(str(text) for text in texts)


def personal_columns(entity: Any) -> dict[str, EntityField]:
    """The personal fields of an entity by field name."""
    return {name: field for name, field in fields_of(entity.schema).items()
            if field.personal or name in entity.personal}


def json_schema(schemas: tuple[type[EntitySchema], ...], *, required: bool = True) -> dict[str, Any]:
    """The JSON schema of an object with the fields of these schemas, as requests send it."""
    properties: dict[str, Any] = {}
    needed: list[str] = []
    for schema in schemas:
        for name, field in fields_of(schema).items():
            if not field.dump_only:
                properties[name] = field.openapi()
                if field.required:
                    needed.append(name)
    found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if needed and required:
        found["required"] = needed
    return found

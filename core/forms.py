"""HTML forms of schemas: from a schema to form parts, and from what a browser sends to a strict load.

What a person typed is kept when it is refused. A personal field of an existing record is shown empty: leaving it empty
keeps the stored value, typing replaces it.
"""
from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from marshmallow import ValidationError

from .entity import Entity
from .errors import Invalid
from .faces import Column, Face
from .field_base import EntityField, framed
from .fields import Degrees, Flag, Text
from .i18n import gettext as _
from .schemas import EntitySchema, fields_of, invalid, load_many

#: Form inputs that belong to the page, not to the schema.
PAGE_INPUTS = frozenset({"_csrf", "_version", "_draft", "client_id", "files"})

Schemas = tuple[type[EntitySchema], ...]


def form_fields(schemas: Schemas, values: Mapping[str, str], *, node: Any, actor: Any,
                errors: Mapping[str, Iterable[str]] | None = None, stored: bool = False,
                personal: Iterable[str] = (), without: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The parts of a form: one dict per field, with options as `actor` may choose them at `node`.

    `values` are texts by field name; `stored` is True for the form of an existing record; fields named in `without`
    are left out.
    """
    found = []
    with framed(node, actor):
        for schema in schemas:
            for name, schema_field in fields_of(schema).items():
                if not schema_field.dump_only and name not in without:
                    secret = stored and (schema_field.personal or name in personal)
                    found.append(_part(name, schema_field, values.get(name, ""), (errors or {}).get(name), secret))
    return found


def _part(name: str, schema_field: EntityField, value: str, errors: Iterable[str] | None, secret: bool) -> dict[str, Any]:
    help_text = str(schema_field.help or "")
    if secret:
        help_text = " ".join(filter(None, (help_text, _("Leave it empty to keep the stored value."))))
    options = None if isinstance(schema_field, Flag) else schema_field.options()
    return {
        "name": name, "label": str(schema_field.label or name), "help": help_text, "widget": schema_field.widget_name,
        "value": value, "options": options,
        "required": schema_field.required and not secret, "error": " ".join(str(e) for e in errors or ()),
        "maxlength": schema_field.max if isinstance(schema_field, Text) else None,
        "min": _edge(schema_field, "min"), "max": _edge(schema_field, "max"),
        "inputmode": schema_field.input_mode, "personal": schema_field.personal, "map": _map(schema_field),
    }


def _map(schema_field: EntityField) -> dict[str, str] | None:
    """The map on which a place is pointed at: which input takes the latitude, and what is drawn beside the place."""
    if not isinstance(schema_field, Degrees) or not schema_field.latitude:
        return None
    return {"lat": f"f-{schema_field.latitude}", "around": schema_field.around() if schema_field.around is not None else ""}


def _edge(schema_field: EntityField, name: str) -> str:
    if isinstance(schema_field, Text):
        return ""
    edge = getattr(schema_field, name, None)
    return "" if edge is None else schema_field.to_text(edge)


def start_values(schemas: Schemas, args: Mapping[str, str]) -> dict[str, str]:
    """The texts a new form starts with: the defaults of the fields, and values the address carries for known fields."""
    found = {}
    for schema in schemas:
        for name, schema_field in fields_of(schema).items():
            default = schema_field.default() if callable(schema_field.default) else schema_field.default
            text = args.get(name)
            if text is not None and len(text) <= 400:
                found[name] = text
            elif default is not None:
                found[name] = schema_field.to_text(default)
    return found


def record_values(face: Face, record: Any, added: Iterable[Column] = ()) -> dict[str, str]:
    """The texts of the form of an existing record, with those of the columns that plugins added; personal ones stay out."""
    return {column.key: column.field.to_text(getattr(record, column.attribute))
            for column in (*face.columns.values(), *added) if column.field is not None and not column.personal}


def typed_values(form: Mapping[str, str]) -> dict[str, str]:
    """What was typed, to fill a refused form again."""
    return {name: value for name, value in form.items() if name not in PAGE_INPUTS}


def read_form(schemas: Schemas, form: Mapping[str, str], *, node: Any, actor: Any, stored: bool = False,
              personal: Iterable[str] = (), without: Iterable[str] = (), spare: Container[str] = ()) -> dict[str, Any]:
    """Read what a browser sent for `schemas` strictly. Returns values by column.

    With `stored`, personal fields that were left empty are absent from the result, and so are fields named in
    `without`; those in `spare` may be sent empty although `schemas` lack them. Raises Invalid naming fields.
    """
    raw: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    known: set[str] = set()
    with framed(node, actor):
        for schema in schemas:
            for name, schema_field in fields_of(schema).items():
                if schema_field.dump_only or name in without:
                    continue
                known.add(name)
                text = form.get(name, "")
                if not text and stored and (schema_field.personal or name in personal):
                    continue
                try:
                    value = schema_field.from_text(text)
                    raw[name] = False if value is None and isinstance(schema_field, Flag) else value
                except ValidationError as problem:
                    errors[name] = [str(message) for message in problem.messages]
    for name in sorted(set(form) - known - PAGE_INPUTS):
        if name in spare and not form[name].strip():
            continue
        errors[name[:80]] = [str(EntitySchema.error_messages["unknown"])]
    try:
        # Partial, because fields with an error and stored personal values are absent on purpose; an empty input is null.
        data = load_many(schemas, raw, node=node, actor=actor, partial=True)
    except Invalid as problem:
        raise invalid({**problem.errors, **errors}) from None
    if errors:
        raise invalid(errors)
    return data


def error_list(schemas: Schemas, errors: Mapping[str, Any]) -> list[dict[str, str]]:
    """The error summary: field, label, message, in the order of the form; then errors of no field."""
    found = []
    order = [(name, str(field.label or name)) for schema in schemas for name, field in fields_of(schema).items()]
    names = {name for name, _label in order}
    for name, label in order:
        found += [{"field": name, "label": label, "message": str(text)} for text in _texts(errors.get(name))]
    for name, messages in errors.items():
        if name not in names:
            found += [{"field": "", "label": "", "message": f"{name}: {text}" if name else text} for text in _texts(messages)]
    return found


def _texts(messages: Any) -> list[str]:
    if messages is None:
        return []
    return [str(message) for message in messages] if isinstance(messages, list | tuple) else [str(messages)]


def by_field(entity: Entity, errors: Mapping[str, Any]) -> dict[str, list[str]]:
    """Errors by field name, where a service named the column instead."""
    columns = {field.column: name for name, field in fields_of(entity.schema).items()}
    return {columns.get(name, name): _texts(messages) for name, messages in errors.items()}

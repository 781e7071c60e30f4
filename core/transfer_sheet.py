"""Between an entity and a sheet: which columns it has, how cells become values and values become cells.

One list of columns serves the template, the export and the import, so that what was exported can be imported again and
changes nothing: the key, the fields of the schema, and then columns that are read only (state, names behind codes).
"""
from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from . import faces, snapshot, xlsx
from .calendar import due_text
from .entity import Entity
from .errors import Invalid
from .faces import Column, Face, face_of
from .field_base import EntityField
from .field_refs import DivisionRef, Ref
from .fields import Choice, Day, Flag, IdNumber, Int, Phone, Text
from .i18n import LANGUAGES, format_time, use_language
from .i18n import gettext as _
from .references import is_reference
from .schemas import fields_of
from .xlsx import Cell

TOO_LONG = "[…]"
"""Stands for a text that is longer than a cell can hold; an import leaves the stored text as it is."""

REPORT = ("import.result", "import.message")
"""Columns of the marked file, so that it can be corrected and uploaded as it is."""

INFO = ("state", "holder", "department", "due", "outcome", "created_at", "updated_at")
"""Columns that an export adds and an import ignores."""


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet: the schema's field behind it (None for the key and for read-only columns)."""

    column: xlsx.Column
    field: EntityField | None
    source: Column | None
    is_key: bool = False

    @property
    def key(self) -> str:
        """The name in the hidden row."""
        return self.column.key

    @property
    def personal(self) -> bool:
        """True when the stored value is sealed."""
        return self.source is not None and self.source.personal


def key_name(entity: Entity) -> str:
    """The column that identifies a row: the declared import key, otherwise the record's unique name."""
    return entity.import_key or "uid"


def sheet_columns(entity: Entity, options: Mapping[str, Sequence[tuple[str, str]]] | None = None,
                  added: Iterable[Column] = ()) -> list[SheetColumn]:
    """The columns of an entity's sheet in order. ``options`` are the choices by field, for a template.

    ``added`` are columns of plugins (see ``extensions``): never required, because a row may lie where the plugin is off.
    """
    extra = {column.key: column for column in added}
    known = {**face_of(entity).columns, **extra}
    key = key_name(entity)
    schema = {**fields_of(entity.schema), **{name: column.field for name, column in extra.items() if column.field is not None}}
    fields = {name: field for name, field in schema.items() if not field.dump_only}
    found = []
    for name, field in fields.items():
        source = known.get(name)
        labels = tuple(label for _code, label in (options or {}).get(name, ()))
        column = xlsx.Column(name, str(field.label or name), kind_of(entity, name, field),
                             field.required and name != key and name not in extra, help=str(field.help or ""), options=labels)
        found.append(SheetColumn(column, field, source, name == key))
    if key not in fields:
        source = known.get(key)
        label = str(source.label) if source is not None else key
        found.insert(0, SheetColumn(xlsx.Column(key, label, "code", help=_(
            "Leave it empty for a new record. Do not change it for one that exists.")), None, source, True))
    for name, field in fields.items():
        if isinstance(field, Ref) and name in known:
            label = _("%(label)s (name)", label=field.label or name)
            found.append(SheetColumn(xlsx.Column(f"{name}.name", label, read_only=True), None, known[name]))
    derived = [name for name, field in schema.items() if field.dump_only and name != key]
    for name in dict.fromkeys((*derived, *INFO)):
        source = known.get(name)
        if source is not None and name not in fields and not source.personal:
            found.append(SheetColumn(xlsx.Column(name, str(source.label), read_only=True), None, source))
    return found


def kind_of(entity: Entity, name: str, field: EntityField) -> str:
    """What kind of cells a field has; in code, ID and phone columns a number cell is refused."""
    if isinstance(field, IdNumber):
        return "id"
    if isinstance(field, Phone):
        return "phone"
    if isinstance(field, Int):
        return "int"
    if isinstance(field, Day):
        return "day"
    if isinstance(field, Choice):
        return "choice"
    if isinstance(field, Flag):
        return "flag"
    if isinstance(field, DivisionRef) or name == key_name(entity):
        return "code"
    if isinstance(field, Text) and (field.pattern is not None or field.personal or name in entity.personal):
        return "code"
    return "text"


# ---------------------------------------------------------------- reading

def header(entity: Entity, rows: Sequence[Sequence[Cell]], added: Iterable[Column] = ()) -> tuple[list[str | None], int]:
    """(keys of the columns in order, None for an empty one; number of header rows).

    Keys stand in the hidden second row; without it the labels of the first row count, in any language of the platform.
    Raises ``Invalid`` for unknown, double or missing columns, naming them.
    """
    extra = tuple(added)
    columns = sheet_columns(entity, added=extra)
    known = {column.key for column in columns} | set(REPORT)
    second = [str(cell).strip() for cell in rows[1]] if len(rows) > 1 else []
    first = [xlsx.plain(str(cell)).strip() for cell in rows[0]]
    if second and {cell for cell in second if cell} <= known and any(second):
        keys, depth, shown = second, 2, second
    else:
        labels = _labels(entity, extra)
        shown = [cell.removesuffix("*").strip() for cell in first]
        keys, depth = [labels.get(cell, cell) for cell in shown], 1
    while keys and not keys[-1]:
        keys.pop()
    unknown = [text for key, text in zip(keys, shown, strict=False) if key and key not in known]
    double = sorted({key for key in keys if key and keys.count(key) > 1})
    needed = {column.key: column.column.label for column in columns if column.column.required or column.is_key}
    missing = [label for key, label in needed.items() if key not in keys]
    if len(missing) == len(needed) or unknown or double or missing:
        raise _wrong_columns(unknown, double, missing)
    return [key or None for key in keys], depth


def _labels(entity: Entity, added: Sequence[Column]) -> dict[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        with use_language(language):
            for column in sheet_columns(entity, added=added):
                found.setdefault(column.column.label, column.key)
            found.update(zip(report_labels(), REPORT, strict=True))
    return {**found, **{column.key: column.key for column in sheet_columns(entity, added=added)}}


def report_labels() -> tuple[str, str]:
    """What the two columns of the marked file are called."""
    return _("Result of the import"), _("What is wrong")


def _wrong_columns(unknown: list[str], double: list[str], missing: list[str]) -> Invalid:
    parts = []
    if unknown:
        parts.append(_("Not known here: %(names)s.", names="、".join(text[:40] for text in unknown[:10])))
    if double:
        parts.append(_("Twice: %(names)s.", names="、".join(double[:10])))
    if missing:
        parts.append(_("Missing: %(names)s.", names="、".join(missing[:10])))
    return Invalid(_("The columns of this sheet do not fit."), " ".join(parts),
                   _("Download the template and copy your rows into it; leave its first two rows as they are."),
                   code="columns")


def read_row(columns: Mapping[str, SheetColumn], keys: Sequence[str | None],
             cells: Sequence[Any]) -> tuple[dict[str, Any], str, dict[str, list[str]]]:
    """(JSON values by field, text of the key, errors by column key) of one row; needs a frame for choices.

    ``cells`` are as they were read or stored: texts, numbers, true and false.
    """
    raw: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    key = ""
    for name, cell in zip(keys, [*cells, *[None] * (len(keys) - len(cells))], strict=False):
        column = columns.get(name or "")
        if column is None or column.column.read_only:
            continue
        try:
            value = cell_value(column, cell)
            if column.is_key:
                key = xlsx.shown(value).strip() if value is not None else ""
            if column.field is not None:
                raw[column.key] = column.field.from_cell(value)
        except ValidationError as problem:
            errors[column.key] = [str(message) for message in problem.messages]
    return raw, key, errors


def cell_value(column: SheetColumn, cell: Any) -> Any:
    """The cell as the field's ``from_cell`` takes it; raises ValidationError for a number where digits are a name."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return xlsx.plain(cell)
    kind = column.column.kind
    if kind in xlsx.TEXT_KINDS:
        raise ValidationError(_(
            "This cell holds a number, and Excel keeps only 15 digits of a number and no leading zeros. Format the "
            "column as text, type the value again, and compare it with the paper."))
    if kind in {"text", "choice"} and isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if isinstance(column.field, Ref):
            return cell
        return xlsx.shown(cell)
    return cell


def stored_cell(cell: Cell) -> Any:
    """A cell as it is kept in JSON: days as ISO text, everything else as it is."""
    if isinstance(cell, (str, int, float, bool)) or cell is None:
        return cell
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


# ---------------------------------------------------------------- writing

def cell_makers(face: Face, columns: Iterable[SheetColumn], revealed: bool) -> list[Callable[[Any], Cell]]:
    """One function per column that turns a record into a cell. Needs a frame; names behind ids come from ``names``."""
    return [_maker(face, column, revealed) for column in columns]


def _maker(face: Face, column: SheetColumn, revealed: bool) -> Callable[[Any], Cell]:
    source, field = column.source, column.field
    if source is None:
        return lambda record: ""
    attribute = source.attribute
    if column.personal:
        show = faces.plain if revealed else faces.masked
        return lambda record: show(face.entity, source, getattr(record, attribute), record.uid)
    if field is not None:
        kind = column.column.kind
        if kind == "int":
            return lambda record: getattr(record, attribute)
        return lambda record: field.to_cell(getattr(record, attribute))
    if source.kind == "state" and face.workflow is not None:
        labels = {state.key: str(state.label) for state in face.workflow.states}
        return lambda record: labels.get(getattr(record, attribute), getattr(record, attribute))
    if source.kind == "division":
        tree = snapshot.current().tree
        return lambda record: place.name if (place := tree.get(getattr(record, attribute))) is not None else ""
    if source.kind == "due":  # a day to sort by; one that rests on an unknown year says so
        known = snapshot.current().calendar.at(None)
        return lambda record: due_text(due, True) if (due := getattr(record, attribute)) and known.is_provisional(due) else due
    if source.kind == "moment":
        return lambda record: format_time(getattr(record, attribute))
    if source.field is not None and not is_reference(source.kind) and not column.is_key:
        display = source.field.display
        return lambda record: display(getattr(record, attribute))
    return lambda record: getattr(record, attribute)


def names_behind(columns: Sequence[SheetColumn], records: Sequence[Any]) -> dict[int, dict[int, str]]:
    """Names of persons, departments and accounts of some records: position of the column → id → name."""
    from .references import labels

    found: dict[int, dict[int, str]] = {}
    for position, column in enumerate(columns):
        source = column.source
        if column.field is None and source is not None and is_reference(source.kind):
            ids = {getattr(record, source.attribute) for record in records} - {None}
            found[position] = dict(labels(source.kind, list(ids))) if ids else {}
    return found


def row_cells(makers: Sequence[Callable[[Any], Cell]], names: Mapping[int, Mapping[int, str]],
              record: Any) -> list[Cell]:
    """The cells of one record."""
    cells: list[Cell] = []
    for position, maker in enumerate(makers):
        value: Any = maker(record)
        if position in names:
            value = names[position].get(value, "")
        # Half a cell leaves room for the marks of neutralisation.
        cells.append(TOO_LONG if isinstance(value, str) and len(value) > xlsx.CELL_CHARACTERS // 2 else value)
    return cells


def template(entity: Entity, options: Mapping[str, Sequence[tuple[str, str]]], added: Iterable[Column] = ()) -> bytes:
    """An empty workbook to fill in: text-formatted columns, a sheet of choices, a sheet that explains."""
    columns = [column.column for column in sheet_columns(entity, options, added) if not column.column.read_only]
    target = io.BytesIO()
    writer = xlsx.Writer(target, columns, str(entity.label))
    writer.choices()
    writer.notes(_("How to fill it in"), [
        (_("Columns"),
         _("Leave the first row and the hidden second row as they are. A * marks what must be filled in.")),
        (_("Codes, identity and telephone numbers"),
         _("These columns are formatted as text. A number cell is refused, because Excel changes long numbers.")),
        (_("Days"), _("Write 2026-03-15.")),
        *((column.label, column.help) for column in columns if column.help)])
    writer.close()
    return target.getvalue()

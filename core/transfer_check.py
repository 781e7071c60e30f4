"""Checking an import: each row against the schema and against what is stored, as one actor at one division sees it."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from . import access, crypto, extensions, references, schemas, snapshot, transfer_sheet, xlsx
from .entity import Entity
from .errors import Invalid
from .faces import masked, plain
from .field_base import current_frame, framed
from .field_refs import Ref
from .i18n import gettext as _
from .registry import registry
from .transfer_sheet import SheetColumn, key_name, sheet_columns
from .transfer_tables import READY, UPLOADED, ImportBatch, move, read_block, write_block
from .tree import Node

NEW, CHANGED, SAME, ERROR = "new", "changed", "same", "error"
PREVIEW_ROWS = 50

Row = dict[str, Any]
"""One row of a batch. n: row of the sheet; c: cells; d: row with the same key; k: kind; e: errors by column; id, v: record
and version it was compared with; f: changed fields; o: outcome; a: version after; b: values before, by field; m: why it
failed or was left."""


class Checker:
    """Compares the rows of a batch with what is stored, as one actor at one division sees it. Writes only the batch."""

    def __init__(self, batch: ImportBatch, actor: Any, node: Node) -> None:
        self.batch, self.actor, self.node = batch, actor, node
        self.entity = registry().entity(batch.entity)
        added = extensions.columns(self.entity)  # all: a value for a plugin that was switched off meanwhile is refused, not lost
        self.columns: dict[str, SheetColumn] = {column.key: column for column in sheet_columns(self.entity, added=added)}
        self.key = key_name(self.entity)
        self.counts: Counter[str] = Counter(batch.counts)
        self.preview: dict[str, list[Any]] = batch.opened("preview", batch.preview) if batch.preview else {}
        self.shown = False

    def block(self, number: int) -> None:
        """Check one block, inside the caller's transaction."""
        snapshot.hold()  # asked once for a block, not for each cell
        rows = read_block(self.batch, number)
        for row, (raw, key, errors), known in self._read(rows):
            self._judge(row, raw, key, errors, known)
            self.counts[row["k"]] += 1
            self._show(row, known.get(key))
        write_block(self.batch, number, rows)
        self._save()

    def again(self, rows: list[Row]) -> Iterator[tuple[Row, Any, dict[str, Any] | Invalid]]:
        """Compare checked rows with what is stored now, with two queries for all of them.

        Yields each row with its record (None for a new one) and the values to write by column, or why it no longer fits.
        """
        for row, (raw, key, errors), known in self._read(rows):
            fresh: Row = {"n": row["n"], "c": row["c"]}
            values = self._judge(fresh, raw, key, errors, known)
            fits = fresh["k"] != ERROR
            yield row, known.get(key), values if fits else Invalid(_("The row no longer fits."), errors=fresh["e"])

    def _read(self, rows: list[Row]) -> Iterator[tuple[Row, tuple[dict[str, Any], str, dict[str, list[str]]], dict[str, Any]]]:
        with framed(self.node, self.actor):
            read = [transfer_sheet.read_row(self.columns, self.batch.columns, row["c"]) for row in rows]
            for name, column in self.columns.items():
                if isinstance(column.field, Ref):
                    references.ask_ahead(column.field, (raw.get(name) for raw, _key, _errors in read), current_frame())
        known = self._known([(raw, key) for raw, key, _errors in read if key])
        for row, found in zip(rows, read, strict=True):
            yield row, found, known

    def finish(self) -> None:
        """Mark the batch as checked, inside the caller's transaction."""
        move(self.batch, UPLOADED, READY)

    def _save(self) -> None:
        values: dict[str, Any] = {"counts": dict(self.counts)}
        if self.shown:
            values["preview"], self.shown = self.batch.sealed("preview", self.preview), False
        for name, value in values.items():
            setattr(self.batch, name, value)
        ImportBatch.update(values).where(ImportBatch.id == self.batch.id).execute()

    def _known(self, keys: list[tuple[dict[str, Any], str]]) -> dict[str, Any]:
        """Stored records by key: those in reach; None for a key that is taken by a record out of reach."""
        source = self.columns[self.key].source
        if not keys or source is None:
            return {}
        model, stored = self.entity.model, source.stored
        wanted = {self._stored_key(raw, key): key for raw, key in keys}
        if source.personal:
            stored = getattr(model, f"{source.attribute}_blind")
            wanted = {crypto.blind(str(value)): key for value, key in wanted.items()}
        found: dict[str, Any] = {wanted[row[0]]: None for row in
                                 model.select(stored).where(stored.in_(list(wanted))).tuples()}
        query = access.scoped(model.select().where(stored.in_(list(wanted))), self.entity, "view", self.node, self.actor)
        reached = list(query)
        extensions.attach(self.entity, reached, self.node)
        found.update({wanted[getattr(record, stored.name)]: record for record in reached})
        return found

    def _stored_key(self, raw: dict[str, Any], key: str) -> Any:
        """The key as it is stored: in the form its field gives it (capital X, no spaces)."""
        field = self.columns[self.key].field
        if field is None or self.key not in raw:
            return key
        try:
            with framed(self.node, self.actor):
                return field.deserialize(raw[self.key])
        except ValidationError:
            return key

    def _judge(self, row: Row, raw: dict[str, Any], key: str, errors: dict[str, list[str]],
               known: Mapping[str, Any]) -> dict[str, Any]:
        """Set kind, errors, record and changed fields of ``row``; returns the values to write by column."""
        values: dict[str, Any] = {}
        record = known.get(key) if key else None
        if "d" in row:
            errors.setdefault(self.key, []).append(_("This key stands in row %(row)s already. Keep one of the two rows.",
                                                     row=row["d"]))
        elif key and record is None and self.columns[self.key].field is None:
            # The system gives such keys: what it says of one out of reach is what it says of one that never was.
            errors.setdefault(self.key, []).append(_(
                "There is no record with this key here. Leave the cell empty to enter a new one."))
        elif key and key in known and record is None:
            errors.setdefault(self.key, []).append(_(
                "This key belongs to a record outside the divisions you may change. Leave the row out."))
        if not errors:
            try:
                values = self._values(raw, record)
                row["f"] = self._difference(values, record) if record is not None else []
                self._permit(record, values, bool(row["f"]))
            except Invalid as problem:
                errors = {name: [str(text) for text in as_list(texts)] for name, texts in problem.errors.items()}
                errors = errors or {"": [str(problem.title)]}
        row["e"] = errors
        row["k"] = ERROR if errors else NEW if record is None else CHANGED if row["f"] else SAME
        row["id"], row["v"] = (record.id, record.version) if record is not None else (None, None)
        if record is None:
            return values
        return {self.columns[name].source.attribute: values[self.columns[name].source.attribute]  # type: ignore[union-attr]
                for name in row.get("f", ())}

    def _values(self, raw: dict[str, Any], record: Any) -> dict[str, Any]:
        """The checked values by column; fields that a mask or a too long text stands for are left out."""
        given = {}
        errors: dict[str, list[str]] = {}
        for name, value in raw.items():
            column = self.columns[name]
            if value == transfer_sheet.TOO_LONG and record is not None:
                continue
            if column.personal and isinstance(value, str) and "*" in value:
                stored = getattr(record, column.source.attribute, None) if column.source else None
                if record is None or value != masked(self.entity, column.source, stored, record.uid):  # type: ignore[arg-type]
                    errors[name] = [_("This value is masked. Type the whole value, or leave the cell as it was exported.")]
                continue
            given[name] = value
        if errors:
            raise Invalid(errors=errors)
        known = self._schemas(given, record)
        values, added = extensions.split(self.entity, schemas.load_many(
            known, given, node=self.node, actor=self.actor, partial=record is not None))
        if self.entity.check is not None:
            found = self.entity.check(values, record, self._place(values, record))
            if found:
                raise Invalid(errors=found)
        return {**values, **added}

    def _schemas(self, given: dict[str, Any], record: Any) -> tuple[type[schemas.EntitySchema], ...]:
        """The schemas of a row; an empty cell of a plugin that is off at its division is taken out of ``given``."""
        if record is None:
            known = extensions.schemas_for_new(self.entity, given, self.node)
        else:
            known = extensions.schemas_at(self.entity, extensions.place_of(self.entity, record, self.node))
        names = {name for schema in known for name in schemas.fields_of(schema)}
        for column in extensions.columns(self.entity):
            if column.key not in names and given.get(column.key) is None:
                given.pop(column.key, None)
        return known

    def _place(self, values: Mapping[str, Any], record: Any) -> Node:
        tree = snapshot.current().tree
        if record is not None and self.entity.division:
            return tree.get(record.division_id) or self.node
        return tree.get(values.get("division_id")) or self.node

    def _difference(self, values: dict[str, Any], record: Any) -> list[str]:
        """Names of fields whose value differs from the stored one."""
        found = []
        for name, column in self.columns.items():
            if column.field is None or column.source is None or column.source.attribute not in values:
                continue
            if _stored(self.entity, column, record) != _comparable(values[column.source.attribute]):
                found.append(name)
        return found

    def _permit(self, record: Any, values: Mapping[str, Any], differs: bool) -> None:
        place = self._place(values, record)
        if not self.actor.may(self.entity.permission("import"), place):
            raise Invalid(errors={self.key: [_("You may not import at %(place)s.", place=place.name)]})
        if record is None:
            if "create" not in self.entity.actions or not self.actor.may(self.entity.permission("create"), place):
                raise Invalid(errors={self.key: [_("You may not enter new records at %(place)s.", place=place.name)]})
            if self.entity.levels and place.level not in self.entity.levels and self.entity.create is None:
                raise Invalid(errors={"division": [_("%(place)s is not of the right level.", place=place.name)]})
        elif differs:
            if "edit" not in self.entity.actions or not self._may_edit(record):
                raise Invalid(errors={self.key: [_("You may not change this record.")]})
            if values.get("division_id", None) not in (None, getattr(record, "division_id", None)):
                raise Invalid(errors={"division": [_("A record stays at its division.")]})

    def _may_edit(self, record: Any) -> bool:
        permission = self.entity.permission("edit")
        if self.entity.division is None:
            return bool(self.actor.may(permission, self.node))
        return bool(self.actor.may_on(permission, record))

    def _show(self, row: Row, record: Any) -> None:
        """Keep the first rows of each kind for the preview, personal values masked."""
        listed = self.preview.setdefault(row["k"], [])
        if len(listed) >= PREVIEW_ROWS:
            return
        cells, before = {}, {}
        for name, cell in zip(self.batch.columns, row["c"], strict=False):
            column = self.columns.get(name or "")
            if column is None or column.column.read_only:
                continue
            text = xlsx.plain(xlsx.shown(cell))
            secret = column.personal or (column.field is not None and column.field.personal)
            cells[column.key] = "********" if secret and text else text[:200]
        for name in row.get("f", ()):
            column = self.columns[name]
            if record is not None and column.field is not None and column.source is not None and not column.personal:
                with framed(self.node, self.actor):
                    before[name] = xlsx.shown(column.field.to_cell(getattr(record, column.source.attribute)))[:200]
        self.shown = True
        listed.append({"n": row["n"], "c": cells, "e": row["e"], "f": row.get("f", []), "b": before})


def as_list(texts: Any) -> list[Any]:
    """Messages of one field, whichever way they were given."""
    return list(texts) if isinstance(texts, (list, tuple)) else [texts]


def _comparable(value: Any) -> Any:
    return "" if value is None else value


def _stored(entity: Entity, column: SheetColumn, record: Any) -> Any:
    assert column.source is not None
    value = getattr(record, column.source.attribute)
    if column.personal:
        value = plain(entity, column.source, value, record.uid)
    return _comparable(value)

"""What people see of an import: the preview as a table, and the marked file with the result of each row."""
from __future__ import annotations

import io
from typing import Any

from . import extensions, xlsx
from .entity import Entity
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .transfer_check import CHANGED, ERROR, NEW, SAME, Row
from .transfer_sheet import REPORT, SheetColumn, report_labels, sheet_columns
from .transfer_tables import ImportBatch, all_rows

KINDS = {NEW: (_l("New records"), "ok"), CHANGED: (_l("Changed records"), "info"), SAME: (_l("Same as stored"), "muted"),
         ERROR: (_l("Rows with errors"), "bad")}
OUTCOMES = {"created": (_l("Newly entered"), "ok"), "updated": (_l("Record changed"), "ok"),
            "failed": (_l("Not imported"), "bad"), "undone": (_l("Import undone"), "muted"), "left": (_l("Not undone"), "warn")}


def columns_of(entity: Entity, batch: ImportBatch) -> list[SheetColumn]:
    """The columns of the uploaded file in its order, without those that are read only."""
    known = {column.key: column for column in sheet_columns(entity, added=extensions.columns(entity))}
    return [known[key] for key in batch.columns if key in known and not known[key].column.read_only]


def preview(entity: Entity, batch: ImportBatch, kind: str) -> dict[str, Any]:
    """The first rows of one kind as a table: number of the row, its cells; and, of a wrong row, what is wrong."""
    columns = columns_of(entity, batch)
    rows = (batch.opened("preview", batch.preview) if batch.preview else {}).get(kind, [])
    found = []
    for row in rows:
        cells = [{"text": str(row["n"])}, *(_preview_cell(column, row) for column in columns)]
        found.append({"cells": cells, "error": error_text(columns, row) if kind == ERROR else ""})
    heads = [_("Row"), *(column.column.label for column in columns)]
    return {"caption": _("Rows of the file"), "columns": [{"label": head} for head in heads], "rows": found,
            "empty": _("There are no such rows.")}


def _preview_cell(column: SheetColumn, row: Row) -> dict[str, str]:
    text = row["c"].get(column.key, "")
    if column.key in row["e"]:
        return {"text": text or "–", "tone": "bad"}
    if column.key not in row["f"]:
        return {"text": text, "tone": ""}
    if not column.personal:
        text = _("%(old)s → %(new)s", old=row["b"].get(column.key) or "–", new=text or "–")
    return {"text": text or "–", "tone": "info"}


def error_text(columns: list[SheetColumn], row: Row) -> str:
    """The errors of a row as one text: column, message."""
    labels = {column.key: column.column.label for column in columns}
    parts = []
    for name, messages in (row.get("e") or {}).items():
        label = labels.get(name, "")
        parts += [f"{label}: {message}" if label else str(message) for message in messages]
    if row.get("m"):
        parts.append(str(row["m"]))
    return " ".join(parts)


def marked_file(entity: Entity, batch: ImportBatch, only_problems: bool = False) -> bytes:
    """The uploaded rows with the result of each; cells with errors are red. It can be corrected and uploaded again."""
    columns = columns_of(entity, batch)
    heads = [column.column for column in columns]
    heads += [xlsx.Column(key, label, read_only=True) for key, label in zip(REPORT, report_labels(), strict=True)]
    places = {key: place for place, key in enumerate(batch.columns) if key}
    target = io.BytesIO()
    writer = xlsx.Writer(target, heads, str(entity.label))
    for row in all_rows(batch):
        problem = row.get("k") == ERROR or row.get("o") in ("failed", "left")
        if only_problems and not problem:
            continue
        cells = []
        for column in columns:
            place = places[column.key]
            cell = row["c"][place] if place < len(row["c"]) else None
            cells.append(xlsx.plain(cell) if isinstance(cell, str) else cell)
        bad = frozenset(position for position, column in enumerate(columns) if column.key in (row.get("e") or {}))
        writer.row([*cells, result_text(row), error_text(columns, row)], bad)
    writer.close()
    return target.getvalue()


def result_text(row: Row) -> str:
    """What became of a row, in words."""
    if row.get("o") in OUTCOMES:
        return str(OUTCOMES[row["o"]][0])
    return str(KINDS[row["k"]][0]) if row.get("k") in KINDS else ""


def counts(batch: ImportBatch, kinds: dict[str, Any]) -> list[dict[str, Any]]:
    """Labelled counts of a batch: of its kinds or of its outcomes."""
    return [{"key": key, "label": str(label), "tone": tone, "count": batch.counts.get(key, 0)}
            for key, (label, tone) in kinds.items()]

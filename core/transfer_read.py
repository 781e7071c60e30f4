"""Reading an uploaded list: the cells of a workbook as the rows of a batch. A long one is read by a job."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from . import extensions, jobs, snapshot, transfer_sheet, xlsx
from .entity import Entity
from .errors import Invalid, Problem
from .i18n import gettext as _
from .registry import registry
from .transfer_check import Row
from .transfer_sheet import key_name
from .transfer_tables import BLOCK, READING, REFUSED, UPLOADED, ImportBatch, add_blocks, drop_file, kept_file, move, sealed_blocks
from .tree import Node

AT_ONCE = 20
"""Blocks that are stored in one transaction: they are only put down, which is quick."""


def limits_at(node: Node) -> xlsx.Limits:
    """What a division accepts, from its settings."""
    settings = snapshot.current().settings
    return xlsx.Limits(bytes=settings.get("core.import_megabytes", node) << 20, rows=settings.get("core.import_rows", node))


def rows_of(entity: Entity, content: bytes, node: Node) -> tuple[list[str | None], list[Row]]:
    """(keys of the columns, rows that are not empty) of a workbook.

    Raises what ``xlsx.read`` and ``transfer_sheet.header`` raise for a file that cannot be used.
    """
    sheet = xlsx.read(content, limits_at(node))
    keys, depth = transfer_sheet.header(entity, sheet, extensions.columns_below(entity, node))
    found = [{"n": number, "c": [transfer_sheet.stored_cell(cell) for cell in cells[:len(keys)]]}
             for number, cells in enumerate(sheet[depth:], start=depth + 1)
             if any(cell not in ("", None) for cell in cells[:len(keys)])]
    if not found:
        raise Invalid(_("The sheet has a header but no rows."), remedy=_("Fill in the rows below it and upload it again."),
                      code="empty")
    _mark_doubles(entity, keys, found)
    return keys, found


def _mark_doubles(entity: Entity, keys: Sequence[str | None], rows: Iterable[Row]) -> None:
    key = key_name(entity)
    if key not in keys:
        return
    place = keys.index(key)
    seen: dict[str, int] = {}
    for row in rows:
        cell = row["c"][place] if place < len(row["c"]) else None
        text = xlsx.plain(xlsx.shown(cell)).strip()
        if text and seen.setdefault(text, row["n"]) != row["n"]:
            row["d"] = seen[text]


def run(context: jobs.Context, batch: ImportBatch) -> None:
    """The first part of the job that checks a long file: put its rows down in blocks; the file itself is dropped then.

    A file that cannot be used becomes a refused batch, and the job fails with the reason.
    """
    try:
        keys, rows = rows_of(registry().entity(batch.entity), kept_file(batch), context.node)
    except Problem:
        with context.step():
            move(batch, READING, REFUSED)
            drop_file(batch.id)
        raise
    stored = context.cursor["stored"] if context.cursor else 0
    context.progress(min(stored * BLOCK, len(rows)), len(rows))
    last = -(-len(rows) // BLOCK)
    for first in range(stored, last, AT_ONCE):
        blocks: list[dict[str, Any]] = sealed_blocks(batch, rows[first * BLOCK:(first + AT_ONCE) * BLOCK], first)
        done = first + len(blocks)
        with context.step(cursor={"stored": done}, done=min(done * BLOCK, len(rows))):
            add_blocks(blocks)
    with context.step(cursor=0, done=0):
        move(batch, READING, UPLOADED, columns=keys, rows=len(rows), blocks=last)
        drop_file(batch.id)

"""Export of an entity: exactly the list that a URL selects, as xlsx or csv, logged with its purpose.

Personal data leave masked unless the actor holds the right to reveal them and says why; every text is neutralised, codes
and numbers of persons are text. Long exports are made by a job and wait for their owner for three days.
"""
from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import orjson
import peewee
from werkzeug.datastructures import MultiDict

from . import access, audit, crypto, db, extensions, jobs, lists, snapshot, transfer_sheet, xlsx
from .entity import Entity
from .errors import Invalid, NotFound, TooLarge
from .faces import face_of
from .field_base import framed
from .i18n import gettext as _
from .registry import registry
from .transfer_sheet import SheetColumn, sheet_columns
from .transfer_tables import ExportFile, store_file
from .tree import Node

AT_ONCE = 2000
"""Rows of an export that is sent at once; a longer one is made by a job."""

CHUNK = 500
FORMATS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}


def ask(entity: Entity, args: Mapping[str, Any], node: Node, actor: Any, *, file_format: str, purpose: str,
        revealed: bool) -> ExportFile:
    """Make an export of what ``args`` (the parameters of a list URL) select; a long one is made by a job (``job_id``).

    Logged with its purpose now and at each download. Raises ``Invalid`` for a missing purpose or unknown format,
    ``Forbidden`` without the right to export or to reveal, ``TooLarge`` above the limits.
    """
    _require_export(entity, node, actor)
    if file_format not in FORMATS:
        raise Invalid(_("Choose a format: xlsx or csv."), errors={"format": [_("Choose a format: xlsx or csv.")]})
    purpose = audit.check_purpose(purpose)
    if revealed:
        access.require(entity.permission("reveal"), node, actor)
    query = lists.selected(entity, args, node, actor, "export")
    rows = _count(entity, query, node, revealed)
    file = ExportFile(entity=entity.key, division_id=node.id, account_id=actor.account_id, created_by=actor.account_id,
                      format=file_format, purpose=purpose, revealed=revealed, rows=rows)
    long = rows > AT_ONCE
    with db.transaction():
        file.save(force_insert=True)
        if long:
            pairs = [[name, value] for name, value in MultiDict(args).items(multi=True) if name not in lists.PAGING]
            file.query = crypto.seal(orjson.dumps(pairs).decode(), "core_export", "query", file.uid)
            file.job_id = jobs.enqueue("core.export", {"file": file.id}, actor, node, page_url(file, node)).id
        _audit(file, actor, "asked")
        if long:
            file.save()
    if not long:
        made = content(file, query, actor, node)
        with db.transaction():
            store_file(file, made)
            file.save()
    return file


def _require_export(entity: Entity, node: Node, actor: Any) -> None:
    # Held somewhere below is enough: the selection holds only what the actor may export.
    if not actor.may_within(entity.permission("export"), node):
        access.require(entity.permission("export"), node, actor)


def _audit(file: ExportFile, actor: Any, step: str) -> None:
    entity = registry().entity(file.entity)
    personal = (*entity.personal, *(column.key for column in extensions.columns(entity) if column.personal))
    detail = {"step": step, "rows": file.rows, "format": file.format, "revealed": file.revealed, "export": file.id}
    audit.event("export", actor, detail, division_id=file.division_id, entity=file.entity,
                fields=personal if file.revealed else (), purpose=file.purpose)


def _count(entity: Entity, query: peewee.ModelSelect, node: Node, revealed: bool) -> int:
    settings = snapshot.current().settings
    limit = settings.get("core.export_revealed_rows" if revealed else "core.export_rows", node)
    rows = len(query.select(entity.model.id).limit(limit + 1).tuples())
    if rows > limit:
        raise TooLarge(_("The list has more than %(limit)s rows, which is the limit of one export.", limit=limit),
                       remedy=_("Narrow it with the filters, or leave the personal data masked.") if revealed
                       else _("Narrow it with the filters and export the parts."))
    return rows


def page_url(file: ExportFile, node: Node) -> str:
    """The page of an export."""
    plugin, _dot, name = file.entity.partition(".")
    return f"/d/{node.code}/{plugin}/{name}/export/{file.id}"


def get(entity: Entity, file_id: int, actor: Any) -> ExportFile:
    """One's own export. Raises ``NotFound`` for anybody else's: it may hold what only its owner may see."""
    file = ExportFile.get_or_none((ExportFile.id == file_id) & (ExportFile.entity == entity.key))
    if file is None or actor.account_id is None or file.account_id != actor.account_id:
        raise NotFound(_("There is no such export."), remedy=_("Ask for the export again from the list."))
    return file


def downloaded(file: ExportFile, actor: Any) -> None:
    """Record that a stored export is about to leave; durable when it returns. Raises ``NotFound`` when it was deleted."""
    if not file.parts:
        raise NotFound(_("The file was deleted after its time."), remedy=_("Ask for the export again from the list."))
    with db.transaction():
        _audit(file, actor, "downloaded")


def run(context: jobs.Context, args: Mapping[str, Any]) -> dict[str, Any]:
    """The job that makes a long export. Done again from the beginning after an interruption: nothing is half stored."""
    file = ExportFile.get_by_id(args["file"])
    if file.parts:
        return {"rows": file.rows}
    entity = registry().entity(file.entity)
    node, actor = context.node, context.actor
    pairs = orjson.loads(crypto.open_sealed(file.query, "core_export", "query", file.uid))
    if file.revealed:
        access.require(entity.permission("reveal"), node, actor)
    query = lists.selected(entity, MultiDict([(name, value) for name, value in pairs]), node, actor, "export")
    context.progress(0, file.rows)
    made = content(file, query, actor, node, progress=context)
    with context.step(done=file.rows):
        store_file(file, made)
        file.save()
    return {"rows": file.rows}


def content(file: ExportFile, query: peewee.ModelSelect, actor: Any, node: Node, *,
            progress: jobs.Context | None = None) -> bytes:
    """The file: every record of ``query`` in the order in which they were entered."""
    entity = registry().entity(file.entity)
    columns = sheet_columns(entity, added=extensions.columns_below(entity, node))
    target: IO[bytes]
    with tempfile.SpooledTemporaryFile(max_size=8 << 20) as target, framed(node, actor):
        rows = _cells(entity, columns, query, node, file.revealed, progress)
        if file.format == "xlsx":
            writer = xlsx.Writer(target, [column.column for column in columns], str(entity.label))
            for cells in rows:
                writer.row(cells)
            writer.close()
        else:
            _write_csv(target, columns, rows)
        target.seek(0)
        return target.read()


def _write_csv(target: IO[bytes], columns: Sequence[SheetColumn], rows: Iterator[list[xlsx.Cell]]) -> None:
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)  # Excel needs the mark
    writer = csv.writer(text)
    writer.writerow([xlsx.neutralise(column.column.label) for column in columns])
    for cells in rows:
        writer.writerow([xlsx.neutralise(xlsx.shown(cell)) for cell in cells])
    text.detach()


def _cells(entity: Entity, columns: Sequence[SheetColumn], query: peewee.ModelSelect, node: Node, revealed: bool,
           progress: jobs.Context | None) -> Iterator[list[xlsx.Cell]]:
    """Cells of every record, read in pages by id so that a long list needs little memory and holds no cursor open."""
    makers = transfer_sheet.cell_makers(face_of(entity), columns, revealed)
    key = entity.model.id
    last, done = 0, 0
    while True:
        records = list(query.where(key > last).order_by(key).limit(CHUNK))
        if not records:
            return
        extensions.attach(entity, records, node)
        names = transfer_sheet.names_behind(columns, records)
        for record in records:
            yield transfer_sheet.row_cells(makers, names, record)
        last = records[-1].id
        done += len(records)
        if progress is not None:
            progress.progress(done)

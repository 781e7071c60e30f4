"""Import of an entity: upload, check, preview, confirm, report, undo by batch.

Checking writes nothing but the batch itself. Confirming and undoing are jobs that go block by block, each block one
transaction with its marks, so that a killed worker neither doubles nor skips a row. What a batch did to a record is
undone only while nobody changed the record since.
"""
from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from . import access, audit, db, engine, extensions, jobs, records, schemas, snapshot, transfer_read, xlsx
from .entity import Entity
from .errors import Conflict, Forbidden, Invalid, NotFound, Problem
from .faces import plain
from .fields import Text
from .i18n import gettext as _
from .registry import registry
from .schemas import fields_of
from .transfer_check import CHANGED, NEW, Checker, Row, as_list
from .transfer_tables import (
    APPLYING,
    BLOCK,
    DISCARDED,
    DONE,
    READING,
    READY,
    REFUSED,
    UNDOING,
    UNDONE,
    UPLOADED,
    ImportBatch,
    ImportBlock,
    add_blocks,
    drop_file,
    keep_file,
    move,
    read_block,
    sealed_blocks,
    sealed_parts,
    write_block,
)
from .tree import Node

CREATED, UPDATED, FAILED, LEFT = "created", "updated", "failed", "left"
INLINE_ROWS = 500
"""A file of up to so many rows is checked while its sender waits; a longer one by a job."""

INLINE_BYTES = 256 * 1024
"""A file of up to so many bytes is read while its sender waits: some thousand rows, a third of a second."""

# ---------------------------------------------------------------- upload

def start(entity: Entity, content: bytes, file_name: str, actor: Any, node: Node) -> ImportBatch:
    """Take an uploaded workbook. A small one is read at once, and checked at once unless it is long; a large one by a job.

    Raises ``Forbidden`` without the permission, and what ``xlsx.look``, for a small file also ``transfer_read.rows_of``,
    raise for one that cannot be used; nothing is stored then. What is wrong with a large one stands on the batch's page.
    """
    if not actor.may_within(entity.permission("import"), node):
        access.require(entity.permission("import"), node, actor)
    batch = ImportBatch(entity=entity.key, division_id=node.id, account_id=actor.account_id,
                        created_by=actor.account_id, file_name=file_name[-120:] or "import.xlsx",
                        file_hash=hashlib.sha256(content).hexdigest(), columns=[])
    if len(content) > INLINE_BYTES:
        return _start_large(batch, content, actor, node)
    batch.columns, found = transfer_read.rows_of(entity, content, node)
    batch.rows = len(found)
    with db.transaction():
        batch.save(force_insert=True)
        batch.blocks = add_blocks(sealed_blocks(batch, found))
        if len(found) > INLINE_ROWS:
            batch.job_id = _check_by_job(batch, actor, node)
        batch.save()
        _record(batch, "uploaded", actor, rows=batch.rows)
    if len(found) <= INLINE_ROWS:
        checker = Checker(batch, actor, node)
        with db.transaction():
            for number in range(batch.blocks):
                checker.block(number)
            checker.finish()
    return batch


def _start_large(batch: ImportBatch, content: bytes, actor: Any, node: Node) -> ImportBatch:
    xlsx.look(content, transfer_read.limits_at(node))
    batch.state = READING
    parts = sealed_parts(batch, content)
    with db.transaction():
        batch.save(force_insert=True)
        keep_file(batch, parts)
        batch.job_id = _check_by_job(batch, actor, node)
        batch.save()
        _record(batch, "uploaded", actor, bytes=len(content))
    return batch


def _check_by_job(batch: ImportBatch, actor: Any, node: Node) -> int:
    return int(jobs.enqueue("core.import_check", {"batch": batch.id}, actor, node, url(batch, node)).id)


def _record(batch: ImportBatch, step: str, actor: Any, **facts: Any) -> None:
    audit.event("import", actor, {"step": step, "batch": batch.id, **facts}, division_id=batch.division_id,
                entity=batch.entity)


def url(batch: ImportBatch, node: Node) -> str:
    """The page of a batch."""
    plugin, _dot, name = batch.entity.partition(".")
    return f"/d/{node.code}/{plugin}/{name}/import/{batch.id}"


def get(entity: Entity, batch_id: int, node: Node, actor: Any) -> ImportBatch:
    """A batch of this entity that was uploaded at ``node`` or below. Raises ``NotFound``, ``Forbidden``."""
    batch = ImportBatch.get_or_none((ImportBatch.id == batch_id) & (ImportBatch.entity == entity.key))
    place = snapshot.current().tree.get(batch.division_id) if batch is not None else None
    if batch is None or place is None or not snapshot.current().tree.covers(node, place):
        raise NotFound(_("There is no such import."), remedy=_("Choose one from the list of imports."))
    _require(batch, actor)
    return batch


def _require(batch: ImportBatch, actor: Any) -> None:
    """One's own batch, or one at a division where the actor may import."""
    entity = registry().entity(batch.entity)
    place = place_of(batch)
    if batch.account_id == actor.account_id and actor.may_within(entity.permission("import"), place):
        return
    access.require(entity.permission("import"), place, actor)


def place_of(batch: ImportBatch) -> Node:
    """The division at which a batch was uploaded. Raises ``NotFound`` when it is gone."""
    place = snapshot.current().tree.get(batch.division_id)
    if place is None:
        raise NotFound(_("The division of this import no longer exists."))
    return place


# ---------------------------------------------------------------- confirming, undoing

def confirm(batch: ImportBatch, actor: Any) -> None:
    """Import the good rows of a checked batch by a job. Raises ``Conflict`` when it has gone on or has no good row."""
    _require(batch, actor)
    if not batch.counts.get(NEW) and not batch.counts.get(CHANGED):
        raise Conflict(_("There is nothing to import: no row is new or changed."),
                       remedy=_("Correct the rows with errors and upload the file again."))
    with db.transaction():
        move(batch, READY, APPLYING, confirmed_at=db.now())
        run = jobs.enqueue("core.import_apply", {"batch": batch.id}, actor, place_of(batch), url(batch, place_of(batch)))
        _set_job(batch, run.id)


def undo(batch: ImportBatch, actor: Any) -> None:
    """Undo a finished (or finally failed) import by a job. Raises ``Conflict`` when it is not finished."""
    _require(batch, actor)
    if not batch.has_rows:
        read_block(batch, 0)
    stuck = batch.state == APPLYING and (run := jobs.JobRun.get_or_none(id=batch.job_id)) is not None and run.over
    with db.transaction():
        move(batch, APPLYING if stuck else DONE, UNDOING)
        run = jobs.enqueue("core.import_undo", {"batch": batch.id}, actor, place_of(batch), url(batch, place_of(batch)))
        _set_job(batch, run.id)


def discard(batch: ImportBatch) -> None:
    """Throw away a batch that was not confirmed, with its rows. Raises ``Conflict``."""
    with db.transaction():
        move(batch, batch.state if batch.state in (READING, REFUSED, UPLOADED) else READY, DISCARDED, preview="")
        drop_file(batch.id)
        ImportBlock.delete().where(ImportBlock.batch_id == batch.id).execute()


def _set_job(batch: ImportBatch, job_id: int) -> None:
    ImportBatch.update(job_id=job_id).where(ImportBatch.id == batch.id).execute()
    batch.job_id = job_id


def run_check(context: jobs.Context, args: Mapping[str, Any]) -> dict[str, Any]:
    """The job that checks a long file."""
    batch = ImportBatch.get_by_id(args["batch"])
    if batch.state == REFUSED:
        raise Conflict(_("This file was refused: it cannot be read."), remedy=_("Correct the file and upload it again."))
    if batch.state == READING:
        transfer_read.run(context, batch)
    if batch.state != UPLOADED:
        return {}
    checker = Checker(batch, context.actor, context.node)
    context.progress(min((context.cursor or 0) * BLOCK, batch.rows), batch.rows)
    for number in range(context.cursor or 0, batch.blocks):
        with context.step(cursor=number + 1, done=min((number + 1) * BLOCK, batch.rows)):
            checker.block(number)
    with context.step():
        checker.finish()
    return {"rows": batch.rows}


def run_apply(context: jobs.Context, args: Mapping[str, Any]) -> dict[str, Any]:
    """The job that imports the good rows of a confirmed batch."""
    batch = ImportBatch.get_by_id(args["batch"])
    checker = Checker(batch, context.actor, context.node)
    context.progress(min((context.cursor or 0) * BLOCK, batch.rows), batch.rows)
    for number in range(context.cursor or 0, batch.blocks):
        with context.step(cursor=number + 1, done=min((number + 1) * BLOCK, batch.rows)):
            _apply_block(checker, number)
    return _end(context, batch, APPLYING, DONE, "imported")


def _end(context: jobs.Context, batch: ImportBatch, before: str, after: str, step: str) -> dict[str, Any]:
    """The last step of a job, which its cursor remembers: who was killed between it and the end of the job takes it once."""
    last = batch.blocks + 1
    if (context.cursor or 0) < last:
        with context.step(cursor=last, done=batch.rows):
            move(batch, before, after, finished_at=db.now())
            audit.event("import", context.actor, {"step": step, "batch": batch.id, **batch.counts},
                        division_id=batch.division_id, entity=batch.entity)
    return dict(batch.counts)


def _apply_block(checker: Checker, number: int) -> None:
    batch = checker.batch
    snapshot.hold()
    rows = read_block(batch, number)
    counts = Counter(batch.counts)
    for row, record, values in checker.again([row for row in rows if row["k"] in (NEW, CHANGED)]):
        _apply(checker, row, record, values)
        counts[row["o"]] += 1
    write_block(batch, number, rows)
    _save_counts(batch, counts)


def _save_counts(batch: ImportBatch, counts: Mapping[str, int]) -> None:
    batch.counts = dict(counts)
    ImportBatch.update(counts=batch.counts).where(ImportBatch.id == batch.id).execute()


def _apply(checker: Checker, row: Row, record: Any, values: dict[str, Any] | Invalid) -> None:
    """Write one row in a savepoint of its own; what refuses it becomes its message."""
    entity, actor, node = checker.entity, checker.actor, checker.node
    try:
        with db.transaction():
            if isinstance(values, Invalid):
                raise values
            if (record.id if record is not None else None) != row["id"]:
                raise Conflict(_("A record with this key was entered or deleted after the preview."))
            if record is None:
                record = records.create_within(entity, values, actor, node)
                row["o"], row["id"] = CREATED, record.id
            else:
                row["b"] = _before(checker, record, values)
                record = records.update(entity, record.id, values, actor, row["v"], node)
                row["o"] = UPDATED
            row["a"] = record.version
    except Problem as problem:
        row["o"], row["m"] = FAILED, _sentence(problem)


def _before(checker: Checker, record: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values by field of what is about to be changed."""
    found = {}
    for column in checker.columns.values():
        if column.field is None or column.source is None or column.source.attribute not in values:
            continue
        value = getattr(record, column.source.attribute)
        if column.personal:
            value = plain(checker.entity, column.source, value, record.uid)
        found[column.key] = column.field.to_json(value)
    return found


def _sentence(problem: Problem) -> str:
    parts = [str(problem.title), str(problem.detail)]
    parts += [str(text) for texts in problem.errors.values() for text in as_list(texts)]
    return " ".join(part for part in parts if part)


def run_undo(context: jobs.Context, args: Mapping[str, Any]) -> dict[str, Any]:
    """The job that undoes a batch, last block first."""
    batch = ImportBatch.get_by_id(args["batch"])
    checker = Checker(batch, context.actor, context.node)
    context.progress(min((context.cursor or 0) * BLOCK, batch.rows), batch.rows)
    for count in range(context.cursor or 0, batch.blocks):
        with context.step(cursor=count + 1, done=min((count + 1) * BLOCK, batch.rows)):
            _undo_block(checker, batch.blocks - 1 - count)
    return _end(context, batch, UNDOING, UNDONE, "undone")


def _undo_block(checker: Checker, number: int) -> None:
    batch = checker.batch
    snapshot.hold()
    rows = read_block(batch, number)
    counts = Counter(batch.counts)
    for row in reversed(rows):
        if row.get("o") in (CREATED, UPDATED):
            _undo(checker, row)
            counts[row["o"]] += 1
    write_block(batch, number, rows)
    _save_counts(batch, counts)


def _undo(checker: Checker, row: Row) -> None:
    entity, actor, node = checker.entity, checker.actor, checker.node
    try:
        with db.transaction():
            record = entity.model.get_or_none(entity.model.id == row["id"])
            if record is None:
                raise NotFound(_("The record is gone already."))
            if record.version != row["a"]:
                raise Conflict(_("The record was changed after the import."))
            if row["o"] == UPDATED:
                known = extensions.schemas_at(entity, extensions.place_of(entity, record, node))
                values = schemas.load_many(known, row["b"], node=node, actor=actor, partial=True)
                records.update(entity, record.id, values, actor, row["a"], node)
            elif registry().workflow_of(entity.key) is None:
                records.delete(entity, record.id, actor, row["a"], node)
            else:
                _withdraw(entity, record, actor, node)
        row["o"] = UNDONE
    except Problem as problem:
        row["o"], row["m"] = LEFT, _sentence(problem)


def _withdraw(entity: Entity, record: Any, actor: Any, node: Node) -> None:
    """A registered case is never deleted: take the step that withdraws it, where the actor may."""
    for step in engine.possible(entity, record, actor):
        if step.flow != "withdrawn":
            continue
        data: dict[str, Any] = {}
        for schema in step.asks:
            for name, field in fields_of(schema).items():
                if field.required and isinstance(field, Text):
                    data[name] = _("The import that entered this was undone.")
        values = schemas.load_many(step.asks, data, node=node, actor=actor) if step.asks else {}
        engine.perform(entity, record.id, step.key, values, actor, record.version, node)
        return
    raise Forbidden(_("A registered matter is never deleted, and you may not withdraw it."))

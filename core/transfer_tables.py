"""Tables of import and export: a batch with its rows in sealed blocks, an exported file in sealed parts.

What a clerk uploads may be a list of persons. So it is sealed before it is stored, read back for the one purpose, and
deleted after a while; what stays is the batch with its counts.
"""
from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import peewee

from . import crypto, db
from .entity import Setting
from .errors import Conflict
from .i18n import gettext as _
from .i18n import lazy_gettext as _l

READING, REFUSED, UPLOADED, READY, APPLYING, DONE, UNDOING, UNDONE, DISCARDED = (
    "reading", "refused", "uploaded", "ready", "applying", "done", "undoing", "undone", "discarded")
STATES = {READING: (_l("Being read"), "info"), REFUSED: (_l("The file cannot be used"), "bad"),
          UPLOADED: (_l("Being checked"), "info"), READY: (_l("Checked, waits for your confirmation"), "warn"),
          APPLYING: (_l("Being imported"), "info"), DONE: (_l("Import finished"), "ok"),
          UNDOING: (_l("Being undone"), "info"), UNDONE: (_l("Import undone"), "muted"),
          DISCARDED: (_l("Discarded"), "muted")}

BLOCK = 50
"""Rows in a block: one transaction of a job, so that other writers wait a tenth of a second at most."""

PART = 384 * 1024
KEEP_ROWS = timedelta(days=30)
KEEP_FILES = timedelta(days=3)

SETTINGS = (
    Setting("core.import_rows", _l("Rows of one import at most"), "int", 100_000, _l("Platform default"),
            minimum=1, maximum=100_000),
    Setting("core.import_megabytes", _l("Size of an imported file at most, in MB"), "int", 20, _l("Platform default"),
            minimum=1, maximum=100),
    Setting("core.export_rows", _l("Rows of one export at most"), "int", 100_000, _l("Platform default"),
            minimum=1, maximum=1_000_000),
    Setting("core.export_revealed_rows", _l("Rows of one export with unmasked personal data at most"), "int", 500,
            _l("Platform default; PIPL asks for the least that is needed"), minimum=1, maximum=100_000),
)


class ImportBatch(db.Record):
    """One uploaded list. ``columns`` are the keys of its columns in order; ``counts`` what was found and done.

    ``division_id`` is where it was uploaded; ``preview`` holds the first rows of each kind, sealed.
    """

    entity = peewee.CharField(max_length=80)
    division_id = peewee.BigIntegerField()
    account_id = peewee.BigIntegerField(null=True)
    file_name = peewee.CharField(max_length=120)
    file_hash = peewee.CharField(max_length=64)
    state = peewee.CharField(max_length=12, default=UPLOADED)
    columns: Any = db.JSONField()
    rows = peewee.IntegerField(default=0)
    blocks = peewee.IntegerField(default=0)
    counts: Any = db.JSONField(default=dict)
    preview: Any = db.SealedField(default="")
    job_id = peewee.BigIntegerField(null=True)
    confirmed_at = peewee.DateTimeField(null=True)
    finished_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_import"
        indexes = ((("entity", "division_id", "id"), False), (("state", "created_at"), False))

    def sealed(self, name: str, value: Any) -> str:
        """``value`` as JSON, sealed for this batch under ``name``."""
        return crypto.seal(orjson.dumps(value).decode(), "core_import", name, self.uid)

    def opened(self, name: str, text: str) -> Any:
        """What ``sealed`` made."""
        return orjson.loads(crypto.open_sealed(text, "core_import", name, self.uid))

    @property
    def has_rows(self) -> bool:
        """True while the rows are kept: afterwards neither the marked file nor undoing is possible."""
        return bool(ImportBlock.select(ImportBlock.id).where(ImportBlock.batch_id == self.id).limit(1).tuples())


class ImportBlock(db.Table):
    """Some rows of a batch: sealed JSON, one object a row (see ``transfer.Row``)."""

    id = peewee.BigAutoField()
    batch_id = peewee.BigIntegerField()
    number = peewee.IntegerField()
    body = db.SealedField()

    class Meta:
        table_name = "core_import_block"
        indexes = ((("batch_id", "number"), True),)


class ImportPart(db.Table):
    """A sealed piece of an uploaded file that a job has still to read."""

    id = peewee.BigAutoField()
    batch_id = peewee.BigIntegerField()
    number = peewee.IntegerField()
    body = db.SealedField()

    class Meta:
        table_name = "core_import_part"
        indexes = ((("batch_id", "number"), True),)


class ExportFile(db.Record):
    """One export: what was asked (sealed: a filter may name a person), by whom, for what, and how many rows it has."""

    entity = peewee.CharField(max_length=80)
    division_id = peewee.BigIntegerField()
    account_id = peewee.BigIntegerField(null=True)
    query: Any = db.SealedField(default="")
    format = peewee.CharField(max_length=4)
    purpose = peewee.CharField(max_length=200)
    revealed = peewee.BooleanField(default=False)
    rows = peewee.IntegerField(null=True)
    parts = peewee.IntegerField(default=0)
    job_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_export"
        indexes = ((("account_id", "id"), False), (("created_at",), False))

    @property
    def file_name(self) -> str:
        """The name under which it is saved: entity and day, nothing about its content."""
        day = db.local_day(self.created_at)
        return f"{self.entity.replace('.', '-')}-{day:%Y%m%d}-{self.id}.{self.format}"


class ExportPart(db.Table):
    """A sealed piece of an exported file."""

    id = peewee.BigAutoField()
    file_id = peewee.BigIntegerField()
    number = peewee.IntegerField()
    body = db.SealedField()

    class Meta:
        table_name = "core_export_part"
        indexes = ((("file_id", "number"), True),)


def move(batch: ImportBatch, source: str, target: str, **values: Any) -> None:
    """Bring a batch from state ``source`` to ``target`` by compare-and-set, with other columns.

    Raises ``Conflict`` when it is not in ``source`` any more.
    """
    values = {"state": target, "updated_at": db.now(), **values}
    changes = {getattr(ImportBatch, name): value for name, value in values.items()}
    with db.transaction():
        changed = (ImportBatch.update({**changes, ImportBatch.version: ImportBatch.version + 1})
                   .where((ImportBatch.id == batch.id) & (ImportBatch.state == source)).execute())
    if not changed:
        raise Conflict(_("This import has already gone on."), _("Somebody confirmed, undid or discarded it meanwhile."),
                       _("Load the page again to see its present state."))
    for name, value in values.items():
        setattr(batch, name, value)
    batch.version += 1


def read_block(batch: ImportBatch, number: int) -> list[dict[str, Any]]:
    """The rows of one block. Raises ``Conflict`` when they were deleted after their time."""
    found = ImportBlock.select(ImportBlock.body).where(
        (ImportBlock.batch_id == batch.id) & (ImportBlock.number == number)).tuples().first()
    if found is None:
        raise Conflict(_("The rows of this import were deleted after %(days)s days.", days=KEEP_ROWS.days),
                       remedy=_("Import the file again."))
    rows: list[dict[str, Any]] = batch.opened(f"block {number}", found[0])
    return rows


def write_block(batch: ImportBatch, number: int, rows: list[dict[str, Any]]) -> None:
    """Replace the rows of one block, inside the caller's transaction."""
    (ImportBlock.update(body=batch.sealed(f"block {number}", rows))
     .where((ImportBlock.batch_id == batch.id) & (ImportBlock.number == number)).execute())


def sealed_blocks(batch: ImportBatch, rows: list[dict[str, Any]], first: int = 0) -> list[dict[str, Any]]:
    """The rows of a batch in sealed blocks, the first of them numbered ``first``; for ``add_blocks``."""
    return [{"batch_id": batch.id, "number": number,
             "body": batch.sealed(f"block {number}", rows[start:start + BLOCK])}
            for number, start in enumerate(range(0, len(rows), BLOCK), start=first)]


def add_blocks(blocks: list[dict[str, Any]]) -> int:
    """Store sealed blocks, inside the caller's transaction; returns how many."""
    for start in range(0, len(blocks), 100):
        ImportBlock.insert_many(blocks[start:start + 100]).execute()
    return len(blocks)


def sealed_parts(batch: ImportBatch, content: bytes) -> list[str]:
    """An uploaded file in sealed pieces; for ``keep_file``. Sealing takes longer than storing and needs no transaction."""
    return [batch.sealed(f"part {number}", base64.b64encode(content[start:start + PART]).decode())
            for number, start in enumerate(range(0, len(content), PART))]


def keep_file(batch: ImportBatch, parts: list[str]) -> None:
    """Store an uploaded file until a job has read it, inside the caller's transaction."""
    for number, body in enumerate(parts):
        ImportPart.insert(batch_id=batch.id, number=number, body=body).execute()


def kept_file(batch: ImportBatch) -> bytes:
    """The file that ``keep_file`` stored. Raises ``Conflict`` when it was thrown away."""
    parts = list(ImportPart.select(ImportPart.number, ImportPart.body).where(ImportPart.batch_id == batch.id)
                 .order_by(ImportPart.number).tuples())
    if not parts:
        raise Conflict(_("The uploaded file is no longer kept."), remedy=_("Import the file again."))
    return b"".join(base64.b64decode(batch.opened(f"part {number}", body)) for number, body in parts)


def drop_file(batch_id: int) -> None:
    """Throw an uploaded file away, inside the caller's transaction."""
    ImportPart.delete().where(ImportPart.batch_id == batch_id).execute()


def all_rows(batch: ImportBatch) -> Iterator[dict[str, Any]]:
    """Every row of a batch in the order of the file."""
    for number in range(batch.blocks):
        yield from read_block(batch, number)


def store_file(file: ExportFile, content: bytes) -> None:
    """Store the content of an export in sealed parts, inside the caller's transaction."""
    pieces = [content[start:start + PART] for start in range(0, len(content), PART)]
    ExportPart.delete().where(ExportPart.file_id == file.id).execute()
    for number, piece in enumerate(pieces):
        text = base64.b64encode(piece).decode()
        ExportPart.insert(file_id=file.id, number=number,
                          body=crypto.seal(text, "core_export_part", str(number), file.uid)).execute()
    file.parts = len(pieces)


def read_file(file: ExportFile) -> Iterator[bytes]:
    """The content of an export, piece by piece."""
    for part in ExportPart.select().where(ExportPart.file_id == file.id).order_by(ExportPart.number):
        yield base64.b64decode(crypto.open_sealed(part.body, "core_export_part", str(part.number), file.uid))


def purge(moment: datetime | None = None) -> int:
    """Delete rows of imports and exported files that are past their time; returns how many batches and files."""
    moment = moment or db.now()
    old = [row[0] for row in ImportBatch.select(ImportBatch.id).join(
        ImportBlock, on=(ImportBlock.batch_id == ImportBatch.id)).where(
        (ImportBatch.created_at < moment - KEEP_ROWS) & (ImportBlock.number == 0)
        & ImportBatch.state.not_in([APPLYING, UNDOING])).limit(50).tuples()]
    files = [row[0] for row in ExportFile.select(ExportFile.id).where(
        (ExportFile.created_at < moment - KEEP_FILES) & (ExportFile.parts > 0)).limit(50).tuples()]
    unread = [row[0] for row in ImportPart.select(ImportPart.batch_id).join(
        ImportBatch, on=(ImportBatch.id == ImportPart.batch_id)).where(
        (ImportPart.number == 0) & (ImportBatch.created_at < moment - KEEP_ROWS)).limit(50).tuples()]
    for batch_id in unread:
        with db.transaction():
            drop_file(batch_id)
    for batch_id in old:
        with db.transaction():
            ImportBlock.delete().where(ImportBlock.batch_id == batch_id).execute()
            ImportBatch.update(preview="").where(ImportBatch.id == batch_id).execute()
    for file_id in files:
        with db.transaction():
            ExportPart.delete().where(ExportPart.file_id == file_id).execute()
            ExportFile.update(parts=0, query="").where(ExportFile.id == file_id).execute()
    return len(old) + len(unread) + len(files)

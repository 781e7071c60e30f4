"""Files that people add to records: photos are drawn anew, documents are recognised by what they hold, never by name.

A photo is decoded and painted on a new canvas (Pillow), so that position, camera and anything hidden behind the picture
are gone. Files lie in the instance folder under their SHA-256; one that is used twice is stored once.
"""
from __future__ import annotations

import hashlib
import io
import os
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee
from flask import Response, send_file
from werkzeug.datastructures import FileStorage

from . import beside, db, records
from .entity import Entity
from .errors import Invalid, NotFound, TooLarge
from .field_base import bad_character
from .i18n import gettext as _
from .registry import platform
from .tree import Node

MAX_BYTES = 10 * 1024 * 1024
#: What a request with files may hold in all: three photos at most are sent with a new record.
MAX_BODY = 3 * MAX_BYTES + 1024 * 1024
MAX_FILES = 3
MAX_PER_RECORD = 30
MAX_SIDE = 1600
MAX_PIXELS = 50_000_000
_IMAGES = ("JPEG", "PNG", "WEBP")
_PARTS = {"word/document.xml": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
          "xl/workbook.xml": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")}
_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_RATIO = 200


class Attachment(db.Table):
    """A file of a record. `removed_at` hides it; the file stays for the ledger's proof until retention deletes it."""

    id = peewee.BigAutoField()
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    name = peewee.CharField(max_length=120)
    media_type = peewee.CharField(max_length=100)
    size = peewee.IntegerField()
    sha256 = peewee.CharField(max_length=64, index=True)
    created_at = peewee.DateTimeField(default=db.now)
    created_by = peewee.BigIntegerField(null=True)
    removed_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_attachment"
        indexes = ((("entity", "record_id", "id"), False),)


@dataclass(frozen=True)
class Clean:
    """A file that may be stored: its name for people, its kind, its bytes."""

    name: str
    media_type: str
    body: bytes

    @property
    def sha256(self) -> str:
        """The hash of the bytes, 64 hexadecimal digits: the name under which they are stored."""
        return hashlib.sha256(self.body).hexdigest()


def clean(upload: FileStorage) -> Clean:
    """Check an uploaded file and return what may be stored.

    Raises TooLarge above 10 MB and Invalid (field `files`) for anything that is not a JPEG, PNG or WebP picture,
    a PDF, a .docx or an .xlsx.
    """
    body = upload.stream.read(MAX_BYTES + 1)
    name = _clean_name(upload.filename or "")
    if len(body) > MAX_BYTES:
        raise TooLarge(_("The file is too large."), name, _("Choose a file of at most 10 MB, or a smaller photo."))
    if not body:
        raise _refused(name, _("The file is empty."))
    if body.startswith(b"%PDF-"):
        return Clean(_with_suffix(name, "pdf"), "application/pdf", body)
    if body.startswith(b"PK\x03\x04"):
        suffix, media_type = _office(name, body)
        return Clean(_with_suffix(name, suffix), media_type, body)
    return _redrawn(name, body)


def _refused(name: str, message: str) -> Invalid:
    return Invalid(_("The file was not accepted."), name,
                   _("Choose a photo (JPEG, PNG, WebP), a PDF, a Word file (.docx) or a table (.xlsx)."),
                   errors={"files": [f"{name}: {message}"]})


def _clean_name(name: str) -> str:
    """The last part of a file name without what could hurt on a disk or in a header."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    kept = "".join(c for c in last if bad_character(c, False) is None and c not in '<>:"|?*;').strip(". ")
    stem, dot, suffix = kept.rpartition(".")
    return (f"{stem[:100]}.{suffix[:10]}" if dot and stem else kept[:110]) or "file"


def _with_suffix(name: str, suffix: str) -> str:
    """The name with the ending that fits what the file is."""
    stem, dot, old = name.rpartition(".")
    if dot and old.lower() == suffix:
        return name
    return f"{stem if dot and stem else name}.{suffix}"


def _office(name: str, body: bytes) -> tuple[str, str]:
    """Ending and type of an Office file, after a look at its table of contents only."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise _refused(name, _("The file is damaged.")) from None
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > 5000 or unpacked > _MAX_UNPACKED or unpacked > _MAX_RATIO * len(body):
        raise _refused(name, _("The file unpacks to far more than it should."))
    names = {part.filename for part in parts}
    if "[Content_Types].xml" in names and not any(part.endswith("vbaProject.bin") for part in names):
        for part, found in _PARTS.items():
            if part in names:
                return found
    raise _refused(name, _("This kind of file is not accepted."))


def _redrawn(name: str, body: bytes) -> Clean:
    """The picture on a new canvas, upright, at most 1600 pixels wide and high."""
    from PIL import Image, ImageOps  # 20 ms and some memory that most workers never need

    try:
        with Image.open(io.BytesIO(body), formats=_IMAGES) as image:
            kind = image.format
            if image.width * image.height > MAX_PIXELS:
                raise _refused(name, _("The picture has too many pixels."))
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((MAX_SIDE, MAX_SIDE))
            colours = upright.convert("RGBA")
    except Invalid:
        raise
    except Exception:  # noqa: BLE001 - Pillow's decoders raise many kinds for broken files
        raise _refused(name, _("This is not a picture that can be read.")) from None
    canvas = Image.new("RGB", colours.size, "white")
    canvas.paste(colours, mask=colours.getchannel("A"))
    out = io.BytesIO()
    if kind == "PNG":
        canvas.save(out, "PNG", optimize=True)
        return Clean(_with_suffix(name, "png"), "image/png", out.getvalue())
    canvas.save(out, "JPEG", quality=85, optimize=True)
    return Clean(_with_suffix(name, "jpg"), "image/jpeg", out.getvalue())


# ---------------------------------------------------------------- storing

def folder() -> Path:
    """Where the files of this installation lie."""
    return Path(platform().config.home) / "files"


def path_of(sha256: str) -> Path:
    """The path of a stored file."""
    return folder() / sha256[:2] / sha256


def store(file: Clean) -> str:
    """Write the bytes durably under their hash and return it; bytes that are there already are left alone."""
    target = path_of(file.sha256)
    if target.exists():
        return file.sha256
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".new-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(file.body)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    parent = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)
    return file.sha256


def cleaned(uploads: Iterable[FileStorage]) -> list[Clean]:
    """Check several uploads (empty file inputs are skipped). Raises Invalid or TooLarge; then none is stored."""
    given = [upload for upload in uploads if upload.filename]
    if len(given) > MAX_FILES:
        raise Invalid(_("Too many files at once."), "", _("Choose at most %(max)s files.", max=MAX_FILES),
                      errors={"files": [_("Choose at most %(max)s files.", max=MAX_FILES)]})
    return [clean(upload) for upload in given]


def adding(entity: Entity) -> str:
    """What one must be allowed to do with a record in order to add a file to it.

    Whoever comments on a case brings evidence to it; any other record is changed by who may edit it, or make it where
    nobody edits one.
    """
    return "comment" if issubclass(entity.model, db.Case) else "edit" if "edit" in entity.actions else "create"


def taken(entity: Entity) -> bool:
    """True when people may add files to records of ``entity``. What only the platform makes is left as it is."""
    return issubclass(entity.model, db.Case) or adding(entity) in entity.actions


def add(entity: Entity, record: Any, files: Iterable[Clean], actor: Any, node: Node) -> list[int]:
    """Attach cleaned files to a record, in one transaction with a ledger entry for each. Returns their ids.

    Raises Invalid when the record already has as many as it may.
    """
    wanted = list(files)
    record_id = record.id
    for file in wanted:
        store(file)
    found = []
    with db.transaction():
        present = Attachment.select().where((Attachment.entity == entity.key) & (Attachment.record_id == record_id)
                                            & Attachment.removed_at.is_null()).count()
        if present + len(wanted) > MAX_PER_RECORD:
            raise Invalid(_("This record has too many files."), "", _("Remove files that are no longer needed."),
                          errors={"files": [_("At most %(max)s files per record.", max=MAX_PER_RECORD)]})
        for file in wanted:
            row = Attachment.create(entity=entity.key, record_id=record_id, name=file.name, media_type=file.media_type,
                                    size=len(file.body), sha256=file.sha256, created_by=actor.account_id)
            records.note(entity, record, actor, node, "attach",
                         facts={"attachment": row.id, "sha256": file.sha256, "size": len(file.body)})
            found.append(int(row.id))
    return found


def remove(entity: Entity, record: Any, attachment_id: int, actor: Any, node: Node) -> None:
    """Hide a file of a record, with a ledger entry. Raises NotFound."""
    record_id = record.id
    with db.transaction():
        changed = Attachment.update(removed_at=db.now()).where(
            (Attachment.id == attachment_id) & (Attachment.entity == entity.key) & (Attachment.record_id == record_id)
            & Attachment.removed_at.is_null()).execute()
        if not changed:
            raise NotFound(_("There is no such file."))
        records.note(entity, record, actor, node, "detach", facts={"attachment": attachment_id})


def of(entity: Entity, record_id: int) -> list[Attachment]:
    """The files of a record, oldest first."""
    if not beside.may_have(beside.FILES, entity, record_id):
        return []
    return list(Attachment.select().where((Attachment.entity == entity.key) & (Attachment.record_id == record_id)
                                          & Attachment.removed_at.is_null()).order_by(Attachment.id))


def get(entity: Entity, record_id: int, attachment_id: int) -> Attachment:
    """One file of a record. Raises NotFound."""
    row: Attachment | None = Attachment.get_or_none(
        (Attachment.id == attachment_id) & (Attachment.entity == entity.key) & (Attachment.record_id == record_id)
        & Attachment.removed_at.is_null())
    if row is None:
        raise NotFound(_("There is no such file."))
    return row


def response(entity: Entity, record_id: int, attachment_id: int) -> Response:
    """The file as a download that no browser will run or guess at. Raises NotFound."""
    row = get(entity, record_id, attachment_id)
    if not path_of(row.sha256).is_file():
        raise NotFound(_("There is no such file."))
    found = send_file(path_of(row.sha256), mimetype=row.media_type, as_attachment=True, download_name=row.name,
                      etag=row.sha256, max_age=0)
    found.headers["X-Content-Type-Options"] = "nosniff"
    found.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    found.headers["Cache-Control"] = "private, no-store"
    return found

"""The REST face of the files of a record: list, read, add."""
from __future__ import annotations

from typing import Any

import orjson
from flask import Flask, Response, g, request
from werkzeug.datastructures import FileStorage

from . import attachments, idempotency
from .access import current_actor, fetch
from .entity import Entity
from .errors import Invalid, Problem
from .faces import face_of
from .i18n import gettext as _
from .rest import add_route, answer, no_parameters, once, path_of

#: What a request with one file may hold in all.
FILE_BODY = attachments.MAX_BYTES + 1024 * 1024


def register_entity(app: Flask, entity: Entity) -> None:
    """Add the API addresses of the files of one entity's records."""
    view, rule = entity.permission("view"), "/<rid:id>/attachments"
    add_route(app, entity, "api_attachments", rule, "GET", get_attachments, view)
    if attachments.taken(entity):
        add_route(app, entity, "api_attach", rule, "POST", post_attachment,
                  entity.permission(attachments.adding(entity)), body=FILE_BODY)
    add_route(app, entity, "api_attachment", f"{rule}/<rid:file_id>", "GET", get_attachment, view)


def get_attachments(entity: Entity, id: int) -> Response:
    """The files of a record."""
    no_parameters()
    record = fetch(entity, id, "view", g.node, current_actor())
    base = path_of(face_of(entity), g.node.code, record.id)
    return answer({"items": [_file_json(row, base) for row in attachments.of(entity, record.id)]})


def _file_json(row: attachments.Attachment, base: str) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "media_type": row.media_type, "size": row.size, "sha256": row.sha256,
            "created_at": row.created_at.isoformat(timespec="milliseconds") + "Z", "url": f"{base}/attachments/{row.id}"}


def get_attachment(entity: Entity, id: int, file_id: int) -> Response:
    """The bytes of a file."""
    record = fetch(entity, id, "view", g.node, current_actor())
    return attachments.response(entity, record.id, file_id)


def post_attachment(entity: Entity, id: int) -> Response:
    """Add one file: multipart/form-data with the one part `file`."""
    node, actor = g.node, current_actor()
    no_parameters()
    record = fetch(entity, id, attachments.adding(entity), node, actor)
    upload = _one_file()
    try:
        file = attachments.clean(upload)
    except Invalid as problem:
        raise _at_file(problem) from None
    base = path_of(face_of(entity), node.code, record.id)

    def work() -> idempotency.Answer:
        try:
            [file_id] = attachments.add(entity, record, [file], actor, node)
        except Invalid as problem:
            raise _at_file(problem) from None
        made = _file_json(attachments.get(entity, record.id, file_id), base)
        return 201, {"Location": made["url"]}, orjson.dumps(made).decode()

    # Each sending of a form has another boundary: what is the same is the file with its name.
    return once(work, f"{file.name}\0{file.sha256}".encode())


def _one_file() -> FileStorage:
    """The file of a multipart request. Raises Problem 415 for another media type, Invalid for anything but one file."""
    if request.mimetype != "multipart/form-data":
        raise Problem(_("The body has the wrong media type."), "Content-Type",
                      _("Send the file as multipart/form-data in the part “file”."), status=415,
                      code="unsupported_media_type")
    parts = [*request.files.items(multi=True), *request.form.items(multi=True)]
    upload = request.files.get("file")
    if len(parts) != 1 or upload is None or not upload.filename:
        text = _("Send exactly one file with its name, in the part “file”, and no other part.")
        raise Invalid(_("The file was not accepted."), "", text, errors={"file": [text]})
    return upload


def _at_file(problem: Invalid) -> Invalid:
    """The same problem with its messages at the part `file`: on pages the field is called otherwise."""
    texts = [text for messages in problem.errors.values() for text in messages]
    return Invalid(problem.title, problem.detail, problem.remedy, errors={"file": texts})

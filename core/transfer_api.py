"""Import and export over REST: POST a workbook, read the preview, confirm, follow the job, undo; ask for an export, fetch it."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request

from . import export, jobs, snapshot, transfer
from .access import current_actor, guarded
from .entity import Entity
from .errors import BadRequest, TooLarge
from .faces import face_of
from .i18n import gettext as _
from .rest import answer, path_of
from .transfer_tables import ImportBatch, read_file

BODY = 101 << 20
XLSX = export.FORMATS["xlsx"]


def register_entity(app: Flask, entity: Entity) -> None:
    """Add the API routes of one entity, as far as it declares the actions."""
    def add(name: str, rule: str, method: str, view: Callable[..., Any], permission: str, body: int = 2 << 20) -> None:
        def call(**values: Any) -> Any:
            return view(entity, **values)

        call.__name__ = f"{entity.name}_{name}"
        call.__doc__ = view.__doc__
        app.add_url_rule(f"/api/v1/d/<code>/{entity.plugin}/{entity.name}/{rule}", f"{entity.key}:{name}",
                         guarded(call, permission, entity.key, entity.plugin, body=body), methods=[method])

    if "import" in entity.actions:
        permission = entity.permission("import")
        add("api_imports", "imports", "POST", post_import, permission, BODY)
        add("api_import", "imports/<rid:batch_id>", "GET", get_import, permission)
        add("api_import_confirm", "imports/<rid:batch_id>/confirm", "POST", confirm_import, permission)
        add("api_import_undo", "imports/<rid:batch_id>/undo", "POST", undo_import, permission)
        add("api_import_discard", "imports/<rid:batch_id>/discard", "POST", discard_import, permission)
    if "export" in entity.actions:
        permission = entity.permission("export")
        add("api_exports", "exports", "POST", post_export, permission)
        add("api_export", "exports/<rid:file_id>", "GET", get_export, permission)
        add("api_export_file", "exports/<rid:file_id>/file", "GET", get_export_file, permission)


def post_import(entity: Entity) -> Response:
    """Upload a workbook, as the body itself or as form field `file`; answers 201 with the preview."""
    limit = snapshot.current().settings.get("core.import_megabytes", g.node)
    if request.mimetype == XLSX or request.mimetype == "application/octet-stream":
        content, name = request.stream.read((limit << 20) + 1), "import.xlsx"
        if len(content) > limit << 20:
            raise TooLarge(_("The file is larger than %(limit)s MB.", limit=limit),
                           remedy=_("Split the list and import the parts one after the other."))
    elif request.mimetype == "multipart/form-data":
        from .transfer_pages import uploaded

        content, name = uploaded(g.node)
    else:
        raise BadRequest(_("The body is not a workbook."), request.mimetype[:80],
                         _("Send it with Content-Type: %(kind)s, or as form field “file”.", kind=XLSX), status=415)
    batch = transfer.start(entity, content, name, current_actor(), g.node)
    return answer(batch_json(entity, batch), 201, {"Location": _address(entity, batch)})


def _address(entity: Entity, batch: ImportBatch) -> str:
    return f"{path_of(face_of(entity), g.node.code)}/imports/{batch.id}"


def batch_json(entity: Entity, batch: ImportBatch) -> dict[str, Any]:
    """A batch as the API shows it: state, counts, the first rows of each kind (personal values masked), the job."""
    preview = batch.opened("preview", batch.preview) if batch.preview else {}
    rows = {kind: [{"row": row["n"], "cells": row["c"], "errors": row["e"], "changed": row["f"]} for row in found]
            for kind, found in preview.items()}
    return {"id": batch.id, "state": batch.state, "file_name": batch.file_name, "rows": batch.rows,
            "counts": batch.counts, "preview": rows, "job": job_json(batch.job_id), "url": _address(entity, batch),
            "page": transfer.url(batch, g.node)}


def job_json(job_id: int | None) -> dict[str, Any] | None:
    """A job as the API shows it."""
    run = jobs.JobRun.get_or_none(jobs.JobRun.id == job_id) if job_id else None
    if run is None:
        return None
    return {"id": run.id, "state": run.state, "done": run.done, "total": run.total, "percent": run.percent,
            "error": run.error}


def get_import(entity: Entity, batch_id: int) -> Response:
    """One import with its counts, preview and job."""
    return answer(batch_json(entity, transfer.get(entity, batch_id, g.node, current_actor())))


def confirm_import(entity: Entity, batch_id: int) -> Response:
    """Import the good rows; answers 202 with the job to follow."""
    batch = transfer.get(entity, batch_id, g.node, current_actor())
    transfer.confirm(batch, current_actor())
    return answer(batch_json(entity, batch), 202)


def undo_import(entity: Entity, batch_id: int) -> Response:
    """Undo a finished import; answers 202 with the job to follow."""
    batch = transfer.get(entity, batch_id, g.node, current_actor())
    transfer.undo(batch, current_actor())
    return answer(batch_json(entity, batch), 202)


def discard_import(entity: Entity, batch_id: int) -> Response:
    """Throw away an import that was not confirmed."""
    batch = transfer.get(entity, batch_id, g.node, current_actor())
    transfer.discard(batch)
    return answer(batch_json(entity, batch))


def post_export(entity: Entity) -> Response:
    """Ask for an export of the list that the query selects. JSON body: purpose, format (xlsx, csv), revealed."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or set(body) - {"purpose", "format", "revealed"}:
        raise BadRequest(_("The body cannot be read."), remedy=_("Send JSON with purpose, format and revealed."))
    purpose, revealed = body.get("purpose"), body.get("revealed", False)
    if not isinstance(purpose, str) or type(revealed) is not bool:
        raise BadRequest(_("The body cannot be read."), remedy=_("purpose is a text, revealed true or false."))
    file = export.ask(entity, request.args, g.node, current_actor(), file_format=str(body.get("format", "xlsx")),
                      purpose=purpose, revealed=revealed)
    return answer(export_json(entity, file), 202 if file.job_id else 201)


def export_json(entity: Entity, file: Any) -> dict[str, Any]:
    """An export as the API shows it."""
    base = f"{path_of(face_of(entity), g.node.code)}/exports/{file.id}"
    return {"id": file.id, "ready": bool(file.parts), "rows": file.rows, "format": file.format, "revealed": file.revealed,
            "job": job_json(file.job_id), "url": base, "file": f"{base}/file"}


def get_export(entity: Entity, file_id: int) -> Response:
    """One's own export: ready or not."""
    return answer(export_json(entity, export.get(entity, file_id, current_actor())))


def get_export_file(entity: Entity, file_id: int) -> Response:
    """The exported file; recorded before it leaves."""
    from .transfer_pages import attachment

    file = export.get(entity, file_id, current_actor())
    export.downloaded(file, current_actor())
    return attachment(b"".join(read_file(file)), file.file_name, export.FORMATS[file.format])

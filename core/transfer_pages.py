"""Pages of import and export, for every entity that declares those actions."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, redirect, render_template, request

from . import export, extensions, field_base, jobs, snapshot, transfer, transfer_api, transfer_report, transfer_sheet
from .access import current_actor
from .entity import Entity
from .errors import BadRequest, Forbidden, Problem, TooLarge
from .faces import face_of
from .i18n import format_time
from .i18n import gettext as _
from .schemas import fields_of
from .transfer_tables import (
    APPLYING,
    DONE,
    READING,
    READY,
    REFUSED,
    STATES,
    UNDOING,
    UNDONE,
    UPLOADED,
    ExportFile,
    ImportBatch,
    read_file,
)
from .views import add_route, crumbs

XLSX = export.FORMATS["xlsx"]
BODY = 101 << 20
"""Largest body of an upload; what a division accepts is the setting ``core.import_megabytes``."""

RUNNING = (READING, UPLOADED, APPLYING, UNDOING)


def register(app: Flask) -> None:
    """Add the routes of every entity of this application that can be imported or exported."""
    for entity in app.extensions["grid321"].registry.entities.values():
        register_transfer(app, entity)
        transfer_api.register_entity(app, entity)


def register_transfer(app: Flask, entity: Entity) -> None:
    """Add the import and export pages of one entity, as far as it declares the actions."""
    post = ("POST",)
    if "import" in entity.actions:
        permission = entity.permission("import")
        add_route(app, entity, "import", "import", import_page, permission, methods=("GET", "POST"), body=BODY)
        add_route(app, entity, "import_template", "import/template", template_file, permission)
        add_route(app, entity, "import_batch", "import/<rid:batch_id>", batch_page, permission)
        add_route(app, entity, "import_marked", "import/<rid:batch_id>/marked", marked_file, permission)
        for name, view in (("confirm", confirm), ("undo", undo), ("discard", discard)):
            add_route(app, entity, f"import_{name}", f"import/<rid:batch_id>/{name}", view, permission, methods=post)
    if "export" in entity.actions:
        permission = entity.permission("export")
        add_route(app, entity, "export", "export", export_page, permission, methods=("GET", "POST"))
        add_route(app, entity, "export_page", "export/<rid:file_id>", export_ready, permission)
        add_route(app, entity, "export_file", "export/<rid:file_id>/file", export_file, permission)


# ---------------------------------------------------------------- import

def import_page(entity: Entity) -> Any:
    """Upload form with the template and the latest imports; a POST uploads."""
    if request.method == "GET":
        return render_template("import.html", **_import_context(entity))
    try:
        content, name = uploaded(g.node)
        batch = transfer.start(entity, content, name, current_actor(), g.node)
    except Problem as problem:
        if problem.status == 403:
            raise
        return render_template("import.html", **_import_context(entity, problem)), problem.status
    return redirect(transfer.url(batch, g.node), 303)


def uploaded(node: Any) -> tuple[bytes, str]:
    """(content, name) of the uploaded file. Raises ``BadRequest`` without one, ``TooLarge`` before reading a large one."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadRequest(_("No file was chosen."), remedy=_("Choose the filled-in template and upload it."), code="no_file")
    limit = snapshot.current().settings.get("core.import_megabytes", node)
    content = file.stream.read((limit << 20) + 1)
    if len(content) > limit << 20:
        raise TooLarge(_("The file is larger than %(limit)s MB.", limit=limit),
                       remedy=_("Split the list and import the parts one after the other."))
    return content, safe_name(file.filename)


def safe_name(name: str) -> str:
    """The last part of a file name without characters that could mislead; at most 120 characters."""
    name = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in name if field_base.bad_character(c, False) is None)
    return kept[-120:] or "import.xlsx"


def _import_context(entity: Entity, problem: Problem | None = None) -> dict[str, Any]:
    face, node, actor = face_of(entity), g.node, current_actor()
    settings = snapshot.current().settings
    own = ImportBatch.account_id == actor.account_id
    at_node = ImportBatch.division_id == node.id
    seen = (own & at_node) if not actor.may(entity.permission("import"), node) else at_node
    batches = (ImportBatch.select().where((ImportBatch.entity == entity.key) & seen)
               .order_by(ImportBatch.id.desc()).limit(10))
    return {
        "entity": entity, "title": _("Import: %(label)s", label=entity.label), "problem": problem,
        "crumbs": crumbs(face, node, _("Import")), "template_url": face.url(node.code, "import", "template"),
        "action": face.url(node.code, "import"), "cancel_url": face.url(node.code),
        "megabytes": settings.get("core.import_megabytes", node), "rows": settings.get("core.import_rows", node),
        "key_label": next(c.column.label for c in transfer_sheet.sheet_columns(entity) if c.is_key),
        "table": {"caption": _("Latest imports"), "empty": _("Nothing was imported here yet."),
                  "columns": [{"label": text} for text in (_("File"), _("Uploaded"), _("Rows"), _("State"))],
                  "rows": [_batch_row(batch, node) for batch in batches]}}


def _batch_row(batch: ImportBatch, node: Any) -> dict[str, Any]:
    label, tone = STATES[batch.state]
    return {"url": transfer.url(batch, node),
            "cells": [{"text": batch.file_name}, {"text": format_time(batch.created_at)}, {"text": batch.rows or ""},
                      {"text": str(label), "tone": tone}]}


def template_file(entity: Entity) -> Response:
    """The empty workbook to fill in."""
    with field_base.framed(g.node, current_actor()):
        added = extensions.columns_below(entity, g.node)
        fields = {**fields_of(entity.schema), **{column.key: column.field for column in added if column.field is not None}}
        options = {name: field.options() or [] for name, field in fields.items()
                   if transfer_sheet.kind_of(entity, name, field) in {"choice", "flag"} and not field.dump_only}
    return attachment(transfer_sheet.template(entity, options, added), f"{entity.key.replace('.', '-')}-template.xlsx", XLSX)


def attachment(content: Any, name: str, kind: str) -> Response:
    """A download that no browser shows or keeps."""
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def batch_page(entity: Entity, batch_id: int) -> Any:
    """One import: progress, preview, report, and what can be done now. As a fragment for htmx while it runs."""
    face, node, actor = face_of(entity), g.node, current_actor()
    batch = transfer.get(entity, batch_id, node, actor)
    kind = request.args.get("show", "")
    if kind not in transfer_report.KINDS:
        kind = next((key for key in ("error", "new", "changed", "same") if batch.counts.get(key)), "error")
    label, tone = STATES[batch.state]
    here, run = transfer.url(batch, node), run_of(batch.job_id)
    failed = bool(run and run["failed"])
    counts = transfer_report.counts(batch, transfer_report.KINDS)
    context: dict[str, Any] = {
        "entity": entity, "batch": batch, "title": _("Import: %(label)s", label=entity.label), "here": here,
        "crumbs": crumbs(face, node, (_("Import"), face.url(node.code, "import")), batch.file_name),
        "state": {"label": str(label), "tone": tone}, "running": batch.state in RUNNING and not failed, "run": run,
        "uploaded_at": format_time(batch.created_at), "kinds": counts, "kind": kind, "list_url": face.url(node.code),
        "outcomes": [one for one in transfer_report.counts(batch, transfer_report.OUTCOMES) if one["count"]],
        "good": batch.counts.get("new", 0) + batch.counts.get("changed", 0), "bad": batch.counts.get("error", 0),
        "ready": batch.state == READY, "stuck": failed and batch.state in (READING, REFUSED, UPLOADED),
        "may_undo": batch.state == DONE and batch.has_rows, "over": batch.state == UNDONE,
        "own": batch.account_id == actor.account_id and batch.has_rows, "import_url": face.url(node.code, "import"),
        "table": transfer_report.preview(entity, batch, kind)}
    return progress_fragment(context) or render_template("import_batch.html", **context)


def progress_fragment(context: dict[str, Any]) -> Any:
    """What htmx gets when it asks for the progress again: the fragment, or the order to load the page when it is over.

    None for any other request. ``context`` holds ``running``, ``run`` and ``here``.
    """
    if request.headers.get("HX-Trigger") != "progress":
        return None
    if context["running"]:
        return render_template("parts/job_progress.html", **context)
    return Response("", headers={"HX-Refresh": "true"})


def run_of(job_id: int | None) -> dict[str, Any] | None:
    """Progress of a job as the fragment shows it."""
    run = jobs.JobRun.get_or_none(jobs.JobRun.id == job_id) if job_id else None
    if run is None:
        return None
    label, tone = jobs.STATES[run.state]
    return {"label": jobs.label(run.key), "state": str(label), "tone": tone, "percent": run.percent, "done": run.done,
            "total": run.total, "over": run.over, "failed": run.state == jobs.FAILED, "error": run.error.split("\n"),
            "id": run.id}


def marked_file(entity: Entity, batch_id: int) -> Response:
    """The uploaded rows with their results: for the one who uploaded them only."""
    actor = current_actor()
    batch = transfer.get(entity, batch_id, g.node, actor)
    if batch.account_id != actor.account_id:
        raise Forbidden(_("Only the one who uploaded this file can have it back."))
    content = transfer_report.marked_file(entity, batch, request.args.get("only") == "problems")
    return attachment(content, f"{entity.key.replace('.', '-')}-import-{batch.id}.xlsx", XLSX)


def confirm(entity: Entity, batch_id: int) -> Any:
    """Import the good rows."""
    batch = transfer.get(entity, batch_id, g.node, current_actor())
    transfer.confirm(batch, current_actor())
    return redirect(transfer.url(batch, g.node), 303)


def undo(entity: Entity, batch_id: int) -> Any:
    """Undo the import."""
    batch = transfer.get(entity, batch_id, g.node, current_actor())
    transfer.undo(batch, current_actor())
    return redirect(transfer.url(batch, g.node), 303)


def discard(entity: Entity, batch_id: int) -> Any:
    """Throw an unconfirmed import away."""
    transfer.discard(transfer.get(entity, batch_id, g.node, current_actor()))
    return redirect(face_of(entity).url(g.node.code, "import"), 303)


# ---------------------------------------------------------------- export

def export_page(entity: Entity) -> Any:
    """Purpose, format and perhaps the request for unmasked data; a POST makes the export of the list in the address."""
    if request.method == "GET":
        return render_template("export.html", **_export_context(entity, {}))
    form = request.form
    try:
        file = export.ask(entity, request.args, g.node, current_actor(), file_format=form.get("format", ""),
                          purpose=form.get("purpose", ""), revealed=form.get("revealed") == "1")
    except Problem as problem:
        if problem.status == 403:
            raise
        return render_template("export.html", **_export_context(entity, form, problem)), problem.status
    return redirect(export.page_url(file, g.node), 303)


def _export_context(entity: Entity, form: Mapping[str, str], problem: Problem | None = None) -> dict[str, Any]:
    face, node, actor = face_of(entity), g.node, current_actor()
    may_reveal = bool(entity.personal) and actor.may(entity.permission("reveal"), node)
    query = request.query_string.decode("ascii", "replace")
    return {"entity": entity, "title": _("Export: %(label)s", label=entity.label), "problem": problem,
            "crumbs": crumbs(face, node, _("Export")), "action": face.url(node.code, "export") + ("?" + query if query else ""),
            "cancel_url": face.url(node.code) + ("?" + query if query else ""), "may_reveal": may_reveal,
            "fields": _export_fields(form, problem), "revealed": form.get("revealed") == "1", "filtered": bool(query),
            "personal": [str(face.columns[name].label) for name in entity.personal if name in face.columns]}


def _export_fields(form: Mapping[str, str], problem: Problem | None) -> list[dict[str, Any]]:
    errors = {name: " ".join(map(str, texts)) for name, texts in (problem.errors if problem else {}).items()}
    return [
        {"name": "purpose", "label": _("What you need it for"), "widget": "text", "required": True, "maxlength": 200,
         "value": form.get("purpose", ""), "error": errors.get("purpose", ""), "options": None,
         "help": _("It is recorded with your name. For example: list for the meeting on 15 March.")},
        {"name": "format", "label": _("Format"), "widget": "radio", "required": True, "value": form.get("format") or "xlsx",
         "error": errors.get("format", ""), "help": "",
         "options": [("xlsx", _("Excel workbook (.xlsx)")), ("csv", "CSV (.csv)")]}]


def export_ready(entity: Entity, file_id: int) -> Any:
    """One export: progress, then the download."""
    file = export.get(entity, file_id, current_actor())
    face, node = face_of(entity), g.node
    run = run_of(file.job_id)
    context = {"entity": entity, "title": _("Export: %(label)s", label=entity.label), "file": file, "run": run,
               "here": export.page_url(file, node), "running": not file.parts and run is not None and not run["over"],
               "crumbs": crumbs(face, node, _("Export")), "ready": bool(file.parts), "list_url": face.url(node.code),
               "download_url": export.page_url(file, node) + "/file", "asked_at": format_time(file.created_at)}
    return progress_fragment(context) or render_template("export_ready.html", **context)


def export_file(entity: Entity, file_id: int) -> Response:
    """The exported file, for the one who asked for it; recorded before it leaves."""
    file: ExportFile = export.get(entity, file_id, current_actor())
    export.downloaded(file, current_actor())
    return attachment(b"".join(read_file(file)), file.file_name, export.FORMATS[file.format])

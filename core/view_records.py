"""Pages of one record: facts and timeline, edit, delete, print, comments, files, and the revealing of personal values."""
from __future__ import annotations

import unicodedata
from typing import Any

from flask import Flask, g, render_template, request

from . import (
    attachments,
    audit,
    beside,
    clock_panel,
    documents,
    engine,
    extensions,
    forms,
    lists,
    next_steps,
    notices,
    panels,
    records,
    snapshot,
)
from .access import admits, current_actor, fetch
from .db import local_day
from .entity import Entity
from .errors import BadRequest, Conflict, Invalid, Problem, Refused, StaleVersion
from .faces import Column, Face, day_of, face_of, masked, plain
from .field_base import bad_character
from .i18n import format_day, format_time
from .i18n import gettext as _
from .references import is_reference, labels
from .tree import Node
from .views import ACCEPT, Actor, add_route, crumbs

MAX_COMMENT = 2000


def register_entity(app: Flask, entity: Entity) -> None:
    """Add the routes of the records of one entity."""
    view = entity.permission("view")
    post, both = ("POST",), ("GET", "POST")
    add_route(app, entity, "detail", "<rid:id>", detail_page, view)
    add_route(app, entity, "print", "<rid:id>/print", print_page, view)
    add_route(app, entity, "comment", "<rid:id>/comment", comment, view, methods=post)
    if "edit" in entity.actions:
        add_route(app, entity, "edit", "<rid:id>/edit", edit_page, entity.permission("edit"), methods=both)
    if "delete" in entity.actions:
        add_route(app, entity, "delete", "<rid:id>/delete", delete_page, entity.permission("delete"), methods=both)
    if entity.personal:
        add_route(app, entity, "reveal", "<rid:id>/reveal", reveal_page, entity.permission("reveal"), methods=both)


# ---------------------------------------------------------------- detail

def detail_page(entity: Entity, id: int) -> str:
    """One record with everything the actor may see and do."""
    record = fetch(entity, id, "view", g.node, current_actor())
    return render_template("detail.html", **detail_context(face_of(entity), record, g.node, current_actor()))


def print_page(entity: Entity, id: int) -> str:
    """The facts and the timeline of one record on paper."""
    record = fetch(entity, id, "view", g.node, current_actor())
    return render_template("print.html", kind="detail", **paper_context(face_of(entity), record, g.node))


def detail_context(face: Face, record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """What the detail template shows of a record."""
    entity = face.entity
    beside.look(entity, record.id)
    here = face.url(node.code, record.id)
    may_edit = ("edit" in entity.actions and actor.may_on(entity.permission("edit"), record)
                and not records.is_closed(entity, record))
    may_comment = admits(entity, record, "comment", node, actor)
    adding = attachments.adding(entity)
    may_attach = (attachments.taken(entity) and actor.may_on(entity.permission(adding), record)
                  and (may_comment or adding != "comment"))
    may_delete = (face.workflow is None and "delete" in entity.actions and not records.is_closed(entity, record)
                  and actor.may_on(entity.permission("delete"), record))
    return {
        **paper_context(face, record, node, actor), "forms": documents.links(face, record, node),
        **next_steps.shown(face, record, node, actor), "standstill": standstill(face, record),
        "panels": panels.render("detail.aside", entity, record, actor, node),
        "panels_main": panels.render("detail.main", entity, record, actor, node),
        "attach_url": f"{here}/attachment" if may_attach else None, "attach_accept": ACCEPT,
        "comment_url": f"{here}/comment" if may_comment else None, "print_url": f"{here}/print",
        "reveal_url": f"{here}/reveal" if may_reveal(entity, record, actor) else None,
        "edit_url": f"{here}/edit" if may_edit else None, "delete_url": f"{here}/delete" if may_delete else None,
    }


def paper_context(face: Face, record: Any, node: Node, actor: Actor = None) -> dict[str, Any]:
    """What is printed of a record: what happened and what is known, nothing to click.

    With `actor` the clocks carry that person's buttons. `texts` holds the same texts as `facts` by field, with number, title,
    state and due date; `places` the names of the record's division and those above it by level.
    """
    entity = face.entity
    timeline = _shown(records.history(entity, record.id))
    title, number = title_of(face, record), getattr(record, "number", "") or ""
    clocks = clock_panel.of_case(face, record, node, actor)
    state, due, shown = state_of(face, record), due_of(face, record, clocks), facts(face, record, node)
    tree = snapshot.current().tree
    place = tree.get(getattr(record, "division_id", None))
    return {
        "entity": entity, "record": record, "title": title, "number": number, "state": state, "due": due, "facts": shown,
        "clocks": clocks, "supervised": any(one["supervised"] for one in clocks),
        "texts": {**{fact["field"]: fact["text"] for fact in shown}, "number": number, "title": title,
                  "state": state["label"] if state else "", "due": due["text"] if due else ""},
        "places": {step.level: step.name for step in map(tree.get, place.path if place else ()) if step is not None},
        "timeline": [entry for entry in timeline if entry["step"] != "comment"],
        "comments": [entry for entry in timeline if entry["step"] == "comment"],
        "attachments": _attachments(entity, record, face.url(node.code, record.id)), "crumbs": crumbs(face, node, title),
    }


def title_of(face: Face, record: Any) -> str:
    """What names a record to people: its title field, its number, or its id."""
    column = face.title
    if column is not None and not column.personal and column.key != "id":
        text = fact_text(face, column, record, None)
        if text:
            return text
    return getattr(record, "number", None) or f"{face.entity.label} {record.id}"


def state_of(face: Face, record: Any) -> dict[str, str] | None:
    """Label and tone of the record's state, None for an entity without workflow."""
    if face.workflow is None:
        return None
    cell = lists.state_cells(face).get(record.state)
    return {"key": record.state, "label": cell["text"] if cell else record.state, "tone": cell["tone"] if cell else "info"}


def due_of(face: Face, record: Any, clocks: list[dict[str, Any]]) -> dict[str, str] | None:
    """The due date with its traffic light and the address that explains it: the first last day of the running clocks."""
    due = day_of(getattr(record, "due", None))
    if due is None or face.workflow is None:
        return None
    cell = lists.due_cell(due, local_day(), lists.is_provisional(due))
    found = clock_panel.first_due(clocks, due)
    return {"text": cell["text"], "tone": cell["tone"], "url": found["url"] if found is not None else ""}


def facts(face: Face, record: Any, node: Node) -> list[dict[str, Any]]:
    """Label and text of every column, personal ones masked. One query per kind of reference and per plugin that adds some.

    ``shown`` is False for what says nothing (``EntityField.says_no``), ``asked`` True where a form would ask for it, ``kept``
    True for what the platform itself keeps of every record.
    """
    found = []
    hidden = {"number", "state", "due", face.title.key if face.title else ""}
    for column in (*face.shown, *extensions.read(face.entity, record, node)):
        if column.key in hidden:
            continue
        value = getattr(record, column.attribute)
        fact = {"label": str(column.label), "text": fact_text(face, column, record, node), "personal": column.personal,
                "field": column.key, "url": None, "map": None, "shown": bool(value) or _says_no(column, value),
                "asked": column.field is not None and not column.field.dump_only,
                "kept": _kept(column, record)}
        if column.kind == "geo" and value and column.field is not None:
            fact["map"] = column.field.to_text(value)
        found.append(fact)
    return found


def _kept(column: Column, record: Any) -> bool:
    """Entered by whom and when; and whose it is where that repeats what stands above."""
    same = {"holder": "division_id", "reporter": "created_by"}.get(column.key)
    if same is not None:
        return bool(getattr(record, column.attribute) == getattr(record, same, None))
    return column.field is None and column.key in {"created_by", "created_at", "updated_at"}


def _says_no(column: Column, value: Any) -> bool:
    return value is not None and column.field is not None and bool(column.field.says_no)


def fact_text(face: Face, column: Column, record: Any, node: Node | None) -> str:
    """The text of one column of a record; a personal value is masked."""
    value = getattr(record, column.attribute)
    if value is None:
        return ""
    if column.personal:
        return masked(face.entity, column, value, record.uid)
    if column.kind == "division" and (place := snapshot.current().tree.get(value)) is not None:
        return snapshot.current().tree.local_name(place, node)
    if is_reference(column.kind):
        return labels(column.kind, [value]).get(value, "")
    if column.kind == "state":
        return (state_of(face, record) or {}).get("label", "")
    if column.kind == "moment":
        return format_time(value)
    if column.kind in {"day", "due"}:
        return format_day(value)
    if column.kind == "choice" and getattr(column.field, "scheme", None):
        place = snapshot.current().tree.get(getattr(record, "division_id", None)) or node
        return snapshot.current().classes.label(column.field.scheme, value, place)  # type: ignore[union-attr]
    return column.field.display(value, record) if column.field is not None else str(value)


def standstill(face: Face, record: Any) -> str:
    """Why nobody can move the case; empty when somebody can, and for a closed one."""
    if face.workflow is None or record.closed_at is not None:
        return ""
    return engine.standstill(face.entity, record)


def _shown(timeline: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for entry in timeline:
        at = entry["at"]
        found.append({**entry, "at": at if isinstance(at, str) else format_time(at), "label": str(entry["label"])})
    return found


def _attachments(entity: Entity, record: Any, here: str) -> list[dict[str, Any]]:
    rows = attachments.of(entity, record.id)
    names = labels("account", [row.created_by for row in rows])
    closed = records.is_closed(entity, record)
    return [{"id": row.id, "name": row.name, "url": f"{here}/attachment/{row.id}", "size": size_text(row.size),
             "who": names.get(row.created_by, ""), "at": format_time(row.created_at),
             "remove_url": "" if closed else f"{here}/attachment/{row.id}/remove", "image": row.media_type.startswith("image/")}
            for row in rows]


def size_text(size: int) -> str:
    """A size in bytes as people read it: 340 KB, 1.2 MB."""
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{max(1, round(size / 1024))} KB"


def may_reveal(entity: Entity, record: Any, actor: Actor) -> bool:
    """True when the actor may see personal values of this record with a reason."""
    return bool(entity.personal) and actor.may_on(entity.permission("reveal"), record)


# ---------------------------------------------------------------- edit and delete

def edit_page(entity: Entity, id: int) -> Any:
    """The form of an existing record, and what it sends."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "edit", node, actor)
    records.refuse_closed(entity, record)
    without = fixed_fields(face)
    if request.method == "GET":
        values = forms.record_values(face, record, extensions.read(entity, record, node))
        return render_template("form.html", **_edit_context(face, record, node, actor, values))
    try:
        data = forms.read_form(_schemas(face, record, node), request.form, node=node, actor=actor, stored=True,
                               personal=entity.personal, without=without)
        records.update(entity, id, data, actor, form_version(), node)
    except Invalid as problem:
        errors = forms.by_field(entity, problem.errors)
        context = _edit_context(face, record, node, actor, forms.typed_values(request.form), errors)
        return render_template("form.html", **context), problem.status
    except (StaleVersion, Conflict) as problem:
        context = _edit_context(face, record, node, actor, forms.typed_values(request.form), clash=problem)
        return render_template("form.html", **context), problem.status
    return notices.go(face.url(node.code, id), "saved")


def _schemas(face: Face, record: Any, node: Node) -> forms.Schemas:
    return extensions.schemas_at(face.entity, extensions.place_of(face.entity, record, node))


def fixed_fields(face: Face) -> frozenset[str]:
    """Fields an existing record keeps: its division."""
    return frozenset(key for key, column in face.columns.items() if column.attribute == "division_id" and column.field)


def form_version() -> int:
    """The version a form was shown with. Raises BadRequest without one."""
    text = request.form.get("_version", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadRequest(_("The form does not say which version it changes."), "_version",
                         _("Load the page again and repeat the change."))
    return int(text)


def _edit_context(face: Face, record: Any, node: Node, actor: Actor, values: dict[str, str],
                  errors: dict[str, list[str]] | None = None, clash: Problem | None = None) -> dict[str, Any]:
    """What the form template shows for an existing record. After a clash the present version is offered with what was typed."""
    entity = face.entity
    here = face.url(node.code, record.id)
    schemas = _schemas(face, record, node)
    summary = forms.error_list(schemas, errors or {})
    if clash is not None:
        words = (str(clash.title), str(clash.detail), _("What you typed is kept: compare it and save again."))
        summary = [{"field": "", "label": "", "message": " ".join(word for word in words if word)}]
    return {
        "entity": entity, "record": record, "title": _("Edit: %(title)s", title=title_of(face, record)),
        "fields": forms.form_fields(schemas, values, node=node, actor=actor, errors=errors, stored=True,
                                    personal=entity.personal, without=fixed_fields(face)),
        "errors": summary, "action": f"{here}/edit", "submit_label": _("Save"), "cancel_url": here, "multipart": False,
        "version": record.version, "intro": "", "crumbs": crumbs(face, node, (title_of(face, record), here), _("Edit")),
    }


def delete_page(entity: Entity, id: int) -> Any:
    """Ask before deleting; then delete."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "delete", node, actor)
    here = face.url(node.code, id)
    if request.method == "POST":
        records.delete(entity, id, actor, form_version(), node)
        return notices.go(face.url(node.code), "deleted")
    title = title_of(face, record)
    return render_template(
        "form.html", entity=entity, record=record, title=_("Delete: %(title)s", title=title), fields=[], errors=[],
        action=f"{here}/delete", submit_label=_("Delete"), cancel_url=here, multipart=False, version=record.version,
        danger=True, secrets_notice=False, crumbs=crumbs(face, node, (title, here), _("Delete")),
        intro=_("The record disappears from every list. Its entries in the ledger stay."))


# ---------------------------------------------------------------- comments

def comment(entity: Entity, id: int) -> Any:
    """Add a comment to the timeline."""
    node, actor = g.node, current_actor()
    record = fetch(entity, id, "comment", node, actor)
    try:
        add_comment(entity, record, request.form.get("text", ""), actor, node)
    except (Invalid, Refused) as problem:
        return refused(face_of(entity), record, problem, "comment", _("Your comment"))
    return notices.go(face_of(entity).url(node.code, id) + "#comments", "commented")


def add_comment(entity: Entity, record: Any, text: str, actor: Actor, node: Node) -> int:
    """Write a comment into the ledger and return the entry's id. Raises Invalid for an empty, long or unsafe text."""
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if not clean or len(clean) > MAX_COMMENT or bad_character(clean, True) is not None:
        message = _("Write 1 to %(max)s characters without control characters.", max=MAX_COMMENT)
        raise Invalid(_("The comment was not saved."), message, _("Go back, correct the text and send it again."),
                      errors={"text": [message]})
    return records.note(entity, record, actor, node, "comment", clean)


def refused(face: Face, record: Any, problem: Problem, field: str, label: str) -> Any:
    """The record's page again, with what is wrong at the top and at the field, and what was typed."""
    texts = [str(text) for messages in problem.errors.values() for text in messages]
    texts = texts or [" ".join(str(text) for text in (problem.title, problem.detail) if str(text))]
    if field == "attachment" and str(problem.remedy):
        texts[-1] = f"{texts[-1]} {problem.remedy}"
    page = render_template(
        "detail.html", **detail_context(face, record, g.node, current_actor()),
        errors=[{"field": field, "label": label, "message": text} for text in texts],
        refused={field: " ".join(texts)}, comment_text=request.form.get("text", "") if field == "comment" else "")
    return page, problem.status


# ---------------------------------------------------------------- personal values

def reveal_page(entity: Entity, id: int) -> Any:
    """Ask for the reason; then write it into the audit log, and only then show the personal values, once."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "reveal", node, actor)
    here = face.url(node.code, id)
    title = title_of(face, record)
    columns = [column for column in (*face.columns.values(), *extensions.read(entity, record, node))
               if column.personal and getattr(record, column.attribute)]
    wanted = request.values.get("field", "")
    chosen = [column for column in columns if column.key == wanted] or columns
    errors: dict[str, list[str]] = {}
    shown: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        try:
            audit.read(actor, entity.key, record.id, [column.key for column in chosen], request.form.get("purpose", ""),
                       division_id=getattr(record, "division_id", None))
            shown = [{"label": str(column.label), "field": column.key, "personal": True,
                      "text": plain(entity, column, getattr(record, column.attribute), record.uid)} for column in chosen]
        except Invalid as problem:
            errors = {"purpose": list(problem.errors.get("purpose", [str(problem.detail)]))}
            status = problem.status
    field = {"name": "purpose", "label": _("What do you need it for?"), "widget": "text", "options": None, "required": True,
             "value": request.form.get("purpose", ""), "error": " ".join(errors.get("purpose", [])), "maxlength": 200,
             "help": _("The reason is written into the audit log with your name and the time.")}
    summary = [{"field": "purpose", "label": field["label"], "message": text} for text in errors.get("purpose", [])]
    page = render_template(
        "reveal.html", entity=entity, record=record, title=_("Personal data: %(title)s", title=title),
        fields=[] if shown else [field], shown=shown, errors=summary, action=f"{here}/reveal", cancel_url=here,
        submit_label=_("Show and record"), multipart=False, version="", secrets_notice=False,
        hidden=[("field", wanted)] if wanted else [], crumbs=crumbs(face, node, (title, here), _("Personal data")),
        intro=_("Shown are: %(names)s", names="、".join(str(column.label) for column in chosen)))
    return page, status, {"Cache-Control": "no-store"}

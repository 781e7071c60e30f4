"""Forms in the browser, on paper and as Word files: of a record, of a division, and the page that lists the latter."""
from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, render_template, request, send_file

from . import documents
from .access import current_actor, fetch, guarded
from .db import local_day
from .docx_fill import lines, qr
from .docx_parts import MEDIA_TYPE
from .entity import DivisionDocument, Document, Entity
from .errors import BadRequest
from .faces import day_of, face_of
from .i18n import format_day
from .i18n import gettext as _
from .months import VIEW
from .registry import registry
from .sheet import has_foot
from .statistics_pages import asked_month, month_options
from .statistics_view import month_label
from .tree import Node
from .view_records import facts, paper_context, state_of, title_of
from .views import add_route


def register(app: Flask) -> None:
    """Add the pages of every form that is declared, and the list of those of a division."""
    app.jinja_env.filters["lines"] = lines
    # For services, which know no page.
    app.extensions["grid321_forms"] = {"page": record_page, "word": record_word, "texts": record_texts}
    known = app.extensions["grid321"].registry
    for entity in known.entities.values():
        if documents.declared(known, entity):
            add_route(app, entity, "form", "<rid:id>/form/<form>", form_page, entity.permission("view"))
            add_route(app, entity, "form_word", "<rid:id>/form/<form>.docx", form_word, entity.permission("view"))
    app.add_url_rule("/d/<code>/core/forms", "core:forms", guarded(list_page, VIEW, reach="covers"))
    for document in known.documents.values():
        if isinstance(document, DivisionDocument):
            plugin = known.owner_of("document", document.key)
            for ending, view, name in (("", _paper(document), "form"), (".docx", _word(document), "form_word")):
                app.add_url_rule(f"/d/<code>/{plugin}/form/{document.name}{ending}", f"{document.key}:{name}",
                                 guarded(view, document.permission, plugin=plugin, reach="covers"))


# ---------------------------------------------------------------- of a record

def record_values(entity: Entity, record: Any, document: Document, node: Node) -> dict[str, Any]:
    """What a form of a record gets: the general facts and what the document adds, with the day of printing.

    The due date is a plain day: “overdue for ten days” is true when a form is printed and not when it is read.
    """
    actor = current_actor()
    values = {**paper_context(face_of(entity), record, node), "printed": format_day(local_day())}
    values["texts"]["due"] = format_day(day_of(getattr(record, "due", None)))
    if document.sheet is not None and has_foot(document.sheet.parts):
        address = request.host_url.rstrip("/") + request.script_root + face_of(entity).url(node.code, record.id)
        values["record_code"] = qr(address, _("QR code of the record"))
    if document.context is not None:
        values.update(document.context(record, node, actor))
    return values


def form_page(entity: Entity, id: int, form: str) -> str:
    """One record on a form to print."""
    record = fetch(entity, id, "view", g.node, current_actor())
    document = documents.find(entity, form, g.node, record)
    return record_page(entity, record, document)


def record_page(entity: Entity, record: Any, document: Document, more: Mapping[str, Any] | None = None) -> str:
    """The page of a form of a record, with ``more`` values, which have no Word file (a link that is shown once)."""
    here = face_of(entity).url(g.node.code, record.id)
    word = f"{here}/form/{document.name}.docx" if more is None and documents.has_word(document, g.node) else ""
    values = {**record_values(entity, record, document, g.node), **(more or {})}
    return documents.page(document, g.node, values, back_url=here, docx_url=word)


def form_word(entity: Entity, id: int, form: str) -> Response:
    """One record on a form as a Word file."""
    record = fetch(entity, id, "view", g.node, current_actor())
    document = documents.find(entity, form, g.node, record)
    return record_word(entity, record, document)


def record_word(entity: Entity, record: Any, document: Document, more: Mapping[str, Any] | None = None) -> Response:
    """The Word file of a form of a record as a download, with ``more`` values."""
    values = {**record_values(entity, record, document, g.node), **(more or {})}
    return download(documents.word(document, g.node, values), f"{document.label} {values['number'] or record.id}")


def record_texts(entity: Entity, record: Any, node: Node) -> dict[str, str]:
    """The text of each field of a record by name, with its number, title and state."""
    face = face_of(entity)
    state = state_of(face, record)
    return {**{fact["field"]: fact["text"] for fact in facts(face, record, node)}, "number": getattr(record, "number", "") or "",
            "title": title_of(face, record), "state": state["label"] if state else "",
            "due": format_day(getattr(record, "due", None))}


# ---------------------------------------------------------------- of a division

def asked_period(document: DivisionDocument) -> str:
    """The month or year that the address asks for. Raises ``BadRequest``."""
    if document.period == "month":
        return asked_month()
    if not document.period:
        return ""
    this = str(local_day().year)
    text = request.args.get("year", this)
    if not (text.isascii() and text.isdigit() and len(text) == 4 and 1990 <= int(text) <= int(this)):
        raise BadRequest(_("This is not a year."), text[:20], _("Write it like 2026."), code="bad_parameter")
    return text


def division_values(document: DivisionDocument, node: Node, period: str) -> dict[str, Any]:
    """What a form of a division gets: the division, the period, the day of printing, and what the document adds."""
    return {"number": "", "title": str(document.label), "place": node, "asked": period, "printed": format_day(local_day()),
            **document.context(node, current_actor(), period)}


def _paper(document: DivisionDocument) -> Any:
    def page() -> str:
        plugin = registry().owner_of("document", document.key)
        found, period = documents.find_of_division(plugin, document.name, g.node), asked_period(document)
        query = f"?{document.period}={period}" if period else ""
        month = query if document.period == "month" else ""
        return documents.page(found, g.node, division_values(found, g.node, period),
                              back_url=f"/d/{g.node.code}/core/forms{month}", back_label=_("Forms and bulletins"),
                              docx_url=f"/d/{g.node.code}/{plugin}/form/{found.name}.docx{query}")

    page.__name__ = document.name
    return page


def _word(document: DivisionDocument) -> Any:
    def word() -> Response:
        return division_word(document)

    word.__name__ = f"{document.name}_word"
    return word


def division_word(document: DivisionDocument) -> Response:
    """The Word file of a form of a division as a download."""
    found = documents.find_of_division(registry().owner_of("document", document.key), document.name, g.node)
    period = asked_period(found)
    made = documents.word(found, g.node, division_values(found, g.node, period))
    return download(made, " ".join(part for part in (str(found.label), g.node.name, period) if part))


def list_page() -> str:
    """The forms of the division that the actor may see, for a month and a year."""
    node, month = g.node, asked_month()
    rows = []
    for document in documents.of_division(node):
        query, period = {"month": (f"?month={month}", month_label(month)), "": ("", ""),
                         "year": (f"?year={month[:4]}", _("the year %(year)s", year=month[:4]))}[document.period]
        url = f"/d/{node.code}/{registry().owner_of('document', document.key)}/form/{document.name}"
        rows.append({"label": str(document.label), "url": url + query, "docx_url": f"{url}.docx{query}", "period": period})
    return render_template("division_forms.html", title=_("Forms and bulletins"), rows=rows, months=month_options(month),
                           month=month, crumbs=[(node.name, f"/d/{node.code}/"), (_("Forms and bulletins"), "")], empty={
                               "what": _("No forms here"), "label": "", "url": "",
                               "why": _("No plugin that prints ledgers or lists is switched on for %(place)s, or you may not "
                                        "see them.", place=node.name)})


def download(content: bytes, name: str) -> Response:
    """A Word file as a download that no browser runs or keeps."""
    clean = "".join(c if c.isprintable() and c not in '\\/:*?"<>|' else "_" for c in name)[:120]
    found = send_file(io.BytesIO(content), mimetype=MEDIA_TYPE, as_attachment=True, download_name=f"{clean}.docx", max_age=0)
    found.headers["X-Content-Type-Options"] = "nosniff"
    found.headers["Cache-Control"] = "private, no-store"
    return found

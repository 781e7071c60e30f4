"""Forms over REST: which ones a record or a division has, and their Word files."""
from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, request

from . import document_pages, documents
from .access import current_actor, fetch, guarded
from .docx_parts import MEDIA_TYPE
from .entity import DivisionDocument, Entity
from .errors import BadRequest
from .faces import face_of
from .i18n import gettext as _
from .months import VIEW
from .openapi_parts import READ, core_operation, operation, query_parameter, reference
from .registry import registry
from .rest import add_route, answer, no_parameters, path_of


def register(app: Flask) -> None:
    """Add the API addresses of every form."""
    known = app.extensions["grid321"].registry
    for entity in known.entities.values():
        if documents.declared(known, entity):
            view = entity.permission("view")
            add_route(app, entity, "api_forms", "/<rid:id>/forms", "GET", get_forms, view)
            add_route(app, entity, "api_form", "/<rid:id>/form/<form>.docx", "GET", get_form, view)
    app.add_url_rule("/api/v1/d/<code>/core/forms", "core:api_forms", guarded(get_division_forms, VIEW, reach="covers"))
    for document in known.documents.values():
        if isinstance(document, DivisionDocument):
            plugin = known.owner_of("document", document.key)
            app.add_url_rule(f"/api/v1/d/<code>/{plugin}/form/{document.name}.docx", f"{document.key}:api_form",
                             guarded(_word(document), document.permission, plugin=plugin, reach="covers"))


def get_forms(entity: Entity, id: int) -> Response:
    """The forms of a record: name, label, page and Word file."""
    no_parameters()
    record = fetch(entity, id, "view", g.node, current_actor())
    face = face_of(entity)
    base = path_of(face, g.node.code, record.id)
    return answer({"items": [
        {"name": one["name"], "label": one["label"], "page": one["url"],
         "file": f"{base}/form/{one['name']}.docx" if one["docx_url"] else None}
        for one in documents.links(face, record, g.node)]})


def get_form(entity: Entity, id: int, form: str) -> Response:
    """A form of a record as a Word file."""
    no_parameters()
    return document_pages.form_word(entity, id, form)


def get_division_forms() -> Response:
    """The forms of a division that the actor may see."""
    no_parameters()
    known = registry()
    return answer({"items": [
        {"name": one.key, "label": str(one.label), "period": one.period or None,
         "file": f"/api/v1/d/{g.node.code}/{known.owner_of('document', one.key)}/form/{one.name}.docx"}
        for one in documents.of_division(g.node)]})


def _word(document: DivisionDocument) -> Any:
    def word() -> Response:
        unknown = sorted(set(request.args) - {document.period})
        if unknown:
            raise BadRequest(_("The request cannot be read."), unknown[0][:60], code="bad_parameter")
        return document_pages.division_word(document)

    word.__name__ = f"{document.name}_api"
    return word


# ---------------------------------------------------------------- in the description

def _file() -> dict[str, Any]:
    return {"200": {"description": _("The Word file"), "content": {MEDIA_TYPE: {}}}}


def entity_paths(entity: Entity, base: str) -> dict[str, dict[str, Any]]:
    """The forms of an entity's records in the OpenAPI description; empty without forms."""
    found = documents.declared(registry(), entity)
    if not found:
        return {}
    names = {"name": "form", "in": "path", "required": True, "description": _("Name of the form"),
             "schema": {"type": "string", "enum": [one.name for one in found]}}
    listed = {"200": {"description": _("The forms"), "content": {"application/json": {"schema": {"type": "object"}}}}}
    return {
        f"{base}/{{id}}/forms": {"get": operation(entity, "forms", _("Forms of a record"), "view", listed, parameters=[])},
        f"{base}/{{id}}/form/{{form}}.docx": {"get": operation(entity, "form", _("A form as a Word file"), "view", _file(),
                                                               parameters=[names])}}


def division_paths() -> dict[str, dict[str, Any]]:
    """The forms of divisions in the OpenAPI description."""
    found = {"/api/v1/d/{code}/core/forms": {"get": core_operation("forms", _("Forms of the division"), VIEW, "200")}}
    known = registry()
    patterns = {"month": "^[0-9]{4}-[0-9]{2}$", "year": "^[0-9]{4}$"}
    for document in known.documents.values():
        if isinstance(document, DivisionDocument):
            plugin = known.owner_of("document", document.key)
            asked = [query_parameter(document.period, {"type": "string", "pattern": patterns[document.period]},
                                     _("The present one by default"))] if document.period else []
            found[f"/api/v1/d/{{code}}/{plugin}/form/{document.name}.docx"] = {"get": {
                "operationId": document.key.replace(".", "_") + "_form", "tags": [plugin if plugin == "core" else "core"],
                "summary": str(document.label), "x-permission": document.permission, "parameters": asked,
                "responses": {**_file(), **{status: reference(f"Problem{status}", "responses") for status in READ}}}}
    return found

"""The OpenAPI 3.1 description of the REST face, made from the declarations, and the readable page of it.

All entities are described; where a plugin is switched off, its paths answer 404.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, Response, render_template

from . import __version__, extensions, sending
from .access import guarded
from .document_api import division_paths, entity_paths
from .entity import Entity
from .faces import Column, Face, face_of
from .filters import known_parameters
from .i18n import current_language
from .i18n import gettext as _
from .openapi_jobs import job_paths
from .openapi_messages import message_paths
from .openapi_months import meeting_paths, month_paths
from .openapi_parts import (
    JSON,
    PROBLEMS,
    answer_of,
    calendar_paths,
    key_header,
    operation,
    parts_of,
    query_parameter,
    search_paths,
    statistics_paths,
)
from .openapi_plugins import plugin_paths
from .openapi_workflows import workflow_paths
from .plugin_api import Api
from .references import RECORD
from .registry import platform, registry
from .rest import MAX_LIMIT, PROVISIONAL, api_columns
from .schemas import json_schema
from .workflow import Transition

if TYPE_CHECKING:
    from apispec import APISpec


def register(app: Flask) -> None:
    """Add `/api/v1/openapi.json` and the page `/api/`."""
    app.add_url_rule("/api/v1/openapi.json", "core:openapi", guarded(document, "login"))
    app.add_url_rule("/api/", "core:api", guarded(api_page, "login"))


def document() -> Response:
    """The description as JSON."""
    return Response(_cached()[1], mimetype=JSON)


def spec() -> dict[str, Any]:
    """The description in the present language."""
    return _cached()[0]


def _cached() -> tuple[dict[str, Any], bytes]:
    """Declarations are frozen, so one description per language serves the life of the process."""
    cache: dict[str, tuple[dict[str, Any], bytes]] = platform().cache.setdefault("openapi", {})
    language = current_language()
    if language not in cache:
        made = build()
        cache[language] = (made, orjson.dumps(made))
    return cache[language]


def build() -> dict[str, Any]:
    """Make the description from the registry."""
    from apispec import APISpec

    found = APISpec(
        title="grid321", version=__version__, openapi_version="3.1.0",
        info={"description": _("Records of a county by REST. Every path stands below a division: its code in the address "
                               "is the subtree that is looked at. A plugin that is switched off there answers 404."),
              "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        servers=[{"url": "/"}], security=[{"bearer": []}, {"session": [], "csrf": []}])
    found.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "g321_…"})
    found.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": "g321"})
    found.components.security_scheme("csrf", {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"})
    found.components.schema("Problem", _problem_schema())
    for status, text in PROBLEMS.items():
        found.components.response(f"Problem{status}", {
            "description": str(text), "content": {"application/problem+json": {"schema": _ref("Problem")}}})
    found.components.parameter("code", "path", {
        "required": True, "description": _("Code of the division that is looked at"),
        "schema": {"type": "string", "pattern": "^[0-9A-Za-z]{2,24}$"}, "example": "610902104"})
    found.components.parameter("id", "path", {
        "required": True, "description": _("Id of the record"),
        "schema": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 10**18 - 1}})
    for entity in registry().entities.values():
        _entity(found, face_of(entity))
    found.tag({"name": "core", "description": _("Platform")})
    for path, methods in {**statistics_paths(), **search_paths(), **calendar_paths(), **month_paths(), **meeting_paths(),
                          **message_paths(), **division_paths(),
                          **job_paths(), **workflow_paths()}.items():
        _add(found, path, methods)
    for owner, blueprint in registry().blueprints:
        if isinstance(blueprint, Api):
            for path, methods in plugin_paths(owner, blueprint).items():
                _add(found, path, methods)
    return found.to_dict()


def _add(found: APISpec, path: str, methods: dict[str, Any]) -> None:
    """Add a path with the parameters that its address names."""
    shared = ["code", "id"] if "{id}" in path else ["code"]  # apispec makes references of the names
    for method in methods.values():
        method["parameters"] = [*shared, *method["parameters"]]
    found.path(path=path, operations=methods)


def _ref(name: str, kind: str = "schemas") -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object", "required": ["type", "title", "status", "code"], "description": "RFC 9457",
        "properties": {
            "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "code": text,
            "remedy": {"type": "string", "description": _("What to do")},
            "errors": {"type": "array", "items": {"type": "object", "properties": {
                "pointer": {"type": "string", "description": "RFC 6901"}, "field": text, "message": text}}},
            "state": {"type": ["string", "null"], "description": _("The present state, after a lost race")},
            "version": {"type": ["integer", "null"]}}}


def _entity(found: APISpec, face: Face) -> None:
    """Schemas and paths of one entity."""
    entity, name = face.entity, face.entity.key.replace(".", "_")
    found.tag({"name": entity.key, "description": str(entity.label)})
    found.components.schema(name, _record_schema(face, (*face.columns.values(), *extensions.columns(entity)), True))
    found.components.schema(f"{name}-item", _record_schema(face, api_columns(face), False))
    found.components.schema(f"{name}_write", _write_schema(face))
    found.components.schema(f"{name}_patch", _with_added(entity, json_schema((entity.schema,), required=False)))
    base = f"/api/v1/d/{{code}}{face.path}"
    operations: dict[str, dict[str, Any]] = {base: {"get": _list_operation(face, name)}}
    single: dict[str, Any] = {"get": operation(
        entity, "get", _("Read one"), "view", {"200": answer_of(_("The record"), name, etag=True), "304": {
            "description": _("Unchanged")}}, parameters=[_header("If-None-Match", False)])}
    if "create" in entity.actions:
        operations[base]["post"] = operation(
            entity, "create", _("Create"), "create", {"201": answer_of(_("Created"), name, etag=True, location=True)},
            parameters=[key_header()], body=f"{name}_write")
    if "edit" in entity.actions:
        single["patch"] = operation(entity, "edit", _("Change"), "edit", {"200": answer_of(_("Changed"), name, etag=True)},
                                     parameters=[_header("If-Match", True)], body=f"{name}_patch")
    if "delete" in entity.actions:
        single["delete"] = operation(entity, "delete", _("Delete"), "delete", {"204": {"description": _("Deleted")}},
                                      parameters=[_header("If-Match", True)])
    operations[f"{base}/{{id}}"] = single
    operations.update(parts_of(face, base))
    operations.update(entity_paths(entity, base))
    for step in face.workflow.transitions if face.workflow is not None else ():
        if not step.automatic:
            operations[f"{base}/{{id}}/transitions/{step.key}"] = {"post": _step_operation(entity, step, name)}
    for path, methods in operations.items():
        _add(found, path, methods)


def _record_schema(face: Face, columns: tuple[Column, ...], single: bool) -> dict[str, Any]:
    """The JSON of a record as it is read."""
    properties: dict[str, Any] = {"id": {"type": "integer", "format": "int64"}}
    for column in columns:
        properties[column.key] = _read_schema(face, column)
        if column.kind == "due":
            properties[PROVISIONAL] = {"type": "boolean", "description": _(
                "The due date rests on a year whose notice of working days is not known yet")}
    properties["url"] = {"type": "string", "format": "uri-reference"}
    found: dict[str, Any] = {"type": "object", "properties": properties}
    if single:
        added = {column.key for column in extensions.columns(face.entity)}
        found["required"] = [key for key in properties if key not in added]
    return found


def _with_added(entity: Entity, found: dict[str, Any]) -> dict[str, Any]:
    """The schema of a request with the fields that plugins add; none is required, because each is known in places only."""
    for added in extensions.of(entity):
        found["properties"] = {**found["properties"], **{
            key: {**field, "description": " ".join(filter(None, (field.get("description"), _only_where(added.plugin))))}
            for key, field in json_schema((added.schema,))["properties"].items()}}
    return found


def _only_where(plugin: str) -> str:
    return _("Known where the plugin %(plugin)s is switched on.", plugin=plugin)


def _read_schema(face: Face, column: Column) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "int": {"type": ["integer", "null"]}, "flag": {"type": ["boolean", "null"]}, "geo": {"type": ["object", "null"]},
        "day": {"type": ["string", "null"], "format": "date"}, "due": {"type": ["string", "null"], "format": "date"},
        "moment": {"type": ["string", "null"], "format": "date-time"}, "person": {"type": ["integer", "null"]},
        "department": {"type": ["integer", "null"]}, "account": {"type": ["integer", "null"]}}
    found = dict(kinds.get(column.kind, kinds["int"] if column.kind.startswith(RECORD) else {"type": ["string", "null"]}))
    if column.kind == "state" and face.workflow is not None:
        found = {"type": "string", "enum": [state.key for state in face.workflow.states]}
    if column.personal:
        found["description"] = _("Masked; revealed only on the page, with a reason")
    return {"title": str(column.label), **found}


def _write_schema(face: Face) -> dict[str, Any]:
    found = _with_added(face.entity, json_schema((face.entity.schema,)))
    if sending.takes_mark(face.entity):
        found["properties"] = {**found["properties"], "client_id": {
            "type": ["string", "null"], "maxLength": 64, "description": _("Mark of a record that was entered offline")}}
    return found


def _header(name: str, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": _("The ETag that was read, with its quotes"),
            "schema": {"type": "string"}, "example": '"3"'}


def _list_operation(face: Face, name: str) -> dict[str, Any]:
    text = {"type": "string"}
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 20}
    parameters = [query_parameter("limit", limit, _("Rows of a page")),
                  query_parameter("after", text, _("Page mark: taken from “next”")),
                  query_parameter("before", text, _("Page mark: taken from “previous”")),
                  query_parameter("fields", text, _("Only these fields, separated by commas")),
                  query_parameter("sort", {"type": "string"}, _("One of: %(names)s; with - in front descending",
                                                       names=", ".join(face.sorts or ("-id",))))]
    if face.entity.search:
        parameters.append(query_parameter("q", {"type": "string", "maxLength": 100}, _("Search")))
    for parameter, (column, edge) in known_parameters(face).items():
        schema = {"type": "string", "format": "date"} if edge else {"type": "array", "items": {"type": "string"}}
        parameters.append({**query_parameter(parameter, schema, str(column.label)), **({} if edge else {"explode": True})})
    link = {"type": ["string", "null"], "format": "uri-reference"}
    schema = {"type": "object", "required": ["items", "next", "previous"], "properties": {
        "items": {"type": "array", "items": _ref(f"{name}-item")}, "next": link, "previous": link}}
    return operation(face.entity, "list", _("List"), "view", {"200": {
        "description": _("One page"), "content": {JSON: {"schema": schema}}}}, parameters=parameters)


def _step_operation(entity: Entity, step: Transition, name: str) -> dict[str, Any]:
    found = operation(entity, f"do_{step.key}", str(step.label), "view",
                       {"200": answer_of(_("The record after the step"), name, etag=True)},
                       parameters=[_header("If-Match", True), key_header()], permission=step.permission)
    found["requestBody"] = {"required": bool(step.asks), "content": {JSON: {"schema": json_schema(step.asks)}}}
    return found


# ---------------------------------------------------------------- the readable page

def api_page() -> str:
    """The same description for people, with a curl line for each operation."""
    described = spec()
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            groups[one["tags"][0]].append(_shown(path, method, one, described))
    labels = {tag["name"]: tag["description"] for tag in described["tags"]}
    shown = [{"label": labels[name], "intro": name, "operations": operations} for name, operations in groups.items()]
    return render_template("api.html", title=_("Programming interface"), groups=shown, openapi_url="/api/v1/openapi.json")


def _shown(path: str, method: str, one: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    known = described["components"]["parameters"]
    parameters = [known[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in one["parameters"]]
    answers = [{"status": status, "text": answer.get("description") or str(PROBLEMS.get(status, ""))}
               for status, answer in one["responses"].items()]
    return {"id": one["operationId"], "method": method.upper(), "path": path, "summary": one["summary"], "text": "",
            "permission": one["x-permission"], "answers": answers, "example": _curl(path, method, one, described),
            "parameters": [{"name": p["name"], "place": p["in"], "required": p.get("required", False),
                            "text": p.get("description", "")} for p in parameters]}


def _curl(path: str, method: str, one: dict[str, Any], described: dict[str, Any]) -> str:
    """A line to copy: the address of a division of the demo county, the headers and a body with every required field."""
    address = path.replace("{code}", "610902104").replace("{id}", "1").replace("{file_id}", "1").replace("{batch_id}", "1")
    parts = ["curl", "-H 'Authorization: Bearer g321_…'"]
    if method != "get":
        parts.append(f"-X {method.upper()}")
    for parameter in one["parameters"]:
        if parameter.get("name") == "If-Match":
            parts.append("-H 'If-Match: \"3\"'")
        if parameter.get("name") == "Idempotency-Key":
            parts.append("-H 'Idempotency-Key: 1b2c3d4e'")
    content = one.get("requestBody", {}).get("content", {})
    if list(content) == ["multipart/form-data"]:
        parts.append("\\\n  -F 'file=@photo.jpg'")
    elif JSON not in content and content:
        parts.append(f"-H 'Content-Type: {next(iter(content))}' \\\n  --data-binary @list.xlsx")
    elif content:
        schema = content[JSON]["schema"]
        if "$ref" in schema:
            schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        wanted = schema.get("required") or list(schema["properties"])[:1]
        example = {name: _example(schema["properties"][name]) for name in wanted}
        parts.append(f"-H 'Content-Type: application/json' \\\n  -d '{orjson.dumps(example).decode()}'")
    return " ".join([*parts, f"\\\n  'https://example.org{address}'"])


def _example(schema: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("examples"):
        return schema["examples"][0]
    if kind == "integer":
        return max(1, schema.get("minimum", 1))
    if kind == "boolean":
        return True
    if kind == "object":
        return {"type": "Polygon", "coordinates": [[[109.0, 32.6], [109.1, 32.6], [109.1, 32.7], [109.0, 32.6]]]}
    return "2026-03-15" if schema.get("format") == "date" else "…"

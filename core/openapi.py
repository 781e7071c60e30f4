"""The OpenAPI 3.1 description of the REST face, made from the declarations, and the readable page of it.

All entities are described; where a plugin is switched off, its paths answer 404.
"""
from __future__ import annotations

from typing import Any

import orjson
from apispec import APISpec
from flask import Flask, Response, render_template

from . import __version__
from .access import guarded
from .entity import Entity
from .faces import Column, Face, face_of
from .filters import known_parameters
from .i18n import current_language
from .i18n import gettext as _
from .registry import platform, registry
from .rest import MAX_LIMIT, api_columns
from .schemas import json_schema
from .workflow import Transition

PROBLEMS = {
    "400": "The request cannot be read.", "401": "No valid token or login.", "403": "The permission is missing.",
    "404": "Nothing here for this actor, or the plugin is off at this division.", "409": "Somebody else was first, or the "
    "Idempotency-Key was used for another body.", "412": "The record changed since it was read.",
    "413": "The body is too large.", "415": "The body is not JSON.", "422": "Fields or rules refuse it; see errors.",
    "428": "If-Match is missing.", "429": "Too many requests.", "503": "The database cannot be written now.",
}
_JSON = "application/json"


def register(app: Flask) -> None:
    """Add `/api/v1/openapi.json` and the page `/api/`."""
    app.add_url_rule("/api/v1/openapi.json", "core:openapi", guarded(document, "login"))
    app.add_url_rule("/api/", "core:api", guarded(api_page, "login"))


def document() -> Response:
    """The description as JSON."""
    return Response(_cached()[1], mimetype=_JSON)


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
            "description": text, "content": {"application/problem+json": {"schema": _ref("Problem")}}})
    found.components.parameter("code", "path", {
        "required": True, "description": _("Code of the division that is looked at"),
        "schema": {"type": "string", "pattern": "^[0-9A-Za-z]{2,24}$"}, "example": "610902104"})
    found.components.parameter("id", "path", {
        "required": True, "description": _("Id of the record"),
        "schema": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 10**18 - 1}})
    for entity in registry().entities.values():
        _entity(found, face_of(entity))
    return found.to_dict()


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
    found.components.schema(name, _record_schema(face, tuple(face.columns.values()), True))
    found.components.schema(f"{name}_item", _record_schema(face, api_columns(face), False))
    found.components.schema(f"{name}_write", _write_schema(face))
    found.components.schema(f"{name}_patch", json_schema((entity.schema,), required=False))
    base = f"/api/v1/d/{{code}}{face.path}"
    operations: dict[str, dict[str, Any]] = {base: {"get": _list_operation(face, name)}}
    single: dict[str, Any] = {"get": _operation(
        entity, "get", _("Read one"), "view", {"200": _answer(_("The record"), name, etag=True), "304": {
            "description": _("Unchanged")}}, parameters=[_header("If-None-Match", False)])}
    if "create" in entity.actions:
        operations[base]["post"] = _operation(
            entity, "create", _("Create"), "create", {"201": _answer(_("Created"), name, etag=True, location=True)},
            parameters=[_key_header()], body=f"{name}_write")
    if "edit" in entity.actions:
        single["patch"] = _operation(entity, "edit", _("Change"), "edit", {"200": _answer(_("Changed"), name, etag=True)},
                                     parameters=[_header("If-Match", True)], body=f"{name}_patch")
    if "delete" in entity.actions:
        single["delete"] = _operation(entity, "delete", _("Delete"), "delete", {"204": {"description": _("Deleted")}},
                                      parameters=[_header("If-Match", True)])
    operations[f"{base}/{{id}}"] = single
    operations.update(_parts(face, base))
    for step in face.workflow.transitions if face.workflow is not None else ():
        if not step.automatic:
            operations[f"{base}/{{id}}/transitions/{step.key}"] = {"post": _step_operation(entity, step, name)}
    for path, methods in operations.items():
        shared = ["code", "id"] if "{id}" in path else ["code"]  # apispec makes references of the names
        for operation in methods.values():
            operation["parameters"] = [*shared, *operation["parameters"]]
        found.path(path=path, operations=methods)


def _record_schema(face: Face, columns: tuple[Column, ...], single: bool) -> dict[str, Any]:
    """The JSON of a record as it is read."""
    properties: dict[str, Any] = {"id": {"type": "integer", "format": "int64"}}
    for column in columns:
        properties[column.key] = _read_schema(face, column)
    properties["url"] = {"type": "string", "format": "uri-reference"}
    found: dict[str, Any] = {"type": "object", "properties": properties}
    if single:
        found["required"] = list(properties)
    return found


def _read_schema(face: Face, column: Column) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "int": {"type": ["integer", "null"]}, "flag": {"type": ["boolean", "null"]}, "geo": {"type": ["object", "null"]},
        "day": {"type": ["string", "null"], "format": "date"}, "due": {"type": ["string", "null"], "format": "date"},
        "moment": {"type": ["string", "null"], "format": "date-time"}, "person": {"type": ["integer", "null"]},
        "department": {"type": ["integer", "null"]}, "account": {"type": ["integer", "null"]}}
    found = dict(kinds.get(column.kind, {"type": ["string", "null"]}))
    if column.kind == "state" and face.workflow is not None:
        found = {"type": "string", "enum": [state.key for state in face.workflow.states]}
    if column.personal:
        found["description"] = _("Masked; revealed only on the page, with a reason")
    return {"title": str(column.label), **found}


def _write_schema(face: Face) -> dict[str, Any]:
    found = json_schema((face.entity.schema,))
    if face.workflow is not None:
        found["properties"] = {**found["properties"], "client_id": {
            "type": ["string", "null"], "maxLength": 64, "description": _("Mark of a record that was entered offline")}}
    return found


def _operation(entity: Entity, name: str, summary: str, action: str, responses: dict[str, Any], *,
               parameters: list[dict[str, Any]], body: str | None = None, permission: str | None = None) -> dict[str, Any]:
    """One operation with the problems it may answer."""
    changing = name not in {"list", "get", "history", "attachments", "attachment", "transitions"}
    problems = {"400", "401", "403", "404", "503"} | ({"409", "413", "415", "422"} if changing else set())
    if any(parameter.get("name") == "If-Match" for parameter in parameters):
        problems |= {"412", "428"}
    found: dict[str, Any] = {
        "operationId": f"{entity.key.replace('.', '_')}_{name}", "tags": [entity.key],
        "summary": f"{summary}: {entity.label}", "x-permission": permission or entity.permission(action),
        "parameters": parameters,
        "responses": {**responses, **{status: _ref(f"Problem{status}", "responses") for status in sorted(problems)}}}
    if body is not None:
        schema = _ref(body) if isinstance(body, str) else body
        found["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema}}}
    return found


def _answer(text: str, schema: str, *, etag: bool = False, location: bool = False) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if etag:
        headers["ETag"] = {"description": _("The version, for If-Match"), "schema": {"type": "string"}}
    if location:
        headers["Location"] = {"schema": {"type": "string"}}
    found: dict[str, Any] = {"description": text, "content": {_JSON: {"schema": _ref(schema)}}}
    return {**found, "headers": headers} if headers else found


def _header(name: str, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": _("The ETag that was read, with its quotes"),
            "schema": {"type": "string"}, "example": '"3"'}


def _key_header() -> dict[str, Any]:
    return {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 100},
            "description": _("Sent again with the same body, the request has one effect and the same answer")}


def _query(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}


def _list_operation(face: Face, name: str) -> dict[str, Any]:
    text = {"type": "string"}
    parameters = [_query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 20}, _("Rows of a page")),
                  _query("after", text, _("Page mark: taken from “next”")),
                  _query("before", text, _("Page mark: taken from “previous”")),
                  _query("fields", text, _("Only these fields, separated by commas")),
                  _query("sort", {"type": "string"}, _("One of: %(names)s; with - in front descending",
                                                       names=", ".join(face.sorts or ("-id",))))]
    if face.entity.search:
        parameters.append(_query("q", {"type": "string", "maxLength": 100}, _("Search")))
    for parameter, (column, edge) in known_parameters(face).items():
        schema = {"type": "string", "format": "date"} if edge else {"type": "array", "items": {"type": "string"}}
        parameters.append({**_query(parameter, schema, str(column.label)), **({} if edge else {"explode": True})})
    link = {"type": ["string", "null"], "format": "uri-reference"}
    schema = {"type": "object", "required": ["items", "next", "previous"], "properties": {
        "items": {"type": "array", "items": _ref(f"{name}_item")}, "next": link, "previous": link}}
    return _operation(face.entity, "list", _("List"), "view", {"200": {
        "description": _("One page"), "content": {_JSON: {"schema": schema}}}}, parameters=parameters)


def _step_operation(entity: Entity, step: Transition, name: str) -> dict[str, Any]:
    found = _operation(entity, f"do_{step.key}", str(step.label), "view",
                       {"200": _answer(_("The record after the step"), name, etag=True)},
                       parameters=[_header("If-Match", True), _key_header()], permission=step.permission)
    found["requestBody"] = {"required": bool(step.asks), "content": {_JSON: {"schema": json_schema(step.asks)}}}
    return found


def _parts(face: Face, base: str) -> dict[str, dict[str, Any]]:
    """History, comments, files and possible steps of one record."""
    entity = face.entity
    many = {"type": "object", "properties": {"items": {"type": "array", "items": {"type": "object"}}}}
    page = {"200": {"description": _("All of them"), "content": {_JSON: {"schema": many}}}}
    comment = _operation(entity, "comment", _("Comment"), "view", {"201": {"description": _("Written"), "content": {
        _JSON: {"schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}}}}, parameters=[_key_header()])
    comment["requestBody"] = {"required": True, "content": {_JSON: {"schema": {
        "type": "object", "required": ["text"], "additionalProperties": False,
        "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 2000}}}}}}
    file_id = {"name": "file_id", "in": "path", "required": True,
               "schema": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}}
    file = {"200": {"description": _("The bytes of the file"), "content": {"application/octet-stream": {}}}}
    found = {
        f"{base}/{{id}}/history": {"get": _operation(entity, "history", _("What happened"), "view", page, parameters=[])},
        f"{base}/{{id}}/comments": {"post": comment},
        f"{base}/{{id}}/attachments": {"get": _operation(entity, "attachments", _("Files"), "view", page, parameters=[])},
        f"{base}/{{id}}/attachments/{{file_id}}": {
            "get": _operation(entity, "attachment", _("One file"), "view", file, parameters=[file_id])}}
    if face.workflow is not None:
        found[f"{base}/{{id}}/transitions"] = {
            "get": _operation(entity, "transitions", _("Possible steps"), "view", page, parameters=[])}
    return found


# ---------------------------------------------------------------- the readable page

def api_page() -> str:
    """The same description for people, with a curl line for each operation."""
    described = spec()
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(_shown(path, method, operation, described))
    labels = {tag["name"]: tag["description"] for tag in described["tags"]}
    shown = [{"label": labels[name], "intro": name, "operations": operations} for name, operations in groups.items()]
    return render_template("api.html", title=_("Programming interface"), groups=shown, openapi_url="/api/v1/openapi.json")


def _shown(path: str, method: str, operation: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    known = described["components"]["parameters"]
    parameters = [known[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in operation["parameters"]]
    answers = [{"status": status, "text": answer.get("description") or PROBLEMS.get(status, "")}
               for status, answer in operation["responses"].items()]
    return {"id": operation["operationId"], "method": method.upper(), "path": path, "summary": operation["summary"], "text": "",
            "permission": operation["x-permission"], "answers": answers, "example": _curl(path, method, operation, described),
            "parameters": [{"name": p["name"], "place": p["in"], "required": p.get("required", False),
                            "text": p.get("description", "")} for p in parameters]}


def _curl(path: str, method: str, operation: dict[str, Any], described: dict[str, Any]) -> str:
    """A line to copy: the address of a division of the demo county, the headers and a body with every required field."""
    address = path.replace("{code}", "610902104").replace("{id}", "1").replace("{file_id}", "1")
    parts = ["curl", "-H 'Authorization: Bearer g321_…'"]
    if method != "get":
        parts.append(f"-X {method.upper()}")
    for parameter in operation["parameters"]:
        if parameter.get("name") == "If-Match":
            parts.append("-H 'If-Match: \"3\"'")
        if parameter.get("name") == "Idempotency-Key":
            parts.append("-H 'Idempotency-Key: 1b2c3d4e'")
    body = operation.get("requestBody")
    if body is not None:
        schema = body["content"][_JSON]["schema"]
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

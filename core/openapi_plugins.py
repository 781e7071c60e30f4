"""What a plugin's ``Api`` brings, in the OpenAPI description."""
from __future__ import annotations

from typing import Any

from .access import LOGIN, PUBLIC
from .i18n import gettext as _
from .openapi_parts import JSON, READ, WRITE, reference
from .plugin_api import Api, Operation


def plugin_paths(owner: str, api: Api) -> dict[str, dict[str, Any]]:
    """The paths of one plugin: address → method → operation."""
    found: dict[str, dict[str, Any]] = {}
    for one in api.operations:
        found.setdefault(f"/api/v1/d/{{code}}/{owner}{one.path}", {})[one.method.lower()] = _operation(owner, one)
    return found


def _operation(owner: str, one: Operation) -> dict[str, Any]:
    parameters = [_argument(name, kind) for name, kind in one.arguments if name != "id"]
    parameters += [{"name": name, "in": "query", "required": False, "schema": schema, "description": str(text)}
                   for name, (schema, text) in one.query.items()]
    problems = set(READ if one.method == "GET" else WRITE)
    if one.permission == PUBLIC:
        problems |= {"429"}
    found: dict[str, Any] = {
        "operationId": f"{owner}_{one.name}", "tags": ["core"], "summary": str(one.summary), "x-permission": one.permission,
        "parameters": parameters, "responses": {
            one.status: {"description": str(one.summary), "content": {JSON: {"schema": {"type": "object"}}}},
            **{status: reference(f"Problem{status}", "responses") for status in sorted(problems)}}}
    if one.body is not None:
        schema = one.body()
        found["requestBody"] = {"required": bool(schema.get("required")), "content": {JSON: {"schema": schema}}}
    if one.permission in {PUBLIC, LOGIN}:
        found["description"] = _("Open to everybody.") if one.permission == PUBLIC else _("Open to every account.")
    return found


def _argument(name: str, kind: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1} if kind in {"rid", "int"} else {
        "type": "string", "maxLength": 200}
    return {"name": name, "in": "path", "required": True, "description": name.replace("_", " ").capitalize(), "schema": schema}

"""Versions of workflows in the OpenAPI description."""
from __future__ import annotations

from typing import Any

from .i18n import gettext as _
from .openapi_parts import core_operation, fields_of_body, query_parameter

VIEW, EDIT = "core.workflow.view", "core.workflow.edit"


def workflow_paths() -> dict[str, dict[str, Any]]:
    """The stored versions, one with what differs, publishing it, moving running cases to it."""
    number: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
    one = "/api/v1/d/{code}/core/workflows/{key}/{version}"
    named = ({"name": "key", "in": "path", "required": True, "description": _("Key of the workflow"),
              "schema": {"type": "string", "maxLength": 80}},
             {"name": "version", "in": "path", "required": True, "description": _("Version"), "schema": number})
    against = query_parameter("against", number, _("The version to compare with"))
    wanted: dict[str, Any] = {"states": {"type": "object", "additionalProperties": {"type": "string"}},
                              "dry_run": {"type": "boolean", "default": True}, "from": number}
    move = fields_of_body((), **wanted)
    return {
        "/api/v1/d/{code}/core/workflows": {"get": core_operation(
            "workflows", _("The versions of the workflows"), VIEW, "200")},
        one: {"get": core_operation("workflow", _("One version, what differs and what speaks against it"), VIEW, "200",
                               parameters=(*named, against))},
        f"{one}/publish": {"post": core_operation("workflow_publish", _("Publish a version"), EDIT, "200", parameters=named,
                                             body=fields_of_body())},
        f"{one}/move": {"post": core_operation(
            "workflow_move", _("Move running matters to a version; a dry run unless told otherwise"), EDIT, "200",
            parameters=named, body=move)},
    }

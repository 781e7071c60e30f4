"""Meetings, banks and month end in the OpenAPI description."""
from __future__ import annotations

from typing import Any

from .i18n import gettext as _
from .openapi_parts import core_operation, fields_of_body
from .schemas import json_schema


def _month(place: str = "path") -> dict[str, Any]:
    return {"name": "month", "in": place, "required": place == "path", "description": _("Month of the figures, 2026-03"),
            "schema": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}}


def _number(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": _("Id"),
            "schema": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}}


def month_paths() -> dict[str, dict[str, Any]]:
    """Banks, months and corrections."""
    from .month_pages import CorrectionSchema

    base, month = "/api/v1/d/{code}/core", (_month(),)
    correction = json_schema((CorrectionSchema,))
    correction = {**correction, "properties": {"entity": {"type": "string"}, **correction["properties"]},
                  "required": ["entity", *correction["required"]]}
    return {
        f"{base}/bank": {"get": core_operation("bank", _("The banks of a month"), "core.month.view", "200",
                                           parameters=(_month("query"),))},
        f"{base}/month": {"get": core_operation("months", _("The months of a division"), "core.month.view", "200")},
        f"{base}/month/{{month}}": {"get": core_operation(
            "month", _("One month, and what is against closing it"), "core.month.view", "200", parameters=month)},
        f"{base}/month/{{month}}/close": {"post": core_operation(
            "month_close", _("Close a month"), "core.month.close", "201", parameters=month,
            body=fields_of_body(below={"type": "boolean"}))},
        f"{base}/month/{{month}}/corrections": {
            "get": core_operation(
                "corrections", _("The corrections of a closed month"), "core.month.view", "200", parameters=month),
            "post": core_operation("month_correct", _("Propose a correction"), "core.month.correct", "201", parameters=month,
                               body=correction)},
        f"{base}/correction/{{correction_id}}": {"post": core_operation(
            "correction_decide", _("Approve or reject a proposed correction"), "core.month.approve", "200",
            parameters=(_number("correction_id"),),
            body=fields_of_body(("approved",), approved={"type": "boolean"}))}}


def meeting_paths() -> dict[str, dict[str, Any]]:
    """The agenda, the decisions, and what follows from a held meeting."""
    from .meeting_records import HoldSchema

    def one(name: str, summary: str, permission: str, status: str = "200", body: dict[str, Any] | None = None) -> dict[str, Any]:
        return core_operation(f"meeting_{name}", summary, permission, status, body=body, tag="core.meeting")

    base = "/api/v1/d/{code}/core/meeting/{id}"
    text, number = {"type": "string"}, {"type": ["integer", "null"]}
    items = {"type": "array", "items": fields_of_body(("id",), id={"type": "integer"}, decision=text, department=number,
                                             limit_on={"type": ["string", "null"]}, note={"type": ["string", "null"]})}
    return {
        "/api/v1/d/{code}/core/agenda": {"post": one(
            "agenda", _("Put a case on the agenda of the next meeting"), "core.meeting.create", "201",
            fields_of_body(("entity", "record"), entity=text, record={"type": "integer"}))},
        f"{base}/items": {"get": one("items", _("A meeting with its items"), "core.meeting.view"),
                          "put": one("decide", _("Write decisions"), "core.meeting.edit",
                                     body=fields_of_body(("items",), items=items))},
        f"{base}/hold": {"post": one("hold", _("Fix the record of a meeting"), "core.meeting.hold",
                                     body=json_schema((HoldSchema,)))},
        f"{base}/carry-out": {"post": one("carry_out", _("Carry out the decisions"), "core.meeting.hold", body=fields_of_body())},
        f"{base}/correct": {"post": one("correct", _("Begin the record that replaces a held one"), "core.meeting.hold", "201",
                                        fields_of_body())}}

"""Messages, channels and deliveries in the OpenAPI description."""
from __future__ import annotations

from typing import Any

from .i18n import gettext as _
from .notify_rows import DEAD, SENT, SKIPPED, WAITING
from .notify_texts import KINDS
from .openapi_parts import JSON, query_parameter, reference

READ = ("400", "401", "403", "404", "503")
WRITE = (*READ, "409", "413", "415", "422")


def _operation(name: str, summary: str, permission: str, *, parameters: list[dict[str, Any]] | None = None,
               body: dict[str, Any] | None = None, changing: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": f"core_{name}", "tags": ["core"], "summary": summary, "x-permission": permission,
        "parameters": parameters or [],
        "responses": {"200": {"description": summary, "content": {JSON: {"schema": {"type": "object"}}}},
                      **{status: reference(f"Problem{status}", "responses") for status in (WRITE if changing else READ)}}}
    if body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return found


def message_paths() -> dict[str, dict[str, Any]]:
    """The inbox, the channels and what became of messages."""
    base, text = "/api/v1/d/{code}/core", {"type": "string"}
    page = query_parameter("before", {"type": "integer"}, _("The id that the page before ended with"))
    ids = {"type": "object", "additionalProperties": False, "properties": {
        "ids": {"type": "array", "maxItems": 500, "items": {"type": "integer"}}, "all": {"type": "boolean"}}}
    number = {"name": "delivery_id", "in": "path", "required": True, "schema": {"type": "integer"},
              "description": _("Number of the message in the list")}
    return {
        f"{base}/inbox": {"get": _operation("inbox", _("One’s own messages"), "login", parameters=[
            query_parameter("kind", {"type": "string", "enum": list(KINDS)}, _("Only this kind")),
            query_parameter("unread", {"type": "string", "enum": ["1"]}, _("Only what was not read")), page])},
        f"{base}/inbox/read": {"post": _operation("inbox_read", _("Mark messages read"), "login", body=ids, changing=True)},
        f"{base}/channels": {"get": _operation("channels", _("Message channels and whether they are on"), "core.channel.view")},
        f"{base}/deliveries": {"get": _operation(
            "deliveries", _("Messages that left the house"), "core.channel.view", parameters=[
                query_parameter("state", {"type": "string", "enum": [WAITING, SENT, DEAD, SKIPPED]}, _("Only in this state")),
                query_parameter("channel", text, _("Only by this channel")), page])},
        f"{base}/deliveries/{{delivery_id}}/again": {"post": _operation(
            "delivery_again", _("Send an undelivered message again"), "core.channel.edit", parameters=[number], changing=True)}}

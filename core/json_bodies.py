"""JSON in and out: the strict reading of a request's body, and the answer. Below the faces, so that plugins use them too."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from .errors import BadRequest, Invalid, Problem
from .i18n import gettext as _

JSON_TYPE = "application/json"
_TYPES = frozenset({JSON_TYPE, "application/merge-patch+json"})


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(value), status, dict(headers or {}), mimetype=JSON_TYPE)


def read_body(empty: bool = False) -> dict[str, Any]:
    """The JSON object of the request. With `empty`, no body at all is an empty object.

    Raises Problem 415 for another media type, BadRequest for what is not JSON, Invalid for JSON that is no object.
    """
    body = request.get_data()
    if request.content_length is None and len(body) >= (request.max_content_length or len(body) + 1):
        raise RequestEntityTooLarge  # a body sent in chunks is cut at the limit without a word
    if empty and not body:
        return {}
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(_("The body is compressed."), "Content-Encoding", _("Send it as it is, without compression."), status=415,
                      code="unsupported_media_type")
    if request.mimetype not in _TYPES or request.mimetype_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise Problem(_("The body has the wrong media type."), "Content-Type",
                      _("Send JSON in UTF-8 with the header Content-Type: application/json."), status=415,
                      code="unsupported_media_type")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        place = _("line %(line)s, column %(column)s", line=problem.lineno, column=problem.colno)
        raise BadRequest(_("The body is not JSON."), place, _("Check the text with a JSON tool."), code="bad_json") from None
    if not isinstance(value, dict):
        raise Invalid(_("The body must be a JSON object with named fields."), "",
                      _('Send an object such as {"title": "…"}.'), errors={"": [_("This must be an object.")]})
    return value

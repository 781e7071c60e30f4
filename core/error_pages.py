"""Errors as people and programs read them: a page by GOV.UK's pattern, or problem+json (RFC 9457) below `/api/`."""
from __future__ import annotations

import errno
import logging
import secrets
from typing import Any

import orjson
import peewee
from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from .dispatch import GuestFailure
from .errors import Problem
from .field_base import bad_character
from .i18n import gettext as _

log = logging.getLogger("grid321.errors")
PROBLEM_TYPE = "application/problem+json"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})


def register_error_pages(app: Flask) -> None:
    """Answer every error of this application in words."""
    app.register_error_handler(Problem, problem_response)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(peewee.OperationalError, _unavailable)
    app.register_error_handler(peewee.InterfaceError, _unavailable)
    app.register_error_handler(peewee.DataError, _unstorable)
    app.register_error_handler(Exception, _unexpected)


def is_api() -> bool:
    """True when the answer must be JSON."""
    return request.path.startswith("/api/v1/")


def problem_response(problem: Problem) -> Any:
    """The answer to a refused request."""
    return problem_json(problem) if is_api() else problem_page(problem)


def problem_json(problem: Problem) -> Response:
    """problem+json with the members type, title, status, detail, code, remedy, errors and what the problem adds."""
    body: dict[str, Any] = {
        "type": f"/api/#problem-{problem.code}", "title": str(problem.title) or _title(problem.status),
        "status": problem.status, "detail": str(problem.detail), "code": problem.code, "remedy": str(problem.remedy)}
    if problem.errors:
        body["errors"] = [{"pointer": _pointer(name), "field": _shown(name), "message": text}
                          for name, messages in problem.errors.items() for text in _texts(messages)]
    for name, value in problem.extra.items():
        body.setdefault(name, value)
    return Response(orjson.dumps(body, default=str), problem.status, _headers(problem), mimetype=PROBLEM_TYPE)


def _pointer(name: str) -> str:
    """The JSON pointer (RFC 6901) of a field of the body; the whole body for the empty name."""
    return "/" + _shown(name).replace("~", "~0").replace("/", "~1") if name else ""


def _shown(name: str) -> str:
    return name if bad_character(name, False) is None else ascii(name)


def _texts(messages: Any) -> list[str]:
    return [str(text) for text in messages] if isinstance(messages, list | tuple) else [str(messages)]


def _headers(problem: Problem) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status in {429, 503}:
        headers["Retry-After"] = str(problem.extra.get("retry_after", 30))
    return headers


def problem_page(problem: Problem) -> Any:
    """The page of a refused request."""
    errors = [{"field": "", "label": "", "message": text}
              for messages in problem.errors.values() for text in _texts(messages)]
    html = render_template(
        "error.html", status=problem.status, title=str(problem.title) or _title(problem.status),
        detail=str(problem.detail), remedy=str(problem.remedy), errors=errors,
        way_on=problem.extra.get("url", ""), way_label=problem.extra.get("url_label", ""),
        reference=problem.extra.get("reference", ""))
    return html, problem.status, _headers(problem)


def problem_text(problem: Problem) -> str:
    """What happened, where and what to do, in one line."""
    return " ".join(str(text) for text in (problem.title, problem.detail, problem.remedy) if str(text))


def _title(status: int) -> str:
    titles = {
        400: _("The request cannot be read."), 401: _("Log in first."), 403: _("You may not do this."),
        404: _("There is nothing here."), 405: _("This address cannot be used in this way."),
        409: _("Somebody else was faster."), 413: _("What you sent is too large."),
        415: _("The body has the wrong media type."), 422: _("Some fields need your attention."),
        503: _("The system cannot save anything at the moment."),
    }
    return titles.get(status, _("Something went wrong."))


def _http(error: HTTPException) -> Any:
    """Werkzeug's own refusals: no route, wrong method, body too large, redirects of the router."""
    if error.response is not None or (error.code or 500) < 400:
        return error
    status = error.code or 500
    remedies = {
        404: _("Check the address, or go back to the start page."), 405: _("Follow the links of the pages."),
        413: _("Send less at once: photos of at most 10 MB, other requests of at most 2 MB."),
        400: _("Load the page again and send it once more."),
    }
    problem = Problem(_title(status), "", remedies.get(status, ""), status=status, code=_code(status))
    response = problem_response(problem)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response = response if isinstance(response, Response) else Response(*response)
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _code(status: int) -> str:
    return {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
            415: "unsupported_media_type"}.get(status, f"http_{status}")


def _unavailable(error: Exception) -> Any:
    """The database or the disk cannot be used: full, read-only, gone. Reads may still work; nothing was changed."""
    log.error("database: %s", type(error).__name__)
    return problem_response(Problem(
        _("The system cannot save anything at the moment."),
        _("The database did not answer as it should. What you sent was not saved."),
        _("Try again in a minute. If it stays so, tell the administrator of the system."), status=503, code="unavailable"))


def _unstorable(_error: Exception) -> Any:
    """A value that passed the door and that PostgreSQL cannot take: NUL in a text, a number out of range."""
    return problem_response(Problem(
        _("The request cannot be read."), _("It contains a character or a number that cannot be stored."),
        _("Load the page again and type the value anew."), status=400, code="bad_value"))


def _unexpected(error: Exception) -> Any:
    """A fault of the software: logged with a number the person can quote, never shown."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:  # an uploaded file that finds no room
        return _unavailable(error)
    if isinstance(error, GuestFailure):
        return problem_response(Problem(
            _("A plugin failed while deciding, so nothing was done."), "", _("Tell the administrator of the system."),
            status=503, code="plugin_failed"))
    reference = secrets.token_hex(4).upper()
    log.exception("fault %s at %s", reference, request.endpoint)
    if g.get("_faulty"):  # the error page itself failed
        return Response("Internal error " + reference, 500, mimetype="text/plain")
    g._faulty = True
    return problem_response(Problem(
        _("Something went wrong."), _("The fault was recorded under the number %(number)s.", number=reference),
        _("Try again. If it happens again, tell the administrator this number."), status=500, code="fault",
        extra={"reference": reference}))

"""Errors that a person reads: what happened, where, and what to do. Faces render them as a page or as problem+json."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Problem(Exception):
    """A refused request. ``status`` is the HTTP status, ``code`` a stable word for programs.

    ``title`` says what happened, ``detail`` where, ``remedy`` what to do; all are translated by whoever raises.
    ``errors`` maps a field to its messages; ``extra`` adds members to the JSON answer (the present state, say).
    """

    status = 500
    code = "error"

    def __init__(self, title: object = "", detail: object = "", remedy: object = "", *,
                 errors: Mapping[str, Any] | None = None, extra: Mapping[str, Any] | None = None,
                 code: str | None = None, status: int | None = None) -> None:
        super().__init__(str(title))
        self.title, self.detail, self.remedy = title, detail, remedy
        self.errors, self.extra = dict(errors or {}), dict(extra or {})
        self.code = code or type(self).code
        self.status = status or type(self).status


class BadRequest(Problem):
    """The request cannot be read."""

    status, code = 400, "bad_request"


class Unauthenticated(Problem):
    """Nobody is logged in, or the token is not valid."""

    status, code = 401, "unauthenticated"


class Forbidden(Problem):
    """The actor lacks the permission."""

    status, code = 403, "forbidden"


class NotFound(Problem):
    """There is nothing here for this actor."""

    status, code = 404, "not_found"


class Conflict(Problem):
    """Somebody else was first, or the state does not allow it."""

    status, code = 409, "conflict"


class StaleVersion(Problem):
    """The record changed since it was read."""

    status, code = 412, "stale_version"


class TooLarge(Problem):
    """The body is larger than the route allows."""

    status, code = 413, "too_large"


class Invalid(Problem):
    """The data do not fit; ``errors`` names the fields."""

    status, code = 422, "invalid"


class Refused(Problem):
    """A rule of the field refuses the step."""

    status, code = 422, "refused"


class PreconditionRequired(Problem):
    """The request must say which version it changes."""

    status, code = 428, "precondition_required"


class TooMany(Problem):
    """Too many tries."""

    status, code = 429, "too_many"


class Unavailable(Problem):
    """The database cannot be written now."""

    status, code = 503, "unavailable"


class DeclarationError(Exception):
    """A declaration of a plugin is wrong. ``where`` names plugin and key; the start stops or the plugin is set aside."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where, self.message = where, message

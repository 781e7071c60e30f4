"""Asks an application for the answer to a request, many thousand times: what decides runs as in a server, nothing is drawn.

The gate, the view and all services and queries below it are the real ones, each request on the same database: what it writes
is rolled back. Left out is what cannot change who may do what: drawing pages and papers, and noting refusals in the audit log.
The row of the session is read once.
"""
from __future__ import annotations

import contextvars
import re
from contextlib import ExitStack, suppress
from io import BytesIO
from typing import Any
from unittest import mock

import flask.templating
from flask import Flask
from werkzeug.test import EnvironBuilder

from grid321.core import access, auth, db, sessions, snapshot
from grid321.core.testing_browser import Browser

WORDS = {401: "login", 403: "forbidden", 404: "absent"}
AT_THE_GATE = "refused at the gate"
"""What is said of an answer that was given before any record was looked for."""


class Asker:
    """Asks as the account that is logged in in ``browser``, while entered."""

    def __init__(self, app: Flask, browser: Browser) -> None:
        self.app, self.csrf = app, browser.csrf
        cookies = [browser.client.get_cookie(name) for name in (sessions.COOKIE, auth.FORM_COOKIE)]
        self.base = EnvironBuilder(headers={
            "Cookie": "; ".join(f"{one.key}={one.value}" for one in cookies if one is not None), "X-CSRF-Token": browser.csrf,
            "Sec-Fetch-Site": "same-origin", "If-Match": '"1"'}).get_environ()
        self.stack = ExitStack()

    def __enter__(self) -> Asker:
        rows: dict[str, Any] = {}
        read = sessions.read

        def read_once(token: str) -> Any:
            if token not in rows:
                rows[token] = read(token)
            elif rows[token] is not None:
                snapshot.prime(rows[token][1], rows[token][2])
            return rows[token]

        for where, name, instead in (
                (sessions, "read", read_once), (access, "note_refusal", lambda *_arguments: None),
                (self.app.jinja_env, "get_or_select_template", lambda names: names),
                (flask.templating, "_render", _undrawn)):
            self.stack.enter_context(mock.patch.object(where, name, instead))
        return self

    def __exit__(self, *problem: object) -> None:
        self.stack.close()

    def ask(self, method: str, path: str) -> tuple[str, str]:
        """How a request is answered: in one word, and what a refusal says (without numbers, which are the asked ones)."""
        body, kind = b"", ""
        if method != "GET":
            if path.startswith("/api/"):
                body, kind = b'{"text": "x"}' if path.endswith("/comments") else b"{}", "application/json"
            else:
                body, kind = f"_csrf={self.csrf}&_version=1".encode(), "application/x-www-form-urlencoded"
        environ = {**self.base, "REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_TYPE": kind,
                   "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
        return contextvars.Context().run(self._answer, environ)

    def _answer(self, environ: dict[str, Any]) -> tuple[str, str]:
        with self.app.request_context(environ):
            passed = False
            try:
                found: Any = self.app.preprocess_request()
                if found is None:
                    passed = True
                    with suppress(_Undone), db.transaction():
                        found = self.app.dispatch_request()
                        raise _Undone
            except Exception as error:
                found = self.app.handle_user_exception(error)
            response = self.app.make_response(found)
            word = _word(response)
            said = ""
            if word == "absent":
                said = re.sub(r"[0-9]+", "0", response.get_data(as_text=True))
            elif not passed:
                said = AT_THE_GATE
            response.close()
            return word, said


class _Undone(Exception):
    """Rolls back what a request changed, so that the next one finds the same county."""


def _undrawn(_app: Flask, _template: Any, context: dict[str, Any]) -> str:
    """Instead of a page: what the page of an error says."""
    return " ".join(str(context.get(name, "")) for name in ("title", "detail", "remedy"))


def _word(response: Any) -> str:
    status = response.status_code
    if status >= 500:
        return f"error {status}"
    if status in {302, 303} and response.headers["Location"].startswith("/login"):
        return "login"
    return WORDS.get(status, "open")

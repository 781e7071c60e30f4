"""A browser for tests: a Flask test client in which an account is logged in, each request in a context of its own."""
from __future__ import annotations

import contextvars
import itertools
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from .access import Actor
from .tree import Node

_names = itertools.count(1)


def place(division: Node | str) -> Node:
    """Return the node of a code, or the node itself. Raises ``KeyError`` for a code that no division has."""
    from . import snapshot

    if isinstance(division, Node):
        return division
    found = snapshot.current().tree.by_code(division)
    if found is None:
        raise KeyError(division)
    return found


def make_account(role: str | None, division: Node | str, department: Any = None, password: str | None = None) -> Any:
    """Make an account that holds ``role`` (None: no role at all) on ``division``, within ``department`` when one is given.

    Without ``password`` nobody can log in by form, which saves the costly hash: :meth:`Browser.logged_in` needs none.
    """
    from . import accounts

    node = place(division)
    account = accounts.create_account(f"tester-{next(_names)}", password, node, must_change_password=False)
    if role is not None:
        accounts.grant(account.id, role, node, department_id=getattr(department, "id", department))
    return accounts.get(account.id)


def actor_for(account: Any) -> Actor:
    """Return what the account may do today."""
    from . import access

    return access.actor_of(account.id)


class Browser:
    """A logged-in browser: ``get``, ``post`` (a form, with its CSRF token) and ``api`` (JSON) return the response.

    Each request runs in a fresh context, as in a server, although the test itself has an application context pushed.
    ``account`` is the stored account, ``actor`` what it may do, None both for a browser in which nobody is logged in.
    """

    def __init__(self, app: Flask, account: Any = None, token: str = "") -> None:
        from .crypto import token_hash
        from .sessions import csrf_token

        self.app = app
        self.account = account
        self.csrf = csrf_token(token_hash(token)) if token else ""
        self.client = app.test_client()
        if token:
            from .sessions import COOKIE

            self.client.set_cookie(COOKIE, token)

    @classmethod
    def logged_in(cls, app: Flask, role: str | None, division: Node | str, department: Any = None) -> Browser:
        """Return a browser in which a new account with ``role`` on ``division`` is logged in."""
        return cls.of_account(app, make_account(role, division, department))

    @classmethod
    def of_account(cls, app: Flask, account: Any) -> Browser:
        """Return a browser in which this account is logged in."""
        from . import sessions

        return cls(app, account, sessions.start(account.id))

    @property
    def actor(self) -> Actor | None:
        """What the account may do now."""
        return actor_for(self.account) if self.account is not None else None

    def open(self, path: str, **options: Any) -> TestResponse:
        """Send a request with the options of Werkzeug's ``EnvironBuilder``."""
        return contextvars.Context().run(self.client.open, path, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Load a page."""
        return self.open(path, method="GET", **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form as the page would: with the CSRF token and from the same site."""
        headers = {"Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        return self.open(path, method="POST", data={"_csrf": self.csrf, **(data or {})}, headers=headers, **options)

    def api(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """Send a JSON request below ``/api/v1``; header names are written with underscores (``If_Match="1"``)."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("X-CSRF-Token", self.csrf)
        options: dict[str, Any] = {} if json is None else {"json": json}
        return self.open(f"/api/v1{path}", method=method, headers=sent, **options)

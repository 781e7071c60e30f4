"""Logging in and out, and finding out who asks.

Every request: the ``identify`` hook (single sign-on), else an API token, else the session cookie; then, for a request
that changes something, proof that it comes from a page of this site.
"""
from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, Request, Response, current_app, g, redirect, render_template, request

from . import access, accounts, audit, i18n, limits, passwords, sessions, snapshot, tokens, totp
from .access import ANONYMOUS, Actor, guarded
from .crypto import same, signature, token_hash
from .db import transaction
from .dispatch import GuestFailure
from .errors import Forbidden, TooMany, Unauthenticated
from .i18n import gettext as _
from .limits import network
from .themes import THEME_COOKIE

log = logging.getLogger("grid321.auth")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_COOKIE = "g321_form"
_YEAR = 365 * 24 * 3600
_MINUTES = int(accounts.LOGIN_WINDOW.total_seconds() // 60)


# -- who asks --------------------------------------------------------------------------------------------------------

def look() -> None:
    """Read the session or API token that this request shows, together with the revision: one query for both."""
    asked = request._get_current_object()  # type: ignore[attr-defined]  # each look through the proxy costs a microsecond
    g.shown = None
    if asked.endpoint == "static":
        return
    if asked.path.startswith("/api/") and "Authorization" in asked.headers:
        kind, _space, token = asked.headers["Authorization"].partition(" ")
        g.shown = tokens.read(token.strip()) if kind.lower() == "bearer" else None
    else:
        token = asked.cookies.get(cookie_name(sessions.COOKIE))
        g.shown = sessions.read(token) if token else None


def load_actor() -> None:
    """Set ``g.actor`` and ``g.login`` from what ``look`` read and check that a change comes from a page of this site.

    At most one query more. Raises ``Unauthenticated`` for a bad API token, ``Forbidden`` for a forged request.
    """
    asked = request._get_current_object()  # type: ignore[attr-defined]  # each look through the proxy costs a microsecond
    g.login, g.actor = None, ANONYMOUS
    mark = access.mark_of(current_app.view_functions.get(asked.endpoint or ""))
    if mark is not None:  # before anything reads the body
        asked.max_content_length = mark.body
    if asked.endpoint == "static" or (mark is not None and mark.stateless):
        return
    actor = g.actor = _identify(asked) or ANONYMOUS
    if asked.method not in SAFE_METHODS and actor.token_id is None:
        check_origin()


def _identify(asked: Request) -> Actor | None:
    hooks = current_app.extensions["grid321"].hooks
    if hooks.has("identify"):
        try:
            found = hooks.first("identify", division=g.get("node"), request=asked)
        except GuestFailure as failure:
            log.error("identify of plugin %s failed: nobody is logged in", failure.plugin)
            return None
        if isinstance(found, Actor):
            return found if not found.system else None  # a guest may not make anybody the machine
    if asked.path.startswith("/api/") and "Authorization" in asked.headers:
        return _actor_of_token(asked.headers["Authorization"])
    login = sessions.live(g.shown) if g.shown is not None else None
    if login is None:
        return None
    g.login = login
    if login.pending:
        return None
    if login.account.locale:
        i18n.prefer(login.account.locale)
    return access.actor_from(login.account)


def _actor_of_token(header: str) -> Actor:
    kind = header.partition(" ")[0]
    if kind.lower() != "bearer":
        raise Unauthenticated(_("This way of logging in is not known here"), kind[:20],
                              _("Send an API token: Authorization: Bearer g321_…"))
    return tokens.actor_of_row(g.shown)


def current_login() -> sessions.Login | None:
    """The finished login of this request, None for tokens, single sign-on and nobody."""
    found = g.get("login")
    return found if found is not None and not found.pending else None


# -- requests from this site only ------------------------------------------------------------------------------------

def check_origin() -> None:
    """Raise ``Forbidden`` unless this request, which changes something, comes from a page of this site.

    Browsers say where a request comes from (``Sec-Fetch-Site``; older ones ``Origin``), and every form carries a token
    bound to the session. All that are there must agree.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    foreign = site not in (None, "same-origin", "none") or (
        origin is not None and origin.partition("://")[2] != request.host)
    sent = request.headers.get("X-CSRF-Token") or ("" if access.wants_json() else request.form.get("_csrf", ""))
    if foreign or not same(sent, csrf_token()):
        if access.wants_json() and not g.actor.known and not sent:
            return  # nobody is logged in: the answer is 401, not a talk about tokens
        raise Forbidden(_("This request did not come from a page of this site, or the page was too old"), "",
                        _("Go back, load the page again and send it once more."), code="csrf")


def csrf_token() -> str:
    """The token that forms of this request must carry in ``_csrf``: bound to the login, or to a cookie without one."""
    login = g.get("login")
    if login is not None:
        return sessions.csrf_token(login.token_hash)
    value = g.get("form_cookie") or request.cookies.get(cookie_name(FORM_COOKIE), "")
    if len(value) != sessions.TOKEN_LENGTH:
        value = g.form_cookie = secrets.token_urlsafe(32)
    return signature("csrf", f"form:{value}")


def cookie_name(name: str) -> str:
    """The name of a cookie: with TLS the prefix that binds it to this host and to HTTPS."""
    return f"__Host-{name}" if current_app.config.get("TLS") else name


def set_cookie(response: Response, name: str, value: str) -> None:
    """Give the browser a cookie that scripts cannot read and other sites cannot send."""
    response.set_cookie(cookie_name(name), value, secure=bool(current_app.config.get("TLS")), httponly=True,
                        samesite="Lax", path="/")


def _finish(response: Response) -> Response:
    if g.get("form_cookie"):
        set_cookie(response, FORM_COOKIE, g.form_cookie)
    if g.get("login") is not None or g.get("form_cookie"):  # pages of persons stay out of every cache
        response.headers.setdefault("Cache-Control", "no-store")
    return response


# -- logging in ------------------------------------------------------------------------------------------------------

def login_page() -> Any:
    """``/login``: user name and password, then the one-time code for accounts that have one."""
    following = safe_next(request.values.get("next"))
    pending = g.login if g.login is not None and g.login.pending else None
    if request.method == "GET":
        if current_login() is not None:
            return redirect(following, 303)
        return _form(following, pending)
    if pending is not None and "code" in request.form:
        return _second_step(pending, following)
    return _first_step(following)


def _first_step(following: str) -> Any:
    username, password = request.form.get("username", ""), request.form.get("password", "")
    name = accounts.normal_username(username)
    _take_a_try(name)
    account = accounts.by_username(name) if name and "\x00" not in name else None
    usable = account is not None and not account.disabled
    right = passwords.matches(password, account.password_hash if account is not None and usable else None)
    if account is None or not right:
        audit.event("login_failed", None, {"account": account.id if account is not None else None},
                    division_id=account.division_id if account is not None else None)
        return _form(following, None, username[:64],
                     [{"field": "username", "label": "", "message": _("The user name or the password is wrong.")}])
    limits.give_back(_network_key())
    if account.password_hash and passwords.is_outdated(account.password_hash):
        accounts.rehash(account, password)
    if account.totp_secret is None:
        return log_in(account, following)
    response = _redirect_to_login(following)
    set_cookie(response, sessions.COOKIE, _start(account.id, pending=True))
    return response


def _second_step(pending: sessions.Login, following: str) -> Any:
    _take_a_try(pending.account.username)
    if not totp.spend(pending.account.id, request.form.get("code", "")[:20]):
        audit.event("login_failed", None, {"account": pending.account.id, "step": "code"},
                    division_id=pending.account.home_id)
        message = _("This code is wrong or was used already. Wait for the next one.")
        return _form(following, pending, errors=[{"field": "code", "label": "", "message": message}])
    limits.give_back(_network_key())
    return log_in(accounts.get(pending.account.id), following)


def _take_a_try(name: str) -> None:
    """Use one try of the network and one of the user name, known or not. Raises ``TooMany`` with the same words."""
    used = (limits.take(_network_key(), accounts.TRIES_PER_NETWORK, accounts.LOGIN_WINDOW) > accounts.TRIES_PER_NETWORK,
            limits.take(accounts.login_key(name), accounts.TRIES_PER_ACCOUNT, accounts.LOGIN_WINDOW)
            > accounts.TRIES_PER_ACCOUNT)
    if any(used):
        audit.event("login_limited", None, {})
        raise TooMany(_("Too many failed logins"),
                      _("After %(count)s failed tries a user name is shut for %(minutes)s minutes.",
                        count=accounts.TRIES_PER_ACCOUNT, minutes=_MINUTES),
                      _("Wait %(minutes)s minutes, or ask your administrator to unlock it.", minutes=_MINUTES))


def _network_key() -> str:
    return f"network:{network(request.remote_addr)}"


def log_in(account: accounts.Account, following: str = "/") -> Response:
    """Begin a new session for ``account`` in this browser (any old one of it ends) and go on to ``following``."""
    with transaction():
        token = _start(account.id)
        accounts.Account.update(last_login_at=audit.now()).where(accounts.Account.id == account.id).execute()
        limits.forget(accounts.login_key(account.username))
        audit.event("login", access.actor_of(account.id), {}, division_id=account.division_id)
    response: Any = redirect(following, 303)
    set_cookie(response, sessions.COOKIE, token)
    remember(response, account.locale, account.theme)
    return response


def remember(response: Response, locale: str, theme: str) -> None:
    """Give this browser the language and theme its account chose; empty ones leave the browser's choice."""
    for name, value in ((i18n.LANGUAGE_COOKIE, locale), (THEME_COOKIE, theme)):
        if value:
            response.set_cookie(name, value, max_age=_YEAR, httponly=True, samesite="Lax",
                                secure=bool(current_app.config.get("TLS")))


def _start(account_id: int, *, pending: bool = False) -> str:
    old = request.cookies.get(cookie_name(sessions.COOKIE))
    with transaction():
        if old:
            sessions.Session.delete().where(sessions.Session.token_hash == token_hash(old)).execute()
        return sessions.start(account_id, network=request.remote_addr or "", agent=request.user_agent.string,
                              pending=pending)


def _redirect_to_login(following: str) -> Any:
    from flask import url_for

    return redirect(url_for("core:login", next=following) if following != "/" else url_for("core:login"), 303)


def _form(following: str, pending: sessions.Login | None, username: str = "",
          errors: list[dict[str, str]] | None = None) -> Any:
    context: dict[str, Any] = {"next_url": following if following != "/" else "", "username": username,
                               "errors": errors or [], "hidden": []}
    if pending is not None:
        context["intro"] = _("Open the authenticator app on your phone and type the code it shows.")
        context["fields"] = [{"name": "code", "label": _("One-time code"), "required": True, "maxlength": 7,
                              "value": "", "inputmode": "numeric", "autocomplete": "one-time-code",
                              "error": errors[0]["message"] if errors else None}]
    return render_template("login.html", **context), 422 if errors else 200


def safe_next(target: str | None) -> str:
    """Where to go after logging in: a path of this site, ``/`` for anything else."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return "/"
    if len(target) > 1000 or not target.isprintable() or target.startswith(("/login", "/logout")):
        return "/"
    return target


def logout() -> Any:
    """``/logout`` (POST): end the session in this browser."""
    login = g.login
    if login is not None:
        with transaction():
            sessions.end(login.session_id, login.account.id)
            audit.event("logout", g.actor, {}, division_id=login.account.home_id)
    response = _redirect_to_login("/")
    response.delete_cookie(cookie_name(sessions.COOKIE), path="/", secure=bool(current_app.config.get("TLS")),
                           httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def first_division(actor: Actor) -> Any:
    """The division an actor starts at: that of the first of his grants that still stands, the highest one; or None."""
    tree = snapshot.current().tree
    places = [tree.get(grant.division_id) for grant in actor.grants]
    standing = [node for node in places if node is not None and node.valid]
    return min(standing, key=lambda node: len(node.path), default=None)


def register(app: Flask) -> None:
    """Add the pages and what every answer needs to ``app``."""
    from . import me_pages

    app.add_url_rule("/login", "core:login", guarded(login_page, "public"), methods=["GET", "POST"])
    app.add_url_rule("/logout", "core:logout", guarded(logout, "public"), methods=["POST"])
    me_pages.register(app)
    app.after_request(_finish)
    app.jinja_env.globals["csrf_token"] = csrf_token
    passwords.prepare()

"""Who may do what, and to which records. The only way to records is ``scoped`` and ``fetch``; the only way to a page is
``guarded``. Whatever is not allowed is denied.

403 is answered from the permission alone, before any record is looked at; a record out of reach answers 404 exactly
like one that does not exist. So neither tells who exists.
"""
from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import peewee
from flask import Flask, Response, current_app, g, has_request_context, redirect, request, url_for

from . import accounts, audit, limits, plain_rows, sessions, snapshot
from .actor import ANONYMOUS, SYSTEM, Actor, Grant
from .db import database, is_postgres, local_day
from .entity import Entity
from .errors import Forbidden, NotFound, Unauthenticated
from .i18n import gettext as _
from .scope import NOTHING, admits, inside, reach, scoped
from .tree import Node

__all__ = ["ANONYMOUS", "NOTHING", "SYSTEM", "Actor", "Grant", "Mark", "Unmarked", "actor_from", "actor_of", "admits",
           "check_url_map", "current_actor", "enforce", "fetch", "guarded", "inside", "mark_of", "reach", "require", "scoped"]

log = logging.getLogger("grid321.access")
PUBLIC, LOGIN = "public", "login"
BODY_LIMIT = 2 * 1024 * 1024
_MARK = "_grid321_access"
_NOTED_REFUSALS = 200
_ACTORS = 4096
_BIGGEST_ID = 2**63 - 1
_View = TypeVar("_View", bound=Callable[..., Any])


class Unmarked(RuntimeError):
    """A route has no access mark: the application does not start."""


# -- marks -----------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Mark:
    """What a view asks of the actor. ``permission``: ``public``, ``login``, a permission, or one for each HTTP method.

    ``covers``: the permission must be held at the division of the URL or above; otherwise holding it below is enough to
    enter, because the view shows only what ``scoped`` leaves. ``unfinished``: open to an account that must first change
    its password. ``body``: bytes a request may have. ``stateless``: the view, open to everybody, serves programs of others:
    no login is looked at, so that a request from another site needs no token of this one and can do nothing in a person's name.
    """

    permission: str | Mapping[str, str]
    entity: str | None = None
    plugin: str = "core"
    covers: bool = False
    unfinished: bool = False
    body: int = BODY_LIMIT
    stateless: bool = False

    def needs(self, method: str) -> str | None:
        """The permission for an HTTP method, None when the method is allowed to nobody."""
        if isinstance(self.permission, str):
            return self.permission
        return self.permission.get("GET" if method in {"HEAD", "OPTIONS"} else method)


def guarded(view: _View, permission: str | Mapping[str, str], entity: str | None = None, plugin: str = "core", *,
            reach: str = "meets", unfinished: bool = False, body: int = BODY_LIMIT, stateless: bool = False) -> _View:
    """Mark ``view`` with what it asks of the actor, and return it. ``reach`` is ``meets`` or ``covers`` (see ``Mark``).

    Raises ``ValueError`` without a permission: a view for everybody says so by ``public``, and only such a one is stateless.
    """
    if not permission or reach not in {"meets", "covers"}:
        raise ValueError(f"view {getattr(view, '__name__', view)}: name a permission, and reach meets or covers")
    if stateless and permission != PUBLIC:
        raise ValueError(f"view {getattr(view, '__name__', view)}: only a public view is stateless")
    setattr(view, _MARK, Mark(permission, entity, plugin, reach == "covers", unfinished, body, stateless))
    return view


def mark_of(view: Any) -> Mark | None:
    """The mark of a view function, or None."""
    return getattr(view, _MARK, None)


def check_url_map(app: Flask, *, strict: bool = True) -> None:
    """Raise ``Unmarked`` naming every route whose view has no mark, or whose mark names no known permission.

    Unless ``strict``, the routes of a plugin do not stop the start: the plugin is shown as failed, and ``enforce`` lets
    nobody pass to a view without a known permission.
    """
    platform = app.extensions["grid321"]
    known = set(platform.registry.permissions) | {PUBLIC, LOGIN}
    wrong: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        mark = mark_of(app.view_functions[rule.endpoint])
        owner = app.extensions.get("grid321_endpoint_owners", {}).get(rule.endpoint, "core")
        if mark is None:
            wrong.setdefault(owner, []).append(f"{rule.rule} ({rule.endpoint}): no access mark")
            continue
        names = [mark.permission] if isinstance(mark.permission, str) else list(mark.permission.values())
        wrong.setdefault(owner, []).extend(f"{rule.rule} ({rule.endpoint}): unknown permission {name!r}"
                                           for name in names if name not in known)
    for owner, lines in sorted(wrong.items()):
        if not lines:
            continue
        message = "mark these views with access.guarded:\n  " + "\n  ".join(sorted(lines))
        if strict or owner == "core":
            raise Unmarked(message)
        log.error("plugin %s: %s", owner, message)
        platform.plugins.fail(owner, message)


def enforce(view: Any, node: Node | None) -> Response | None:
    """Let the present actor pass to ``view`` or not. Returns a redirect (to the login page, or to what an account must
    do first) or None; raises ``Unauthenticated``, ``Forbidden`` or ``NotFound``."""
    mark = mark_of(view)
    if mark is None:
        raise NotFound(_("There is nothing here"))
    permission = mark.needs(request.method)
    if permission == PUBLIC:
        return None
    actor = current_actor()
    if not actor.known:
        return _ask_to_log_in()
    if not mark.unfinished and (actor.must_change_password or actor.must_enrol):
        return _finish_first(actor)
    if actor.reads_only and request.method not in {"GET", "HEAD", "OPTIONS"}:  # comments and files ask only for the right to see
        note_refusal(actor, request.method, node)
        raise _forbidden(node)
    if permission == LOGIN:
        return None
    if permission is None or not _passes(mark, permission, node, actor):
        note_refusal(actor, permission or request.method, node)
        raise _forbidden(node)
    return None


def _passes(mark: Mark, permission: str, node: Node | None, actor: Actor) -> bool:
    if node is None:
        return actor.may_anywhere(permission)
    return actor.may(permission, node) if mark.covers else actor.may_within(permission, node)


def wants_json() -> bool:
    """True for a request of a program: a path of the API."""
    return request.path.startswith("/api/")


def _ask_to_log_in() -> Response:
    if wants_json():
        raise Unauthenticated(_("Log in first"), _("This address is not open to everybody."),
                              _("Send an API token: Authorization: Bearer g321_…"))
    asked = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return _go(url_for("core:login", next=asked))


def _finish_first(actor: Actor) -> Response:
    if wants_json():
        raise Forbidden(_("This account is not ready"),
                        _("Its password must be changed or one-time codes switched on."),
                        _("Log in with a browser once and follow the page."), code="account_unfinished")
    return _go(url_for("core:password" if actor.must_change_password else "core:totp"))


def _go(url: str) -> Response:
    if request.headers.get("HX-Request"):  # htmx would follow the redirect into a fragment of this page
        return Response("", 401, {"HX-Redirect": url})
    return redirect(url, 303)  # type: ignore[return-value]


def note_refusal(actor: Actor, what: str, node: Node | None) -> None:
    """Write a refusal into the audit log, at most 200 an hour for one account; a full disk changes nothing."""
    try:
        if limits.take(f"refused:{actor.account_id}", _NOTED_REFUSALS, timedelta(hours=1)) <= _NOTED_REFUSALS:
            audit.event("refused", actor, {"what": what, "method": request.method, "endpoint": request.endpoint},
                        division_id=node.id if node else None)
    except (peewee.PeeweeException, OSError) as error:
        log.warning("refusal not audited: %s", type(error).__name__)


def _forbidden(node: Node | None) -> Forbidden:
    return Forbidden(_("You may not do this here"), node.name if node else "",
                     _("Ask the administrator of this division for the role that allows it."))


def require(permission: str, node: Node, actor: Actor | None = None) -> None:
    """Raise ``Forbidden`` unless the actor (the present one) holds ``permission`` at ``node`` or above."""
    actor = actor or current_actor()
    if not actor.known:
        raise Unauthenticated(_("Log in first"))
    if not actor.may(permission, node):
        raise _forbidden(node)


# -- records ---------------------------------------------------------------------------------------------------------

def fetch(entity: Entity, record_id: int, action: str, node: Node, actor: Actor) -> Any:
    """The record, if the actor may do ``action`` to it and it lies below ``node``.

    Raises ``Forbidden`` when he may see it but not do this, ``NotFound`` otherwise: out of reach is the same as absent.
    """
    if not isinstance(record_id, int) or not 0 < record_id <= _BIGGEST_ID:
        raise _absent(entity, node)
    record = plain_rows.by_id(entity.model, record_id)
    if record is None:
        raise _absent(entity, node)
    if admits(entity, record, action, node, actor):
        return record
    if action != "view" and admits(entity, record, "view", node, actor):
        if has_request_context():
            note_refusal(actor, f"{entity.key}.{action}", node)
        raise _forbidden(node)
    raise _absent(entity, node)


def _absent(entity: Entity, node: Node) -> NotFound:
    return NotFound(_("There is no such record"), f"{entity.label}, {node.name}",
                    _("Check the address. The record may belong to a division that you cannot see."))


# -- the actor -------------------------------------------------------------------------------------------------------

def current_actor() -> Actor:
    """The actor of the present request; ``ANONYMOUS`` when nobody is logged in or there is no request."""
    found = g.get("actor") if has_request_context() else None
    return found if isinstance(found, Actor) else ANONYMOUS


def actor_from(identity: sessions.Identity) -> Actor:
    """The actor of an account with the roles it holds today: granted ones and those of its person's posts.

    One query, or none when this process knows the account's present version under the present configuration.
    """
    here = snapshot.current()
    cache: dict[Any, Actor] = current_app.extensions["grid321"].cache.setdefault("actors", {})
    key = (identity.id, identity.version, here.revision, identity.day, identity.name)
    found = cache.get(key)
    if found is None:
        found = _build(identity, here)
        if not database.in_transaction():
            if len(cache) >= _ACTORS:
                cache.clear()
            cache[key] = found
    return found


def actor_of(account_id: int) -> Actor:
    """The actor of an account that may be used, by id (jobs, single sign-on). Raises ``NotFound``."""
    from .people import Person

    account = accounts.get(account_id)
    if account.disabled:
        raise NotFound(_("There is no such account"))
    person = Person.select(Person.name).where(Person.id == account.person_id).first()
    return actor_from(sessions.Identity(
        account.id, account.version, account.username, account.person_id, account.must_change_password,
        account.totp_secret is not None, account.locale, account.theme, account.division_id,
        person.name if person else account.username, local_day()))


_ROLES = """
SELECT 0, role, division_id, department_id FROM core_role_grant
WHERE account_id = %s AND from_day <= %s AND (to_day IS NULL OR to_day >= %s)
UNION ALL
SELECT 1, kind, division_id, department_id FROM core_post
WHERE person_id = %s AND from_day <= %s AND (to_day IS NULL OR to_day >= %s)"""


def _build(identity: sessions.Identity, here: Any) -> Actor:
    registry = current_app.extensions["grid321"].registry
    sql = _ROLES if is_postgres() else _ROLES.replace("%s", "?")
    day = identity.day
    rows = database.execute_sql(sql, (identity.id, day, day, identity.person_id, day, day)).fetchall()
    grants = []
    for from_post, key, division_id, department_id in rows:
        if from_post:
            post = registry.posts.get(key)
            key = post.role if post is not None else None
        role = registry.roles.get(key)
        if role is not None and role.permissions:
            grants.append(Grant(role.key, division_id, department_id, frozenset(role.permissions)))
    administers = any("core.account.edit" in grant.permissions for grant in grants)
    home = here.tree.get(identity.home_id)
    enrol = administers and not identity.has_totp and bool(here.settings.get("core.totp_required", home))
    return Actor(identity.id, identity.person_id, identity.username, identity.name, tuple(dict.fromkeys(grants)),
                 must_change_password=identity.must_change_password, must_enrol=enrol)

"""The gate: every request passes it before its view. Address → division → plugin on here? → actor → permission.

Each route is registered once and belongs to a plugin; a plugin that is off at the division of the address is simply not there.
"""
from __future__ import annotations

from typing import Any

from flask import Flask, g, redirect, request
from werkzeug.wrappers import Response

from . import access, auth, db, snapshot
from .errors import NotFound
from .i18n import gettext as _

CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
       "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'")
_owners: str = "grid321_endpoint_owners"


def init_app(app: Flask) -> None:
    """Run the gate before every request and finish every answer with its security headers."""
    app.before_request(enter)
    app.after_request(_headers)
    app.teardown_appcontext(_give_back)


def freeze(app: Flask) -> None:
    """Note which plugin owns each endpoint; called once when all routes stand."""
    known = {loaded.key for loaded in app.extensions["grid321"].registry.plugins.all.values()}
    owners = {}
    for rule in app.url_map.iter_rules():
        key = rule.endpoint.partition(":")[0].partition(".")[0]
        mark = access.mark_of(app.view_functions[rule.endpoint])
        owner = key if key in known else next((k for k in known if key.startswith(f"{k}_")), None)
        owners[rule.endpoint] = owner or getattr(mark, "plugin", None) or "core"
    app.extensions[_owners] = owners


def owner_of(app: Flask, endpoint: str) -> str:
    """The plugin that owns an endpoint."""
    return str(app.extensions[_owners].get(endpoint, "core"))


def enter() -> Response | None:
    """Set ``g.node`` and ``g.actor`` or refuse. Old codes of divisions are redirected to the new address."""
    from flask import current_app

    g.node = None
    auth.look()
    if request.endpoint is None:
        auth.load_actor()
        return None
    plugin = owner_of(current_app, request.endpoint)
    arguments: dict[str, Any] = request.view_args or {}
    code = arguments.pop("code", None)
    if code is not None:
        now = snapshot.current()
        node, moved = now.tree.resolve(code)
        if node is None or not now.switches.is_on(plugin, node) or not _visible(now, node):
            raise absent()
        if moved and node.code != code:
            return _moved(code, node.code)
        g.node = node
    view = current_app.view_functions[request.endpoint]
    auth.load_actor()
    return access.enforce(view, g.node)


def _visible(now: snapshot.Snapshot, node: Any) -> bool:
    """False for a node that a plugin contributes while that plugin is off there."""
    return node.owner == "core" or now.switches.is_on(node.owner, node)


def absent() -> NotFound:
    """The one answer for what does not exist, is off, or is not this actor's: it does not tell which."""
    return NotFound(_("There is nothing here."), _("The address is wrong, or it is not in use at this division."),
                    _("Check the address, or go back to the start page."))


def _moved(old: str, new: str) -> Response:
    before, after = f"/d/{old}/", f"/d/{new}/"
    path = request.full_path if request.query_string else request.path
    if before not in path:
        before, after = f"/d/{old}", f"/d/{new}"
    return redirect(request.script_root + path.replace(before, after, 1),
                    code=301 if request.method in {"GET", "HEAD"} else 308)


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def _give_back(_error: BaseException | None) -> None:
    """PostgreSQL: the connection goes back to the pool; SQLite keeps one open connection a thread, without open reads."""
    db.end_reads()
    if db.is_postgres() and not db.database.is_closed() and not db.database.in_transaction():
        db.database.close()

"""``/d/<code>/core/audit``: who did what, and who looked at whom, for auditors."""
from __future__ import annotations

from typing import Any

from flask import Flask, g, render_template, request, url_for

from . import audit, registry, snapshot
from .access import guarded
from .accounts import Account
from .errors import BadRequest
from .i18n import format_time
from .i18n import gettext as _
from .views import asked_text

PAGE = 50


def register(app: Flask) -> None:
    """Add the page."""
    app.add_url_rule("/d/<code>/core/audit", "core:audit", guarded(audit_list, "core.audit.view", reach="covers"))


def audit_list(code: str = "") -> Any:
    """The newest entries about this division, filtered by kind and user name."""
    kind, who = asked_text("kind", 40), asked_text("who", 64)
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= 18):
        raise BadRequest(_("This page does not exist"), "before", _("Go back to the first page."))
    here = snapshot.current()
    found = audit.entries(here.tree, g.node, kind=kind or None, actor_name=who or None,
                          before=int(before) if before else None, limit=PAGE + 1)
    following = None
    if len(found) > PAGE:
        found = found[:PAGE]
        following = url_for("core:audit", code=g.node.code, kind=kind or None, who=who or None, before=found[-1].id)
    kinds = sorted(((key, str(label)) for key, label in audit.KINDS.items()), key=lambda pair: pair[1])
    names = _names(found)
    filters = [{"key": "kind", "label": _("What"), "widget": "select", "options": kinds, "value": kind},
               {"key": "who", "label": _("User name"), "widget": "text", "options": None, "value": who}]
    return render_template("audit.html", title=_("Audit log"), filters=filters, next_url=following,
                           entries=[_shown(entry, here.tree, names) for entry in found], filtered=bool(kind or who))


def _shown(entry: audit.AuditEntry, tree: Any, names: dict[int, str]) -> dict[str, Any]:
    place, known = tree.get(entry.division_id), registry.registry()
    entity = known.entities.get(entry.entity or "")
    about = f"{entity.label if entity else entry.entity} {entry.record_id or ''}".strip() if entry.entity else ""
    return {"at": format_time(entry.at), "what": str(audit.KINDS.get(entry.kind, entry.kind)), "network": entry.network,
            "who": _("the system") if entry.actor_name == "system" else entry.actor_name or _("nobody"),
            "place": place.name if place else "", "purpose": entry.purpose, "token": entry.token_id is not None,
            "about": " · ".join(part for part in (about, entry.fields, _detail(entry, names)) if part)}


def _detail(entry: audit.AuditEntry, names: dict[int, str]) -> str:
    """What an entry carries besides: accounts and roles by name, the rest as it stands."""
    roles, found = registry.registry().roles, []
    detail: dict[str, Any] = entry.detail or {}
    for key, value in sorted(detail.items()):
        if key == "account" and value is not None:
            found.append(_("account %(name)s", name=names.get(value, value)))
        elif key == "role":
            found.append(str(roles[value].label) if value in roles else str(value))
        elif value is not None and key != "grant":
            found.append(f"{key} {value}")
    return "; ".join(found)


def _names(found: list[audit.AuditEntry]) -> dict[int, str]:
    """The user names of the accounts that entries are about; one query for all."""
    details: list[dict[str, Any]] = [entry.detail or {} for entry in found]
    ids = {detail["account"] for detail in details if detail.get("account")}
    return dict(Account.select(Account.id, Account.username).where(Account.id.in_(ids)).tuples()) if ids else {}

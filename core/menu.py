"""What every page shows around its content: the menu of the division, unread messages, addresses that keep the division.

The menu of an actor at a division is worked out once and kept until the configuration or the actor's grants change.
"""
from __future__ import annotations

from typing import Any

import peewee
from flask import Flask, g, request, url_for

from . import notify, snapshot
from .access import current_actor
from .actor import Actor
from .entity import Link
from .i18n import current_language
from .i18n import lazy_gettext as _l
from .registry import platform, registry
from .themes import wardrobe
from .tree import Node

GROUPS = (("main", ""), ("people", _l("People")), ("admin", _l("Administration")))
#: Pages of the core: path below /d/<code>/, label, icon, permission, group.
CORE_PAGES: tuple[tuple[str, Any, str, str | None, str], ...] = (
    ("", _l("To do today"), "house", "core.today.view", "main"),
    ("core/statistics", _l("Statistics"), "bar-chart", "core.statistics.view", "main"),
    ("core/bank", _l("Banks of matters"), "list-task", "core.month.view", "main"),
    ("core/month", _l("Month end"), "calendar-check", "core.month.view", "main"),
    ("core/forms", _l("Forms and bulletins"), "file-earmark-text", "core.month.view", "main"),
    ("core/divisions", _l("Divisions"), "diagram-3", "core.division.view", "admin"),
    ("core/accounts", _l("Accounts"), "person-badge", "core.account.view", "admin"),
    ("core/switches", _l("Plugins"), "toggles", "core.switch.view", "admin"),
    ("core/settings", _l("Settings"), "sliders", "core.setting.view", "admin"),
    ("core/calendar", _l("Calendar of working days"), "calendar-check", "core.calendar.view", "admin"),
    ("core/presets", _l("Sets of rules for limits"), "clock-history", "core.setting.view", "admin"),
    ("core/classes", _l("Lists of classes"), "list-ul", "core.class.view", "admin"),
    ("core/workflows", _l("Workflows"), "layers", "core.workflow.view", "admin"),
    ("core/channels", _l("Message channels"), "send", "core.channel.view", "admin"),
    ("core/jobs", _l("Background jobs"), "hourglass-split", "core.job.view", "admin"),
    ("core/audit", _l("Audit log"), "eye", "core.audit.view", "admin"),
    ("core/ledger", _l("Ledger"), "journal-check", "core.audit.view", "admin"),
)
MORE = "more"
"""What is seldom needed stands under “More” at the end of its plugin's pages."""
_KEPT = 2000
_MANY = 5


def register(app: Flask) -> None:
    """Give every template the frame's values."""
    app.context_processor(frame)


def frame() -> dict[str, Any]:
    """The values of the frame for this request, put together once however many templates it renders (a page with panels
    renders one for each)."""
    node, actor = g.get("node"), current_actor()
    known: tuple[Any, Any, dict[str, Any]] | None = g.get("frame")
    if known is None or known[0] is not node or known[1] is not actor:
        known = g.frame = (node, actor, _frame(node, actor))
    return known[2]


def _frame(node: Node | None, actor: Actor) -> dict[str, Any]:
    found: dict[str, Any] = {"node": node, "actor": actor, "menu": [], "phone_menu": [], "unread": 0,
                             "url_for_d": url_for_d, "themes": wardrobe().themes.values()}
    if actor.account_id is None:
        return found
    found["unread"] = _unread(actor.account_id)
    if node is not None:
        groups = _menu(actor, node)
        path = request.path
        found["menu"] = [{"label": str(label), "items": [
            {**item, "active": path == item["url"] or (item["deep"] and path.startswith(item["url"]))} for item in items]}
            for label, items in groups]
        for group in found["menu"]:
            group["folds"] = _folds(group["items"])
            group["items"] = [item for item in group["items"] if not item["more"]]
        pages = [item for group in found["menu"] for item in group["items"]][1:]
        found["phone_menu"] = sorted(pages, key=lambda item: not item["first"])[:2]
    return found


def _folds(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The folded parts of a group: those that the plugin names in the order of their first page, then what has no name."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        if item["more"]:
            parts.setdefault(item["fold"], []).append(item)
    return [{"label": label, "items": parts[label]} for label in sorted(parts, key=lambda label: not label)]


def _unread(account_id: int) -> int:
    """How many messages the account has not read, at most 99: what the query of its session counted, or a short one."""
    login = g.get("login")
    if login is not None and login.account.id == account_id:
        return int(login.unread)
    try:
        return notify.unread_count(account_id)
    except peewee.PeeweeException:  # an error page must appear even when the database is away
        return 0


def url_for_d(endpoint: str, **values: Any) -> str:
    """The address of an endpoint at the division of this request."""
    node = g.get("node")
    return url_for(endpoint, code=values.pop("code", node.code if node is not None else None), **values)


def _menu(actor: Any, node: Node) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Groups of (label, items) for an actor at a division, from the cache of this process when nothing changed."""
    cache: dict[Any, Any] = platform().cache.setdefault("menus", {})
    revision = snapshot.current().revision
    key = (actor.account_id, actor.token_id, node.id, current_language())
    kept = cache.get(key)
    # The actor object is the same as long as its grants are: see access.actor_of.
    if kept is not None and kept[0] is actor and kept[1] == revision:
        return kept[2]
    made = build(actor, node)
    if len(cache) >= _KEPT:
        cache.clear()
    cache[key] = (actor, revision, made)
    return made


def build(actor: Any, node: Node) -> list[tuple[Any, list[dict[str, Any]]]]:
    """The menu of an actor at a division: entities and pages of the plugins that are on there, as far as he may."""
    base = f"/d/{node.code}/"
    groups: dict[str, list[dict[str, Any]]] = {key: [] for key, _label in GROUPS}
    pages = [(group, label, icon, base + path, permission, "") for path, label, icon, permission, group in CORE_PAGES]
    items = {group: [page for page in pages if page[0] == group] for group in groups}
    for entity in _entities(node):
        group = "main" if entity.menu == MORE else entity.menu
        if group in items:
            items[group].append((entity.menu, entity.label, entity.icon, f"{base}{entity.plugin}/{entity.name}/",
                                 entity.permission("view"), entity.fold))
    for link in links(node, *groups, MORE):
        group = "main" if link.menu == MORE else link.menu
        items[group].append((link.menu, link.label, link.icon, url_for(link.endpoint, code=node.code), link.permission,
                             link.fold))
    first = {url_for(link.endpoint, code=node.code) for link in links(node, "main") if link.first}
    order = [page for group in groups for page in items[group]]
    for group, label, icon, url, permission, fold in order:
        if permission is None or actor.may_within(permission, node):
            groups["main" if group == MORE else group].append(
                {"label": str(label), "icon": icon, "url": url, "deep": url != base, "more": group == MORE,
                 "fold": str(fold), "first": url in first})
    main = groups["main"]
    own = base + "core/"  # what plugins bring comes before the pages of the core
    main.sort(key=lambda item: (item["url"] != base, item["url"] not in first, item["url"].startswith(own),
                                item["url"] == own + "statistics"))
    return [*_by_plugin(main, base), *((label, groups[key]) for key, label in GROUPS[1:] if groups[key])]


def _by_plugin(main: list[dict[str, Any]], base: str) -> list[tuple[Any, list[dict[str, Any]]]]:
    """The main pages with a heading of its own for each plugin that brings many: twenty lines in a row are no menu."""
    owners = [item["url"].removeprefix(base).partition("/")[0] for item in main]
    many = {owner for owner in owners if owner not in {"", "core"} and owners.count(owner) >= _MANY}
    if not many:
        return [(GROUPS[0][1], main)] if main else []
    parts: dict[str, list[dict[str, Any]]] = {"": [], **{owner: [] for owner in owners if owner in many}, "core": []}
    for item, owner in zip(main, owners, strict=True):
        parts["core" if owner == "core" else owner if owner in many else ""].append(item)
    labels = {loaded.key: loaded.manifest.label for loaded in registry().plugins.loaded() if loaded.manifest is not None}
    return [({"": "", "core": _l("Books and figures")}.get(owner) or labels.get(owner, ""), items)
            for owner, items in parts.items() if items]


def links(node: Node, *menus: str) -> list[Link]:
    """The links of the plugins that are on at `node`, for these menus."""
    on = snapshot.current().switches.is_on
    return [link for loaded in registry().plugins.loaded() if loaded.manifest is not None and on(loaded.key, node)
            for link in loaded.manifest.links if link.menu in menus]


def _entities(node: Node) -> list[Any]:
    on = snapshot.current().switches.is_on
    return [entity for entity in registry().entities.values() if entity.menu and on(entity.plugin, node)]

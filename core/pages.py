"""Pages of everybody's day: where a visit begins, what is to be done today, and the search box."""
from __future__ import annotations

import datetime
from typing import Any

from flask import Flask, g, redirect, render_template

from . import job_house, menu, panels, snapshot
from .access import current_actor, guarded
from .auth import first_division
from .db import Case, local_day
from .desks import desk_rows, extension_rows, newest, raised_rows
from .entity import Entity
from .error_pages import register_error_pages
from .errors import NotFound
from .faces import face_of
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .registry import registry
from .tree import Node
from .views import RecordId

WEEKDAYS = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))


def register(app: Flask) -> None:
    """Add the routes, the frame of every page and the pages of errors."""
    app.url_map.converters.setdefault("rid", RecordId)
    app.add_url_rule("/", "core:home", guarded(home, "login"))
    app.add_url_rule("/d/<code>/", "core:today", guarded(today, "core.today.view"))
    register_error_pages(app)


def home() -> Any:
    """Go to the first page of the menu at the highest division the actor has been granted: the start page for most."""
    actor = current_actor()
    node = first_division(actor)
    if node is None:
        raise NotFound(_("You have no role at any division yet."), "",
                       _("Ask the administrator of your division for a role. Your own account is under “Me”."))
    if actor.may_within("core.today.view", node):
        return redirect(f"/d/{node.code}/", 303)
    pages = [item for _label, items in menu.build(actor, node) for item in items]
    return redirect(pages[0]["url"] if pages else "/me", 303)


# ---------------------------------------------------------------- today

def today() -> str:
    """What waits for the actor at this division, the most urgent first."""
    node, actor = g.node, current_actor()
    day = local_day()
    sections: dict[str, list[dict[str, Any]]] = {
        "overdue": [], "above": [], "supervised": [], "extension": [], "due": [], "rate": [], "waiting": []}
    fresh: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    for entity in case_entities(node, actor):
        face = face_of(entity)
        for kind, row in desk_rows(face, node, actor, day):
            sections[kind].append(row)
        for kind, row in raised_rows(face, node, actor, day):
            sections[kind].append(row)
        sections["extension"] += extension_rows(face, node, actor, day)
        base = face.url(node.code)
        more.setdefault("overdue", f"{base}?due_to={(day - datetime.timedelta(days=1)).isoformat()}&sort=due")
        if entity.news:
            fresh += newest(face, node, actor, day)
            more.setdefault("new", base)
    for rows in sections.values():
        rows.sort(key=lambda row: row["order"])
    titles = {"overdue": _("Overdue"), "due": _("Due in the next days"), "rate": _("To confirm and rate"),
              "above": _("Ran out at the level below: you are asked"), "supervised": _("Under supervision"),
              "extension": _("More time is asked for: you decide"),
              "waiting": _("Waiting for you")}
    shown = [{"key": key, "title": titles[key], "rows": rows[:10], "count": len(rows), "empty": "",
              "more_url": more.get(key) if len(rows) > 10 else None} for key, rows in sections.items() if rows]
    if fresh:
        shown.append({"key": "new", "title": _("New at %(place)s", place=node.name), "rows": fresh[:6], "count": len(fresh[:6]),
                      "empty": "", "more_url": more.get("new")})
    warning = job_house.warning(actor, node)
    return render_template("today.html", title=_("To do today"), warning=warning, greeting=_greeting(actor, day), sections=shown,
                           quick=_quick(node, actor), panels=panels.render("today", None, None, actor, node))


def _greeting(actor: Any, day: datetime.date) -> str:
    return _("%(name)s, today is %(day)s, %(weekday)s.", name=actor.name or actor.username, day=format_day(day),
             weekday=str(WEEKDAYS[day.weekday()]))


def case_entities(node: Node, actor: Any) -> list[Entity]:
    """The entities with a workflow that are on at `node` and that the actor may see somewhere there."""
    on = snapshot.current().switches.is_on
    return [entity for entity in registry().entities.values()
            if issubclass(entity.model, Case) and on(entity.plugin, node)
            and registry().workflow_of(entity.key) is not None and actor.may_within(entity.permission("view"), node)]


def _quick(node: Node, actor: Any) -> list[dict[str, str]]:
    """The buttons of the start page: what plugins offer as quick, then new cases, then what everybody needs."""
    found = []
    served = set()
    for link in menu.links(node, "quick"):
        if link.permission is None or actor.may_within(link.permission, node):
            served.add(link.permission)  # a plugin's own button for entering something replaces the generic one
            found.append({"label": str(link.label), "icon": link.icon, "url": menu.url_for_d(link.endpoint)})
    for entity in case_entities(node, actor):
        permission = entity.permission("create")
        if "create" in entity.actions and permission not in served and actor.may_within(permission, node):
            found.append({"label": _("New: %(label)s", label=str(entity.label)), "icon": "plus-lg",
                          "url": face_of(entity).url(node.code, "new")})
    for path, label, icon, permission in (("core/statistics", _("Statistics"), "bar-chart", "core.statistics.view"),
                                          ("core/search", _("Search"), "search", "core.search.use")):
        if actor.may_within(permission, node):
            found.append({"label": label, "icon": icon, "url": f"/d/{node.code}/{path}"})
    return found[:6]

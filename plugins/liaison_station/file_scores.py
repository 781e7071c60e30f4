"""What a scheme of scoring gives, where its legal basis holds: the points of every deputy's year, and how they come about.

Without basis, before its first day and after its last there are no points, neither on a page nor for programs
(国办函〔2026〕12号, domain §9). Deputies stand by name: what the county orders is points, not a ranking.
"""
from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import peewee
from flask import g, render_template

from grid321.core.api import (
    Actor,
    Node,
    Panel,
    Refused,
    class_label,
    current_actor,
    fetch,
    format_day,
    json_answer,
    local_day,
    registry,
    scoped,
)
from grid321.core.api import gettext as _

from .deputy_models import Deputy
from .file_causes import KINDS
from .file_forms import refused
from .file_models import Deed, Scheme
from .file_scheme import SCHEME, items_of, score, why_off

PLUGIN = "liaison_station"
MOST = 500


def panel(scheme: Any, node: Node) -> Panel:
    """On the page of a scheme: whether it is on, what it counts, and the way to the points."""
    off = why_off(scheme, local_day())
    return Panel(_("What it counts"), "liaison_station/scheme_panel.html", {
        "off": off, "until": format_day(scheme.to_day) if not off else "", "items": _items(scheme),
        "scores_url": "" if off else f"/d/{node.code}/{PLUGIN}/scheme/{scheme.id}/scores"}, order=10)


def _items(scheme: Any) -> list[dict[str, str]]:
    return [{"kind": class_label(KINDS.key, one.kind, scheme.division_id), "points": f"{one.points:f}", "cap": f"{one.cap:f}"}
            for one in items_of(scheme.items)]


def points(scheme: Any, node: Node, actor: Actor) -> list[dict[str, Any]]:
    """Every deputy of the scheme's division whom the actor may see, by name, with the figures of this year and the points.

    Deeds between the first day of the basis and today count, of the present year. Raises ``Refused`` while the scheme is off.
    """
    today = local_day()
    score(scheme, {})  # refuses while it is off
    begin = max(scheme.from_day, today.replace(month=1, day=1))
    below = getattr(Deputy, "town_id" if scheme.town_id is not None else "county_id")
    rows = list(scoped(Deputy.select(), registry().entity(f"{PLUGIN}.deputy"), "view", node, actor).where(
        (below == (scheme.town_id or scheme.county_id)) & (Deputy.from_day <= today)
        & (Deputy.to_day.is_null() | (Deputy.to_day >= begin))).order_by(Deputy.name, Deputy.id).limit(MOST))
    counted = figures_of((row.id for row in rows), begin, today)
    return [{"id": row.id, "name": row.name, "figures": counted.get(row.id, {}), "points": score(scheme, counted.get(row.id, {}))}
            for row in rows]


def figures_of(deputy_ids: Iterable[int], begin: Any, end: Any) -> dict[int, dict[str, int]]:
    """Number of deeds by kind of each deputy in a span of days; struck ones and those objected to do not count. One query."""
    found: dict[int, dict[str, int]] = {}
    query = Deed.select(Deed.deputy_id, Deed.kind, peewee.fn.COUNT(Deed.id)).where(
        Deed.deputy_id.in_(list(deputy_ids)) & Deed.state.not_in(("struck", "objected")) & Deed.day.between(begin, end))
    for deputy_id, kind, n in query.group_by(Deed.deputy_id, Deed.kind).tuples():
        found.setdefault(deputy_id, {})[kind] = n
    return found


def own(person_id: int) -> list[dict[str, Any]]:
    """The points of a deputy in every scheme that is on for the own mandates, with title, basis and end."""
    today = local_day()
    found = []
    for deputy in Deputy.select().where((Deputy.person_id == person_id) & (
            Deputy.to_day.is_null() | (Deputy.to_day >= today))).order_by(Deputy.id):
        here = (Scheme.county_id == deputy.county_id) & (Scheme.town_id.is_null() | (Scheme.town_id == deputy.town_id))
        for scheme in Scheme.select().where(here).order_by(Scheme.id):
            if not why_off(scheme, today):
                begin = max(scheme.from_day, today.replace(month=1, day=1))
                counted = figures_of([deputy.id], begin, today).get(deputy.id, {})
                found.append({"title": scheme.title, "basis": scheme.basis, "until": format_day(scheme.to_day),
                              "points": _text(score(scheme, counted))})
    return found


def _text(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _scheme(record_id: int) -> Any:
    return fetch(SCHEME, record_id, "view", g.node, current_actor())


def page(record_id: int) -> Any:
    """The points of a scheme. While it is off, the page says why and shows none (409)."""
    scheme = _scheme(record_id)
    back = f"/d/{g.node.code}/{PLUGIN}/scheme/{record_id}"
    try:
        rows = points(scheme, g.node, current_actor())
    except Refused as problem:
        return refused(problem, back)
    items = items_of(scheme.items)
    return render_template(
        "liaison_station/scores.html", title=scheme.title, basis=scheme.basis, back_url=back, most=MOST,
        span=_("%(first)s to %(last)s", first=format_day(scheme.from_day), last=format_day(scheme.to_day)),
        heads=[class_label(KINDS.key, one.kind, scheme.division_id) for one in items],
        rows=[{"name": row["name"], "url": f"/d/{g.node.code}/{PLUGIN}/deputy/{row['id']}", "points": _text(row["points"]),
               "cells": [row["figures"].get(one.kind, 0) for one in items]} for row in rows])


def operation(record_id: int) -> Any:
    """The points of a scheme. Refused while it is off."""
    scheme = _scheme(record_id)
    rows = points(scheme, g.node, current_actor())
    return json_answer({"scheme": scheme.id, "basis": scheme.basis, "until": scheme.to_day.isoformat(),
                        "items": [{**row, "points": _text(row["points"])} for row in rows]})

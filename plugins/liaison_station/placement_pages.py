"""The page of the assistant that places deputies, and the same by REST."""
from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request

from grid321.core.api import Conflict, EntitySchema, Text, class_label, current_actor, json_answer, json_body, load_many
from grid321.core.api import lazy_gettext as _l

from . import placement_assistant as assistant
from .deputy_choices import MANDATES, P
from .placement import Coverage
from .station_choices import KINDS

MOST = 200
"""Rows that the page shows, and rows that are written while the clerk waits; a longer list is written by a job."""


class Apply(EntitySchema):
    """Which list is applied: the mark that came with it."""

    mark = Text(_l("Mark of the list"), required=True, max=40)


def page() -> Any:
    """Look at the proposal, or apply the one that was looked at."""
    problem, done = None, None
    preview = assistant.propose(g.node)
    if request.method == "POST":
        try:
            if len(preview.rows) > MOST:
                job = assistant.start(g.node, request.form.get("mark", ""), current_actor())
                return redirect(f"/d/{g.node.code}/core/jobs/{job}", 303)
            done = assistant.apply(g.node, request.form.get("mark", ""), current_actor())
            preview = assistant.propose(g.node)
        except Conflict as refused:
            problem = refused
            preview = assistant.propose(g.node)
    levels = {key: str(label) for key, label in MANDATES}
    base = f"/d/{g.node.code}/liaison_station"
    content = render_template(
        "liaison_station/placing.html", mark=preview.mark, now=preview.now, then=preview.then, spread=preview.spread, done=done,
        problem=problem, count=len(preview.rows), more=max(len(preview.rows), len(preview.nowhere)) > MOST, rows=[
            {"name": row.name, "url": f"{base}/deputy/{row.deputy_id}", "level": levels[row.level], "station": row.station.name,
             "among": row.among} for row in preview.rows[:MOST]],
        nowhere=[{"name": row.name, "url": f"{base}/deputy/{row.deputy_id}", "level": levels[row.level],
                  "why": assistant.why(row), "kinds": _kinds(row.kinds), "homeless": row.homeless}
                 for row in preview.nowhere[:MOST]])
    return (content, 409) if problem is not None else content


def _kinds(kinds: tuple[str, ...]) -> str:
    return "、".join(class_label(KINDS.key, kind, g.node.id) for kind in kinds)


def look() -> Any:
    """The proposal by REST: who would go where, who is nowhere and why, full coverage now and then."""
    preview = assistant.propose(g.node)
    return json_answer({
        "mark": preview.mark, "day": preview.day.isoformat(), "now": _figure(preview.now), "then": _figure(preview.then),
        "spread": preview.spread, "items": [
            {"deputy": row.deputy_id, "name": row.name, "level": row.level, "station": row.station.id,
             "station_name": row.station.name, "among": row.among} for row in preview.rows],
        "nowhere": [{"deputy": row.deputy_id, "name": row.name, "level": row.level, "why": row.why, "homeless": row.homeless}
                    for row in preview.nowhere]})


def _figure(value: Coverage) -> dict[str, Any]:
    return {"placed": value.placed, "total": value.total, "full": value.full}


def do() -> Any:
    """Apply the proposal of a mark. Raises ``Conflict`` (409) when the list has changed."""
    mark = load_many((Apply,), json_body(), node=g.node, actor=current_actor())["mark"]
    done = assistant.apply(g.node, mark, current_actor())
    return json_answer({"placed": done.placed, "left": [{"name": name, "why": why} for name, why in done.left]})


PLACE = f"{P}placement.create"

"""All stations of a division in one year: has it a plan, is it posted, how fair is the roster, what is missing and what to do."""
from __future__ import annotations

from collections import Counter
from typing import Any

from flask import g, redirect, render_template, request

from grid321.core.api import (
    Node,
    Problem,
    current_actor,
    format_day,
    json_answer,
    json_body,
    load_many,
    local_day,
    registry,
    scoped,
)
from grid321.core.api import gettext as _

from . import plan_post
from .plan_choices import PLUGIN, P
from .plan_make import bounds
from .plan_roles import MAKE
from .plan_schemas import Year
from .reception_models import Plan, Reception, Schedule
from .roster import SHORT
from .station_models import Station

MOST = 60
"""Stations on a page; those for which something is to be done come first."""
ORDER = {"refused": "bad", "no_rule": "bad", "no_plan": "warn", "drafted": "warn", "posted": "ok"}
"""States of a station's year with their tone, the most urgent first."""


def year_page() -> Any:
    """The plans of a year, and the button that posts the drafted ones."""
    return _page(_year(), None), 200


def post_page() -> Any:
    """Ask for the drafted plans to be posted; the page of the progress follows."""
    text = request.form.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else _year()
    try:
        run = plan_post.ask(year, current_actor(), g.node)
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
        return _page(year, problem), problem.status
    return redirect(f"/d/{g.node.code}/core/jobs/{run.id}", 303)


def _page(year: int, problem: Problem | None) -> str:
    rows = rows_of(year, g.node)
    counts = Counter(row["state"] for row in rows)
    asked = request.args.get("state", "")
    shown = [row for row in rows if row["state"] == asked] if asked in ORDER else rows
    labels = _labels()
    return render_template(
        "liaison_station/plan_year.html", title=_("Yearly plans of the stations"), year=year, rows=shown[:MOST],
        most=MOST, more=max(0, len(shown) - MOST), problem=problem,
        may_make=current_actor().may_within(MAKE, g.node), asked=asked,
        here=f"/d/{g.node.code}/{PLUGIN}/plans", make_url=f"/d/{g.node.code}/{PLUGIN}/make-plans?year={year}",
        counts=[{"state": state, "label": labels[state], "count": counts[state], "tone": tone} for state, tone in ORDER.items()],
        drafted=counts["drafted"] + counts["refused"], total=len(rows))


def _labels() -> dict[str, str]:
    return {"refused": _("Could not be posted"), "no_rule": _("No rule"), "no_plan": _("No plan yet"), "drafted": _("Drafted"),
            "posted": _("Posted")}


def rows_of(year: int, node: Node) -> list[dict[str, Any]]:
    """Every station that the reader may see below a division, with its plan of a year and what is to be done. Four queries."""
    stations = list(scoped(Station.select(), registry().entity(f"{P}station"), "view", node, current_actor()).where(
        Station.closed_on.is_null()).order_by(Station.division_id, Station.name))
    ids = [station.id for station in stations]
    plans = {plan.station_id: plan for plan in Plan.select().where(
        Plan.station_id.in_(ids) & (Plan.year == year) & (Plan.state != "discarded"))}
    first, last = bounds(year)
    ruled = {row[0] for row in Schedule.select(Schedule.station_id).where(
        Schedule.station_id.in_(ids) & (Schedule.from_day <= last) & (Schedule.to_day >= first)).tuples()}
    days = Counter(row[0] for row in Reception.select(Reception.plan_id).where(
        Reception.plan_id.in_([plan.id for plan in plans.values()]) & (Reception.state != "dropped")).tuples())
    found = [_row(station, plans.get(station.id), station.id in ruled, days, node) for station in stations]
    order = list(ORDER)
    return sorted(found, key=lambda row: order.index(row["state"]))


def _row(station: Any, plan: Any, ruled: bool, days: Counter[int], node: Node) -> dict[str, Any]:
    base = f"/d/{node.code}/{PLUGIN}"
    if plan is None:
        state = "no_plan" if ruled else "no_rule"
        todo = _("Make the plans of the year.") if ruled else _("Enter on which days it receives.")
        url = f"{base}/make-plans" if ruled else f"{base}/rule?station={station.id}"
        return _cells(station, state, base, todo=todo, url=url)
    state = plan.state if not plan.refused or plan.state != "drafted" else "refused"
    short = sum(one["code"] == SHORT for one in plan.unmet or ())
    return _cells(station, state, base, todo=plan.refused if state == "refused" else "", url=f"{base}/plan/{plan.id}",
                  number=plan.number, days=days[plan.id], spread=plan.spread, short=short,
                  posted=format_day(plan.posted_on) if plan.posted_on else "")


def _cells(station: Any, state: str, base: str, **cells: Any) -> dict[str, Any]:
    return {"id": station.id, "name": station.name, "station_url": f"{base}/station/{station.id}", "state": state,
            "label": _labels()[state], "tone": ORDER[state], "todo": "", "url": "", "number": "", "days": None, "spread": None,
            "short": 0, "posted": "", **cells}


def _year() -> int:
    text = request.args.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 and 2000 <= int(text) <= 2200 else local_day().year


def year_operation() -> Any:
    """The plan of a year of every station: state, days, spread, short days, and why one could not be posted."""
    return json_answer({"year": _year(), "items": [
        {"station": row["id"], "name": row["name"], "state": row["state"], "plan": row["number"], "days": row["days"],
         "spread": row["spread"], "short": row["short"], "why": row["todo"]} for row in rows_of(_year(), g.node)]})


def post_operation() -> Any:
    """Ask for the drafted plans of a year to be posted."""
    data = load_many((Year,), json_body(), node=g.node, actor=current_actor())
    run = plan_post.ask(data["year"], current_actor(), g.node)
    return json_answer({"job": run.id, "url": f"/d/{g.node.code}/core/jobs/{run.id}"}, 202)

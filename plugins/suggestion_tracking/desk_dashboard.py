"""The leader's dashboard: how much came in and went out at each level, where it is stuck, and one click down to the case.

Everything is read from maintained counts; what depends on today (overdue) is counted on the index (level, due). Divisions stand
in the order of the tree and units in that of their list: nothing here is a ranking (domain §9).
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, render_template

from grid321.core.api import (
    Actor,
    Case,
    Entity,
    Node,
    current_actor,
    figures,
    format_number,
    is_on,
    registry,
    snapshot,
    statistics,
)
from grid321.core.api import gettext as _

from .desk_clerk import PLUGIN, Lists
from .desk_late import late_cases, late_units
from .desk_start import first_steps
from .evaluation_panels import smell_counts
from .evaluation_smells import SMELL

MONTHS, LATE_MOST = 12, 999
LEFT = ("closed", "withdrawn", "joined", "sent_down")
Shown = figures.Shown


def page() -> str:
    """The dashboard of a division."""
    shown, actor = context(g.node, current_actor()), current_actor()
    steps = first_steps(g.node, actor) if shown["heads"] and not shown["tallies"] else []
    return render_template("suggestion_tracking/dashboard.html", **shown, first_steps=steps)


def context(node: Node, actor: Actor) -> dict[str, Any]:
    """What the page shows; each part is there only where the actor may see what it counts."""
    shown = Shown(node, statistics.this_month())
    measures = [one for one in statistics.shown_measures(node, actor) if one.key.startswith(f"{PLUGIN}.")]
    seen = {key: registry().entity(key) for key in dict.fromkeys(one.entity for one in measures)}
    funnels = [one for one in measures if isinstance(one, statistics.Funnel)]
    late = [one for one in measures if isinstance(one, statistics.Overdue)]
    return {
        "title": _("Leader's dashboard"), "node": node, "day": shown.today,
        "heads": heads(shown, list(seen.values()), late), "ratios": [
            figures.ratio_view(shown, one) for one in measures if isinstance(one, statistics.Ratio)],
        "funnels": [{"label": str(one.label), "levels": funnel(figures.bank_view(shown, one)),
                     "url": f"/d/{node.code}/core/statistics/{one.key}"} for one in funnels],
        "places": places(shown, late), "units": late_units(node, actor), "late": late_cases(node, actor, late, shown.today),
        "trends": [trend for trend in (figures.trend_view(shown, one, MONTHS) | {"title": str(seen[one.entity].label)}
                                       for one in funnels) if any(any(series["values"]) for series in trend["series"])],
        "tallies": [one for one in (with_shares(figures.tally_view(shown, one)) for one in measures
                                    if isinstance(one, statistics.Tally)) if one["rows"]],
        "smells": smell_counts(node) if actor.may(SMELL.permission("view"), node) else [],
        "statistics_url": f"/d/{node.code}/core/statistics", "empty": None if measures else {
            "what": _("No figures here"), "label": "", "url": "",
            "why": _("Neither matters nor suggestions are switched on for %(place)s, or you may not see them.",
                     place=node.name)},
    }


def with_shares(tally: dict[str, Any]) -> dict[str, Any]:
    """A tally with the share of each value in per cent, rounded half up to two decimals; none below the least number compared.

    Rounded one by one, shares need not add up to 100.00: no share is moved to make them.
    """
    total = tally["total"]
    for row in tally["rows"]:
        row["percent"] = str(statistics.percent(row["n"], total)) if total >= statistics.MINIMUM else ""
    return tally


def heads(shown: Shown, entities: Sequence[Entity], late: Sequence[statistics.Overdue]) -> list[dict[str, Any]]:
    """The large numbers: what is open of each kind, and what is overdue of it; each with the list behind it."""
    found = []
    for entity in entities:
        if not issubclass(entity.model, Case):
            continue
        workflow = registry().every_version_of(entity.key)
        assert workflow is not None
        counted, links = statistics.stock(entity, shown.node, ["state"])["state"], Lists(entity, shown.today)
        states = [state.key for state in workflow.states if not state.final]
        open_now = sum(counted.get(state, 0) for state in states)
        one = {"label": _("Open: %(kind)s", kind=str(entity.label)), "n": open_now, "text": format_number(open_now), "tone": "",
               "url": links.open(shown.node) if open_now and is_on(PLUGIN, shown.node.id) else ""}
        found.append(one)
        for measure in late:
            if measure.entity == entity.key:
                n = statistics.overdue(measure, entity, workflow, shown.node, shown.today)
                text = f"{format_number(n)}+" if n >= statistics.LIVE_LIMIT else format_number(n)
                found.append({"label": _("Overdue: %(kind)s", kind=str(entity.label)), "n": n, "text": text,
                              "tone": "bad" if n else "",
                              "url": links.overdue(shown.node) if n and is_on(PLUGIN, shown.node.id) else ""})
    return found


def funnel(view: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The levels of a bank as bars: how many each level had before it this month, and what became of them.

    ``share`` is the part of the largest level's total in per cent, so that the bars of all levels can be compared.
    """
    levels = []
    for level in view["levels"]:
        n = {cell["kind"]: cell for cell in level["cells"]}
        total = sum(n[kind]["n"] for kind in ("opening", "collected", "received"))
        rest = sum(n[kind]["n"] for kind in LEFT)
        parts = [_part(n["solved"], "three"), _part(n["sent_up"], "two"),
                 {"label": _("Left otherwise"), "n": rest, "text": format_number(rest), "url": "", "tone": "four"},
                 _part(n["open"], "one")]
        came = [_part(n[kind], "") for kind in ("opening", "collected", "received")]
        levels.append({"label": level["label"], "total": total, "text": format_number(total), "parts": parts, "came": came,
                       "balanced": level["balanced"], "word": level["word"]})
    most = max((level["total"] for level in levels), default=0)
    for level in levels:
        start = 0.0
        for part in level["parts"]:
            part["start"], part["share"] = start, 100 * part["n"] / most if most else 0.0
            start += part["share"]
    return levels


def _part(cell: Mapping[str, Any], tone: str) -> dict[str, Any]:
    return {"label": cell["label"], "n": cell["n"], "text": cell["text"], "url": cell["url"], "tone": tone}


def places(shown: Shown, late: Sequence[statistics.Overdue]) -> dict[str, Any] | None:
    """Open and overdue cases of each division below, in the order of the tree; None where there is nothing below.

    A column for each kind that is counted as overdue and open anywhere below; each number leads to its list at that division.
    """
    now = snapshot()
    children = [child for child in now.tree.children(shown.node) if child.level != "grid"
                and now.switches.on_below(PLUGIN, child, now.tree)]
    kinds = [(measure, registry().entity(measure.entity)) for measure in late]
    if not children or not kinds:
        return None
    rows: dict[int, dict[str, Any]] = {child.id: {"name": child.name, "url": f"/d/{child.code}/{PLUGIN}/dashboard", "cells": []}
                                       for child in children}
    for measure, entity in kinds:
        workflow = registry().every_version_of(entity.key)
        assert workflow is not None
        states = [state.key for state in workflow.states if not state.final]
        counted = statistics.stock_by_child(entity, children, ["state"])
        overdue = statistics.overdue_by_child(measure, entity, workflow, children, LATE_MOST, shown.today)
        most = max((sum(counted[child.id]["state"].get(state, 0) for state in states) for child in children), default=0)
        links = Lists(entity, shown.today)
        for child in children:
            here = is_on(PLUGIN, child.id)  # where it is on only further down, there is no list
            n, behind = sum(counted[child.id]["state"].get(state, 0) for state in states), overdue[child.id]
            rows[child.id]["cells"].append({
                "n": n, "text": format_number(n), "late": behind,
                "late_text": f"{behind}+" if behind >= LATE_MOST else format_number(behind),
                "url": links.open(child) if n and here else "",
                "late_url": links.overdue(child) if behind and here else "",
                "share": 100 * n / most if most else 0, "late_share": 100 * min(behind, n) / most if most else 0})
    used = [place for place in range(len(kinds)) if any(row["cells"][place]["n"] for row in rows.values())]
    for row in rows.values():
        row["cells"] = [row["cells"][place] for place in used]
    return {"kinds": [str(kinds[place][1].label) for place in used],
            "rows": [row for row in rows.values() if any(cell["n"] for cell in row["cells"])]}


def as_json() -> dict[str, Any]:
    """The dashboard for programs: large numbers, banks, divisions below, units, the longest overdue cases."""
    found = context(g.node, current_actor())
    return {
        "heads": [{"label": one["label"], "n": one["n"]} for one in found["heads"]],
        "levels": [{"measure": one["label"], "levels": [
            {"level": level["label"], "total": level["total"], "balanced": level["balanced"],
             "parts": {part["label"]: part["n"] for part in level["parts"]}} for level in one["levels"]]}
            for one in found["funnels"]],
        "divisions": [{"name": row["name"], "figures": [
            {"kind": kind, "open": cell["n"], "overdue": cell["late"]}
            for kind, cell in zip(found["places"]["kinds"], row["cells"], strict=True)]}
            for row in (found["places"] or {"rows": []})["rows"]],
        "units": [{"name": row["name"], "open": row["n"], "states": {part["label"]: part["n"] for part in row["parts"]}}
                  for row in found["units"]["rows"]],
        "tallies": [{"measure": one["key"], "total": one["total"], "rows": [
            {"label": row["label"], "n": row["n"], "percent": row["percent"] or None} for row in one["rows"]]}
            for one in found["tallies"]],
        "longest_overdue": [{"entity": row["entity"], "id": row["id"], "number": row["number"], "title": row["title"],
                             "days": row["days"]} for row in found["late"]],
    }

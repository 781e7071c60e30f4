"""The rates of a year at a division: as cards with their formula, by unit, by town, and for programs.

Everything is read from maintained counters. Units stand in the order of the tree; a rank is shown only while an appraisal with a
recorded legal basis covers the year (domain §9), and never for a unit with fewer cases than the county set.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import g, render_template, request

from grid321.core.api import (
    BadRequest,
    Node,
    current_actor,
    figures,
    format_day,
    format_number,
    format_time,
    is_on,
    json_answer,
    local_day,
    people,
    registry,
    setting,
    statistics,
    tree,
)
from grid321.core.api import gettext as _

from . import evaluation_counts as counts
from . import evaluation_rates as rates
from .evaluation_appraisal import ranking_allowed
from .evaluation_counts import PLUGIN
from .evaluation_verify import behind

MATTER = f"{PLUGIN}.matter"
MATTER_RATIOS = tuple(f"{PLUGIN}.matter_{name}_rate" for name in ("solved", "answered", "satisfied"))


def asked_year() -> int:
    """The year the address asks for, the present one without. Raises ``BadRequest`` for anything else."""
    text = request.args.get("year", "")
    if not text:
        return local_day().year
    if not (text.isascii() and text.isdigit() and len(text) == 4 and 2000 <= int(text) <= 2100):
        raise BadRequest(_("This is not a year."), "year", _("Write it like 2026."), code="bad_parameter")
    return int(text)


def asked_rate(node: Node, year: int) -> str:
    """The rate by which units are ranked; empty without, and where ranking is off. Raises ``BadRequest``."""
    text = request.args.get("by", "")
    if text and text not in rates.BY_KEY:
        raise BadRequest(_("There is no such rate."), "by", _("Choose one of: %(names)s", names=", ".join(rates.BY_KEY)),
                         code="bad_parameter")
    return text if text and ranking_allowed(node, year) else ""


def minimum(node: Node) -> int:
    """The least number of cases with which a rate is compared at a division."""
    return int(setting(f"{PLUGIN}.rate_minimum", node.id))


# ---------------------------------------------------------------- the page

def page() -> str:
    """The rates of a year, by unit and by town."""
    node, year = g.node, asked_year()
    by, may_rank = asked_rate(node, year), ranking_allowed(node, year)
    here = f"/d/{node.code}/{PLUGIN}/rates"
    return render_template(
        "suggestion_tracking/rates.html", title=_("Rates of suggestions"), node=node, year=year,
        period=_("Handed over in %(year)s; as of %(day)s.", year=year, day=format_day(local_day())),
        behind=format_time(since) if (since := behind()) else "",
        years=[{"value": one, "selected": one == year} for one in sorted({*counts.years(node), year}, reverse=True)],
        cards=[card(node, rate, found, year) for rate, found in _own(node, year)],
        by=by, may_rank=may_rank, rates=[{"key": rate.key, "label": str(rate.label)} for rate in rates.RATES],
        units=unit_table(node, year, by), towns=town_table(node, year), matters=matter_table(node),
        matter_units=matter_unit_table(node), api_url=f"/api/v1{here}?year={year}",
        left_out=left_out_url(node, year), minimum=minimum(node))


def _own(node: Node, year: int) -> list[tuple[rates.Rate, statistics.Percentage]]:
    found = rates.all_counted(counts.bags(node, year), minimum(node))
    return [(rate, found[rate.key]) for rate in rates.RATES]


def card(node: Node, rate: rates.Rate, found: statistics.Percentage, year: int) -> dict[str, Any]:
    """A rate with its two numbers, its formula, what it leaves out, its cut-off and how it is rounded."""
    return {"key": rate.key, "label": str(rate.label), "value": rates.shown(found), "small": found.small,
            "counts": f"{format_number(found.top)} / {format_number(found.bottom)}", "formula": str(rate.formula),
            "exclusions": str(rate.exclusions), "cutoff": str(rates.CUTOFF), "rounding": str(statistics.ROUNDING),
            "note": rates.rounding_note(found), "url": cases_url(node, year, rate.kind),
            "small_text": _("Fewer than %(count)s: shown as numbers, not compared", count=found.minimum) if found.small else ""}


def cases_url(node: Node, year: int, kind: str, unit: int | None = None) -> str:
    """The list of the cases behind a figure; empty where the plugin has no pages."""
    if not is_on(PLUGIN, node.id):
        return ""
    asked = [("kind", kind), ("year", str(year))] + ([("department", str(unit))] if unit else [])
    return f"/d/{node.code}/{PLUGIN}/counted/?{urlencode(asked)}"


def left_out_url(node: Node, year: int) -> str:
    """The list of the suggestions that no rate counts, with the reason."""
    asked = [("kind", "suggestion"), ("year", str(year)), *(("left_out", key) for key in rates.LEFT_OUT)]
    return f"/d/{node.code}/{PLUGIN}/counted/?{urlencode(asked)}"


def unit_names(ids: Any, node: Node | None = None) -> dict[int, str]:
    """The names of units in the order of the tree: by division, then by name; with ``node`` only its own. One query."""
    model = people.Department
    query = model.select(model.id, model.name).where(model.id.in_(sorted(ids) or [0]))
    if node is not None:
        query = query.where(model.division_id == node.id)
    return dict(query.order_by(model.division_id, model.name).tuples())


def units_of(node: Node, year: int) -> list[tuple[int, str, dict[str, statistics.Percentage]]]:
    """(unit, name, rates by key) in the order of the tree."""
    bags = counts.bags_by_unit(node, year)
    least = minimum(node)
    return [(unit, name, rates.all_counted(bags[unit], least, units=True)) for unit, name in unit_names(bags).items()]


def unit_table(node: Node, year: int, by: str) -> dict[str, Any] | None:
    """The comparison of units; ranked and in that order only when ``by`` names a rate."""
    found = units_of(node, year)
    if not found:
        return None
    places = rates.ranks({unit: values[by] for unit, _name, values in found}) if by else {}
    if by:
        found = sorted(found, key=lambda row: (places.get(row[0], len(found) + 1),))
    columns = [{"label": _("Unit")}, {"label": _("Suggestions"), "figure": True},
               *({"label": str(rate.label), "figure": True} for rate in rates.RATES)]
    rows = []
    for unit, name, values in found:
        cells = [{"text": name}, {"text": values["answered"].bottom, "url": cases_url(node, year, "unit", unit)},
                 *({"text": rates.brief(values[rate.key])} for rate in rates.RATES)]
        if by:
            cells.insert(0, {"text": places.get(unit) or _("no place")})
        rows.append({"cells": cells})
    if by:
        columns.insert(0, {"label": _("Place"), "figure": True})
    return {"caption": _("Comparison of units"), "columns": columns, "rows": rows}


def town_table(node: Node, year: int) -> dict[str, Any] | None:
    """The divisions below in the order of the tree with the rates of their own congresses' suggestions."""
    children = tree().children(node)
    found = counts.bags_by_child(children, year) if children else {}
    least = minimum(node)
    rows = []
    for child in children:
        if found[child.id]:
            values = rates.all_counted(found[child.id], least)
            rows.append({"url": f"/d/{child.code}/{PLUGIN}/rates?year={year}", "cells": [
                {"text": child.name}, {"text": values["answered"].bottom},
                *({"text": rates.brief(values[rate.key])} for rate in rates.RATES)]})
    if not rows:
        return None
    return {"caption": _("Suggestions by division"), "rows": rows, "columns": [
        {"label": _("Division")}, {"label": _("Suggestions"), "figure": True},
        *({"label": str(rate.label), "figure": True} for rate in rates.RATES)]}


def _matter_ratios(node: Node) -> list[Any]:
    known = registry()
    if MATTER not in known.entities or not current_actor().may(f"{MATTER}.view", node):
        return []
    return [known.measures[key] for key in MATTER_RATIOS if key in known.measures]


def matter_table(node: Node) -> dict[str, Any] | None:
    """The divisions below with the rates of their matters, from the core's counters."""
    ratios = _matter_ratios(node)
    found = figures.by_child_view(figures.Shown(node, statistics.this_month()), ratios) if ratios else None
    if found is None:
        return None
    return {"caption": _("Matters by division"), "rows": [
        {"url": row["url"], "cells": [{"text": row["name"]}, *row["cells"]]} for row in found["rows"]],
        "columns": [{"label": _("Division")}, *({"label": label, "figure": True} for label in found["columns"])]}


def matter_unit_table(node: Node) -> dict[str, Any] | None:
    """The division's own units to which matters were handed, with the same rates, from the core's counters.

    Offices of towns stand on the pages of their towns.
    """
    ratios = _matter_ratios(node)
    if not ratios:
        return None
    by_unit = matter_rates_by_unit(node, ratios)
    rows = [{"cells": [{"text": name, "url": f"/d/{node.code}/{PLUGIN}/matter/?unit={unit}" if is_on(PLUGIN, node.id) else ""},
                       *({"text": rates.brief(by_unit[unit][ratio.key])} for ratio in ratios)]}
            for unit, name in unit_names(by_unit, node).items()]
    if not rows:
        return None
    return {"caption": _("Matters by unit"), "rows": rows, "columns": [
        {"label": _("Unit")}, *({"label": str(ratio.label), "figure": True} for ratio in ratios)]}


def matter_rates_by_unit(node: Node, ratios: list[Any]) -> dict[int, dict[str, statistics.Percentage]]:
    """Unit → key of a ratio → its two numbers, for the matters last handed to that unit; from counters only."""
    entity, least = registry().entity(MATTER), minimum(node)
    columns = {"state": "unit_id,state", "rating": "unit_id,rating"}
    counted = statistics.stock(entity, node, list(columns.values()))
    bags: dict[int, dict[str, dict[str, int]]] = {}
    for column, dimension in columns.items():
        for value, n in counted[dimension].items():
            unit, _bar, part = value.partition("|")
            if unit and n:
                bags.setdefault(int(unit), {"state": {}, "rating": {}})[column][part] = n
    return {unit: {ratio.key: statistics.Percentage(
        statistics.amount(bag[ratio.top.column], ratio.top), statistics.amount(bag[ratio.bottom.column], ratio.bottom), least)
        for ratio in ratios} for unit, bag in bags.items()}


# ---------------------------------------------------------------- for programs

def rate_json(found: statistics.Percentage) -> dict[str, Any]:
    """Two numbers, and the percentage rounded and cut where there are enough of them."""
    compared = not found.small and found.value is not None
    return {"n": found.top, "of": found.bottom, "small": found.small, "percent": str(found.value) if compared else None,
            "cut": str(found.truncated) if compared else None}


def api() -> Any:
    """The rates of a year with their formulas, by unit and by division below. A rank only where ranking is allowed."""
    node, year = g.node, asked_year()
    by = asked_rate(node, year)
    units = units_of(node, year)
    places = rates.ranks({unit: values[by] for unit, _name, values in units}) if by else {}
    children = tree().children(node)
    below = counts.bags_by_child(children, year) if children else {}
    least = minimum(node)
    return json_answer({
        "division": node.code, "year": year, "cut_off": local_day().isoformat(), "minimum": least,
        "counted_until": f"{since.isoformat(timespec='seconds')}Z" if (since := behind()) else None,
        "rounding": str(statistics.ROUNDING), "ranked_by": by or None,
        "rates": [{"rate": rate.key, "label": str(rate.label), "formula": str(rate.formula), "exclusions": str(rate.exclusions),
                   "cutoff": str(rates.CUTOFF), **rate_json(found)} for rate, found in _own(node, year)],
        "units": [{"department": unit, "name": name, "place": places.get(unit), **_json(values)} for unit, name, values in units],
        "divisions": [{"division": child.code, "name": child.name, **_json(rates.all_counted(below[child.id], least))}
                      for child in children if below[child.id]]})


def _json(values: Mapping[str, statistics.Percentage]) -> dict[str, Any]:
    return {"rates": {key: rate_json(found) for key, found in values.items()}}

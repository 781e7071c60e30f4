"""The statistics of stations: a span of days by division, station, month, quarter or year; every number leads to its records.

Divisions and stations stand in the order of the tree: nothing here is a ranking (domain §9). The same as a workbook and by REST.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import g, render_template, request

from grid321.core.api import (
    BadRequest,
    Node,
    figures,
    format_day,
    format_number,
    is_on,
    json_answer,
    local_day,
    statistics,
    workbook,
)
from grid321.core.api import gettext as _

from . import checks, figure_charts
from .figure_records import PLUGIN, asked_span, base_of, records_url, total_of
from .figure_sources import Narrow, Span
from .station_figures import (
    BY_KEY,
    FIGURES,
    GROUPS,
    SHARES,
    UNITS,
    Figure,
    Line,
    Share,
    Table,
    as_of,
    by_period,
)
from .station_models import Station

ROWS = ("place", "station", *UNITS)


@dataclass(frozen=True)
class Asked:
    """What the address asks for: days, what a line is, which columns, and perhaps one station."""

    span: Span
    by: str
    show: str
    station: Any = None

    def url(self, node: Node, **changes: Any) -> str:
        """The address of the statistics at a division with what was asked, some of it changed."""
        asked: dict[str, Any] = {"from": self.span.first.isoformat(), "to": self.span.last.isoformat(), "by": self.by,
                                 "show": self.show, "station": self.station.id if self.station is not None else None, **changes}
        return f"{base_of(node)}/figures?" + urlencode({name: value for name, value in asked.items() if value is not None})


def asked_figures(node: Node) -> Asked:
    """What the address asks for. Raises ``BadRequest`` that names what is wrong."""
    show = request.args.get("show", GROUPS[0][0])
    if show not in dict(GROUPS):
        raise BadRequest(_("There is no such group of figures."), "show", ", ".join(dict(GROUPS)), code="bad_parameter")
    station, text = None, request.args.get("station", "")
    if text:
        known = (Station.id == int(text)) if text.isascii() and text.isdigit() and len(text) <= 18 else None
        station = Station.get_or_none(known & (getattr(Station, node.column) == node.id)) if known is not None else None
        if station is None:
            raise BadRequest(_("There is no such station here."), "station", code="bad_parameter")
    by = request.args.get("by", "") or ("month" if station is not None else "place")
    if by not in ROWS:
        raise BadRequest(_("Lines are one of: %(names)s", names=", ".join(ROWS)), "by", code="bad_parameter")
    return Asked(asked_span(), "month" if station is not None and by not in UNITS else by, show, station)


def counted(node: Node, asked: Asked, keys: Sequence[str] = tuple(BY_KEY)) -> tuple[list[Line], dict[str, int]]:
    """The lines and the whole."""
    if asked.station is not None:
        narrow = Narrow(station=asked.station.id)
        lines = by_period(node, asked.span, asked.by, keys, narrow)
        there, wanted = checks.look_at(asked.station, as_of(asked.span)).count()
        whole = {key: total_of(BY_KEY[key], node, asked.span, narrow)[0] for key in keys if not BY_KEY[key].computed}
        return lines, {key: {"haves": there, "wanted": wanted}.get(key, whole.get(key, 0)) for key in keys}
    table = Table(node, asked.span, keys)
    if asked.by in UNITS:
        return by_period(node, asked.span, asked.by, keys), table.whole()
    return table.by_station() if asked.by == "station" else table.by_place(), table.whole()


# ---------------------------------------------------------------- the page

def figures_page() -> str:
    """The statistics of a span: columns of one group, shares of all, charts."""
    node = g.node
    asked = asked_figures(node)
    lines, whole = counted(node, asked)
    columns = [one for one in FIGURES if one.group == asked.show]
    shares = [one for one in SHARES if one.group == asked.show != "opinions"]  # eleven columns are wide enough
    whole_line = Line(_("In all"), node, asked.station.id if asked.station is not None else None, whole, asked.span)
    return render_template(
        "liaison_station/figures.html", title=_("Statistics of stations"), node=node, asked=asked, rows_by=_row_choices(),
        station=asked.station, station_url=f"{base_of(node)}/station/{asked.station.id}" if asked.station is not None else "",
        period=_("%(first)s to %(last)s", first=format_day(asked.span.first), last=format_day(asked.span.last)),
        spans=[{"label": label, "url": asked.url(node, **{"from": one.first.isoformat(), "to": one.last.isoformat()}),
                "here": one == asked.span} for label, one in usual_spans(local_day())],
        groups=[{"label": str(label), "url": asked.url(node, show=key), "here": key == asked.show} for key, label in GROUPS],
        heads=[str(one.label) for one in columns], share_heads=[str(one.label) for one in shares],
        rows=[_line(one, node, asked, columns, shares) for one in lines],
        whole=_line(whole_line, node, asked, columns, shares, whole=True),
        cards=[_share_card(one, whole) for one in SHARES if whole.get(one.bottom)],
        definitions=_definitions(), board_url=f"{base_of(node)}/board",
        map_url=f"{base_of(node)}/county-map", file_url=asked.url(node).replace("/figures?", "/figures-file?"),
        charts=figure_charts.of_group(node, asked.span, asked.show, lines, whole, asked.station, asked.by),
        trends=figure_charts.trends(node, asked.span, asked.show, asked.station))


def _row_choices() -> list[tuple[str, str]]:
    return [("place", _("Divisions below")), ("station", _("Stations")), ("month", _("Months")), ("quarter", _("Quarters")),
            ("year", _("Single years"))]


def usual_spans(today: date) -> list[tuple[str, Span]]:
    """Spans that are asked for most: month, quarter and year, the present one until its last day and the one before."""
    month, year = today.replace(day=1), date(today.year, 1, 1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)

    def before(first: date, months: int) -> date:
        index = first.year * 12 + first.month - 1 - months
        return date(index // 12, index % 12 + 1, 1)

    def end(first: date, months: int) -> date:
        return before(first, -months) - timedelta(days=1)
    return [(_("This month"), Span(month, end(month, 1))), (_("Last month"), Span(before(month, 1), end(before(month, 1), 1))),
            (_("This quarter"), Span(quarter, end(quarter, 3))),
            (_("Last quarter"), Span(before(quarter, 3), end(before(quarter, 3), 3))),
            (_("This year until today"), Span(year, today)), (_("Last year"), Span(before(year, 12), end(before(year, 12), 12)))]


def _line(line: Line, node: Node, asked: Asked, columns: Sequence[Figure], shares: Sequence[Share],
          whole: bool = False) -> dict[str, Any]:
    """A line of the table: the name with its own statistics, each number with its records, the shares."""
    cells = []
    for one in columns:
        n = line.amounts.get(one.key)
        text = "–" if n is None else format_number(n)
        cells.append({"label": str(one.label), "text": text, "url": cell_url(one, line, node, asked, whole) if n else ""})
    cells += [{"label": str(one.label), "text": share_of(one, line.amounts)["value"], "url": ""} for one in shares]
    return {"label": line.label, "url": "" if whole else _line_url(line, node, asked), "cells": cells}


def _line_url(line: Line, node: Node, asked: Asked) -> str:
    if line.span is not None:
        return asked.url(node, **{"from": line.span.first.isoformat(), "to": line.span.last.isoformat(), "by": "station"
                                  if asked.station is None else asked.by})
    if line.station_id:
        return asked.url(node, station=line.station_id, by="month")
    if asked.by == "place" and line.node is not None and line.node.id != node.id and is_on(PLUGIN, line.node.id):
        return asked.url(line.node)
    return ""


def cell_url(figure: Figure, line: Line, node: Node, asked: Asked, whole: bool = False) -> str:
    """The address of the records that a number counts, or of the checklists for those that are computed."""
    if figure.computed:
        if line.station_id:
            return f"{base_of(node)}/station/{line.station_id}#checklists"
        day = {"day": as_of(asked.span).isoformat()}
        if not whole and line.node is not None:
            day |= {"own": "1"} if line.node.id == node.id else {"place": line.node.code}
        return f"{base_of(node)}/checks?{urlencode(day)}"
    narrow: dict[str, Any] = {"station": line.station_id}
    if not whole and line.station_id is None and line.span is None and line.node is not None:
        narrow |= {"own": 1} if line.node.id == node.id else {"place": line.node.code}
    if asked.station is not None:
        narrow["station"] = asked.station.id
    return records_url(node, figure.key, line.span or asked.span, **narrow)


def share_of(share: Share, amounts: Mapping[str, int]) -> dict[str, Any]:
    """A share as it is printed: a percentage with its two numbers, or the numbers alone when they are few."""
    if share.top not in amounts or share.bottom not in amounts:
        return {"value": "–", "counts": "", "top": 0, "bottom": 0, "share": 0, "small": True}
    return printed(share.of(amounts))


def printed(found: statistics.Percentage) -> dict[str, Any]:
    """A percentage as it is printed, with its two numbers; of few the two numbers only."""
    counts, cell = f"{format_number(found.top)} / {format_number(found.bottom)}", figures.percent_cell(found)
    if found.small and found.bottom:
        cell["value"] = counts
    return {"top": found.top, "bottom": found.bottom, "counts": counts, **cell}


def _share_card(share: Share, whole: Mapping[str, int]) -> dict[str, Any]:
    return {"label": str(share.label), "formula": str(share.formula), "rounding": str(statistics.ROUNDING),
            **share_of(share, whole)}


def _definitions() -> list[dict[str, str]]:
    return [_definition(key) for key in BY_KEY]


# ---------------------------------------------------------------- the same as a workbook and by REST

def figures_file() -> Any:
    """All columns of what was asked as a workbook, with a sheet that says how each is counted."""
    node = g.node
    asked = asked_figures(node)
    lines, whole = counted(node, asked)
    name = asked.station.name if asked.station is not None else node.name
    heads = [(dict(_row_choices())[asked.by], "text"), *((str(one.label), "int") for one in FIGURES),
             *((f"{one.label} (%)", "number") for one in SHARES)]
    rows: list[list[Any]] = [
        [line.label, *(line.amounts.get(one.key) for one in FIGURES), *(_percent(one, line.amounts) for one in SHARES)]
        for line in (*lines, Line(_("In all"), node, None, whole))]
    period = f"{asked.span.first.isoformat()}–{asked.span.last.isoformat()}"
    return workbook(f"{name} {_('Statistics of stations')} {period}", period, heads, rows, (_("How each figure is counted"), [
        (_("Division"), name), (_("Days"), period),
        *((one["label"], " ".join(filter(None, (one["formula"], one["exclusions"], one["cutoff"])))) for one in _definitions()),
        *((str(one.label), str(one.formula)) for one in SHARES)]))


def _percent(share: Share, amounts: Mapping[str, int]) -> float | None:
    found = share.of(amounts) if share.top in amounts and share.bottom in amounts else None
    return None if found is None or found.small or found.value is None else float(found.value)


def figures_operation() -> Any:
    """The statistics of a span for programs, with how each figure is counted."""
    asked = asked_figures(g.node)
    lines, whole = counted(g.node, asked)
    return json_answer({
        "from": asked.span.first.isoformat(), "to": asked.span.last.isoformat(), "whole": whole,
        "rows": [{"label": one.label, "station": one.station_id or None,
                  "division": one.node.code if one.node is not None and one.span is None else None,
                  "from": one.span.first.isoformat() if one.span is not None else None,
                  "to": one.span.last.isoformat() if one.span is not None else None, **one.amounts} for one in lines],
        "shares": [{"key": one.key, "label": str(one.label), "formula": str(one.formula), "n": whole[one.top],
                    "of": whole[one.bottom], "percent": None if (cell := one.of(whole)).small or cell.value is None
                    else str(cell.value)} for one in SHARES],
        "figures": [{"key": key, **_definition(key)} for key in BY_KEY]})


def _definition(key: str) -> dict[str, str]:
    one = BY_KEY[key]
    return {"label": str(one.label), "formula": str(one.formula), "exclusions": str(one.exclusions), "cutoff": str(one.cutoff)}

"""Charts beside the statistics: bars and months drawn as SVG by the core's parts, their numbers as text beside them."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from grid321.core.api import Node, class_label, format_number
from grid321.core.api import gettext as _

from . import figure_sources as src
from .activity_choices import KINDS as ACTIVITY_KINDS
from .checks_choices import KLASSES, MODELS
from .day_choices import SUBJECTS
from .deputy_choices import MANDATES
from .figure_records import base_of, records_url
from .figure_sources import Narrow, Source, Span
from .station_figures import BY_KEY, FATE_KEYS, Line, by_period
from .station_rules import kinds

TREND_MONTHS = 12


def bars(title: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A chart of bars: rows with label, n and address; each bar is as long as its part of the largest."""
    shown = [dict(row) for row in rows if row["n"]]
    most = max((row["n"] for row in shown), default=0)
    return {"label": title, "total": sum(row["n"] for row in shown), "rows": [
        {"text": format_number(row["n"]), "share": 100 * row["n"] / most, **row} for row in shown]}


def of_group(node: Node, span: Span, group: str, lines: Sequence[Line], whole: Mapping[str, int], station: Any,
             by: str) -> list[dict[str, Any]]:
    """The bars of a group of figures: what its records are, and the lines of the table beside each other."""
    if station is not None:
        return [_fates(node, span, whole, station)] if group == "opinions" else []
    if group == "stations":
        return [*tallies(node, span), *_completeness(node, lines, by)]
    if group == "deputies":
        levels = {code: str(label) for code, label in MANDATES}
        return [_values(node, span, title, key, source, "level", lambda code: levels.get(code, code)) for title, key, source in (
            (_("Deputies by congress"), "deputies", src.DEPUTIES), (_("Nowhere, by congress"), "nowhere", src.NOWHERE))]
    if group == "receptions":
        return [_beside(node, span, _("Reception days held, by division"), "held", lines, by)] if by == "place" else []
    if group == "activities":
        here = node.id
        return [_values(node, span, _("Activities by kind"), "activities", src.ACTIVITIES, "kind",
                        lambda code: class_label(ACTIVITY_KINDS.key, code, here)),
                *([_beside(node, span, _("Activities held, by division"), "activities", lines, by)] if by == "place" else [])]
    return [_fates(node, span, whole, None),
            _values(node, span, _("Opinions by class"), "opinions", src.opinions(), "kind",
                    lambda code: class_label(SUBJECTS.key, code, node.id))]


def tallies(node: Node, span: Span) -> list[dict[str, Any]]:
    """Stations that are open on the last day by kind, class and model; each bar leads to its stations."""
    none = _("None")
    found = []
    for column, title, known in (("kind", _("Stations by kind"), kinds(node.id)),
                                 ("klass", _("Stations by class"), {**_words(KLASSES), "": none}),
                                 ("model", _("Model stations"), {**_words(MODELS), "": none})):
        amounts = src.STATIONS.by_value(node, span, column)
        found.append(bars(title, [
            {"label": known.get(code, code), "n": amounts.get(code, 0), "url": _narrow_url(node, "stations", span, column, code)}
            for code in [*known, *sorted(set(amounts) - set(known))]]))
    return found


def _narrow_url(node: Node, key: str, span: Span, column: str, code: str) -> str:
    """The list behind a bar; an empty value is asked for, too."""
    url = records_url(node, key, span, **{column: code})
    return url if code else f"{url}&{column}="


def _values(node: Node, span: Span, title: str, key: str, source: Source, column: str, label: Any) -> dict[str, Any]:
    amounts = source.by_value(node, span, column)
    return bars(title, [{"label": label(code), "n": amounts[code], "url": _narrow_url(node, key, span, column, code)}
                        for code in sorted(amounts, key=lambda one: (-amounts[one], one))])


def _fates(node: Node, span: Span, whole: Mapping[str, int], station: Any) -> dict[str, Any]:
    return bars(_("What became of opinions"), [
        {"label": str(BY_KEY[key].label), "n": whole[key],
         "url": records_url(node, key, span, station=station.id if station is not None else None)} for key in FATE_KEYS])


def _beside(node: Node, span: Span, title: str, key: str, lines: Sequence[Line], by: str) -> dict[str, Any]:
    """The lines of the table for one figure."""
    return bars(title, [{"label": line.label, "n": line.amounts[key], "url": records_url(
        node, key, span, **({"own": 1} if line.node is not None and line.node.id == node.id
                            else {"place": line.node.code if line.node is not None else None}))} for line in lines])


def _completeness(node: Node, lines: Sequence[Line], by: str) -> list[dict[str, Any]]:
    """How complete the ten haves are, by division, in per cent."""
    rows = []
    for line in lines if by == "place" else ():
        wanted = line.amounts.get("wanted", 0)
        if wanted and line.node is not None:
            percent = 100 * line.amounts["haves"] / wanted
            own = line.node.id == node.id
            rows.append({"label": line.label, "n": line.amounts["haves"], "share": percent, "text": f"{percent:.0f} %",
                         "url": f"{base_of(node)}/checks?" + ("own=1" if own else f"place={line.node.code}")})
    return [{"label": _("Ten haves complete, by division"), "total": None, "rows": rows}] if rows else []


def trends(node: Node, span: Span, group: str, station: Any) -> list[dict[str, Any]]:
    """The twelve months that end with the span, as bars beside each other."""
    series = {"receptions": ("planned", "held"), "activities": ("activities", "persons"), "opinions": ("opinions", "settled")}
    keys = series.get(group)
    if keys is None:
        return []
    last = span.last
    index = last.year * 12 + last.month - 1 - (TREND_MONTHS - 1)
    lines = by_period(node, Span(date(index // 12, index % 12 + 1, 1), last), "month", keys,
                      Narrow(station=station.id) if station is not None else src.EVERYTHING)
    return [{"label": _("Month by month"), "months": [f"{one.span.first:%Y-%m}" for one in lines if one.span is not None],
             "series": [{"label": str(BY_KEY[key].label), "values": [one.amounts[key] for one in lines]} for key in keys]}]


def _words(options: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Fixed choices as a mapping, without “none”, which stations keep as nothing."""
    return {code: str(label) for code, label in options if code != "none"}

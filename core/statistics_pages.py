"""The statistics of a division: page, one measure in detail, cases behind a number, table for spreadsheets, JSON.

The page shows figures with their formula, what they leave out and their cut-off date; every number leads to its cases.
Divisions stand in the order of the tree: nothing here is a ranking.
"""
from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, jsonify, render_template, request

from . import panels, xlsx
from . import statistics as st
from .access import current_actor, guarded
from .db import local_day
from .errors import BadRequest, NotFound
from .i18n import format_day
from .i18n import gettext as _
from .registry import registry
from .statistics_view import (
    Shown,
    bank_view,
    by_child_view,
    case_rows,
    label_of,
    month_label,
    ratio_view,
    tally_view,
    trend_view,
)

PERMISSION = "core.statistics.view"
_MONTH = re.compile(r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])")
MONTHS = 12


def register(app: Flask) -> None:
    """Add the routes of the statistics to the application."""
    routes = (("/d/<code>/core/statistics", "statistics", statistics_page),
              ("/d/<code>/core/statistics.csv", "statistics_csv", statistics_csv),
              ("/d/<code>/core/statistics/<measure>", "measure", measure_page),
              ("/d/<code>/core/statistics/<measure>/cases", "measure_cases", cases_page),
              ("/api/v1/d/<code>/core/statistics", "api_statistics", statistics_api))
    for rule, name, view in routes:
        app.add_url_rule(rule, f"core:{name}", guarded(view, PERMISSION, reach="covers"))


def asked_month() -> str:
    """The month the URL asks for, by default the present one. Raises ``BadRequest`` for anything that is no month."""
    text = request.args.get("month", "")
    if not text:
        return st.this_month()
    if not _MONTH.fullmatch(text):
        raise BadRequest(_("This is not a month."), "month", _("Write it like 2026-03."), code="bad_parameter")
    if text > st.this_month():
        raise BadRequest(_("This month has not begun."), text, _("Choose the present month or an earlier one."),
                         code="bad_parameter")
    return text


def statistics_page() -> str:
    """All measures of the division in one page."""
    measures = st.shown_measures(g.node, current_actor())
    return render_template("statistics.html", **context(measures, asked_month()))


def measure_page(measure: str) -> str:
    """One measure with its table by division below and, for flows, its development over a year."""
    found = _measure(measure)
    return render_template("statistics.html", one=found.key, **context([found], asked_month(), found))


def _measure(key: str) -> Any:
    for measure in st.shown_measures(g.node, current_actor()):
        if measure.key == key:
            return measure
    raise NotFound(_("There is no such measure here."), key[:80], _("Choose one of the statistics page."))


def context(measures: list[Any], month: str, one: Any = None) -> dict[str, Any]:
    """What the template shows: see the comment at the head of ``statistics.html``."""
    node = g.node
    here = f"/d/{node.code}/core/statistics"
    shown = Shown(node, month)
    tallies = [tally_view(shown, m) for m in measures if isinstance(m, st.Tally)]
    funnels = [bank_view(shown, m) for m in measures if isinstance(m, st.Funnel)]
    compared = [m for m in measures if isinstance(m, st.Ratio | st.Tally)] if one is not None else [
        m for m in measures if isinstance(m, st.Ratio)]
    title = str(one.label) if one is not None else _("Statistics")
    return {
        "title": title, "node": node, "month": month, "months": month_options(month),
        "period": _("Figures up to %(day)s; the banks of %(month)s.", day=format_day(shown.today), month=month_label(month)),
        "cards": [ratio_view(shown, m) for m in measures if isinstance(m, st.Ratio | st.Overdue)],
        "tallies": tallies, "funnels": funnels, "by_child": by_child_view(shown, compared),
        "trends": [trend_view(shown, m, MONTHS) for m in measures if isinstance(m, st.Funnel)],
        "csv_url": f"{here}.csv?month={month}", "api_url": f"/api/v1{here}?month={month}",
        "all_url": here if one is not None else "", "panels": panels.render("statistics", None, None, current_actor(), node),
        "empty": None if measures else {
            "what": _("No statistics here"), "label": "", "url": "",
            "why": _("No plugin that counts something is switched on for %(place)s, or you may not see its records.",
                     place=node.name)},
    }


def month_options(chosen: str) -> list[dict[str, Any]]:
    """The last two years of months as choices, newest first."""
    months = st.months_back(st.this_month(), 24)
    if chosen not in months:
        months = [chosen, *months]
    return [{"value": month, "label": month_label(month), "selected": month == chosen} for month in reversed(months)]


# ---------------------------------------------------------------- cases behind a number of the flow

def cases_page(measure: str) -> str:
    """The cases of which a step was booked: sent up, sent down or received by a level in a month."""
    found = _measure(measure)
    level, kind = request.args.get("level", ""), request.args.get("kind", "")
    workflow = registry().workflow_of(found.entity)
    if not isinstance(found, st.Funnel) or workflow is None or level not in workflow.levels or kind not in (*st.IN, *st.OUT):
        raise BadRequest(_("The address of this list contains something unknown."), f"level={level[:20]} kind={kind[:20]}",
                         _("Follow a number of the statistics page."), code="bad_parameter")
    month = asked_month()
    after = request.args.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise BadRequest(_("The address of this list contains something unknown."), "after", code="bad_parameter")
    entity = registry().entity(found.entity)
    rows, last = case_rows(entity, workflow, g.node, current_actor(), level, kind, month, int(after))
    here = f"/d/{g.node.code}/core/statistics/{found.key}/cases?"
    asked = {"level": level, "kind": kind, "month": month}
    return render_template(
        "list.html", entity=entity, searchable=False, filters=[], query="", bulk=[], saved_views=[], rows=rows,
        title=_("%(kind)s, %(level)s, %(month)s", kind=label_of(kind), level=label_of(level), month=month_label(month)),
        columns=[{"key": key, "label": label} for key, label in (
            ("number", _("Number")), ("title", _("Title")), ("state", _("State")), ("at", _("When")))],
        actions=[], prev_url=None, next_url=here + urlencode({**asked, "after": last}) if last else None,
        count_text=_("%(count)s on this page", count=len(rows)),
        empty={"what": _("Nothing found"), "why": _("No step of this kind was booked."), "label": "", "url": ""})


# ---------------------------------------------------------------- for programs

def statistics_csv() -> Response:
    """The figures as a table that spreadsheets read (UTF-8 with mark)."""
    month = asked_month()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Measure"), _("Item"), _("Count"), _("Of"), _("Per cent"), _("Formula"), _("Without"), _("Cut-off")])
    for row in figures(month):
        item = row.get("item", "")
        writer.writerow([xlsx.neutralise(str(cell)) for cell in (
            row["label"], item, row["n"], row.get("of", ""), row.get("percent") or "", row["formula"], row["exclusions"],
            row["cutoff"])])
    name = f"statistics-{g.node.code}-{month}.csv"
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv",
                    headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"})


def statistics_api() -> Response:
    """All figures of the division as JSON."""
    month = asked_month()
    return jsonify({"division": g.node.code, "month": month, "cut_off": local_day().isoformat(),
                    "figures": figures(month)})


def figures(month: str) -> list[dict[str, Any]]:
    """Every figure that the actor may see at the division, flat."""
    shown = Shown(g.node, month)
    found: list[dict[str, Any]] = []
    for measure in st.shown_measures(g.node, current_actor()):
        head = {"measure": measure.key, "label": str(measure.label), "formula": str(measure.formula),
                "exclusions": str(measure.exclusions), "cutoff": str(measure.cutoff)}
        found += [{**head, **row} for row in shown.figures(measure)]
    return found

"""The monthly bulletin on matters and suggestions (问题与建议办理情况通报): figures with formula and cut-off, units without rank.

Everything is read from maintained counts; what is overdue is counted on the index (level, due). Divisions and units stand in the
order of the tree and of their list: a comparison, never a ranking (domain §9).
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, DivisionDocument, Funnel, Node, Overdue, Ratio, figures, gettext, setting, sheet, statistics
from grid321.core.api import lazy_gettext as _

from . import evaluation_counts as counts
from . import evaluation_rates as rates
from .desk_late import late_cases
from .forms_suggestion import COLON
from .forms_values import P, unit_names

s = sheet
TERMS = ("opening", *statistics.IN, *statistics.OUT, "open")
OF_UNITS = ("answered", "in_time", "done", "satisfied", "met")


def bulletin(node: Node, actor: Actor, month: str) -> dict[str, Any]:
    """What the bulletin of a month says: banks of the month, rates of its year, units, what is overdue longest."""
    shown = figures.Shown(node, month)
    measures = [one for one in statistics.shown_measures(node, actor) if one.key.startswith(P)]
    funnels = [figures.bank_view(shown, one) for one in measures if isinstance(one, Funnel)]
    year, minimum = int(month[:4]), int(setting(f"{P}rate_minimum", node.id))
    found = rates.all_counted(counts.bags(node, year), minimum)
    late = [one for one in measures if isinstance(one, Overdue)]
    return {
        "period": figures.month_label(month), "year": year, "kinds": [figures.label_of(term) for term in TERMS],
        "funnels": [{**one, "summary": _summary(one)} for one in funnels],
        "matter_rates": [figures.ratio_view(shown, one) for one in measures if isinstance(one, Ratio)],
        "rates": [{"label": str(rate.label), "value": rates.shown(found[rate.key]), "formula": str(rate.formula),
                   "counts": f"{found[rate.key].top} / {found[rate.key].bottom}", "exclusions": str(rate.exclusions),
                   "note": rates.rounding_note(found[rate.key])} for rate in rates.RATES],
        "unit_heads": [str(rates.BY_KEY[key].label) for key in OF_UNITS], "units": _units(node, year, minimum),
        "late": [{**row, "days": row["days_text"]} for row in late_cases(node, actor, late)],
        "rounding": str(statistics.ROUNDING), "cutoff": str(rates.CUTOFF), "minimum": minimum}


def _summary(funnel: dict[str, Any]) -> str:
    """One sentence: collected, solved, open, over all levels."""
    total = {kind: sum(cell["n"] for level in funnel["levels"] for cell in level["cells"] if cell["kind"] == kind)
             for kind in ("collected", "solved", "open")}
    return gettext("%(label)s: %(collected)s collected, %(solved)s solved, %(open)s open at the end.", label=funnel["label"],
                   **total)


def _units(node: Node, year: int, minimum: int) -> list[dict[str, Any]]:
    bags = counts.bags_by_unit(node, year)
    names = unit_names(bags)
    found = []
    for unit in sorted(bags):
        of_unit = rates.all_counted(bags[unit], minimum, units=True)
        handed = sum(n for marks, n in bags[unit].get("unit", {}).items() if rates.COUNTS in marks)
        found.append({"name": names.get(unit, ""), "handed": handed, "cells": [rates.shown(of_unit[key]) for key in OF_UNITS]})
    return found


_FUNNEL = s.Table((34, *(22 for _one in TERMS)), (
    s.heads(_("Level"), *(f"{{{{ kinds[{place}] }}}}" for place in range(len(TERMS)))),
    s.Each("level in funnel.levels", (s.Row((s.Cell("{{ level.label }}"), *(
        s.Cell(f"{{{{ level.cells[{place}].text }}}}", align="right") for place in range(len(TERMS))))),))))

SHEET = s.Sheet((
    s.Title(("{{ place.name }}", "{{ document.label }}")),
    s.Line("{{ period }}", _("Printed on {{ printed }}")),
    s.Heading(_("1. The month in short")),
    s.Each("funnel in funnels", (s.Text("{{ funnel.summary }}", "body"),)),
    s.When("late", (s.Text(_("{{ late|length }} cases that are overdue longest stand at the end."), "body"),)),
    s.Heading(_("2. Banks by level")),
    s.Each("funnel in funnels", (s.Text("{{ funnel.label }}", "note", keep=True), _FUNNEL)),
    s.When("matter_rates", (
        s.Heading(_("3. Rates of matters")),
        s.Table((46, 26, 26, 90, 70), (
            s.heads(_("Rate"), _("Value"), _("Counts"), _("Formula"), _("Left out")),
            s.Each("one in matter_rates", (s.Row((
                s.Cell("{{ one.label }}"), s.Cell("{{ one.value }}", align="right"), s.Cell("{{ one.counts }}", align="right"),
                s.Cell("{{ one.formula }}"), s.Cell("{{ one.exclusions }}"))),)))))),
    s.Heading(_("4. Rates of suggestions handed over in {{ year }}")),
    s.Table((46, 26, 26, 90, 70), (
        s.heads(_("Rate"), _("Value"), _("Counts"), _("Formula"), _("Left out")),
        s.Each("one in rates", (s.Row((
            s.Cell("{{ one.label }}"), s.Cell("{{ one.value }}", align="right"), s.Cell("{{ one.counts }}", align="right"),
            s.Cell("{{ one.formula }}{% if one.note %}\n{{ one.note }}{% endif %}"), s.Cell("{{ one.exclusions }}"))),)))),
    s.When("units", (
        s.Heading(_("5. Units, in the order of their list")),
        s.Table((70, 24, *(33 for _one in OF_UNITS)), (
            s.heads(_("Unit"), _("Handed over"), *(f"{{{{ unit_heads[{place}] }}}}" for place in range(len(OF_UNITS)))),
            s.Each("one in units", (s.Row((
                s.Cell("{{ one.name }}"), s.Cell("{{ one.handed|number }}", align="right"),
                *(s.Cell(f"{{{{ one.cells[{place}] }}}}", align="right") for place in range(len(OF_UNITS))))),)))))),
    s.When("late", (
        s.Heading(_("6. Overdue longest")),
        s.Table((24, 54, 112, 44, 24), (
            s.heads(_("Kind"), _("Number"), _("Title"), _("Division"), _("Overdue for")),
            s.Each("one in late", (s.Row((
                s.Cell("{{ one.label }}"), s.Cell("{{ one.number }}"), s.Cell("{{ one.title }}"), s.Cell("{{ one.where }}"),
                s.Cell("{{ one.days }}"))),)))))),
    s.Text((_("Cut-off"), COLON, "{{ cutoff }}"), "note"),
    s.Text("{{ rounding }}", "note"),
    s.Text(_("Fewer than {{ minimum }} counted: shown as numbers and not compared. The order says nothing about who is better."),
           "note"),
    s.Sign(_("In charge (signature, seal):"), _("Printed on {{ printed }}"))), s.WIDE)

DOCUMENTS = (DivisionDocument(f"{P}bulletin", _("Bulletin on matters and suggestions"), "core.month.view", SHEET, bulletin),)

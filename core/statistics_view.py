"""What the statistics page shows of a measure: texts, shares, and the address of the cases behind each number."""
from __future__ import annotations

import calendar
from collections import Counter as Bag
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from . import counters, db, snapshot
from . import statistics as st
from .access import scoped
from .actor import SYSTEM
from .divisions import LEVEL_LABELS
from .entity import Entity
from .faces import face_of
from .field_base import framed
from .filters import known_parameters
from .i18n import format_day, format_number, format_time
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .registry import registry
from .schemas import fields_of
from .tree import Node
from .workflow import Workflow

KINDS = {"opening": _l("Opening"), "collected": _l("Collected"), "received": _l("Received"), "solved": _l("Solved"),
         "closed": _l("Closed, not solved"), "sent_up": _l("Sent up"), "sent_down": _l("Sent down"),
         "withdrawn": _l("Withdrawn"), "joined": _l("Joined to another"), "open": _l("Open")}
PAGE = 50


def label_of(key: str) -> str:
    """The name of a kind of step or of a level."""
    found = KINDS.get(key) or LEVEL_LABELS.get(key)
    return str(found) if found is not None else key


def month_label(month: str) -> str:
    """A month in words: 2026年3月, or March 2026."""
    first = date(int(month[:4]), int(month[5:7]), 1)
    return format_day(first).replace("1日", "") if "日" in format_day(first) else first.strftime("%B %Y")


class Shown:
    """A division and a month, with every count read once."""

    def __init__(self, node: Node, month: str) -> None:
        self.node, self.month = node, month
        self.today = db.local_day()
        self._stock: dict[str, dict[str, Bag[str]]] = {}
        self._labels: dict[tuple[str, str], dict[str, str]] = {}

    def entity(self, measure: st.Measure) -> Entity:
        """The entity a measure counts."""
        return registry().entity(measure.entity)

    def workflow(self, measure: st.Measure) -> Workflow:
        """The workflow of that entity."""
        found = registry().every_version_of(measure.entity)
        assert found is not None
        return found

    def lives(self, measure: st.Measure) -> bool:
        """Whether the entity has a workflow: without one a column called ``state`` is a choice like any other."""
        return registry().every_version_of(measure.entity) is not None

    def stock(self, measure: st.Measure) -> Mapping[str, Bag[str]]:
        """The counts that any measure of this entity needs: one range read for the page."""
        found = self._stock.get(measure.entity)
        if found is None:
            columns: set[str] = set()
            for other in registry().measures.values():
                if other.entity == measure.entity:
                    columns.update(columns_read(other))
            found = self._stock[measure.entity] = st.stock(self.entity(measure), self.node, columns)
        return found

    def value_label(self, measure: st.Tally, value: str) -> str:
        """The words for a counted value, in the present language and as the county names it."""
        if not value:
            return _("not given")
        if measure.column == "state" and self.lives(measure):
            return str(self.workflow(measure).state(value).label)
        field = fields_of(self.entity(measure).schema).get(measure.column)
        if field is None:
            return label_of(value)
        with framed(self.node, SYSTEM):
            return field.display(value)

    def list_url(self, entity: Entity, pairs: list[tuple[str, str]]) -> str:
        """The address of the list with these filters; empty when there is none here or it does not know one of them."""
        if not snapshot.current().switches.is_on(entity.plugin, self.node):
            return ""  # the plugin is on only further down: its own pages do not exist here
        face = face_of(entity)
        known = known_parameters(face)
        if any(name not in known or value == "" for name, value in pairs):
            return ""
        return face.url(self.node.code) + ("?" + urlencode(pairs) if pairs else "")

    def part_url(self, entity: Entity, part: st.Part, counted: Mapping[str, int]) -> str:
        """The list of the records of a part: its values, or those counted values that belong to it."""
        values = part.values or tuple(value for value in counted if part.holds(value))
        return self.list_url(entity, [(part.column, value) for value in values]) if values else ""

    def figures(self, measure: st.Measure) -> list[dict[str, Any]]:
        """The figures of a measure as plain numbers, for programs."""
        entity = self.entity(measure)
        if isinstance(measure, st.Overdue):
            return [{"n": st.overdue(measure, entity, self.workflow(measure), self.node, self.today)}]
        if isinstance(measure, st.Ratio):
            found = st.ratio(measure, self.stock(measure))
            return [{"n": found.top, "of": found.bottom, "small": found.small,
                     "percent": None if found.value is None or found.small else str(found.value)}]
        if isinstance(measure, st.Tally):
            counted = self.stock(measure)[measure.column]
            return [{"item": value, "item_label": self.value_label(measure, value), "n": n}
                    for value, n in tally_items(self, measure, counted)]
        rows = []
        for bank in st.banks(entity, self.workflow(measure), self.node, self.month, measure.level_column):
            rows += [{"item": f"{bank.level}.{kind}", "item_label": f"{label_of(bank.level)}: {label_of(kind)}", "n": n,
                      "balanced": bank.balanced} for kind, n in bank_numbers(bank)]
        return rows


def columns_read(measure: st.Measure) -> tuple[str, ...]:
    """The counted columns a measure reads from the stock."""
    if isinstance(measure, st.Ratio):
        return (measure.top.column, measure.bottom.column)
    return (measure.column,) if isinstance(measure, st.Tally) else ()


def described(measure: st.Measure, shown: Shown) -> dict[str, Any]:
    """What every figure says about itself."""
    return {"key": measure.key, "label": str(measure.label), "formula": str(measure.formula),
            "exclusions": str(measure.exclusions), "cutoff": str(measure.cutoff),
            "more_url": f"/d/{shown.node.code}/core/statistics/{measure.key}?month={shown.month}"}


# ---------------------------------------------------------------- one measure

def ratio_view(shown: Shown, measure: st.Ratio | st.Overdue) -> dict[str, Any]:
    """A card: the percentage with its two numbers, or two numbers only when they are too few to compare."""
    entity = shown.entity(measure)
    if isinstance(measure, st.Overdue):
        return _overdue_view(shown, measure, entity)
    counted = shown.stock(measure)
    found = st.ratio(measure, counted)
    return {
        **described(measure, shown), **percent_cell(found),
        "counts": f"{format_number(found.top)} / {format_number(found.bottom)}",
        "rounding": str(st.ROUNDING),
        "url": shown.part_url(entity, measure.top, counted[measure.top.column]),
        "of_url": shown.part_url(entity, measure.bottom, counted[measure.bottom.column]), "top": found.top,
        "bottom": found.bottom, "small_text": _("Fewer than %(count)s: shown as numbers, not compared", count=measure.minimum)
        if found.small else "",
    }


def percent_cell(found: st.Percentage) -> dict[str, Any]:
    """How a ratio is printed: 58.07 %, or 3 of 4 when the denominator is small."""
    if found.value is None:
        return {"value": "–", "small": True, "share": 0}
    if found.small:
        return {"value": _("%(top)s of %(bottom)s", top=found.top, bottom=found.bottom), "small": True,
                "share": float(found.value)}
    return {"value": f"{found.value} %", "small": False, "share": float(found.value)}


def _overdue_view(shown: Shown, measure: st.Overdue, entity: Entity) -> dict[str, Any]:
    workflow = shown.workflow(measure)
    n = st.overdue(measure, entity, workflow, shown.node, shown.today)
    states = [state.key for state in workflow.states if not state.final and state.key not in measure.without]
    pairs = [("due_to", (shown.today - timedelta(days=1)).isoformat()), *(("state", state) for state in states)]
    text = _("more than %(count)s", count=format_number(n)) if n >= st.LIVE_LIMIT else format_number(n)
    return {**described(measure, shown), "value": text, "counts": "", "small": False, "share": 0, "rounding": "",
            "small_text": "", "url": shown.list_url(entity, pairs), "of_url": "", "top": n, "bottom": None}


def tally_items(shown: Shown, measure: st.Tally, counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """(value, n) in the order of the workflow, of the choices or of the values; with nothing counted left out."""
    if measure.column == "state" and shown.lives(measure):
        order = [state.key for state in shown.workflow(measure).states]
    else:
        field = fields_of(shown.entity(measure).schema).get(measure.column)
        with framed(shown.node, SYSTEM):
            order = [code for code, _label in (field.options() or [])] if field is not None else []
    rest = sorted(value for value in counted if value not in order)
    return [(value, counted[value]) for value in (*order, *rest)
            if counted.get(value) and (value or not measure.skip_empty)]


def tally_view(shown: Shown, measure: st.Tally) -> dict[str, Any]:
    """Counts per value with the share of the longest bar and the list behind each."""
    entity = shown.entity(measure)
    items = tally_items(shown, measure, shown.stock(measure)[measure.column])
    top = max((n for _value, n in items), default=0)
    rows = [{"label": shown.value_label(measure, value), "n": n, "text": format_number(n), "share": 100 * n / top if top else 0,
             "url": shown.list_url(entity, [(measure.column, value)])} for value, n in items]
    total = sum(n for _value, n in items)
    return {**described(measure, shown), "rows": rows, "total": total, "total_text": format_number(total)}


def bank_numbers(bank: st.Bank) -> list[tuple[str, int]]:
    """The terms of the balance law in its order."""
    return [("opening", bank.opening), *((kind, bank.flows[kind]) for kind in (*st.IN, *st.OUT)), ("open", bank.open)]


def bank_view(shown: Shown, measure: st.Funnel) -> dict[str, Any]:
    """The table of the balance law: a row per level, a column per term, and in words whether it balances."""
    entity, workflow = shown.entity(measure), shown.workflow(measure)
    levels = []
    for bank in st.banks(entity, workflow, shown.node, shown.month, measure.level_column):
        cells = [{"kind": kind, "label": label_of(kind), "n": n, "text": format_number(n),
                  "url": _bank_url(shown, measure, entity, workflow, bank.level, kind) if n else ""}
                 for kind, n in bank_numbers(bank)]
        levels.append({"level": bank.level, "label": label_of(bank.level), "cells": cells, "balanced": bank.balanced,
                       "word": _("does not balance") if not bank.balanced else _("balanced, closed") if bank.frozen
                       else _("balanced")})
    return {**described(measure, shown), "levels": levels,
            "kinds": [label_of(kind) for kind in ("opening", *st.IN, *st.OUT, "open")]}


def _bank_url(shown: Shown, measure: st.Funnel, entity: Entity, workflow: Workflow, level: str, kind: str) -> str:
    if kind == "opening":
        return ""
    if kind == "open":
        if not measure.level_column or shown.month != st.this_month():
            return ""
        states = [state.key for state in workflow.states if not state.final]
        return shown.list_url(entity, [(measure.level_column, level), *(("state", state) for state in states)])
    asked = urlencode({"level": level, "kind": kind, "month": shown.month})
    return f"/d/{shown.node.code}/core/statistics/{measure.key}/cases?{asked}"


def trend_view(shown: Shown, measure: st.Funnel, count: int) -> dict[str, Any]:
    """Collected and solved month by month."""
    months = st.months_back(shown.month, count)
    found = st.trend(shown.entity(measure), shown.workflow(measure), shown.node, months)
    return {"label": _("Collected and solved by month"), "months": months,
            "series": [{"key": kind, "label": label_of(kind), "values": [found[month][kind] for month in months]}
                       for kind in ("collected", "solved")]}


# ---------------------------------------------------------------- divisions side by side

def by_child_view(shown: Shown, measures: list[Any]) -> dict[str, Any] | None:
    """The divisions below in the order of the tree, one column per ratio; those with the plugin off are left out."""
    now = snapshot.current()
    if not measures:
        return None
    entity = shown.entity(measures[0])
    compared = [m for m in measures if m.entity == entity.key]
    children = [child for child in now.tree.children(shown.node) if now.switches.on_below(entity.plugin, child, now.tree)]
    if not children:
        return None
    counted_by = counters.columns_of(entity)
    whole = "state" if "state" in counted_by else counted_by[0]  # its values together are all records
    columns = sorted({column for measure in compared for column in columns_read(measure)} | {whole})
    counted = st.stock_by_child(entity, children, columns)
    rows = []
    for child in children:
        here = Shown(child, shown.month)
        mine = counted[child.id]
        total = sum(mine[whole].values())
        cells = [{"text": format_number(total), "small": False, "url": here.list_url(entity, []) if total else ""}]
        for measure in compared:
            cells += _child_cells(here, measure, mine)
        rows.append({"name": child.name, "code": child.code, "url": f"/d/{child.code}/core/statistics", "cells": cells})
    return {"label": _("By division, in the order of the tree"), "columns": [
        str(entity.label), *(label for measure in compared for label in _child_columns(shown, measure))], "rows": rows}


def _child_columns(shown: Shown, measure: Any) -> list[str]:
    if isinstance(measure, st.Ratio):
        return [str(measure.label)]
    counted = shown.stock(measure)[measure.column]
    return [shown.value_label(measure, value) for value, _n in tally_items(shown, measure, counted)]


def _child_cells(here: Shown, measure: Any, counted: Mapping[str, Bag[str]]) -> list[dict[str, Any]]:
    entity = here.entity(measure)
    if isinstance(measure, st.Ratio):
        found = st.ratio(measure, counted)
        return [{"text": percent_cell(found)["value"], "small": found.small,
                 "url": here.part_url(entity, measure.top, counted[measure.top.column]) if found.top else ""}]
    above = Shown(here.node, here.month)
    parent = snapshot.current().tree.parent(here.node)
    if parent is not None:
        above = Shown(parent, here.month)
    order = tally_items(above, measure, above.stock(measure)[measure.column])
    return [{"text": format_number(counted[measure.column][value]), "small": False,
             "url": here.list_url(entity, [(measure.column, value)]) if counted[measure.column][value] else ""}
            for value, _n in order]


# ---------------------------------------------------------------- cases behind a booked step

def case_rows(entity: Entity, workflow: Workflow, node: Node, actor: Any, level: str, kind: str, month: str,
              after: int) -> tuple[list[dict[str, Any]], int | None]:
    """Rows of the list of cases with a step of ``kind`` booked at ``level`` below ``node`` in ``month``.

    ``after`` is the ledger entry of the last row before; returns the rows and the entry to go on after, or None.
    """
    from .ledger import LedgerEntry

    tree = snapshot.current().tree
    first, last = month_span(month)
    query = (LedgerEntry.select(LedgerEntry.id, LedgerEntry.record_id, LedgerEntry.at, LedgerEntry.facts)
             .where((LedgerEntry.entity == entity.key) & (LedgerEntry.at >= first) & (LedgerEntry.at < last)
                    & LedgerEntry.step.in_(steps_booking(workflow, kind)) & (LedgerEntry.id > after))
             .order_by(LedgerEntry.id).tuples())
    found: list[tuple[int, int, Any]] = []
    for entry_id, record_id, at, facts in query.iterator():
        for place_id, booked_level, booked, *_times in (facts or {}).get("flows", ()):
            place = tree.get(place_id)
            if booked == kind and booked_level == level and place is not None and tree.covers(node, place):
                found.append((entry_id, record_id, at))
        if len(found) > PAGE:
            break
    more = found[PAGE - 1][0] if len(found) > PAGE else None
    found = found[:PAGE]
    model, face = entity.model, face_of(entity)
    title = getattr(model, entity.title, model.number)
    chosen = scoped(model.select(model.id, model.number, title, model.state).where(
        model.id.in_([row[1] for row in found] or [0])), entity, "view", node, actor)
    records = {row[0]: row[1:] for row in chosen.tuples()}
    base = face.url(node.code)
    labels = [_("Number"), _("Title"), _("State"), _("When")]
    rows = []
    for _entry, record_id, at in found:
        if record_id in records:
            number, name, state = records[record_id]
            here = workflow.state(state)
            shown = ((number, ""), (str(name), ""), (str(here.label), here.tone), (format_time(at), ""))
            rows.append({"id": record_id, "url": f"{base}{record_id}",
                         "parts": [(text, tone, "", label) for (text, tone), label in zip(shown, labels, strict=True)]})
    return rows, more


def steps_booking(workflow: Workflow, kind: str) -> list[str]:
    """The steps of which a booking of ``kind`` can come."""
    moves = {"sent_up": {"up"}, "sent_down": {"down"}, "received": {"up", "down"}}.get(kind)
    if kind == "collected":
        return ["create"]
    if moves is not None:
        return [step.key for step in workflow.transitions if step.moves.kind in moves] or [""]
    return [step.key for step in workflow.transitions if step.flow == kind or callable(step.flow)] or [""]


def month_span(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month in China and the first one after it, as naive UTC."""
    year, number = int(month[:4]), int(month[5:7])
    first = datetime.combine(date(year, number, 1), time()) - timedelta(hours=8)
    return first, first + timedelta(days=calendar.monthrange(year, number)[1])

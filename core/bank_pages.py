"""The bank of a division (问题库) month by month, the cases behind each figure, and its write-off ledger on paper."""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, render_template, request

from . import snapshot
from . import statistics as st
from .access import current_actor, guarded
from .banks import TERMS, Member, entities_at, flow_of, has_bank, members, next_banks, own_terms, records_of, terms_of_many
from .calendar import due_text
from .counters import CORRECTION, open_after
from .entity import Entity
from .errors import BadRequest, NotFound
from .faces import face_of
from .i18n import format_day, format_number, format_time
from .i18n import gettext as _
from .month_bulletin import state_text
from .month_rows import MonthClose
from .months import VIEW
from .references import labels
from .routing import bank
from .statistics_pages import asked_month, month_options
from .statistics_view import label_of, month_label
from .tree import Node

PAGE = 100


def register(app: Flask) -> None:
    """Add the pages of banks."""
    for rule, name, view in (("", "bank", bank_page), ("/cases", "bank_cases", cases_page), ("/print", "bank_print", print_page)):
        app.add_url_rule(f"/d/<code>/core/bank{rule}", f"core:{name}", guarded(view, VIEW, reach="covers"))


def asked_entity() -> Entity:
    """The entity the address asks for. Raises ``NotFound``."""
    key = request.args.get("entity", "")
    for entity in entities_at(g.node):
        if entity.key == key and current_actor().may(entity.permission("view"), g.node):
            return entity
    raise NotFound(_("There is no such bank here."), key[:80], _("Choose one of the page of banks."))


def cells(terms: dict[str, int], url: str = "") -> list[dict[str, Any]]:
    """The terms of the balance law as cells of a table, each with the list behind it."""
    return [{"kind": term, "label": label_of(term), "n": terms.get(term, 0), "text": format_number(terms.get(term, 0)),
             "url": f"{url}&kind={term}" if url and terms.get(term, 0) else ""} for term in TERMS]


def balanced(terms: dict[str, int]) -> bool:
    """True when the terms obey the balance law and none is negative."""
    return min(terms.get(term, 0) for term in TERMS) >= 0 and terms["open"] == open_after(terms["opening"], terms)


def bank_context(entity: Entity, node: Node, month: str, urls: bool = True) -> dict[str, Any]:
    """One entity's bank at a division: its own figures, those of the banks below, and how firm they are."""
    tree = snapshot.current().tree
    base = f"/d/{node.code}/core/bank/cases?" + urlencode({"entity": entity.key, "month": month}) if urls else ""
    found: dict[str, Any] = {"key": entity.key, "label": str(entity.label), "own": None, "rows": [], "corrections": []}
    if has_bank(entity, node):
        terms, row = own_terms(entity, node, month)
        text, tone = state_text(row, month)
        found |= {"own": cells(terms, base), "balanced": balanced(terms), "state": text, "tone": tone, "terms": terms,
                  "frozen": row is not None, "corrections": [
                      {"label": label_of(kind.removeprefix(CORRECTION)), "n": n} for kind, n in sorted(terms.items())
                      if kind.startswith(CORRECTION)],
                  "print_url": f"/d/{node.code}/core/bank/print?" + urlencode({"entity": entity.key, "month": month})}
    below = next_banks(entity, node)
    if below:
        many = terms_of_many(entity, below, month)
        closed = {one[0] for one in MonthClose.select(MonthClose.division_id).where(
            (MonthClose.month == month) & MonthClose.division_id.in_([one.id for one in below])).tuples()}
        found["rows"] = [{"name": tree.local_name(one, node), "url": f"/d/{one.code}/core/bank?month={month}", "cells":
                          cells(many[one.id]), "balanced": balanced(many[one.id]), "closed": one.id in closed}
                         for one in below if any(many[one.id].values())]
        found["silent"] = len(below) - len(found["rows"])
    return found


def bank_page() -> str:
    """The banks of the division in a month."""
    node, actor, month = g.node, current_actor(), asked_month()
    entities = [entity for entity in entities_at(node) if actor.may(entity.permission("view"), node)]
    shown = [bank_context(entity, node, month) for entity in entities]
    above = next((found for entity in entities if (found := bank(flow_of(entity), node)) is not None), None)
    elsewhere = above if above is not None and above.id != node.id and actor.may(VIEW, above) else None
    return render_template(
        "bank.html", title=_("Banks of matters"), banks=shown, months=month_options(month), month=month,
        period=month_label(month), month_url=f"/d/{node.code}/core/month/{month}",
        elsewhere={"name": elsewhere.name, "url": f"/d/{elsewhere.code}/core/bank?month={month}"} if elsewhere else None,
        kinds=[label_of(term) for term in TERMS], crumbs=[(node.name, f"/d/{node.code}/"), (_("Banks of matters"), "")],
        formula=str(st.Funnel("", "", "").formula), empty=None if shown else {
            "what": _("There is no bank here"), "label": "", "url": "",
            "why": _("No plugin whose matters lie in banks is switched on for %(place)s, or you may not see its records.",
                     place=node.name)})


# ---------------------------------------------------------------- the list behind a figure

def cases_page() -> str:
    """The cases that a figure counts."""
    node, month, entity = g.node, asked_month(), asked_entity()
    kind = request.args.get("kind", "")
    page = request.args.get("page", "1")
    if kind not in TERMS or not has_bank(entity, node) or not (page.isascii() and page.isdigit() and 0 < int(page[:6]) < 100_000):
        raise BadRequest(_("The address of this list contains something unknown."), f"kind={kind[:20]}",
                         _("Follow a number of the page of banks."), code="bad_parameter")
    wanted = [one for one in members(entity, node, month) if one.belongs(kind)]
    number = int(page)
    part = wanted[(number - 1) * PAGE:number * PAGE]
    records = records_of(entity, [one.record_id for one in part], node, current_actor())
    workflow, face = flow_of(entity), face_of(entity)
    heads = [("number", _("Number")), ("title", _("Title")), ("state", _("State now")), ("when", _("When"))]
    rows = []
    for one in part:
        record = records.get(one.record_id)
        if record is None:
            continue
        state = workflow.state(record.state)
        at = next((at for booked, at in one.kinds if booked == kind), record.created_at)
        parts = ((record.number, ""), (str(getattr(record, entity.title)), ""), (str(state.label), state.tone),
                 (format_time(at), ""))
        rows.append({"id": record.id, "url": face.url(node.code, record.id),
                     "parts": [(text, tone, "", label) for (text, tone), (_key, label) in zip(parts, heads, strict=True)]})
    here = f"/d/{node.code}/core/bank/cases?"
    asked = {"entity": entity.key, "month": month, "kind": kind}
    return render_template(
        "list.html", entity=entity, searchable=False, filters=[], query="", bulk=[], saved_views=[], rows=rows, actions=[],
        title=_("%(kind)s, %(place)s, %(month)s", kind=label_of(kind), place=node.name, month=month_label(month)),
        columns=[{"key": key, "label": label} for key, label in heads],
        count_text=_("%(count)s in all, %(here)s on this page", count=len(wanted), here=len(rows)),
        prev_url=here + urlencode({**asked, "page": number - 1}) if number > 1 else None,
        next_url=here + urlencode({**asked, "page": number + 1}) if len(wanted) > number * PAGE else None,
        crumbs=[(node.name, f"/d/{node.code}/"), (_("Banks of matters"), f"/d/{node.code}/core/bank?month={month}"),
                (label_of(kind), "")],
        empty={"what": _("Nothing found"), "why": _("No matter is counted here."), "label": "", "url": ""})


# ---------------------------------------------------------------- the write-off ledger

def print_page() -> str:
    """Every matter that lay in the bank during the month, with what became of it: the write-off ledger on paper."""
    node, month, entity = g.node, asked_month(), asked_entity()
    if not has_bank(entity, node):
        raise BadRequest(_("%(place)s keeps no bank of its own.", place=node.name), code="bad_parameter")
    from . import core_documents, documents

    return documents.page(core_documents.LEDGER, node, core_documents.ledger_page(node, month, [entity]),
                          back_url=f"/d/{node.code}/core/bank?month={month}",
                          docx_url=f"/d/{node.code}/core/form/write_off_ledger.docx?month={month}")


def ledger_values(entity: Entity, node: Node, month: str) -> dict[str, Any]:
    """The write-off ledger of one bank: its matters as far as the actor sees them, how many not, figures and anchor."""
    found = members(entity, node, month)
    records = records_of(entity, [one.record_id for one in found], node, current_actor())
    departments = labels("department", [record.department_id for record in records.values() if record.department_id])
    terms, row = own_terms(entity, node, month)
    rows = [_line(entity, one, records[one.record_id], departments) for one in found if one.record_id in records]
    return {"label": str(entity.label), "rows": rows, "hidden": len(found) - len(rows), "cells": cells(terms), "anchor": row,
            "state": state_text(row, month)[0]}


def _line(entity: Entity, one: Member, record: Any, departments: dict[int, str]) -> dict[str, str]:
    end = one.end
    came = None if one.opening else next(((kind, at) for kind, at in one.kinds if kind in st.IN), None)
    return {
        "number": record.number, "title": str(getattr(record, entity.title)),
        "came": f"{label_of(came[0])} {format_day(st.db.local_day(came[1]))}" if came else label_of("opening"),
        "with": departments.get(record.department_id, ""), "due": due_text(record.due),
        "end": f"{label_of(end[0])} {format_day(st.db.local_day(end[1]))}" if end else label_of("open"),
        "struck": bool(end and end[0] == "solved")}

"""Banks and month end over REST."""
from __future__ import annotations

from typing import Any

from flask import Flask, Response, g

from . import months, schemas
from . import statistics as st
from .access import current_actor, guarded
from .bank_pages import balanced
from .banks import has_bank, next_banks, own_terms, terms_of_many
from .errors import BadRequest, Invalid, NotFound
from .i18n import gettext as _
from .month_pages import CorrectionSchema, checked_month, known_months, visible_entities
from .month_rows import MonthClose, MonthCorrection
from .months import APPROVE, CLOSE, CORRECT, VIEW
from .rest import answer, read_body
from .statistics_pages import asked_month


def register(app: Flask) -> None:
    """Add the API routes of banks and months."""
    base = "/api/v1/d/<code>/core"
    for rule, name, view, permission, method in (
            (f"{base}/bank", "api_bank", get_bank, VIEW, "GET"), (f"{base}/month", "api_months", get_months, VIEW, "GET"),
            (f"{base}/month/<month>", "api_month", get_month, VIEW, "GET"),
            (f"{base}/month/<month>/close", "api_month_close", post_close, CLOSE, "POST"),
            (f"{base}/month/<month>/corrections", "api_corrections", get_corrections, VIEW, "GET"),
            (f"{base}/month/<month>/corrections", "api_correct", post_correction, CORRECT, "POST"),
            (f"{base}/correction/<rid:correction_id>", "api_decide", post_decision, APPROVE, "POST")):
        app.add_url_rule(rule, f"core:{name}", guarded(view, permission, reach="covers"), methods=[method])


def get_bank() -> Response:
    """The banks of a month: the terms of the division's own bank and of the banks below, by entity."""
    node, month = g.node, asked_month()
    found: dict[str, Any] = {}
    for entity in visible_entities(node):
        own = own_terms(entity, node, month) if has_bank(entity, node) else None
        below = next_banks(entity, node)
        many = terms_of_many(entity, below, month) if below else {}
        found[entity.key] = {
            "own": {**own[0], "balanced": balanced(own[0]), "closed": own[1] is not None} if own is not None else None,
            "below": [{"division": one.code, **many[one.id]} for one in below]}
    return answer({"division": node.code, "month": month, "formula": str(st.Funnel("", "", "").formula), "banks": found})


def row_json(row: MonthClose | None, month: str) -> dict[str, Any]:
    """A month as the API shows it."""
    found: dict[str, Any] = {"month": month, "closed": row is not None}
    if row is not None:
        found |= {"closed_at": row.closed_at.isoformat(timespec="milliseconds") + "Z", "position": row.position, "head": row.head,
                  "own": row.figures["own"], "below": row.figures["below"]}
    return found


def _row(month: str) -> MonthClose | None:
    found: MonthClose | None = MonthClose.get_or_none((MonthClose.division_id == g.node.id) & (MonthClose.month == month))
    return found


def get_months() -> Response:
    """The months of the division, newest first, and the one that is closed next."""
    node = g.node
    closed = {row.month: row for row in MonthClose.select().where(MonthClose.division_id == node.id)}
    return answer({"division": node.code, "next": months.next_to_close(node),
                   "items": [row_json(closed.get(month), month) for month in known_months(node)]})


def get_month(month: str) -> Response:
    """One month; while it is open also what is against closing it."""
    node, row = g.node, _row(checked_month(month))
    found = row_json(row, month)
    if row is None:
        waiting = months.waiting_below(node, month)
        plan = months.check(node, month, below=bool(waiting))
        found |= {"waiting": [one.code for one in waiting], "findings": [
            {"text": one.text, "url": one.url} for one in plan.findings]}
    return answer(found)


def post_close(month: str) -> Response:
    """Close the month: ``{"below": true}`` closes everything below that did not, lowest level first. Answers 201."""
    raw = read_body(empty=True)
    if set(raw) - {"below"} or type(raw.get("below", False)) is not bool:
        raise Invalid(_("The month was not closed"), errors={"below": [_("This must be yes or no (JSON: true or false).")]})
    rows = months.close(g.node, checked_month(month), current_actor(), below=raw.get("below", False))
    return answer({**row_json(rows[-1], month), "divisions": len(rows)}, 201)


def correction_json(row: MonthCorrection) -> dict[str, Any]:
    """A correction as the API shows it."""
    return {name: getattr(row, name) for name in ("id", "month", "entity", "from_kind", "to_kind", "n", "reason", "state",
                                                  "booked_month")}


def get_corrections(month: str) -> Response:
    """The corrections of a closed month."""
    query = MonthCorrection.select().where((MonthCorrection.division_id == g.node.id)
                                           & (MonthCorrection.month == checked_month(month))).order_by(MonthCorrection.id)
    return answer({"items": [correction_json(row) for row in query]})


def post_correction(month: str) -> Response:
    """Propose a correction: entity, from_kind, to_kind, n, reason. Answers 201."""
    raw = read_body()
    key = raw.pop("entity", "")
    entity = next((one for one in visible_entities(g.node) if one.key == key), None)
    if entity is None:
        raise NotFound(_("There is no such bank here."), str(key)[:80])
    data = schemas.load(CorrectionSchema, raw, node=g.node, actor=current_actor())
    return answer(correction_json(months.propose(g.node, checked_month(month), entity, data, current_actor())), 201)


def post_decision(correction_id: int) -> Response:
    """Approve or reject a proposed correction: ``{"approved": true}``. Only a second person may."""
    months.correction(g.node, correction_id)
    raw = read_body()
    if set(raw) != {"approved"} or type(raw["approved"]) is not bool:
        raise BadRequest(_("The request cannot be read."), "approved", _("This must be yes or no (JSON: true or false)."))
    return answer(correction_json(months.decide(g.node, correction_id, raw["approved"], current_actor())))

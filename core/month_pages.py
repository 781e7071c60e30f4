"""Month end in the browser: which months are closed, what is against closing the next, closing, corrections, the bulletin."""
from __future__ import annotations

import re
from typing import Any

from flask import Flask, g, render_template, request

from . import months, notices, snapshot
from . import statistics as st
from .access import current_actor, guarded
from .bank_pages import bank_context
from .banks import TERMS, entities_at
from .counters import IN, OUT
from .entity import Entity
from .errors import BadRequest, Conflict, Invalid, NotFound, Problem, Refused
from .fields import Choice, Int, LongText
from .forms import error_list, form_fields, read_form, typed_values
from .i18n import format_time
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .month_bulletin import state_text
from .month_rows import APPROVED, PROPOSED, REJECTED, MonthClose, MonthCorrection
from .months import APPROVE, CLOSE, CORRECT, VIEW
from .references import labels
from .registry import registry
from .schemas import EntitySchema
from .statistics_view import label_of, month_label
from .tree import Node

MONTH = re.compile(r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])")
STATES = {PROPOSED: (_l("proposed"), "warn"), APPROVED: (_l("approved"), "ok"), REJECTED: (_l("rejected"), "muted")}
KINDS = tuple((kind, kind) for kind in (*IN, *OUT))


class FlowKind(Choice):
    """A kind of flow, in words."""

    def __init__(self, label: Any = None, **rest: Any) -> None:
        super().__init__(label, options=KINDS, **rest)

    def options(self) -> list[tuple[str, str]]:
        """Every kind of flow with its name."""
        return [(kind, label_of(kind)) for kind, _same in KINDS]


class CorrectionSchema(EntitySchema):
    """What a closed month counted wrongly."""

    from_kind = FlowKind(_l("Was counted as"), required=True)
    to_kind = FlowKind(_l("Counts as"), required=True)
    n = Int(_l("How many"), min=1, max=1_000_000, required=True, default=1)
    reason = LongText(_l("Reason"), max=1000, required=True, min=4, help=_l("Name the matters by their numbers, no persons."))


def register(app: Flask) -> None:
    """Add the pages of month end."""
    base = "/d/<code>/core/month"
    for rule, name, view, permission, methods in (
            (base, "months", list_page, VIEW, ("GET",)), (f"{base}/<month>", "month", month_page, VIEW, ("GET",)),
            (f"{base}/<month>/close", "month_close", close_page, CLOSE, ("POST",)),
            (f"{base}/<month>/bulletin", "bulletin", bulletin_page, VIEW, ("GET",)),
            (f"{base}/<month>/correct", "month_correct", correct_page, CORRECT, ("GET", "POST")),
            ("/d/<code>/core/correction/<rid:correction_id>", "correction", decide_page, APPROVE, ("POST",))):
        app.add_url_rule(rule, f"core:{name}", guarded(view, permission, reach="covers"), methods=list(methods))


def checked_month(text: str) -> str:
    """The month of an address. Raises ``BadRequest``."""
    if not MONTH.fullmatch(text):
        raise BadRequest(_("This is not a month."), text[:20], _("Write it like 2026-03."), code="bad_parameter")
    return text


def url(node: Node, *parts: str) -> str:
    """The address of month end at a division, or of something below it."""
    return "/".join((f"/d/{node.code}/core/month", *parts))


def _crumbs(node: Node, *rest: tuple[str, str]) -> list[tuple[str, str]]:
    return [(node.name, f"/d/{node.code}/"), (_("Month end"), url(node) if rest else ""), *rest]


def known_months(node: Node, count: int = 24) -> list[str]:
    """The months a division may look at, newest first: from its first booking or close to the present one."""
    nodes = [node, *snapshot.current().tree.subtree(node)]
    first = min(months.first_booked(nodes).values(), default=st.this_month())
    return [month for month in reversed(st.months_back(st.this_month(), count)) if month >= first]


def list_page() -> str:
    """The months of the division: closed ones with their anchor, the one that comes next, the running one."""
    node = g.node
    closed = {row.month: row for row in MonthClose.select().where(MonthClose.division_id == node.id)}
    names = labels("account", [row.account_id for row in closed.values() if row.account_id])
    following = months.next_to_close(node)
    rows = []
    for month in known_months(node):
        row = closed.get(month)
        text, tone = (_("closed"), "ok") if row is not None else state_text(None, month)
        rows.append({"month": month, "at": format_time(row.closed_at) if row is not None else "",
                     "label": month_label(month), "url": url(node, month), "state": text, "tone": tone,
                     "who": names.get(row.account_id, _("System")) if row is not None else "",
                     "anchor": f"{row.position}:{row.head[:16]}…" if row is not None else "",
                     "next": month == following and months.is_over(month), "bulletin": url(node, month, "bulletin"),
                     "bank": f"/d/{node.code}/core/bank?month={month}"})
    return render_template("months.html", title=_("Month end"), rows=rows, crumbs=_crumbs(node), bank=node.level in
                           months.bank_levels())


def month_page(month: str) -> str:
    """One month: its figures, what is against closing it, and the button; or how it was closed and what was corrected."""
    return render_template("month.html", **month_context(checked_month(month)))


def month_context(month: str, problem: Problem | None = None) -> dict[str, Any]:
    """What the page of a month shows; ``problem`` is why it was not closed a moment ago."""
    node, actor = g.node, current_actor()
    row = MonthClose.get_or_none((MonthClose.division_id == node.id) & (MonthClose.month == month))
    found: tuple[Any, ...] = ()
    waiting: list[Node] = []
    refused = ""
    may = actor.may(CLOSE, node)
    if row is None:
        waiting = months.waiting_below(node, month)
        try:
            found = months.check(node, month, below=bool(waiting)).findings if may else ()
        except (Conflict, Invalid) as against:
            refused = " ".join(str(text) for text in (against.title, against.detail, against.remedy) if str(text))
    text, tone = state_text(row, month)
    shown = [bank_context(entity, node, month) for entity in visible_entities(node)]
    return {
        "title": _("Month end %(month)s", month=month_label(month)), "month": month, "row": row, "state": text, "tone": tone,
        "banks": shown, "kinds": [label_of(term) for term in TERMS], "findings": found, "refused": refused,
        "waiting": [{"name": snapshot.current().tree.local_name(one, node), "url": url(one, month)} for one in waiting[:40]],
        "waiting_count": len(waiting), "closed_at": format_time(row.closed_at) if row is not None else "",
        "who": labels("account", [row.account_id]).get(row.account_id, _("System")) if row is not None else "",
        "close_url": url(node, month, "close") if may and row is None and not refused and not found else "",
        "bulletin_url": url(node, month, "bulletin"), "bank_url": f"/d/{node.code}/core/bank?month={month}",
        "correct_url": url(node, month, "correct") if row is not None and actor.may(CORRECT, node) else "",
        "corrections": corrections(node, month), "problem_text": _text(problem), "may": may,
        "crumbs": _crumbs(node, (month_label(month), ""))}


def visible_entities(node: Node) -> list[Entity]:
    """The entities with banks here that the actor may see."""
    return [entity for entity in entities_at(node) if current_actor().may(entity.permission("view"), node)]


def _text(problem: Problem | None) -> str:
    if problem is None:
        return ""
    texts = [problem.title, problem.detail, *(text for found in problem.errors.values() for text in found), problem.remedy]
    return " ".join(str(text) for text in texts if str(text))


def corrections(node: Node, month: str = "", booked: str = "") -> list[dict[str, Any]]:
    """The corrections of a closed ``month``, or those ``booked`` in a month, as tables show them."""
    query = MonthCorrection.select().where(MonthCorrection.division_id == node.id)
    query = query.where(MonthCorrection.month == month) if month else query.where(MonthCorrection.booked_month == booked)
    rows = list(query.order_by(MonthCorrection.id))
    names = labels("account", sorted({who for row in rows for who in (row.proposed_by, row.decided_by) if who}))
    actor = current_actor()
    found = []
    for row in rows:
        entity = registry().entities.get(row.entity)
        label, tone = STATES[row.state]
        mine = actor.account_id == row.proposed_by
        found.append({
            "entity": str(entity.label) if entity is not None else row.entity, "from": label_of(row.from_kind),
            "to": label_of(row.to_kind), "n": row.n, "reason": row.reason, "state": str(label), "tone": tone,
            "month": month_label(row.month), "booked": month_label(row.booked_month) if row.booked_month else "",
            "proposed": f"{names.get(row.proposed_by, '')} {format_time(row.proposed_at)}",
            "decided": f"{names.get(row.decided_by, '')} {format_time(row.decided_at)}" if row.decided_at else "", "mine": mine,
            "url": f"/d/{node.code}/core/correction/{row.id}" if row.state == PROPOSED and not mine and actor.may(APPROVE, node)
            else ""})
    return found


def close_page(month: str) -> Any:
    """Close the month; everything below that did not is closed first, in one go, when the page said so."""
    node = g.node
    try:
        months.close(node, checked_month(month), current_actor(), below=request.form.get("below") == "1")
    except (Refused, Conflict, Invalid) as problem:
        return render_template("month.html", **month_context(month, problem)), problem.status
    return notices.go(url(node, month), "saved")


# ---------------------------------------------------------------- corrections

def correct_page(month: str) -> Any:
    """Propose a correction of a closed month."""
    node, month = g.node, checked_month(month)
    entities = [entity for entity in visible_entities(node) if entity.key in _frozen_entities(node, month)]
    entity = next((one for one in entities if one.key == request.values.get("entity")), entities[0] if entities else None)
    if entity is None:
        raise NotFound(_("%(month)s is not closed at %(place)s.", month=month, place=node.name))
    if request.method == "GET":
        return render_template("form.html", **_correction_form(month, entity, {"n": "1"}))
    try:
        form = {name: text for name, text in request.form.items() if name != "entity"}
        data = read_form((CorrectionSchema,), form, node=node, actor=current_actor())
        months.propose(node, month, entity, data, current_actor())
    except (Invalid, Conflict) as problem:
        context = _correction_form(month, entity, typed_values(request.form), problem)
        return render_template("form.html", **context), problem.status
    return notices.go(url(node, month) + "#corrections", "saved")


def _frozen_entities(node: Node, month: str) -> set[str]:
    row = MonthClose.get_or_none((MonthClose.division_id == node.id) & (MonthClose.month == month))
    return set(row.figures["own"]) if row is not None else set()


def _correction_form(month: str, entity: Entity, values: dict[str, str], problem: Problem | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem is not None else {}
    summary = error_list((CorrectionSchema,), errors)
    if problem is not None and not summary:
        summary = [{"field": "", "label": "", "message": _text(problem)}]
    node = g.node
    return {
        "entity": entity, "title": _("Correct %(month)s: %(label)s", month=month_label(month), label=str(entity.label)),
        "fields": form_fields((CorrectionSchema,), values, node=node, actor=current_actor(), errors=errors), "errors": summary,
        "action": url(node, month, "correct"), "cancel_url": url(node, month), "submit_label": _("Propose the correction"),
        "hidden": [("entity", entity.key)], "multipart": False, "version": "", "crumbs": _crumbs(
            node, (month_label(month), url(node, month)), (_("Correct"), "")),
        "intro": _("The closed month stays as it is. When a second person approves it, the correction is booked into the present "
                   "month and stands in its bulletin.")}


def decide_page(correction_id: int) -> Any:
    """Approve or reject a proposed correction."""
    months.correction(g.node, correction_id)
    word = request.form.get("answer", "")
    if word not in {"approve", "reject"}:
        raise BadRequest(_("The request cannot be read."), "answer", _("Choose approve or reject."))
    row = months.decide(g.node, correction_id, word == "approve", current_actor())
    return notices.go(url(g.node, row.month) + "#corrections", "saved")


def bulletin_page(month: str) -> str:
    """The bulletin (通报) of a month on paper."""
    if checked_month(month) > st.this_month():
        raise BadRequest(_("This month has not begun."), month, code="bad_parameter")
    from . import core_documents, document_pages, documents

    values = document_pages.division_values(core_documents.BULLETIN, g.node, month)
    return documents.page(core_documents.BULLETIN, g.node, values, back_url=url(g.node, month),
                          docx_url=f"/d/{g.node.code}/core/form/bulletin.docx?month={month}")

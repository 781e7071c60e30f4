"""The bulletin (通报) of a month as data, for the printed page and for the command: figures by level and division, formula,
cut-off, and the ledger's head when the month is closed."""
from __future__ import annotations

from typing import Any

from . import snapshot
from . import statistics as st
from .actor import Actor
from .banks import TERMS, entities_at, next_banks, terms_of_many
from .db import local_day
from .entity import Entity
from .i18n import format_day, format_time
from .i18n import gettext as _
from .month_rows import MonthClose, MonthCorrection
from .registry import registry
from .statistics_view import bank_numbers, label_of, month_label
from .tree import Node


def state_text(row: MonthClose | None, month: str) -> tuple[str, str]:
    """(words, tone) of how firm the figures of a month are."""
    if row is not None:
        return _("closed on %(day)s", day=format_time(row.closed_at)), "ok"
    if month == st.this_month():
        return _("running month, provisional"), "info"
    return _("not closed yet, provisional"), "warn"


def context(node: Node, month: str, actor: Actor) -> dict[str, Any]:
    """What the bulletin says of a division and a month, as far as ``actor`` may see the matters."""
    row = MonthClose.get_or_none((MonthClose.division_id == node.id) & (MonthClose.month == month))
    tables = [_table(entity, node, month) for entity in entities_at(node) if actor.may(entity.permission("view"), node)]
    funnel = st.Funnel("", "", "")
    return {
        "title": _("Bulletin"), "document": {"label": _("Bulletin on the matters of the month")}, "number": "", "place": node,
        "period": month_label(month), "tables": tables, "kinds": [label_of(term) for term in TERMS], "anchor": row,
        "closed_at": format_time(row.closed_at) if row is not None else "", "state": state_text(row, month)[0],
        "provisional": row is None, "formula": str(funnel.formula), "cutoff": str(funnel.cutoff),
        "printed": format_day(local_day()), "month": month}


def _table(entity: Entity, node: Node, month: str) -> dict[str, Any]:
    workflow = registry().workflow_of(entity.key)
    assert workflow is not None
    tree, below = snapshot.current().tree, next_banks(entity, node)
    many = terms_of_many(entity, below, month) if below else {}
    closed = {one[0] for one in MonthClose.select(MonthClose.division_id).where(
        (MonthClose.month == month) & MonthClose.division_id.in_([one.id for one in below] or [0])).tuples()}
    spoken = [one for one in below if any(many[one.id].values())]
    return {
        "label": str(entity.label), "has_below": bool(below), "silent": len(below) - len(spoken),
        "levels": [{"label": label_of(bank.level), "cells": [n for _term, n in bank_numbers(bank)]}
                   for bank in st.banks(entity, workflow, node, month)],
        "below": [{"name": tree.local_name(one, node), "cells": [many[one.id].get(term, 0) for term in TERMS],
                   "closed": one.id in closed} for one in spoken]}


def corrections_booked(node: Node, month: str) -> list[MonthCorrection]:
    """The approved corrections that were booked into a month of a division."""
    return list(MonthCorrection.select().where((MonthCorrection.division_id == node.id) & (
        MonthCorrection.booked_month == month)).order_by(MonthCorrection.id))


def as_text(said: dict[str, Any]) -> str:
    """The bulletin as plain text for a terminal or a mail."""
    mark = f"{_('PROVISIONAL')}: " if said["provisional"] else ""
    lines = [f"{said['place'].name}{said['document']['label']}", f"{said['period']}  {mark}{said['state']}", ""]
    for table in said["tables"]:
        lines += [str(table["label"]), "  ".join(("", *said["kinds"]))]
        for row in (*table["levels"], *table["below"]):
            name = row.get("label") or row.get("name")
            lines.append("  ".join((str(name), *map(str, row["cells"]))))
        lines.append("")
    for one in corrections_booked(said["place"], said["month"]):
        lines.append(_("Correction of %(month)s: %(count)s counted as “%(before)s” count as “%(after)s”: %(reason)s",
                       month=one.month, count=one.n, before=label_of(one.from_kind), after=label_of(one.to_kind),
                       reason=one.reason))
    lines += [f"{_('Formula')}: {said['formula']}", f"{_('Cut-off')}: {said['cutoff']}"]
    if said["anchor"] is not None:
        lines.append(_("Ledger position %(position)s, head %(head)s", position=said["anchor"].position, head=said["anchor"].head))
    return "\n".join(lines)

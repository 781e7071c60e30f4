"""What earlier reception days of a station left open: drafts of their registers, and opinions that are not settled."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from grid321.core.api import engine, format_day, local_day, registry
from grid321.core.api import gettext as _

from .day_choices import OPINION, PLUGIN
from .day_models import Opinion, Visit
from .reception_models import Reception

SHOWN = 10
MOST = 200
"""More than these are counted as this many."""


@dataclass(frozen=True)
class Left:
    """Something that an earlier day left open; ``case`` is the opinion, None for a draft."""

    day: date
    text: str
    visit: Visit | None = None
    case: Opinion | None = None


def open_before(reception: Reception) -> list[Left]:
    """What days before ``reception`` left open at its station: drafts first, then opinions by their due day. Two queries."""
    drafts = Visit.select().where(
        (Visit.station_id == reception.station_id) & (Visit.result == "draft") & (Visit.came_on < reception.day)
        & Visit.reception_id.is_null(False) & (Visit.reception_id != reception.id)).order_by(Visit.came_on, Visit.id).limit(MOST)
    cases = Opinion.select().where(
        (Opinion.station_id == reception.station_id) & Opinion.closed_at.is_null() & (Opinion.heard_on < reception.day)).order_by(
            Opinion.due.is_null(), Opinion.due, Opinion.id).limit(MOST)
    return [*(Left(one.came_on, one.text, visit=one) for one in drafts),
            *(Left(one.heard_on, one.title, case=one) for one in cases)]


def shown(found: list[Left], code: str) -> list[dict[str, Any]]:
    """The first of ``found`` as rows of a page of division ``code``; without name and telephone."""
    entity, here, today = registry().entity(OPINION), f"/d/{code}/{PLUGIN}", local_day()
    rows = []
    for one in found[:SHOWN]:
        row = {"day": format_day(one.day), "text": one.text or _("(nothing written yet)"), "number": "", "due": ""}
        if one.visit is not None:
            row |= {"url": f"{here}/day/{one.visit.reception_id}/line/{one.visit.id}", "state": _("Draft"), "tone": "warn"}
        elif one.case is not None:
            state = engine.workflow_for(entity, one.case).state(one.case.state)
            late = one.case.due is not None and one.case.due < today
            row |= {"url": f"{here}/opinion/{one.case.id}", "state": str(state.label), "number": one.case.number,
                    "tone": "bad" if late else state.tone or "info", "due": format_day(one.case.due) if one.case.due else ""}
        rows.append(row)
    return rows

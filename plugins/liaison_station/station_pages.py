"""Pages of stations beside those of their records, and the same by REST: the findings of the staffing rule, its confirmation."""
from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from flask import g, render_template, request

from grid321.core.api import (
    BadRequest,
    Invalid,
    Problem,
    Refused,
    current_actor,
    fetch,
    forms,
    json_answer,
    json_body,
    load_many,
    local_day,
    notices,
    registry,
)
from grid321.core.api import gettext as _

from . import station_papers, station_records, station_rules
from .station_choices import P
from .station_schemas import ConfirmSchema


def confirm_page(record_id: int) -> Any:
    """Confirm for a station that a full Party member is among deputy head and liaison officers."""
    station = _station(record_id)
    back = f"/d/{g.node.code}/liaison_station/station/{station.id}"
    values, problem = forms.start_values((ConfirmSchema,), request.args), None
    if request.method == "POST":
        values = forms.typed_values(request.form)
        try:
            data = forms.read_form((ConfirmSchema,), request.form, node=g.node, actor=current_actor())
            station_records.confirm_party(station, data["confirmed_on"], current_actor(), g.node)
            return notices.go(back, "saved")
        except (Invalid, Refused) as refused:
            problem = refused
    return render_template("form.html", **_form(station, values, problem, back)), problem.status if problem else 200


def _form(station: Any, values: dict[str, str], problem: Problem | None, back: str) -> dict[str, Any]:
    errors = dict(problem.errors) if problem else {}
    shown = forms.error_list((ConfirmSchema,), errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title} {problem.detail} {problem.remedy}"}]
    return {"title": _("Confirm the rule of the Party member"), "errors": shown, "action": request.path, "cancel_url": back,
            "fields": forms.form_fields((ConfirmSchema,), values, node=g.node, actor=current_actor(), errors=errors),
            "submit_label": _("Confirm"), "multipart": False, "version": "", "draft": False, "secrets_notice": False,
            "intro": station.name}


def confirm_operation(record_id: int) -> Any:
    """The same by REST."""
    found = _station(record_id)
    data = load_many((ConfirmSchema,), json_body(), node=g.node, actor=current_actor())
    station = station_records.confirm_party(found, data["confirmed_on"], current_actor(), g.node)
    return json_answer({"party_confirmed_on": station.party_confirmed_on.isoformat()})


def staffing_operation(record_id: int) -> Any:
    """What the staffing rule finds at a station, today or on ``?day=2026-11-15``."""
    station, day = _station(record_id), _day()
    return json_answer({"station": station.id, "day": day.isoformat(),
                        "findings": [asdict(one) for one in station_rules.staffing(station.id, day)]})


def papers_operation(record_id: int) -> Any:
    """The papers that hang in a station, today or on ``?day=2026-11-15``."""
    station, day = _station(record_id), _day()
    rows = [{"id": row.id, "kind": row.kind, "title": row.title, "edition": row.edition, "text": row.text,
             "adopted_on": row.adopted_on.isoformat()} for row in station_papers.in_force(station, day)]
    return json_answer({"station": station.id, "day": day.isoformat(), "papers": rows})


def _day() -> date:
    """The day asked for. Raises ``BadRequest``."""
    text = request.args.get("day", "")
    try:
        return date.fromisoformat(text) if text else local_day()
    except ValueError:
        raise BadRequest(_("This is not a day."), text[:20], _("Write it like 2026-03-15.")) from None


def _station(record_id: int) -> Any:
    return fetch(registry().entity(f"{P}station"), record_id, "view", g.node, current_actor())

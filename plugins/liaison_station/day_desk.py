"""The desk of a reception day: who is on duty, a line of the register in half a minute, the drafts below, the end of the day.

Made for a telephone first and without scripts: one column, the form on top, each thing one form of its own. A line carries a
mark, so that one that is sent twice (no answer, two presses) is stored once; what is typed is kept in the browser as a draft.
"""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, redirect, render_template, request

from grid321.core.api import (
    EntitySchema,
    Int,
    LongText,
    NotFound,
    Problem,
    attachments,
    class_label,
    current_actor,
    fetch,
    format_day,
    forms,
    local_day,
    notices,
    records,
    registry,
    require,
    scoped,
    sending,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import day_close, day_earlier, plan_choices, register
from .day_choices import KINDS, PLUGIN, RESULTS, SUBJECTS, VISIT
from .day_models import Opinion, Visit
from .day_roles import DESK
from .day_schemas import VisitSchema
from .deputy_models import Deputy
from .reception_models import Reception
from .station_fields import clock
from .station_models import Station

GIVEN = ("station", "reception", "came_on")
"""Fields of a line that the day gives."""
ORDER = ("text", "kind", "deputy", "heard_by", "name", "phone", "result", "answer", "subject")
"""Fields of a line as a talk goes: what was said comes first."""
FOLDED = ("persons", "mode", "wants_answer")
"""Fields whose usual value is right nearly always."""
BACK, AHEAD = timedelta(days=31), timedelta(days=31)
MOST = 60
PHOTOS = "image/jpeg,image/png,image/webp,application/pdf"


class Closing(EntitySchema):
    """What is asked at the end of a day."""

    voters = Int(_l("Voters received (person-times)"), min=0, max=10_000)
    summary = LongText(_l("Summary of the day"), max=4000, required=True, min=4, help=_l("No names of voters."))


# ---------------------------------------------------------------- the days

def days_page() -> Any:
    """Receptions of today, those that were not closed yet, those to come; one alone today is opened at once."""
    node, actor, today = g.node, current_actor(), local_day()
    entity = registry().entity(day_close.RECEPTION)
    query = scoped(Reception.select(), entity, "view", node, actor).where(
        Reception.state.in_(day_close.OPEN) & (Reception.day >= today - BACK) & (Reception.day <= today + AHEAD))
    found = list(query.order_by(Reception.day, Reception.from_minute, Reception.id).limit(MOST))
    now = [one for one in found if one.day == today]
    if len(found) == len(now) == 1:
        return redirect(_url(now[0]), 303)
    names = dict(Station.select(Station.id, Station.name).where(
        Station.id.in_(sorted({one.station_id for one in found}) or [0])).tuples())
    rows = [{"url": _url(one), "name": names.get(one.station_id, ""), "day": format_day(one.day), "time": _time(one),
             "when": "today" if one.day == today else "past" if one.day < today else "coming"} for one in found]
    return render_template("liaison_station/days.html", title=_("Reception days"), node=node, rows=rows)


# ---------------------------------------------------------------- one day

def desk_page(record_id: int) -> Any:
    """The desk of one reception day."""
    reception, place = _reception(record_id)
    return render_template("liaison_station/day.html", **_context(reception, place))


def line_page(record_id: int) -> Any:
    """Register a line; then the desk with an empty form again."""
    reception, place = _reception(record_id)
    try:
        note_line(reception, place)
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
        context = _context(reception, place, values=forms.typed_values(request.form), problem=problem)
        return render_template("liaison_station/day.html", **context), problem.status
    return notices.go(_url(reception), "saved")


def note_line(reception: Reception, place: Any, record: Visit | None = None) -> Visit:
    """Write the line of the form that was sent: a new one, or the draft ``record``. Raises what the register raises."""
    actor = current_actor()
    data = forms.read_form((VisitSchema,), request.form, node=place, actor=actor, without=_given(reception),
                           stored=record is not None, personal=("name", "phone"))
    if record is not None:
        return records.update(registry().entity(VISIT), record.id, data, actor, _version(), place)
    files = attachments.cleaned(request.files.getlist("files"))
    data |= {"station_id": reception.station_id, "reception_id": reception.id}
    return register.note_visit(data, actor, place, mark=sending.mark_of(registry().entity(VISIT), request.form), files=files)


def settle_page(record_id: int, line_id: int) -> Any:
    """A draft of the day: finish it, or throw it away."""
    reception, place = _reception(record_id)
    entity, actor = registry().entity(VISIT), current_actor()
    visit: Visit = fetch(entity, line_id, "edit", g.node, actor)
    if visit.reception_id != reception.id or visit.result != "draft":
        raise NotFound(_("There is no such draft."), remedy=_("Load the page of the day again."))
    if request.method == "GET":
        return render_template("liaison_station/settle.html", **_line_context(reception, place, _texts(visit), visit=visit))
    try:
        if request.form.get("throw_away"):
            records.delete(entity, visit.id, actor, _version(), g.node)
            return notices.go(_url(reception), "deleted")
        note_line(reception, place, visit)
    except Problem as problem:
        if problem.status not in {409, 412, 422}:
            raise
        context = _line_context(reception, place, forms.typed_values(request.form), visit=visit, problem=problem)
        return render_template("liaison_station/settle.html", **context), problem.status
    return notices.go(_url(reception), "saved")


def tick_page(record_id: int) -> Any:
    """Note who of those on duty came."""
    reception, _place = _reception(record_id)
    came = {int(text) for text in request.form.getlist("came") if text.isdecimal() and len(text) < 19}
    day_close.tick(reception, came, current_actor(), g.node)
    return notices.go(_url(reception), "saved")


def close_page(record_id: int) -> Any:
    """Close the day with its summary."""
    reception, place = _reception(record_id)
    try:
        data = forms.read_form((Closing,), request.form, node=place, actor=current_actor())
        day_close.close(reception, data["summary"], data.get("voters"), current_actor(), g.node)
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
        context = _context(reception, place, closing=forms.typed_values(request.form), problem=problem)
        return render_template("liaison_station/day.html", **context), problem.status
    return notices.go(f"/d/{g.node.code}/{PLUGIN}/reception/{reception.id}", "saved")


# ---------------------------------------------------------------- what the pages show

def _context(reception: Reception, place: Any, *, values: dict[str, str] | None = None, closing: dict[str, str] | None = None,
             problem: Problem | None = None) -> dict[str, Any]:
    count = register.totals(reception.id)
    start = {"voters": str(count["persons"]), "summary": reception.summary or register.summary_of(reception)}
    begun = {**forms.start_values((VisitSchema,), {}), **({"mode": "online"} if reception.mode == "online" else {})}
    found = _line_context(reception, place, values if values is not None else begun,
                          problem=problem if closing is None else None)
    errors = dict(problem.errors) if problem is not None and closing is not None else {}
    rows, older = _rows(reception), day_earlier.open_before(reception)
    left = {"earlier": day_earlier.shown(older, g.node.code), "earlier_count": len(older),
            "earlier_url": f"/d/{g.node.code}/{PLUGIN}/opinion/?station={reception.station_id}"}
    return {**found, **left, "tags": _tags(reception), "count": count, "duties": _duties(reception),
            "drafts": [row for row in rows if row["draft"]],
            "settled": [row for row in rows if not row["draft"]], "close_url": f"{_url(reception)}/close",
            "errors": found["errors"] if closing is None else _shown((Closing,), errors, problem),
            "closing": forms.form_fields((Closing,), closing or start, node=place, actor=current_actor(), errors=errors)}


def _line_context(reception: Reception, place: Any, values: dict[str, str], *, visit: Visit | None = None,
                  problem: Problem | None = None) -> dict[str, Any]:
    actor, errors = current_actor(), forms.by_field(registry().entity(VISIT), problem.errors) if problem else {}
    fields = forms.form_fields((VisitSchema,), values, node=place, actor=actor, errors=errors, without=_given(reception),
                               stored=visit is not None, personal=("name", "phone"))
    for one in fields:
        if one["name"] == "text":
            one["rows"] = 3
        elif one["name"] == "answer":
            one["rows"] = 2
        elif one["name"] == "deputy":
            _first_on_duty(one, reception)
    station = Station.get_by_id(reception.station_id)
    here = _url(reception)
    return {"title": _("Reception day: %(station)s", station=station.name), "reception": reception, "station": station,
            "day": format_day(reception.day), "time": _time(reception), "place_text": reception.place or station.address,
            "fields": sorted((one for one in fields if one["name"] in ORDER), key=lambda one: ORDER.index(one["name"])),
            "folded": [one for one in fields if one["name"] in FOLDED], "url": here, "coming": reception.day > local_day(),
            "closed": reception.closed_at is not None, "errors": _shown((VisitSchema,), errors, problem), "photos": PHOTOS,
            "action": f"{here}/line/{visit.id}" if visit is not None else f"{here}/line",
            "version": visit.version if visit is not None else "", "mark": sending.form_mark(request.form)}


def _given(reception: Reception) -> tuple[str, ...]:
    """What a line’s form does not ask: what the day gives, and a leader where none receives."""
    return GIVEN if reception.kind == register.LEADERS else (*GIVEN, "heard_by")


def _shown(schemas: Any, errors: dict[str, Any], problem: Problem | None) -> list[dict[str, str]]:
    shown = forms.error_list(schemas, errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title} {problem.detail} {problem.remedy}"}]
    return shown


def _first_on_duty(field: dict[str, Any], reception: Reception) -> None:
    """Offer those on duty first, and choose who heard the last line, or who came first."""
    duties = day_close.on_duty(reception.id)
    first = [str(duty.deputy_id) for duty in sorted(duties, key=lambda duty: duty.state != "came")]
    field["options"] = sorted(field["options"], key=lambda one: first.index(one[0]) if one[0] in first else len(first))
    if not field["value"]:
        last = Visit.select(Visit.deputy_id).where(
            (Visit.reception_id == reception.id) & Visit.deputy_id.is_null(False)).order_by(Visit.id.desc()).first()
        field["value"] = str(last.deputy_id) if last is not None else (first or [""])[0]


def _tags(reception: Reception) -> list[str]:
    """What is unlike an ordinary day: in the evening, a leaders’ day, by the net, outside the station."""
    found = [str(dict(plan_choices.KINDS)[reception.kind])] if reception.kind != "reception" else []
    if reception.mode != "offline":
        found.append(str(dict(plan_choices.MODES)[reception.mode]))
    return found + ([] if reception.inside else [_("Outside the station")])


def _duties(reception: Reception) -> list[dict[str, Any]]:
    duties = day_close.on_duty(reception.id)
    names = dict(Deputy.select(Deputy.id, Deputy.name).where(Deputy.id.in_([duty.deputy_id for duty in duties] or [0])).tuples())
    return [{"id": duty.id, "name": names.get(duty.deputy_id, ""), "came": duty.state == "came",
             "excused": duty.state == "excused"} for duty in duties]


def _rows(reception: Reception) -> list[dict[str, Any]]:
    """The lines of a day as the desk lists them, the newest first: without name and telephone."""
    lines, here = register.lines(reception.id), f"/d/{g.node.code}/{PLUGIN}"
    numbers = dict(Opinion.select(Opinion.id, Opinion.number).where(
        Opinion.id.in_([one.opinion_id for one in lines if one.opinion_id] or [0])).tuples())
    kinds, results = dict(KINDS), dict(RESULTS)

    def url(one: Visit) -> str:
        if one.result == "draft":
            return f"{_url(reception)}/line/{one.id}"
        return f"{here}/opinion/{one.opinion_id}" if one.opinion_id in numbers else f"{here}/visit/{one.id}"

    return [{"text": one.text or _("(nothing written yet)"), "kind": str(kinds[one.kind]), "result": str(results[one.result]),
             "draft": one.result == "draft", "persons": one.persons, "number": numbers.get(one.opinion_id, ""), "url": url(one),
             "subject": class_label(SUBJECTS.key, one.subject, one.division_id) if one.subject else ""} for one in lines]


def _texts(visit: Visit) -> dict[str, str]:
    """A draft as texts of its form; name and telephone stay out."""
    return {"kind": visit.kind, "text": visit.text, "deputy": str(visit.deputy_id or ""), "persons": str(visit.persons),
            "mode": visit.mode, "result": visit.result, "answer": visit.answer, "subject": visit.subject,
            "wants_answer": "1" if visit.wants_answer else "",
            "heard_by": visit.heard_by}


def _reception(record_id: int) -> tuple[Reception, Any]:
    """A reception whose day is run here, and its place. Raises ``NotFound`` or ``Forbidden``."""
    found: Reception = fetch(registry().entity(day_close.RECEPTION), record_id, "view", g.node, current_actor())
    place = tree().get(found.division_id)
    assert place is not None
    require(DESK, place)
    return found, place


def _version() -> int | None:
    text = request.form.get("_version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _time(reception: Reception) -> str:
    return f"{clock(reception.from_minute)}–{clock(reception.to_minute)}"


def _url(reception: Reception) -> str:
    return f"/d/{g.node.code}/{PLUGIN}/day/{reception.id}"

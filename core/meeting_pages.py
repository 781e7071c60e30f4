"""Pages of meetings beside the generic ones: agenda, decisions, holding, carrying out, correcting, the printed minutes."""
from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask, g, render_template, request

from . import forms, meeting_decisions, meeting_records, notices, records, snapshot
from .access import current_actor, fetch, guarded, require
from .calendar import due_text
from .entity import Entity
from .errors import BadRequest, Invalid
from .faces import face_of
from .i18n import format_day
from .i18n import gettext as _
from .meeting_panels import item_rows
from .meeting_records import HOLD, MEETING, HoldSchema
from .meetings import Meeting
from .registry import registry
from .schemas import fields_of
from .view_records import form_version
from .views import add_route, crumbs

EDIT = "core.meeting.edit"


def register(app: Flask) -> None:
    """Add the routes of meetings."""
    base = "/d/<code>/core/meeting/<rid:id>"
    for rule, name, view, permission, methods in (
            (f"{base}/agenda", "agenda", agenda_page, EDIT, ("GET", "POST")),
            (f"{base}/decisions", "decisions", save_decisions, EDIT, ("POST",)),
            (f"{base}/hold", "hold", hold_page, HOLD, ("GET", "POST")),
            (f"{base}/carry-out", "carry_out", carry_out_page, HOLD, ("POST",)),
            (f"{base}/correct", "correct", correct_page, HOLD, ("POST",)),
            (f"{base}/minutes", "minutes", minutes_page, MEETING.permission("view"), ("GET",))):
        app.add_url_rule(rule, f"{MEETING.key}:{name}", guarded(view, permission, MEETING.key), methods=list(methods))
    known = app.extensions["grid321"].registry
    for entity in known.entities.values():
        if known.newest.get(entity.key) is not None:
            add_route(app, entity, "put_on_agenda", "<rid:id>/agenda", put_on_agenda, MEETING.permission("create"),
                      methods=("POST",))


def url_of(meeting: Meeting) -> str:
    """The page of a meeting."""
    return face_of(MEETING).url(g.node.code, meeting.id)


def _crumbs(meeting: Meeting, label: str) -> Any:
    return crumbs(face_of(MEETING), g.node, (meeting.number, url_of(meeting)), label)


# ---------------------------------------------------------------- preparing

def agenda_page(id: int) -> Any:
    """Propose the open matters of the bank, all ticked; put the chosen ones on the agenda."""
    meeting = fetch(MEETING, id, "edit", g.node, current_actor())
    offered = meeting_records.proposals(meeting)
    if request.method == "POST":
        known = {f"{entity.key}:{record.id}": (entity, record.id) for entity, record in offered}
        chosen = [known[text] for text in request.form.getlist("case") if text in known]
        meeting_records.add(meeting, chosen, current_actor())
        return notices.go(url_of(meeting), "saved")
    rows = []
    for entity, record in offered:
        state = registry().workflow_of(entity.key).state(record.state)  # type: ignore[union-attr]
        rows.append({"value": f"{entity.key}:{record.id}", "number": record.number, "title": str(getattr(record, entity.title)),
                     "url": face_of(entity).url(g.node.code, record.id), "state": str(state.label), "tone": state.tone,
                     "due": due_text(record.due)})
    return render_template("meeting_agenda.html", title=_("Prepare the agenda"), rows=rows, back_url=url_of(meeting),
                           lede=_("%(number)s: open matters of the bank that wait for a meeting.", number=meeting.number),
                           crumbs=_crumbs(meeting, _("Agenda")))


def put_on_agenda(entity: Entity, id: int) -> Any:
    """Put one matter on the agenda of its holder's next meeting, from the matter's own page."""
    record = fetch(entity, id, "view", g.node, current_actor())
    require(MEETING.permission("create"), snapshot.current().tree.get(record.holder_id) or g.node)
    meeting_records.put_on_next(entity, record, current_actor())
    return notices.go(face_of(entity).url(g.node.code, id) + "#agenda", "saved")


def read_decisions(form: Any) -> dict[int, dict[str, Any]]:
    """The decisions that a browser sent: item id → values. Raises ``BadRequest`` or ``Invalid`` for a wrong day."""
    found: dict[int, dict[str, Any]] = {}
    for name, text in form.items():
        word, _minus, number = name.partition("-")
        if word != "decision":
            continue
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            raise BadRequest(_("The request cannot be read."), name[:40])
        department, limit = form.get(f"department-{number}", ""), form.get(f"limit-{number}", "")
        try:
            day = date.fromisoformat(limit) if limit.strip() else None
        except ValueError:
            raise Invalid(_("The decisions were not saved."), errors={f"item-{number}": [
                _("This must be a day written like 2026-03-15.")]}) from None
        found[int(number)] = {
            "decision": text, "department_id": int(department) if department.isascii() and department.isdigit() else None,
            "limit_on": day, "note": form.get(f"note-{number}", "").replace("\r\n", "\n").strip()[:1000]}
    return found


def save_decisions(id: int) -> Any:
    """Save what was decided about the items; a button of a row takes its item off."""
    meeting = fetch(MEETING, id, "edit", g.node, current_actor())
    meeting_records.decide(meeting, read_decisions(request.form), current_actor())
    off = request.form.get("off", "")
    if off.isascii() and off.isdigit():
        meeting_records.take_off(meeting, int(off[:18]))
    return notices.go(url_of(meeting), "saved")


# ---------------------------------------------------------------- held

def hold_page(id: int) -> Any:
    """The form of a held meeting's record with its quorum fields; sending it fixes the record."""
    node, actor = g.node, current_actor()
    meeting = fetch(MEETING, id, "hold", node, actor)
    meeting_records.require_own(meeting, actor)
    records.refuse_closed(MEETING, meeting)
    if request.method == "GET":
        values = {name: field.to_text(getattr(meeting, name)) for name, field in fields_of(HoldSchema).items()
                  if getattr(meeting, name) is not None}
        return render_template("form.html", **_hold_context(meeting, values))
    try:
        data = forms.read_form((HoldSchema,), request.form, node=node, actor=actor)
        meeting_records.hold(id, data, actor, form_version(), node)
    except Invalid as problem:
        return render_template("form.html", **_hold_context(meeting, forms.typed_values(request.form), problem)), problem.status
    return notices.go(url_of(meeting), "saved")


def _hold_context(meeting: Meeting, values: dict[str, str], problem: Invalid | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem else {}
    fields = forms.form_fields((HoldSchema,), values, node=g.node, actor=current_actor(), errors=errors)
    return {"entity": MEETING, "title": _("Hold the meeting"), "fields": fields, "version": meeting.version, "multipart": False,
            "errors": forms.error_list((HoldSchema,), errors), "action": f"{url_of(meeting)}/hold",
            "cancel_url": url_of(meeting), "submit_label": _("Fix the record"), "crumbs": _crumbs(meeting, _("Hold the meeting")),
            "intro": _("From then on the record stays as it is; a mistake is corrected by a new record. Its decisions can be "
                       "carried out in one go.")}


def carry_out_page(id: int) -> Any:
    """Take the decided steps, and say for each what came of it."""
    meeting = fetch(MEETING, id, "hold", g.node, current_actor())
    found = meeting_decisions.carry_out(meeting, current_actor(), g.node)
    rows = [{"id": one.record_id, "title": one.number, "ok": one.ok, "message": one.message,
             "url": face_of(registry().entity(one.entity)).url(g.node.code, one.record_id)
             if one.entity in registry().entities else ""} for one in found]
    good = sum(one.ok for one in found)
    return render_template("bulk.html", entity=MEETING, title=_("Decisions carried out: %(number)s", number=meeting.number),
                           results=rows, good=good, bad=len(rows) - good, back_url=url_of(meeting),
                           crumbs=_crumbs(meeting, _("Carry out")))


def correct_page(id: int) -> Any:
    """Begin a new record that replaces a held one."""
    meeting = fetch(MEETING, id, "hold", g.node, current_actor())
    return notices.go(url_of(meeting_decisions.correct(meeting, current_actor(), g.node)), "saved")


def minutes_page(id: int) -> str:
    """The record on paper: who met, quorum, every matter with its decision, room to sign."""
    meeting = fetch(MEETING, id, "view", g.node, current_actor())
    tree, face = snapshot.current().tree, face_of(MEETING)
    place = tree.get(meeting.division_id) or g.node
    kind = snapshot.current().classes.label("core.meeting_kind", meeting.kind, place)
    return render_template(
        "meeting_minutes.html", document={"label": kind}, number=meeting.number, title=kind, meeting=meeting, place=place,
        met_on=format_day(meeting.met_on) if meeting.met_on else "", rows=item_rows(meeting, g.node), entity=face.entity,
        back_url=url_of(meeting))

"""Meetings over REST, beside the generic routes of the entity: agenda, items with decisions, holding, carrying out."""
from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask, Response, g

from . import meeting_decisions, meeting_records, schemas, snapshot
from .access import current_actor, fetch, guarded
from .entity import Entity
from .errors import Invalid, NotFound
from .faces import face_of
from .i18n import gettext as _
from .meeting_pages import EDIT
from .meeting_records import HOLD, MEETING, HoldSchema
from .meetings import Meeting
from .registry import registry
from .rest import answer, read_body, record_json

ITEM = {"decision": str, "department": int, "limit_on": str, "note": str}


def register(app: Flask) -> None:
    """Add the API routes of meetings."""
    base = "/api/v1/d/<code>/core/meeting/<rid:id>"
    for rule, name, view, permission, method in (
            (f"{base}/items", "api_items", get_items, MEETING.permission("view"), "GET"),
            (f"{base}/items", "api_decide", put_items, EDIT, "PUT"),
            (f"{base}/hold", "api_hold", post_hold, HOLD, "POST"),
            (f"{base}/carry-out", "api_carry_out", post_carry_out, HOLD, "POST"),
            (f"{base}/correct", "api_correct", post_correct, HOLD, "POST"),
            ("/api/v1/d/<code>/core/agenda", "api_agenda", post_agenda, MEETING.permission("create"), "POST")):
        app.add_url_rule(rule, f"{MEETING.key}:{name}", guarded(view, permission, MEETING.key), methods=[method])


def case_entity(key: str) -> Entity:
    """The entity of cases of that key that is on here. Raises NotFound."""
    entity = registry().entities.get(key)
    if entity is None or registry().workflow_of(key) is None or not snapshot.current().switches.is_on(entity.plugin, g.node):
        raise NotFound(_("There is no such record"))
    return entity


def meeting_json(meeting: Meeting) -> dict[str, Any]:
    """A meeting with its items."""
    return {**record_json(face_of(MEETING), meeting, g.node.code), "items": [
        {"id": item.id, "entity": item.entity, "record": item.record_id, "decision": item.decision,
         "department": item.department_id, "limit_on": item.limit_on.isoformat() if item.limit_on else None, "note": item.note,
         "carried_out": item.used_entry is not None} for item in meeting_records.items(meeting.id)]}


def get_items(id: int) -> Response:
    """The meeting with its items."""
    return answer(meeting_json(fetch(MEETING, id, "view", g.node, current_actor())))


def put_items(id: int) -> Response:
    """Write decisions: ``{"items": [{"id", "decision", "department", "limit_on", "note"}]}``; items left out stay as they are."""
    meeting = fetch(MEETING, id, "edit", g.node, current_actor())
    meeting_records.decide(meeting, _decisions(read_body()), current_actor())
    return answer(meeting_json(meeting))


def _decisions(raw: dict[str, Any]) -> dict[int, dict[str, Any]]:
    rows = raw.get("items")
    if set(raw) != {"items"} or not isinstance(rows, list) or len(rows) > 500:
        raise Invalid(_("The decisions were not saved."), remedy=_("Send items: a list with id, decision, department, limit_on, "
                                                                    "note."), errors={"items": [_("This must be a list.")]})
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        if not isinstance(row, dict) or type(row.get("id")) is not int or set(row) - {"id", *ITEM} or any(
                row.get(name) is not None and type(row[name]) is not kind for name, kind in ITEM.items()):
            raise Invalid(_("The decisions were not saved."), errors={"items": [
                _("Each item has an id, a decision, and perhaps department, limit_on and note.")]})
        try:
            day = date.fromisoformat(row["limit_on"]) if row.get("limit_on") else None
        except ValueError:
            raise Invalid(_("The decisions were not saved."), errors={f"item-{row['id']}": [
                _("This must be a day written like 2026-03-15.")]}) from None
        note = schemas.load(_Note, {"note": row.get("note") or ""}, node=g.node, actor=current_actor())["note"]
        found[row["id"]] = {"decision": row.get("decision") or "", "department_id": row.get("department"), "limit_on": day,
                            "note": note or ""}
    return found


class _Note(schemas.EntitySchema):
    """The note of an item, read as strictly as any text."""

    note = meeting_records.LongText(max=1000)


def post_hold(id: int) -> Response:
    """Fix the record; the body has the fields of a held meeting."""
    meeting = fetch(MEETING, id, "hold", g.node, current_actor())
    data = schemas.load(HoldSchema, read_body(), node=g.node, actor=current_actor())
    return answer(meeting_json(meeting_records.hold(id, data, current_actor(), meeting.version, g.node)))


def post_carry_out(id: int) -> Response:
    """Take the decided steps; a result per item."""
    meeting = fetch(MEETING, id, "hold", g.node, current_actor())
    found = meeting_decisions.carry_out(meeting, current_actor(), g.node)
    return answer({"results": [{"item": one.item_id, "record": one.record_id, "number": one.number, "ok": one.ok,
                                "message": one.message} for one in found]})


def post_correct(id: int) -> Response:
    """Begin the record that replaces a held one."""
    meeting = fetch(MEETING, id, "hold", g.node, current_actor())
    return answer(meeting_json(meeting_decisions.correct(meeting, current_actor(), g.node)), 201)


def post_agenda() -> Response:
    """Put a case on the agenda of its holder's next meeting: ``{"entity", "record"}``; answers 201 with the meeting."""
    raw = read_body()
    if set(raw) != {"entity", "record"} or not isinstance(raw["entity"], str) or type(raw["record"]) is not int:
        raise Invalid(_("The matter was not put on the agenda."), remedy=_("Send entity and record."),
                      errors={"record": [_("This must be the id of a record.")]})
    entity = case_entity(raw["entity"])
    record = fetch(entity, raw["record"], "view", g.node, current_actor())
    return answer(meeting_json(meeting_records.put_on_next(entity, record, current_actor())), 201)

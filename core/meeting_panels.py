"""What meetings add to pages: the agenda on a meeting's own page, and on a case's page what meetings decided about it."""
from __future__ import annotations

from typing import Any

from . import beside, db, snapshot
from . import meeting_records as service
from .actor import Actor
from .db import Case
from .entity import Entity, Panel
from .faces import day_of, face_of
from .i18n import format_day
from .i18n import gettext as _
from .meetings import DRAFT, HELD, KEEP, Meeting
from .people import Department
from .references import labels
from .registry import registry
from .tree import Node


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels of meetings for a slot, or None."""
    if entity is None or record is None:
        return None
    if slot == "detail.main" and entity.key == service.MEETING.key:
        return [Panel(_("Agenda and decisions"), "meeting_items.html", meeting_context(record, actor, node), order=5)]
    if slot == "detail.aside" and issubclass(entity.model, Case):
        context = case_context(entity, record, actor, node)
        return [Panel(_("Meetings"), "meeting_panel.html", context, order=20)] if context else None
    return None


def meeting_context(meeting: Meeting, actor: Actor, node: Node) -> dict[str, Any]:
    """The items of a meeting with what may be done with them."""
    here = f"/d/{node.code}/core/meeting/{meeting.id}"
    place = snapshot.current().tree.get(meeting.division_id) or node
    draft = meeting.status == DRAFT
    edit, held = actor.may("core.meeting.edit", place), service.may_hold(meeting, actor)
    rows = item_rows(meeting, node, choose=draft and edit)
    open_rows = [row for row in rows if not row["done"] and not row["kept"]]
    correction = Meeting.select(Meeting.id, Meeting.number).where(Meeting.corrects_id == meeting.id).first()
    corrected = Meeting.get_or_none(Meeting.id == meeting.corrects_id) if meeting.corrects_id else None
    return {
        "rows": rows, "draft": draft, "save_url": f"{here}/decisions" if draft and edit else "",
        "agenda_url": f"{here}/agenda" if draft and edit else "", "hold_url": f"{here}/hold" if draft and held else "",
        "carry_url": f"{here}/carry-out" if not draft and held and open_rows and not correction else "", "open": len(open_rows),
        "correct_url": f"{here}/correct" if not draft and held and not correction else "", "minutes_url": f"{here}/minutes",
        "departments": department_options(place) if draft else [],
        "links": [{"label": label, "text": one.number, "url": f"/d/{node.code}/core/meeting/{one.id}"}
                  for label, one in ((_("Replaced by"), correction), (_("Replaces"), corrected)) if one is not None]}


def department_options(place: Node) -> list[tuple[int, str]]:
    """The departments of a division to which a meeting may hand a case."""
    return list(Department.select(Department.id, Department.name).where(
        (Department.division_id == place.id) & Department.closed_on.is_null()).order_by(Department.name).tuples())


def decision_label(entity: Entity | None, key: str) -> str:
    """A decision in words."""
    if key == KEEP:
        return _("Stays in the bank")
    flow = registry().workflow_of(entity.key) if entity is not None else None
    try:
        return str(flow.transition(key).label) if flow is not None and key else ""
    except KeyError:
        return key


def item_rows(meeting: Meeting, node: Node, *, choose: bool = False) -> list[dict[str, Any]]:
    """The items of a meeting as tables show them; with ``choose`` each with the decisions it is open to."""
    agenda = service.items(meeting.id)
    names = labels("department", [item.department_id for item in agenda if item.department_id])
    rows = []
    for item in agenda:
        found = service.case_of(item)
        entity, record = found if found is not None else (None, None)
        flow = registry().workflow_of(entity.key) if entity is not None else None
        state = flow.state(record.state) if flow is not None and record is not None else None
        steps = service.decisions(entity, record, meeting) if choose and entity is not None else []
        rows.append({
            "id": item.id, "number": getattr(record, "number", item.record_id), "title": str(getattr(record, entity.title, ""))
            if entity is not None else "", "url": face_of(entity).url(node.code, item.record_id) if entity is not None else "",
            "state": str(state.label) if state else "", "tone": state.tone if state else "", "decision": item.decision,
            "decision_text": decision_label(entity, item.decision), "department": names.get(item.department_id, ""),
            "department_id": item.department_id, "limit": format_day(item.limit_on) if item.limit_on else "",
            "limit_on": item.limit_on, "note": item.note, "done": item.used_entry is not None, "kept": item.decision == KEEP,
            "options": [("", _("Nothing decided yet")), *((step.key, str(step.label)) for step in steps),
                        (KEEP, _("Stays in the bank"))]})
    return rows


_OF_RECORD = """
SELECT i.decision, i.used_entry, m.id, m.number, m.met_on, m.status, m.division_id
FROM core_meeting_item i JOIN core_meeting m ON m.id = i.meeting_id WHERE i.entity = ? AND i.record_id = ? ORDER BY m.id"""


def case_context(entity: Entity, record: Any, actor: Actor, node: Node) -> dict[str, Any] | None:
    """What meetings decided about a case and the button for the next one; None where no meeting has to do with it."""
    flow = registry().workflow_of(entity.key, record.workflow_version) if _known(entity, record) else None
    if flow is None or not any(step.meeting for step in flow.transitions):
        return None
    rows = (db.database.execute_sql(db.marked(_OF_RECORD), (entity.key, record.id)).fetchall()
            if beside.may_have(beside.MEETINGS, entity, record.id) else [])
    tree = snapshot.current().tree
    found, waiting = [], False
    for decision, used, meeting_id, number, met_on, status, division_id in rows:
        place = tree.get(division_id)
        waiting |= status == DRAFT and division_id == record.holder_id
        may_see = place is not None and actor.may("core.meeting.view", place)
        found.append({"number": number, "url": f"/d/{place.code}/core/meeting/{meeting_id}" if may_see and place else "",
                      "day": format_day(day_of(met_on)) if met_on else "", "place": place.name if place else "",
                      "text": decision_label(entity, decision) if status == HELD else _("on the agenda"),
                      "done": used is not None, "held": status == HELD})
    holder = tree.get(record.holder_id)
    gated = any(step.meeting for step in flow.from_state(record.state))
    may = holder is not None and gated and not waiting and actor.may("core.meeting.create", holder)
    if not found and not gated:
        return None
    steps = "、".join(str(step.label) for step in flow.from_state(record.state) if step.meeting)
    return {"rows": found, "steps": steps, "add_url": face_of(entity).url(node.code, record.id, "agenda") if may else ""}


def _known(entity: Entity, record: Any) -> bool:
    try:
        return registry().workflow_of(entity.key, record.workflow_version) is not None
    except KeyError:
        return False

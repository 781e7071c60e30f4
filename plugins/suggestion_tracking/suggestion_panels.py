"""What a clerk sees on the page of a suggestion: its units, meetings, signatures and remarks; on a task's page its suggestion."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from grid321.core.api import Actor, Node, Panel, class_label, format_day, local_day, people, registry, scoped, tree
from grid321.core.api import gettext as _

from . import suggestion_life as life
from .life_models import Contact, Cosigner, Suggestion, Task
from .suggestion_checks import BEFORE_CHECK, REGISTER, WITH_UNITS, remarks
from .suggestion_schemas import BASES, FORMS, ROLES, STAGES
from .supervision_panels import suggestion_panel

P = "suggestion_tracking."
MOST = 60
TONES = {"lead": "info", "separate": "info", "co": "muted"}


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels for a slot, or None when there is nothing to add there."""
    if entity is None or record is None or entity.plugin != "suggestion_tracking":
        return None
    known = {("detail.main", "suggestion"): on_suggestion, ("detail.aside", "suggestion"): beside_suggestion,
             ("detail.main", "task"): on_task, ("detail.aside", "task"): suggestion_panel,
             ("detail.aside", "contact"): suggestion_panel, ("detail.aside", "cosigner"): suggestion_panel}
    found = known.get((slot, entity.name))
    return found(record, actor, node) or None if found is not None else None


# -- a suggestion ------------------------------------------------------------------------------------------------------

def on_suggestion(record: Any, actor: Actor, node: Node) -> list[Panel]:
    """Remarks before the check, the units with what each does, the meetings with the deputy."""
    found = []
    if record.state == "raised" and actor.may_on(f"{P}check", record):
        texts = remarks(record)
        if texts:
            found.append(Panel(_("Look at this before the check"), "suggestion_tracking/remarks_panel.html", {"rows": texts},
                               order=1))
    if record.handed_on is not None and actor.may_within(f"{P}task.view", node):
        found.append(units_panel(record, actor, node))
        found.append(meetings_panel(record, record, actor, node))
    return found


def units_panel(case: Any, actor: Actor, node: Node) -> Panel:
    """Every unit with its role, state, limits, who answers for it and what it replied. Two queries."""
    entity = registry().entity(life.TASK)
    rows = list(scoped(Task.select().where(Task.suggestion_id == case.id), entity, "view", node, actor)
                .order_by(Task.closed_at.is_null(False), Task.id).limit(MOST))
    names = life.unit_names(task.department_id for task in rows)
    may_add = case.state in WITH_UNITS and actor.may_on(f"{P}task.create", case)
    role = "separate" if case.way == "separate" else "co"
    add = f"/d/{node.code}/suggestion_tracking/task/new?{urlencode({'suggestion_number': case.number, 'role': role})}"
    return Panel(_("Units"), "suggestion_tracking/units_panel.html", {
        "rows": [_unit_row(task, names, node) for task in rows], "add_url": add if may_add else ""}, order=10)


def _unit_row(task: Any, names: dict[int, str], node: Node) -> dict[str, Any]:
    flow = registry().workflow_of(life.TASK, task.workflow_version)
    state = flow.state(task.state) if flow is not None else None
    people_ = [(_("First leader"), task.first_leader), (_("Leader in charge"), task.fix_leader),
               (_("Person in charge"), task.fix_person)]
    return {"unit": names.get(task.department_id, ""), "url": f"/d/{node.code}/suggestion_tracking/task/{task.id}",
            "role": word(ROLES, task.role), "tone": TONES.get(task.role, ""),
            "state": str(state.label) if state else task.state, "state_tone": state.tone if state else "info",
            "due": format_day(task.due) if task.due else "", "late": is_late(task.due), "asked": task.asked,
            "people": [{"label": label, "name": name} for label, name in people_ if name], "answer": task.answer or "",
            "outcome": class_label("suggestion_tracking.outcome", task.outcome, task.division_id) if task.outcome else "",
            "answered_on": format_day(task.answered_on) if task.answered_on else "", "reason": task.return_reason}


def is_late(due: Any) -> bool:
    """True when a last day is past."""
    return due is not None and due < local_day()


def meetings_panel(case: Any, asked_from: Any, actor: Actor, node: Node) -> Panel:
    """The three meetings: which are recorded, which are still needed before the reply, and each record. Two queries."""
    entity = registry().entity(f"{P}contact")
    rows = list(scoped(Contact.select().where(Contact.suggestion_id == case.id), entity, "view", node, actor)
                .order_by(Contact.met_on, Contact.id).limit(MOST))
    names = life.unit_names(row.department_id for row in rows)
    missing = life.meetings_missing(case, getattr(asked_from, "department_id", None) if asked_from is not case else None)
    held = {row.stage for row in rows}
    stages = [{"label": str(label), "held": stage in held, "needed": stage in missing} for stage, label in STAGES]
    open_ = case.closed_at is None and case.handed_on is not None
    following = next((stage for stage, _label in STAGES if stage not in held), "after")
    about = {"suggestion_number": case.number, "stage": following}
    if asked_from is not case:
        about["department"] = asked_from.department_id
    may_add = open_ and actor.may_on(f"{P}contact.create", asked_from)
    return Panel(_("Three meetings with the deputy"), "suggestion_tracking/meetings_panel.html", {
        "stages": stages, "unwanted": not case.wish_contact,
        "rows": [_meeting_row(row, names, node) for row in rows],
        "add_url": f"/d/{node.code}/suggestion_tracking/contact/new?{urlencode(about)}" if may_add else ""}, order=11)


def _meeting_row(row: Any, names: dict[int, str], node: Node) -> dict[str, Any]:
    return {"stage": word(STAGES, row.stage), "day": format_day(row.met_on), "form": word(FORMS, row.form), "place": row.place,
            "who": row.who, "unit": names.get(row.department_id, ""), "said": row.said, "longer": row.agrees_longer,
            "url": f"/d/{node.code}/suggestion_tracking/contact/{row.id}"}


def word(options: Iterable[tuple[str, Any]], code: str | None) -> str:
    """The label of a fixed choice."""
    return next((str(label) for key, label in options if key == code), code or "")


def beside_suggestion(record: Any, actor: Actor, node: Node) -> list[Panel]:
    """Who signed it, and the earlier suggestion of the same matter."""
    rows = list(Cosigner.select().where(Cosigner.suggestion_id == record.id).order_by(Cosigner.id).limit(MOST))
    names = person_names([record.deputy_id, *(row.person_id for row in rows)])
    open_ = record.state in BEFORE_CHECK
    may = open_ and actor.may_on(f"{P}cosigner.create", record) and (
        actor.person_id == record.deputy_id or actor.may_on(REGISTER, record))
    base = f"/d/{node.code}/suggestion_tracking/cosigner"
    signed = [{"name": names.get(row.person_id, ""), "day": format_day(row.signed_on) if row.signed_on else "",
               "url": f"{base}/{row.id}"} for row in rows]
    found = [Panel(_("Signatures of deputies"), "suggestion_tracking/signatures_panel.html", {
        "lead": names.get(record.deputy_id, ""), "rows": signed, "delegation": record.delegation,
        "add_url": f"{base}/new?{urlencode({'suggestion_number': record.number})}" if may else ""}, order=3)]
    return [*found, *_earlier(record, actor, node)]


def _earlier(record: Any, actor: Actor, node: Node) -> list[Panel]:
    entity = registry().entity(life.SUGGESTION)
    ids = (Suggestion.id == (record.earlier_id or 0)) | (Suggestion.earlier_id == record.id)
    rows = list(scoped(Suggestion.select(Suggestion.id, Suggestion.number, Suggestion.title, Suggestion.state,
                                         Suggestion.workflow_version).where(ids), entity, "view", node, actor)
                .order_by(Suggestion.id).limit(10))
    if not rows:
        return []
    flow = registry().every_version_of(entity.key)
    assert flow is not None
    return [Panel(_("The same matter in other years"), "suggestion_tracking/earlier_panel.html", {
        "years": record.repeated_years, "rows": [
            {"url": f"/d/{node.code}/suggestion_tracking/suggestion/{row.id}", "number": row.number, "title": row.title,
             "state": str(flow.state(row.state).label), "tone": flow.state(row.state).tone} for row in rows]}, order=4)]


def person_names(ids: Iterable[int | None]) -> dict[int, str]:
    """The names of persons by id. One query."""
    person = people.Person
    return dict(person.select(person.id, person.name).where(person.id.in_([one for one in ids if one] or [0])).tuples())


# -- a task --------------------------------------------------------------------------------------------------------------

def on_task(record: Any, actor: Actor, node: Node) -> list[Panel]:
    """What the suggestion says, which a unit reads here even where it may not see the suggestion's own page; the meetings."""
    case = life.suggestion_of(record)
    names = person_names([case.deputy_id])
    place = tree().get(case.division_id)
    facts = [(_("Number"), case.number), (_("Congress"), place.name if place is not None else ""),
             (_("Leading deputy"), names.get(case.deputy_id, "")), (_("Delegation"), case.delegation),
             (_("Deputies who signed"), str(case.signers)), (_("Basis"), word(BASES, case.basis)),
             (_("What was done for it"), case.basis_text)]
    texts = [(_("Content"), case.content), (_("Reasons"), case.reasons), (_("Proposal"), case.proposal)]
    marks = [text for text, holds in ((_("Key suggestion"), case.is_key), (_("For reference only"), case.reference_only),
                                      (_("The deputy wishes to be met"), case.wish_contact),
                                      (_("The deputy agrees to publication"), case.consent_publish)) if holds]
    found = [Panel(case.title, "suggestion_tracking/suggestion_text.html", {
        "facts": [one for one in facts if one[1]], "texts": [one for one in texts if one[1]], "marks": marks}, order=1)]
    if record.role != "co":
        found.append(meetings_panel(case, record, actor, node))
    return found


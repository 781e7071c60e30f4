"""Steps of a case: the form a transition asks for, performing it, and the same step for many cases at once."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, g, redirect, render_template, request

from . import engine, forms, lists, meetings, notices, reply_templates, snapshot
from .access import current_actor, fetch
from .entity import Entity
from .error_pages import problem_text
from .errors import BadRequest, Conflict, Forbidden, Invalid, NotFound, Problem, Refused, StaleVersion
from .faces import Face, face_of
from .i18n import gettext as _
from .schemas import fields_of
from .tree import Node
from .view_records import form_version, state_of, title_of
from .views import Actor, add_route, crumbs
from .workflow import Transition

MAX_BULK = 100


def register_entity(app: Flask, entity: Entity) -> None:
    """Add the routes of the steps of one entity, when it has a workflow.

    The route asks for the right to see; who may take which step is the engine's decision.
    """
    workflow = app.extensions["grid321"].registry.newest.get(entity.key)
    if workflow is None:
        return
    view = entity.permission("view")
    add_route(app, entity, "do", "<rid:id>/do/<step>", do_page, view, methods=("GET", "POST"))
    if any(step.bulk for step in workflow.transitions):
        add_route(app, entity, "bulk", "bulk", bulk_page, view, methods=("POST",))


def do_page(entity: Entity, id: int, step: str) -> Any:
    """The form of a step (an empty one asks for confirmation), and what it sends."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "view", node, actor)
    transition = transition_of(entity, record, step)
    if transition.flow == "joined":  # it becomes another record: its page asks what of
        return redirect(face.url(node.code, id, "convert", step), 303)
    if request.method == "GET":
        refuse_impossible(entity, record, transition, actor)
        values = {**forms.start_values(transition.asks, request.args), **present_values(transition, record),
                  **decided_values(entity, transition, record)}
        return render_template("form.html", **_step_context(face, record, transition, node, actor, values))
    version = form_version()
    try:
        data = forms.read_form(transition.asks, request.form, node=place_of(record, node), actor=actor)
        engine.perform(entity, id, step, data, actor, version, node)
    except (Invalid, Refused) as problem:
        if problem.code == "no_meeting":
            raise
        context = _step_context(face, record, transition, node, actor, forms.typed_values(request.form), problem)
        return render_template("form.html", **context), problem.status
    except (Conflict, StaleVersion) as problem:
        return clash_page(face, id, problem, node, actor)
    return notices.go(_after(face, id, node, actor), "step")


def transition_of(entity: Entity, record: Any, key: str) -> Transition:
    """The transition of that key in the record's workflow. Raises NotFound."""
    try:
        return engine.workflow_for(entity, record).transition(key)
    except KeyError:
        raise NotFound(_("There is no such step."), "", _("Load the page again.")) from None


def refuse_impossible(entity: Entity, record: Any, transition: Transition, actor: Actor) -> None:
    """Raise what `perform` would raise, before a person fills in a form in vain."""
    if transition.automatic or not engine.may(transition, record, actor):
        raise Forbidden(_("You may not take the step “%(step)s” here.", step=str(transition.label)), "",
                        _("Ask the person in charge there."))
    if record.state not in transition.sources:
        raise Conflict(_("The step “%(step)s” is not possible now.", step=str(transition.label)), "",
                       _("Load the page again and choose one of the steps it offers."),
                       extra={"state": record.state, "version": record.version})


def present_values(transition: Transition, record: Any) -> dict[str, str]:
    """What the case has already, to begin the form of a step that changes it; empty for other steps."""
    if not transition.prefill:
        return {}
    return {name: field.to_text(getattr(record, field.column)) for schema in transition.asks
            for name, field in fields_of(schema).items() if getattr(record, field.column, None) not in (None, "")}


def decided_values(entity: Entity, transition: Transition, record: Any) -> dict[str, str]:
    """What the meeting decided, to fill the form of the step it allows. Raises Refused (``no_meeting``) without a record."""
    holder = snapshot.current().tree.get(record.holder_id)
    decided = meetings.require(entity, transition, record, holder, {}) if holder is not None else None
    if decided is None:
        return {}
    texts = {"department": decided.department_id, "limit_on": decided.limit_on, "note": decided.note}
    return {name: str(value) for name, value in texts.items()
            if value not in (None, "") and any(name in fields_of(schema) for schema in transition.asks)}


def place_of(record: Any, node: Node) -> Node:
    """The division that holds a case: its departments and people are what a step may name."""
    return snapshot.current().tree.get(getattr(record, "holder_id", None)) or node


def _after(face: Face, record_id: int, node: Node, actor: Actor) -> str:
    """The record's page, or the list when the step took the record out of the actor's sight."""
    try:
        fetch(face.entity, record_id, "view", node, actor)
    except Problem:
        return face.url(node.code)
    return face.url(node.code, record_id)


def _step_context(face: Face, record: Any, step: Transition, node: Node, actor: Actor, values: Mapping[str, str],
                  problem: Problem | None = None) -> dict[str, Any]:
    here = face.url(node.code, record.id)
    errors = forms.by_field(face.entity, problem.errors) if problem is not None else {}
    summary = forms.error_list(step.asks, errors)
    if problem is not None and not summary:
        summary = [{"field": "", "label": "", "message": problem_text(problem)}]
    fields = forms.form_fields(step.asks, values, node=place_of(record, node), actor=actor, errors=errors)
    target = lists.state_cells(face).get(step.target)
    replies = _replies(face.entity, record, step)
    for one in fields:
        if replies["chosen"] and one["name"] == replies["field"] and problem is None:
            one["value"] = replies["chosen"].text
    intro = _("The matter “%(title)s” becomes: %(state)s", title=title_of(face, record), state=target["text"] if target else "")
    title = title_of(face, record)
    return {
        "entity": face.entity, "record": record, "title": str(step.label), "fields": fields, "errors": summary,
        "action": f"{here}/do/{step.key}", "submit_label": str(step.label), "cancel_url": here, "multipart": False,
        "version": record.version, "intro": intro, "danger": step.tone == "bad", "state": state_of(face, record),
        "crumbs": crumbs(face, node, (title, here), str(step.label)), "replies": replies,
    }


def _replies(entity: Entity, record: Any, step: Transition) -> dict[str, Any]:
    """The reply templates for a step's form, and the one that the address asks to fill in."""
    name = reply_templates.field_of(step)
    offers = reply_templates.offered(entity, record) if name is not None else []
    asked = request.args.get("template", "")
    return {"field": name, "offers": offers, "chosen": next((one for one in offers if str(one.id) == asked), None)}


def clash_page(face: Face, record_id: int, problem: Problem, node: Node, actor: Actor) -> Any:
    """Somebody was faster: say so, with the present state and the way on. Nothing was changed."""
    cell = lists.state_cells(face).get(str(problem.extra.get("state", "")))
    page = render_template(
        "error.html", status=problem.status, title=str(problem.title), detail=str(problem.detail), errors=[],
        remedy=str(problem.remedy), state_now=cell["text"] if cell else "", retry_url=face.url(node.code, record_id),
        crumbs=crumbs(face, node, str(problem.title)))
    return page, problem.status


# ---------------------------------------------------------------- many at once

@dataclass(frozen=True)
class Result:
    """What a bulk action did to one row."""

    id: int
    title: str
    ok: bool
    message: str
    url: str


def bulk_page(entity: Entity) -> Any:
    """Take one step on each chosen case, each in its own transaction, and show a result per row.

    A step that asks something shows its form once; the answers hold for all chosen cases.
    """
    face, node, actor = face_of(entity), g.node, current_actor()
    step = _bulk_step(face, request.form.get("transition", ""))
    ids = chosen(request.form.getlist("id"))
    if step.asks and "_answered" not in request.form:
        return render_template("form.html", **_bulk_context(face, step, ids, node, actor, {}, {}))
    form = {name: value for name, value in request.form.items() if name not in {"id", "transition", "_answered"}}
    try:
        data = forms.read_form(step.asks, form, node=node, actor=actor)
    except Invalid as problem:
        context = _bulk_context(face, step, ids, node, actor, forms.typed_values(form), problem.errors)
        return render_template("form.html", **context), problem.status
    results = [_one(face, identifier, step, data, node, actor) for identifier in ids]
    good = sum(result.ok for result in results)
    return render_template("bulk.html", entity=entity, title=str(step.label), results=results, good=good,
                           bad=len(results) - good, back_url=face.url(node.code), crumbs=crumbs(face, node, str(step.label)))


def _bulk_step(face: Face, key: str) -> Transition:
    for step in face.workflow.transitions if face.workflow else ():
        if step.key == key and step.bulk:
            return step
    raise BadRequest(_("This step is not offered for many records at once."), "transition",
                     _("Choose a step from the list below the table."))


def chosen(texts: list[str]) -> list[int]:
    """The ids of the rows that were ticked. Raises Invalid for none or too many."""
    ids = list(dict.fromkeys(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 18))
    if not ids or len(ids) != len(set(texts)):
        raise Invalid(_("No record was chosen."), "", _("Tick at least one row, then choose the step."))
    if len(ids) > MAX_BULK:
        raise Invalid(_("Too many records at once."), "", _("Tick at most %(max)s rows.", max=MAX_BULK))
    return ids


def _one(face: Face, identifier: int, step: Transition, data: Mapping[str, Any], node: Node, actor: Actor) -> Result:
    url = face.url(node.code, identifier)
    title = f"{face.entity.label} {identifier}"
    try:
        record = fetch(face.entity, identifier, "view", node, actor)
        title = title_of(face, record)
        outcome = engine.perform(face.entity, identifier, step.key, dict(data), actor, record.version, node)
    except Problem as problem:
        return Result(identifier, title, False, " ".join(str(t) for t in (problem.title, problem.detail) if t), url)
    state = state_of(face, outcome.record)
    return Result(identifier, title, True, state["label"] if state else "", url)


def _bulk_context(face: Face, step: Transition, ids: list[int], node: Node, actor: Actor, values: Mapping[str, str],
                  errors: Mapping[str, Any]) -> dict[str, Any]:
    base = face.url(node.code)
    return {
        "entity": face.entity, "title": str(step.label), "errors": forms.error_list(step.asks, errors),
        "fields": forms.form_fields(step.asks, values, node=node, actor=actor, errors=errors), "action": f"{base}bulk",
        "submit_label": str(step.label), "cancel_url": base, "multipart": False, "version": "",
        "intro": _("For %(count)s chosen records.", count=len(ids)), "danger": step.tone == "bad",
        "hidden": [("transition", step.key), ("_answered", "1"), *(("id", str(identifier)) for identifier in ids)],
        "crumbs": crumbs(face, node, str(step.label)),
    }

"""The deputies' hotline (代表热线): an officer types while somebody is on the telephone.

Four questions fit a minute: what, where, who, by which telephone. While the text is typed the form shows matters that may be
the same. What is solved during the call is registered, answered, told and left to be rated in one go, in one transaction.
"""
from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for

from grid321.core.api import (
    Actor,
    Choice,
    DivisionRef,
    EntitySchema,
    Flag,
    Invalid,
    LongText,
    Node,
    PersonRef,
    Phone,
    Problem,
    Refused,
    Text,
    current_actor,
    duplicates,
    engine,
    forms,
    local_day,
    notices,
    records,
    registry,
    sending,
    three_levels,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

PLUGIN = "suggestion_tracking"
MATTER, STEM = f"{PLUGIN}.matter", f"{PLUGIN}.matter_"
CHANNELS = (("hotline", _l("Deputies' hotline")), ("reception", _l("Reception")), ("express", _l("Express channel")),
            ("station", _l("Liaison station")))
ON_THE_SPOT = {"village": ("solve_on_spot", f"{STEM}handle"), "town": ("answer_directly", f"{STEM}hand_over"),
               "county": ("answer_directly", f"{STEM}hand_over")}
SOLVED_FIELDS = ("answer", "outcome", "way")


class HotlineCall(EntitySchema):
    """What the caller says. Only text and place are needed; everything else has a default."""

    text = LongText(_l("What is it about?"), max=4000, required=True, min=4, help=three_levels.NO_SECRETS)
    division = DivisionRef(_l("Where?"), level=("grid", "village", "town", "county"), required=True,
                           help=_l("As low as you know: that level handles it first."))
    place = Text(_l("Where exactly?"), max=120)
    contact_phone = Phone(_l("Caller's telephone"))
    contact_name = Text(_l("Caller's name"), max=40, personal=True)
    kind = Choice(_l("Class"), scheme="suggestion_tracking.matter_class", default="other")
    urgency = Choice(_l("Urgency"), options=three_levels.URGENCY, default="normal")
    source = Choice(_l("How it came in"), options=CHANNELS, default="hotline")
    deputy = PersonRef(_l("Deputy who heard it"))
    publish = Flag(_l("The caller agrees that it is published without the name"))


class OnTheSpot(EntitySchema):
    """What settled it while the caller was on the line."""

    solved = Flag(_l("Solved during the call"), help=_l("The answer below was told; the matter is registered as answered."))
    answer = LongText(_l("Answer that was told"), max=4000)
    outcome = Choice(_l("Outcome"), scheme="suggestion_tracking.outcome", help=_l("What was only explained is not solved."))
    way = Choice(_l("Way of handling"), scheme="suggestion_tracking.way")


def page() -> Any:
    """The form; POST registers the call, or shows the form again with hints when the officer asks for similar matters."""
    node, actor = g.node, current_actor()
    schemas = _schemas(node, actor)
    if request.method == "GET":
        return render_template("suggestion_tracking/hotline.html", **_context(schemas, forms.start_values(schemas, request.args)))
    typed = {name: value for name, value in request.form.items() if name != "look"}
    if request.form.get("look"):
        return render_template("suggestion_tracking/hotline.html", **_context(schemas, typed, looked=True))
    try:
        record = take_call(forms.read_form(schemas, typed, node=node, actor=actor),
                           sending.mark_of(registry().entity(MATTER), request.form), actor, node)
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
        return render_template("suggestion_tracking/hotline.html", **_context(schemas, typed, problem)), problem.status
    return notices.go(f"/d/{node.code}/{PLUGIN}/matter/{record.id}", "sent")


def hints() -> Any:
    """The matters that may be the same as what is being typed: a piece of the page, asked for while the officer types."""
    return render_template("suggestion_tracking/hotline_hints.html", similar=_similar(request.form), looked=True,
                           place_open=_place_open(request.form))


def take_call(data: dict[str, Any], mark: str | None, actor: Actor, node: Node) -> Any:
    """Register a call and, when it was solved during it, answer it and note that the caller was told. One transaction.

    ``data`` are checked values by column. Raises ``Invalid`` naming fields, ``Refused`` when this level may not answer it;
    nothing is registered then. The same ``mark`` twice is one matter.
    """
    entity = registry().entity(MATTER)
    values = {name: value for name, value in data.items() if value is not None}
    solved = bool(values.pop("solved", False))
    said = {name: values.pop(name, None) for name in SOLVED_FIELDS}
    if solved:
        _need(said)
    elif said["answer"]:
        raise Invalid(_("The call was not registered."), errors={"solved": [
            _("You typed an answer: tick that it was solved during the call, or empty the answer.")]})
    values["wants_answer"] = bool(values.get("contact_phone") or values.get("contact_name"))
    place = tree().get(values.get("division_id")) or node
    if not solved:
        return sending.create_once(entity, values, (), mark, actor, place)
    with transaction():
        earlier = sending.sent_before(entity, mark, actor)
        if earlier is not None:
            return earlier
        if mark is not None:
            values["client_id"] = mark
        born = {} if place.id == node.id or node.level not in ON_THE_SPOT else {"holder_id": node.id, "holder_level": node.level}
        record = records.create(entity, values, actor, node, born=born)
        return _answer(entity, record, said, actor, node)


def _need(said: dict[str, Any]) -> None:
    errors = {name: [_("Fill in this field.")] for name in ("answer", "outcome") if not said[name]}
    if errors:
        raise Invalid(_("The call was not registered."), errors=errors)


def _answer(entity: Any, record: Any, said: dict[str, Any], actor: Actor, node: Node) -> Any:
    """Take the steps of this level up to: answered, and the caller told."""
    level = three_levels.level_of(record)
    step = ON_THE_SPOT.get(level)
    if step is None:
        raise Refused(_("This level does not answer matters."), node.name, _("Register it without an answer."))
    if level != "village":
        record = engine.perform(entity, record.id, f"accept_{level}", {}, actor, record.version, node).record
    answer = {"text": said["answer"], "outcome": said["outcome"], "way": said["way"]}
    record = engine.perform(entity, record.id, step[0], answer, actor, record.version, node).record
    if record.wants_answer or record.deputy_id:
        told = {"resident_on": local_day(), "how": "phone", "deputy_on": local_day() if record.deputy_id else None, "note": ""}
        record = engine.perform(entity, record.id, "feed_back", told, actor, record.version, node).record
    return record


def _schemas(node: Node, actor: Actor) -> tuple[type[EntitySchema], ...]:
    step = ON_THE_SPOT.get(node.level)
    may = step is not None and actor.may(step[1], node) and actor.may(f"{STEM}feed_back", node)
    return (HotlineCall, OnTheSpot) if may else (HotlineCall,)


def _place_open(typed: Any) -> bool:
    """True while nobody said where it is, above a village: matters are compared within one place."""
    return not typed.get("division") and g.node.level not in {"village", "grid"}


def _similar(typed: Any) -> list[dict[str, Any]]:
    """Likely duplicates of what is typed, as rows: from five characters on."""
    text, node, actor = str(typed.get("text", ""))[:4000], g.node, current_actor()
    place = tree().by_code(str(typed.get("division", ""))[:24]) or node
    entity = registry().entity(MATTER)
    if len(text.strip()) < 5 or not tree().covers(node, place):
        return []
    workflow = registry().workflow_of(MATTER)
    found = []
    for one in duplicates.like(entity, {"text": text, "title": three_levels.first_words(text)}, place, actor, node):
        state = workflow.state(one.record.state) if workflow is not None else None
        found.append({"url": f"/d/{node.code}/{PLUGIN}/matter/{one.record.id}", "title": one.record.title, "why": one.why,
                      "number": one.record.number, "state": str(state.label) if state else "",
                      "tone": state.tone if state else ""})
    return found


def _context(schemas: tuple[type[EntitySchema], ...], values: dict[str, str], problem: Problem | None = None,
             looked: bool = False) -> dict[str, Any]:
    node, actor = g.node, current_actor()
    errors = forms.by_field(registry().entity(MATTER), problem.errors) if problem else {}
    call = forms.form_fields((HotlineCall,), values, node=node, actor=actor, errors=errors)
    for part in call:
        part["autocomplete"] = "off"
        if part["name"] == "text":
            part["rows"] = 4
    spot = forms.form_fields((OnTheSpot,), values, node=node, actor=actor, errors=errors) if OnTheSpot in schemas else []
    shown = forms.error_list(schemas, errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title} {problem.detail} {problem.remedy}"}]
    return {"title": _("Hotline: a call"), "fields": [], "place_open": _place_open(values),
            "call": call, "spot": spot, "errors": shown, "version": "",
            "open_spot": bool(values.get("solved") or any(errors.get(name) for name in SOLVED_FIELDS)),
            "hidden": [("client_id", sending.form_mark(request.form))], "submit_label": _("Register"), "draft": True,
            "intro": _("Type while the caller speaks. Similar matters appear below the text."), "similar": _similar(values),
            "looked": looked, "hints_url": url_for("suggestion_tracking.hotline_hints", code=node.code),
            "action": url_for("suggestion_tracking.hotline", code=node.code), "cancel_url": f"/d/{node.code}/"}

"""What was written on the handling form of an opinion when it comes back: the unit's result, the deputy's and the voter's word.

One form for all of it; each part that was filled in is a step of the opinion as its workflow has it, taken in one transaction.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, render_template, request

from grid321.core.api import (
    Actor,
    Choice,
    EntitySchema,
    Invalid,
    LongText,
    Node,
    Problem,
    current_actor,
    engine,
    fetch,
    forms,
    notices,
    registry,
    texts_of,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .day_choices import OPINION, PLUGIN, RATINGS, STEM
from .day_models import Opinion
from .day_schemas import Answer, FeedBack
from .opinion_workflow import RATED_FROM

ANSWERS = ("outside_answered", "solve_on_spot", "answer_directly", "answer", "answer_again")
"""The steps that answer an opinion, of which the state of an opinion allows one at most to one person."""
TOLD = ("feed_back", "feed_back_late")
SHOWN = ("station", "heard_on", "deputy", "kind", "place", "text", "unit", "passed_to", "limit_on", "answer", "outcome",
         "answered_on", "told_deputy_on", "told_voter_on", "rating", "attitude")
"""Fields of an opinion that its page shows, where they say something."""
SHORTEST = 4


class VoterSaid(EntitySchema):
    """What the voter ticked and wrote."""

    result = Choice(_l("Satisfaction with the result"), scheme=RATINGS.key)
    attitude = Choice(_l("Satisfaction with the attitude"), scheme=RATINGS.key)
    words = LongText(_l("Word of the voter"), max=1000, help=_l("Who is not satisfied says what is still missing."))


PARTS: Mapping[str, tuple[type[EntitySchema], Any, tuple[str, ...]]] = {
    "answer": (Answer, _l("Result of the unit"), ("text", "outcome")),
    "told": (FeedBack, _l("Told to deputy and voter"), ("voter_on", "deputy_on", "note")),
    "rated": (VoterSaid, _l("Satisfaction of the voter"), ("result", "attitude", "words")),
}
"""The parts of the paper: the form of each, its heading, and the fields of which one filled in tells that it was written."""


def paper_page(record_id: int) -> Any:
    """Enter what was written on the handling form of an opinion."""
    case: Opinion = fetch(registry().entity(OPINION), record_id, "view", g.node, current_actor())
    if request.method == "GET":
        return render_template("liaison_station/paper_opinion.html", **_context(case))
    try:
        enter(case, _read(case), _version(), current_actor())
    except Problem as problem:
        if problem.status not in {409, 412, 422}:
            raise
        context = _context(case, forms.typed_values(request.form), problem)
        return render_template("liaison_station/paper_opinion.html", **context), problem.status
    return notices.go(f"/d/{g.node.code}/{PLUGIN}/opinion/{case.id}", "saved")


def open_parts(case: Opinion, actor: Actor) -> list[str]:
    """The parts of the paper that may be entered now: what the next steps are, and what follows on them."""
    possible = {step.key for step in engine.possible(registry().entity(OPINION), case, actor)}
    found = ["answer"] if possible & set(ANSWERS) else []
    if (found or possible & set(TOLD)) and actor.may_on(f"{STEM}feed_back", case):
        found.append("told")
    if (found or case.state in RATED_FROM) and actor.may_on(f"{STEM}rate_told", case):
        found.append("rated")
    return found


def enter(case: Opinion, parts: Mapping[str, dict[str, Any]], version: int | None, actor: Actor) -> Opinion:
    """Take the steps of the parts that were written, in their order, all of them or none; returns the opinion then.

    Raises what the steps raise, with the part in the name of each field (``part_field``); nothing is written then.
    """
    entity, place = registry().entity(OPINION), _place(case)
    with transaction():
        for part, data in parts.items():
            key, answers = _step(part, case, data, actor)
            try:
                case = engine.perform(entity, case.id, key, answers, actor, version, place).record
            except Problem as problem:
                known = PARTS[part][0]().fields
                problem.errors = {part_field(part, _named(part, name)) if _named(part, name) in known else name: messages
                                  for name, messages in problem.errors.items()}
                raise
            version = case.version
    return case


def _step(part: str, case: Opinion, data: dict[str, Any], actor: Actor) -> tuple[str, dict[str, Any]]:
    """The step that a part is, and its answers. Raises ``Invalid`` where something is missing."""
    possible = [step.key for step in engine.possible(registry().entity(OPINION), case, actor)]
    if part == "answer":
        return next((key for key in ANSWERS if key in possible), "answer"), data
    if part == "told":
        return next((key for key in TOLD if key in possible), "feed_back"), data
    missing = {name: [_("Choose what the voter ticked.")] for name in ("result", "attitude") if not data.get(name)}
    if data.get("result") == "not" and len(data.get("words") or "") < SHORTEST:
        missing["words"] = [_("Say what is still missing.")]
    if missing:
        raise Invalid(_("Some fields need your attention."), errors={
            part_field(part, name): messages for name, messages in missing.items()})
    if data["result"] == "not":
        return "object_again" if case.handled_again else "object", {"reason": data["words"], "attitude": data["attitude"]}
    return "rate_told", data


def _named(part: str, name: str) -> str:
    """The field of the paper behind a field of the step: the voter’s words are the reason of an objection."""
    return "words" if part == "rated" and name == "reason" else name


def part_field(part: str, name: str) -> str:
    """The name of an input of a part."""
    return f"{part}_{name}"


# ---------------------------------------------------------------- the form

def _read(case: Opinion) -> dict[str, dict[str, Any]]:
    """The parts in which something was typed, checked. Raises ``Invalid`` naming every wrong field."""
    found: dict[str, dict[str, Any]] = {}
    errors: dict[str, Any] = {}
    for part in open_parts(case, current_actor()):
        schema, _heading, telling = PARTS[part]
        typed = {name: request.form.get(part_field(part, name), "") for name in schema().fields}
        if not any(typed[name].strip() for name in telling):
            continue
        try:
            found[part] = forms.read_form((schema,), typed, node=_place(case), actor=current_actor())
        except Invalid as problem:
            errors |= {part_field(part, name): messages for name, messages in problem.errors.items()}
        else:
            missing = [name for name, field in schema().fields.items() if field.required and found[part].get(name) in (None, "")]
            errors |= {part_field(part, name): [_("Fill in this field.")] for name in missing}
    if errors:
        raise Invalid(_("Some fields need your attention."), errors=errors)
    if not found:
        raise Invalid(_("Nothing is filled in."), remedy=_("Type what was written on the paper, or go back."))
    return found


def _context(case: Opinion, values: Mapping[str, str] | None = None, problem: Problem | None = None) -> dict[str, Any]:
    entity, node = registry().entity(OPINION), g.node
    errors: dict[str, Any] = dict(problem.errors) if problem is not None else {}
    parts = [{"key": part, "label": str(PARTS[part][1]), "fields": _fields(part, case, values, errors)}
             for part in open_parts(case, current_actor())]
    texts, fields = texts_of(entity, case, node), entity.schema().fields
    return {"title": _("Enter the printed handling form"), "case": case, "node": node, "state": texts["state"], "parts": parts,
            "facts": [{"label": str(fields[name].label), "text": texts[name]} for name in SHOWN if texts.get(name)],
            "version": request.form.get("_version", "") or str(case.version), "action": request.path,
            "record_url": f"/d/{node.code}/{PLUGIN}/opinion/{case.id}", "errors": _shown(parts, errors, problem)}


def _fields(part: str, case: Opinion, values: Mapping[str, str] | None, errors: Mapping[str, Any]) -> list[dict[str, Any]]:
    schema = PARTS[part][0]
    own = forms.start_values((schema,), {}) if values is None else {
        name: values.get(part_field(part, name), "") for name in schema().fields}
    found = forms.form_fields((schema,), own, node=_place(case), actor=current_actor(),
                              errors={name: errors.get(part_field(part, name)) or () for name in schema().fields})
    for one in found:
        # The way of handling has been chosen where the opinion was handed on; a part may stay empty as a whole.
        one |= {"name": part_field(part, one["name"]), "required": False, "rows": 3}
    return found


def _shown(parts: list[dict[str, Any]], errors: Mapping[str, Any], problem: Problem | None) -> list[dict[str, str]]:
    labels = {one["name"]: one["label"] for part in parts for one in part["fields"]}
    found = [{"field": name if name in labels else "", "label": labels.get(name, ""), "message": str(message)}
             for name, messages in errors.items() for message in messages]
    if problem is not None and not found:
        texts = (problem.title, problem.detail, problem.remedy)
        found = [{"field": "", "label": "", "message": " ".join(str(text) for text in texts if str(text))}]
    return found


def _place(case: Opinion) -> Node:
    place = tree().get(case.division_id)
    assert place is not None
    return place


def _version() -> int | None:
    text = request.form.get("_version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None

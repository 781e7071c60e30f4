"""The deputy's page: what waits for the deputy (meet, confirm, rate), then the deputy's own suggestions and what became of them.

Made for a telephone and for older people: one column, one large button for each thing to do, every state in words, no swiping,
no time limit on the page.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import g, render_template

from grid321.core.api import (
    Actor,
    Node,
    class_label,
    current_actor,
    desks,
    format_day,
    local_day,
    longer_asked,
    people,
    records,
    registry,
    scoped,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .desk_clerk import PLUGIN
from .evaluation_ballot import waiting_for
from .life_models import Contact, Cosigner, Suggestion, Task
from .matter_models import Matter
from .suggestion_life import unit_names
from .supervision_models import Receipt

MINE, SIGNED, HEARD = 60, 40, 20
STAGES = {"before": _l("before the handling"), "during": _l("during the handling"), "after": _l("with the answer")}
UNDERWAY = ("assigned", "handling", "again")
ANSWERED = ("answered", "rated", "objected", "evaluating", "followed", "closed", "ended")


def page() -> str:
    """The page of the deputy who is logged in."""
    return render_template("suggestion_tracking/deputy.html", **context(g.node, current_actor()))


def context(node: Node, actor: Actor) -> dict[str, Any]:
    """What the page shows; somebody who is no recorded person has no suggestions of an own."""
    person = actor.person_id or 0
    own = _suggestions(node, actor, Suggestion.deputy_id == person, MINE)
    signed = _suggestions(node, actor, Suggestion.id.in_(
        Cosigner.select(Cosigner.suggestion_id).where(Cosigner.person_id == person)), SIGNED)
    waits = [*to_rate(node, actor), *to_confirm(node, actor, own), *to_agree(node, own), *to_vote(node, actor),
             *to_meet(node, own)]
    return {"title": _("My suggestions"), "node": node, "name": actor.name or actor.username, "waits": waits,
            "own": [card(node, one) for one in own if one.closed_at is None],
            "ended": [card(node, one) for one in own if one.closed_at is not None], "signed": [card(node, one) for one in signed],
            "heard": heard(node, actor), "today": format_day(local_day()),
            "new_url": _new_url(node, actor), "list_url": f"/d/{node.code}/{PLUGIN}/suggestion/"}


def _new_url(node: Node, actor: Actor) -> str:
    entity = registry().entity(f"{PLUGIN}.suggestion")
    may = "create" in entity.actions and actor.may_within(entity.permission("create"), node)
    return f"/d/{node.code}/{PLUGIN}/suggestion/new" if may else ""


def _suggestions(node: Node, actor: Actor, condition: Any, most: int) -> list[Suggestion]:
    entity = registry().entity(f"{PLUGIN}.suggestion")
    query = Suggestion.select(Suggestion.id, Suggestion.number, Suggestion.title, Suggestion.state, Suggestion.due,
                              Suggestion.raised_on, Suggestion.handed_on, Suggestion.answered_on, Suggestion.rated_on,
                              Suggestion.closed_at, Suggestion.wish_contact, Suggestion.division_id,
                              Suggestion.agreed_longer_on)
    return list(scoped(query.where(condition), entity, "view", node, actor).order_by(Suggestion.id.desc()).limit(most))


# ---------------------------------------------------------------- what waits for me

def to_rate(node: Node, actor: Actor) -> list[dict[str, Any]]:
    """Receipt cards that the deputy has not given back: how satisfied with attitude and result."""
    entity = registry().entities.get(f"{PLUGIN}.receipt")
    workflow = registry().workflow_of(f"{PLUGIN}.receipt")
    if entity is None or workflow is None:
        return []
    query = Receipt.select(Receipt.id, Receipt.title, Receipt.state, Receipt.due, Receipt.suggestion_number).where(
        (Receipt.deputy_id == (actor.person_id or 0)) & Receipt.closed_at.is_null())
    cards = list(scoped(query, entity, "view", node, actor).order_by(Receipt.due, Receipt.id).limit(MINE))
    replies = _replies(node, actor, [one.suggestion_number for one in cards])
    found = []
    for one in cards:
        url = f"/d/{node.code}/{PLUGIN}/receipt/{one.id}"
        step = next((step.key for step in workflow.from_state(one.state) if step.permission == f"{PLUGIN}.receipt_give"), "")
        found.append({"kind": "rate", "title": one.title, "number": one.suggestion_number, "due": _due(one.due),
                      "what": _("The answer is there. Are you satisfied with the attitude and with the result?"),
                      **replies.get(one.suggestion_number, {}),
                      "button": _("Rate the answer"), "url": f"{url}/do/{step}" if step else url, "tone": _tone(one.due)})
    return found


def _replies(node: Node, actor: Actor, numbers: Iterable[str]) -> dict[str, dict[str, str]]:
    """What was answered to suggestions, by number: a deputy reads the reply before rating it. One query."""
    entity = registry().entity(f"{PLUGIN}.suggestion")
    query = Suggestion.select(Suggestion.id, Suggestion.number, Suggestion.outcome, Suggestion.answer, Suggestion.division_id)
    found = scoped(query.where(Suggestion.number.in_(list(numbers) or [""])), entity, "view", node, actor)
    return {one.number: {"about": f"/d/{node.code}/{PLUGIN}/suggestion/{one.id}", "reply": one.answer or "",
                         "outcome": class_label(f"{PLUGIN}.outcome", one.outcome, one.division_id) if one.outcome else ""}
            for one in found}


def to_vote(node: Node, actor: Actor) -> list[dict[str, Any]]:
    """The open ballots in which the deputy has not voted."""
    if not actor.may_within(f"{PLUGIN}.vote", node):
        return []
    return [{"kind": "vote", "title": one.title, "number": str(one.year), "due": _due(one.ends_on), "tone": _tone(one.ends_on),
             "what": _("The secret ballot of deputies is open, and you have not voted yet."), "button": _("Vote"),
             "url": f"/d/{node.code}/{PLUGIN}/ballot/{one.id}/vote"} for one in waiting_for(actor.person_id)]


def to_confirm(node: Node, actor: Actor, own: Iterable[Suggestion]) -> list[dict[str, Any]]:
    """What others ask the deputy to agree to: the steps that belong to the deputy as the one who raised the suggestion."""
    workflow = registry().workflow_of(f"{PLUGIN}.suggestion")
    if workflow is None:
        return []
    back = {}
    for one in own:
        state = workflow.state(one.state)
        if state.desk == "reporter" and not state.final and desks.first_step(workflow, one.state, "reporter", actor) is not None:
            back[one.id] = (one, str(state.label))
    courses = records.histories(registry().entity(f"{PLUGIN}.suggestion"), back)
    return [{"kind": "confirm", "title": one.title, "number": one.number, "due": _due(one.due), "tone": _tone(one.due),
             "what": _why(courses[one.id], label), "button": _("See, change and raise again"),
             "url": f"/d/{node.code}/{PLUGIN}/suggestion/{one.id}"} for one, label in back.values()]


def _why(course: list[dict[str, Any]], label: str) -> str:
    """The state of a suggestion that came back to the deputy, with the reason that was given."""
    told = [value for entry in course if entry["step"] == "send_back" for _label, value in entry["asked"]]
    return _("%(state)s: %(reason)s", state=label, reason=told[-1]) if told else label


def to_agree(node: Node, own: Iterable[Suggestion]) -> list[dict[str, Any]]:
    """Suggestions of which a unit asked for a longer limit, which is given only when the deputy agrees."""
    known = {one.id: one for one in own if one.state == "handling" and one.agreed_longer_on is None}
    tasks = {task: (suggestion, unit) for task, suggestion, unit in Task.select(
        Task.id, Task.suggestion_id, Task.department_id).where(
            Task.suggestion_id.in_(list(known) or [0]) & Task.closed_at.is_null()).order_by(Task.id).tuples()}
    asked = longer_asked(f"{PLUGIN}.task", list(tasks))
    names = unit_names(unit for _suggestion, unit in tasks.values())
    found = []
    for suggestion, unit in (pair for task, pair in tasks.items() if task in asked):
        one = known[suggestion]
        found.append({"kind": "agree", "title": one.title, "number": one.number, "due": _due(one.due), "tone": _tone(one.due),
                      "what": _("%(unit)s asks for more time. It is given only if you agree.",
                                unit=names.get(unit, "") or _("The unit")),
                      "button": _("Agree to a longer limit"), "about": f"/d/{node.code}/{PLUGIN}/suggestion/{one.id}",
                      "url": f"/d/{node.code}/{PLUGIN}/suggestion/{one.id}/do/agree_longer"})
    return found


def to_meet(node: Node, own: Iterable[Suggestion]) -> list[dict[str, Any]]:
    """Suggestions under way of which no meeting with the unit is recorded yet: before the handling, and with the answer."""
    known = {one.id: one for one in own if one.state in UNDERWAY and one.wish_contact}
    if not known:
        return []
    met: dict[int, set[str]] = {}
    for suggestion_id, stage in Contact.select(Contact.suggestion_id, Contact.stage).where(
            Contact.suggestion_id.in_(list(known))).tuples():
        met.setdefault(suggestion_id, set()).add(stage)
    units: dict[int, list[str]] = {}
    for suggestion_id, name in _units(list(known)):
        units.setdefault(suggestion_id, []).append(name)
    found = []
    for one in known.values():
        if "before" in met.get(one.id, ()):
            continue
        names = _(", ").join(units.get(one.id, [])) or _("The unit")
        what = _("%(units)s will meet you before the handling begins. Nobody has recorded a meeting yet.", units=names)
        found.append({"kind": "meet", "title": one.title, "number": one.number, "due": "", "tone": "", "what": what,
                      "button": _("See who handles it"), "url": f"/d/{node.code}/{PLUGIN}/suggestion/{one.id}"})
    return found


def _units(suggestion_ids: list[int]) -> list[tuple[int, str]]:
    rows = Task.select(Task.suggestion_id, Task.department_id).where(Task.suggestion_id.in_(suggestion_ids)).tuples()
    rows = list(rows)
    names = dict(people.Department.select(people.Department.id, people.Department.name).where(
        people.Department.id.in_(sorted({unit for _id, unit in rows if unit}) or [0])).tuples())
    return [(suggestion_id, names[unit]) for suggestion_id, unit in rows if unit in names]


def _due(due: Any) -> str:
    return _("until %(day)s", day=format_day(due)) if due is not None else ""


def _tone(due: Any) -> str:
    if due is None:
        return ""
    left = (due - local_day()).days
    return "bad" if left < 0 else "warn" if left <= 3 else ""


# ---------------------------------------------------------------- my suggestions

def card(node: Node, one: Suggestion) -> dict[str, Any]:
    """A suggestion as the deputy sees it: its state in words and its course from raised to concluded."""
    workflow = registry().every_version_of(f"{PLUGIN}.suggestion")
    state = workflow.state(one.state) if workflow is not None else None
    return {"title": one.title, "number": one.number, "url": f"/d/{node.code}/{PLUGIN}/suggestion/{one.id}",
            "state": str(state.label) if state is not None else one.state, "tone": state.tone if state is not None else "",
            "over": one.closed_at is not None, "due": _due(one.due) if one.closed_at is None else "", "course": course(one)}


def course(one: Suggestion) -> list[dict[str, str]]:
    """The five stations of a suggestion with the day on which each was reached; the present one is marked.

    Of one that was withdrawn or not taken only what happened is shown, with how it ended.
    """
    unanswered = one.closed_at is not None and one.answered_on is None
    end = _("Ended without an answer") if unanswered else _("Concluded")
    stations: tuple[tuple[str, str, Any], ...] = (
        (_("Raised"), "", one.raised_on), (_("Given to units"), _("To be given to units"), one.handed_on),
        (_("Answered"), _("To be answered"), one.answered_on), (_("Rated"), _("To be rated"), one.rated_on),
        (end, _("To be concluded"), one.closed_at))
    if one.state == "again":
        stations = (*stations[:3], ("", _("Being handled again"), None), *stations[3:])
    if unanswered:
        stations = tuple(station for station in stations if station[2] is not None)
    last = max((place for place, (*_names, day) in enumerate(stations) if day is not None), default=-1)
    return [{"name": name if day is not None else coming,
             "day": format_day(local_day(day) if hasattr(day, "hour") else day) if day is not None else "",
             "class": "done" if day is not None else "now" if place == last + 1 else ""}
            for place, (name, coming, day) in enumerate(stations)]


def heard(node: Node, actor: Actor) -> list[dict[str, Any]]:
    """Matters that the deputy heard from residents, newest first."""
    entity = registry().entity(f"{PLUGIN}.matter")
    if not actor.person_id or not actor.may_within(entity.permission("view"), node):
        return []
    workflow = registry().every_version_of(entity.key)
    query = Matter.select(Matter.id, Matter.number, Matter.title, Matter.state, Matter.division_id).where(
        Matter.deputy_id == actor.person_id)
    rows = scoped(query, entity, "view", node, actor).order_by(Matter.id.desc()).limit(HEARD)
    found = []
    for one in rows:
        state, place = (workflow.state(one.state) if workflow is not None else None), tree().get(one.division_id)
        found.append({"title": one.title, "number": one.number, "url": f"/d/{node.code}/{PLUGIN}/matter/{one.id}",
                      "state": str(state.label) if state is not None else one.state, "tone": state.tone if state else "",
                      "where": place.name if place is not None else ""})
    return found


def as_json() -> dict[str, Any]:
    """The same for programs."""
    found = context(g.node, current_actor())
    return {"waits": [{"kind": one["kind"], "number": one["number"], "title": one["title"], "url": one["url"]}
                      for one in found["waits"]],
            **{key: [{"number": one["number"], "title": one["title"], "state": one["state"], "url": one["url"]}
                     for one in found[key]] for key in ("own", "ended", "signed", "heard")}}

"""What follows from a step of a suggestion or of a task: tasks are given, called off, sent back; their replies answer the whole.

Everything here runs inside the transaction of the step that causes it. Other areas add functions to the lists below; they are
called in the same transaction and raise to undo the step.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from grid321.core.api import (
    Actor,
    Refusal,
    engine,
    follow_extension,
    gettext,
    local_day,
    people,
    records,
    registry,
    setting,
    snapshot,
    tree,
)

from .life_models import Contact, Cosigner, Suggestion, Task
from .suggestion_classes import STAGES_NEEDED

SUGGESTION, TASK = "suggestion_tracking.suggestion", "suggestion_tracking.task"
Observer = Callable[[Any, Mapping[str, Any], Actor], None]

ON_HANDED: list[Observer] = []
"""Called as (suggestion, answers, actor) when a suggestion was handed over; again when it is handed over anew."""
ON_REPLIED: list[Observer] = []
"""Called as (task, answers, actor) when one unit has replied; a promise stands in ``commitment`` and ``commitment_on``."""
ON_ANSWERED: list[Observer] = []
"""Called as (suggestion, answers, actor) when every replying unit has replied, after the second handling too."""

OPEN_WITH_UNIT = ("given", "received", "accepted", "fixed", "returned", "again")
HAS_ACCEPTED = ("accepted", "fixed", "again", "answered", "done")
REPLIED = ("answered", "done")


def tell(observers: Iterable[Observer], case: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """Call every function of a list."""
    for observer in observers:
        observer(case, data, actor)


# -- reading -----------------------------------------------------------------------------------------------------------

def is_major(task: Any) -> bool:
    """True when the suggestion of a task is broad or hard: the longer limit holds. One query."""
    row = Suggestion.select(Suggestion.is_major).where(Suggestion.id == task.suggestion_id).tuples().first()
    return bool(row and row[0])


def suggestion_of(task: Any) -> Any:
    """The suggestion to which a task or a meeting belongs. One query."""
    return Suggestion.get_by_id(task.suggestion_id)


def tasks_of(case: Any) -> list[Any]:
    """The tasks of a suggestion, oldest first, those that were called off too. One query."""
    return list(Task.select().where(Task.suggestion_id == case.id).order_by(Task.id))


def active(tasks: Iterable[Any]) -> list[Any]:
    """Those that were not called off."""
    return [task for task in tasks if task.state != "taken_back"]


def replying(tasks: Iterable[Any]) -> list[Any]:
    """Those whose unit replies to the deputy: the lead unit, or each separate one. Co-handling units give an opinion only."""
    return [task for task in active(tasks) if task.role != "co"]


def unit_names(ids: Iterable[int | None]) -> dict[int, str]:
    """The names of units by id. One query."""
    wanted = {one for one in ids if one is not None}
    unit = people.Department
    return dict(unit.select(unit.id, unit.name).where(unit.id.in_(sorted(wanted) or [0])).tuples())


# -- handing over ------------------------------------------------------------------------------------------------------

def give_tasks(case: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """After ``assign``: a task for each unit that the form names."""
    if data.get("department_id"):
        _give(case, "lead", data["department_id"], data, "asked", "limit_on", actor)
        for name in ("co_1_id", "co_2_id", "co_3_id"):
            _give(case, "co", data.get(name), data, "co_asked", "co_limit_on", actor)
    else:
        for name in ("unit_1_id", "unit_2_id", "unit_3_id", "unit_4_id"):
            _give(case, "separate", data.get(name), data, "asked", "limit_on", actor)
    tell(ON_HANDED, case, data, actor)


def _give(case: Any, role: str, unit: int | None, data: Mapping[str, Any], asked: str, limit: str, actor: Actor) -> None:
    if unit is not None:
        records.create(registry().entity(TASK), {
            "suggestion_number": case.number, "role": role, "department_id": unit, "asked": data.get(asked) or "",
            "limit_on": data.get(limit)}, machine(actor), _place(case), flow=None)


def one_unit_each(case: Any, data: Mapping[str, Any], actor: Actor) -> Refusal | None:
    """Guard of handing over: no unit is named twice, and none still has the suggestion from an earlier hand-over."""
    names = ("department_id", "co_1_id", "co_2_id", "co_3_id", "unit_1_id", "unit_2_id", "unit_3_id", "unit_4_id")
    seen: set[int] = {task.department_id for task in tasks_of(case) if task.closed_at is None} if data else set()
    for name in names:
        unit = data.get(name)
        if unit is not None and unit in seen:
            return Refusal(gettext("This unit is named twice, or has the suggestion already."), "unit_twice",
                           name.removesuffix("_id"), gettext("Choose another unit, or leave the field empty."))
        seen |= {unit} if unit is not None else set()
    return None


def machine(actor: Actor) -> Actor:
    """The machine that acts because of what ``actor`` did: the ledger names the account."""
    return replace(actor, system=True)


def _place(case: Any) -> Any:
    place = tree().get(case.division_id)
    assert place is not None
    return place


# -- tasks move the suggestion -------------------------------------------------------------------------------------------

def move(entity_key: str, record_id: int, step: str, data: dict[str, Any], actor: Actor) -> Any:
    """Take a step of another case because of what ``actor`` did; returns that case as it is then."""
    entity = registry().entity(entity_key)
    found = entity.model.get_by_id(record_id)
    return engine.perform(entity, record_id, step, data, machine(actor), None, _place(found)).record


def accepted(task: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """After a unit accepted: when every replying unit has, the suggestion is being handled."""
    case = suggestion_of(task)
    units = replying(tasks_of(case))
    if case.state == "assigned" and units and all(one.state in HAS_ACCEPTED for one in units):
        move(SUGGESTION, case.id, "all_accepted", {"trigger": task.number}, actor)


def left(task: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """After a task was called off: without any replying unit the suggestion has to be handed over anew; else go on."""
    case = suggestion_of(task)
    if case.state not in {"assigned", "handling", "again"}:
        return
    if not replying(tasks_of(case)):
        if case.state != "again":
            move(SUGGESTION, case.id, "unassigned", {"trigger": task.number}, actor)
        return
    accepted(task, data, actor)
    replied(task, {}, actor)


def replied(task: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """After a unit replied: when every replying unit has, the suggestion is answered."""
    if data:
        tell(ON_REPLIED, task, data, actor)
    case = suggestion_of(task)
    units = replying(tasks_of(case))
    if not units or any(one.state not in REPLIED for one in units):
        return
    if case.state in {"assigned", "handling"}:
        move(SUGGESTION, case.id, "all_answered", {"trigger": task.number}, actor)
    elif case.state == "again":
        move(SUGGESTION, case.id, "answered_again", {"trigger": task.number}, actor)


def answered(case: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """After a suggestion was answered: tell the other areas."""
    tell(ON_ANSWERED, case, data, actor)


def whole_reply(case: Any, data: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The columns of an answered suggestion from the replies of its units: the texts, the weakest outcome, the first leader."""
    units = [task for task in replying(tasks_of(case)) if task.state in REPLIED]
    names = unit_names(task.department_id for task in units)
    texts = [task.answer or "" if len(units) == 1 else f"【{names.get(task.department_id, '')}】\n{task.answer or ''}"
             for task in units]
    lead = units[0] if units else None
    return {"outcome": weakest([task.outcome for task in units], case), "answer": "\n\n".join(texts),
            "answered_on": day_of_answer(units, data),
            "first_leader": lead.first_leader if lead is not None else case.first_leader}


def day_of_answer(units: Iterable[Any], data: Mapping[str, Any]) -> date:
    """The day of the last reply, which may be that of a paper; today when the waiting ended because a unit was called off."""
    replies = {task.number: task.answered_on for task in units}
    return max(day for day in replies.values() if day is not None) if replies.get(data.get("trigger")) else local_day()


def weakest(outcomes: Iterable[str | None], case: Any) -> str | None:
    """The outcome class that comes last in the county's list: a whole is not solved while a part is not."""
    order = list(snapshot().classes.labels("suggestion_tracking.outcome", tree().get(case.division_id), retired=True))
    given = [one for one in outcomes if one]
    return max(given, key=lambda one: order.index(one) if one in order else len(order)) if given else None


# -- the suggestion moves its tasks --------------------------------------------------------------------------------------

def finish_tasks(case: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """After the end of a suggestion: what its units did is done, what is still open with them is called off."""
    for task in tasks_of(case):
        if task.state in OPEN_WITH_UNIT:
            move(TASK, task.id, "call_off", {"reason": gettext("The suggestion has ended.")}, actor)
        elif task.closed_at is None:
            move(TASK, task.id, "finish", {}, actor)


def told_accepted(case: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """After the office entered that the units accepted: their tasks say so too."""
    for task in replying(tasks_of(case)):
        for step in {"given": ("receive", "accept"), "received": ("accept",)}.get(task.state, ()):
            move(TASK, task.id, step, {}, actor)


def told_reply(case: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """After the office entered a reply on paper: the tasks that still wait for one are answered by it."""
    for task in tasks_of(case):
        if task.closed_at is None and task.state != "answered":
            done = move(TASK, task.id, "replied_on_paper", {**data, "trigger": case.number}, actor)
            if task.role != "co":
                tell(ON_REPLIED, done, data, actor)
    tell(ON_ANSWERED, case, data, actor)


def send_back_to_work(case: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """The second handling: every unit that replied or gave an opinion works again."""
    for task in tasks_of(case):
        if task.state == "answered":
            said = {key: data[key] for key in ("limit", "reason") if data.get(key)}
            move(TASK, task.id, "work_again", {**said, "trigger": case.number}, actor)


REDO: list[Observer] = [send_back_to_work]
"""Called as (suggestion, answers, actor) by the step that begins the second handling."""


# -- guards --------------------------------------------------------------------------------------------------------------

def meetings_missing(case: Any, unit: int | None = None) -> list[str]:
    """The stages of the three meetings that have to be recorded before the reply and are not.

    None is missing where the deputy wishes no contact. A meeting counts for ``unit`` when it was its own, or when the deputy
    met the units together (recorded without a unit). One query.
    """
    if not case.wish_contact:
        return []
    needed = STAGES_NEEDED[str(setting("suggestion_tracking.meetings_before_reply", case.division_id))]
    query = Contact.select(Contact.stage).where(Contact.suggestion_id == case.id)
    if unit is not None:
        query = query.where((Contact.department_id == unit) | Contact.department_id.is_null())
    held = {row[0] for row in query.tuples()} if needed else set()
    return [stage for stage in needed if stage not in held]


def consent_given(task: Any) -> Refusal | None:
    """Guard of granting an extension: the deputy agreed to it."""
    if suggestion_of(task).agreed_longer_on is not None:
        return None
    return Refusal(gettext("The deputy has not agreed to a longer limit yet."), "no_consent",
                   remedy=gettext("Record a meeting with the deputy in which he or she agrees, or let the deputy agree on the "
                                  "page of the suggestion."))


def extended(task: Any, length: str, actor: Actor) -> None:
    """After an extension was granted to a unit: the limit of the whole suggestion follows."""
    entity = registry().entity(SUGGESTION)
    follow_extension(entity, suggestion_of(task), "reply", length, machine(actor))


def shown_to(unit: int) -> Any:
    """The condition for the suggestions that a unit reads because it has a task in them, as co-handler too."""
    return Suggestion.id.in_(Task.select(Task.suggestion_id).where((Task.department_id == unit) & (Task.state != "taken_back")))


def own_suggestions(actor: Actor) -> Any:
    """The ids of the suggestions that an actor raised, signed or registered, as a query for conditions."""
    person = actor.person_id or 0
    signed = Cosigner.select(Cosigner.suggestion_id).where(Cosigner.person_id == person)
    return Suggestion.select(Suggestion.id).where(
        (Suggestion.deputy_id == person) | Suggestion.id.in_(signed) | (Suggestion.reporter_id == (actor.account_id or 0)))


"""Performs a transition: permission, guard, refusal, then one compare-and-set on (state, version) together with clocks,
counters, ledger entry and outbox row. Who loses a race is told so and nothing changed; what is acknowledged is durable.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import peewee

from . import access, clock, counters, db, groups, ledger, meetings, outbox, search, snapshot
from .actor import SYSTEM, Actor
from .dispatch import GuestFailure
from .entity import Entity, Refusal
from .errors import Conflict, Forbidden, NotFound, Refused, StaleVersion
from .i18n import gettext as _
from .registry import held_where_on, platform, registry
from .routing import Place, destination
from .tree import Node
from .workflow import Transition, Workflow

AUTOMATIC_STEPS = 5


@dataclass(frozen=True)
class Outcome:
    """What a step did: the record as it is now and the id of its ledger entry."""

    record: Any
    entry_id: int


def perform(entity: Entity, record_id: int, key: str, data: Mapping[str, Any], actor: Actor, version: int | None,
            node: Node) -> Outcome:
    """Take transition ``key`` on a case. ``data`` are the checked answers of its forms, ``version`` what the actor saw.

    Raises ``NotFound`` (no such case or step here), ``Forbidden`` (not this actor's step), ``StaleVersion`` (412: the
    case changed since it was read), ``Conflict`` (409: its state does not allow the step, or somebody was faster; the
    answer carries the present state) and ``Refused`` (a guard or a plugin says no). Nothing is changed then.
    """
    with db.transaction():
        record = access.fetch(entity, record_id, "view", node, actor)
        workflow = workflow_for(entity, record)
        require_runnable(workflow)
        try:
            step = workflow.transition(key)
        except KeyError:
            raise NotFound(_("There is no step %(key)s.", key=key), remedy=_("Load the page again.")) from None
        _check_state(workflow, step, record, version)
        groups.refuse_carried(entity, workflow, step, record)
        if not may(step, record, actor):
            raise Forbidden(_("You may not take the step “%(step)s” here.", step=step.label),
                            _("The matter is with %(place)s.", place=_holder_name(record)),
                            _("Ask the person in charge there."))
        outcome = _take(entity, workflow, step, record, dict(data), actor)
        for _turn in range(AUTOMATIC_STEPS):
            following = _automatic(workflow, outcome.record)
            if following is None:
                break
            outcome = _take(entity, workflow, following, outcome.record, {}, SYSTEM)
    return outcome


def possible(entity: Entity, record: Any, actor: Actor) -> list[Transition]:
    """The steps this actor could take on the case now, in declared order. At most two queries (where it came from, what
    the last meeting decided)."""
    if standstill(entity, record):
        return []
    workflow = workflow_for(entity, record)
    found: list[Transition] = []
    decided: dict[int, meetings.Decision | None] = {}
    for step in workflow.from_state(record.state):
        if step.automatic or not may(step, record, actor) or (step.guard and step.guard(record, {}, actor) is not None):
            continue
        if step.moves.kind in {"up", "down"} and not can_move(entity, workflow, step, record):
            continue
        if meetings.allows(entity, step, record, decided):
            found.append(step)
    return found


def may(step: Transition, record: Any, actor: Actor) -> bool:
    """True when ``actor`` is who the step asks for: holder, department, reporter, or anyone whose scope covers it."""
    return groups.offered(step, record) and may_as(step.permission, step.by, step.plugin, record, actor)


def may_as(permission: str | None, by: str, plugin: str, record: Any, actor: Actor) -> bool:
    """The same for what is no step: does ``actor`` hold ``permission`` as the holder, department, reporter or scope of a case?

    ``plugin`` is the region plugin that added it, which must be on there; empty for a workflow's own parts.
    """
    if not held_where_on(plugin, record):
        return False
    if actor.system:
        return True
    if permission is None:
        return False
    if by == "scope":
        return actor.may_on(permission, record)
    if by == "reporter":
        return record.reporter_id == actor.account_id is not None and actor.may_anywhere(permission)
    if by == "department":
        return record.department_id is not None and any(
            grant.department_id == record.department_id and permission in grant.permissions for grant in actor.grants)
    return any(grant.held_on == record.holder_id and grant.department_id is None
               and permission in grant.permissions for grant in actor.grants)


def workflow_for(entity: Entity, record: Any) -> Workflow:
    """The workflow in the version under which the case began. Raises ``Conflict`` when nothing is known of that version."""
    try:
        workflow = registry().workflow_of(entity.key, record.workflow_version)
    except KeyError:
        workflow = None
    if workflow is None:
        raise Conflict(_("This matter runs under version %(version)s of its workflow, which is not installed.",
                         version=record.workflow_version), remedy=_("Install the plugin version that declares it."))
    return workflow


def require_runnable(workflow: Workflow) -> None:
    """Raise ``Conflict`` for an old version that lacks functions: without its guards no step is safe."""
    if workflow.lacks:
        raise Conflict(_("This matter cannot move: version %(version)s of its workflow lacks a function.",
                         version=workflow.version), ", ".join(workflow.lacks),
                       _("Install the plugin version that has it, or let the administrator move its cases to a newer version."),
                       code="not_runnable")


def standstill(entity: Entity, record: Any) -> str:
    """Why no step of a case can be taken, whoever asks: its version is gone or lacks a function. Empty when it can move."""
    try:
        require_runnable(workflow_for(entity, record))
    except Conflict as problem:
        return " ".join(str(text) for text in (problem.title, problem.detail, problem.remedy) if str(text))
    return ""


def _check_state(workflow: Workflow, step: Transition, record: Any, version: int | None) -> None:
    extra = {"state": record.state, "version": record.version}
    if record.state not in step.sources:
        known = {s.key: s.label for s in workflow.states}
        raise Conflict(_("The step “%(step)s” is not possible now.", step=step.label),
                       _("The matter is in state “%(state)s”.", state=known.get(record.state, record.state)),
                       _("Load the page again and choose one of the steps it offers."), extra=extra)
    if version is not None and record.version != version:
        raise StaleVersion(_("Somebody changed this matter after you opened it."),
                           _("You saw version %(seen)s; it is now version %(now)s.", seen=version, now=record.version),
                           _("Load the page again, then decide."), extra=extra)


def can_move(entity: Entity, workflow: Workflow, step: Transition, record: Any) -> bool:
    """True when there is a place to which the step takes the case."""
    try:
        destination(entity, workflow, step, record, {})
    except Refused:
        return False
    return True


def _automatic(workflow: Workflow, record: Any) -> Transition | None:
    for step in workflow.from_state(record.state):
        if step.automatic and may(step, record, SYSTEM) and (step.guard is None or step.guard(record, {}, SYSTEM) is None):
            return step
    return None


def _take(entity: Entity, workflow: Workflow, step: Transition, record: Any, data: dict[str, Any], actor: Actor) -> Outcome:
    tree = snapshot.current().tree
    place = tree.get(record.division_id)
    holder = tree.get(record.holder_id)
    assert place is not None and holder is not None
    refuse(step.guard(record, data, actor) if step.guard else None)
    ask_plugins(step.key, entity, record, actor, place)
    decided = meetings.require(entity, step, record, holder, data)
    target = destination(entity, workflow, step, record, data)
    moment = db.now()
    before = dict(record.__data__)
    goal = workflow.state(step.target)
    sets = step.sets(record, data, actor) if step.sets is not None else {}
    as_it_will_be = SimpleNamespace(**{**before, **sets}) if sets else record  # a clock's length may depend on what is written
    moved = clock.move(workflow, step, entity.key, as_it_will_be, data, target.holder, moment)
    values = {"state": step.target, "version": record.version + 1, "updated_at": moment, "holder_id": target.holder.id,
              "department_id": target.department_id, "due": moved.due, **sets}
    if goal.final:
        values |= {"closed_at": moment, "due": None}
    values |= groups.free(step, record)
    if groups.rests(values, record):
        moved, values["due"] = clock.Moved(), None
    _compare_and_set(entity, record, values)
    clock.start(moved, entity.key, record.id)
    flows = groups.booked(before, record, _flows(step, record, data, holder, target), holder)
    facts: dict[str, Any] = {"holder": target.holder.code, "flows": flows}
    if target.department_id != before["department_id"]:
        facts["department"] = target.department_id
    if target.holder.id != holder.id:
        facts["from_holder"] = holder.id
    if target.note:
        facts["note"] = target.note
    if decided is not None:
        facts["meeting"] = decided.meeting_id
    entry = ledger.append(entity.key, record.id, step.key, node=place, account_id=actor.account_id, from_state=before["state"],
                          to_state=step.target, version=record.version, facts=facts, detail=data or None, at=moment)
    if decided is not None:
        meetings.use(decided, entry)
    month = counters.month_of(moment)
    rows = counters.stock(entity, before, record.__data__, place.path, place.path)
    for place_id, _level, kind in flows:
        bank = tree.get(place_id)
        assert bank is not None
        rows += counters.flow(entity.key, bank, kind, month)
    counters.apply(rows)
    outbox.add(entity.key, record.id, step.key, node=place, account_id=actor.account_id, at=moment,
               facts={**clock.case_facts(record), "from_state": before["state"], "entry": entry})
    search.index(entity, record, values)
    search.reply(entity, record, entry, step.key, data)
    groups.after_step(entity, workflow, step, record, before, actor, moment)
    if step.after is not None:
        step.after(record, data, actor)
    return Outcome(record, entry)


def _compare_and_set(entity: Entity, record: Any, values: dict[str, Any]) -> None:
    model = entity.model
    try:
        changed = model.update(values).where((model.id == record.id) & (model.version == record.version)
                                             & (model.state == record.state)).execute()
    except peewee.OperationalError as error:
        if "could not serialize" not in str(error):
            raise
        changed = 0
    if changed != 1:
        now = model.select(model.state, model.version).where(model.id == record.id).tuples().first() or (None, None)
        raise Conflict(_("Somebody else was faster: the matter has already moved on."), "",
                       _("Load the page again to see its present state."), extra={"state": now[0], "version": now[1]})
    for name, value in values.items():
        setattr(record, name, value)


def _flows(step: Transition, record: Any, data: Mapping[str, Any], holder: Node, target: Place) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    if target.holder.id != holder.id:
        up = target.holder.depth < holder.depth
        found.append((holder.id, holder.level, "sent_up" if up else "sent_down"))
        found.append((target.holder.id, target.holder.level, "received"))
    if step.flow is not None:
        kind = step.flow if isinstance(step.flow, str) else step.flow(record, data)
        found.append((target.holder.id, target.holder.level, kind))
    return found


def refuse(refusal: Refusal | None) -> None:
    """Raise ``Refused`` for a refusal of a guard or plugin; nothing for None."""
    if refusal is not None:
        field = {refusal.field: [str(refusal.message)]} if refusal.field else None
        raise Refused(refusal.message, remedy=refusal.remedy, code=refusal.code, errors=field)


def ask_plugins(action: str, entity: Entity, record: Any, actor: Actor, node: Node) -> None:
    """Ask hook ``refuse``; the first refusal is raised as ``Refused``, and a failing plugin refuses too."""
    hooks = platform().hooks
    if not hooks.has("refuse"):
        return
    try:
        answer = hooks.first("refuse", node, action=action, entity=entity, record=record, actor=actor)
    except GuestFailure as failure:
        raise Refused(_("The step was refused because the plugin %(plugin)s could not check it.", plugin=failure.plugin),
                      remedy=_("Tell your administrator; the plugin page shows the failure."), code="plugin_failed") from failure
    if answer is not None and not isinstance(answer, Refusal):
        raise Refused(_("The step was refused because a plugin gave a wrong answer."), code="plugin_failed",
                      remedy=_("Tell your administrator; the plugin page shows the failure."))
    refuse(answer)


def _holder_name(record: Any) -> str:
    node = snapshot.current().tree.get(record.holder_id)
    return node.name if node is not None else ""

"""What a case's page says about the next step: what this person does now, what stands beside the way, what comes later and
why, and who has the case when there is nothing to do.

One step at most is the prominent one. Ending a case without an answer (withdrawing, turning it into something else), and what
the entity names in ``beside``, is never that one: a person who may do nothing else is told who has the case instead.
"""
from __future__ import annotations

from typing import Any

from . import engine, meetings, snapshot
from .actor import Actor
from .entity import Entity
from .faces import Face
from .groups import MEMBER
from .i18n import gettext as _
from .references import labels
from .tree import Node
from .workflow import Transition, Workflow

ENDS = ("withdrawn", "joined")
"""Ways in which a case leaves the books without an answer."""


def shown(face: Face, record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """The steps as the page shows them: ``actions`` to take now, ``others`` beside the way, ``later`` ones with the reason, and
    ``waiting``: who has the case, when it is not this person's turn. Nothing for an entity without workflow."""
    if face.workflow is None:
        return {"actions": [], "others": [], "later": [], "waiting": ""}
    entity = face.entity
    here = face.url(node.code, record.id)
    found: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for step in engine.possible(entity, record, actor):
        found[is_beside(entity, step)].append({
            "key": step.key, "label": str(step.label), "tone": step.tone, "permission": step.permission,
            "url": f"{here}/do/{step.key}"})
    still = record.closed_at is not None or bool(engine.standstill(entity, record))
    later = [] if still else coming(entity, record, actor)
    waiting = "" if still or found[False] or later else who_has_it(entity, record)
    return {"actions": found[False], "others": found[True], "later": later, "waiting": waiting}


def is_beside(entity: Entity, step: Transition) -> bool:
    """True for a step that never is the one to take next: it ends the case without an answer, or the entity says so."""
    return step.key not in entity.forward and (step.tone == "bad" or step.flow in ENDS or step.key in entity.beside)


def coming(entity: Entity, record: Any, actor: Actor) -> list[dict[str, str]]:
    """The steps that are this actor's and cannot be taken yet, with the reason: a meeting has to decide them first, or what the
    entity names in ``awaited`` has a condition."""
    found = []
    decided: dict[int, Any] = {}
    for step in engine.workflow_for(entity, record).from_state(record.state):
        if step.automatic or not engine.may(step, record, actor):
            continue
        refusal = step.guard(record, {}, actor) if step.guard else None
        if refusal is None:
            if step.meeting and not meetings.allows(entity, step, record, decided):
                found.append({"label": str(step.label), "why": _("A meeting decides this first; its record is needed.")})
        elif step.key in entity.awaited and not refusal.for_good:
            found.append({"label": str(step.label), "why": " ".join(
                str(text) for text in (refusal.message, refusal.remedy) if str(text))})
    return found


def who_has_it(entity: Entity, record: Any) -> str:
    """A sentence: who has an open case now."""
    workflow: Workflow = engine.workflow_for(entity, record)
    desk = workflow.state(record.state).desk
    if record.bond == MEMBER:
        return _("It goes along with the matter that leads its group. There is nothing for you to do now.")
    if record.state in (told := dict(entity.waits)):
        return str(told[record.state])
    if desk == "none":
        return _("It waits for the units that handle it. There is nothing for you to do now.")
    if desk == "reporter":
        return _("It waits for the person who raised it. There is nothing for you to do now.")
    name = ""
    if desk == "department" and record.department_id is not None:
        name = labels("department", [record.department_id]).get(record.department_id, "")
    if not name and (holder := snapshot.current().tree.get(record.holder_id)) is not None:
        name = holder.name
    return _("It is with %(who)s. There is nothing for you to do now.", who=name)

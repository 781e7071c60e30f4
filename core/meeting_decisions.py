"""What follows from a held meeting: its decisions are carried out, a mistake in its record is corrected by a new one."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from . import db, engine, records, snapshot
from .actor import SYSTEM, Actor
from .errors import Conflict, Problem
from .i18n import gettext as _
from .meeting_records import MEETING, answers, case_of, hold, items, require_own
from .meetings import HELD, KEEP, Meeting, MeetingItem
from .tree import Node

COPIED = ("position", "entity", "record_id", "decision", "department_id", "limit_on", "note")


@dataclass(frozen=True)
class Result:
    """What carrying out did with one decision."""

    item_id: int
    record_id: int
    entity: str
    number: str
    ok: bool
    message: str


def carry_out(meeting: Meeting, actor: Actor, node: Node) -> list[Result]:
    """Take the decided steps that were not taken yet, each in its own transaction by ``engine.perform``; a result per row.

    Raises ``Conflict`` when the meeting was not held.
    """
    require_own(meeting, actor)
    if meeting.status != HELD:
        raise Conflict(_("The meeting was not held yet."), meeting.number, _("Hold it first: its record fixes the decisions."))
    results = []
    for item in items(meeting.id):
        if item.decision == KEEP or item.used_entry is not None:
            continue
        found = case_of(item)
        if found is None:
            text = _("The matter no longer exists.")
            results.append(Result(item.id, item.record_id, item.entity, str(item.record_id), False, text))
            continue
        entity, record = found
        number = str(getattr(record, "number", record.id))
        try:
            step = engine.workflow_for(entity, record).transition(item.decision)
            place = snapshot.current().tree.get(record.holder_id) or node
            after = engine.perform(entity, record.id, step.key, answers(step, item, place, actor), actor, record.version, node)
        except Problem as problem:
            text = " ".join(str(part) for part in (problem.title, problem.detail) if str(part))
            results.append(Result(item.id, record.id, entity.key, number, False, text))
            continue
        state = engine.workflow_for(entity, after.record).state(after.record.state)
        results.append(Result(item.id, record.id, entity.key, number, True, str(state.label)))
    return results


def correct(meeting: Meeting, actor: Actor, node: Node) -> Meeting:
    """A new record that takes the place of a held one, with what it said and the items that were not carried out.

    Raises ``Conflict`` when it was not held or a correction is there already.
    """
    with db.transaction():
        require_own(meeting, actor)
        if meeting.status != HELD:
            raise Conflict(_("The meeting was not held yet."), meeting.number, _("Edit it: nothing is fixed yet."))
        if Meeting.select().where(Meeting.corrects_id == meeting.id).exists():
            raise Conflict(_("There is a correction of this record already."), meeting.number, _("Open that one."))
        place = snapshot.current().tree.get(meeting.division_id) or node
        values = {name: getattr(meeting, name) for name in ("kind", "met_on", "chair", "expected", "present", "attendees",
                                                            "minutes")}
        made: Meeting = records.create(MEETING, values, actor, place)
        Meeting.update(corrects_id=meeting.id).where(Meeting.id == made.id).execute()
        for item in items(meeting.id):
            if item.used_entry is None:
                db.insert(MeetingItem, {"meeting_id": made.id, **{name: getattr(item, name) for name in COPIED}})
    return made


def record(place: Node, kind: str, day: date, chosen: Iterable[Mapping[str, Any]], actor: Actor = SYSTEM,
           **said: Any) -> Meeting:
    """A held meeting in one go, for demo data and tests: ``chosen`` are entity, record_id, decision and what goes with it."""
    with db.transaction():
        meeting: Meeting = records.create(MEETING, {"kind": kind}, actor, place)
        for number, item in enumerate(chosen, start=1):
            db.insert(MeetingItem, {"meeting_id": meeting.id, "position": number, **item})
        said = {"chair": _("The chair"), "expected": 7, "present": 6, "attendees": _("The members"), "minutes": "", **said}
        return hold(meeting.id, {**said, "met_on": day}, actor, None, place)

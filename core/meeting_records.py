"""The record of a meeting: preparing its agenda, deciding, and holding it, from when on it stays as it is."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from . import access, db, engine, ledger, outbox, records, search, snapshot
from .actor import SYSTEM, Actor
from .entity import Entity
from .errors import Conflict, Forbidden, Invalid, NotFound, Refused
from .fields import Choice, Day, DivisionRef, Int, LongText, Text
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .meetings import DRAFT, HELD, KEEP, LEVEL_OF_KIND, Meeting, MeetingItem, needed
from .registry import registry
from .schemas import EntitySchema, fields_of, load_many
from .tree import Node, ancestor_columns
from .workflow import Transition

HOLD = "core.meeting.hold"
ANSWERS = {"department": "department_id", "limit_on": "limit_on", "note": "note", "reason": "note", "decision": "note"}
"""Fields of a step's form that a decision fills, and the column of the item they come from."""


class MeetingSchema(EntitySchema):
    """A meeting. While it is prepared only the kind must be known; when it is held, all of it (see ``hold``)."""

    kind = Choice(_l("Kind of meeting"), scheme="core.meeting_kind", required=True)
    division = DivisionRef(_l("Division"), help=_l("Leave it empty for the division you are looking at."))
    met_on = Day(_l("Day of the meeting"))
    chair = Text(_l("Chair"), max=40)
    expected = Int(_l("Members expected"), min=1, max=2000)
    present = Int(_l("Members present"), min=0, max=2000, help=_l("Of the members expected; guests are not counted."))
    attendees = LongText(_l("Who attended"), max=2000, help=_l("Names by post; guests and departments too."))
    minutes = LongText(_l("Minutes"), max=20_000)
    number = Text(_l("Number"), max=40, read_only=True)
    status = Choice(_l("State of the record"), options=((DRAFT, _l("Being prepared")), (HELD, _l("Held"))), read_only=True)


class HoldSchema(EntitySchema):
    """What the record of a held meeting must say."""

    met_on = Day(_l("Day of the meeting"), required=True, past=True)
    chair = Text(_l("Chair"), max=40, required=True)
    expected = Int(_l("Members expected"), min=1, max=2000, required=True)
    present = Int(_l("Members present"), min=0, max=2000, required=True,
                  help=_l("Of the members expected; guests are not counted."))
    attendees = LongText(_l("Who attended"), max=2000, required=True, help=_l("Names by post; guests and departments too."))
    minutes = LongText(_l("Minutes"), max=20_000)


def check_meeting(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """Rules across the fields: the kind fits the level, nobody is present who is not expected. Texts left empty are empty."""
    for name in ("chair", "attendees", "minutes"):
        if name in data and data[name] is None:
            data[name] = ""
    kind = data.get("kind", getattr(record, "kind", None))
    expected, present = (data.get(name, getattr(record, name, None)) for name in ("expected", "present"))
    errors: dict[str, list[str]] = {}
    if LEVEL_OF_KIND.get(kind or "", node.level) != node.level:
        errors["kind"] = [_("This kind of meeting belongs to another level than %(place)s.", place=node.name)]
    if expected is not None and present is not None and present > expected:
        errors["present"] = [_("More members are present than expected.")]
    return errors


def create_meeting(values: dict[str, Any], actor: Actor, place: Node) -> Meeting:
    """Insert a meeting that is being prepared; called by ``records.create`` within its transaction."""
    row = {**values, "division_id": place.id, **ancestor_columns(snapshot.current().tree, place),
           "number": records.next_number("HY", place, db.now()), "created_by": actor.account_id}
    return Meeting.get_by_id(db.insert(Meeting, row))


def delete_meeting(record: Meeting, actor: Actor, node: Node) -> None:
    """The agenda of a meeting that was not held goes with it."""
    MeetingItem.delete().where(MeetingItem.meeting_id == record.id).execute()


MEETING = Entity(
    "core.meeting", Meeting, MeetingSchema, _l("Meetings"),
    columns=("number", "kind", "division", "met_on", "status", "chair"), filters=("kind", "status", "division", "met_on"),
    search=("number", "chair", "attendees", "minutes"), sorts=("-id", "-met_on", "met_on"), title="kind", icon="people",
    actions=("create", "edit", "delete", "export"), levels=("village", "town", "county"), create=create_meeting,
    delete=delete_meeting, check=check_meeting, closed=lambda record: record.status == HELD,
    description=_l("What goes up or to a department is decided by a meeting. Prepare the agenda, hold the meeting, then carry "
                   "out its decisions."))


# ---------------------------------------------------------------- the agenda

def items(meeting_id: int) -> list[MeetingItem]:
    """The items of a meeting in their order."""
    return list(MeetingItem.select().where(MeetingItem.meeting_id == meeting_id).order_by(MeetingItem.position, MeetingItem.id))


def case_of(item: MeetingItem) -> tuple[Entity, Any] | None:
    """The entity and the case of an item; None when its plugin is gone."""
    entity = registry().entities.get(item.entity)
    record = entity.model.get_or_none(entity.model.id == item.record_id) if entity is not None else None
    return None if entity is None or record is None else (entity, record)


def answerable(step: Transition) -> bool:
    """True when a decision with department, limit and note, and the record of the meeting, answer everything the step asks."""
    return all(name in ANSWERS or name in told_by_meeting(schema) or not found.required or found.default is not None
               for schema in step.asks for name, found in fields_of(schema).items())


def told_by_meeting(schema: Any) -> Mapping[str, str]:
    """Fields of a form that the record of the meeting fills, and the column of ``Meeting`` they come from.

    A form says so in its class attribute ``from_meeting``: ``{"handed_on": "met_on", "to_whom": "attendees"}``.
    """
    return getattr(schema, "from_meeting", {})


def decisions(entity: Entity, record: Any, meeting: Any) -> list[Transition]:
    """The steps that this meeting may decide for a case, those that need a meeting first."""
    workflow = engine.workflow_for(entity, record)
    holder = snapshot.current().tree.get(record.holder_id)
    if holder is None or holder.id != meeting.division_id:
        return []
    found = [step for step in workflow.from_state(record.state)
             if not step.automatic and step.by == "holder" and answerable(step)
             and (not step.meeting or meeting.kind in step.meeting or meeting.kind not in LEVEL_OF_KIND)
             and (step.guard is None or step.guard(record, {}, SYSTEM) is None)
             and (step.moves.kind not in {"up", "down"} or engine.can_move(entity, workflow, step, record))]
    return sorted(found, key=lambda step: not needed(step, holder))


def proposals(meeting: Meeting, limit: int = 200) -> list[tuple[Entity, Any]]:
    """The open cases of the division's bank that wait for a meeting and are not on this agenda, oldest first."""
    now = snapshot.current()
    place = now.tree.get(meeting.division_id)
    assert place is not None
    on_it = {(item.entity, item.record_id) for item in items(meeting.id)}
    found: list[tuple[Entity, Any]] = []
    for entity in registry().entities.values():
        workflow = registry().workflow_of(entity.key)
        if workflow is None or not now.switches.is_on(entity.plugin, place):
            continue
        waiting = sorted({state for step in workflow.transitions if step.meeting for state in step.sources})
        model = entity.model
        rows = (model.select().where((model.holder_id == place.id) & model.bond.is_null() & model.state.in_(waiting or [""]))
                .order_by(model.id))
        found += [(entity, record) for record in rows.limit(limit) if (entity.key, record.id) not in on_it
                  and any(step.meeting for step in decisions(entity, record, meeting))]
    return found[:limit]


def add(meeting: Meeting, chosen: Iterable[tuple[Entity, int]], actor: Actor) -> int:
    """Put cases on the agenda of a meeting that is being prepared; those that are on it stay once. Returns how many came.

    Raises ``Conflict`` for a held meeting and ``Invalid`` for a case that another division holds or that is closed.
    """
    with db.transaction():
        place = _draft(meeting)
        last = max((item.position for item in items(meeting.id)), default=0)
        count = 0
        for entity, record_id in chosen:
            record = access.fetch(entity, record_id, "view", place, actor)
            if record.holder_id != meeting.division_id or record.bond is not None or records.is_closed(entity, record):
                raise Invalid(_("The matter was not put on the agenda."), getattr(record, "number", ""),
                              _("Only open matters that %(place)s holds come before its meeting.", place=place.name),
                              errors={"item": [_("This matter is closed or with somebody else.")]})
            if MeetingItem.select().where((MeetingItem.meeting_id == meeting.id) & (MeetingItem.entity == entity.key)
                                          & (MeetingItem.record_id == record_id)).exists():
                continue
            last, count = last + 1, count + 1
            db.insert(MeetingItem, {"meeting_id": meeting.id, "position": last, "entity": entity.key, "record_id": record_id})
            ledger.append(entity.key, record_id, "agenda", node=place, account_id=actor.account_id,
                          facts={"meeting": meeting.id})
    return count


def put_on_next(entity: Entity, record: Any, actor: Actor) -> Meeting:
    """Put a case on the agenda of its holder's next meeting, which is begun when none is being prepared. Returns it."""
    holder = snapshot.current().tree.get(record.holder_id)
    if holder is None:
        raise NotFound(_("The division of this record no longer exists."))
    with db.transaction():
        kind = kind_for(entity, record, holder)
        meeting = (Meeting.select().where((Meeting.division_id == holder.id) & (Meeting.status == DRAFT)
                                          & (Meeting.kind == kind)).order_by(Meeting.id.desc()).first())
        if meeting is None:
            meeting = records.create(MEETING, {"kind": kind}, actor, holder)
        add(meeting, [(entity, record.id)], actor)
    return meeting


def kind_for(entity: Entity, record: Any, holder: Node) -> str:
    """The kind of meeting that decides about a case where it is now. Raises ``Refused`` when none does."""
    for step in engine.workflow_for(entity, record).from_state(record.state):
        for kind in step.meeting:
            if LEVEL_OF_KIND.get(kind, holder.level) == holder.level:
                return kind
    raise Refused(_("No meeting decides about this matter now."), remedy=_("Choose one of the steps that its page offers."),
                  code="no_decision")


def decide(meeting: Meeting, wanted: Mapping[int, Mapping[str, Any]], actor: Actor) -> None:
    """Write decisions of items by id: decision, department_id, limit_on, note; ``None`` takes the item off the agenda.

    Raises ``Conflict`` for a held meeting and ``Invalid`` naming each wrong item (``item-<id>``).
    """
    with db.transaction():
        _draft(meeting)
        known = {item.id: item for item in items(meeting.id)}
        errors: dict[str, list[str]] = {}
        for item_id, values in wanted.items():
            item = known.get(item_id)
            if item is None:
                errors[f"item-{item_id}"] = [_("This item is not on the agenda.")]
                continue
            found = case_of(item)
            offered = {step.key for step in decisions(*found, meeting)} if found else set()
            if values["decision"] not in {"", KEEP, *offered}:
                errors[f"item-{item_id}"] = [_("This meeting cannot decide that for the matter as it is now.")]
                continue
            MeetingItem.update(**values).where(MeetingItem.id == item_id).execute()
        if errors:
            raise Invalid(_("The decisions were not saved."), errors=errors)


def take_off(meeting: Meeting, item_id: int) -> None:
    """Take a case off the agenda. Raises ``Conflict`` for a held meeting."""
    with db.transaction():
        _draft(meeting)
        MeetingItem.delete().where((MeetingItem.meeting_id == meeting.id) & (MeetingItem.id == item_id)).execute()


def _draft(meeting: Meeting) -> Node:
    """The division of a meeting that is still being prepared (read again under the transaction). Raises ``Conflict``."""
    status = Meeting.select(Meeting.status).where(Meeting.id == meeting.id).scalar()
    if status != DRAFT:
        raise Conflict(_("This record is closed: it stays as it is."), meeting.number, _("Correct it by a new record."),
                       code="closed")
    place = snapshot.current().tree.get(meeting.division_id)
    assert place is not None
    return place


# ---------------------------------------------------------------- held

def may_hold(meeting: Meeting, actor: Actor) -> bool:
    """True for whoever may hold meetings on this very division: no level above writes the record of one below."""
    return actor.system or any(HOLD in grant.permissions and grant.held_on == meeting.division_id for grant in actor.grants)


def require_own(meeting: Meeting, actor: Actor) -> None:
    """Raise ``Forbidden`` unless ``may_hold``."""
    if not may_hold(meeting, actor):
        raise Forbidden(_("Only the division itself holds its meetings."), meeting.number, _("Ask the person in charge there."))


def hold(meeting_id: int, data: Mapping[str, Any], actor: Actor, version: int | None, node: Node) -> Meeting:
    """Fix the record of a meeting: day, chair, quorum, who attended, and a decision for every item. Returns it.

    ``data`` are values of ``HoldSchema``. Raises ``Invalid`` naming what is missing (quorum fields first of all),
    ``Conflict`` when it was held already; nothing is changed then.
    """
    with db.transaction():
        meeting = access.fetch(MEETING, meeting_id, "hold", node, actor)
        require_own(meeting, actor)
        records.check_version(meeting, version)
        place = _draft(meeting)
        values = {name: data.get(name) for name in fields_of(HoldSchema)}
        agenda = items(meeting.id)
        errors = {**_missing(values), **_quorum(values, place)}
        errors |= {} if agenda else {"items": [_("The agenda is empty: put the matters on it that are to be decided.")]}
        errors |= {f"item-{item.id}": [text] for item in agenda if (text := _undecided(item, meeting, place, values))}
        if errors:
            raise Invalid(_("The record was not fixed."), _("It does not say all that the record of a held meeting says."),
                          _("Fill in what is named, then hold the meeting."), errors=errors)
        moment = db.now()
        row = {**values, "minutes": values["minutes"] or "", "status": HELD, "held_at": moment, "updated_at": moment,
               "version": meeting.version + 1}
        done = Meeting.update(row).where((Meeting.id == meeting.id) & (Meeting.version == meeting.version)
                                         & (Meeting.status == DRAFT)).execute()
        if done != 1:
            raise Conflict(_("Somebody else changed this record at the same moment."), remedy=_("Load the page again."))
        meeting = Meeting.get_by_id(meeting.id)
        search.index(MEETING, meeting, values)
        ledger.append(MEETING.key, meeting.id, "hold", node=place, account_id=actor.account_id, version=meeting.version,
                      facts={"kind": meeting.kind, "met_on": meeting.met_on.isoformat(), "expected": meeting.expected,
                             "present": meeting.present, "items": len(agenda)}, detail=content(meeting, agenda), at=moment)
        outbox.add(MEETING.key, meeting.id, "hold", node=place, account_id=actor.account_id, at=moment, facts={})
    return meeting


def content(meeting: Meeting, agenda: Iterable[MeetingItem]) -> dict[str, Any]:
    """All that a held record says, as it is kept beside its ledger entry and compared by ``grid321 verify``."""
    return {"kind": meeting.kind, "met_on": str(meeting.met_on), "chair": meeting.chair, "expected": meeting.expected,
            "present": meeting.present, "attendees": meeting.attendees, "minutes": meeting.minutes,
            "items": [[item.id, item.entity, item.record_id, item.decision, item.department_id,
                       str(item.limit_on) if item.limit_on else None, item.note] for item in agenda]}


def _missing(values: Mapping[str, Any]) -> dict[str, list[str]]:
    texts = {name: str(found.label) for name, found in fields_of(HoldSchema).items() if found.required}
    return {name: [_("The record of a held meeting says this: %(label)s.", label=label)] for name, label in texts.items()
            if values.get(name) in (None, "")}


def _quorum(values: Mapping[str, Any], place: Node) -> dict[str, list[str]]:
    expected, present, day = values.get("expected"), values.get("present"), values.get("met_on")
    errors: dict[str, list[str]] = {}
    if isinstance(day, date) and day > db.local_day():
        errors["met_on"] = [_("The day lies in the future. A meeting is held on its day or entered after it.")]
    if expected is None or present is None:
        return errors
    rule = snapshot.current().settings.get("core.meeting_quorum", place)
    if present > expected:
        errors["present"] = [_("More members are present than expected.")]
    elif (rule == "half" and 2 * present <= expected) or (rule == "two_thirds" and 3 * present < 2 * expected):
        needed_now = expected // 2 + 1 if rule == "half" else -(-2 * expected // 3)
        errors["present"] = [_("No quorum: of %(expected)s members at least %(needed)s must be present.", expected=expected,
                               needed=needed_now)]
    return errors


def _undecided(item: MeetingItem, meeting: Meeting, place: Node, said: Mapping[str, Any]) -> str:
    """What keeps an item from being decided, as a sentence; empty when it is."""
    found = case_of(item)
    if found is None:
        return _("The matter no longer exists.")
    entity, record = found
    number = str(getattr(record, "number", record.id))
    if not item.decision:
        return _("%(number)s: nothing is decided yet.", number=number)
    if item.decision == KEEP:
        return ""
    step = next((one for one in decisions(entity, record, meeting) if one.key == item.decision), None)
    if step is None:
        return _("%(number)s: this meeting cannot decide that for the matter as it is now.", number=number)
    try:
        answers(step, item, place, SYSTEM, said)
    except Invalid as problem:
        texts = [str(text) for messages in problem.errors.values() for text in messages]
        fields = {name: str(one.label) for schema in step.asks for name, one in fields_of(schema).items()}
        named = "、".join(fields.get(name, fields.get(name.removesuffix("_id"), name)) for name in problem.errors)
        return f"{number}: {named}: {' '.join(texts)}"
    return ""


def answers(step: Transition, item: MeetingItem, place: Node, actor: Actor,
            said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The checked answers of a step's form, as the decision and the record of its meeting give them. Raises ``Invalid``.

    ``said`` is what the record is about to say while it is being held; without it the stored record is read.
    """
    raw: dict[str, Any] = {}
    if said is None:
        said = Meeting.get_by_id(item.meeting_id).__data__ if any(map(told_by_meeting, step.asks)) else {}
    for schema in step.asks:
        for name, found in fields_of(schema).items():
            value = getattr(item, ANSWERS[name]) if name in ANSWERS else None
            if name in told_by_meeting(schema):
                value = said.get(told_by_meeting(schema)[name])
                value = value[:getattr(found, "max", None)] if isinstance(value, str) else value
            value = found.default if value in (None, "") and not callable(found.default) else value
            if value not in (None, ""):
                raw[name] = value.isoformat() if isinstance(value, date) else value
    return load_many(step.asks, raw, node=place, actor=actor) if step.asks else {}

"""Extensions: one person asks with a reason, another one approves or refuses; once, within the limit, before the end.

The limit is the whole length counted from the original start, never from the present end. What is granted changes the
clock's length; its date is computed from the start again, so the explanation stays one calculation.
"""
from __future__ import annotations

from datetime import date
from typing import Any

from . import access, calendar, db, engine, ledger, outbox, search, snapshot
from .actor import Actor
from .clock_explain import declared, length_text
from .clock_rows import (
    ASKED,
    GRANTED,
    OPEN,
    PAUSED,
    REFUSED,
    RUNNING,
    ClockExtension,
    Deadline,
    exact_end,
    next_moment,
    over_at,
    read_length,
    recomputed,
    reminders,
)
from .clock_rules import Clock, Extension, Length, parse_length
from .clock_sweep import case_facts
from .entity import Entity
from .errors import Conflict, Forbidden, Invalid, NotFound, Refused
from .i18n import format_day
from .i18n import gettext as _
from .references import labels
from .registry import registry
from .tree import Node

MAX_CHOICES = 60
MOST_WAITING = 2000


def find(entity: Entity, record_id: int, deadline_id: int) -> Deadline:
    """The clock of a case by id. Raises ``NotFound`` for one of another case."""
    row = Deadline.get_or_none((Deadline.id == deadline_id) & (Deadline.entity == entity.key) & (Deadline.record_id == record_id))
    if row is None:
        raise NotFound(_("There is no such deadline."))
    return row


def limit(rule: Extension, row: Deadline) -> Length | None:
    """The longest whole length of a clock at its division today; None where the county has left it unset."""
    node = snapshot.current().tree.get(row.division_id)
    settings = snapshot.current().settings
    if rule.setting and rule.setting in settings.all():
        value = settings.get(rule.setting, node)
        return None if value is None else parse_length(str(value))
    return rule.length


def end_of(row: Deadline, length: Length) -> date:
    """The last day that a clock would have with another whole length."""
    return recomputed(row, calendar.at(snapshot.current().tree.get(row.division_id)), length).day


def choices(rule: Extension, row: Deadline) -> list[tuple[Length, date]]:
    """The whole lengths that may be asked for, with the day on which the clock would end; the limit comes last."""
    most, now = limit(rule, row), read_length(row.length)
    if most is None or end_of(row, most) <= row.due:
        return []
    numbers = range(now.number + 1, most.number) if now.unit == most.unit and most.number - now.number <= MAX_CHOICES else ()
    found = [(length, end_of(row, length)) for length in (*(Length(number, most.unit) for number in numbers), most)]
    return [one for one in found if one[1] > row.due]


# ---------------------------------------------------------------- may they

def may_ask(clock: Clock | None, row: Deadline, record: Any, actor: Actor) -> bool:
    """True when ``actor`` is who asks for extensions of this clock and asking is possible now."""
    return (clock is not None and clock.extension is not None and _objection(clock.extension, row) is None
            and engine.may_as(clock.extension.ask, clock.extension.asked_by, clock.plugin, record, actor)
            and limit(clock.extension, row) is not None)


def may_decide(clock: Clock | None, row: Deadline, record: Any, actor: Actor, request: ClockExtension | None = None) -> bool:
    """True when ``actor`` is who decides on an extension of this clock and one waits (asked by somebody else).

    ``request`` is the one that waits, where the caller has read it.
    """
    if clock is None or clock.extension is None or row.extension != ASKED or row.state not in OPEN:
        return False
    if not engine.may_as(clock.extension.approve, clock.extension.approved_by, clock.plugin, record, actor):
        return False
    request = request or _waiting(row)
    return request is not None and not same_person(request, actor)


def to_decide(entity: Entity, node: Node, actor: Actor) -> list[int]:
    """The ids of cases at and below ``node`` in which an extension waits for ``actor``'s decision, the longest waiting first.

    No query for who decides on none; two where requests wait. All that wait anywhere are read, up to ``MOST_WAITING``: few do,
    and a smaller number would let those of another county stand in front of these.
    """
    workflow = registry().every_version_of(entity.key)
    approve = {clock.extension.approve for _state, clock in workflow.clocks().values() if clock.extension} if workflow else set()
    if not any(permission and actor.may_anywhere(permission) for permission in approve):
        return []
    asked = {request.deadline_id: request for request in ClockExtension.select(ClockExtension, Deadline).join(
        Deadline, on=(ClockExtension.deadline_id == Deadline.id), attr="deadline").where(
        (ClockExtension.state == ASKED) & (Deadline.entity == entity.key)).order_by(ClockExtension.id).limit(MOST_WAITING)}
    if not asked:
        return []
    ids = {request.deadline.record_id for request in asked.values()}
    query = access.scoped(entity.model.select(), entity, "view", node, actor).where(entity.model.id.in_(sorted(ids)))
    cases = {case.id: case for case in query}
    return list(dict.fromkeys(
        case.id for request in asked.values() if (case := cases.get(request.deadline.record_id)) is not None
        and may_decide(declared(entity, case).get(request.deadline.clock), request.deadline, case, actor, request)))


def same_person(request: ClockExtension, actor: Actor) -> bool:
    """True when ``actor`` asked for it, with this account or another one of the same person."""
    if request.asked_by == actor.account_id:
        return True
    return request.asked_person is not None and request.asked_person == actor.person_id


def objection(clock: Clock | None, row: Deadline) -> tuple[str, str, str] | None:
    """(code, what is wrong, what to do) when nobody can ask for an extension now; None when it is possible."""
    if clock is None or clock.extension is None:
        return "no_extension", _("This deadline cannot be extended."), _("Its rule provides for no extension.")
    return _objection(clock.extension, row)


def _waiting(row: Deadline) -> ClockExtension | None:
    found: ClockExtension | None = ClockExtension.get_or_none((ClockExtension.deadline_id == row.id)
                                                              & (ClockExtension.state == ASKED))
    return found


def _objection(rule: Extension, row: Deadline) -> tuple[str, str, str] | None:
    """(code, what is wrong, what to do) when no extension can be asked for now."""
    if row.state not in OPEN:
        return "ended", _("This deadline has already ended."), _("Only a running deadline is extended.")
    if row.state == RUNNING and db.now() >= over_at(row.due, row.due_at):
        return ("too_late", _("The deadline ended on %(day)s: an extension is asked for before the end.",
                              day=format_day(row.due)),
                _("Answer as soon as possible and give the reason for the delay."))
    if row.extension == ASKED:
        return "asked", _("An extension has already been asked for."), _("Wait for the decision.")
    if row.asked >= rule.times:
        return "once", _("This deadline was already decided on: it is extended once only."), _("Answer by %(day)s.",
                                                                                         day=format_day(row.due))
    return None


# ---------------------------------------------------------------- asking

def ask(entity: Entity, record_id: int, deadline_id: int, reason: str, length: str | None, actor: Actor, node: Node) -> int:
    """Ask to extend a clock to the whole ``length`` ("5 m", None: the limit); returns the id of the request.

    Raises ``NotFound``, ``Forbidden`` (not who asks), ``Refused`` (after the end, asked before, beyond the limit, the county
    extends nothing) or ``Invalid`` (no reason, no length); nothing is written then.
    """
    with db.transaction():
        record = access.fetch(entity, record_id, "view", node, actor)
        row = find(entity, record.id, deadline_id)
        clock, rule = _rule(entity, record, row)
        if not engine.may_as(rule.ask, rule.asked_by, clock.plugin, record, actor):
            raise Forbidden(_("You may not ask for an extension here."), str(clock.label),
                            _("The unit that handles the matter asks."))
        reason = _reason(reason)
        wished = _checked(rule, row, length)
        place = snapshot.current().tree.get(record.division_id)
        moment = db.now()
        entry = ledger.append(entity.key, record.id, "extension_asked", node=place, account_id=actor.account_id,
                              version=record.version, at=moment, detail={"text": reason},
                              facts={"clock": row.clock, "length": str(wished), "due": row.due.isoformat()})
        search.reply(entity, record, entry, "extension_asked", {"text": reason})
        won = Deadline.update(asked=Deadline.asked + 1, extension=ASKED).where(
            (Deadline.id == row.id) & Deadline.state.in_(OPEN) & (Deadline.asked == row.asked)
            & (Deadline.extension == row.extension)).execute()
        if not won:
            raise Conflict(_("Somebody else was faster: an extension has already been asked for."), "",
                           _("Load the page again to see its present state."))
        request = db.insert(ClockExtension, {"deadline_id": row.id, "length": str(wished), "state": ASKED, "asked_at": moment,
                                             "asked_by": actor.account_id, "asked_person": actor.person_id, "entry_id": entry})
        _tell(entity, record, row, "extension_asked", actor, place, {"length": str(wished)})
    return request


def _rule(entity: Entity, record: Any, row: Deadline) -> tuple[Clock, Extension]:
    clock = declared(entity, record).get(row.clock)
    if clock is None or clock.extension is None:
        raise Refused(_("This deadline cannot be extended."), str(clock.label) if clock else row.clock,
                      _("Its rule provides for no extension."), code="no_extension")
    return clock, clock.extension


def _reason(reason: str) -> str:
    text = reason.strip()
    if len(text) < 2:
        message = _("Give the reason in a sentence: it stands in the record.")
        raise Invalid(_("The extension was not recorded."), errors={"reason": [message]})
    return text


def _checked(rule: Extension, row: Deadline, length: str | None) -> Length:
    """The whole length that is asked for, when it may be."""
    objection = _objection(rule, row)
    if objection is not None:
        raise Refused(objection[1], remedy=objection[2], code=objection[0])
    most = limit(rule, row)
    if most is None:
        raise Refused(_("This deadline cannot be extended here."), _("The county has set no limit for an extension."),
                      _("Ask the administrator."), code="no_extension")
    try:
        wished = most if length is None else parse_length(length)
    except ValueError:
        raise Invalid(_("The extension was not recorded."), errors={
            "length": [_("Write a number and a unit, as in: 10 wd")]}) from None
    if end_of(row, wished) > end_of(row, most):
        text = _("The limit is %(length)s in all, counted from the start: until %(day)s at the latest.",
                 length=length_text(str(most)), day=format_day(end_of(row, most)))
        raise Refused(_("The extension is beyond the limit."), text, _("Ask for a shorter one."), code="beyond_limit",
                      errors={"length": [text]})
    if end_of(row, wished) <= row.due:
        text = _("That is no longer than now: the deadline ends on %(day)s.", day=format_day(row.due))
        raise Refused(_("This would not extend the deadline."), text, _("Choose a longer one."), code="not_longer",
                      errors={"length": [text]})
    return wished


# ---------------------------------------------------------------- deciding

def decide(entity: Entity, record_id: int, deadline_id: int, grant: bool, reason: str, actor: Actor, node: Node) -> Any:
    """Approve or refuse the extension that waits; returns the case as it is now.

    Raises ``NotFound``, ``Forbidden`` (not who decides), ``Refused`` (nothing waits, the same person asked, the deadline
    ended meanwhile, the rule's guard), ``Invalid`` (a refusal without reason) or ``Conflict`` (somebody was faster); nothing is
    written then.
    """
    with db.transaction():
        record = access.fetch(entity, record_id, "view", node, actor)
        row = find(entity, record.id, deadline_id)
        clock, rule = _rule(entity, record, row)
        if not engine.may_as(rule.approve, rule.approved_by, clock.plugin, record, actor):
            raise Forbidden(_("You may not decide on this extension."), str(clock.label), _("Ask the person in charge there."))
        request = _waiting(row)
        if request is None or row.state not in OPEN:
            raise Refused(_("No extension is waiting for a decision."), remedy=_("Load the page again."), code="nothing_asked")
        if same_person(request, actor):
            raise Refused(_("You asked for this extension yourself."), _("Another person decides."),
                          _("Ask a colleague who may decide."), code="same_person")
        if grant and row.state == RUNNING and db.now() >= over_at(row.due, row.due_at):
            raise Refused(_("The deadline ended on %(day)s before the extension was decided.", day=format_day(row.due)),
                          remedy=_("Let the answer be given now; the delay stays on record."), code="too_late")
        if grant and rule.guard is not None:
            engine.refuse(rule.guard(record))
        text = _reason(reason) if not grant or reason.strip() else ""
        _settle(entity, record, row, request, grant, text, actor)
        if grant and rule.after is not None:
            rule.after(record, request.length, actor)
    return record


def follow(entity: Entity, record: Any, key: str, length: str, actor: Actor) -> None:
    """Stretch the open clock ``key`` of a case to the whole ``length`` ("5 m"), because a case that is part of it was granted so.

    Nothing happens without such a clock, or where it would not end later. Raises ``Conflict`` when somebody was faster.
    """
    with db.transaction():
        row = (Deadline.select().where((Deadline.entity == entity.key) & (Deadline.record_id == record.id)
                                       & (Deadline.clock == key) & Deadline.state.in_(OPEN)).order_by(Deadline.id.desc()).first())
        if row is None or end_of(row, parse_length(length)) <= row.due:
            return
        place, moment = snapshot.current().tree.get(record.division_id), db.now()
        values = _extended(row, parse_length(length), moment)
        Deadline.update(values).where(Deadline.id == row.id).execute()
        due = _earliest(entity, record)
        if due != record.due and not _write_due(entity, record, due, moment):
            raise Conflict(_("Somebody else was faster: the matter has already moved on."), "",
                           _("Load the page again to see its present state."))
        ledger.append(entity.key, record.id, "extension_granted", node=place, account_id=actor.account_id, version=record.version,
                      at=moment, facts={"clock": key, "length": length, "before": row.due.isoformat(),
                                        "due": values["due"].isoformat()})
        _tell(entity, record, row, "extension_granted", actor, place, {"day": values["due"].isoformat()})


def _settle(entity: Entity, record: Any, row: Deadline, request: ClockExtension, grant: bool, reason: str, actor: Actor) -> None:
    place, moment = snapshot.current().tree.get(record.division_id), db.now()
    values: dict[str, Any] = {"extension": GRANTED if grant else REFUSED}
    if grant:
        values |= _extended(row, parse_length(request.length), moment)
    won = Deadline.update(values).where((Deadline.id == row.id) & (Deadline.extension == ASKED) & (Deadline.due == row.due)
                                        & (Deadline.state == row.state)).execute()
    due = _earliest(entity, record)
    if not won or (due != record.due and not _write_due(entity, record, due, moment)):
        raise Conflict(_("Somebody else was faster: the matter has already moved on."), "",
                       _("Load the page again to see its present state."))
    step = "extension_granted" if grant else "extension_refused"
    facts = {"clock": row.clock, "length": request.length, "before": row.due.isoformat(),
             "due": (values.get("due") or row.due).isoformat()}
    entry = ledger.append(entity.key, record.id, step, node=place, account_id=actor.account_id, version=record.version, at=moment,
                          facts=facts, detail={"text": reason} if reason else None)
    search.reply(entity, record, entry, step, {"text": reason})
    ClockExtension.update(state=values["extension"], decided_at=moment, decided_by=actor.account_id, decision_id=entry).where(
        (ClockExtension.id == request.id) & (ClockExtension.state == ASKED)).execute()
    _tell(entity, record, row, step, actor, place, {"day": facts["due"], "asked_by": request.asked_by})


def _extended(row: Deadline, length: Length, moment: Any) -> dict[str, Any]:
    end = recomputed(row, calendar.at(snapshot.current().tree.get(row.division_id)), length)
    exact = exact_end(row, length) if length.unit == "hour" else None
    found: dict[str, Any] = {"length": str(length), "first_length": row.first_length or row.length, "due": end.day,
                             "due_at": exact, "provisional": end.provisional}
    if row.state != PAUSED:
        found["next_at"] = next_moment(end.day, exact, reminders(row), moment)
    return found


def _earliest(entity: Entity, record: Any) -> date | None:
    row = (Deadline.select(Deadline.due).where((Deadline.entity == entity.key) & (Deadline.record_id == record.id)
                                               & (Deadline.state == RUNNING)).order_by(Deadline.due).first())
    return row.due if row is not None else None


def _write_due(entity: Entity, record: Any, due: date | None, moment: Any) -> bool:
    """Write the case's first last day, unless the case changed meanwhile."""
    model, version = entity.model, record.version
    record.due, record.version, record.updated_at = due, version + 1, moment
    return bool(model.update(due=due, version=version + 1, updated_at=moment).where(
        (model.id == record.id) & (model.version == version)).execute())


def _tell(entity: Entity, record: Any, row: Deadline, action: str, actor: Actor, place: Node | None,
          more: dict[str, Any]) -> None:
    outbox.add(entity.key, record.id, action, node=place, account_id=actor.account_id,
               facts={**case_facts(record), "clock": row.clock, "day": row.due.isoformat(), **more})


def requests(row: Deadline) -> list[dict[str, Any]]:
    """The requests of a clock, oldest first: length, state, reasons, who and when. Two queries for texts and names."""
    found = list(ClockExtension.select().where(ClockExtension.deadline_id == row.id).order_by(ClockExtension.id))
    entries = [number for one in found for number in (one.entry_id, one.decision_id) if number is not None]
    texts = {one.entry_id: str(one.body.get("text", "")) for one in ledger.LedgerDetail.select().where(
        ledger.LedgerDetail.entry_id.in_(entries))} if entries else {}
    names = labels("account", {one.asked_by for one in found} | {one.decided_by for one in found})
    return [{"id": one.id, "length": one.length, "state": one.state, "reason": texts.get(one.entry_id, ""),
             "asked_at": one.asked_at, "asked_by": names.get(one.asked_by, ""), "decided_at": one.decided_at,
             "decided_by": names.get(one.decided_by, ""), "decision": texts.get(one.decision_id or 0, "")} for one in found]

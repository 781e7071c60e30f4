"""Rules across the fields of sessions, suggestions, signatures, tasks and meetings, and the quality gate before the session."""
from __future__ import annotations

import re
from datetime import date
from typing import Any

from grid321.core.api import (
    Actor,
    Node,
    Refused,
    accounts_of,
    conversions,
    current_actor,
    gettext,
    local_day,
    ngettext,
    setting,
    tree,
)

from .life_models import Cosigner, Session, Suggestion, Task
from .suggestion_fields import deputies_at, is_deputy, is_session, named, names_of

Errors = dict[str, list[str]]
REGISTER = "suggestion_tracking.register"
BEFORE_CHECK = ("raised", "to_change")
WITH_UNITS = ("assigned", "handling")
WORDING = ("title", "content", "reasons", "proposal", "basis", "basis_text", "deputy_id", "cosigners", "raised_on")
"""Columns of what the deputy says: after the check they stay as they are."""

_COUNT = "[一二三四五六七八九十]{1,3}"
_POINT = re.compile(rf"(?m)^\s*(?:{_COUNT}、|[（(]{_COUNT}[）)]|第{_COUNT}[,，、]|\d{{1,2}}[.、．])")


def value_of(data: dict[str, Any], record: Any) -> Any:
    """A function that reads a column from what was typed, or from the record where it was not."""
    return lambda name: data[name] if name in data else getattr(record, name, None)


def check_session(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """A session ends after it began, and its name is used once in its congress."""
    value, errors = value_of(data, record), Errors()
    if value("opened_on") and value("closed_on") and value("closed_on") < value("opened_on"):
        errors["closed_on"] = [gettext("The session closes before it opens. Correct one of the days.")]
    twins = Session.select(Session.id).where((Session.division_id == node.id) & (Session.name == value("name")))
    if twins.where(Session.id != (record.id if record is not None else 0)).exists():
        errors["name"] = [gettext("This congress has a session of that name already. Choose another name.")]
    return errors


# -- suggestions -------------------------------------------------------------------------------------------------------

def check_suggestion(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """Rules across the fields of a suggestion, and the quality gate.

    Completes ``data`` as well: the deputy who types it, today, the earlier suggestion and its years, the deputy's account.
    """
    value, errors = value_of(data, record), Errors()
    actor = current_actor()
    if record is None or "deputy_id" in data:
        data["deputy_id"] = value("deputy_id") or actor.person_id
    if record is None or "raised_on" in data:
        data["raised_on"] = value("raised_on") or local_day()
    errors |= _check_deputy(data, record, node, actor)
    session_id = value("session_id")
    if session_id and not is_session(session_id, node.id):
        errors["session"] = [gettext("This session is not one of this congress. Choose one from the list.")]
    errors |= _check_cosigners(data, record, value("deputy_id"), node)
    errors |= _check_earlier(data, record, node)
    if record is None or any(name in data for name in WORDING):
        errors |= quality_gate(value, node)
    return errors


def _check_deputy(data: dict[str, Any], record: Any, node: Node, actor: Actor) -> Errors:
    deputy = data.get("deputy_id", getattr(record, "deputy_id", None))
    if deputy is None:
        return {"deputy": [gettext("Choose the deputy who raises it.")]}
    if record is None and not is_deputy(deputy, node.id):
        return {"deputy": [gettext("This person is no deputy to the congress of %(place)s. Choose a deputy.", place=node.name)]}
    heard_by = _heard_by()
    if actor.known and deputy not in {actor.person_id, heard_by} and not actor.may(REGISTER, node):
        if heard_by is not None:
            return {"deputy": [gettext("It is raised in the name of the deputy who heard the matter. Leave that one chosen.")]}
        return {"deputy": [gettext("You raise suggestions in your own name only. Leave this field empty.")]}
    if record is None and "reporter_id" not in data:
        account = account_of(deputy, node.id)
        if account is not None:
            data["reporter_id"] = account
    return {}


def _heard_by() -> int | None:
    """The deputy who heard the matter that becomes this suggestion; None for one that begins by itself."""
    found = conversions.origin()
    heard: int | None = getattr(found[1], "deputy_id", None) if found is not None else None
    return heard


def _check_cosigners(data: dict[str, Any], record: Any, deputy_id: int | None, node: Node) -> Errors:
    """Names that are no deputies here are refused; what is kept is written as the list of deputies has it."""
    if data.get("cosigners") is None:
        return {}
    found, unknown = named(node.id, data["cosigners"])
    if unknown:
        return {"cosigners": [gettext("No deputy, or more than one, to this congress is called: %(names)s.",
                                      names="、".join(name[:40] for name in unknown[:10]))]}
    if deputy_id in found:
        return {"cosigners": [gettext("The leading deputy does not sign a second time.")]}
    data["cosigners"] = names_of(node.id, found)
    if record is None:
        data["signers"] = 1 + len(found)
    return {}


def account_of(person_id: int, division_id: int) -> int | None:
    """The account of a deputy that may be used, None when there is none. One query for all deputies of the congress: a session
    brings hundreds of suggestions in one transaction."""
    return accounts_of({person_id, *deputies_at(division_id)}).get(person_id)


def _check_earlier(data: dict[str, Any], record: Any, node: Node) -> Errors:
    if "earlier_number" not in data:
        return {}
    number = data["earlier_number"] or ""
    if not number:
        data["earlier_id"] = None
        data["repeated_years"] = data.get("repeated_years") or 0
        return {}
    row = (Suggestion.select(Suggestion.id, Suggestion.repeated_years)
           .where((Suggestion.number == number) & (Suggestion.division_id == node.id)).tuples().first())
    if row is None or (record is not None and row[0] == record.id):
        return {"earlier_number": [gettext("No other suggestion of this congress has this number. Copy it from its page, or "
                                           "leave the field empty and write how many years it was raised before.")]}
    data["earlier_id"] = row[0]
    data["repeated_years"] = data.get("repeated_years") or (row[1] or 0) + 1
    return {}


def quality_gate(value: Any, node: Node) -> Errors:
    """What a suggestion lacks before it can be raised: length of its content, reasons, proposal (settings of the county)."""
    errors: Errors = {}
    least = int(setting("suggestion_tracking.quality_least", node.id))
    length = len((value("content") or "").strip())
    if length < least:
        errors["content"] = [gettext("The content has %(length)s characters; at least %(least)s are needed. Say what is the case "
                                     "and where.", length=length, least=least)]
    parts = setting("suggestion_tracking.quality_parts", node.id)
    if parts == "both" and not value("reasons"):
        errors["reasons"] = [gettext("Give the reasons: why it has to be handled.")]
    if parts in {"both", "proposal"} and not value("proposal"):
        errors["proposal"] = [gettext("Make a proposal: what should be done by whom.")]
    if value("basis") == "other" and not value("basis_text"):
        errors["basis_text"] = [gettext("Say what the suggestion rests on.")]
    return errors


def remarks(case: Any) -> list[str]:
    """What whoever checks a suggestion should look at: several numbered points, the same title before. One query."""
    found = []
    points = max(len(_POINT.findall(text or "")) for text in (case.content, case.proposal))
    if points >= 2:
        found.append(ngettext("The text has %(count)s numbered point: is it one matter?",
                              "The text has %(count)s numbered points: is it one matter?", points, count=points))
    twins = [row[0] for row in Suggestion.select(Suggestion.number).where(
        (Suggestion.division_id == case.division_id) & (Suggestion.title == case.title) & (Suggestion.id != case.id)
        & (Suggestion.id != (case.earlier_id or 0))).order_by(Suggestion.id.desc()).limit(3).tuples()]
    if twins:
        found.append(gettext("The same title stands on: %(numbers)s.", numbers="、".join(twins)))
    if (case.reasons or "").strip() == (case.content or "").strip():
        found.append(gettext("Reasons and content are the same text."))
    return found


def update_suggestion(record: Any, values: dict[str, Any], actor: Actor, node: Node) -> dict[str, Any]:
    """The columns that an edit changes. What the deputy said stays after the check; before it only the deputy or the office
    changes it. Raises ``Refused``."""
    changed = {name for name, value in values.items() if getattr(record, name) != value}
    words = changed & {*WORDING, "earlier_number"}
    if words and record.state not in BEFORE_CHECK:
        raise Refused(gettext("The wording of a checked suggestion stays as it is."), record.number,
                      gettext("Write a comment, or let the deputy withdraw it and raise it anew."), code="wording_fixed")
    if "deputy_id" in words:
        values = {**values, "reporter_id": account_of(values["deputy_id"], record.division_id) or record.reporter_id}
    return values


# -- what hangs on a suggestion ------------------------------------------------------------------------------------------

def suggestion_of(data: dict[str, Any], record: Any, node: Node) -> tuple[Any, Errors]:
    """(suggestion, errors) of the number that was typed; writes ``suggestion_id`` into ``data``. One query."""
    number = value_of(data, record)("suggestion_number")
    case = Suggestion.get_or_none((Suggestion.number == number) & (Suggestion.division_id == node.id))
    if case is None:
        return None, {"suggestion_number": [gettext("No suggestion of this congress has this number. Copy it from its page.")]}
    if record is not None and record.suggestion_id != case.id:
        return case, {"suggestion_number": [gettext("It stays with its suggestion.")]}
    data["suggestion_id"] = case.id
    return case, {}


def check_cosigner(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """A co-signer is a deputy of the same congress, signs once, not beside himself, and before the check."""
    case, errors = suggestion_of(data, record, node)
    if case is None:
        return errors
    person, actor = int(data.get("person_id") or 0), current_actor()
    if case.state not in BEFORE_CHECK:
        errors["suggestion_number"] = [gettext("This suggestion has been checked: nobody signs it any more.")]
    if actor.known and actor.person_id not in {case.deputy_id, person} and not actor.may(REGISTER, node):
        errors["suggestion_number"] = [gettext("Only its leading deputy and the office add signatures.")]
    if person == case.deputy_id:
        errors["person"] = [gettext("This is the leading deputy. Choose another one.")]
    elif not is_deputy(person, node.id):
        errors["person"] = [gettext("This person is no deputy to the congress of %(place)s. Choose a deputy.", place=node.name)]
    elif Cosigner.select().where((Cosigner.suggestion_id == case.id) & (Cosigner.person_id == person)).exists():
        errors["person"] = [gettext("This deputy has signed it already.")]
    data["signed_on"] = data.get("signed_on") or local_day()
    return errors


def check_task(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """A unit is given a suggestion once at a time, in a role that fits the way of handling. Completes title and day."""
    case, errors = suggestion_of(data, record, node)
    if case is None or record is not None:
        return errors
    active = {row[0]: row[1] for row in Task.select(Task.department_id, Task.role).where(
        (Task.suggestion_id == case.id) & Task.closed_at.is_null()).tuples()}
    if data.get("department_id") in active:
        errors["department"] = [gettext("This unit has been given this suggestion already.")]
    if case.state not in WITH_UNITS:
        errors["suggestion_number"] = [gettext("Units are added while a suggestion is handed over or being handled.")]
    role = data.get("role")
    if role == "lead" and "lead" in active.values():
        errors["role"] = [gettext("The suggestion has a lead unit. Give this unit another role.")]
    elif case.way and (role == "separate") != (case.way == "separate"):
        errors["role"] = [gettext("Separate units and a lead unit exclude each other: each separate unit answers for itself.")]
    if data.get("limit_on") and data["limit_on"] < local_day():
        errors["limit_on"] = [gettext("The last day is past. Choose today or a later day.")]
    data |= {"title": case.title, "given_on": local_day()}
    return errors


def check_contact(data: dict[str, Any], record: Any, node: Node) -> Errors:
    """A meeting with the deputy takes place after the suggestion was handed over, and a unit records its own."""
    case, errors = suggestion_of(data, record, node)
    if case is None:
        return errors
    if case.closed_at is not None or case.handed_on is None:
        errors["suggestion_number"] = [gettext("This suggestion is not being handled: no meeting is recorded.")]
    met: date | None = value_of(data, record)("met_on")
    if met is not None and case.handed_on is not None and met < case.handed_on:
        errors["met_on"] = [gettext("The suggestion was handed over later than this day. Correct the day.")]
    department = value_of(data, record)("department_id")
    actor = current_actor()
    units = {row[0] for row in Task.select(Task.department_id).where(Task.suggestion_id == case.id).tuples()}
    if department is None and record is None:
        data["department_id"] = department = own_unit(units)
    if department is not None and department not in units:
        errors["department"] = [gettext("This unit does not handle the suggestion. Choose one of its units.")]
    elif actor.known and not actor.may(REGISTER, node) and department not in {grant.department_id for grant in actor.grants}:
        errors["department"] = [gettext("A unit records its own meetings. Leave this field empty.")]
    return errors


def own_unit(units: set[int]) -> int | None:
    """The unit among ``units`` in which the present actor works; None for the office, and where there are several."""
    mine = {grant.department_id for grant in current_actor().grants} & units
    return mine.pop() if len(mine) == 1 else None


def congress_of(case: Any) -> str:
    """The name of the county or town to whose congress a suggestion was raised."""
    node = tree().get(case.division_id)
    return node.name if node is not None else ""

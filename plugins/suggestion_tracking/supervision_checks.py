"""Rules across the fields of supervision's records; they complete what was left empty as well."""
from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from grid321.core.api import gettext as _
from grid321.core.api import local_day, people

from . import suggestion_number
from .life_models import Cosigner
from .receipt_flow import round_of
from .supervision_models import Receipt


def _value(data: dict[str, Any], record: Any, name: str) -> Any:
    return data[name] if name in data else getattr(record, name, None)


def check_commitment(data: dict[str, Any], record: Any, node: Any) -> dict[str, list[str]]:
    """A promise ends after it was made; its day changes only by carrying it on, so that each change has its reason."""
    if record is not None and data.get("due_on", record.due_on) != record.due_on:
        return {"due_on": [_("The day changes by the step “Carry on to a later day”, with its reason.")]}
    promised, due, first = (_value(data, record, name) for name in ("promised_on", "due_on", "first_due_on"))
    errors: dict[str, list[str]] = {}
    unit = people.Department
    if record is None and not unit.select().where((unit.id == data["department_id"]) & (unit.division_id == node.id)).exists():
        errors["department"] = [_("This unit does not belong to %(place)s. Choose one that does.", place=node.name)]
    if record is None and due < local_day():
        errors["due_on"] = [_("The day is past. Enter the day now agreed, and the first one as “First promised for”.")]
    elif due < promised:
        errors["due_on"] = [_("The day lies before the promise.")]
    if first is not None and first > due:
        errors["first_due_on"] = [_("The first day must not be later than the present one.")]
    return errors


def check_inspection(data: dict[str, Any], record: Any, node: Any) -> dict[str, list[str]]:
    """An inspection names the unit that handles the suggestion, unless another one is named."""
    if record is None and not data.get("unit_id"):
        suggestion = suggestion_number.by_number(data.get("suggestion_number") or "")
        data["unit_id"] = suggestion.department_id if suggestion is not None else None
    return {}


def check_letter(data: dict[str, Any], record: Any, node: Any) -> dict[str, list[str]]:
    """Nothing may be changed in a letter that went out."""
    if record is not None and record.state != "draft":
        return {"title": [_("The letter was issued and stays as it is. Withdraw it and write a new one.")]}
    return {}


def check_round(data: dict[str, Any], record: Any, node: Any) -> dict[str, list[str]]:
    """A round is one whole month or quarter; its last day follows from the first."""
    kind, first = _value(data, record, "kind"), _value(data, record, "first_day")
    if first.day != 1 or (kind == "quarter" and first.month not in (1, 4, 7, 10)):
        return {"first_day": [_("Choose the first day of a month.") if kind == "month"
                              else _("Choose the first day of a quarter.")]}
    data["last_day"] = last_day(kind, first)
    return {}


def last_day(kind: str, first: date) -> date:
    """The last day of the month or quarter that begins on ``first``."""
    later = first.month + (1 if kind == "month" else 3)
    return date(first.year + (later > 12), (later - 1) % 12 + 1, 1) - timedelta(days=1)


def check_receipt(data: dict[str, Any], record: Any, node: Any) -> dict[str, list[str]]:
    """A card belongs to a deputy who signed the suggestion; each has one a round. Completes round, title and lead."""
    suggestion = suggestion_number.by_number(data.get("suggestion_number") or "")
    if suggestion is None:
        return {"suggestion": [_("There is no suggestion with this number.")]}
    deputy_id = data.get("deputy_id")
    if deputy_id not in signers(suggestion):
        return {"deputy": [_("This deputy did not sign the suggestion. A receipt card goes to those who signed it.")]}
    data.setdefault("round", round_of(suggestion))
    data |= {"title": suggestion.title, "leading": deputy_id == suggestion.deputy_id}
    there = Receipt.select().where((Receipt.suggestion_number == suggestion.number) & (Receipt.round == data["round"])
                                   & (Receipt.deputy_id == deputy_id)).exists()
    return {"deputy": [_("This deputy already has the card of this round.")]} if there else {}


def signers(suggestion: Any) -> list[int]:
    """The persons who signed a suggestion, the leading deputy first. One query."""
    rows = Cosigner.select(Cosigner.person_id).where(Cosigner.suggestion_number == suggestion.number).order_by(Cosigner.id)
    return [suggestion.deputy_id, *(row[0] for row in rows.tuples() if row[0] != suggestion.deputy_id)]


def names_of(person_ids: list[int]) -> dict[int, str]:
    """The names of persons by id. One query."""
    person = people.Person
    return dict(person.select(person.id, person.name).where(person.id.in_(person_ids or [0])).tuples())

"""Rules across the fields of terms, districts, mandates, placements and contacts. Each returns what is wrong, by field."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from grid321.core.api import Invalid, Node, Refused, changed, format_day, local_day, once, registry, setting
from grid321.core.api import gettext as _

from . import deputy_people
from .deputy_choices import ENDED, POSTS, SUSPENDED, P
from .deputy_models import Congress, Contact, Delegation, Deputy, District
from .named_fields import written
from .station_models import Station

Errors = dict[str, list[str]]
WHERE: tuple[tuple[str, Any, str | None], ...] = (
    ("district", District, None), ("delegation", Delegation, "delegation"), ("group", Delegation, "group"))
"""Fields of a mandate that say to what it belongs, with the table and the kind of its rows."""


def now_of(data: Mapping[str, Any], record: Any, name: str) -> Any:
    """The value of a column as it will be: the new one, or that of the record."""
    return data[name] if name in data else getattr(record, name, None)


def _days(data: Mapping[str, Any], record: Any) -> Errors:
    first, last = now_of(data, record, "from_day"), now_of(data, record, "to_day")
    if first is not None and last is not None and last < first:
        return {"to_day": [_("The last day lies before the first day.")]}
    return {}


# ---------------------------------------------------------------- terms, districts, delegations

def check_place(data: Mapping[str, Any], record: Any, node: Node) -> Errors:
    """Terms, districts, delegations and mandates of the town's congress live at the town, all others at the county (a city)."""
    level = now_of(data, record, "level")
    if record is not None and "level" in data and data["level"] != record.level:
        return {"level": [_("The level stays. Enter a new record for another congress.")]}
    kind = registry().posts[POSTS[level]]
    if node.level not in kind.levels:
        town = _("What belongs to the town’s congress is entered at the town, and %(name)s is none.", name=node.name)
        county = _("What belongs to this congress is entered at the county, and %(name)s is none.", name=node.name)
        return {"division": [town if level == "town" else county]}
    return {}


def check_congress(data: Mapping[str, Any], record: Any, node: Node) -> Errors:
    """A term begins before it ends, and two terms of one congress do not overlap."""
    errors = {**check_place(data, record, node), **_days(data, record)}
    if errors:
        return errors
    level, first, last = (now_of(data, record, name) for name in ("level", "from_day", "to_day"))
    others = Congress.select().where((Congress.division_id == node.id) & (Congress.level == level)
                                     & (Congress.to_day.is_null() | (Congress.to_day >= first)))
    if last is not None:
        others = others.where(Congress.from_day <= last)
    if record is not None:
        others = others.where(Congress.id != record.id)
    other = others.first()
    if other is not None:
        errors["from_day"] = [_("The days overlap with %(name)s. End that term first.", name=other.name)]
    return errors


def at_place(model: Any, division_id: int) -> dict[int, Any]:
    """The terms, districts or delegations kept at a division, by id. One query within a transaction, unless it writes one."""
    return once(f"{model._meta.table_name}:{division_id}", lambda: {
        row.id: row for row in model.select().where(model.division_id == division_id).order_by(model.id)})


def list_written(record: Any, *_rest: Any) -> None:
    """A term, district or delegation was entered, changed or is about to go: this transaction asks for them anew."""
    changed(f"{record._meta.table_name}:{record.division_id}")
    written(record._meta.table_name.replace("_station_", "_station.", 1), record.division_id)


def delete_listed(record: Any, *_rest: Any) -> None:
    """Refuse to delete a term, district or delegation to which mandates belong."""
    columns = {Congress: ("congress_id",), District: ("district_id",), Delegation: ("delegation_id", "group_id")}[type(record)]
    if any(Deputy.select(Deputy.id).where(getattr(Deputy, column) == record.id).exists() for column in columns):
        raise Refused(_("%(name)s cannot be deleted.", name=record.name), _("Deputies belong to it."),
                      _("Give the deputies another one first."), code="has_deputies")
    list_written(record)


def term_at(division_id: int, level: str, day: date | None = None) -> Any:
    """The term of a congress that runs on ``day`` (default today), or None."""
    day = day or local_day()
    return next((one for one in at_place(Congress, division_id).values() if one.level == level and one.from_day <= day
                 and (one.to_day is None or one.to_day >= day)), None)


# ---------------------------------------------------------------- mandates

def check_deputy(data: Mapping[str, Any], record: Any, node: Node) -> Errors:
    """Who it is, of which congress, in which district and group, since when, and why it is suspended or over."""
    errors = {**check_place(data, record, node), **_days(data, record), **_status(data, record)}
    if errors:
        return errors
    congress, errors = _congress(data, record, node)
    if record is not None:
        return {**errors, **_same_person(data, record), **_belongs(data, record, node)}
    errors |= _belongs(data, record, node)
    if congress is None:
        return errors
    try:
        person = deputy_people.named(data, node)
    except Invalid as problem:
        return {**errors, **problem.errors}
    if person is not None:
        errors |= _twice(person.id, data, congress)
    return errors


def _congress(data: Mapping[str, Any], record: Any, node: Node) -> tuple[Any, Errors]:
    level, given = now_of(data, record, "level"), data.get("congress_id")
    if record is not None:
        wrong = given not in (None, record.congress_id)
        return None, {"congress": [_("The term stays. End this mandate and enter a new one.")]} if wrong else {}
    if given is None:
        found = term_at(node.id, level)
        text = _("No term of this congress runs at %(name)s. Enter the term first.", name=node.name)
        return found, {} if found is not None else {"congress": [text]}
    found = at_place(Congress, node.id).get(given)
    if found is None or found.level != level:
        return None, {"congress": [_("This is not a term of that congress at %(name)s.", name=node.name)]}
    return found, {}


def _same_person(data: Mapping[str, Any], record: Any) -> Errors:
    if data.get("person_id") not in (None, record.person_id):
        return {"person": [_("The person stays. End this mandate and enter a new one.")]}
    if data.get("name") not in (None, "", record.name):
        return {"name": [_("The name is the person’s: correct it on the page of the person.")]}
    return {}


def _twice(person_id: int, data: Mapping[str, Any], congress: Any) -> Errors:
    """A person holds one mandate of a level at a time."""
    first = data.get("from_day") or congress.from_day
    last = data.get("status_on") if data.get("status") == ENDED else data.get("to_day")
    other = Deputy.select().where((Deputy.person_id == person_id) & (Deputy.level == data["level"]) & (
        (Deputy.congress_id == congress.id) | Deputy.to_day.is_null() | (Deputy.to_day >= first)))
    found = next((one for one in other if one.congress_id == congress.id or last is None or one.from_day <= last), None)
    if found is None:
        return {}
    return {"name": [_("%(name)s is a deputy to this congress already, since %(day)s. Several people of one name are told apart "
                       "by identity number or telephone.", name=found.name, day=format_day(found.from_day))]}


def _belongs(data: Mapping[str, Any], record: Any, node: Node) -> Errors:
    """District, delegation and group are of the same congress at the same place."""
    level, errors = now_of(data, record, "level"), Errors()
    for name, model, kind in WHERE:
        wanted = data.get(f"{name}_id")
        if wanted is None:
            continue
        row = at_place(model, node.id).get(wanted)
        if row is None or row.level != level or (kind is not None and row.kind != kind):
            errors[name] = [_("This does not belong to that congress at %(name)s. Choose another one.", name=node.name)]
    return errors


def _status(data: Mapping[str, Any], record: Any) -> Errors:
    """A suspended or ended mandate says since when and why."""
    status = data.get("status") or getattr(record, "status", None)
    if status not in (SUSPENDED, ENDED):
        return {}
    errors, day = Errors(), now_of(data, record, "status_on")
    first = now_of(data, record, "from_day")
    if day is None:
        errors["status_on"] = [_("Write since when.")]
    elif first is not None and day < first:
        errors["status_on"] = [_("The day lies before the first day of the mandate.")]
    if not now_of(data, record, "status_reason"):
        errors["status_reason"] = [_("Choose the reason.")]
    elif now_of(data, record, "status_reason") == "other" and not now_of(data, record, "status_text"):
        errors["status_text"] = [_("Write the reason.")]
    return errors


# ---------------------------------------------------------------- placements and contacts

def check_placement(data: Mapping[str, Any], record: Any, node: Node) -> Errors:
    """The mandate is in office, the station takes deputies at that time, and deputy and station stay."""
    errors = _days(data, record)
    if record is not None:
        for name in ("deputy", "station"):
            if data.get(f"{name}_id", getattr(record, f"{name}_id")) != getattr(record, f"{name}_id"):
                errors[name] = [_("Deputy and station stay. End this placement and enter a new one.")]
        return errors
    deputy = Deputy.get_or_none(Deputy.id == data["deputy_id"])
    station = Station.get_or_none(Station.id == data["station_id"])
    if deputy is None or (deputy.to_day is not None and deputy.to_day < data["from_day"]):
        errors["deputy"] = [_("This mandate is over on that day. Choose a deputy in office.")]
    elif deputy.from_day > data["from_day"]:
        errors["from_day"] = [_("The mandate begins on %(day)s.", day=format_day(deputy.from_day))]
    if station is None or (station.closed_on is not None and station.closed_on <= data["from_day"]):
        errors["station"] = [_("This station is closed on that day. Choose another one.")]
    return errors


def check_contact(data: Mapping[str, Any], record: Any, node: Node) -> Errors:
    """With a deputy: another one, and by a member of the standing committee where the rule says so. With a voter: who it is."""
    errors, kind = _days(data, record), now_of(data, record, "kind")
    if record is not None:
        fixed = ("deputy_id", "kind", "other_id")
        if any(data.get(name, getattr(record, name)) != getattr(record, name) for name in fixed):
            errors["deputy"] = [_("Who is in contact with whom stays. End this contact and enter a new one.")]
        return errors
    deputy = Deputy.get_or_none(Deputy.id == data["deputy_id"])
    if kind == "voter":
        if not data.get("voter"):
            errors["voter"] = [_("Write the voter’s name.")]
        if data.get("other_id"):
            errors["other"] = [_("Leave it empty: the contact is with a voter.")]
        return errors
    other = Deputy.get_or_none(Deputy.id == (data.get("other_id") or 0))
    if other is None:
        errors["other"] = [_("Choose the deputy with whom contact is kept.")]
    elif deputy is not None and other.person_id == deputy.person_id:
        errors["other"] = [_("Nobody keeps contact with himself or herself. Choose another deputy.")]
    elif deputy is not None and not deputy.committee and setting(f"{P}contact_committee", node.id):
        errors["deputy"] = [_("%(name)s is not a member of the standing committee.", name=deputy.name)]
    if data.get("voter") or data.get("voter_phone"):
        errors["voter"] = [_("Leave it empty: the contact is with a deputy.")]
    return errors


def check_talk(data: Mapping[str, Any], record: Any, node: Node) -> Errors:
    """A contact takes place while it is kept."""
    contact = Contact.get_or_none(Contact.id == now_of(data, record, "contact_id"))
    day = now_of(data, record, "day")
    if contact is None or day < contact.from_day or (contact.to_day is not None and day > contact.to_day):
        return {"day": [_("The contact was not kept on that day.")]}
    return {}

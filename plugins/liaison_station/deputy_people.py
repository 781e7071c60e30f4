"""The person behind a mandate: found by what was typed, entered when nobody is recorded, kept up to date."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grid321.core.api import Actor, Invalid, Node, Problem, find_person, people, person_in_use, records, registry, tree
from grid321.core.api import gettext as _

PERSON = "core.person"
TYPED = ("name", "phone", "id_number")
"""Fields of a mandate that say who it is; the last two are stored with the person only."""


def machine(actor: Actor) -> Actor:
    """The machine that acts because of what ``actor`` did: the ledger names the account."""
    return replace(actor, system=True)


def named(data: Mapping[str, Any], node: Node) -> Any:
    """The person whom the fields of a mandate name; None for somebody who is not recorded yet.

    Raises ``Invalid`` without a name, and when it is not clear who is meant.
    """
    if data.get("person_id"):
        person = people.Person.get_by_id(data["person_id"])
        if data.get("name") and data["name"] != person.name:
            raise _wrong("name", _("%(name)s was chosen, and another name was written. Empty one of the two fields.",
                                   name=person.name))
        return person
    if not data.get("name"):
        raise _wrong("name", _("Choose the person, or write the name."))
    return find_person(data["name"], node, phone=data.get("phone") or "", id_number=data.get("id_number") or "")


def _wrong(field: str, text: str) -> Invalid:
    return Invalid(text, errors={field: [text]})


def taken(data: Mapping[str, Any], actor: Actor, node: Node) -> tuple[Any, bool]:
    """(the person of a new mandate, True when the record was made now), inside the transaction. Raises as ``named``."""
    person = named(data, node)
    if person is None:
        values = {name: data[name] for name in TYPED if data.get(name)}
        return records.create_within(registry().entity(PERSON), values, machine(actor), node), True
    told(person, data, actor)
    return person, False


def told(person: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """Write telephone and identity number that were typed with a mandate to the person's record, where they differ."""
    entity = registry().entity(PERSON)
    typed = {name: data[name] for name in ("phone", "id_number") if data.get(name)}
    new = {name: text for name, text in typed.items() if records.opened(entity, person, name) != text}
    place = tree().get(person.division_id)
    if new and place is not None:
        records.update(entity, person.id, new, machine(actor), None, place)


def forget(mandate: Any, actor: Actor) -> None:
    """Delete the person who was entered with a mandate that was a mistake, unless something else names the person by now."""
    person = people.Person.get_or_none(people.Person.id == mandate.person_id)
    place = tree().get(person.division_id) if person is not None else None
    if place is None or person_in_use(mandate.person_id, mandate):
        return
    try:
        records.delete(registry().entity(PERSON), mandate.person_id, machine(actor), None, place)
    except Problem:  # a plugin holds on to the person: the record stays
        return

"""Which person a list means: by identity number, by name and telephone, or by a name that one person has."""
from __future__ import annotations

from typing import Any

from . import crypto, plain_rows, snapshot
from .errors import Invalid
from .i18n import gettext as _
from .people import Person, find_by_id_number
from .tree import Node


def find_person(name: str, node: Node, *, phone: str = "", id_number: str = "") -> Person | None:
    """The person whom a row of a list names, at ``node`` or elsewhere in its county; None for somebody who is not recorded yet.

    An identity number decides alone, wherever the record is kept. Otherwise the name counts, with the telephone where both have
    one. ``phone`` and ``id_number`` as their fields load them. Raises ``Invalid`` when the number belongs to another name, and
    when several people come into question.
    """
    found: Person | None = find_by_id_number(id_number) if id_number else None
    if found is not None:
        if found.name != name:
            text = _("This identity number is recorded for somebody of another name. Compare both with the card.")
            raise Invalid(text, errors={"id_number": [text]})
        return found
    alike = _of_name(name, node, with_number=not id_number)
    if phone:
        blind = crypto.blind(phone)
        alike = [one for one in alike if one.phone_blind == blind] or [one for one in alike if not one.phone_blind]
    if len(alike) > 1:
        text = _("%(count)s people are called %(name)s. Write the identity number or the telephone beside the name.",
                 count=len(alike), name=name)
        raise Invalid(text, errors={"name": [text]})
    return alike[0] if alike else None


def _of_name(name: str, node: Node, *, with_number: bool) -> list[Person]:
    """People of that name in the county of ``node``; without ``with_number`` only those whose identity number is not known."""
    county = snapshot.current().tree.at_level(node, "county") or node
    known = "" if with_number else " AND id_number_blind IS NULL"
    return plain_rows.read(Person, f'name = ? AND "{county.column}" = ?{known} ORDER BY id LIMIT 100', (name, county.id))


def person_in_use(person_id: int, besides: Any = None) -> bool:
    """True when a post, an account or a record of any plugin names this person, other than the record ``besides``."""
    from .accounts import Account
    from .field_refs import PersonRef
    from .registry import registry
    from .schemas import fields_of

    columns = {(Account, "person_id")}
    for entity in registry().entities.values():
        columns |= {(entity.model, field.column) for field in fields_of(entity.schema).values()
                    if isinstance(field, PersonRef) and field.column in entity.model._meta.fields}
    for model, column in columns:
        if plain_rows.row_exists(model, column, person_id, besides.id if isinstance(besides, model) else None):
            return True
    return False

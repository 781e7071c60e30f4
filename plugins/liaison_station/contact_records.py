"""Double contact: who may enter it, and what a conversation leaves on it."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grid321.core.api import Actor, Conflict, Forbidden, Node, NotFound, ancestor_columns, new_uid, records, registry, tree
from grid321.core.api import gettext as _

from .deputy_choices import P
from .deputy_models import Contact, Deputy, Talk

KEEP = f"{P}contact_keep"
"""Permission to enter contacts for others; a deputy enters the own ones."""


def create_contact(data: Mapping[str, Any], actor: Actor, node: Node) -> Contact:
    """Enter a contact at the division of the mandate, voter's name and telephone sealed. Raises ``Forbidden`` for another's."""
    deputy = Deputy.get_by_id(data["deputy_id"])
    _own(deputy, actor, node)
    uid = new_uid()
    values = records.sealed(registry().entity(f"{P}contact"), data, uid)
    values.pop("division_id", None)
    row: Contact = Contact.create(uid=uid, **values, **ancestor_columns(tree(), _place(deputy)), created_by=actor.account_id)
    return row


def create_talk(data: Mapping[str, Any], actor: Actor, node: Node) -> Talk:
    """Enter that a contact took place; the contact keeps the last day. Raises ``Forbidden`` for another's contact."""
    contact = Contact.get_by_id(data["contact_id"])
    deputy = Deputy.get_by_id(contact.deputy_id)
    _own(deputy, actor, node)
    row: Talk = Talk.create(**data, deputy_id=contact.deputy_id, **ancestor_columns(tree(), _place(deputy)),
                            created_by=actor.account_id)
    if contact.last_on is None or row.day > contact.last_on:
        Contact.update(last_on=row.day).where(Contact.id == contact.id).execute()
    return row


def delete_contact(record: Contact, actor: Actor, node: Node) -> None:
    """Refuse to delete a contact that took place: it ends."""
    if Talk.select(Talk.id).where(Talk.contact_id == record.id).exists():
        raise Conflict(_("Conversations were entered for this contact: it stays."), remedy=_("Write its last day instead."))


def _own(deputy: Deputy, actor: Actor, node: Node) -> None:
    if actor.system or actor.person_id == deputy.person_id or actor.may(KEEP, _place(deputy)):
        return
    raise Forbidden(_("You may enter your own contacts only."), deputy.name,
                    _("Ask the office of the congress to enter this one."))


def _place(deputy: Deputy) -> Node:
    place = tree().get(deputy.division_id)
    if place is None:
        raise NotFound(_("The division of this deputy no longer exists."))
    return place

"""Figures of double contact: who keeps contact with whom, who has none, and how many contacts took place."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from grid321.core.api import Node, local_day, setting

from .deputy_choices import P
from .deputy_models import Contact, Deputy, Talk
from .placement import in_office


@dataclass(frozen=True)
class Side:
    """One side of double contact: how many should keep contact, how many do, and who does not."""

    total: int
    kept: int
    without: list[Deputy]

    @property
    def full(self) -> bool:
        """True when nobody is left out; nobody at all covers nobody."""
        return self.total > 0 and self.kept == self.total


@dataclass(frozen=True)
class Figures:
    """Double contact at a division in a span of days.

    ``members``: of those who should keep contact with deputies (members of the standing committee, where the rule says so).
    ``voters``: of deputies who should keep contact with voters. ``reached``: deputies with whom somebody keeps contact.
    ``talks``: contacts that took place, by way; ``silent``: contacts that are kept and of which none took place in the span.
    """

    members: Side
    voters: Side
    reached: int
    talks: dict[str, int]
    silent: int

    @property
    def made(self) -> int:
        """Contacts that took place."""
        return sum(self.talks.values())


def _kept_on(day: date) -> Any:
    return (Contact.from_day <= day) & (Contact.to_day.is_null() | (Contact.to_day >= day))


def figures(node: Node, first: date, last: date) -> Figures:
    """Double contact of the mandates kept at ``node`` and below: who keeps it today, what took place from ``first`` to ``last``.

    Somebody with several mandates counts in each of them, and keeps contact in all when in one. Six queries.
    """
    today = local_day()
    deputies = list(Deputy.select(Deputy.id, Deputy.person_id, Deputy.name, Deputy.level, Deputy.committee, Deputy.division_id)
                    .where((getattr(Deputy, node.column) == node.id) & in_office(today)).order_by(Deputy.level, Deputy.name))
    keeping: dict[str, set[int]] = {"deputy": set(), "voter": set()}
    owner = Contact.select(Contact.kind, Deputy.person_id).join(Deputy, on=(Deputy.id == Contact.deputy_id)).where(
        _kept_on(today)).distinct().tuples()
    for kind, person in owner:
        keeping[kind].add(person)
    only = bool(setting(f"{P}contact_committee", node.id))
    members = [one for one in deputies if one.committee] if only else []
    here = getattr(Talk, node.column) == node.id
    span = here & (Talk.day >= first) & (Talk.day <= last)
    talks = {way: int(count) for way, count in Talk.select(Talk.way, peewee.fn.COUNT(Talk.id)).where(span).group_by(
        Talk.way).tuples()}
    reached = Contact.select(Contact.other_id).where((Contact.kind == "deputy") & _kept_on(today))
    spoken = Talk.select(Talk.contact_id).where(span)
    return Figures(
        _side(members, keeping["deputy"]), _side(deputies, keeping["voter"]),
        Deputy.select().where((getattr(Deputy, node.column) == node.id) & in_office(today) & Deputy.id.in_(reached)).count(),
        talks, Contact.select().where((getattr(Contact, node.column) == node.id) & _kept_on(today)
                                      & Contact.id.not_in(spoken)).count())


def _side(wanted: list[Deputy], keeping: set[int]) -> Side:
    without = [one for one in wanted if one.person_id not in keeping]
    return Side(len(wanted), len(wanted) - len(without), without)


def contacts_of(deputy_id: int) -> list[Any]:
    """The contacts that a deputy keeps today, those longest ago first; of one with a deputy with the ``name``. One query."""
    other = Deputy.alias()
    return list(Contact.select(Contact.id, Contact.kind, Contact.place, Contact.last_on, other.name).join(
        other, peewee.JOIN.LEFT_OUTER, on=(other.id == Contact.other_id)).where(
            (Contact.deputy_id == deputy_id) & _kept_on(local_day())).order_by(
                Contact.last_on.is_null().desc(), Contact.last_on, Contact.id).objects())


def in_contact_with(deputy_id: int) -> list[tuple[int, str]]:
    """(mandate, name) of those who keep contact with a deputy today. One query."""
    return list(Deputy.select(Deputy.id, Deputy.name).join(Contact, on=(Contact.deputy_id == Deputy.id)).where(
        (Contact.other_id == deputy_id) & _kept_on(local_day())).order_by(Deputy.name).distinct().tuples())

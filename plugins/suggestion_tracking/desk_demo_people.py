"""Who acts in the demo of matters and suggestions: deputies, the office, the units, and the accounts with which visitors act."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from grid321.core.api import Actor, Node, people

P = "suggestion_tracking."
DEPUTIES, TOWN_DEPUTIES = 24, 8
SHOWN_TOWN = "610902104"
BUREAU = "交通运输局"


@dataclass
class Cast:
    """The people of the demo. ``deputies`` are persons, the first of them with an account; ``units`` are bureaus by name."""

    deputies: list[int]
    deputy_account: int
    officer: Actor
    leader: int
    units: dict[str, int]
    bureau: tuple[int, int]
    """(account, unit) of the bureau whose clerk has an account."""

    def as_deputy(self, person: int) -> Actor:
        """A deputy who acts. The machine's permission opens every door; the ledger carries the account where there is one."""
        account = self.deputy_account if person == self.deputies[0] else None
        return Actor(account, person, "deputy", "deputy", system=True)

    def as_unit(self, department_id: int | None) -> Actor:
        """The clerk of a unit who acts."""
        return Actor(self.bureau[0] if department_id == self.bureau[1] else None, None, "unit", "unit", system=True)


_casts: dict[int, Cast] = {}


def prepare(context: Any) -> Cast:
    """Make deputies and accounts of the demo, once for each demo; who asks again gets the same people."""
    found = _casts.get(id(context))
    if found is None:
        _casts.clear()
        found = _casts[id(context)] = _make(context)
    return found


def _make(context: Any) -> Cast:
    county: Node = context.county
    towns = context.towns
    town = next((one for one in towns if one.code == SHOWN_TOWN), towns[0])
    village = next(one for one in context.tree.children(town) if one.level == "village")
    since = context.today - timedelta(days=800)
    account = context.account_of("deputy")
    deputies = _held(county, context.person_of("deputy"))
    if not deputies:
        deputies = context.people([(towns[number % len(towns)], None) for number in range(DEPUTIES)])
        own = context.people([(town, None) for _number in range(TOWN_DEPUTIES)])
        context.posts([*((person, "core_deputy_county", county, since, None) for person in deputies),
                       *((person, "core_deputy_town", town, since, None) for person in own)])
    leader = context.person(county)
    deputy = account[0] if account is not None else context.account(
        "deputy", "Deputy to the county people's congress", county, deputies[0])
    units = {name: unit for (place, name), unit in context.departments.items() if place == county.id}
    clerk = context.person(county)
    context.posts([(clerk, "matter_unit_clerk", county, since, units[BUREAU])])
    bureau = context.account("bureau", "Clerk of a bureau", county, clerk)
    officer = _offices(context, county, town, village)
    return Cast(deputies, deputy, Actor(officer, None, "county", "county", system=True), leader, units, (bureau, units[BUREAU]))


def _held(county: Node, first: int | None) -> list[int]:
    """The county's deputies whom a plugin before this one made, ``first`` (who has an account) before all; empty without one."""
    post = people.Post
    found = [person for (person,) in post.select(post.person_id).where(
        (post.kind == "core_deputy_county") & (post.division_id == county.id) & post.to_day.is_null()).order_by(post.id).tuples()]
    return [first, *(person for person in found if person != first)][:DEPUTIES] if first in found else []


def _offices(context: Any, county: Node, town: Node, village: Node) -> int:
    """The accounts of the three levels, of a town's office and of the leader; those that are there get this plugin's roles."""
    office = next(unit for (place, _name), unit in context.departments.items() if place == town.id)
    wanted = (("county", "County officer", county, None, "county_officer"), ("town", "Town officer", town, None, "town_officer"),
              ("village", "Village officer", village, None, "village_officer"),
              ("office", "Clerk of a town office", town, office, "unit_clerk"))
    for name, label, place, department, role in wanted:
        if context.account_of(name) is None:
            context.account(name, label, place, context.person(place))
        context.grant(name, P + role, place, department)
    for name in ("admin", "leader"):
        context.grant(name, f"{P}viewer", county)
    return int(context.account_of("county")[0])

"""What each plugin's records need where the kit of checks cannot guess. Its conformance test and the permission matrix use it.

A plugin without an entry needs nothing: the kit makes its records by itself.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from grid321.core import signed_links, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.registry import registry

from . import (
    activity_examples,
    checks_examples,
    day_examples,
    deputy_examples,
    evaluation_examples,
    file_examples,
    plan_examples,
    public_examples,
    station_examples,
    suggestion_examples,
    supervision_examples,
)

P = "suggestion_tracking."


@dataclass(frozen=True)
class Needed:
    """``examples`` are values by entity and by step; ``prepare(world)`` adds what they refer to.

    ``beside(records)`` makes what addresses name besides records, for one place whose record ids by entity key are given: a
    mapping from (word before it in the address, parameter) to its value.
    """

    examples: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Any], None] = lambda world: None
    beside: Callable[[Mapping[str, int]], Mapping[tuple[str, str], Any]] = lambda records: {}


# -- suggestion_tracking ---------------------------------------------------------------------------------------------

_MATTER = {"deputy": None, "origin_ref": None}
_MATTERS = [_MATTER, {**_MATTER, "division": "610902104", "wants_answer": False,
                      "deputy": lambda number: suggestion_examples.second_deputy()}, {**_MATTER, "division": "610902"}]
"""Matters begin in a village, a town or a county, and take other ways from there."""


def _deputies(world: Any) -> None:
    suggestion_examples.prepare(world)
    supervision_examples.prepare(world)


def _links(records: Mapping[str, int]) -> dict[tuple[str, str], Any]:
    """Links for residents and deputies, an open ballot in which one of them votes, and the random number of the matter."""
    matter = registry().entity(P + "matter").model.get_by_id(records[P + "matter"])
    ballot = registry().entity(P + "ballot").model.get_by_id(records[P + "ballot"])
    from grid321.plugins.suggestion_tracking import evaluation_ballot

    place = snapshot.current().tree.get(ballot.division_id)
    assert place is not None
    evaluation_ballot.set_subjects(ballot, [], ["住房和城乡建设局的办理工作"], SYSTEM, place)
    evaluation_ballot.open_(ballot, SYSTEM, place)
    lead = registry().entity(P + "receipt").model.get_by_id(records[P + "receipt"]).deputy_id
    voter = evaluation_ballot.voter_of(ballot.id, lead)
    assert voter is not None

    def link(word: str, entity: str, record_id: int, *, once: bool = True) -> str:
        return signed_links.create(P + word, P + entity, record_id, expires=timedelta(days=1), once=once)

    return {("card", "token"): link("receipt", "receipt", records[P + "receipt"]),
            ("vote", "token"): link("ballot_vote", "ballot", voter.id),
            ("own", "token"): link("own", "matter", matter.id, once=False),
            ("rate", "token"): link("rate", "matter", matter.id),
            ("tokens", "token_id"): link("open311", "matter", matter.id, once=False),
            ("requests", "service_request_id"): matter.uid,
            ("published", "item_id"): records[P + "publication"]}


def _voters(records: Mapping[str, int]) -> dict[tuple[str, str], Any]:
    """Links for voters; each area of the plugin that gives some adds its own."""
    return {**file_examples.beside(records), **day_examples.beside(records), **plan_examples.beside(records),
            **activity_examples.beside(records)}


OF: dict[str, Needed] = {
    "liaison_station": Needed({**station_examples.EXAMPLES, **checks_examples.EXAMPLES, **deputy_examples.EXAMPLES,
                               **activity_examples.EXAMPLES, **day_examples.EXAMPLES, **file_examples.EXAMPLES,
                               **plan_examples.EXAMPLES}, beside=_voters),
    "suggestion_tracking": Needed(
        {P + "matter": _MATTERS, **suggestion_examples.EXAMPLES, **supervision_examples.EXAMPLES, **public_examples.EXAMPLES,
         **evaluation_examples.EXAMPLES}, _deputies, _links),
}
"""By plugin."""

"""Random choices that anybody can draw again (随机抽查): the seed, the numbers drawn from and the outcome are stored.

The rule: each number is written behind the seed and a colon, hashed by SHA-256; the numbers with the smallest hashes are drawn,
smallest first. Whoever has seed and numbers gets the same choice with any tool, and nobody can aim a seed at a result
without trying many, which the ledger would show: every choice stays.
"""
from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from grid321.core.api import ancestor_columns, local_day, tree
from grid321.core.api import gettext as _

from . import supervision_life
from .life_models import Session, Suggestion
from .supervision_models import Sample

HANDLING = ("assigned", "handling", "again")
ANSWERED = ("answered", "objected", "rated", "evaluating", "evaluated", "followed")
ENDED = ("closed", "ended")
POOLS = {"handling": HANDLING, "answered": ANSWERED, "ended": ENDED, "all": (*HANDLING, *ANSWERED, *ENDED)}
SEED_BYTES = 8


def draw(seed: str, numbers: Iterable[str], size: int) -> list[str]:
    """The ``size`` numbers drawn with ``seed``, in the order of their hashes; all of them when there are fewer. Pure."""
    return sorted(set(numbers), key=lambda number: (rank(seed, number), number))[:size]


def rank(seed: str, number: str) -> str:
    """The hash by which a number is ranked: SHA-256 of ``seed:number``, 64 hexadecimal digits."""
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()


def digest(numbers: Iterable[str]) -> str:
    """One hash for a set of numbers: SHA-256 of the sorted numbers, one a line. It can be published instead of the numbers."""
    return hashlib.sha256("\n".join(sorted(set(numbers))).encode()).hexdigest()


def candidates(place: Any, pool: str, year: int | None) -> list[str]:
    """The numbers of the suggestions of a county or town in the states of ``pool`` (of the sessions of ``year``), sorted."""
    query = Suggestion.select(Suggestion.number).where(
        (Suggestion.division_id == place.id) & Suggestion.state.in_(POOLS[pool]))
    if year is not None:
        query = query.where(Suggestion.session_id.in_(Session.select(Session.id).where(
            (Session.division_id == place.id) & (Session.year == year))))
    return sorted(row[0] for row in query.tuples())


def check_sample(data: dict[str, Any], record: Any, node: Any) -> dict[str, list[str]]:
    """Refuse to draw from nothing."""
    if not candidates(node, data["pool"], data.get("year")):
        return {"pool": [_("There is nothing to draw from: no suggestion of %(place)s is in this state.", place=node.name)]}
    return {}


def create_sample(data: dict[str, Any], actor: Any, node: Any) -> Sample:
    """Draw, store what was drawn from and what came out, and schedule a check of each; called inside a transaction."""
    numbers = candidates(node, data["pool"], data.get("year"))
    seed = data.get("seed") or secrets.token_hex(SEED_BYTES)
    drawn = draw(seed, numbers, data["size"])
    values = {**data, "seed": seed, "drawn_on": local_day(), "count": len(numbers), "digest": digest(numbers),
              "candidates": numbers, "drawn": drawn, **ancestor_columns(tree(), node)}
    made: Sample = Sample.create(**values, created_by=actor.account_id)
    order = {number: place for place, number in enumerate(drawn)}
    for case in sorted(Suggestion.select().where(Suggestion.number.in_(drawn)), key=lambda one: order[one.number]):
        supervision_life.schedule(case, "random", sample_id=made.id, round_id=made.round_id)
    return made


def is_reproducible(sample: Any) -> bool:
    """True when the stored seed and numbers give the stored choice, and the numbers their digest."""
    numbers: Sequence[str] = sample.candidates
    return draw(sample.seed, numbers, sample.size) == list(sample.drawn) and digest(numbers) == sample.digest

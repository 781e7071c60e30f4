"""The assistant that places many deputies at once: shows what it would do, and does just that."""
from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from grid321.core.api import Actor, Conflict, Node, Problem, enqueue, local_day, people, records, registry, transaction, tree
from grid321.core.api import gettext as _

from .deputy_fields import BETWEEN
from .deputy_models import Deputy, District, Placement
from .placement import Coverage, coverage, in_office, kinds_for, open_on
from .placement_propose import Candidate, Nowhere, Path, Place, Proposed, spread
from .placement_propose import propose as work_out
from .placement_write import PLACEMENT
from .station_models import Station

JOB = "liaison_station.place_deputies"
BLOCK = 100
"""Placements written in one transaction."""


@dataclass(frozen=True)
class Preview:
    """What the assistant would do at a division on a day. ``mark`` names this very list: ``apply`` refuses another one."""

    day: date
    rows: Sequence[Proposed]
    nowhere: Sequence[Nowhere]
    now: Coverage
    then: Coverage
    spread: int
    mark: str


@dataclass(frozen=True)
class Done:
    """What became of a list: how many were placed, and (name, why) of those that somebody placed meanwhile."""

    placed: int
    left: Sequence[tuple[str, str]]


def propose(node: Node, day: date | None = None) -> Preview:
    """The proposal for the mandates and stations of ``node`` and below, from ``day`` on (default today). Nothing is written."""
    day = day or local_day()
    stations = stations_at(node, day)
    load = _load(stations, day)
    found = work_out(candidates_at(node, day), stations, load)
    now = coverage(node, day)
    homeless = sum(1 for row in found.nowhere if row.homeless)
    then = Coverage(now.total - homeless, now.total)
    return Preview(day, found.rows, found.nowhere, now, then, _spread(found.rows, load, stations), _mark(found.rows, day))


def checked(node: Node, mark: str, day: date | None = None) -> Preview:
    """The proposal, when it is still the one of ``mark`` that somebody looked at.

    Raises ``Conflict`` otherwise: somebody placed a deputy, or a rule or district changed.
    """
    preview = propose(node, day)
    if preview.mark != mark:
        raise Conflict(_("The list has changed since you looked at it."), remedy=_("Look at the new list, then apply it."),
                       code="proposal_changed")
    return preview


def apply(node: Node, mark: str, actor: Actor, day: date | None = None) -> Done:
    """Write a proposal that was looked at, block by block; a deputy whom somebody placed meanwhile is left and named.

    Raises ``Conflict`` as ``checked``.
    """
    preview = checked(node, mark, day)
    placed, left = 0, list[tuple[str, str]]()
    for part in blocks(rows_of(preview)):
        with transaction():
            done = place_rows(part, preview.day, actor, node)
        placed += done.placed
        left += done.left
    return Done(placed, left)


def start(node: Node, mark: str, actor: Actor) -> int:
    """Let a job write a long proposal; returns the number of the job. Raises ``Conflict`` as ``checked``."""
    preview = checked(node, mark)
    with transaction():
        args = {"day": preview.day.isoformat(), "rows": rows_of(preview)}
        return int(enqueue(JOB, args, actor, node, f"/d/{node.code}/liaison_station/placing").id)


def run(context: Any, args: Mapping[str, Any]) -> dict[str, Any]:
    """The job: just the rows that were shown, block by block; after an interruption it goes on with the next block."""
    parts, counts = blocks(args["rows"]), {"placed": 0, "left": 0}
    for number in range(context.cursor or 0, len(parts)):
        with context.step(cursor=number + 1, done=min((number + 1) * BLOCK, len(args["rows"]))):
            done = place_rows(parts[number], date.fromisoformat(args["day"]), context.actor, context.node)
        counts = {"placed": counts["placed"] + done.placed, "left": counts["left"] + len(done.left)}
    return counts


def rows_of(preview: Preview) -> list[list[int]]:
    """[mandate, station] of each row."""
    return [[row.deputy_id, row.station.id] for row in preview.rows]


def blocks(rows: Sequence[Sequence[int]]) -> list[Sequence[Sequence[int]]]:
    """The rows in parts of which each is one transaction."""
    return [rows[start:start + BLOCK] for start in range(0, len(rows), BLOCK)]


def place_rows(rows: Sequence[Sequence[int]], day: date, actor: Actor, node: Node) -> Done:
    """Place deputies inside the caller's transaction, each in a savepoint of its own; who was placed meanwhile is named."""
    placed, left = 0, list[tuple[str, str]]()
    for deputy_id, station_id in rows:
        try:
            records.create(registry().entity(PLACEMENT), {"deputy_id": deputy_id, "station_id": station_id, "home": True,
                                                          "from_day": day}, actor, node)
            placed += 1
        except Problem as problem:
            deputy = Deputy.get_or_none(Deputy.id == deputy_id)
            reason = " ".join(str(text) for texts in problem.errors.values() for text in texts) or str(problem.title)
            left.append((deputy.name if deputy is not None else "", reason))
    return Done(placed, left)


def stations_at(node: Node, day: date) -> list[Place]:
    """The stations of ``node`` and below that work on ``day``. One query."""
    here = tree()
    rows = Station.select(Station.id, Station.name, Station.kind, Station.division_id).where(
        (getattr(Station, node.column) == node.id) & (Station.opened_on <= day)
        & (Station.closed_on.is_null() | (Station.closed_on > day))
        & (Station.suspended_on.is_null() | (Station.suspended_on > day))).order_by(Station.id).tuples()
    return [Place(identifier, name, kind, place.level, place.path) for identifier, name, kind, division in rows
            if (place := here.get(division)) is not None]


def candidates_at(node: Node, day: date) -> list[Candidate]:
    """The mandates of ``node`` and below that are in office on ``day``, with what the proposal needs of them. Four queries."""
    rows = list(Deputy.select().where((getattr(Deputy, node.column) == node.id) & in_office(day)).order_by(Deputy.id))
    persons = {row.person_id for row in rows}
    homes: dict[int, set[str]] = {}
    for person, level in Placement.select(Placement.person_id, Placement.level).where(
            open_on(day) & (Placement.home == True)).tuples():  # noqa: E712 - SQL
        if person in persons:
            homes.setdefault(person, set()).add(level)
    covers = dict(District.select(District.id, District.covers).where(getattr(District, node.column) == node.id).tuples())
    person = people.Person
    lives = dict(person.select(person.id, person.division_id).where(getattr(person, node.column) == node.id).tuples())
    found = []
    for row in rows:
        exact = _paths(covers.get(row.district_id, "")) if row.district_id else ()
        places = exact or _near(row, lives.get(row.person_id))
        found.append(Candidate(row.id, row.person_id, row.name, row.level, kinds_for(row.level, row.division_id), places,
                               bool(exact), frozenset(homes.get(row.person_id, ()))))
    return found


def _paths(codes: str) -> tuple[Path, ...]:
    """The divisions that a district covers; of codes that are gone none."""
    here = tree()
    found = (here.by_code(code) for code in BETWEEN.split(codes) if code)
    return tuple(sorted({tuple(place.path) for place in found if place is not None and place.valid}))


def _near(row: Deputy, kept_at: int | None) -> tuple[Path, ...]:
    """Where the person's record is kept, when that is below the congress; else the congress's own division."""
    here = tree()
    own, kept = here.get(row.division_id), here.get(kept_at) if kept_at else None
    place = kept if own is not None and kept is not None and here.covers(own, kept) else own
    return (tuple(place.path),) if place is not None else ()


def _load(stations: Sequence[Place], day: date) -> dict[int, int]:
    """Deputies whose home each station is. One query."""
    found = dict.fromkeys((place.id for place in stations), 0)
    for (station,) in Placement.select(Placement.station_id).where(open_on(day) & (Placement.home == True)).tuples():  # noqa: E712
        if station in found:
            found[station] += 1
    return found


def _spread(rows: Sequence[Proposed], load: dict[int, int], stations: Sequence[Place]) -> int:
    """The widest spread of deputies among the stations of one kind that the proposal fills."""
    kinds = {row.station.kind for row in rows}
    return max((spread([row for row in rows if row.station.kind == kind], load,
                       [place for place in stations if place.kind == kind]) for kind in kinds), default=0)


def _mark(rows: Sequence[Proposed], day: date) -> str:
    content = [day.isoformat(), *([row.deputy_id, row.station.id] for row in rows)]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()[:32]


def why(row: Nowhere) -> str:
    """Why no station was found for a deputy, in words."""
    return {
        "no_rule": _("The rule names no kind of station for this congress."),
        "no_station": _("No station of the kinds that take this congress covers the electoral district."),
        "several": _("No electoral district is known, and several stations come into question: choose one."),
    }[row.why]

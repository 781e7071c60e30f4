"""Which station takes which deputy: worked out from the county's rule, the electoral districts and who is placed already.

Nothing is read or written here. The same deputies and stations give the same proposal, in whichever order they come. Of several
stations that come into question a deputy goes to the one with the fewest; what nobody can tell is said, not guessed.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Path = tuple[int, ...]
"""Ids of a division and of those above it, highest first."""


@dataclass(frozen=True)
class Place:
    """A station that takes deputies: its kind, the level of its division, and where that lies."""

    id: int
    name: str
    kind: str
    level: str
    path: Path


@dataclass(frozen=True)
class Candidate:
    """A mandate: the kinds of stations that its level goes to, the divisions for which it stands (``exact``: its district says
    so; otherwise where the person's record is kept), and the levels at which the person has a home station already."""

    id: int
    person_id: int
    name: str
    level: str
    kinds: tuple[str, ...]
    places: tuple[Path, ...]
    exact: bool
    homes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Proposed:
    """A deputy goes to a station. ``among``: how many stations came into question."""

    deputy_id: int
    person_id: int
    name: str
    level: str
    station: Place
    among: int


@dataclass(frozen=True)
class Nowhere:
    """A deputy for whom no station was found, and why: ``no_rule`` (the county says no kind for this level), ``no_station`` (none
    of these kinds covers the deputy's divisions), ``several`` (no district is known, and several come into question)."""

    deputy_id: int
    name: str
    level: str
    why: str
    kinds: tuple[str, ...]
    homeless: bool
    """True when the person has no home station at all: the figure of full coverage lacks this one."""


@dataclass
class Proposal:
    """What the assistant proposes, and whom it leaves to a person."""

    rows: list[Proposed] = field(default_factory=list)
    nowhere: list[Nowhere] = field(default_factory=list)


def propose(candidates: Iterable[Candidate], stations: Collection[Place], load: Mapping[int, int]) -> Proposal:
    """Propose home stations for everybody who lacks one at a level of the rule. ``load``: deputies by station already.

    Those with the least choice are placed first, so that those with more fill up what is left; then by id.
    """
    found, taken, known = Proposal(), dict(load), _Choices(stations)
    everybody = sorted(candidates, key=lambda one: (sum(len(known.of(one, kind)) for kind in one.kinds), one.id))
    homes: dict[int, set[str]] = {}
    for one in everybody:
        have = homes.setdefault(one.person_id, set())
        have |= one.homes
        for kind in one.kinds:
            options = known.of(one, kind)
            if not options or any(place.level in have for place in options) or not (one.exact or len(options) == 1):
                continue
            best = min(options, key=lambda place: (taken.get(place.id, 0), place.id))
            taken[best.id] = taken.get(best.id, 0) + 1
            have.add(best.level)
            found.rows.append(Proposed(one.id, one.person_id, one.name, one.level, best, len(options)))
    for one in everybody:
        reason = _reason(one, known, homes[one.person_id])
        if reason:
            found.nowhere.append(Nowhere(one.id, one.name, one.level, reason, one.kinds, not homes[one.person_id]))
    found.rows.sort(key=lambda row: (row.station.path, row.station.id, row.name, row.deputy_id))
    found.nowhere.sort(key=lambda row: (row.why, row.name, row.deputy_id))
    return found


def _reason(one: Candidate, known: _Choices, homes: Collection[str]) -> str:
    """Why a deputy lacks a station that the rule gives; empty when nothing is lacking."""
    if not one.kinds:
        return "no_rule"
    for kind in one.kinds:
        options = known.of(one, kind)
        if not any(place.level in homes for place in options):
            return "several" if options else "no_station"
    return ""


class _Choices:
    """The stations that come into question, worked out once for all who stand for the same divisions."""

    def __init__(self, stations: Iterable[Place]) -> None:
        self.by_kind: dict[str, list[Place]] = {}
        for place in stations:
            self.by_kind.setdefault(place.kind, []).append(place)
        self.known: dict[tuple[str, tuple[Path, ...]], list[Place]] = {}

    def of(self, one: Candidate, kind: str) -> list[Place]:
        """Those of a kind for a deputy."""
        key = kind, one.places
        if key not in self.known:
            self.known[key] = choices(one.places, self.by_kind.get(kind, ()))
        return self.known[key]


def choices(places: Iterable[Path], stations: Iterable[Place]) -> list[Place]:
    """The stations that come into question for a deputy's divisions: the nearest that cover one of them, else those below one.

    The nearest is that of the lowest division: a village's station before that of its town.
    """
    paths, of_kind = tuple(places), tuple(stations)
    above = {division for path in paths for division in path}
    covering = [place for place in of_kind if place.path[-1] in above]
    if covering:
        depth = max(len(place.path) for place in covering)
        return [place for place in covering if len(place.path) == depth]
    ends = {path[-1] for path in paths}
    return [place for place in of_kind if ends & set(place.path)]


def spread(rows: Sequence[Proposed], load: Mapping[int, int], stations: Iterable[Place]) -> int:
    """Most deputies of a station less the fewest, after the proposal; 0 without stations."""
    counts = {place.id: load.get(place.id, 0) for place in stations}
    for row in rows:
        counts[row.station.id] = counts.get(row.station.id, 0) + 1
    return max(counts.values()) - min(counts.values()) if counts else 0

"""Who is on duty at which reception: a fair rotation, drawn with a seed so that anybody can draw it again. Pure: no database.

What holds, in this order:

1. Nobody is on duty on a day on which he or she cannot, is not placed at the station, or is on duty already. So nobody is at two
   stations on one day; where that leaves a reception short, it is said with the reason.
2. A reception has as many people as wanted, as long as there are such.
3. At each station duties are spread as evenly as that allows. Receptions and people are a graph, people's duties their load:
   while a chain of replacements leads from somebody to somebody with at least two duties less, it is taken. When none is left
   no distribution is more even (Harvey, Ladner, Lovász, Tamir 2003, *Semi-matchings for bipartite graphs*, theorem 3.1).
4. Who would like certain days gets one of them where two people can change places without anybody having more duties for it.

Ties go to who was on duty longest ago, then to who had fewer duties the year before, then by lot: SHA-256 of
``seed:station:person``.
"""
from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

CANNOT, LIKES = "cannot", "likes"
TURN, BY_WISH = "turn", "wish"
SHORT, CLASH, NOT_GIVEN = "short", "clash", "likes"


@dataclass(frozen=True, slots=True)
class Slot:
    """A reception that needs ``wanted`` people. ``key`` names it and orders receptions of one day."""

    key: Any
    station_id: int
    day: date
    wanted: int


@dataclass(frozen=True, slots=True)
class Member:
    """A deputy who belongs to a station from a day to another (None: without end). ``earlier``: duties of the year before."""

    station_id: int
    deputy_id: int
    person_id: int
    from_day: date
    to_day: date | None = None
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class WishFor:
    """What a person wishes: days from one to another and a day of the week (0 Monday); None is any."""

    person_id: int
    kind: str
    from_day: date | None = None
    to_day: date | None = None
    weekday: int | None = None

    def covers(self, day: date) -> bool:
        """True when the wish is about ``day``."""
        return ((self.from_day is None or self.from_day <= day) and (self.to_day is None or day <= self.to_day)
                and (self.weekday is None or self.weekday == day.weekday()))


@dataclass(frozen=True, slots=True)
class Given:
    """A duty that was drawn. ``by``: turn or wish."""

    slot: Slot
    deputy_id: int
    person_id: int
    by: str


@dataclass(frozen=True, slots=True)
class Unmet:
    """What could not be met, and why.

    ``short``: the reception has ``missing`` people less than wanted. ``clash``: this person would have been asked, and is on duty
    at ``other_id`` on that day. ``likes``: none of the days that the person would like could be given.
    """

    code: str
    station_id: int
    day: date | None = None
    person_id: int | None = None
    other_id: int | None = None
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """The outcome: duties in order of day, what could not be met, and by station the most duties of a person less the fewest."""

    duties: tuple[Given, ...]
    unmet: tuple[Unmet, ...]
    spread: Mapping[int, int]


@dataclass
class _Person:
    """Somebody at one station: mandates by time, what is wished, and the duties so far."""

    person_id: int
    rank: str
    mandates: list[Member] = field(default_factory=list)
    cannot: list[WishFor] = field(default_factory=list)
    likes: list[WishFor] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)

    @property
    def earlier(self) -> int:
        return sum(member.earlier for member in self.mandates)

    def mandate(self, day: date) -> Member | None:
        """The mandate by which the person serves on ``day``; None for nobody's."""
        for member in self.mandates:
            if member.from_day <= day and (member.to_day is None or day <= member.to_day):
                return member
        return None

    def can(self, day: date) -> bool:
        """True when the person belongs to the station on that day and has not said that it is impossible."""
        return self.mandate(day) is not None and not any(wish.covers(day) for wish in self.cannot)

    def likes_day(self, day: date) -> bool:
        """True when the person would like that day."""
        return any(wish.covers(day) for wish in self.likes)

    def last(self, before: date) -> date:
        """The last duty before a day."""
        return max((slot.day for slot in self.slots if slot.day < before), default=date.min)


Busy = dict[tuple[int, date], int]
"""Station by (person, day)."""


class _Station:
    """The receptions and people of one station while they are brought together."""

    def __init__(self, station_id: int, slots: Iterable[Slot], people: Mapping[int, _Person], busy: Busy) -> None:
        self.id = station_id
        self.slots = sorted(slots, key=lambda slot: (slot.day, str(slot.key)))
        self.people = people
        self.busy = busy
        self.on: dict[Slot, list[_Person]] = {slot: [] for slot in self.slots}

    def free(self, person: _Person, slot: Slot) -> bool:
        """True when the person can and is on duty nowhere on that day."""
        return (person.person_id, slot.day) not in self.busy and person.can(slot.day)

    def put(self, person: _Person, slot: Slot) -> None:
        """Give a duty."""
        self.on[slot].append(person)
        person.slots.append(slot)
        self.busy[person.person_id, slot.day] = self.id

    def take(self, person: _Person, slot: Slot) -> None:
        """Take a duty back."""
        self.on[slot].remove(person)
        person.slots.remove(slot)
        del self.busy[person.person_id, slot.day]

    def replace(self, old: _Person, new: _Person, slot: Slot) -> None:
        """Put one person in another's place."""
        self.take(old, slot)
        self.put(new, slot)

    def candidates(self, slot: Slot) -> list[_Person]:
        """Who could take a duty, whose turn it is first."""
        return sorted((person for person in self.people.values() if self.free(person, slot)), key=lambda person: (
            len(person.slots), not person.likes_day(slot.day), person.last(slot.day), person.earlier, person.rank))

    def fill(self) -> None:
        """Give every duty to whose turn it is, day after day."""
        for slot in self.slots:
            for person in self.candidates(slot)[:slot.wanted]:
                self.put(person, slot)

    def missing(self) -> Iterator[tuple[Slot, int]]:
        """Receptions with fewer people than wanted, and how many are missing."""
        for slot in self.slots:
            if len(self.on[slot]) < slot.wanted:
                yield slot, slot.wanted - len(self.on[slot])

    def even_out(self) -> None:
        """Take chains of replacements until none makes the distribution more even."""
        while any(self._shorten(person) for person in sorted(
                self.people.values(), key=lambda one: (-len(one.slots), one.rank))):
            pass

    def _shorten(self, start: _Person) -> bool:
        """One chain from ``start`` to the nearest person with at least two duties less; False when there is none."""
        if all(len(person.slots) > len(start.slots) - 2 for person in self.people.values()):
            return False  # whom a chain could lead to is not there: most searches of a year end here
        came: dict[int, tuple[_Person, Slot]] = {}
        waiting, seen = deque([start]), {start.person_id}
        while waiting:
            person = waiting.popleft()
            if len(person.slots) <= len(start.slots) - 2:
                while person is not start:
                    before, slot = came[person.person_id]
                    self.replace(before, person, slot)
                    person = before
                return True
            for slot in person.slots:
                for other in self.candidates(slot):
                    if other.person_id not in seen:
                        seen.add(other.person_id)
                        came[other.person_id] = (person, slot)
                        waiting.append(other)
        return False

    def please(self) -> None:
        """Let who likes certain days and has none of them change places with somebody."""
        for person in sorted(self.people.values(), key=lambda one: one.rank):
            if person.likes and not any(person.likes_day(slot.day) for slot in person.slots):
                self._change_places(person)

    def _change_places(self, person: _Person) -> bool:
        for slot in self.slots:
            if not person.likes_day(slot.day) or not self.free(person, slot):
                continue
            for other in list(self.on[slot]):
                if other.likes_day(slot.day):
                    continue
                if len(other.slots) == len(person.slots) + 1:
                    self.replace(other, person, slot)
                    return True
                for own in list(person.slots):
                    if self.free(other, own):
                        self.replace(person, other, own)
                        self.replace(other, person, slot)
                        return True
        return False

    def spread(self) -> int:
        """The most duties less the fewest, among those who could take any at all."""
        loads = [len(person.slots) for person in self.people.values() if any(person.can(slot.day) for slot in self.slots)]
        return max(loads) - min(loads) if loads else 0


def draw(slots: Iterable[Slot], members: Iterable[Member], wishes: Iterable[WishFor], seed: str,
         taken: Mapping[tuple[int, date], int] | None = None) -> Drawn:
    """Draw the duties of receptions. ``taken`` are duties that stand already: the station by (person, day).

    The outcome depends on what is given and the seed, not on its order. Stations with the fewest people to spare are drawn first;
    where one lacks somebody who was drawn elsewhere on that day, that duty goes to another one there, if there is one.
    """
    busy: Busy = dict(taken or {})
    by_station: dict[int, list[Slot]] = defaultdict(list)
    for slot in slots:
        by_station[slot.station_id].append(slot)
    pools = _pools(members, wishes, seed, by_station)
    stations = {key: _Station(key, found, pools[key], busy) for key, found in by_station.items()}
    order = sorted(stations.values(), key=lambda one: (len(one.people) - max(slot.wanted for slot in one.slots), one.id))
    for station in order:
        station.fill()
    for station in order:
        _relieve(station, stations)
    for station in order:
        station.even_out()
    for station in order:
        station.please()
    duties = sorted((Given(slot, mandate.deputy_id, person.person_id, BY_WISH if person.likes_day(slot.day) else TURN)
                     for station in order for slot, people in station.on.items() for person in people
                     if (mandate := person.mandate(slot.day)) is not None),
                    key=lambda given: (given.slot.day, given.slot.station_id, str(given.slot.key), given.person_id))
    return Drawn(tuple(duties), tuple(unmet for station in sorted(order, key=lambda one: one.id) for unmet in _unmet(station)),
                 {station.id: station.spread() for station in order})


def _pools(members: Iterable[Member], wishes: Iterable[WishFor], seed: str,
           stations: Iterable[int]) -> dict[int, dict[int, _Person]]:
    """The people of each station by their id, with their mandates and wishes, in an order that does not depend on the input's."""
    pools: dict[int, dict[int, _Person]] = {station: {} for station in stations}
    asked: dict[int, list[WishFor]] = defaultdict(list)
    for wish in wishes:
        asked[wish.person_id].append(wish)
    for member in sorted(members, key=lambda one: (one.station_id, one.person_id, one.from_day, one.deputy_id)):
        pool = pools.get(member.station_id)
        if pool is None:
            continue
        person = pool.get(member.person_id)
        if person is None:
            mark = hashlib.sha256(f"{seed}:{member.station_id}:{member.person_id}".encode()).hexdigest()
            own = asked[member.person_id]
            person = pool[member.person_id] = _Person(
                member.person_id, mark, cannot=[wish for wish in own if wish.kind == CANNOT],
                likes=[wish for wish in own if wish.kind == LIKES])
        person.mandates.append(member)
    return pools


def _relieve(station: _Station, stations: Mapping[int, _Station]) -> None:
    """Where people are missing: ask back who was drawn at another station on that day and can be replaced there."""
    for slot, missing in list(station.missing()):
        for person in sorted(station.people.values(), key=lambda one: (len(one.slots), one.rank)):
            if not missing:
                break
            other = stations.get(station.busy.get((person.person_id, slot.day), 0))
            if other is None or other is station or not person.can(slot.day):
                continue
            there = next((one for one in other.slots if one.day == slot.day
                          and any(who.person_id == person.person_id for who in other.on[one])), None)
            stand_in = other.candidates(there)[:1] if there is not None else []
            if there is not None and stand_in:
                other.replace(other.people[person.person_id], stand_in[0], there)
                station.put(person, slot)
                missing -= 1


def _unmet(station: _Station) -> Iterator[Unmet]:
    """What could not be met at a station, in order of day."""
    for slot, missing in station.missing():
        yield Unmet(SHORT, station.id, slot.day, missing=missing)
        for person in sorted(station.people.values(), key=lambda one: one.person_id):
            other = station.busy.get((person.person_id, slot.day))
            if other is not None and other != station.id and person.can(slot.day):
                yield Unmet(CLASH, station.id, slot.day, person.person_id, other)
    for person in sorted(station.people.values(), key=lambda one: one.person_id):
        if person.likes and not any(person.likes_day(slot.day) for slot in person.slots):
            yield Unmet(NOT_GIVEN, station.id, person_id=person.person_id)

"""Which papers hang on a station's wall: of each the latest edition in force, the station's own before that of a division."""
from __future__ import annotations

from datetime import date
from typing import Any

from grid321.core.api import local_day, snapshot

from .station_choices import PAPERS
from .station_models import Paper
from .station_rules import place_of


def in_force(station: Any, day: date | None = None) -> list[Paper]:
    """The papers that hang in a station on a day (today), in the order of the scheme and by title. One query.

    Of the editions of a paper the last one that came into force counts, and none when that was repealed. A paper of the station
    goes before one of the same kind and title that a division gives to all its stations, a nearer division before a farther one.
    """
    day, place = day or local_day(), place_of(station)
    rows = Paper.select().where(
        (Paper.adopted_on <= day)
        & ((Paper.station_id == station.id) | (Paper.station_id.is_null() & Paper.division_id.in_(place.path))))
    latest: dict[tuple[int, str], Paper] = {}
    for row in rows:
        key = (row.division_id, row.series)
        if key not in latest or row.edition > latest[key].edition:
            latest[key] = row
    chosen: dict[tuple[str, str], Paper] = {}
    for row in latest.values():
        named = (row.kind, row.title)
        if (row.repealed_on is None or row.repealed_on > day) and _nearness(row, place) > _nearness(chosen.get(named), place):
            chosen[named] = row
    order = list(snapshot().classes.labels(PAPERS.key, place, retired=True))
    return sorted(chosen.values(), key=lambda row: (order.index(row.kind) if row.kind in order else len(order), row.title))


def _nearness(paper: Paper | None, place: Any) -> int:
    """How near a paper is to a station at ``place``: its own is nearest, then its division, then those above; -1 for none."""
    if paper is None:
        return -1
    return len(place.path) if paper.station_id is not None else place.path.index(paper.division_id)

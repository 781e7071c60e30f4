"""Who belongs to which station, read by plans, receptions, activities, checks, pages. Writing stands in ``placement_write``."""
from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from grid321.core.api import Node, format_day, local_day, setting
from grid321.core.api import gettext as _

from .deputy_choices import SUSPENDED, P
from .deputy_models import Deputy, Placement


def in_office(day: date) -> Any:
    """The condition for mandates that may be exercised on ``day``: begun, not over, and not suspended by then."""
    running = (Deputy.from_day <= day) & (Deputy.to_day.is_null() | (Deputy.to_day >= day))
    return running & ((Deputy.status != SUSPENDED) | (Deputy.status_on > day))


def open_on(day: date) -> Any:
    """The condition for placements that hold on ``day``."""
    return (Placement.from_day <= day) & (Placement.to_day.is_null() | (Placement.to_day >= day))


def deputies_of(station_id: int, day: date | None = None) -> list[Deputy]:
    """The deputies of a station who may act on ``day`` (default today), by name: nobody suspended, nobody whose mandate is over.

    Those who help beside their own station are among them. One query.
    """
    return deputies_by_station([station_id], day).get(station_id, [])


def deputies_by_station(station_ids: Iterable[int], day: date | None = None) -> dict[int, list[Deputy]]:
    """``deputies_of`` for many stations in one query; a station without deputies is missing."""
    day = day or local_day()
    query = Deputy.select(Deputy, Placement.station_id.alias("at")).join(Placement, on=(Placement.deputy_id == Deputy.id)).where(
        Placement.station_id.in_(sorted(station_ids)) & open_on(day) & in_office(day)).order_by(Deputy.name, Deputy.id)
    found: dict[int, list[Deputy]] = {}
    for deputy in query.objects():
        found.setdefault(deputy.at, []).append(deputy)
    return found


def kinds_for(level: str, division_id: int) -> tuple[str, ...]:
    """The kinds of stations that take deputies of a congress of ``level``, by the county's rule; each at its own level."""
    text = setting(f"{P}stations_of_{level}", division_id) or ""
    return tuple(part for part in text.split(",") if part)


def suspended(person_ids: Collection[int], day: date) -> dict[int, str]:
    """Persons who are deputies and may exercise no mandate on ``day``, because all they hold are suspended: why, in words.

    One query. They stay deputies, but act as such nowhere: nor do they count as heads (``station_rules.OBJECTIONS``).
    """
    holding: dict[int, list[Any]] = {}
    running = (Deputy.from_day <= day) & (Deputy.to_day.is_null() | (Deputy.to_day >= day))
    paused = Deputy.select(Deputy.person_id).where(Deputy.status == SUSPENDED)  # few: hundreds of persons are asked for at once
    for one in Deputy.select(Deputy.person_id, Deputy.status, Deputy.status_on).where(
            Deputy.person_id.in_(paused) & running).namedtuples():
        if one.person_id in person_ids:
            holding.setdefault(one.person_id, []).append(one)
    return {person: _("this deputy is suspended since %(day)s", day=format_day(max(one.status_on for one in mandates)))
            for person, mandates in holding.items() if all(_is_suspended(one, day) for one in mandates)}


def _is_suspended(mandate: Any, day: date) -> bool:
    return bool(mandate.status == SUSPENDED and mandate.status_on is not None and mandate.status_on <= day)


@dataclass(frozen=True)
class Coverage:
    """How many mandates in office have a home station. ``full`` is the figure of full coverage (domain §5)."""

    placed: int
    total: int

    @property
    def missing(self) -> int:
        """Mandates without any home station."""
        return self.total - self.placed

    @property
    def full(self) -> bool:
        """True when nobody is left out; a county without deputies covers nobody, and says so."""
        return self.total > 0 and self.placed == self.total


def coverage(node: Node, day: date | None = None) -> Coverage:
    """The figure of full coverage of the mandates kept at ``node`` or below, on ``day`` (default today). Two queries.

    Somebody with several mandates is covered in each of them by one home station: it is the person who sits there.
    """
    day = day or local_day()
    here = (getattr(Deputy, node.column) == node.id) & in_office(day)
    at_home = Placement.select(Placement.person_id).where(open_on(day) & (Placement.home == True))  # noqa: E712 - SQL
    return Coverage(Deputy.select().where(here & Deputy.person_id.in_(at_home)).count(), Deputy.select().where(here).count())


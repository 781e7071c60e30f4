"""Receptions as others read them: the next one of each station, who is on duty. The finder, plates and feeds use it."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

import peewee

from grid321.core.api import day_of, raw_rows

from .deputy_models import Deputy
from .plan_choices import COMING
from .reception_models import Duty, Reception

SOON = timedelta(days=62)
"""Most stations have a reception within so many days: those further off are read only where there is none."""


class Day(NamedTuple):
    """What lists and pages read of a reception."""

    id: int
    station_id: int
    day: date
    first_day: date
    from_minute: int
    to_minute: int
    kind: str
    mode: str
    place: str
    theme: str
    link: str
    state: str
    postponed: int


def is_coming(table: Any, today: date) -> Any:
    """The condition for posted receptions from ``today`` on, to be used beside one on the station.

    The state is written so that no index on states serves: nearly all receptions ahead are posted, and SQLite, which does not
    know that, would read them all instead of those of the station.
    """
    return (table.day >= today) & peewee.fn.COALESCE(table.state, "").in_(COMING)


def next_day(station_ids: Iterable[int], today: date, only: Any = None) -> dict[int, Day]:
    """The next posted reception of each station from ``today`` on, by station; one without any is missing.

    Of two on one day it is the earlier one. What is only planned is nobody's business yet. ``only`` is a condition on receptions.
    One query of the weeks ahead and, for stations that have none then, one of all that is posted.
    """
    found: dict[int, Day] = {}
    for until in (today + SOON, None):
        missing = [one for one in station_ids if one not in found]
        if not missing:
            break
        query = Reception.select(*(getattr(Reception, name) for name in Day._fields)).where(
            Reception.station_id.in_(missing) & is_coming(Reception, today))
        for condition in (Reception.day <= until if until is not None else None, only):
            query = query.where(condition) if condition is not None else query
        for row in raw_rows(query.order_by(Reception.day, Reception.from_minute, Reception.id)):
            if row[1] not in found:
                found[row[1]] = Day(row[0], row[1], day_of(row[2]) or today, day_of(row[3]) or today, *row[4:])
    return found


def on_duty(reception_ids: Iterable[int]) -> dict[int, list[Deputy]]:
    """Who is on the roster of receptions, by reception, by name; nobody who is excused. One query."""
    query = Deputy.select(Deputy, Duty.reception_id.alias("at")).join(Duty, on=(Duty.deputy_id == Deputy.id)).where(
        Duty.reception_id.in_(sorted(set(reception_ids))) & Duty.state.in_(("planned", "came"))).order_by(Deputy.name, Deputy.id)
    found: dict[int, list[Deputy]] = {}
    for deputy in query.objects():
        found.setdefault(deputy.at, []).append(deputy)
    return found

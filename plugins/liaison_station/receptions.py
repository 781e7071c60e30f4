"""Receptions as others read them: the next one of each station, who is on duty. The finder, plates and feeds use it."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import peewee

from .deputy_models import Deputy
from .plan_choices import COMING
from .reception_models import Duty, Reception

Only = Callable[[Any], Any]
"""From the table of receptions (or an alias of it) to a condition."""


def next_day(station_ids: Iterable[int], today: date, only: Only | None = None) -> dict[int, Reception]:
    """The next posted reception of each station from ``today`` on, by station; one without any is missing. One query.

    Of two on one day it is the earlier one. What is only planned is nobody's business yet. ``only`` narrows the receptions.
    """
    ids = sorted(set(station_ids))
    if not ids:
        return {}

    def coming(table: Any) -> Any:
        known = table.station_id.in_(ids) & table.state.in_(COMING) & (table.day >= today)
        return known & only(table) if only is not None else known

    nearest = Reception.alias()
    first = nearest.select(nearest.station_id, peewee.fn.MIN(nearest.day).alias("day")).where(
        coming(nearest)).group_by(nearest.station_id)
    same = (Reception.station_id == first.c.station_id) & (Reception.day == first.c.day)
    rows = Reception.select().join(first, on=same).where(coming(Reception)).order_by(
        Reception.station_id, Reception.from_minute, Reception.id)
    found: dict[int, Reception] = {}
    for row in rows:
        found.setdefault(row.station_id, row)
    return found


def on_duty(reception_ids: Iterable[int]) -> dict[int, list[Deputy]]:
    """Who is on the roster of receptions, by reception, by name; nobody who is excused. One query."""
    query = Deputy.select(Deputy, Duty.reception_id.alias("at")).join(Duty, on=(Duty.deputy_id == Deputy.id)).where(
        Duty.reception_id.in_(sorted(set(reception_ids))) & Duty.state.in_(("planned", "came"))).order_by(Deputy.name, Deputy.id)
    found: dict[int, list[Deputy]] = {}
    for deputy in query.objects():
        found.setdefault(deputy.at, []).append(deputy)
    return found

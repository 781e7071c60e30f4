"""The monthly rhythm as data: what a station is expected to hold in a month or quarter, and what of it is missing.

A rule counts what was held (by the day on which it was held). A rule of a quarter is asked in each of its months and is met by
any day of it. A station is asked for a period only when it worked from its first to its last day.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from grid321.core.api import Label, local_day, snapshot, tree
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .activity_models import Activity, Theme
from .activity_rules import DONE, quarter_of
from .station_models import Station
from .station_rules import is_open, ruled, value_of

P = "liaison_station."


@dataclass(frozen=True)
class Rule:
    """What is expected: ``kinds`` of activities count for it (all when empty), in each ``period``; ``setting`` says how many."""

    key: str
    label: Label
    period: str  # month | quarter
    setting: str
    kinds: tuple[str, ...] = ()
    counts: str = "activity"  # activity | theme


@dataclass(frozen=True)
class Missing:
    """What a station lacks: ``found`` of ``wanted`` in the days ``first`` to ``last``, by which rule, setting and source.

    ``late`` is False while the period runs: there is time until ``last``.
    """

    rule: str
    label: str
    wanted: int
    found: int
    first: date
    last: date
    late: bool
    setting: str
    source: str


RULES = (
    Rule("theme", _l("Theme of the quarter"), "quarter", "rhythm_theme", counts="theme"),
    Rule("month", _l("Monthly activity of the station"), "month", "rhythm_month"),
    Rule("group", _l("Group activity of the quarter"), "quarter", "rhythm_group", ("group",)),
    Rule("council", _l("Deputies’ appointment council"), "month", "rhythm_council", ("council",)),
)


def period_of(rule: Rule, month: date) -> tuple[date, date]:
    """The first and last day of the month, or of the quarter in which it lies."""
    length = 1 if rule.period == "month" else 3
    start = month.month - (month.month - 1) % length
    later = start + length
    return date(month.year, start, 1), date(month.year + (later > 12), (later - 1) % 12 + 1, 1) - timedelta(days=1)


def missing(station_id: int, month: date, today: date | None = None) -> list[Missing]:
    """What a station lacks for a month (any day of it), in the order of ``RULES``; nothing for one that is not asked."""
    station = Station.get_or_none(Station.id == station_id)
    return missing_of([station], month, today)[station_id] if station is not None else []


def missing_of(stations: Collection[Any], month: date, today: date | None = None) -> dict[int, list[Missing]]:
    """The same for many stations, by id. Three queries for all of them."""
    today = today or local_day()
    quarter = period_of(RULES[0], month)
    held = _held([station.id for station in stations], *quarter)
    themes = _themes(stations, month)
    spans, now, found = {rule.period: period_of(rule, month) for rule in RULES}, snapshot(), dict[int, list[Missing]]()
    for station in stations:
        place = now.tree.get(station.division_id)
        asked = {period: span for period, span in spans.items()
                 if place is not None and span[0] <= today and _asked(station, place, *span, now)}
        lacks = (_lack(rule, station, place, asked[rule.period], today, held, themes, now)
                 for rule in RULES if rule.period in asked)
        found[station.id] = [lack for lack in lacks if lack is not None]
    return found


def _held(station_ids: Collection[int], first: date, last: date) -> dict[int, list[tuple[str, date]]]:
    """(kind, day) of what each station held from one day to another."""
    found: dict[int, list[tuple[str, date]]] = {}
    for start in range(0, len(station_ids), 500):
        some = list(station_ids)[start:start + 500]
        for station_id, kind, day in Activity.select(Activity.station_id, Activity.kind, Activity.held_on).where(
                Activity.station_id.in_(some) & Activity.state.in_(DONE) & Activity.held_on.between(first, last)).tuples():
            found.setdefault(station_id, []).append((kind, day))
    return found


def _themes(stations: Iterable[Any], month: date) -> set[int]:
    """The divisions among those of the stations and above that set a theme for the quarter."""
    known = tree()
    paths = {place for station in stations if (node := known.get(station.division_id)) is not None for place in node.path}
    rows = Theme.select(Theme.division_id).where((Theme.year == month.year) & (Theme.quarter == quarter_of(month))).tuples()
    return {row[0] for row in rows} & paths


def _lack(rule: Rule, station: Any, place: Any, span: tuple[date, date], today: date,
          held: dict[int, list[tuple[str, date]]], themes: set[int], now: Any) -> Missing | None:
    first, last = span
    wanted = value_of(rule.setting, place, min(last, today), now)
    if rule.counts == "theme":
        found = sum(division_id in themes for division_id in place.path)
    else:
        found = sum(first <= day <= last and (not rule.kinds or kind in rule.kinds) for kind, day in held.get(station.id, ()))
    if found >= int(wanted):
        return None
    source = ruled(rule.setting, place, min(last, today))[1]
    return Missing(rule.key, str(rule.label), int(wanted), found, first, last, last < today, P + rule.setting, source)


def _asked(station: Any, place: Any, first: date, last: date, now: Any) -> bool:
    return (is_open(station, first) and is_open(station, last)
            and station.kind in str(value_of("rhythm_kinds", place, first, now)).split(","))


def sentence(lack: Missing) -> str:
    """A lack in words: what, how many of how many."""
    return _("%(what)s: %(found)s of %(wanted)s", what=lack.label, found=lack.found, wanted=lack.wanted)

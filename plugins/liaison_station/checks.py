"""Checklists of stations: every item with its reason, for one station or for all of a county, and how complete they are.

For a group of any size the number of queries is the same: one for each item that data speak of, one for what people attested.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import peewee
from dateutil.relativedelta import relativedelta

from grid321.core.api import Node, format_day, local_day, snapshot, statistics, tree
from grid321.core.api import gettext as _

from .activity_models import Activity
from .checks_choices import ATTESTED, HAVE, RATED, RERATE, SITING, STILL, P
from .checks_items import HELD, ITEMS, Group, Have
from .checks_models import Attested, Rating
from .reception_models import Reception
from .station_models import Station

MAY_ATTEST = f"{P}attested.create"
LISTS = (HAVE.key, SITING.key)


@dataclass(frozen=True)
class Checked:
    """A station with the items of both lists, in the county's order: scheme → item → what was found."""

    station: Any
    lists: Mapping[str, Mapping[str, Have]] = field(default_factory=dict)

    def count(self, scheme: str = HAVE.key) -> tuple[int, int]:
        """How many items of a list are there, of how many."""
        found = self.lists.get(scheme, {})
        return sum(one.ok for one in found.values()), len(found)

    def missing(self, scheme: str = HAVE.key) -> list[str]:
        """The items of a list that are not there."""
        return [item for item, one in self.lists.get(scheme, {}).items() if not one.ok]


def words(scheme: str, division_id: int) -> Mapping[str, str]:
    """The items of a list as they are worded at a division, those no longer offered too."""
    now = snapshot()
    return now.classes.labels(scheme, now.tree.get(division_id), retired=True)


def open_on(day: date) -> Any:
    """The condition of a station that is open on a day; one that is suspended is still a station."""
    return (Station.opened_on <= day) & (Station.closed_on.is_null() | (Station.closed_on > day))


def look(group: Group, day: date | None = None) -> list[Checked]:
    """The checklists of a group of stations on a day (today), in its order."""
    day = day or local_day()
    gathered = {key: item.gather(group, day) for key, item in ITEMS.items()}
    said = _attested(group, day)
    found = []
    for station in group.stations:
        held, place = said.get(station.id, {}), group.place(station)
        months = int(group.setting(ATTESTED, station, day))
        lists = {scheme: {item: _judge(station, item, gathered, held.get(item), months, day)
                          for item in group.now.classes.labels(scheme, place)} for scheme in LISTS}
        found.append(Checked(station, lists))
    return found


def look_at(station: Any, day: date | None = None) -> Checked:
    """The checklists of one station."""
    return look(Group.one(station), day)[0]


def _attested(group: Group, day: date) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    rows = Attested.select(Attested.id, Attested.station_id, Attested.item, Attested.ok, Attested.evidence, Attested.day)
    for row in rows.where(Attested.station_id.in_(group.ids) & (Attested.day <= day)).tuples():
        found.setdefault(row[1], {})[row[2]] = row
    return found


def _judge(station: Any, key: str, gathered: Mapping[str, Mapping[int, Any]], said: Any, months: int,
           day: date) -> Have:
    """What data say of an item; where they do not show it and a person may attest it, what the person said."""
    item = ITEMS.get(key)
    by_data = item.judge(station, gathered[key].get(station.id), day) if item is not None else None
    if by_data is not None and (by_data.ok or item is None or not item.attested):
        return by_data
    if said is None:
        return by_data or Have(False, lambda: _("Nobody has looked yet."), attest_url(station, key), MAY_ATTEST, computed=False)
    return _by_person(said, months, day)


def _by_person(said: Any, months: int, day: date) -> Have:
    record_id, _station, _item, ok, evidence, on = said
    mend = f"attested/{record_id}/edit", f"{P}attested.edit"
    until = on + relativedelta(months=months)
    if day >= until:
        return Have(False, lambda: _("Last looked at on %(day)s. Look again.", day=format_day(on)), *mend, computed=False)

    def say() -> str:
        return _("Seen on %(day)s: %(text)s", day=format_day(on), text=evidence or _("no remark"))
    return Have(True, say, computed=False) if ok else Have(False, say, *mend, computed=False)


def attest_url(station: Any, item: str) -> str:
    """The form in which a person attests an item of a station."""
    return f"attested/new?station={station.id}&item={item}"


def frozen(checked: Checked) -> dict[str, dict[str, Any]]:
    """The items as a rating keeps them: item → {"ok", "computed", "text"}, the reason as text in the present language."""
    return {item: {"ok": one.ok, "computed": one.computed, "text": one.because}
            for found in checked.lists.values() for item, one in found.items()}


# ---------------------------------------------------------------- figures

def completeness(found: Iterable[Checked], scheme: str = HAVE.key) -> statistics.Percentage:
    """Items that are there ÷ items that stations should have, over all stations alike."""
    counts = [one.count(scheme) for one in found]
    return statistics.Percentage(sum(there for there, _all in counts), sum(wanted for _there, wanted in counts))


def by_place(found: Sequence[Checked], node: Node) -> list[tuple[Node, list[Checked]]]:
    """Stations by the division directly below ``node`` in which they lie; its own under ``node`` itself, first."""
    here = tree()
    groups: dict[int, list[Checked]] = {}
    for one in found:
        place = here.get(one.station.division_id)
        path = place.path if place is not None else ()
        below = path[path.index(node.id) + 1:] if node.id in path else ()
        groups.setdefault(below[0] if below else node.id, []).append(one)
    order = [node, *here.children(node)]
    return [(place, groups[place.id]) for place in order if place.id in groups]


def lacking(found: Iterable[Checked], scheme: str = HAVE.key) -> dict[str, int]:
    """By item, how many stations do not have it."""
    counts: dict[str, int] = {}
    for one in found:
        for item in one.missing(scheme):
            counts[item] = counts.get(item, 0) + 1
    return counts


# ---------------------------------------------------------------- what is due, what stands still

def due_for_rating(group: Group, day: date) -> dict[int, date | None]:
    """Stations that should be rated again: id → day of the last decision, None for one never rated that is open long enough.

    A station whose rating of this year is under way is not due. Where the setting has no value nothing is ever due.
    """
    last: dict[int, date] = {}
    running: set[int] = set()
    for station_id, state, decided in Rating.select(Rating.station_id, Rating.state, Rating.decided_on).where(
            Rating.station_id.in_(group.ids) & (Rating.state != "withdrawn")).tuples():
        if state == "decided":
            last[station_id] = max(decided, last.get(station_id, decided))
        else:
            running.add(station_id)
    found: dict[int, date | None] = {}
    for station in group.stations:
        months = group.setting(RERATE, station, day)
        if months is None or station.id in running or station.suspended_on is not None:
            continue
        if station.kind not in str(group.setting(RATED, station, day)).split(","):
            continue
        since = last.get(station.id, station.opened_on)
        if since + relativedelta(months=int(months)) <= day:
            found[station.id] = last.get(station.id)
    return found


def standing_still(group: Group, last: Mapping[int, date], day: date) -> list[tuple[Any, date | None, int]]:
    """Stations in which nothing was held for too long: (station, last day or None, days since), longest first.

    ``last`` is what ``last_held`` found. A station that is suspended does not stand still: somebody decided so.
    """
    found = []
    for station in group.stations:
        if station.suspended_on is not None and station.suspended_on <= day:
            continue
        on = last.get(station.id)
        days = (day - (on or station.opened_on)).days
        if days >= int(group.setting(STILL, station, day)):
            found.append((station, on, days))
    return sorted(found, key=lambda one: (-one[2], one[0].id))


def last_held(ids: Any, day: date) -> dict[int, date]:
    """The last day on which each station held a reception or an activity, in one query."""
    receptions = Reception.select(Reception.station_id.alias("station_id"), peewee.fn.MAX(Reception.day).alias("day")).where(
        Reception.station_id.in_(ids) & Reception.state.in_(HELD) & (Reception.day <= day)).group_by(Reception.station_id)
    activities = Activity.select(Activity.station_id, peewee.fn.MAX(Activity.held_on)).where(
        Activity.station_id.in_(ids) & (Activity.held_on <= day)).group_by(Activity.station_id)
    found: dict[int, date] = {}
    for station_id, held in receptions.union_all(activities).tuples():
        on = date.fromisoformat(held) if isinstance(held, str) else held
        found[station_id] = max(on, found.get(station_id, on))
    return found

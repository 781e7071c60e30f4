"""The items of the checklist of a station (十有): what data say of each, in one query for all stations.

An item has two small functions. ``gather(group, day)`` asks once for every station of a group and returns what was found by
station. ``judge(station, found, day) -> Have`` says for one station whether it is there, why, and where that is mended. What a
paper board in the house shows and no data tell, a person attests (``Item.attested``).
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import peewee

from grid321.core.api import Node, format_day, ngettext, snapshot
from grid321.core.api import gettext as _

from .activity_models import Activity
from .checks_choices import SHOWN, P
from .deputy_models import Placement
from .file_models import Year
from .reception_models import Plan, Reception
from .station_models import Equipment, Paper, Room, Station
from .station_rules import Staffed, staffed_of

HELD = ("held",)
"""States of a reception that took place."""
YEAR = timedelta(days=365)
AHEAD = timedelta(days=31)
LONGEST = timedelta(days=400)
"""The longest time that a county may set for the display of activities: nothing older is looked for."""

UNREAD = frozenset({"uid", "version", "created_at", "updated_at", "created_by", "about", "party_confirmed_by"})
"""Columns of stations that no check reads."""


class Have(NamedTuple):
    """Whether a station has an item, why, and where that is mended (empty: nothing to mend).

    ``say`` words the reason: a list of hundreds of stations shows few of thousands of reasons, and words cost the most of it.
    ``where`` is the address after ``/d/<code of the station's division>/liaison_station/``; ``permission`` is what mending asks
    for. ``computed``: data say so, not a person.
    """

    ok: bool
    say: Callable[[], str]
    where: str = ""
    permission: str = ""
    computed: bool = True

    @property
    def because(self) -> str:
        """Why it is there or not, in the present language."""
        return self.say()


class Group:
    """Stations that are looked at together, what narrows a query to them, and the tree and settings as they are now."""

    def __init__(self, stations: Sequence[Any], ids: Any) -> None:
        self.stations, self.ids, self.now = stations, ids, snapshot()
        self._kept: dict[Any, Any] = {}

    @classmethod
    def of(cls, condition: Any) -> Group:
        """The stations that meet a condition, as plain rows in one query, in the order of the tree and of their making."""
        columns = [field for field in Station._meta.sorted_fields if field.name not in UNREAD]
        order = Station.county_id, Station.town_id, Station.village_id, Station.id
        rows = Station.select(*columns).where(condition).order_by(*order)
        return cls(list(rows.namedtuples()), Station.select(Station.id).where(condition))

    @classmethod
    def one(cls, station: Any) -> Group:
        """One station that is there already."""
        return cls([station], [station.id])

    def once(self, key: Any, ask: Callable[[], Any]) -> Any:
        """What ``ask`` returns, asked once for this group: several items may read the same rows."""
        if key not in self._kept:
            self._kept[key] = ask()
        return self._kept[key]

    def place(self, station: Any) -> Node | None:
        """The division of a station, as it is now."""
        found: Node | None = self.now.tree.get(station.division_id)
        return found

    def setting(self, key: str, station: Any, day: date) -> Any:
        """The value of a setting at a station on a day."""
        return self.once((key, station.division_id, day), lambda: self.now.settings.get(key, self.place(station), day))


@dataclass(frozen=True)
class Item:
    """One item of the checklist. ``attested``: what a person says counts where data do not show it."""

    gather: Callable[[Group, date], Mapping[int, Any]]
    judge: Callable[[Any, Any, date], Have]
    attested: bool = False


def have(item: Item, station: Any, day: date) -> Have:
    """Whether one station has an item on a day."""
    return item.judge(station, item.gather(Group.one(station), day).get(station.id), day)


def edit_url(station: Any) -> str:
    """The form of the station itself."""
    return f"station/{station.id}/edit"


def new_url(station: Any, name: str) -> str:
    """The form of a new record of a station."""
    return f"{name}/new?station={station.id}"


def list_url(station: Any, name: str) -> str:
    """The list of records of a station."""
    return f"{name}/?station={station.id}"


def _by_station(rows: Iterable[Sequence[Any]]) -> dict[int, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in rows}


# ---------------------------------------------------------------- premises, organisation, equipment

def rooms(group: Group, day: date) -> dict[int, tuple[Any, ...]]:
    """How many rooms each station has."""
    return _by_station(Room.select(Room.station_id, peewee.fn.COUNT(Room.id)).where(Room.station_id.in_(group.ids)).group_by(
        Room.station_id).tuples())


def premises(station: Any, found: Any, day: date) -> Have:
    """场所: an address, and a room of its own or shared."""
    if not station.address:
        return Have(False, lambda: _("No address is entered."), edit_url(station), f"{P}station.edit")
    count = found[0] if found else 0
    if not count:
        return Have(False, lambda: _("No room is entered."), new_url(station, "room"), f"{P}room.create")
    return Have(True, lambda: ngettext("%(num)s room at %(address)s.", "%(num)s rooms at %(address)s.", count,
                                       address=station.address))


def staffed(group: Group, day: date) -> Mapping[int, Staffed]:
    """What the staffing rule finds at each station (two queries: who works there, the posts of the heads)."""
    return staffed_of(group.stations, group.ids, day)


def organisation(station: Any, found: Any, day: date) -> Have:
    """组织: the staffing rule is met."""
    if found.met:
        return Have(True, lambda: _("Head, deputy head and liaison officers are there."))

    def say() -> str:
        return " ".join(_("%(what)s: %(missing)s.", what=one.label, missing=one.missing) for one in found.lines() if not one.ok)
    return Have(False, say, new_url(station, "staff"), f"{P}staff.create")


def things(group: Group, day: date) -> dict[int, tuple[Any, ...]]:
    """How many pieces of equipment each station has that work, and how many do not."""
    good = Equipment.condition == "good"
    return _by_station(Equipment.select(
        Equipment.station_id, peewee.fn.SUM(peewee.Case(None, [(good, Equipment.count)], 0)),
        peewee.fn.SUM(peewee.Case(None, [(good, 0)], Equipment.count))).where(
            Equipment.station_id.in_(group.ids) & (Equipment.condition != "gone")).group_by(Equipment.station_id).tuples())


def equipment(station: Any, found: Any, day: date) -> Have:
    """办公设备: equipment in working order."""
    good, broken = (int(found[0]), int(found[1])) if found else (0, 0)
    if not good:
        return Have(False, lambda: _("All equipment waits for repair.") if broken else _("No equipment is entered."),
                    new_url(station, "equipment"), f"{P}equipment.create")
    return Have(True, lambda: ngettext("%(num)s piece in working order.", "%(num)s pieces in working order.", good))


# ---------------------------------------------------------------- papers on the wall

PAPERS = {"duties": "duty", "systems": "system", "workflow": "workflow"}
"""The kind of papers (scheme liaison_station.paper) of each item."""


def papers(group: Group, day: date) -> dict[int, dict[str, int]]:
    """How many papers of each kind are in force at a station: its own, and those for every station below a division above."""
    def ask() -> dict[int, dict[str, int]]:
        own: dict[int, dict[str, int]] = {}
        above: dict[int, dict[str, int]] = {}
        query = Paper.select(Paper.station_id, Paper.division_id, Paper.kind, peewee.fn.COUNT(Paper.series.distinct())).where(
            (Paper.adopted_on <= day) & (Paper.repealed_on.is_null() | (Paper.repealed_on > day))
            & (Paper.station_id.is_null() | Paper.station_id.in_(group.ids)))
        for station_id, division_id, kind, count in query.group_by(Paper.station_id, Paper.division_id, Paper.kind).tuples():
            (above.setdefault(division_id, {}) if station_id is None else own.setdefault(station_id, {}))[kind] = count
        found: dict[int, dict[str, int]] = {}
        for one in group.stations:
            place = group.place(one)
            parts = [own.get(one.id, {}), *(above.get(above_id, {}) for above_id in (place.path if place is not None else ()))]
            found[one.id] = {kind: sum(part.get(kind, 0) for part in parts) for kind in PAPERS.values()}
        return found
    return group.once(f"papers {day}", ask)


def _paper(item: str) -> Callable[[Any, Any, date], Have]:
    def judge(station: Any, found: Any, day: date) -> Have:
        """The papers of this item are in force."""
        count = (found or {}).get(PAPERS[item], 0)
        if not count:
            return Have(False, lambda: _("No such paper is in force here."), new_url(station, "paper"), f"{P}paper.create")
        return Have(True, lambda: ngettext("%(num)s paper is in force.", "%(num)s papers are in force.", count))
    return judge


duties, systems, workflow = (_paper(item) for item in PAPERS)


# ---------------------------------------------------------------- plan, displays, archive

def plans(group: Group, day: date) -> dict[int, tuple[Any, ...]]:
    """The day on which each station posted its plan of the year; None when it is not posted."""
    return _by_station(Plan.select(Plan.station_id, Plan.posted_on).where(
        Plan.station_id.in_(group.ids) & (Plan.year == day.year) & (Plan.state != "discarded")).tuples())


def plan(station: Any, found: Any, day: date) -> Have:
    """计划: the plan of this year hangs at the door."""
    if found is None:
        return Have(False, lambda: _("There is no plan for %(year)s.", year=day.year),
                    new_url(station, "plan"), f"{P}plan.create")
    if found[0] is None or found[0] > day:
        return Have(False, lambda: _("The plan for %(year)s is not posted.", year=day.year),
                    list_url(station, "plan"), f"{P}plan.view")
    return Have(True, lambda: _("Posted on %(day)s.", day=format_day(found[0])))


def published(group: Group, day: date) -> dict[int, tuple[Any, ...]]:
    """How many deputies belong to each station, and how many of them published the file of this year or the last one."""
    shown = peewee.Case(None, [(Year.published_on.is_null(False), Year.deputy_id)])
    query = Placement.select(Placement.station_id, peewee.fn.COUNT(Placement.deputy_id.distinct()),
                             peewee.fn.COUNT(shown.distinct())).join(
        Year, peewee.JOIN.LEFT_OUTER, on=(Year.deputy_id == Placement.deputy_id) & (Year.year >= day.year - 1)
        & (Year.published_on <= day))
    return _by_station(query.where(
        Placement.station_id.in_(group.ids) & (Placement.from_day <= day)
        & (Placement.to_day.is_null() | (Placement.to_day >= day))).group_by(Placement.station_id).tuples())


def performance(station: Any, found: Any, day: date) -> Have:
    """代表履职公示: a deputy's file of this year or the last one is published. One is enough; the reason says how many are."""
    total, shown = found or (0, 0)
    if not total:
        return Have(False, lambda: _("No deputy belongs to this station."), new_url(station, "placement"), f"{P}placement.create")
    return Have(bool(shown), lambda: _("%(shown)s of %(total)s deputies published their file of %(last)s or %(year)s.",
                                       shown=shown, total=total, last=day.year - 1, year=day.year),
                "" if shown else "year/", f"{P}year.view")


def displayed(group: Group, day: date) -> dict[int, tuple[date, int]]:
    """The last day of each station's receptions that were announced and activities that were held; how many days that counts."""
    told = Reception.select(Reception.station_id.alias("station_id"), peewee.fn.MAX(Reception.day).alias("day")).where(
        Reception.station_id.in_(group.ids) & Reception.day.between(day - LONGEST, day + AHEAD)
        & Reception.posted_on.is_null(False) & (Reception.dropped == "")).group_by(Reception.station_id)
    held = Activity.select(Activity.station_id, peewee.fn.MAX(Activity.held_on)).where(
        Activity.station_id.in_(group.ids) & Activity.held_on.between(day - LONGEST, day)).group_by(Activity.station_id)
    found: dict[int, date] = {}
    for station_id, last in told.union_all(held).tuples():
        last = date.fromisoformat(last) if isinstance(last, str) else last
        found[station_id] = max(last, found.get(station_id, last))
    return {one.id: (found[one.id], int(group.setting(SHOWN, one, day))) for one in group.stations if one.id in found}


def activities(station: Any, found: Any, day: date) -> Have:
    """活动公示: a reception was announced or an activity held lately; its page and the board by the door show it."""
    mend = new_url(station, "activity"), f"{P}activity.create"
    if found is None:
        return Have(False, lambda: _("For more than a year no reception was announced and no activity held."), *mend)
    last, limit = found

    def say() -> str:
        return _("Last announced or held: %(day)s.", day=format_day(last))
    return Have(True, say) if last >= day - timedelta(days=limit) else Have(False, say, *mend)


def written(group: Group, day: date) -> dict[int, tuple[int, int]]:
    """How many receptions and activities each station held in twelve months, and how many of them nobody wrote up."""
    def part(model: Any, text: Any, condition: Any) -> Any:
        bare = peewee.fn.SUM(peewee.Case(None, [(text == "", 1)], 0))
        return model.select(model.station_id.alias("station_id"), peewee.fn.COUNT(model.id).alias("n"), bare.alias("bare")).where(
            model.station_id.in_(group.ids) & (model.day > day - YEAR) & (model.day <= day)
            & condition).group_by(model.station_id)

    found: dict[int, tuple[int, int]] = {}
    for station_id, count, bare in part(Reception, Reception.summary, Reception.state.in_(HELD)).union_all(
            part(Activity, Activity.minutes, Activity.held_on.is_null(False))).tuples():
        before = found.get(station_id, (0, 0))
        found[station_id] = (before[0] + int(count), before[1] + int(bare))
    return found


def archive(station: Any, found: Any, day: date) -> Have:
    """档案: everything that was held in twelve months is written up here."""
    count, bare = found or (0, 0)
    if not count:
        return Have(False, lambda: _("Nothing was held in the last twelve months."),
                    list_url(station, "reception"), f"{P}reception.view")
    if bare:
        return Have(False, lambda: _("%(bare)s of %(count)s receptions and activities are not written up.", bare=bare,
                                     count=count), list_url(station, "reception"), f"{P}reception.view")
    return Have(True, lambda: ngettext("%(num)s reception or activity is written up.",
                                       "%(num)s receptions and activities are written up.", count))


ITEMS: Mapping[str, Item] = {
    "premises": Item(rooms, premises),
    "organisation": Item(staffed, organisation),
    "equipment": Item(things, equipment),
    "duties": Item(papers, duties, attested=True),
    "systems": Item(papers, systems, attested=True),
    "workflow": Item(papers, workflow, attested=True),
    "plan": Item(plans, plan),
    "performance": Item(published, performance, attested=True),
    "activities": Item(displayed, activities, attested=True),
    "archive": Item(written, archive, attested=True),
}
"""What data say, by item of scheme ``liaison_station.have``. Every other item (siting, one that a county adds) is attested."""

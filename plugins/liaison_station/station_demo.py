"""Demo data of stations: Hanbin's published structure (domain §8) on the map, with rooms, papers, equipment and money.

1 home, 27 stations of towns and 387 of villages, 8 offices. A head station, a point, an industry's station and a theme park, one
of each, are invented beside them, so that every kind is to be seen.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from grid321.core.api import SYSTEM, Node, records, registry

from .station_checks import PLATE_LENGTH, PLATE_SIGNS
from .station_models import Booking, Equipment, Money, Room, Slot, Station
from .station_starters import starters

P = "liaison_station."
SINCE = date(2022, 3, 1)
VILLAGE_STATIONS, OFFICES = 387, 8
SHOWN_TOWN = "610902104"
BASE = ("uid", "version", "created_at", "updated_at", "created_by")
WEST, NORTH, STEP, COLUMNS = 108.75, 33.05, 0.16, 6
HOURS = "周一至周五 8:30—12:00，14:00—17:30"
THINGS = (("电脑", 2, "good"), ("打印机", 1, "good"), ("档案柜", 3, "good"), ("投影仪", 1, "repair"))
MONEY = (("budget", 2_000_000, "区财政", "年度工作经费"), ("grant", 500_000, "市人大常委会", "示范站奖补"),
         ("spent", 680_000, "", "接待室修缮"), ("spent", 145_600, "", "办公设备和印刷"))
USERS = ("便民服务中心", "老年学校", "党员活动")


def demo(context: Any) -> None:
    """Fill the demo county with stations and what belongs to them. ``context`` is the core's demo context."""
    context.progress("Stations of deputies")
    made = _stations(context)
    _rooms(context, [*made["home"], *made["central"], *_shown(context, made["station"])])
    for starter in starters():
        records.create(registry().entity(f"{P}paper"), {
            "kind": starter.kind, "title": starter.title, "text": starter.text, "adopted_on": SINCE,
            "adopted_by": "区人大常委会"}, SYSTEM, context.county)


def stations(kind: str) -> list[Station]:
    """The demo's stations of a kind, in the order of their towns and villages."""
    return list(Station.select().where(Station.kind == kind).order_by(Station.id))


def shown_station(context: Any) -> Station:
    """The central station of the town that visitors look at."""
    found: Station = Station.get((Station.kind == "central") & (Station.division_id == context.node(SHOWN_TOWN).id))
    return found


def _shown(context: Any, found: Sequence[Station]) -> list[Station]:
    town = context.node(SHOWN_TOWN).id
    return [one for one in found if one.town_id == town]


# ---------------------------------------------------------------- stations

def _stations(context: Any) -> dict[str, list[Station]]:
    """Stations by kind, in the order of their divisions."""
    county, town = context.county, context.node(SHOWN_TOWN)
    home = _insert_stations(context, [(county, "汉滨区人大代表之家", "home", None)])
    top = home[0].id
    central = _insert_stations(context, [(one, f"{one.name}人大代表中心联络站", "central", top) for one in context.towns])
    above = {station.division_id: station.id for station in central}
    village = _insert_stations(context, [(node, f"{node.name}人大代表联络站", "station", above[node.parent_id])
                                         for node in _villages(context)])
    office = _insert_stations(context, [(one, f"{one.name}产业园人大代表工作室", "office", above[one.id])
                                        for one in context.towns[:OFFICES]])
    _insert_stations(context, [
        (county, "汉滨区人大代表联络总站", "head", top), (county, "汉滨区富硒茶行业代表联络站", "industry", top),
        (county, "汉江人大主题公园", "park", top), (town, f"{town.name}易地搬迁社区代表联络点", "point", above[town.id])])
    return {"home": home, "central": central, "station": village, "office": office}


def _villages(context: Any) -> list[Node]:
    """387 villages: of each town a like share, at least one; of the town that visitors look at all of them."""
    each = {town.id: [node for node in context.tree.children(town) if node.level == "village"] for town in context.towns}
    chosen = list(each[context.node(SHOWN_TOWN).id]) if context.node(SHOWN_TOWN).id in each else []
    waiting = [nodes for town, nodes in each.items() if town != context.node(SHOWN_TOWN).id]
    turn = 0
    while len(chosen) < VILLAGE_STATIONS and any(turn < len(nodes) for nodes in waiting):
        chosen += [nodes[turn] for nodes in waiting if turn < len(nodes)]
        turn += 1
    return chosen[:VILLAGE_STATIONS]


def _insert_stations(context: Any, wanted: Sequence[tuple[Node, str, str, int | None]]) -> list[Station]:
    known = context.tree
    towns = {town.id: number for number, town in enumerate(context.towns)}
    rows, plates = [], []
    for number, (node, name, kind, parent_id) in enumerate(wanted):
        plates.append("".join(context.rng.choice(PLATE_SIGNS) for _sign in range(PLATE_LENGTH)))
        town = known.at_level(node, "town")
        place = towns.get(town.id, 0) if town is not None else 0
        lat = NORTH - (place // COLUMNS) * STEP - (number % 7) * 0.018
        lng = WEST + (place % COLUMNS) * STEP + (number % 5) * 0.027
        phone = f"0915-{3_210_000 + place * 37 + number:07d}" if kind != "station" else ""
        rows.append((*context.base(), *context.scope(node).values(), name, kind, plates[-1], parent_id,
                     f"{known.full_name(node)}便民服务中心一楼", round(lat, 6), round(lng, 6), phone, HOURS,
                     f"{node.name}便民服务中心" if kind in {"central", "station"} else "",
                     "富硒茶" if kind == "industry" else "", SINCE))
    context.insert(Station, (*BASE, *context.scope(context.county), "name", "kind", "plate", "parent_id", "address", "lat",
                             "lng", "phone", "hours", "host", "trade", "opened_on"), rows)
    made: dict[str, Station] = {}
    for start in range(0, len(plates), 500):
        made |= {one.plate: one for one in Station.select().where(Station.plate.in_(plates[start:start + 500]))}
    return [made[plate] for plate in plates]


# ---------------------------------------------------------------- what belongs to them

def _rooms(context: Any, found: Sequence[Station]) -> None:
    """Two rooms of each, one of them shared by the week; of the shown town bookings too; equipment and money of the year."""
    rooms, things, money = [], [], []
    for station in found:
        head = (*context.scope(context.tree.get(station.division_id)).values(), station.id)
        rooms += [(*context.base(), *head, "接待室", 12, ""), (*context.base(), *head, "会议室", 40, station.host or "党校")]
        things += [(*context.base(), *head, name, count, state, SINCE) for name, count, state in THINGS]
        money += [(*context.base(), *head, context.today.year, kind, fen if station.kind == "home" else fen // 10, context.today
                   - timedelta(days=90), source, purpose) for kind, fen, source, purpose in MONEY]
    columns = (*BASE, *context.scope(context.county), "station_id")
    context.insert(Room, (*columns, "name", "seats", "shared_with"), rooms)
    context.insert(Equipment, (*columns, "name", "count", "condition", "since"), things)
    context.insert(Money, (*columns, "year", "kind", "fen", "day", "source", "purpose"), money)
    _times(context, columns)


def _times(context: Any, columns: Sequence[str]) -> None:
    """The meeting rooms are others' twice a week; in the shown town the reception room is booked for what comes."""
    slots, taken = [], []
    town = context.node(SHOWN_TOWN).id
    for number, room in enumerate(Room.select().order_by(Room.id)):
        head = (*context.scope(context.tree.get(room.division_id)).values(), room.station_id, room.id)
        if room.name == "会议室":
            slots += [(*context.base(), *head, weekday, begin, end, USERS[(number + turn) % len(USERS)], SINCE)
                      for turn, (weekday, begin, end) in enumerate((("1", 540, 690), ("3", 870, 1020)))]
        elif room.town_id == town:
            day = context.today + timedelta(days=1 + number % 5)
            taken.append((*context.base(), *head, day, 900, 960, "村民代表座谈"))
    context.insert(Slot, (*columns, "room_id", "weekday", "from_minute", "to_minute", "used_by", "from_day"), slots)
    context.insert(Booking, (*columns, "room_id", "day", "from_minute", "to_minute", "purpose"), taken)

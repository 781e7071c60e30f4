"""Demo data of stations and deputies: Hanbin's published structure (domain §8) with invented people.

1 home, 27 stations of towns and 387 of villages, 8 offices; 6 + 80 + 329 + 1,553 deputies, each with a home station.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import cycle
from typing import Any

from grid321.core.api import SYSTEM, Node, ancestor_columns, people, records, registry

from .deputy_models import Congress, Deputy, Placement
from .station_checks import PLATE_LENGTH, PLATE_SIGNS
from .station_models import Room, Staff, Station
from .station_roles import COUNTY, LIAISON

P = "liaison_station."
SINCE = date(2022, 3, 1)
VILLAGE_STATIONS, OFFICES = 387, 8
DEPUTIES = {"province": 6, "city": 80, "county": 329, "town": 1553}
SHOWN_TOWN = "610902104"
BASE = ("uid", "version", "created_at", "updated_at", "created_by")
WEST, NORTH, STEP, COLUMNS = 108.75, 33.05, 0.16, 6
PAPERS = (
    ("duty", "代表联络站工作职责", "一、组织代表学习法律法规和上级精神。\n二、组织代表按计划接待选民，登记、交办、反馈意见。\n"
     "三、组织代表开展视察、调研和活动。\n四、建立代表履职档案，按期公示。"),
    ("system", "代表接待选民制度", "一、每月十五日为代表接待日，时间、地点、人员固定。\n二、接待安排提前在站点门口公示。\n"
     "三、因故延期的，提前三日告知选民。"),
)


def demo(context: Any) -> None:
    """Fill the demo county with stations, deputies and who works there. ``context`` is the core's demo context."""
    context.progress("Stations of deputies")
    stations = _stations(context)
    context.progress("Deputies and their stations")
    deputies = _deputies(context)
    placed = _placements(context, stations, deputies)
    _staff(context, stations, placed)
    _accounts(context, stations, placed)
    for kind, title, text in PAPERS:
        records.create(registry().entity(f"{P}paper"), {
            "kind": kind, "title": title, "text": text, "adopted_on": SINCE, "adopted_by": "区人大常委会"},
            SYSTEM, context.county)


# ---------------------------------------------------------------- stations

def _stations(context: Any) -> dict[str, list[Any]]:
    """Stations by kind, in the order of their divisions: home, central, station, office."""
    home = _insert_stations(context, [(context.county, "汉滨区人大代表之家", "home", None)])
    central = _insert_stations(context, [(town, f"{town.name}人大代表中心联络站", "central", home[0].id)
                                         for town in context.towns])
    above = {station.division_id: station.id for station in central}
    villages = _villages(context)
    village = _insert_stations(context, [(node, f"{node.name}人大代表联络站", "station", above[node.parent_id])
                                         for node in villages])
    office = _insert_stations(context, [(town, f"{town.name}产业园人大代表工作室", "office", above[town.id])
                                        for town in context.towns[:OFFICES]])
    context.insert(Room, (*BASE, *_scope(context, context.county), "station_id", "name", "seats"), [
        (*context.base(), *_scope(context, context.node(SHOWN_TOWN)).values(), station.id, "接待室", 12)
        for station in central if station.division_id == context.node(SHOWN_TOWN).id])
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
        rows.append((*context.base(), *_scope(context, node).values(), name, kind, plates[-1], parent_id,
                     f"{known.full_name(node)}便民服务中心一楼", round(lat, 6), round(lng, 6), SINCE))
    context.insert(Station, (*BASE, *_scope(context, context.county), "name", "kind", "plate", "parent_id", "address", "lat",
                             "lng", "opened_on"), rows)
    made: dict[str, Station] = {}
    for start in range(0, len(plates), 500):
        made |= {one.plate: one for one in Station.select().where(Station.plate.in_(plates[start:start + 500]))}
    return [made[plate] for plate in plates]


# ---------------------------------------------------------------- deputies

def _deputies(context: Any) -> dict[str, list[Deputy]]:
    """Mandates by level, each with the core's post; those of towns in the order of the towns."""
    towns = cycle(context.towns)
    places = [("province", context.county)] * DEPUTIES["province"] + [("city", context.county)] * DEPUTIES["city"] + [
        ("county", context.county)] * DEPUTIES["county"] + [("town", next(towns)) for _one in range(DEPUTIES["town"])]
    ids = context.people([(node, None) for _level, node in places])
    names = _by_id(people.Person, people.Person.name, ids)
    context.posts([(person, f"core_deputy_{level}", node, SINCE, None)
                   for person, (level, node) in zip(ids, places, strict=True)])
    posts = _by_id(people.Post, people.Post.id, ids, people.Post.person_id)
    terms = _congresses(context)
    rows = [(*context.base(), *_scope(context, node).values(), person, names[person], level, terms[level, node.id], SINCE,
             posts[person], "active") for person, (level, node) in zip(ids, places, strict=True)]
    context.insert(Deputy, (*BASE, *_scope(context, context.county), "person_id", "name", "level", "congress_id", "from_day",
                            "post_id", "status"), rows)
    found: dict[str, list[Deputy]] = {level: [] for level in DEPUTIES}
    for deputy in Deputy.select().order_by(Deputy.id):
        found[deputy.level].append(deputy)
    return found


def _by_id(model: Any, value: Any, ids: Sequence[int], key: Any = None) -> dict[int, Any]:
    key = key if key is not None else model.id
    found: dict[int, Any] = {}
    for start in range(0, len(ids), 500):
        found |= dict(model.select(key, value).where(key.in_(ids[start:start + 500])).tuples())
    return found


def _congresses(context: Any) -> dict[tuple[str, int], int]:
    county = context.county
    wanted = [("province", county, "陕西省第十四届人民代表大会", 14), ("city", county, "安康市第五届人民代表大会", 5),
              ("county", county, "汉滨区第十九届人民代表大会", 19),
              *(("town", town, f"{town.name}第二十一届人民代表大会", 21) for town in context.towns)]
    context.insert(Congress, (*BASE, *_scope(context, county), "name", "level", "number", "from_day"), [
        (*context.base(), *_scope(context, node).values(), name, level, number, SINCE) for level, node, name, number in wanted])
    return {(one.level, one.division_id): one.id for one in Congress.select()}


def _placements(context: Any, stations: dict[str, list[Any]], deputies: dict[str, list[Deputy]]) -> dict[int, list[Deputy]]:
    """Every deputy where the level belongs: the home, a town's station, a village's station. Returns station → deputies."""
    home, central = stations["home"][0], cycle(stations["central"])
    of_town: dict[int, Any] = {}
    for one in stations["station"]:
        of_town.setdefault(one.town_id, []).append(one)
    turns = {town: cycle(found) for town, found in of_town.items()}
    wanted = [(deputy, home, "county") for level in ("province", "city", "county") for deputy in deputies[level]]
    wanted += [(deputy, next(central), "town") for level in ("city", "county") for deputy in deputies[level]]
    wanted += [(deputy, next(turns[deputy.town_id]), "village") for deputy in deputies["town"] if deputy.town_id in turns]
    context.insert(Placement, (*BASE, *_scope(context, context.county), "deputy_id", "person_id", "station_id", "level",
                               "from_day"), [
        (*context.base(), *_scope(context, context.tree.get(station.division_id)).values(), deputy.id, deputy.person_id,
         station.id, level, SINCE) for deputy, station, level in wanted])
    placed: dict[int, list[Deputy]] = {}
    for deputy, station, _level in wanted:
        placed.setdefault(station.id, []).append(deputy)
    return placed


def _staff(context: Any, stations: dict[str, list[Any]], placed: dict[int, list[Deputy]]) -> None:
    """Heads and deputy heads from the station's deputies, with the post that the rule asks for; liaison officers in towns."""
    posts, rows = [], []
    liaisons = iter(context.people([(context.tree.get(one.division_id), None) for one in stations["central"]]))
    for station in (*stations["central"], *stations["station"]):
        node, here = context.tree.get(station.division_id), placed.get(station.id, [])
        head = "station_congress_chair" if station.kind == "central" else "station_village_secretary"
        for role, deputy in zip(("head", "deputy_head"), here, strict=False):
            rows.append((station, node, deputy.person_id, role))
            if role == "head":
                posts.append((deputy.person_id, head, node, SINCE, None))
        if station.kind == "central":
            rows.append((station, node, next(liaisons), "liaison"))
    context.posts(posts)
    context.insert(Staff, (*BASE, *_scope(context, context.county), "station_id", "person_id", "role", "from_day"), [
        (*context.base(), *_scope(context, node).values(), station.id, person, role, SINCE)
        for station, node, person, role in rows])


def _accounts(context: Any, stations: dict[str, list[Any]], placed: dict[int, list[Deputy]]) -> None:
    """Who shows it: the liaison officer of a town and a deputy there; the county's account, or one of its own without grids."""
    town = context.node(SHOWN_TOWN)
    station = next(one for one in stations["central"] if one.division_id == town.id)
    liaison = Staff.get((Staff.station_id == station.id) & (Staff.role == "liaison"))
    context.account("liaison", str(LIAISON.label), town, liaison.person_id, role=LIAISON.key)
    context.account("station-deputy", "人大代表（联络站）", context.county, placed[station.id][1].person_id)
    context.after_all(lambda: _county_account(context))


def _county_account(context: Any) -> None:
    """The county's account may be made by a plugin that comes later: it gets the role here, or is made."""
    if context.account_of("county") is not None:
        context.grant("county", COUNTY.key, context.county)
    else:
        context.account("county", str(COUNTY.label), context.county, context.person(context.county), role=COUNTY.key)


def _scope(context: Any, node: Node) -> dict[str, int | None]:
    return ancestor_columns(context.tree, node)

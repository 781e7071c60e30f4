"""Demo data of deputies: Hanbin's published numbers (domain §8), invented people, each with the station of the level.

6 + 80 + 329 + 1,553 deputies in electoral districts, delegations and groups; one is suspended, one mandate more has ended, and
four deputies of towns are left for the assistant to place. Who works at the stations, double contact, accounts of visitors.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any

from grid321.core.api import Node, people, records, registry

from .deputy_models import Congress, Contact, Delegation, Deputy, District, Placement, Talk
from .station_demo import BASE, SHOWN_TOWN, SINCE, P, shown_station, stations
from .station_models import Staff, Station
from .station_roles import COUNTY, LIAISON, TOWN

DEPUTIES = {"province": 6, "city": 80, "county": 329, "town": 1553}
COMMITTEE, TOLD, LEFT = 30, 0.6, 2
"""Members of the standing committee; the share of deputies who keep contact with voters; town deputies left out in each of two
towns."""
JOBS = ("村党支部书记、村委会主任", "种植大户", "乡镇卫生院医生", "小学教师", "茶叶合作社理事长", "企业车间主任", "社区工作者",
        "农机合作社负责人", "律师", "个体工商户")
SKILLS = ("", "farming", "law", "education", "health", "mediation,law", "business", "building", "environment")
PLACES = ("村东组", "村西组", "集镇老街", "安置小区", "茶园片", "河边组")
TALKS = (("visit", "听取对村道路灯的意见，已在接待日提出。"), ("phone", "了解饮水工程进展，答复了开工时间。"),
         ("meeting", "院坝会上讲解医保缴费办法。"), ("visit", "走访种植户，收集农技培训需求。"))


def demo(context: Any) -> None:
    """Fill the demo county with deputies and who works at its stations. ``context`` is the core's demo context."""
    context.progress("Deputies and their stations")
    found = _deputies(context)
    placed = _placements(context, found)
    _staff(context, placed)
    _accounts(context, placed)
    _contacts(context, found)
    _changes(context, found, placed)


# ---------------------------------------------------------------- mandates

def _deputies(context: Any) -> dict[str, list[Deputy]]:
    """Mandates by level, each with the core's post; those of towns in the order of the towns."""
    towns, turn = cycle(context.towns), cycle(context.towns)
    county = context.county
    wanted = [("province", county, county) for _one in range(DEPUTIES["province"])]
    wanted += [(level, county, next(turn)) for level in ("city", "county") for _one in range(DEPUTIES[level])]
    wanted += [("town", town, town) for town in (next(towns) for _one in range(DEPUTIES["town"]))]
    ids = context.people([(kept, None) for _level, _node, kept in wanted])
    names = _by_id(people.Person, people.Person.name, ids)
    context.posts([(person, f"core_deputy_{level}", node, SINCE, None)
                   for person, (level, node, _kept) in zip(ids, wanted, strict=True)])
    posts = _by_id(people.Post, people.Post.id, ids, people.Post.person_id)
    terms, districts, groups = _congresses(context), _districts(context), _delegations(context)
    rows = []
    for number, (person, (level, node, kept)) in enumerate(zip(ids, wanted, strict=True)):
        town = kept.name if level == "county" else ""
        rows.append((
            *context.base(), *context.scope(node).values(), person, names[person], level, terms[level, node.id],
            districts.get((level, kept.id)), groups.get((level, "delegation", town)), groups.get((level, "group", town)),
            level == "county" and number % 11 == 0, SINCE, posts[person], "active", JOBS[number % len(JOBS)],
            SKILLS[number % len(SKILLS)], f"0915-{3_300_000 + number}" if level != "town" else "",
            "乡亲们有事请到联络站找我，每月接待日我都在。" if level in {"county", "town"} else ""))
    context.insert(Deputy, (*BASE, *context.scope(county), "person_id", "name", "level", "congress_id", "district_id",
                            "delegation_id", "group_id", "committee", "from_day", "post_id", "status", "job", "skills",
                            "card_phone", "card_text"), rows)
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
    context.insert(Congress, (*BASE, *context.scope(county), "name", "level", "number", "from_day"), [
        (*context.base(), *context.scope(node).values(), name, level, number, SINCE) for level, node, name, number in wanted])
    return {(one.level, one.division_id): one.id for one in Congress.select()}


def _districts(context: Any) -> dict[tuple[str, int], int]:
    """For each town one district of the county's congress and one of the town's own, which covers its villages."""
    county, known = context.county, context.tree
    rows = []
    for number, town in enumerate(context.towns, start=1):
        villages = "、".join(node.code for node in known.children(town) if node.level == "village")
        rows.append((*context.base(), *context.scope(county).values(), f"{number:02d}", f"{town.name}选区", "county", 12,
                     town.code))
        rows.append((*context.base(), *context.scope(town).values(), "1", "各村联合选区", "town", 58, villages))
    context.insert(District, (*BASE, *context.scope(county), "code", "name", "level", "seats", "covers"), rows)
    by_code = {town.code: town.id for town in context.towns}
    return {(one.level, by_code[one.covers] if one.level == "county" else one.division_id): one.id for one in District.select()}


def _delegations(context: Any) -> dict[tuple[str, str, str], int]:
    """A delegation and a group of the county's deputies for each town; one delegation of those of the city and the province."""
    county = context.county
    wanted = [("province", "delegation", "", "安康代表团"), ("city", "delegation", "", "汉滨代表团")]
    for town in context.towns:
        wanted += [("county", "delegation", town.name, f"{town.name}代表团"),
                   ("county", "group", town.name, f"{town.name}代表小组")]
    context.insert(Delegation, (*BASE, *context.scope(county), "kind", "level", "name"), [
        (*context.base(), *context.scope(county).values(), kind, level, name) for level, kind, _town, name in wanted])
    ids = {(one.level, one.kind, one.name): one.id for one in Delegation.select()}
    return {(level, kind, town): ids[level, kind, name] for level, kind, town, name in wanted}


# ---------------------------------------------------------------- stations and staff

def _placements(context: Any, deputies: dict[str, list[Deputy]]) -> dict[int, list[Deputy]]:
    """Deputies where their level belongs: the home, a town's station, a village's station. Returns station → deputies."""
    home, central = stations("home")[0], cycle(stations("central"))
    of_town: dict[int, list[Station]] = {}
    for one in stations("station"):
        of_town.setdefault(one.town_id, []).append(one)
    turns = {town: cycle(found) for town, found in of_town.items()}
    wanted = [(deputy, home, "county") for level in ("province", "city", "county") for deputy in deputies[level]]
    wanted += [(deputy, next(central), "town") for level in ("city", "county") for deputy in deputies[level]]
    wanted += [(deputy, next(turns[deputy.town_id]), "village") for deputy in _to_place(context, deputies["town"])]
    context.insert(Placement, (*BASE, *context.scope(context.county), "deputy_id", "person_id", "station_id", "level",
                               "from_day"), [
        (*context.base(), *context.scope(context.tree.get(station.division_id)).values(), deputy.id, deputy.person_id,
         station.id, level, SINCE) for deputy, station, level in wanted])
    placed: dict[int, list[Deputy]] = {}
    for deputy, station, _level in wanted:
        placed.setdefault(station.id, []).append(deputy)
    return placed


def _to_place(context: Any, deputies: Sequence[Deputy]) -> list[Deputy]:
    """All but the last two of the shown town and of the first one: those are left for the assistant."""
    left: set[int] = set()
    for town in (context.node(SHOWN_TOWN).id, context.towns[0].id):
        left |= {deputy.id for deputy in [one for one in deputies if one.town_id == town][-LEFT:]}
    return [deputy for deputy in deputies if deputy.id not in left]


def _staff(context: Any, placed: dict[int, list[Deputy]]) -> None:
    """Heads and deputy heads from the station's deputies, with the post that the rule asks for; liaison officers in towns."""
    posts, rows = [], []
    central = stations("central")
    liaisons = iter(context.people([(context.tree.get(one.division_id), None) for one in central]))
    for station in (*stations("home"), *central, *stations("station")):
        node, here = context.tree.get(station.division_id), placed.get(station.id, [])
        head = {"central": "station_congress_chair", "station": "station_village_secretary"}.get(station.kind)
        for role, deputy in zip(("head", "deputy_head"), here, strict=False):
            rows.append((station, node, deputy.person_id, role))
            if role == "head" and head is not None:
                posts.append((deputy.person_id, head, node, SINCE, None))
        if station.kind == "central":
            rows.append((station, node, next(liaisons), "liaison"))
    context.posts(posts)
    context.posts([(person, "station_liaison", node, SINCE, None) for _one, node, person, role in rows if role == "liaison"])
    ids = _by_id(people.Post, people.Post.id, [row[2] for row in rows if row[3] == "liaison"], people.Post.person_id)
    context.insert(Staff, (*BASE, *context.scope(context.county), "station_id", "person_id", "role", "from_day", "post_id"), [
        (*context.base(), *context.scope(node).values(), station.id, person, role, SINCE,
         ids.get(person) if role == "liaison" else None) for station, node, person, role in rows])
    confirmed = [station.id for number, station in enumerate(central) if number % 5]
    Station.update(party_confirmed_on=context.today - timedelta(days=200)).where(Station.id.in_(confirmed)).execute()


def _accounts(context: Any, placed: dict[int, list[Deputy]]) -> None:
    """Who shows it: the liaison officer of a town, a county deputy who belongs there, and the officers of town and county."""
    town, station = context.node(SHOWN_TOWN), shown_station(context)
    liaison = Staff.get((Staff.station_id == station.id) & (Staff.role == "liaison"))
    context.account("liaison", str(LIAISON.label), town, liaison.person_id)
    deputy = next(one for one in placed[station.id][1:] if one.level == "county")
    context.account("deputy", "人大代表", context.county, deputy.person_id)
    for name in ("admin", "leader"):
        context.grant(name, f"{P}viewer", context.county)
    context.after_all(lambda: _officers(context, (("county", COUNTY, context.county), ("town", TOWN, town))))


def _officers(context: Any, wanted: Sequence[tuple[str, Any, Node]]) -> None:
    """The accounts of county and town may be made by a plugin that comes later: they get the role here, or are made."""
    for name, role, place in wanted:
        if context.account_of(name) is not None:
            context.grant(name, role.key, place)
        else:
            context.account(name, str(role.label), place, context.person(place), role=role.key)


# ---------------------------------------------------------------- contact and status

def _contacts(context: Any, deputies: dict[str, list[Deputy]]) -> None:
    """Committee members with three deputies each, most deputies with a voter; every second contact took place this year."""
    members = [one for one in deputies["county"] if one.committee][:COMMITTEE]
    others = cycle([one for one in deputies["county"] if not one.committee])
    entity, rows = registry().entity(f"{P}contact"), []
    for number, deputy in enumerate((*deputies["county"], *deputies["town"])):
        if context.rng.random() > TOLD:
            continue
        base = context.base()
        voter = f"{context.rng.choice('王李张刘陈杨黄赵')}{context.rng.choice('桂秀兰英珍芳国建志文')}"
        row = records.sealed(entity, {"voter": voter, "voter_phone": f"154{number:08d}"}, base[0])
        place = context.rng.choice(PLACES)
        rows.append((base, deputy, "voter", None, row["voter"], row["voter_phone"], row["voter_phone_blind"], place))
    rows += [(context.base(), member, "deputy", next(others).id, None, None, None, "")
             for member in members for _turn in range(3)]
    places = {deputy.id: context.tree.get(deputy.division_id) for _base, deputy, *_rest in rows}
    last = {base[0]: context.today - timedelta(days=10 + number % 170)
            for number, (base, *_rest) in enumerate(rows) if number % 2}
    columns = (*BASE, *context.scope(context.county), "deputy_id")
    context.insert(Contact, (*columns, "kind", "other_id", "voter", "voter_phone", "voter_phone_blind", "place", "from_day",
                             "last_on"), [
        (*base, *context.scope(places[deputy.id]).values(), deputy.id, *rest, SINCE, last.get(base[0]))
        for base, deputy, *rest in rows])
    context.insert(Talk, (*columns, "contact_id", "day", "way", "text"), [
        (*context.base(), *context.scope(context.tree.get(one.division_id)).values(), one.deputy_id, one.id, one.last_on,
         *TALKS[one.id % len(TALKS)]) for one in Contact.select().where(Contact.last_on.is_null(False))])


def _changes(context: Any, deputies: dict[str, list[Deputy]], placed: dict[int, list[Deputy]]) -> None:
    """A suspended deputy to the county's congress, and a mandate of a town that ended; neither heads a station."""
    entity, county = registry().entity(f"{P}deputy"), context.county
    head = {row.person_id for row in Staff.select(Staff.person_id)}
    paused = next(one for one in reversed(deputies["county"]) if one.person_id not in head and not one.committee)
    records.update(entity, paused.id, {"status": "suspended", "status_on": context.today - timedelta(days=45),
                                       "status_reason": "detained"}, context.actor, None, county)
    town = context.node(SHOWN_TOWN)
    gone = records.create(entity, {"name": "毛树生", "level": "town"}, context.actor, town)
    village = next(one for one in stations("station") if one.town_id == town.id)
    records.create(registry().entity(f"{P}placement"), {
        "deputy_id": gone.id, "station_id": village.id, "home": True, "from_day": SINCE}, context.actor, town)
    records.update(entity, gone.id, {"status": "ended", "status_on": context.today - timedelta(days=60),
                                     "status_reason": "moved"}, context.actor, None, town)

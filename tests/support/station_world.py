"""What the tests of liaison stations share: one home, two town and three village stations, twelve deputies, who works there.

The county is that of ``division_tree``. The fixture ``world`` of ``tests/plugins/liaison_station`` stages what ``build`` makes.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from grid321.core import db, engine, records, schemas, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, actor_for, make_account
from grid321.core.tree import ancestor_columns

PLUGIN = "liaison_station"
KEY = f"{PLUGIN}."
SINCE = date(2022, 1, 1)
"""First day of the mandates, stations and placements."""

STATIONS = (  # key, name, kind, place of the tree, key of the station above
    ("home", "汉滨区人大代表之家", "home", "county", None),
    ("wuli", "五里镇人大代表中心联络站", "central", "town", "home"),
    ("datong", "大同镇人大代表中心联络站", "central", "other_town", "home"),
    ("wuli_village", "五里村人大代表联络站", "station", "village", "wuli"),
    ("liuying", "刘营村人大代表联络站", "station", "second_village", "wuli"),
    ("datong_village", "大同村人大代表联络站", "station", "other_village", "datong"),
)
CONGRESSES = (  # key, level, place that keeps it, number of the term
    ("city", "city", "county", 5), ("county", "county", "county", 19),
    ("wuli", "town", "town", 21), ("datong", "town", "other_town", 21),
)
TERMS = {"city": "安康市第五届人民代表大会", "county": "汉滨区第十九届人民代表大会", "wuli": "五里镇第二十一届人民代表大会",
         "datong": "大同镇第二十一届人民代表大会"}
DISTRICTS = (  # key, level, place that keeps it, code, name, places covered
    ("c1", "county", "county", "01", "五里选区", ("town",)),
    ("c2", "county", "county", "02", "大同选区", ("other_town",)),
    ("w1", "town", "town", "1", "五里村选区", ("village",)),
    ("w2", "town", "town", "2", "刘营村选区", ("second_village",)),
    ("d1", "town", "other_town", "1", "大同村选区", ("other_village",)),
)
DEPUTIES = (  # key, name, level, congress, district, the station that is home
    ("li", "李秀梅", "city", "city", None, "home"),
    ("wang", "王建国", "city", "city", None, "home"),
    ("zhang", "张桂兰", "county", "county", "c1", "wuli"),
    ("chen", "陈志远", "county", "county", "c1", "wuli"),
    ("he", "何𠮷", "county", "county", "c2", "datong"),
    ("lin", "林晓燕", "county", "county", "c2", "datong"),
    ("zhao", "赵德发", "town", "wuli", "w1", "wuli_village"),
    ("sun", "孙玉珍", "town", "wuli", "w1", "wuli_village"),
    ("qian", "钱国强", "town", "wuli", "w2", "liuying"),
    ("zhou", "周秋菊", "town", "wuli", "w2", "liuying"),
    ("wu", "吴大山", "town", "datong", "d1", "datong_village"),
    ("zheng", "郑春花", "town", "datong", "d1", "datong_village"),
)
STAFF = (  # station, person, role
    ("home", "li", "head"), ("wuli", "zhang", "head"), ("datong", "he", "head"), ("wuli_village", "zhao", "head"),
    ("liuying", "qian", "head"), ("datong_village", "wu", "head"), ("wuli", "liaison", "liaison"),
    ("wuli_village", "liaison", "liaison"),
)
ACTORS = (  # key, role, place
    ("county", "county_officer", "county"), ("town", "town_officer", "town"), ("other_town", "town_officer", "other_town"),
    ("liaison", "liaison", "town"), ("village_liaison", "liaison", "village"), ("viewer", "viewer", "county"),
)
WITH_ACCOUNT = ("li", "zhang", "zhao")
"""Deputies who have an account: actors of the same keys, with the role of their core post only."""


@dataclass
class World:
    """Rows by the keys of the lists above, who acts (``actors``), and short ways to act."""

    tree: Any
    congresses: dict[str, Any] = field(default_factory=dict)
    districts: dict[str, Any] = field(default_factory=dict)
    stations: dict[str, Any] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    deputies: dict[str, Any] = field(default_factory=dict)
    placements: dict[str, Any] = field(default_factory=dict)
    actors: dict[str, Any] = field(default_factory=dict)

    def entity(self, name: str) -> Any:
        """The entity of that name."""
        return registry().entity(KEY + name)

    def browser(self, who: str) -> Browser:
        """The browser in which one of the people is logged in."""
        from flask import current_app

        from grid321.core import accounts

        return Browser.of_account(current_app._get_current_object(), accounts.get(self.actors[who].account_id))

    def node(self, station: str) -> Any:
        """The division of a station."""
        found = snapshot.current().tree.get(self.stations[station].division_id)
        assert found is not None
        return found

    def set(self, key: str, value: Any, node: Any = None) -> None:
        """Set a value of the plugin (key without its prefix) in the county, valid for long."""
        from grid321.core import settings

        settings.put(KEY + key, node or self.tree.county, value, source="县办法", valid_from=date(2020, 1, 1))

    def make(self, name: str, raw: dict[str, Any], who: str = "county", node: Any = None) -> Any:
        """Make a record from JSON values as one of the people, at the county unless another node is given."""
        place = node or self.tree.county
        entity, actor = self.entity(name), self.actors[who]
        return records.create(entity, schemas.load(entity.schema, raw, node=place, actor=actor), actor, place)

    def change(self, record: Any, raw: dict[str, Any], who: str = "county") -> Any:
        """Change fields of a record from JSON values as one of the people; return it as it is stored then."""
        entity, actor = self._entity_of(record), self.actors[who]
        data = schemas.load(entity.schema, raw, node=self.tree.county, actor=actor, partial=True)
        records.update(entity, record.id, data, actor, self.fresh(record).version, self.tree.county)
        return self.fresh(record)

    def fresh(self, record: Any) -> Any:
        """The record as it is stored now."""
        return type(record).get_by_id(record.id)

    def step(self, who: str, record: Any, key: str, **answers: Any) -> Any:
        """Take a step as one of the people (``machine``: as the platform), and return the record as it is stored then."""
        entity, case = self._entity_of(record), self.fresh(record)
        actor = SYSTEM if who == "machine" else self.actors[who]
        asks = engine.workflow_for(entity, case).transition(key).asks
        data = schemas.load_many(asks, answers, node=self.tree.county, actor=actor) if asks else dict(answers)
        engine.perform(entity, case.id, key, data, actor, case.version, self.tree.county)
        return self.fresh(record)

    def possible(self, who: str, record: Any) -> set[str]:
        """Keys of the steps that one of the people is offered."""
        return {step.key for step in engine.possible(self._entity_of(record), self.fresh(record), self.actors[who])}

    def _entity_of(self, record: Any) -> Any:
        return next(one for one in registry().entities.values() if one.model is type(record))


def build(tree: Any) -> World:
    """The county with the plugin on, and everything that the lists above name."""
    from grid321.core import switches

    switches.turn(PLUGIN, tree.county, True)
    found = World(tree)
    with db.transaction():
        _places(found)
        _deputies(found)
        _staff(found)
        snapshot.bump()
    for who, role, place in ACTORS:
        found.actors[who] = actor_for(make_account(KEY + role, getattr(tree, place)))
    for who in WITH_ACCOUNT:
        account = make_account(None, tree.county)
        account.person_id = found.people[who].id
        account.save()
        found.actors[who] = actor_for(account)
    return found


def columns(node: Any) -> dict[str, Any]:
    """The columns of a row that lives at ``node``."""
    return ancestor_columns(snapshot.current().tree, node)


def _places(found: World) -> None:
    from grid321.plugins.liaison_station.deputy_models import Congress, District
    from grid321.plugins.liaison_station.station_models import Station

    for number, (key, name, kind, place, above) in enumerate(STATIONS, start=1):
        found.stations[key] = Station.create(
            name=name, kind=kind, plate=f"test{number:04d}", parent_id=found.stations[above].id if above else None,
            address=f"{name}（一楼）", opened_on=SINCE, **columns(getattr(found.tree, place)))
    for key, level, place, number in CONGRESSES:
        found.congresses[key] = Congress.create(name=TERMS[key], level=level, number=number, from_day=SINCE,
                                                **columns(getattr(found.tree, place)))
    for key, level, place, code, name, covers in DISTRICTS:
        found.districts[key] = District.create(
            level=level, code=code, name=name, covers="、".join(getattr(found.tree, one).code for one in covers),
            **columns(getattr(found.tree, place)))


def _deputies(found: World) -> None:
    from grid321.core.people import Person, Post, initials
    from grid321.plugins.liaison_station.deputy_models import Deputy, Placement

    for key, name, level, congress, district, station in DEPUTIES:
        term = found.congresses[congress]
        where = columns(snapshot.current().tree.get(term.division_id))
        person = found.people[key] = Person.create(name=name, initials=initials(name), **where)
        post = Post.create(person_id=person.id, kind=f"core_deputy_{level}", from_day=SINCE, **where)
        deputy = found.deputies[key] = Deputy.create(
            person_id=person.id, name=name, level=level, congress_id=term.id, post_id=post.id, from_day=SINCE,
            district_id=found.districts[district].id if district else None, **where)
        home = found.stations[station]
        found.placements[key] = Placement.create(
            deputy_id=deputy.id, person_id=person.id, station_id=home.id, from_day=SINCE,
            level=found.node(station).level, **columns(found.node(station)))


def _staff(found: World) -> None:
    from grid321.core.people import Person, initials
    from grid321.plugins.liaison_station.station_models import Staff

    found.people["liaison"] = Person.create(name="冯丽", initials=initials("冯丽"), **columns(found.tree.town))
    for station, who, role in STAFF:
        place = found.stations[station]
        Staff.create(station_id=place.id, person_id=found.people[who].id, role=role, from_day=SINCE,
                     **columns(snapshot.current().tree.get(place.division_id)))

"""What the tests of suggestions share: deputies, units with clerks, the office, and short ways to act as them."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from grid321.core import db, engine, records, schemas, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, actor_for, make_account
from grid321.core.tree import ancestor_columns

KEY = "suggestion_tracking."
CONTENT = "溪河路全长三公里，两侧有五个小区和一所小学，目前只有十二盏路灯，其中七盏已经损坏，学生晚自习放学后要摸黑回家。"
RAISED = {"title": "关于在溪河路增设路灯的建议", "kind": "building", "content": CONTENT,
          "reasons": "影响学生和老人夜间出行安全。", "proposal": "由住建部门在溪河路补装路灯二十盏。", "basis": "visit",
          "basis_text": "走访溪河社区三十户选民。",
          "consent_publish": True, "wish_contact": True}
CHECKED = {"one_matter": "yes", "concrete": "yes", "within_powers": "yes"}
FIXED = {"first_leader": "周明（局长）", "fix_plan": "七月勘查，八月招标，九月安装。", "fix_rule": "每半月向局务会报告一次。",
         "fix_leader": "吴强", "fix_person": "郑丽", "fix_requirement": "二十盏路灯全部亮起。"}
REPLY = {"outcome": "A", "text": "二十盏路灯已于九月二十日全部安装并亮灯，感谢您的建议。",
         "letter_number": "汉住建函〔2026〕12号"}
OPINION = {"text": "我局同意在道路红线内安装，并已完成管线交底。"}
REASON = {"reason": "不属于本单位职责范围。"}


@dataclass
class World:
    """The people by what they are, the units by name, and ways to act."""

    tree: Any
    units: dict[str, Any] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    actors: dict[str, Any] = field(default_factory=dict)

    def entity(self, name: str) -> Any:
        """The entity of that name."""
        return registry().entity(KEY + name)

    def browser(self, who: str) -> Browser:
        """The browser in which one of the people is logged in."""
        from flask import current_app

        from grid321.core import accounts

        return Browser.of_account(current_app._get_current_object(), accounts.get(self.actors[who].account_id))

    def set(self, key: str, value: Any) -> None:
        """Set a value in the county, valid for long."""
        from grid321.core import settings

        settings.put(key, self.tree.county, value, source="县办法", valid_from=date(2020, 1, 1))

    def make(self, name: str, raw: dict[str, Any], who: str = "office", node: Any = None) -> Any:
        """Make a record from JSON values as one of the people."""
        place = node or self.tree.county
        entity, actor = self.entity(name), self.actors[who]
        return records.create(entity, schemas.load(entity.schema, raw, node=place, actor=actor), actor, place)

    def raised(self, who: str = "office", **changes: Any) -> Any:
        """A suggestion of the first deputy."""
        return self.make("suggestion", {**RAISED, "deputy": self.people["deputy"].id, **changes}, who)

    def fresh(self, record: Any) -> Any:
        """The record as it is stored now."""
        return type(record).get_by_id(record.id)

    def step(self, who: str, record: Any, key: str, **answers: Any) -> Any:
        """Take a step as one of the people (``machine``: as the platform), and return the record as it is stored then."""
        entity = next(one for one in registry().entities.values() if one.model is type(record))
        actor = SYSTEM if who == "machine" else self.actors[who]
        case = self.fresh(record)
        asks = engine.workflow_for(entity, case).transition(key).asks
        data = schemas.load_many(asks, answers, node=self.tree.county, actor=actor) if asks else dict(answers)
        engine.perform(entity, case.id, key, data, actor, case.version, self.tree.county)
        return self.fresh(record)

    def possible(self, who: str, record: Any) -> set[str]:
        """Keys of the steps that one of the people is offered."""
        entity = next(one for one in registry().entities.values() if one.model is type(record))
        return {step.key for step in engine.possible(entity, self.fresh(record), self.actors[who])}

    # -- along the way ---------------------------------------------------------------------------------------------

    def checked(self, **changes: Any) -> Any:
        """A suggestion that passed the check."""
        return self.step("office", self.raised(**changes), "pass_check", **CHECKED)

    def handed(self, lead: str = "housing", *co: str, answers: dict[str, Any] | None = None, **changes: Any) -> Any:
        """A suggestion handed over to a lead unit and co-handling units."""
        others = {f"co_{number}": self.units[name].id for number, name in enumerate(co, start=1)}
        return self.step("office", self.checked(**changes), "assign", department=self.units[lead].id, **others, **(answers or {}))

    def separate(self, *units: str, **changes: Any) -> Any:
        """A suggestion handed over to separate units."""
        named = {f"unit_{number}": self.units[name].id for number, name in enumerate(units, start=1)}
        return self.step("office", self.checked(**changes), "assign_separate", **named)

    def task(self, case: Any, unit: str) -> Any:
        """The newest task of a unit for a suggestion."""
        model = self.entity("task").model
        return model.select().where((model.suggestion_id == case.id) & (model.department_id == self.units[unit].id)).order_by(
            model.id.desc()).get()

    def accept(self, case: Any, *units: str) -> None:
        """Units sign the receipt and accept."""
        for unit in units:
            task = self.step(unit, self.task(case, unit), "receive")
            self.step(unit, task, "accept")

    def fix(self, case: Any, unit: str, **changes: Any) -> Any:
        """A unit writes its six fixings."""
        day = changes.pop("fix_limit_on", (db.local_day()).isoformat())
        return self.step(unit, self.task(case, unit), "fix", **{**FIXED, "fix_limit_on": day, **changes})

    def meet(self, case: Any, unit: str, *stages: str, **changes: Any) -> Any:
        """A unit meets the deputy and records it."""
        found = None
        for stage in stages or ("before", "during", "after"):
            found = self.make("contact", {
                "suggestion_number": case.number, "department": self.units[unit].id, "stage": stage,
                "met_on": db.local_day().isoformat(), "who": "郑丽、吴强", "place": "溪河社区", "form": "site",
                "said": "希望尽快安装，先装学校门口。", **changes}, unit)
        return found

    def answered(self, *co: str, outcome: str = "A", **changes: Any) -> Any:
        """A suggestion that its lead unit answered."""
        case = self.handed("housing", *co, **changes)
        self.accept(case, "housing", *co)
        for unit in co:
            self.step(unit, self.task(case, unit), "give_opinion", **OPINION)
        self.fix(case, "housing")
        self.meet(case, "housing")
        self.step("housing", self.task(case, "housing"), "reply", **{**REPLY, "outcome": outcome})
        return self.fresh(case)


def build(tree: Any) -> World:
    """The county with the plugin on: an office, three deputies, a deputy of a town, three units with a clerk each, a reader."""
    from grid321.core import switches
    from grid321.core.people import Department, Person, Post

    switches.turn("suggestion_tracking", tree.county, True)
    found, here = World(tree), snapshot.current().tree
    with db.transaction():
        for name, label in (("housing", "住房和城乡建设局"), ("traffic", "交通运输局"), ("water", "水利局")):
            found.units[name] = Department.create(name=label, kind="bureau", **ancestor_columns(here, tree.county))
        for who, name, place, post in (
                ("deputy", "李秀梅", tree.county, "core_deputy_county"), ("second", "王建国", tree.county, "core_deputy_county"),
                ("third", "张桂兰", tree.county, "core_deputy_county"), ("townsman", "赵德发", tree.town, "core_deputy_town"),
                ("leader_person", "陈志远", tree.county, None)):
            person = Person.create(name=name, **ancestor_columns(here, place))
            found.people[who] = person
            if post is not None:
                Post.create(person_id=person.id, kind=post, from_day=date(2022, 1, 1), **ancestor_columns(here, place))
        snapshot.bump()
    for who, role, unit in (("office", "county_officer", None), ("colleague", "county_officer", None),
                            ("reader", "viewer", None), ("housing", "unit_clerk", "housing"),
                            ("traffic", "unit_clerk", "traffic"), ("water", "unit_clerk", "water")):
        found.actors[who] = actor_for(make_account(KEY + role, tree.county, found.units[unit] if unit else None))
    for who in ("deputy", "second", "townsman"):
        account = make_account(None, tree.county)
        account.person_id = found.people[who].id
        account.save()
        found.actors[who] = actor_for(account)
    return found

"""A county with deputies, units and officers, and suggestions taken as far as a test of supervision needs them."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from grid321.core import accounts, db, engine, records, schemas, settings, snapshot
from grid321.core.access import SYSTEM
from grid321.core.clock_rows import Deadline, Escalation
from grid321.core.people import Department, Person, Post
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, actor_for, make_account
from grid321.core.tree import ancestor_columns

P = "suggestion_tracking."
PASSED = {"one_matter": "yes", "concrete": "yes", "within_powers": "yes"}
TEXT = ("汉江路中段二十盏路灯已有半年不亮，晚自习的学生回家很不安全，老人夜里出门看不见路，群众意见很大。"
        "代表走访沿线三个小区八十户居民，大家都希望尽快修复，并明确由谁管护、多久巡查一次。")
REPLY = "您提出的建议已经办理，二十盏路灯全部更换完毕，并落实了管护单位和巡查人员。"


def today():
    """Today in China."""
    return db.local_day()


def day(days):
    """A day from today as people type it."""
    return (today() + timedelta(days=days)).isoformat()


def clock_of(name, case, key):
    """The newest clock of a case with that key."""
    return Deadline.select().where((Deadline.entity == f"suggestion_tracking.{name}") & (Deadline.record_id == case.id)
                                   & (Deadline.clock == key)).order_by(Deadline.id.desc()).first()


def under_supervision(case):
    """How often a case is under supervision now."""
    found = Escalation.select().where((Escalation.record_id == case.id) & (Escalation.kind == "supervise") & Escalation.open)
    return found.count()


@dataclass
class Supervised:
    """The people by what they are, and short ways to act as them."""

    app: Any
    tree: Any

    def __post_init__(self) -> None:
        tree, county = self.tree, ancestor_columns(snapshot.current().tree, self.tree.county)
        self.bureau = Department.create(name="住建局", kind="bureau", **county)
        self.police = Department.create(name="公安局", kind="bureau", **county)
        self.accounts: dict[str, Any] = {}
        self.people: dict[str, Any] = {}
        for who, name in (("deputy", "周代表"), ("cosigner", "吴代表"), ("other_deputy", "郑代表")):
            self.people[who] = Person.create(name=name, **county)
            Post.create(person_id=self.people[who].id, kind="core_deputy_county", from_day=db.local_day() - timedelta(days=400),
                        **county)
            self.accounts[who] = make_account("core.deputy", tree.county)
            accounts.Account.update(person_id=self.people[who].id).where(accounts.Account.id == self.accounts[who].id).execute()
        for who, role, department in (("officer", "county_officer", None), ("supervisor", "supervisor", None),
                                      ("clerk", "unit_clerk", self.bureau), ("police", "unit_clerk", self.police),
                                      ("viewer", "viewer", None)):
            self.accounts[who] = make_account(P + role, tree.county, department)

    def actor(self, who: str) -> Any:
        """What one of the people may do."""
        return SYSTEM if who == "system" else actor_for(accounts.get(self.accounts[who].id))

    def browser(self, who: str) -> Any:
        """The browser in which one of the people is logged in."""
        return Browser.of_account(self.app, accounts.get(self.accounts[who].id))

    def put(self, key: str, value: Any) -> None:
        """Let the county set something, long ago."""
        settings.put(key, self.tree.county, value, source="县人大办规定", valid_from=date(2020, 1, 1))

    def entity(self, name: str) -> Any:
        """An entity of the plugin."""
        return registry().entity(P + name)

    def make(self, name: str, who: str = "officer", **raw: Any) -> Any:
        """Create a record as one of the people, from what they would type."""
        entity, actor = self.entity(name), self.actor(who)
        fields = schemas.fields_of(entity.schema)
        raw = {**({"division": self.tree.county.code} if "division" in fields else {}), **raw}
        data = schemas.load(entity.schema, raw, node=self.tree.county, actor=actor)
        return records.create(entity, data, actor, self.tree.county)

    def step(self, name: str, who: str, case: Any, key: str, **raw: Any) -> Any:
        """Take a step with the answers of its forms; returns the case as it is stored then."""
        entity, actor = self.entity(name), self.actor(who)
        asks = engine.workflow_for(entity, case).transition(key).asks
        data = schemas.load_many(asks, raw, node=self.tree.county, actor=actor) if asks else {}
        engine.perform(entity, case.id, key, data, actor, None, self.tree.county)
        return self.fresh(name, case)

    def fresh(self, name: str, case: Any) -> Any:
        """A record as it is stored now."""
        return self.entity(name).model.get_by_id(case.id)

    def rows(self, name: str, **wanted: Any) -> list[Any]:
        """The stored records with these values, oldest first."""
        model = self.entity(name).model
        query = model.select().order_by(model.id)
        for column, value in wanted.items():
            query = query.where(getattr(model, column) == value)
        return list(query)

    # -- a suggestion on its way ---------------------------------------------------------------------------------------

    def suggestion(self, **values: Any) -> Any:
        """A suggestion that the leading deputy raised and another one signed."""
        found = {"title": "关于修复汉江路路灯的建议", "kind": self.subject(), "content": TEXT, "reasons": TEXT, "proposal": TEXT,
                 "basis": "visit", "deputy": self.people["deputy"].id, "wish_contact": False, **values}
        case = self.make("suggestion", **found)
        self.make("cosigner", suggestion_number=case.number, person=self.people["cosigner"].id)
        return self.fresh("suggestion", case)

    def subject(self) -> str:
        """The first subject of suggestions here."""
        return next(iter(snapshot.current().classes.labels(P + "subject", self.tree.county)))

    def handed(self, **values: Any) -> Any:
        """A suggestion that was checked and handed to the bureau."""
        case = self.step("suggestion", "officer", self.suggestion(**values), "pass_check", **PASSED)
        return self.step("suggestion", "officer", case, "assign", department=self.bureau.id)

    def answered(self, outcome: str = "A", **values: Any) -> Any:
        """A suggestion with a reply that the office entered."""
        promised = {key: values.pop(key) for key in ("commitment", "commitment_on") if key in values}
        said = {"outcome": outcome, "text": REPLY, **promised}
        return self.step("suggestion", "officer", self.handed(**values), "enter_reply", **said)

    def card(self, case: Any, who: str = "deputy", number: int = 1) -> Any:
        """The receipt card of a deputy for a round."""
        return self.rows("receipt", suggestion_number=case.number, deputy_id=self.people[who].id, round=number)[0]

    def give(self, case: Any, result: str, attitude: str = "satisfied", who: str = "deputy", number: int = 1) -> Any:
        """Let a deputy give a card back in the own account; returns the suggestion."""
        self.step("receipt", who, self.card(case, who, number), "give", result=result, attitude=attitude)
        return self.fresh("suggestion", case)

    def twice_rejected(self) -> Any:
        """A suggestion whose deputy is still not satisfied after the second handling."""
        case = self.give(self.answered(), "not")
        case = self.step("suggestion", "officer", case, "redo", reason="没有说明由谁管护。")
        case = self.step("suggestion", "officer", case, "enter_reply", outcome="A", text=REPLY)
        return self.give(case, "not", number=2)

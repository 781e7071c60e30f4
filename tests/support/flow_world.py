"""People around a case who take its steps: what tests of plugins with a handling on several levels share."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class FlowWorld:
    """The people of a flow by what they are, and short ways to act as them. ``tree`` is the small tree of the tests."""

    tree: Any
    entity_key: str
    actors: dict[str, Any] = field(default_factory=dict)

    @property
    def entity(self) -> Any:
        """The kind of case that flows."""
        from grid321.core.registry import registry

        return registry().entity(self.entity_key)

    def browser(self, who: str) -> Any:
        """The browser in which one of the people is logged in."""
        from flask import current_app

        from grid321.core import accounts
        from grid321.core.testing_browser import Browser

        return Browser.of_account(current_app._get_current_object(), accounts.get(self.actors[who].account_id))

    def register(self, who: str, raw: dict[str, Any]) -> Any:
        """Register a case as ``who`` from JSON values."""
        from grid321.core import records, schemas

        actor = self.actors[who]
        data = schemas.load(self.entity.schema, raw, node=self.tree.county, actor=actor)
        return records.create(self.entity, data, actor, self.tree.county)

    def meet(self, case: Any, key: str, **said: Any) -> Any:
        """Hold the meeting of the case's holder that decides ``key`` for it, and return its record."""
        from grid321.core import db, engine, meeting_decisions, snapshot

        holder = snapshot.current().tree.get(case.holder_id)
        kinds = engine.workflow_for(self.entity, case).transition(key).meeting
        kind = next(one for one in kinds if one.startswith(holder.level))
        item = {"entity": self.entity.key, "record_id": case.id, "decision": key, **said}
        return meeting_decisions.record(holder, kind, db.local_day(), [item], chair="王建国", attendees="应到7人，实到6人")

    def step(self, who: str, case: Any, key: str, answers: dict[str, Any] | None = None, *, meet: bool = True) -> Any:
        """Take a step as ``who`` with the answers of its forms, and return the case; the meeting it needs is held before."""
        from grid321.core import engine, schemas

        workflow = engine.workflow_for(self.entity, case)
        actor = self.actors[who]
        if meet and case.state in workflow.transition(key).sources and workflow.transition(key).meeting:
            said = {name: (answers or {})[key_] for name, key_ in (("department_id", "department"), ("note", "reason"))
                    if key_ in (answers or {})}
            self.meet(case, key, **said)
        asks = workflow.transition(key).asks
        data = schemas.load_many(asks, answers or {}, node=self.tree.county, actor=actor) if asks else {}
        return engine.perform(self.entity, case.id, key, data, actor, case.version, self.tree.county).record

    def walk(self, case: Any, *steps: tuple[Any, ...]) -> Any:
        """Take several steps, each (who, key) or (who, key, answers)."""
        for who, key, *answers in steps:
            case = self.step(who, case, key, *answers)
        return case

    def possible(self, who: str, case: Any) -> set[str]:
        """Keys of the steps that ``who`` is offered."""
        from grid321.core import engine

        return {step.key for step in engine.possible(self.entity, case, self.actors[who])}

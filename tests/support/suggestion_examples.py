"""What the kit of checks needs to make suggestions and what hangs on them: deputies, a second unit, suggestions on their way."""
from __future__ import annotations

from typing import Any

from grid321.core import db, engine, records, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.registry import registry
from grid321.core.tree import ancestor_columns

from .suggestion_world import CONTENT

P = "suggestion_tracking."
TOWN = "610902104"


def prepare(world: Any) -> None:
    """Give each congress deputies and a second unit."""
    from grid321.core.people import Department, Person, Post

    here = snapshot.current().tree
    with db.transaction():
        for node in (world.tree.town, world.tree.county, world.tree.other_town):
            columns = ancestor_columns(here, node)
            Department.create(name=f"Second office of {node.code}", **columns)
            for name in ("李秀梅", "王建国", "张桂兰"):
                person = Person.create(name=name, **columns)
                Post.create(person_id=person.id, kind=f"core_deputy_{node.level}", from_day=db.local_day(), **columns)
        snapshot.bump()


def suggestion(state: str = "raised", unit: int = 0, code: str = TOWN) -> Any:
    """A suggestion to the congress of the town: ``raised``, or ``assigned`` to its first or second unit."""
    from grid321.core.people import Department, Person, Post

    node = snapshot.current().tree.by_code(code)
    assert node is not None
    entity = registry().entity(P + "suggestion")
    deputy = Person.select().join(Post, on=(Post.person_id == Person.id)).where(
        (Post.division_id == node.id) & (Post.kind == f"core_deputy_{node.level}")).order_by(Person.id).first()
    case = records.create(entity, {
        "title": "关于增设路灯的建议", "kind": "building", "content": CONTENT,
        "reasons": "夜间出行不安全。", "proposal": "增设二十盏路灯。", "basis": "visit",
        "deputy_id": deputy.id, "wish_contact": False}, SYSTEM, node)
    if state == "raised":
        return case
    yes = {"one_matter": "yes", "concrete": "yes", "within_powers": "yes"}
    units = [row.id for row in Department.select().where(Department.division_id == node.id).order_by(Department.id)]
    engine.perform(entity, case.id, "pass_check", yes, SYSTEM, None, node)
    return engine.perform(entity, case.id, "assign", {"department_id": units[unit], "is_major": False}, SYSTEM, None, node).record


def raised(number: int) -> str:
    """The number of a new suggestion that is not checked yet."""
    return str(suggestion().number)


def handed(number: int) -> str:
    """The number of a new suggestion that the second unit of the town leads."""
    return str(suggestion("assigned", unit=1).number)


def separate(number: int) -> str:
    """The number of a new suggestion that separate units handle: the second one of the town, and whoever is added."""
    case = suggestion("assigned", unit=1)
    model = type(case)
    model.update(way="separate").where(model.id == case.id).execute()
    task = registry().entity(P + "task").model
    task.update(role="separate").where(task.suggestion_id == case.id).execute()
    return str(case.number)


LONG = {"content": CONTENT, "earlier_number": None, "repeated_years": None, "wish_contact": False, "session": None,
        "basis": "visit"}
EXAMPLES: dict[str, Any] = {
    P + "suggestion": LONG,
    P + "cosigner": {"suggestion_number": raised, "person": lambda number: second_deputy()},
    P + "task": [{"suggestion_number": separate, "role": "separate"}, {"suggestion_number": handed, "role": "co"}],
    P + "contact": {"suggestion_number": handed, "department": None},
    P + "suggestion_handling.pass_check": {"one_matter": "yes", "concrete": "yes", "within_powers": "yes"},
    P + "suggestion_handling.assign": {"co_1": None, "co_2": None, "co_3": None, "is_major": False, "joint_reply": False,
                                         "level_reply": "unit"},
    P + "suggestion_handling.assign_separate": {"unit_1": lambda number: unit_of(0), "unit_2": lambda number: unit_of(1),
                                                "unit_3": None, "unit_4": None, "is_major": False, "level_reply": "unit"},
    P + "suggestion_handling.enter_reply": [
        {"commitment": None, "commitment_on": None, "text": "路灯已经全部安装并亮灯。", "outcome": "A"},
        {"commitment": "年底前再装十盏。", "commitment_on": "2190-01-01", "text": "已列入计划，年底前全部安装。",
         "outcome": "B"},
        {"commitment": None, "commitment_on": None, "text": "目前没有资金，暂时不能安装。", "outcome": "C"}],
    **{f"{P}suggestion_handling.key_{state}": {"key_leader": None} for state in ("checked", "assigned", "handling")},
    P + "suggestion_handling.exclude": {"excluded_reason": "level"},
    P + "suggestion_handling.redo": {"limit": "1 m"},
    **{f"{P}task_handling.{step}": {"commitment": None, "commitment_on": None, "text": "路灯已经全部安装并亮灯。", "outcome": "A"}
       for step in ("reply", "reply_again")},
    P + "suggestion_handling.receipt_good": {"rating": "satisfied", "attitude": "satisfied"},
    P + "suggestion_handling.receipt_bad": {"rating": "not", "attitude": "not"},
    P + "suggestion_handling.receipt_bad_again": {"rating": "not", "attitude": "not"},
}
"""Values by entity and by step, where the kit cannot guess."""


def second_deputy() -> int:
    """The id of a deputy of the town who does not lead the suggestions made here."""
    from grid321.core.people import Person, Post

    node = snapshot.current().tree.by_code(TOWN)
    assert node is not None
    return int(Person.select(Person.id).join(Post, on=(Post.person_id == Person.id)).where(
        (Post.division_id == node.id) & (Post.kind == "core_deputy_town")).order_by(Person.id.desc()).first().id)


def unit_of(number: int) -> int:
    """The id of a unit of the town."""
    from grid321.core.people import Department

    node = snapshot.current().tree.by_code(TOWN)
    assert node is not None
    return [row.id for row in Department.select().where(Department.division_id == node.id).order_by(Department.id)][number]

"""What the kit of checks needs to make suggestions and what hangs on them: deputies, a second unit, suggestions on their way."""
from __future__ import annotations

from typing import Any

from grid321.core import db, engine, records, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.field_base import current_frame
from grid321.core.registry import registry
from grid321.core.tree import Node, ancestor_columns

from .suggestion_world import CONTENT

P = "suggestion_tracking."
CONGRESSES = ("town", "county")


def prepare(world: Any) -> None:
    """Give each congress deputies and a second unit."""
    from grid321.core.people import Department, Person, Post

    here = snapshot.current().tree
    with db.transaction():
        for node in [node for node in here if node.level in CONGRESSES]:
            columns = ancestor_columns(here, node)
            Department.create(name=f"Second office of {node.code}", **columns)
            for name in ("李秀梅", "王建国", "张桂兰"):
                person = Person.create(name=name, **columns)
                Post.create(person_id=person.id, kind=f"core_deputy_{node.level}", from_day=db.local_day(), **columns)
        snapshot.bump()


def congress() -> Node:
    """The town or county where the kit makes its record, or the nearest one above: there deputies raise suggestions."""
    here = snapshot.current().tree
    above = [node for node in map(here.get, reversed(current_frame().node.path)) if node is not None]
    return next(node for node in above if node.level in CONGRESSES)


def deputies(node: Node) -> list[int]:
    """The ids of the deputies of a congress: the first one leads the suggestions made here."""
    from grid321.core.people import Post

    return [row[0] for row in Post.select(Post.person_id).where(
        (Post.division_id == node.id) & (Post.kind == f"core_deputy_{node.level}")).order_by(Post.person_id).tuples()]


def units(node: Node) -> list[int]:
    """The ids of the units of a division."""
    from grid321.core.people import Department

    return [row.id for row in Department.select(Department.id).where(Department.division_id == node.id).order_by(Department.id)]


def suggestion(state: str = "raised", unit: int = 0, node: Node | None = None) -> Any:
    """A suggestion to a congress, by default where the kit is: ``raised``, or ``assigned`` to its first or second unit."""
    node = node or congress()
    entity = registry().entity(P + "suggestion")
    case = records.create(entity, {
        "title": "关于增设路灯的建议", "kind": "building", "content": CONTENT,
        "reasons": "夜间出行不安全。", "proposal": "增设二十盏路灯。", "basis": "visit",
        "deputy_id": deputies(node)[0], "wish_contact": False}, SYSTEM, node)
    if state == "raised":
        return case
    yes = {"one_matter": "yes", "concrete": "yes", "within_powers": "yes"}
    engine.perform(entity, case.id, "pass_check", yes, SYSTEM, None, node)
    answers = {"department_id": units(node)[unit], "is_major": False}
    return engine.perform(entity, case.id, "assign", answers, SYSTEM, None, node).record


def raised(number: int) -> str:
    """The number of a new suggestion that is not checked yet."""
    return str(suggestion().number)


def handed(number: int) -> str:
    """The number of a new suggestion that the second unit leads."""
    return str(suggestion("assigned", unit=1).number)


def separate(number: int) -> str:
    """The number of a new suggestion that separate units handle: the second one here, and whoever is added."""
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


def lead_deputy() -> int:
    """The id of the deputy who leads the suggestions made here."""
    return deputies(congress())[0]


def second_deputy() -> int:
    """The id of a deputy who does not lead the suggestions made here."""
    return deputies(congress())[-1]


def unit_of(number: int) -> int:
    """The id of a unit of the congress where the kit is."""
    return units(congress())[number]

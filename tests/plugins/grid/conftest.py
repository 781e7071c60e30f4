"""One town with a village, a grid, an office and everybody who acts in the flow; a second town beside it."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from ...support.flow_world import FlowWorld

ANSWER = {"text": "已现场处理，问题解决。", "outcome": "solved"}
REASON = {"reason": "不属于本单位职责。"}
SATISFIED = {"result": "satisfied", "attitude": "satisfied"}
NOT_SATISFIED = {"reason": "只修了一半。", "attitude": "basically"}
REPORT = {"kind": "ledger", "ledger_class": "safety", "text": "3号楼消防通道被杂物堵住。请尽快清理。"}


@dataclass
class World(FlowWorld):
    """The people of the handling of reports."""

    grid: Any = None
    second_grid: Any = None
    office: Any = None
    bureau: Any = None

    def report(self, who: str = "worker", **changes: Any) -> Any:
        """Report a matter in the grid as ``who``."""
        return self.register(who, {**REPORT, "division": self.grid.code, **changes})

    def hand(self, department: Any = None) -> dict[str, Any]:
        """Answers of handing over to the office (or another department)."""
        return {"department": (department or self.office).id, "way": "alone", "note": "请限期办结"}

    def at_town(self) -> Any:
        """A report that the village has sent up."""
        return self.walk(self.report(), ("secretary", "accept"), ("secretary", "study"), ("secretary", "send_up"))

    def at_county(self) -> Any:
        """A report that the town has sent up."""
        return self.step("officer", self.at_town(), "send_up_county")

    def answered(self, outcome: str = "solved") -> Any:
        """A report that the village answered on the spot."""
        return self.step("secretary", self.report(), "solve_on_spot", {**ANSWER, "outcome": outcome})


@pytest.fixture
def plugin_modules() -> list[Any]:
    """Only this plugin."""
    from grid321.plugins import grid

    return [grid]


@pytest.fixture
def world(staged: Any, division_tree: Any, switch_on: Any, make_account: Any) -> World:
    """The town 五里镇 with the plugin on, two grids in 五里村, an office, a bureau of the county, and the people."""
    found: World = staged(people_of_grids, division_tree, switch_on, make_account)
    return found


def people_of_grids(division_tree: Any, switch_on: Any, make_account: Any) -> World:
    """Switch the plugin on in 五里镇's county, lay out its grids and appoint everybody."""
    from grid321.core import access, records, snapshot
    from grid321.core.people import Department
    from grid321.core.registry import registry
    from grid321.core.testing_browser import actor_for
    from grid321.core.tree import ancestor_columns

    switch_on("grid", division_tree.county)
    tree = snapshot.current().tree
    office = Department.create(name="应急管理办", kind="office", **ancestor_columns(tree, division_tree.town))
    bureau = Department.create(name="应急管理局", kind="bureau", **ancestor_columns(tree, division_tree.county))
    grid_entity = registry().entity("grid.grid")
    made = [records.create(grid_entity, {"village_id": division_tree.village.id, "name": name, "kind": "basic", "subject": "",
                                         "households": 80, "people": 260, "boundary": None, "coordinates": None},
                           access.SYSTEM, division_tree.village) for name in ("第一网格", "第二网格")]
    nodes = [division_tree.node(one.code) for one in made]
    found = World(division_tree, "grid.report", grid=nodes[0], second_grid=nodes[1], office=office, bureau=bureau)
    for who, role, place, department in (
            ("worker", "grid.worker", nodes[0], None), ("neighbour", "grid.worker", nodes[1], None),
            ("secretary", "grid.village_secretary", division_tree.village, None),
            ("other_secretary", "grid.village_secretary", division_tree.second_village, None),
            ("officer", "grid.town_officer", division_tree.town, None),
            ("other_officer", "grid.town_officer", division_tree.other_town, None),
            ("clerk", "grid.town_clerk", division_tree.town, None),
            ("county", "grid.county_officer", division_tree.county, None),
            ("office", "grid.department_clerk", division_tree.town, office),
            ("bureau", "grid.department_clerk", division_tree.county, bureau)):
        found.actors[who] = actor_for(make_account(role, place, department))
    return found


@pytest.fixture
def autumn(world: World, tick: Any) -> World:
    """October and November 2026 with matters at all three levels; it is 3 December."""
    tick(date(2026, 10, 12), sweep=False)
    world.kept = world.report()
    world.up = world.at_town()
    world.done = world.walk(world.report(), ("secretary", "solve_on_spot", ANSWER), ("worker", "rate", SATISFIED),
                            ("secretary", "write_off"))
    tick(date(2026, 11, 9), sweep=False)
    world.step("secretary", world.kept, "accept")
    world.higher = world.step("officer", world.up, "send_up_county")
    world.walk(world.report(), ("secretary", "solve_on_spot", ANSWER))
    tick(date(2026, 12, 3), sweep=False)
    return world

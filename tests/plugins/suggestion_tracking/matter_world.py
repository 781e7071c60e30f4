"""The people around a matter: what its tests share."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ...support.flow_world import FlowWorld

ANSWER = {"text": "已维修并试亮，问题解决。", "outcome": "A", "way": "alone"}
TOLD = {"resident_on": "2026-11-20", "how": "phone"}
SATISFIED = {"result": "satisfied", "attitude": "satisfied"}
OBJECTION = {"reason": "只修了一半。", "attitude": "basically"}
EVIDENCE = {"evidence": "11月20日村监委会到场查看，路灯全部点亮，照片附后。"}
REASON = {"reason": "不属于本单位职责。"}
PHONE = "13891500017"
MATTER = {"kind": "roads", "text": "村口的路灯坏了三盏，晚上出门看不见路。希望修好。", "source": "reception",
          "contact_name": "赵秀兰", "contact_phone": PHONE, "wants_answer": True}


@dataclass
class MatterWorld(FlowWorld):
    """五里镇 with everybody who acts for a matter."""

    office: Any = None
    bureau: Any = None

    def matter(self, who: str = "registrar", **changes: Any) -> Any:
        """Register a matter in the village."""
        return self.register(who, {**MATTER, "division": self.tree.village.code, **changes})

    def hand(self, department: Any = None, **more: Any) -> dict[str, Any]:
        """Answers of handing over to the office (or another department)."""
        return {"department": (department or self.office).id, "way": "alone", "note": "请限期办结", **more}

    def face_to_face(self) -> dict[str, Any]:
        """Answers of the county's hand-over to the bureau."""
        return self.hand(self.bureau, face_to_face_on="2026-11-20", face_to_face_who="住建局副局长李建军，人大代工委张红交办")

    def at_town(self, **changes: Any) -> Any:
        """A matter that the village has sent up."""
        return self.walk(self.matter(**changes), ("village", "accept"), ("village", "study"), ("village", "send_up"))

    def at_county(self, **changes: Any) -> Any:
        """A matter that the town has sent up."""
        return self.step("town", self.at_town(**changes), "send_up_county")

    def answered(self, answer: dict[str, Any] | None = None, **changes: Any) -> Any:
        """A matter that the village answered on the spot."""
        return self.step("village", self.matter(**changes), "solve_on_spot", {**ANSWER, **(answer or {})})

    def rated(self, answer: dict[str, Any] | None = None, **changes: Any) -> Any:
        """A matter whose answer the resident was told and rated by telephone."""
        return self.walk(self.answered(answer, **changes), ("village", "feed_back", TOLD), ("village", "rate_told", SATISFIED))


PEOPLE = (("registrar", "registrar", "village", ""), ("informant", "informant", "village", ""),
          ("village", "village_officer", "village", ""), ("other_village", "village_officer", "second_village", ""),
          ("town", "town_officer", "town", ""), ("other_town", "town_officer", "other_town", ""),
          ("county", "county_officer", "county", ""), ("reader", "viewer", "county", ""),
          ("office", "unit_clerk", "town", "office"), ("bureau", "unit_clerk", "county", "bureau"))


def people_around(tree: Any, switch_on: Any, make_account: Any) -> MatterWorld:
    """Switch the plugin on in the county and appoint everybody."""
    from grid321.core import snapshot
    from grid321.core.people import Department
    from grid321.core.testing_browser import actor_for
    from grid321.core.tree import ancestor_columns

    switch_on("suggestion_tracking", tree.county)
    now = snapshot.current().tree
    units = {"office": Department.create(name="村镇建设办", kind="office", **ancestor_columns(now, tree.town)),
             "bureau": Department.create(name="住房和城乡建设局", kind="bureau", **ancestor_columns(now, tree.county))}
    found = MatterWorld(tree, "suggestion_tracking.matter", **units)
    for who, role, place, unit in PEOPLE:
        found.actors[who] = actor_for(make_account(f"suggestion_tracking.{role}", getattr(tree, place), units.get(unit)))
    return found


@pytest.fixture
def plugin_modules() -> list[Any]:
    """Only this plugin."""
    from grid321.plugins import suggestion_tracking

    return [suggestion_tracking]


@pytest.fixture
def world(staged: Any, division_tree: Any, switch_on: Any, make_account: Any, tick: Any) -> MatterWorld:
    """The people; it is 20 November 2026."""
    from datetime import date

    tick(date(2026, 11, 20), sweep=False)
    found: MatterWorld = staged(people_around, division_tree, switch_on, make_account)
    return found

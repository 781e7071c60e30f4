"""The ground of tests about opinions: the stations' people on 20 November 2026, an office of the town, a bureau of the county."""
from __future__ import annotations

from datetime import date

import pytest
from support import station_world
from support.flow_world import FlowWorld

from grid321.core import records, snapshot
from grid321.core.people import Department
from grid321.core.testing_browser import actor_for, make_account
from grid321.core.tree import ancestor_columns

OPINION = "liaison_station.opinion"
COLLATE = {"kind": "roads", "title": "修好村口三盏路灯"}
ANSWER = {"text": "三盏路灯已全部修好并试亮。", "outcome": "A", "way": "alone"}
TOLD = {"voter_on": "2026-11-20", "how": "phone", "deputy_on": "2026-11-20"}
SATISFIED = {"result": "satisfied", "attitude": "satisfied"}
OBJECTION = {"reason": "只修了一盏。", "attitude": "basically"}
EVIDENCE = {"evidence": "11月20日村监委会到场查看，三盏灯全部点亮。"}
REASON = {"reason": "不属于本单位职责。"}


class Flow(FlowWorld):
    """The stations' people around opinions, with an office of the town and a bureau of the county."""

    def opinion(self, who="village_liaison", **changes):
        """Register an opinion of the village."""
        stations = self.stations
        values = {"station_id": stations["wuli_village"].id, "kind": "other", "text": "村口的路灯坏了三盏。希望修好。",
                  "deputy_id": self.deputies["zhao"].id, "name": "吴秀兰", "phone": "13909150001", "wants_answer": True,
                  "division_id": self.tree.village.id, **changes}
        return records.create(self.entity, values, self.actors[who], self.tree.county)

    def at_town(self, **changes):
        """An opinion that the village has sent up."""
        return self.walk(self.opinion(**changes), ("village_liaison", "accept", COLLATE), ("village_liaison", "study"),
                         ("village_liaison", "send_up"))

    def answered(self, answer=None, **changes):
        """An opinion that the village answered on the spot."""
        return self.walk(self.opinion(**changes), ("village_liaison", "accept", COLLATE),
                         ("village_liaison", "solve_on_spot", {**ANSWER, **(answer or {})}))

    def told(self, answer=None, **changes):
        """One whose answer deputy and voter were told."""
        return self.step("village_liaison", self.answered(answer, **changes), "feed_back", TOLD)


DAY = date(2026, 11, 20)


def build(tree):
    """The world of stations on that day."""
    return station_world.build(tree)


@pytest.fixture
def world(staged, division_tree, tick):
    """Stations, deputies and who works there; it is 20 November 2026."""
    tick(DAY, sweep=False)
    return staged(build, division_tree)


@pytest.fixture
def flow(world):
    """The same people around opinions, with clerks of two units."""
    found = Flow(world.tree, OPINION, dict(world.actors))
    found.stations, found.deputies, found.people = world.stations, world.deputies, world.people
    tree = snapshot.current().tree
    found.office = Department.create(name="村镇建设办", kind="office", **ancestor_columns(tree, world.tree.town))
    found.bureau = Department.create(name="住房和城乡建设局", kind="bureau", **ancestor_columns(tree, world.tree.county))
    for who, unit, place in (("office", found.office, world.tree.town), ("bureau", found.bureau, world.tree.county)):
        found.actors[who] = actor_for(make_account("liaison_station.unit_clerk", place, unit))
    return found

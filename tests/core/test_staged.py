"""The fixture ``staged``: what many tests stand on is built once, and no test sees what another one did to it."""
from types import SimpleNamespace

from grid321.core import snapshot, switches
from grid321.core.people import Department
from grid321.core.tree import ancestor_columns

calls = []


def office(division_tree):
    """A unit of the town, and something else that a test could change."""
    calls.append(1)
    here = ancestor_columns(snapshot.current().tree, division_tree.town)
    return SimpleNamespace(unit=Department.create(name="水利局", kind="office", **here), names={"一": ["二"]})


def test_whoever_asks_gets_the_scene_as_it_was_built_whatever_was_done_to_it(staged, division_tree):
    for _time in range(3):
        found = staged(office, division_tree)
        assert (found.unit.name, found.names, Department.select().count()) == ("水利局", {"一": ["二"]}, 1)
        found.unit.name = "改了"
        found.unit.save()
        found.names["一"].append("三")
        Department.create(name="路人局", kind="office", **ancestor_columns(snapshot.current().tree, division_tree.town))
        built = len(calls)
    staged(office, division_tree)
    assert len(calls) == built


def test_what_stood_before_the_scene_was_asked_for_is_kept(staged, division_tree, switch_on):
    switch_on("matters", division_tree.county)
    staged(office, division_tree)
    for _time in range(2):
        staged(office, division_tree)
        assert [(one.plugin, one.on) for one in switches.Switch.select()] == [("matters", True)]

"""The core's own tests run on the test plugin ``matters`` and the small tree, with one town switched on."""
from types import SimpleNamespace

import pytest
from support import matters
from support.watched_queries import queries

__all__ = ["queries"]


@pytest.fixture
def plugin_modules():
    """The application of these tests carries the core and ``matters``."""
    return [matters]


@pytest.fixture
def here(staged, division_tree, switch_on, make_account):
    """Return entity, workflow, divisions, an office, and the actors of one matter's life."""
    return staged(people_of_matters, division_tree, switch_on, make_account)


def people_of_matters(division_tree, switch_on, make_account):
    """Switch ``matters`` on in the county and appoint everybody."""
    from grid321.core import access, records
    from grid321.core.actor import SYSTEM
    from grid321.core.registry import registry

    switch_on("matters", division_tree.county)
    known = registry()
    office = records.create(known.entity("core.department"), {"name": "综合治理办公室", "kind": "office"}, SYSTEM,
                            division_tree.town)

    def actor(role, division, department=None):
        return access.actor_of(make_account(role, division, department).id)

    return SimpleNamespace(
        entity=known.entity("matters.matter"), note=known.entity("matters.note"), flow=known.workflow_of("matters.matter"),
        tree=division_tree, office=office, actor=actor,
        village=actor("matters.officer", division_tree.village), town=actor("matters.officer", division_tree.town),
        county=actor("matters.officer", division_tree.county), clerk=actor("matters.clerk", division_tree.town, office),
        resident=actor("matters.resident", division_tree.village), reader=actor("matters.reader", division_tree.county))


@pytest.fixture
def raise_matter(here):
    """Return ``raise_matter(title, by, at)``: register a matter and return it."""
    from grid321.core import records

    def create(title="路灯不亮", by=None, at=None, **values):
        node = at or here.tree.village
        return records.create(here.entity, {"title": title, "kind": "light", **values}, by or here.resident, node)

    return create


@pytest.fixture
def step(here):
    """Return ``step(matter, key, actor, **answers)``: take a transition with the matter's present version."""
    from grid321.core import engine

    def take(matter, key, actor, **answers):
        node = here.tree.county
        return engine.perform(here.entity, matter.id, key, answers, actor, matter.version, node).record

    return take

"""Random workflows, clerks, clocks, months, switches and versions: after every action everything that must hold, holds."""
from contextlib import ExitStack
from urllib.parse import urlsplit, urlunsplit

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from support import wild, wilder
from support.wild_machine import Ground, Life, taken

from grid321.core import access, accounts, db, records, switches
from grid321.core.actor import SYSTEM
from grid321.core.registry import registry

CI = settings(max_examples=80, stateful_step_count=25, derandomize=True, deadline=None, database=None,
              suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
"""The same runs every time; a developer who looks for more sets --hypothesis-seed and a larger max_examples."""


@pytest.fixture
def plugin_modules():
    """The application carries the wild plugin and the region's that extends it."""
    return [wild, wilder]


@pytest.fixture
def ground(app, division_tree, databases, make_account):
    """A planted world: accounts for every division, a department each, both plugins in the county."""
    switches.turn("wild", division_tree.county, True)
    offices, actors = {}, {}
    for name in ("village", "second_village", "town", "other_village", "other_town", "county"):
        node = getattr(division_tree, name)
        office = records.create(registry().entity("core.department"), {"name": f"{node.name}办", "kind": "office"}, SYSTEM, node)
        offices[node.id] = office.id
        actors["officer", node.id] = access.actor_of(make_account("wild.officer", node).id)
        actors["clerk", office.id] = access.actor_of(make_account("wild.clerk", node, office).id)
    resident = make_account("wild.resident", division_tree.village)
    for name in ("second_village", "town", "other_village", "other_town", "county"):
        accounts.grant(resident.id, "wild.resident", getattr(division_tree, name))
    actors["resident"] = access.actor_of(resident.id)
    actors["stranger"] = access.actor_of(make_account("wild.officer", division_tree.other_county).id)
    url = address(databases)
    before = app.extensions["grid321"]
    databases.close()
    with ExitStack() as stack:
        stack.callback(app.extensions.__setitem__, "grid321", before)
        yield Ground(app, databases, url, division_tree, offices, actors)


def address(databases):
    """The address of the database that is bound now."""
    name = str(db.database.obj.database)
    if databases.kind == "sqlite":
        return f"sqlite:///{name}"
    return name if "://" in name else urlunsplit(urlsplit(databases.server)._replace(path=f"/{name}"))


OFTEN = ("move stay", "move up", "move down", "move to_department", "move from_department", "by holder", "by department",
         "by reporter", "by scope", "change", "loop", "create", "race",
         "fired", "under version 1", "under version 2")
SEEN = ("paused", "flow solved", "flow closed", "flow withdrawn", "automatic", "flow asked", "step of the region", "edit",
        "impossible", "stranger", "stale", "race of two steps", "switch", "publish", "moved", "stranded", "month")


def test_whatever_happens_everything_that_must_hold_holds(ground):
    taken.clear()
    run_state_machine_as_test(type("Machine", (Life,), {"ground": ground}), settings=CI)
    print(dict(sorted(taken.items())))
    assert {kind: taken[kind] for kind in OFTEN if taken[kind] < 20} == {}, "these were hardly tried"
    assert [kind for kind in SEEN if not taken[kind]] == [], "these never happened"

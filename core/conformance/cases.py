"""Checks of cases that carry others, and of links: with every step of a plugin's workflow, and while the plugin is off."""
from __future__ import annotations

from grid321.core import db, group_checks, groups, links, snapshot, statistics, switches
from grid321.core.access import SYSTEM
from grid321.core.errors import Problem

from .flows import walkers
from .world import World


def check_groups(world: World) -> list[str]:
    """A member follows its lead into every state that the workflow reaches; groups stay sound and nothing is counted twice."""
    found = []
    for walker, walk in walkers(world):
        entity = walker.entity
        if entity.grouping is None:
            continue
        for state, path in walk.states.items():
            lead, member = walker.case(), walker.case()
            try:
                groups.join(entity, member.id, lead.id, SYSTEM, None, world.tree.city)
                case = walker.fresh(lead)
                for step in path:
                    case = walker.take(case, step)
            except Problem as problem:
                found.append(f"{walk.workflow.key}: a lead does not reach {state!r}: {problem.title} {problem.detail}")
                continue
            found += [f"in state {state!r}: {fault}" for fault in group_checks.faults(entity)]
        found += [f"{entity.key}: a figure differs from the recount: {one}" for one in statistics.recount(entity.key)]
    return found


def check_links(world: World) -> list[str]:
    """A link is seen from both records, from none while the plugin is off at one of them, and again afterwards."""
    found = []
    for entity in world.entities:
        one, other = world.create(entity), world.create(entity)
        with db.transaction():
            links.write(entity, one, entity, other, "related", SYSTEM)
        place = snapshot.current().tree.get(getattr(other, "division_id", None))
        if not links.of(entity, one, SYSTEM) or not links.of(entity, other, SYSTEM):
            found.append(f"{entity.key}: a link is not seen from both of its records")
        if place is None or world.manifest.always_on:
            continue
        switches.turn(world.key, place, False)
        try:
            if links.of(entity, one, SYSTEM):
                found.append(f"{entity.key}: off, but a link still shows the record")
        finally:
            switches.turn(world.key, place, True)
        if not links.of(entity, one, SYSTEM):
            found.append(f"{entity.key}: a link did not survive that the plugin was off")
    return found

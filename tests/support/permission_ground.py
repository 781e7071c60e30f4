"""The ground on which the permission matrix is walked: the same records in two towns of a county and in another county.

A plugin's records are made by the kit of checks from ``plugin_examples``; each gets a file, an import, a link and, where it is
a case, a clock. So a new plugin has its rows without a line here. An address that names something which was not made is an
error: nothing is left out of the matrix unnoticed.
"""
from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from grid321.core import accounts, attachments, db, documents, snapshot
from grid321.core.access import SYSTEM
from grid321.core.clock import Deadline
from grid321.core.conformance.world import World
from grid321.core.db import Case
from grid321.core.entity import Entity
from grid321.core.jobs import JobRun
from grid321.core.links import RecordLink
from grid321.core.notify_rows import Delivery
from grid321.core.people import Department, Post
from grid321.core.registry import registry
from grid321.core.testing_browser import make_account
from grid321.core.testing_tree import DivisionTree
from grid321.core.transfer_tables import ImportBatch
from grid321.core.tree import Node, ancestor_columns

from .plugin_examples import OF, Needed

PLACES = ("own", "sibling", "other")
ABSENT_ID, ABSENT_TEXT = 987_654_321, "A" * 22
NOT_MADE = frozenset({"session_id", "view_id", "redating_id", "row_id", "message_id", "correction_id", "token_id"})
"""What belongs to the asking account alone or is made by a long way: asked for as absent. A plugin's own comes before this."""
TEXTS = {"language": "en", "way": "webhook", "text_key": "case.overdue",
         "theme_id": "default", "filename": "core/app.css", "action": "unlock", "plugin": "grid",
         "scheme": "grid.ledger_class", "kind": "rename", "item": "1", "day": "2026-01-01", "month": "2026-01", "version": "2",
         "preset": "henan_2017", "ending": "json", "service_code": "roads", "source": "matter"}
EXAMPLES: dict[str, dict[str, Any]] = {"core.post": {"kind": "grid_worker", "department": None, "to_day": None}}
"""Values where the generic examples do not fit at a grid."""


@dataclass
class Ground:
    """A county with the same records in two towns and in another county.

    ``records[place]`` holds ids by entity key; ``inner[place]`` what hangs on them (files, imports, clocks, links for residents)
    by entity key, or word of the address, and parameter. ``units`` and ``deputies`` are two units and two deputies of a
    town: what is handled and raised there belongs to the first, the second is beside.
    """

    app: Flask
    tree: DivisionTree
    grids: dict[str, Node] = field(default_factory=dict)
    records: dict[str, dict[str, int]] = field(default_factory=lambda: {place: {} for place in PLACES})
    inner: dict[str, dict[tuple[str, str], Any]] = field(default_factory=lambda: {place: {} for place in PLACES})
    units: dict[str, list[int]] = field(default_factory=dict)
    deputies: dict[str, list[int]] = field(default_factory=dict)
    asked: dict[tuple[str, str], Addresses] = field(default_factory=dict)

    def division(self, place: str, level: str) -> Node:
        """The division of that level at a place; for a county the place beside it is the other county."""
        tree = snapshot.current().tree
        found = tree.at_level(self.grids["other" if place == "sibling" and level in {"county", "city"} else place], level)
        assert found is not None
        return found


def plugins() -> list[ModuleType]:
    """The modules of the plugins that are walked: every installed one; none is left out because it cannot be imported."""
    from grid321.core.plugins import discover

    found = discover()
    broken = [name for name, module in found if not isinstance(module, ModuleType)]
    assert not broken, f"cannot be imported: {broken}"
    return [module for _name, module in found if isinstance(module, ModuleType)]


def prepare(app: Flask, modules: Iterable[ModuleType]) -> Ground:
    """Plant the tree and make one record of every entity, an account with a role and what hangs on them at each place."""
    tree = DivisionTree.plant()
    needed = {str(module.plugin.key): OF.get(str(module.plugin.key), Needed()) for module in modules}
    worlds = [World(app, module, tree, {**EXAMPLES, **needed[str(module.plugin.key)].examples}) for module in modules]
    for world in worlds:
        world.furnish()
    for world in worlds:
        needed[world.key].prepare(world)
    ground = Ground(app, tree)
    numbers = itertools.count(1)
    for place, village in {"own": tree.village, "sibling": tree.other_village, "other": tree.node("610921100200")}.items():
        made = _create(worlds, registry().entity("grid.grid"), village, numbers)
        found = snapshot.current().tree.get(made.division_id)
        assert found is not None
        ground.grids[place] = found
        _town(ground, place)
        _furnish(ground, place, registry().entity("grid.grid"), made)
    for place, grid in ground.grids.items():
        for entity in registry().entities.values():
            if entity.key not in ground.records[place]:
                _furnish(ground, place, entity, _create(worlds, entity, grid, numbers))
        _account(ground, place, grid)
        for key, one in needed.items():
            for (word, name), value in one.beside(ground.records[place]).items():
                ground.inner[place][f"{key}.{word}", name] = value
    return ground


def _town(ground: Ground, place: str) -> None:
    """Note the unit and the deputy to whom things belong in the town of a place, and another unit and deputy."""
    town = ground.division(place, "town")
    first = Department.select(Department.id).where(Department.division_id == town.id).order_by(Department.id).first()
    beside = Department.create(name=f"Office beside {town.code}", **ancestor_columns(snapshot.current().tree, town))
    ground.units[place] = [int(first.id), int(beside.id)]
    posts = Post.select(Post.person_id).where((Post.division_id == town.id) & (Post.kind == "core_deputy_town"))
    ground.deputies[place] = [row[0] for row in posts.order_by(Post.id).tuples()][:2]
    assert len(ground.deputies[place]) == 2, "two deputies are needed in the town"


def _create(worlds: list[World], entity: Entity, node: Node, numbers: Iterator[int]) -> Any:
    world = next((one for one in worlds if one.key == entity.plugin), worlds[0])
    world.numbers = numbers
    tree = snapshot.current().tree  # a meeting is not held by a grid: the nearest level above that may have such a record
    fitting = [place for place in map(tree.get, reversed(node.path)) if place and place.level in (entity.levels or (node.level,))]
    return world.create(entity, fitting[0] if fitting else node)


def _furnish(ground: Ground, place: str, entity: Entity, record: Any) -> None:
    """Note a record and give it a file, an import, an export and a job; a case is handed to the town's office."""
    grid, inner = ground.grids[place], ground.inner[place]
    ground.records[place][entity.key] = int(record.id)
    if issubclass(entity.model, Case):
        entity.model.update(department_id=ground.units[place][0]).where(entity.model.id == record.id).execute()
        inner[entity.key, "deadline_id"] = inner[entity.key, "clock_id"] = _clock(entity, record)
    inner[entity.key, "other_id"] = int(record.id)
    inner[entity.key, "link_id"] = int(RecordLink.create(from_entity=entity.key, from_id=record.id, to_entity=entity.key,
                                                         to_id=record.id, kind="related").id)
    picture = attachments.Clean("note.txt", "text/plain", b"example")
    inner[entity.key, "file_id"] = attachments.add(entity, record, [picture], SYSTEM, grid)[0]
    inner[entity.key, "batch_id"] = int(ImportBatch.create(
        entity=entity.key, division_id=grid.id, file_name="x.xlsx", file_hash="0" * 64, columns=[]).id)
    inner["core.deliveries", "delivery_id"] = int(Delivery.create(
        slot=db.new_uid(), target="webhook:1", division_id=grid.id, state="dead").id)
    inner["core.jobs", "run_id"] = int(JobRun.create(key="core.import", division_id=grid.id).id)


def _clock(entity: Entity, record: Any) -> int:
    """A clock of a case: the one that runs, or one that a later state would begin; a row like it where none ever would."""
    running = Deadline.get_or_none((Deadline.entity == entity.key) & (Deadline.record_id == record.id))
    if running is None:
        flow = registry().workflow_of(entity.key)
        assert flow is not None
        later = next((clock.key for state in flow.states for clock in state.clocks), "none")
        running = Deadline.create(entity=entity.key, record_id=record.id, clock=later, division_id=record.division_id,
                                  started_at=db.now(), started_on=db.local_day(), length="10 d", due=db.local_day())
    return int(running.id)


def _account(ground: Ground, place: str, grid: Node) -> None:
    account = make_account("core.staff", grid)
    held = accounts.RoleGrant.get(accounts.RoleGrant.account_id == account.id)
    ground.inner[place].update({("core.accounts", "account_id"): account.id, ("core.revoke", "grant_id"): int(held.id),
                                ("grid.posts", "post_id"): ground.records[place]["core.post"]})


# -- addresses -------------------------------------------------------------------------------------------------------

def made_at(ground: Ground, rule: Rule, place: str) -> dict[str, Any]:
    """What was made at a place for the parameters of an address, by name. Raises ``LookupError`` for what was not made."""
    entity = rule.endpoint.partition(":")[0]
    here, found = ground.inner[place], {}
    plugin = next((key for key in registry().plugins.all if f"/{key}/" in rule.rule), "core")
    words = {name: TEXTS.get(word, word) if open_ else word
             for open_, word, name in re.findall(r"(<(?:\w+:)?)?([\w-]+)>?/(?=<(?:\w+:)?(\w+)>)", rule.rule)}
    for name in sorted(rule.arguments - {"code"}):
        word = words.get(name, "")
        word = f"{plugin}.{word}"
        if (word, name) in here:
            found[name] = here[word, name]
        elif (entity, name) in here:
            found[name] = here[entity, name]
        elif name == "id":
            found[name] = ground.records[place][entity]
        elif name == "record_id":
            found[name] = ground.records[place][word]
        elif name in NOT_MADE:
            found[name] = ABSENT_ID
        elif name.endswith("id") and name not in TEXTS:
            raise LookupError(f"{rule.rule}: nothing was made that {name} could name; see tests/support/plugin_examples.py")
    return found


@dataclass(frozen=True)
class Addresses:
    """What is asked of a route by who works at a level: an address by cell, as far as the route has one.

    ``mixed`` are pairs of addresses of the own record: with a file, clock or link of the record beside, and with none.
    """

    of: dict[str, str]
    mixed: tuple[tuple[str, str], ...] = ()


def addresses(ground: Ground, rule: Rule, level: str) -> Addresses:
    """The addresses of a route, made once for all roles of a level. Raises ``LookupError`` for what was not made."""
    known = ground.asked.get((rule.rule, level))
    if known is None:
        known = ground.asked[rule.rule, level] = _addresses(ground, rule, level)
    return known


def _addresses(ground: Ground, rule: Rule, level: str) -> Addresses:
    own = made_at(ground, rule, "own")
    words = {name: TEXTS.get(name) or _word(ground, rule, name) for name in rule.arguments - {"code", *own}}

    def address(place: str, made: dict[str, Any]) -> str:
        code = {"code": ground.division(place, level).code} if "code" in rule.arguments else {}
        return str(rule.build({**words, **made, **code})[1])  # type: ignore[index]

    if "code" not in rule.arguments:
        return Addresses({"own": address("own", own)})
    beside = made_at(ground, rule, "other" if level in {"county", "city"} else "sibling")
    of = {"own": address("own", own), "sibling": address("sibling", beside),
          "other": address("other", made_at(ground, rule, "other"))}
    if not own:
        return Addresses(of)
    absent = {name: ABSENT_ID if isinstance(value, int) else ABSENT_TEXT for name, value in own.items()}
    inside = [name for name in sorted(own) if name not in {"id", "record_id"}] if len(own) > 1 else []
    return Addresses({**of, "stray": address("own", beside), "absent": address("own", absent)}, tuple(
        (address("own", {**own, name: beside[name]}), address("own", {**own, name: absent[name]})) for name in inside))


def _word(ground: Ground, rule: Rule, name: str) -> str:
    if name == "form":  # one that the record has now
        entity = registry().entity(rule.endpoint.rpartition(":")[0])
        record = entity.model.get_by_id(ground.records["own"][entity.key])
        found = documents.declared(registry(), entity)
        return next((one.name for one in found if one.when is None or one.when(record)), found[-1].name)
    if "workflow" in rule.endpoint and name in {"key", "version"}:
        return {"key": "grid.handling", "version": "2"}[name]
    if name == "measure":
        return next(key for key in registry().measures if key.startswith("grid."))
    entity = rule.endpoint.rpartition(":")[0]
    if "/conver" in rule.rule:
        return next(step for source, step in registry().conversions if source == entity)
    workflow = registry().workflow_of(entity)
    if workflow is not None:
        return str(workflow.transitions[0].key)
    if name == "key":
        return "held" if "/figures/" in rule.rule else "core.session_idle_minutes"
    raise LookupError(f"{rule.rule}: no value is known for {name}")

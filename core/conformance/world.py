"""The small world in which a plugin is tried: an application, a tree, people who may and people who may not."""
from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any

import peewee
from flask import Flask

from grid321.core import db, records, schemas, switches
from grid321.core.actor import SYSTEM, Actor, Grant
from grid321.core.entity import Entity, Plugin
from grid321.core.errors import Invalid
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, actor_for, make_account
from grid321.core.testing_tree import DivisionTree
from grid321.core.tree import Node
from grid321.core.workflow import Workflow

from . import examples

VISITOR_KIND = "core.staff"


_OF_EVERY_RECORD = {"id", *db.Scoped._meta.fields}
"""Columns that the platform fills in itself."""


@dataclass
class World:
    """Everything a check needs. ``examples`` gives values by entity key (or transition key) where the kit cannot guess.

    Several of an entity, as a list, are cases whose ways differ (a unit that leads, one that only gives its opinion): each is
    walked, and records are otherwise made of the first. ``along`` are keys of installed plugins that are switched on too; people
    hold their permissions with those of the plugin: they add steps to its workflows, or cases become records of theirs.
    """

    app: Flask
    module: ModuleType
    tree: DivisionTree
    examples: Mapping[str, Mapping[str, Any] | list[Mapping[str, Any]]] = field(default_factory=dict)
    along: tuple[str, ...] = ()
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def key(self) -> str:
        """The plugin's key."""
        return str(self.manifest.key)

    @property
    def manifest(self) -> Plugin:
        """The plugin's manifest."""
        manifest: Plugin = self.module.plugin
        return manifest

    @cached_property
    def entities(self) -> list[Entity]:
        """The entities of the plugin."""
        return [entity for entity in registry().entities.values() if entity.plugin == self.key]

    def workflow(self, entity: Entity) -> Workflow | None:
        """The newest workflow of an entity."""
        return registry().workflow_of(entity.key)

    def furnish(self) -> None:
        """Switch the plugin (what it requires, and those along) on everywhere; give each division a department and a person.

        Where several plugins are tried in one world, the first gives departments and persons for all.
        """
        from grid321.core.people import Department, Person, Post
        from grid321.core.tree import ancestor_columns

        for key in [*self.manifest.requires, *self.along, self.key]:
            switches.turn(key, self.tree.city, True)
        from grid321.core import db, snapshot

        now = snapshot.current().tree
        if Department.select(Department.id).where(Department.name == f"Office of {self.tree.city.code}").exists():
            return
        with db.transaction():
            for node in list(now):
                columns = ancestor_columns(now, node)
                Department.create(name=f"Office of {node.code}", **columns)
                person = Person.create(name=f"Person of {node.code}", **columns)
                kind = next((post.key for post in registry().posts.values() if not post.levels or node.level in post.levels),
                            "core.member")
                Post.create(person_id=person.id, kind=kind, from_day=db.local_day(), **columns)

    def home(self, entity: Entity, way: int = 0) -> Node:
        """The division at which records of ``entity`` are made: the village, or one of the levels the entity names.

        An example that names its ``division`` is made there.
        """
        named = self.given(entity, way).get("division")
        if named:
            return self.tree.node(named)
        levels = entity.levels or ("village",)
        if "grid" in levels:
            from grid321.core import snapshot

            grids = snapshot.current().tree.subtree(self.tree.village, "grid")
            if grids:
                return grids[0]
        for node in (self.tree.village, self.tree.town, self.tree.county, self.tree.city):
            if node.level in levels:
                return node
        return self.tree.village

    def place(self, division_id: int) -> Node:
        """The division of that id."""
        from grid321.core import snapshot

        found = snapshot.current().tree.get(division_id)
        assert found is not None
        return found

    def departments(self, node: Node) -> list[int]:
        """The ids of the departments of a division."""
        from grid321.core.people import Department

        return [row.id for row in Department.select().where(Department.division_id == node.id)]

    def department_place(self, department_id: int) -> Node:
        """The division that a department hangs on."""
        from grid321.core.people import Department

        return self.place(Department.get_by_id(department_id).division_id)

    def permissions(self) -> frozenset[str]:
        """Every permission of the plugin, and of those along with it."""
        return frozenset(key for key in registry().permissions if key.split(".")[0] in (self.key, *self.along))

    def actor(self, node: Node, permissions: frozenset[str] | None = None, department_id: int | None = None) -> Actor:
        """Return an actor with a stored account who holds ``permissions`` (by default all of the plugin) on ``node``."""
        account = make_account(None, node)
        held = self.permissions() if permissions is None else permissions
        plain = actor_for(account)
        return Actor(plain.account_id, plain.person_id, plain.username, plain.name,
                     (Grant("conformance", node.id, department_id, held),))

    def browser(self, role: str | None, node: Node) -> Browser:
        """Return a logged-in browser of an account with ``role`` on ``node``."""
        return Browser.logged_in(self.app, role, node)

    def ways(self, entity: Entity) -> int:
        """How many examples there are of ``entity``."""
        given = self.examples.get(entity.key)
        return len(given) if isinstance(given, list) else 1

    def given(self, entity: Entity, way: int = 0) -> Mapping[str, Any]:
        """The example ``way`` of ``entity``; empty when there is none."""
        found = self.examples.get(entity.key) or {}
        return found[way] if isinstance(found, list) else found

    def raw(self, entity: Entity, node: Node, way: int = 0) -> dict[str, Any]:
        """Return JSON values for a new record of ``entity`` at ``node``, after the example ``way``."""
        return examples.raw_for(entity.schema, node, next(self.numbers), self.given(entity, way))

    def unsaid(self, entity: Entity) -> dict[str, Any]:
        """Values of the columns of a record that only the system makes, where the table wants one and no form asks for it."""
        if "create" in entity.actions or entity.create is not None:
            return {}
        number = next(self.numbers)
        found: dict[str, Any] = {}
        for column in entity.model._meta.sorted_fields:
            if column.null or column.default is not None or column.name in _OF_EVERY_RECORD:
                continue
            if isinstance(column, peewee.CharField | peewee.TextField):
                found[column.name] = f"example{number}"[:column.max_length if isinstance(column, peewee.CharField) else None]
            elif isinstance(column, peewee.DateTimeField):
                found[column.name] = db.now()
            elif isinstance(column, peewee.DateField):
                found[column.name] = db.local_day()
            else:
                found[column.name] = number
        return found

    def create(self, entity: Entity, node: Node | None = None, actor: Actor = SYSTEM, way: int = 0) -> Any:
        """Create a record of ``entity`` with example values; optional values that a rule refuses are left out.

        Raises ``Invalid`` when required ones are refused: the plugin's test class then gives ``examples``.
        """
        node = node or self.home(entity, way)
        return self.make(entity, node, actor, lambda data: records.create(entity, data, actor, node), way)

    def make(self, entity: Entity, node: Node, actor: Actor, write: Callable[[dict[str, Any]], Any], way: int = 0) -> Any:
        """``write`` example values of ``entity``, as ``actor`` would fill them in at ``node``; as ``create`` does."""
        raw = self.raw(entity, node, way)
        required = {name for name, item in schemas.fields_of(entity.schema).items() if item.required}
        for _try in range(examples.MOST_TRIES):
            data = {**self.unsaid(entity), **examples.loaded((entity.schema,), raw, node, actor)}
            try:
                return write(data)
            except Invalid as problem:
                refused = set(problem.errors) & set(raw) - required
                if not refused:
                    raise
                raw = {name: value for name, value in raw.items() if name not in refused}
        raise AssertionError(f"{entity.key}: no acceptable values were found")

"""The frozen index of declarations and their owners. Built once at start-up; a plugin whose declarations do not fit is
set aside with a message that names it and the key, and the rest is built without it.
"""
from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from flask import current_app

from . import hooks
from .entity import (
    ClassScheme,
    Conversion,
    DivisionDocument,
    Document,
    Entity,
    EntityExtension,
    Job,
    PostKind,
    Role,
    Setting,
    Standing,
)
from .errors import DeclarationError
from .flow_extensions import as_far_as_they_fit, extended
from .plugins import Loaded, Plugins
from .registry_checks import (
    check_clocks,
    check_conversion,
    check_document,
    check_entity,
    check_extension,
    check_manifest,
    check_meetings,
    check_next_steps,
    check_roles,
    check_stored,
    clock_permissions,
    widened,
)
from .workflow import Workflow, WorkflowExtension, check_workflow

log = logging.getLogger("grid321.plugins")


@dataclass(frozen=True)
class Registry:
    """Everything that was declared, by key. All mappings are read-only."""

    plugins: Plugins
    entities: Mapping[str, Entity] = field(default_factory=dict)
    workflows: Mapping[tuple[str, int], Workflow] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    posts: Mapping[str, PostKind] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    classes: Mapping[str, ClassScheme] = field(default_factory=dict)
    permissions: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, Any] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    standing: Mapping[str, Standing] = field(default_factory=dict)
    documents: Mapping[str, Document | DivisionDocument] = field(default_factory=dict)
    blueprints: tuple[tuple[str, Any], ...] = ()
    commands: tuple[tuple[str, Any], ...] = ()
    extensions: tuple[tuple[str, EntityExtension], ...] = ()
    owners: Mapping[tuple[str, str], str] = field(default_factory=dict)
    newest: Mapping[str, Workflow] = field(default_factory=dict)
    always_on: frozenset[str] = frozenset({"core"})
    bases: Mapping[tuple[str, int], Workflow] = field(default_factory=dict)
    flow_extensions: tuple[tuple[str, WorkflowExtension], ...] = ()
    conversions: Mapping[tuple[str, str], Conversion] = field(default_factory=dict)

    def entity(self, key: str) -> Entity:
        """The entity ``key``; ``KeyError`` when nothing declares it."""
        return self.entities[key]

    def workflow_of(self, entity_key: str, version: int | None = None) -> Workflow | None:
        """The workflow of an entity: the newest published one, under which new cases begin, or ``version`` for a running
        case; None when it has none.

        A version that is no longer declared is rebuilt from what was stored of it (see ``Workflow.lacks``). ``KeyError`` when
        it was never stored.
        """
        newest = self.newest.get(entity_key)
        if newest is None:
            return None
        if version is None:
            version = _versions().published.get(newest.key, newest.version)
        found = self.workflows.get((newest.key, version))
        return found if found is not None else _versions().stored(newest.key, version)

    def every_version_of(self, entity_key: str) -> Workflow | None:
        """The published workflow of an entity, joined with the states and steps that only other versions have.

        For words, lists and filters, which show cases of every version; no case runs under it. None as ``workflow_of``.
        """
        found = self.workflow_of(entity_key)
        return None if found is None else _versions().joint(found)

    def owner_of(self, kind: str, key: str) -> str:
        """The plugin that declared ``key`` (kind: entity, workflow, role, post, setting, class, measure, job, document)."""
        return self.owners[(kind, key)]

    def scoped_models(self) -> list[type[Any]]:
        """Models of all tables that carry the columns of the tree: of entities, of the core, of the plugins."""
        from .db import Scoped
        from .migrate import models_of

        found = [model for loaded in self.plugins.loaded() for model in models_of(loaded.key)]
        return [model for model in dict.fromkeys(found) if issubclass(model, Scoped)]


def _versions() -> Any:
    from . import snapshot

    return snapshot.current().versions


@dataclass
class Platform:
    """What an application carries: configuration, plugins, registry, and the caches of this process."""

    registry: Registry
    plugins: Plugins
    config: Any
    cache: dict[str, Any] = field(default_factory=dict)

    @property
    def hooks(self) -> Any:
        """The dispatcher of this application."""
        return self.plugins.hooks


def platform() -> Platform:
    """The platform of the present application; needs an application context."""
    return current_app.extensions["grid321"]


def registry() -> Registry:
    """The registry of the present application."""
    return platform().registry


def build(plugins: Plugins, *, strict: bool = False, stored: Mapping[tuple[str, int], Any] | None = None) -> Registry:
    """Collect and check the declarations of all plugins. ``stored`` are the contents of the versions of workflows in the
    database: a plugin that declares one of them with other rules is set aside.

    With ``strict`` the first mistake raises ``DeclarationError`` (tests, ``grid321 check``); otherwise the plugin that made
    it, and whatever requires it, is set aside and the rest is built again without it.
    """
    while True:
        draft = _Draft(plugins, stored or {})
        for loaded in list(plugins.loaded()):
            try:
                draft.add(loaded)
            except DeclarationError as error:
                if strict:
                    raise
                log.error("plugin %s was set aside: %s", loaded.key, error)
                plugins.fail(loaded.key, str(error))
                break
        else:
            failed = draft.finish(strict)
            if failed is None:
                plugins.rebuild()
                return draft.frozen()
            log.error("plugin %s was set aside: %s", *failed)
            plugins.fail(*failed)


class _Draft:
    """Collects declarations plugin by plugin; a key is declared once."""

    def __init__(self, plugins: Plugins, stored: Mapping[tuple[str, int], Any]) -> None:
        self.plugins = plugins
        self.stored = stored
        self.owners: dict[tuple[str, str], str] = {}
        self.kinds: dict[str, dict[Any, Any]] = {kind: {} for kind in (
            "entity", "workflow", "role", "post", "setting", "class", "permission", "measure", "job", "standing", "document")}
        self.extensions: list[tuple[str, EntityExtension]] = []
        self.blueprints: list[tuple[str, Any]] = []
        self.commands: list[tuple[str, Any]] = []
        self.flow_extensions: list[tuple[str, WorkflowExtension]] = []
        self.conversions: list[tuple[str, Conversion]] = []
        self.grants: list[tuple[str, str, tuple[str, ...]]] = []
        self.bases: dict[tuple[str, int], Workflow] = {}
        self.always_on: set[str] = {"core"}

    def add(self, loaded: Loaded) -> None:
        """Take in one plugin; ``DeclarationError`` at its first mistake."""
        manifest = loaded.manifest
        assert manifest is not None
        check_manifest(manifest)
        if manifest.always_on:
            self.always_on.add(loaded.key)
        for kind, items in (("role", manifest.roles), ("post", manifest.posts), ("setting", manifest.settings),
                            ("class", manifest.classes)):
            for item in items:
                self._put(kind, item.key, item, loaded.key)
        for key, label in manifest.permissions:
            self._put("permission", key, label, loaded.key)
        self.grants += [(loaded.key, role, permissions) for role, permissions in manifest.grants.items()]
        found = {name: self._collect(loaded, name) for name in hooks.STARTUP}
        for item in found["entities"]:
            if isinstance(item, EntityExtension):
                self.extensions.append((loaded.key, item))
            else:
                check_entity(loaded.key, item)
                self._put("entity", item.key, item, loaded.key)
                for permission in item.permissions:
                    self._put("permission", permission, permission, loaded.key)
        for item in found["workflows"]:
            self._add_workflow(loaded.key, item)
        for kind, name in (("measure", "measures"), ("job", "jobs"), ("document", "documents")):
            for item in found[name]:
                if not isinstance(getattr(item, "key", None), str):
                    raise DeclarationError(loaded.key, f"hook {name}: {item!r} has no key")
                self._put("standing" if isinstance(item, Standing) else kind, item.key, item, loaded.key)
        self.blueprints += [(loaded.key, item) for item in found["blueprints"]]
        self.commands += [(loaded.key, item) for item in found["commands"]]

    def _collect(self, loaded: Loaded, name: str) -> list[Any]:
        caller = getattr(self.plugins.manager.hook, f"{hooks.PROJECT}_{name}")
        for impl in caller.get_hookimpls():
            if impl.plugin_name == loaded.key:
                try:
                    result = impl.function()
                except KeyboardInterrupt:
                    raise
                except BaseException as error:
                    raise DeclarationError(loaded.key, f"hook {name} raised {type(error).__name__}: {error}") from error
                if result is None:
                    return []
                if not isinstance(result, (list, tuple)):
                    raise DeclarationError(loaded.key, f"hook {name} must return a list, not {type(result).__name__}")
                return list(result)
        return []

    def _put(self, kind: str, key: Any, item: Any, owner: str) -> None:
        if not str(key).startswith(f"{owner}.") and kind not in {"post", "workflow"}:
            raise DeclarationError(owner, f"{kind} {key!r} must begin with {owner + '.'!r}")
        if key in self.kinds[kind]:
            if kind == "permission":
                return
            raise DeclarationError(owner, f"{kind} {key!r} is already declared by {self.owners[(kind, str(key))]}")
        self.kinds[kind][key] = item
        self.owners[(kind, str(key))] = owner

    def _add_workflow(self, owner: str, item: Any) -> None:
        if isinstance(item, WorkflowExtension):
            self.flow_extensions.append((owner, item))
            return
        if isinstance(item, Conversion):
            self.conversions.append((owner, item))
            return
        if not isinstance(item, Workflow):
            raise DeclarationError(owner, f"hook workflows: {item!r} is not a Workflow")
        if not item.key.startswith(f"{owner}."):
            raise DeclarationError(owner, f"workflow {item.key!r} must begin with {owner + '.'!r}")
        mistakes = check_workflow(item)
        mistakes = mistakes or check_stored(item, self.stored.get((item.key, item.version)))
        if mistakes:
            raise DeclarationError(owner, f"workflow {item.key!r}: " + "; ".join(mistakes))
        self._put("workflow", (item.key, item.version), item, owner)
        for step in item.transitions:
            if step.permission:
                self._put("permission", step.permission, step.label, owner)
        for permission, label in clock_permissions(item):
            self._put("permission", permission, label, owner)

    def finish(self, strict: bool) -> tuple[str, str] | None:
        """Check across plugins. Returns (plugin, message) of the first mistake, or raises when ``strict``."""
        try:
            self.bases = dict(self.kinds["workflow"])
            for owner, extension in self.flow_extensions:
                self._extend(owner, extension)
            seen: set[tuple[str, str]] = set()
            for owner, entity_extension in self.extensions:
                check_extension(owner, entity_extension, self.kinds["entity"])
                if (owner, entity_extension.entity) in seen:
                    raise DeclarationError(owner, f"{entity_extension.entity!r} is extended twice: put the fields together")
                seen.add((owner, entity_extension.entity))
            for (key, _version), flow in self.kinds["workflow"].items():
                if flow.entity not in self.kinds["entity"]:
                    raise DeclarationError(key.partition(".")[0], f"workflow {key!r}: there is no entity {flow.entity!r}")
                check_clocks(key.partition(".")[0], flow, self.kinds["setting"])
                check_meetings(key.partition(".")[0], flow, self.kinds["class"])
            flows = list(self.kinds["workflow"].values())
            for item in self.kinds["entity"].values():
                check_next_steps(item.plugin, item, flows)
            self.conversions = [(owner, item) for owner, item in self.conversions
                                if check_conversion(owner, item, self.kinds["entity"], flows)]
            self._check_measures()
            self._check_documents()
            for owner, key, permissions in self.grants:
                self.kinds["role"] = widened(owner, key, permissions, self.kinds["role"], self.kinds["permission"])
            for role in self.kinds["role"].values():
                check_roles(self.owners[("role", role.key)], role, self.kinds["permission"])
            for post in self.kinds["post"].values():
                if post.role is not None and post.role not in self.kinds["role"]:
                    raise DeclarationError(self.owners[("post", post.key)], f"post {post.key!r}: no role {post.role!r}")
        except DeclarationError as error:
            owner = error.where.split(" ")[0]
            if strict or owner == "core":
                raise
            return owner, str(error)
        return None

    def _check_measures(self) -> None:
        from .statistics import check_measure

        flows = {flow.entity: flow for flow in self.kinds["workflow"].values()}
        for measure in self.kinds["measure"].values():
            mistake = check_measure(measure, self.kinds["entity"], flows)
            if mistake:
                raise DeclarationError(self.owners[("measure", measure.key)], f"measure {measure.key!r}: {mistake}")

    def _check_documents(self) -> None:
        seen: dict[tuple[str, str], str] = {}
        for document in self.kinds["document"].values():
            name = (getattr(document, "entity", ""), document.name)
            check_document(self.owners[("document", document.key)], document, self.kinds["permission"])
            if name[0] and name in seen:
                raise DeclarationError(self.owners[("document", document.key)],
                                       f"document {document.key!r}: {seen[name]!r} has this name for the same entity")
            seen[name] = document.key

    def _extend(self, owner: str, extension: WorkflowExtension) -> None:
        versions = [key for key in self.kinds["workflow"] if key[0] == extension.workflow]
        if not versions:
            return  # soft: the extended plugin is not installed here
        newest = max(versions, key=lambda key: key[1])
        self.kinds["workflow"][newest] = extended(self.kinds["workflow"][newest], owner, extension, held_where_on)
        for step in extension.transitions:
            if step.permission:
                self.kinds["permission"].setdefault(step.permission, step.label)
        for permission, label in clock_permissions(self.kinds["workflow"][newest]):
            self.kinds["permission"].setdefault(permission, label)
        for key in versions:
            if key != newest:
                self.kinds["workflow"][key], _left_out = as_far_as_they_fit(
                    self.kinds["workflow"][key], [(owner, extension)], held_where_on)

    def frozen(self) -> Registry:
        """The registry."""
        kinds = {kind: MappingProxyType(items) for kind, items in self.kinds.items()}
        newest: dict[str, Workflow] = {}
        for flow in self.kinds["workflow"].values():
            if flow.entity not in newest or newest[flow.entity].version < flow.version:
                newest[flow.entity] = flow
        return Registry(self.plugins, kinds["entity"], kinds["workflow"], kinds["role"], kinds["post"], kinds["setting"],
                        kinds["class"], kinds["permission"], kinds["measure"], kinds["job"], kinds["standing"], kinds["document"],
                        tuple(self.blueprints), tuple(self.commands), tuple(self.extensions),
                        MappingProxyType(self.owners), MappingProxyType(newest), frozenset(self.always_on),
                        MappingProxyType(self.bases), tuple(self.flow_extensions),
                        MappingProxyType({(item.source, item.step): item for _owner, item in self.conversions}))


def held_where_on(plugin: str, case: Any) -> bool:
    """True when ``plugin`` is on at the division that holds ``case``; the empty name, of a workflow's own parts, is on."""
    from . import snapshot

    now = snapshot.current()
    holder = now.tree.get(case.holder_id)
    return not plugin or (holder is not None and now.switches.is_on(plugin, holder))

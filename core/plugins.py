"""Finding, ordering and calling plugins. The manager belongs to one application, never to a module.

A plugin is a module with a ``plugin = Plugin(...)`` manifest and functions marked ``@hookimpl``; it is found by the entry
point group ``grid321.plugins``. One that cannot be loaded or declares nonsense is set aside and shown; the site runs.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

import pluggy
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from . import hooks
from .dispatch import Dispatcher, Implementation
from .entity import Plugin
from .errors import DeclarationError

API_VERSION = "1.0"
GROUP = "grid321.plugins"
KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass
class Loaded:
    """One plugin as it was found: its manifest and module, or why it was set aside."""

    key: str
    manifest: Plugin | None = None
    module: Any = None
    error: str = ""
    declared: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True when it takes part."""
        return not self.error


class Plugins:
    """The plugins of one application in dependency order, those that failed, and the dispatcher of their hooks."""

    def __init__(self, core: ModuleType, modules: Iterable[tuple[str, Any]], *, allowed: Iterable[str] | None = None) -> None:
        self.manager = pluggy.PluginManager(hooks.PROJECT)
        self.manager.add_hookspecs(hooks)
        self.all: dict[str, Loaded] = {}
        self._add("core", core)
        names = None if allowed is None else set(allowed)
        for name, module in modules:
            if names is None or name in names:
                self._add(name, module)
        self._order()
        for loaded in list(self.loaded()):
            self._register(loaded)
        self.hooks = Dispatcher(self._implementations())

    def loaded(self) -> Iterator[Loaded]:
        """Those that take part, dependencies first."""
        return (found for found in self.all.values() if found.ok)

    def failed(self) -> Iterator[Loaded]:
        """Those that were set aside, with ``error``."""
        return (found for found in self.all.values() if not found.ok)

    def get(self, key: str) -> Plugin | None:
        """The manifest of a plugin that takes part, or None."""
        found = self.all.get(key)
        return found.manifest if found is not None and found.ok else None

    def fail(self, key: str, error: str) -> None:
        """Set plugin ``key`` aside, and every plugin that requires it."""
        found = self.all[key]
        if key == "core":
            raise DeclarationError("core", error)
        found.error = error
        if self.manager.has_plugin(key):
            self.manager.unregister(name=key)
        for other in self.all.values():
            if other.ok and other.manifest is not None and key in other.manifest.requires:
                self.fail(other.key, f"needs {key}, which was set aside")

    def rebuild(self) -> None:
        """Make the dispatcher again after plugins were set aside."""
        self.hooks = Dispatcher(self._implementations())

    def _add(self, name: str, module: Any) -> None:
        found = self.all[name] = Loaded(name, module=module)
        if isinstance(module, BaseException):
            found.error = f"it cannot be imported: {type(module).__name__}: {module}"
            return
        manifest = getattr(module, "plugin", None)
        if not isinstance(manifest, Plugin):
            found.error = "the module has no `plugin = Plugin(...)`"
            return
        found.manifest = manifest
        found.error = _check_manifest(name, manifest)

    def _order(self) -> None:
        for found in list(self.loaded()):
            if found.manifest is not None:
                missing = _missing(found.manifest, self.all)
                if missing:
                    self.fail(found.key, missing)
        graph: dict[str, set[str]] = {}
        for found in self.loaded():
            assert found.manifest is not None
            wanted = {*found.manifest.requires, *found.manifest.after, "core"} - {found.key}
            graph[found.key] = {key for key in wanted if key in self.all and self.all[key].ok}
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            for key in set(error.args[1]) - {"core"}:
                self.fail(key, f"its dependencies run in a circle: {' → '.join(error.args[1])}")
            self._order()
            return
        rest = [key for key in self.all if key not in order]
        self.all = {key: self.all[key] for key in [*order, *rest]}

    def _register(self, loaded: Loaded) -> None:
        try:
            self.manager.register(loaded.module, name=loaded.key)
            known = {f"{hooks.PROJECT}_{name}" for name in (*hooks.STARTUP, *hooks.RUNTIME)}
            for name in dir(loaded.module):
                options = self.manager.parse_hookimpl_opts(loaded.module, name)
                if options is not None and name not in known:
                    raise pluggy.PluginValidationError(loaded.module, f"there is no hook {name!r}")
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self.fail(loaded.key, f"its hooks do not fit: {error}")

    def _implementations(self) -> dict[str, tuple[Implementation, ...]]:
        order = {key: position for position, key in enumerate(self.all)}
        found = {}
        for name in (*hooks.STARTUP, *hooks.RUNTIME):
            caller = getattr(self.manager.hook, f"{hooks.PROJECT}_{name}")
            impls = [Implementation(i.plugin_name, i.function, tuple(i.argnames)) for i in caller.get_hookimpls()]
            found[name] = tuple(sorted(impls, key=lambda i: order[i.plugin]))
        return found


def discover() -> list[tuple[str, Any]]:
    """Every module of the entry point group ``grid321.plugins``, by name; one that fails to import gives its error."""
    found: dict[str, Any] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        try:
            found[point.name] = point.load()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            found[point.name] = error
    return list(found.items())


def _check_manifest(name: str, manifest: Plugin) -> str:
    if manifest.key != name:
        return f"the manifest's key is {manifest.key!r}, the entry point's name {name!r}: they must be equal"
    if not KEY.fullmatch(manifest.key):
        return f"key {manifest.key!r}: small letters, digits and _, beginning with a letter"
    try:
        Version(manifest.version)
    except (InvalidVersion, TypeError):
        return f"version {manifest.version!r} is not a version (PEP 440)"
    try:
        if Version(API_VERSION) not in SpecifierSet(manifest.api):
            return f"it was written for API {manifest.api}; this platform speaks {API_VERSION}"
    except InvalidSpecifier:
        return f"api {manifest.api!r} is not a version range (as in '>=1.0,<2')"
    return ""


def _missing(manifest: Plugin, known: dict[str, Loaded]) -> str:
    for key, wanted in manifest.requires.items():
        other = known.get(key)
        if other is None or not other.ok or other.manifest is None:
            return f"it needs plugin {key} {wanted}, which is not installed or was set aside"
        try:
            if wanted and Version(other.manifest.version) not in SpecifierSet(wanted):
                return f"it needs plugin {key} {wanted}; version {other.manifest.version} is installed"
        except InvalidSpecifier:
            return f"requires {key}: {wanted!r} is not a version range"
    return ""

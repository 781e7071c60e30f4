"""Checks of what a plugin says: manifest, prefixes, imports, words. They need no database."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from grid321.core import hooks, i18n
from grid321.core.entity import Conversion, Entity, EntityExtension, Plugin
from grid321.core.i18n import LazyText
from grid321.core.plugins import Plugins, _check_manifest
from grid321.core.workflow import Workflow, WorkflowExtension

DOORS = ("grid321.core.api", "grid321.core.testing")
MOST_LINES = 60
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LETTER = re.compile(r"[A-Za-z]{2,}")


def folder_of(module: ModuleType) -> Path | None:
    """Return the folder of a plugin that is a package, None for a single module."""
    file = getattr(module, "__file__", None)
    return Path(file).parent if file and Path(file).name == "__init__.py" else None


def sources(module: ModuleType) -> Iterator[Path]:
    """Yield the Python files of the plugin, without migrations (frozen copies of old models)."""
    folder = folder_of(module)
    if folder is None:
        if getattr(module, "__file__", None):
            yield Path(str(module.__file__))
        return
    for path in sorted(folder.rglob("*.py")):
        if "migrations" not in path.relative_to(folder).parts:
            yield path


def declared(module: ModuleType, hook: str) -> list[Any]:
    """Return what the plugin's start-up hook declares, an empty list when it has none."""
    function = getattr(module, f"{hooks.PROJECT}_{hook}", None)
    return list(function() or []) if function is not None else []


def check_manifest(module: ModuleType) -> list[str]:
    """The manifest is there, fits this platform, and every key begins with the plugin's own."""
    manifest = getattr(module, "plugin", None)
    if not isinstance(manifest, Plugin):
        return ["the module has no `plugin = Plugin(...)`"]
    found = [problem for problem in [_check_manifest(manifest.key, manifest)] if problem]
    prefix = f"{manifest.key}."
    keys: list[tuple[str, str]] = []
    for kind, items in (("role", manifest.roles), ("setting", manifest.settings), ("class scheme", manifest.classes)):
        keys += [(kind, item.key) for item in items]
    keys += [("permission", key) for key, _label in manifest.permissions]
    for hook in ("entities", "workflows", "measures", "documents", "jobs"):
        for item in declared(module, hook):
            if not isinstance(item, EntityExtension | WorkflowExtension | Conversion):
                keys.append((hook, str(getattr(item, "key", item))))
    found += [f"{kind} {key!r} must begin with {prefix!r}" for kind, key in keys if not key.startswith(prefix)]
    for table in tables(module):
        if not table.startswith(f"{manifest.key}_"):
            found.append(f"table {table!r} must begin with {manifest.key + '_'!r}")
    return found


def tables(module: ModuleType) -> list[str]:
    """Return the names of the tables behind the plugin's entities and extensions."""
    return [item.model._meta.table_name for item in declared(module, "entities")]


def check_manifest_is_short(module: ModuleType) -> list[str]:
    """``__init__.py`` is the manifest and the hooks, nothing else: at most 60 lines of code."""
    folder = folder_of(module)
    if folder is None:
        return []
    lines = [line for line in (folder / "__init__.py").read_text(encoding="utf-8").splitlines()
             if line.strip() and not line.lstrip().startswith("#")]
    return [f"__init__.py has {len(lines)} lines of code, at most {MOST_LINES}: move the rest"] if len(lines) > MOST_LINES else []


def check_hooks(module: ModuleType) -> list[str]:
    """Every function named ``grid321_…`` implements a hook that exists, is marked, and asks for arguments it has."""
    plugins = Plugins(_core_stand_in(), [(_key(module), module)])
    loaded = plugins.all[_key(module)]
    found = [loaded.error] if loaded.error and "needs plugin" not in loaded.error else []
    for name in dir(module):
        named_so = name.startswith(f"{hooks.PROJECT}_") and callable(getattr(module, name))
        if named_so and not hasattr(getattr(module, name), f"{hooks.PROJECT}_impl"):
            found.append(f"{name} is not marked with @hookimpl: it would never be called")
    return found


def check_imports(module: ModuleType) -> list[str]:
    """The plugin imports ``grid321.core.api`` (tests: ``grid321.core.testing``) and nothing else of the core."""
    found = []
    own = module.__name__
    for path in sources(module):
        for number, name in imported(path):
            inside_core = name == "grid321.core" or name.startswith("grid321.core.")
            if inside_core and not name.startswith(DOORS):
                found.append(f"{path.name}:{number} imports {name}: the only door is grid321.core.api")
            if name.startswith("grid321.plugins.") and not f"{name}.".startswith(f"{own}."):
                found.append(f"{path.name}:{number} imports {name}: plugins do not import each other")
    return found


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute name) for every import in a file; relative imports stay inside the plugin and are left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module in ("grid321", "grid321.core", "grid321.plugins"):
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def labels(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield (where, label) for every text of the plugin's declarations that people read."""
    manifest: Plugin = module.plugin
    yield f"plugin {manifest.key}", manifest.label
    for kind, items in (("role", manifest.roles), ("post", manifest.posts), ("setting", manifest.settings),
                        ("class scheme", manifest.classes)):
        for item in items:
            yield f"{kind} {item.key}", item.label
    for key, label in manifest.permissions:
        yield f"permission {key}", label
    for scheme in manifest.classes:
        for code, label in scheme.items:
            yield f"class {scheme.key}/{code}", label
    for setting in manifest.settings:
        yield f"source of setting {setting.key}", setting.source
        yield from ((f"choice {code} of setting {setting.key}", label) for code, label in setting.choices)
    for entity in declared(module, "entities"):
        if isinstance(entity, Entity):
            yield f"entity {entity.key}", entity.label
        yield from _schema_labels(str(getattr(entity, "key", "extension")), entity.schema)
    for flow in declared(module, "workflows"):
        yield from _flow_labels(flow)
    for hook in ("measures", "documents", "jobs"):
        for item in declared(module, hook):
            yield f"{hook} {item.key}", item.label


def _schema_labels(where: str, schema: type[Any]) -> Iterator[tuple[str, Any]]:
    for name, field in getattr(schema, "_declared_fields", {}).items():
        yield f"field {name} of {where}", getattr(field, "label", None) or field.metadata.get("label")


def _flow_labels(flow: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(flow, Conversion):
        yield f"conversion of {flow.source} by {flow.step}", flow.label
        return
    key = flow.key if isinstance(flow, Workflow) else f"extension of {flow.workflow}"
    for state in flow.states:
        yield f"state {state.key} of {key}", state.label
        yield from ((f"clock {clock.key} of {key}", clock.label) for clock in state.clocks)
    for step in flow.transitions:
        yield f"transition {step.key} of {key}", step.label
        for schema in step.asks:
            yield from _schema_labels(f"transition {step.key} of {key}", schema)


def check_steps(module: ModuleType) -> list[str]:
    """The permission of every step of the plugin's own workflows is one that a role of the plugin holds, or one it grants."""
    manifest: Plugin = module.plugin
    held = {permission for role in manifest.roles for permission in role.permissions}
    held |= {permission for granted in manifest.grants.values() for permission in granted}
    return [f"transition {step.key!r} of {flow.key!r}: no role of the plugin has the permission {step.permission!r}, so "
            f"nobody could take it; roles have {', '.join(sorted(held)) or 'none'}"
            for flow in declared(module, "workflows") if isinstance(flow, Workflow)
            for step in flow.transitions if step.permission and step.permission not in held]


def check_words(module: ModuleType) -> list[str]:
    """Every text of the declarations is translatable and has a Chinese translation."""
    folder = folder_of(module)
    if folder is not None:
        i18n.add_catalogue(_key(module), folder / "translations")
    found = []
    for where, label in labels(module):
        if label is None or label == "":
            if not where.startswith(("source of", "choice")):
                found.append(f"{where} has no label")
        elif not isinstance(label, LazyText):
            if _LETTER.search(str(label)):
                found.append(f"{where}: {str(label)!r} is plain text; mark it with lazy_gettext")
        else:
            with i18n.use_language("zh"):
                chinese = str(label)
            if not _CHINESE.search(chinese):
                found.append(f"{where}: {chinese!r} has no Chinese translation")
    return found


def _key(module: ModuleType) -> str:
    manifest = getattr(module, "plugin", None)
    return manifest.key if isinstance(manifest, Plugin) else module.__name__.rpartition(".")[2]


def _core_stand_in() -> ModuleType:
    stand_in = ModuleType("core")
    stand_in.plugin = Plugin(key="core", label="", version="1.0", always_on=True)  # type: ignore[attr-defined]
    return stand_in

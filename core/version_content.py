"""A workflow as canonical JSON and back: what is stored of each version, its hash, and what differs between two.

Every field of a declaration that differs from its default is written down; functions and schemas by their dotted name. Words
(labels, legal sources, colours) are stored too, so that an old version can be shown, but do not count: correcting a word makes
no new version. What a ``WorkflowExtension`` adds is not part of a version: it is added again to whatever version runs.
"""
from __future__ import annotations

import dataclasses
import hashlib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from . import workflow as declarations
from .i18n import LazyText
from .workflow import Transition, Workflow

Content = dict[str, Any]
KINDS = {name: kind for name, kind in vars(declarations).items() if isinstance(kind, type) and dataclasses.is_dataclass(kind)}
_NOT_STORED = frozenset({"plugin", "lacks"})  # set by the platform, never declared
_WORDS = frozenset({"tone"})


def content_of(workflow: Workflow) -> Content:
    """The content of ``workflow`` as plain JSON values. Raises ``TypeError`` for a value that no JSON can hold."""
    found = _encode(workflow)
    return {**found, "initial": workflow.first}


def digest(content: Mapping[str, Any]) -> str:
    """The hash of what counts in ``content``: 64 hexadecimal digits, the same for equal rules whatever the words."""
    return hashlib.sha256(orjson.dumps(_without_words(content), option=orjson.OPT_SORT_KEYS)).hexdigest()


def rebuilt(content: Mapping[str, Any], trusted: Sequence[str]) -> Workflow:
    """The workflow of ``content``; ``lacks`` names the functions that are gone, and without them it must not run.

    ``trusted`` are packages: a name outside them is taken as gone, because what the database says is not executed.
    """
    reader = _Reader(tuple(trusted))
    found: Workflow = reader.read(content)
    return dataclasses.replace(found, lacks=tuple(dict.fromkeys(reader.lacks)))


def home_of(module: str) -> str:
    """The package of a plugin by the name of its module: functions of its workflows may live anywhere in it."""
    parts = module.split(".")
    return ".".join(parts[:3]) if parts[0] == "grid321" else parts[0]


# ---------------------------------------------------------------- writing

def _encode(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, LazyText):
        return {"text": value.message, **({"params": _encode(value.params)} if value.params else {})}
    if isinstance(value, type):
        return {"class": _dotted(value)}
    if dataclasses.is_dataclass(value):
        return _encode_fields(value)
    if isinstance(value, Mapping):
        return {"map": [[_encode(key), _encode(item)] for key, item in value.items()]}
    if isinstance(value, list | tuple | set | frozenset):
        return [_encode(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if callable(value):
        return {"function": _dotted(value)}
    raise TypeError(f"{value!r} cannot be stored with a workflow: use texts, numbers, tuples and functions of a module")


def _encode_fields(value: Any) -> Content:
    found: Content = {"is": type(value).__name__}
    for one in dataclasses.fields(value):
        item = getattr(value, one.name)
        if one.name not in _NOT_STORED and (one.name in {"key", "version"} or not _is_default(one, item)):
            found[one.name] = _encode(item)
    if isinstance(value, Transition):  # one state or several is the same written in two ways
        found["source"] = list(value.sources)
    return found


def _is_default(one: dataclasses.Field[Any], item: Any) -> bool:
    default = one.default_factory() if one.default_factory is not dataclasses.MISSING else one.default
    return default is not dataclasses.MISSING and type(item) is type(default) and item == default


def _dotted(value: Any) -> str:
    name = getattr(value, "__qualname__", None) or f"<{type(value).__qualname__}>"
    return f"{getattr(value, '__module__', None) or type(value).__module__}:{name}"


def _label_fields(name: str) -> frozenset[str]:
    kind = KINDS.get(name)
    found = {one.name for one in dataclasses.fields(kind) if str(one.type) == "Label"} if kind is not None else set()
    return _WORDS | found


def _without_words(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_words(item) for item in value]
    if isinstance(value, Mapping):
        words = _label_fields(str(value["is"])) if "is" in value else frozenset()
        return {key: _without_words(item) for key, item in value.items() if key not in words}
    return value


# ---------------------------------------------------------------- reading

class _Reader:
    """Makes declarations again and notes what it could not find."""

    def __init__(self, trusted: tuple[str, ...]) -> None:
        self.trusted = trusted
        self.lacks: list[str] = []

    def read(self, value: Any) -> Any:
        """The value that ``_encode`` wrote; a function that is gone becomes None, a schema that is gone is left out."""
        if isinstance(value, list):
            return tuple(item for item in map(self.read, value) if item is not _GONE)
        if not isinstance(value, Mapping):
            return value
        if "is" in value:
            return self._declaration(value)
        if "text" in value:
            return LazyText(str(value["text"]), self.read(value.get("params", {"map": []})))
        if "map" in value:
            return {self.read(key): self.read(item) for key, item in value["map"]}
        return self._resolve(str(value.get("function") or value.get("class")), "class" in value)

    def _declaration(self, value: Mapping[str, Any]) -> Any:
        kind = KINDS.get(str(value["is"]))
        if kind is None:
            self.lacks.append(f"grid321.core.workflow:{value['is']}")
            return _GONE
        known = {one.name for one in dataclasses.fields(kind)}
        self.lacks += [f"{value['is']}.{name}" for name in value if name != "is" and name not in known]
        items = {name: self.read(item) for name, item in value.items() if name != "is" and name in known}
        return kind(**{name: None if item is _GONE else item for name, item in items.items()})

    def _resolve(self, dotted: str, schema: bool) -> Any:
        module, _colon, name = dotted.partition(":")
        if any(module == home or module.startswith(f"{home}.") for home in self.trusted):
            try:
                found: Any = importlib.import_module(module)
                for part in name.split("."):
                    found = getattr(found, part)
            except (ImportError, AttributeError):
                pass
            else:
                if callable(found) and isinstance(found, type) == schema:
                    return found
        self.lacks.append(dotted)
        return _GONE


_GONE = object()


# ---------------------------------------------------------------- comparing

@dataclass(frozen=True)
class Change:
    """One difference. ``path`` names the part: (("state", "open"), ("clock", "reply")); ``field`` what of it changed.

    ``field`` is empty where the whole part was added (``before`` is None) or removed (``after`` is None).
    """

    path: tuple[tuple[str, str], ...]
    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        where = ", ".join(f"{kind} {key!r}" for kind, key in self.path) or "workflow"
        if not self.field:
            return f"{where} was {'added' if self.before is None else 'removed'}"
        return f"{where}: {self.field} {plain(self.before)} → {plain(self.after)}"


PARTS = {"states": "state", "transitions": "transition", "clocks": "clock"}
_DEFAULTS: dict[str, Mapping[str, Any]] = {}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What has to be changed in ``old`` to have the rules of ``new``, part by part in the order of ``new``."""
    return list(_differences((), _without_words(old), _without_words(new), old, new))


def _differences(path: tuple[tuple[str, str], ...], old: Mapping[str, Any], new: Mapping[str, Any],
                 old_words: Mapping[str, Any], new_words: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*new, *old]):
        before, after = old.get(name), new.get(name)
        if name in {"is", "key", "version"} or before == after:
            continue
        if name in PARTS:
            yield from _parts(path, name, before or [], after or [], old_words.get(name) or [], new_words.get(name) or [])
        else:
            default = _default(str(new.get("is")), name)
            yield Change(path, name, default if name not in old else before, default if name not in new else after)


def _parts(path: tuple[tuple[str, str], ...], name: str, old: list[Any], new: list[Any], old_words: list[Any],
           new_words: list[Any]) -> Iterator[Change]:
    before, after = {one["key"]: one for one in old}, {one["key"]: one for one in new}
    words_before, words_after = {one["key"]: one for one in old_words}, {one["key"]: one for one in new_words}
    for key in dict.fromkeys([*after, *before]):
        here = (*path, (PARTS[name], key))
        if key not in before:
            yield Change(here, "", None, words_after[key])
        elif key not in after:
            yield Change(here, "", words_before[key], None)
        else:
            yield from _differences(here, before[key], after[key], words_before[key], words_after[key])
    common_before, common_after = [k for k in before if k in after], [k for k in after if k in before]
    if common_before != common_after:
        yield Change(path, f"order of {name}", common_before, common_after)


def _default(kind: str, name: str) -> Any:
    """The value of a field that was left out because it is the default, as it would be written."""
    if kind not in _DEFAULTS:
        found = KINDS.get(kind)
        _DEFAULTS[kind] = {
            one.name: _encode(one.default_factory() if one.default_factory is not dataclasses.MISSING else one.default)
            for one in (dataclasses.fields(found) if found is not None else ())
            if one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING}
    return _DEFAULTS[kind].get(name)


def plain(value: Any) -> str:
    """A stored value as a short text without words: lengths as ``7 d``, functions by name, lists joined."""
    if isinstance(value, Mapping):
        if value.get("is") == "Length":
            return str(declarations.Length(value["number"], value["unit"]))
        if "function" in value or "class" in value:
            return str(value.get("function") or value.get("class"))
        if "text" in value:
            return str(value["text"])
        if "map" in value:
            return ", ".join(f"{plain(key)}: {plain(item)}" for key, item in value["map"]) or "–"
        return " ".join(plain(item) for name, item in value.items() if name != "is") or "–"
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value) or "–"
    return "–" if value in (None, "") else str(value)

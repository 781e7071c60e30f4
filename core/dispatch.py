"""Calling guests: every hook call passes here, so that one plugin's failure stays its own.

Deciding hooks (identify, scope, refuse) fail closed; the others lose only the failing plugin's share. A plugin that
keeps failing at a hook is rested for a while (the breaker). Nothing personal is logged: plugin, hook, error class, frames.
"""
from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import db

log = logging.getLogger("grid321.plugins")
TRIP_AFTER = 5
REST_SECONDS = 60.0
WRITING = frozenset({"refuse", "route", "changed", "deliver"})


class GuestFailure(Exception):
    """A deciding hook of ``plugin`` failed: the caller must deny."""

    def __init__(self, plugin: str, hook: str) -> None:
        super().__init__(f"plugin {plugin} failed at hook {hook}")
        self.plugin, self.hook = plugin, hook


@dataclass(frozen=True)
class Implementation:
    """A plugin's function behind a hook, with the arguments it asks for."""

    plugin: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class View:
    """A record as a guest sees it: its columns by name, read-only."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_values", dict(values))

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}: a hook's arguments are read-only")

    def __repr__(self) -> str:
        return f"View(id={self._values.get('id')})"


def freeze(record: Any) -> Any:
    """A read-only view of a model instance; anything else (frozen declarations, numbers) passes unchanged."""
    return View(record.__data__) if hasattr(record, "__data__") else record


class Dispatcher:
    """Calls hooks. ``is_on(plugin, node)`` is set by the application and leaves out plugins that are off."""

    def __init__(self, implementations: Mapping[str, tuple[Implementation, ...]]) -> None:
        self.implementations = dict(implementations)
        self.is_on: Callable[[str, Any], bool] = lambda plugin, node: True
        self.calls = 0
        self._failures: dict[tuple[str, str], tuple[int, float]] = {}

    def has(self, hook: str) -> bool:
        """True when any plugin implements ``hook``: callers skip preparing arguments otherwise."""
        return bool(self.implementations.get(hook))

    def each(self, hook: str, division: Any = None, *, skip: Container[str] = (),
             **arguments: Any) -> Iterator[tuple[str, Any, BaseException | None]]:
        """Call every implementation but those of the plugins ``skip``: yields (plugin, result, error).

        Nothing is raised but KeyboardInterrupt.
        """
        found = self.implementations.get(hook, ())
        if not found:
            return
        arguments = {name: freeze(value) for name, value in arguments.items()}
        arguments["division"] = division
        for implementation in found:
            if implementation.plugin in skip:
                continue
            if division is not None and not self.is_on(implementation.plugin, division):
                continue
            if self._rests(implementation.plugin, hook):
                yield implementation.plugin, None, GuestFailure(implementation.plugin, hook)
                continue
            yield self._call(hook, implementation, arguments)

    def first(self, hook: str, division: Any = None, **arguments: Any) -> Any:
        """The first result that is not None. A failure of a deciding hook raises ``GuestFailure``."""
        for plugin, result, error in self.each(hook, division, **arguments):
            if error is not None and hook in {"identify", "refuse"}:
                raise GuestFailure(plugin, hook) from error
            if result is not None:
                return result
        return None

    def all(self, hook: str, division: Any = None, **arguments: Any) -> list[Any]:
        """All results as one flat list (None left out). A failure of ``scope`` raises ``GuestFailure``."""
        found: list[Any] = []
        for plugin, result, error in self.each(hook, division, **arguments):
            if error is not None:
                if hook == "scope":
                    raise GuestFailure(plugin, hook) from error
                continue
            if isinstance(result, (list, tuple)):
                found.extend(item for item in result if item is not None)
            elif result is not None:
                found.append(result)
        return found

    def _call(self, hook: str, implementation: Implementation,
              arguments: Mapping[str, Any]) -> tuple[str, Any, BaseException | None]:
        self.calls += 1
        wanted = {name: arguments[name] for name in implementation.arguments}
        try:
            with db.guest(savepoint=hook in WRITING):
                result = implementation.function(**wanted)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit and GeneratorExit of a guest too
            self._note(implementation.plugin, hook, error)
            return implementation.plugin, None, error
        if self._failures:
            self._failures.pop((implementation.plugin, hook), None)
        return implementation.plugin, result, None

    def _rests(self, plugin: str, hook: str) -> bool:
        if not self._failures:
            return False
        count, last = self._failures.get((plugin, hook), (0, 0.0))
        return count >= TRIP_AFTER and time.monotonic() - last < REST_SECONDS

    def _note(self, plugin: str, hook: str, error: BaseException) -> None:
        count, _ = self._failures.get((plugin, hook), (0, 0.0))
        self._failures[(plugin, hook)] = (count + 1, time.monotonic())
        frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
        log.error("plugin %s failed at hook %s: %s at %s", plugin, hook, type(error).__name__, " > ".join(frames))

    def troubles(self) -> dict[tuple[str, str], int]:
        """How often each (plugin, hook) failed in a row, for the administrator's page."""
        return {key: count for key, (count, _) in self._failures.items()}

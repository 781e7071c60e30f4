"""REST pages of a plugin beside those of its records: mounted below the API, guarded, and in the OpenAPI description.

A plugin returns an ``Api`` from hook ``blueprints``. What is added to it stands at ``/api/v1/d/<code>/<plugin>/…``; each
operation is guarded and described in one line, so that no address is open or undocumented by mistake.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint

from .access import BODY_LIMIT, guarded
from .entity import Label

_PART = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Operation:
    """One operation as it is described: ``body`` is the JSON schema of the request, ``query`` gives parameters by name."""

    rule: str
    method: str
    name: str
    summary: Label
    permission: str
    status: str = "200"
    body: Callable[[], dict[str, Any]] | None = None
    query: Mapping[str, tuple[dict[str, Any], Label]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The rule as OpenAPI writes it: ``/ballot/{ballot_id}``."""
        return _PART.sub(lambda part: "{" + part["name"] + "}", self.rule)

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """(name, kind) of what the address names: kind ``rid`` is an id, an empty one a text."""
        return tuple((part["name"], part["kind"] or "") for part in _PART.finditer(self.rule))


class Api(Blueprint):
    """A blueprint below ``/api/v1/d/<code>/<plugin>``. Its name begins with the plugin's key and ``_``."""

    def __init__(self, plugin: str, name: str = "api") -> None:
        super().__init__(f"{plugin}_{name}", __name__)
        self.plugin = plugin
        self.operations: list[Operation] = []

    def operation(self, rule: str, view: Callable[..., Any], summary: Label, permission: str, method: str = "GET", *,
                  status: str = "200", body: Callable[[], dict[str, Any]] | None = None, reach: str = "meets",
                  query: Mapping[str, tuple[dict[str, Any], Label]] | None = None, size: int = BODY_LIMIT) -> None:
        """Add ``view`` at ``rule`` for one HTTP method.

        ``permission`` and ``reach`` are those of ``guarded``; ``body()`` returns the JSON schema of the request (a function,
        because labels are translated when the description is made); ``size`` is the largest body in bytes.
        """
        name = f"{view.__name__}_{method.lower()}"
        if name in {one.name for one in self.operations}:
            name = f"{name}_{len(self.operations)}"  # one function may answer several addresses
        self.operations.append(Operation(rule, method, name, summary, permission, status, body, dict(query or {})))

        def guarded_view(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        guarded_view.__doc__ = view.__doc__
        guarded_view.__name__ = name
        self.add_url_rule(rule, name, methods=[method], view_func=guarded(
            guarded_view, permission, plugin=self.plugin, reach=reach, body=size))

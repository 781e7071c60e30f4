"""Addresses that are compiled when they are first built, not all at the start."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """A rule of the address map whose two builders are compiled on first use.

    Werkzeug compiles Python code for each rule to build its address. An application has well over a thousand rules, a worker
    builds addresses of a few dozen, and compiling all took half of the start and ten megabytes of each worker.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        whole = super()._compile_builder
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: LateRule, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(whole(append_unknown))
            return made[0](rule, **values)

        return build

"""Rules of addresses that are quick to declare: half of the start of a process went into functions that nobody calls."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LazyRule(Rule):
    """A rule that compiles the two functions that build its addresses when the first address is built.

    Werkzeug compiles them when the rule is declared; of some thousand rules a process builds addresses of a few dozen.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        """A stand-in with Werkzeug's signature, which puts the compiled function into its own place."""
        compiled = super()._compile_builder
        name = "_build_unknown" if append_unknown else "_build"

        def build(rule: Rule, *arguments: Any, **values: Any) -> tuple[str, str]:
            ready = compiled(append_unknown).__get__(rule, None)
            setattr(rule, name, ready)
            address: tuple[str, str] = ready(*arguments, **values)
            return address

        return build

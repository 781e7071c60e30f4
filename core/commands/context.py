"""What commands share: the application, the language of the terminal, errors as sentences instead of tracebacks."""
from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


def terminal_language() -> str:
    """``zh`` for a Chinese locale of the terminal, ``en`` otherwise."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


@contextmanager
def platform_context() -> Iterator[None]:
    """Run the block with the application and in the terminal's language; a refused step ends the command with status 1."""
    from grid321.core.app import create_app
    from grid321.core.errors import Problem
    from grid321.core.i18n import use_language

    with create_app().app_context(), use_language(terminal_language()):
        try:
            yield
        except Problem as problem:
            tell(problem)
            sys.exit(1)


def tell(problem: Exception) -> None:
    """Print a refused step to standard error: what happened, where, what to do, and each wrong field."""
    title, detail, remedy = (str(getattr(problem, name, "")) for name in ("title", "detail", "remedy"))
    click.echo(title or str(problem), err=True)
    messages = [str(text) for found in getattr(problem, "errors", {}).values()
                for text in (found if isinstance(found, list) else [found])]
    for line in dict.fromkeys([detail, *messages, remedy]):
        if line and line != title:
            click.echo(f"  {line}", err=True)

"""``grid321 search``: make the full-text index anew."""
from __future__ import annotations

import time

import click


@click.group()
def search() -> None:
    """The full-text index; `grid321 verify` says whether it agrees with the records."""


@search.command()
def rebuild() -> None:
    """Make the index anew from records and ledger, while the site is in use: until it is done, not everything is found."""
    from grid321.core import search as index
    from grid321.core.commands.context import platform_context

    with platform_context():
        started = time.monotonic()
        count = index.rebuild()
        click.echo(f"{count} texts in {time.monotonic() - started:.0f} s")

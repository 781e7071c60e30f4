"""``grid321 demo``: the demo county."""
from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from .context import platform_context

if TYPE_CHECKING:
    from ..demo.context import DemoAccount

NOTE = "demo-accounts.txt"


@click.group()
def demo() -> None:
    """Load the demo county into an empty database."""


@demo.command()
@click.option("--if-empty", is_flag=True, help="Keep a database that has divisions already; only print the demo accounts.")
@click.option("--quiet", is_flag=True, help="Print the accounts only.")
def load(if_empty: bool, quiet: bool) -> None:
    """Load Hanbin's towns and villages with invented people, and print the accounts.

    For looking at only: everybody knows the password of these accounts.
    """
    with platform_context():
        from flask import current_app

        from grid321.core.demo import county
        from grid321.core.registry import platform

        note = platform().config.home / NOTE
        if if_empty and not county.is_empty():
            if note.exists():
                click.echo(note.read_text(encoding="utf-8"))
            return
        started = time.monotonic()
        # Inside a request the snapshot of the configuration is read once and not at every step.
        with current_app.test_request_context("/"):
            made = county.load((lambda text: None) if quiet else (lambda text: click.echo(f"  {text} …")))
        if not quiet:
            click.echo(f"The demo county is ready ({time.monotonic() - started:.0f} s).")
        text = accounts_text(made.accounts, made.password)
        note.write_text(text, encoding="utf-8")
        click.echo(text)


@demo.command("accounts")
def show_accounts() -> None:
    """Print the demo accounts again."""
    with platform_context():
        from grid321.core.registry import platform

        note = platform().config.home / NOTE
        if not note.exists():
            raise click.ClickException("no demo county was loaded here: grid321 demo load")
        click.echo(note.read_text(encoding="utf-8"))


def accounts_text(accounts: list[DemoAccount], password: str) -> str:
    """The user names, places and the one password of the demo accounts, with its warning."""
    width = max((len(one.username) for one in accounts), default=0)
    lines = [f"Demo accounts (password of all: {password})",
             *(f"  {one.username:<{width}}  {one.label}, {one.place}" for one in accounts),
             "This password is public: never use this database for real work."]
    return "\n".join(lines)

"""``grid321 demo``: the demo county."""
from __future__ import annotations

import time

import click

from .context import platform_context


@click.group()
def demo() -> None:
    """Load the demo county into an empty database."""


@demo.command()
@click.option("--if-empty", is_flag=True, help="Say nothing and do nothing when there are divisions already.")
@click.option("--quiet", is_flag=True, help="Print the accounts only.")
def load(if_empty: bool, quiet: bool) -> None:
    """Load Hanbin's towns and villages with invented people, and print the accounts.

    For looking at only: everybody knows the password of these accounts.
    """
    with platform_context():
        from flask import current_app

        from grid321.core.demo import county

        if if_empty and not county.is_empty():
            return
        started = time.monotonic()
        # Inside a request the snapshot of the configuration is read once and not at every step.
        with current_app.test_request_context("/"):
            made = county.load((lambda text: None) if quiet else (lambda text: click.echo(f"  {text} …")))
        if not quiet:
            click.echo(f"The demo county is ready ({time.monotonic() - started:.0f} s).")
        print_accounts(made.accounts, made.password)


def print_accounts(accounts: list, password: str) -> None:
    """Print user names, places and the one password with its warning."""
    click.echo("\nDemo accounts (password of all: " + password + ")")
    width = max((len(one.username) for one in accounts), default=0)
    for one in accounts:
        click.echo(f"  {one.username:<{width}}  {one.label}, {one.place}")
    click.echo("This password is public: never use this database for real work.\n")

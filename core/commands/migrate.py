"""``grid321 migrate``: bring the database up to this release, or show what is pending."""
from __future__ import annotations

import sys

import click


@click.command()
@click.option("--check", is_flag=True, help="Only show what is pending; exit code 1 when something is.")
@click.option("--owner", default=None, help="Only this owner: core or a plugin.")
@click.option("--down", is_flag=True, help="Revert the newest script of --owner.")
def migrate(check: bool, owner: str | None, down: bool) -> None:
    """Apply pending migrations, one owner after the other, each script in one transaction."""
    from grid321.core import migrate as migrations
    from grid321.core.app import create_app

    with create_app({"MIGRATING": True}).app_context():
        if owner is not None and owner not in migrations.owners():
            raise click.BadParameter(f"no migrations of {owner!r}; there are {', '.join(migrations.owners())}")
        if down:
            if owner is None:
                raise click.UsageError("--down needs --owner")
            done = migrations.downgrade(owner)
            click.echo(f"{owner}: reverted {', '.join(done) or 'nothing'}")
            return
        if check:
            waiting = migrations.pending()
            for name, scripts in waiting.items():
                click.echo(f"{name}: {', '.join(scripts)}")
            sys.exit(1 if waiting else 0)
        applied = migrations.upgrade(owner)
        for name, scripts in applied.items():
            click.echo(f"{name}: applied {', '.join(scripts)}")
        if not applied:
            click.echo("The database is up to date.")

"""``grid321 plugin``: list the plugins, switch one on or off for a division, show the hash for the allow-list."""
from __future__ import annotations

import click


@click.group()
def plugin() -> None:
    """List the plugins; switch one on or off for a division and its subtree."""


@plugin.command("list")
def list_plugins() -> None:
    """Show every installed plugin, where it is on, and why one was set aside."""
    from grid321.core import snapshot
    from grid321.core.app import create_app

    app = create_app()
    with app.app_context():
        now = snapshot.current()
        for found in app.extensions["grid321"].plugins.all.values():
            if not found.ok:
                click.echo(f"{found.key}\tset aside: {found.error}")
                continue
            rows = now.switches.rows(found.key)
            places = ", ".join(f"{'+' if on else '-'}{node.code} {node.name}" for i, on in rows.items()
                               if (node := now.tree.get(i)) is not None)
            click.echo(f"{found.key}\t{found.manifest.version}\t{places or ('always on' if found.key == 'core' else 'off')}")


@plugin.command()
@click.argument("key")
@click.option("--division", required=True, help="Code of the division; its subtree follows.")
def on(key: str, division: str) -> None:
    """Switch plugin KEY on, e.g. `grid321 plugin on grid --division 610902104`."""
    _turn(key, division, True)


@plugin.command()
@click.argument("key")
@click.option("--division", required=True, help="Code of the division; its subtree follows.")
def off(key: str, division: str) -> None:
    """Switch plugin KEY off. Its data stay."""
    _turn(key, division, False)


@plugin.command("hash")
@click.argument("key")
def hash_of(key: str) -> None:
    """Print KEY=SHA256 of its code for the allow-list GRID321_PLUGINS."""
    from grid321.core.allowlist import code_hash
    from grid321.core.plugins import discover

    found = dict(discover()).get(key)
    if found is None or isinstance(found, BaseException):
        raise click.ClickException(f"plugin {key!r} is not installed or cannot be imported")
    click.echo(f"{key}={code_hash(found)}")


def _turn(key: str, division: str, state: bool) -> None:
    from grid321.core import snapshot, switches
    from grid321.core.app import create_app
    from grid321.core.errors import Problem

    with create_app().app_context():
        node = snapshot.current().tree.by_code(division)
        if node is None or not node.valid:
            raise click.ClickException(f"there is no division {division!r}; `grid321 divisions list` shows them")
        try:
            switches.turn(key, node, state)
        except Problem as problem:
            raise click.ClickException(f"{problem.title} {problem.detail} {problem.remedy}".strip()) from None
        click.echo(f"{key} is {'on' if state else 'off'} at {node.code} {node.name} and below.")

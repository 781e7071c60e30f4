"""``grid321 hooks``: every hook, and which installed plugin answers it."""
from __future__ import annotations

import inspect

import click

from .. import hooks as specification


@click.command()
def hooks() -> None:
    """List the hooks and which plugin answers each."""
    from ..app import create_app

    plugins = create_app({"MIGRATING": True}).extensions["grid321"].registry.plugins
    for name in (*specification.STARTUP, *specification.RUNTIME):
        function = getattr(specification, f"{specification.PROJECT}_{name}")
        arguments = ", ".join(inspect.signature(function).parameters)
        answered = ", ".join(found.plugin for found in plugins.hooks.implementations.get(name, ()))
        click.echo(f"{specification.PROJECT}_{name}({arguments})")
        click.echo(f"    {answered or '-'}")
    for failed in plugins.failed():
        click.echo(f"set aside: {failed.key}: {failed.error}", err=True)

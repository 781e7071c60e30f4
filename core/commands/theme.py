"""``grid321 theme``: look at themes before people wear them."""

from __future__ import annotations

from pathlib import Path

import click

from .. import theme_check
from ..themes import ThemeError, discover, known_templates


@click.group()
def theme() -> None:
    """Check a theme."""


@theme.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folders: tuple[Path, ...]) -> None:
    """Check FOLDERS, or every theme that is shipped: manifest, contrast, templates, nothing remote, nothing inline.

    Prints each mistake with its file and exits with 1 when there is one.
    """
    try:
        themes = discover()
    except ThemeError as error:
        raise click.ClickException(str(error)) from None
    found = []
    chosen = folders or tuple(one.folder for one in themes.values())
    for folder in chosen:
        mistakes = theme_check.check_folder(folder.resolve(), themes, known_templates())
        click.echo(f"{folder.name}: " + ("in order" if not mistakes else f"{len(mistakes)} to correct"))
        for mistake in mistakes:
            click.echo(f"  {mistake}", err=True)
        found += mistakes
    if found:
        raise SystemExit(1)

"""``grid321 form``: the Word templates of forms: take one out, change it in Word or WPS, check it, put it in place."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from .context import platform_context

KEY = click.option("--as", "key", required=True, metavar="KEY", help="Which form; `grid321 form list` names them.")
PLACE = click.option("--division", metavar="CODE", help="A division; its subtree follows. Without it, the whole site.")


@click.group()
def form() -> None:
    """Take out, check and replace the Word templates of forms."""


@form.command("list")
def list_() -> None:
    """Print every form with its key, what it can be made as, and where a template stands in place of the shipped one."""
    with platform_context():
        from grid321.core import documents
        from grid321.core.registry import registry

        for document in registry().documents.values():
            kinds = "page, docx" if document.sheet is not None else "page"
            click.echo(f"{document.key}\t{document.label}\t{kinds}")
            for path in documents.put_in_place(document):
                click.echo(f"  {path}")


@form.command()
@click.argument("key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", help="Language of its words.")
def export(key: str, file: Path, language: str) -> None:
    """Write the template of form KEY into FILE, as it is shipped. It never overwrites a file."""
    with platform_context():
        from grid321.core import documents
        from grid321.core.i18n import use_language

        if file.exists():
            raise click.ClickException(f"{file} is there already; name another file")
        with use_language(language):
            file.write_bytes(documents.shipped_template(_document(key)))
        click.echo(str(file))


@form.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@KEY
def check(file: Path, key: str) -> None:
    """Say what is wrong with a template: not a Word file, macros, tags that do not work, names that the form does not know."""
    with platform_context():
        wrong = _mistakes(file, key)
        for line in wrong:
            click.echo(line, err=True)
        if not wrong:
            click.echo("in order")
    sys.exit(1 if wrong else 0)


@form.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@KEY
@PLACE
def install(file: Path, key: str, division: str | None) -> None:
    """Check a template and put it in place of the shipped one, at once and without a restart."""
    with platform_context():
        from grid321.core import documents, snapshot
        from grid321.core.errors import NotFound
        from grid321.core.i18n import gettext as _

        wrong = _mistakes(file, key)
        if wrong:
            raise click.ClickException("\n".join(wrong))
        if division is not None and snapshot.current().tree.by_code(division) is None:
            raise NotFound(_("There is no such division."), division, _("`grid321 divisions` lists the codes."))
        target = documents.place_for(_document(key), division)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Written beside and renamed: who asks for the form meanwhile gets the old one or the new one, never half of one.
        fresh = target.with_suffix(".new")
        fresh.write_bytes(file.read_bytes())
        fresh.replace(target)
        click.echo(str(target))


def _document(key: str) -> Any:
    from grid321.core.errors import NotFound
    from grid321.core.i18n import gettext as _
    from grid321.core.registry import registry

    found = registry().documents.get(key)
    if found is None:
        raise NotFound(_("There is no such form here."), key, _("`grid321 form list` names them."))
    return found


def _mistakes(file: Path, key: str) -> list[str]:
    from grid321.core import documents, docx_fill
    from grid321.core.errors import Problem

    document = _document(key)
    try:
        used = docx_fill.names_in(file.read_bytes())
        known = docx_fill.names_in(documents.shipped_template(document)) if document.sheet is not None else set()
    except Problem as problem:
        return [f"{problem.title} {problem.detail}".strip()]
    return [f"{file.name}: the form gives no value named {name!r}" for name in sorted(used - known - documents.GENERAL)]

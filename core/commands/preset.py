"""``grid321 preset``: the sets of rules for limits, and which one a county follows."""
from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from .context import platform_context


@click.group()
def preset() -> None:
    """Show the sets of rules for limits; apply one to a division."""


@preset.command("list")
def list_() -> None:
    """Print every preset with its source."""
    from grid321.core.i18n import use_language
    from grid321.core.preset_files import all_presets

    from .context import terminal_language

    with use_language(terminal_language()):
        for found in all_presets().values():
            click.echo(f"{found.key}\t{found.label}\t{found.source}{'  (default)' if found.default else ''}")


@preset.command()
@click.argument("key")
@click.option("--division", help="Compare with what holds at this division.")
def show(key: str, division: str | None) -> None:
    """Print what preset KEY says, setting by setting; '-' is left open."""
    with platform_context():
        from grid321.core import preset_choice
        from grid321.core.preset_files import KEYS

        found = preset_choice.preset(key)
        click.echo(f"{found.label}\n{found.source}" + (f"\n{found.note}" if found.note else ""))
        if division is None:
            for name in KEYS:
                click.echo(f"{name}\t{found.value(name) or '-'}")
            return
        for row in preset_choice.compare(found, _node(division)):
            click.echo(f"{row.setting.key}\t{row.said or '-'}\t{_here(row.here, row.same)}")


def _here(value: str | None, same: bool) -> str:
    return "same" if same else f"now {value or '-'}"


@preset.command()
@click.argument("key")
@click.option("--division", required=True, help="Code of the division; its subtree follows.")
@click.option("--from", "valid_from", type=click.DateTime(["%Y-%m-%d"]), help="First day on which it holds; today by default.")
def apply(key: str, division: str, valid_from: datetime | None) -> None:
    """Make preset KEY the rules of a division. Clocks that run keep their dates: see `grid321 calendar redate`."""
    with platform_context():
        from grid321.core import db, preset_choice
        from grid321.core.actor import SYSTEM

        node = _node(division)
        day = valid_from.date() if valid_from else db.local_day()
        changed = preset_choice.apply(key, node, SYSTEM, day)
        click.echo(f"{key} holds at {node.code} {node.name} from {day}; {changed} values changed.")


def _node(code: str) -> Any:
    from grid321.core import snapshot
    from grid321.core.errors import NotFound

    node = snapshot.current().tree.by_code(code)
    if node is None or not node.valid:
        raise NotFound(f"There is no division {code}.", remedy="`grid321 divisions list` shows them.")
    return node

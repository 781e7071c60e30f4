"""``grid321 month``: show, check, close and print the months of a division."""
from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from .context import platform_context

MONTH = re.compile(r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])")
DIVISION = click.option("--division", required=True, metavar="CODE", help="Code of the division, 610902 for example.")


def _month(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not MONTH.fullmatch(value):
        raise click.BadParameter(f"{value!r}: write a month like 2026-11")
    return value


ARGUMENT = click.argument("month", callback=_month)


@contextmanager
def _at(code: str) -> Iterator[Any]:
    """The platform's context with the division of that code."""
    from grid321.core import snapshot
    from grid321.core.errors import NotFound
    from grid321.core.i18n import gettext as _

    with platform_context():
        node = snapshot.current().tree.by_code(code)
        if node is None or not node.valid:
            raise NotFound(_("There is no such division."), code, _("`grid321 divisions` lists the codes."))
        yield node


@click.group()
def month() -> None:
    """Check the balance of a month, freeze its figures with the ledger's head, print them."""


@month.command("list")
@DIVISION
def list_(division: str) -> None:
    """The months of a division: closed with their anchor, or open."""
    from grid321.core import months
    from grid321.core.month_pages import known_months
    from grid321.core.month_rows import MonthClose

    with _at(division) as node:
        closed = {row.month: row for row in MonthClose.select().where(MonthClose.division_id == node.id)}
        following = months.next_to_close(node)
        for one in known_months(node):
            row = closed.get(one)
            text = f"closed {row.closed_at:%Y-%m-%d %H:%M} UTC  {row.position}:{row.head}" if row else (
                "next to close" if one == following and months.is_over(one) else "open")
            click.echo(f"{one}  {text}")


@month.command()
@DIVISION
@click.option("--below", is_flag=True, help="With everything below that did not close it yet.")
@ARGUMENT
def check(division: str, month: str, below: bool) -> None:
    """Say what is against closing a month; exit code 1 when something is."""
    from grid321.core import months
    from grid321.core.i18n import gettext as _

    with _at(division) as node:
        plan = months.check(node, month, below=below)
        for finding in plan.findings:
            click.echo(f"{finding.text}  {finding.url}", err=True)
        if not plan.findings:
            click.echo(_("balanced: %(count)s divisions can be closed", count=len(plan.divisions)))
    sys.exit(1 if plan.findings else 0)


@month.command()
@DIVISION
@click.option("--below", is_flag=True, help="Close everything below that did not first, lowest level first, in one go.")
@ARGUMENT
def close(division: str, month: str, below: bool) -> None:
    """Close a month: check the balance, freeze the figures with the ledger's head, print the anchor."""
    from grid321.core import months
    from grid321.core.actor import SYSTEM
    from grid321.core.i18n import gettext as _

    with _at(division) as node:
        rows = months.close(node, month, SYSTEM, below=below)
        click.echo(_("%(month)s is closed for %(count)s divisions.", month=month, count=len(rows)))
        click.echo(f"{rows[-1].position}:{rows[-1].head}")


@month.command()
@DIVISION
@ARGUMENT
def show(division: str, month: str) -> None:
    """The figures of a month: the division's own bank and those below."""
    with _at(division) as node:
        _figures(node, month)


@month.command("print")
@DIVISION
@ARGUMENT
def print_(division: str, month: str) -> None:
    """The bulletin as plain text, with formula, cut-off and anchor."""
    from grid321.core import month_bulletin
    from grid321.core.actor import SYSTEM

    with _at(division) as node:
        click.echo(month_bulletin.as_text(month_bulletin.context(node, month, SYSTEM)))


def _figures(node: Any, month: str) -> None:
    from grid321.core.banks import TERMS, entities_at, has_bank, own_terms
    from grid321.core.statistics_view import label_of

    for entity in entities_at(node):
        if has_bank(entity, node):
            terms, row = own_terms(entity, node, month)
            click.echo(f"{entity.label}  {node.name}  {month}  {'closed' if row else 'open'}")
            for kind in (*TERMS, *sorted(set(terms) - set(TERMS))):
                click.echo(f"  {label_of(kind)}: {terms.get(kind, 0)}")

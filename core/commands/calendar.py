"""``grid321 calendar``: show, import and export working days; re-date open deadlines on purpose."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from .context import platform_context

_division = click.option("--division", help="Code of the division; without it the whole country.")


@click.group()
def calendar() -> None:
    """Show, import and export working days; re-date open deadlines."""


@calendar.command()
@click.argument("year", type=click.IntRange(2000, 2100))
@_division
def show(year: int, division: str | None) -> None:
    """Print the special days of YEAR, where each comes from, and whether the year is known."""
    with platform_context():
        from datetime import date

        from grid321.core import calendar as working
        from grid321.core.calendar_pages import all_days

        days = working.at(_node(division))
        for day in all_days(year):
            entry = days.entry(day)
            if entry is not None:
                click.echo(f"{day}  {days.kind(day):8}  {entry.name}  {entry.source}")
        count = days.workdays_between(date(year - 1, 12, 31), date(year, 12, 31))
        known = "known" if year in days.known else "not known: computed Monday to Friday, every date provisional"
        click.echo(f"{year}: {count} working days; the year is {known}.")


@calendar.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--year", required=True, type=click.IntRange(2000, 2100), help="The year of the notice.")
@click.option("--source", required=True, help="The document it comes from.")
@click.option("--division", help="Days of one division; without it those of the whole country.")
@click.option("--apply", "confirmed", is_flag=True, help="Do it. Without this option only the preview is shown.")
def import_(file: Path, year: int, source: str, division: str | None, confirmed: bool) -> None:
    """Enter the notice of a year from FILE: .xlsx, .csv (columns day, kind, name), or lines as the page takes them.

    What is wrong is named row by row, and nothing is changed then. Open deadlines are re-dated by the worker afterwards.
    """
    with platform_context():
        from grid321.core import calendar_edit, calendar_sheet
        from grid321.core.actor import SYSTEM

        content = file.read_bytes()
        rows = calendar_sheet.read_file(content, file.name) if file.suffix.lower() in (".xlsx", ".csv") else \
            calendar_sheet.read_lines(content.decode("utf-8-sig"))
        place = _node(division)
        calendar_edit.check(rows, year, source)
        if confirmed:
            found, asked = calendar_edit.enter_year(place, year, rows, source, SYSTEM, place or _root())
        else:
            found, asked = calendar_edit.plan(place, year, rows), None
        click.echo(f"{year}: {len(found.new)} new, {len(found.changed)} changed, {len(found.removed)} taken back, "
                   f"{found.same} unchanged")
        if found.thin:
            click.echo(f"There are fewer than {calendar_edit.STATUTORY} holidays in it: is the notice complete?")
        if not confirmed:
            click.echo("Nothing was changed. Run it again with --apply to do it.")
        elif asked is not None:
            click.echo(f"Open deadlines are re-dated by job {asked.job_id}.")


@calendar.command()
@click.argument("year", type=click.IntRange(2000, 2100))
@_division
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="An .xlsx or .csv file, else lines are printed.")
def export(year: int, division: str | None, output: Path | None) -> None:
    """Write the special days of YEAR, in a form that `grid321 calendar import` reads."""
    with platform_context():
        from grid321.core import calendar as working
        from grid321.core import calendar_sheet
        from grid321.core.calendar_edit import Row
        from grid321.core.calendar_pages import all_days

        days = working.at(_node(division))
        rows = [(Row(day, entry.kind, entry.name), entry.source) for day in all_days(year)
                if (entry := days.entry(day)) is not None]
        if output is None:
            click.echo(calendar_sheet.to_lines(row for row, _source in rows))
        else:
            write = calendar_sheet.write_csv if output.suffix.lower() == ".csv" else calendar_sheet.write_xlsx
            output.write_bytes(write(rows))


@calendar.command()
@click.option("--division", required=True, help="Code of the division; its subtree follows.")
@click.option("--setting", "settings", multiple=True, help="A limit to follow, as in core.clock_reply; without it the calendar.")
@click.option("--apply", "confirmed", is_flag=True, help="Do it. Without this option only the number is shown.")
def redate(division: str, settings: tuple[str, ...], confirmed: bool) -> None:
    """Date open deadlines anew; the worker does it and writes the report.

    With --setting they follow the present length of those limits. Without it they follow the calendar as it is now: for days
    that a plugin changed (hook workday); what administrators enter is followed by itself.
    """
    with platform_context():
        from grid321.core import redating
        from grid321.core.actor import SYSTEM

        node = _node(division)
        found = redating.preview(node, settings)
        click.echo(f"{found.changed} of {found.seen} open deadlines would change.")
        if confirmed:
            asked = redating.ask(redating.LENGTHS if settings else redating.CALENDAR, node, SYSTEM,
                                 reason="" if settings else "grid321 calendar redate", settings=settings)
            click.echo(f"Job {asked.job_id} does it; the report is /d/{node.code}/core/redating/{asked.id}.")
        else:
            click.echo("Nothing was changed. Run it again with --apply to do it.")


def _node(code: str | None) -> Any:
    from grid321.core import snapshot
    from grid321.core.errors import NotFound

    if code is None:
        return None
    node = snapshot.current().tree.by_code(code)
    if node is None or not node.valid:
        raise NotFound(f"There is no division {code}.", remedy="`grid321 divisions list` shows them.")
    return node


def _root() -> Any:
    from grid321.core import snapshot

    roots = snapshot.current().tree.roots
    if not roots:
        click.echo("There are no divisions yet: grid321 divisions import --county CODE DIR", err=True)
        sys.exit(1)
    return roots[0]

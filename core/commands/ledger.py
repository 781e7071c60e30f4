"""``grid321 ledger``: check the chains, print anchors to keep outside, export, and check an exported file anywhere."""
from __future__ import annotations

import gzip
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import click

from grid321.core import chain_file

BROKEN, UNUSABLE = 1, 2


class _Anchor(click.ParamType):
    """``12345:abcd…`` or as it stands on paper."""

    name = "POSITION:HASH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> chain_file.Anchor:
        """Read an anchor; a usage error names what would be right."""
        try:
            return chain_file.parse_anchor(str(value))
        except chain_file.Unusable as problem:
            self.fail(str(problem), param, ctx)


@click.group()
def ledger() -> None:
    """Verify, anchor and export the ledger; verify and anchor the audit log."""


@ledger.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, allow_dash=False, path_type=Path))
@click.option("--anchor", "anchors", multiple=True, type=_Anchor(),
              help="An anchor of the ledger that was kept outside (printed, on another machine).")
@click.option("--audit-anchor", "audit_anchors", multiple=True, type=_Anchor(), help="The same for the audit log.")
@click.option("--part", is_flag=True, help="The file is meant to hold a part that does not begin with the first entry.")
def verify(file: Path | None, anchors: tuple[chain_file.Anchor, ...], audit_anchors: tuple[chain_file.Anchor, ...],
           part: bool) -> None:
    """Check an exported FILE, or without one the chains in the database.

    Checking a file needs only the file and the anchors: no database and no configuration. Exit code 0: everything is whole;
    1: something was changed, removed, reordered or cut off, and the output names it; 2: the file or an anchor is not usable.
    """
    sys.exit(_verify_file(file, anchors, part) if file is not None else _verify_database(anchors, audit_anchors))


def _verify_file(file: Path, anchors: Iterable[chain_file.Anchor], part: bool) -> int:
    wanted = list(anchors)
    try:
        found = chain_file.check(file, wanted, part=part)
    except (chain_file.Unusable, OSError) as problem:
        click.echo(f"{file}: {problem}", err=True)
        return UNUSABLE
    if found.fault is not None:
        where = f" (line {found.fault.line})" if found.fault.line else ""
        click.echo(f"{file}: {found.fault.text}{where}", err=True)
        return BROKEN
    left_out = f", of {found.left_out} only the digest" if found.left_out else ""
    click.echo(f"{file}: whole. Entries {found.head['first']} to {found.position}{left_out}, deployment "
               f"{found.head['deployment']}, made {found.head['made']}")
    click.echo(f"head {found.position}:{found.hash}")
    newest = max((position for position, _value in wanted), default=0)
    if not wanted:
        click.echo("No anchor was given: a chain that was written anew as a whole cannot be seen. Use a printed anchor.")
    elif newest < found.position:
        click.echo(f"The anchors cover everything up to position {newest}; the {found.position - newest} entries after it are "
                   "checked against each other only.")
    return 0


def _verify_database(anchors: Iterable[chain_file.Anchor], audit_anchors: Iterable[chain_file.Anchor]) -> int:
    from grid321.core import audit
    from grid321.core import ledger as chain
    from grid321.core.app import create_app

    wanted = list(anchors)
    with create_app().app_context():
        faults = [f"ledger: {text}" for text in chain.verify(wanted)]
        faults += [f"audit: {text}" for text in audit.verify(audit_anchors)]
        for text in faults:
            click.echo(text, err=True)
        position, head = chain.head()
        click.echo(f"ledger: {position} entries sealed, head {head}")
        if not wanted:
            click.echo("No anchor was given: a tail that was cut off cannot be seen. Keep the output of `grid321 ledger anchor`.")
    return BROKEN if faults else 0


@ledger.command()
def anchor() -> None:
    """Seal what is waiting and print position and hash of the newest entry of both chains, to be kept outside this machine.

    The short form is for paper: position and the first 20 digits in groups of four. Either form can be given to --anchor.
    """
    from grid321.core import audit
    from grid321.core import ledger as chain
    from grid321.core.app import create_app

    with create_app().app_context():
        chain.seal_all()
        audit.seal_all()
        for name, (position, value) in (("ledger", chain.head()), ("audit", audit.head())):
            click.echo(f"{name} {position}:{value}")
            click.echo(f"  on paper  {chain_file.short(position, value)}")


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--from", "first", type=click.IntRange(min=1), help="Position of the first entry; the very first by default.")
@click.option("--to", "last", type=click.IntRange(min=1), help="Position of the last entry; the newest by default.")
@click.option("--division", "code", help="Code of a division: of entries elsewhere only the digest is written.")
@click.option("--texts", is_flag=True, help="With what people typed. Such a file holds personal data: keep it under lock.")
def export(file: Path, first: int | None, last: int | None, code: str | None, texts: bool) -> None:
    """Write the ledger to FILE (JSON lines, compressed when the name ends with .gz), to be checked anywhere."""
    from grid321.core import ledger as chain
    from grid321.core import snapshot
    from grid321.core.commands.context import platform_context

    with platform_context():
        node = snapshot.current().tree.by_code(code) if code is not None else None
        if code is not None and node is None:
            raise click.BadParameter(f"there is no division with the code {code!r}", param_hint="--division")
        lines = chain.export(first, last, node=node, texts=texts)
        count = _write(file, lines)
        click.echo(f"{file}: {count} lines")
        click.echo("check it with: grid321 ledger verify {} --anchor {}:{}".format(file, *chain.head()))


def _write(file: Path, lines: Iterable[bytes]) -> int:
    """Write beside ``file`` and put it in place when it is complete; returns the number of lines."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    count = 0
    try:
        with os.fdopen(handle, "wb") as raw:
            stream: IO[bytes] = gzip.GzipFile(file.name, "wb", 6, raw) if file.suffix == ".gz" else raw  # type: ignore[assignment]
            for line in lines:
                stream.write(line)
                count += 1
            if stream is not raw:
                stream.close()
            raw.flush()
            os.fsync(raw.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return count

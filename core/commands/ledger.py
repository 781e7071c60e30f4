"""``grid321 ledger``: verify the chains of ledger and audit, and print anchors to keep outside."""
from __future__ import annotations

import sys

import click


@click.group()
def ledger() -> None:
    """Verify and anchor the ledger and the audit log."""


@ledger.command()
@click.option("--anchor", "anchors", multiple=True, metavar="POSITION:HASH",
              help="An anchor of the ledger that was kept outside (printed, on another machine).")
@click.option("--audit-anchor", "audit_anchors", multiple=True, metavar="POSITION:HASH", help="The same for the audit log.")
def verify(anchors: tuple[str, ...], audit_anchors: tuple[str, ...]) -> None:
    """Walk both chains; exit code 1 and one line for each fault when something was changed, removed, reordered or cut."""
    from grid321.core import audit
    from grid321.core import ledger as chain
    from grid321.core.app import create_app

    with create_app().app_context():
        faults = [f"ledger: {text}" for text in chain.verify(parse(anchors))]
        faults += [f"audit: {text}" for text in audit.verify(parse(audit_anchors))]
        for text in faults:
            click.echo(text, err=True)
        position, head = chain.head()
        click.echo(f"ledger: {position} entries sealed, head {head}")
        if not anchors:
            click.echo("No anchor was given: a tail that was cut off cannot be seen. Keep the output of `grid321 ledger anchor`.")
    sys.exit(1 if faults else 0)


@ledger.command()
def anchor() -> None:
    """Print position and hash of the newest entry of both chains, to be kept outside this machine."""
    from grid321.core import audit
    from grid321.core import ledger as chain
    from grid321.core.app import create_app

    with create_app().app_context():
        chain.seal_all()
        audit.verify()
        click.echo("ledger {}:{}".format(*chain.head()))
        click.echo("audit {}:{}".format(*audit.head()))


def parse(anchors: tuple[str, ...]) -> list[tuple[int, str]]:
    """``("12:ab…",)`` → ``[(12, "ab…")]``; ``click.BadParameter`` for anything else."""
    found = []
    for text in anchors:
        position, _colon, value = text.partition(":")
        if not position.isdigit() or len(value) != 64:
            raise click.BadParameter(f"{text!r}: write POSITION:HASH as `grid321 ledger anchor` prints it")
        found.append((int(position), value))
    return found

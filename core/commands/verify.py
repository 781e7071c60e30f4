"""``grid321 verify``: recount everything that is counted, compare, and walk the chains."""
from __future__ import annotations

import sys

import click


@click.command()
@click.option("--repair", is_flag=True, help="Write the recounted figures where they differ.")
def verify(repair: bool) -> None:
    """Check counters against a recount, ledger and audit chains, cases against their history, places against the tree."""
    from grid321.core.app import create_app
    from grid321.core.verification import check_all

    faults = 0
    with create_app().app_context():
        for text in check_all(repair=repair):
            faults += 1
            click.echo(text, err=True)
    click.echo("everything agrees" if not faults else f"{faults} faults")
    sys.exit(1 if faults else 0)

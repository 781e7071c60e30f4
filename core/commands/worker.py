"""``grid321 worker``: jobs, outbox, chains, clocks."""
from __future__ import annotations

import signal

import click


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end (for cron and tests).")
@click.option("--threads", type=click.IntRange(1, 32), default=2, show_default=True, help="Jobs that run at once.")
@click.option("--lease", type=click.IntRange(1, 3600), default=30, show_default=True,
              help="Seconds after which the job of a silent worker is taken over.")
@click.option("--supervised", is_flag=True, hidden=True, help="End when the parent process is gone.")
def worker(once: bool, threads: int, lease: int, supervised: bool) -> None:
    """Run background jobs, the outbox and the clocks. Several workers may run at once, on one host or several."""
    from datetime import timedelta

    from grid321.core.app import create_app
    from grid321.core.worker import Worker

    found = Worker(create_app(), timedelta(seconds=lease), threads)
    if once:
        click.echo(f"{found.once()} things done")
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: found.stop.set())
    found.run(supervised)

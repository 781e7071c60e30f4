"""``grid321 jobs``: what runs in the background, and starting again what failed."""
from __future__ import annotations

import sys

import click


@click.group()
def jobs() -> None:
    """Show, retry and cancel background jobs."""


@jobs.command("list")
@click.option("--state", type=click.Choice(["queued", "running", "done", "failed", "cancelled"]), default=None)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def list_(state: str | None, limit: int) -> None:
    """Print the newest jobs: number, state, progress, key, error."""
    from grid321.core.app import create_app
    from grid321.core.jobs import JobRun

    with create_app().app_context():
        query = JobRun.select().order_by(JobRun.id.desc()).limit(limit)
        if state is not None:
            query = query.where(JobRun.state == state)
        rows = list(query)
        for run in rows:
            error = run.error.splitlines()[0] if run.error else ""
            click.echo(f"{run.id:>8}  {run.state:<9}  {run.percent:>3} %  {run.key:<28} {error}")
        if not rows:
            click.echo("There are no such jobs.")


@jobs.command("retry")
@click.argument("number", type=int)
def retry(number: int) -> None:
    """Put the failed job NUMBER back into the queue."""
    _change(number, "retry")


@jobs.command("cancel")
@click.argument("number", type=int)
def cancel(number: int) -> None:
    """Stop the waiting or running job NUMBER."""
    _change(number, "cancel")


@jobs.command("undelivered")
@click.option("--again", type=int, default=None, help="Send this event again.")
def undelivered(again: int | None) -> None:
    """Print the events that a plugin did not take, or send one again."""
    from grid321.core import outbox
    from grid321.core.app import create_app
    from grid321.core.errors import Problem

    with create_app().app_context():
        if again is not None:
            try:
                outbox.send_again(again)
            except Problem as problem:
                sys.exit(f"{problem.title} {problem.remedy}")
            click.echo(f"Event {again} is sent again.")
            return
        rows = outbox.dead()
        for row in rows:
            click.echo(f"{row.id:>8}  {row.entity} {row.record_id}  {row.error}")
        if not rows:
            click.echo("Every event was delivered.")


def _change(number: int, action: str) -> None:
    from grid321.core import jobs as service
    from grid321.core.app import create_app
    from grid321.core.errors import Problem

    with create_app().app_context():
        try:
            getattr(service, action)(number)
        except Problem as problem:
            sys.exit(f"{problem.title} {problem.detail}")
    click.echo({"retry": f"Job {number} waits for a worker.", "cancel": f"Job {number} is cancelled."}[action])

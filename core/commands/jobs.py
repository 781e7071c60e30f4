"""``grid321 jobs``: what runs in the background, starting again what failed, and how the workers stand."""
from __future__ import annotations

import sys

import click


@click.group()
def jobs() -> None:
    """Show, retry, cancel and purge background jobs; show the workers."""


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


@jobs.command("show")
@click.argument("number", type=int)
def show(number: int) -> None:
    """Print everything about job NUMBER: who has it, how far it got, why it failed."""
    from grid321.core import snapshot
    from grid321.core.app import create_app
    from grid321.core.jobs import JobRun
    from grid321.core.workers import WorkerRow

    with create_app().app_context():
        run = JobRun.get_or_none(JobRun.id == number)
        if run is None:
            sys.exit(f"There is no job {number}. `grid321 jobs list` shows the numbers.")
        place = snapshot.current().tree.get(run.division_id) if run.division_id else None
        worker = WorkerRow.get_or_none(WorkerRow.id == run.worker_id)
        facts = {"job": run.key, "state": run.state, "progress": f"{run.percent} % ({run.done} of {run.total})",
                 "division": f"{place.code} {place.name}" if place else "", "account": run.account_id,
                 "asked": _time(run.created_at), "due": _time(run.due_at) if run.state == "queued" else "",
                 "started": _time(run.started_at), "ended": _time(run.finished_at), "attempts": run.attempts,
                 "worker": f"{worker.host}, process {worker.pid}" if worker else "", "cursor": run.cursor,
                 "result": run.result, "page": run.link}
        for name, value in facts.items():
            if value not in (None, "", {}):
                click.echo(f"{name:<10} {value}")
        for line in run.error.splitlines():
            click.echo(f"{'error':<10} {line}")


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


@jobs.command("purge")
@click.option("--days", type=click.IntRange(0, 3650), default=90, show_default=True, help="Keep what ended since so many days.")
@click.option("--failed", is_flag=True, help="Remove failed jobs too; they cannot be started again then.")
def purge(days: int, failed: bool) -> None:
    """Remove jobs that ended long ago. Their effects and their records in the ledger stay."""
    from datetime import timedelta

    from grid321.core import jobs as service
    from grid321.core.app import create_app

    with create_app().app_context():
        total = 0
        while done := service.purge(keep=timedelta(days=days), failed=failed):
            total += done
    click.echo(f"{total} jobs removed.")


@jobs.command("house")
def house() -> None:
    """Print the workers that are alive, what waits, and the standing tasks with their last failure."""
    from grid321.core import queue, workers
    from grid321.core.app import create_app
    from grid321.core.worker import standing, tasks

    with create_app().app_context() as context:
        rows = workers.alive()
        for row in rows:
            click.echo(f"worker {row.host}, process {row.pid}: since {_time(row.started_at)}, seen {_time(row.seen_at)}")
        if not rows:
            click.echo("No worker is running. Start `grid321 worker`.")
        for label, (count, oldest) in (("jobs", workers.waiting_jobs()), ("events", workers.waiting_events()),
                                       ("messages", workers.waiting_messages())):
            click.echo(f"{count} {label} wait" + (f", the oldest since {_time(oldest)}" if oldest else ""))
        size = queue.size()
        address = queue.shown(context.app.extensions["grid321"].config.queue)
        click.echo(f"queue {address}: " + ("cannot be reached" if size is None else f"{size} tickets"))
        known = workers.house()
        for task in [*tasks(), *standing(context.app)]:
            state = known.get(task.name)
            failed = f", failed {state['failed']} {state['error']}" if state and state["failed"] else ""
            click.echo(f"{task.name:<16} {'ran ' + str(state['ran']) if state and state['ran'] else 'never ran'}{failed}")


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


def _time(moment: object) -> str:
    return f"{str(moment)[:19]} UTC" if moment else ""


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

"""Which workers are alive and how the house stands: one row a worker, written by its heartbeat.

The page of background jobs shows it; administrators are warned on their start page when nobody has been at work for a minute.
"""
from __future__ import annotations

import os
import platform as machine
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import peewee

from . import db
from .job_runs import QUEUED, JobRun
from .notify_rows import WAITING, Delivery
from .outbox import PENDING, OutboxRow

BEAT = 10.0
"""Seconds between two heartbeats: each is a durable write, so not more often than needed."""

SILENT = timedelta(seconds=60)
"""After so long without a heartbeat a worker counts as gone."""

KEEP = timedelta(days=7)
STARTED = datetime.now(UTC).replace(tzinfo=None)
"""When this process began: a site that starts after a night's rest does not complain about the night."""


class WorkerRow(db.Table):
    """One worker process. ``house``: by task, when it ran last, when and why it failed last, failures in a row.

    ``ended_at`` is set by a worker that ends in order; one that was killed is simply not seen any more.
    """

    id = peewee.BigAutoField()
    host = peewee.CharField(max_length=120)
    pid = peewee.IntegerField()
    threads = peewee.IntegerField()
    started_at = peewee.DateTimeField(default=db.now)
    seen_at = peewee.DateTimeField(default=db.now)
    ended_at = peewee.DateTimeField(null=True)
    house = db.JSONField(default=dict)

    class Meta:
        table_name = "core_worker"
        indexes = ((("seen_at",), False),)


def begin(threads: int) -> int:
    """Write the row of this process; returns its id."""
    moment = db.now()
    with db.transaction():
        return db.insert(WorkerRow, {"host": machine.node()[:120], "pid": os.getpid(), "threads": threads,
                                     "started_at": moment, "seen_at": moment})


def beat(worker_id: int, house: Mapping[str, Any], *, ended: bool = False) -> bool:
    """Write a heartbeat with the state of the house's tasks; False when the row is gone (a host that slept for days)."""
    moment = db.now()
    with db.transaction():
        return bool(WorkerRow.update(seen_at=moment, house=dict(house), ended_at=moment if ended else None)
                    .where(WorkerRow.id == worker_id).execute())


def alive(moment: datetime | None = None) -> list[WorkerRow]:
    """The workers that were seen within the last minute and did not end, the eldest first."""
    since = (moment or db.now()) - SILENT
    return list(WorkerRow.select().where((WorkerRow.seen_at >= since) & WorkerRow.ended_at.is_null()).order_by(WorkerRow.id))


def nobody_since() -> datetime | None:
    """Since when no worker is at work, when that is longer than a minute; None otherwise.

    Where none ever was it is since the oldest job or event waits: a new site, of which nobody wants anything, warns of nothing.
    """
    if alive():
        return None
    last = max((ended or seen for seen, ended in WorkerRow.select(WorkerRow.seen_at, WorkerRow.ended_at).tuples()), default=None)
    if last is None:
        last = min((moment for moment in (waiting_jobs()[1], waiting_events()[1]) if moment is not None), default=None)
    return last if last is not None and max(last, STARTED) < db.now() - SILENT else None


def waiting_jobs() -> tuple[int, datetime | None]:
    """How many jobs wait, and since when the oldest does."""
    return _waiting(JobRun, JobRun.state == QUEUED)


def waiting_events() -> tuple[int, datetime | None]:
    """How many events of the outbox wait, and since when the oldest does."""
    return _waiting(OutboxRow, OutboxRow.state == PENDING)


def waiting_messages() -> tuple[int, datetime | None]:
    """How many messages of the channels wait, and since when the oldest does."""
    return _waiting(Delivery, Delivery.state == WAITING)


def _waiting(model: Any, condition: Any) -> tuple[int, datetime | None]:
    """Counted by the index on the state; what waits for a later moment on purpose (a digest, a new try) counts as well."""
    query = model.select(peewee.fn.COUNT(model.id), peewee.fn.MIN(model.due_at)).where(condition).tuples()
    count, oldest = query[0]
    return int(count), datetime.fromisoformat(oldest) if isinstance(oldest, str) else oldest


def count(model: Any, state: str) -> int:
    """How many rows of a table of work are in ``state``, from its index."""
    return int(model.select(model.id).where(model.state == state).count())


def house(moment: datetime | None = None) -> dict[str, dict[str, Any]]:
    """By task of the house: ``ran``, ``failed`` (moments as ISO texts or None), ``error``, ``failures``, of all workers.

    The latest run and the latest failure count; ``failures`` is that of the worker which ran it last.
    """
    since = (moment or db.now()) - KEEP
    found: dict[str, dict[str, Any]] = {}
    for row in WorkerRow.select(WorkerRow.house).where(WorkerRow.seen_at >= since).order_by(WorkerRow.id).tuples():
        for name, state in (row[0] or {}).items():
            kept = found.setdefault(name, {"ran": None, "failed": None, "error": "", "failures": 0})
            if (state["ran"] or "") >= (kept["ran"] or ""):
                kept["ran"], kept["failures"] = state["ran"], state["failures"]
            if (state["failed"] or "") > (kept["failed"] or ""):
                kept["failed"], kept["error"] = state["failed"], state["error"]
    return found


def purge(moment: datetime | None = None) -> int:
    """Delete the rows of workers that were not seen for a week; returns how many."""
    old = WorkerRow.seen_at < (moment or db.now()) - KEEP
    if not WorkerRow.select(WorkerRow.id).where(old).limit(1).tuples():
        return 0
    with db.transaction():
        return int(WorkerRow.delete().where(old).execute())

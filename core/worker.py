"""The worker: one process beside the web processes. Its threads take tickets; its house keeps the clocks and the outbox.

Huey runs both. The threads for jobs read the queue that all processes share (``queue``) and may be busy for long. The tasks of
the house stand in a queue in this process's memory, with a scheduler and threads of their own: nothing of them needs to be
remembered, because each looks into the database for what is due, and no job and no slow channel keeps them waiting. Everything
may be cut off at any moment and done by another worker: nothing is kept in memory but when a task ran.
"""
from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import peewee
from flask import Flask

from . import db, jobs, queue, workers
from .i18n import lazy_gettext as _l
from .jobs import LEASE, Executor, StopFlag

log = logging.getLogger("grid321.worker")

THREADS = 2
"""Jobs at once: a long import must not keep an export waiting."""

HOUSE_THREADS = 4
"""Tasks of the house at once: a mail server that does not answer, or a mailbox that is read, must not keep the clocks waiting."""

IDLE = 0.5
LONGEST_PAUSE = 60.0
LONGEST_TURN = 5.0
"""Seconds in which a task that always finds work gives way to the others."""

PATIENCE = 25.0
"""Seconds that jobs get to reach the end of a step when the worker is asked to end."""

BATCH = 100


@dataclass
class Task:
    """Something the house does: ``run() -> count done``, every ``every`` seconds, at once again when there was work.

    A task never runs twice at once in one process; those of several processes must agree by compare-and-set.
    """

    name: str
    run: Callable[[], int]
    every: float
    label: Any = ""
    next_at: float = 0.0
    failures: int = 0
    ran: str | None = None
    failed: str | None = None
    error: str = ""

    def due(self, moment: float) -> bool:
        """True when it is this task's turn."""
        return moment >= self.next_at

    def take(self, _now: Any = None) -> bool:
        """True when it is this task's turn; it has none again before it ran."""
        found = self.due(time.monotonic())
        if found:
            self.next_at = float("inf")
        return found

    def state(self) -> dict[str, Any]:
        """What the page of background jobs shows."""
        return {"ran": self.ran, "failed": self.failed, "error": self.error, "failures": self.failures}


def tasks() -> list[Task]:
    """What every worker does besides jobs."""
    from . import (
        audit,
        clock,
        counters,
        idempotency,
        ledger,
        limits,
        month_jobs,
        notify,
        notify_deliveries,
        outbox,
        sessions,
        signed_links,
        transfer_tables,
    )

    return [
        Task("outbox", lambda: outbox.drain(BATCH), IDLE, _l("Tell events to the plugins")),
        Task("notifications", lambda: notify.deliver(BATCH), IDLE, _l("Deliver messages")),
        Task("jobs", jobs.give_tickets, IDLE, _l("Give waiting jobs to the workers")),
        Task("counters", counters.keep_folded, 1.0, _l("Add up the figures")),
        Task("ledger", ledger.seal, 2.0, _l("Seal the ledger")),
        Task("audit", audit.seal, 5.0, _l("Seal the audit log")),
        Task("clocks", lambda: _count(clock.sweep()), 60.0, _l("Look for deadlines that ran out")),
        Task("checkpoint", checkpoint, 300.0, _l("Tidy up the database file")),
        Task("months", month_jobs.sweep, 3600.0, _l("Close months where a county set the day")),
        Task("old answers", idempotency.purge, 600.0, _l("Remove old answers to programs")),
        Task("old limits", limits.sweep, 600.0, _l("Remove old counts of attempts")),
        Task("old links", signed_links.sweep, 3600.0, _l("Remove links of residents that ended long ago")),
        Task("old sessions", sessions.sweep, 600.0, _l("Remove old logins")),
        Task("old files", transfer_tables.purge, 600.0, _l("Remove old imports and exports")),
        Task("old messages", notify_deliveries.purge, 3600.0, _l("Remove old messages")),
        Task("old jobs", jobs.purge, 3600.0, _l("Remove old background jobs")),
        Task("old workers", workers.purge, 3600.0, _l("Remove workers that are gone")),
    ]


def standing(app: Flask) -> list[Task]:
    """What the plugins want every worker to look for again and again (``Standing``)."""
    declared = app.extensions["grid321"].registry.standing.values()
    return [Task(item.key, item.run, item.every, item.label) for item in declared]


def connections(threads: int) -> int:
    """Connections to PostgreSQL that a worker with so many threads needs at most.

    Each job has a second one for its heartbeat, and each channel of messages one of its own.
    """
    from .notify_deliveries import MOST_TARGETS

    return 2 * threads + HOUSE_THREADS + MOST_TARGETS + 2


def checkpoint() -> int:
    """On SQLite, copy the write-ahead log into the database and cut it, when nobody is reading. Returns 0."""
    if not db.is_postgres():
        db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return 0


def _count(result: Any) -> int:
    return result if isinstance(result, int) else 0


class Worker:
    """One worker process. ``run`` works until ``stop`` is set; ``once`` works until nothing is due.

    ``threads`` is how many jobs it runs at once; ``lease`` how long a silent worker keeps a job.
    """

    def __init__(self, app: Flask, lease: timedelta = LEASE, threads: int = THREADS) -> None:
        self.app = app
        self.threads = threads
        self.stop = StopFlag()
        self.executor = Executor(lease, self.stop)
        self.parent = os.getppid()
        self.house = [*tasks(), *standing(app)]
        self.row: int | None = None

    def once(self) -> int:
        """Do everything that is due now, and what comes of it; return how many things were done."""
        with self.app.app_context():
            total = 0
            for _round in range(1000):
                done = self.executor.run_due() + sum(_isolated(task) for task in self.house)
                total += done
                if not done or self.stop.is_set():
                    break
            queue.flush()
            return total

    def run(self, supervised: bool = False) -> None:
        """Work until ``stop`` is set, or, when ``supervised``, until the parent process is gone."""
        from .worker_huey import house_consumer, job_consumer

        if db.is_postgres():  # whatever the web processes may have: with fewer its threads would wait for each other
            pool = db.database.obj
            pool._max_connections = max(pool._max_connections, connections(self.threads))
        with self.app.app_context():
            self._beat()
            self.executor.worker_id = self.row
            consumers = [house_consumer(self.app, self.house, self.stop, HOUSE_THREADS),
                         job_consumer(self.app, self.executor, self.threads)]
            for consumer in consumers:
                consumer.start()
            log.info("worker %s begins: %s threads for jobs, queue %s", os.getpid(), self.threads,
                     queue.shown(self.app.extensions["grid321"].config.queue))
            try:
                self._watch(consumers, supervised)
            finally:
                self.stop.set()
                for consumer in consumers:
                    consumer.stop(graceful=True)
                self._beat(ended=True)
                db.close_thread()
            log.info("worker %s has ended", os.getpid())

    def _watch(self, consumers: list[Any], supervised: bool) -> None:
        """Write heartbeats and replace threads that died, until it is time to end."""
        next_beat = time.monotonic() + workers.BEAT
        while not self.stop.wait(IDLE):
            if supervised and os.getppid() != self.parent:
                log.warning("the server that started this worker is gone: ending")
                return
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + workers.BEAT
                self._beat()
                for consumer in consumers:
                    consumer.check_worker_health()

    def _beat(self, ended: bool = False) -> None:
        """Write this worker's row; a database that is away now is there at the next beat."""
        try:
            state = {task.name: task.state() for task in self.house}
            if self.row is None or not workers.beat(self.row, state, ended=ended):
                self.row = self.executor.worker_id = workers.begin(self.threads)
        except peewee.PeeweeException as error:
            log.warning("the heartbeat could not be written: %s", type(error).__name__)
            _drop_connection()


def perform(task: Task, stop: StopFlag) -> None:
    """Run a task of the house until it finds nothing more, or others have waited long enough."""
    limit = time.monotonic() + LONGEST_TURN
    while _isolated(task) and time.monotonic() < limit and not stop.is_set():
        pass


def _isolated(task: Task) -> int:
    """Run a task; whatever it raises is logged and makes it wait longer. Returns how much it did."""
    pause = task.every
    try:
        done = task.run()
        task.failures = 0
        pause = 0.0 if done else task.every
        return done
    except Exception as error:
        task.failures += 1
        task.failed, task.error = _now(), type(error).__name__
        log.exception("task %s failed, for the %s. time in a row", task.name, task.failures)
        _drop_connection()
        pause = min(LONGEST_PAUSE, task.every * 2 ** min(task.failures, 10))
        return 0
    finally:  # also when a guest ends the thread: its task must have its turn again
        task.ran = task.ran if task.failures else _now()
        task.next_at = time.monotonic() + pause


def _now() -> str:
    """This host's clock: the database may be away, and nothing hangs on it."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _drop_connection() -> None:
    """Give up this thread's connection: after a broken one nothing else works until a new one is opened."""
    try:
        db.close_thread()
    except peewee.PeeweeException:
        log.warning("a broken connection could not be closed")

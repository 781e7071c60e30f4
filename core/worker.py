"""The worker: runs jobs, tells events, offers notifications, seals the chains, sweeps the clocks, folds the counters.

Two threads: jobs, which may take long, and the house, which must not wait for them. Each task is isolated: one that
fails is logged and tried again with growing pauses while the others go on. Everything a worker does may be cut off at
any moment and done by another one: nothing is kept in memory.
"""
from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import peewee
from flask import Flask

from . import db
from .jobs import LEASE, Executor, StopFlag

log = logging.getLogger("grid321.worker")

IDLE = 0.5
"""Seconds between two looks when there was nothing to do."""

LONGEST_PAUSE = 60.0
BATCH = 100


@dataclass
class Task:
    """Something the house does: ``run() -> count done``, every ``every`` seconds, at once again when there was work."""

    name: str
    run: Callable[[], int]
    every: float
    next_at: float = 0.0
    failures: int = 0

    def due(self, moment: float) -> bool:
        """True when it is this task's turn."""
        return moment >= self.next_at


def tasks() -> list[Task]:
    """What every worker does besides jobs."""
    from . import audit, clock, counters, idempotency, ledger, limits, notify, outbox, sessions, transfer_tables

    return [
        Task("outbox", lambda: outbox.drain(BATCH), IDLE),
        Task("notifications", lambda: notify.deliver(BATCH), IDLE),
        Task("counters", counters.fold, 1.0),
        Task("ledger", ledger.seal, 2.0),
        Task("audit", audit.seal, 5.0),
        Task("clocks", lambda: _count(clock.sweep()), 60.0),
        Task("checkpoint", checkpoint, 300.0),
        Task("old answers", idempotency.purge, 600.0),
        Task("old limits", limits.sweep, 600.0),
        Task("old sessions", sessions.sweep, 600.0),
        Task("old files", transfer_tables.purge, 600.0),
    ]


def checkpoint() -> int:
    """On SQLite, copy the write-ahead log into the database and cut it, when nobody is reading. Returns 0."""
    if not db.is_postgres():
        db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return 0


def _count(result: Any) -> int:
    return result if isinstance(result, int) else 0


class Worker:
    """One worker process. ``run`` works until ``stop`` is set; ``once`` works until nothing is due."""

    def __init__(self, app: Flask, lease: timedelta = LEASE) -> None:
        self.app = app
        self.stop = StopFlag()
        self.executor = Executor(lease, self.stop)
        self.parent = os.getppid()

    def once(self) -> int:
        """Do everything that is due now, and what comes of it; return how many things were done."""
        with self.app.app_context():
            total = 0
            for _round in range(1000):
                done = self.executor.run_due() + sum(_isolated(task) for task in tasks())
                total += done
                if not done or self.stop.is_set():
                    break
            return total

    def run(self, supervised: bool = False) -> None:
        """Work until ``stop`` is set, or, when ``supervised``, until the parent process is gone."""
        jobs = threading.Thread(target=self._jobs, name="jobs")
        jobs.start()
        try:
            self._house(supervised)
        finally:
            self.stop.set()
            jobs.join()

    def _jobs(self) -> None:
        with self.app.app_context():
            pause = IDLE
            while not self.stop.wait(pause):
                try:
                    pause = 0.0 if self.executor.run_due(limit=10) else IDLE
                    db.end_reads()
                except Exception:
                    log.exception("jobs: the queue cannot be read; trying again")
                    _drop_connection()
                    pause = min(LONGEST_PAUSE, max(1.0, pause * 2))
            db.close_thread()

    def _house(self, supervised: bool) -> None:
        with self.app.app_context():
            todo = tasks()
            while not self.stop.wait(IDLE):
                if supervised and os.getppid() != self.parent:
                    log.warning("the server that started this worker is gone: ending")
                    break
                for task in todo:
                    if self.stop.is_set():
                        break
                    if task.due(time.monotonic()):
                        _isolated(task)
            db.close_thread()


def _isolated(task: Task) -> int:
    """Run a task; whatever it raises is logged and makes it wait longer. Returns how much it did."""
    try:
        done = task.run()
    except Exception:
        task.failures += 1
        log.exception("task %s failed, for the %s. time in a row", task.name, task.failures)
        _drop_connection()
        task.next_at = time.monotonic() + min(LONGEST_PAUSE, task.every * 2 ** min(task.failures, 10))
        return 0
    task.failures = 0
    task.next_at = time.monotonic() + (0.0 if done else task.every)
    return done


def _drop_connection() -> None:
    """Give up this thread's connection: after a broken one nothing else works until a new one is opened."""
    try:
        db.close_thread()
    except peewee.PeeweeException:
        log.warning("a broken connection could not be closed")

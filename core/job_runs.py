"""The row of a background job, its states, and what a running job is given: the way to write in steps that survive a kill.

A worker holds a job by a random lease. A job does its writing in ``context.step()``: that transaction first checks the lease,
and commits the job's cursor together with the effects, so that whatever was interrupted goes on where it stopped and nothing
is done twice.
"""
from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import peewee

from . import db
from .errors import NotFound
from .i18n import gettext as _
from .i18n import lazy_gettext as _l

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATES = {QUEUED: (_l("Waits for a worker"), "info"), RUNNING: (_l("In progress"), "info"), DONE: (_l("Finished"), "ok"),
          FAILED: (_l("Job failed"), "bad"), CANCELLED: (_l("Cancelled"), "muted")}
PAUSE = 0.005
"""Seconds between two steps of a job: without them a long job takes the write lock again before any waiting writer can."""


class JobRun(db.Record):
    """One piece of background work and how far it got.

    ``lease`` names the present holder and ``lease_until`` when it loses the job; ``cursor`` is where the next step
    begins; ``worker_id`` is who has or last had it; ``attempts`` counts how often it was taken since it last got on;
    ``error`` is a text for people in the language of the one who asked. ``args`` never carry personal data.
    """

    key = peewee.CharField(max_length=80)
    args = db.JSONField(default=dict)
    account_id = peewee.BigIntegerField(null=True)
    division_id = peewee.BigIntegerField(null=True)
    state = peewee.CharField(max_length=12, default=QUEUED)
    due_at = peewee.DateTimeField(default=db.now)
    attempts = peewee.IntegerField(default=0)
    lease = peewee.CharField(max_length=32, null=True)
    lease_until = peewee.DateTimeField(null=True)
    worker_id = peewee.BigIntegerField(null=True)
    cursor = db.JSONField(null=True)
    done = peewee.IntegerField(default=0)
    total = peewee.IntegerField(default=0)
    result = db.JSONField(null=True)
    link = peewee.CharField(max_length=300, default="")
    error = peewee.TextField(default="")
    language = peewee.CharField(max_length=5, default="zh")
    started_at = peewee.DateTimeField(null=True)
    finished_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_job"
        indexes = ((("state", "due_at", "id"), False), (("account_id", "id"), False), (("division_id", "id"), False))

    @property
    def over(self) -> bool:
        """True when nothing more happens without a person."""
        return self.state in (DONE, FAILED, CANCELLED)

    @property
    def percent(self) -> int:
        """How far it got, 0 to 100."""
        return 100 if self.state == DONE else min(100, 100 * self.done // self.total) if self.total else 0


class StopFlag:
    """Says that the worker is to end. Unlike ``threading.Event`` it may be set by a signal handler: it holds no lock."""

    def __init__(self) -> None:
        self._set = False

    def set(self) -> None:
        """Ask everybody who looks to end."""
        self._set = True

    def is_set(self) -> bool:
        """True once it was set."""
        return self._set

    def wait(self, seconds: float) -> bool:
        """Wait until it is set or so many seconds have passed; True when it is set."""
        limit = time.monotonic() + seconds
        while not self._set and (left := limit - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
        return self._set


class LeaseLost(Exception):
    """Another worker has the job, or a person cancelled it: stop without writing."""


class Stopping(Exception):
    """The worker ends: give the job back."""


@dataclass
class Context:
    """What a running job gets: who asked, where, its arguments, and the ways to write safely and tell its progress."""

    run: JobRun
    lease: str
    stop: StopFlag = field(default_factory=StopFlag)

    @cached_property
    def actor(self) -> Any:
        """Who asked, with the rights of now: one who lost them since is refused by the services."""
        from . import access

        return access.actor_of(self.run.account_id) if self.run.account_id is not None else access.SYSTEM

    @property
    def node(self) -> Any:
        """The division it was asked at. Raises ``NotFound`` when that is gone."""
        from . import snapshot

        if self.run.division_id is None:
            return None
        node = snapshot.current().tree.get(self.run.division_id)
        if node is None:
            raise NotFound(_("The division this job was asked for no longer exists."),
                           remedy=_("Ask for it again at the division that took over."))
        return node

    @property
    def cursor(self) -> Any:
        """Where the last finished step ended; None at the beginning."""
        return self.run.cursor

    @contextmanager
    def step(self, cursor: Any = None, done: int | None = None) -> Iterator[None]:
        """One transaction of the job: effects, ``cursor`` and ``done`` are committed together or not at all.

        Raises ``LeaseLost`` when the job is no longer ours and ``Stopping`` when the worker ends.
        """
        if self.stop.is_set():
            raise Stopping
        with db.transaction():
            values: dict[str, Any] = {"updated_at": db.now()}
            if cursor is not None:
                values["cursor"] = cursor
                values["attempts"] = 1  # a long job may be interrupted as often as it likes while it gets on
            if done is not None:
                values["done"] = done
            # The first statement locks the row, so a worker that lost its lease waits here and then finds it gone.
            if not held(self.run.id, self.lease, values):
                raise LeaseLost
            yield
        for name, value in values.items():
            setattr(self.run, name, value)
        time.sleep(PAUSE)

    def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far the job got, in its own small transaction."""
        values: dict[str, Any] = {"done": done} if total is None else {"done": done, "total": total}
        if self.stop.is_set():
            raise Stopping
        with db.transaction():
            if not held(self.run.id, self.lease, values):
                raise LeaseLost
        for name, value in values.items():
            setattr(self.run, name, value)


def held(run_id: int, lease: str, values: Mapping[str, Any]) -> bool:
    """Write ``values`` (by field name) to a job that still runs under ``lease``; False when it is not ours any more."""
    changes = {getattr(JobRun, name): value for name, value in values.items()}
    return bool(JobRun.update(changes).where((JobRun.id == run_id) & (JobRun.lease == lease)
                                             & (JobRun.state == RUNNING)).execute())


def due(limit: int, moment: datetime) -> list[JobRun]:
    """Up to ``limit`` jobs that may be taken at ``moment``: first those whose holder went silent. Oldest first."""
    silent = (JobRun.state == RUNNING) & (JobRun.lease_until < moment)
    waiting = (JobRun.state == QUEUED) & (JobRun.due_at <= moment)
    found: list[JobRun] = []
    # Two reads, each on the index; an OR of both would scan the table. Read to the end, because an open read would keep
    # this connection at an old state, and SQLite lets nobody write from there.
    for condition in (silent, waiting):
        found += list(JobRun.select().where(condition).order_by(JobRun.due_at, JobRun.id).limit(limit - len(found)))
    return found

"""Background jobs: a row in a table, claimed by compare-and-set, done in steps that survive a kill.

A worker holds a job by a random lease that a heartbeat extends. When the worker dies the lease runs out and another
one takes the job up. A job therefore does its writing in ``context.step()``: that transaction first checks the lease,
and commits the job's cursor together with the effects, so that whatever was interrupted goes on where it stopped and
nothing is done twice. Only ``Executor`` knows how a job is run; another executor may replace it under the same table.
"""
from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import peewee

from . import db
from .entity import Job
from .errors import Conflict, NotFound, Problem
from .i18n import current_language, use_language
from .i18n import gettext as _
from .i18n import lazy_gettext as _l

log = logging.getLogger("grid321.jobs")

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATES = {QUEUED: (_l("Waits for a worker"), "info"), RUNNING: (_l("In progress"), "info"), DONE: (_l("Finished"), "ok"),
          FAILED: (_l("Job failed"), "bad"), CANCELLED: (_l("Cancelled"), "muted")}
ATTEMPTS = 5
LEASE = timedelta(seconds=30)
BACKOFF = timedelta(seconds=10)
PAUSE = 0.005
"""Seconds between two steps of a job: without them a long job takes the write lock again before any waiting writer can."""


class JobRun(db.Record):
    """One piece of background work and how far it got.

    ``lease`` names the present holder and ``lease_until`` when it loses the job; ``cursor`` is where the next step
    begins; ``error`` is a text for people in the language of the one who asked. ``args`` never carry personal data.
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


def enqueue(key: str, args: Mapping[str, Any], actor: Any, node: Any, link: str = "") -> JobRun:
    """Ask for job ``key`` with ``args`` (plain JSON, no personal data) on behalf of ``actor`` at ``node``.

    Belongs to the caller's transaction: when that is rolled back there is no job. ``link`` is the page of the result.
    Raises ``NotFound`` for a key that no plugin declares.
    """
    declaration(key)
    moment = db.now()
    return JobRun.create(key=key, args=dict(args), account_id=actor.account_id, created_by=actor.account_id,
                         division_id=node.id if node is not None else None, link=link, language=current_language(),
                         due_at=moment, created_at=moment, updated_at=moment)


def declaration(key: str) -> Job:
    """The declared job ``key``. Raises ``NotFound`` when no plugin that takes part declares it."""
    from .registry import registry

    found = registry().jobs.get(key)
    if found is None:
        raise NotFound(_("There is no background job %(key)s.", key=key),
                       remedy=_("The plugin that brings it may have been removed or set aside."))
    return found


def label(key: str) -> str:
    """What job ``key`` is called; the key itself when nothing declares it any more."""
    from .registry import registry

    found = registry().jobs.get(key)
    return str(found.label) if found is not None else key


def retry(run_id: int) -> None:
    """Put a failed or cancelled job back into the queue; it goes on at its cursor. Raises ``Conflict`` for another."""
    moment = db.now()
    with db.transaction():
        changed = (JobRun.update(state=QUEUED, attempts=0, error="", due_at=moment, updated_at=moment, lease=None,
                                 lease_until=None, finished_at=None, version=JobRun.version + 1)
                   .where((JobRun.id == run_id) & JobRun.state.in_((FAILED, CANCELLED))).execute())
    if not changed:
        raise Conflict(_("This job cannot be started again."), _("Only a failed or cancelled job can."),
                       _("Load the page again to see its present state."))


def cancel(run_id: int) -> None:
    """Stop a waiting or running job after its present step. Raises ``Conflict`` when it is over."""
    moment = db.now()
    with db.transaction():
        changed = (JobRun.update(state=CANCELLED, lease=None, lease_until=None, finished_at=moment, updated_at=moment,
                                 version=JobRun.version + 1)
                   .where((JobRun.id == run_id) & JobRun.state.in_((QUEUED, RUNNING))).execute())
    if not changed:
        raise Conflict(_("This job is over already."), remedy=_("Load the page again to see its present state."))


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
            if done is not None:
                values["done"] = done
            # The first statement locks the row, so a worker that lost its lease waits here and then finds it gone.
            if not _held(self.run.id, self.lease, values):
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
            if not _held(self.run.id, self.lease, values):
                raise LeaseLost
        for name, value in values.items():
            setattr(self.run, name, value)


def _held(run_id: int, lease: str, values: Mapping[str, Any]) -> bool:
    changes = {getattr(JobRun, name): value for name, value in values.items()}
    return bool(JobRun.update(changes).where((JobRun.id == run_id) & (JobRun.lease == lease)
                                             & (JobRun.state == RUNNING)).execute())


class Executor:
    """Claims due jobs and runs them in this thread. ``lease`` is how long a silent worker keeps a job."""

    def __init__(self, lease: timedelta = LEASE, stop: StopFlag | None = None) -> None:
        self.lease = lease
        self.stop = stop or StopFlag()

    def run_due(self, limit: int = 100) -> int:
        """Run up to ``limit`` due jobs, one after the other; return how many were taken."""
        for count in range(limit):
            run = None if self.stop.is_set() else self.claim()
            if run is None:
                return count
            self.execute(run)
        return limit

    def claim(self) -> JobRun | None:
        """Take the oldest due job, or one whose holder went silent; None when there is nothing to do."""
        moment = db.now()
        waiting = (JobRun.state == QUEUED) & (JobRun.due_at <= moment)
        silent = (JobRun.state == RUNNING) & (JobRun.lease_until < moment)
        # Two reads, each on the index; an OR of both would scan the table. Read to the end before writing: an open read
        # would keep this connection at an old state, and SQLite lets nobody write from there.
        for condition in (silent, waiting):
            for run in list(JobRun.select().where(condition).order_by(JobRun.due_at, JobRun.id).limit(8)):
                lease = db.new_uid()
                with db.transaction():
                    taken = (JobRun.update(state=RUNNING, lease=lease, lease_until=moment + self.lease,
                                           attempts=JobRun.attempts + 1, updated_at=moment,
                                           started_at=run.started_at or moment, version=JobRun.version + 1)
                             .where((JobRun.id == run.id) & (JobRun.version == run.version) & condition).execute())
                if taken:
                    return JobRun.get_by_id(run.id)
        return None

    def execute(self, run: JobRun) -> None:
        """Run one claimed job to its end, whatever that is; never raises but for KeyboardInterrupt."""
        lease = str(run.lease)
        with _Heartbeat(run.id, lease, self.lease):
            try:
                with use_language(run.language):
                    result = self._work(Context(run, lease, self.stop))
                self._finish(run.id, lease, state=DONE, result=result or {}, finished_at=db.now(), error="",
                             **({"link": result["link"]} if isinstance(result, dict) and "link" in result else {}))
            except LeaseLost:
                log.info("job %s: another worker has it, or it was cancelled", run.id)
            except Stopping:
                self._finish(run.id, lease, state=QUEUED, attempts=max(0, run.attempts - 1))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - a job must not end the worker
                self._failed(run, lease, error)

    def _work(self, context: Context) -> Any:
        run = context.run
        if run.attempts > ATTEMPTS:
            raise Problem(_("The job was interrupted %(count)s times and was given up.", count=ATTEMPTS),
                          remedy=_("Ask the administrator to look at the log, then start it again."))
        job = declaration(run.key)
        _require_plugin_on(run.key, context.node)
        return job.run(context, run.args)

    def _failed(self, run: JobRun, lease: str, error: BaseException) -> None:
        frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
        log.error("job %s %s failed: %s at %s", run.id, run.key, type(error).__name__, " > ".join(frames))
        passing = isinstance(error, (peewee.OperationalError, peewee.InterfaceError)) and run.attempts < ATTEMPTS
        try:
            if passing:
                self._finish(run.id, lease, state=QUEUED, due_at=db.now() + BACKOFF * 2 ** (run.attempts - 1))
            else:
                with use_language(run.language):
                    text = _readable(error, run)
                self._finish(run.id, lease, state=FAILED, error=text, finished_at=db.now())
        except Exception:  # the database is away: the lease runs out and the job is taken up again
            log.exception("job %s: its end could not be written", run.id)

    def _finish(self, run_id: int, lease: str, **values: Any) -> None:
        with db.transaction():
            values.update(lease=None, lease_until=None, updated_at=db.now())
            changes = {getattr(JobRun, name): value for name, value in values.items()}
            changed = (JobRun.update({**changes, JobRun.version: JobRun.version + 1})
                       .where((JobRun.id == run_id) & (JobRun.lease == lease)).execute())
            if changed and values["state"] in (DONE, FAILED):
                _tell(JobRun.get_by_id(run_id))


def _require_plugin_on(key: str, node: Any) -> None:
    from . import snapshot
    from .registry import registry

    declaration(key)
    owner = registry().owner_of("job", key)
    if node is not None and owner != "core" and not snapshot.current().switches.is_on(owner, node):
        raise Problem(_("The plugin %(key)s is switched off at %(place)s.", key=owner, place=node.name),
                      remedy=_("Switch it on there and start the job again."))


def _readable(error: BaseException, run: JobRun) -> str:
    if isinstance(error, Problem):
        return "\n".join(part for part in (str(error.title), str(error.detail), str(error.remedy)) if part)
    return _("The job stopped because of a mistake in the program (%(kind)s). What it had finished is kept. "
             "Tell the administrator the number %(id)s; the details are in the log.",
             kind=type(error).__name__, id=run.id)


def _tell(run: JobRun) -> None:
    if run.account_id is None:
        return
    from . import notify, snapshot

    node = snapshot.current().tree.get(run.division_id) if run.division_id else None
    if node is None:
        return
    key = "job.done" if run.state == DONE else "job.failed"
    notify.send([run.account_id], key, {"job": run.key}, run.link or f"/d/{node.code}/core/jobs/{run.id}", node)


class _Heartbeat:
    """Extends the lease of a running job from a thread of its own, with its own connection."""

    def __init__(self, run_id: int, lease: str, length: timedelta) -> None:
        self.run_id, self.lease, self.length = run_id, lease, length
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._beat, name=f"lease-{run_id}", daemon=True)

    def __enter__(self) -> _Heartbeat:
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self.thread.join(timeout=5)

    def _beat(self) -> None:
        try:
            while not self.ended.wait(self.length.total_seconds() / 3):
                self._extend()
        finally:
            db.close_thread()

    def _extend(self) -> None:
        try:
            with db.transaction():
                _held(self.run_id, self.lease, {"lease_until": db.now() + self.length})
        except peewee.PeeweeException:  # a passing trouble of the database: the next beat tries again
            log.warning("job %s: its lease could not be extended", self.run_id)



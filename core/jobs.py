"""Background jobs: asked for in the writer's transaction, taken by compare-and-set, done in steps (``job_runs``).

The row of a job is the truth. After the commit a ticket with its number goes into a queue (``queue``), where a worker's
threads wait; a ticket that is lost costs a second, because workers also look for due rows that have none. While a job runs,
a heartbeat extends its lease; when the worker dies the lease runs out and another one takes the job up at its cursor.
"""
from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import peewee

from . import db, queue
from .entity import Job
from .errors import Conflict, NotFound, Problem
from .i18n import current_language, use_language
from .i18n import gettext as _
from .job_runs import (
    CANCELLED,
    DONE,
    FAILED,
    QUEUED,
    RUNNING,
    STATES,
    Context,
    JobRun,
    LeaseLost,
    StopFlag,
    Stopping,
    due,
    held,
)

__all__ = ["ATTEMPTS", "CANCELLED", "DONE", "FAILED", "LEASE", "QUEUED", "RUNNING", "STATES", "Context", "Executor", "JobRun",
           "LeaseLost", "StopFlag", "Stopping", "cancel", "declaration", "enqueue", "give_tickets", "label", "purge", "retry"]

log = logging.getLogger("grid321.jobs")

ATTEMPTS = 5
LEASE = timedelta(seconds=30)
BACKOFF = timedelta(seconds=10)
KEEP = timedelta(days=90)
"""How long finished and cancelled jobs stay; failed ones stay until somebody removes them."""


def enqueue(key: str, args: Mapping[str, Any], actor: Any, node: Any, link: str = "", *,
            after: timedelta | None = None) -> JobRun:
    """Ask for job ``key`` with ``args`` (plain JSON, no personal data) on behalf of ``actor`` at ``node``.

    Belongs to the caller's transaction: when that is rolled back there is no job. ``link`` is the page of the result.
    With ``after`` it waits so long at least. Raises ``NotFound`` for a key that no plugin declares and ``Problem`` where its
    plugin is off.
    """
    _require_plugin_on(key, node)
    moment = db.now()
    run = JobRun.create(key=key, args=dict(args), account_id=actor.account_id, created_by=actor.account_id,
                        division_id=node.id if node is not None else None, link=link, language=current_language(),
                        due_at=moment + (after or timedelta(0)), created_at=moment, updated_at=moment)
    if after is None:
        db.after_commit(lambda: queue.push(run.id))
    return run


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
        if changed:
            db.after_commit(lambda: queue.push(run_id))
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


def purge(moment: datetime | None = None, *, keep: timedelta = KEEP, failed: bool = False) -> int:
    """Delete jobs that finished or were cancelled longer than ``keep`` ago, with ``failed`` the failed ones too.

    Returns how many, at most 1,000 in one call.
    """
    states = (DONE, CANCELLED, FAILED) if failed else (DONE, CANCELLED)
    old = [row[0] for row in JobRun.select(JobRun.id).where(
        JobRun.state.in_(states) & (JobRun.finished_at < (moment or db.now()) - keep)).limit(1000).tuples()]
    if old:
        with db.transaction():
            JobRun.delete().where(JobRun.id.in_(old) & JobRun.state.in_(states)).execute()
    return len(old)


def give_tickets() -> int:
    """Put due jobs into an empty queue: what a crash left without a ticket, what waited for its time, what was given up.

    While tickets wait there the threads have enough to do, so none is doubled. Returns 0: this is no work to be repeated.
    """
    found = due(100, db.now())
    if found and queue.size() == 0:
        for run in found:
            queue.push(run.id)
    return 0


class Executor:
    """Claims due jobs and runs them in this thread. ``lease`` is how long a silent worker keeps a job."""

    def __init__(self, lease: timedelta = LEASE, stop: StopFlag | None = None, worker_id: int | None = None) -> None:
        self.lease = lease
        self.stop = stop or StopFlag()
        self.worker_id = worker_id

    def run_due(self, limit: int = 100) -> int:
        """Run up to ``limit`` due jobs, one after the other; return how many were taken."""
        for count in range(limit):
            run = None if self.stop.is_set() else self.claim()
            if run is None:
                return count
            self.execute(run)
        return limit

    def run_ticket(self, run_id: int) -> None:
        """Run one job if it is still due: the ticket may be old, or the second one of the same job."""
        run = None if self.stop.is_set() else JobRun.get_or_none(JobRun.id == run_id)
        taken = self._take(run, db.now()) if run is not None else None
        if taken is not None:
            self.execute(taken)

    def claim(self) -> JobRun | None:
        """Take the oldest due job, or one whose holder went silent; None when there is nothing to do."""
        moment = db.now()
        for run in due(8, moment):
            taken = self._take(run, moment)
            if taken is not None:
                return taken
        return None

    def _take(self, run: JobRun, moment: datetime) -> JobRun | None:
        """Claim ``run`` by compare-and-set; None when it is not due or another worker was quicker."""
        waiting = (JobRun.state == QUEUED) & (JobRun.due_at <= moment)
        silent = (JobRun.state == RUNNING) & (JobRun.lease_until < moment)
        if not (run.due_at <= moment if run.state == QUEUED else run.state == RUNNING and run.lease_until < moment):
            return None
        with db.transaction():
            taken = (JobRun.update(state=RUNNING, lease=db.new_uid(), lease_until=moment + self.lease,
                                   worker_id=self.worker_id, attempts=JobRun.attempts + 1, updated_at=moment,
                                   started_at=run.started_at or moment, version=JobRun.version + 1)
                     .where((JobRun.id == run.id) & (JobRun.version == run.version) & (waiting | silent)).execute())
        if not taken:
            return None
        if run.state == RUNNING:
            log.warning("job %s %s: its worker went silent; it goes on at its cursor", run.id, run.key)
        return JobRun.get_by_id(run.id)

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
                queue.push(run.id)
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
                held(self.run_id, self.lease, {"lease_until": db.now() + self.length})
        except peewee.PeeweeException:  # a passing trouble of the database: the next beat tries again
            log.warning("job %s: its lease could not be extended", self.run_id)



"""Huey's consumers as a worker runs them: threads that carry the application's context and end when the worker ends."""
from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask
from huey import MemoryHuey
from huey.consumer import Consumer, Scheduler
from huey.consumer import Worker as Thread

from . import db, jobs, queue, worker
from .job_runs import StopFlag
from .queue_huey import TicketSerializer

TICK = 1
"""Seconds between two looks of the house's scheduler at its tasks."""

HOUSE_POLL, JOB_POLL = 0.25, 0.5
"""Seconds between two looks into an empty queue, at most. Redis wakes its threads itself."""

MINUTE = 60


class _Thread(Thread):
    """A thread with the application's context; it leaves no read open between two tasks."""

    def __init__(self, app: Flask, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.context = app.app_context()

    def initialize(self) -> None:
        """Push the context of the application in this thread."""
        self.context.push()

    def loop(self, now: Any = None) -> None:
        """Take one task, or wait a moment."""
        super().loop(now)
        db.end_reads()

    def shutdown(self) -> None:
        """Give the thread's connection back."""
        db.close_thread()
        self.context.pop()


class _Seconds(Scheduler):
    """Asks the periodic tasks every second, not every minute: an event must not wait that long."""

    periodic_task_seconds = TICK


class _Consumer(Consumer):
    """A consumer in a process that has two of them and sees to signals itself."""

    def __init__(self, app: Flask, tasks: Any, **options: Any) -> None:
        self.app = app
        super().__init__(tasks, initial_delay=0.1, shutdown_timeout=worker.PATIENCE, **options)

    def _create_worker(self) -> Thread:
        return _Thread(self.app, huey=self.huey, stop_flag=self.stop_flag, default_delay=self.default_delay,
                       max_delay=self.max_delay, backoff=self.backoff)

    def _set_signal_handlers(self) -> None:
        """Leave the signals to ``commands/worker.py``."""


class _HouseConsumer(_Consumer):
    scheduler_class = _Seconds


def house_consumer(app: Flask, tasks: list[worker.Task], stop: StopFlag, threads: int) -> Consumer:
    """The house: ``tasks`` as Huey's periodic tasks, in the memory of this process."""
    house = MemoryHuey("house", results=False, serializer=TicketSerializer())
    for task in tasks:
        house.periodic_task(task.take, name=task.name.replace(" ", "_"))(_named(task, stop))
    return _HouseConsumer(app, house, workers=threads, max_delay=HOUSE_POLL, scheduler_interval=TICK)


def _named(task: worker.Task, stop: StopFlag) -> Any:
    def run() -> None:
        worker.perform(task, stop)

    return run


def job_consumer(app: Flask, executor: jobs.Executor, threads: int) -> Consumer:
    """The threads that take the tickets of jobs. Tickets carry no time, so its scheduler has nothing to do."""
    found = queue.tickets()
    found.perform = executor.run_ticket
    found.waiting = partial(_waiting, 1)
    return _Consumer(app, found, workers=threads, max_delay=JOB_POLL, periodic=False, scheduler_interval=MINUTE)


def _waiting(limit: int) -> list[int]:
    return [run.id for run in jobs.due(limit, db.now())]

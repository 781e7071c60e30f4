"""The queue between web processes and workers: tickets that say which job to look at. Huey carries them.

A ticket is a hint. The job is a row of the database, so a ticket may be lost, come twice or come late, and the queue may be
lost as a whole: workers look every second for due rows without a ticket (``jobs.give_tickets``), and while the queue cannot be
reached they take the rows themselves. What the queue gives is that a waiting thread begins at once.

``GRID321_QUEUE`` names it: ``sqlite:///file`` (by default ``queue.db`` in ``GRID321_HOME``) or ``redis://host:port/number``.
"""
from __future__ import annotations

import importlib.util
import logging
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .registry import platform

if TYPE_CHECKING:
    from .queue_huey import Tickets

log = logging.getLogger("grid321.queue")

REDIS = ("redis", "rediss", "unix")
PAUSE = 5.0
"""Seconds in which nobody asks a queue that failed again: a request must not wait for a Redis that is away."""

MOST = 10_000
"""Tickets that wait at most: where no worker reads them, as on a host with web processes only, they are thrown away."""

_making = threading.Lock()
_silent_until = 0.0


def check(address: str) -> None:
    """Raise ``ValueError`` for an address that cannot be a queue, ``ModuleNotFoundError`` for Redis without its client."""
    scheme = urlsplit(address).scheme
    if scheme not in ("sqlite", *REDIS):
        raise ValueError(f"queue address {shown(address)!r}: use sqlite:///absolute/file.db or redis://host:port/number")
    if scheme in REDIS and importlib.util.find_spec("redis") is None:
        raise ModuleNotFoundError("GRID321_QUEUE names a Redis, but its client is missing: pip install 'grid321[redis]'")


def shown(address: str) -> str:
    """The address without a password."""
    parts = urlsplit(address)
    return address.replace(f":{parts.password}@", ":***@") if parts.password else address


def tickets() -> Tickets:
    """The queue of the present application; made when it is first needed, because servers fork after start-up."""
    carrier = platform()
    found: Tickets | None = carrier.cache.get("queue")
    if found is None:
        with _making:
            found = carrier.cache.get("queue")
            if found is None:
                from .queue_huey import Tickets  # 12 MB that a web process needs for its first job only

                found = carrier.cache["queue"] = Tickets(carrier.config.queue)
    return found


def push(run_id: int) -> bool:
    """Put a ticket into the queue. Never raises; False when the queue could not be reached: the row will be found."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        queue = tickets()
        if queue.storage.queue_size() >= MOST:
            queue.storage.flush_queue()
            log.warning("nobody takes the tickets of the queue: %s were thrown away; is a worker running here?", MOST)
        queue.ticket(run_id)
        queue.release()
    except Exception as error:  # noqa: BLE001 - whatever the queue does, the write that asked for the job is durable
        _silent_until = time.monotonic() + PAUSE
        log.warning("the queue cannot be reached (%s); workers find the jobs in the database", type(error).__name__)
        return False
    return True


def size() -> int | None:
    """How many tickets wait; None when the queue cannot be reached."""
    try:
        queue = tickets()
        found = int(queue.storage.queue_size())
        queue.release()
        return found
    except Exception:  # noqa: BLE001 - see push
        return None


def flush() -> None:
    """Throw all tickets away: for one who has just done everything that was due."""
    try:
        queue = tickets()
        queue.storage.flush_queue()
        queue.release()
    except Exception as error:  # noqa: BLE001 - see push
        log.warning("the queue cannot be reached (%s)", type(error).__name__)

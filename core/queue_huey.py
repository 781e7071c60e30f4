"""What Huey is told: tickets as JSON, a file that may be lost, and the rows themselves while the queue cannot be reached."""
from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from huey import Huey
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import RedisStorage, SqliteStorage

log = logging.getLogger("grid321.queue")

NAME = "grid321"
AWAY = 1.0
"""Seconds between two looks at the rows while the queue cannot be reached."""

# Huey logs every task at INFO; what the house does every second would drown everything else.
logging.getLogger("huey").setLevel(logging.WARNING)


class TicketSerializer(Serializer):
    """Tickets as JSON. Huey's default is pickle, which runs whatever somebody has put into the queue."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps([data.id, data.name, list(data.args)]).encode()

    def _deserialize(self, data: Any) -> Message:
        identifier, name, args = json.loads(bytes(data))
        return Message(id=str(identifier), name=str(name), args=tuple(args), kwargs={})


class FileStorage(SqliteStorage):
    """Huey's storage in a file of its own, which holds nothing that is not in the database as well.

    A file of its own, because each ticket in the database would be one more durable write behind the gate of the writers.
    A rollback journal, because Python's own ``sqlite3`` is linked with the system's library, and Debian's has the WAL-reset
    race (3.7.0-3.51.2), which a rollback journal does not know. Nothing is synced: a SIGKILL harms nothing then, and what a
    power cut leaves is thrown away and made anew.
    """

    def __init__(self, name: str, filename: str) -> None:
        self.inode = 0
        super().__init__(name, filename=filename, cache_mb=1, fsync=False, journal_mode="truncate", timeout=2)

    def _create_connection(self) -> Any:
        connection = super()._create_connection()
        os.chmod(self.filename, 0o600)
        self.inode = os.stat(self.filename).st_ino
        return connection

    def sql(self, query: str, params: Any = None, commit: bool = False, results: bool = False) -> Any:
        """Run one statement; a file that is gone, empty or broken is made anew first."""
        return self._sound(lambda: super(FileStorage, self).sql(query, params, commit, results))

    def dequeue(self) -> Any:
        """The oldest ticket, None without one."""
        return self._sound(super().dequeue)

    def _sound(self, call: Callable[[], Any]) -> Any:
        try:
            if self._conn is not None and not self._same_file():
                self.close()
            return call()
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN):
                raise
            log.warning("the file of the queue is made anew: %s", error)
            self.close()
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                for path in (self.filename, f"{self.filename}-journal"):
                    if os.path.exists(path):
                        os.remove(path)
            self.initialize_schema()
            return call()

    def _same_file(self) -> bool:
        try:
            return os.stat(self.filename).st_ino == self.inode
        except FileNotFoundError:
            return False


class Tickets(Huey):
    """The queue at ``address``. ``perform(job id)`` is what a worker does with a ticket.

    ``waiting()`` gives the ids of due jobs; a worker asks it while the queue cannot be reached.
    """

    def __init__(self, address: str) -> None:
        storage, options = _storage(address)
        super().__init__(NAME, results=False, serializer=TicketSerializer(), storage_class=storage, **options)
        self.perform: Callable[[int], None] | None = None
        self.waiting: Callable[[], list[int]] | None = None
        self.away = False
        self.ticket = self.task(name="job")(self._perform)

    def _perform(self, run_id: int) -> None:
        if self.perform is not None:
            self.perform(int(run_id))

    def dequeue(self) -> Any:
        """The next ticket, None without one; from the rows themselves while the queue cannot be reached."""
        try:
            found = super().dequeue()
        except Exception as error:  # noqa: BLE001 - Redis may be away in many ways
            if not self.away:
                log.warning("the queue cannot be reached (%s): jobs are taken from the database", type(error).__name__)
            self.away = True
            time.sleep(AWAY)
            due = self.waiting() if self.waiting is not None else []
            return self.ticket.s(due[0]) if due else None
        if self.away:
            log.info("the queue can be reached again")
        self.away = False
        return found

    def is_revoked(self, task: Any, timestamp: Any = None, peek: bool = True) -> bool:
        """False: a job is cancelled in its row. Huey would ask the queue, which may be away, before every task."""
        return False

    def delete(self, key: Any) -> bool:
        """Delete nothing: after every task Huey would remove its revocation, a write for what never is there."""
        return False

    def release(self) -> None:
        """Close what this process keeps open of a file: a web process asks for a job now and then, and servers fork."""
        if isinstance(self.storage, FileStorage) and self.perform is None:
            self.storage.close()


def _storage(address: str) -> tuple[type[Any], dict[str, Any]]:
    """Huey's storage class for an address, and its options."""
    if urlsplit(address).scheme == "sqlite":
        return FileStorage, {"filename": address.removeprefix("sqlite:///")}
    parts = urlsplit(address)
    # Longer than the second for which a worker's thread waits for a ticket, short enough for a request.
    limits = "socket_connect_timeout=2&socket_timeout=4"
    return RedisStorage, {"url": urlunsplit(parts._replace(query=f"{limits}&{parts.query}" if parts.query else limits)),
                          "read_timeout": 1}

"""Fresh databases for tests: one migrated template per set of plugins, copied for each test; safe under pytest-xdist.

SQLite: a file copy, in memory (``/dev/shm``) where that exists. PostgreSQL: ``CREATE DATABASE … TEMPLATE``, on the server
that the environment variable ``GRID321_TEST_POSTGRES`` names (a role that may create databases).
"""
from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

SERVER = "GRID321_TEST_POSTGRES"
FOLDER = "GRID321_TEST_FOLDER"
KINDS = ("sqlite", "postgres")
PREFIX = "grid321-tests-"
STALE_SECONDS = 6 * 3600
_numbers = itertools.count(1)


def make_folder() -> Path:
    """Make the folder that all processes of one test run share, and tell the processes started later about it."""
    parent = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())
    for left in parent.glob(f"{PREFIX}*"):  # by a run that was killed
        if left.stat().st_uid == os.getuid() and left.stat().st_mtime < time.time() - STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    os.environ[FOLDER] = str(folder)
    return folder


class Databases:
    """Makes and removes the databases of one test process.

    ``kind`` is ``sqlite`` or ``postgres``; ``folder`` is shared with the other processes of the run. Raises ``ValueError``
    when ``postgres`` is asked for and no server is named.
    """

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.server = os.environ.get(SERVER, "")
        if kind == "postgres" and not self.server:
            raise ValueError(f"--database postgres needs {SERVER}=postgresql://role@host:port/postgres")

    def template(self, names: Iterable[str], build: Callable[[str], None]) -> str:
        """Return the address of a database that ``build(address)`` has migrated; made once for each set of ``names``."""
        key = hashlib.sha256("\n".join([self.kind, *sorted(names)]).encode()).hexdigest()[:16]
        url = self._address(f"template_{key}")
        done = self.folder / f"template_{key}.done"
        with self._alone():
            if not done.exists():
                self.remove(url)
                self._create(url)
                build(url)
                self.close()
                done.touch()
        return url

    def fresh(self, template: str) -> str:
        """Return the address of a new copy of ``template``."""
        url = self._address(f"test_{os.getpid()}_{next(_numbers)}")
        if self.kind == "sqlite":
            shutil.copyfile(self._file(template), self._file(url))
        else:
            self._create(url, template)
        return url

    def empty(self) -> str:
        """Return the address of a new database without tables."""
        url = self._address(f"test_{os.getpid()}_{next(_numbers)}")
        self._create(url)
        return url

    def remove(self, url: str) -> None:
        """Remove a database; absent ones are no error."""
        if self.kind == "sqlite":
            for path in self.folder.glob(f"{self._file(url).name}*"):
                path.unlink()
        else:
            self._drop(_name(url))

    def _drop(self, name: str) -> None:
        """Drop a database; wait while the server's own vacuum works in it, which our role may not end."""
        from psycopg import errors

        for pause in (0.1, 0.5, 2.0, 5.0, 0.0):
            try:
                self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                return
            except (errors.InsufficientPrivilege, errors.ObjectInUse):
                if not pause:
                    raise
                time.sleep(pause)

    def close(self) -> None:
        """Close the connections that this process has to the bound database."""
        from . import db

        db.close_thread()
        pool = db.database.obj
        if pool is not None and hasattr(pool, "close_all"):
            pool.close_all()

    def _address(self, name: str) -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{self.folder}/{name}.db"
        parts = urlsplit(self.server)
        return urlunsplit(parts._replace(path=f"/g321_{self.folder.name[-8:].lower()}_{name}"))

    def _file(self, url: str) -> Path:
        return Path(url.removeprefix("sqlite:///"))

    def _create(self, url: str, template: str = "") -> None:
        if self.kind == "postgres":
            # Copied file by file: the default writes every page of the template into the log as well.
            copied = f' TEMPLATE "{_name(template)}" STRATEGY FILE_COPY' if template else ""
            self._administer(f'CREATE DATABASE "{_name(url)}"{copied}')

    def _administer(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep the other processes of the run out while a template is made."""
        with (self.folder / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")

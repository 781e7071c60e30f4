"""Start a PostgreSQL cluster of one's own for tests and benchmarks, and remove it afterwards.

    python tools/postgres.py -- pytest --database postgres     run a command with GRID321_TEST_POSTGRES set
    python tools/postgres.py --durable -- python benchmarks/run.py

or, from Python, ``with cluster() as url: …``. The cluster lives in a temporary folder, listens on a free port of the
loopback address only, and ends with the process that started it.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ENVIRONMENT = "GRID321_TEST_POSTGRES"
ROLE = "grid321"
START_SECONDS = 30
PR_SET_PDEATHSIG = 1
# Without autovacuum: its worker belongs to the superuser, and a database in which it works cannot be dropped by our role.
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class PostgresMissing(RuntimeError):
    """No PostgreSQL server is installed, or it does not start; the text says what to do."""


def binaries() -> Path:
    """Return the folder with ``initdb`` and ``postgres`` of the newest installed server.

    Raises PostgresMissing when there is none.
    """
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise PostgresMissing("no PostgreSQL server found: install Debian's package: apt-get install postgresql")


def _unprivileged_user() -> str | None:
    """Return the user the server must run as: None for ourselves; as root, a user who is not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            return name
    raise PostgresMissing("PostgreSQL refuses to run as root and there is neither a user postgres nor nobody")


def _free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """Ask the kernel, in the child, to stop the server when the process that started it dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


class Cluster:
    """A running server: ``url`` (database ``postgres``, role ``grid321``), ``stop()``, ``kill()``.

    durable=False switches fsync off: right for tests, wrong for anything that is measured or killed.
    """

    def __init__(self, durable: bool = False) -> None:
        self.durable = durable
        self.bin = binaries()
        self.user = _unprivileged_user()
        parent = "/dev/shm" if not durable and os.access("/dev/shm", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="grid321-postgres-", dir=parent))
        if self.user:
            shutil.chown(self.folder, self.user)
        self.port = 0
        self._server: subprocess.Popen[bytes] | None = None
        self._initialise()

    @property
    def url(self) -> str:
        """Return the address of the database ``postgres`` for the role ``grid321``."""
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/postgres"

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a PostgreSQL program as the server's user and return what it said."""
        command = [str(self.bin / program), *arguments]
        return subprocess.run(command, user=self.user, cwd=self.folder, capture_output=True, text=True, check=False)

    def _initialise(self) -> None:
        """Create the cluster's files with one superuser, ``grid321_owner``, for set-up only."""
        arguments = ["-D", str(self.folder / "data"), "-U", f"{ROLE}_owner", "--auth=trust", "--encoding=UTF8",
                     "--locale=C.UTF-8", *([] if self.durable else ["--no-sync"])]
        result = self._run("initdb", *arguments)
        if result.returncode != 0:
            self.remove()
            raise PostgresMissing(f"initdb failed: {result.stderr.strip()[-500:]}")

    def start(self) -> "Cluster":
        """Start the server and wait until it answers; raises PostgresMissing with the end of its log if it does not."""
        for _ in range(3):
            self.port = self.port or _free_port()
            log = (self.folder / "log").open("ab")
            options = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=",
                       "max_connections=200", "shared_buffers=128MB", "timezone=UTC", "max_wal_size=4GB",
                       *(() if self.durable else HASTE)]
            command = [str(self.bin / "postgres"), "-D", str(self.folder / "data")]
            for option in options:
                command += ["-c", option]
            self._server = subprocess.Popen(command, user=self.user, cwd=self.folder, stdout=log, stderr=log,
                                            preexec_fn=_end_with_parent, start_new_session=True)
            log.close()
            if self._answers():
                self._make_role()
                return self
            self.port = 0
        end = (self.folder / "log").read_text(errors="replace")[-500:]
        self.remove()
        raise PostgresMissing(f"PostgreSQL does not start: {end}")

    def _answers(self) -> bool:
        """Wait until the server accepts connections; False when it ended or took too long."""
        assert self._server is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._server.poll() is None:
            if self._psql("SELECT 1").returncode == 0:
                return True
            time.sleep(0.05)
        return False

    def _psql(self, statement: str) -> subprocess.CompletedProcess[str]:
        """Run one statement as the set-up superuser."""
        return self._run("psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", f"{ROLE}_owner",
                         "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", statement)

    def _make_role(self) -> None:
        """Create the role the platform connects as: it may create databases and is no superuser."""
        exists = self._psql(f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN "
                            f"CREATE ROLE {ROLE} LOGIN CREATEDB; END IF; END $$")
        if exists.returncode != 0:
            raise PostgresMissing(f"cannot create the role {ROLE}: {exists.stderr.strip()}")

    def kill(self) -> None:
        """End the server at once, as a crash would; ``start()`` brings it back on the same port."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None

    def stop(self) -> None:
        """End the server and remove its files; safe to call twice."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            try:
                self._server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(self._server.pid, signal.SIGKILL)
                self._server.wait()
            self._server = None
        self.remove()

    def remove(self) -> None:
        """Remove the cluster's folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def cluster(durable: bool = False) -> Iterator[str]:
    """Start a cluster, yield its address, stop and remove it. Raises PostgresMissing."""
    server = Cluster(durable=durable)
    try:
        yield server.start().url
    finally:
        server.stop()


def main() -> int:
    """Run a command beside a cluster and return the command's exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--durable", action="store_true", help="keep fsync on (slower, as in production)")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- and the command to run")
    given = parser.parse_args()
    command = given.command[1:] if given.command[:1] == ["--"] else given.command
    if not command:
        parser.error("name the command to run after --")
    try:
        with cluster(durable=given.durable) as url:
            return subprocess.run(command, env={**os.environ, ENVIRONMENT: url}, check=False).returncode
    except PostgresMissing as problem:
        print(f"postgres: {problem}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())

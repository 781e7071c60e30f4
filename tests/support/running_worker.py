"""Worker processes on a test's own database, to be killed, and waiting for what they do."""
from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grid321.core import db

SCRIPT = Path(__file__).with_name("worker_process.py")


@contextmanager
def workers(app: Any, *plugins: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Yield ``begin(lease=1.5)``: start a worker with these plugins and that lease in seconds; all are ended afterwards."""
    running: list[subprocess.Popen[str]] = []
    name = db.database.obj.database
    url = name if db.is_postgres() else f"sqlite:///{name}"

    def begin(lease: float = 1.5) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), url, str(app.extensions["grid321"].config.home), str(lease), *plugins],
            stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdout.readline().strip() == "ready"
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Wait until ``condition()`` is true and return what it is; how long does not matter, only that it comes."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it never happened")

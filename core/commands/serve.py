"""``grid321 serve``: gunicorn and one worker, started, watched and ended together."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds to wait before a worker that ended is started again; it runs for a minute to begin at the first again."""

PATIENCE = 35.0
"""Seconds the children get to end cleanly: gunicorn's graceful timeout is 30."""


@click.command()
@click.option("--bind", default="127.0.0.1:3210", show_default=True, help="Address and port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Web processes.  [default: processor cores]")
@click.option("--threads", type=click.IntRange(1, 16), default=4, show_default=True, help="Threads per web process.")
@click.option("--with-worker/--without-worker", "with_worker", default=True, show_default=True,
              help="Also run `grid321 worker`.")
def serve(bind: str, workers: int | None, threads: int, with_worker: bool) -> None:
    """Serve the site. Refuses to start when migrations are pending; never migrates by itself."""
    from grid321.core.config import read

    problem = check()
    if problem:
        sys.exit(problem)
    web = [sys.executable, "-m", "gunicorn", *gunicorn_options(bind, workers or os.cpu_count() or 1, threads),
           "grid321.core.app:create_app()"]
    helper = [sys.executable, "-c", "from grid321.core.cli import main; main()", "worker", "--supervised"]
    click.echo(f"grid321 listens on http://{bind}  (open it in a browser; Ctrl-C ends it)")
    if (read().home / "demo-accounts.txt").exists():
        click.echo(f"Log in with a demo account; this lists them: {sys.argv[0]} demo accounts")
    sys.exit(Supervisor(web, helper if with_worker else None).run())


def check() -> str:
    """Why the site cannot start now, with the remedy, or an empty text."""
    from grid321.core import migrate
    from grid321.core.app import create_app

    app = create_app()
    with app.app_context():
        pending = migrate.pending()
    if pending:
        names = ", ".join(str(name) for name in pending)
        return f"The database is not up to date: {names}. Make a backup, run `grid321 migrate`, then start again."
    return ""


def gunicorn_options(bind: str, workers: int, threads: int) -> list[str]:
    """The command line of gunicorn: threads, no control socket where this version has one, quiet access log."""
    from gunicorn.config import make_settings

    options = ["--bind", bind, "--workers", str(workers), "--threads", str(threads), "--worker-class", "gthread",
               "--graceful-timeout", "30", "--timeout", "60", "--name", "grid321",
               "--config", "python:grid321.core.gunicorn_hooks"]
    if "control_socket_disable" in make_settings():
        options.append("--no-control-socket")
    return options


@dataclass
class Child:
    """A process that is watched."""

    command: Sequence[str]
    process: subprocess.Popen[bytes]
    started: float


class Supervisor:
    """Runs the web server and perhaps a worker. The site ends with the web server; a worker that ends is restarted."""

    def __init__(self, web: Sequence[str], helper: Sequence[str] | None,
                 say: Callable[[str], None] = click.echo) -> None:
        self.web, self.helper, self.say = web, helper, say
        self.ending = False
        self.crashes = 0

    def run(self) -> int:
        """Work until SIGTERM, SIGINT or the end of the web server. Returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        web = self._start(self.web)
        helper = self._start(self.helper) if self.helper else None
        restart_at = 0.0
        while not self.ending and web.process.poll() is None:
            time.sleep(0.2)
            if helper is not None and helper.process.poll() is not None:
                if not restart_at:
                    restart_at = time.monotonic() + self._pause(helper)
                    self.say(f"the worker ended (code {helper.process.returncode}); starting it again soon")
                elif time.monotonic() >= restart_at:
                    helper, restart_at = self._start(helper.command), 0.0
        self._stop([child for child in (web, helper) if child is not None])
        return 0 if self.ending else web.process.returncode or 1

    def _end(self, _number: int, _frame: Any) -> None:
        self.ending = True

    def _start(self, command: Sequence[str]) -> Child:
        # A group of its own keeps Ctrl-C away from the child: the supervisor ends it in order.
        return Child(command, subprocess.Popen(command, start_new_session=True), time.monotonic())

    def _pause(self, child: Child) -> float:
        self.crashes = 0 if time.monotonic() - child.started > 60 else self.crashes + 1
        return PAUSES[min(self.crashes, len(PAUSES) - 1)]

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            if child.process.poll() is None:
                child.process.terminate()
        limit = time.monotonic() + PATIENCE
        for child in children:
            try:
                child.process.wait(max(0.1, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


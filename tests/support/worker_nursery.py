"""Starts workers quickly for a test that kills many: it has read all modules once and forks at every line it is sent.

Arguments: address, folder, seconds of the lease, names of the plugins. Each line read starts a worker, whose number is
answered; at the end of the input the workers are asked to end, and their exit codes are answered.
"""
import importlib
import logging
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grid321.core import app as application
from grid321.core import worker_huey  # noqa: F401 - read here, so that no child has to
from grid321.core.worker import Worker


def work(url, home, lease, modules):
    """Be a worker, exactly as ``grid321 worker`` is one."""
    logging.basicConfig(level=logging.WARNING)
    worker = Worker(application.create_app({"DATABASE": url, "HOME": home, "PLUGINS": modules, "STRICT": True}),
                    timedelta(seconds=float(lease)))
    signal.signal(signal.SIGTERM, lambda *_args: worker.stop.set())
    worker.run()


def main(url, home, lease, *names):
    modules = [importlib.import_module(f"support.{name}") for name in names]
    for name in application.PAGES:
        importlib.import_module(f"grid321.core.{name}")
    born = []
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            try:
                work(url, home, lease, modules)
            except BaseException:  # the code is what the parent is told
                logging.exception("worker")
                os._exit(1)
            os._exit(0)
        born.append(child)
        print(child, flush=True)
    for child in born:
        os.kill(child, signal.SIGTERM)  # to one that was killed nothing happens: it is not waited for yet
    for child in born:
        print(child, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

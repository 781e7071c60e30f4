"""A worker process on plugins of the tests, to be killed: address, folder, seconds of the lease, names of the plugins.

A name with a dot is that of a module, another one that of a module of ``support``.
"""
import importlib
import logging
import signal
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grid321.core.app import create_app
from grid321.core.worker import Worker

if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    url, home, lease, *names = sys.argv[1:]
    modules = [importlib.import_module(name if "." in name else f"support.{name}") for name in names or ["stock"]]
    worker = Worker(create_app({"DATABASE": url, "HOME": home, "PLUGINS": modules, "STRICT": True}),
                    timedelta(seconds=float(lease)))
    signal.signal(signal.SIGTERM, lambda *_args: worker.stop.set())
    print("ready", flush=True)
    worker.run()

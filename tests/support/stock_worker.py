"""A worker process on the test plugin ``stock``, for tests that kill it: address, folder, seconds of the lease."""
import logging
import signal
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grid321.core.app import create_app
from grid321.core.worker import Worker
from support import stock

if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    url, home, lease = sys.argv[1:4]
    worker = Worker(create_app({"DATABASE": url, "HOME": home, "PLUGINS": [stock], "STRICT": True}),
                    timedelta(seconds=float(lease)))
    signal.signal(signal.SIGTERM, lambda *_args: worker.stop.set())
    print("ready", flush=True)
    worker.run()

"""Configuration object of gunicorn: hooks only, everything else stands on its command line (``commands/serve.py``)."""
from __future__ import annotations

import gc
import signal
import sys
from typing import Any


def post_fork(_server: Any, _worker: Any) -> None:
    """Hook of gunicorn: a web process opens its own database connections, never its parent's."""
    from grid321.core import db

    db.close_thread()


def post_worker_init(_worker: Any) -> None:
    """Hook of gunicorn: what was made at start-up lives for ever, so the garbage collector need not look at it again.

    And it need not look so often: a page makes thousands of objects and hardly a circle. Together some 10 % of a page.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def on_starting(_server: Any) -> None:
    """Hook of gunicorn: end when the supervisor is gone, also when it was killed."""
    die_with_parent()


def die_with_parent() -> None:
    """Ask Linux to send SIGTERM to this process when its parent ends. Without effect elsewhere."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG

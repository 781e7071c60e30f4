"""What channels over HTTP share: a POST, and what the status of the answer means."""
from __future__ import annotations

from collections.abc import Mapping

from .. import outgoing
from ..outgoing import Answer, Failure
from . import Setup

_BUSY = frozenset({408, 425, 429})
_ACCESS = frozenset({401, 403, 404, 405, 410})


def post(setup: Setup, url: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> Answer:
    """Send ``body`` and return a 2xx answer. Raises ``Failure`` for any other."""
    answer = outgoing.request(method, url, body, {"User-Agent": "grid321", **headers}, allowed=setup.allowed, ca=setup.get("ca"))
    status = answer.status
    if 200 <= status < 300:
        return answer
    if 300 <= status < 400:
        raise Failure("redirect", status, whole=True)
    if status in _BUSY or status >= 500:
        raise Failure("http_busy", status, whole=status == 429 or status == 503)
    if status in _ACCESS:
        raise Failure("http_access", status, whole=True)
    raise Failure("http", status, final=True)


def check(setup: Setup, url: str) -> None:
    """Look at an address without asking it: form, name, public or allowed. Raises ``Failure``."""
    read = outgoing.read_url(url)
    outgoing.tls_context(setup.get("ca"))
    outgoing.resolve(read.host, read.port, setup.allowed)
    if not read.tls:
        outgoing.resolve(read.host, read.port, setup.allowed)

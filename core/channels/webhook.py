"""A web hook: one signed JSON document for each notification, to a program of the county.

The signature is HMAC-SHA256, keyed with the common secret, over the time stamp, a full stop and the body. A receiver computes
it anew, refuses what is older than ``WINDOW`` seconds and drops an ``id`` it has seen.
"""
from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping

import orjson

from .. import fields
from ..i18n import lazy_gettext as _l
from ..schemas import EntitySchema
from . import GROUP, Channel, Message, Setup
from . import http as over_http

ID_HEADER, TIME_HEADER, SIGNATURE_HEADER = "X-Grid321-Id", "X-Grid321-Timestamp", "X-Grid321-Signature"
WINDOW = 300
"""Seconds by which a receiver's clock and ours may differ, and after which a recorded message is worth nothing."""


class WebhookForm(EntitySchema):
    """What a web hook needs."""

    url = fields.Text(_l("Address"), required=True, max=500,
                      help=_l("https://…; plain http only within the allowed private networks"))
    secret = fields.Text(_l("Common secret for the signature"), required=True, min=16, max=200, widget="password",
                         help=_l("At least 16 random characters; the receiver checks the signature with it."))
    ca = fields.LongText(_l("Certificate of your own authority (PEM)"), max=20_000,
                         help=_l("Only for a machine whose certificate comes from an authority of the intranet."))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of the header ``X-Grid321-Signature``: ``v1=`` and 64 hexadecimal digits."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None) -> bool:
    """True when ``body`` is ours and fresh: what a receiver does before it reads it. ``now`` in seconds since 1970."""
    timestamp = headers.get(TIME_HEADER, "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs((time.time() if now is None else now) - int(timestamp)) > WINDOW:
        return False
    given = headers.get(SIGNATURE_HEADER, "")
    return hmac.compare_digest(signature(secret, timestamp, body).encode(), given.encode("utf-8", "replace"))


def send(setup: Setup, message: Message, _address: str) -> None:
    """Post one message. Raises ``Failure``."""
    body = orjson.dumps({"id": message.id, "kind": message.kind, "key": message.key, "number": message.number,
                         "text": message.text, "url": message.url, "division": message.division,
                         "at": f"{message.at.isoformat(timespec='seconds')}Z"})
    timestamp = str(int(time.time()))
    over_http.post(setup, setup.get("url"), body, {
        "Content-Type": "application/json", ID_HEADER: message.id, TIME_HEADER: timestamp,
        SIGNATURE_HEADER: signature(setup.get("secret"), timestamp, body)})


def check(setup: Setup) -> None:
    """Look at the address without asking it. Raises ``Failure``."""
    over_http.check(setup, setup.get("url"))


CHANNEL = Channel("webhook", _l("Web hook"), _l("One signed JSON document for each message, to a program of yours."), GROUP,
                  WebhookForm, send, check, secrets=("secret",), target=("url",))

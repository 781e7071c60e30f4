"""Text messages that arrive: the county's gateway posts them to an address of this site, signed with a common secret.

The platform's own form is the one its web hooks are sent in; how a gateway of the place signs and writes, a region's plugin says
by the hook ``sms``.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from .. import fields
from ..entity import GatewayPost, TextMessage
from ..i18n import lazy_gettext as _l
from ..outgoing import Failure
from ..schemas import EntitySchema
from . import ARRIVES, Channel, Message, Setup
from .webhook import SIGNATURE_HEADER, verify

MOST_MESSAGES = 100


class SmsInForm(EntitySchema):
    """What receiving needs."""

    secret = fields.Text(_l("Common secret for the signature"), required=True, min=16, max=200, widget="password",
                         help=_l("At least 16 random characters; the gateway signs each message with it."))
    answer = fields.Flag(_l("Answer every message that was registered with its number and look-up code"), default=True)


def read(secret: str, headers: Mapping[str, str], body: bytes) -> GatewayPost | None:
    """The messages of a post in the platform's own form; None when it is not, or its signature is wrong or old."""
    if SIGNATURE_HEADER not in headers or not verify(secret, headers, body):
        return None
    try:
        said: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    found = said.get("messages") if isinstance(said, dict) else None
    if not isinstance(found, list) or len(found) > MOST_MESSAGES:
        return None
    messages = []
    for one in found:
        parts: list[Any] = [one.get(name) for name in ("id", "from", "text")] if isinstance(one, dict) else []
        if len(parts) != 3 or not all(isinstance(part, str) and part for part in parts):
            return None
        messages.append(TextMessage(*parts))
    return GatewayPost(tuple(messages))


def _check(_setup: Setup) -> None:
    """Nothing is asked: the gateway comes to us."""


def _send(_setup: Setup, _message: Message, _address: str) -> None:
    raise Failure("channel_off", final=True)


CHANNEL = Channel("sms_in", _l("Text messages that arrive"),
                  _l("The gateway posts them to this site, signed with a secret."), ARRIVES, SmsInForm, _send, _check,
                  secrets=("secret",))

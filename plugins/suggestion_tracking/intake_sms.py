"""Text messages that a gateway posts: ``POST /d/<code>/suggestion_tracking/sms``, signed, each message once."""
from __future__ import annotations

import hashlib
import re

from flask import Response, g, request

from grid321.core.api import (
    GatewayPost,
    Node,
    TextMessage,
    TooMany,
    intakes,
    letters,
    limits,
    lookup,
    mail_read,
    three_levels,
    transaction,
)
from grid321.core.api import gettext as _

from . import intake_register as register
from .intake_answers import message_text

WAY = "sms"
MOST_BODY = 256 * 1024
MOST_TEXT = 2000
_SIGN_OFF = frozenset({"t", "td", "n", "0000", "退订", "拒收", "拒收请回复r", "r"})
_PREFIX = re.compile(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)")


def post() -> Response:
    """What a gateway posts. The answer is what the gateway wants to hear; a message that was taken before changes nothing."""
    network = limits.network(request.remote_addr)
    tried = f"sms-refused:{network}"
    if limits.used(tried, intakes.WINDOW)[0] >= intakes.MOST_REFUSED:
        raise TooMany(_("Too many messages with a wrong signature came from this network"), "", _("Wait a quarter of an hour."))
    try:
        found, answers = intakes.text_messages(g.node, dict(request.headers), request.args.to_dict(), request.get_data())
    except Exception:
        limits.take(tried, intakes.MOST_REFUSED, intakes.WINDOW)
        raise
    return Response(_take_all(found, g.node, answers), mimetype="text/plain")


def _take_all(found: GatewayPost, node: Node, answers: bool) -> str:
    for message in found.messages:
        take(message, node, answers)
    return found.answer


def take(message: TextMessage, node: Node, answers: bool = True) -> None:
    """Register one message, or note that it is none of a person. Taken once, however often the gateway posts it."""
    key = hashlib.sha256(f"{node.code}\n{message.id}\n{message.sender}".encode()).hexdigest()
    if register.known(WAY, key):
        return
    phone = _PREFIX.sub("", re.sub(r"[\s-]", "", message.sender))
    phone = phone if re.fullmatch(r"1[3-9]\d{9}", phone) else ""
    text = mail_read.tidy(message.text)[:MOST_TEXT]
    arrived = {"size": len(message.text.encode()), "sender": message.sender[:40]}
    reason = ("empty" if not text else "unsubscribe" if text.lower() in _SIGN_OFF else
              "too_many" if register.too_many(WAY, phone or message.sender) else "")
    if reason:
        with transaction():
            register.keep(WAY, key, node, "aside" if reason == "too_many" else "ignored", reason, **arrived)
        return
    values = {"title": three_levels.first_words(text), "text": text, "contact_phone": phone or None, "wants_answer": bool(phone)}
    code = lookup.new_code()
    tell = answers and bool(phone) and letters.can_send(node, "sms") and register.may_answer(WAY, phone)
    register.register(WAY, key, node, values, (), code, lambda record: message_text(record, code.text) if tell else "", arrived)

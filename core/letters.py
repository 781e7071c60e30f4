"""A letter or text message to somebody without account: by the county's mail server or gateway, as its
channels are set up.

It goes to an address or number that wrote to the county first. Letters say that a program wrote them, so that no two programs
talk for ever (RFC 3834).
"""
from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from . import channel_setup, db
from .channels import Message, channels, mail
from .i18n import gettext as _
from .i18n import local_time
from .outgoing import Failure
from .tree import Node


def can_send(node: Node, channel: str = "mail") -> bool:
    """True when the division's mail server (``mail``) or gateway (``sms``) is configured and on."""
    row = channel_setup.find(channel, node)
    return row is not None and row.active


def send(node: Node, address: str, subject: str, text: str, *, letter_id: str, answers: str = "") -> None:
    """Send one letter now, in the present language. ``letter_id`` stays the same in every try; ``answers`` is the Message-ID
    of the letter it answers. Not inside a transaction. Raises ``outgoing.Failure``; what the letter says is logged nowhere.
    """
    row = channel_setup.find("mail", node)
    if row is None or not row.active:
        raise Failure("channel_off", whole=True)
    setup = channel_setup.opened(row)
    sender = setup.get("sender")
    letter = EmailMessage()
    try:
        letter["Subject"] = " ".join(subject.split())
        letter["From"] = Address(_("Grid platform"), addr_spec=sender)
        letter["To"] = Address(addr_spec=address)
    except (ValueError, IndexError):
        raise Failure("smtp_recipient", final=True) from None
    letter["Date"] = format_datetime(local_time(db.now()))
    letter["Message-ID"] = f"<{letter_id}@{sender.rpartition('@')[2]}>"
    if answers.isascii() and answers.isprintable() and answers:
        letter["In-Reply-To"] = letter["References"] = answers
    letter["X-Grid321-Id"] = letter_id
    letter["Auto-Submitted"] = "auto-replied"
    letter.set_content(text.strip() + "\n")
    if not db.database.in_transaction():
        db.close_thread()
    mail.deliver(setup, letter, address)


def send_text(node: Node, phone: str, text: str, *, number: str, message_id: str, link: str = "/") -> None:
    """Send one text message now. ``number`` is that of the case; ``message_id`` stays the same in every try; ``link`` is the
    path on this site with which the message ends.

    Not inside a transaction. Raises ``outgoing.Failure``.
    """
    row = channel_setup.find("sms", node)
    if row is None or not row.active:
        raise Failure("channel_off", whole=True)
    site = channel_setup.site_url(node.id)
    message = Message(id=message_id, key="letter", text=text, link=link, number=number, at=db.now(),
                      url=f"{site}{link}" if site else "", kind="letter", channel="sms", place=row.id, division=node.code,
                      language=row.language)
    channel_setup.transmit(channels()["sms"], channel_setup.opened(row), message, phone)

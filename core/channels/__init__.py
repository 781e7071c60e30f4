"""Ways by which a notification leaves the house. Each is off until an administrator configures and switches it on.

A channel is told what to say and to whom; it sends or raises ``outgoing.Failure``. It never sees what a matter is about: the
text holds kind, number and state, and a link that only an account with the right may open.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..outgoing import Network

PERSON, GROUP, ARRIVES = "person", "group", "arrives"


@dataclass(frozen=True)
class Message:
    """What a channel carries. ``id`` stays the same however often it is tried, so that a receiver can drop doubles.

    ``key`` is the text key (``digest`` for a summary), ``text`` the words in the reader's language, ``link`` a path of this
    site, ``url`` the same as an address to click on. ``channel`` names the way it goes, ``place`` the county's configuration.
    """

    id: str
    key: str
    text: str
    link: str
    number: str
    at: datetime
    url: str = ""
    kind: str = ""
    channel: str = ""
    place: int = 0
    division: str = ""
    language: str = "zh"
    lines: tuple[tuple[str, str], ...] = ()
    """Of a summary: (text, address) of each message in it."""


@dataclass(frozen=True)
class Setup:
    """How one channel is configured at a division: plain values, opened secrets, private networks it may reach."""

    values: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    allowed: tuple[Network, ...] = ()

    def get(self, name: str) -> str:
        """A value or secret as text; empty when it is not set."""
        found = self.secrets.get(name) or self.values.get(name)
        return "" if found is None else str(found)


@dataclass(frozen=True)
class Channel:
    """One way. ``audience``: ``person`` (each reader at an address of his own), ``group`` (one post for all) or ``arrives``
    (nothing is sent: what others write is received; ``test(setup) -> words`` tries it, where that can be tried from here).

    ``form`` is the schema of its configuration, ``secrets`` its fields that are sealed, ``target`` those that say where a
    secret would be sent: when they change the secret must be typed again, or whoever may edit could have it sent to himself.
    ``send(setup, message, address)`` and ``check(setup)`` raise ``outgoing.Failure``; ``check`` asks nobody but the resolver.
    """

    key: str
    label: Any
    about: Any
    audience: str
    form: type[Any]
    send: Callable[[Setup, Message, str], None]
    check: Callable[[Setup], None]
    secrets: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    test: Callable[[Setup], str] | None = None


def channels() -> dict[str, Channel]:
    """Every channel of the core by key, in the order in which pages show them."""
    from . import mail, robots, sms, webhook

    return {one.key: one for one in (mail.CHANNEL, sms.CHANNEL, webhook.CHANNEL, robots.WECOM, robots.DINGTALK)}


def intakes() -> dict[str, Channel]:
    """Every way by which something arrives, by key. Configured as channels are; what it means to a plugin, the plugin says."""
    from . import imap, sms_in

    return {one.key: one for one in (imap.CHANNEL, sms_in.CHANNEL)}

"""E-mail that arrives: a mailbox on an IMAP server (RFC 3501), read over TLS, or over a plain connection of the intranet only.

Letters are looked at without marking them; the mark is set when what a letter says is stored. The standard library's client
does this on a connection that was made and checked before (see ``outgoing``); of a server that announces more than it may send
nothing is read.
"""
from __future__ import annotations

import imaplib
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .. import fields, outgoing
from ..i18n import gettext as _
from ..i18n import lazy_gettext as _l
from ..outgoing import Failure
from ..schemas import EntitySchema
from . import ARRIVES, Channel, Message, Setup

SECONDS = 60.0
MOST_BYTES = 30 * 1024 * 1024
"""Letters above this are not fetched: 25 MB is what mail servers usually let through, a third more than the file itself."""

MOST_AT_ONCE = 50


class MailboxForm(EntitySchema):
    """What a mailbox needs."""

    host = fields.Text(_l("Mail server (IMAP)"), required=True, max=253, pattern=r"[A-Za-z0-9.:-]+",
                       pattern_help=_l("Write a name as in imap.example.gov.cn."))
    port = fields.Int(_l("Port"), required=True, min=1, max=65535, default=993)
    security = fields.Choice(_l("Encryption"), required=True, default="tls", options=(
        ("tls", _l("TLS from the beginning (usually port 993)")), ("starttls", _l("STARTTLS (usually port 143)")),
        ("plain", _l("None: only for a server within the allowed private networks"))))
    user = fields.Text(_l("User name"), required=True, max=200)
    password = fields.Text(_l("Password"), required=True, max=200, widget="password",
                           help=_l("Many providers give out a code for mail programs (授权码); that one goes here."))
    address = fields.Text(_l("Address of this mailbox"), required=True, max=200, pattern=r"[^@\s]+@[A-Za-z0-9.-]+",
                          pattern_help=_l("Write an address as in grid@example.gov.cn."),
                          help=_l("Letters from this address are our own and are not read again."))
    folder = fields.Text(_l("Folder"), max=100, default="INBOX", pattern=r"[ -!#-\[\]-~]+",
                         pattern_help=_l("Write the folder as the server calls it, as in INBOX."))
    minutes = fields.Int(_l("Looked at every … minutes"), required=True, min=1, max=120, default=2)
    answer = fields.Flag(_l("Answer every letter that was registered with its number and look-up code"), default=True)
    ca = fields.LongText(_l("Certificate of your own authority (PEM)"), max=20_000,
                         help=_l("Only for a machine whose certificate comes from an authority of the intranet."))


class _Imap(imaplib.IMAP4):
    """An IMAP client on a connection that was made and checked before."""

    def __init__(self, host: str, sock: socket.socket) -> None:
        self._ready = sock
        super().__init__(host, 0, outgoing.WHOLE_SECONDS)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return self._ready

    def read(self, size: int) -> bytes:
        """Read ``size`` bytes. Raises ``abort`` for more than a letter may have, before any memory is taken."""
        if size > MOST_BYTES:
            raise self.abort("too long")
        return super().read(size)


class Mailbox:
    """An open folder. ``validity`` changes when the server numbers its letters anew; ``newest`` is the last number given."""

    def __init__(self, client: _Imap, validity: int, newest: int) -> None:
        self._client, self.validity, self.newest = client, validity, newest

    def waiting(self, after: int, old_until: int) -> list[tuple[int, int]]:
        """(number, bytes) of up to 50 letters after ``after``, oldest first; up to ``old_until`` only those nobody read."""
        since = max(after, old_until)
        found = {number for number in self._search("UID", f"{since + 1}:*") if number > since}
        if after < old_until:
            old = self._search("UNSEEN", "UID", f"{after + 1}:{old_until}")
            found |= {number for number in old if after < number <= old_until}
        chosen = sorted(found)[:MOST_AT_ONCE]
        if not chosen:
            return []
        sizes = {}
        for line in self._do("FETCH", ",".join(map(str, chosen)), "(RFC822.SIZE)"):
            plain = line[0] if isinstance(line, tuple) else line
            uid, size = re.search(rb"UID (\d+)", plain or b""), re.search(rb"RFC822\.SIZE (\d+)", plain or b"")
            if uid and size:
                sizes[int(uid.group(1))] = int(size.group(1))
        return [(number, sizes[number]) for number in chosen if number in sizes]

    def fetch(self, number: int) -> bytes:
        """A whole letter, unmarked. Raises ``Failure``; one that is gone meanwhile is empty."""
        for part in self._do("FETCH", str(number), "(BODY.PEEK[])"):
            if isinstance(part, tuple) and len(part) == 2:
                return bytes(part[1])
        return b""

    def mark(self, number: int, flags: str) -> None:
        """Set flags as ``\\Seen``. A server that does not allow it changes nothing: what was taken is known here."""
        with suppress(imaplib.IMAP4.error, OSError, Failure):
            self._client.uid("STORE", str(number), "+FLAGS.SILENT", f"({flags})")

    def _search(self, *words: str) -> set[int]:
        text = b" ".join(part for part in self._do("SEARCH", "UNDELETED", *words) if isinstance(part, bytes))
        return {int(word) for word in text.split() if word.isdigit()}

    def _do(self, command: str, *words: str) -> list[Any]:
        status, data = self._client.uid(command, *words)
        if status != "OK":
            raise Failure("imap")
        return [part for part in data if part]


@contextmanager
def opened(setup: Setup, seconds: float = SECONDS) -> Iterator[Mailbox]:
    """Open the mailbox for at most so many seconds. Raises ``Failure``; what is raised inside passes."""
    host, security = setup.get("host"), setup.get("security")
    context = outgoing.tls_context(setup.get("ca")) if security != "plain" else None
    sock = outgoing.connect(host, int(setup.get("port")), setup.allowed, public=security != "plain")
    sock.settimeout(outgoing.WHOLE_SECONDS)
    client = None
    try:
        if security == "tls" and context is not None:
            sock = outgoing.handshake(context, sock, host)
        with outgoing.limited(lambda: client.sock if client is not None else sock, seconds):
            client = _Imap(host, sock)
            if security == "starttls" and context is not None:
                _encrypt(client, context)
            yield _select(client, setup)
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()
    except TimeoutError:
        raise Failure("timeout", whole=True) from None
    except imaplib.IMAP4.abort:
        raise Failure("dropped", whole=True) from None
    except imaplib.IMAP4.error:
        raise Failure("imap", whole=True) from None
    except OSError as error:
        raise Failure("tls" if "SSL" in type(error).__name__ else "dropped", whole=True) from None
    finally:
        for one in (client.sock if client is not None else None, sock):
            if one is not None:
                one.close()


def _encrypt(client: _Imap, context: Any) -> None:
    if "STARTTLS" not in client.capabilities:
        raise Failure("imap_starttls", whole=True)
    try:
        client.starttls(context)
    except OSError as error:
        raise Failure("certificate" if "Cert" in type(error).__name__ else "tls", whole=True) from None


def _select(client: _Imap, setup: Setup) -> Mailbox:
    user, password = setup.get("user"), setup.get("password")
    try:
        if "AUTH=PLAIN" in client.capabilities:  # the only way for a password that is not ASCII
            client.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
        else:
            client.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeError):
        raise Failure("imap_login", whole=True) from None
    if "ID" in client.capabilities:  # some providers show an empty mailbox to a program without a name (RFC 2971)
        with suppress(imaplib.IMAP4.error):
            client.xatom("ID", '("name" "grid321")')
    status, _data = client.select('"' + (setup.get("folder") or "INBOX") + '"')
    if status != "OK":
        raise Failure("imap_folder", whole=True)
    said = [client.response(name)[1] for name in ("UIDVALIDITY", "UIDNEXT")]
    validity, following = (int(found[0]) if found and found[0] else 0 for found in said)
    return Mailbox(client, validity, following - 1)


def check(setup: Setup) -> None:
    """Look at the server's address and the certificate without asking anybody. Raises ``Failure``."""
    outgoing.tls_context(setup.get("ca"))
    outgoing.resolve(setup.get("host"), int(setup.get("port")), setup.allowed)


def look(setup: Setup) -> str:
    """Open the mailbox as the worker does and say what waits there; nothing is taken or marked. Raises ``Failure``."""
    with opened(setup, 20.0) as box:
        count = len(box.waiting(0, box.newest))
    return _("The mailbox was opened; %(count)s letters in it were not read yet.",
             count=f"{count}+" if count == MOST_AT_ONCE else count)


def _send(_setup: Setup, _message: Message, _address: str) -> None:
    raise Failure("channel_off", final=True)


CHANNEL = Channel("mailbox", _l("Mailbox for letters that arrive"),
                  _l("Letters to this address are read by the worker and registered."), ARRIVES, MailboxForm, _send, check,
                  secrets=("password",), target=("host", "port", "security"), test=look)

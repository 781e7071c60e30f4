"""E-mail over SMTP, encrypted by STARTTLS or TLS from the first byte. A plain connection is for a relay of the intranet only."""
from __future__ import annotations

import smtplib
import socket
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from .. import fields, outgoing
from ..i18n import gettext as _
from ..i18n import lazy_gettext as _l
from ..i18n import local_time, use_language
from ..outgoing import Failure
from ..schemas import EntitySchema
from . import PERSON, Channel, Message, Setup

PORTS = {"starttls": 587, "tls": 465, "plain": 25}
SECONDS = 20.0
ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"


class MailForm(EntitySchema):
    """What a mail server needs."""

    host = fields.Text(_l("Mail server"), required=True, max=253, pattern=r"[A-Za-z0-9.:-]+",
                       pattern_help=_l("Write a name as in smtp.example.gov.cn."))
    port = fields.Int(_l("Port"), required=True, min=1, max=65535, default=587)
    security = fields.Choice(_l("Encryption"), required=True, default="starttls", options=(
        ("starttls", _l("STARTTLS (usually port 587)")), ("tls", _l("TLS from the beginning (usually port 465)")),
        ("plain", _l("None: only for a server within the allowed private networks"))))
    sender = fields.Text(_l("Sender’s address"), required=True, max=200, pattern=ADDRESS,
                         pattern_help=_l("Write an address as in grid@example.gov.cn."))
    user = fields.Text(_l("User name"), max=200, help=_l("Empty: the server asks for none."))
    password = fields.Text(_l("Password"), max=200, widget="password")
    ca = fields.LongText(_l("Certificate of your own authority (PEM)"), max=20_000,
                         help=_l("Only for a machine whose certificate comes from an authority of the intranet."))


class _Smtp(smtplib.SMTP):
    """An SMTP client on a connection that was made and checked before."""

    def __init__(self, host: str, sock: socket.socket) -> None:
        self._ready = sock
        super().__init__(timeout=outgoing.WHOLE_SECONDS, local_hostname="localhost")
        self._host = host  # the name that STARTTLS asks the certificate for

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._ready


def letter(setup: Setup, message: Message, address: str) -> EmailMessage:
    """The mail: short subject, text and address of the page, why it came. Its Message-ID stays the same in every try."""
    sender = setup.get("sender")
    mail = EmailMessage()
    with use_language(message.language):
        mail["Subject"] = _("Messages of the grid platform: %(number)s", number=message.number) if message.number else _(
            "Messages of the grid platform")
        mail["From"] = Address(_("Grid platform"), addr_spec=sender)
        body = [message.text, message.url, *(f"- {text}\n  {url}".rstrip() for text, url in message.lines), "",
                _("You can choose on the page “My account” which messages come by e-mail."),
                _("Please do not answer this mail.")]
    mail["To"] = Address(addr_spec=address)
    mail["Date"] = format_datetime(local_time(message.at))
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["X-Grid321-Id"] = message.id
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(line for line in body if line is not None) + "\n")
    return mail


def send(setup: Setup, message: Message, address: str) -> None:
    """Send one mail. Raises ``Failure``."""
    deliver(setup, letter(setup, message, address), address)


def deliver(setup: Setup, mail: EmailMessage, address: str) -> None:
    """Give a mail that is written to the mail server. Raises ``Failure``."""
    host, port, security = setup.get("host"), int(setup.get("port")), setup.get("security")
    context = outgoing.tls_context(setup.get("ca")) if security != "plain" else None
    sock = outgoing.connect(host, port, setup.allowed, public=security != "plain")
    sock.settimeout(outgoing.WHOLE_SECONDS)
    client = None
    try:
        if security == "tls" and context is not None:
            sock = outgoing.handshake(context, sock, host)
        client = _Smtp(host, sock)
        with outgoing.limited(lambda: client.sock if client is not None else sock, SECONDS):
            _talk(client, setup, context if security == "starttls" else None, mail, address)
    except TimeoutError:
        raise Failure("timeout", whole=True) from None
    except smtplib.SMTPServerDisconnected as error:  # smtplib hides in it that the server was silent
        silent = isinstance(error.__context__, TimeoutError)
        raise Failure("timeout" if silent else "dropped", whole=silent) from None
    except smtplib.SMTPException as error:
        raise _failure(error) from None
    except OSError as error:
        raise _broken(error) from None
    finally:
        for one in (sock, client):
            if one is not None:
                one.close()


def _talk(client: _Smtp, setup: Setup, context: Any, mail: EmailMessage, address: str) -> None:
    code, _text = client.connect(setup.get("host"), int(setup.get("port")))
    if code != 220:
        raise Failure("smtp_later", code, whole=True)
    client.ehlo_or_helo_if_needed()
    if context is not None:
        if not client.has_extn("starttls"):
            raise Failure("smtp_starttls", whole=True)
        client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
    if setup.get("user"):
        client.login(setup.get("user"), setup.get("password"))
    client.send_message(mail, from_addr=setup.get("sender"), to_addrs=[address])
    with suppress(smtplib.SMTPException, OSError):  # the mail was taken; how the server says good-bye changes nothing
        client.quit()


def _failure(error: smtplib.SMTPException) -> Failure:
    """What an answer of the server means. 4xx: try again; 5xx: this mail never."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return Failure("smtp_recipient" if code >= 500 else "smtp_later", code, final=code >= 500)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Failure("smtp_login", error.smtp_code, whole=True)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Failure("smtp_login", whole=True)
    if isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
        if isinstance(error, smtplib.SMTPSenderRefused):
            return Failure("smtp_sender" if code >= 500 else "smtp_later", code, whole=True)
        if isinstance(error, (smtplib.SMTPConnectError, smtplib.SMTPHeloError)) or code == 421:
            return Failure("smtp_later", code, whole=True)
        return Failure("smtp_refused" if code >= 500 else "smtp_later", code, final=code >= 500)
    return Failure("dropped")


def _broken(error: OSError) -> Failure:
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure("certificate", whole=True)
    if isinstance(error, ssl.SSLError):
        return Failure("tls", whole=True)
    return Failure("dropped")


def check(setup: Setup) -> None:
    """Look at the server's address and the certificate without asking anybody. Raises ``Failure``."""
    outgoing.tls_context(setup.get("ca"))
    outgoing.resolve(setup.get("host"), int(setup.get("port")), setup.allowed)


CHANNEL = Channel("mail", _l("E-mail"), _l("To the address that an account has confirmed, through your mail server."), PERSON,
                  MailForm, send, check, secrets=("password",), target=("host", "port", "security"))

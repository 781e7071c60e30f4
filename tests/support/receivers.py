"""Real receivers on loopback: a mail server that speaks STARTTLS and asks for a password, and an HTTP server that remembers."""
from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"
USER, PASSWORD = "grid", "a password of the mail server"


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Identity:
    """A key with a certificate for this host, signed by itself."""

    pem: str
    context: ssl.SSLContext


def identity(folder: Path, names: tuple[str, ...] = ("localhost",), here: bool = True) -> Identity:
    """Make a certificate for ``names`` (and 127.0.0.1) and the TLS settings of a server that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    moment = datetime.datetime.now(datetime.UTC)
    alternatives: list[x509.GeneralName] = [x509.DNSName(text) for text in names]
    if here:
        alternatives.append(x509.IPAddress(ipaddress.ip_address(HERE)))
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(moment - datetime.timedelta(days=1))
            .not_valid_after(moment + datetime.timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    both = folder / "server.pem"
    both.write_text(pem + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                            serialization.NoEncryption()).decode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return Identity(pem, context)


# ---------------------------------------------------------------- mail

@dataclass
class MailReceiver:
    """What a mail server took, and how it behaves: ``answers`` maps RCPT or DATA to what it says instead of 250.

    The answers ``hang`` and ``drop`` let the client wait for ever, or close the connection without a word.
    """

    port: int = 0
    taken: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    tries: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, _options: Any) -> str:
        self.tries += 1
        said = await self._odd("RCPT", server)
        if said:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        said = await self._odd("DATA", server)
        if said and said != "drop-late":
            return said
        self.raw.append(bytes(envelope.content))
        self.taken.append(message_from_bytes(envelope.content, policy=modern))
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        if said:
            server.transport.abort()
        return "250 taken"

    async def _odd(self, step: str, server: Any) -> str:
        said = self.answers.get(step, "")
        if said == "hang":
            await asyncio.Event().wait()
        if said == "drop":
            server.transport.abort()
            return "421 gone"
        return said


def _known(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = mechanism in {"LOGIN", "PLAIN"} and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@contextmanager
def mail_server(found: Identity | None, *, direct: bool = False, auth: bool = True) -> Iterator[MailReceiver]:
    """A mail server: with ``found`` it wants STARTTLS (``direct``: TLS from the first byte); with ``auth`` a password."""
    receiver = MailReceiver(free_port())

    class Server(Controller):
        def factory(self) -> SMTP:
            return SMTP(self.handler, **self.SMTP_kwargs)

    controller = Server(
        receiver, hostname=HERE, port=receiver.port, ssl_context=found.context if found and direct else None,
        tls_context=found.context if found and not direct else None, require_starttls=bool(found) and not direct,
        authenticator=_known, auth_required=auth, auth_require_tls=bool(found) and not direct)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop(no_assert=True)


# ---------------------------------------------------------------- HTTP

@dataclass
class Heard:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpReceiver:
    """What an HTTP server heard, and what it answers: ``answer(heard) -> (status, body)``."""

    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    answer: Callable[[Heard], tuple[int, bytes]] = lambda heard: (200, b"{}")
    location: str = ""
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.scheme}://{HERE}:{self.port}/hook"


@contextmanager
def http_server(found: Identity | None = None) -> Iterator[HttpReceiver]:
    """An HTTP server, with ``found`` an HTTPS server. Status 0 of ``answer`` breaks the connection off without one."""
    receiver = HttpReceiver(scheme="https" if found else "http")

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            heard = Heard(self.command, self.path, dict(self.headers), self.rfile.read(size))
            receiver.heard.append(heard)
            status, body = receiver.answer(heard)
            if not status:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        do_GET = do_POST = _any

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HERE, 0), Handler)
    server.daemon_threads = True
    if found is not None:
        server.socket = found.context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent_server(first: bytes = b"", drip: bytes = b"") -> Iterator[int]:
    """A TCP server that says ``first``, then nothing, or ``drip`` again and again; yields its port."""
    over = threading.Event()
    listener = socket.create_server((HERE, 0))
    listener.settimeout(0.05)

    def serve() -> None:
        open_ = []
        while not over.is_set():
            try:
                connection, _peer = listener.accept()
                open_.append(connection)
                connection.sendall(first)
            except TimeoutError:
                pass
            for one in open_:
                with contextlib.suppress(OSError):
                    one.sendall(drip)
        for one in open_:
            one.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        over.set()
        thread.join()
        listener.close()

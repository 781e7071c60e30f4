"""Requests that leave the house: web hooks, gateways, robots, the mail server.

Whoever configures an address could otherwise make this server ask machines that only it can reach (its own database, the
cloud's metadata, a neighbour in the county's network). So a name is resolved once, every address found must be public or on
the county's list of allowed networks, and the connection goes to exactly the address that was looked at: a name that answers
differently a moment later changes nothing. Redirects are not followed, proxies of the environment are not used, and time and
size of an answer are limited.

``http.client`` of the standard library does this with two small subclasses: the socket is ours, while Host, SNI and the check
of the certificate keep the name. In httpx or urllib3 the same takes a transport or a resolver of one's own below a pool, with
redirects, proxies and retries to switch off again; nothing they add is wanted here.
"""
from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0
ANSWER_BYTES = 64 * 1024
WIDEST_V4, WIDEST_V6 = 8, 32
"""The shortest prefixes an allowed network may have: 10.0.0.0/8 is a county's intranet, everything is not."""

#: Never asked, allowed or not: this host, metadata services of clouds, link-local, multicast, broadcast.
_NEVER = tuple(ipaddress.ip_network(text) for text in (
    "0.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "224.0.0.0/4",
    "255.255.255.255/32", "::/128", "fe80::/10", "fd00:ec2::254/128", "ff00::/8"))
#: Not public although Python's ``is_global`` may think so: relays, tunnels and ranges for special use.
_SPECIAL = tuple(ipaddress.ip_network(text) for text in (
    "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4", "::/96", "64:ff9b:1::/48", "2001::/32",
    "2002::/16", "fec0::/10"))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


class Failure(Exception):
    """A request or message did not get through. ``reason`` is a key of ``channels.reasons``; ``code`` a number of the protocol.

    ``final``: trying again cannot help. ``whole``: it is not about this message, so others by the same way would fail too.
    Nothing that the other side wrote is kept: it may repeat an address or a telephone number.
    """

    def __init__(self, reason: str, code: object = "", *, final: bool = False, whole: bool = False) -> None:
        super().__init__(f"{reason} {code}".strip())
        self.reason, self.code, self.final, self.whole = reason, str(code), final, whole


@dataclass(frozen=True)
class Url:
    """An address that was read strictly. ``target`` is path and query."""

    tls: bool
    host: str
    port: int
    target: str


@dataclass(frozen=True)
class Answer:
    """What came back: the status and at most ``ANSWER_BYTES`` of the body."""

    status: int
    body: bytes


# ---------------------------------------------------------------- addresses

def networks(text: str) -> tuple[Network, ...]:
    """Read a list of allowed addresses and networks (``10.20.0.0/16``), separated by commas, blanks or lines.

    Raises ``ValueError`` whose text is the first entry that is none, or is wider than a county's own network.
    """
    found = []
    for item in re.split(r"[\s,;，；、]+", text.strip()):
        if not item:
            continue
        try:
            network = ipaddress.ip_network(item)
        except ValueError:
            raise ValueError(item) from None
        if network.prefixlen < (WIDEST_V4 if network.version == 4 else WIDEST_V6):
            raise ValueError(item)
        found.append(network)
    return tuple(found)


def plain(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped or NAT64 one, otherwise the address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _inside(address: Address, ranges: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in ranges)


def is_public(address: Address) -> bool:
    """True for an address of the public Internet."""
    address = plain(address)
    return address.is_global and not _inside(address, _NEVER) and not _inside(address, _SPECIAL)


def may_ask(address: Address, allowed: Sequence[Network]) -> bool:
    """True for a public address, or one of ``allowed`` that is not a metadata, link-local or multicast address."""
    address = plain(address)
    return is_public(address) or (_inside(address, allowed) and not _inside(address, _NEVER))


def resolve(host: str, port: int, allowed: Sequence[Network] = ()) -> tuple[str, ...]:
    """The addresses of ``host``, looked up once; every one may be asked. Raises ``Failure``.

    One forbidden address among good ones refuses the name: which of them the connection takes would be luck.
    """
    if not _HOST.fullmatch(host):  # a zone (fe80::1%eth0) fails here too
        raise Failure("url_host", final=True)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Failure("name", whole=True) from None
    addresses = tuple(dict.fromkeys(str(row[4][0]) for row in found))
    if not addresses:
        raise Failure("name", whole=True)
    for text in addresses:
        if not may_ask(ipaddress.ip_address(text.partition("%")[0]), allowed):
            raise Failure("private", whole=True)
    return addresses


def read_url(text: str) -> Url:
    """Read an address strictly: http or https, a host, no user name, no fragment. Raises ``Failure`` (reason ``url…``)."""
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text or len(text) > 1000:
        raise Failure("url", final=True)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Failure("url", final=True) from None
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.fragment or port == 0:
        raise Failure("url", final=True)
    if "@" in parts.netloc:
        raise Failure("url_user", final=True)
    if not _HOST.fullmatch(host):
        raise Failure("url_host", final=True)
    tls = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(tls, host, port or (443 if tls else 80), target)


# ---------------------------------------------------------------- connections

def connect(host: str, port: int, allowed: Sequence[Network] = (), *, public: bool = True) -> socket.socket:
    """A connection to a checked address of ``host``. With ``public=False`` only to allowed ones (unencrypted ways).

    Raises ``Failure``: ``name``, ``private``, ``plain``, ``connect`` or ``timeout``.
    """
    addresses = resolve(host, port, allowed)
    if not public and not all(_inside(plain(ipaddress.ip_address(text)), allowed) for text in addresses):
        raise Failure("plain", whole=True)
    problem: Failure = Failure("connect", whole=True)
    for address in addresses[:4]:
        try:
            return socket.create_connection((address, port), CONNECT_SECONDS)
        except TimeoutError:
            problem = Failure("timeout", whole=True)
        except OSError:
            problem = Failure("connect", whole=True)
    raise problem


def tls_context(ca: str = "") -> ssl.SSLContext:
    """The TLS settings of this Python; ``ca`` is a PEM text of further authorities, as a county's intranet has them.

    Raises ``Failure`` when the text holds no certificate.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca.strip():
        try:
            context.load_verify_locations(cadata=ca)
        except (ssl.SSLError, ValueError):
            raise Failure("ca", final=True) from None
    return context


@contextmanager
def limited(current: Callable[[], socket.socket | None], seconds: float = WHOLE_SECONDS) -> Iterator[None]:
    """Cut the connection after so many seconds, however slowly the other side drips. Raises ``Failure("timeout")`` then.

    A time limit of the socket alone starts anew with every byte that arrives. ``current`` says which socket it is by then:
    STARTTLS replaces it.
    """
    over = threading.Event()

    def cut() -> None:
        over.set()
        sock = current()
        try:
            if sock is not None:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of the plain class: TLS objects are not for two threads
        except OSError:
            pass  # it is closed already

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
        cut_off = over.is_set()  # an answer that breaks off among its headers looks complete
    except Exception:
        if not over.is_set():
            raise
        cut_off = True
    finally:
        timer.cancel()
    if cut_off:
        raise Failure("timeout", whole=True) from None


class _Plain(http.client.HTTPConnection):
    def __init__(self, url: Url, sock: socket.socket) -> None:
        super().__init__(url.host, url.port, timeout=WHOLE_SECONDS)
        self.default_port = 443 if url.tls else 80  # left out of the header Host
        self.sock = sock

    def connect(self) -> None:
        """Never on its own: the address was checked before, and a second look could find another one."""
        raise Failure("dropped")


def request(method: str, address: str, body: bytes, headers: Mapping[str, str], *, allowed: Sequence[Network] = (),
            ca: str = "", seconds: float = WHOLE_SECONDS) -> Answer:
    """Send one request and read its answer; any status below 600 is an answer, a redirect too.

    Unencrypted addresses are asked within the allowed networks only. Raises ``Failure``.
    """
    url = read_url(address)
    context = tls_context(ca) if url.tls else None
    sock = connect(url.host, url.port, allowed, public=url.tls)
    try:
        sock.settimeout(seconds)
        if context is not None:
            sock = handshake(context, sock, url.host, seconds)
        with limited(lambda: sock, seconds):
            return _exchange(_Plain(url, sock), method, url, body, headers)
    except TimeoutError:
        raise Failure("timeout", whole=True) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise Failure("dropped") from None
    finally:
        sock.close()


def handshake(context: ssl.SSLContext, sock: socket.socket, host: str, seconds: float = WHOLE_SECONDS) -> ssl.SSLSocket:
    """Encrypt a connection whose other side must prove to be ``host``. Raises ``Failure``: certificate, tls, timeout."""
    wrapped = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    try:
        with limited(lambda: wrapped, seconds):
            wrapped.do_handshake()
        return wrapped
    except ssl.SSLCertVerificationError:
        wrapped.close()
        raise Failure("certificate", whole=True) from None
    except OSError:
        wrapped.close()
        raise Failure("tls", whole=True) from None


def _exchange(connection: Any, method: str, url: Url, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection.request(method, url.target, body, {**headers, "Connection": "close", "Accept-Encoding": "identity"})
    response = connection.getresponse()
    content = response.read(ANSWER_BYTES + 1)
    if len(content) > ANSWER_BYTES:
        raise Failure("too_long")
    return Answer(response.status, content)

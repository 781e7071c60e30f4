"""An e-mail as it arrives from anybody: its text, files and marks, read without trusting a byte of it.

Character sets are taken as they are meant (GB2312 and GBK as GB18030, which holds both), headers decoded even when they are
raw bytes, HTML made plain text by a parser that runs nothing. How many parts and how deep they lie is limited.
"""
from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser

from .field_base import bad_character

MOST_PARTS = 100
DEEPEST = 12
MOST_TEXT = 200_000
LOGO_BYTES = 8 * 1024
"""A picture that an HTML text shows and that is smaller belongs to a signature, not to what is reported."""

_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030",
          "ascii": "utf-8", "us-ascii": "utf-8", "unknown-8bit": "utf-8", "big5": "big5hkscs", "iso-8859-1": "cp1252"}
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "div", "dl", "dt", "dd", "fieldset", "figure", "footer", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead",
    "tr", "ul"))
_UNSEEN = frozenset(("script", "style", "head", "title", "template", "noscript", "object", "svg", "math"))
_ROBOTS = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|auto-?reply)\b", re.IGNORECASE)
_BULK = frozenset(("bulk", "junk", "list", "auto_reply"))
_RUNS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf",
         b"L\x00\x00\x00\x01\x14\x02\x00")
_RUNNING_NAMES = frozenset((
    "exe", "com", "scr", "pif", "bat", "cmd", "ps1", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta", "msi", "msp", "lnk", "jar",
    "cpl", "reg", "dll", "sh", "apk", "iso", "img", "vhd", "chm", "docm", "xlsm", "pptm", "xlam", "dotm"))


class Unreadable(Exception):
    """The mail cannot be read: ``reason`` is ``broken``, ``parts`` (too many or too deep) or ``encrypted``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Part:
    """A file that came with a mail: its name and bytes as the sender wrote them."""

    name: str
    body: bytes = field(repr=False)

    @property
    def runs(self) -> bool:
        """True for a program, script, shortcut, disk image or document with macros, by what it holds or how it is called."""
        names = [unicodedata.normalize("NFKC", part).strip(" .").lower() for part in self.name.split(".")]
        macros = self.body.startswith(b"PK\x03\x04") and b"vbaProject.bin" in self.body
        return self.body.startswith(_RUNS) or macros or (len(names) > 1 and names[-1] in _RUNNING_NAMES)


@dataclass(frozen=True)
class Mail:
    """A mail that was read. ``automatic`` says why no person wrote it, empty for a letter of a person.

    ``key`` tells it from every other mail, whatever way it came: a hash over its own id, sender, time and subject.
    """

    key: str
    message_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    files: tuple[Part, ...] = ()
    automatic: str = ""
    cut: bool = False


def read(raw: bytes, own: frozenset[str] = frozenset()) -> Mail:
    """Read a mail. ``own`` are addresses (lower case) of this site: what comes from them is a loop. Raises ``Unreadable``."""
    try:
        message = message_from_bytes(raw, policy=compat32)
        texts, files = _contents(message)
    except Unreadable:
        raise
    except (MessageError, LookupError, ValueError, RecursionError, AttributeError, TypeError):
        raise Unreadable("broken") from None
    name, address = _address(message)
    subject = " ".join(_header(message, "Subject").split())[:200]
    message_id = _header(message, "Message-ID").strip()[:300]
    text = tidy("\n\n".join(texts))
    recipients = tuple(found.lower() for _name, found in getaddresses(
        [_header(message, header) for header in ("To", "Cc", "Delivered-To")]) if found)[:50]
    return Mail(_key(raw, message, message_id, address), message_id, address, name[:80], recipients, subject, text[:MOST_TEXT],
                tuple(files), _automatic(message, address, own), len(text) > MOST_TEXT)


def _key(raw: bytes, message: Message, message_id: str, address: str) -> str:
    if not message_id:
        return hashlib.sha256(raw).hexdigest()
    parts = (message_id, address, _header(message, "Date"), _header(message, "Subject"))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def _address(message: Message) -> tuple[str, str]:
    name, address = parseaddr(_header(message, "From").replace("\r", " ").replace("\n", " "))
    good = re.fullmatch(r"[^\s<>()@,;:\\\"\[\]]{1,64}@[A-Za-z0-9.-]{1,190}", address)
    return tidy(name, lines=False), address.lower() if good else ""


# ---------------------------------------------------------------- who wrote it

def _automatic(message: Message, address: str, own: frozenset[str]) -> str:
    """Why nobody wrote this mail: a key as in ``auto_reply``; empty for a letter (RFC 3834, RFC 5230, common practice)."""
    submitted = _header(message, "Auto-Submitted").strip().lower()
    if address in own or message.get("X-Grid321-Id") is not None:
        return "loop"
    if message.get_content_type() == "multipart/report" or _header(message, "Return-Path").strip() == "<>":
        return "bounce"
    if (submitted and not submitted.startswith("no")) or any(
            message.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")):
        return "auto_reply"
    if any(message.get(name) is not None for name in ("List-Id", "List-Unsubscribe")) or _header(
            message, "Precedence").strip().lower() in _BULK:
        return "bulk"
    return "robot" if not address or _ROBOTS.match(address.partition("@")[0]) else ""


def _header(message: Message, name: str) -> str:
    """A header as text, whatever it is written in."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            return decoded(str(value))
    return ""


def decoded(value: str) -> str:
    """A header's value with its encoded words read; raw bytes are taken as UTF-8 or GB18030."""
    plain = value.encode("utf-8", "surrogateescape")
    if not plain.isascii():
        return tidy(_text_of(plain, ""), lines=False)
    try:
        parts = decode_header(value)
    except (MessageError, ValueError):
        return tidy(value, lines=False)
    return tidy("".join(_text_of(part, charset or "") if isinstance(part, bytes) else part for part, charset in parts),
                lines=False)


# ---------------------------------------------------------------- what it holds

def _contents(message: Message) -> tuple[list[str], list[Part]]:
    if message.get_content_type() in {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}:
        raise Unreadable("encrypted")
    texts: list[str] = []
    files: list[Part] = []
    for count, (part, depth, better) in enumerate(_leaves(message, 0, "")):
        if count >= MOST_PARTS or depth > DEEPEST:
            raise Unreadable("parts")
        _take(part, better, texts, files)
    return [text for text in texts if text.strip()], files


def _leaves(part: Message, depth: int, kind: str) -> Iterator[tuple[Message, int, str]]:
    """The parts that hold something, with their depth and the kind of what holds them; of alternatives the plain text only."""
    inside = part.get_payload()
    if not part.is_multipart() or not isinstance(inside, list) or part.get_content_type() == "message/rfc822":
        yield part, depth, kind
        return
    if depth > DEEPEST:
        raise Unreadable("parts")
    found = [one for one in inside if isinstance(one, Message)]
    if part.get_content_type() == "multipart/alternative":
        plain = [one for one in found if one.get_content_type() == "text/plain" and _bytes(one).strip()]
        others = [one for one in found if not one.get_content_type().startswith("text/")]
        found = plain[:1] + others[-1:] * (not plain) if plain or others else found[-1:]
        found = found or [one for one in inside if isinstance(one, Message)][-1:]
    for one in found:
        yield from _leaves(one, depth + 1, part.get_content_type())


def _take(part: Message, inside: str, texts: list[str], files: list[Part]) -> None:
    kind, name = part.get_content_type(), _file_name(part)
    attached = part.get_content_disposition() == "attachment" or bool(name)
    if kind in {"text/plain", "text/html"} and not attached:
        body = _text_of(_bytes(part), _charset(part))
        texts.append(plain_text(body) if kind == "text/html" else body)
        return
    if kind == "message/rfc822":
        files.append(Part(name or "message.eml", b""))
        return
    if kind in {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}:
        return
    content = _bytes(part)
    shown = inside == "multipart/related" or part.get("Content-ID") is not None
    if content and not (kind.startswith("image/") and shown and len(content) < LOGO_BYTES):
        files.append(Part(name or "file", content))


def _bytes(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _charset(part: Message) -> str:
    found = part.get_param("charset", "")
    return str(found[2] if isinstance(found, tuple) else found or "")


def _file_name(part: Message) -> str:
    """The file's name: RFC 2231, an encoded word, or raw bytes; without path."""
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, TypeError):
        name = "file"
    return decoded(name).replace("\\", "/").rpartition("/")[2][:200]


def _text_of(body: bytes, charset: str) -> str:
    """Bytes as text: in the character set that is named, else UTF-8, else GB18030; what cannot be read is marked."""
    name = charset.strip().strip("'\"").lower()
    for one in dict.fromkeys((_WIDER.get(name, name), "utf-8", "gb18030")):
        if not one:
            continue
        try:
            return body.decode(one)
        except (LookupError, ValueError):
            continue
    return body.decode("gb18030" if name.startswith("gb") else "utf-8", "replace")


class _Reader(HTMLParser):
    """Collects what a person sees of an HTML text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self.unseen += 1
        elif tag == "br" or tag in _BLOCKS:
            self.found.append("\n")
        elif tag in {"td", "th"}:
            self.found.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br" or tag in _BLOCKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in _BLOCKS:
            self.found.append("\n")
        if tag in {"html", "body", "head"}:
            self.unseen = 0

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.found.append(re.sub(r"\s+", " ", data))


def plain_text(html: str) -> str:
    """What a person sees of an HTML text: no scripts, no styles, no comments, blocks on lines of their own."""
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError, IndexError):
        pass  # what was read so far is shown
    return "".join(reader.found)


def tidy(text: str, *, lines: bool = True) -> str:
    """Text as the platform stores it: NFC, without signs that fields refuse, with few empty lines, in one line when asked."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\t", " "))
    if bad_character(text, True) is not None:
        text = "".join(sign for sign in text if bad_character(sign, True) is None)
    text = text.replace("\u200b", "").replace("\ufeff", "")
    if not lines:
        return " ".join(text.split())
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" {3,}", "  ", re.sub(r"[ ]*\n[ ]*", "\n", text))).strip()

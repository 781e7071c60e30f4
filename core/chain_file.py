"""The exported ledger as a file, and its check, which needs nothing but the file and an anchor: no database, no settings.

The format is described in docs/ledger.md, so that anybody can check a file with a few lines of another language. One JSON
object a line: a head, entries in the order of the chain, and an end. An entry's line is its content, with the hash of the
chain put in as its last member; what is hashed are the bytes of the line without that member.
"""
from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import orjson

FORMAT = 1
FIRST = "0" * 64
SHORTEST = 20
"""Digits that an anchor must have: 80 bits, which nobody finds a second time."""

_HEX = frozenset("0123456789abcdef")
_MEMBER, _CLOSE = b',"hash":"', b'"}\n'
_TAIL = len(_MEMBER) + 64 + len(_CLOSE)
_ENTRY = b'{"position":'
_LONGEST = 8 << 20
_LEFT_OUT = 500
_SEARCHED = 5_000_000
Anchor = tuple[int, str]


class Unusable(Exception):
    """This is no file of a ledger, or an anchor is not written as one."""


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong. ``kind``: head, changed, missing, reordered, repeated, garbage, damaged, anchor, text,
    tail or file; ``position`` is that of the entry it is about, ``line`` where in the file it shows."""

    kind: str
    position: int
    line: int
    text: str


@dataclass
class Checked:
    """What a file holds, and its first fault (None: whole)."""

    head: Mapping[str, Any]
    entries: int = 0
    left_out: int = 0
    position: int = 0
    hash: str = FIRST
    fault: Fault | None = None


# -- hashes and anchors ------------------------------------------------------------------------------------------------

def digest(body: bytes) -> str:
    """SHA-256 of an entry's content, hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def linked(before: str, entry_digest: str) -> str:
    """The hash of a link: SHA-256 of the hash before and the digest of the entry, both as hexadecimal text."""
    return hashlib.sha256((before + entry_digest).encode()).hexdigest()


def parse_anchor(text: str) -> Anchor:
    """``12345:abcd…`` or ``12345 abcd ef01 …`` as it stands on paper → (position, digits).

    At least 20 of the 64 digits are needed; blanks and hyphens do not count. Raises ``Unusable``.
    """
    position, colon, rest = text.strip().partition(":")
    if not colon:
        position, _blank, rest = text.strip().partition(" ")
    value = "".join(rest.split()).replace("-", "").lower()
    if not (position.isascii() and position.isdigit() and len(position) <= 18):
        raise Unusable(f"anchor {text[:100]!r}: write position, colon and digits, as `grid321 ledger anchor` prints them")
    if not SHORTEST <= len(value) <= 64 or not set(value) <= _HEX:
        raise Unusable(f"anchor {text[:100]!r}: after the position come the 64 digits 0-9 a-f, or at least the first {SHORTEST}")
    return int(position), value


def short(position: int, value: str) -> str:
    """An anchor for paper: the position and the first 20 digits in groups of four."""
    return f"{position}: " + " ".join(value[at:at + 4] for at in range(0, SHORTEST, 4))


def groups(value: str) -> list[str]:
    """The digits of a hash in groups of four, to be compared by eye."""
    return [value[at:at + 4] for at in range(0, len(value), 4)]


# -- writing -----------------------------------------------------------------------------------------------------------

def with_hash(body: bytes, value: str) -> bytes:
    """A line: the JSON object ``body`` with its hash as the last member."""
    return body[:-1] + _MEMBER + value.encode() + _CLOSE


def lines(head: Mapping[str, Any], entries: Iterable[tuple[bytes | None, str, str, tuple[str, str] | None]]) -> Iterator[bytes]:
    """The lines of a file. ``entries``: (content or None to leave it out, its digest, its hash, (salt, typed text) or None)."""
    whole = hashlib.sha256()
    body = orjson.dumps({"grid321": "ledger", "format": FORMAT, **head})
    line = with_hash(body, digest(body))
    whole.update(line)
    yield line
    count = 1
    for line in _entry_lines(entries):
        whole.update(line)
        count += 1
        yield line
    yield orjson.dumps({"end": head["last"], "lines": count, "sha256": whole.hexdigest()}) + b"\n"


def _entry_lines(entries: Iterable[tuple[bytes | None, str, str, tuple[str, str] | None]]) -> Iterator[bytes]:
    waiting: list[str] = []
    before = ""
    for content, entry_digest, value, typed in entries:
        if waiting and (content is not None or len(waiting) == _LEFT_OUT):
            yield with_hash(orjson.dumps({"left_out": waiting}), before)
            waiting = []
        before = value
        if content is None:
            waiting.append(entry_digest)
            continue
        yield with_hash(content, value)
        if typed is not None:
            position = int(content[12:content.index(b",")])
            yield orjson.dumps({"text_of": position, "salt": typed[0], "body": typed[1]}) + b"\n"
    if waiting:
        yield with_hash(orjson.dumps({"left_out": waiting}), before)


# -- checking ----------------------------------------------------------------------------------------------------------

def check(path: Path | str, anchors: Iterable[Anchor] = (), *, part: bool = False) -> Checked:
    """Walk a file to its first fault. ``part`` says that a file which does not begin with entry 1 is meant.

    Raises ``Unusable`` when it is no such file, ``OSError`` when it cannot be read.
    """
    with open(path, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        with gzip.GzipFile(fileobj=raw) if packed else raw as stream:
            return _Walk(cast(IO[bytes], stream), dict(anchors), part).walk()


class _Stop(Exception):
    """The first fault was found."""


class _Walk:
    """One pass over a file."""

    def __init__(self, stream: IO[bytes], anchors: dict[int, str], part: bool) -> None:
        self.stream, self.anchors, self.part = stream, anchors, part
        self.line = 0
        self.whole = hashlib.sha256()
        self.result = Checked({})
        self.body = b""

    def fail(self, kind: str, position: int, text: str) -> None:
        """Keep the first fault and end."""
        self.result.fault = Fault(kind, position, self.line, text)
        raise _Stop

    def read(self) -> bytes:
        """The next line, empty at the end; a damaged archive is a fault of the entry that should come."""
        self.line += 1
        try:
            return self.stream.readline(_LONGEST)
        except (EOFError, OSError, zlib.error) as error:
            if not self.result.head:
                raise Unusable(f"the archive is damaged from its beginning: {error}") from None
            expected = self.result.position + 1
            cut = isinstance(error, EOFError)
            self.fail("tail" if cut else "damaged", expected,
                      f"the archive is {'cut off' if cut else 'damaged'}: entry {expected} and what follows cannot be read")
        return b""

    def walk(self) -> Checked:
        """Check everything; returns what was found."""
        try:
            self.begin()
            self.entries()
        except _Stop:
            pass
        return self.result

    def begin(self) -> None:
        """The head: whole, of a known format, and beginning where an anchor or the caller says."""
        line = self.read()
        if line.startswith(_ENTRY):
            self.fail("head", 1, "the head is cut off: line 1 is an entry and not the head of the file")
        head = _object(line)
        if head is None or head.get("grid321") != "ledger":
            raise Unusable("this is no exported ledger: its first line is not the head of one")
        if head.get("format") != FORMAT:
            raise Unusable(f"the file has format {head.get('format')!r}; this version reads format {FORMAT}")
        body, value = _split(line)
        if digest(body) != value or not all(isinstance(head.get(name), int) for name in ("first", "last")):
            self.fail("head", 0, "the head of the file was changed (line 1)")
        self.whole.update(line)
        first, before = head["first"], str(head["before"])
        self.result = Checked(head, position=first - 1, hash=before)
        if self.anchors.get(first - 1):
            self.compare(first - 1, before)
        elif first != 1 and not self.part:
            self.fail("head", 1, f"entries 1 to {first - 1} are not in this file; if a part is meant, say --part "
                                 f"or give the anchor of position {first - 1}")
        elif first == 1 and before != FIRST:
            self.fail("head", 0, "the head of the file names a beginning that is none")
        low = [position for position in self.anchors if position < first - 1]
        if low:
            self.fail("head", min(low), f"the anchor of position {min(low)} lies before this file, which begins with {first}")

    def compare(self, position: int, value: str) -> None:
        """Compare with the anchor of a position, if there is one."""
        wanted = self.anchors.pop(position, None)
        if wanted is not None and not value.startswith(wanted):
            self.fail("anchor", position, f"position {position} differs from the anchor kept outside: the chain up to here was "
                                          "written anew (or the anchor was mistyped)")

    def entries(self) -> None:
        """Everything between head and end."""
        result, anchors = self.result, self.anchors
        sha256 = hashlib.sha256
        while line := self.read():
            if not line.startswith(_ENTRY):
                if self.other(line):
                    return
                continue
            expected = result.position + 1
            body, value = line[:-_TAIL] + b"}", line[-67:-3].decode("latin-1")
            made = sha256((result.hash + sha256(body).hexdigest()).encode()).hexdigest()
            if made != value or line[12:line.find(b",")] != b"%d" % expected or line[-_TAIL:-67] != _MEMBER \
                    or line[-3:] != _CLOSE:
                self.name_fault(line, expected)
            self.whole.update(line)
            self.body = body
            result.position, result.hash = expected, value
            result.entries += 1
            if expected in anchors:
                self.compare(expected, value)
        last = result.head["last"]
        self.fail("tail", result.position + 1, f"the tail is cut: entries {result.position + 1} to {last} are missing"
                  if result.position < last else "the tail is cut: the last line of the file is missing")

    def other(self, line: bytes) -> bool:
        """A line that is no entry; True for the end."""
        expected = self.result.position + 1
        found = _object(line)
        if found is None or not line.endswith(b"\n"):
            self.fail("garbage", expected, f"line {self.line} cannot be read; entry {expected} should come here")
        elif "end" in found:
            self.finish(found)
            return True
        elif "text_of" in found:
            self.text(found)
        elif isinstance(found.get("left_out"), list):
            self.left_out(found)
        else:
            self.fail("garbage", expected, f"line {self.line} is no line of a ledger; entry {expected} should come here")
        self.whole.update(line)
        return False

    def left_out(self, found: Mapping[str, Any]) -> None:
        """Entries of which only the digest is here: the chain goes through them all the same."""
        result, first, value = self.result, self.result.position + 1, self.result.hash
        passed = []
        for entry_digest in found["left_out"]:
            value = linked(value, str(entry_digest))
            passed.append(value)
        if value != found.get("hash"):
            self.fail("changed", first, f"line {self.line}: the digests of entries {first} to {first + len(passed) - 1}, whose "
                                        "content is not in this file, were changed, removed or moved")
        for value in passed:
            result.position += 1
            result.hash = value
            self.compare(result.position, value)
        result.left_out += len(passed)

    def text(self, found: Mapping[str, Any]) -> None:
        """A typed text beside its entry: it must have the hash that the entry names."""
        position = self.result.position
        wanted = orjson.loads(self.body).get("detail_hash") if self.body else None
        if found.get("text_of") != position or digest(f"{found.get('salt')}{found.get('body')}".encode()) != wanted:
            self.fail("text", position, f"entry {position}: the text beside it was changed")

    def finish(self, found: Mapping[str, Any]) -> None:
        """The end: all entries were there, nothing follows, and no byte was changed on the way."""
        result = self.result
        last = result.head["last"]
        expected = result.position + 1
        following = self.read()
        if following.startswith(_ENTRY) and result.position < last:
            self.fail("reordered", expected, f"entry {expected} is not in its place: it comes after the end of the file")
        if result.position != last:
            self.fail("tail", expected, f"the tail is cut: entries {expected} to {last} are missing")
        if following:
            self.fail("file", expected, "something follows the end of the file")
        if found != {"end": last, "lines": self.line - 2, "sha256": self.whole.hexdigest()} or result.hash != result.head["head"]:
            self.fail("file", 0, "the file was changed after it was made, although each of its entries fits")
        beyond = sorted(self.anchors)
        if beyond:
            self.fail("tail", expected, f"the tail is cut: the anchor of position {beyond[0]} lies beyond the last entry {last}")

    # -- naming a fault --

    def name_fault(self, line: bytes, expected: int) -> None:
        """An entry's line does not fit: say whether it was changed, or one is missing, repeated or elsewhere."""
        stated = line[12:max(12, line.find(b","))]
        position = int(stated) if stated.isdigit() and len(stated) < 19 else None
        body, value = _split(line)
        repaired = _ENTRY + b"%d" % expected + body[12 + len(stated):]
        if not value or position in (None, expected) or linked(self.result.hash, digest(repaired)) == value:
            cut = "" if line.endswith(b"\n") else " (its line is cut off)"
            self.fail("changed", expected, f"entry {expected} was changed{cut}")
        assert position is not None
        if position < expected:
            self.fail("repeated", position, f"entry {position} is there again where entry {expected} should be")
        at = self.seek(expected)
        if at:
            self.fail("reordered", expected, f"entry {expected} is not in its place: it comes later, in line {at}")
        self.fail("missing", expected, f"entry {expected} is missing: the next one found is {position}")

    def seek(self, position: int) -> int:
        """The later line in which an entry stands, 0 when it is nowhere."""
        start = _ENTRY + b"%d," % position
        at = self.line
        try:
            while (line := self.stream.readline(_LONGEST)) and at < self.line + _SEARCHED:
                at += 1
                if line.startswith(start):
                    return at
        except (EOFError, OSError, zlib.error):
            pass
        return 0


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _split(line: bytes) -> tuple[bytes, str]:
    """A line as (content, hash); an empty hash when the line has none."""
    if len(line) <= _TAIL or line[-_TAIL:-67] != _MEMBER or line[-3:] != _CLOSE:
        return line, ""
    return line[:-_TAIL] + b"}", line[-67:-3].decode("latin-1")

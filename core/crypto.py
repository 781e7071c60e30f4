"""Secrets of this installation: sealing of personal data, blind search, masks, keys for tokens.

The keys live in one file of the instance folder (mode 0600), never in the database: a stolen database alone gives no
identity number away. Every sealed text names the key it was made with, so a new key can be added at any time and old
texts stay readable until they are sealed again.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CIPHERS = ("aes", "sm4")
_NONCE = 12
_TAG = 16
_KEY_ID = re.compile(r"k[0-9]{1,4}")
_FILLERS = re.compile(r"[\s\-‐-―－()（）]+")


class KeyProblem(RuntimeError):
    """The file with the keys is missing, readable by others or damaged; the message says which and what to do."""


class SealBroken(ValueError):
    """A sealed text does not open: it was changed, moved to another row or column, or its key is gone."""


@dataclass(frozen=True)
class Keyring:
    """The keys of one installation. ``active`` is the id of the key that seals new texts; 32 bytes each."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)
    index: bytes = field(repr=False)
    tokens: bytes = field(repr=False)
    cipher: str = "aes"

    @classmethod
    def generate(cls, cipher: str = "aes") -> Keyring:
        """A new keyring of random keys. ``cipher`` is ``aes`` or ``sm4``."""
        _require_cipher(cipher)
        return cls("k1", {"k1": secrets.token_bytes(32)}, secrets.token_bytes(32), secrets.token_bytes(32), cipher)

    def rotated(self, cipher: str | None = None) -> Keyring:
        """This keyring with one more key, which seals from now on; ``cipher`` changes the algorithm with it."""
        _require_cipher(cipher or self.cipher)
        name = f"k{max(int(key[1:]) for key in self.keys) + 1}"
        return Keyring(name, {**self.keys, name: secrets.token_bytes(32)}, self.index, self.tokens,
                       cipher or self.cipher)

    def to_json(self) -> str:
        """The text of the key file."""
        return json.dumps({"active": self.active, "cipher": self.cipher, "index": _encode(self.index),
                           "tokens": _encode(self.tokens),
                           "keys": {name: _encode(key) for name, key in self.keys.items()}}, indent=1)

    @classmethod
    def from_json(cls, text: str, where: str = "keys") -> Keyring:
        """Read the text of a key file. Raises ``KeyProblem`` (naming ``where``) when anything in it does not fit."""
        try:
            data = json.loads(text)
            ring = cls(str(data["active"]), {str(name): _decode(key) for name, key in data["keys"].items()},
                       _decode(data["index"]), _decode(data["tokens"]), str(data.get("cipher", "aes")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyProblem(f"{where} is damaged: put the copy from your backup there") from error
        sizes = {len(key) for key in (*ring.keys.values(), ring.index, ring.tokens)}
        if ring.active not in ring.keys or sizes != {32} or not all(map(_KEY_ID.fullmatch, ring.keys)):
            raise KeyProblem(f"{where} is damaged: put the copy from your backup there")
        _require_cipher(ring.cipher)
        return ring


_present: list[Keyring] = []


def use(keyring: Keyring) -> None:
    """Make ``keyring`` the one this process seals and opens with."""
    _present[:] = [keyring]


def keyring() -> Keyring:
    """The keyring in use. Raises ``KeyProblem`` before ``configure`` or ``use``."""
    if not _present:
        raise KeyProblem("no keys are loaded: run `grid321 init` first")
    return _present[0]


def configure(path: Path) -> Keyring:
    """Load the key file and use it; make it first when there is none. Raises ``KeyProblem``."""
    create_keys(path)
    ring = load_keys(path)
    use(ring)
    return ring


def create_keys(path: Path, cipher: str = "aes") -> bool:
    """Write a new key file (mode 0600) unless there is one; True when it was written.

    Two processes that start at once agree on one file: the text is complete before it gets its name.
    """
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    written = _write_private(path.parent, Keyring.generate(cipher).to_json())
    try:
        os.link(written, path)
    except FileExistsError:
        return False
    finally:
        written.unlink()
    return True


def save_keys(path: Path, ring: Keyring) -> None:
    """Replace the key file by ``ring`` in one step, for rotation: old keys stay in it."""
    _write_private(path.parent, ring.to_json()).replace(path)


def _write_private(folder: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix=".keys-", dir=folder)  # mkstemp makes files of mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def load_keys(path: Path) -> Keyring:
    """Read the key file. Raises ``KeyProblem`` when it is missing, open to other users or damaged."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyProblem(f"{path} cannot be read ({error}): run `grid321 init`, or restore it from a backup") from error
    if stat.S_IMODE(mode) & 0o077:
        raise KeyProblem(f"{path} can be read by other users of this machine: run `chmod 600 {path}`")
    return Keyring.from_json(text, str(path))


# -- sealing ---------------------------------------------------------------------------------------------------------

def seal(text: str, table: str, column: str, uid: str) -> str:
    """Encrypt ``text`` for one cell. The cell (table, column, uid of the row) is bound in: it opens nowhere else.

    Returns ``<cipher>.<key id>.<base64url of nonce + ciphertext + tag>``.
    """
    ring = keyring()
    nonce = secrets.token_bytes(_NONCE)
    body = _encrypt(ring.cipher, ring.keys[ring.active], nonce, text.encode(), _bound(table, column, uid))
    return f"{ring.cipher}.{ring.active}.{_encode(nonce + body)}"


def open_sealed(sealed: str, table: str, column: str, uid: str) -> str:
    """Decrypt what ``seal`` made for the same cell. Raises ``SealBroken`` for anything else, without saying why."""
    try:
        cipher, name, body = sealed.split(".")
        raw = _decode(body)
        if cipher not in CIPHERS or len(raw) < _NONCE + _TAG:
            raise ValueError("shape")
        key = keyring().keys[name]
        return _decrypt(cipher, key, raw[:_NONCE], raw[_NONCE:], _bound(table, column, uid)).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        raise SealBroken(f"the sealed value in {table}.{column} does not open") from error


def needs_resealing(sealed: str) -> bool:
    """True when a newer key or another cipher than that of ``sealed`` is in use."""
    ring = keyring()
    return not sealed.startswith(f"{ring.cipher}.{ring.active}.")


def supported(cipher: str) -> bool:
    """True when the library of this machine can do ``aes`` or ``sm4`` in GCM mode."""
    if cipher not in CIPHERS:
        return False
    try:
        _encrypt(cipher, bytes(32), bytes(_NONCE), b"", b"")
    except UnsupportedAlgorithm:
        return False
    return True


def _require_cipher(cipher: str) -> None:
    if not supported(cipher):
        raise KeyProblem(f"cipher {cipher!r} is unsupported here: use one of {', '.join(filter(supported, CIPHERS))}")


def _bound(table: str, column: str, uid: str) -> bytes:
    return f"{table}|{column}|{uid}".encode()


def _encrypt(cipher: str, key: bytes, nonce: bytes, text: bytes, bound: bytes) -> bytes:
    if cipher == "aes":
        return AESGCM(key).encrypt(nonce, text, bound)
    maker = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce)).encryptor()
    maker.authenticate_additional_data(bound)
    return maker.update(text) + maker.finalize() + maker.tag


def _decrypt(cipher: str, key: bytes, nonce: bytes, body: bytes, bound: bytes) -> bytes:
    if cipher == "aes":
        return AESGCM(key).decrypt(nonce, body, bound)
    reader = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce, body[-_TAG:])).decryptor()
    reader.authenticate_additional_data(bound)
    return reader.update(body[:-_TAG]) + reader.finalize()


def _sm4_key(key: bytes) -> bytes:
    # SM4 takes 16 bytes; derived, so that one key never serves two algorithms.
    return hmac.new(key, b"grid321 sm4", hashlib.sha256).digest()[:16]


# -- blind index, derived keys, hashes -------------------------------------------------------------------------------

def normalised(text: str) -> str:
    """The form in which equal numbers are equal: NFKC, without spaces, hyphens and brackets, upper case."""
    return _FILLERS.sub("", unicodedata.normalize("NFKC", text)).upper()


def blind(text: str) -> str:
    """Keyed hash of a phone or identity number for equality search, 64 hexadecimal digits.

    Keyed because an unkeyed hash of a county's identity numbers is undone by trying them all.
    """
    return hmac.new(keyring().index, normalised(text).encode(), hashlib.sha256).hexdigest()


def signature(purpose: str, text: str) -> str:
    """Keyed hash of ``text`` for one ``purpose`` (CSRF tokens …), 43 characters of base64url."""
    mac = hmac.new(keyring().tokens, f"{purpose}\0{text}".encode(), hashlib.sha256)
    return _encode(mac.digest())


def same(left: str, right: str) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def token_hash(token: str) -> str:
    """What is stored of a random token (session, API): its SHA-256. Random 256 bits need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


# -- masks -----------------------------------------------------------------------------------------------------------

def mask(kind: str, text: str | None) -> str:
    """What everybody sees of a personal value. ``kind``: ``phone``, ``id_number``, ``name`` or anything else.

    Phones show 3 + 4 digits (138****5678), identity numbers 6 + 4 (610902********1234), names their first character
    (张*); an unknown kind shows nothing. A value that is too short for its mask is hidden whole.
    """
    if not text:
        return ""
    if kind == "name":
        return text[0] + "*" * (len(text) - 1) if len(text) > 1 else "*"
    head, tail = {"phone": (3, 4), "id_number": (6, 4)}.get(kind, (0, 0))
    if len(text) < head + tail + 4 or not head:
        return "*" * min(len(text), 8) if kind in {"phone", "id_number"} else "********"
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]

"""Passwords: hashing by argon2id, and which ones are refused.

Parameters: OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane): about 30 ms here, and four logins at once
stay far below a worker's memory. Length and blocklist: NIST SP 800-63B-4 (no composition rules, no forced renewal).
"""
from __future__ import annotations

import secrets
import unicodedata
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from .errors import Invalid
from .i18n import gettext as _

SHORTEST = 10
LONGEST = 256
_COMMON = frozenset("""
1234567890 0123456789 12345678910 123456789a a123456789 123456789q q123456789 1234567890a 1qaz2wsx3edc 1q2w3e4r5t
1q2w3e4r5t6y qwertyuiop qwertyuiop1 qwerty12345 qwerty123456 asdfghjkl1 asdfghjkl; zxcvbnm123 zxcvbnm,./ password12
password123 password1234 passw0rd123 p@ssw0rd123 administrator admin12345 admin123456 admin@12345 admin@123456
woaini1314 woaini1314520 woaini520520 woaini123456 5201314520 52013145201314 iloveyou123 iloveyou1314 abc1234567
abcd123456 abcde12345 abc123456789 aa123456789 qq123456789 wang123456 zhang123456 aaaa111111 1122334455 112233445566
1111122222 9876543210 0987654321 10101010101 1357924680 changeme123 letmein1234 welcome123 welcome1234 grid321grid321
woaizhongguo zhongguo123 beijing2008 huanying123 shouquan123 wangge1234 wanggeyuan wanggeyuan1 xiangzhen123
""".split())  # noqa: SIM905 - a list of words reads best as words

_hashers: list[PasswordHasher] = [PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)]
_decoys: dict[PasswordHasher, str] = {}


def check(password: str, username: str = "") -> str:
    """The password in its one form (NFKC). Raises ``Invalid`` (field ``password``) when it is too easy to guess."""
    text = unicodedata.normalize("NFKC", password)
    plain = text.casefold()
    name = username.casefold()
    if len(text) < SHORTEST:
        message = _("Use at least %(count)s characters; several words in a row are easy to keep in mind.",
                    count=SHORTEST)
    elif len(text) > LONGEST:
        message = _("Use at most %(count)s characters.", count=LONGEST)
    elif any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        message = _("Use no control characters.")
    elif name and (name in plain or plain in name or name[::-1] in plain):
        message = _("The password must not contain the user name.")
    elif plain in _COMMON or len(set(plain)) < 5 or _is_run(plain):
        message = _("This password is among the first ones that are tried. Choose another.")
    else:
        return text
    raise Invalid(_("This password does not fit"), message, errors={"password": [message]})


def _is_run(text: str) -> bool:
    """True for characters that follow each other by one (abcdefghij, 9876543210)."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(steps) == 1 and steps <= {-1, 0, 1}


def make(password: str) -> str:
    """The hash of a checked password."""
    return _hashers[0].hash(unicodedata.normalize("NFKC", password))


def matches(password: str, digest: str | None) -> bool:
    """True when ``password`` is the one of ``digest``. Without a digest the same work is done, and the answer is no."""
    text = unicodedata.normalize("NFKC", password[:LONGEST * 4])
    try:
        _hashers[0].verify((digest or _decoy()).encode(), text.encode("utf-8", "surrogatepass"))
    except (Argon2Error, InvalidHashError):
        return False
    return digest is not None


def is_outdated(digest: str) -> bool:
    """True when ``digest`` was made with other parameters than today's."""
    return _hashers[0].check_needs_rehash(digest)


def use_hasher(hasher: PasswordHasher) -> None:
    """Hash with other parameters from now on (tests use cheap ones)."""
    _hashers[:] = [hasher]


def suggest() -> str:
    """A random first password that can be read out on the telephone: 60 bits, no look-alikes."""
    letters = "23456789abcdefghjkmnpqrstuvwxyz"
    return "-".join("".join(secrets.choice(letters) for _place in range(4)) for _group in range(3))


def prepare() -> None:
    """Make the digest that unknown user names are compared with, so that the first login does not take longer."""
    _decoy()


def _decoy() -> str:
    hasher = _hashers[0]
    if hasher not in _decoys:
        _decoys[hasher] = hasher.hash("nobody has this password")
    return _decoys[hasher]

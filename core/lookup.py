"""A record looked up by people without account: its number and a code of eight characters that only they were given.

The code is 40 random bits in Crockford's alphabet (no I, L, O, U; what looks alike is read alike) and is stored as argon2id.
A wrong code, a number that does not exist and one that never had a code get the same answer after the same work.

Guessing is limited in the database, by network and by **number and network together**, never by number alone: numbers can be
guessed, and a limit of the number would let anybody shut another's matter for its owner. The code is safe without it. One
network has five tries of a number in a quarter of an hour and twenty in a day, so ten thousand networks that do nothing else
have 200,000 tries a day of 2^40 codes: an even chance of one hit after some 7,500 years; and whatever numbers are tried, a
server that compares 60 hashes a second needs 290 years for it. Who shares an address with a guesser can use another one, or the
address of the own matter, which needs no code. That a number is tried again and again from many networks is written into the
audit log, so that people can give the matter a new code; nobody is refused for it.
"""
from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

import peewee

from . import audit, limits, passwords
from .crypto import signature
from .db import Table, now, transaction
from .errors import TooMany
from .i18n import gettext as _

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
TRIES, TRIES_PER_DAY = 5, 20
TRIES_PER_NETWORK = 30
WINDOW, DAY = timedelta(minutes=15), timedelta(days=1)
NOTED_FROM = 50
"""So many wrong tries of one number within a quarter of an hour, from whatever networks, are noted."""
_MINUTES = int(WINDOW.total_seconds() // 60)
_LONGEST_NUMBER = 40
_ALIKE = str.maketrans("OILU", "011V")
_FILLERS = re.compile(r"[\W_]+")
_NOTED = 200


class LookupCode(Table):
    """The digest of the code that belongs to a record's number; the code itself is nowhere."""

    id = peewee.BigAutoField()
    number = peewee.CharField(max_length=_LONGEST_NUMBER, unique=True)
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    digest = peewee.CharField(max_length=200)
    created_at = peewee.DateTimeField(default=now)

    class Meta:
        table_name = "core_lookup_code"
        indexes = ((("entity", "record_id"), True),)


@dataclass(frozen=True)
class Code:
    """A new code: ``text`` for the person (``7K3F-9QXT``), ``digest`` for the database."""

    text: str
    digest: str


def new_code(seed: str = "") -> Code:
    """Make a code. Call it before the transaction that stores it: hashing takes some 30 ms, and writers queue.

    With ``seed`` (the random mark of a form, see ``sending``) the same sending gets the same code when it arrives twice;
    the code cannot be worked out from the mark without the installation's key.
    """
    if seed:
        raw = hashlib.sha256(signature("lookup-code", seed).encode()).digest()
        plain = "".join(ALPHABET[byte & 31] for byte in raw[:LENGTH])
    else:
        plain = "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))
    return Code(f"{plain[:4]}-{plain[4:]}", passwords.make(plain))


def keep(code: Code, entity: str, record_id: int, number: str) -> None:
    """Store the digest of a code with its record, in the transaction that creates the record. An earlier code ends."""
    with transaction():
        LookupCode.delete().where((LookupCode.entity == entity) & (LookupCode.record_id == record_id)).execute()
        LookupCode.create(number=normal_number(number), entity=entity, record_id=record_id, digest=code.digest)


def find(number: str, code: str, network: str) -> tuple[str, int] | None:
    """Entity and id of the record that ``number`` and ``code`` open together; None for any pair that does not.

    ``network`` is who asks (``limits.network``). Uses one try of the network, and of the number from this network, whether the
    number exists or not; they are given back when the code is right, and when nothing is looked up: ``TooMany`` is raised when
    none is left.
    """
    name = normal_number(number)
    tries = {f"lookup-network:{network}": (TRIES_PER_NETWORK, WINDOW), f"lookup:{name}:{network}": (TRIES, WINDOW),
             f"lookup-day:{name}:{network}": (TRIES_PER_DAY, DAY)}
    spent = [key for key, (allowed, within) in tries.items() if limits.take(key, allowed, within) > allowed]
    if spent:
        for key in tries.keys() - set(spent):
            limits.give_back(key)
        _note_limit()
        raise _too_many(within_a_day=spent[-1].startswith("lookup-day:"))
    row = (LookupCode.select(LookupCode.entity, LookupCode.record_id, LookupCode.digest)
           .where(LookupCode.number == name).tuples().first())
    if not passwords.matches(normal_code(code), row[2] if row else None):
        if limits.take(f"lookup-number:{name}", NOTED_FROM, WINDOW) == NOTED_FROM:
            _note_limit()
        return None
    for key in tries:
        limits.give_back(key)
    return (row[0], row[1]) if row else None


def normal_number(text: str) -> str:
    """A number as it is compared: NFKC, upper case, letters and digits only, at most 40 of them."""
    return _FILLERS.sub("", unicodedata.normalize("NFKC", text[:200])).upper()[:_LONGEST_NUMBER]


def normal_code(text: str) -> str:
    """A code as it is compared: NFKC, upper case, without fillers, look-alikes as Crockford reads them (O 0, I and L 1)."""
    plain = _FILLERS.sub("", unicodedata.normalize("NFKC", text[:64])).upper().translate(_ALIKE)
    return plain if len(plain) == LENGTH and set(plain) <= set(ALPHABET) else ""


def forget(entity: str, record_id: int) -> None:
    """End the code of a record: it can no longer be looked up."""
    with transaction():
        LookupCode.delete().where((LookupCode.entity == entity) & (LookupCode.record_id == record_id)).execute()


def _too_many(*, within_a_day: bool) -> TooMany:
    if within_a_day:
        return TooMany(_("Too many tries"),
                       _("From one network, a number can be tried %(count)s times in a day.", count=TRIES_PER_DAY),
                       _("Try again tomorrow, or ask the office that took the matter up for a new code."),
                       extra={"retry_after": int(DAY.total_seconds())})
    return TooMany(_("Too many tries"),
                   _("From one network, a number can be tried %(count)s times in %(minutes)s minutes.", count=TRIES,
                     minutes=_MINUTES),
                   _("Wait %(minutes)s minutes. If you lost the code, ask the office that took the matter up for a new one.",
                     minutes=_MINUTES), extra={"retry_after": int(WINDOW.total_seconds())})


def _note_limit() -> None:
    """Write into the audit log that somebody guesses, at most 200 times an hour."""
    if limits.take("lookup-noted", _NOTED, timedelta(hours=1)) <= _NOTED:
        audit.event("lookup_limited", None, {})

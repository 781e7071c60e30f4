"""What a person wants to hear by which channel, and when; and the address of the person's mailbox, sealed and confirmed.

An address counts once its owner has typed the code that was mailed to it. The code is not stored: it is worked out from the
keys of this installation, the account and a random number, so a copy of the database confirms nothing.
"""
from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import peewee

from . import audit, crypto, db, limits
from .channels import PERSON, channels
from .channels.mail import ADDRESS
from .errors import Invalid, NotFound, TooMany
from .i18n import gettext as _
from .notify_texts import KINDS
from .notify_times import AT_ONCE, DAILY, WEEKLY, Rhythm

CODE_LIVES = timedelta(minutes=30)
CODE_TRIES = 5
MAILS_PER_HOUR = 5
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class Preference(db.Table):
    """One account's choices. ``silent``: the (channel, kind) pairs that are switched off, as ``channel.kind``."""

    account_id = peewee.BigIntegerField(primary_key=True)
    silent = db.JSONField(default=list)
    quiet_from = peewee.IntegerField(null=True)
    quiet_to = peewee.IntegerField(null=True)
    digest = peewee.CharField(max_length=8, default=AT_ONCE)
    hour = peewee.IntegerField(default=8)
    weekday = peewee.IntegerField(default=0)

    class Meta:
        table_name = "core_notify_preference"

    @property
    def rhythm(self) -> Rhythm:
        """When messages may go out."""
        return Rhythm(self.quiet_from, self.quiet_to, self.digest, self.hour, self.weekday)


class Mailbox(db.Table):
    """The e-mail address of an account. ``pending`` waits for its code; ``nonce`` is what the code is worked out from."""

    account_id = peewee.BigIntegerField(primary_key=True)
    uid = peewee.CharField(max_length=32, default=db.new_uid)
    address = db.SealedField(null=True)
    confirmed_at = peewee.DateTimeField(null=True)
    pending = db.SealedField(null=True)
    nonce = peewee.CharField(max_length=32, default="")
    code_until = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_mailbox"


# ---------------------------------------------------------------- choices

def personal_channels() -> list[str]:
    """The channels that go to one person, by key."""
    return [key for key, channel in channels().items() if channel.audience == PERSON]


def of(account_ids: Iterable[int]) -> dict[int, Preference]:
    """The choices of several accounts; those who never chose get the defaults."""
    wanted = list(dict.fromkeys(account_ids))
    found = {row.account_id: row for row in Preference.select().where(Preference.account_id.in_(wanted or [0]))}
    return {key: found[key] if key in found else default(key) for key in wanted}


def default(account_id: int) -> Preference:
    """The choices of somebody who never made any: everything by mail, by text message only what is urgent, no quiet hours."""
    return Preference(account_id=account_id, silent=[f"sms.{key}" for key, kind in KINDS.items() if not kind.urgent])


@dataclass(frozen=True)
class Choices:
    """What the page sends, checked."""

    silent: tuple[str, ...]
    quiet_from: int | None
    quiet_to: int | None
    digest: str
    hour: int
    weekday: int


def read(form: Mapping[str, str], offered: Iterable[str]) -> Choices:
    """Check what was sent: ``<channel>.<kind>`` ticked for each wish, times as 22:00. Raises ``Invalid`` naming the fields.

    ``offered`` are the channels the page showed; choices for others are not part of the answer and stay as they are.
    """
    errors: dict[str, list[str]] = {}
    times: dict[str, int | None] = {}
    for name in ("quiet_from", "quiet_to"):
        text = form.get(name, "").strip()
        found = _TIME.fullmatch(text)
        times[name] = int(found[1]) * 60 + int(found[2]) if found else None
        if text and not found:
            errors[name] = [_("Write a time as in 22:00.")]
    if not errors and (times["quiet_from"] is None) != (times["quiet_to"] is None):
        errors["quiet_to" if times["quiet_to"] is None else "quiet_from"] = [_("Quiet hours need a beginning and an end.")]
    digest = form.get("digest", AT_ONCE)
    if digest not in (AT_ONCE, DAILY, WEEKLY):
        errors["digest"] = [_("Choose one of the list.")]
    numbers = {name: _number(form.get(name, str(start)), high) for name, start, high in (("hour", 8, 23), ("weekday", 0, 6))}
    errors |= {name: [_("Choose one of the list.")] for name, value in numbers.items() if value is None}
    pairs = {f"{channel}.{kind}" for channel in offered for kind in KINDS}
    known = pairs | {"quiet_from", "quiet_to", "digest", "hour", "weekday", "_csrf"}
    for name in sorted(set(form) - known)[:5]:
        errors[name[:80]] = [_("There is no field of this name here. Remove it or check its spelling.")]
    if errors:
        raise Invalid(_("Some fields need your attention."), _("Nothing was changed."), errors=errors)
    return Choices(tuple(sorted(pairs - set(form))), times["quiet_from"], times["quiet_to"], digest, numbers["hour"] or 0,
                   numbers["weekday"] or 0)


def _number(text: str, high: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= high else None


def save(account_id: int, choices: Choices, offered: Iterable[str]) -> None:
    """Keep an account's choices; those about channels that were not offered stay as they were."""
    shown = set(offered)
    with db.transaction():
        before = of([account_id])[account_id]
        kept = [pair for pair in before.silent if pair.partition(".")[0] not in shown]
        values = {"silent": sorted({*kept, *choices.silent}), "quiet_from": choices.quiet_from, "quiet_to": choices.quiet_to,
                  "digest": choices.digest, "hour": choices.hour, "weekday": choices.weekday}
        (Preference.insert(account_id=account_id, **values)
         .on_conflict(conflict_target=(Preference.account_id,), update=values).execute())


# ---------------------------------------------------------------- the mailbox

def mailbox(account_id: int) -> Mailbox | None:
    """The mailbox of an account, confirmed or not."""
    return Mailbox.get_or_none(Mailbox.account_id == account_id)


def with_mail(account_ids: Iterable[int]) -> set[int]:
    """Those of the accounts that have a confirmed address."""
    query = Mailbox.select(Mailbox.account_id).where(
        Mailbox.account_id.in_(list(account_ids) or [0]) & Mailbox.confirmed_at.is_null(False))
    return {row[0] for row in query.tuples()}


def address_of(account_id: int) -> str | None:
    """The confirmed address, opened. For the mail channel and its owner's page; None without one.

    Raises ``crypto.SealBroken`` when it does not open.
    """
    row = mailbox(account_id)
    if row is None or row.address is None or row.confirmed_at is None:
        return None
    return crypto.open_sealed(row.address, "core_mailbox", "address", row.uid)


def masked(address: str | None) -> str:
    """An address as a page shows it: z***@example.cn."""
    if not address:
        return ""
    name, _at, host = address.partition("@")
    return f"{name[:1]}***@{host}"


def pending_of(account_id: int) -> str:
    """The masked address that waits for its code; empty when none does."""
    row = mailbox(account_id)
    if row is None or row.pending is None or row.code_until is None or row.code_until <= db.now():
        return ""
    return masked(crypto.open_sealed(row.pending, "core_mailbox", "pending", row.uid))


def _code(row: Mailbox) -> str:
    mac = crypto.signature("mail code", f"{row.account_id}|{row.uid}|{row.nonce}|{row.pending}")
    number = int.from_bytes(hashlib.sha256(mac.encode()).digest()[:5], "big")
    return "".join(_ALPHABET[(number >> (5 * place)) % 32] for place in range(8))


def begin(actor: Any, text: str) -> tuple[str, str]:
    """Note an address that its owner must confirm; returns (address, code to mail to it). An earlier code is void then.

    Raises ``Invalid`` for what is no address and ``TooMany`` after five mails within an hour.
    """
    address = text.strip()
    if not re.fullmatch(ADDRESS, address) or len(address) > 200:
        message = _("Write an address as in grid@example.gov.cn.")
        raise Invalid(_("The address was not taken over."), message, errors={"address": [message]})
    if limits.take(f"mail-code:{actor.account_id}", MAILS_PER_HOUR, timedelta(hours=1)) > MAILS_PER_HOUR:
        raise TooMany(_("Too many codes were asked for."), "", _("Wait an hour."))
    with db.transaction():
        row = mailbox(actor.account_id) or Mailbox.create(account_id=actor.account_id)
        row.nonce = secrets.token_hex(16)
        row.pending = crypto.seal(address, "core_mailbox", "pending", row.uid)
        row.code_until = db.now() + CODE_LIVES
        row.save()
    limits.forget(f"mail-code-try:{actor.account_id}")
    return address, _code(row)


def confirm(actor: Any, code: str) -> None:
    """Make the pending address the account's own. Raises ``Invalid`` for a wrong or late code, ``TooMany`` after five tries."""
    if limits.take(f"mail-code-try:{actor.account_id}", CODE_TRIES, CODE_LIVES) > CODE_TRIES:
        raise TooMany(_("Too many wrong codes"), "", _("Ask for a new code."))
    with db.transaction():
        row = mailbox(actor.account_id)
        typed = code.strip().upper().replace(" ", "").replace("-", "").translate(str.maketrans("OIL", "011"))
        if row is None or row.pending is None or row.code_until is None or row.code_until <= db.now():
            _wrong(_("There is no address that waits for a code. Ask for a new code."))
        elif not crypto.same(typed, _code(row)):
            _wrong(_("This code is wrong. Compare it with the newest mail."))
        else:
            address = crypto.open_sealed(row.pending, "core_mailbox", "pending", row.uid)
            Mailbox.update(address=crypto.seal(address, "core_mailbox", "address", row.uid), confirmed_at=db.now(), pending=None,
                           nonce="", code_until=None).where(Mailbox.account_id == row.account_id).execute()
            audit.event("mail_confirmed", actor, {})
    limits.forget(f"mail-code-try:{actor.account_id}")


def _wrong(message: str) -> None:
    raise Invalid(_("The address was not confirmed."), message, errors={"code": [message]})


def drop(actor: Any) -> None:
    """Forget the account's address. Raises ``NotFound`` when there is none."""
    with db.transaction():
        if not Mailbox.delete().where(Mailbox.account_id == actor.account_id).execute():
            raise NotFound(_("There is no address to remove."))
        audit.event("mail_removed", actor, {})

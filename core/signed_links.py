"""Links that stand for a permission: who holds one may do one thing with one record, without an account.

A link carries 128 bits, random or made with the installation's key; the database holds their hash only, so nobody who reads
the database (nor who handles the matter) can make or see a link that was given out. A link is for one purpose, ends on its
day, and may be for one use.
"""
from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

import peewee

from .crypto import signature, token_hash
from .db import Table, now, transaction
from .errors import NotFound, Refused
from .i18n import format_time
from .i18n import gettext as _

LENGTH = 22
_SHAPE = re.compile(rf"[A-Za-z0-9_-]{{{LENGTH}}}")
_KEPT, _KEPT_OPEN = timedelta(days=400), timedelta(days=7)


class SignedLink(Table):
    """A link that was given out: what it is for, until when, whether it was used. The link itself is not here."""

    id = peewee.BigAutoField()
    token_hash = peewee.CharField(max_length=64, unique=True)
    purpose = peewee.CharField(max_length=80)
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    once = peewee.BooleanField(default=True)
    created_at = peewee.DateTimeField(default=now)
    expires_at = peewee.DateTimeField(index=True)
    used_at = peewee.DateTimeField(null=True)
    revoked_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_signed_link"
        indexes = ((("entity", "record_id", "purpose"), False),)


def create(purpose: str, entity: str, record_id: int, *, expires: datetime | timedelta, once: bool = True,
           seed: str = "") -> str:
    """Make a link and return its token (22 characters for an address): the only time it can be seen.

    ``purpose`` is ``<plugin>.<word>`` and asked for again when the link is used; ``expires`` a naive UTC moment of the
    database's clock or a length from now. Call it in the transaction of the step that makes the link necessary.

    With ``seed`` (what the link is sent for) the same sending gets the same link when it is begun anew, and one that was
    withdrawn is good again; it cannot be worked out from the seed without the installation's key.
    """
    token = token_of(purpose, entity, record_id, seed) if seed else secrets.token_urlsafe(16)
    with transaction():
        moment = now()
        ends = moment + expires if isinstance(expires, timedelta) else expires
        again = bool(seed) and SignedLink.update(revoked_at=None, expires_at=ends).where(
            SignedLink.token_hash == token_hash(token)).execute()
        if not again:
            SignedLink.create(token_hash=token_hash(token), purpose=purpose, entity=entity, record_id=record_id, once=once,
                              created_at=moment, expires_at=ends)
    return token


def token_of(purpose: str, entity: str, record_id: int, seed: str) -> str:
    """The token that ``create`` makes with ``seed``, whether there is such a link or not: for a seed that a person types.

    Limit the tries of whoever types (``limits``): the seed is all that stands between them and the link.
    """
    return signature("signed-link", "\0".join((purpose, entity, str(record_id), seed)))[:LENGTH]


def find(token: str, purpose: str) -> SignedLink:
    """The link of ``token``, which stays unused: for the page on which a person decides. One query.

    Raises ``NotFound`` for a forged, foreign or revoked one, all alike, and ``Refused`` with status 410 for one that was
    used or has ended: only who holds a true link learns that.
    """
    link = (SignedLink.select().where((SignedLink.token_hash == token_hash(token)) & SignedLink.revoked_at.is_null()).first()
            if _SHAPE.fullmatch(token) else None)
    if link is None or link.purpose != purpose:
        raise invalid()
    if link.used_at is not None:
        raise _used()
    if link.expires_at <= now():
        raise Refused(_("This link has ended."), _("It was valid until %(time)s.", time=format_time(link.expires_at)),
                      _("Look your matter up by number and code, or ask the office that gave you the link."),
                      code="link_ended", status=410)
    return link


def use(token: str, purpose: str) -> SignedLink:
    """The link of ``token``; one for one use is used up by this. Call it in the transaction of what it allows.

    Of several requests with the same link exactly one passes. Raises as ``find`` does; when the step that follows fails,
    its transaction gives the link back.
    """
    with transaction():
        link = find(token, purpose)
        if link.once:
            moment = now()
            changed = SignedLink.update(used_at=moment).where(
                (SignedLink.id == link.id) & SignedLink.used_at.is_null() & SignedLink.revoked_at.is_null()).execute()
            if changed != 1:
                raise _used()
            link.used_at = moment
    return link


def invalid() -> NotFound:
    """The one answer to a link that is none here: forged, for something else, withdrawn, or of a record at another place."""
    return NotFound(_("This link is not valid."), _("It is incomplete or was withdrawn."),
                    _("Copy the whole link from the message. If that does not help, ask the office that gave it to "
                      "you; a matter of your own you find by number and code, too."), code="link_invalid")


def _used() -> Refused:
    return Refused(_("This link was used already."), _("It is for one use."),
                   _("Nothing was changed a second time. If it was not you who used it, tell the office that gave you the link."),
                   code="link_used", status=410)


def revoke(purpose: str, entity: str, record_id: int) -> int:
    """End every unused link of one purpose to a record; returns how many. A new one takes its place this way."""
    with transaction():
        return int(SignedLink.update(revoked_at=now()).where(
            (SignedLink.entity == entity) & (SignedLink.record_id == record_id) & (SignedLink.purpose == purpose)
            & SignedLink.used_at.is_null() & SignedLink.revoked_at.is_null()).execute())


def given(purpose: str, entity: str, record_id: int, *, but: str = "") -> bool:
    """True when somebody may still use a link of one purpose to a record, other than that made with the seed ``but``."""
    own = token_hash(token_of(purpose, entity, record_id, but)) if but else ""
    return SignedLink.select().where(
        (SignedLink.entity == entity) & (SignedLink.record_id == record_id) & (SignedLink.purpose == purpose)
        & SignedLink.used_at.is_null() & SignedLink.revoked_at.is_null() & (SignedLink.expires_at > now())
        & (SignedLink.token_hash != own)).exists()


def sweep() -> int:
    """Delete links that ended long ago; returns how many. One for one use stays a year: it shows that it was used.

    One that only opened a page goes after a week: every look-up makes one.
    """
    with transaction():
        moment = now()
        opened = (SignedLink.once == False) & (SignedLink.expires_at < moment - _KEPT_OPEN)  # noqa: E712 - a column
        return int(SignedLink.delete().where((SignedLink.expires_at < moment - _KEPT) | opened).execute())

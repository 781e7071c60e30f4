"""API tokens: shown once, stored hashed, with an end, optionally narrowed to a division and to some permissions."""
from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import peewee

from . import access, audit, sessions, snapshot
from .actor import Actor
from .crypto import token_hash
from .db import JSONField, Table, database, is_postgres, now, transaction
from .errors import Forbidden, Invalid, NotFound, Unauthenticated
from .i18n import format_time
from .i18n import gettext as _
from .tree import Node

log = logging.getLogger("grid321.auth")
PREFIX = "g321_"
LONGEST_DAYS = 366
MOST_TOKENS = 20
READING = frozenset({"core.api.use", "core.search.use"})
"""Permissions that change nothing, beside those to view."""
_SHAPE = re.compile(r"g321_[A-Za-z0-9_-]{43}")
_TOUCH = timedelta(minutes=1)


class ApiToken(Table):
    """A key with which a program acts as its account. ``permissions`` None: all the account has."""

    id = peewee.BigAutoField()
    token_hash = peewee.CharField(max_length=64, unique=True)
    account_id = peewee.BigIntegerField(index=True)
    label = peewee.CharField(max_length=80)
    division_id = peewee.BigIntegerField(null=True)
    permissions = JSONField(null=True)
    created_at = peewee.DateTimeField(default=now)
    expires_at = peewee.DateTimeField()
    last_used_at = peewee.DateTimeField(null=True)
    revoked_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_api_token"


_FIND = f"""
SELECT {{clock}}, {sessions.REVISION}, t.id, t.expires_at, t.revoked_at, t.last_used_at, t.division_id, t.permissions, a.disabled,
       {sessions.IDENTITY_COLUMNS}
FROM core_api_token t JOIN core_account a ON a.id = t.account_id LEFT JOIN core_person p ON p.id = a.person_id
WHERE t.token_hash = %s"""


_FOUND = {postgres: sessions.with_clock(_FIND, postgres=postgres) for postgres in (False, True)}


def create(actor: Actor, label: str, days: int, *, node: Node | None = None,
           permissions: Iterable[str] | None = None) -> str:
    """Make a token for the actor's own account and return it: the only time it can be seen.

    ``days`` 1 to 366; ``node`` and ``permissions`` narrow it and may not widen. Raises ``Forbidden`` without the
    permission ``core.api.use`` (or when asked for through another token), ``Invalid`` for what does not fit.
    """
    if actor.account_id is None or actor.token_id is not None or not actor.may_anywhere("core.api.use"):
        raise Forbidden(_("You may not make API tokens"), "", _("Ask the administrator for the role that allows it."))
    wanted = None if permissions is None else sorted(set(permissions))
    errors = _mistakes(actor, label, days, node, wanted)
    if errors:
        raise Invalid(_("The token was not made"), " ".join(text for texts in errors.values() for text in texts),
                      errors=errors)
    token = PREFIX + secrets.token_urlsafe(32)
    with transaction():
        live = (ApiToken.select().where((ApiToken.account_id == actor.account_id) & ApiToken.revoked_at.is_null()
                                        & (ApiToken.expires_at > now())).count())
        if live >= MOST_TOKENS:
            raise Invalid(_("The token was not made"), _("You have %(count)s tokens already.", count=live),
                          _("Revoke one that is no longer used."))
        row = ApiToken.create(token_hash=token_hash(token), account_id=actor.account_id, label=label.strip(),
                              division_id=node.id if node else None, permissions=wanted,
                              expires_at=now() + timedelta(days=days))
        audit.event("token_created", actor, {"token": row.id, "days": days}, division_id=row.division_id)
    return token


def _mistakes(actor: Actor, label: str, days: int, node: Node | None, wanted: list[str] | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not label.strip() or len(label) > 80 or not label.isprintable():
        errors["label"] = [_("Say which program uses the token, in at most 80 characters.")]
    if not 1 <= days <= LONGEST_DAYS:
        errors["days"] = [_("Choose 1 to %(count)s days.", count=LONGEST_DAYS)]
    lacking = [name for name in wanted or () if not actor.may_anywhere(name)]
    if wanted is not None and not wanted:
        errors["permissions"] = [_("Choose at least one permission.")]
    if lacking:
        errors["permissions"] = [_("You do not have the permission %(name)s yourself.", name=lacking[0])]
    if node is not None and not actor.limited(snapshot.current().tree, node.id, None).grants:
        errors["division"] = [_("You have no role on %(place)s.", place=node.name)]
    return errors


def of_account(account_id: int) -> list[ApiToken]:
    """An account's tokens that were not revoked, newest first, expired ones too: they tell why a program stopped."""
    own = (ApiToken.account_id == account_id) & ApiToken.revoked_at.is_null()
    return list(ApiToken.select().where(own).order_by(ApiToken.id.desc()))


def revoke(token_id: int, actor: Actor) -> None:
    """Stop one of the actor's own tokens at once. Raises ``NotFound``."""
    with transaction():
        live = (ApiToken.account_id == actor.account_id) & ApiToken.revoked_at.is_null()
        changed = ApiToken.update(revoked_at=now()).where((ApiToken.id == token_id) & live).execute()
        if not changed:
            raise NotFound(_("There is no such token"))
        audit.event("token_revoked", actor, {"token": token_id})


def read(token: str) -> sessions.Row | None:
    """The row of a token, None when there is none; the same query tells the request's revision."""
    if not _SHAPE.fullmatch(token):
        return None
    row: sessions.Row | None = database.execute_sql(_FOUND[is_postgres()], (token_hash(token),)).fetchone()
    if row is not None:
        snapshot.prime(row[1], row[2])
    return row


def identify(row: sessions.Row | None) -> tuple[int, sessions.Identity, int | None, frozenset[str] | None]:
    """(token id, account, division id, permissions) of the live token in a row of ``read``.

    Raises ``Unauthenticated``, with a remedy, for one that is unknown, expired or revoked. Unknown and revoked tokens
    and those of disabled accounts get the same answer; only who holds the token learns that it expired.
    """
    if row is None or row[5] is not None or row[9]:
        raise Unauthenticated(_("This API token is not valid"), _("It is unknown or was revoked."),
                              _("Make a new token on your page (/me) and use that."), code="token_invalid")
    present, expires = sessions.read_clock(row[0]), sessions.moment(row[4])
    if expires <= present:
        raise Unauthenticated(_("This API token has expired"),
                              _("It was valid until %(time)s.", time=format_time(expires)),
                              _("Make a new token on your page (/me) and use that."), code="token_expired")
    _touch(row[3], row[6], present)
    allowed: Any = ApiToken.permissions.python_value(row[8])
    return row[3], sessions.identity(row[10:], present), row[7], None if allowed is None else frozenset(allowed)


def _touch(token_id: int, last: datetime | str | None, present: datetime) -> None:
    if last is not None and present - sessions.moment(last) < _TOUCH:
        return
    try:
        with transaction():
            ApiToken.update(last_used_at=present).where(ApiToken.id == token_id).execute()
    except (peewee.PeeweeException, OSError) as error:  # a full disk must not keep programs from reading
        log.warning("token not touched: %s", type(error).__name__)


def narrowed(actor: Actor, token_id: int, division_id: int | None, permissions: frozenset[str] | None) -> Actor:
    """The actor a program is when it uses a token: its account, without what the token leaves out."""
    reads_only = permissions is not None and all(name.endswith(".view") or name in READING for name in permissions)
    return replace(actor.limited(snapshot.current().tree, division_id, permissions), token_id=token_id, reads_only=reads_only)


def actor_of_row(row: sessions.Row | None) -> Actor:
    """The actor of a program whose token ``read`` found. Raises ``Unauthenticated`` as ``identify`` does."""
    token_id, identity_, division_id, permissions = identify(row)
    return narrowed(access.actor_from(identity_), token_id, division_id, permissions)


def actor_of(token: str) -> Actor:
    """The actor of a program that shows its API token elsewhere than in ``Authorization``, as other standards ask.

    Raises ``Unauthenticated`` for one that is not valid, and ``Forbidden`` for an account that must first finish its log-in.
    """
    actor = actor_of_row(read(token.strip()))
    if actor.must_change_password or actor.must_enrol:
        raise Forbidden(_("This account is not ready"), _("Its password must be changed or one-time codes switched on."),
                        _("Log in with a browser once and follow the page."), code="account_unfinished")
    return actor

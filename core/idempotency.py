"""Requests that are sent again: the same key gives the same answer and one effect.

The answer is stored in the transaction of the effect. When two copies run at once, one of them fails at the unique key
(or loses the race for the record before that), is rolled back, and answers what the other one stored.
"""
from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import orjson
import peewee

from . import db
from .errors import BadRequest, Conflict, Problem
from .i18n import gettext as _

KEPT = timedelta(days=7)
MAX_KEY = 100


class IdempotentAnswer(db.Table):
    """The answer to a request that carried an Idempotency-Key."""

    id = peewee.BigAutoField()
    account_id = peewee.BigIntegerField()
    key = peewee.CharField(max_length=MAX_KEY)
    fingerprint = peewee.CharField(max_length=64)
    status = peewee.IntegerField()
    headers = db.JSONField(default=dict)
    body = peewee.TextField()
    created_at = peewee.DateTimeField(default=db.now, index=True)

    class Meta:
        table_name = "core_idempotency"
        indexes = ((("account_id", "key"), True),)


#: Status, headers, body text.
Answer = tuple[int, dict[str, str], str]


def check_key(text: str) -> str:
    """The key of a request. Raises BadRequest when it is not 1 to 100 visible ASCII characters."""
    if not 1 <= len(text) <= MAX_KEY or not text.isascii() or not text.isprintable() or " " in text:
        raise BadRequest(_("The Idempotency-Key cannot be used."), "Idempotency-Key",
                         _("Send 1 to %(max)s visible ASCII characters, such as a UUID.", max=MAX_KEY))
    return text


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same: method, path and body."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def once(account_id: int, key: str, print_: str, work: Callable[[], Answer]) -> tuple[Answer, bool]:
    """Do `work` once for this account and key. Returns its answer and whether it is a stored one.

    `work` runs inside a transaction together with the storing of its answer. Raises Conflict when the key was used for
    another request; what `work` raises is raised and not stored, so the request may be repeated.
    """
    found = _stored(account_id, key, print_)
    if found is not None:
        return found, True
    try:
        with db.transaction():
            answer = work()
            status, headers, body = answer
            db.insert(IdempotentAnswer, {"account_id": account_id, "key": key, "fingerprint": print_, "status": status,
                                         "headers": headers, "body": body, "created_at": db.now()})
    except (Problem, peewee.IntegrityError):
        found = _stored(account_id, key, print_)
        if found is None:
            raise
        return found, True
    return answer, False


def _stored(account_id: int, key: str, print_: str) -> Answer | None:
    # Plain SQL here and at the insert: built by the ORM, the two cost as much as the rest of a create.
    mark = "%s" if db.is_postgres() else "?"
    row = db.database.execute_sql(
        f'SELECT fingerprint, status, headers, body FROM core_idempotency WHERE account_id = {mark} AND "key" = {mark}',
        (account_id, key)).fetchone()
    if row is None:
        return None
    if row[0] != print_:
        raise Conflict(_("This Idempotency-Key was used for another request."), key,
                       _("Send a new key for a new request, and the same body when you repeat one."),
                       code="idempotency_key_reused")
    return row[1], orjson.loads(row[2]), row[3]


def purge(limit: int = 5000) -> int:
    """Delete answers older than seven days, at most `limit`; returns how many. For the worker."""
    with db.transaction():
        old = (IdempotentAnswer.select(IdempotentAnswer.id).where(IdempotentAnswer.created_at < db.now() - KEPT)
               .order_by(IdempotentAnswer.created_at).limit(limit))
        return int(IdempotentAnswer.delete().where(IdempotentAnswer.id.in_([row.id for row in old] or [0])).execute())

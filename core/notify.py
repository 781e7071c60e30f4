"""Notifications: a text by key, a link, never personal data. The inbox is here; channels carry them out of the house.

The text is made when it is read, in the reader's language. What may be filled into it is a short list of names (number,
entity, state, day …): a notification that leaves the house by a channel must not say who or what it is about.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import peewee

from . import db
from .notify_texts import GENERAL, PARAMS, TEXTS, text_of


class Notification(db.Table):
    """One notification to one account. ``send_uid`` is shared by all that one call told; ``planned`` turns true once it is
    decided by which channels it goes."""

    id = peewee.BigAutoField()
    account_id = peewee.BigIntegerField()
    text_key = peewee.CharField(max_length=200)
    params = db.JSONField(default=dict)
    link = peewee.CharField(max_length=300, default="")
    division_id = peewee.BigIntegerField(null=True)
    created_at = peewee.DateTimeField(default=db.now)
    read_at = peewee.DateTimeField(null=True)
    send_uid = peewee.CharField(max_length=32, default=db.new_uid)
    planned = peewee.BooleanField(default=False)

    class Meta:
        table_name = "core_notification"
        indexes = ((("account_id", "read_at", "id"), False), (("planned", "id"), False))

    @property
    def text(self) -> str:
        """What it says, in the present language."""
        return text_of(self.text_key, self.params, self.division_id)


def send(account_ids: Iterable[int], text_key: str, params: Mapping[str, Any], link: str, node: Any) -> int:
    """Notify accounts in the present transaction; each once. Returns how many.

    ``params`` may hold only the names of ``PARAMS`` with short texts or numbers: ``ValueError`` otherwise, because
    whatever else it is could be personal. ``link`` is a path of this site.
    """
    unknown = sorted(set(params) - PARAMS)
    if unknown:
        raise ValueError(f"notification {text_key!r}: {', '.join(unknown)} may not be filled in; allowed: "
                         f"{', '.join(sorted(PARAMS))}")
    if not link.startswith("/") or link.startswith("//"):
        raise ValueError(f"notification {text_key!r}: the link {link!r} is not a path of this site")
    moment, uid = db.now(), db.new_uid()
    kept = {name: value if isinstance(value, int) else str(value)[:120] for name, value in params.items()}
    rows = [{"account_id": account, "text_key": text_key, "params": kept, "link": link[:300], "created_at": moment,
             "send_uid": uid, "division_id": node.id if node is not None else None}
            for account in dict.fromkeys(account_ids)]
    if rows:
        Notification.insert_many(rows).execute()
    return len(rows)


def unread_count(account_id: int) -> int:
    """How many notifications the account has not read, up to 99 (one short read of an index)."""
    mark = "%s" if db.is_postgres() else "?"
    row = db.database.execute_sql(f"SELECT count(*) FROM (SELECT 1 FROM core_notification WHERE account_id = {mark}"
                                  " AND read_at IS NULL LIMIT 99) AS waiting", (account_id,)).fetchone()
    return int(row[0])


def inbox(account_id: int, before: int | None = None, limit: int = 30, *, kind: str = "",
          unread: bool = False) -> list[Notification]:
    """Notifications of an account, newest first; ``before`` is the id after which the next page begins.

    ``kind`` (a key of ``notify_texts.KINDS``) and ``unread`` narrow them.
    """
    query = Notification.select().where(Notification.account_id == account_id)
    if before is not None:
        query = query.where(Notification.id < before)
    if unread:
        query = query.where(Notification.read_at.is_null())
    if kind:
        keys = [key for key, text in TEXTS.items() if text.kind == kind]
        named = Notification.text_key.in_(keys or [""])
        # What no text of the core names belongs to the general kind, besides the texts that say so.
        query = query.where(named | Notification.text_key.not_in(list(TEXTS)) if kind == GENERAL else named)
    return list(query.order_by(Notification.id.desc()).limit(limit))


def mark_read(account_id: int, ids: Iterable[int] | None = None) -> int:
    """Mark the account's own notifications read: those of ``ids``, or all. Returns how many changed."""
    mine = (Notification.account_id == account_id) & Notification.read_at.is_null()
    if ids is not None:
        mine &= Notification.id.in_(list(ids) or [0])
    with db.transaction():
        return int(Notification.update(read_at=db.now()).where(mine).execute())


def deliver(limit: int = 100) -> int:
    """Plan up to ``limit`` new notifications and send by every channel what is due; return how many were taken.

    Waits for networks (see ``notify_deliveries.deliver``); not inside a transaction.
    """
    from . import notify_deliveries

    return notify_deliveries.deliver(limit)

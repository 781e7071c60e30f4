"""Notifications inside the platform: a text by key, a link, never personal data. Plugins may carry them further.

The text is made when it is read, in the reader's language. What may be filled into it is a short list of names (number,
entity, state, day …): a notification that leaves the house by a channel must not say who or what it is about.
"""
from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import peewee

from . import db
from .i18n import LazyText
from .i18n import gettext as _
from .i18n import lazy_gettext as _l

log = logging.getLogger("grid321.notify")

TEXTS: Mapping[str, LazyText] = {
    "job.done": _l("“%(job)s” is finished."),
    "job.failed": _l("“%(job)s” failed. Open it to see why and to start it again."),
    "case.arrived": _l("%(entity)s %(number)s has come to you: %(state)s."),
    "case.changed": _l("%(entity)s %(number)s: %(step)s. It is now: %(state)s."),
    "case.closed": _l("%(entity)s %(number)s is closed: %(state)s."),
    "case.overdue": _l("%(entity)s %(number)s is overdue: it was due on %(day)s."),
    "case.due_soon": _l("%(entity)s %(number)s is due on %(day)s."),
    "case.commented": _l("There is a new comment on %(entity)s %(number)s."),
}
"""Text keys of the core. Another key is taken for the message itself, which its plugin's catalogue translates."""

PARAMS = frozenset({"number", "entity", "state", "step", "day", "count", "job", "division", "plugin", "clock"})
"""What may be filled in. Entities, states, steps, jobs and divisions are stored as keys and shown by their label."""

TRIES = 8


class Notification(db.Table):
    """One notification to one account. ``sent`` turns true when the channels had it."""

    id = peewee.BigAutoField()
    account_id = peewee.BigIntegerField()
    text_key = peewee.CharField(max_length=200)
    params = db.JSONField(default=dict)
    link = peewee.CharField(max_length=300, default="")
    division_id = peewee.BigIntegerField(null=True)
    created_at = peewee.DateTimeField(default=db.now)
    read_at = peewee.DateTimeField(null=True)
    sent = peewee.BooleanField(default=False)
    tries = peewee.IntegerField(default=0)
    due_at = peewee.DateTimeField(default=db.now)
    channels = db.JSONField(null=True)

    class Meta:
        table_name = "core_notification"
        indexes = ((("account_id", "read_at", "id"), False), (("sent", "due_at", "id"), False))

    @property
    def text(self) -> str:
        """What it says, in the present language."""
        return text_of(self.text_key, self.params, self.division_id)


@dataclass(frozen=True)
class Message:
    """What a channel is given: the text in the default language, a path of this site, the number of the case."""

    id: int
    key: str
    text: str
    link: str
    number: str
    at: datetime


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
    moment = db.now()
    kept = {name: value if isinstance(value, int) else str(value)[:120] for name, value in params.items()}
    rows = [{"account_id": account, "text_key": text_key, "params": kept, "link": link[:300], "created_at": moment,
             "due_at": moment, "division_id": node.id if node is not None else None}
            for account in dict.fromkeys(account_ids)]
    if rows:
        Notification.insert_many(rows).execute()
    return len(rows)


def text_of(text_key: str, params: Mapping[str, Any], division_id: int | None = None) -> str:
    """The text of a notification in the present language, keys replaced by their labels."""
    template = str(TEXTS[text_key]) if text_key in TEXTS else _(text_key)
    shown: dict[str, Any] = dict.fromkeys(PARAMS, "")
    shown.update({name: _label(name, value, params) for name, value in params.items()})
    try:
        return template % shown
    except (KeyError, ValueError, TypeError):
        return template


def _label(name: str, value: Any, params: Mapping[str, Any]) -> str:
    from . import snapshot
    from .i18n import format_day
    from .registry import registry

    known = registry()
    flow = known.newest.get(str(params.get("entity", "")))
    try:
        if name == "entity":
            return str(known.entities[value].label)
        if name == "state" and flow is not None:
            return str(flow.state(value).label)
        if name == "step" and flow is not None:
            return str(flow.transition(value).label)
        if name == "job":
            return str(known.jobs[value].label)
        if name == "division":
            node = snapshot.current().tree.by_code(value)
            return node.name if node is not None else str(value)
        if name == "day":
            return format_day(date.fromisoformat(value))
    except (KeyError, ValueError, TypeError):
        pass
    return str(value)


def unread_count(account_id: int) -> int:
    """How many notifications the account has not read, up to 99 (one short read of an index)."""
    mark = "%s" if db.is_postgres() else "?"
    row = db.database.execute_sql(f"SELECT count(*) FROM (SELECT 1 FROM core_notification WHERE account_id = {mark}"
                                  " AND read_at IS NULL LIMIT 99) AS waiting", (account_id,)).fetchone()
    return int(row[0])


def inbox(account_id: int, before: int | None = None, limit: int = 30) -> list[Notification]:
    """Notifications of an account, newest first; ``before`` is the id after which the next page begins."""
    query = Notification.select().where(Notification.account_id == account_id)
    if before is not None:
        query = query.where(Notification.id < before)
    return list(query.order_by(Notification.id.desc()).limit(limit))


def mark_read(account_id: int, ids: Iterable[int] | None = None) -> int:
    """Mark the account's own notifications read: those of ``ids``, or all. Returns how many changed."""
    mine = (Notification.account_id == account_id) & Notification.read_at.is_null()
    if ids is not None:
        mine &= Notification.id.in_(list(ids) or [0])
    with db.transaction():
        return int(Notification.update(read_at=db.now()).where(mine).execute())


def deliver(limit: int = 100) -> int:
    """Offer up to ``limit`` new notifications to the channels of the plugins (hook ``deliver``); return how many.

    A channel that had a notification is not offered it again; one that fails is tried again later, up to ``TRIES``
    times. Without channels they are simply marked.
    """
    from .registry import platform

    hooks = platform().hooks
    moment = db.now()
    new = (Notification.sent == False) & (Notification.due_at <= moment)  # noqa: E712
    rows = list(Notification.select().where(new).order_by(Notification.due_at, Notification.id).limit(limit))
    if not rows:
        return 0
    if not hooks.has("deliver"):
        with db.transaction():
            Notification.update(sent=True).where(Notification.id.in_([row.id for row in rows])).execute()
        return len(rows)
    for row in rows:
        try:
            _offer(row, hooks)
        except Exception:
            log.exception("notification %s could not be offered", row.id)
    return len(rows)


def _offer(row: Notification, hooks: Any) -> None:
    from . import snapshot

    # Compare-and-set on the tries: of several workers one offers it. The channels are called outside a transaction,
    # because they wait for a network; when the worker dies there the notification is offered again later.
    with db.transaction():
        later = db.now() + timedelta(seconds=min(3600, 10 * 3 ** row.tries))
        mine = (Notification.id == row.id) & (Notification.tries == row.tries) & (Notification.sent == False)  # noqa: E712
        if not Notification.update(tries=row.tries + 1, due_at=later).where(mine).execute():
            return
    node = snapshot.current().tree.get(row.division_id) if row.division_id is not None else None
    message = Message(row.id, row.text_key, row.text, row.link, str(row.params.get("number", "")), row.created_at)
    had = set(row.channels or ())
    failed = False
    for plugin, result, error in hooks.each("deliver", node, skip=had, message=message, recipient=row.account_id):
        if error is None and (result is None or getattr(result, "ok", False)):
            had.add(plugin)
        else:
            failed = True
    over = not failed or row.tries + 1 >= TRIES
    with db.transaction():
        Notification.update(channels=sorted(had), sent=over).where(Notification.id == row.id).execute()
    if failed and over:
        log.error("notification %s was given up by a channel", row.id)

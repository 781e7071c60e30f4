"""Carrying notifications out of the house: which goes by which channel, when, and what became of it.

Planning writes one row for each message and way (*target*: a channel as one division configured it, or a plugin). Each target
is worked off by itself, in a thread of its own, so one that hangs delays no other; a target that cannot be reached rests, with
growing pauses, and its messages wait without using up their tries. A message is sent at least once and keeps its id in every
try: when a worker dies between sending and noting it, the receiver sees the same id again and can drop the double.
"""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import peewee
from flask import current_app

from . import channel_setup, db, notify_preferences, notify_texts, notify_times, snapshot
from .channel_setup import ChannelSetup
from .channels import PERSON, Message, channels
from .entity import Delivery as Result
from .errors import Conflict
from .i18n import LANGUAGES, ngettext, use_language
from .i18n import gettext as _
from .notify import Notification
from .registry import platform
from .tree import Node

log = logging.getLogger("grid321.notify")

WAITING, SENT, DEAD, SKIPPED = "waiting", "sent", "dead", "skipped"
TRIES = 8
BACKOFF, LONGEST = timedelta(seconds=10), timedelta(hours=1)
LEASE = timedelta(seconds=90)
"""How long a worker may be silent about a message it took: longer than the longest way of sending."""
KEPT_TRYING = timedelta(hours=48)
ROUND_SECONDS = 20.0
MOST_TARGETS = 6
LINES = 30
GUEST = "plugin."
"""Before the key of a plugin that carries messages by a channel of its own, so that none is taken for one of ours."""


class Delivery(db.Table):
    """One message by one way. ``uid`` is the id that receivers see; ``slot`` makes planning it twice impossible."""

    id = peewee.BigAutoField()
    uid = peewee.CharField(max_length=32, default=db.new_uid, unique=True)
    slot = peewee.CharField(max_length=160, unique=True)
    target = peewee.CharField(max_length=60)
    account_id = peewee.BigIntegerField(null=True)
    division_id = peewee.BigIntegerField(null=True)
    digest = peewee.BooleanField(default=False)
    count = peewee.IntegerField(default=1)
    state = peewee.CharField(max_length=8, default=WAITING)
    tries = peewee.IntegerField(default=0)
    created_at = peewee.DateTimeField(default=db.now)
    due_at = peewee.DateTimeField(default=db.now)
    since = peewee.DateTimeField(default=db.now)
    lease = peewee.CharField(max_length=32, null=True)
    lease_until = peewee.DateTimeField(null=True)
    sent_at = peewee.DateTimeField(null=True)
    error = peewee.CharField(max_length=60, default="")

    class Meta:
        table_name = "core_delivery"
        indexes = ((("state", "target", "due_at", "id"), False), (("state", "id"), False), (("account_id", "id"), False))

    @property
    def channel(self) -> str:
        """The key of the channel, or ``plugin.`` and the key of the plugin."""
        return str(self.target).partition(":")[0]

    @property
    def place(self) -> int:
        """The id of the configuration; 0 for a plugin."""
        return int(str(self.target).partition(":")[2])


class DeliveryItem(db.Table):
    """Which notifications a delivery carries."""

    id = peewee.BigAutoField()
    delivery_id = peewee.BigIntegerField(index=True)
    notification_id = peewee.BigIntegerField()

    class Meta:
        table_name = "core_delivery_item"


class TargetState(db.Table):
    """How a target is doing: it rests until ``rest_until`` after failures that were not about one message."""

    target = peewee.CharField(max_length=60, primary_key=True)
    failures = peewee.IntegerField(default=0)
    rest_until = peewee.DateTimeField(null=True)
    error = peewee.CharField(max_length=60, default="")
    last_ok_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_delivery_target"


# ---------------------------------------------------------------- planning

def plan(limit: int = 100) -> int:
    """Decide for up to ``limit`` new notifications by which ways they go and when; return how many were taken."""
    ids = [row[0] for row in Notification.select(Notification.id).where(Notification.planned == False)  # noqa: E712
           .order_by(Notification.id).limit(limit).tuples()]
    if not ids:
        return 0
    with db.transaction():
        mine = Notification.id.in_(ids) & (Notification.planned == False)  # noqa: E712
        won = [row.id for row in Notification.update(planned=True).where(mine).returning(Notification.id).execute()]
        guests = _guests()
        if won and (guests or channel_setup.any_active()):
            rows = list(Notification.select().where(Notification.id.in_(won)).order_by(Notification.id))
            _Plan(rows, guests).write()
    return len(won)


def _guests() -> list[str]:
    """The plugins that carry messages by channels of their own."""
    return [found.plugin for found in platform().hooks.implementations.get("deliver", ()) if found.plugin != "core"]


class _Plan:
    """The ways of a batch of notifications; what all of them need is read once."""

    def __init__(self, rows: Sequence[Notification], guests: Sequence[str]) -> None:
        from .accounts import Account
        from .people import Person

        self.rows, self.guests, self.moment = rows, guests, db.now()
        self.now = snapshot.current()
        accounts = {row.account_id for row in rows}
        self.choices = notify_preferences.of(accounts)
        self.homes = dict(Account.select(Account.id, Account.division_id).where(
            Account.id.in_(list(accounts)) & (Account.disabled == False)).tuples())  # noqa: E712
        self.reached = {"mail": notify_preferences.with_mail(accounts), "sms": {row[0] for row in Account.select(Account.id).join(
            Person, on=(Account.person_id == Person.id)).where(
                Account.id.in_(list(accounts)) & Person.phone.is_null(False)).tuples()}}

    def write(self) -> None:
        """Write the rows, in the caller's transaction."""
        for row in self.rows:
            node = self.now.tree.get(row.division_id if row.division_id is not None else self.homes.get(row.account_id))
            kind = notify_texts.kind_of(row.text_key)
            for plugin in self.guests:
                if node is None or platform().hooks.is_on(plugin, node):
                    _add(f"{GUEST}{plugin}:0", row, self.moment, row.account_id)
            for setup in channel_setup.active(node):
                if kind.key in channel_setup.kinds_of(setup):
                    self._by(setup, row, kind, node)

    def _by(self, setup: ChannelSetup, row: Notification, kind: notify_texts.Kind, node: Node | None) -> None:
        target = f"{setup.channel}:{setup.id}"
        if channels()[setup.channel].audience != PERSON:
            _add(target, row, self.moment, None)
            return
        account = row.account_id
        choices = self.choices[account]
        if (account not in self.homes or account not in self.reached[setup.channel]
                or f"{setup.channel}.{kind.key}" in choices.silent):
            return
        urgent = kind.urgent and bool(self.now.settings.get("core.notify_urgent_passes", node))
        at, digest = notify_times.due(self.moment, choices.rhythm, urgent=urgent)
        if not digest:
            _add(target, row, at, account)
            return
        while not _collect(target, row, at):
            at = notify_times.next_digest(at, choices.rhythm)


def _add(target: str, row: Notification, at: datetime, account_id: int | None) -> None:
    slot = f"{target}|{row.send_uid}|{account_id or ''}"
    if Delivery.select(Delivery.id).where(Delivery.slot == slot).exists():
        return  # a group hears once of what several accounts are told
    (Delivery.insert(slot=slot, target=target, account_id=account_id, division_id=row.division_id, due_at=at)
     .on_conflict_ignore().execute())
    DeliveryItem.create(delivery_id=Delivery.get(Delivery.slot == slot).id, notification_id=row.id)


def _collect(target: str, row: Notification, at: datetime) -> bool:
    """Put a notification into the summary of that time; False when that one is on its way already."""
    slot = f"{target}|{row.account_id}|{at:%Y%m%d%H%M}"
    Delivery.insert(slot=slot, target=target, account_id=row.account_id, division_id=row.division_id, due_at=at, digest=True,
                    count=0).on_conflict_ignore().execute()
    # One row, changed by whoever adds and by whoever sends: a summary that was taken can no longer be added to.
    open_ = (Delivery.slot == slot) & (Delivery.state == WAITING) & (Delivery.tries == 0)
    if not Delivery.update(count=Delivery.count + 1).where(open_).execute():
        return False
    DeliveryItem.create(delivery_id=Delivery.get(Delivery.slot == slot).id, notification_id=row.id)
    return True


# ---------------------------------------------------------------- sending

def deliver(limit: int = 100) -> int:
    """Plan new notifications and send what is due, each target by itself; return how many were planned and taken.

    Several workers may run it at once. It ends after about ``ROUND_SECONDS`` and the longest single try.
    """
    planned = plan(limit)
    targets = due_targets()
    if not targets:
        return planned
    counts: list[int] = []
    end = time.monotonic() + ROUND_SECONDS
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def work(target: str) -> None:
        with app.app_context():
            try:
                counts.append(_work_off(target, limit, end))
            except Exception:
                log.exception("channel %s could not be worked off", target.partition(":")[0])
            finally:
                db.close_thread()

    threads = [threading.Thread(target=work, args=(target,), name=f"send-{target}") for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return planned + sum(counts)


def due_targets(moment: datetime | None = None) -> list[str]:
    """The targets that have something to send now and are not resting; those that waited longest first."""
    moment = moment or db.now()
    resting = {row[0] for row in TargetState.select(TargetState.target).where(TargetState.rest_until > moment).tuples()}
    query = (Delivery.select(Delivery.target, peewee.fn.MIN(Delivery.due_at)).where(_due(moment))
             .group_by(Delivery.target).order_by(peewee.fn.MIN(Delivery.due_at)).tuples())
    return [target for target, _first in list(query) if target not in resting][:MOST_TARGETS]


def _due(moment: datetime) -> Any:
    return ((Delivery.state == WAITING) & (Delivery.due_at <= moment)
            & (Delivery.lease_until.is_null() | (Delivery.lease_until < moment)))


def _work_off(target: str, limit: int, end: float) -> int:
    """Send what is due at one target until nothing is left, the time is over, or the target itself fails."""
    for count in range(limit):
        row = _claim(target) if time.monotonic() < end else None
        if row is None:
            return count
        if not _send(row):
            return count + 1
    return limit


def _claim(target: str) -> Delivery | None:
    moment = db.now()
    for row in list(Delivery.select().where(_due(moment) & (Delivery.target == target))
                    .order_by(Delivery.due_at, Delivery.id).limit(4)):
        lease = db.new_uid()
        mine = (Delivery.id == row.id) & (Delivery.tries == row.tries) & _due(moment)
        with db.transaction():
            won = Delivery.update(lease=lease, lease_until=moment + LEASE, tries=Delivery.tries + 1).where(mine).execute()
        if won:
            row.lease, row.tries = lease, row.tries + 1
            return row
    return None


def _send(row: Delivery) -> bool:
    """Send one claimed message and note what became of it. False when the target as a whole fails."""
    if row.tries > TRIES:
        _finish(row, Result(row.channel, False, "interrupted", final=True))
        return True
    message = message_of(row)
    node = snapshot.current().tree.get(row.division_id) if row.division_id is not None else None
    if message is None:
        _finish(row, None)
        return True
    guest = row.channel.removeprefix(GUEST) if row.channel.startswith(GUEST) else "core"
    hooks = platform().hooks
    others = {found.plugin for found in hooks.implementations.get("deliver", ()) if found.plugin != guest}
    result: Result | None = Result(row.channel, False, "plugin", final=guest not in _here(hooks))
    for _plugin, answer, error in hooks.each("deliver", node, skip=others, message=message,
                                             recipient=row.account_id):
        if error is not None:
            result = Result(row.channel, False, "plugin")
        else:
            result = answer if isinstance(answer, Result) or answer is None else Result(row.channel, False, "plugin")
    _finish(row, result)
    return not (result is not None and result.whole and not result.ok)


def _here(hooks: Any) -> set[str]:
    return {found.plugin for found in hooks.implementations.get("deliver", ())}


def _finish(row: Delivery, result: Result | None) -> None:
    """Note the result, unless another worker has the message by now. ``None``: there was nothing to send."""
    moment = db.now()
    values: dict[str, Any] = {"lease": None, "lease_until": None, "error": ""}
    if result is None:
        values["state"] = SKIPPED
    elif result.ok:
        values |= {"state": SENT, "sent_at": moment}
    else:
        values |= _failed(row, result, moment)
    with db.transaction():
        if not Delivery.update(values).where((Delivery.id == row.id) & (Delivery.lease == row.lease)).execute():
            return
        _note_target(row.target, result, moment)
    if values.get("state") == DEAD:
        log.error("message %s is a dead letter of channel %s: %s", row.uid, row.channel, values["error"])


def _failed(row: Delivery, result: Result, moment: datetime) -> dict[str, Any]:
    error = (result.detail if row.channel in channels() or result.detail == "interrupted" else "plugin")[:60]
    if result.detail == "channel_off":
        return {"state": SKIPPED, "error": error}
    if result.final:
        return {"state": DEAD, "error": error}
    if result.whole:  # the message is not to blame: its tries stay, its time does not
        if moment - row.since >= KEPT_TRYING:
            return {"state": DEAD, "error": "too_old"}
        return {"error": error, "tries": row.tries - 1, "due_at": moment}
    if row.tries >= TRIES:
        return {"state": DEAD, "error": error}
    return {"error": error, "due_at": moment + min(LONGEST, BACKOFF * 3 ** (row.tries - 1))}


def _note_target(target: str, result: Result | None, moment: datetime) -> None:
    if result is None:
        return
    known = TargetState.get_or_none(TargetState.target == target)
    if result.ok:
        values: dict[str, Any] = {"failures": 0, "rest_until": None, "error": "", "last_ok_at": moment}
    elif result.whole and not result.final:
        failures = (known.failures if known is not None else 0) + 1
        values = {"failures": failures, "error": result.detail[:60],
                  "rest_until": moment + min(LONGEST, BACKOFF * 3 ** min(failures - 1, 8))}
    else:
        return
    (TargetState.insert(target=target, **values).on_conflict(conflict_target=(TargetState.target,), update=values).execute())


# ---------------------------------------------------------------- the message

def message_of(row: Delivery) -> Message | None:
    """What a delivery says, worked out anew in each try; None when there is nothing left to say (all of it was read)."""
    items = list(Notification.select().join(DeliveryItem, on=(DeliveryItem.notification_id == Notification.id))
                 .where(DeliveryItem.delivery_id == row.id).order_by(Notification.id))
    if row.digest:
        items = [item for item in items if item.read_at is None]
    if not items:
        return None
    setup = ChannelSetup.get_or_none(ChannelSetup.id == row.place) if row.place else None
    language = _language(row, setup)
    site = channel_setup.site_url(setup.division_id if setup is not None else row.division_id)
    with use_language(language) if language else nullcontext():
        return _digest(row, items, site) if row.digest else _single(row, items[0], site)


def _language(row: Delivery, setup: ChannelSetup | None) -> str:
    """A reader's own language; that of the configuration for a group; the default for a plugin's channel."""
    from .accounts import Account

    if setup is None:
        return ""
    if row.account_id is None:
        return str(setup.language)
    found = Account.select(Account.locale).where(Account.id == row.account_id).tuples().first()
    return found[0] if found and found[0] in LANGUAGES else str(setup.language)


def _common(row: Delivery) -> dict[str, Any]:
    from .i18n import current_language

    node = snapshot.current().tree.get(row.division_id) if row.division_id is not None else None
    return {"id": row.uid, "channel": row.channel, "place": row.place, "division": node.code if node is not None else "",
            "language": current_language()}


def _single(row: Delivery, item: Notification, site: str) -> Message:
    link = item.link if row.account_id is None else f"/me/inbox/{item.id}"
    text = notify_texts.text_for_outside(item.text_key, item.params, item.division_id)
    return Message(key=item.text_key, kind=notify_texts.kind_of(item.text_key).key, text=text, link=item.link,
                   number=str(item.params.get("number", "")), at=item.created_at, url=f"{site}{link}" if site else "",
                   **_common(row))


def _digest(row: Delivery, items: Sequence[Notification], site: str) -> Message:
    counts: dict[str, int] = {}
    for item in items:
        kind = notify_texts.kind_of(item.text_key)
        counts[kind.key] = counts.get(kind.key, 0) + 1
    parts = _("; ").join(f"{label} {counts[key]}" for key, label in _labels() if key in counts)
    text = ngettext("%(num)s unread message. %(parts)s.", "%(num)s unread messages. %(parts)s.", len(items), parts=parts)
    lines = tuple((notify_texts.text_for_outside(item.text_key, item.params, item.division_id), f"{site}/me/inbox/{item.id}")
                  for item in items[:LINES])
    return Message(key=notify_texts.DIGEST, kind=notify_texts.DIGEST, text=text, link="/me/inbox", number="",
                   at=items[-1].created_at, url=f"{site}/me/inbox" if site else "", lines=lines, **_common(row))


def _labels() -> Iterable[tuple[str, str]]:
    return ((key, str(kind.label)) for key, kind in notify_texts.KINDS.items())


# ---------------------------------------------------------------- dead letters

def send_again(row_id: int) -> None:
    """Give a dead letter another round, by its own channel only and with the same id. Raises ``Conflict`` for another row."""
    moment = db.now()
    with db.transaction():
        changed = (Delivery.update(state=WAITING, tries=0, due_at=moment, since=moment, error="", lease=None, lease_until=None)
                   .where((Delivery.id == row_id) & (Delivery.state == DEAD)).execute())
        if changed:
            target = Delivery.select(Delivery.target).where(Delivery.id == row_id).tuples().first()[0]
            TargetState.update(rest_until=None).where(TargetState.target == target).execute()
    if not changed:
        raise Conflict(_("This message cannot be sent again."), _("Only an undelivered one can."),
                       _("Load the page again to see its present state."))


def purge(older_than: timedelta = timedelta(days=90)) -> int:
    """Delete the bookkeeping of messages that went out long ago; returns how many. Dead letters stay."""
    edge = db.now() - older_than
    ids = [row[0] for row in Delivery.select(Delivery.id).where(
        Delivery.state.in_((SENT, SKIPPED)) & (Delivery.created_at < edge)).limit(500).tuples()]
    if not ids:
        return 0
    with db.transaction():
        DeliveryItem.delete().where(DeliveryItem.delivery_id.in_(ids)).execute()
        return int(Delivery.delete().where(Delivery.id.in_(ids)).execute())

"""Planning: by which ways a notification leaves the house, and when. Nothing is sent here."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from . import channel_setup, db, notify_preferences, notify_texts, notify_times, snapshot
from .channel_setup import ChannelSetup
from .channels import PERSON, channels
from .notify import Notification
from .notify_rows import GUEST, WAITING, Delivery, DeliveryItem
from .registry import platform
from .tree import Node


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

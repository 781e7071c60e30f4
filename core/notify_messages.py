"""What a message says when it leaves the house: text, number and link, worked out anew in each try."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import Any

from . import channel_setup, notify_texts, snapshot
from .channel_setup import ChannelSetup
from .channels import Message
from .i18n import LANGUAGES, current_language, ngettext, use_language
from .i18n import gettext as _
from .notify import Notification
from .notify_rows import Delivery, DeliveryItem

LINES = 30
"""The most messages that a summary names; the others are counted."""


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
    node = snapshot.current().tree.get(row.division_id) if row.division_id is not None else None
    return {"id": row.uid, "channel": row.channel, "place": row.place, "division": node.code if node is not None else "",
            "language": current_language()}


def _single(row: Delivery, item: Notification, site: str) -> Message:
    link = item.link if row.account_id is None else f"/me/inbox/{item.id}"
    text = notify_texts.text_for_outside(item.text_key, item.params, item.division_id)
    key = item.text_key if item.text_key in notify_texts.TEXTS else notify_texts.GENERAL  # another key is a text itself
    return Message(key=key, kind=notify_texts.kind_of(item.text_key).key, text=text, link=item.link,
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

"""How a county configures its channels: plain values and sealed secrets, inherited down the tree as a whole.

A division either has a configuration of its own or uses the nearest one above; values are not mixed, because a secret of the
county with an address of a town would go wherever the town likes. A stored secret is never shown and never carried to another
address: who changes where it is sent types it again.
"""
from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import peewee

from . import crypto, db, outgoing
from .channels import PERSON, Channel, Message, Setup, channels
from .channels.reasons import problem_text
from .entity import Delivery, Setting
from .errors import Invalid, NotFound
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .notify_texts import KINDS
from .outgoing import Failure
from .tree import Node

log = logging.getLogger("grid321.channels")


def _networks(text: str) -> str:
    """The setting's text when every entry can be read. Raises ``ValueError`` in words."""
    try:
        outgoing.networks(text)
    except ValueError as error:
        raise ValueError(_("“%(entry)s” is no network that can be allowed. Write addresses or networks as in 10.20.0.0/16, at "
                           "widest /8.", entry=str(error)[:60])) from None
    return text


def _site(text: str) -> str:
    """The setting's text when it is an address without query. Raises ``ValueError`` in words."""
    if not text:
        return text
    try:
        if "?" in outgoing.read_url(text).target:
            raise Failure("url")
    except Failure as failure:
        raise ValueError(problem_text(failure)) from None
    return text.rstrip("/")


SETTINGS = (
    Setting("core.site_url", _l("Address of this site, for links in messages"), "text", "", check=_site),
    Setting("core.outgoing_private", _l("Private networks that messages may be sent to"), "text", "", check=_networks,
            source=_l("Built in: none. A gateway of the county’s intranet needs an entry, as in 10.20.0.0/16.")),
    Setting("core.notify_urgent_passes", _l("Overdue messages pass quiet hours and summaries"), "flag", False),
)


class ChannelSetup(db.Table):
    """The configuration of one channel at one division. ``secrets``: field name → sealed text."""

    id = peewee.BigAutoField()
    uid = peewee.CharField(max_length=32, default=db.new_uid)
    channel = peewee.CharField(max_length=20)
    division_id = peewee.BigIntegerField()
    active = peewee.BooleanField(default=False)
    values = db.JSONField(default=dict)
    secrets = db.JSONField(default=dict)
    kinds = db.JSONField(default=list)
    language = peewee.CharField(max_length=5, default="zh")
    changed_at = peewee.DateTimeField(default=db.now)
    changed_by = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_channel"
        indexes = ((("channel", "division_id"), True),)


# ---------------------------------------------------------------- reading

def find(key: str, node: Node | None) -> ChannelSetup | None:
    """The configuration that holds at ``node``: its own or the nearest above, whether it is on or off."""
    if node is None:
        return None
    places = _rows().get(key)
    if not places:
        return None
    return next((places[place] for place in reversed(node.path) if place in places), None)


def active(node: Node | None) -> list[ChannelSetup]:
    """The configurations that are on at ``node``."""
    found = (find(key, node) for key in channels())
    return [row for row in found if row is not None and row.active]


def any_active() -> bool:
    """True when some division has a channel on by which messages go out."""
    return any(row.active for key in channels() for row in _rows().get(key, {}).values())


def all_active(key: str) -> list[ChannelSetup]:
    """Every configuration of a channel that is on, wherever it was made."""
    return [row for row in _rows().get(key, {}).values() if row.active]


def _rows() -> dict[str, dict[int, ChannelSetup]]:
    from . import snapshot
    from .registry import platform

    revision, cache = snapshot.current().revision, platform().cache
    kept = cache.get("channels")
    if kept is not None and kept[0] == revision and revision != -1:
        return kept[1]
    found: dict[str, dict[int, ChannelSetup]] = {}
    for row in ChannelSetup.select():
        found.setdefault(row.channel, {})[row.division_id] = row
    if not db.database.in_transaction():
        cache["channels"] = (revision, found)
    return found


def opened(row: ChannelSetup) -> Setup:
    """The configuration as a channel uses it. Raises ``Failure("sealed")`` when a secret does not open."""
    try:
        secrets = {name: crypto.open_sealed(text, "core_channel", name, row.uid) for name, text in row.secrets.items()}
    except crypto.SealBroken:
        raise Failure("sealed", whole=True) from None
    return Setup(dict(row.values), secrets, allowed(row.division_id))


def allowed(division_id: int) -> tuple[outgoing.Network, ...]:
    """The private networks that the setting at a division allows."""
    from . import snapshot

    now = snapshot.current()
    text = now.settings.get("core.outgoing_private", now.tree.get(division_id))
    try:
        return outgoing.networks(str(text or ""))
    except ValueError:  # checked when it was typed; an unreadable one allows nothing
        return ()


def site_url(division_id: int | None) -> str:
    """The address of this site as messages of a division name it; empty when it is not set."""
    from . import snapshot

    now = snapshot.current()
    return str(now.settings.get("core.site_url", now.tree.get(division_id) if division_id else None) or "")


# ---------------------------------------------------------------- writing

def put(channel: Channel, node: Node, data: Mapping[str, Any], kinds: list[str], *, active: bool, language: str,
        account_id: int | None) -> ChannelSetup:
    """Configure a channel at a division. ``data`` holds the fields of the channel's form; an absent secret is kept.

    Raises ``Invalid`` naming fields: a secret to be typed, an address that may not be asked, a template that cannot be read,
    no address of the site. Changes nothing then.
    """
    from . import ledger, snapshot

    with db.transaction():
        own = ChannelSetup.get_or_none((ChannelSetup.channel == channel.key) & (ChannelSetup.division_id == node.id))
        row = own or ChannelSetup(channel=channel.key, division_id=node.id, uid=db.new_uid())
        before = dict(row.values) if own is not None else {}
        values = {name: value for name, value in data.items() if name not in channel.secrets}
        row.secrets = _sealed(channel, row, before, values, data)
        changed = sorted(name for name in {*values, *before} if values.get(name) != before.get(name))
        row.values, row.kinds, row.active, row.language = values, sorted(kinds), active, language
        row.changed_at, row.changed_by = db.now(), account_id
        _check(channel, row, node)
        row.save(force_insert=own is None)
        ledger.append("core.channel", node.id, "set", node=node, account_id=account_id,
                      facts={"channel": channel.key, "active": active, "kinds": row.kinds, "changed": changed})
        snapshot.bump()
    return row


def _sealed(channel: Channel, row: ChannelSetup, before: Mapping[str, Any], values: Mapping[str, Any],
            data: Mapping[str, Any]) -> dict[str, str]:
    """The sealed secrets: those typed now, and those kept because they still go where they went."""
    moved = any(values.get(name) != before.get(name) for name in channel.target)
    found, errors = {}, {}
    for name in channel.secrets:
        if data.get(name):
            found[name] = crypto.seal(str(data[name]), "core_channel", name, row.uid)
        elif name in (row.secrets or {}) and not moved:
            found[name] = row.secrets[name]
        elif name in (row.secrets or {}):
            errors[name] = [_("The address it is sent to has changed: type it again.")]
        elif channel.form._declared_fields[name].required:
            errors[name] = [_("Fill in this field.")]
    if errors:
        raise Invalid(_("The channel was not changed."), errors=errors)
    return found


def _check(channel: Channel, row: ChannelSetup, node: Node) -> None:
    where = channel.target[0] if channel.target else "secret"
    try:
        channel.check(opened(row))
    except Failure as failure:
        field = "ca" if failure.reason == "ca" else where
        # An address that cannot be looked up just now may be configured while the channel is off.
        if failure.reason != "name" or row.active:
            raise Invalid(_("The channel was not changed."), errors={field: [problem_text(failure)]}) from None
    except ValueError as error:
        raise Invalid(_("The channel was not changed."), errors={"template": [
            _("This line of the fields cannot be used: %(line)s. Write name=value and {phone} in one of them.",
              line=str(error)[:80])]}) from None
    if row.active and not site_url(node.id):
        raise Invalid(_("The channel was not changed."), errors={"active": [
            _("First set “Address of this site, for links in messages” on the page of settings: a message carries a link.")]})


def remove(channel: Channel, node: Node, account_id: int | None) -> None:
    """Give up a division's own configuration; what holds above holds again. Raises ``NotFound``."""
    from . import ledger, snapshot

    with db.transaction():
        if not ChannelSetup.delete().where((ChannelSetup.channel == channel.key)
                                           & (ChannelSetup.division_id == node.id)).execute():
            raise NotFound(_("There is no configuration of its own here."))
        ledger.append("core.channel", node.id, "reset", node=node, account_id=account_id, facts={"channel": channel.key})
        snapshot.bump()


# ---------------------------------------------------------------- sending

def carry(message: Message, recipient: int | None) -> Delivery | None:
    """Send by one of the core's channels: the core's part of hook ``deliver``. Never raises for a failing channel.

    Called outside a transaction; the connection of this thread is given back before the network is waited for.
    """
    channel = channels().get(message.channel)
    if channel is None:
        return None
    try:
        row = ChannelSetup.get_or_none(ChannelSetup.id == message.place)
        if row is None or not row.active:
            raise Failure("channel_off", final=True)
        transmit(channel, opened(row), message, _address(channel, recipient))
    except Failure as failure:
        return Delivery(channel.key, False, f"{failure.reason} {failure.code}".strip(), failure.final, failure.whole)
    return Delivery(channel.key, True)


def transmit(channel: Channel, setup: Setup, message: Message, address: str) -> None:
    """Send one message now. Raises ``Failure``; whatever else goes wrong becomes one, told to the log by its class alone."""
    if not message.url:
        raise Failure("site_url", whole=True)
    if not db.database.in_transaction():
        db.close_thread()
    try:
        channel.send(setup, message, address)
    except Failure:
        raise
    except Exception as error:  # noqa: BLE001 - a defect of one channel must not look like one of all
        log.error("channel %s failed: %s", channel.key, type(error).__name__)
        raise Failure("dropped") from None


def _address(channel: Channel, recipient: int | None) -> str:
    """The reader's address for a channel. Opened here, given to the channel, written nowhere. Raises ``Failure``."""
    if channel.audience != PERSON:
        return ""
    from . import notify_preferences

    try:
        found = (notify_preferences.address_of(recipient or 0) if channel.key == "mail" else phone_of(recipient or 0))
    except crypto.SealBroken:
        found = None
    if not found:
        raise Failure("no_address", final=True)
    return found


def phone_of(account_id: int) -> str | None:
    """The telephone number of the account's person, opened; None without one."""
    from .accounts import Account
    from .people import Person

    row = (Person.select(Person.uid, Person.phone).join(Account, on=(Account.person_id == Person.id))
           .where((Account.id == account_id) & Person.phone.is_null(False)).tuples().first())
    return crypto.open_sealed(row[1], "core_person", "phone", row[0]) if row else None


def kinds_of(row: ChannelSetup) -> set[str]:
    """The kinds that a configuration lets through."""
    return set(row.kinds) & set(KINDS)

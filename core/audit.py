"""Who did what, and who looked at whom: an append-only log in two parts.

``AuditEntry`` is written where the thing happens; ``AuditSeal`` chains the entries by hash (see ``chain``). Both tables
refuse UPDATE and DELETE by triggers.

Names and values of persons never enter the log: it keeps ids, names of fields, and the purpose that was typed.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import peewee

from . import db
from .actor import Actor
from .chain import Chain
from .chain_file import Anchor
from .db import JSONField, Table, now, transaction
from .errors import Invalid, TooMany
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .tree import Node, Tree

KINDS = {
    "login": _l("Logged in"), "login_failed": _l("Login failed"), "login_limited": _l("Login refused: too many tries"),
    "logout": _l("Logged out"), "refused": _l("Refused"), "reveal": _l("Personal data revealed"),
    "export": _l("Exported"), "switch": _l("Plugin switched"), "setting": _l("Setting changed"),
    "account_created": _l("Account created"), "account_disabled": _l("Account disabled"),
    "account_enabled": _l("Account enabled"), "account_unlocked": _l("Account unlocked"),
    "password_set": _l("Password changed"), "password_reset": _l("Password reset by an administrator"),
    "role_granted": _l("Role granted"), "role_revoked": _l("Role taken away"),
    "token_created": _l("API token made"), "token_revoked": _l("API token revoked"),
    "session_ended": _l("Session ended"), "totp_enrolled": _l("One-time codes switched on"),
    "totp_removed": _l("One-time codes switched off"), "print": _l("Printed"), "import": _l("Imported"),
    "division": _l("Division changed"), "class": _l("List of classes changed"), "calendar": _l("Calendar changed"),
    "channel": _l("Message channel changed"), "channel_test": _l("Test message sent"),
    "mail_confirmed": _l("E-mail address confirmed"), "mail_removed": _l("E-mail address removed"),
    "workflow": _l("Workflow version published or cases moved to it"),
}
PURPOSE_LENGTH = (4, 200)
_OF_PERSONS = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")  # not 15 digits: so long is the code of a grid


class AuditEntry(Table):
    """One event. ``fields`` names the personal fields that were shown; ``detail`` holds ids, counts and keys only."""

    append_only = True

    id = peewee.BigAutoField()
    at = peewee.DateTimeField(default=now, index=True)
    kind = peewee.CharField(max_length=40)
    actor_id = peewee.BigIntegerField(null=True)
    actor_name = peewee.CharField(max_length=64, default="")
    token_id = peewee.BigIntegerField(null=True)
    division_id = peewee.BigIntegerField(null=True)
    entity = peewee.CharField(max_length=80, null=True)
    record_id = peewee.BigIntegerField(null=True)
    fields = peewee.CharField(max_length=400, default="")
    purpose = peewee.CharField(max_length=200, default="")
    network = peewee.CharField(max_length=45, default="")
    detail = JSONField(default=dict)

    class Meta:
        table_name = "core_audit"
        indexes = ((("division_id", "id"), False), (("actor_id", "kind", "at"), False),
                   (("entity", "record_id", "id"), False))


class AuditSeal(Table):
    """The chain: ``hash`` covers position, the hash before and the entry's content."""

    append_only = True

    position = peewee.BigIntegerField(primary_key=True)
    entry_id = peewee.BigIntegerField(unique=True)
    hash = peewee.CharField(max_length=64)

    class Meta:
        table_name = "core_audit_seal"


# -- writing ---------------------------------------------------------------------------------------------------------

def event(kind: str, actor: Actor | None = None, detail: dict[str, Any] | None = None, *,
          division_id: int | None = None, entity: str | None = None, record_id: int | None = None,
          fields: Iterable[str] = (), purpose: str = "", network: str = "") -> int:
    """Write one entry inside the present transaction (or one of its own) and return its id.

    ``kind`` is a key of ``KINDS`` or ``<plugin>.<word>``. ``detail`` must hold no personal data. Errors of the database
    are raised: what cannot be recorded must not happen.
    """
    with transaction():
        entry = AuditEntry.create(
            kind=kind, actor_id=actor.account_id if actor else None, actor_name=actor.username[:64] if actor else "",
            token_id=actor.token_id if actor else None, division_id=division_id, entity=entity, record_id=record_id,
            fields=",".join(fields)[:400], purpose=purpose[:200], network=(network or _network())[:45],
            detail=detail or {})
    return int(entry.id)


def read(actor: Actor, entity: str, record_id: int, fields: Iterable[str], purpose: str, *,
         division_id: int | None = None) -> int:
    """Record that ``actor`` is about to see personal ``fields`` of a record, and commit before anything is shown.

    ``purpose`` is what the person typed (4 to 200 characters). Must be called outside a transaction, so that the entry
    is durable when it returns. Raises ``Invalid`` without a purpose and ``TooMany`` above the hourly limit (setting
    ``core.reveal_per_hour``; counted per account in the database, so that several workers share one count).
    """
    purpose = check_purpose(purpose)
    if db.database.in_transaction():
        raise RuntimeError("audit.read must be committed before the data leave: call it outside a transaction")
    names = sorted(set(fields))
    with transaction():
        _count_reveal(actor, division_id)
        return event("reveal", actor, {}, division_id=division_id, entity=entity, record_id=record_id, fields=names,
                     purpose=purpose)


def check_purpose(purpose: str | None) -> str:
    """The purpose without outer blanks.

    Raises ``Invalid`` (field ``purpose``) when it is too short or too long, or holds a number of a person: nothing is ever
    taken out of the log again.
    """
    text = " ".join((purpose or "").split())
    shortest, longest = PURPOSE_LENGTH
    if not shortest <= len(text) <= longest:
        message = _("Say what you need it for, in %(low)s to %(high)s characters.", low=shortest, high=longest)
        raise Invalid(_("The reason is missing"), message, _("Write the reason and try again."),
                      errors={"purpose": [message]})
    if _OF_PERSONS.search(unicodedata.normalize("NFKC", text)):
        message = _("Leave identity and telephone numbers out of the reason: it is kept for ever.")
        raise Invalid(_("The reason was not accepted"), message, _("Name the number of the matter instead."),
                      errors={"purpose": [message]})
    return text


def _count_reveal(actor: Actor, division_id: int | None) -> None:
    from . import limits, snapshot

    here = snapshot.current()
    allowed = int(here.settings.get("core.reveal_per_hour", here.tree.get(division_id)))
    if limits.take(f"reveal:{actor.account_id}", allowed, timedelta(hours=1)) > allowed:
        raise TooMany(_("Too many personal values were revealed"),
                      _("%(count)s an hour are allowed for one account.", count=allowed),
                      _("Wait an hour, or ask the administrator to raise the limit for this division."))


def _network() -> str:
    from flask import has_request_context, request

    return (request.remote_addr or "") if has_request_context() else ""


# -- the chain -------------------------------------------------------------------------------------------------------

_CHAIN = Chain("audit", AuditEntry, AuditSeal, tuple(AuditEntry._meta.sorted_field_names), 321_001)
head = _CHAIN.head
seal_all = _CHAIN.seal_all


def seal(limit: int = 5000) -> int:
    """Chain at most ``limit`` entries that are not chained yet; returns how many. Safe in several processes at once."""
    return _CHAIN.seal(limit)


def verify(anchors: Iterable[Anchor] = ()) -> list[str]:
    """Recompute the whole chain; returns what is wrong, one line each, empty when all is well.

    ``anchors`` are (position, hash) pairs that were kept outside: they show a tail that was cut or written anew.
    """
    return _CHAIN.verify(anchors)


# -- reading ---------------------------------------------------------------------------------------------------------

def entries(tree: Tree, node: Node, *, kind: str | None = None, actor_name: str | None = None,
            before: int | None = None, limit: int = 50) -> list[AuditEntry]:
    """The newest entries about ``node`` and its subtree, before entry ``before`` for the next page.

    Where ``node`` covers the whole deployment, entries without a division (a login with an unknown name) belong to it.
    """
    query = AuditEntry.select().order_by(AuditEntry.id.desc()).limit(limit)
    if tree.covers_all(node):
        above = list(node.path[:-1])
        if above:
            query = query.where(AuditEntry.division_id.is_null() | AuditEntry.division_id.not_in(above))
    else:
        query = query.where(AuditEntry.division_id.in_([one.id for one in tree.subtree(node, all_times=True)]))
    if kind:
        query = query.where(AuditEntry.kind == kind)
    if actor_name:
        query = query.where(AuditEntry.actor_name == actor_name)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(query)

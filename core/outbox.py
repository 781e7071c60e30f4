"""The outbox: what happened, kept in the step's own transaction, told to the plugins after it is durable.

Each event goes to every plugin that implements ``changed``, at least once. What a plugin writes, and the mark that it
has seen the event, are committed together, so a failing neighbour never makes it see the event twice. A plugin that
keeps failing leaves the event as a dead letter that an administrator sees and sends again.

An observer must be quick: it holds the writers' queue. Slow work and the network belong in a job that it enqueues.
"""
from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import peewee

from . import db
from .bulk import insert_filled
from .errors import Conflict
from .i18n import gettext as _
from .tree import Node

log = logging.getLogger("grid321.outbox")

PENDING, DONE, DEAD = "pending", "done", "dead"
TRIES = 8
LEASE = timedelta(seconds=15)
"""How long the events of a worker that died wait; a slow one that loses its claim tells nothing twice (see ``_tell``)."""

BACKOFF = timedelta(seconds=5)
LONGEST = timedelta(hours=1)


class OutboxRow(db.Table):
    """One event and which plugins have seen it (``marks``). ``error`` names plugins and error classes, nothing more."""

    id = peewee.BigAutoField()
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    action = peewee.CharField(max_length=80)
    division_id = peewee.BigIntegerField(null=True)
    account_id = peewee.BigIntegerField(null=True)
    at = peewee.DateTimeField(default=db.now)
    facts = db.JSONField(null=True)
    state = peewee.CharField(max_length=8, default=PENDING)
    due_at = peewee.DateTimeField(default=db.now)
    tries = peewee.IntegerField(default=0)
    marks = db.JSONField(null=True)
    lease = peewee.CharField(max_length=32, null=True)
    lease_until = peewee.DateTimeField(null=True)
    error = peewee.TextField(default="")

    class Meta:
        table_name = "core_outbox"
        indexes = ((("state", "due_at", "id"), False),)


@dataclass(frozen=True)
class Event:
    """What an observer is told: which record of which entity, what was done, by whom, where and when.

    ``action`` is ``create``, ``edit``, ``delete``, ``overdue`` or the key of a transition; ``facts`` are ids, keys and
    numbers (of a case: number, to_state, holder_id …), never personal.
    """

    id: int
    entity: str
    record_id: int
    action: str
    account_id: int | None
    division_id: int | None
    at: datetime
    facts: dict[str, Any]

    @property
    def transition(self) -> str:
        """The key of the transition: the same as ``action``."""
        return self.action


def add(entity: str, record_id: int, action: str, *, node: Node | None, account_id: int | None,
        facts: Mapping[str, Any] | None = None, at: datetime | None = None) -> None:
    """Write an event in the caller's transaction: it is told after that one is durable, or never happened with it.

    ``facts`` is plain JSON without personal data.
    """
    moment = at or db.now()
    db.insert(OutboxRow, {
        "entity": entity, "record_id": record_id, "action": action, "account_id": account_id,
        "facts": dict(facts) if facts else None, "at": moment, "due_at": moment,
        "division_id": node.id if node is not None else None})


def add_many(entity: str, action: str, events: Iterable[tuple[int, int, Mapping[str, Any]]], account_id: int | None,
             at: datetime) -> None:
    """Write many events of one kind, (record id, division id, facts) each, as ``add`` does one."""
    insert_filled(OutboxRow, ({"entity": entity, "record_id": record_id, "action": action, "account_id": account_id,
                               "facts": dict(facts), "at": at, "due_at": at, "division_id": division_id}
                              for record_id, division_id, facts in events))


def waiting(entities: Iterable[str]) -> datetime | None:
    """When the oldest event of ``entities`` happened that is not told yet; None when what follows them is up to date."""
    found: datetime | None = OutboxRow.select(peewee.fn.MIN(OutboxRow.at)).where(
        (OutboxRow.state == PENDING) & OutboxRow.entity.in_(list(entities))).scalar()
    return found


def drain(limit: int = 100) -> int:
    """Tell the plugins up to ``limit`` due events, oldest first; return how many were taken. Several workers may."""
    from .registry import platform

    hooks = platform().hooks
    if not hooks.has("changed"):
        return _pass_by(limit)
    lease = db.new_uid()
    taken = _claim(limit, lease)
    for row in taken:
        try:
            _tell(row, lease, hooks)
        except Exception:
            # The lease runs out and the event is told again; the count of its tries was kept by the claim.
            log.exception("event %s could not be told", row.id)
    return len(taken)


def _due(moment: datetime) -> Any:
    return ((OutboxRow.state == PENDING) & (OutboxRow.due_at <= moment)
            & (OutboxRow.lease_until.is_null() | (OutboxRow.lease_until < moment)))


def _waiting(limit: int, moment: datetime) -> list[int]:
    query = OutboxRow.select(OutboxRow.id).where(_due(moment)).order_by(OutboxRow.due_at, OutboxRow.id).limit(limit)
    return [row[0] for row in query.tuples()]


def _pass_by(limit: int) -> int:
    ids = _waiting(limit, db.now())
    if ids:
        with db.transaction():
            OutboxRow.update(state=DONE).where(OutboxRow.id.in_(ids) & (OutboxRow.state == PENDING)).execute()
    return len(ids)


def _claim(limit: int, lease: str) -> list[OutboxRow]:
    moment = db.now()
    ids = _waiting(limit, moment)
    if not ids:
        return []
    with db.transaction():
        (OutboxRow.update(lease=lease, lease_until=moment + LEASE, tries=OutboxRow.tries + 1)
         .where(OutboxRow.id.in_(ids) & _due(moment)).execute())
    return list(OutboxRow.select().where(OutboxRow.id.in_(ids) & (OutboxRow.lease == lease)).order_by(OutboxRow.id))


def _tell(row: OutboxRow, lease: str, hooks: Any) -> None:
    from . import snapshot

    node = snapshot.current().tree.get(row.division_id) if row.division_id is not None else None
    event = Event(row.id, row.entity, row.record_id, row.action, row.account_id, row.division_id, row.at,
                  dict(row.facts or {}))
    marks = set(row.marks or ())
    failed: dict[str, str] = {}
    with db.transaction():
        # Claimed rows are changed by their claimant only; this update also waits for one that is slow to die.
        if not OutboxRow.update(error="").where((OutboxRow.id == row.id) & (OutboxRow.lease == lease)).execute():
            return
        if row.tries <= TRIES:
            for plugin, _result, error in hooks.each("changed", node, skip=marks, event=event):
                if error is None:
                    marks.add(plugin)
                else:
                    failed[plugin] = type(error).__name__
        else:
            failed["core"] = "given up after interruptions"
        values: dict[str, Any] = {"marks": sorted(marks), "lease": None, "lease_until": None}
        if not failed:
            values["state"] = DONE
        else:
            values["error"] = "; ".join(f"{plugin}: {kind}" for plugin, kind in sorted(failed.items()))
            if row.tries >= TRIES:
                values["state"] = DEAD
            else:
                values["due_at"] = db.now() + min(LONGEST, BACKOFF * 3 ** (row.tries - 1))
        OutboxRow.update(values).where(OutboxRow.id == row.id).execute()
    if values.get("state") == DEAD:
        log.error("event %s (%s %s) is a dead letter: %s", row.id, row.entity, row.action, values["error"])


def dead(limit: int = 100) -> list[OutboxRow]:
    """The newest dead letters."""
    return list(OutboxRow.select().where(OutboxRow.state == DEAD).order_by(OutboxRow.id.desc()).limit(limit))


def send_again(row_id: int) -> None:
    """Give a dead letter another round of tries; plugins that saw it do not see it again. Raises ``Conflict``."""
    with db.transaction():
        changed = (OutboxRow.update(state=PENDING, tries=0, due_at=db.now(), error="", lease=None, lease_until=None)
                   .where((OutboxRow.id == row_id) & (OutboxRow.state == DEAD)).execute())
    if not changed:
        raise Conflict(_("This event cannot be sent again."), _("Only an undelivered one can."),
                       _("Load the page again to see its present state."))

"""Carrying notifications out of the house: what is due is sent, and what became of it is noted.

Each target (a channel as one division configured it, or a plugin) is worked off by itself, in a thread of its own, so one that
hangs delays no other; a target that cannot be reached rests, with growing pauses, and its messages wait without using up their
tries. A message is sent at least once and keeps its id in every try: when a worker dies between sending and noting it, the
receiver sees the same id again and can drop the double.
"""
from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import peewee
from flask import current_app

from . import db, snapshot
from .channels import channels
from .entity import Delivery as Result
from .errors import Conflict
from .i18n import gettext as _
from .notify_messages import message_of
from .notify_planning import plan
from .notify_rows import DEAD, GUEST, SENT, SKIPPED, WAITING, Delivery, DeliveryItem, TargetState
from .registry import platform

log = logging.getLogger("grid321.notify")

TRIES = 8
BACKOFF, LONGEST = timedelta(seconds=10), timedelta(hours=1)
LEASE = timedelta(seconds=90)
"""How long a worker may be silent about a message it took: longer than the longest way of sending."""
KEPT_TRYING = timedelta(hours=48)
ROUND_SECONDS = 20.0
MOST_TARGETS = 6


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

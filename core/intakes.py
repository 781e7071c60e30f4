"""What others write to a county: letters in its mailbox, text messages from its gateway. Each is taken exactly once.

A plugin says what a letter means by a function that looks at it (outside a transaction) and returns what to write. That is
written in one transaction together with the number of the last letter taken, under a lease that only one worker holds: a worker
that is killed at any moment leaves a letter either untouched or taken whole. Marking it as read on the server comes afterwards
and is for people only. A letter that ends its worker again and again is set aside.
"""
from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import peewee

from . import channel_setup, db, mail_read, snapshot
from .channel_setup import ChannelSetup
from .channels import imap, sms_in
from .dispatch import GuestFailure
from .entity import GatewayPost
from .errors import NotFound, Unauthenticated
from .i18n import gettext as _
from .mail_read import Mail, Unreadable
from .outgoing import Failure
from .registry import platform
from .tree import Node

log = logging.getLogger("grid321.intakes")

LEASE = timedelta(minutes=3)
MOST_TRIES = 3
LONGEST_REST = timedelta(hours=1)
WINDOW, MOST_REFUSED = timedelta(minutes=15), 50
"""So many posts with a wrong signature a network may send within so long."""

LETTER_BYTES = 25 * 1024 * 1024


class IntakeState(db.Table):
    """How far a mailbox was read. ``last_uid`` is the server's number of the last letter that was taken or set aside.

    Letters up to ``old_until`` were there before: of those only what nobody had read is taken.
    """

    id = peewee.BigAutoField()
    setup_id = peewee.BigIntegerField(unique=True)
    validity = peewee.BigIntegerField(null=True)
    last_uid = peewee.BigIntegerField(default=0)
    old_until = peewee.BigIntegerField(default=0)
    trying_uid = peewee.BigIntegerField(null=True)
    tries = peewee.IntegerField(default=0)
    next_at = peewee.DateTimeField(default=db.now)
    lease = peewee.CharField(max_length=32, null=True)
    lease_until = peewee.DateTimeField(null=True)
    last_ok_at = peewee.DateTimeField(null=True)
    failures = peewee.IntegerField(default=0)
    error = peewee.CharField(max_length=80, default="")

    class Meta:
        table_name = "core_intake"


@dataclass(frozen=True)
class Letter:
    """A letter in a mailbox: read (``mail``), or why it was not (``problem``: too_large, broken, parts, encrypted, gave_up).

    ``number`` is the server's number, ``size`` its bytes; ``answer`` says whether the county wants letters to be answered.
    """

    number: int
    size: int
    mail: Mail | None
    problem: str = ""
    place: str = ""
    answer: bool = True


@dataclass(frozen=True)
class Taken:
    """What came of a letter: ``write`` stores it, in the transaction that counts it; ``flag`` marks it in the mailbox."""

    write: Callable[[], object]
    flag: bool = False


Take = Callable[[Letter, Node], Taken]


class _Lost(Exception):
    """Another worker has this mailbox now."""


def poll(take: Take, wanted: Callable[[Node], bool]) -> int:
    """Read the mailboxes that are due at divisions that are ``wanted``; returns how many letters were taken or set aside.

    Waits for networks; not inside a transaction. What ``take`` raises ends the visit and is tried again later, three times.
    """
    setups = {row.id: row for row in channel_setup.all_active("mailbox")}
    if not setups:
        return 0
    _make_states(setups)
    moment, done = db.now(), 0
    due = list(IntakeState.select().where(IntakeState.setup_id.in_(list(setups)) & (IntakeState.next_at <= moment)
                                          & _free(moment)).order_by(IntakeState.next_at, IntakeState.id))
    for state in due:
        setup = setups[state.setup_id]
        node = snapshot.current().tree.get(setup.division_id)
        if node is not None and node.valid and wanted(node):
            done += _visit(state.id, setup, node, take)
    return done


def _free(moment: datetime) -> Any:
    return IntakeState.lease.is_null() | (IntakeState.lease_until < moment)


def _make_states(setups: Iterable[int]) -> None:
    known = {row[0] for row in IntakeState.select(IntakeState.setup_id).tuples()}
    for setup_id in setups:
        if setup_id not in known:
            with db.transaction():
                IntakeState.insert(setup_id=setup_id, next_at=db.now()).on_conflict_ignore().execute()


def _visit(state_id: int, setup: ChannelSetup, node: Node, take: Take) -> int:
    lease = db.new_uid()
    if not _update(state_id, (IntakeState.next_at <= db.now()) & _free(db.now()), lease=lease, lease_until=db.now() + LEASE):
        return 0
    pause = timedelta(minutes=int(setup.values.get("minutes") or 2))
    try:
        opened = channel_setup.opened(setup)
        db.close_thread()  # others may use the connection while the network is waited for
        with imap.opened(opened) as box:
            done = _take_letters(state_id, lease, box, setup, node, take)
    except _Lost:
        return 0
    except Exception as error:  # noqa: BLE001 - a mailbox that cannot be read must not keep the others waiting
        _rest(state_id, lease, error, pause)
        return 0
    more = done == imap.MOST_AT_ONCE
    _update(state_id, IntakeState.lease == lease, lease=None, lease_until=None, failures=0, error="", last_ok_at=db.now(),
            next_at=db.now() if more else db.now() + pause)
    return done


def _rest(state_id: int, lease: str, error: BaseException, pause: timedelta) -> None:
    reason = f"{error.reason} {error.code}".strip() if isinstance(error, Failure) else "interrupted"
    if not isinstance(error, Failure):
        frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
        log.error("mailbox %s: %s at %s", state_id, type(error).__name__, " > ".join(frames))
    state = IntakeState.get_by_id(state_id)
    failures = state.failures + 1
    rest = min(LONGEST_REST, max(pause, timedelta(minutes=1)) * 2 ** min(failures - 1, 6))
    _update(state_id, IntakeState.lease == lease, lease=None, lease_until=None, failures=failures, error=reason[:80],
            next_at=db.now() + rest)


def _update(state_id: int, condition: Any, **values: Any) -> bool:
    with db.transaction():
        return bool(IntakeState.update(values).where((IntakeState.id == state_id) & condition).execute())


def _take_letters(state_id: int, lease: str, box: imap.Mailbox, setup: ChannelSetup, node: Node, take: Take) -> int:
    state = IntakeState.get_by_id(state_id)
    same = state.validity == box.validity
    own = frozenset(text.lower() for text in (str(setup.values.get("address") or ""), _sender(node)) if text)
    last, old = (state.last_uid, state.old_until) if same else (0, max(0, box.newest))
    if not same:  # the first visit, or the server numbers its letters anew
        _keep(state_id, lease, validity=box.validity, last_uid=last, old_until=old, trying_uid=None, tries=0)
    waiting = box.waiting(last, old)
    for number, size in waiting:
        letter = _letter(state_id, lease, box, setup, number, size, own)
        taken = take(letter, node)
        with db.transaction():
            _keep(state_id, lease, last_uid=number, trying_uid=None, tries=0)
            taken.write()
        box.mark(number, "\\Seen \\Flagged" if taken.flag else "\\Seen")
    return len(waiting)


def _keep(state_id: int, lease: str, **values: Any) -> None:
    if not _update(state_id, IntakeState.lease == lease, lease_until=db.now() + LEASE, **values):
        raise _Lost


def _letter(state_id: int, lease: str, box: imap.Mailbox, setup: ChannelSetup, number: int, size: int,
            own: frozenset[str]) -> Letter:
    """Fetch and read one letter; before that it is noted that it is tried, for the case that it ends this process."""
    state = IntakeState.get_by_id(state_id)
    tries = state.tries + 1 if state.trying_uid == number else 1
    _keep(state_id, lease, trying_uid=number, tries=tries)
    mail, problem = None, "gave_up" if tries > MOST_TRIES else "too_large" if size > LETTER_BYTES else ""
    if not problem:
        try:
            mail = mail_read.read(box.fetch(number), own)
        except Unreadable as reason:
            problem = reason.reason
    return Letter(number, size, mail, problem, f"{setup.id}:{state.validity}:{number}", bool(setup.values.get("answer", True)))


def _sender(node: Node) -> str:
    """The address from which this county's own messages come."""
    row = channel_setup.find("mail", node)
    return str(row.values.get("sender") or "") if row is not None else ""


def state_of(setup_id: int) -> IntakeState | None:
    """How far a mailbox was read, None when it never was."""
    found: IntakeState | None = IntakeState.get_or_none(IntakeState.setup_id == setup_id)
    return found


# ---------------------------------------------------------------- text messages

def text_messages(node: Node, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> tuple[GatewayPost, bool]:
    """The messages that a gateway posted for ``node``, and whether the county wants them to be answered.

    Read in the platform's own form, else in that of a plugin (hook ``sms``). Raises ``NotFound`` where no gateway is set up and
    ``Unauthenticated`` for a post that is forged, old or in no known form: all alike.
    """
    row = channel_setup.find("sms_in", node)
    if row is None or not row.active:
        raise NotFound(_("There is nothing here."))
    try:
        setup = channel_setup.opened(row)
    except Failure:
        raise NotFound(_("There is nothing here.")) from None
    post = sms_in.read(setup.get("secret"), headers, body)
    if post is None and sms_in.SIGNATURE_HEADER not in headers:
        try:
            post = platform().hooks.first("sms", division=node, headers=headers, query=query, body=body,
                                          secret=setup.get("secret"))
        except GuestFailure:
            post = None
    if not isinstance(post, GatewayPost):
        raise Unauthenticated(_("The messages were not taken."),
                              _("The signature is wrong or too old, or the form is not known."),
                              _("Check the common secret and the clock of the gateway."), code="signature")
    return post, bool(row.values.get("answer", True))

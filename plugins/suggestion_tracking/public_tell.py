"""Whoever left a number or wrote a letter and wishes for an answer is told that there is one, with the link to rate it.

The worker does it once for each answer, where the county has set up the channel: a text message to the number that was left, a
letter to who wrote one. The message says number and link, and nothing of the matter: a number may be typed wrongly. The link is
made when the message is sent and stored as a hash; number and address are opened for the sending and stand in no job, no
ledger entry and no log. Telling the resident is still the officer's step ("feed back"): a message may not arrive.

A worker that is killed after sending and before noting it sends again: the same message with the same link, which stays good.
"""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from grid321.core.api import (
    SYSTEM,
    Event,
    Failure,
    Job,
    Node,
    Problem,
    enqueue,
    gettext,
    letters,
    limits,
    records,
    registry,
    setting,
    signed_links,
    site_url,
    steps_taken,
    transaction,
    tree,
)
from grid321.core.api import lazy_gettext as _

from .intake_entity import INCOMING
from .intake_models import Incoming
from .matter_workflow import HANDLING
from .public_form import MATTER, PLUGIN
from .public_own import RATE, RATE_DAYS, rating_steps

SETTING = f"{PLUGIN}.tell_answered"
ANSWERING = frozenset({step.key for step in HANDLING.transitions if step.target == "answered"} | {"follow"})
TOLD_A_DAY = 5
"""Messages to one number or address in a day: somebody else may have given it."""
MOST_TRIES, PATIENCE = 6, timedelta(minutes=5)


def plan(event: Event) -> None:
    """Ask for the message when a matter was answered, in the transaction in which the event is told."""
    if event.entity != MATTER or event.action not in ANSWERING or event.facts.get("to_state") != "answered":
        return
    node = tree().get(event.division_id)
    if node is not None and setting(SETTING, node.id) and any(letters.can_send(node, way) for way in ("sms", "mail")):
        enqueue(JOB.key, {"matter_id": event.record_id, "tries": 1, "answer": event.facts["entry"]}, SYSTEM, node)


def run(context: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Send the message if the matter still waits for its rating; again when the channel was away. Returns what came of it."""
    entity = registry().entity(MATTER)
    record = entity.model.get_or_none(entity.model.id == args["matter_id"])
    place = tree().get(record.division_id) if record is not None else None
    if record is None or place is None or not record.wants_answer or not rating_steps(record):
        return {"sent": 0}
    answer = args.get("answer")  # the ledger's entry of the answer; jobs of an earlier release do not name it
    if answer is not None and steps_taken(MATTER, record.id, ("link_sent",), after=answer):
        return {"sent": 0}
    way, address, reference = address_of(entity, record, place)
    key = f"told-answer:{way}:{address}"
    if not address or limits.take(key, TOLD_A_DAY, timedelta(days=1)) > TOLD_A_DAY:
        return {"sent": 0}
    try:
        _send(record, place, way, address, reference, f"{record.uid}-{answer or record.version}")
    except Failure as failure:
        limits.give_back(key)
        return _failed(record, place, failure, args)
    with transaction():
        records.note(entity, record, SYSTEM, place, "link_sent", facts={"way": way})
    return {"sent": 1}


def address_of(entity: Any, record: Any, place: Node) -> tuple[str, str, str]:
    """(channel, number or address, id of the letter that is answered); empty texts when there is none, or no channel for it.

    Who wrote a letter is answered by letter, everybody else by the number that was left.
    """
    phone = records.opened(entity, record, "contact_phone")
    row = Incoming.get_or_none(Incoming.matter_id == record.id)
    if row is not None and row.way == "email" and letters.can_send(place, "mail"):
        return "mail", records.opened(INCOMING, row, "sender"), records.opened(INCOMING, row, "message_ref")
    if row is not None and row.way == "sms":
        phone = phone or records.opened(INCOMING, row, "sender")
    return ("sms", phone, "") if phone and letters.can_send(place, "sms") else ("", "", "")


def _send(record: Any, place: Node, way: str, address: str, reference: str, mark: str) -> None:
    """Send the message. ``mark`` stays the same in every try for one answer, and so do the link and the message's own id."""
    with transaction():
        signed_links.revoke(RATE, MATTER, record.id)
        token = signed_links.create(RATE, MATTER, record.id, expires=timedelta(days=RATE_DAYS), seed=mark)
    link = f"/d/{place.code}/{PLUGIN}/rate/{token}"
    text = gettext("Your matter %(number)s was answered. Read the answer and say whether you are satisfied:",
                   number=record.number)
    if way == "mail":
        more = gettext("The link is for one rating and ends after %(days)s days. Keep it to yourself.", days=RATE_DAYS)
        letters.send(place, address, gettext("Answered: %(number)s", number=record.number),
                     f"{text}\n{site_url(place.id)}{link}\n\n{more}", letter_id=mark, answers=reference)
    else:
        letters.send_text(place, address, text, number=record.number, message_id=mark, link=link)


def _failed(record: Any, place: Node, failure: Failure, args: dict[str, Any]) -> dict[str, Any]:
    """Try again later, at growing distances; or give up, which ends the link and which the timeline of the matter says.

    Until then the link stays: what broke off may have arrived.
    """
    tries = int(args["tries"])
    with transaction():
        if not failure.final and tries < MOST_TRIES:
            enqueue(JOB.key, {**args, "tries": tries + 1}, SYSTEM, place, after=PATIENCE * 2 ** (tries - 1))
            return {"sent": 0, "again": 1}
        signed_links.revoke(RATE, MATTER, record.id)
        records.note(registry().entity(MATTER), record, SYSTEM, place, "link_failed", facts={"reason": failure.reason})
    raise Problem(_("The resident could not be told by message that the matter was answered."), record.number,
                  _("Tell him or her in another way; the own page shows the answer, too."))


JOB = Job(f"{PLUGIN}.tell_answered", _("Tell residents that there is an answer"), run)

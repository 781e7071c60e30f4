"""After the feedback: the voter who left a number gets the link to rate by text message, the deputy a notice of what happened.

The message says number and link and nothing of the opinion: a number may be typed wrongly. The link is made when the message is
sent and stored as a hash; the number is opened for the sending and stands in no job, no ledger entry and no log. A worker that is
killed after sending and before noting it sends the same message with the same link again. Who got a link or a letter with a code
at the station (``voter_rating``) gets no second one: it would end the first.
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
    accounts_of,
    enqueue,
    gettext,
    letters,
    limits,
    notify,
    records,
    registry,
    setting,
    signed_links,
    steps_taken,
    transaction,
    tree,
)
from grid321.core.api import lazy_gettext as _

from .day_choices import OPINION, PLUGIN, TELL, P
from .day_models import Opinion
from .opinion_workflow import RATED_FROM
from .voter_rating import PURPOSE

TOLD_A_DAY = 5
"""Messages to one number in a day: somebody else may have given it."""
MOST_TRIES, PATIENCE = 6, timedelta(minutes=5)
FED_BACK = ("feed_back", "feed_back_late")
BACK = ("give_back", "give_back_county", "return_to_village", "return_to_town", "outside_returned", "outside_returned_town",
        "outside_returned_county")
RATED = ("rate", "rate_told", "object", "object_again")
TEXTS = {
    "answered": _("Opinion %(number)s, which you heard, was answered.").message,
    "back": _("Opinion %(number)s, which you heard, was returned and is handled further.").message,
    "rated": _("The voter rated the answer to opinion %(number)s, which you heard.").message,
    "closed": _("Opinion %(number)s, which you heard, is settled.").message,
    "overdue": _("Opinion %(number)s, which you heard, is overdue.").message,
}


def listen(event: Event) -> None:
    """Ask for the message and tell the deputy, in the transaction in which the event is told."""
    if event.entity != OPINION:
        return
    case = Opinion.get_or_none(Opinion.id == event.record_id)
    place = tree().get(case.division_id) if case is not None else None
    if case is None or place is None:
        return
    what = _what(event)
    if what and case.person_id:
        notify(accounts_of([case.person_id]).values(), TEXTS[what], {"number": case.number},
               f"/d/{place.code}/{PLUGIN}/opinion/{case.id}", place)
    if event.action in FED_BACK and setting(TELL, place.id) and letters.can_send(place, "sms"):
        enqueue(JOB.key, {"opinion_id": case.id, "tries": 1, "entry": event.facts["entry"]}, SYSTEM, place)


def _what(event: Event) -> str:
    """Which of ``TEXTS`` the deputy reads about an event; empty for what concerns the offices only."""
    if event.action == "overdue":
        return "overdue"
    if event.action in BACK:
        return "back"
    if event.action in RATED:
        return "rated"
    state = event.facts.get("to_state")
    return "answered" if state == "answered" else "closed" if state in {"closed", "ended"} else ""


# ---------------------------------------------------------------- the message to the voter

def run(context: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Send the message if the opinion still waits for its rating; again when the gateway was away. Returns what came of it."""
    entity = registry().entity(OPINION)
    case = Opinion.get_or_none(Opinion.id == args["opinion_id"])
    place = tree().get(case.division_id) if case is not None else None
    if case is None or place is None or not case.wants_answer or case.state not in RATED_FROM:
        return {"sent": 0}
    mark = f"{case.uid}-{args['entry']}"
    sent = steps_taken(OPINION, case.id, ("link_sent",), after=args["entry"])
    if sent or signed_links.given(PURPOSE, OPINION, case.id, but=mark):
        return {"sent": 0}
    phone = records.opened(entity, case, "phone")
    key = f"told-opinion:{phone}"
    if not phone or not letters.can_send(place, "sms") or limits.take(key, TOLD_A_DAY, timedelta(days=1)) > TOLD_A_DAY:
        return {"sent": 0}
    try:
        _send(case, place, phone, mark)
    except Failure as failure:
        limits.give_back(key)
        return _failed(case, place, failure, args)
    with transaction():
        records.note(entity, case, SYSTEM, place, "link_sent", facts={"way": "sms"})
    return {"sent": 1}


def _send(case: Opinion, place: Node, phone: str, mark: str) -> None:
    """Send the message. ``mark`` stays the same in every try for one feedback, and so do the link and the message’s own id."""
    days = int(setting(f"{P}rating_link_days", case.division_id))
    with transaction():
        signed_links.revoke(PURPOSE, OPINION, case.id)
        token = signed_links.create(PURPOSE, OPINION, case.id, expires=timedelta(days=days), seed=mark)
    text = gettext("The opinion %(number)s that you gave to the deputies was answered. Read the answer and say whether you are "
                   "satisfied:", number=case.number)
    letters.send_text(place, phone, text, number=case.number, message_id=mark, link=f"/d/{place.code}/{PLUGIN}/rate/{token}")


def _failed(case: Opinion, place: Node, failure: Failure, args: dict[str, Any]) -> dict[str, Any]:
    """Try again later, at growing distances; or give up, which ends the link and which the timeline of the opinion says."""
    tries = int(args["tries"])
    with transaction():
        if not failure.final and tries < MOST_TRIES:
            enqueue(JOB.key, {**args, "tries": tries + 1}, SYSTEM, place, after=PATIENCE * 2 ** (tries - 1))
            return {"sent": 0, "again": 1}
        signed_links.revoke(PURPOSE, OPINION, case.id)
        records.note(registry().entity(OPINION), case, SYSTEM, place, "link_failed", facts={"reason": failure.reason})
    raise Problem(_("The voter could not be sent the link to rate the answer."), case.number,
                  _("Print the letter with the code, or ask by telephone and enter the rating."))


JOB = Job(f"{P}tell_voter", _("Send voters the link to rate an answer"), run)

"""The answers to what arrived: number and look-up code, sent by the worker, sealed while they wait and erased afterwards."""
from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from grid321.core.api import (
    SYSTEM,
    Failure,
    Node,
    format_day,
    gettext,
    letters,
    now,
    records,
    registry,
    site_url,
    transaction,
    tree,
)

from .intake_entity import INCOMING
from .intake_models import Incoming

log = logging.getLogger("grid321.suggestion_tracking")
BATCH = 20
MOST_TRIES = 6
PATIENCE = timedelta(minutes=5)


def answer_text(record: Any, node: Node, code: str, refused: list[str]) -> str:
    """The letter that says that a matter was registered, how to look it up, and which files were not accepted."""
    lines = [gettext("Your letter was registered. Number: %(number)s", number=record.number),
             gettext("Look-up code: %(code)s", code=code), "",
             gettext("With number and code you can see what becomes of it, and say whether you are satisfied:"),
             f"{site_url(node.id)}/d/{node.code}/suggestion_tracking/lookup", "",
             gettext("Keep the code to yourself: whoever has it sees your matter.")]
    if record.due:
        lines.append(gettext("It will be taken up by %(day)s.", day=format_day(record.due)))
    if refused:
        lines += ["", gettext("These files were not accepted: %(names)s. Pictures (JPEG, PNG, WebP), PDF, Word (.docx) and "
                              "tables (.xlsx) up to 10 MB are.", names="、".join(refused))]
    return "\n".join(lines)


def message_text(record: Any, code: str) -> str:
    """The same as a short message."""
    return gettext("Your matter was registered: number %(number)s, look-up code %(code)s.", number=record.number, code=code)


def run() -> int:
    """Send the answers that are due, each by one worker at a time; returns how many went out or were given up."""
    moment, done = now(), 0
    rows = list(Incoming.select().where((Incoming.answer_state == "waiting") & (Incoming.answer_at <= moment))
                .order_by(Incoming.answer_at, Incoming.id).limit(BATCH))
    for row in rows:
        node = tree().get(row.division_id)
        if node is not None and _claim(row):
            done += _send(row, node)
    return done


def _claim(row: Any) -> bool:
    """Nobody else sends it within five minutes; a worker that is killed leaves it to the next one."""
    with transaction():
        return bool(Incoming.update(answer_at=now() + PATIENCE, answer_tries=row.answer_tries + 1).where(
            (Incoming.id == row.id) & (Incoming.answer_state == "waiting")
            & (Incoming.answer_tries == row.answer_tries)).execute())


def _send(row: Any, node: Node) -> int:
    failure: Failure | None = None
    try:
        text, sender, reference = (records.opened(INCOMING, row, name) for name in ("answer", "sender", "message_ref"))
        if not (text and sender):
            raise Failure("sealed", final=True)
        if row.way == "email":
            letters.send(node, sender, gettext("Registered: %(number)s", number=row.number), text,
                         letter_id=row.uid, answers=reference)
        else:
            letters.send_text(node, sender, text, number=row.number, message_id=row.uid)
    except Failure as found:
        failure = found
    if failure is not None and not failure.final and row.answer_tries + 1 < MOST_TRIES:
        return 0
    state = "sent" if failure is None else "failed"
    if failure is not None:
        log.warning("answer %s: given up (%s)", row.id, failure.reason)
    with transaction():
        Incoming.update(answer_state=state, answer=None, answer_at=None).where(Incoming.id == row.id).execute()
        entity = registry().entity("suggestion_tracking.matter")
        record = entity.model.get_or_none(entity.model.id == row.matter_id)
        if record is not None:
            records.note(entity, record, SYSTEM, tree().get(record.division_id) or node, f"receipt_{state}",
                         facts={"incoming": row.id})
    return 1

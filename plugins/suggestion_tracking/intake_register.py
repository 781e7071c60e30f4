"""How a letter or text message becomes a matter: once, with its files, a code to look it up and an answer that says so."""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from grid321.core.api import (
    SYSTEM,
    Node,
    Problem,
    attachments,
    gettext,
    limits,
    lookup,
    now,
    records,
    registry,
    setting,
    transaction,
    tree,
)

from .intake_entity import INCOMING
from .intake_models import Incoming

PLUGIN = "suggestion_tracking"
MATTER = f"{PLUGIN}.matter"
PER_SENDER = 20
ANSWERS_PER_SENDER = 5
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def known(way: str, key: str) -> bool:
    """True when this letter or message was taken before."""
    return bool(Incoming.select().where((Incoming.way == way) & (Incoming.key == key)).exists())


def keep(way: str, key: str, node: Node, state: str, reason: str = "", **values: Any) -> Any:
    """Write that something arrived and what became of it, inside the present transaction. Returns the row.

    ``sender``, ``subject`` and ``answer`` are sealed; a text ``answer`` waits to be sent.
    """
    answer = values.get("answer")
    row = {"way": way, "key": key, "state": state, "reason": reason, "division_id": node.id,
           "answer_state": "waiting" if answer else "none", "answer_at": now() if answer else None, **values}
    return records.create(INCOMING, row, SYSTEM, node)


def too_many(way: str, sender: str) -> bool:
    """True when a sender has had more than twenty matters registered within an hour. Uses one try."""
    return bool(sender) and limits.take(f"intake:{way}:{sender}", PER_SENDER, timedelta(hours=1)) > PER_SENDER


def may_answer(way: str, sender: str) -> bool:
    """True while a sender got fewer than five answers today: two machines that answer each other stop. Uses one try."""
    return bool(sender) and limits.take(
        f"intake-answer:{way}:{sender}", ANSWERS_PER_SENDER, timedelta(days=1)) <= ANSWERS_PER_SENDER


def register(way: str, key: str, node: Node, values: Mapping[str, Any], files: Iterable[attachments.Clean], code: lookup.Code,
             answer: Any, arrived: Mapping[str, Any]) -> Any:
    """Register a matter with its files and code, and note the arrival, in one transaction. Returns the matter, or None.

    ``answer(matter)`` gives the text to send, or "". What the platform or a region's plugin refuses is set aside; ``code``
    is made before the transaction, because hashing takes longer than writers should wait.
    """
    entity = registry().entity(MATTER)
    place = place_named(node, f"{values.get('title', '')}\n{values['text']}")
    try:
        with transaction():
            record = records.create(entity, {**values, "source": way, "kind": "other"}, SYSTEM, place)
            wanted = list(files)
            if wanted:
                attachments.add(entity, record, wanted, SYSTEM, place)
            lookup.keep(code, MATTER, record.id, record.number)
            keep(way, key, node, "registered", matter_id=record.id, number=record.number, answer=answer(record) or None,
                 **arrived)
    except Problem:
        with transaction():
            keep(way, key, node, "aside", "refused", **arrived)
        return None
    return record


def place_named(node: Node, text: str) -> Node:
    """The one village or town below ``node`` that ``text`` names in full; ``node`` when it names none or several.

    A setting of the county switches it off; then everything waits at the county.
    """
    if not setting(f"{PLUGIN}.intake_by_place", node.id):
        return node
    below = [one for one in tree().subtree(node) if one.valid and one.level in {"town", "village"} and len(one.name) > 2]
    named = [one for one in below if one.name in text]
    towns = [one for one in named if one.level == "town"]
    villages = [one for one in named if one.level == "village"]
    if len(towns) == 1:
        villages = [one for one in villages if towns[0].id in one.path]
    if len(villages) == 1 and len(towns) <= 1:
        return villages[0]
    return towns[0] if len(towns) == 1 and not villages else node


def phone_in(text: str) -> str | None:
    """The mobile number that a text names, when it names one and no other."""
    found = set(_MOBILE.findall(text))
    return found.pop() if len(found) == 1 else None


def short(text: str, longest: int) -> str:
    """A text within ``longest`` characters; what is cut off is said."""
    if len(text) <= longest:
        return text
    note = gettext("… (cut here; the whole letter is in the mailbox)")
    return text[:longest - len(note)] + note

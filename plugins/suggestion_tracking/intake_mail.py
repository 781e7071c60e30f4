"""Letters to the county's mailbox: who wrote them, what they want, what is not taken and why."""
from __future__ import annotations

import io
from typing import Any

from werkzeug.datastructures import FileStorage

from grid321.core.api import (
    Node,
    Problem,
    attachments,
    gettext,
    intakes,
    is_on,
    letters,
    lookup,
    mail_read,
    registry,
    three_levels,
)

from . import intake_register as register
from .intake_answers import answer_text

WAY = "email"
MOST_FILES = 10
MOST_TEXT, MOST_TITLE = 4000, 80


def wanted(node: Node) -> bool:
    """True where the plugin is on."""
    return is_on(register.PLUGIN, node.id)


def run() -> int:
    """Read the mailboxes that are due; returns how many letters were taken or set aside."""
    return intakes.poll(take, wanted)


def take(letter: intakes.Letter, node: Node) -> intakes.Taken:
    """Look at a letter and say what to write of it (see ``intakes.poll``)."""
    mail = letter.mail
    if mail is None:
        return _aside(letter.place, node, letter.problem, {"size": letter.size})
    if register.known(WAY, mail.key):
        return intakes.Taken(lambda: None)
    arrived = {"size": letter.size, "sender": mail.sender[:300] or None, "subject": mail.subject or None,
               "message_ref": mail.message_id or None}
    if mail.automatic:
        return intakes.Taken(lambda: register.keep(WAY, mail.key, node, "ignored", mail.automatic, **arrived))
    if any(part.runs for part in mail.files):
        return _aside(mail.key, node, "dangerous", arrived)
    if not (mail.text or mail.subject or mail.files):
        return _aside(mail.key, node, "empty", arrived)
    if register.too_many(WAY, mail.sender):
        return _aside(mail.key, node, "too_many", arrived)
    return _register(letter, mail, node, arrived)


def _aside(key: str, node: Node, reason: str, arrived: dict[str, Any]) -> intakes.Taken:
    return intakes.Taken(lambda: register.keep(WAY, key, node, "aside", reason, **arrived), flag=True)


def _register(letter: intakes.Letter, mail: mail_read.Mail, node: Node, arrived: dict[str, Any]) -> intakes.Taken:
    files, refused = _cleaned(mail.files)
    text = register.short(mail.text or mail.subject or gettext("See the files."), MOST_TEXT)
    values = {"title": mail.subject[:MOST_TITLE] or three_levels.first_words(text), "text": text,
              "contact_name": mail.sender_name[:40] or None, "contact_phone": register.phone_in(mail.text), "wants_answer": True}
    code = lookup.new_code()
    answers = letter.answer and letters.can_send(node) and register.may_answer(WAY, mail.sender)

    def answer(record: Any) -> str:
        return answer_text(record, node, code.text, refused) if answers else ""

    def write() -> None:
        register.register(WAY, mail.key, node, values, files, code, answer, {**arrived, "refused_files": len(refused)})

    return intakes.Taken(write)


def _cleaned(parts: tuple[mail_read.Part, ...]) -> tuple[list[attachments.Clean], list[str]]:
    """The files that may be stored, and the names of those that may not (kind, size, or too many)."""
    found: list[attachments.Clean] = []
    refused: list[str] = []
    for part in parts:
        try:
            if len(found) >= MOST_FILES or not part.body:
                raise ValueError
            found.append(attachments.clean(FileStorage(io.BytesIO(part.body), filename=part.name)))
        except (Problem, ValueError):
            refused.append(part.name[:80])
    return found, refused


def entity() -> Any:
    """The matters' declaration."""
    return registry().entity(register.MATTER)

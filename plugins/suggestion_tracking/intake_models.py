"""What arrived by machine: letters and text messages, each once, with what became of it."""
from __future__ import annotations

from typing import Any

import peewee

from grid321.core.api import Scoped, SealedField, ancestor_columns, new_uid, scope_indexes, seal, tree


class Incoming(Scoped):
    """A letter or text message that arrived at a county. What it says stands in its matter, and nowhere else.

    ``key`` is a hash that tells it from every other one of its ``way``. ``state``: ``registered`` (with ``matter_id``),
    ``aside`` (a person must look, ``reason`` says why; the letter is still in the mailbox), ``done`` (a person did) or
    ``ignored`` (no person wrote it).
    ``answer`` is the sealed text that waits to be sent; it is erased when it went out.
    """

    way = peewee.CharField(max_length=10)
    key = peewee.CharField(max_length=64)
    state = peewee.CharField(max_length=12)
    reason = peewee.CharField(max_length=20, default="")
    matter_id = peewee.BigIntegerField(null=True)
    number = peewee.CharField(max_length=40, default="")
    sender = SealedField(null=True)
    subject = SealedField(null=True)
    size = peewee.IntegerField(default=0)
    refused_files = peewee.IntegerField(default=0)
    message_ref = SealedField(null=True)
    answer = SealedField(null=True)
    answer_state = peewee.CharField(max_length=10, default="none")
    answer_tries = peewee.IntegerField(default=0)
    answer_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "suggestion_tracking_incoming"
        indexes = scope_indexes((("way", "key"), True), (("answer_state", "answer_at"), False), (("matter_id",), False))


SEALED = ("sender", "subject", "message_ref", "answer")


def make(values: dict[str, Any], actor: Any, node: Any) -> Incoming:
    """Store a row at ``node``, inside the present transaction; what names a person is sealed."""
    uid = new_uid()
    row = {"way": "email", "key": uid, "state": "aside", **values, "uid": uid, "created_by": actor.account_id,
           "division_id": node.id, **ancestor_columns(tree(), node)}
    for name in SEALED:
        row[name] = seal(str(row[name]), Incoming._meta.table_name, name, uid) if row.get(name) else None
    return Incoming.create(**row)


MODELS = (Incoming,)

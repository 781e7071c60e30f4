"""The table of what is public: a text of its own for each published item, so that no page for everybody reads a matter."""
from __future__ import annotations

import peewee

from grid321.core.api import Scoped, scope_indexes


class Publication(Scoped):
    """What everybody may read of a matter or suggestion: the wording that an officer released, and the result.

    ``source`` is ``matter`` or ``suggestion`` and ``source_id`` its record, ``number`` its number; ``kind`` repeats its class.
    ``raised_at`` says when it was raised. ``hidden`` takes it back: it stays in the table for the record, and nobody sees it.
    """

    source = peewee.CharField(max_length=12)
    source_id = peewee.BigIntegerField()
    number = peewee.CharField(max_length=40)
    kind = peewee.CharField(max_length=40, default="")
    title = peewee.CharField(max_length=120)
    text = peewee.TextField()
    result = peewee.TextField(default="")
    outcome = peewee.CharField(max_length=40, null=True)
    raised_at = peewee.DateTimeField()
    published_on = peewee.DateField()
    hidden = peewee.BooleanField(default=False)

    class Meta:
        table_name = "suggestion_tracking_publication"
        indexes = scope_indexes((("source", "source_id"), True), (("raised_at", "id"), False), (("kind", "id"), False))

"""Closed months as they were frozen, and the corrections of what they said. Only ``months`` writes them."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from . import db

PROPOSED, APPROVED, REJECTED = "proposed", "approved", "rejected"


class MonthClose(db.Table):
    """The figures of one division in one month, frozen, with the ledger's position and head at that moment.

    ``figures``: ``{"own": {entity: terms}, "below": {entity: {level: terms}}, "places": {entity: [division ids]},
    "rows": [ids of the closes counted in "below"]}``; terms are ``opening``, each kind of flow and ``open``.
    """

    append_only = True

    id = peewee.BigAutoField()
    division_id = peewee.BigIntegerField()
    level = peewee.CharField(max_length=10)
    month = peewee.CharField(max_length=7)
    figures = db.JSONField()
    position = peewee.BigIntegerField()
    head = peewee.CharField(max_length=64)
    closed_at = peewee.DateTimeField()
    account_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_month_close"
        indexes = ((("division_id", "month"), True), (("month",), False))


class MonthCorrection(db.Table):
    """A correction of a closed month: ``n`` cases that were counted as ``from_kind`` count as ``to_kind``.

    It is booked into the month in which a second person approves it, and printed in that month's bulletin.
    """

    id = peewee.BigAutoField()
    division_id = peewee.BigIntegerField()
    entity = peewee.CharField(max_length=80)
    month = peewee.CharField(max_length=7)
    from_kind = peewee.CharField(max_length=20)
    to_kind = peewee.CharField(max_length=20)
    n = peewee.IntegerField()
    reason = peewee.TextField()
    state = peewee.CharField(max_length=10, default=PROPOSED)
    proposed_by = peewee.BigIntegerField(null=True)
    proposed_at = peewee.DateTimeField()
    decided_by = peewee.BigIntegerField(null=True)
    decided_at = peewee.DateTimeField(null=True)
    booked_month = peewee.CharField(max_length=7, null=True)
    entry_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_month_correction"
        indexes = ((("division_id", "booked_month"), False), (("division_id", "month"), False))


def frozen(division_id: int, months: Sequence[str]) -> dict[str, MonthClose]:
    """The closed ones of ``months`` at a division, by month. One query."""
    query = MonthClose.select().where((MonthClose.division_id == division_id) & MonthClose.month.in_(list(months) or [""]))
    return {row.month: row for row in query}


def terms_by_level(row: Any, entity_key: str) -> dict[str, dict[str, int]]:
    """The frozen terms of an entity by level: the division's own and those of the levels below."""
    own = row.figures["own"].get(entity_key)
    return {**row.figures["below"].get(entity_key, {}), **({row.level: own} if own is not None else {})}

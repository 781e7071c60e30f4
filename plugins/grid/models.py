"""Tables of the plugin: grids and reports. Both carry the ids of their division and of every ancestor."""
from __future__ import annotations

import peewee

from grid321.core.api import Case, JSONField, Scoped, SealedField, case_indexes, scope_indexes


class Grid(Scoped):
    """What the plugin knows about one node of level ``grid``: ``division_id`` is the node, ``village_id`` its village.

    ``code`` and ``name`` repeat those of the node, so that lists, search and import read one table; ``grids`` keeps
    both equal. ``boundary`` is a GeoJSON geometry in ``coordinates``.
    """

    code = peewee.CharField(max_length=24)
    name = peewee.CharField(max_length=80)
    kind = peewee.CharField(max_length=20)
    subject = peewee.CharField(max_length=80, default="")
    boundary = JSONField(null=True)
    coordinates = peewee.CharField(max_length=10, default="cgcs2000")
    households = peewee.IntegerField(null=True)
    people = peewee.IntegerField(null=True)
    retired_on = peewee.DateField(null=True)

    class Meta:
        table_name = "grid_grid"
        indexes = scope_indexes((("division_id",), True), (("code",), False))


class Report(Case):
    """A matter that somebody in a grid reports: social information or ledger information."""

    kind = peewee.CharField(max_length=10)
    ledger_class = peewee.CharField(max_length=40, null=True)
    title = peewee.CharField(max_length=80)
    text = peewee.TextField()
    place = peewee.CharField(max_length=120, default="")
    lon = peewee.DoubleField(null=True)
    lat = peewee.DoubleField(null=True)
    coordinates = peewee.CharField(max_length=10, null=True)
    occurred_on = peewee.DateField()
    urgency = peewee.CharField(max_length=10, default="normal")
    reporter_phone = SealedField(null=True)
    way = peewee.CharField(max_length=40, null=True)
    answer = peewee.TextField(null=True)
    rating = peewee.CharField(max_length=10, null=True)
    attitude = peewee.CharField(max_length=10, null=True)
    handled_again = peewee.BooleanField(default=False)
    limit_on = peewee.DateField(null=True)
    holder_level = peewee.CharField(max_length=10, default="village")
    solved_level = peewee.CharField(max_length=10, null=True)

    class Meta:
        table_name = "grid_report"
        # (level, due) answers "how many are overdue here" without reading the others; due is null without a running clock
        indexes = case_indexes(*(((column, "due"), False) for column in ("county_id", "town_id", "village_id")))


MODELS = (Grid, Report)

"""Tables of the deputies' file (履职档案): what a deputy did, the year, the voters' rating, schemes of scoring."""
from __future__ import annotations

import peewee

from grid321.core.api import Case, JSONField, Scoped, case_indexes, scope_indexes


class Deed(Scoped):
    """A performance event of a deputy. ``key`` tells it from every other one, so that an event told twice counts once."""

    deputy_id = peewee.BigIntegerField()
    person_id = peewee.BigIntegerField(index=True)
    year = peewee.SmallIntegerField()
    day = peewee.DateField()
    kind = peewee.CharField(max_length=40)  # an item of scheme liaison_station.deed
    title = peewee.CharField(max_length=160)
    entity = peewee.CharField(max_length=80, default="")
    record_id = peewee.BigIntegerField(null=True)
    key = peewee.CharField(max_length=120, unique=True)
    state = peewee.CharField(max_length=10, default="noted")  # noted | confirmed | objected | corrected | struck
    objection = peewee.CharField(max_length=300, default="")
    answer = peewee.CharField(max_length=300, default="")

    class Meta:
        table_name = "liaison_station_deed"
        indexes = scope_indexes((("deputy_id", "year", "day"), False))


class Year(Case):
    """A deputy's year: itemised, reported to the voters, checked for personal data, published, rated."""

    deputy_id = peewee.BigIntegerField()
    year = peewee.SmallIntegerField()
    report = peewee.TextField(default="")
    figures = JSONField(null=True)  # by kind of deed, frozen when published
    checked_on = peewee.DateField(null=True)
    published_on = peewee.DateField(null=True)
    reported_at = peewee.CharField(max_length=120, default="")  # the meeting of voters
    votes = JSONField(null=True)  # answer -> count, once the rating is closed

    class Meta:
        table_name = "liaison_station_year"
        indexes = case_indexes((("deputy_id", "year"), True))


class Voice(Scoped):
    """A voter's rating of a deputy's year: one voice for each link. Nothing says who."""

    year_id = peewee.BigIntegerField(index=True)
    way = peewee.CharField(max_length=8)  # link | tablet | paper
    answer = peewee.CharField(max_length=12)  # satisfied | fair | dissatisfied | unknown

    class Meta:
        table_name = "liaison_station_voice"
        indexes = scope_indexes()


class Scheme(Scoped):
    """A scheme of scoring: items with points and caps. Off until a legal basis and an end are recorded."""

    title = peewee.CharField(max_length=120)
    items = JSONField()
    basis = peewee.CharField(max_length=300, default="")
    from_day = peewee.DateField(null=True)
    to_day = peewee.DateField(null=True)

    class Meta:
        table_name = "liaison_station_scheme"
        indexes = scope_indexes()


MODELS = (Deed, Year, Voice, Scheme)

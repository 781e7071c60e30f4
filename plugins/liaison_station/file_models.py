"""Tables of the deputies' file (履职档案): what a deputy did, the year, the voters' rating, schemes of scoring."""
from __future__ import annotations

import peewee

from grid321.core.api import Case, JSONField, Scoped, Table, case_indexes, scope_indexes


class Deed(Scoped):
    """A performance event of a deputy. ``key`` tells it from every other one, so that an event told twice counts once.

    ``entity`` and ``record_id`` name the record it comes from (empty: an officer entered it). ``state`` is struck when its cause
    was undone or an officer took it out; ``was`` keeps the state before the first of these, and is empty after the second.
    """

    deputy_id = peewee.BigIntegerField()
    person_id = peewee.BigIntegerField(index=True)
    year = peewee.SmallIntegerField()
    day = peewee.DateField()
    kind = peewee.CharField(max_length=40)  # an item of scheme liaison_station.deed
    title = peewee.CharField(max_length=160)
    entity = peewee.CharField(max_length=80, default="")
    record_id = peewee.BigIntegerField(null=True)
    row_id = peewee.BigIntegerField(null=True, index=True)  # of the row that hangs on it and names the deputy
    key = peewee.CharField(max_length=120, unique=True)
    state = peewee.CharField(max_length=10, default="noted")  # noted | confirmed | objected | corrected | struck
    was = peewee.CharField(max_length=10, default="")
    objection = peewee.CharField(max_length=300, default="")
    answer = peewee.CharField(max_length=300, default="")

    class Meta:
        table_name = "liaison_station_deed"
        indexes = scope_indexes((("deputy_id", "year", "day"), False), (("entity", "record_id"), False))


class Year(Case):
    """A deputy's year: itemised, reported to the voters, checked for personal data, published, rated.

    ``figures`` (number by kind of deed) and ``items`` (day, kind, title) are what stands in the file on the day of publication:
    everybody reads these and never the deeds. ``votes`` (number by answer) comes with the end of the rating.
    """

    deputy_id = peewee.BigIntegerField()
    person_id = peewee.BigIntegerField(index=True)
    name = peewee.CharField(max_length=60)  # of the deputy, for lists and the public page
    title = peewee.CharField(max_length=80)
    year = peewee.SmallIntegerField()
    report = peewee.TextField(default="")
    reported_at = peewee.CharField(max_length=120, default="")  # the meeting of voters
    figures = JSONField(null=True)
    items = JSONField(null=True)
    confirmed_on = peewee.DateField(null=True)
    checked_on = peewee.DateField(null=True)
    published_on = peewee.DateField(null=True)
    votes = JSONField(null=True)

    class Meta:
        table_name = "liaison_station_year"
        indexes = case_indexes((("deputy_id", "year"), True), (("county_id", "published_on", "id"), False))


class Voice(Table):
    """How often voters gave an answer to a deputy's year, by the way it came. Sums only: there is no paper, no time, no order.

    Every voice by link or tablet writes all rows of its year, so that not even a row's version tells the last answer.
    """

    id = peewee.BigAutoField()
    year_id = peewee.BigIntegerField()
    way = peewee.CharField(max_length=8)  # link | tablet | paper
    answer = peewee.CharField(max_length=12)  # satisfied | fair | dissatisfied | unsure
    n = peewee.IntegerField(default=0)

    class Meta:
        table_name = "liaison_station_voice"
        indexes = ((("year_id", "way", "answer"), True),)


class Scheme(Scoped):
    """A scheme of scoring: points and caps by kind of deed, one in a line of ``items``. Off until basis and end are recorded."""

    title = peewee.CharField(max_length=120)
    items = peewee.TextField()
    basis = peewee.CharField(max_length=300, default="")
    from_day = peewee.DateField(null=True)
    to_day = peewee.DateField(null=True)

    class Meta:
        table_name = "liaison_station_scheme"
        indexes = scope_indexes()


MODELS = (Deed, Year, Voice, Scheme)

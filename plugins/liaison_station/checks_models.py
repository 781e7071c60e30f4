"""Tables of checklists and ratings: what a person says where no data speak, and the yearly rating of a station."""
from __future__ import annotations

import peewee

from grid321.core.api import Case, JSONField, Scoped, case_indexes, scope_indexes


class Attested(Scoped):
    """What a person says of an item of a checklist (ten haves, siting) for which no data speak, with the evidence.

    One row for each station and item; ``day`` is the day on which somebody looked. It counts until a year later (setting).
    """

    station_id = peewee.BigIntegerField()
    item = peewee.CharField(max_length=40)  # an item of scheme liaison_station.have or .siting
    ok = peewee.BooleanField()
    evidence = peewee.TextField(default="")
    day = peewee.DateField()

    class Meta:
        table_name = "liaison_station_attested"
        indexes = scope_indexes((("station_id", "item"), True))


class Rating(Case):
    """The yearly rating of a station: proposed with evidence for each item, looked at by the town, decided by the county.

    ``asked_klass`` and ``asked_model`` are what the station proposes, ``klass`` and ``model`` what the county decided. ``items``
    holds for each item {"ok", "computed", "text"} as it stood when it was last proposed; ``fulfilled`` of ``wanted`` were there.
    """

    station_id = peewee.BigIntegerField()
    year = peewee.SmallIntegerField()
    asked_klass = peewee.CharField(max_length=10, default="none")  # one | two | none
    asked_model = peewee.CharField(max_length=10, default="none")  # city | province | none
    klass = peewee.CharField(max_length=10, default="")
    model = peewee.CharField(max_length=10, default="")
    items = JSONField(null=True)
    fulfilled = peewee.SmallIntegerField(null=True)
    wanted = peewee.SmallIntegerField(null=True)
    words = peewee.TextField(default="")  # of the station
    town_words = peewee.TextField(default="")
    reasons = peewee.TextField(default="")  # of the county, or why it was sent back
    proposed_on = peewee.DateField(null=True)
    decided_on = peewee.DateField(null=True)
    reward_fen = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "liaison_station_rating"
        indexes = case_indexes((("station_id", "state"), False))


Rating.add_index(Rating.index(Rating.station_id, Rating.year, unique=True, name="liaison_station_rating_year",
                              where=Rating.state != "withdrawn"))

MODELS = (Attested, Rating)

"""The table of matters. Who raised one is sealed; the rest carries the ids of its division and of every ancestor."""
from __future__ import annotations

import peewee

from grid321.core.api import Case, SealedField, case_indexes


class Matter(Case):
    """A matter (问题/诉求) that somebody raised: what, where, through which channel, and what became of it.

    ``source`` is the channel; ``origin_ref`` names it there (the id of a mail, the number of another system) so that the same
    one is never registered twice. ``deputy_id`` is the person who heard it. ``unit_id`` is the department it was last handed to,
    kept when it comes back. ``flagged``: a rule of ``evaluation`` saw something to look at. ``evidence`` proves the write-off.
    """

    kind = peewee.CharField(max_length=40)
    title = peewee.CharField(max_length=80)
    text = peewee.TextField()
    place = peewee.CharField(max_length=120, default="")
    lon = peewee.DoubleField(null=True)
    lat = peewee.DoubleField(null=True)
    coordinates = peewee.CharField(max_length=10, null=True)
    occurred_on = peewee.DateField()
    urgency = peewee.CharField(max_length=10, default="normal")
    source = peewee.CharField(max_length=20, default="resident")
    origin_ref = peewee.CharField(max_length=200, null=True)
    contact_name = SealedField(null=True)
    contact_phone = SealedField(null=True)
    wants_answer = peewee.BooleanField(default=True)
    publish = peewee.BooleanField(default=False)
    published_on = peewee.DateField(null=True)
    deputy_id = peewee.BigIntegerField(null=True)
    unit_id = peewee.BigIntegerField(null=True)
    flagged = peewee.BooleanField(default=False)
    way = peewee.CharField(max_length=40, null=True)
    answer = peewee.TextField(null=True)
    rating = peewee.CharField(max_length=10, null=True)
    attitude = peewee.CharField(max_length=10, null=True)
    handled_again = peewee.BooleanField(default=False)
    limit_on = peewee.DateField(null=True)
    holder_level = peewee.CharField(max_length=10, default="village")
    solved_level = peewee.CharField(max_length=10, null=True)
    evidence = peewee.TextField(null=True)
    face_to_face_on = peewee.DateField(null=True)
    face_to_face_who = peewee.CharField(max_length=400, null=True)
    feedback_resident_on = peewee.DateField(null=True)
    feedback_deputy_on = peewee.DateField(null=True)

    class Meta:
        table_name = "suggestion_tracking_matter"
        # (level, due, state): how many are overdue here; (holder, due), (unit, due): the desks, the most urgent first;
        # (county, published): the public list; (deputy): what a deputy heard
        indexes = case_indexes(*(((column, "due", "state"), False) for column in ("county_id", "town_id", "village_id")),
                               *(((column, "due"), False) for column in ("holder_id", "department_id")),
                               (("county_id", "published_on", "id"), False), (("deputy_id", "id"), False),
                               (("county_id", "source", "origin_ref"), True))

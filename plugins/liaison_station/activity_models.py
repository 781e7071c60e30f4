"""Tables of activities: what deputies do beside receptions, who was asked and came, what came out of it."""
from __future__ import annotations

import peewee

from grid321.core.api import Case, Scoped, case_indexes, scope_indexes


class Theme(Scoped):
    """The theme of a quarter (一季一主题)."""

    year = peewee.SmallIntegerField()
    quarter = peewee.SmallIntegerField()
    title = peewee.CharField(max_length=120)
    text = peewee.TextField(default="")

    class Meta:
        table_name = "liaison_station_theme"
        indexes = scope_indexes((("division_id", "year", "quarter"), True))


class Activity(Case):
    """An activity of deputies, announced, held and written up; at a station or elsewhere.

    ``theme_id`` follows from ``themed`` and the day: the theme that holds here in that quarter. ``leader_id`` is who leads it; of
    an individual one (``collective`` false) the deputy whose activity it is.
    """

    station_id = peewee.BigIntegerField(null=True, index=True)
    kind = peewee.CharField(max_length=40)  # an item of scheme liaison_station.activity
    title = peewee.CharField(max_length=120)
    themed = peewee.BooleanField(default=False)
    theme_id = peewee.BigIntegerField(null=True)
    collective = peewee.BooleanField(default=True)
    day = peewee.DateField()
    from_minute = peewee.SmallIntegerField(null=True)
    to_minute = peewee.SmallIntegerField(null=True)
    place = peewee.CharField(max_length=120, default="")
    room_id = peewee.BigIntegerField(null=True)  # of the station; booked while the activity is planned
    leader_id = peewee.BigIntegerField(null=True)  # a person
    units = peewee.CharField(max_length=300, default="")  # departments that take part
    study = peewee.CharField(max_length=200, default="")  # what was studied before
    minutes = peewee.TextField(default="")
    voters = peewee.IntegerField(default=0)
    announced_on = peewee.DateField(null=True)
    held_on = peewee.DateField(null=True)

    class Meta:
        table_name = "liaison_station_activity"
        indexes = case_indexes((("station_id", "day"), False), (("county_id", "day"), False))


class Attendance(Scoped):
    """Somebody was asked to an activity, and came or not: one row for each person, whatever mandates he or she holds.

    ``came`` is the last word about the person (None: nobody has said yet), ``how`` who said it: the officer's list or the code
    that the person scanned. ``deputy_id`` is the mandate, None for who is no deputy. Residents are counted, not named:
    ``Activity.voters``.
    """

    activity_id = peewee.BigIntegerField(index=True)
    deputy_id = peewee.BigIntegerField(null=True)
    person_id = peewee.BigIntegerField(null=True, index=True)
    guest = peewee.CharField(max_length=80, default="")  # name and office of somebody who is no person of the platform
    role = peewee.CharField(max_length=12)  # deputy | leader | department | grid | other
    answer = peewee.CharField(max_length=10, default="")  # comes | cannot | withdrawn
    came = peewee.BooleanField(null=True)
    how = peewee.CharField(max_length=6, default="")  # list | qr
    day = peewee.DateField()

    class Meta:
        table_name = "liaison_station_attendance"
        indexes = scope_indexes((("activity_id", "person_id"), True), (("deputy_id", "day"), False),
                                (("county_id", "day"), False))


class PastActivity(Scoped):
    """A line of an earlier book of activities as it was entered, by hand or by sheet, and the activity that came of it."""

    station_id = peewee.BigIntegerField(index=True)
    kind = peewee.CharField(max_length=40)
    title = peewee.CharField(max_length=120)
    day = peewee.DateField()
    place = peewee.CharField(max_length=120, default="")
    deputies = peewee.TextField()  # their names as the book has them
    voters = peewee.IntegerField(null=True)
    units = peewee.CharField(max_length=300, default="")
    study = peewee.CharField(max_length=200, default="")
    minutes = peewee.TextField(default="")
    result_kind = peewee.CharField(max_length=40, default="")
    result = peewee.CharField(max_length=120, default="")
    fen = peewee.BigIntegerField(null=True)
    quantity = peewee.CharField(max_length=20, default="")
    unit = peewee.CharField(max_length=20, default="")
    activity_id = peewee.BigIntegerField()

    class Meta:
        table_name = "liaison_station_past"
        indexes = scope_indexes((("station_id", "day"), False))


class Result(Scoped):
    """What came out of an activity or a station's work: with money and quantities."""

    activity_id = peewee.BigIntegerField(null=True, index=True)
    station_id = peewee.BigIntegerField(null=True, index=True)
    kind = peewee.CharField(max_length=40)  # an item of scheme liaison_station.result
    title = peewee.CharField(max_length=120)
    text = peewee.TextField(default="")
    fen = peewee.BigIntegerField(null=True)
    quantity = peewee.CharField(max_length=20, default="")  # a decimal number
    unit = peewee.CharField(max_length=20, default="")
    day = peewee.DateField()

    class Meta:
        table_name = "liaison_station_result"
        indexes = scope_indexes((("county_id", "day"), False))


MODELS = (Theme, Activity, Attendance, PastActivity, Result)

"""Tables of receptions: rules, yearly plans, days, duties of deputies, wishes, postponements."""
from __future__ import annotations

import peewee

from grid321.core.api import Case, JSONField, Scoped, case_indexes, scope_indexes


class Schedule(Scoped):
    """A rule by which a station receives (三定: time, place, people): an RFC 5545 recurrence with days left out and added."""

    station_id = peewee.BigIntegerField(index=True)
    title = peewee.CharField(max_length=80)
    kind = peewee.CharField(max_length=12, default="reception")  # reception | evening | leaders
    rrule = peewee.CharField(max_length=200)
    from_day = peewee.DateField()
    to_day = peewee.DateField()
    left_out = peewee.TextField(default="")  # ISO days, parted by blanks
    added = peewee.TextField(default="")
    on_holiday = peewee.CharField(max_length=10, default="keep")  # keep | skip | next: what a holiday does
    from_minute = peewee.SmallIntegerField()
    to_minute = peewee.SmallIntegerField()
    mode = peewee.CharField(max_length=10, default="offline")  # offline | online | both
    inside = peewee.BooleanField(default=True)
    mobile = peewee.BooleanField(default=False)
    room_id = peewee.BigIntegerField(null=True)
    place = peewee.CharField(max_length=120, default="")
    link = peewee.CharField(max_length=200, default="")
    wanted = peewee.SmallIntegerField(default=2)  # deputies on duty each time

    class Meta:
        table_name = "liaison_station_schedule"
        indexes = scope_indexes()


class Plan(Case):
    """The receptions of a station in a year: drafted, posted at the door, changed by notice only."""

    station_id = peewee.BigIntegerField()
    year = peewee.SmallIntegerField()
    seed = peewee.CharField(max_length=40, default="")  # of the roster's draw, so that it can be drawn again
    spread = peewee.SmallIntegerField(null=True)  # most duties of a deputy less the fewest
    unmet = JSONField(null=True)  # what the draw could not meet: rows of plan_draw.note
    posted_on = peewee.DateField(null=True)
    refused = peewee.CharField(max_length=300, default="")  # why the last posting of many left this one out

    class Meta:
        table_name = "liaison_station_plan"
        indexes = case_indexes((("station_id", "year"), False))


Plan.add_index(Plan.index(Plan.station_id, Plan.year, unique=True, name="liaison_station_plan_once",
                          where=Plan.state != "discarded"))


class Reception(Case):
    """A reception day of a station, from the plan to what was done there."""

    station_id = peewee.BigIntegerField()
    plan_id = peewee.BigIntegerField(null=True, index=True)
    schedule_id = peewee.BigIntegerField(null=True)
    kind = peewee.CharField(max_length=12, default="reception")
    day = peewee.DateField()
    first_day = peewee.DateField()  # as planned at first
    from_minute = peewee.SmallIntegerField()
    to_minute = peewee.SmallIntegerField()
    mode = peewee.CharField(max_length=10, default="offline")
    inside = peewee.BooleanField(default=True)
    mobile = peewee.BooleanField(default=False)
    room_id = peewee.BigIntegerField(null=True)
    place = peewee.CharField(max_length=120, default="")
    link = peewee.CharField(max_length=200, default="")
    theme = peewee.CharField(max_length=120, default="")
    posted_on = peewee.DateField(null=True)
    postponed = peewee.SmallIntegerField(default=0)
    late = peewee.SmallIntegerField(default=0)  # postponements with less notice than the rule asks
    voters = peewee.IntegerField(default=0)  # who came, in person-times
    summary = peewee.TextField(default="")
    dropped = peewee.CharField(max_length=200, default="")
    reminded_on = peewee.DateField(null=True)

    class Meta:
        table_name = "liaison_station_reception"
        indexes = case_indexes((("station_id", "day"), False), (("county_id", "day"), False), (("town_id", "day"), False))


class Postponement(Scoped):
    """A reception was put off: from when to when, told how long ahead, why."""

    reception_id = peewee.BigIntegerField(index=True)
    station_id = peewee.BigIntegerField(index=True)
    from_day = peewee.DateField()
    to_day = peewee.DateField()
    told_on = peewee.DateField()
    days = peewee.SmallIntegerField()  # of notice
    late = peewee.BooleanField(default=False)
    reason = peewee.CharField(max_length=300, default="")

    class Meta:
        table_name = "liaison_station_postponement"
        indexes = scope_indexes()


class Duty(Scoped):
    """A deputy is on duty at a reception."""

    reception_id = peewee.BigIntegerField()
    station_id = peewee.BigIntegerField(index=True)
    deputy_id = peewee.BigIntegerField()
    person_id = peewee.BigIntegerField(index=True)
    day = peewee.DateField()
    state = peewee.CharField(max_length=10, default="planned")  # planned | came | excused | absent | swapped
    by = peewee.CharField(max_length=10, default="turn")  # turn | wish | hand
    note = peewee.CharField(max_length=200, default="")

    class Meta:
        table_name = "liaison_station_duty"
        indexes = scope_indexes((("reception_id", "deputy_id"), True), (("deputy_id", "day"), False))


Duty.add_index(Duty.index(Duty.person_id, Duty.day, unique=True, name="liaison_station_duty_once", where=Duty.state != "excused"))
# Nobody is on duty twice on a day, by whatever mandate; who is excused from one may be on another.


class Wish(Scoped):
    """When a deputy cannot or would like to receive: days from one to another, or a day of the week."""

    deputy_id = peewee.BigIntegerField(index=True)
    person_id = peewee.BigIntegerField(index=True)  # who wishes: it holds for every mandate
    kind = peewee.CharField(max_length=8)  # cannot | likes
    from_day = peewee.DateField(null=True)
    to_day = peewee.DateField(null=True)
    weekday = peewee.CharField(max_length=1, null=True)  # 0 Monday
    note = peewee.CharField(max_length=120, default="")

    class Meta:
        table_name = "liaison_station_wish"
        indexes = scope_indexes()


class Swap(Scoped):
    """Somebody on duty asks another deputy to change places, or to take the duty over: asked, then agreed, refused or withdrawn.

    The duties of the question are named by reception and mandate, because rows of the roster go when places change.
    """

    reception_id = peewee.BigIntegerField(index=True)
    station_id = peewee.BigIntegerField(index=True)
    deputy_id = peewee.BigIntegerField()  # who is on duty and asks
    person_id = peewee.BigIntegerField(index=True)
    other_deputy_id = peewee.BigIntegerField()  # who is asked
    other_person_id = peewee.BigIntegerField(index=True)
    other_reception_id = peewee.BigIntegerField(null=True)  # what is given in return; none when the duty is taken over
    day = peewee.DateField()
    other_day = peewee.DateField(null=True)
    state = peewee.CharField(max_length=10, default="asked")  # asked | agreed | refused | withdrawn
    answered_on = peewee.DateField(null=True)
    noted = peewee.BooleanField(default=False)  # agreed by word of mouth and entered by the station
    note = peewee.CharField(max_length=200, default="")

    class Meta:
        table_name = "liaison_station_swap"
        indexes = scope_indexes()


Swap.add_index(Swap.index(Swap.reception_id, Swap.deputy_id, unique=True, name="liaison_station_swap_once",
                          where=Swap.state == "asked"))
# A duty is offered to one deputy at a time.

MODELS = (Schedule, Plan, Reception, Postponement, Duty, Wish, Swap)

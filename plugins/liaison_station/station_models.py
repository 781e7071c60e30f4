"""Tables of stations: what each is, who works there, rooms and their times, papers, equipment, money."""
from __future__ import annotations

import peewee

from grid321.core.api import Scoped, scope_indexes


class Station(Scoped):
    """A station of any kind (家、站、室、点), at a place in the tree.

    ``plate`` is the word of its address on the door plate. ``klass`` and ``model`` follow the last rating that was decided.
    ``party_confirmed_on`` is the day on which the county or town confirmed the rule that a full Party member is among the deputy
    head and the liaison officers: no person's membership is kept here.
    """

    name = peewee.CharField(max_length=80)
    kind = peewee.CharField(max_length=40)  # an item of scheme liaison_station.kind
    plate = peewee.CharField(max_length=12, unique=True)
    parent_id = peewee.BigIntegerField(null=True, index=True)
    address = peewee.CharField(max_length=200, default="")
    lat = peewee.DoubleField(null=True)  # WGS 84
    lng = peewee.DoubleField(null=True)
    phone = peewee.CharField(max_length=40, default="")  # of the office, printed on the plate
    hours = peewee.CharField(max_length=200, default="")
    host = peewee.CharField(max_length=120, default="")  # whose rooms it shares (场地融合)
    about = peewee.TextField(default="")
    trade = peewee.CharField(max_length=60, default="")  # of an industry station
    opened_on = peewee.DateField()
    suspended_on = peewee.DateField(null=True)
    closed_on = peewee.DateField(null=True)
    klass = peewee.CharField(max_length=10, default="")  # one | two
    model = peewee.CharField(max_length=10, default="")  # city | province
    party_confirmed_on = peewee.DateField(null=True)
    party_confirmed_by = peewee.BigIntegerField(null=True)  # an account

    class Meta:
        table_name = "liaison_station_station"
        indexes = scope_indexes((("division_id", "name"), True), (("county_id", "kind"), False))


class Room(Scoped):
    """A room of a station; others may use it at other times."""

    station_id = peewee.BigIntegerField(index=True)
    name = peewee.CharField(max_length=60)
    seats = peewee.IntegerField(null=True)
    shared_with = peewee.CharField(max_length=120, default="")

    class Meta:
        table_name = "liaison_station_room"
        indexes = scope_indexes((("station_id", "name"), True))


class Booking(Scoped):
    """A room is taken on a day from one minute of the day to another (local time). Two bookings never overlap."""

    room_id = peewee.BigIntegerField()
    station_id = peewee.BigIntegerField(index=True)
    day = peewee.DateField()
    from_minute = peewee.SmallIntegerField()
    to_minute = peewee.SmallIntegerField()
    purpose = peewee.CharField(max_length=120)
    source = peewee.CharField(max_length=40, default="")  # reception:<id> | activity:<id>, empty for others

    class Meta:
        table_name = "liaison_station_booking"
        indexes = scope_indexes((("room_id", "day", "from_minute"), False), (("source",), False))


class Slot(Scoped):
    """A room that is shared (场地融合) is another's each week at that time, from a day to another: then it cannot be booked."""

    room_id = peewee.BigIntegerField(index=True)
    station_id = peewee.BigIntegerField(index=True)
    weekday = peewee.CharField(max_length=1)  # 0 Monday
    from_minute = peewee.SmallIntegerField()
    to_minute = peewee.SmallIntegerField()
    used_by = peewee.CharField(max_length=120)
    from_day = peewee.DateField()
    to_day = peewee.DateField(null=True)  # the last day, included

    class Meta:
        table_name = "liaison_station_slot"
        indexes = scope_indexes()


class Staff(Scoped):
    """A person works at a station from a day to another: head, deputy head or liaison officer.

    ``post_id`` is the core's post that a liaison officer got with it: it gives the account its role and ends with it.
    """

    station_id = peewee.BigIntegerField(index=True)
    person_id = peewee.BigIntegerField(index=True)
    role = peewee.CharField(max_length=12)  # head | deputy_head | liaison
    from_day = peewee.DateField()
    to_day = peewee.DateField(null=True)  # the last day, included
    post_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "liaison_station_staff"
        indexes = scope_indexes()


Staff.add_index(Staff.index(Staff.station_id, Staff.person_id, Staff.role, unique=True, name="liaison_station_staff_open",
                            where=Staff.to_day.is_null()))


class Equipment(Scoped):
    """Office equipment of a station."""

    station_id = peewee.BigIntegerField(index=True)
    name = peewee.CharField(max_length=80)
    count = peewee.IntegerField(default=1)
    condition = peewee.CharField(max_length=10, default="good")  # good | repair | gone
    since = peewee.DateField(null=True)

    class Meta:
        table_name = "liaison_station_equipment"
        indexes = scope_indexes()


class Money(Scoped):
    """An amount of a station's year: budget, grant or spending."""

    station_id = peewee.BigIntegerField(index=True)
    year = peewee.SmallIntegerField()
    kind = peewee.CharField(max_length=10)  # budget | grant | spent
    fen = peewee.BigIntegerField()
    day = peewee.DateField(null=True)
    source = peewee.CharField(max_length=120, default="")
    purpose = peewee.CharField(max_length=200, default="")

    class Meta:
        table_name = "liaison_station_money"
        indexes = scope_indexes((("station_id", "year", "kind"), False))


class Paper(Scoped):
    """An edition of a duty or system that hangs on the wall (职责、制度); of one station, or of every station below a division.

    ``series`` names what the editions of one paper share: the station (0 for all), the kind and the title.
    """

    station_id = peewee.BigIntegerField(null=True, index=True)
    kind = peewee.CharField(max_length=40)  # an item of scheme liaison_station.paper
    edition = peewee.IntegerField(default=1)
    title = peewee.CharField(max_length=80)
    text = peewee.TextField()
    adopted_on = peewee.DateField()
    adopted_by = peewee.CharField(max_length=80, default="")
    repealed_on = peewee.DateField(null=True)  # the first day on which it hangs no more
    series = peewee.CharField(max_length=160)

    class Meta:
        table_name = "liaison_station_paper"
        indexes = scope_indexes((("division_id", "series", "edition"), True))


MODELS = (Station, Room, Booking, Slot, Staff, Equipment, Money, Paper)

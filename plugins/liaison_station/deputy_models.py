"""Tables of deputies: terms, electoral districts, delegations and groups, mandates, placement into stations, double contact."""
from __future__ import annotations

import peewee

from grid321.core.api import BlindField, Scoped, SealedField, scope_indexes


class Congress(Scoped):
    """A term of a people's congress (第十九届): its number and days. A county keeps those of the levels above it, too."""

    name = peewee.CharField(max_length=80)
    level = peewee.CharField(max_length=10)  # national | province | city | county | town
    number = peewee.SmallIntegerField()
    from_day = peewee.DateField()
    to_day = peewee.DateField(null=True)

    class Meta:
        table_name = "liaison_station_congress"
        indexes = scope_indexes((("division_id", "level", "number"), True))


class District(Scoped):
    """An electoral district (选区) of a congress, with the codes of the divisions that it covers, joined by ``、``."""

    code = peewee.CharField(max_length=20)
    name = peewee.CharField(max_length=80)
    level = peewee.CharField(max_length=10)
    seats = peewee.SmallIntegerField(null=True)
    covers = peewee.TextField(default="")

    class Meta:
        table_name = "liaison_station_district"
        indexes = scope_indexes((("division_id", "level", "code"), True))


class Delegation(Scoped):
    """A delegation (代表团) or a group of deputies (代表小组), with who leads it."""

    kind = peewee.CharField(max_length=12)  # delegation | group
    level = peewee.CharField(max_length=10)
    name = peewee.CharField(max_length=80)
    leader_id = peewee.BigIntegerField(null=True)  # a person

    class Meta:
        table_name = "liaison_station_delegation"
        indexes = scope_indexes((("division_id", "level", "kind", "name"), True))


class Deputy(Scoped):
    """A mandate: a person is deputy to the congress of a level for a term. Somebody may hold mandates of several levels.

    ``post_id`` is the core's post, which gives the role; it ends when the mandate does, and while it is suspended. Telephone and
    identity number stand with the person, sealed; ``card_phone`` is what the deputy wants printed on the contact card.
    ``post_made``, ``person_made``: they were entered with the mandate, and go with it when the entry was a mistake.
    """

    person_id = peewee.BigIntegerField(index=True)
    name = peewee.CharField(max_length=60)  # of the person, for lists of thousands
    level = peewee.CharField(max_length=10)
    congress_id = peewee.BigIntegerField()
    district_id = peewee.BigIntegerField(null=True, index=True)
    delegation_id = peewee.BigIntegerField(null=True, index=True)
    group_id = peewee.BigIntegerField(null=True, index=True)
    committee = peewee.BooleanField(default=False)  # member of the standing committee
    status = peewee.CharField(max_length=10, default="active")  # active | suspended | ended
    status_on = peewee.DateField(null=True)
    status_reason = peewee.CharField(max_length=40, null=True)  # an item of scheme liaison_station.status_reason
    status_text = peewee.CharField(max_length=200, default="")
    from_day = peewee.DateField()
    to_day = peewee.DateField(null=True)
    job = peewee.CharField(max_length=120, default="")
    skills = peewee.CharField(max_length=200, default="")  # items of scheme liaison_station.skill, joined by ","
    card_phone = peewee.CharField(max_length=40, default="")
    card_text = peewee.CharField(max_length=300, default="")
    post_id = peewee.BigIntegerField(null=True)
    post_made = peewee.BooleanField(default=False)
    person_made = peewee.BooleanField(default=False)

    class Meta:
        table_name = "liaison_station_deputy"
        indexes = scope_indexes((("person_id", "level", "congress_id"), True), (("county_id", "level", "status"), False))


class Placement(Scoped):
    """A deputy belongs to a station from a day to another; the row lives where the station does.

    ``level`` is that of the station's division: at each level somebody has one ``home`` station at most (a county deputy belongs
    to the county's home and to a town's station), whichever mandates he or she holds. In others a deputy may help.
    """

    deputy_id = peewee.BigIntegerField(index=True)
    person_id = peewee.BigIntegerField(index=True)
    station_id = peewee.BigIntegerField(index=True)
    level = peewee.CharField(max_length=10)
    home = peewee.BooleanField(default=True)
    from_day = peewee.DateField()
    to_day = peewee.DateField(null=True)  # the last day, included
    ended_why = peewee.CharField(max_length=200, default="")

    class Meta:
        table_name = "liaison_station_placement"
        indexes = scope_indexes()


# Two clerks who place the same person at once: the second insert fails here, whatever both have read before.
Placement.add_index(Placement.index(Placement.person_id, Placement.level, unique=True, name="liaison_station_placement_home",
                                    where=Placement.to_day.is_null() & (Placement.home == True)))  # noqa: E712 - SQL
Placement.add_index(Placement.index(Placement.person_id, Placement.station_id, unique=True, name="liaison_station_placement_open",
                                    where=Placement.to_day.is_null()))


class Contact(Scoped):
    """Double contact (双联系): a committee member keeps contact with deputies, a deputy with voters."""

    deputy_id = peewee.BigIntegerField(index=True)  # who keeps contact
    kind = peewee.CharField(max_length=10)  # deputy | voter
    other_id = peewee.BigIntegerField(null=True, index=True)  # the deputy who is contacted
    voter = SealedField(null=True)
    voter_phone = SealedField(null=True)
    voter_phone_blind = BlindField()
    place = peewee.CharField(max_length=120, default="")
    from_day = peewee.DateField()
    to_day = peewee.DateField(null=True)
    last_on = peewee.DateField(null=True)

    class Meta:
        table_name = "liaison_station_contact"
        indexes = scope_indexes()


class Talk(Scoped):
    """A contact took place: when, how and about what."""

    contact_id = peewee.BigIntegerField(index=True)
    deputy_id = peewee.BigIntegerField(index=True)
    day = peewee.DateField()
    way = peewee.CharField(max_length=10)  # visit | phone | meeting | message
    text = peewee.TextField(default="")

    class Meta:
        table_name = "liaison_station_talk"
        indexes = scope_indexes()


MODELS = (Congress, District, Delegation, Deputy, Placement, Contact, Talk)

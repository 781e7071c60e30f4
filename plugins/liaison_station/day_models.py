"""Tables of the reception day: who came and what was said (登记表), and voters' opinions with what became of them (五步骤)."""
from __future__ import annotations

import peewee

from grid321.core.api import BlindField, Case, Scoped, SealedField, case_indexes, scope_indexes


class Visit(Scoped):
    """Somebody came to a reception (or to an activity): a line of the reception-day register.

    It lies at the division of its station. ``deputy_id`` is the mandate of who heard it. ``client_id`` is the mark under which a
    browser or telephone sent the line, so that one that is sent twice is stored once. ``paper_line`` is its number on the
    printed register, of a line that somebody wrote on paper: each is entered once.
    """

    reception_id = peewee.BigIntegerField(null=True, index=True)
    activity_id = peewee.BigIntegerField(null=True, index=True)
    station_id = peewee.BigIntegerField(index=True)
    deputy_id = peewee.BigIntegerField(null=True, index=True)
    heard_by = peewee.CharField(max_length=60, default="")  # a leader who is no deputy here, on a leaders' station day
    came_on = peewee.DateField()
    name = SealedField(null=True)
    phone = SealedField(null=True)
    phone_blind = BlindField()
    persons = peewee.SmallIntegerField(default=1)
    mode = peewee.CharField(max_length=10, default="offline")  # offline | online
    kind = peewee.CharField(max_length=12, default="opinion")  # opinion | question | thanks | other
    text = peewee.TextField(default="")
    result = peewee.CharField(max_length=12, default="draft")  # draft | answered | opinion
    answer = peewee.TextField(default="")
    subject = peewee.CharField(max_length=40, default="")  # an item of scheme liaison_station.opinion, of what becomes one
    wants_answer = peewee.BooleanField(default=True)
    opinion_id = peewee.BigIntegerField(null=True)
    client_id = peewee.CharField(max_length=64, null=True, unique=True)
    paper_line = peewee.SmallIntegerField(null=True)

    class Meta:
        table_name = "liaison_station_visit"
        indexes = scope_indexes((("station_id", "came_on"), False), (("reception_id", "result"), False),
                                (("reception_id", "paper_line"), True))


class Opinion(Case):
    """A voter's opinion, from the register over collation and graded handling to the feedback and the voter's rating.

    ``person_id`` is the deputy who heard it, ``deputy_id`` the mandate. ``unit_id`` is the department it was last handed to, kept
    when it comes back; ``passed_to`` names a unit outside of the platform. ``way`` is how it was handled: what was explained only
    is never solved.
    """

    station_id = peewee.BigIntegerField(null=True, index=True)  # none: an activity that no station held
    visit_id = peewee.BigIntegerField(null=True, unique=True)
    activity_id = peewee.BigIntegerField(null=True, index=True)
    deputy_id = peewee.BigIntegerField(null=True, index=True)
    person_id = peewee.BigIntegerField(null=True, index=True)
    kind = peewee.CharField(max_length=40)  # an item of scheme liaison_station.opinion
    title = peewee.CharField(max_length=80)
    text = peewee.TextField(default="")
    place = peewee.CharField(max_length=120, default="")
    name = SealedField(null=True)
    phone = SealedField(null=True)
    phone_blind = BlindField()
    wants_answer = peewee.BooleanField(default=True)
    heard_on = peewee.DateField()
    unit_id = peewee.BigIntegerField(null=True)
    passed_to = peewee.CharField(max_length=120, default="")
    passed_on = peewee.DateField(null=True)
    way = peewee.CharField(max_length=40, null=True)
    answer = peewee.TextField(null=True)
    answered_on = peewee.DateField(null=True)
    told_deputy_on = peewee.DateField(null=True)
    told_voter_on = peewee.DateField(null=True)
    rating = peewee.CharField(max_length=10, null=True)
    attitude = peewee.CharField(max_length=10, null=True)
    rated_on = peewee.DateField(null=True)
    handled_again = peewee.BooleanField(default=False)
    limit_on = peewee.DateField(null=True)
    holder_level = peewee.CharField(max_length=10, default="village")
    solved_level = peewee.CharField(max_length=10, null=True)
    evidence = peewee.TextField(null=True)

    class Meta:
        table_name = "liaison_station_opinion"
        # (level, due, state): how many are overdue here; (station, state): the station's register of opinions
        indexes = case_indexes(*(((column, "due", "state"), False) for column in ("county_id", "town_id", "village_id")),
                               (("station_id", "state"), False))


MODELS = (Visit, Opinion)

"""What people may send about themes, activities and results, and what the steps of an activity ask."""
from __future__ import annotations

from grid321.core.api import (
    Choice,
    Day,
    DivisionRef,
    EntitySchema,
    Flag,
    Int,
    LongText,
    PersonRef,
    Phone,
    RecordRef,
    Text,
    local_day,
)
from grid321.core.api import lazy_gettext as _

from . import activity_choices as choices
from .day_choices import SUBJECTS
from .named_fields import NamedRef
from .station_fields import Minute, StationRef, Yuan

ACTIVITY = "liaison_station.activity"
NUMBER = r"[0-9]{1,12}(\.[0-9]{1,3})?"
NUMBER_HELP = _("Write a number such as 20 or 3.5, and its unit in the next field.")


class ThemeSchema(EntitySchema):
    """The theme of a quarter."""

    division = DivisionRef(_("Division"), level=choices.LEVELS)
    year = Int(_("Year"), required=True, min=2000, max=2200, default=lambda: local_day().year)
    quarter = Int(_("Quarter"), required=True, min=1, max=4, default=lambda: (local_day().month + 2) // 3)
    title = Text(_("Theme of activities"), required=True, max=120)
    text = LongText(_("What is done about it"), max=4000)


class ActivitySchema(EntitySchema):
    """An activity; minutes and who came follow when it was held."""

    division = DivisionRef(_("Division"), level=choices.LEVELS, help=_("That of the station, when it belongs to one."))
    station = StationRef(help=_("Left empty, the activity belongs to the division and to no station."))
    kind = Choice(_("Kind of activity"), scheme=choices.KINDS.key, required=True)
    title = Text(_("Title"), required=True, max=120)
    themed = Flag(_("On the theme of the quarter"), help=_("The theme set here or above for the quarter of the day is linked."))
    collective = Flag(_("Several deputies together"), default=True, says_no=True,
                      help=_("Not ticked, it is the activity of one deputy, named below."))
    leader = PersonRef(_("Leads the activity"), help=_("Counts as present when it was held, unless the list says otherwise."))
    day = Day(_("Day"), required=True, default=local_day)
    from_minute = Minute(_("From (time)"))
    to_minute = Minute(_("To (time)"))
    place = Text(_("Place"), max=120, help=_("Left empty, the station."))
    room = RecordRef(_("Room"), entity="liaison_station.room", help=_(
        "A room of the station: it is booked from beginning to end, and given back when the activity is moved or dropped."))
    units = Text(_("Departments that take part"), max=300)
    study = Text(_("What is studied before"), max=200)
    announced_on = Day(_("Announced on"), read_only=True)
    held_on = Day(_("Held on"), read_only=True)
    voters = Int(_("Residents who took part"), read_only=True)
    minutes = LongText(_("Record of the activity"), max=10_000, read_only=True)


class AttendanceSchema(EntitySchema):
    """Who was invited and came. It is written by the page of the list and by the code shown at the place."""

    activity = RecordRef(_("Activity"), entity=ACTIVITY, read_only=True)
    day = Day(_("Day"), read_only=True)
    person = PersonRef(_("Person"), read_only=True)
    guest = Text(_("Guest"), max=80, read_only=True)
    role = Choice(_("Takes part as"), options=choices.ROLES, read_only=True)
    answer = Choice(_("Answer"), options=(*choices.ANSWERS, choices.WITHDRAWN), read_only=True)
    came = Flag(_("Was present"), read_only=True, says_no=True)
    how = Choice(_("Recorded by"), options=choices.WAYS, read_only=True)


class PastSchema(EntitySchema):
    """A line of an earlier book of activities: what took place, who was there, what came out of it."""

    station = NamedRef(_("Station of deputies"), entity="liaison_station.station", required=True)
    kind = Choice(_("Kind of activity"), scheme=choices.KINDS.key, required=True)
    title = Text(_("Title"), required=True, max=120)
    day = Day(_("Day"), required=True, past=True)
    place = Text(_("Place"), max=120, help=_("Left empty, the station."))
    deputies = LongText(_("Deputies who were there"), max=4000, required=True, help=_(
        "Their names with 、 between them. Of two deputies of one name the one of this station is meant."))
    voters = Int(_("Residents who took part"), min=0, max=100_000, help=_("Their number only."))
    units = Text(_("Departments that took part"), max=300)
    study = Text(_("What was studied before"), max=200)
    minutes = LongText(_("Record of the activity"), max=10_000, help=_("No names, telephone or identity numbers of residents."))
    result_kind = Choice(_("Kind of result"), scheme=choices.RESULTS.key)
    result = Text(_("What was achieved"), max=120)
    fen = Yuan(_("Money (yuan)"))
    quantity = Text(_("Quantity"), max=20, pattern=NUMBER, pattern_help=NUMBER_HELP)
    unit = Text(_("Unit of measure"), max=20)
    activity = RecordRef(_("Activity"), entity=ACTIVITY, read_only=True)


class ResultSchema(EntitySchema):
    """What came out of an activity, or of a station's work."""

    activity = RecordRef(_("Activity"), entity=ACTIVITY, help=_("The activity it came out of, if one."))
    station = StationRef(help=_("Taken from the activity when that is named."))
    kind = Choice(_("Kind of result"), scheme=choices.RESULTS.key, required=True)
    title = Text(_("What was achieved"), required=True, max=120)
    text = LongText(_("What was reached"), max=4000)
    fen = Yuan(_("Money (yuan)"), help=_("Money that was brought in or spent for it."))
    quantity = Text(_("Quantity"), max=20, pattern=NUMBER, pattern_help=NUMBER_HELP)
    unit = Text(_("Unit of measure"), max=20, help=_("Lamps, kilometres, households …"))
    day = Day(_("Day"), required=True, past=True, default=local_day)


class Held(EntitySchema):
    """An activity took place."""

    held_on = Day(_("Held on"), required=True, past=True, default=local_day)
    voters = Int(_("Residents who took part"), min=0, max=100_000, default=0,
                 help=_("Their number only: residents are counted, not named."))


class Entered(Held):
    """An activity of an earlier book took place."""

    minutes = LongText(_("Record of the activity"), max=10_000)


class WrittenUp(EntitySchema):
    """What is written down about an activity."""

    minutes = LongText(_("Record of the activity"), max=10_000, help=_(
        "What was talked about, seen and agreed. No names, telephone or identity numbers of residents."))
    units = Text(_("Departments that took part"), max=300)
    study = Text(_("What was studied before"), max=200)


class Dropped(EntitySchema):
    """Why an activity does not take place."""

    reason = LongText(_("Reason"), max=500, required=True, min=4)


class Guest(EntitySchema):
    """Somebody of an office or village who is no person of the platform."""

    guest = Text(_("Name and office"), required=True, max=80, help=_("Such as: Zhang Wei, Housing Bureau. No residents."))
    role = Choice(_("Takes part as"), options=tuple(one for one in choices.ROLES if one[0] != "deputy"), required=True,
                  default="department")


class Invite(EntitySchema):
    """Who is put into the list of an activity."""

    whom = Choice(_("Who is invited"), options=choices.WHOM, required=True, default="station", widget="radio")
    group = RecordRef(_("Delegation or group"), entity="liaison_station.delegation")
    person = PersonRef(_("Person"))
    role = Choice(_("Takes part as"), options=choices.ROLES, help=_(
        "Of one person who is no deputy. Left empty, deputies take part as deputies and everybody else as somebody else."))


class Said(EntitySchema):
    """What a resident said at an activity, to be handled as an opinion."""

    kind = Choice(_("Subject"), scheme=SUBJECTS.key, required=True)
    text = LongText(_("What was said"), max=4000, required=True)
    title = Text(_("Title"), max=80, help=_("Left empty, the first words of the text are used."))
    place = Text(_("Place"), max=120)
    name = Text(_("Name of the voter"), max=40, personal=True, help=_("With name or telephone the voter gets an answer."))
    phone = Phone(_("Telephone of the voter"))


class Word(EntitySchema):
    """What is said about somebody in the list: by a program."""

    attendance = Int(_("Number of the row in the list"), required=True, min=1)
    came = Choice(_("Was present"), options=choices.PRESENCE, required=True)


class OwnAnswer(EntitySchema):
    """The answer to one's own invitation: by a program."""

    attendance = Int(_("Number of the row in the list"), required=True, min=1)
    answer = Choice(_("Answer"), options=choices.ANSWERS, required=True)

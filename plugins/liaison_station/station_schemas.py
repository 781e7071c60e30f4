"""What people may send about stations, their rooms, staff, equipment, money and papers."""
from __future__ import annotations

from grid321.core.api import Choice, Day, Degrees, DivisionRef, EntitySchema, Int, LongText, RecordRef, Text, local_day
from grid321.core.api import lazy_gettext as _

from . import station_choices as choices
from .named_fields import NamedPerson, NamedRef
from .station_fields import Minute, StationRef, Yuan
from .station_points import stations_around

STATION = "liaison_station.station"


class StationSchema(EntitySchema):
    """A station. Its plate, rating and confirmation are the system's."""

    division = DivisionRef(_("Division"), level=choices.LEVELS, required=True)
    name = Text(_("Name"), required=True, max=80)
    kind = Choice(_("Kind"), scheme=choices.KINDS.key, required=True)
    parent = NamedRef(_("Belongs to the station"), entity=STATION, help=_("The station above it, such as the town’s."))
    address = Text(_("Address"), max=200)
    lat = Degrees(_("Latitude"), limit=90, help=_("Degrees north in WGS 84, such as 32.6847. For the map."))
    lng = Degrees(_("Longitude"), help=_("Degrees east in WGS 84, such as 109.0293."), latitude="lat", around=stations_around)
    phone = Text(_("Telephone of the office"), max=40, help=_("It stands on the door plate. No private number."))
    hours = Text(_("Opening hours"), max=200)
    host = Text(_("Shares the rooms of"), max=120, help=_("The service centre, Party building or library whose rooms it uses."))
    trade = Text(_("Industry"), max=60, help=_("Of an industry station."))
    about = LongText(_("About the station"), max=2000)
    opened_on = Day(_("Station opened on"), required=True, default=local_day)
    suspended_on = Day(_("At rest since"), help=_("While it is rebuilt, for instance. Leave it empty when it works."))
    closed_on = Day(_("Station closed on"))
    plate = Text(_("Word of the door plate"), max=12, read_only=True)
    klass = Choice(_("Class of the station"), options=choices.CLASSES_OF_STATIONS, read_only=True)
    model = Choice(_("Model station"), options=choices.MODEL_STATIONS, read_only=True)
    party_confirmed_on = Day(_("Rule of the Party member confirmed on"), read_only=True)


class RoomSchema(EntitySchema):
    """A room of a station."""

    station = StationRef(required=True)
    name = Text(_("Name"), required=True, max=60)
    seats = Int(_("Seats"), min=1, max=10_000)
    shared_with = Text(_("Shared with"), max=120, help=_("Who uses it at other times. Enter their times as shared times."))


class BookingSchema(EntitySchema):
    """A room is taken."""

    room = RecordRef(_("Room"), entity="liaison_station.room", required=True)
    day = Day(_("Day"), required=True, default=local_day)
    from_minute = Minute(_("Begins at"), required=True)
    to_minute = Minute(_("Ends at"), required=True)
    purpose = Text(_("What for"), required=True, max=120)
    source = Text(_("Booked by"), max=40, read_only=True)


class SlotSchema(EntitySchema):
    """A shared room is another's each week at that time."""

    room = RecordRef(_("Room"), entity="liaison_station.room", required=True)
    weekday = Choice(_("Day of the week"), options=choices.WEEKDAYS, required=True)
    from_minute = Minute(_("Begins at"), required=True)
    to_minute = Minute(_("Ends at"), required=True)
    used_by = Text(_("Used by"), required=True, max=120)
    from_day = Day(_("First day"), required=True, default=local_day)
    to_day = Day(_("Last day"), help=_("Left empty, it goes on."))


class StaffSchema(EntitySchema):
    """A person works at a station."""

    station = StationRef(required=True)
    person = NamedPerson(_("Person"), required=True)
    role = Choice(_("Post at the station"), options=choices.STAFF, required=True)
    from_day = Day(_("First day"), required=True, default=local_day)
    to_day = Day(_("Last day"), help=_("Leave it empty until the person leaves. It is entered once and stays."))


class EquipmentSchema(EntitySchema):
    """Office equipment."""

    station = StationRef(required=True)
    name = Text(_("Name"), required=True, max=80)
    count = Int(_("Number of pieces"), required=True, min=1, max=100_000, default=1)
    condition = Choice(_("Condition"), options=choices.CONDITIONS, required=True, default="good")
    since = Day(_("There since"), past=True)


class MoneySchema(EntitySchema):
    """An amount of a station’s year."""

    station = StationRef(required=True)
    year = Int(_("Year"), required=True, min=2000, max=2200, default=lambda: local_day().year)
    kind = Choice(_("Kind"), options=choices.MONEY, required=True)
    fen = Yuan(_("Amount (yuan)"), required=True)
    day = Day(_("Day"))
    source = Text(_("From whom"), max=120)
    purpose = Text(_("What for"), max=200)


class PaperSchema(EntitySchema):
    """An edition of a paper on the wall. What it says stays as it is: what changes is a new edition."""

    division = DivisionRef(_("Division"), level=choices.LEVELS)
    station = StationRef(help=_("Left empty, it hangs in every station of the division."))
    kind = Choice(_("Kind"), scheme=choices.PAPERS.key, required=True)
    title = Text(_("Title"), required=True, max=80)
    text = LongText(_("Text of the paper"), required=True, max=10_000)
    adopted_on = Day(_("In force from"), required=True, default=local_day)
    adopted_by = Text(_("Adopted by"), max=80)
    repealed_on = Day(_("Repealed on"), help=_("The first day on which it hangs no more. A new edition replaces it by itself."))
    edition = Int(_("Edition"), read_only=True)


class ConfirmSchema(EntitySchema):
    """The rule of the Party member was looked at. Nobody’s membership is asked or kept."""

    confirmed_on = Day(_("Confirmed on"), required=True, past=True, default=local_day, help=_(
        "On this day the organisation department or the Party branch confirmed that at least one full Party member is among the "
        "deputy head and the liaison officers. Do not write who it is."))

"""What people may send about receptions: rules, wishes, single receptions, duties, and the forms of their steps."""
from __future__ import annotations

from grid321.core.api import Choice, Day, EntitySchema, Flag, Int, LongText, RecordRef, Text, local_day
from grid321.core.api import lazy_gettext as _

from . import plan_choices as choices
from .day_fields import DeputyHere
from .plan_fields import DayList, Recurrence
from .station_fields import Minute, StationRef

P = choices.P
MINUTE_HELP = _("As 08:30.")


class ScheduleSchema(EntitySchema):
    """A rule by which a station receives."""

    station = StationRef(required=True)
    title = Text(_("Title"), required=True, max=80)
    kind = Choice(_("Kind"), options=choices.KINDS, required=True, default="reception")
    rrule = Recurrence(_("On which days"), required=True, max=200, help=_(
        "In words, such as 每月15日, 每周三 or 每月第二个周三; or as a rule of RFC 5545, such as FREQ=MONTHLY;BYMONTHDAY=15."))
    from_day = Day(_("First day"), required=True, default=local_day, help=_("Time and place are fixed for the whole term."))
    to_day = Day(_("Last day"), help=_("The end of the term. It may be empty only when the rule itself says COUNT or UNTIL."))
    left_out = DayList(_("Days left out"), max=2000, help=_("Such as 2026-05-01 2026-10-01."))
    added = DayList(_("Days added"), max=2000, help=_("No holiday moves them."))
    on_holiday = Choice(_("On a public holiday"), options=choices.ON_HOLIDAY, required=True, default="next")
    from_minute = Minute(_("From (time)"), required=True, help=MINUTE_HELP)
    to_minute = Minute(_("To (time)"), required=True, help=MINUTE_HELP)
    mode = Choice(_("How voters are received"), options=choices.MODES, required=True, default="offline")
    inside = Flag(_("In the station"), default=True)
    mobile = Flag(_("Mobile: at changing places"))
    room = RecordRef(_("Room"), entity=f"{P}room", help=_("It is booked when a reception is posted."))
    place = Text(_("Place"), max=120, help=_("Left empty, the address of the station."))
    link = Text(_("Address of the online room"), max=200, pattern="https?://.+", pattern_help=_("It begins with https://."))
    wanted = Int(_("Deputies each time"), required=True, min=0, max=50, default=2)


class PlanSchema(EntitySchema):
    """A yearly plan: receptions and roster follow from the rules. Mostly it is made for many stations at once."""

    station = StationRef(required=True)
    year = Int(_("Year"), required=True, min=2000, max=2200, default=lambda: local_day().year)
    seed = Text(_("Seed of the roster"), read_only=True, max=40)
    spread = Int(_("Spread of duties"), read_only=True, says_no=True,
                 help=_("The most duties of a deputy of the station less the fewest."))
    posted_on = Day(_("Posted on"), read_only=True)


class ReceptionSchema(EntitySchema):
    """A reception. Those of a plan come from it; a single one, such as an evening or a leaders’ day, is entered here."""

    station = StationRef(required=True)
    day = Day(_("Day"), required=True)
    kind = Choice(_("Kind"), options=choices.KINDS, required=True, default="reception")
    from_minute = Minute(_("From (time)"), required=True, help=MINUTE_HELP)
    to_minute = Minute(_("To (time)"), required=True, help=MINUTE_HELP)
    mode = Choice(_("How voters are received"), options=choices.MODES, required=True, default="offline")
    inside = Flag(_("In the station"), default=True)
    mobile = Flag(_("Mobile: at changing places"))
    room = RecordRef(_("Room"), entity=f"{P}room", help=_("It is booked when the reception is posted."))
    place = Text(_("Place"), max=120, help=_("Left empty, the address of the station."))
    link = Text(_("Address of the online room"), max=200, pattern="https?://.+", pattern_help=_("It begins with https://."))
    theme = Text(_("Theme of the day"), max=120)
    plan = RecordRef(_("Yearly plan"), entity=f"{P}plan", read_only=True)
    first_day = Day(_("First planned for"), read_only=True)
    posted_on = Day(_("Posted on"), read_only=True)
    postponed = Int(_("Postponed (times)"), read_only=True)
    late = Int(_("Postponed too late (times)"), read_only=True)
    voters = Int(_("Voters received"), read_only=True)
    summary = LongText(_("Summary of the day"), max=4000, read_only=True)
    dropped = Text(_("Why it was dropped"), max=200, read_only=True)


class DutySchema(EntitySchema):
    """A deputy on duty at a reception."""

    reception = RecordRef(_("Which reception"), entity=f"{P}reception", required=True)
    deputy = DeputyHere(_("Deputy"), required=True)
    day = Day(_("Day"), read_only=True)
    state = Choice(_("Came"), options=choices.DUTY_STATES, default="planned")
    by = Choice(_("How it came about"), options=choices.DUTY_WAYS, read_only=True)
    note = Text(_("Remark"), max=200)


class WishSchema(EntitySchema):
    """When a deputy cannot or would like to receive."""

    deputy = RecordRef(_("Deputy"), entity=f"{P}deputy", help=_("Left empty, yourself."))
    kind = Choice(_("Wish"), options=choices.WISHES, required=True, default="cannot")
    from_day = Day(_("From"))
    to_day = Day(_("Until"))
    weekday = Choice(_("Day of the week"), options=choices.WEEKDAYS, help=_("Left empty, each day."))
    note = Text(_("Remark"), max=120, help=_("No reason needs to be given."))


class SwapSchema(EntitySchema):
    """A swap of duties, written by the deputies or the station."""

    station = StationRef(read_only=True)
    reception = RecordRef(_("Which reception"), entity=f"{P}reception", read_only=True)
    day = Day(_("Day"), read_only=True)
    deputy = RecordRef(_("Who asks"), entity=f"{P}deputy", read_only=True)
    other_deputy = RecordRef(_("Who is asked"), entity=f"{P}deputy", read_only=True)
    other_reception = RecordRef(_("In return"), entity=f"{P}reception", read_only=True)
    other_day = Day(_("Day in return"), read_only=True)
    state = Choice(_("State"), options=choices.SWAP_STATES, read_only=True)
    answered_on = Day(_("Answered on"), read_only=True)
    noted = Flag(_("Agreed by word of mouth"), read_only=True)
    note = Text(_("Remark"), max=200, read_only=True)


class PostponementSchema(EntitySchema):
    """A postponement, written by its step."""

    station = StationRef(read_only=True)
    reception = RecordRef(_("Which reception"), entity=f"{P}reception", read_only=True)
    from_day = Day(_("From"), read_only=True)
    to_day = Day(_("Put off to"), read_only=True)
    told_on = Day(_("Posted on"), read_only=True)
    days = Int(_("Days of notice"), read_only=True, says_no=True)
    late = Flag(_("Too late"), read_only=True, says_no=True)
    reason = Text(_("Reason"), max=300, read_only=True)


class Postpone(EntitySchema):
    """What is asked when a reception is postponed."""

    to_day = Day(_("New day"), required=True)
    reason = Text(_("Reason"), max=300, help=_("It stands on the notice. Needed when the notice comes late."))


class Held(EntitySchema):
    """What is asked when a reception was held."""

    voters = Int(_("Voters received"), min=0, max=10000, help=_("Person-times. Left empty, those of the register."))
    summary = LongText(_("Summary of the day"), max=4000)


class Drop(EntitySchema):
    """What is asked when a reception is dropped."""

    reason = Text(_("Reason"), required=True, max=200)


class Year(EntitySchema):
    """For which year plans are made."""

    year = Int(_("Year"), required=True, min=2000, max=2200, default=lambda: local_day().year, help=_(
        "Of the present year only days from today on are planned."))

"""What people may send about a reception day: a line of the register, an opinion, and the forms of an opinion's steps."""
from __future__ import annotations

from grid321.core.api import (
    Choice,
    Day,
    DepartmentRef,
    DivisionRef,
    EntitySchema,
    Flag,
    Int,
    LongText,
    Phone,
    RecordRef,
    Text,
    three_levels,
)
from grid321.core.api import lazy_gettext as _

from .day_choices import KINDS, MODES, OUTCOMES, RATINGS, RESULTS, SUBJECTS, WAYS, P
from .day_fields import DeputyHere
from .station_fields import StationRef

LEVELS = ("grid", "village", "town", "county")


class VisitSchema(EntitySchema):
    """A line of the reception-day register."""

    station = StationRef(required=True)
    reception = RecordRef(_("Reception day"), entity=f"{P}reception")
    came_on = Day(_("Came on"), past=True, help=_("Left empty, the reception day, otherwise today."))
    kind = Choice(_("What the voter came for"), options=KINDS, required=True, default="opinion")
    text = LongText(_("What was said"), max=4000, help=three_levels.NO_SECRETS)
    deputy = DeputyHere(_("Deputy who heard it"))
    heard_by = Text(_("Leader who heard it"), max=60, help=_("On a leaders’ station day, where no deputy did: name and office."))
    name = Text(_("Name of the voter"), max=40, personal=True)
    phone = Phone(_("Telephone of the voter"))
    persons = Int(_("How many came together"), min=1, max=500, default=1)
    mode = Choice(_("How they came"), options=MODES, default="offline")
    result = Choice(_("What became of it"), options=RESULTS, required=True, default="draft")
    answer = LongText(_("Answer given at once"), max=4000)
    subject = Choice(_("Subject of the opinion"), scheme=SUBJECTS.key)
    wants_answer = Flag(_("An answer is wished for"), default=True)
    opinion = RecordRef(_("Opinion it became"), entity=f"{P}opinion", read_only=True)


class OpinionSchema(EntitySchema):
    """An opinion of a voter; what the handling adds is read only."""

    division = DivisionRef(_("Place it concerns"), level=LEVELS,
                           help=_("As low as you know: that level handles it first. Left empty, the place of the station."))
    station = StationRef(_("Station that heard it"))
    kind = Choice(_("Subject of the opinion"), scheme=SUBJECTS.key, required=True)
    text = LongText(_("What was said"), max=4000, required=True, help=three_levels.NO_SECRETS)
    title = Text(_("Title"), max=80, help=_("Left empty, the first words of the text are used."))
    place = Text(_("Place"), max=120, help=_("Street and number, or what everybody calls it."))
    deputy = DeputyHere(_("Deputy who heard it"), help=_("The answer is fed back to the deputy as well."))
    heard_on = Day(_("Heard on"), past=True, help=_("Left empty, today."))
    name = Text(_("Name of the voter"), max=40, personal=True)
    phone = Phone(_("Telephone of the voter"))
    wants_answer = Flag(_("An answer is wished for"), default=True, says_no=True)
    unit = DepartmentRef(_("Handed last to"), read_only=True)
    passed_to = Text(_("Passed on to"), max=120, read_only=True)
    passed_on = Day(_("Day it was passed on"), read_only=True)
    way = Choice(_("Way of handling"), scheme=WAYS.key, read_only=True)
    answer = LongText(_("Answer"), read_only=True)
    answered_on = Day(_("Answered on"), read_only=True)
    outcome = Choice(_("Outcome"), scheme=OUTCOMES.key, read_only=True)
    told_deputy_on = Day(_("Deputy told on"), read_only=True)
    told_voter_on = Day(_("Voter told on"), read_only=True)
    rating = Choice(_("Rating of the result"), scheme=RATINGS.key, read_only=True)
    attitude = Choice(_("Rating of the attitude"), scheme=RATINGS.key, read_only=True)
    rated_on = Day(_("Rated on"), read_only=True)
    handled_again = Flag(_("Handled again"), read_only=True)
    limit_on = Day(_("To be done by"), read_only=True)
    evidence = LongText(_("Evidence"), read_only=True)
    holder_level = Choice(_("Held at"), options=three_levels.LEVELS, read_only=True)
    solved_level = Choice(_("Solved at"), options=three_levels.LEVELS, read_only=True)


# ---------------------------------------------------------------- what the steps of an opinion ask

class Collation(EntitySchema):
    """What the station makes of a line when it collates: one matter, its subject and a title that says what is wanted."""

    kind = Choice(_("Subject of the opinion"), scheme=SUBJECTS.key, required=True)
    title = Text(_("What is wanted, in a line"), max=80, required=True, min=2)


class Answer(three_levels.AnswerForm):
    """The answer with its outcome."""

    outcome = Choice(_("Outcome"), scheme=OUTCOMES.key, required=True, help=_("“No money, no project” is explained, not solved."))
    way = Choice(_("Way of handling"), scheme=WAYS.key)


class HandOver(three_levels.HandOverForm):
    """To which department, in which way, and what is asked of it."""

    way = Choice(_("Way of handling"), scheme=WAYS.key, required=True, default="alone")


class PassOn(EntitySchema):
    """To which unit that does not work with the platform an opinion is passed on, by the card (转办卡)."""

    passed_to = Text(_("Unit outside"), max=120, required=True, min=2,
                     help=_("Name of the unit, and of who took the card there."))
    passed_on = Day(_("Day it was passed on"), past=True, help=_("Left empty, today."))
    limit_on = Day(_("To be answered by"))
    note = LongText(_("What is asked"), max=1000)


class Rating(three_levels.RatingForm):
    """What the voter thinks of the attitude and of the result."""

    attitude = Choice(_("Rating of the attitude"), scheme=RATINGS.key, required=True)


class Objection(three_levels.ObjectionForm):
    """Why the voter is not satisfied."""

    attitude = Choice(_("Rating of the attitude"), scheme=RATINGS.key, required=True)


class FeedBack(EntitySchema):
    """That the answer was told: to the voter and to the deputy who heard the opinion."""

    voter_on = Day(_("Voter told on"), past=True, help=_("Needed when an answer is wished for."))
    how = Choice(_("In which way"), required=True, default="phone", options=(
        ("visit", _("Face to face")), ("phone", _("By telephone")), ("message", _("By written message")),
        ("notice", _("By public notice"))))
    deputy_on = Day(_("Deputy told on"), past=True, help=_("Needed when a deputy heard the opinion."))
    note = LongText(_("What they said"), max=1000)


class WriteOff(EntitySchema):
    """What proves that an opinion is solved."""

    evidence = LongText(_("Evidence"), max=2000, required=True, min=4,
                        help=_("What shows that it is solved: who looked at it and when; add a photo if there is one."))


class NoRating(EntitySchema):
    """Why an opinion goes on without a rating."""

    reason = LongText(_("Reason"), max=400, required=True, min=4)

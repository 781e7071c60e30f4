"""What people may send about a matter: the matter itself and the forms of its steps. Unknown fields are refused."""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    COORDINATES,
    Choice,
    Day,
    Degrees,
    DepartmentRef,
    DivisionRef,
    EntitySchema,
    Flag,
    LongText,
    Node,
    PersonRef,
    Phone,
    Text,
    gettext,
    three_levels,
    tree,
)
from grid321.core.api import lazy_gettext as _

from .matter_classes import SOURCES


class MatterSchema(EntitySchema):
    """A matter; what the handling adds is read only."""

    division = DivisionRef(_("Division"), level=("grid", "village", "town", "county"), required=True,
                           help=_("Where it is, as low as you know: that level handles it first."))
    kind = Choice(_("Class"), scheme="suggestion_tracking.matter_class", required=True)
    text = LongText(_("What was said"), max=4000, required=True, help=three_levels.NO_SECRETS)
    title = Text(_("Title"), max=80, help=_("Left empty, the first words of the text are used."))
    place = Text(_("Place"), max=120, help=_("Street and number, or what everybody calls it."))
    occurred_on = Day(_("When"), past=True, help=_("Left empty, today."))
    urgency = Choice(_("Urgency"), options=three_levels.URGENCY, default="normal")
    source = Choice(_("How it came in"), options=SOURCES, default="reception")
    origin_ref = Text(_("Number in the other system"), max=200,
                      help=_("The number of the hotline slip or letter: the same one is not registered twice."))
    contact_name = Text(_("Name of who raised it"), max=40, personal=True)
    contact_phone = Phone(_("Telephone of who raised it"))
    wants_answer = Flag(_("An answer is wished for"), default=True, says_no=True)
    publish = Flag(_("May be published without the name"), says_no=True)
    deputy = PersonRef(_("Deputy who heard it"), help=_("The answer is fed back to the deputy as well."))
    lon = Degrees(_("Longitude"), limit=180)
    lat = Degrees(_("Latitude"), limit=90)
    coordinates = Choice(_("Coordinate system"), options=COORDINATES)
    published_on = Day(_("Published on"), read_only=True)
    unit = DepartmentRef(_("Handed last to"), read_only=True)
    way = Choice(_("Way of handling"), scheme="suggestion_tracking.way", read_only=True)
    answer = LongText(_("Answer"), read_only=True)
    outcome = Choice(_("Outcome"), scheme="suggestion_tracking.outcome", read_only=True)
    rating = Choice(_("Rating of the result"), scheme="suggestion_tracking.rating", read_only=True)
    attitude = Choice(_("Rating of the attitude"), scheme="suggestion_tracking.rating", read_only=True)
    handled_again = Flag(_("Handled again"), read_only=True)
    flagged = Flag(_("Flagged"), read_only=True)
    limit_on = Day(_("To be done by"), read_only=True)
    face_to_face_on = Day(_("Handed over face to face on"), read_only=True)
    face_to_face_who = Text(_("Who took it over face to face"), max=400, read_only=True)
    feedback_resident_on = Day(_("Resident told on"), read_only=True)
    feedback_deputy_on = Day(_("Deputy told on"), read_only=True)
    evidence = LongText(_("Evidence"), read_only=True)
    holder_level = Choice(_("Held at"), options=three_levels.LEVELS, read_only=True)
    solved_level = Choice(_("Solved at"), options=three_levels.LEVELS, read_only=True)


def check_matter(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """Rules across the fields of a matter. Completes ``data``: title, day, urgency, channel and the level that holds it first.

    ``node`` is where the matter is; ``record`` is None for a new one. Returns what is wrong, by field.
    """
    errors = three_levels.complete(data, record)
    data["origin_ref"] = data.get("origin_ref", getattr(record, "origin_ref", None)) or None
    if record is None:
        data["source"] = data.get("source") or "reception"
        data["kind"] = data.get("kind") or "other"
        levels = (above.level for above in reversed((*tree().ancestors(node), node)))
        known = {level for level, _label in three_levels.LEVELS}
        data["holder_level"] = next((level for level in levels if level in known), "county")
    if data.get("wants_answer", getattr(record, "wants_answer", False)) and record is None and data["source"] in TOLD_BY_PHONE \
            and not (data.get("contact_phone") or data.get("contact_name")):
        errors["contact_phone"] = [gettext("An answer is wished for: write down whom to tell, by telephone or name, "
                                           "or leave the wish out.")]
    return errors


TOLD_BY_PHONE = frozenset({"hotline", "sms"})
"""Channels by which the one who raised it can be told only when somebody wrote down whom."""


class Answer(three_levels.AnswerForm):
    """The answer to a matter with its outcome class."""

    outcome = Choice(_("Outcome"), scheme="suggestion_tracking.outcome", required=True,
                     help=_("“No money, no project” is explained, not solved."))
    way = Choice(_("Way of handling"), scheme="suggestion_tracking.way")


class HandOver(three_levels.HandOverForm):
    """To which department, in which way, and what is asked of it."""

    way = Choice(_("Way of handling"), scheme="suggestion_tracking.way", required=True, default="alone")


class FaceToFace(HandOver):
    """The same of a county, which hands over face to face: on which day, and who took it over for the department.

    The record of the directors' meeting fills both in when the meeting itself is where they met.
    """

    from_meeting = {"face_to_face_on": "met_on", "face_to_face_who": "attendees"}

    face_to_face_on = Day(_("Handed over face to face on"), required=True, past=True)
    face_to_face_who = Text(_("Who took it over face to face"), max=400, required=True, min=2,
                            help=_("Name and post of who took it over for the department, and who handed it over."))


class Rating(three_levels.RatingForm):
    """What the one who raised it thinks of the attitude and of the result."""

    attitude = Choice(_("Rating of the attitude"), scheme="suggestion_tracking.rating", required=True)


class Objection(three_levels.ObjectionForm):
    """Why the one who raised it is not satisfied."""

    attitude = Choice(_("Rating of the attitude"), scheme="suggestion_tracking.rating", required=True)


class FeedBack(EntitySchema):
    """That the answer was told: to the one who raised it and to the deputy who heard it."""

    resident_on = Day(_("Resident told on"), past=True, help=_("Needed when an answer is wished for."))
    how = Choice(_("How"), required=True, default="phone", options=(
        ("visit", _("Face to face")), ("phone", _("By telephone")), ("message", _("By message")), ("letter", _("By letter")),
        ("notice", _("By public notice"))))
    deputy_on = Day(_("Deputy told on"), past=True, help=_("Needed when a deputy heard the matter."))
    note = LongText(_("What they said"), max=1000)


class WriteOff(EntitySchema):
    """What proves that a matter is solved."""

    evidence = LongText(_("Evidence"), max=2000, required=True, min=4,
                        help=_("What shows that it is solved: acceptance record, photo (attach it), who looked at it and when."))


class CityAnswer(EntitySchema):
    """What the city said."""

    text = LongText(_("What the city said"), max=2000, required=True, min=4)


class NoRating(EntitySchema):
    """Why a matter goes on without a rating."""

    reason = LongText(_("Reason"), max=400, required=True, min=4)

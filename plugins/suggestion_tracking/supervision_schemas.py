"""What people may send about supervision: the records themselves. The questions of the steps stand in ``supervision_forms``."""
from __future__ import annotations

from grid321.core.api import Choice, Day, DepartmentRef, DivisionRef, EntitySchema, Int, LongText, PersonRef, Text, local_day
from grid321.core.api import lazy_gettext as _

from . import supervision_choices as choices
from .suggestion_number import SuggestionNumber

LEVELS = ("county", "town")
NUMBER = _("As on its page: JY-610902-202603-0001")


class CommitmentSchema(EntitySchema):
    """A promise of a unit; what becomes of it is read only."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    suggestion = SuggestionNumber(_("Suggestion"), required=True, help=NUMBER)
    department = DepartmentRef(_("Unit that promised"), required=True)
    title = Text(_("What is promised"), required=True, max=120)
    text = LongText(_("In its words"), max=2000, help=_("As the reply says it."))
    promised_on = Day(_("Promised on"), required=True, past=True, default=local_day)
    promised_by = Text(_("Promised by"), max=60, help=_("The unit’s leader who signed the reply."))
    first_due_on = Day(_("First promised for"), help=_("Only when another day was promised before."))
    due_on = Day(_("Promised for"), required=True, help=_("The day by which it is done. Reminders run until then and after it."))
    carried = Int(_("Carried on (times)"), read_only=True)
    progress = LongText(_("Last progress"), max=2000, read_only=True)
    progress_on = Day(_("Reported on"), read_only=True)
    evidence = LongText(_("Evidence"), max=2000, read_only=True)
    done_on = Day(_("Kept on"), read_only=True)


class InspectionSchema(EntitySchema):
    """An inspection; questions, evidence and result come with its record."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    kind = Choice(_("Kind"), options=choices.KINDS, required=True, default="look_back")
    suggestion = SuggestionNumber(_("Suggestion"), required=True, help=NUMBER)
    title = Text(_("Title"), required=True, max=120)
    unit = DepartmentRef(_("Inspected unit"))
    form = Choice(_("Form"), scheme=choices.FORMS.key, default="ordinary")
    planned_on = Day(_("Planned for"), help=_("Left empty, the limit of its kind holds."))
    inspected_on = Day(_("Inspected on"), read_only=True)
    inspected_by = Text(_("Inspected by"), max=80, read_only=True)
    asked = Text(_("Who was asked"), max=120, read_only=True)
    found = LongText(_("What was found"), max=2000, read_only=True)
    evidence = LongText(_("Evidence"), max=2000, read_only=True)
    result = Choice(_("Result"), options=choices.RESULTS, read_only=True)


class SampleSchema(EntitySchema):
    """A random choice: how many of what. Seed and outcome are the system's and stay."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    title = Text(_("Title"), required=True, max=120)
    pool = Choice(_("Drawn from"), options=choices.POOLS, required=True, default="handling")
    year = Int(_("Of the year"), min=2000, max=2200, help=_("Left empty, of all years."))
    size = Int(_("How many"), required=True, min=1, max=200, default=5)
    seed = Text(_("Seed"), max=40, pattern=r"[0-9A-Za-z\-]+", pattern_help=_("Digits and letters only."), help=_(
        "Left empty, the system draws it. With a seed that was public before (dice, a lottery number) everybody can check the "
        "choice."))
    drawn_on = Day(_("Drawn on"), read_only=True)
    count = Int(_("Suggestions drawn from"), read_only=True, says_no=True)
    digest = Text(_("Digest of the numbers drawn from"), max=64, read_only=True)


class RoundSchema(EntitySchema):
    """A supervision round of a month or quarter."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    kind = Choice(_("Period"), options=choices.PERIODS, required=True, default="month")
    first_day = Day(_("First day"), required=True, default=lambda: local_day().replace(day=1),
                    help=_("The first day of the month or quarter."))
    last_day = Day(_("Last day"), read_only=True)
    title = Text(_("Title"), required=True, max=120)
    led_by = Text(_("Led by"), max=80)
    plan = LongText(_("What is looked at"), max=2000)
    summary = LongText(_("Summary"), max=4000, read_only=True)
    closed_on = Day(_("Round closed on"), read_only=True)


class LetterSchema(EntitySchema):
    """A supervision slip or letter; who gets it is asked when it is issued."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    kind = Choice(_("Kind"), options=choices.LETTERS, required=True, default="slip")
    suggestion = SuggestionNumber(_("Suggestion"), help=NUMBER)
    inspection_number = Text(_("Inspection"), max=40, help=_("The number of the inspection that found it, if one did."))
    reference = Text(_("Reference number"), max=60, help=_("The document number on the letter (文号)."))
    title = Text(_("Title"), required=True, max=120)
    cause = Choice(_("Cause"), scheme=choices.CAUSES.key, required=True, default="overdue")
    text = LongText(_("What is asked for"), required=True, max=4000)
    signed_by = Text(_("Signed by"), max=60)
    department = DepartmentRef(_("Unit"), read_only=True)
    issued_on = Day(_("Issued on"), read_only=True)
    limit_on = Day(_("Answer by"), read_only=True)
    measures = LongText(_("Measures"), max=2000, read_only=True)
    answer = LongText(_("Answer"), max=4000, read_only=True)
    answered_on = Day(_("Answered on"), read_only=True)
    rejected = Int(_("Answers not accepted"), read_only=True)


class ListItemSchema(EntitySchema):
    """A problem; who answers for it and how it is put right follow by steps."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    suggestion = SuggestionNumber(_("Suggestion"), help=NUMBER)
    inspection_number = Text(_("Inspection"), max=40, help=_("The number of the inspection that found it, if one did."))
    title = Text(_("Problem"), required=True, max=120)
    problem = LongText(_("What is wrong"), required=True, max=2000)
    found_on = Day(_("Found on"), required=True, past=True, default=local_day)
    department = DepartmentRef(_("Responsible unit"), read_only=True)
    duty = LongText(_("Responsibility"), max=1000, read_only=True)
    leader = Text(_("Leader in charge"), max=60, read_only=True)
    person = Text(_("Person responsible"), max=60, read_only=True)
    measure = LongText(_("Corrective measure"), max=2000, read_only=True)
    limit_on = Day(_("To be put right by"), read_only=True)
    result = LongText(_("Result"), max=2000, read_only=True)
    rectified_on = Day(_("Put right on"), read_only=True)
    verified_by = Text(_("Confirmed by"), max=80, read_only=True)


class ReceiptSchema(EntitySchema):
    """A receipt card; it is made with the answer, and what the deputy says comes by its steps."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    suggestion = SuggestionNumber(_("Suggestion"), required=True, help=NUMBER)
    deputy = PersonRef(_("Deputy"), required=True)
    round = Int(_("Round"), read_only=True)
    title = Text(_("Title"), max=120, read_only=True)
    attitude = Choice(_("Attitude"), scheme="suggestion_tracking.rating", read_only=True)
    result = Choice(_("Result of the handling"), scheme="suggestion_tracking.rating", read_only=True)
    text = LongText(_("Remarks"), max=1000, read_only=True)
    channel = Choice(_("How it came back"), options=choices.CHANNELS, read_only=True)
    signed_on = Day(_("Signed on (paper card)"), read_only=True)
    returned_on = Day(_("Received on"), read_only=True)

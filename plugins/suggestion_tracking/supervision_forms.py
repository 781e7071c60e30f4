"""What the steps of supervision ask for: one form each. The three inspections have their own questions."""
from __future__ import annotations

from grid321.core.api import Choice, Day, DepartmentRef, EntitySchema, LongText, Text, local_day
from grid321.core.api import lazy_gettext as _

from . import supervision_choices as choices

RATING = "suggestion_tracking.rating"


class Reason(EntitySchema):
    """Why."""

    reason = LongText(_("Reason"), max=1000, required=True, min=4)


# ---------------------------------------------------------------- promises

class Progress(EntitySchema):
    """How far a promise is."""

    progress = LongText(_("Progress"), max=2000, required=True, min=4)


class Kept(EntitySchema):
    """What shows that a promise is kept."""

    evidence = LongText(_("What was done, and what shows it"), max=2000, required=True, min=4)


class CarryOn(EntitySchema):
    """A promise goes on to a later day, into another year if need be."""

    progress = LongText(_("Progress so far"), max=2000, required=True, min=4)
    reason = LongText(_("Why it is not done yet"), max=1000, required=True, min=4)
    due_on = Day(_("Now promised for"), required=True)


class Confirmed(EntitySchema):
    """Who looked and what they saw."""

    checked_by = Text(_("Confirmed by"), max=80, required=True)
    found = LongText(_("What was seen"), max=1000)


# ---------------------------------------------------------------- letters and lists

class Issue(EntitySchema):
    """To whom a letter goes and until when it is answered."""

    department = DepartmentRef(_("Unit"), required=True, own=True)
    limit_on = Day(_("Answer by"), help=_("Left empty, the county’s limit for supervision letters holds."))


class LetterAnswer(EntitySchema):
    """What a unit answers to a letter."""

    answer = LongText(_("Answer"), max=4000, required=True, min=4)
    measures = LongText(_("Measures"), max=2000)


class Assessment(EntitySchema):
    """Why an answer is enough or not."""

    assessment = LongText(_("Assessment"), max=1000)


class NotEnough(EntitySchema):
    """Why an answer is not enough, and until when a better one comes."""

    assessment = LongText(_("What is missing"), max=1000, required=True, min=4)
    limit_on = Day(_("Answer by"), help=_("Left empty, the county’s limit for supervision letters holds."))


class Duty(EntitySchema):
    """Who answers for a problem, what is done about it, and until when: the second and third list."""

    department = DepartmentRef(_("Responsible unit"), required=True, own=True)
    duty = LongText(_("Responsibility"), max=1000, required=True)
    leader = Text(_("Leader in charge"), max=60, required=True)
    person = Text(_("Person responsible"), max=60, required=True)
    measure = LongText(_("Corrective measure"), max=2000, required=True)
    limit_on = Day(_("To be put right by"), help=_("Left empty, the county’s limit for problems of the lists holds."))


class Rectified(EntitySchema):
    """What was done about a problem."""

    result = LongText(_("What was done"), max=2000, required=True, min=4)


# ---------------------------------------------------------------- inspections

class Visit(EntitySchema):
    """Who inspected, when, in what form, whom they asked."""

    inspected_on = Day(_("Inspected on"), required=True, past=True, default=local_day)
    inspected_by = Text(_("Inspected by"), max=80, required=True)
    form = Choice(_("Form"), scheme=choices.FORMS.key, required=True, default="ordinary")
    asked = Text(_("Who was asked"), max=120, help=_("In a back-to-back interview the deputy alone, without the unit."))


class FirstQuestions(EntitySchema):
    """About 15 days after the hand-over: has the unit begun, and met the deputy?"""

    met = Choice(_("Has the unit met the deputy?"), options=choices.YES_NO, required=True)
    understood = Choice(_("Does it know what the deputy asks for?"), options=choices.YES_NO, required=True)
    fixed = Choice(_("Are plan, rule, leader, person, requirement and limit fixed?"), options=choices.YES_NO, required=True)


class SecondQuestions(EntitySchema):
    """Two months after the hand-over: how far is it?"""

    progress = Choice(_("Does the work go as planned?"), options=choices.YES_NO, required=True)
    part = Choice(_("Has the deputy taken part?"), options=choices.YES_NO, required=True)
    together = Choice(_("Have the co-handling units given their opinions?"), options=choices.YES_NO, required=True)
    expected = Text(_("When is the answer expected?"), max=120)


class ThirdQuestions(EntitySchema):
    """After three months: what came of it?"""

    in_person = Choice(_("Was the deputy answered in person?"), options=choices.YES_NO, required=True)
    document = Choice(_("Is the answer a document of the right form?"), options=choices.YES_NO, required=True)
    to_the_point = Choice(_("Does it answer what was asked?"), options=choices.YES_NO, required=True)
    promised = Choice(_("Are its promises in the ledger?"), options=choices.YES_NO, required=True)


class LookBackQuestions(EntitySchema):
    """Some time after the answer: does it hold?"""

    done = Choice(_("Is what the answer says done?"), options=choices.YES_NO, required=True)
    lasting = Choice(_("Has the problem stayed away?"), options=choices.YES_NO, required=True)
    content = Choice(_("Is the deputy content with it now?"), options=choices.YES_NO, required=True)


class CheckQuestions(EntitySchema):
    """At a random check or in a round."""

    papers = Choice(_("Are the records complete?"), options=choices.YES_NO, required=True)
    agree = Choice(_("Do they agree with what was seen?"), options=choices.YES_NO, required=True)
    met = Choice(_("Has the unit met the deputy?"), options=choices.YES_NO, required=True)


class Finding(EntitySchema):
    """What was found, what shows it, and the result."""

    found = LongText(_("What was found"), max=2000, required=True, min=2)
    evidence = LongText(_("Evidence"), max=2000, required=True, min=2, help=_(
        "Papers seen, places visited, people asked. Photos and scans are added as files."))
    result = Choice(_("Result"), options=choices.RESULTS, required=True)


QUESTIONS = {"first": FirstQuestions, "second": SecondQuestions, "third": ThirdQuestions, "look_back": LookBackQuestions,
             "random": CheckQuestions, "round": CheckQuestions}


# ---------------------------------------------------------------- receipt cards, second handling, evaluation

class Card(EntitySchema):
    """What a deputy says on a receipt card."""

    attitude = Choice(_("Attitude of the unit"), scheme=RATING, help=_("How the unit met you, listened and took the matter up."))
    result = Choice(_("Result of the handling"), scheme=RATING, required=True)
    text = LongText(_("Remarks"), max=1000, help=_("When you are not satisfied: what is still missing."))


class PaperCard(Card):
    """The same from a card on paper, whose scan lies with the card."""

    signed_on = Day(_("Signed on"), required=True, past=True, help=_("The day on the card."))


class Redo(EntitySchema):
    """What the second handling has to bring, and until when where the county decides that in each case."""

    reason = LongText(_("What has to be done better"), max=1000, required=True, min=4)
    limit = Text(_("Limit"), max=20, help=_("A number and a unit: 1 m, 20 wd, 15 d. Left empty, the county’s rule holds."))


class Evaluation(EntitySchema):
    """Who evaluated a result that the deputy rejected twice, and what they found."""

    checked_by = Text(_("Evaluated by"), max=120, required=True)
    found = LongText(_("What the evaluation found"), max=2000, required=True, min=4)
    verdict = Choice(_("The unit"), options=(("diligent", _("did what could be done")), ("negligent", _("could have done more"))),
                     required=True)


class NoCard(EntitySchema):
    """Why a suggestion goes on without a receipt card."""

    reason = LongText(_("What was done to get the card back"), max=1000, required=True, min=4)


class WriteOff(EntitySchema):
    """What shows that a suggestion is done."""

    evidence = LongText(_("Evidence"), max=2000, required=True, min=4)

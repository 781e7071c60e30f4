"""What people may send about the year: schemes, items, points, ballots, what was chosen. The rest is read only."""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    Choice,
    Day,
    DepartmentRef,
    DivisionRef,
    EntitySchema,
    Flag,
    Int,
    LongText,
    RecordRef,
    Text,
    gettext,
    local_day,
)
from grid321.core.api import lazy_gettext as _

from .evaluation_rates import LEFT_OUT, LETTERS, RATES
from .suggestion_number import SuggestionNumber

LEVELS = ("county", "town")
KINDS = (("suggestion", _("Suggestion")), ("unit", _("Part of a unit")), ("commitment", _("Promise")))
SMELLS = (("pushed", _("Pushed around")), ("dragged", _("Dragged")), ("past", _("Talking past the request")),
          ("same", _("Same text everywhere")))
SMELL_STATES = (("open", _("noticed now")), ("over", _("no longer noticed")))
STATES = (("draft", _("In preparation")), ("open", _("Under way")), ("closed", _("Has ended")))
SOURCES = (("people", _("Given by people")), *((rate.key, rate.label) for rate in RATES))
CHOSEN = (("suggestion", _("Good suggestion")), ("unit", _("Good unit")))
DEPUTIES = (("county", _("Deputies of the county")), ("town", _("Deputies of the town")))
THIS_YEAR = _("The year whose handling is meant.")


class Letters(Text):
    """The letters of a counted row, shown as words."""

    def display(self, value: Any, record: Any = None) -> str:
        """What is true of the row, in words."""
        return gettext(", ").join(str(LETTERS[letter]) for letter in str(value or "") if letter in LETTERS)


class CountedSchema(EntitySchema):
    """A row as the rates count it; made by the system."""

    division = DivisionRef(_("County or town"), read_only=True)
    kind = Choice(_("Kind"), options=KINDS, read_only=True)
    number = Text(_("Number"), max=40, read_only=True)
    title = Text(_("Title"), max=120, read_only=True)
    department = DepartmentRef(_("Unit"), read_only=True)
    year = Int(_("Year"), read_only=True)
    counted_on = Day(_("Counts from"), read_only=True)
    limit_on = Day(_("Last day of the reply"), read_only=True)
    outcome = Choice(_("Outcome"), scheme="suggestion_tracking.outcome", read_only=True)
    marks = Letters(_("What is true of it"), max=20, read_only=True)
    left_out = Choice(_("Left out because"), options=tuple(LEFT_OUT.items()), read_only=True)


class SmellSchema(EntitySchema):
    """A rule that a case met; made by the system."""

    division = DivisionRef(_("Division"), read_only=True)
    kind = Choice(_("What is noticed"), options=SMELLS, read_only=True)
    state = Choice(_("At present"), options=SMELL_STATES, read_only=True)
    number = Text(_("Number"), max=40, read_only=True)
    title = Text(_("Title"), max=120, read_only=True)
    department = DepartmentRef(_("Unit"), read_only=True)
    measured = Int(_("Measured"), read_only=True, says_no=True)
    threshold = Int(_("Threshold"), read_only=True)
    other = Text(_("Most alike reply at"), max=40, read_only=True)
    since = Day(_("Noticed since"), read_only=True)
    over_on = Day(_("Noticed until"), read_only=True)


class AppraisalSchema(EntitySchema):
    """A scheme of the yearly appraisal of units."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    name = Text(_("Name"), required=True, max=80)
    year = Int(_("Year"), required=True, min=2000, max=2100, help=THIS_YEAR)
    description = LongText(_("What it is about"), max=4000)
    legal_basis = Text(_("Legal basis"), max=200, help=_(
        "Name and number of the document that orders this appraisal. Without it the appraisal stays off."))
    basis_on = Day(_("Document of"), past=True)
    valid_until = Day(_("Valid until"), help=_("The last day on which this basis holds. After it nothing is scored or ranked."))
    state = Choice(_("State"), options=STATES, read_only=True)
    opened_on = Day(_("Begun on"), read_only=True)
    fixed_on = Day(_("Result fixed on"), read_only=True)
    published_on = Day(_("Published on"), read_only=True)


class ItemSchema(EntitySchema):
    """An item of a scheme."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    appraisal = RecordRef(_("Appraisal"), entity="suggestion_tracking.appraisal", required=True)
    position = Int(_("Place in the list"), min=1, max=99, required=True, default=1)
    name = Text(_("Item"), required=True, max=80)
    weight = Int(_("Points"), required=True, min=1, max=1000)
    source = Choice(_("How the points come about"), options=SOURCES, required=True, default="people",
                    help=_("A rate gives its share of the points. Only outcomes count: never logins, photos or kilometres."))
    rule = LongText(_("Rule"), max=1000, help=_("When all points are given and when fewer. Needed where people give them."))


class ScoreSchema(EntitySchema):
    """Points that people gave a unit."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    appraisal = RecordRef(_("Appraisal"), entity="suggestion_tracking.appraisal", read_only=True)
    item = RecordRef(_("Item"), entity="suggestion_tracking.appraisal_item", required=True)
    department = DepartmentRef(_("Unit"), required=True)
    points = Int(_("Points"), required=True, min=0, max=1000)
    reason = LongText(_("Reason"), required=True, max=1000, min=4)


class ResultSchema(EntitySchema):
    """What a closed appraisal found for a unit, in hundredths of points."""

    division = DivisionRef(_("County or town"), read_only=True)
    appraisal = RecordRef(_("Appraisal"), entity="suggestion_tracking.appraisal", read_only=True)
    department = DepartmentRef(_("Unit"), read_only=True)
    points = Int(_("Points in hundredths"), read_only=True, says_no=True)
    reachable = Int(_("Reachable in hundredths"), read_only=True)
    rank = Int(_("Place"), read_only=True)


class BallotSchema(EntitySchema):
    """A ballot of all deputies; it opens and closes by its own steps."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    title = Text(_("Title"), required=True, max=80)
    year = Int(_("Year"), required=True, min=2000, max=2100, help=THIS_YEAR)
    session = RecordRef(_("Session"), entity="suggestion_tracking.session")
    description = LongText(_("What is voted on"), max=2000, help=_("Shown above the paper."))
    minimum = Int(_("Least number of votes that is counted out"), required=True, min=3, max=5000, default=10,
                  help=_("With fewer votes the count is never shown: it might tell who voted how."))
    ends_on = Day(_("Last day of voting"), help=_("Until the end of this day votes are taken."))
    state = Choice(_("State"), options=STATES, read_only=True)
    voters = Int(_("May vote"), read_only=True, says_no=True)
    votes = Int(_("Voted"), read_only=True, says_no=True)
    published_on = Day(_("Published on"), read_only=True)


class ChosenSchema(EntitySchema):
    """A suggestion or a unit chosen as good."""

    division = DivisionRef(_("County or town"), level=LEVELS)
    year = Int(_("Year"), required=True, min=2000, max=2100, help=THIS_YEAR)
    kind = Choice(_("What is chosen"), options=CHOSEN, required=True, default="suggestion")
    suggestion = SuggestionNumber(_("Suggestion"), help=_("Its number, for a good suggestion: JY-610902-202603-0001"))
    department = DepartmentRef(_("Unit"), help=_("For a good unit."))
    label = Text(_("Name"), max=120, read_only=True)
    reason = LongText(_("Why"), required=True, max=2000, min=4)
    decided_by = Text(_("Decided by"), required=True, max=120, help=_("The meeting that decided: name and day."))
    decided_on = Day(_("Decided on"), required=True, past=True, default=local_day)
    published_on = Day(_("Published on"), read_only=True)


class PublishChosen(EntitySchema):
    """Nothing is asked but the confirmation."""

    sure = Flag(_("The meeting decided so"), required=True)

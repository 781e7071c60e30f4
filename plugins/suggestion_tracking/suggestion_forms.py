"""What the steps of suggestions and tasks ask for."""
from __future__ import annotations

from grid321.core.api import Choice, Day, DepartmentRef, EntitySchema, Flag, LongText, PersonRef, Text
from grid321.core.api import lazy_gettext as _

from .suggestion_schemas import NO_SECRETS, SIGNED_BY

YES_NO = (("yes", _("Yes")), ("no", _("No")))


class Reason(EntitySchema):
    """Why something is returned, taken back or withdrawn."""

    reason = LongText(_("Reason"), max=1000, required=True, min=4)


class Checked(EntitySchema):
    """The three questions of the check."""

    one_matter = Choice(_("Is it one matter?"), options=YES_NO, required=True)
    concrete = Choice(_("Are content, reasons and proposal concrete?"), options=YES_NO, required=True)
    within_powers = Choice(_("Does it lie within the powers of this county or town?"), options=YES_NO, required=True)
    note = LongText(_("Remark"), max=1000)


class Excluded(EntitySchema):
    """Why it is not taken as a suggestion."""

    excluded_reason = Choice(_("Why it is not taken"), scheme="suggestion_tracking.excluded", required=True)
    reason = LongText(_("Reason in words"), max=1000, required=True, min=4)


class AssignLead(EntitySchema):
    """The lead unit and up to three co-handling units; more can be added afterwards, each with its own limit."""

    department = DepartmentRef(_("Lead unit"), own=True, required=True)
    asked = LongText(_("What is asked of the lead unit"), max=2000)
    limit_on = Day(_("Own limit of the lead unit"), help=_("Left empty, the limits of the county hold."))
    co_1 = DepartmentRef(_("Co-handling unit"), own=True)
    co_2 = DepartmentRef(_("Second co-handling unit"), own=True)
    co_3 = DepartmentRef(_("Third co-handling unit"), own=True)
    co_asked = LongText(_("What is asked of the co-handling units"), max=2000)
    co_limit_on = Day(_("Own limit of the co-handling units"), help=_("Left empty, the limits of the county hold."))
    is_major = Flag(_("Broad or hard: the longer limit holds"))
    joint_reply = Flag(_("One reply of all units together"))
    level_reply = Choice(_("The reply is signed by"), options=SIGNED_BY, default="unit")


class AssignSeparate(EntitySchema):
    """The units of which each answers for itself; more can be added afterwards."""

    unit_1 = DepartmentRef(_("First unit"), own=True, required=True)
    unit_2 = DepartmentRef(_("Second unit"), own=True, required=True)
    unit_3 = DepartmentRef(_("Third unit"), own=True)
    unit_4 = DepartmentRef(_("Fourth unit"), own=True)
    asked = LongText(_("What is asked of the units"), max=2000)
    limit_on = Day(_("Own limit of the units"), help=_("Left empty, the limits of the county hold."))
    is_major = Flag(_("Broad or hard: the longer limit holds"))
    level_reply = Choice(_("The reply is signed by"), options=SIGNED_BY, default="unit")


class KeyLeader(EntitySchema):
    """Who leads a key suggestion; without a leader it is no longer one."""

    key_leader = PersonRef(_("Leader who leads the key suggestion"), help=_("Left empty, it is no longer a key suggestion."))


class SixFixings(EntitySchema):
    """The six fixings (六定) and the first leader, who answers for it: every one is required."""

    first_leader = Text(_("First leader of the unit"), max=60, required=True, help=_("Who answers for it."))
    fix_plan = LongText(_("Plan"), max=4000, required=True, min=4, help=_("What is done in which order."))
    fix_rule = LongText(_("Working rule"), max=2000, required=True, min=2, help=_("How it is reported and checked."))
    fix_leader = Text(_("Leader in charge"), max=60, required=True)
    fix_person = Text(_("Person in charge"), max=60, required=True)
    fix_requirement = LongText(_("Requirement"), max=2000, required=True, min=2, help=_("What has to be reached."))
    fix_limit_on = Day(_("Time limit"), required=True, help=_("At the latest the last day of the reply."))


class Reply(EntitySchema):
    """The reply with its outcome class, and a promise where something is still to be done."""

    outcome = Choice(_("Outcome"), scheme="suggestion_tracking.outcome", required=True,
                     help=_("“No money, no project” is explained, not solved."))
    text = LongText(_("Reply"), max=10_000, required=True, min=10, help=NO_SECRETS, templates=True)
    letter_number = Text(_("Number of the reply letter"), max=60)
    commitment = LongText(_("What is promised"), max=2000, help=_("Followed across years until it is done."))
    commitment_on = Day(_("Promised for"))


class Opinion(EntitySchema):
    """The opinion of a co-handling unit, for the reply of the lead unit."""

    text = LongText(_("Opinion"), max=10_000, required=True, min=4, help=NO_SECRETS, templates=True)


class Paper(EntitySchema):
    """The date of what came on paper from a unit without account."""

    paper_on = Day(_("Date of the paper"), past=True, required=True,
                   help=_("The date that it bears. It counts for the limits, not the day on which it is entered."))


class Urging(EntitySchema):
    """Who urged, and what was asked."""

    urged_by = Text(_("Urged by"), max=80, required=True, help=_("Name and post of the leader."))
    words = LongText(_("What was asked"), max=2000, required=True, min=4)


class Agreement(EntitySchema):
    """The deputy's own words on a longer limit."""

    words = LongText(_("In your words"), max=1000)

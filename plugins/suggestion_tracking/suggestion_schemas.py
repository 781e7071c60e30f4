"""What people may send: sessions, suggestions, co-signatures, tasks of units, meetings with the deputy."""
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
    PersonRef,
    Text,
)
from grid321.core.api import lazy_gettext as _

from .suggestion_fields import DeputyRef, LeadingDeputy, SessionRef
from .suggestion_number import SuggestionNumber

NO_SECRETS = _("No state secrets and no data about others that are not needed.")
CONTENT = _("What happens where, since when, and whom it concerns: what is too short comes back. No state secrets and no data "
            "about others that are not needed.")
CONGRESS = ("county", "town")
SESSION_KINDS = (("session", _("Session of the congress")), ("between", _("Between sessions")))
BASES = (("survey", _("Survey or study")), ("visit", _("Visits to voters")), ("meeting", _("Meeting or reception")),
         ("other", _("Other")))
WAYS = (("lead", _("Lead and co-handling units")), ("separate", _("Separate units, each answers")))
SIGNED_BY = (("unit", _("The handling unit")), ("office", _("The government office")), ("government", _("The government")))
CHECKS = (("fit", _("Fit to be handed over")), ("excluded", _("Not taken as a suggestion")))
ROLES = (("lead", _("Lead")), ("co", _("Co-handling")), ("separate", _("Separate")))
STAGES = (("before", _("Before the handling")), ("during", _("During the handling")), ("after", _("After the handling")))
FORMS = (("visit", _("Visit to the deputy")), ("invited", _("The deputy was invited")), ("site", _("On site")),
         ("symposium", _("Symposium")), ("telephone", _("Telephone or video")), ("letter", _("Letter")))


class SessionSchema(EntitySchema):
    """A session of the congress, or the time between two of them."""

    division = DivisionRef(_("County or town"), level=CONGRESS)
    name = Text(_("Name"), max=80, required=True, help=_("As it is called: “Second session of the 19th congress”."))
    kind = Choice(_("Kind"), options=SESSION_KINDS, required=True, default="session")
    year = Int(_("Year"), min=1954, max=2200, required=True)
    term = Int(_("Term of the congress"), min=1, max=200)
    ordinal = Int(_("Which session of the term"), min=1, max=20)
    opened_on = Day(_("Opened on"))
    closed_on = Day(_("Session closed on"))


class SuggestionSchema(EntitySchema):
    """A suggestion; what the handling adds is read only."""

    division = DivisionRef(_("Congress"), level=CONGRESS, help=_("The county or town whose congress it is raised to."))
    session = SessionRef(_("Session"), entity="suggestion_tracking.session")
    title = Text(_("Title"), max=120, required=True, help=_("One matter in one sentence: “On lamps for Xihe Road”."))
    kind = Choice(_("Subject"), scheme="suggestion_tracking.subject", required=True)
    content = LongText(_("Content"), max=10_000, required=True, help=CONTENT)
    reasons = LongText(_("Reasons"), max=5000)
    proposal = LongText(_("Proposal"), max=5000)
    basis = Choice(_("Basis"), options=BASES, required=True, default="visit")
    basis_text = LongText(_("What was done for it"), max=1000, help=_("Which survey, visits or meetings it rests on."))
    deputy = LeadingDeputy(_("Leading deputy"), help=_("Left empty, you yourself."))
    cosigners = Text(_("Co-signers"), max=2000, help=_("Names of deputies to this congress, as in 张三、李四."))
    delegation = Text(_("Delegation"), max=80)
    raised_on = Day(_("Raised on"), past=True, help=_("Left empty, today."))
    consent_publish = Flag(_("The deputy agrees to publication"), says_no=True)
    wish_contact = Flag(_("The deputy wishes to be met"), default=True, says_no=True)
    reference_only = Flag(_("For reference only"))
    earlier_number = Text(_("Number of the earlier suggestion"), max=40, help=_("When the same was asked for before."))
    repeated_years = Int(_("Years in which it was raised before"), min=0, max=60, says_no=False)
    department = DepartmentRef(_("Lead unit"), own=True, read_only=True)
    is_major = Flag(_("Broad or hard: the longer limit holds"), read_only=True)
    is_key = Flag(_("Key suggestion"), read_only=True)
    key_leader = PersonRef(_("Leader who leads the key suggestion"), read_only=True)
    joint_reply = Flag(_("One reply of all units together"), read_only=True)
    level_reply = Choice(_("The reply is signed by"), options=SIGNED_BY, read_only=True)
    signers = Int(_("Deputies who signed"), read_only=True)
    check_result = Choice(_("Result of the check"), options=CHECKS, read_only=True)
    excluded_reason = Choice(_("Why it is not taken"), scheme="suggestion_tracking.excluded", read_only=True)
    way = Choice(_("Way of handling"), options=WAYS, read_only=True)
    handed_on = Day(_("Handed over on"), read_only=True)
    transfers = Int(_("Times it was handed over"), read_only=True)
    first_leader = Text(_("First leader who answers for it"), max=60, read_only=True)
    agreed_longer_on = Day(_("The deputy agreed to a longer limit on"), read_only=True)
    outcome = Choice(_("Outcome"), scheme="suggestion_tracking.outcome", read_only=True)
    answer = LongText(_("Reply"), read_only=True)
    answered_on = Day(_("Answered on"), read_only=True)
    rating = Choice(_("Rating of the result"), scheme="suggestion_tracking.rating", read_only=True)
    attitude = Choice(_("Rating of the attitude"), scheme="suggestion_tracking.rating", read_only=True)
    rated_on = Day(_("Rated on"), read_only=True)
    handled_again = Flag(_("Handled again"), read_only=True)
    published_on = Day(_("Published on"), read_only=True)
    flagged = Flag(_("Flagged"), read_only=True)


class CosignerSchema(EntitySchema):
    """A deputy who signs with the leading one."""

    suggestion_number = SuggestionNumber(_("Number of the suggestion"), required=True)
    person = DeputyRef(_("Deputy"), required=True)
    signed_on = Day(_("Signed on"), past=True, help=_("Left empty, today."))


class TaskSchema(EntitySchema):
    """What one unit does for a suggestion."""

    suggestion_number = SuggestionNumber(_("Number of the suggestion"), required=True)
    title = Text(_("Title"), max=120, read_only=True)
    role = Choice(_("Role of the unit"), options=ROLES, required=True)
    department = DepartmentRef(_("Unit"), own=True, required=True)
    asked = LongText(_("What is asked of this unit"), max=2000)
    limit_on = Day(_("Own limit"), help=_("When its part has to be done; the limits of the county run beside it."))
    given_on = Day(_("Given on"), read_only=True)
    received_on = Day(_("Receipt signed on"), read_only=True)
    accepted_on = Day(_("Accepted on"), read_only=True)
    return_reason = LongText(_("Reasons of the return"), read_only=True)
    first_leader = Text(_("First leader of the unit"), max=60, read_only=True)
    fix_plan = LongText(_("Plan"), read_only=True)
    fix_rule = LongText(_("Working rule"), read_only=True)
    fix_leader = Text(_("Leader in charge"), max=60, read_only=True)
    fix_person = Text(_("Person in charge"), max=60, read_only=True)
    fix_requirement = LongText(_("Requirement"), read_only=True)
    fix_limit_on = Day(_("Time limit"), read_only=True)
    outcome = Choice(_("Outcome"), scheme="suggestion_tracking.outcome", read_only=True)
    answer = LongText(_("Reply or opinion"), read_only=True)
    letter_number = Text(_("Number of the reply letter"), max=60, read_only=True)
    answered_on = Day(_("Answered on"), read_only=True)
    handled_again = Flag(_("Handled again"), read_only=True)


class ContactSchema(EntitySchema):
    """A meeting of a unit with the deputy: who, when, where, in which form, and what the deputy said."""

    suggestion_number = SuggestionNumber(_("Number of the suggestion"), required=True)
    department = DepartmentRef(_("Unit"), own=True, help=_("Left empty, your own."))
    stage = Choice(_("Which of the three meetings"), options=STAGES, required=True)
    met_on = Day(_("Met the deputy on"), past=True, required=True)
    who = Text(_("Who met the deputy"), max=120, required=True, help=_("Names and posts."))
    place = Text(_("Place"), max=120, required=True)
    form = Choice(_("Form of the meeting"), options=FORMS, required=True)
    said = LongText(_("What the deputy said"), max=4000, required=True, min=2)
    agrees_longer = Flag(_("The deputy agrees to a longer limit"))

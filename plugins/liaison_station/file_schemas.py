"""What people may type about deputies' files: strict, with the limits of the tables."""
from __future__ import annotations

from grid321.core.api import Choice, Day, DivisionRef, EntitySchema, Int, LongText, RecordRef, Text
from grid321.core.api import lazy_gettext as _

from .file_causes import KINDS, P

STATES = (("noted", _("Noted, to be confirmed")), ("confirmed", _("Confirmed by the deputy")),
          ("objected", _("Objected to by the deputy")), ("corrected", _("Corrected")), ("struck", _("Struck")))
VERDICTS = (("keep", _("It stays as it is")), ("correct", _("It is corrected as below")), ("strike", _("It is struck")))
ANSWERS = (("satisfied", _("Satisfied")), ("fair", _("Basically satisfied")), ("dissatisfied", _("Not satisfied")),
           ("unsure", _("I do not know enough about it")))
WAYS = (("paper", _("On paper")), ("phone", _("By telephone")), ("meeting", _("In person")))


class DeedSchema(EntitySchema):
    """What an officer enters that no plugin knows of (an inspection by the province, a training elsewhere)."""

    division = DivisionRef(_("Division"), help=_("The division of the deputy’s congress."))
    deputy = RecordRef(_("Deputy"), entity=f"{P}deputy", required=True)
    day = Day(_("Day"), required=True, past=True)
    kind = Choice(_("Kind"), scheme=KINDS.key, required=True)
    title = Text(_("What it was"), required=True, max=160, help=_("Voters read it: no names of residents, no telephone numbers."))
    state = Choice(_("State"), options=STATES, read_only=True)
    objection = Text(_("Objection"), max=300, read_only=True)
    answer = Text(_("Answer to the objection"), max=300, read_only=True)


class YearSchema(EntitySchema):
    """A deputy's year: everything that happened comes by itself, the report is the deputy's."""

    division = DivisionRef(_("Division"), help=_("The division of the deputy’s congress."))
    deputy = RecordRef(_("Deputy"), entity=f"{P}deputy", required=True)
    year = Int(_("Year"), required=True, min=2000, max=2200)
    report = LongText(_("Report to the voters"), max=8000, help=_(
        "Voters read it. No names of residents, telephone numbers or house numbers: a report with such is not published."))
    reported_at = Text(_("Reported at"), max=120, help=_("The meeting of voters at which the deputy reported, with its day."))
    name = Text(_("Name"), max=60, read_only=True)
    title = Text(_("Title"), max=80, read_only=True)
    confirmed_on = Day(_("Confirmed on"), read_only=True)
    checked_on = Day(_("Checked on"), read_only=True)
    published_on = Day(_("Made public on"), read_only=True)


class SchemeSchema(EntitySchema):
    """A scheme of scoring. Without a basis and an end it is off."""

    division = DivisionRef(_("County or town"), level=("county", "town"))
    title = Text(_("Title"), required=True, max=120)
    items = LongText(_("Points"), required=True, max=2000, help=_(
        "One kind of deed in a line: its key, the points of each deed, and the most that count. For example: reception 2 10"))
    basis = Text(_("Legal basis"), max=300, help=_("The document that orders the scoring, with its number. Without it the scheme "
                                                   "is off (国办函〔2026〕12号)."))
    from_day = Day(_("Holds from"))
    to_day = Day(_("Holds until"), help=_("A basis without an end is not accepted."))


class Objection(EntitySchema):
    """Why a deputy objects to a deed."""

    reason = LongText(_("What is wrong?"), required=True, min=2, max=300)


class Verdict(EntitySchema):
    """What an officer answers to an objection, or corrects of one's own accord."""

    verdict = Choice(_("What becomes of it"), options=VERDICTS, required=True)
    answer = LongText(_("Reason"), required=True, min=2, max=300, help=_("The deputy reads it."))
    day = Day(_("Right day"), past=True, help=_("Only what is corrected."))
    kind = Choice(_("Right kind"), scheme=KINDS.key)
    title = Text(_("Right title"), max=160)


class Told(EntitySchema):
    """How a deputy without account confirmed the year."""

    told_on = Day(_("Confirmed on"), required=True, past=True)
    way = Choice(_("In which way"), options=WAYS, required=True, default="paper")


class Seen(EntitySchema):
    """Why addresses in a report may be read by everybody."""

    reason = LongText(_("Why they may stay"), required=True, min=2, max=300, help=_(
        "For example: it is the address of the station. The home of a resident is never published."))


class Reason(EntitySchema):
    """Why a year is opened again."""

    reason = LongText(_("Reason"), required=True, min=2, max=500)


class VoiceForm(EntitySchema):
    """A voter's answer."""

    answer = Choice(_("Are you satisfied with the deputy’s work in this year?"), options=ANSWERS, required=True)


class SlipVoice(EntitySchema):
    """A voter's answer on the tablet of a station."""

    answer = Choice(_("Are you satisfied with the deputy’s work in this year?"), options=ANSWERS, required=True)
    number = Text(_("Number on your slip"), required=True, max=20, help=_("Eight signs, for example 7K3F-9QXT."))


class Slips(EntitySchema):
    """How many links or slips are made."""

    count = Int(_("How many to make"), required=True, min=1, max=200, default=20)


class Paper(EntitySchema):
    """What was counted on paper slips, in all: entered again, it takes the place of what was entered before."""

    satisfied = Int(_("Satisfied"), required=True, min=0, max=100_000, default=0)
    fair = Int(_("Basically satisfied"), required=True, min=0, max=100_000, default=0)
    dissatisfied = Int(_("Not satisfied"), required=True, min=0, max=100_000, default=0)
    unsure = Int(_("I do not know enough about it"), required=True, min=0, max=100_000, default=0)

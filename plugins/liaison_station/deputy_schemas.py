"""What people may send about terms, districts, delegations, mandates, placements and contacts."""
from __future__ import annotations

from grid321.core.api import (
    Choice,
    Day,
    DivisionRef,
    EntitySchema,
    Flag,
    IdNumber,
    Int,
    LongText,
    PersonRef,
    Phone,
    RecordRef,
    Text,
    local_day,
)
from grid321.core.api import lazy_gettext as _

from . import deputy_choices as choices
from .deputy_fields import Divisions, Items
from .named_fields import NamedRef
from .station_fields import StationRef

P = choices.P
LEVELS = ("county", "town")
HERE = _("Leave it empty for the division you are looking at.")


class CongressSchema(EntitySchema):
    """A term of a people's congress."""

    division = DivisionRef(_("Division"), level=LEVELS, help=HERE)
    name = Text(_("Name"), required=True, max=80)
    level = Choice(_("Level of the congress"), options=choices.MANDATES, required=True)
    number = Int(_("Number of the term"), required=True, min=1, max=999)
    from_day = Day(_("Begins on"), required=True)
    to_day = Day(_("Ends on"), help=_("Leave it empty while it runs."))


class DistrictSchema(EntitySchema):
    """An electoral district."""

    division = DivisionRef(_("Division"), level=LEVELS, help=HERE)
    level = Choice(_("Level of the congress"), options=choices.MANDATES, required=True)
    code = Text(_("Number of the district"), required=True, max=20)
    name = Text(_("Name"), required=True, max=80)
    seats = Int(_("Seats"), min=1, max=999)
    covers = Divisions(_("Divisions that it covers"), max=4000, help=_(
        "Their codes, such as 610902104、610902105. By them the assistant finds the station of a deputy."))


class DelegationSchema(EntitySchema):
    """A delegation or a group of deputies."""

    division = DivisionRef(_("Division"), level=LEVELS, help=HERE)
    kind = Choice(_("Kind"), options=choices.GROUPS, required=True)
    level = Choice(_("Level of the congress"), options=choices.MANDATES, required=True)
    name = Text(_("Name"), required=True, max=80)
    leader = PersonRef(_("Chaired by"))


class DeputySchema(EntitySchema):
    """A mandate. Telephone and identity number go to the person's record and are not shown here again."""

    division = DivisionRef(_("Division"), level=LEVELS, help=_(
        "A deputy to the town’s congress is entered at the town, every other one at the county. Leave it empty for the division "
        "you are looking at."))
    person = PersonRef(_("Person"), help=_("Choose somebody who is recorded, or write the name below."))
    name = Text(_("Person’s name"), max=60)
    phone = Phone(_("Telephone"), help=_("It is kept with the person and tells people of one name apart."))
    id_number = IdNumber(_("Identity number"), help=_("It is kept with the person and tells people of one name apart."))
    level = Choice(_("Level of the congress"), options=choices.MANDATES, required=True)
    congress = NamedRef(_("Term"), entity=f"{P}congress", help=_("Leave it empty for the term that runs."))
    district = NamedRef(_("Electoral district"), entity=f"{P}district")
    delegation = NamedRef(_("Delegation"), entity=f"{P}delegation")
    group = NamedRef(_("Group of deputies"), entity=f"{P}delegation")
    committee = Flag(_("Member of the standing committee"))
    from_day = Day(_("From"), help=_("Leave it empty for the first day of the term."))
    to_day = Day(_("Last day"), help=_("Leave it empty while the mandate lasts."))
    job = Text(_("Work and post"), max=120)
    skills = Items(_("Skills"), scheme=choices.SKILLS, help=_("As in the list of skills, with 、 between them."))
    card_phone = Text(_("Telephone on the contact card"), max=40, help=_("What the deputy wants voters to read."))
    card_text = Text(_("Words on the contact card"), max=300)
    status = Choice(_("Status"), options=choices.STATUSES, default=choices.ACTIVE)
    status_on = Day(_("Status since"))
    status_reason = Choice(_("Reason"), scheme=choices.REASONS.key)
    status_text = Text(_("Remark on the reason"), max=200)


class PlacementSchema(EntitySchema):
    """A deputy belongs to a station."""

    deputy = NamedRef(_("Deputy"), entity=f"{P}deputy", required=True)
    station = StationRef(required=True)
    home = Flag(_("Home station"), default=True, says_no=True, help=_(
        "At each level somebody has one home station; in others he or she helps."))
    from_day = Day(_("From"), required=True, default=local_day)
    to_day = Day(_("Last day"), help=_("Leave it empty while it lasts."))
    ended_why = Text(_("Why it ended"), max=200)


class ContactSchema(EntitySchema):
    """Double contact: with a deputy or with a voter."""

    deputy = NamedRef(_("Who keeps contact"), entity=f"{P}deputy", required=True)
    kind = Choice(_("Kind"), options=choices.CONTACTS, required=True)
    other = NamedRef(_("With the deputy"), entity=f"{P}deputy")
    voter = Text(_("Voter’s name"), max=60, personal=True)
    voter_phone = Phone(_("Voter’s telephone"))
    place = Text(_("Where the voter lives or works"), max=120, help=_("Village, street or company; no house number."))
    from_day = Day(_("From"), required=True, default=local_day)
    to_day = Day(_("Last day"), help=_("Leave it empty while it lasts."))
    last_on = Day(_("Last contact"), read_only=True)


class TalkSchema(EntitySchema):
    """A contact took place."""

    contact = RecordRef(_("Contact"), entity=f"{P}contact", required=True)
    day = Day(_("Day"), required=True, past=True, default=local_day)
    way = Choice(_("In which way"), options=choices.WAYS, required=True)
    text = LongText(_("What it was about"), max=2000, help=_("No names, numbers or addresses of residents."))

"""The records of deputies. From these the core makes pages, API, import, export, print and statistics."""
from __future__ import annotations

from grid321.core.api import Counter, Entity
from grid321.core.api import lazy_gettext as _

from . import deputy_checks as checks
from .contact_records import create_contact, create_talk, delete_contact
from .deputy_choices import P
from .deputy_life import create_deputy, delete_deputy, status_written, update_deputy
from .deputy_models import Congress, Contact, Delegation, Deputy, District, Placement, Talk
from .deputy_schemas import (
    CongressSchema,
    ContactSchema,
    DelegationSchema,
    DeputySchema,
    DistrictSchema,
    PlacementSchema,
    TalkSchema,
)
from .menu_folds import DEPUTY_FOLD
from .placement_write import create_placement, delete_placement, placement_written, update_placement
from .station_choices import LEVELS as STATIONS

LEVELS = ("county", "town")

CONGRESS = Entity(
    f"{P}congress", Congress, CongressSchema, _("Terms of congresses"), columns=("name", "level", "number", "from_day", "to_day"),
    filters=("level",), search=("name",), sorts=("-from_day", "-id"), title="name", icon="calendar-range", menu="more",
    fold=DEPUTY_FOLD,
    levels=LEVELS, check=checks.check_congress, after=checks.list_written, delete=checks.delete_listed,
    description=_("From when to when a people’s congress sits. A county keeps the terms of the congresses above it, too."))

DISTRICT = Entity(
    f"{P}district", District, DistrictSchema, _("Electoral districts"), columns=("code", "name", "level", "seats", "covers"),
    filters=("level",), search=("code", "name"), sorts=("code", "-id"), title="name", icon="map", menu="more", fold=DEPUTY_FOLD,
    levels=LEVELS,
    check=checks.check_place, after=checks.list_written, delete=checks.delete_listed,
    description=_("Where deputies were elected, and which divisions that covers."))

DELEGATION = Entity(
    f"{P}delegation", Delegation, DelegationSchema, _("Delegations and groups"), columns=("name", "kind", "level", "leader"),
    filters=("kind", "level"), search=("name",), sorts=("name", "-id"), title="name", icon="people", menu="more",
    fold=DEPUTY_FOLD, levels=LEVELS,
    check=checks.check_place, after=checks.list_written, delete=checks.delete_listed,
    description=_("Delegations at the session and groups between sessions."))

DEPUTY = Entity(
    f"{P}deputy", Deputy, DeputySchema, _("Deputies"),
    columns=("name", "level", "division_id", "district", "delegation", "status"),
    filters=("level", "status", "district", "delegation", "group", "committee", "congress"), search=("name", "job"),
    sorts=("name", "-id"), title="name", icon="person-badge", levels=LEVELS, check=checks.check_deputy, create=create_deputy,
    update=update_deputy, delete=delete_deputy, after=status_written, counters=(Counter("level"), Counter("status")),
    description=_("Mandates: who is a deputy to which congress, elected where, active or not. Other modules know a deputy by the "
                  "post that comes with it."))

PLACEMENT = Entity(
    f"{P}placement", Placement, PlacementSchema, _("Placements"), columns=("deputy", "station", "home", "from_day", "to_day"),
    filters=("station", "deputy", "home", "from_day", "to_day"), sorts=("-from_day", "-id"), title="id", icon="pin-map",
    menu="more", fold=DEPUTY_FOLD, actions=("create", "edit", "delete", "export"), check=checks.check_placement,
    create=create_placement,
    levels=STATIONS, update=update_placement, delete=delete_placement, after=placement_written,
    description=_("Which deputy belongs to which station, from when to when."))

CONTACT = Entity(
    f"{P}contact", Contact, ContactSchema, _("Double contact"), columns=("deputy", "kind", "other", "place", "last_on", "to_day"),
    filters=("deputy", "kind", "last_on", "to_day"), sorts=("-id",), personal=("voter", "voter_phone"), title="id",
    icon="arrow-left-right", menu="more", fold=DEPUTY_FOLD, levels=LEVELS, actions=("create", "edit", "delete", "export"),
    check=checks.check_contact, create=create_contact, delete=delete_contact,
    description=_("Members of the standing committee keep contact with deputies, and deputies with voters."))

TALK = Entity(
    f"{P}talk", Talk, TalkSchema, _("Contacts that took place"), columns=("day", "contact", "way", "text"),
    filters=("contact", "way", "day"), sorts=("-day", "-id"), title="id", icon="chat-dots", menu="more", fold=DEPUTY_FOLD,
    levels=LEVELS,
    actions=("create", "edit", "export"), check=checks.check_talk, create=create_talk,
    description=_("When and how a contact took place, and what it was about."))

ENTITIES = (CONGRESS, DISTRICT, DELEGATION, DEPUTY, PLACEMENT, CONTACT, TALK)

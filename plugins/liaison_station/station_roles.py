"""Who works with stations, and what each may do there.

These four roles are those of the whole plugin. The other areas give their permissions to them: they declare a ``Role`` of the
same key (``dataclasses.replace(COUNTY, permissions=…)``), and ``areas`` joins them. A deputy's role is the core's.
"""
from __future__ import annotations

from dataclasses import replace

from grid321.core.api import PostKind, Role
from grid321.core.api import lazy_gettext as _

P = "liaison_station."
EVERYDAY = ("core.today.view", "core.search.use", "core.statistics.view", "core.division.view", "core.calendar.view",
            "core.api.use")
PEOPLE = ("core.person.view", "core.post.view", "core.department.view")

COUNTY = Role(f"{P}county_officer", _("County officer for stations"), (), ("city", "county"))
TOWN = Role(f"{P}town_officer", _("Town officer for stations"), (), ("town",))
LIAISON = Role(f"{P}liaison", _("Liaison officer of a station"), (), ("city", "county", "town", "village"))
VIEWER = Role(f"{P}viewer", _("Reader of stations"))

THINGS = ("station", "room", "booking", "slot", "staff", "equipment", "money", "paper")


def may(*words: str) -> tuple[str, ...]:
    """Permissions from words such as ``"room.view,create,edit"``."""
    return tuple(f"{P}{name}.{action}" for word in words for name, _dot, actions in [word.partition(".")]
                 for action in actions.split(","))


SEE = may(*(f"{name}.view" for name in THINGS))
KEEP = may(*(f"{name}.create,edit,delete,export" for name in ("room", "booking", "slot", "equipment", "money", "paper")),
           "staff.create,edit,delete,export", "room.import", "staff.import")
CONFIRM = f"{P}station_confirm"

ROLES = (
    replace(COUNTY, permissions=(*EVERYDAY, *PEOPLE, *SEE, *KEEP, *may("station.create,edit,delete,import,export"), CONFIRM)),
    replace(TOWN, permissions=(*EVERYDAY, *PEOPLE, *SEE, *KEEP, *may("station.create,edit,export"), CONFIRM)),
    replace(LIAISON, permissions=(*EVERYDAY, *SEE, *may("room.create,edit", "booking.create,edit,delete", "slot.create,edit",
                                                        "equipment.create,edit"))),
    replace(VIEWER, permissions=(*EVERYDAY, *SEE)),
)

POSTS = (
    PostKind("station_county_officer", _("County officer for stations"), ("city", "county"), COUNTY.key),
    PostKind("station_town_officer", _("Town officer for stations"), ("town",), TOWN.key),
    PostKind("station_liaison", _("Liaison officer of a station"), ("city", "county", "town", "village"), LIAISON.key),
    PostKind("station_congress_chair", _("Chair of the town’s congress"), ("town",)),
    PostKind("station_village_secretary", _("Secretary of the village’s Party branch"), ("village",)),
    PostKind("station_viewer", _("Reader of stations"), ("city", "county", "town", "village"), VIEWER.key),
)

PERMISSIONS = ((CONFIRM, _("Confirm that a full Party member is among a station’s deputy head and officers")),)

GRANTS = {"core.deputy": may(*(f"{name}.view" for name in ("station", "room", "staff", "paper")))}
"""Deputies see where they belong and who works there."""

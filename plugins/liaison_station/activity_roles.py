"""Who plans and runs activities, who answers invitations, and who sees the lists."""
from __future__ import annotations

from dataclasses import replace

from grid321.core.api import Link
from grid321.core.api import lazy_gettext as _

from .station_roles import COUNTY, LIAISON, TOWN, VIEWER, P, may

RUN, ALL, ATTEND = f"{P}activity_run", f"{P}attendance_all", f"{P}activity_attend"
SEE = (*may("theme.view", "activity.view", "attendance.view", "result.view", "past.view"), ALL)
KEEP = (*may(
    "past.create,delete,import,export", "activity.create,edit,export", "attendance.delete,export",
    "result.create,edit,delete,export"), RUN)
THEMES = may("theme.create,edit,export")
DEPUTY = (*may("theme.view", "activity.view", "attendance.view", "result.view"), ATTEND)

ROLES = (
    replace(COUNTY, permissions=(*SEE, *KEEP, *THEMES)),
    replace(TOWN, permissions=(*SEE, *KEEP, *THEMES)),
    replace(LIAISON, permissions=(*SEE, *KEEP, *THEMES)),
    replace(VIEWER, permissions=SEE),
)

GRANTS = {"core.deputy": DEPUTY, "core.leader": SEE, "core.supervisor": SEE}

LINKS = (
    Link("liaison_station.invitations", _("My invitations"), "envelope", ATTEND),
    Link("liaison_station.rhythm", _("Monthly rhythm"), "calendar-check", RUN),
)

PERMISSIONS = (
    (RUN, _("Announce activities, keep the list of who came, write activities up")),
    (ALL, _("See who was invited to and came to every activity, not only oneself")),
    (ATTEND, _("Answer one’s own invitations to activities")),
)

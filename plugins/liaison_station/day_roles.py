"""Who keeps the register and who handles opinions. A deputy sees the opinions that he or she heard, and no others."""
from __future__ import annotations

from dataclasses import replace

from grid321.core.api import PostKind, Role
from grid321.core.api import lazy_gettext as _

from .day_choices import OPINION, STEM, P
from .station_roles import COUNTY, EVERYDAY, LIAISON, TOWN, VIEWER, may

DESK = f"{P}day_desk"
SEE_ALL = f"{STEM}all"
SEE = (*may("visit.view", "opinion.view"), SEE_ALL)
KEEP = (*may("visit.create,edit,delete,export,reveal", "opinion.create,edit,export,reveal,group"), DESK)
HANDLE = tuple(f"{STEM}{word}" for word in ("handle", "send_up", "pass_on", "feed_back", "rate_told", "write_off", "withdraw"))
UPPER = tuple(f"{STEM}{word}" for word in ("hand_over", "send_down", "evaluate"))
MEET = (*(f"core.meeting.{action}" for action in ("view", "create", "edit", "delete", "export")), "core.meeting.hold",
        "core.month.view", "core.month.close", "core.month.correct")
WORK = f"{STEM}work"

CLERK = Role(f"{P}unit_clerk", _("Clerk of a unit that handles opinions"), (*EVERYDAY, OPINION + ".view", SEE_ALL, WORK),
             department=True)
ROLES = (
    replace(COUNTY, permissions=(*SEE, *KEEP, *HANDLE, *UPPER, *MEET, "core.month.approve")),
    replace(TOWN, permissions=(*SEE, *KEEP, *HANDLE, *UPPER, *MEET, "core.month.approve")),
    replace(LIAISON, permissions=(*SEE, *KEEP, *HANDLE, *MEET)),
    replace(VIEWER, permissions=(*SEE, "core.meeting.view", "core.month.view")),
    CLERK,
)
POSTS = (PostKind("station_unit_clerk", _("Clerk of a unit that handles opinions"), ("town", "county"), CLERK.key,
                  department=True),)
GRANTS = {"core.deputy": (OPINION + ".view",)}

PERMISSIONS = (
    (DESK, _("Run a reception day at the station’s desk")),
    (SEE_ALL, _("See opinions that others heard")),
    (f"{STEM}handle", _("Collate opinions and handle those of the own level")),
    (f"{STEM}send_up", _("Send opinions up")),
    (f"{STEM}send_down", _("Return opinions to the level below")),
    (f"{STEM}hand_over", _("Hand opinions to departments")),
    (f"{STEM}pass_on", _("Pass opinions on to units outside")),
    (WORK, _("Work on opinions in a department")),
    (f"{STEM}feed_back", _("Tell deputies and voters the answers")),
    (f"{STEM}rate_told", _("Enter a rating that a voter told")),
    (f"{STEM}write_off", _("Write opinions off")),
    (f"{STEM}evaluate", _("Check a result that the voter rejects")),
    (f"{STEM}withdraw", _("Withdraw opinions")),
)


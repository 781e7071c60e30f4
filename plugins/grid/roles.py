"""Posts in and around the grids, and what who holds one may do there. Names of posts are county settings."""
from __future__ import annotations

from grid321.core.api import PostKind, Role
from grid321.core.api import lazy_gettext as _

EVERYDAY = ("core.today.view", "core.search.use", "core.statistics.view", "core.division.view", "core.api.use")
SEE = (*EVERYDAY, "grid.report.view", "grid.grid.view")
OWN = ("grid.report.create", "grid.rate", "grid.withdraw")
KEEP_GRIDS = ("grid.grid.create", "grid.grid.edit", "grid.grid.delete", "grid.grid.import", "grid.grid.export",
              "grid.appoint")
MEET = tuple(f"core.meeting.{action}" for action in ("view", "create", "edit", "delete", "export"))
MONTH = ("core.month.view", "core.month.close", "core.month.correct")
DESK = ("grid.handle", "grid.send_up", "grid.write_off", *MEET, "core.meeting.hold", *MONTH, "grid.report.group")
TEMPLATES = tuple(f"core.reply_template.{action}" for action in ("view", "create", "edit", "delete"))
UPPER = ("grid.hand_over", "grid.send_down", "grid.evaluate", "grid.rate_told", "grid.report.reveal",
         "grid.report.export", "grid.report.import", "core.month.approve")

ROLES = (
    Role("grid.worker", _("Grid worker"), (*SEE, *OWN, "grid.report.edit"), ("grid",)),
    Role("grid.head", _("Grid head"), (*SEE, *OWN, "grid.report.edit", "grid.report.reveal"), ("grid", "village")),
    Role("grid.informant", _("Information officer"), (*SEE, *OWN), ("grid", "village")),
    Role("grid.supervisor", _("Supervisor of grids"), (*SEE, *OWN), ("grid", "village", "town", "county")),
    Role("grid.village_secretary", _("Village secretary"),
         (*SEE, *OWN, *DESK, "grid.report.edit", "grid.report.export", "grid.report.reveal", "grid.grid.edit",
          "grid.grid.create", "grid.appoint"), ("village",)),
    Role("grid.town_officer", _("Town officer for grids"),
         (*SEE, *OWN, *DESK, *UPPER, *KEEP_GRIDS, *TEMPLATES, "grid.report.edit"), ("town",)),
    Role("grid.town_clerk", _("Town clerk for grids"),
         (*SEE, *OWN, *MEET, "grid.rate_told", "grid.report.export", "core.month.view"), ("town",)),
    Role("grid.county_officer", _("County officer for grids"),
         (*SEE, *OWN, *DESK, *UPPER, *KEEP_GRIDS, *TEMPLATES, "grid.report.edit"), ("county",)),
    Role("grid.administrator", _("Administrator of grids"), (*SEE, *KEEP_GRIDS, "grid.report.export"), ("town", "county")),
    Role("grid.viewer", _("Reader of reports and grids"), (*SEE, "core.meeting.view", "core.month.view")),
    Role("grid.department_clerk", _("Clerk of a department"), (*EVERYDAY, "grid.report.view", "grid.work"),
         department=True),
)

POSTS = (
    PostKind("grid_head", _("Grid head"), ("grid",), "grid.head"),
    PostKind("grid_worker", _("Grid worker"), ("grid",), "grid.worker"),
    PostKind("grid_centre_head", _("Centre grid head"), ("village", "grid"), "grid.head"),
    PostKind("grid_area_head", _("Area grid head"), ("village", "grid"), "grid.head"),
    PostKind("grid_informant_full", _("Full-time information officer"), ("grid", "village"), "grid.informant"),
    PostKind("grid_informant_part", _("Part-time information officer"), ("grid", "village"), "grid.informant"),
    PostKind("grid_household_head", _("Lead household head"), ("grid",), "grid.informant"),
    PostKind("grid_supervisor", _("Supervisor of grids"), ("grid", "village", "town", "county"), "grid.supervisor"),
    PostKind("grid_village_secretary", _("Village secretary"), ("village",), "grid.village_secretary"),
    PostKind("grid_town_officer", _("Town officer for grids"), ("town",), "grid.town_officer"),
    PostKind("grid_town_clerk", _("Town clerk for grids"), ("town",), "grid.town_clerk"),
    PostKind("grid_county_officer", _("County officer for grids"), ("county",), "grid.county_officer"),
    PostKind("grid_department_clerk", _("Clerk of a department"), ("town", "county"), "grid.department_clerk",
             department=True),
)

GRID_POSTS = tuple(post.key for post in POSTS if "grid" in post.levels)
"""Posts that can be held on a grid, in the order in which a grid's page lists them."""

PERMISSIONS = (
    ("grid.handle", _("Handle reports of the own level")),
    ("grid.send_up", _("Send reports up")),
    ("grid.send_down", _("Return reports to the level below")),
    ("grid.hand_over", _("Hand reports to departments")),
    ("grid.work", _("Work on reports in a department")),
    ("grid.rate", _("Rate the answer to one's own report")),
    ("grid.rate_told", _("Enter a rating that was told")),
    ("grid.write_off", _("Write reports off")),
    ("grid.evaluate", _("Check a result that the reporter rejects")),
    ("grid.withdraw", _("Withdraw one's own report")),
    ("grid.appoint", _("Appoint people to posts in grids")),
)

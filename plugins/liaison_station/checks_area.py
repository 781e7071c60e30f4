"""Checklists computed from data, ratings of stations, figures, the county committee's board."""
from __future__ import annotations

from dataclasses import replace

from grid321.core.api import lazy_gettext as _

from .checks_choices import CLASSES, SETTINGS
from .checks_entities import ENTITIES
from .rating_flow import DECIDE, LOOK, PROPOSE, RATINGS
from .station_roles import COUNTY, LIAISON, TOWN, VIEWER, may

__all__ = ["CLASSES", "ENTITIES", "PERMISSIONS", "ROLES", "SETTINGS", "WORKFLOWS"]

WORKFLOWS = (RATINGS,)
PERMISSIONS = (
    (PROPOSE, _("Propose the rating of a station")),
    (LOOK, _("Look at proposed ratings of stations for the town")),
    (DECIDE, _("Decide ratings of stations for the county")),
)

SEE = may("attested.view", "rating.view")
WRITE = (*SEE, *may("attested.create,edit", "rating.create"), PROPOSE)
SHEETS = may("attested.export", "rating.export")
ROLES = (
    replace(COUNTY, permissions=(*WRITE, *SHEETS, DECIDE)),
    replace(TOWN, permissions=(*WRITE, *SHEETS, LOOK)),
    replace(LIAISON, permissions=WRITE),
    replace(VIEWER, permissions=SEE),
)
GRANTS = {"core.leader": SEE, "core.supervisor": SEE}

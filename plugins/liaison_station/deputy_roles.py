"""Who keeps the list of deputies, places them into stations and sees their contacts."""
from __future__ import annotations

from dataclasses import replace

from grid321.core.api import lazy_gettext as _

from .contact_records import KEEP
from .station_roles import COUNTY, LIAISON, TOWN, VIEWER, may

LISTS = ("congress", "district", "delegation")
SEE = may(*(f"{name}.view" for name in (*LISTS, "deputy", "placement")))
KEEP_LISTS = may(*(f"{name}.create,edit,delete,import,export" for name in (*LISTS, "deputy")))
OFFICE = (*SEE, *KEEP_LISTS, *may("placement.create,edit,delete,export", "contact.view,create,edit,delete,export,reveal",
                                  "talk.view,create,edit,export"), KEEP)

ROLES = (
    replace(COUNTY, permissions=OFFICE),
    replace(TOWN, permissions=OFFICE),
    replace(LIAISON, permissions=SEE),
    replace(VIEWER, permissions=SEE),
)
GRANTS = {"core.deputy": may("deputy.view", "contact.view,create,edit,reveal", "talk.view,create,edit")}
"""A deputy sees the own mandates and keeps the own contacts; ``deputy_area.scope_of`` narrows to these."""

PERMISSIONS = ((KEEP, _("Enter contacts for deputies")),)

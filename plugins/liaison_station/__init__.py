"""The deputies' home, station and office network (家·站·室). The areas are joined in ``areas``."""
from __future__ import annotations

from grid321.core.api import Plugin
from grid321.core.api import lazy_gettext as _

from .areas import demo, grants, joined, roles
from .hooks import (
    grid321_blueprints,
    grid321_changed,
    grid321_commands,
    grid321_documents,
    grid321_entities,
    grid321_jobs,
    grid321_measures,
    grid321_panels,
    grid321_scope,
    grid321_workflows,
)

__all__ = [
    "grid321_blueprints",
    "grid321_changed",
    "grid321_commands",
    "grid321_documents",
    "grid321_entities",
    "grid321_jobs",
    "grid321_measures",
    "grid321_panels",
    "grid321_scope",
    "grid321_workflows",
    "plugin",
]

plugin = Plugin(
    key="liaison_station", label=_("Liaison stations"), version="1.0.0", api=">=1.0,<2", icon="house-door",
    description=_("Stations of deputies: who belongs where, reception days, opinions, activities, files."),
    roles=roles(), posts=joined("POSTS"), settings=joined("SETTINGS"), classes=joined("CLASSES"),
    permissions=joined("PERMISSIONS"), grants=grants(), links=joined("LINKS"), demo=demo)

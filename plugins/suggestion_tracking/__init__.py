"""Matters and deputies' suggestions (问题与建议办理), from the door to the write-off. The areas are joined in ``areas``."""
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
    key="suggestion_tracking", label=_("Matters and suggestions"), version="1.0.0", api=">=1.0,<2",
    after=("grid", "liaison_station"), icon="clipboard-check",
    description=_("Matters of residents and suggestions of deputies: registered, handed over, answered, rated, written off."),
    roles=roles(), posts=joined("POSTS"), settings=joined("SETTINGS"), classes=joined("CLASSES"),
    permissions=joined("PERMISSIONS"), grants=grants(), links=joined("LINKS"), demo=demo)

"""Grid management (网格化管理): grids below the villages, posts in them, reports from them and how they are handled."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Link, Plugin, hookimpl
from grid321.core.api import lazy_gettext as _

from .classes import CLASSES, SETTINGS
from .demo import demo
from .documents import DOCUMENTS
from .entities import ENTITIES
from .measures import MEASURES
from .panels import panels_for
from .roles import PERMISSIONS, POSTS, ROLES
from .views import BLUEPRINT
from .workflow import HANDLING

plugin = Plugin(
    key="grid", label=_("Grids"), version="1.0.0", api=">=1.0,<2", after=("liaison_station",), icon="grid-3x3-gap",
    description=_("Grids below the villages, the people who look after them, what they report and how it is handled."),
    roles=ROLES, posts=POSTS, settings=SETTINGS, classes=CLASSES, permissions=PERMISSIONS, demo=demo,
    links=(Link("grid.quick", _("Report a matter"), "megaphone", "grid.report.create", "quick"),
           Link("grid.tiers", _("Tiers of grids"), "layers", "grid.grid.view", "main")))


@hookimpl
def grid321_entities() -> list[Any]:
    """Grids and reports."""
    return ENTITIES


@hookimpl
def grid321_workflows() -> list[Any]:
    """The handling of a report."""
    return [HANDLING]


@hookimpl
def grid321_measures() -> list[Any]:
    """Banks, rates and breakdowns of reports."""
    return list(MEASURES)


@hookimpl
def grid321_documents() -> list[Any]:
    """The handling slip of a report."""
    return list(DOCUMENTS)


@hookimpl
def grid321_blueprints() -> list[Any]:
    """The short form for the phone, one's own reports, tiers, and the posts and end of a grid."""
    return [BLUEPRINT]


@hookimpl
def grid321_panels(slot: str, entity: Any, record: Any, actor: Any, division: Any) -> Any:
    """On a grid its people; on the start page the reporter's own reports; in the statistics the tiers."""
    return panels_for(slot, entity, record, actor, division)

"""The core's own manifest and hooks: its entities, roles, settings and jobs pass the same checks as a plugin's."""
from __future__ import annotations

from typing import Any

from . import __version__, face_pages, people_entities, roles, transfer_tables
from .entity import Plugin
from .hooks import hookimpl
from .i18n import lazy_gettext as _

plugin = Plugin(
    key="core", label=_("Platform"), version=__version__, always_on=True, roles=roles.ROLES, permissions=roles.PERMISSIONS,
    settings=(*roles.SETTINGS, *face_pages.SETTINGS, *transfer_tables.SETTINGS), icon="house")


@hookimpl
def grid321_entities() -> list[Any]:
    """Departments, persons, posts."""
    return list(people_entities.ENTITIES)


@hookimpl
def grid321_jobs() -> list[Any]:
    """Imports and exports."""
    from . import transfer_jobs

    return list(transfer_jobs.JOBS)


@hookimpl
def grid321_changed(event: Any) -> None:
    """Tell whoever has to act."""
    from .recipients import tell

    tell(event)

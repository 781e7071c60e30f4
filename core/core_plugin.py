"""The core's own manifest and hooks: its entities, roles, settings and jobs pass the same checks as a plugin's."""
from __future__ import annotations

from typing import Any

from . import (
    __version__,
    channel_setup,
    clock_settings,
    duplicates,
    face_pages,
    links,
    meetings,
    months,
    people_entities,
    reply_templates,
    roles,
    transfer_tables,
)
from .entity import Plugin
from .hooks import hookimpl
from .i18n import lazy_gettext as _

plugin = Plugin(
    key="core", label=_("Platform"), version=__version__, always_on=True, roles=roles.ROLES, posts=roles.POSTS,
    permissions=roles.PERMISSIONS,
    settings=(*roles.SETTINGS, *clock_settings.SETTINGS, *face_pages.SETTINGS, *transfer_tables.SETTINGS, *meetings.SETTINGS,
              *months.SETTINGS,
              *channel_setup.SETTINGS, *duplicates.SETTINGS),
    classes=(meetings.KINDS, links.KINDS), icon="house")


@hookimpl
def grid321_entities() -> list[Any]:
    """Departments, persons, posts, meetings, reply templates."""
    from .meeting_records import MEETING

    return [*people_entities.ENTITIES, MEETING, reply_templates.REPLY_TEMPLATE]


@hookimpl
def grid321_jobs() -> list[Any]:
    """Imports and exports, re-dating, closing months."""
    from . import month_jobs, redating, transfer_jobs

    return [*transfer_jobs.JOBS, *redating.JOBS, *month_jobs.JOBS]


@hookimpl
def grid321_documents() -> list[Any]:
    """The bulletin of a month and the write-off ledger."""
    from .core_documents import DOCUMENTS

    return [*DOCUMENTS]


@hookimpl
def grid321_changed(event: Any) -> None:
    """Tell whoever has to act."""
    from .recipients import tell

    tell(event)


@hookimpl
def grid321_panels(slot: str, entity: Any, record: Any, actor: Any, division: Any) -> Any:
    """The agenda of a meeting; on a case what meetings decided about it, its group, likely duplicates and links."""
    from . import case_panels, meeting_panels

    return [*(meeting_panels.panels_for(slot, entity, record, actor, division) or ()),
            *case_panels.panels_for(slot, entity, record, actor, division)]


@hookimpl
def grid321_deliver(message: Any, recipient: Any) -> Any:
    """Carry a message by e-mail, text message, web hook or robot."""
    return channel_setup.carry(message, recipient)

"""The hooks of the plugin: each joins what the areas bring."""
from __future__ import annotations

from typing import Any

from grid321.core.api import hookimpl

from .areas import joined, panels_for, scope_of, tell
from .views import BLUEPRINTS


@hookimpl
def grid321_entities() -> list[Any]:
    """Stations, deputies, receptions, opinions, activities, files."""
    return list(joined("ENTITIES"))


@hookimpl
def grid321_workflows() -> list[Any]:
    """How ratings, plans, receptions, opinions, activities and yearly files live."""
    return list(joined("WORKFLOWS"))


@hookimpl
def grid321_measures() -> list[Any]:
    """Figures of stations, receptions, opinions and activities."""
    return list(joined("MEASURES"))


@hookimpl
def grid321_documents() -> list[Any]:
    """The forms on paper."""
    return list(joined("DOCUMENTS"))


@hookimpl
def grid321_jobs() -> list[Any]:
    """Work in the background."""
    return list(joined("JOBS"))


@hookimpl
def grid321_commands() -> list[Any]:
    """Commands of the console."""
    return list(joined("COMMANDS"))


@hookimpl
def grid321_blueprints() -> list[Any]:
    """Pages that the generic ones cannot say."""
    return list(BLUEPRINTS)


@hookimpl
def grid321_panels(slot: str, entity: Any, record: Any, actor: Any, division: Any) -> Any:
    """What the areas add to pages of the core."""
    return panels_for(slot, entity, record, actor, division)


@hookimpl
def grid321_scope(entity: Any, action: str, actor: Any, division: Any) -> Any:
    """What an actor sees of his own only: a deputy sees the own file."""
    return scope_of(entity, action, actor, division)


@hookimpl
def grid321_changed(event: Any) -> None:
    """Tell the areas what happened and is durable."""
    tell(event)

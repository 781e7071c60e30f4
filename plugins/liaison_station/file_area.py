"""The deputies' file: what they did, confirmed, published, rated by voters."""
from __future__ import annotations

from typing import Any

import click

from grid321.core.api import Actor, Event, Node, Standing, gettext, inside
from grid321.core.api import lazy_gettext as _

from . import file_deeds
from .file_causes import KINDS, P
from .file_entities import DEED, ENTITIES, YEAR
from .file_roles import GRANTS, PERMISSIONS, ROLES, SEE_ALL, SETTINGS
from .file_year import LIFE

__all__ = ["CLASSES", "COMMANDS", "ENTITIES", "GRANTS", "JOBS", "PERMISSIONS", "ROLES", "SETTINGS", "WORKFLOWS"]

CLASSES = (KINDS,)
WORKFLOWS = (LIFE,)
OWN_ONLY: dict[str, Any] = {DEED.key: DEED.model, YEAR.key: YEAR.model}


def changed(event: Event) -> None:
    """Bring the deeds in line with what an event is about."""
    file_deeds.listen(event)


@click.command("recount-deeds")
def recount_deeds() -> None:
    """Bring the deeds in deputies' files in line with what they come from. Safe to be done again."""
    click.echo(gettext("%(count)s deeds were changed.", count=file_deeds.recount()))


def sweep() -> int:
    """The same once a day: what happened before the plugin was switched on comes into the files too. Done in one go."""
    file_deeds.recount()
    return 0


COMMANDS = (recount_deeds,)
JOBS = (Standing(f"{P}recount_deeds", _("Bring deputies’ files in line with what happened"), sweep, every=86400.0),)


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees the own file; who sees all sees it where that was granted."""
    model = OWN_ONLY.get(entity.key)
    if model is None or actor.system or actor.may(SEE_ALL, node):
        return None
    return inside(model, SEE_ALL, node, actor) | (model.person_id == (actor.person_id or 0))

"""Receptions planned: recurrence, yearly plan, roster, postponement, calendars, reminders."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Job, Node, inside
from grid321.core.api import lazy_gettext as _

from . import plan_make
from .plan_choices import SETTINGS, WISH
from .plan_entities import ENTITIES
from .plan_flow import WORKFLOWS
from .plan_roles import ALL_WISHES, GRANTS, MAKE, PERMISSIONS, ROLES
from .reception_models import Wish

__all__ = ["ENTITIES", "GRANTS", "JOBS", "PERMISSIONS", "ROLES", "SETTINGS", "WORKFLOWS"]

JOBS = (Job(plan_make.JOB, _("Make yearly plans of receptions"), plan_make.run, MAKE),)


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees and changes the own wishes; who plans sees all of the place."""
    if entity.key != WISH or actor.system:
        return None
    return inside(Wish, ALL_WISHES, node, actor) | (Wish.person_id == (actor.person_id or 0))

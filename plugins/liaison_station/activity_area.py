"""Activities: themes, invitations, attendance, minutes, results, the monthly rhythm."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Node, inside

from .activity_choices import CLASSES, SETTINGS
from .activity_entities import ENTITIES
from .activity_models import Attendance
from .activity_roles import ALL, GRANTS, PERMISSIONS, ROLES
from .activity_workflow import LIFE
from .attendance import KEY

__all__ = ["CLASSES", "ENTITIES", "GRANTS", "PERMISSIONS", "ROLES", "SETTINGS", "WORKFLOWS"]

WORKFLOWS = (LIFE,)


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """Of the lists of activities a deputy sees the own rows; who runs or reads activities sees all of them."""
    if entity.key != KEY or actor.system:
        return None
    return inside(Attendance, ALL, node, actor) | (Attendance.person_id == (actor.person_id or 0))

"""The reception day: who came, what was said, opinions of voters from the register to their rating."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Node, inside

from .day_choices import CLASSES, OPINION, SETTINGS
from .day_entities import ENTITIES
from .day_models import Opinion
from .day_roles import GRANTS, PERMISSIONS, POSTS, ROLES, SEE_ALL
from .opinion_workflow import WORKFLOWS

__all__ = ["CLASSES", "ENTITIES", "GRANTS", "PERMISSIONS", "POSTS", "ROLES", "SETTINGS", "WORKFLOWS"]


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees the opinions that he or she heard; who works with opinions sees all of the place."""
    if entity.key != OPINION or actor.system:
        return None
    return inside(Opinion, SEE_ALL, node, actor) | (Opinion.person_id == (actor.person_id or 0))

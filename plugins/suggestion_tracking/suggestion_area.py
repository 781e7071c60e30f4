"""Suggestions of deputies (代表建议): sessions, checks, tasks of units, the three meetings."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Node, inside

from .life_models import Contact, Cosigner, Suggestion, Task
from .suggestion_classes import CLASSES, SETTINGS
from .suggestion_entities import ENTITIES
from .suggestion_flow import SUGGESTION_HANDLING
from .suggestion_life import own_suggestions
from .suggestion_panels import panels_for
from .suggestion_paper import TASK_HANDLING
from .suggestion_roles import GRANTS, PERMISSIONS, POSTS, ROLES, SEE_ALL

__all__ = ["CLASSES", "ENTITIES", "GRANTS", "PERMISSIONS", "POSTS", "ROLES", "SETTINGS", "WORKFLOWS", "panels_for"]

WORKFLOWS = (SUGGESTION_HANDLING, TASK_HANDLING)
OWN_ONLY: dict[str, Any] = {"suggestion_tracking.suggestion": Suggestion, "suggestion_tracking.task": Task,
                            "suggestion_tracking.contact": Contact, "suggestion_tracking.cosigner": Cosigner}


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees the suggestions that he or she raised or signed, what hangs on them, and what is published.

    What somebody sees only because it is published is read and not commented on.
    """
    model = OWN_ONLY.get(entity.key)
    if model is None or (actor.may(SEE_ALL, node) and not _only_within_unit(actor)):
        return None
    own = own_suggestions(actor)
    mine = model.id.in_(own) | model.published_on.is_null(False) if model is Suggestion and action == "view" else (
        model.id.in_(own) if model is Suggestion else model.suggestion_id.in_(own))
    read = entity.shown_to if action in {"view", "comment"} else None
    return inside(model, SEE_ALL, node, actor, read) | mine


def _only_within_unit(actor: Actor) -> bool:
    """True when every grant by which ``actor`` sees all reaches no farther than a unit."""
    return not actor.system and all(grant.department_id is not None for grant in actor.grants if SEE_ALL in grant.permissions)

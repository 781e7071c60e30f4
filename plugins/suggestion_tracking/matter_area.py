"""Matters (问题/诉求): raised by residents, grids, receptions and the hotline, handled on three levels."""
from __future__ import annotations

from .matter_classes import CLASSES, SETTINGS
from .matter_demo import demo
from .matter_entity import ENTITIES
from .matter_measures import MEASURES
from .matter_roles import PERMISSIONS, POSTS, ROLES
from .matter_workflow import WORKFLOWS

__all__ = ["CLASSES", "ENTITIES", "MEASURES", "PERMISSIONS", "POSTS", "ROLES", "SETTINGS", "WORKFLOWS", "demo"]

"""After the hand-over: commitments, letters, three lists, inspections, rounds, receipt cards."""
from __future__ import annotations

from .commitment_flow import FOLLOWING
from .inspection_flow import INSPECTING
from .letter_flow import LETTERS, LISTS
from .receipt_flow import RETURN
from .supervision_choices import CLASSES, SETTINGS
from .supervision_entities import ENTITIES
from .supervision_roles import GRANTS, PERMISSIONS, POSTS, ROLES

__all__ = ["CLASSES", "ENTITIES", "GRANTS", "PERMISSIONS", "POSTS", "ROLES", "SETTINGS", "WORKFLOWS"]

WORKFLOWS = (FOLLOWING, INSPECTING, LETTERS, LISTS, RETURN)

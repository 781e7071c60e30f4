"""Deputies: congresses, electoral districts, delegations, mandates, placement into stations, double contact."""
from __future__ import annotations

from .deputy_roles import ROLES

__all__ = ["ROLES"]

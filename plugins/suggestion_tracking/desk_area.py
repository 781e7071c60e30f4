"""Desks and dashboards: the clerk's, the deputy's, the leader's."""
from __future__ import annotations

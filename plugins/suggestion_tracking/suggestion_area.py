"""Suggestions of deputies (代表建议): sessions, checks, tasks of units, the three meetings."""
from __future__ import annotations

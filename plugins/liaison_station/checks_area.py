"""Checklists computed from data, ratings of stations, figures, the county committee's board."""
from __future__ import annotations

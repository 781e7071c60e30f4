"""Matters (问题/诉求): raised by residents, grids, receptions and the hotline, handled on three levels."""
from __future__ import annotations

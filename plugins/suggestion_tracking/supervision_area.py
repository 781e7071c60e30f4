"""After the hand-over: commitments, letters, three lists, inspections, rounds, receipt cards."""
from __future__ import annotations

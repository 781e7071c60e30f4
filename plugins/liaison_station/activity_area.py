"""Activities: invitations, attendance, minutes, results, the monthly rhythm."""
from __future__ import annotations

"""Receptions planned: recurrence, yearly plan, roster, postponement, notice, ICS, reminders."""
from __future__ import annotations

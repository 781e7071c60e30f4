"""What places have published (domain §8), as it was printed. No name of a place is needed to count it again."""

from __future__ import annotations

SUGGESTIONS = {"A": 54, "B": 33, "C": 2, "D": 4}
"""Suggestions of a city by outcome class, 93 in all."""
SUGGESTIONS_TOTAL = "93"
SHARES = {"A": "58.07", "B": "35.48", "C": "2.15", "D": "4.30"}
"""The same as the report prints them, in per cent."""

MATTERS, SETTLED, PASSED_ON = "140", "122", "18"
"""Lan county, two years: matters heard by 21 stations, settled on the spot, passed to units."""
LAN_TERMS = "140 = 122 + 18"

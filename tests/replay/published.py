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

LAN_STATIONS = {"stations": "21", "deputies": "757", "activities": "186", "attendances": "660", "voters": "970",
                "opinions": MATTERS, "settled": SETTLED, "passed": PASSED_ON}
"""Lan county: its stations, and what they did in two years."""
YUZHOU = {"head": "1", "park": "1", "central": "26", "industry": "4", "point": "135", "model_city": "7", "model_province": "1",
          "class_1": "4", "class_2": "11"}
"""Yuzhou: stations by kind; of the 26 of towns 7 are models of the city, one of these of the province; rewarded by class."""
HANBIN_DEPUTIES = {"province": "6", "city": "80", "county": "329", "town": "1553"}
HANBIN_STATIONS = {"home": "1", "central": "27", "station": "387", "office": "8"}
HANBIN_TOTAL, GRID_HEADS, GRID_WORKERS = "1968", "576", "1326"
"""Hanbin: mandates by level, stations by kind, deputies who are grid heads and grid workers."""

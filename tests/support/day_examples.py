"""What the kit of checks needs to make lines of the register and opinions, where it cannot guess."""
from __future__ import annotations

from typing import Any

from . import station_examples

P = "liaison_station."

_OPINION = {"station": station_examples.station, "deputy": None}
OPINIONS = [_OPINION, {**_OPINION, "division": "610902104", "wants_answer": False}, {**_OPINION, "division": "610902"}]
"""Opinions begin in a village, a town or a county, and take other ways from there."""

EXAMPLES: dict[str, Any] = {
    P + "visit": {"station": station_examples.station, "reception": None, "deputy": None, "came_on": None, "result": "draft",
                  "persons": 2},
    P + "opinion": OPINIONS,
}
"""Values by entity, where the kit cannot guess."""

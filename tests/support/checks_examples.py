"""What the kit of checks needs to make statements about items and ratings of stations, where it cannot guess."""
from __future__ import annotations

from typing import Any

from grid321.core import db

from . import station_examples

P = "liaison_station."


def this_year(number: int) -> int:
    """The present year: a station is rated for it, or for the last one."""
    return db.local_day().year


EXAMPLES: dict[str, Any] = {
    P + "attested": {"station": station_examples.station, "item": "siting_1"},
    P + "rating": {"station": station_examples.station, "year": this_year},
    P + "rating_life.decide": {"reward_fen": "5000"},
}
"""Values by entity and by step, where the kit cannot guess."""

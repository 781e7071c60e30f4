"""Who heard it: a deputy who belongs to a station here or is on duty at one, whichever congress the mandate is of.

A liaison officer of a village sees the village only, and deputies of the county receive there all the same.
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import Node, RecordRef, current_frame, local_day

from .day_choices import P
from .deputy_models import Deputy, Placement
from .placement import in_office, open_on
from .reception_models import Duty
from .station_models import Station

MOST = 300


def heard_here(node: Node) -> Any:
    """The query (id, name) of deputies who may have heard something at stations of ``node`` or below.

    They are placed there today and not suspended, or are or were on duty there.
    """
    stations = Station.select(Station.id).where(getattr(Station, node.column) == node.id)
    day = local_day()
    placed = Placement.select(Placement.deputy_id).where(Placement.station_id.in_(stations) & open_on(day))
    on_duty = Duty.select(Duty.deputy_id).where(Duty.station_id.in_(stations))
    return Deputy.select(Deputy.id, Deputy.name).where(
        (Deputy.id.in_(placed) & in_office(day)) | Deputy.id.in_(on_duty)).order_by(Deputy.name, Deputy.id)


class DeputyHere(RecordRef):
    """A deputy of a station at the node of the frame or below it, by the id of the mandate."""

    def __init__(self, label: Any = None, **rest: Any) -> None:
        super().__init__(label, entity=f"{P}deputy", **rest)

    def options(self) -> list[tuple[str, str]]:
        """The deputies who may be chosen, by name."""
        return [(str(one), name) for one, name in heard_here(current_frame().node).limit(MOST).tuples()]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is not int or not 1 <= value < 2**63:
            raise self.make_error("type")
        if not heard_here(current_frame().node).where(Deputy.id == value).exists():
            raise self.make_error("unknown", id=value)
        return value

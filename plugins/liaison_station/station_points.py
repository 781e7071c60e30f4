"""Stations as points on a map: around the place that a form asks for, and on the page of a station."""
from __future__ import annotations

from typing import Any

import orjson

from grid321.core.api import Node, current_frame

from .station_models import Station

AROUND, NEAREST = 200, 12
"""Points that are drawn in a form, enough to know one's way about; and beside a station on its page."""

Point = tuple[int, str, float, float]


def stations_around() -> str:
    """The stations of the division for which a form is filled in, as GeoJSON text. One query."""
    return _text([_feature(one) for one in _placed(current_frame().node, AROUND)])


def neighbours(station: Any, node: Node) -> str:
    """A station, and the nearest ones below ``node``, each of which opens its page, as GeoJSON text. One query.

    Empty for a station without a place on the map.
    """
    if station.lat is None or station.lng is None:
        return ""
    base = f"/d/{node.code}/liaison_station/station"
    found = [_feature((station.id, station.name, station.lat, station.lng), here=True)]
    found += [_feature(one, url=f"{base}/{one[0]}") for one in _placed(node, NEAREST + 1, station) if one[0] != station.id]
    return _text(found)


def _placed(node: Node, most: int, near: Any = None) -> list[Point]:
    query = Station.select(Station.id, Station.name, Station.lat, Station.lng).where(
        (getattr(Station, node.column) == node.id) & Station.lat.is_null(False) & Station.closed_on.is_null())
    if near is not None:
        north, east = Station.lat - near.lat, Station.lng - near.lng
        query = query.order_by(north * north + east * east, Station.id)
    return list(query.limit(most).tuples())


def _feature(one: Point, **more: Any) -> dict[str, Any]:
    _identifier, name, lat, lng = one
    return {"type": "Feature", "properties": {"name": name, **more}, "geometry": {"type": "Point", "coordinates": [lng, lat]}}


def _text(features: list[dict[str, Any]]) -> str:
    return orjson.dumps({"type": "FeatureCollection", "features": features}).decode()

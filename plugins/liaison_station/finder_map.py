"""The public map of stations: what stands close together is one mark with its number, so that 6,000 stations are a light page.

The marks are links: a number opens its part of the map, a station its plate page. Beside the map the towns stand as a list.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson

from grid321.core.api import Node, raw_rows, tree

from .finder import Asked, box_text, places, selected

FIELDS = 8
"""Where towns are not enough, the map is parted into so many fields each way; the stations of a field are one mark."""
SINGLE = 60
"""So many stations and fewer are drawn one by one."""
TOWNS = 60
"""So many towns and fewer are a mark each on the whole map."""
EDGE = 0.08
"""What a part of the map shows around its outermost stations, in shares of its size; at least ``LEAST`` degrees."""
LEAST = 0.002
Point = tuple[float, float, str, str, int | None]
"""Latitude, longitude, name, plate and the division right below the one that is looked at."""


def drawn(what: Asked, node: Node, link: Any) -> dict[str, Any]:
    """What the page of the map shows: ``geojson`` as text, how many stations have no place, the towns with their numbers.

    ``link(**parameters)`` gives the address of the finder with these parameters, ``link(plate=…)`` that of a station. One query.
    """
    below = _column_below(node)
    rows = raw_rows(selected(what, node, ("lat", "lng", "name", "plate", below)))
    points: list[Point] = [(float(lat), float(lng), name, plate, town) for lat, lng, name, plate, town in rows
                           if lat is not None and lng is not None]
    by_town = Counter(row[4] for row in rows)
    towns = [(one, by_town[one.id]) for one in places(node) if by_town[one.id]]
    features = _marks(points, what, link)
    return {"geojson": orjson.dumps({"type": "FeatureCollection", "features": features}).decode() if points else "",
            "count": len(rows), "placed": len(points), "without": len(rows) - len(points),
            "towns": [{"name": one.name, "n": n, "url": link(near=one.code, view="", box="")} for one, n in towns],
            "back_url": link(box="") if what.box is not None else ""}


def _column_below(node: Node) -> str:
    """The column with the divisions right below ``node``; its own where nothing is below."""
    found = next(iter(places(node)), None)
    return found.column if found is not None else node.column


def _marks(points: list[Point], what: Asked, link: Any) -> list[dict[str, Any]]:
    """A mark for each station where there are few; for each town on the whole map; else for each field of it."""
    if len(points) <= SINGLE:
        groups = _grouped(points, lambda one: (one[0], one[1]))
    elif what.box is None and 1 < len(by_town := _grouped(points, lambda one: one[4])) <= TOWNS:
        groups = by_town
    else:
        south, west = min(one[0] for one in points), min(one[1] for one in points)
        high = (max(one[0] for one in points) - south) / FIELDS or 1.0
        wide = (max(one[1] for one in points) - west) / FIELDS or 1.0
        groups = _grouped(points, lambda one: (int((one[0] - south) / high), int((one[1] - west) / wide)))
    return [_mark(found, link) for found in groups]


def _grouped(points: list[Point], spot: Callable[[Point], Any]) -> list[list[Point]]:
    found: dict[Any, list[Point]] = {}
    for one in points:
        found.setdefault(spot(one), []).append(one)
    return list(found.values())


def _mark(found: list[Point], link: Any) -> dict[str, Any]:
    """A station, or several as one: with their number and, where all belong to one division, its name."""
    lat, lng = sum(one[0] for one in found) / len(found), sum(one[1] for one in found) / len(found)
    if len(found) == 1:
        return _feature(lat, lng, {"name": found[0][2], "url": link(plate=found[0][3])})
    box = (min(one[0] for one in found), min(one[1] for one in found), max(one[0] for one in found), max(one[1] for one in found))
    one_spot = box[0] == box[2] and box[1] == box[3]  # the map cannot part them: the list does
    town = tree().get(found[0][4]) if len({one[4] for one in found}) == 1 else None
    url = link(box=box_text(_wider(box)), view="" if one_spot else "map")
    return _feature(lat, lng, {"name": town.name if town is not None else "", "n": len(found), "url": url})


def _wider(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    south, west, north, east = box
    high, wide = max((north - south) * EDGE, LEAST), max((east - west) * EDGE, LEAST)
    return (south - high, west - wide, north + high, east + wide)


def _feature(lat: float, lng: float, about: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": about, "geometry": {"type": "Point", "coordinates": [round(lng, 5), round(lat, 5)]}}

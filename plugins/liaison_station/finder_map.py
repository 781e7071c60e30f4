"""The public map of stations: what stands close together is one mark with its number, so that 6,000 stations are a light page.

The marks are links: a number opens its part of the map, a station its plate page. Beside the map the towns stand as a list.
"""
from __future__ import annotations

from typing import Any, NamedTuple

import orjson
import peewee
from peewee import fn

from grid321.core.api import Node, raw_rows, tree

from .finder import Asked, box_text, places, selected
from .station_models import Station

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


class Group(NamedTuple):
    """Stations that stand for one another on the map: their number, those with a place, its middle and outermost degrees."""

    town: int | None
    n: int
    placed: int
    lat: float
    lng: float
    south: float
    west: float
    north: float
    east: float
    name: str
    plate: str


def drawn(what: Asked, node: Node, link: Any) -> dict[str, Any]:
    """What the page of the map shows: ``geojson`` as text, how many stations have no place, the towns with their numbers.

    ``link(**parameters)`` gives the address of the finder with these parameters, ``link(plate=…)`` that of a station. The
    database adds the stations up by town; they are read themselves only where that is not what is drawn.
    """
    by_town = _towns(what, node)
    count, placed = sum(one.n for one in by_town), sum(one.placed for one in by_town)
    groups = [one for one in by_town if one.placed]
    if placed <= SINGLE or what.box is not None or not 1 < len(groups) <= TOWNS:
        groups = _fields(_points(what, node), placed)
    of_town = {one.town: one.n for one in by_town}
    features = [_mark(one, link) for one in groups]
    return {"geojson": orjson.dumps({"type": "FeatureCollection", "features": features}).decode() if features else "",
            "count": count, "placed": placed, "without": count - placed,
            "towns": [{"name": one.name, "n": of_town[one.id], "url": link(near=one.code, view="", box="")}
                      for one in places(node) if one.id in of_town],
            "back_url": link(box="") if what.box is not None else ""}


def _towns(what: Asked, node: Node) -> list[Group]:
    """The stations added up by the division right below. One query; ``name`` and ``plate`` are those of a single one."""
    town = getattr(Station, _column_below(node))
    lat, lng = Station.lat, Station.lng
    query = selected(what, node, ("id",)).select(
        town, fn.COUNT(Station.id), fn.COUNT(lat), fn.AVG(lat), fn.AVG(lng), fn.MIN(lat), fn.MIN(lng), fn.MAX(lat), fn.MAX(lng),
        fn.MIN(peewee.Case(None, ((lat.is_null(False), Station.name),))),
        fn.MIN(peewee.Case(None, ((lat.is_null(False), Station.plate),)))).group_by(town)
    return [Group._make(row) for row in raw_rows(query)]


def _points(what: Asked, node: Node) -> list[Point]:
    rows = raw_rows(selected(what, node, ("lat", "lng", "name", "plate", _column_below(node))))
    return [(float(lat), float(lng), name, plate, town) for lat, lng, name, plate, town in rows
            if lat is not None and lng is not None]


def _column_below(node: Node) -> str:
    """The column with the divisions right below ``node``; its own where nothing is below."""
    found = next(iter(places(node)), None)
    return found.column if found is not None else node.column


def _fields(points: list[Point], placed: int) -> list[Group]:
    """A group for each place where there are few stations, else for each field of the map."""
    if not points:
        return []
    south, west = min(one[0] for one in points), min(one[1] for one in points)
    high = (max(one[0] for one in points) - south) / FIELDS or 1.0
    wide = (max(one[1] for one in points) - west) / FIELDS or 1.0
    found: dict[Any, list[Point]] = {}
    for one in points:
        spot = one[:2] if placed <= SINGLE else (int((one[0] - south) / high), int((one[1] - west) / wide))
        found.setdefault(spot, []).append(one)
    return [_group(here) for here in found.values()]


def _group(here: list[Point]) -> Group:
    lats, lngs, n = [one[0] for one in here], [one[1] for one in here], len(here)
    town = here[0][4] if len({one[4] for one in here}) == 1 else None
    return Group(town, n, n, sum(lats) / n, sum(lngs) / n, min(lats), min(lngs), max(lats), max(lngs), here[0][2], here[0][3])


def _mark(one: Group, link: Any) -> dict[str, Any]:
    """A station, or several as one: with their number and, where all belong to one division, its name."""
    if one.placed == 1:
        return _feature(one.lat, one.lng, {"name": one.name, "url": link(plate=one.plate)})
    one_spot = one.south == one.north and one.west == one.east  # the map cannot part them: the list does
    town = tree().get(one.town)
    url = link(box=box_text(_wider((one.south, one.west, one.north, one.east))), view="" if one_spot else "map")
    return _feature(one.lat, one.lng, {"name": town.name if town is not None else "", "n": one.placed, "url": url})


def _wider(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    south, west, north, east = box
    high, wide = max((north - south) * EDGE, LEAST), max((east - west) * EDGE, LEAST)
    return (south - high, west - wide, north + high, east + wide)


def _feature(lat: float, lng: float, about: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": about, "geometry": {"type": "Point", "coordinates": [round(lng, 5), round(lat, 5)]}}

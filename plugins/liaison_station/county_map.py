"""The county's map of its stations, by how complete they are or by their class; beside it the same as a list.

With many stations there is one mark for each division below, which opens its own map; with few each station is one.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask import g, render_template, request

from grid321.core.api import BadRequest, Node, is_on, json_answer, local_day
from grid321.core.api import gettext as _

from . import checks
from .checks_choices import KLASSES
from .checks_pages import group_of
from .figure_pages import printed
from .figure_records import PLUGIN, base_of

SINGLE = 60
"""So many stations and fewer are drawn one by one."""
GOOD, FAIR = 90, 60
"""From so many per cent of the haves on a mark is green, from so many it is amber; the number stands on it, too."""
SHOWS = ("complete", "class")


def tone_of(part: float) -> str:
    """The colour of a share in per cent."""
    return "ok" if part >= GOOD else "warn" if part >= FAIR else "bad"


def _classes(stations: Sequence[checks.Checked]) -> dict[str, int]:
    """How many stations have each class, in words, those without class last."""
    counts = Counter(one.station.klass or "none" for one in stations)
    words = {**{code: str(label) for code, label in KLASSES}, "none": _("not rated")}
    return {label: counts[code] for code, label in words.items() if counts[code]}


def words_of(stations: Sequence[checks.Checked], show: str, single: bool = False) -> tuple[str, str]:
    """(what a mark says of some stations or of a single one, its colour)."""
    if show == "class":
        rated = sum(bool(one.station.klass) for one in stations)
        text = f"{rated}/{len(stations)}" if not single else next(iter(_classes(stations)))
        return text, "ok" if rated == len(stations) else "warn" if rated else "bad"
    found = checks.completeness(stations)
    part = 100 * found.top / found.bottom if found.bottom else 0.0
    return f"{part:.0f}%" if not single else f"{found.top}/{found.bottom}", tone_of(part)


def marks(node: Node, found: Sequence[checks.Checked], show: str) -> list[dict[str, Any]]:
    """The marks of the map: stations, or divisions below with the middle of their stations."""
    placed = [one for one in found if one.station.lat is not None and one.station.lng is not None]
    if len(placed) <= SINGLE:
        return [_feature(one.station.lat, one.station.lng, {
            "name": f"{one.station.name} {words_of([one], show, True)[0]}", "tone": words_of([one], show, True)[1],
            "url": f"{base_of(node)}/station/{one.station.id}"}) for one in placed]
    features = []
    for place, stations in checks.by_place(placed, node):
        text, tone = words_of(stations, show)
        lat = sum(one.station.lat for one in stations) / len(stations)
        lng = sum(one.station.lng for one in stations) / len(stations)
        own = place.id == node.id or not is_on(PLUGIN, place.id)
        url = f"{base_of(node)}/checks?own=1" if own else f"{base_of(place)}/county-map?show={show}"
        features.append(_feature(lat, lng, {"name": place.name, "n": len(stations), "text": text, "tone": tone, "url": url}))
    return features


def _feature(lat: float, lng: float, about: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": about, "geometry": {"type": "Point", "coordinates": [round(lng, 5), round(lat, 5)]}}


def _asked() -> tuple[str, list[checks.Checked]]:
    show = request.args.get("show", SHOWS[0])
    if show not in SHOWS:
        raise BadRequest(_("There is no such map."), "show", ", ".join(SHOWS), code="bad_parameter")
    day = local_day()
    return show, checks.look(group_of(g.node, day), day)


def map_page() -> str:
    """The map of a division and the list beside it."""
    node = g.node
    show, found = _asked()
    drawn = marks(node, found, show)
    base, without = base_of(node), sum(one.station.lat is None or one.station.lng is None for one in found)
    return render_template(
        "liaison_station/county_map.html", title=_("Map of the stations"), node=node, show=show, count=len(found),
        without=without, geojson=orjson.dumps({"type": "FeatureCollection", "features": drawn}).decode() if drawn else "",
        shows=[{"label": label, "url": f"{base}/county-map?show={key}", "here": key == show} for key, label in (
            ("complete", _("Ten haves")), ("class", _("Rated class")))],
        rows=_rows(node, found), board_url=f"{base}/board", stations_url=f"{base}/station/")


def _rows(node: Node, found: Sequence[checks.Checked]) -> list[dict[str, Any]]:
    """The list beside the map: divisions below, or the stations where they are few, as on the map."""
    places = checks.by_place(found, node) if len(found) > SINGLE else []
    rows = [{"label": place.name, "n": len(stations), "complete": printed(checks.completeness(stations))["value"],
             "classes": "、".join(f"{label} {n}" for label, n in _classes(stations).items()),
             "url": f"{base_of(place)}/county-map" if place.id != node.id and is_on(PLUGIN, place.id) else ""}
            for place, stations in places]
    return rows or [{"label": one.station.name, "n": 1, "complete": f"{one.count()[0]} / {one.count()[1]}",
                     "classes": next(iter(_classes([one]))), "url": f"{base_of(node)}/station/{one.station.id}"} for one in found]


def map_operation() -> Any:
    """The marks of the map as GeoJSON (RFC 7946, WGS 84)."""
    show, found = _asked()
    return json_answer({"type": "FeatureCollection", "features": marks(g.node, found, show)})

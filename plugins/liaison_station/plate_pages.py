"""The page behind the code on a station's door, the year's plan that hangs there, and the same for programs.

The address on a plate was engraved once: it goes on when the station moves to another division, and when counties merge (their
old codes lead to the new one by the core).
"""
from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from grid321.core.api import Node, NotFound, is_on, json_answer, local_day, setting, tree
from grid321.core.api import gettext as _

from . import plate_data, station_plates
from .plan_choices import PLUGIN
from .station_models import Station

MATTERS = "suggestion_tracking"
MANY = 30
"""So many deputies are shown at once; of more, each congress opens on its own."""


def plate_page(plate: str) -> Any:
    """The public page of a station."""
    station, elsewhere = _station(plate)
    if elsewhere is not None or station is None:
        return elsewhere if elsewhere is not None else _unknown()
    known = plate_data.facts(station)
    if known["closed"]:
        return _closed(station, known)
    people = plate_data.deputies(station)
    groups = [(congress, list(found)) for congress, found in groupby(people, key=lambda one: one["congress"])]
    return render_template(
        "liaison_station/plate.html", title=station.name, station=known, days=plate_data.coming(station), people=people,
        groups=groups if len(people) > MANY else [], opinions=plate_data.opinions(station), year=local_day().year,
        calendar=f"{station_plates.address(station)}/calendar.ics", **_ways(station))


def plan_page(plate: str) -> Any:
    """The reception days of a station in a year, as they hang at its door."""
    station, elsewhere = _station(plate)
    if elsewhere is not None or station is None:
        return elsewhere if elsewhere is not None else _unknown()
    text = request.args.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and 2000 <= int(text[:5]) <= 2100 else local_day().year
    days = plate_data.planned(station, year)
    months = [(int(month), list(found)) for month, found in groupby(days, key=lambda one: one["day"][5:7])]
    here = url_for(f"{PLUGIN}.plate_plan", code=g.node.code, plate=station.plate)
    return render_template(
        "liaison_station/plate_plan.html", title=_("Reception plan %(year)s", year=year), station=plate_data.facts(station),
        months=months, days=days, year=year, posted=plate_data.posted_on(station, year), here=here,
        calendar=f"{station_plates.address(station)}/calendar.ics", **_ways(station))


def plate_operation(plate: str) -> Any:
    """A station with its next reception days, deputies and numbers of opinions. Raises ``NotFound``."""
    station, elsewhere = _station(plate)
    if station is None or elsewhere is not None:
        raise NotFound(_("There is no station with this plate here."), remedy=_("Scan the code on the plate once more."))
    return json_answer({
        **plate_data.facts(station), "next": plate_data.coming(station), "deputies": plate_data.deputies(station),
        "opinions": plate_data.opinions(station), "url": station_plates.address(station),
        "calendar": f"{station_plates.address(station)}/calendar.ics"})


def _station(plate: str) -> tuple[Station | None, Response | None]:
    """(the station with that plate, where its page is when it stands in another division by now); (None, None) for none."""
    station = plate_data.find(plate)
    place = tree().get(station.division_id) if station is not None else None
    if station is None or place is None or not is_on(PLUGIN, place.id):
        return None, None
    if not tree().covers(g.node, place):
        rest = request.path.partition(f"/at/{plate}")[2]
        return station, redirect(f"{request.script_root}{station_plates.path(station)}{rest}", 302)
    return station, None


def _unknown() -> tuple[str, int]:
    return render_template("liaison_station/plate_gone.html", title=_("There is no station with this plate"), place=g.node,
                           station=None, above=None, find_url=_find(g.node), phone=setting("core.feedback_phone", g.node.id)), 404


def _closed(station: Station, known: dict[str, Any]) -> tuple[str, int]:
    """The page of a station that is closed: since when, and where one may go instead."""
    above = Station.get_or_none(Station.id == station.parent_id) if station.parent_id is not None else None
    place = tree().get(station.division_id) or g.node
    town = tree().at_level(place, "town")
    goes_on = above if above is not None and above.closed_on is None else None
    return render_template(
        "liaison_station/plate_gone.html", title=_("This station is closed"), place=g.node, station=known,
        above={"name": goes_on.name, "url": request.script_root + station_plates.path(goes_on)} if goes_on is not None else None,
        find_url=_find(g.node, town), phone=setting("core.feedback_phone", g.node.id)), 410


def _ways(station: Station) -> dict[str, Any]:
    """Where else one may go from a station's page: raise a matter, the finder, the plan, the calendar."""
    place = tree().get(station.division_id) or g.node
    town = tree().at_level(place, "town")
    raises = is_on(MATTERS, place.id) and f"{MATTERS}.raise" in current_app.view_functions
    return {
        "raise_url": url_for(f"{MATTERS}.raise", code=place.code) if raises else "", "find_url": _find(g.node, town),
        "plan_url": url_for(f"{PLUGIN}.plate_plan", code=g.node.code, plate=station.plate),
        "plate_url": url_for(f"{PLUGIN}.plate", code=g.node.code, plate=station.plate),
        "performance_url": url_for(f"{PLUGIN}.performance", code=g.node.code),
        "hotline": setting("core.feedback_phone", place.id)}


def _find(node: Node, town: Node | None = None) -> str:
    """The address of the finder; near ``town`` where that lies right below ``node``."""
    near = town.code if town is not None and town.parent_id == node.id else None
    return url_for(f"{PLUGIN}.find", code=node.code, near=near)

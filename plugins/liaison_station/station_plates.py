"""The door plate of a station: its public address and what the plate says. The address does not change when the station does."""
from __future__ import annotations

from typing import Any

from flask import has_request_context, request

from grid321.core.api import site_url, tree

from .station_rules import place_of


def path(station: Any) -> str:
    """The path of a station's public page, by the word of its plate, below its county."""
    place = place_of(station)
    county = tree().at_level(place, "county") or place
    return f"/d/{county.code}/liaison_station/at/{station.plate}"


def address(station: Any) -> str:
    """The address behind the code on the plate: of the site as its setting says it, otherwise as it is asked for now."""
    base = site_url(station.division_id) or (request.url_root if has_request_context() else "")
    return base.rstrip("/") + path(station)

"""What everybody may see of stations: the finder with its map, the page behind a door plate, the year's plan."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Api, Link, guarded
from grid321.core.api import lazy_gettext as _

from . import finder_pages, plate_pages
from .menu_folds import STATION_FOLD
from .plan_choices import PLUGIN, P

LINKS = (Link(f"{PLUGIN}.find", _("Public station finder"), "search", f"{P}station.view", "more", fold=STATION_FOLD),)


def register(blueprint: Any) -> None:
    """Add the public pages."""
    for rule, name, view in (("/find", "find", finder_pages.find_page), ("/at/<plate>", "plate", plate_pages.plate_page),
                             ("/at/<plate>/plan", "plate_plan", plate_pages.plan_page)):
        blueprint.add_url_rule(rule, name, guarded(view, "public", plugin=PLUGIN), methods=("GET",))


def register_api(api: Api) -> None:
    """The same by REST, for the county's own site or app."""
    api.operation("/find", finder_pages.find_operation, _("Find liaison stations: next reception day and who will be there"),
                  "public", query=finder_pages.PARAMETERS)
    api.operation("/at/<plate>", plate_pages.plate_operation, _("What everybody may know of the station with that plate"),
                  "public")

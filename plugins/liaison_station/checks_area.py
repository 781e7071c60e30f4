"""Checklists computed from data, ratings of stations, figures, the county committee's board."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from grid321.core.api import Api, Link, guarded
from grid321.core.api import lazy_gettext as _

from . import board_pages, checks_pages, checks_panels, county_map, figure_pages, figure_records, rating_pages
from .board_pages import BOARD
from .checks_choices import CLASSES, SETTINGS, P
from .checks_demo import demo
from .checks_entities import ENTITIES
from .checks_measures import MEASURES
from .menu_folds import STATION_FOLD
from .rating_flow import DECIDE, LOOK, PROPOSE, RATINGS
from .station_roles import COUNTY, LIAISON, TOWN, VIEWER, may

__all__ = ["CLASSES", "ENTITIES", "MEASURES", "PERMISSIONS", "ROLES", "SETTINGS", "WORKFLOWS", "demo"]

PLUGIN = "liaison_station"
WORKFLOWS = (RATINGS,)
PERMISSIONS = (
    (PROPOSE, _("Propose the rating of a station")),
    (LOOK, _("Look at proposed ratings of stations for the town")),
    (DECIDE, _("Decide ratings of stations for the county")),
    (BOARD, _("See board, checklists and statistics of stations")),
)

SEE = (*may("attested.view", "rating.view"), BOARD)
WRITE = (*SEE, *may("attested.create,edit", "rating.create"), PROPOSE)
SHEETS = may("attested.export", "rating.export")
ROLES = (
    replace(COUNTY, permissions=(*WRITE, *SHEETS, DECIDE)),
    replace(TOWN, permissions=(*WRITE, *SHEETS, LOOK)),
    replace(LIAISON, permissions=WRITE),
    replace(VIEWER, permissions=SEE),
)
GRANTS = {"core.leader": (*SEE, f"{P}station.view"), "core.supervisor": (*SEE, f"{P}station.view")}

LINKS = (
    Link(f"{P}board", _("Board of stations"), "bar-chart", BOARD, "main", first=True),
    Link(f"{P}board", _("Board of stations"), "bar-chart", BOARD, "quick"),
    Link(f"{P}checks", _("Checklists of stations"), "clipboard-check", BOARD, "more", fold=STATION_FOLD),
    Link(f"{P}figures", _("Statistics of stations"), "table", BOARD, "more", fold=STATION_FOLD),
    Link(f"{P}rating_list", _("Ratings to publish"), "star", BOARD, "more", fold=STATION_FOLD),
)

panels_for = checks_panels.panels_for
_DAY: tuple[dict[str, Any], Any] = ({"type": "string", "format": "date"}, _("A day such as 2026-03-15"))
_ONE: dict[str, Any] = {"type": "string", "enum": ["1"]}
_ID: dict[str, Any] = {"type": "integer"}
_PLACE: tuple[dict[str, Any], Any] = ({"type": "string"}, _("The code of a division below"))
_OWN: tuple[dict[str, Any], Any] = (_ONE, _("Only what lies at the division itself"))
_PAGE: tuple[dict[str, Any], Any] = (_ID, _("The page, from 1; fifty rows on each"))
_SPAN = {"from": _DAY, "to": _DAY}
_FIGURES = {**_SPAN, "by": ({"type": "string", "enum": list(figure_pages.ROWS)}, _("What a row is")),
            "station": (_ID, _("One station, by month, quarter or year")), "show": ({"type": "string"}, _("For the page only"))}
_RECORDS = {**_SPAN, "station": (_ID, _("Only of this station; 0: of none")), "place": _PLACE, "own": _OWN,
            "person": (_ID, _("Only of this person")), "page": _PAGE,
            **{name: ({"type": "string"}, _("Only of this value")) for name in figure_records.VALUES}}
_NARROW = {"missing": ({"type": "string"}, _("An item that stations lack")), "do": ({"type": "string"}, _("A step that waits")),
           "due": (_ONE, _("Only stations whose rating is due")), "still": (_ONE, _("Only stations that stand still")),
           "day": _DAY, "place": _PLACE, "own": _OWN, "sort": ({"type": "string"}, _("place, missing or name")), "page": _PAGE}
_YEAR = {"year": (_ID, _("The year that was rated"))}
_SHOW = {"show": ({"type": "string", "enum": list(county_map.SHOWS)}, _("What the marks say"))}


def register(blueprint: Any) -> None:
    """Add board, checklists, statistics, map and the list of ratings: for whoever sees a whole division."""
    for rule, name, view in (
            ("board", "board", board_pages.board_page), ("checks", "checks", checks_pages.checks_page),
            ("checks-file", "checks_file", checks_pages.checks_file), ("to-do", "to_do", checks_pages.to_do_page),
            ("figures", "figures", figure_pages.figures_page), ("figures-file", "figures_file", figure_pages.figures_file),
            ("figures/<key>", "figure_records", figure_records.records_page), ("county-map", "county_map", county_map.map_page),
            ("rating-list", "rating_list", rating_pages.list_page),
            ("rating-list-file", "rating_list_file", rating_pages.list_file)):
        blueprint.add_url_rule(f"/{rule}", name, guarded(view, BOARD, plugin=PLUGIN, reach="covers"))


def register_api(api: Api) -> None:
    """The same for programs."""
    for rule, view, label, query in (
            ("/board", board_pages.board_operation, _("The board of stations"), {}),
            ("/checks", checks_pages.checks_operation, _("Every station with what it lacks"), _NARROW),
            ("/to-do", checks_pages.to_do_operation, _("Who must do what next, by division"), {}),
            ("/figures", figure_pages.figures_operation, _("Figures of stations over a span of days"), _FIGURES),
            ("/figures/<key>", figure_records.records_operation, _("The records that a figure counts"), _RECORDS),
            ("/county-map", county_map.map_operation, _("Stations on the map, with how complete they are"), _SHOW),
            ("/rating-list", rating_pages.list_operation, _("Stations rated in a year"), _YEAR)):
        api.operation(rule, view, label, BOARD, reach="covers", query=query)

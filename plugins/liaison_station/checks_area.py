"""Checklists computed from data, ratings of stations, figures, the county committee's board."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from grid321.core.api import Api, Link, Tally, guarded
from grid321.core.api import lazy_gettext as _

from . import board_pages, checks_panels
from .board_pages import BOARD
from .checks_choices import CLASSES, SETTINGS, P
from .checks_entities import ENTITIES
from .rating_flow import DECIDE, LOOK, PROPOSE, RATINGS
from .station_roles import COUNTY, LIAISON, TOWN, VIEWER, may

__all__ = ["CLASSES", "ENTITIES", "PERMISSIONS", "ROLES", "SETTINGS", "WORKFLOWS"]

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
    Link(f"{P}checks", _("Checklists of stations"), "clipboard-check", BOARD, "more"),
    Link(f"{P}figures", _("Statistics of stations"), "table", BOARD, "more"),
)

STATION, RATING = f"{P}station", f"{P}rating"
MEASURES = (
    Tally(f"{P}stations_by_kind", _("Stations by kind"), STATION, "kind", _("Number of stations of each kind"),
          _("Those that were closed are counted; the statistics of stations leave them out")),
    Tally(f"{P}stations_by_class", _("Stations by class"), STATION, "klass", _("Number of stations of each class"),
          _("Without stations that have no class"), skip_empty=True),
    Tally(f"{P}model_stations", _("Model stations"), STATION, "model", _("Number of model stations of city and province"),
          _("Without other stations"), skip_empty=True),
    Tally(f"{P}ratings_by_state", _("Ratings of stations by state"), RATING, "state", _("Number of ratings in each state")),
)
"""What the core's own page of figures shows; figures of a span of days stand in ``station_figures``."""

panels_for = checks_panels.panels_for
_DAY: tuple[dict[str, Any], Any] = ({"type": "string", "format": "date"}, _("A day such as 2026-03-15"))
_SPAN = {"from": _DAY, "to": _DAY, "by": ({"type": "string", "enum": ["place", "station"]}, _("What a row is"))}
_ONE: dict[str, Any] = {"type": "string", "enum": ["1"]}
_NARROW = {"missing": ({"type": "string"}, _("An item that stations lack")),
           "due": (_ONE, _("Only stations whose rating is due")), "still": (_ONE, _("Only stations that stand still"))}


def register(blueprint: Any) -> None:
    """Add the board, the checklists and the statistics: for whoever sees a whole division."""
    for rule, view in (("board", board_pages.board_page), ("checks", board_pages.checks_page),
                       ("figures", board_pages.figures_page)):
        blueprint.add_url_rule(f"/{rule}", rule, guarded(view, BOARD, plugin=PLUGIN, reach="covers"))


def register_api(api: Api) -> None:
    """The same for programs."""
    api.operation("/board", board_pages.board_operation, _("The board of stations"), BOARD, reach="covers")
    api.operation("/checks", board_pages.checks_operation, _("Every station with what it lacks"), BOARD, reach="covers",
                  query=_NARROW)
    api.operation("/figures", board_pages.figures_operation, _("Figures of stations over a span of days"), BOARD, reach="covers",
                  query=_SPAN)

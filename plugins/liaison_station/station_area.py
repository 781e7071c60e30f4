"""Stations: what they are, who works there, rooms, papers on the wall, equipment, money, door plates."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Api, guarded, json_schema
from grid321.core.api import lazy_gettext as _

from . import room_week, starting_papers, station_pages, station_panels
from .station_choices import CLASSES, SETTINGS, P
from .station_demo import demo
from .station_documents import DOCUMENTS
from .station_entities import ENTITIES
from .station_roles import CONFIRM, GRANTS, PERMISSIONS, POSTS, ROLES
from .station_schemas import ConfirmSchema

__all__ = ["CLASSES", "DOCUMENTS", "ENTITIES", "GRANTS", "PERMISSIONS", "POSTS", "ROLES", "SETTINGS", "demo"]

PLUGIN = "liaison_station"
panels_for = station_panels.panels_for


def register(blueprint: Any) -> None:
    """Add the page that confirms the rule of the Party member, the week of a room, the starting texts of papers."""
    blueprint.add_url_rule("/station/<rid:record_id>/confirm-party", "confirm_party",
                           guarded(station_pages.confirm_page, CONFIRM, plugin=PLUGIN), methods=("GET", "POST"))
    blueprint.add_url_rule("/room/<rid:record_id>/week", "room_week", guarded(room_week.page, f"{P}room.view", plugin=PLUGIN))
    blueprint.add_url_rule("/starting-papers", "starting_papers", guarded(
        starting_papers.page, f"{P}paper.create", plugin=PLUGIN))


def register_api(api: Api) -> None:
    """Findings and papers of a station, and the confirmation."""
    api.operation("/station/<rid:record_id>/staffing", station_pages.staffing_operation,
                  _("What the staffing rule finds at a station"), f"{P}staff.view")
    api.operation("/station/<rid:record_id>/papers-in-force", station_pages.papers_operation,
                  _("The papers that hang in a station"), f"{P}paper.view")
    api.operation("/room/<rid:record_id>/week", room_week.operation, _("Who has a room when, in a week"), f"{P}room.view")
    api.operation("/starting-papers", starting_papers.operation, _("Starting texts of papers on the wall"), f"{P}paper.view")
    api.operation("/station/<rid:record_id>/confirm-party", station_pages.confirm_operation,
                  _("Confirm the rule of the Party member"), CONFIRM, "POST", body=lambda: json_schema((ConfirmSchema,)))

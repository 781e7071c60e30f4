"""What people may send: grids, reports, and the forms of the steps. Unknown fields are refused."""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    COORDINATES,
    Choice,
    Day,
    Degrees,
    DivisionRef,
    EntitySchema,
    Flag,
    GeoJson,
    Int,
    LongText,
    Phone,
    Text,
    gettext,
    three_levels,
)
from grid321.core.api import lazy_gettext as _

GRID_KINDS = (("basic", _("Basic grid")), ("dedicated", _("Dedicated grid")))
REPORT_KINDS = (("social", _("Social information")), ("ledger", _("Ledger information")))


class GridSchema(EntitySchema):
    """A grid. Its code is given by the system: village code and number."""

    village = DivisionRef(_("Village or community"), level="village", required=True)
    code = Text(_("Code"), max=24, read_only=True)
    name = Text(_("Name"), max=80, required=True, help=_("As people call it: “Grid 3, Xihe Road”."))
    kind = Choice(_("Kind"), options=GRID_KINDS, required=True, default="basic")
    subject = Text(_("Of what (dedicated grid)"), max=80, help=_("A market, a school, a park, a company."))
    households = Int(_("Households"), min=0, max=1_000_000)
    people = Int(_("Residents"), min=0, max=10_000_000)
    boundary = GeoJson(_("Boundary (GeoJSON)"),
                       help=_("A Polygon or MultiPolygon. It decides the grid's place in the numbering."))
    coordinates = Choice(_("Coordinate system"), options=COORDINATES, default="cgcs2000",
                         help=_("The coordinate system of the boundary."))
    retired_on = Day(_("Retired on"), read_only=True)


class ReportSchema(EntitySchema):
    """A report from a grid; what the handling adds is read only."""

    kind = Choice(_("Kind"), options=REPORT_KINDS, required=True, default="social")
    ledger_class = Choice(_("Class"), scheme="grid.ledger_class",
                          help=_("Needed for ledger information; leave it empty for social information."))
    text = LongText(_("What you saw or heard"), max=4000, required=True, help=three_levels.NO_SECRETS)
    title = Text(_("Title"), max=80, help=_("Left empty, the first words of the text are used."))
    division = DivisionRef(_("Grid"), level=("grid", "village"), required=True)
    place = Text(_("Place"), max=120, help=_("Street and number, or what everybody calls it."))
    occurred_on = Day(_("When"), past=True, help=_("Left empty, today."))
    urgency = Choice(_("Urgency"), options=three_levels.URGENCY, default="normal")
    reporter_phone = Phone(_("Telephone for questions"))
    lon = Degrees(_("Longitude"), limit=180)
    lat = Degrees(_("Latitude"), limit=90)
    coordinates = Choice(_("Coordinate system"), options=COORDINATES)
    way = Choice(_("Way of handling"), scheme="grid.way", read_only=True)
    answer = LongText(_("Answer"), read_only=True)
    outcome = Choice(_("Outcome"), scheme="grid.outcome", read_only=True)
    rating = Choice(_("Rating of the result"), scheme="grid.rating", read_only=True)
    attitude = Choice(_("Rating of the attitude"), scheme="grid.rating", read_only=True)
    handled_again = Flag(_("Handled again"), read_only=True)
    limit_on = Day(_("To be done by"), read_only=True)
    holder_level = Choice(_("Held at"), options=three_levels.LEVELS, read_only=True)
    solved_level = Choice(_("Solved at"), options=three_levels.LEVELS, read_only=True)


def check_grid(data: dict[str, Any], record: Any, node: Any) -> dict[str, list[str]]:
    """Rules across the fields of a grid: a dedicated grid says of what, a basic one does not; a grid stays in its village."""
    value = _value(data, record)
    errors: dict[str, list[str]] = {}
    if value("kind") == "dedicated" and not value("subject"):
        errors["subject"] = [gettext("Say of what: a market, a school, a park, a company.")]
    if value("kind") == "basic" and value("subject"):
        errors["subject"] = [gettext("Leave this empty for a basic grid, or choose the kind “dedicated”.")]
    if record is not None and data.get("village_id", record.village_id) != record.village_id:
        errors["village"] = [gettext("A grid does not change its village here. Move its division instead.")]
    return errors


def check_report(data: dict[str, Any], record: Any, node: Any) -> dict[str, list[str]]:
    """Rules across the fields of a report: the class belongs to ledger information, a position is complete.

    Completes ``data`` as well: a title from the first words, today, normal urgency. A field left empty costs no time.
    """
    value = _value(data, record)
    errors = three_levels.complete(data, record)
    if value("kind") == "ledger" and not value("ledger_class"):
        errors["ledger_class"] = [gettext("Choose one of the classes of ledger information.")]
    if value("kind") == "social" and value("ledger_class"):
        errors["ledger_class"] = [gettext("Leave the class empty for social information.")]
    return errors


def _value(data: dict[str, Any], record: Any) -> Any:
    return lambda name: data[name] if name in data else getattr(record, name, None)


class Answer(three_levels.AnswerForm):
    """The answer to a report with its outcome class."""

    outcome = Choice(_("Outcome"), scheme="grid.outcome", required=True,
                     help=_("“No money, no project” is explained, not solved."))
    way = Choice(_("Way of handling"), scheme="grid.way")


class HandOver(three_levels.HandOverForm):
    """To which department, in which way, and what is asked of it."""

    way = Choice(_("Way of handling"), scheme="grid.way", required=True, default="alone")


class Rating(three_levels.RatingForm):
    """What the reporter thinks of the attitude and of the result."""

    attitude = Choice(_("Rating of the attitude"), scheme="grid.rating", required=True)


class AgainRating(three_levels.ObjectionForm):
    """Why the reporter is not satisfied."""

    attitude = Choice(_("Rating of the attitude"), scheme="grid.rating", required=True)


# Forms that grids take as they are; version 1 of the workflow, kept by homes made under it, finds them by these names.
Reason = three_levels.Reason
Evaluation = three_levels.Evaluation
KeepNote = three_levels.KeepNote

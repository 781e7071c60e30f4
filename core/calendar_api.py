"""REST: the calendar of a year as it holds at a division, for programs that compute dates themselves."""
from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask, Response, g, request

from . import calendar, snapshot
from .access import guarded
from .calendar import COUNTRY
from .calendar_pages import VIEW, all_days, asked_year
from .calendar_rows import CalendarYear
from .errors import BadRequest
from .i18n import gettext as _
from .rest import answer


def register(app: Flask) -> None:
    """Add /api/v1/d/<code>/core/calendar."""
    app.add_url_rule("/api/v1/d/<code>/core/calendar", "core:api_calendar", guarded(get_calendar, VIEW))


def get_calendar() -> Response:
    """A year: whether it is known, its special days with source, and the number of working days."""
    for name in request.args:
        if name != "year":
            raise BadRequest(_("The request cannot be read."), name[:60] if name.isprintable() else "?",
                             _("This address takes the parameter “year” alone."), code="bad_parameter")
    year, days = asked_year(), calendar.at(g.node)
    return answer({"year": year, "division": g.node.code, "known": year in days.known, "source": _source(year),
                   "workdays": days.workdays_between(date(year - 1, 12, 31), date(year, 12, 31)),
                   "days": [found for day in all_days(year) if (found := _day(day, days)) is not None]})


def _source(year: int) -> str:
    """The document that made the year known here, the nearest division's."""
    rows = {row.division_id: row.source for row in CalendarYear.select().where(
        (CalendarYear.year == year) & CalendarYear.division_id.in_((COUNTRY, *g.node.path)))}
    return next((rows[place] for place in (*reversed(g.node.path), COUNTRY) if place in rows), "")


def _day(day: date, days: calendar.Days) -> dict[str, Any] | None:
    entry, kind = days.entry(day), days.kind(day)
    ordinary = calendar.WEEKEND if day.weekday() >= 5 else calendar.COUNTED
    if entry is None and kind == ordinary:
        return None
    place = snapshot.current().tree.get(entry.division_id) if entry is not None else None
    return {"day": day.isoformat(), "kind": kind, "workday": days.is_workday(day), "name": entry.name if entry else "",
            "source": entry.source if entry else "", "division": place.code if place is not None else None}

"""The public notices: receptions that are put off or do not take place, and those to come, as they are posted at the doors.

Everybody reads them without an account; what is only planned is nobody's business yet.
"""
from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import g, render_template, request, url_for

from grid321.core.api import BadRequest, Node, NotFound, format_day, is_on, json_answer, local_day, setting, tree
from grid321.core.api import gettext as _

from . import finder, plate_data
from .plan_choices import COMING, PLUGIN
from .reception_models import Postponement, Reception
from .station_models import Station

PAGE = 20
AHEAD = timedelta(days=62)
CHANGES = 60
"""So many changes at most stand above the coming days."""


def notices_page() -> str:
    """The notices of every station at and below a division."""
    return _page(g.node, getattr(Reception, g.node.column) == g.node.id, None)


def station_page(plate: str) -> str:
    """The notices of the station with that plate. Raises ``NotFound``."""
    station = _station(plate)
    return _page(g.node, Reception.station_id == station.id, station)


def notices_operation() -> Any:
    """The notices of every station at and below a division: changes, and the coming days page by page."""
    changed, rows, more, page = _found(getattr(Reception, g.node.column) == g.node.id)
    return json_answer({"changes": changed, "items": rows, "per_page": PAGE, "next": page + 1 if more else None})


def _page(node: Node, condition: Any, station: Station | None) -> str:
    changed, rows, more, page = _found(condition)
    here = url_for(f"{PLUGIN}.plate_notices", code=node.code, plate=station.plate) if station is not None else url_for(
        f"{PLUGIN}.notices", code=node.code)
    known = tree()
    below = [{"name": one.name, "url": url_for(f"{PLUGIN}.notices", code=one.code)} for one in known.children(node)
             if is_on(PLUGIN, one.id)] if station is None and node.level in {"city", "county"} else []
    return render_template(
        "liaison_station/notices.html", title=_("Notices of reception days"), place=node, changes=changed, days=rows, below=below,
        station=station.name if station is not None else "", find_url=url_for(f"{PLUGIN}.find", code=node.code),
        prev_url=f"{here}?page={page - 1}" if page > 1 else "", next_url=f"{here}?page={page + 1}" if more else "",
        all_url=url_for(f"{PLUGIN}.notices", code=node.code) if station is not None else "", today=format_day(local_day()),
        phone=setting("core.feedback_phone", node.id))


def _found(condition: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]], bool, int]:
    """(what changed, a page of the coming days, whether there are more, the page). A fixed number of queries."""
    today, page = local_day(), _asked()
    ahead = condition & Reception.day.between(today, today + AHEAD)
    coming = list(Reception.select().where(ahead & Reception.state.in_(COMING)).order_by(
        Reception.day, Reception.from_minute, Reception.id).offset((page - 1) * PAGE).limit(PAGE + 1))
    off = Reception.state.in_(COMING) & (Reception.postponed > 0)
    gone = (Reception.state == "dropped") & Reception.posted_on.is_null(False)
    changed = list(Reception.select().where(condition & (Reception.day >= today) & (off | gone)).order_by(
        Reception.day, Reception.id).limit(CHANGES)) if page == 1 else []
    told = {row.reception_id: row for row in Postponement.select().where(
        Postponement.reception_id.in_([one.id for one in changed] or [0])).order_by(Postponement.id)}  # the last one stays
    names = _stations((*coming, *changed))
    shown = _days(changed, names)
    for one, row in zip(shown, changed, strict=True):
        notice = told.get(row.id)
        one |= {"reason": notice.reason, "told_on": format_day(notice.told_on), "moved_from": finder.day_text(notice.from_day),
                "notice_days": notice.days} if notice is not None and row.state != "dropped" else {"reason": "", "told_on": ""}
    return shown, _days(coming[:PAGE], names), len(coming) > PAGE, page


def _days(rows: Iterable[Reception], stations: dict[int, Station]) -> list[dict[str, Any]]:
    """Receptions as everybody reads them, with the station of each and its public page. One query."""
    found = list(rows)
    people = finder.names_on_duty(row.id for row in found)
    return [{**finder.reception(row, people.get(row.id, [])), **_where(stations.get(row.station_id))} for row in found]


def _where(station: Station | None) -> dict[str, str]:
    if station is None:
        return {"station": "", "url": "", "address": ""}
    return {"station": station.name, "url": url_for(f"{PLUGIN}.plate", code=g.node.code, plate=station.plate),
            "address": station.address}


def _stations(rows: Iterable[Reception]) -> dict[int, Station]:
    return {one.id: one for one in Station.select().where(Station.id.in_(sorted({row.station_id for row in rows}) or [0]))}


def _asked() -> int:
    """The page asked for. Raises ``BadRequest``."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 10_000) or set(request.args) - {"page"}:
        raise BadRequest(_("This list cannot be shown."), text[:20], _("Go to the first page of the notices."))
    return int(text)


def _station(plate: str) -> Station:
    station = plate_data.find(plate)
    place = tree().get(station.division_id) if station is not None else None
    if station is None or place is None or not tree().covers(g.node, place):
        raise NotFound(_("There is no station with this plate here."), remedy=_("Scan the code on the plate once more."))
    return station

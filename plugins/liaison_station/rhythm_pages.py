"""The page of what is missing: every station of a division, one month, what it lacks and by which rule."""
from __future__ import annotations

from datetime import date
from typing import Any

from flask import g, render_template, request

from grid321.core.api import BadRequest, class_label, current_actor, format_day, json_answer, local_day, registry, scoped
from grid321.core.api import gettext as _

from . import rhythm
from .station_choices import KINDS
from .station_models import Station

MOST = 200


def rhythm_page() -> Any:
    """What stations lack in a month; those that lack nothing are counted."""
    month = _month()
    found = rows_of(month)
    lacking = [row for row in found if row["lacks"]]
    return render_template(
        "liaison_station/rhythm.html", title=_("Monthly rhythm"), month=f"{month:%Y-%m}", rows=lacking[:MOST],
        more=len(lacking) > MOST, stations=len(found), complete=len(found) - len(lacking), lacking=len(lacking),
        rules=[(str(rule.label), rhythm.P + rule.setting) for rule in rhythm.RULES])


def rhythm_operation() -> Any:
    """What stations lack in a month."""
    month = _month()
    return json_answer({"month": f"{month:%Y-%m}", "items": [
        {"station": row["id"], "name": row["name"], "lacks": [
            {name: getattr(lack, name) for name in ("rule", "wanted", "found", "last", "late", "setting", "source")}
            for lack in row["missing"]]} for row in rows_of(month) if row["missing"]]})


def rows_of(month: date) -> list[dict[str, Any]]:
    """The stations that the reader may see below the division, by name, with what each lacks. Four queries."""
    entity = registry().entity("liaison_station.station")
    stations = list(scoped(Station.select(), entity, "view", g.node, current_actor()).order_by(Station.division_id, Station.name))
    missing = rhythm.missing_of(stations, month)
    base = f"/d/{g.node.code}/liaison_station/station"
    return [{"id": station.id, "name": station.name, "kind": class_label(KINDS.key, station.kind, station.division_id),
             "url": f"{base}/{station.id}", "missing": missing[station.id], "lacks": [
                 {"text": rhythm.sentence(lack), "late": lack.late, "until": format_day(lack.last), "source": lack.source}
                 for lack in missing[station.id]]} for station in stations]


def _month() -> date:
    """The month that the address asks for, the present one by default. Raises ``BadRequest`` for anything else."""
    text = request.args.get("month", "")
    if not text:
        return local_day().replace(day=1)
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == 7 else _bad(text)
    except ValueError:
        return _bad(text)


def _bad(text: str) -> date:
    raise BadRequest(_("This is not a month."), text[:20], _("Write year and month as in 2026-03."), code="bad_parameter")

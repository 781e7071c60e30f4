"""What the pages of a station and of a deputy show of the plan: the receptions to come, the duties to come."""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from grid321.core.api import Actor, Node, Panel, format_day, local_day
from grid321.core.api import gettext as _

from . import receptions
from .plan_choices import COMING, DUTY_STATES, PLAN, RECEPTION, P
from .reception_models import Duty, Plan, Reception
from .station_fields import clock
from .station_models import Station

NEXT = 4
"""Days that are shown: the rest stands in the plan."""


def of_station(station: Any, actor: Actor, node: Node) -> Panel | None:
    """The next receptions of a station with who will be there, and the way to its plan of the year. Three queries."""
    if not actor.may_on(f"{RECEPTION}.view", station):
        return None
    base, today = f"/d/{node.code}/liaison_station", local_day()
    rows = list(Reception.select().where((Reception.station_id == station.id) & receptions.is_coming(Reception, today)).order_by(
        Reception.day, Reception.from_minute).limit(NEXT))
    people = receptions.on_duty(row.id for row in rows) if actor.may_on(f"{P}duty.view", station) else {}
    plans = Plan.select().where((Plan.station_id == station.id) & (Plan.year >= today.year)).order_by(Plan.year)
    return Panel(_("Coming receptions"), "liaison_station/coming_panel.html", {
        "rows": [{"url": f"{base}/reception/{row.id}", "day": format_day(row.day),
                  "time": f"{clock(row.from_minute)}–{clock(row.to_minute)}",
                  "people": "、".join(deputy.name for deputy in people.get(row.id, ()))} for row in rows],
        "plans": [{"label": _("Plan of %(year)s", year=row.year), "url": f"{base}/plan/{row.id}"} for row in plans]
        if actor.may_on(f"{PLAN}.view", station) else [],
        "all_url": f"{base}/reception/?{urlencode({'station': station.id})}"}, order=14)


def of_deputy(deputy: Any, actor: Actor, node: Node) -> Panel | None:
    """The next duties of a deputy, at whichever station. One query."""
    if not actor.may_on(f"{P}duty.view", deputy) and actor.person_id != deputy.person_id:
        return None
    base, states = f"/d/{node.code}/liaison_station", dict(DUTY_STATES)
    rows = Duty.select(Duty, Station.name.alias("at"), Reception.from_minute.alias("begin")).join(
        Reception, on=(Reception.id == Duty.reception_id)).join(Station, on=(Station.id == Duty.station_id)).where(
            (Duty.person_id == deputy.person_id) & (Duty.day >= local_day()) & Reception.state.in_(COMING)).order_by(Duty.day)
    return Panel(_("Coming duties"), "liaison_station/duties_panel.html", {
        "rows": [{"url": f"{base}/reception/{row.reception_id}", "day": format_day(row.day), "time": clock(row.begin),
                  "station": row.at, "state": str(states.get(row.state, row.state))} for row in rows.limit(NEXT).objects()]},
        order=15)

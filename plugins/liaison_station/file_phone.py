"""The deputy's page: what is due, then the own year. One column, one large button for each thing to do, every state in words.

What is due: duties at receptions, invitations, answered or open objections, entries to confirm, opinions heard and not told back
yet, and a year to confirm. Made for a telephone and for older people; nothing here moves by itself or ends.
"""
from __future__ import annotations

from typing import Any

from flask import g, render_template

from grid321.core.api import (
    Actor,
    Node,
    class_label,
    current_actor,
    format_day,
    local_day,
    registry,
    tree,
)
from grid321.core.api import gettext as _

from .activity_models import Activity, Attendance
from .day_models import Opinion
from .file_causes import KINDS, P
from .file_models import Deed, Year
from .reception_models import Duty, Reception
from .station_fields import clock
from .station_models import Station

PLUGIN = "liaison_station"
MOST = 40
ON_DUTY = ("planned",)
AHEAD = ("posted", "postponed", "planned")
"""States of a reception that is still to come."""


def page() -> str:
    """The page of the deputy who is logged in."""
    return render_template("liaison_station/my_file.html", **context(g.node, current_actor()))


def context(node: Node, actor: Actor) -> dict[str, Any]:
    """What the page shows; somebody who is no recorded person has no file."""
    person = actor.person_id or 0
    noted = to_confirm(node, person)
    return {"title": _("My duties as a deputy"), "node": node, "name": actor.name or actor.username,
            "today": format_day(local_day()), "duties": duties(node, person), "invitations": invitations(node, person),
            "opinions": opinions(node, person), "noted": noted, "objected": objected(node, person),
            "years": years(node, person), "confirm_url": f"/d/{node.code}/{PLUGIN}/my-file/confirm",
            "complaint_url": f"/d/{node.code}/core/feedback"}


def _url(node: Node, name: str, record_id: int) -> str:
    return f"/d/{node.code}/{PLUGIN}/{name}/{record_id}"


def duties(node: Node, person: int) -> list[dict[str, str]]:
    """Receptions to come at which the deputy is on duty, the next first."""
    query = Duty.select(Reception.id, Reception.day, Reception.from_minute, Reception.to_minute, Reception.place, Station.name,
                        Station.address).join(Reception, on=(Duty.reception_id == Reception.id)).join(
                            Station, on=(Reception.station_id == Station.id)).where(
                                (Duty.person_id == person) & Duty.state.in_(ON_DUTY) & Reception.state.in_(AHEAD)
                                & (Reception.day >= local_day())).order_by(Reception.day, Reception.id).limit(MOST)
    return [{"url": _url(node, "reception", record_id), "day": format_day(day), "time": f"{clock(begin)}–{clock(end)}",
             "where": place or address or "", "title": name}
            for record_id, day, begin, end, place, name, address in query.tuples()]


def invitations(node: Node, person: int) -> list[dict[str, str]]:
    """Activities to come to which the deputy is asked and has not answered, the next first."""
    query = Attendance.select(Activity.id, Activity.title, Activity.day, Activity.from_minute, Activity.place).join(
        Activity, on=(Attendance.activity_id == Activity.id)).where(
            (Attendance.person_id == person) & (Attendance.answer == "") & (Activity.state == "announced")
            & (Activity.day >= local_day())).order_by(Activity.day, Activity.id).limit(MOST)
    return [{"url": f"/d/{node.code}/{PLUGIN}/invitations", "title": title, "day": format_day(day), "time": clock(begin),
             "where": place} for _id, title, day, begin, place in query.tuples()]


def opinions(node: Node, person: int) -> list[dict[str, str]]:
    """Opinions that the deputy heard and whose voters were not told an answer yet, the oldest first."""
    flow = registry().every_version_of(f"{P}opinion")
    query = Opinion.select(Opinion.id, Opinion.number, Opinion.title, Opinion.state, Opinion.heard_on).where(
        (Opinion.person_id == person) & Opinion.told_voter_on.is_null() & Opinion.closed_at.is_null()).order_by(
            Opinion.heard_on, Opinion.id).limit(MOST)
    return [{"url": _url(node, "opinion", record_id), "number": number, "title": title, "day": format_day(heard),
             "state": str(flow.state(state).label) if flow is not None else state}
            for record_id, number, title, state, heard in query.tuples()]


def to_confirm(node: Node, person: int) -> list[dict[str, Any]]:
    """Entries of the own file that wait for a confirmation, the oldest first; with what an officer answered, if anything."""
    rows = Deed.select().where((Deed.person_id == person) & (Deed.state == "noted")).order_by(Deed.day, Deed.id).limit(MOST)
    return [_deed(node, row) for row in rows]


def objected(node: Node, person: int) -> list[dict[str, Any]]:
    """Entries to which the deputy objected and that nobody answered yet."""
    rows = Deed.select().where((Deed.person_id == person) & (Deed.state == "objected")).order_by(Deed.day, Deed.id).limit(MOST)
    return [_deed(node, row) for row in rows]


def _deed(node: Node, row: Deed) -> dict[str, Any]:
    return {"id": row.id, "url": _url(node, "deed", row.id), "object_url": f"{_url(node, 'deed', row.id)}/object",
            "title": row.title, "kind": class_label(KINDS.key, row.kind, row.division_id), "day": format_day(row.day),
            "objection": row.objection, "answer": row.answer}


def years(node: Node, person: int) -> list[dict[str, Any]]:
    """The years of the deputy, newest first, and which of them is to be confirmed."""
    flow = registry().every_version_of(f"{P}year")
    found = []
    for row in Year.select().where(Year.person_id == person).order_by(Year.year.desc(), Year.id).limit(MOST):
        state, place = (flow.state(row.state) if flow is not None else None), tree().get(row.division_id)
        found.append({"url": _url(node, "year", row.id), "year": row.year, "where": place.name if place is not None else "",
                      "state": str(state.label) if state is not None else row.state, "tone": state.tone if state else "",
                      "confirm_url": f"{_url(node, 'year', row.id)}/do/confirm" if row.state == "open" else "",
                      "edit_url": f"{_url(node, 'year', row.id)}/edit" if row.state == "open" else ""})
    return found


def as_json() -> dict[str, Any]:
    """The same for programs: what is due, by kind, with its address."""
    found = context(g.node, current_actor())
    return {key: [{name: one[name] for name in ("title", "day", "url") if name in one} for one in found[key]]
            for key in ("duties", "invitations", "opinions", "noted", "objected")} | {
                "years": [{name: one[name] for name in ("year", "state", "url")} for one in found["years"]]}

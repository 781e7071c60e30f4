"""The deputy's page: what is for me today. One column, one large button for each thing to do, every state in words.

The next reception first, then what waits for a word of the deputy: invitations, entries to confirm, open objections, opinions
heard and not told back yet, a year to confirm. Each stands here once, whichever page it has of its own. Made for a telephone and
for older people; nothing here moves by itself or ends. The first page of the core shows the same in one panel.
"""
from __future__ import annotations

from typing import Any

from flask import g, render_template

from grid321.core.api import (
    Actor,
    Node,
    Panel,
    class_label,
    current_actor,
    format_day,
    local_day,
    registry,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import duty_pages, file_scores
from .activity_models import Activity, Attendance
from .day_models import Opinion
from .file_causes import KINDS, P
from .file_models import Deed, Year
from .file_year import OWN
from .reception_models import Duty, Reception, Swap
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
            "answer_url": f"/d/{node.code}/{PLUGIN}/my-file/answer", "asked": asked(node, person),
            "points": file_scores.own(person), "ways": ways(node, actor),
            "complaint_url": f"/d/{node.code}/core/feedback"}


def _url(node: Node, name: str, record_id: int) -> str:
    return f"/d/{node.code}/{PLUGIN}/{name}/{record_id}"


WAYS = (("my-duties", _l("My reception days, wishes, calendar"), "calendar-check", "duty_own"),
        ("invitations", _l("All invitations and my answers"), "list-task", ""),
        ("deed/", _l("My whole file"), "journal-check", "deed.view"))
"""Where else the deputy goes from here: address, words, icon, what one must be allowed to do."""


def ways(node: Node, actor: Actor) -> list[dict[str, str]]:
    """The other pages of a deputy, as far as they are open to the reader."""
    return [{"url": f"/d/{node.code}/{PLUGIN}/{path}", "label": str(label), "icon": icon}
            for path, label, icon, needed in WAYS if not needed or actor.may_within(f"{P}{needed}", node)]


def panel(actor: Actor, node: Node) -> Panel | None:
    """What waits for a deputy, on the first page of the day; None for others and when nothing waits.

    A year to confirm is not among it: cases stand on that page anyway.
    """
    if actor.person_id is None or not actor.may_within(OWN, node):
        return None
    person, here = actor.person_id, f"/d/{node.code}/{PLUGIN}/my-file"
    found = [(_("I am asked to take a duty"), asked(node, person), "asked"),
             (_("I receive voters"), duties(node, person), "duties"),
             (_("I am invited, and have not answered"), invitations(node, person), "invitations"),
             (_("Is this right?"), to_confirm(node, person), "noted"),
             (_("I objected, and wait for the answer"), objected(node, person), "objected"),
             (_("Opinions I heard, not told back yet"), opinions(node, person), "opinions")]
    lines = [{"label": label, "n": len(rows), "first": _line(rows[0]), "url": f"{here}#{anchor}"}
             for label, rows, anchor in found if rows]
    shown = {"lines": lines, "url": here}
    return Panel(_("My duties as a deputy"), "liaison_station/my_panel.html", shown, order=5) if lines else None


def _line(row: dict[str, Any]) -> str:
    return " · ".join(str(row[name]) for name in ("day", "time", "title") if row.get(name))


def duties(node: Node, person: int) -> list[dict[str, Any]]:
    """Receptions to come at which the deputy is on duty, the next first."""
    coming = ((Duty.person_id == person) & Duty.state.in_(ON_DUTY) & Reception.state.in_(AHEAD) & (Reception.day >= local_day()))
    query = Duty.select(
        Duty.id, Reception.id, Reception.day, Reception.from_minute, Reception.to_minute, Reception.place, Station.name,
        Station.address, Station.phone).join(Reception, on=(Duty.reception_id == Reception.id)).join(
            Station, on=(Reception.station_id == Station.id)).where(coming).order_by(Reception.day, Reception.id).limit(MOST)
    today = local_day()
    return [{"url": _url(node, "reception", record_id), "day": format_day(day), "time": f"{clock(begin)}–{clock(end)}",
             "where": place or address or "", "title": name, "phone": phone or "", "left": (day - today).days,
             "swap_url": f"{_url(node, 'duty', duty_id)}/swap"}
            for duty_id, record_id, day, begin, end, place, name, address, phone in query.tuples()]


def asked(node: Node, person: int) -> list[dict[str, Any]]:
    """Duties that another deputy asks this one to take, and that wait for an answer."""
    return [{"url": f"/d/{node.code}/{PLUGIN}/my-duties", "title": f"{one['name']} · {one['station']}", "day": one["day"]}
            for one in duty_pages.questions(Swap.other_person_id == person, True)]


def invitations(node: Node, person: int) -> list[dict[str, Any]]:
    """Activities to come to which the deputy is asked and has not answered, the next first."""
    query = Attendance.select(Attendance.id, Activity.title, Activity.day, Activity.from_minute, Activity.place).join(
        Activity, on=(Attendance.activity_id == Activity.id)).where(
            (Attendance.person_id == person) & (Attendance.answer == "") & (Activity.state == "announced")
            & (Activity.day >= local_day())).order_by(Activity.day, Activity.id).limit(MOST)
    return [{"url": f"/d/{node.code}/{PLUGIN}/invitations", "title": title, "day": format_day(day), "time": clock(begin),
             "where": place, "id": row_id} for row_id, title, day, begin, place in query.tuples()]


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
        found.append({"url": _url(node, "year", row.id), "year": row.year,
                      "print_url": f"{_url(node, 'year', row.id)}/form/year_report",
                      "where": place.name if place is not None else "",
                      "state": str(state.label) if state is not None else row.state, "tone": state.tone if state else "",
                      "confirm_url": f"{_url(node, 'year', row.id)}/do/confirm" if row.state == "open" else "",
                      "edit_url": f"{_url(node, 'year', row.id)}/edit" if row.state == "open" else ""})
    return found


def as_json() -> dict[str, Any]:
    """The same for programs: what is due, by kind, with its address."""
    found = context(g.node, current_actor())
    return {key: [{name: one[name] for name in ("title", "day", "url") if name in one} for one in found[key]]
            for key in ("asked", "duties", "invitations", "opinions", "noted", "objected")} | {
                "years": [{name: one[name] for name in ("year", "state", "url")} for one in found["years"]]}

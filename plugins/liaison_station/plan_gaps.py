"""Gaps of the roster: coming receptions with fewer deputies than wanted, why, and who could step in, whose turn it is first."""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import g, render_template, request

from grid321.core.api import (
    Actor,
    EntitySchema,
    Int,
    Node,
    Problem,
    current_actor,
    format_day,
    json_answer,
    json_body,
    load_many,
    local_day,
    notices,
    records,
    registry,
    scoped,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .deputy_models import Deputy
from .placement import deputies_by_station
from .plan_choices import DUTY, PLUGIN, RECEPTION
from .postponing import as_rule
from .reception_models import Duty, Reception, Schedule, Wish
from .roster import CANNOT
from .station_fields import clock
from .station_models import Station

AHEAD = timedelta(days=62)
MOST, OFFERED = 60, 5
WAITING = ("planned", "posted", "postponed")


class Fill(EntitySchema):
    """Who steps in at which reception."""

    reception = Int(_l("The reception"), required=True, min=1)
    deputy = Int(_l("Deputy"), required=True, min=1)


def missing(receptions: Sequence[Reception]) -> dict[int, int]:
    """How many deputies each reception lacks, of those that lack any. Two queries.

    Wanted is what the rule says; of a single reception as many as were put on its roster, excused ones among them.
    """
    wanted = dict(Schedule.select(Schedule.id, Schedule.wanted).where(
        Schedule.id.in_(sorted({row.schedule_id for row in receptions if row.schedule_id}) or [0])).tuples())
    there: Counter[int] = Counter()
    excused: Counter[int] = Counter()
    for reception_id, state in Duty.select(Duty.reception_id, Duty.state).where(
            Duty.reception_id.in_([row.id for row in receptions] or [0])).tuples():
        (excused if state == "excused" else there)[reception_id] += 1
    found = {row.id: wanted.get(row.schedule_id, there[row.id] + excused[row.id]) - there[row.id] for row in receptions}
    return {key: count for key, count in found.items() if count > 0}


def coming(node: Node, actor: Actor) -> list[Reception]:
    """The receptions of the next two months that the actor may see and that lack deputies, the next one first."""
    today = local_day()
    rows = list(scoped(Reception.select(), registry().entity(RECEPTION), "view", node, actor).where(
        Reception.state.in_(WAITING) & Reception.day.between(today, today + AHEAD)).order_by(Reception.day, Reception.id))
    lacking = missing(rows)
    return [row for row in rows if row.id in lacking]


def reasons(receptions: Sequence[Reception]) -> dict[int, list[tuple[str, str]]]:
    """(name, why) of who is excused from each reception. One query."""
    found: dict[int, list[tuple[str, str]]] = {}
    for row in Duty.select(Duty.reception_id, Duty.note, Deputy.name).join(Deputy, on=(Deputy.id == Duty.deputy_id)).where(
            Duty.reception_id.in_([one.id for one in receptions] or [0]) & (Duty.state == "excused")).tuples():
        found.setdefault(row[0], []).append((row[2], row[1]))
    return found


def stand_ins(receptions: Sequence[Reception]) -> dict[int, list[tuple[Deputy, int]]]:
    """Who could step in at each reception with the duties of the year, fewest first. Four queries for all of them.

    Deputies of the station who may act on the day, are on duty nowhere on it, are not excused there and have not said that they
    cannot come then.
    """
    stations = sorted({row.station_id for row in receptions})
    by_day: dict[date, dict[int, list[Deputy]]] = {
        day: deputies_by_station(stations, day) for day in sorted({row.day for row in receptions})}
    people = {one.person_id for found in by_day.values() for ones in found.values() for one in ones}
    year = local_day().year
    held = list(Duty.select(Duty.person_id, Duty.deputy_id, Duty.day, Duty.reception_id, Duty.state).where(
        Duty.person_id.in_(sorted(people) or [0]) & Duty.day.between(date(year, 1, 1), date(year + 1, 12, 31))).tuples())
    load = Counter(row[1] for row in held if row[4] != "excused")
    busy = {(row[0], row[2]) for row in held if row[4] != "excused"}
    struck = {(row[1], row[3]) for row in held if row[4] == "excused"}
    cannot: dict[int, list[Any]] = {}
    for wish in Wish.select().where(Wish.person_id.in_(sorted(people) or [0]) & (Wish.kind == CANNOT)):
        cannot.setdefault(wish.person_id, []).append(as_rule(wish))
    return {row.id: sorted(((one, load[one.id]) for one in by_day[row.day].get(row.station_id, ())
                            if (one.person_id, row.day) not in busy and (one.id, row.id) not in struck
                            and not any(wish.covers(row.day) for wish in cannot.get(one.person_id, ()))),
                           key=lambda found: (found[1], found[0].id)) for row in receptions}


def rows_of(node: Node, actor: Actor) -> tuple[list[dict[str, Any]], int]:
    """The gaps as the page shows them, and how many there are."""
    found = coming(node, actor)
    shown = found[:MOST]
    lacking, why, free = missing(shown), reasons(shown), stand_ins(shown)
    names = dict(Station.select(Station.id, Station.name).where(
        Station.id.in_([row.station_id for row in shown] or [0])).tuples())
    base = f"/d/{node.code}/{PLUGIN}/reception"
    return [{"id": row.id, "day": format_day(row.day), "iso": row.day.isoformat(), "station": names.get(row.station_id, ""),
             "time": f"{clock(row.from_minute)}–{clock(row.to_minute)}", "missing": lacking[row.id], "url": f"{base}/{row.id}",
             "why": [{"name": name, "text": text} for name, text in why.get(row.id, ())],
             "free": [{"id": one.id, "name": one.name, "load": load} for one, load in free[row.id][:OFFERED]]}
            for row in shown], len(found)


def page() -> Any:
    """The gaps; a button puts somebody on duty."""
    problem = None
    if request.method == "POST":
        try:
            sent = {name: _number(request.form.get(name, "")) for name in ("reception", "deputy")}
            fill(load_many((Fill,), sent, node=g.node, actor=current_actor()))
            return notices.go(request.path, "saved")
        except Problem as refused:
            if refused.status not in {409, 422}:
                raise
            problem = refused
    rows, count = rows_of(g.node, current_actor())
    content = render_template(
        "liaison_station/gaps.html", title=_("Gaps of the roster"), rows=rows, more=count - len(rows), here=request.path,
        problem=problem, lines=[str(line) for lines in problem.errors.values() for line in lines] if problem else [],
        may_fill=current_actor().may_within(f"{DUTY}.create", g.node))
    return content, problem.status if problem else 200


def fill(data: dict[str, Any]) -> Duty:
    """Put a deputy on duty. Raises as the entry of a duty does."""
    made: Duty = records.create(registry().entity(DUTY), {"reception_id": data["reception"], "deputy_id": data["deputy"]},
                                current_actor(), g.node)
    return made


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def operation() -> Any:
    """The gaps by REST; a duty of the roster is entered to fill one."""
    rows, count = rows_of(g.node, current_actor())
    return json_answer({"count": count, "items": [
        {"reception": row["id"], "day": row["iso"], "station": row["station"], "missing": row["missing"],
         "why": row["why"], "free": row["free"]} for row in rows]})


def fill_operation() -> Any:
    """Put a deputy on duty at a reception that lacks one."""
    data = load_many((Fill,), json_body(), node=g.node, actor=current_actor())
    return json_answer({"id": fill(data).id}, 201)

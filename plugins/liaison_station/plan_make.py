"""The plans of a year for the stations of a division: days from the rules, receptions, and a roster drawn for each.

Made in the background in parts of ``PART`` stations, so that a worker which is killed goes on where it stopped; the seed is
drawn once, when the job is asked for. A station that has a plan of the year keeps it.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from grid321.core.api import (
    Actor,
    Conflict,
    Node,
    create_many,
    enqueue,
    local_day,
    ngettext,
    records,
    registry,
    require,
    transaction,
)
from grid321.core.api import gettext as _

from . import calendar_rules, plan_draw
from .plan_choices import DUTY, PLAN, RECEPTION, P
from .plan_roles import MAKE
from .reception_models import Duty, Plan, Reception, Schedule
from .roster import SHORT, Drawn, Slot
from .station_models import Station
from .station_records import machine_for
from .station_rules import is_open, place_of

JOB = f"{P}make_plans"
PART = 50
"""Stations planned in one transaction."""

COPIED = ("kind", "from_minute", "to_minute", "mode", "inside", "mobile", "room_id", "place", "link")
"""What a reception has from the rule that it comes from."""


def ask(year: int, actor: Actor, node: Node) -> Any:
    """Ask for the plans of a year below ``node``; returns the job. Raises ``Conflict`` for a year that is over and where there
    is no rule at all, and ``Forbidden``."""
    require(MAKE, node, actor)
    if year < local_day().year:
        raise Conflict(_("The year %(year)s is over.", year=year), remedy=_("Choose the present or a coming year."), code="past")
    with transaction():
        if not _stations(node, year):
            raise Conflict(_("There is nothing to plan."),
                           _("No station here has a rule for %(year)s and no plan yet.", year=year),
                           _("Enter the rules of the stations first."), code="nothing")
        return enqueue(JOB, {"year": year, "seed": plan_draw.new_seed()}, actor, node,
                       link=f"/d/{node.code}/liaison_station/plans?year={year}")


def run(context: Any, args: dict[str, Any]) -> dict[str, Any]:
    """The job: plan part after part. Its result says how many plans, receptions and duties were made, and what is missing."""
    year, seed, node = int(args["year"]), str(args["seed"]), context.node
    require(MAKE, node, context.actor)
    stations = _stations(node, year)
    before = _made(node, year, seed)["plans"]  # by a worker that was killed
    total = before + len(stations)
    context.progress(before, total)
    for start in range(0, len(stations), PART):
        with context.step(done=min(total, before + start + PART)):
            make(stations[start:start + PART], year, seed, context.actor)
    found = _made(node, year, seed)
    return {**found, "text": summary(found)}


def _made(node: Node, year: int, seed: str) -> dict[str, int]:
    """The figures of the plans that a job made, told by its seed, whichever worker made them. Three queries."""
    rows = list(Plan.select(Plan.id, Plan.spread, Plan.unmet).where(
        (getattr(Plan, node.column) == node.id) & (Plan.year == year) & (Plan.seed == seed)))
    plans = Plan.select(Plan.id).where((getattr(Plan, node.column) == node.id) & (Plan.year == year) & (Plan.seed == seed))
    receptions = Reception.select(Reception.id).where(Reception.plan_id.in_(plans))
    return {"plans": len(rows), "receptions": receptions.count(),
            "duties": Duty.select().where(Duty.reception_id.in_(receptions)).count(),
            "short": sum(one["code"] == SHORT for row in rows for one in row.unmet or ()),
            "spread": max((row.spread or 0 for row in rows), default=0)}


def summary(found: dict[str, Any]) -> str:
    """The result of the job in a sentence."""
    return " ".join((
        ngettext("%(num)s yearly plan was made.", "%(num)s yearly plans were made.", found["plans"]),
        ngettext("%(num)s reception", "%(num)s receptions", found["receptions"]) + "，" + ngettext(
            "%(num)s duty.", "%(num)s duties.", found["duties"]),
        _("No deputy has more than %(count)s duties more than another one of the same station.", count=found["spread"]),
        ngettext("%(num)s reception is short of deputies.", "%(num)s receptions are short of deputies.", found["short"])))


def _stations(node: Node, year: int) -> list[int]:
    """The stations below a division that have a rule for a year and no plan of it (a discarded one is none), in order of id."""
    first, last = bounds(year)
    ruled = Schedule.select(Schedule.station_id).where((Schedule.from_day <= last) & (Schedule.to_day >= first))
    planned = Plan.select(Plan.station_id).where((Plan.year == year) & (Plan.state != "discarded"))
    here = getattr(Station, node.column) == node.id
    return [row[0] for row in Station.select(Station.id).where(
        here & Station.closed_on.is_null() & Station.id.in_(ruled) & Station.id.not_in(planned)).order_by(Station.id).tuples()]


def bounds(year: int) -> tuple[date, date]:
    """The first and last day that a plan of a year has: never one that is past."""
    return max(date(year, 1, 1), local_day()), date(year, 12, 31)


def make(station_ids: Sequence[int], year: int, seed: str, actor: Actor) -> dict[str, int]:
    """Make the plans of some stations, with receptions and roster, in the caller's transaction; returns the figures of it.

    Everything is written in the name of ``actor``, who was asked for the right to make plans before.
    """
    stations = {row.id: row for row in Station.select().where(Station.id.in_(station_ids))}
    drafts = list(receptions_of(stations, year))
    slots = [Slot(number, row["station_id"], row["day"], wanted) for number, (row, wanted) in enumerate(drafts)]
    drawn = plan_draw.draw_for(slots, seed)
    plans = _write_plans(stations, {row["station_id"] for row, _wanted in drafts}, year, seed, drawn, actor)
    duties = _write(drafts, drawn, plans, stations, actor)
    return {"plans": len(plans), "receptions": len(drafts), "duties": duties,
            "short": sum(one.code == SHORT for one in drawn.unmet), "spread": max(drawn.spread.values(), default=0)}


def check(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """A plan made by hand is of a year that is not over, the only one of its station, and has days. It gets a seed."""
    if "seed" in data:  # from the job, which looked already
        return {}
    station, year = Station.get_by_id(data["station_id"]), data["year"]
    if year < local_day().year:
        return {"year": [_("The year %(year)s is over.", year=year)]}
    if Plan.select(Plan.id).where((Plan.station_id == station.id) & (Plan.year == year) & (Plan.state != "discarded")).exists():
        return {"year": [_("%(station)s has a plan of %(year)s already.", station=station.name, year=year)]}
    if not list(receptions_of({station.id: station}, year)):
        return {"station": [_("No rule of %(station)s gives a day in %(year)s that is still to come.", station=station.name,
                              year=year)]}
    data["seed"] = plan_draw.new_seed()
    return {}


def fill(plan: Any, values: dict[str, Any], actor: Actor, node: Node) -> None:
    """After a plan was made by hand: its receptions and roster. Those of the job's plans are made for many at once."""
    if "spread" in values:
        return
    station = Station.get_by_id(plan.station_id)
    drafts = list(receptions_of({station.id: station}, plan.year))
    drawn = plan_draw.draw_for([Slot(number, station.id, row["day"], wanted) for number, (row, wanted) in enumerate(drafts)],
                               plan.seed)
    _write(drafts, drawn, {station.id: plan.id}, {station.id: station}, actor)
    plan.spread, plan.unmet = drawn.spread.get(station.id, 0), plan_draw.noted(drawn.unmet)
    Plan.update(spread=plan.spread, unmet=plan.unmet).where(Plan.id == plan.id).execute()


def _write(drafts: Sequence[tuple[dict[str, Any], int]], drawn: Drawn, plans: dict[int, int], stations: dict[int, Any],
           actor: Actor) -> int:
    """Write receptions and duties at the divisions of their stations; returns how many duties."""
    made = create_many(registry().entity(RECEPTION), [
        {**row, "plan_id": plans[row["station_id"]], "division_id": stations[row["station_id"]].division_id}
        for row, _wanted in drafts], machine_for(actor))
    duties = [{**row, "division_id": stations[row["station_id"]].division_id}
              for row in plan_draw.duty_rows(drawn, {number: one.id for number, one in enumerate(made)})]
    create_many(registry().entity(DUTY), duties, machine_for(actor))
    return len(duties)


def receptions_of(stations: dict[int, Any], year: int) -> Iterable[tuple[dict[str, Any], int]]:
    """Columns of the receptions that the rules of stations give in a year, and how many deputies each wants; in order.

    A day on which a station rests or is closed has none; a reception that somebody entered for the same day and time stays alone.
    """
    first, last = bounds(year)
    there = set(Reception.select(Reception.station_id, Reception.day, Reception.from_minute).where(
        Reception.station_id.in_(list(stations)) & Reception.day.between(first, last) & (Reception.state != "dropped")).tuples())
    rules = Schedule.select().where(Schedule.station_id.in_(list(stations)) & (Schedule.from_day <= last)
                                    & (Schedule.to_day >= first)).order_by(Schedule.station_id, Schedule.id)
    for schedule in rules:
        station = stations[schedule.station_id]
        for day in calendar_rules.days(schedule, first, last):
            key = (station.id, day, schedule.from_minute)
            if key in there or not is_open(station, day):
                continue
            there.add(key)
            yield {"station_id": station.id, "schedule_id": schedule.id, "day": day, "first_day": day,
                   **{name: getattr(schedule, name) for name in COPIED}}, schedule.wanted


def _write_plans(stations: dict[int, Any], wanted: set[int], year: int, seed: str, drawn: Drawn,
                 actor: Actor) -> dict[int, int]:
    """The plans of the stations that have receptions, by station: the id of each."""
    entity, found = registry().entity(PLAN), {}
    for station_id in sorted(wanted):
        unmet = plan_draw.noted(one for one in drawn.unmet if one.station_id == station_id)
        made = records.create_within(entity, {
            "station_id": station_id, "year": year, "seed": seed, "spread": drawn.spread.get(station_id, 0), "unmet": unmet},
            machine_for(actor), place_of(stations[station_id]), flow=None)
        found[station_id] = made.id
    return found

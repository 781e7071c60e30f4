"""From the tables to the roster and back: who belongs where, what is wished, what is taken, and the duties that were drawn."""
from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from grid321.core.api import Actor, format_day, local_day, ngettext, records, registry
from grid321.core.api import gettext as _

from . import roster
from .deputy_choices import SUSPENDED
from .deputy_models import Deputy, Placement
from .placement import deputies_of
from .plan_choices import DUTY, PLAN
from .postponing import as_rule
from .reception_models import Duty, Plan, Reception, Schedule, Wish
from .roster import CLASH, NOT_GIVEN, SHORT, Drawn, Member, Slot, Unmet
from .station_models import Station
from .station_records import machine_for
from .station_rules import place_of

SEED_BYTES = 8


@dataclass(frozen=True)
class Standing:
    """How duties of a station stand now, after swaps and rows entered by hand: duties by name of the deputy, and the spread."""

    loads: dict[str, int]
    spread: int


def standing(station_id: int, year: int, plan_id: int | None = None) -> Standing:
    """The duties of each deputy of a station in a year (or at the receptions of one plan): of those who may act there today, and
    of whoever else was on duty. Two queries."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    where = (Duty.station_id == station_id) & Duty.day.between(first, last) & (Duty.state != "excused")
    if plan_id is not None:
        where &= Duty.reception_id.in_(Reception.select(Reception.id).where(Reception.plan_id == plan_id))
    found = dict.fromkeys(deputies_of(station_id), 0)
    for deputy in Deputy.select().join(Duty, on=(Duty.deputy_id == Deputy.id)).where(where):
        found[deputy] = found.get(deputy, 0) + 1
    same = Counter(deputy.name for deputy in found)
    loads = {deputy.name if same[deputy.name] == 1 else f"{deputy.name}（{deputy.id}）": count for deputy, count in found.items()}
    return Standing(dict(sorted(loads.items(), key=lambda one: (-one[1], one[0]))),
                    max(loads.values()) - min(loads.values()) if loads else 0)


def new_seed() -> str:
    """A seed for a draw: 16 hexadecimal digits."""
    return secrets.token_hex(SEED_BYTES)


def members_of(station_ids: Sequence[int], first: date, last: date) -> list[Member]:
    """Who belongs to stations at some time from ``first`` to ``last`` and may act then, with the duties of the year before.

    Two queries. A mandate that is suspended counts until the day before.
    """
    rows = Placement.select(
        Placement.station_id, Placement.deputy_id, Placement.person_id, Placement.from_day, Placement.to_day, Deputy.from_day,
        Deputy.to_day, Deputy.status, Deputy.status_on).join(Deputy, on=(Deputy.id == Placement.deputy_id)).where(
            Placement.station_id.in_(station_ids) & (Placement.from_day <= last)
            & (Placement.to_day.is_null() | (Placement.to_day >= first))).order_by(Placement.id).tuples()
    earlier = Counter(Duty.select(Duty.station_id, Duty.deputy_id).where(
        Duty.station_id.in_(station_ids) & (Duty.state != "excused")
        & Duty.day.between(_year_before(first), first - timedelta(days=1))).tuples())
    found = []
    for station, deputy, person, from_day, to_day, term_from, term_to, status, since in rows:
        ends = [day for day in (to_day, term_to) if day is not None]
        if status == SUSPENDED and since is not None:
            ends.append(since - timedelta(days=1))
        begin, end = max(from_day, term_from), min(ends, default=None)
        if begin <= last and (end is None or end >= max(first, begin)):
            found.append(Member(station, deputy, person, begin, end, earlier[station, deputy]))
    return found


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28))


def taken(person_ids: Iterable[int], first: date, last: date, without: Iterable[int] = ()) -> dict[tuple[int, date], int]:
    """The stations at which people are on duty already, by (person, day), apart from the receptions ``without``. One query."""
    query = Duty.select(Duty.person_id, Duty.day, Duty.station_id).where(
        Duty.person_id.in_(sorted(set(person_ids))) & Duty.day.between(first, last) & (Duty.state != "excused")
        & Duty.reception_id.not_in(list(without)))
    return {(person, day): station for person, day, station in query.tuples()}


def draw_for(slots: Sequence[Slot], seed: str, without: Iterable[int] = ()) -> Drawn:
    """Draw the roster of receptions with what the tables say. Four queries."""
    if not slots:
        return Drawn((), (), {})
    first, last = min(slot.day for slot in slots), max(slot.day for slot in slots)
    members = members_of(sorted({slot.station_id for slot in slots}), first, last)
    people = sorted({member.person_id for member in members})
    wishes = [as_rule(wish) for wish in Wish.select().where(Wish.person_id.in_(people)).order_by(Wish.id)]
    return roster.draw(slots, members, wishes, seed, taken(people, first, last, without))


def noted(unmet: Iterable[Unmet]) -> list[dict[str, Any]]:
    """What could not be met, as a plan keeps it: ids and days only, no names."""
    return [{"code": one.code, "day": one.day.isoformat() if one.day else None, "person": one.person_id, "other": one.other_id,
             "missing": one.missing} for one in unmet]


def told(plan: Plan, base: str = "") -> list[dict[str, str]]:
    """What the draw of a plan could not meet: ``text``, ``todo`` and the page on which to do it (below ``base``). Two queries."""
    rows: list[dict[str, Any]] = plan.unmet or []
    names = dict(Deputy.select(Deputy.person_id, Deputy.name).where(
        Deputy.person_id.in_([row["person"] for row in rows if row["person"]])).tuples())
    stations = dict(Station.select(Station.id, Station.name).where(
        Station.id.in_([row["other"] for row in rows if row["other"]])).tuples())
    found = []
    for row in rows:
        name = names.get(row["person"], "")
        day = format_day(date.fromisoformat(row["day"])) if row["day"] else ""
        if row["code"] == SHORT:
            found.append(_line(ngettext("%(day)s: %(num)s deputy is missing. All others cannot, or are on duty elsewhere.",
                                        "%(day)s: %(num)s deputies are missing. All others cannot, or are on duty elsewhere.",
                                        row["missing"], day=day),
                               _("See who could step in, or move the day."), f"{base}/gaps"))
        elif row["code"] == CLASH:
            found.append(_line(_("%(day)s: %(name)s is on duty at %(station)s.", day=day, name=name,
                                 station=stations.get(row["other"], "")),
                               _("Let one of the stations receive on another day."), f"{base}/schedule/?station={row['other']}"))
        elif row["code"] == NOT_GIVEN:
            found.append(_line(_("%(name)s has no duty on one of the days wished for.", name=name),
                               _("The station has no reception then, or others cannot take the other days."), f"{base}/wish/"))
    return found


def _line(text: str, todo: str, url: str) -> dict[str, str]:
    return {"text": text, "todo": todo, "url": url}


def duty_rows(drawn: Drawn, receptions: dict[Any, int]) -> list[dict[str, Any]]:
    """Columns of the duties that were drawn; ``receptions`` are ids by the key of the slot."""
    return [{"reception_id": receptions[given.slot.key], "station_id": given.slot.station_id, "deputy_id": given.deputy_id,
             "person_id": given.person_id, "day": given.slot.day, "by": given.by} for given in drawn.duties]


def redraw(case: Any, data: Any, actor: Actor) -> None:
    """After the step: the roster of a drafted plan is drawn anew with a new seed; duties entered by hand stay.

    The plan keeps the seed, what could not be met, and the spread.
    """
    place, machine = place_of(case), machine_for(actor)
    waiting = {row.id: row for row in Reception.select().where(
        (Reception.plan_id == case.id) & (Reception.state == "planned") & (Reception.day >= local_day()))}
    duty = registry().entity(DUTY)
    for row in list(Duty.select().where(Duty.reception_id.in_(list(waiting)) & (Duty.by != "hand"))):
        records.delete(duty, row.id, machine, None, place)
    by_hand = Counter(row[0] for row in Duty.select(Duty.reception_id).where(Duty.reception_id.in_(list(waiting))).tuples())
    wanted = dict(Schedule.select(Schedule.id, Schedule.wanted).where(Schedule.station_id == case.station_id).tuples())
    slots = [Slot(row.id, row.station_id, row.day, max(0, wanted.get(row.schedule_id, 0) - by_hand[row.id]))
             for row in waiting.values()]
    seed = new_seed()
    drawn = draw_for(slots, seed)
    for row in duty_rows(drawn, {key: key for key in waiting}):
        records.create(duty, row, machine, place)
    records.update(registry().entity(PLAN), case.id, {"seed": seed, "spread": drawn.spread.get(case.station_id, 0),
                                                      "unmet": noted(drawn.unmet)}, machine, None, place)


def excuse_all(case: Any, actor: Actor) -> None:
    """After a reception was dropped: whoever was on its roster is free on that day."""
    duty, place, machine = registry().entity(DUTY), place_of(case), machine_for(actor)
    for row in list(Duty.select(Duty.id).where((Duty.reception_id == case.id) & (Duty.state == "planned"))):
        records.update(duty, row.id, {"state": "excused", "note": _("The reception was dropped.")}, machine, None, place)

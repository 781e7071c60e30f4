"""Demo data of receptions: rules, plans of last year's end, of this year and of the next, postponed and dropped days, wishes.

Days come onto the demo's agenda when their plan is posted. Each is held in the early afternoon of its day with what a summary
says, unless another area played it before that.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from grid321.core.api import SYSTEM, engine, local_day, now, records, registry, shift_clock

from . import plan_make
from .placement import deputies_by_station
from .plan_choices import COMING, DUTY, PLAN, RECEPTION, SCHEDULE, WISH
from .reception_models import Duty, Plan, Reception
from .station_models import Room, Station
from .station_rules import place_of

SHOWN_TOWN = "610902104"
VILLAGES, OFFICES = 8, 2
HELD = (("reception", "接待选民，登记意见建议，能当场答复的当场答复。"), ("evening", "夜间接待，方便白天务工的选民。"),
        ("leaders", "区领导驻站接待，逐件登记、当场交办。"))
DAYTIME, EVENING = (540, 690), (1140, 1230)
MONTHLY, WEEKLY, FIRST_WEDNESDAY = "FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=WEEKLY;BYDAY=WE", "FREQ=MONTHLY;BYDAY=1WE"
LAST_FRIDAY, QUARTERLY = "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU"


def demo(context: Any) -> None:
    """Give stations their rules, plan and post them, put some days off. ``context`` is the core's demo context."""
    context.progress("Reception days")
    towns, shown, villages, offices = _stations(context)
    year = context.today.year
    _rules(context, towns, shown, villages, offices)
    _wishes(context, shown, villages)
    central = [one for one in towns if one.kind == "central" and one.id != shown.id]
    changes = {central[0].id: (-6, "postpone", 4, ""), central[1].id: (-1, "postpone", 6, "暴雨黄色预警，通村道路临时管制"),
               villages[1].id: (-2, "drop", 0, "与村委会换届选举大会同日，当月改由镇中心站接待")}
    last = [one.id for one in towns]
    every = [one.id for one in (*towns, *villages, *offices)]
    _put(context, date(year - 1, 10, 25), lambda: _plan(context, last, year - 1, {}))
    _put(context, date(year - 1, 12, 20), lambda: _plan(context, every, year, changes))
    context.after_all(lambda: _present(context, central[0], [shown.id, *(one.id for one in villages[:2])]))


def _stations(context: Any) -> tuple[list[Any], Any, list[Any], list[Any]]:
    """The home and the stations of towns, that of the town which visitors look at, some of its villages, some offices."""
    town = context.node(SHOWN_TOWN)
    towns = list(Station.select().where(Station.kind.in_(("home", "central"))).order_by(Station.id))
    shown = next(one for one in towns if one.division_id == town.id)
    villages = list(Station.select().where((Station.kind == "station") & (Station.town_id == town.id)).order_by(
        Station.id).limit(VILLAGES))
    offices = list(Station.select().where(Station.kind == "office").order_by(Station.id).limit(OFFICES))
    return towns, shown, villages, offices


# ---------------------------------------------------------------- rules and wishes

def _rules(context: Any, towns: Sequence[Any], shown: Any, villages: Sequence[Any], offices: Sequence[Any]) -> None:
    room = Room.get_or_none((Room.station_id == shown.id) & (Room.name == "接待室"))
    for number, one in enumerate(towns):
        rrule = FIRST_WEDNESDAY if number % 9 == 8 and one.id != shown.id else MONTHLY
        _rule(context, one, "代表接待日", rrule, wanted=3 if one.kind == "home" else 2,
              room_id=room.id if room is not None and one.id == shown.id else None)
    _rule(context, shown, "夜间接待", LAST_FRIDAY, kind="evening", wanted=1, times=EVENING)
    _rule(context, shown, "领导驻站接待日", QUARTERLY, kind="leaders", wanted=1, times=(870, 1020))
    planned = {one.id for one in villages}
    for one in Station.select().where(Station.kind == "station").order_by(Station.id):
        if one.id not in planned:  # their plans are left to be made: it shows how many at once
            _rule(context, one, "代表接待日", MONTHLY)
    for number, one in enumerate(villages):
        _rule(context, one, "代表接待日", WEEKLY if number == 0 else MONTHLY, wanted=1 if number == 0 else 2)
    for one in offices:
        _rule(context, one, "线上接待", FIRST_WEDNESDAY, wanted=0, mode="online",
              link=f"https://meeting.example.cn/{one.plate}")


def _rule(context: Any, station: Any, title: str, rrule: str, *, kind: str = "reception", wanted: int = 2,
          times: tuple[int, int] = DAYTIME, mode: str = "offline", link: str = "", room_id: int | None = None) -> None:
    year = context.today.year
    records.create(registry().entity(SCHEDULE), {
        "station_id": station.id, "title": title, "kind": kind, "rrule": rrule, "from_day": date(year - 1, 1, 1),
        "to_day": date(year + 1, 12, 31), "left_out": "", "added": "", "on_holiday": "next", "from_minute": times[0],
        "to_minute": times[1], "mode": mode, "inside": True, "mobile": False, "room_id": room_id, "place": "", "link": link,
        "wanted": wanted}, SYSTEM, place_of(station))


def _wishes(context: Any, shown: Any, villages: Sequence[Any]) -> None:
    """Some deputies cannot on a day of the week or for a while, some would like one."""
    year = context.today.year
    spans = ({"kind": "cannot", "weekday": "2"}, {"kind": "likes", "weekday": "4"},
             {"kind": "cannot", "from_day": date(year, 7, 1), "to_day": date(year, 8, 31), "note": "暑期外出务工"},
             {"kind": "likes", "from_day": date(year, 3, 1), "to_day": date(year, 4, 30)},
             {"kind": "cannot", "from_day": context.today, "to_day": context.today + timedelta(days=40), "note": "外出学习"})
    there = deputies_by_station([shown.id, *(one.id for one in villages[:3])], context.today)
    for number, deputy in enumerate(one for found in there.values() for one in found[1:4]):
        values = {"from_day": None, "to_day": None, "weekday": None, "note": "", **spans[number % len(spans)]}
        with shift_clock(datetime(year - 1, 12, 1, 1) - now()):
            records.create(registry().entity(WISH), {"deputy_id": deputy.id, **values}, SYSTEM, place_of(deputy))


# ---------------------------------------------------------------- plans

def _put(context: Any, day: date, work: Any, order: int = 3, hour: int = 1) -> None:
    """Do something on a day of the demo's past, at nine o'clock in China when nothing else is said."""
    def do(moment: datetime) -> None:
        with shift_clock(moment - now()):
            work()

    context.at(datetime.combine(day, time(hour)), do, order)


def _plan(context: Any, station_ids: Sequence[int], year: int, changes: Any) -> None:
    """Plan a year for some stations and post it; what becomes of its days comes onto the agenda."""
    plan_make.make(station_ids, year, f"demo{year}", SYSTEM)
    for plan in list(Plan.select().where((Plan.year == year) & (Plan.state == "drafted")).order_by(Plan.id)):
        engine.perform(registry().entity(PLAN), plan.id, "post", {}, SYSTEM, None, place_of(plan))
    rows = list(Reception.select().where(Reception.state == "posted").order_by(Reception.day, Reception.id))
    for case in rows:
        _put(context, case.day, lambda case_id=case.id: _hold(context, case_id), 900, 4)
    for station_id, change in changes.items():
        past = [case for case in rows if case.station_id == station_id and case.day < context.today - timedelta(days=14)]
        if past:  # in January nothing of the year is past
            days, *step = change
            _put(context, past[-1].day + timedelta(days=days), lambda case=past[-1], step=step: _change(case, *step))


def _change(case: Any, key: str, later: int, reason: str) -> None:
    """Put a day off by ``later`` days, or drop it."""
    _perform(case, key, reason=reason, **({"to_day": case.day + timedelta(days=later)} if later else {}))


def _perform(case: Any, key: str, **said: Any) -> None:
    engine.perform(registry().entity(RECEPTION), case.id, key, said, SYSTEM, None, place_of(case))


def _hold(context: Any, case_id: int) -> None:
    """Hold a day, unless it was dropped, put off, or played by another area: most of those on duty came."""
    case, duty = Reception.get_by_id(case_id), registry().entity(DUTY)
    if case.state not in COMING:
        return
    if case.day > local_day():
        _put(context, case.day, lambda: _hold(context, case_id), 900, 4)
        return
    _perform(case, "hold", voters=case.voters or 1 + (case.id * 7) % 9, summary=dict(HELD)[case.kind])
    for row in list(Duty.select().where((Duty.reception_id == case.id) & (Duty.state == "planned"))):
        records.update(duty, row.id, {"state": "absent" if row.id % 17 == 0 else "came"}, SYSTEM, None,
                       place_of(case))


def _present(context: Any, station: Any, station_ids: Sequence[int]) -> None:
    """Today: a day that is still to come is put off, and the plans of the next year are drafted for some stations."""
    coming = Reception.select().where((Reception.station_id == station.id) & Reception.state.in_(COMING)
                                      & (Reception.day > context.today + timedelta(days=8))).order_by(Reception.day).first()
    if coming is not None:
        _change(coming, "postpone", 2, "与镇人代会会期冲突")
    plan_make.make(station_ids, context.today.year + 1, "demo-next", SYSTEM)

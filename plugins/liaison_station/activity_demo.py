"""Demo data of activities: three months of the town's stations, played step by step on the demo's agenda."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from grid321.core.api import SYSTEM, accounts_of, engine, local_day, now, records, registry, shift_clock, tree

from . import attendance, station_demo
from .activity_models import Activity, Attendance, Theme
from .placement import deputies_of
from .station_models import Station

P = "liaison_station."
TOWNS = 5
#: kind, title, days ago, minutes, departments, what was studied, residents, result (kind, title, fen, quantity, unit)
PLAYS: Sequence[tuple[str, str, int, str, str, str, int, tuple[str, str, int | None, str, str] | None]] = (
    ("station", "代表进站听民声", 80, "走访二十一户，收集道路、饮水问题五件，三件当场答复。", "", "", 21, None),
    ("council", "代表有约：小区停车怎么停", 66, "代表、居民代表和网格员共商停车办法，形成三条建议。", "交警大队", "", 16,
     ("advice", "小区停车管理建议", None, "3", "条")),
    ("group", "代表小组视察农村道路", 58, "视察通村道路四段，两段需要修补。", "交通运输局", "学习《代表法》有关规定", 0,
     ("built", "修补通村道路", 18_600_000, "3.2", "公里")),
    ("consultation", "民情直通车：会诊排水难题", 47, "与住建、水利部门现场会诊，商定汛期前完成清淤。",
     "住房和城乡建设局、水利局", "", 12, ("solved", "集镇排水沟清淤", 4_250_000, "1.8", "公里")),
    ("mediation", "代表说理：调解邻里纠纷", 33, "双方达成协议，约定共同维护滴水沟。", "", "", 4,
     ("solved", "邻里排水纠纷和解", None, "1", "件")),
    ("study", "集体学习新修订的代表法", 26, "", "", "学习新修订的代表法", 0, None),
    ("council", "代表有约：学校门口的红绿灯", 12, "听取家长意见，交警部门答应调整时段。", "交警大队", "", 19, None),
)


def demo(context: Any) -> None:
    """Put the theme of the quarter and the activities of some towns on the agenda; stations and deputies are there."""
    today = local_day()
    for back in (80, 0):
        day = today - timedelta(days=back)
        context.at(_moment(day, 1), _at(lambda at, day=day: _theme(context.county, day)), 1)
    for number, station in enumerate(_stations(context)):
        for kind, title, days, *rest in PLAYS:
            day = today - timedelta(days=days + number)
            context.at(_moment(day, 1), _at(lambda at, a=(station, kind, title, day, *rest): _play(*a)), 6)
    first = _stations(context)[0]
    context.at(_moment(today - timedelta(days=20), 2), _at(lambda at: _dropped(first, today - timedelta(days=18))), 6)
    context.at(_moment(today - timedelta(days=2), 2), _at(lambda at: _coming(first, today + timedelta(days=6))), 6)
    context.at(_moment(today - timedelta(days=3), 2), _at(lambda at: _unwritten(first, today - timedelta(days=3))), 6)


def _stations(context: Any) -> list[Any]:
    shown = context.node(station_demo.SHOWN_TOWN).id
    found = list(Station.select().where(Station.kind == "central").order_by(Station.id))
    return sorted(found, key=lambda one: one.division_id != shown)[:TOWNS]


def _moment(day: date, hour: int) -> datetime:
    """An hour of the morning in UTC: nine o'clock in China is 1."""
    return datetime.combine(day, time(hour))


def _at(work: Any) -> Any:
    def do(moment: datetime) -> None:
        with shift_clock(moment - now()):
            work(moment)

    return do


def _theme(county: Any, day: date) -> None:
    quarter = (day.month + 2) // 3
    known = (Theme.division_id == county.id) & (Theme.year == day.year) & (Theme.quarter == quarter)
    if not Theme.select().where(known).exists():
        title = ("暖冬行动、安全过节", "乡村道路安全", "防汛与饮水", "校园周边环境")[quarter - 1]
        _make("theme", {"year": day.year, "quarter": quarter, "title": title, "text": "各联络站每月至少开展一次活动。"}, county)


def _make(name: str, values: dict[str, Any], place: Any) -> Any:
    return records.create(registry().entity(P + name), values, SYSTEM, place)


def _step(case: Any, key: str, **said: Any) -> Any:
    place = tree().get(case.division_id)
    assert place is not None
    return engine.perform(registry().entity(P + "activity"), case.id, key, said, SYSTEM, None, place).record


def _planned(station: Any, kind: str, title: str, day: date, **more: Any) -> Activity:
    activity: Activity = _make("activity", {
        "station_id": station.id, "kind": kind, "title": title, "day": day, "from_minute": 540, "to_minute": 690,
        "collective": True, "themed": False, "leader_id": None, "place": "", "units": "",
        "study": "", **more}, tree().get(station.division_id))
    here = [deputy.person_id for deputy in deputies_of(station.id, day)]
    known = accounts_of(here)  # the demo's deputy is among those who are asked
    attendance.invite(activity.id, sorted(here, key=lambda person: person not in known)[:7], SYSTEM)
    return activity


def _there(activity: Activity) -> None:
    """Most of those who are invited come, some by the code."""
    for number, row in enumerate(Attendance.select().where(Attendance.activity_id == activity.id).order_by(Attendance.id)):
        if number % 3 == 1:
            attendance.scan(activity.id, row.person_id, SYSTEM)
        else:
            attendance.say(row.id, number % 5 != 4, SYSTEM)


def _play(station: Any, kind: str, title: str, day: date, minutes: str, units: str, study: str, voters: int,
          result: tuple[str, str, int | None, str, str] | None) -> None:
    activity = _step(_planned(station, kind, title, day, units=units, study=study), "announce")
    _there(activity)
    activity = _step(activity, "hold", held_on=day, voters=voters)
    if result is not None:
        made, name, fen, quantity, unit = result
        _make("result", {"activity_id": activity.id, "kind": made, "title": name, "fen": fen, "quantity": quantity, "unit": unit,
                         "day": day, "text": ""}, tree().get(activity.division_id))
    _step(activity, "write_up", minutes=minutes, units=units, study=study)


def _dropped(station: Any, day: date) -> None:
    activity = _step(_planned(station, "go_out", "出诊：走访山区散居户", day), "announce")
    _step(activity, "drop", reason="暴雨红色预警，改期另行安排。")


def _coming(station: Any, day: date) -> None:
    activity = _step(_planned(station, "consultation", "民情直通车：会诊集镇照明", day, place="镇便民服务中心会议室"), "announce")
    for number, row in enumerate(Attendance.select().where(Attendance.activity_id == activity.id).order_by(Attendance.id)):
        if number < 4:
            attendance.answer(row.id, "cannot" if number == 2 else "comes", SYSTEM)


def _unwritten(station: Any, day: date) -> None:
    activity = _planned(station, "inspection", "视察集镇农贸市场", day)
    _there(activity)
    _step(activity, "hold", held_on=day, voters=0)

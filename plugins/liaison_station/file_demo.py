"""Demo data of deputies' files: the past year of a town's deputies, published and rated, and the present one under way.

What happened in the other areas comes into the files by itself, as it does in service. By hand comes only the year before the
platform was there.
"""
from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from grid321.core.api import SYSTEM, Actor, accounts_of, engine, local_day, now, records, registry, shift_clock, tree

from . import file_deeds, file_life, file_rating
from .deputy_models import Deputy
from .file_causes import P
from .file_models import Deed
from .placement import deputies_of
from .station_demo import shown_station

SHOWN = 12
"""Deputies of the shown station with a file of the past year; of the present one they all have it."""
RATED_NOW = 3
PAST = (("reception", 2, 15, "五里镇人大代表中心联络站"), ("inspection", 4, 9, "视察农村饮水安全"),
        ("reception", 5, 15, "五里镇人大代表中心联络站"), ("training", 6, 20, "代表履职能力培训班"),
        ("activity", 8, 12, "走访防汛重点户"), ("reception", 10, 15, "五里镇人大代表中心联络站"))
REPORT = ("一年来，我按时参加联络站接待日，听取选民意见，督促解决道路照明、饮水、环境卫生等问题；参加视察、调研和集体活动，"
          "学习法律法规。对一时解决不了的事项，已向选民说明原因。下一年，将继续联系选民，认真办理每一件意见。")
VOTES = ({"satisfied": 41, "fair": 12, "dissatisfied": 2, "unsure": 5},
         {"satisfied": 33, "fair": 17, "dissatisfied": 4, "unsure": 9},
         {"satisfied": 26, "fair": 8, "dissatisfied": 0, "unsure": 3})


def demo(context: Any) -> None:
    """Fill the files when the demo's past has been played: everything that deputies did is there then."""
    context.after_all(lambda: _fill(context))


def _fill(context: Any) -> None:
    context.progress("Deputies’ files")
    file_deeds.recount(alone=True)
    today, station = local_day(), shown_station(context)
    shown = deputies_of(station.id, today)
    shown.sort(key=lambda one: one.person_id != context.person_of("deputy"))  # who looks at the demo comes first
    for number, deputy in enumerate(shown[:SHOWN]):
        _past_year(deputy, today.year - 1, number)
    for number, deputy in enumerate(shown):
        _present_year(deputy, today, number)
    _own_file(shown[0], today)
    records.create(registry().entity(f"{P}scheme"), {
        "title": "代表履职积分办法（试行）", "items": "reception 2 10\nactivity 2 10\nopinion 1 10\nsuggestion 3 9\ntraining 1 4",
        "basis": "", "from_day": None, "to_day": None}, SYSTEM, context.county)


def _at(day: date, hour: int = 2) -> Any:
    """The clock at an hour of a day in UTC: ten o'clock in China is 2."""
    return shift_clock(datetime.combine(day, time(hour)) - now())


def _step(case: Any, key: str, **said: Any) -> Any:
    place = tree().get(case.division_id)
    assert place is not None
    return engine.perform(registry().entity(file_rating.YEAR), case.id, key, said, SYSTEM, None, place).record


def _new_year(deputy: Deputy, year: int, report: str, told: str) -> Any:
    place = tree().get(deputy.division_id)
    assert place is not None
    return records.create(registry().entity(file_rating.YEAR), {
        "deputy_id": deputy.id, "year": year, "report": report, "reported_at": told}, SYSTEM, place, flow=None)


def _past_year(deputy: Deputy, year: int, number: int) -> None:
    """A year from before the platform: entered from paper, published in January, rated, filed."""
    place = tree().get(deputy.division_id)
    assert place is not None
    with _at(date(year + 1, 1, 6)):
        for kind, month, day, title in PAST[number % 2:]:
            records.create(registry().entity(file_deeds.DEED), {
                "deputy_id": deputy.id, "day": date(year, month, day), "kind": kind, "title": title}, SYSTEM, place)
        case = _new_year(deputy, year, REPORT, f"{year + 1}年1月选民会议")
        case = _step(case, "confirm_told", told_on=date(year + 1, 1, 5), way="meeting")
        case = _publish(case)
    with _at(date(year + 1, 1, 20)):
        file_rating.enter_paper(case, VOTES[number % len(VOTES)], SYSTEM, place)
    with _at(date(year + 1, 2, 3)):
        _step(_step(case, "end_rating"), "file")


def _publish(case: Any) -> Any:
    return _step(_step(case, "check"), "publish")


def _present_year(deputy: Deputy, today: date, number: int) -> None:
    """This year: open for most, three confirmed, three more published a week ago and rated since."""
    rated = RATED_NOW < number <= 2 * RATED_NOW
    case = _new_year(deputy, today.year, REPORT if rated else "", "" if not rated else f"{today.year}年11月选民会议")
    if not rated and not 0 < number <= RATED_NOW:
        return
    with _at(today - timedelta(days=9)):
        case = _step(case, "confirm_told", told_on=today - timedelta(days=10), way="paper")
    if rated:
        with _at(today - timedelta(days=8)):
            case = _publish(case)
        _voices(case, number)


def _voices(case: Any, number: int) -> None:
    place = tree().get(case.division_id)
    assert place is not None
    for token, answer in zip(file_rating.make_links(case, 20, SYSTEM, place), ("satisfied", "fair", "satisfied", "unsure") * 3,
                             strict=False):
        file_rating.voice_by_link(token, answer, place)
    file_rating.enter_paper(case, {**VOTES[number % len(VOTES)], "unsure": 1}, SYSTEM, place)


def _own_file(deputy: Deputy, today: date) -> None:
    """The file of who looks at the demo: most is confirmed, one objection waits, one was answered, some entries are new."""
    account = accounts_of([deputy.person_id]).get(deputy.person_id)
    deeds = file_life.alive(deputy.id, today.year)
    if account is None or len(deeds) < 4:
        return
    actor = Actor(account, deputy.person_id, "deputy", deputy.name, system=True)
    held = [deed for deed in deeds if deed.kind in {"reception", "activity", "training"}][-2:]
    file_life.confirm([deed for deed in deeds[:-3] if deed not in held], actor)
    if len(held) < 2:
        return
    file_life.object_to(held[0], "那天我在区里开会，没有参加，请核对签到表。", actor)
    file_life.object_to(held[1], "当天我是线上参加的，请注明。", actor)
    file_life.answer(Deed.get_by_id(held[1].id), {"verdict": "keep", "answer": "签到表上有您的线上签到，记录不变。"}, SYSTEM)

"""Demo data of checklists and ratings: siting rules seen on the spot, last year's ratings as Yuzhou published them, this year's
under way at every stage.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from grid321.core.api import SYSTEM, Node, engine, now, records, registry, shift_clock, tree

from .checks_choices import P
from .checks_models import Attested, Rating
from .station_models import Station

SHOWN_TOWN = "610902104"
SEEN = (
    ("siting_1", True, "设在便民服务中心一楼，群众办事顺路可进。"), ("siting_2", True, "临街独立门面，门口有联络站标牌。"),
    ("siting_3", True, "距公交站两百米，有无障碍坡道。"), ("siting_4", True, "与党群服务中心共用会议室，错时使用。"),
    ("workflow", True, "接待流程图挂在接待室北墙。"),
)
CLASS_ONE, CLASS_TWO, MODELS, PROVINCE = 4, 11, 7, 1
"""Of last year's ratings: so many class I and class II, so many model stations of the city, of which so many of the province
(Yuzhou, domain §8)."""
STAGES = ("decided", "decided", "looked", "looked", "proposed", "proposed", "proposed", "draft", "returned")
"""How far this year's first ratings have come."""
WORDS = "全年按计划接待选民，意见件件有回音；墙上公示按季更新。不足：档案照片还不全。"
TOWN_WORDS = "现场查看：场所、标牌、制度齐全，接待登记与系统一致。"


def demo(context: Any) -> None:
    """Put what was seen at stations and the ratings of two years onto the demo's agenda; stations are there."""
    year = context.today.year
    town = context.node(SHOWN_TOWN).id
    central = sorted(Station.select().where(Station.kind == "central").order_by(Station.id),
                     key=lambda one: one.division_id != town)
    villages = list(Station.select().where((Station.kind == "station") & (Station.town_id == town)).order_by(
        Station.id).limit(10))
    seen = date(year - 1, 10, 20) if context.today >= date(year, 2, 1) else context.today - timedelta(days=60)
    _put(context, seen, lambda: _attest(central, seen), 5)
    again = context.today - timedelta(days=40)
    _put(context, again, lambda: _look_again([*central[:9], *villages], again), 5)
    for number, station in enumerate(central):
        day = date(year - 1, 11, 5) + timedelta(days=number * 2 // 3)
        _put(context, day, partial(_rate_last, station, year - 1, number), 7)
    begin = context.today - timedelta(days=24)
    for number, stage in enumerate(STAGES):
        _put(context, begin + timedelta(days=number), partial(_rate_now, central[number], year, stage), 7)


def _place(record: Any) -> Node:
    """The division in which a station or rating lies."""
    found = tree().get(record.division_id)
    assert found is not None
    return found


def _put(context: Any, day: date, work: Callable[[], None], order: int) -> None:
    def do(moment: datetime) -> None:
        with shift_clock(moment - now()):
            work()

    context.at(datetime.combine(day, time(2)), do, order)


def _attest(stations: Sequence[Any], day: date) -> None:
    entity = registry().entity(f"{P}attested")
    for number, station in enumerate(stations):
        for place, (item, ok, text) in enumerate(SEEN):
            there = ok and (number + place) % 9 != 8
            records.create(entity, {
                "station_id": station.id, "item": item, "ok": there, "day": day,
                "evidence": text if there else "现场查看时尚未达到，已请乡镇整改。"}, SYSTEM, _place(station))


def _look_again(stations: Sequence[Any], day: date) -> None:
    """A year later somebody looks again: a statement is written anew, or made where there is none."""
    entity = registry().entity(f"{P}attested")
    for station in stations:
        place = _place(station)
        known = {one.item: one for one in Attested.select().where(Attested.station_id == station.id)}
        for item, ok, text in SEEN:
            if item in known:
                records.update(entity, known[item].id, {"ok": ok, "evidence": text, "day": day}, SYSTEM, None, place)
            else:
                records.create(entity, {"station_id": station.id, "item": item, "ok": ok, "day": day, "evidence": text}, SYSTEM,
                               place)


# ---------------------------------------------------------------- ratings

def _begin(station: Any, year: int) -> Rating:
    place = _place(station)
    found: Rating = records.create(registry().entity(f"{P}rating"), {"station_id": station.id, "year": year}, SYSTEM, place)
    return found


def _step(rating: Rating, key: str, **said: Any) -> Any:
    return engine.perform(registry().entity(f"{P}rating"), rating.id, key, said, SYSTEM, None, _place(rating)).record


def _rate_last(station: Any, year: int, number: int) -> None:
    klass = "one" if number < CLASS_ONE else "two" if number < CLASS_ONE + CLASS_TWO else "none"
    model = "province" if number < PROVINCE else "city" if number < MODELS else "none"
    rating = _begin(station, year)
    _step(rating, "propose", asked_klass="one" if klass != "none" else "two", asked_model=model, words=WORDS)
    _step(rating, "look", town_words=TOWN_WORDS)
    reward = {"one": 1_000_000, "two": 500_000}.get(klass)
    _step(rating, "decide", klass=klass, model=model, reward_fen=reward, reasons="按年度评定办法，经实地复核评定。")


def _rate_now(station: Any, year: int, stage: str) -> None:
    rating = _begin(station, year)
    if stage == "draft":
        return
    _step(rating, "propose", asked_klass="one", asked_model="none", words=WORDS)
    if stage == "returned":
        _step(rating, "send_back", reasons="档案一项请补充夜间接待的登记后再报。")
    elif stage in ("looked", "decided"):
        _step(rating, "look", town_words=TOWN_WORDS)
        if stage == "decided":
            _step(rating, "decide", klass="one", model="city", reward_fen=1_000_000,
                  reasons="十有齐全，接待和活动正常，评为一类站。")

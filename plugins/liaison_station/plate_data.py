"""What everybody reads of a station behind the code on its door: nothing but what is posted there or published.

Of deputies these are the name, the congress, what the contact card says, and the years they published. Of opinions there are
numbers only.
"""
from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import peewee

from grid321.core.api import class_label, format_day, is_on, local_day, raw_rows, tree

from . import finder
from .day_models import Opinion
from .deputy_choices import MANDATES
from .deputy_models import Deputy, Placement
from .file_models import Year
from .placement import in_office, open_on
from .plan_choices import COMING, PUBLIC, P
from .reception_models import Plan, Reception
from .station_choices import CLASSES_OF_STATIONS, MODEL_STATIONS
from .station_figures import FATES
from .station_models import Staff, Station

AHEAD, MOST_DAYS = 4, 400
"""So many reception days are named on the plate page; so many at most in a year's plan."""
PUBLISHED = ("published", "rated", "closed")
YEARS = 3
SHOWN_FATES = ("settled", "passed", "turned", "open", "unsolved")
"""What was withdrawn, or is carried on by another opinion, is no opinion of its own."""
CLASS_LABELS, MODEL_LABELS, CONGRESSES = dict(CLASSES_OF_STATIONS), dict(MODEL_STATIONS), dict(MANDATES)


def find(plate: str) -> Station | None:
    """The station with the word on its plate, however it was typed; None for none."""
    found: Station | None = Station.get_or_none(Station.plate == plate.strip().lower()[:12])
    return found


def facts(station: Station) -> dict[str, Any]:
    """Name, kind, rank, place, opening and telephone of the office."""
    known, today = tree(), local_day()
    place = known.get(station.division_id)
    found = ((CLASS_LABELS, station.klass), (MODEL_LABELS, station.model))
    ranks = [str(labels[code]) for labels, code in found if code in labels]
    rests = station.suspended_on is not None and station.suspended_on <= today
    return {"name": station.name, "kind": class_label(f"{P}kind", station.kind, station.division_id), "ranks": ranks,
            "where": known.full_name(place) if place is not None else "", "address": station.address, "phone": station.phone,
            "hours": station.hours, "host": station.host, "about": station.about, "trade": station.trade, "plate": station.plate,
            "rests": format_day(station.suspended_on) if rests else "",
            "opens": format_day(station.opened_on) if station.opened_on > today else "",
            "closed": format_day(station.closed_on) if station.closed_on is not None and station.closed_on <= today else ""}


def coming(station: Station, most: int = AHEAD) -> list[dict[str, Any]]:
    """The next reception days that were posted, with who will be there. Two queries."""
    rows = Reception.select().where((Reception.station_id == station.id) & Reception.state.in_(COMING) & (
        Reception.day >= local_day())).order_by(Reception.day, Reception.from_minute, Reception.id).limit(most)
    return _receptions(rows)


def planned(station: Station, year: int) -> list[dict[str, Any]]:
    """Every reception day of a year that was posted, those that were held or dropped too. Two queries."""
    dropped = (Reception.state == "dropped") & Reception.posted_on.is_null(False)
    rows = Reception.select().where(
        (Reception.station_id == station.id) & Reception.day.between(date(year, 1, 1), date(year, 12, 31))
        & (Reception.state.in_(PUBLIC) | dropped)).order_by(Reception.day, Reception.from_minute, Reception.id).limit(MOST_DAYS)
    return _receptions(rows)


def _receptions(rows: Iterable[Reception]) -> list[dict[str, Any]]:
    found = list(rows)
    names = finder.names_on_duty(row.id for row in found)
    return [finder.reception(row, names.get(row.id, [])) for row in found]


def posted_on(station: Station, year: int) -> str:
    """The day on which the year's plan was posted, in words; empty without one."""
    plan = Plan.get_or_none((Plan.station_id == station.id) & (Plan.year == year) & Plan.posted_on.is_null(False))
    return format_day(plan.posted_on) if plan is not None else ""


def deputies(station: Station) -> list[dict[str, Any]]:
    """The deputies of the station in office: who heads it first, then by congress, highest first.

    Of each the name, the congress, what the contact card says and the published years. Three queries.
    """
    today = local_day()
    rows = Deputy.select(Deputy.person_id, Deputy.name, Deputy.level, Deputy.card_phone, Deputy.card_text).join(
        Placement, on=(Placement.deputy_id == Deputy.id)).where(
        (Placement.station_id == station.id) & open_on(today) & in_office(today))
    heads = {row[0] for row in raw_rows(Staff.select(Staff.person_id).where(
        (Staff.station_id == station.id) & (Staff.role == "head") & (Staff.from_day <= today)
        & (Staff.to_day.is_null() | (Staff.to_day >= today))))}
    order = list(CONGRESSES)
    found = sorted(raw_rows(rows), key=lambda row: (row[0] not in heads, order.index(row[2]), row[1], row[0]))
    years = published_years(row[0] for row in found)
    return [{"name": name, "level": level, "congress": str(CONGRESSES[level]), "head": person_id in heads, "phone": phone,
             "text": text, "years": years.get(person_id, [])} for person_id, name, level, phone, text in found]


def published_years(person_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """The last published years by person, newest first. One query."""
    ids = sorted(set(person_ids))
    rows = Year.select(Year.id, Year.person_id, Year.year, Year.division_id).where(
        Year.person_id.in_(ids or [0]) & Year.state.in_(PUBLISHED) & Year.published_on.is_null(False)).order_by(
        Year.year.desc(), Year.id.desc())
    found: dict[int, list[dict[str, Any]]] = {}
    known = tree()
    for year_id, person_id, year, division_id in raw_rows(rows):
        place = known.get(division_id)
        if place is not None and is_on("liaison_station", place.id) and len(found.get(person_id, ())) < YEARS:
            path = f"/d/{place.code}/liaison_station/performance/{year_id}"
            found.setdefault(person_id, []).append({"year": year, "path": path})
    return found


def opinions(station: Station) -> dict[str, int]:
    """How many opinions were heard at the station and what became of them; each counts once. One query."""
    sums = [peewee.fn.SUM(peewee.Case(None, ((FATES[key], 1),), 0)) for key in SHOWN_FATES]
    row = Opinion.select(*sums).where(Opinion.station_id == station.id).tuples().get()
    found = {key: int(n or 0) for key, n in zip(SHOWN_FATES, row, strict=True)}
    return {"heard": sum(found.values()), **found}

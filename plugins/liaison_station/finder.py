"""Which stations the public finder shows: by words, kind, town and way of receiving, page by page, with the next reception day.

What is read here is what hangs on the door: name, place, opening, the next reception that was posted, and the names of the
deputies on its roster. No table of persons is asked.
"""
from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import peewee

from grid321.core.api import (
    SYSTEM,
    Choice,
    EntitySchema,
    Invalid,
    Node,
    Text,
    class_label,
    day_of,
    format_day,
    forms,
    local_day,
    raw_rows,
    registry,
    scoped,
    text_condition,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import receptions
from .deputy_models import Deputy
from .plan_choices import KINDS, MODES, WEEKDAYS, P
from .reception_models import Duty, Reception
from .station_checks import CHINA
from .station_fields import clock
from .station_models import Station

PAGE, LAST_PAGE = 20, 5000
EVENING_FROM = 18 * 60
"""A reception that begins at six in the evening or later is one for people who work by day, whatever it is called."""
WAYS = (("evening", _l("In the evening")), ("online", _l("Online")))
ON_DUTY = ("planned", "came")
PLACES = 20
KM_A_DEGREE = 111.32
KIND_LABELS, MODE_LABELS, DAY_LABELS = dict(KINDS), dict(MODES), dict(WEEKDAYS)


class Search(EntitySchema):
    """What the finder may be narrowed to."""

    q = Text(_l("Name, village, street"), max=40)
    kind = Choice(_l("Kind of station"), scheme=f"{P}kind")
    way = Choice(_l("Way of receiving"), options=WAYS)


class Row(NamedTuple):
    """What the list reads of a station, as the database gives it."""

    id: int
    division_id: int
    name: str
    kind: str
    plate: str
    address: str
    phone: str
    lat: float | None
    lng: float | None
    suspended_on: Any


@dataclass(frozen=True)
class Asked:
    """What somebody asks the finder for: texts as typed, the town that was chosen, a part of the map, the page."""

    words: dict[str, str] = field(default_factory=dict)
    near: Node | None = None
    box: tuple[float, float, float, float] | None = None  # south, west, north, east
    page: int = 1

    def query(self, **more: str) -> dict[str, str]:
        """The parameters of an address that asks for the same; ``more`` changes some, an empty one leaves it out."""
        found = {**self.words, "near": self.near.code if self.near is not None else "", "box": box_text(self.box), **more}
        return {name: text for name, text in found.items() if text}


def asked(given: Any, node: Node) -> Asked:
    """What the parameters of an address ask for at ``node``. Raises ``Invalid`` with the names of what does not fit."""
    texts = {name: given.get(name, "") for name in ("q", "kind", "way")}
    words = {name: str(value) for name, value in forms.read_form((Search,), texts, node=node, actor=SYSTEM).items() if value}
    near, page, box = given.get("near", ""), given.get("page", "1"), given.get("box", "")
    town = next((one for one in places(node) if one.code == near), None)
    wrong = {name: ["?"] for name, ok in (
        ("near", not near or town is not None), ("page", page.isascii() and page.isdigit() and 1 <= int(page[:6]) <= LAST_PAGE),
        ("box", not box or read_box(box) is not None)) if not ok}
    if wrong:
        raise Invalid(errors=wrong)
    return Asked(words, town, read_box(box), int(page))


def places(node: Node) -> tuple[Node, ...]:
    """The divisions near which one may look for a station: those right below ``node`` that the state keeps (no grids)."""
    return tuple(one for one in tree().children(node) if one.owner == "core")


def read_box(text: str) -> tuple[float, float, float, float] | None:
    """A part of the map from ``south,west,north,east`` in degrees; None for anything else."""
    try:
        south, west, north, east = (float(part) for part in text.split(","))
    except ValueError:
        return None
    (least, most), (left, right) = CHINA["lat"], CHINA["lng"]
    fits = least <= south <= north <= most and left <= west <= east <= right
    return (south, west, north, east) if fits else None


def box_text(box: tuple[float, float, float, float] | None) -> str:
    """The reverse of ``read_box``."""
    return ",".join(f"{degrees:.5f}" for degrees in box) if box is not None else ""


# ---------------------------------------------------------------- stations

def by_way(way: str) -> Any:
    """The condition for receptions in the evening or online; None for all."""
    if way == "evening":
        return (Reception.kind == "evening") | (Reception.from_minute >= EVENING_FROM)
    return Reception.mode.in_(("online", "both")) if way == "online" else None


def selected(what: Asked, node: Node, columns: Iterable[str] = Row._fields) -> Any:
    """The stations of ``node`` and below that are open or at rest and fit, without order. Closed ones are on no list."""
    station, today = registry().entity(f"{P}station"), local_day()
    query = scoped(Station.select(*(getattr(Station, name) for name in columns)), station, "view", node, SYSTEM)
    query = query.where((Station.opened_on <= today) & (Station.closed_on.is_null() | (Station.closed_on > today)))
    words = what.words
    if words.get("kind"):
        query = query.where(Station.kind == words["kind"])
    if words.get("q"):
        query = query.where(text_condition(station, words["q"], node, SYSTEM) | _in_places(words["q"], node))
    if (only := by_way(words.get("way", ""))) is not None:
        ahead = (Reception.station_id == Station.id) & receptions.is_coming(Reception, today) & only
        query = query.where(peewee.fn.EXISTS(Reception.select(peewee.Value(1)).where(ahead)))
    if what.box is not None:
        south, west, north, east = what.box
        query = query.where(Station.lat.between(south, north) & Station.lng.between(west, east))
    return query


def _in_places(text: str, node: Node) -> Any:
    """The condition for stations of the divisions whose name or code is asked for: who types a town means all that is there."""
    found = [one for one in tree().search(text, node, PLACES) if one.id != node.id]
    condition = Station.division_id.in_([one.id for one in found])
    for column in {one.column for one in found} - {"division_id"}:
        condition |= getattr(Station, column).in_([one.id for one in found if one.column == column])
    return condition


def read(what: Asked, node: Node) -> tuple[list[Row], bool, tuple[float, float] | None]:
    """(the stations of the page asked for, whether there are more, the middle of the town chosen as latitude and longitude).

    The chosen town's own come first, then those of its villages and the others, each by their distance from its middle.
    One query, two with a town.
    """
    query, middle = selected(what, node), None
    if what.near is not None:
        middle = _middle(what.near)
        own, below = Station.division_id == what.near.id, getattr(Station, what.near.column) == what.near.id
        far = [_far(middle)] if middle is not None else []
        query = query.order_by(peewee.Case(None, ((own, 0), (below, 1)), 2), *far, Station.id)
    else:
        query = query.order_by(Station.id)
    rows = [Row._make(row) for row in raw_rows(query.limit(PAGE + 1).offset((what.page - 1) * PAGE))]
    return rows[:PAGE], len(rows) > PAGE, middle


def _middle(town: Node) -> tuple[float, float] | None:
    """The middle of the stations of a town; None where none has its place on the map."""
    lat, lng = Station.select(peewee.fn.AVG(Station.lat), peewee.fn.AVG(Station.lng)).where(
        getattr(Station, town.column) == town.id).tuples().get()
    return (float(lat), float(lng)) if lat is not None and lng is not None else None


def _far(middle: tuple[float, float]) -> Any:
    """Square of the distance in degrees, which orders as kilometres do within a county; what has no place comes last."""
    lat, lng = middle
    narrow = math.cos(math.radians(lat)) ** 2
    north, east = Station.lat - lat, Station.lng - lng
    return peewee.fn.COALESCE(north * north + east * east * narrow, 1e9)


def kilometres(row: Row, middle: tuple[float, float]) -> float | None:
    """How far a station is from a point, as the crow flies; None for one without a place on the map."""
    if row.lat is None or row.lng is None:
        return None
    return KM_A_DEGREE * math.hypot(row.lat - middle[0], (row.lng - middle[1]) * math.cos(math.radians(middle[0])))


# ---------------------------------------------------------------- as pages and programs show them

def shown(what: Asked, node: Node) -> tuple[list[dict[str, Any]], bool]:
    """(the stations of the page as they are shown, whether there are more). Three queries, four with a town chosen."""
    rows, more, middle = read(what, node)
    today, known = local_day(), tree()
    coming = receptions.next_day([row.id for row in rows], today, by_way(what.words.get("way", "")))
    names = names_on_duty([one.id for one in coming.values()])
    found = []
    for row in rows:
        place, day = known.get(row.division_id), coming.get(row.id)
        rests = day_of(row.suspended_on)
        found.append({
            "name": row.name, "plate": row.plate, "kind": row.kind,
            "kind_label": class_label(f"{P}kind", row.kind, row.division_id),
            "where": where(place, node), "address": row.address, "phone": row.phone, "lat": row.lat, "lng": row.lng,
            "rests": rests is not None and rests <= today,
            "far": _distance(row, what.near, middle, place),
            "next": reception(day, names.get(day.id, [])) if day is not None else None})
    return found, more


def where(place: Node | None, node: Node) -> str:
    """The division of a station in words, as it is called at ``node``; empty at ``node`` itself."""
    if place is None or place.id == node.id:
        return ""
    path = [one.name for one in (*tree().ancestors(place), place) if len(one.path) > len(node.path)]
    return " ".join(path) if tree().covers(node, place) else place.name


def _distance(row: Row, town: Node | None, middle: tuple[float, float] | None, place: Node | None) -> str:
    if town is None or middle is None or (place is not None and tree().covers(town, place)):
        return ""
    far = kilometres(row, middle)
    return _("about %(km)s km from %(town)s", km=f"{far:.0f}" if far >= 10 else f"{far:.1f}", town=town.name) if far else ""


def names_on_duty(reception_ids: Iterable[int]) -> dict[int, list[str]]:
    """The names of the deputies on the roster of receptions, by reception. One query; nothing but names is read."""
    ids = sorted(set(reception_ids))
    if not ids:
        return {}
    found: dict[int, list[str]] = {}
    query = Duty.select(Duty.reception_id, Deputy.name).join(Deputy, on=(Deputy.id == Duty.deputy_id)).where(
        Duty.reception_id.in_(ids) & Duty.state.in_(ON_DUTY)).order_by(Deputy.name, Deputy.id)
    for reception_id, name in raw_rows(query):
        found.setdefault(reception_id, []).append(name)
    return found


def reception(row: Any, names: list[str]) -> dict[str, Any]:
    """A posted reception (a record or a ``receptions.Day``) as everybody reads it: when, what it is, where, who is there."""
    evening = row.kind == "evening" or row.from_minute >= EVENING_FROM
    tags = [] if row.kind == "reception" else [str(KIND_LABELS.get(row.kind, row.kind))]
    if evening and row.kind != "evening":
        tags.append(str(WAYS[0][1]))
    if row.mode != "offline":
        tags.append(str(MODE_LABELS.get(row.mode, row.mode)))
    return {"day": row.day.isoformat(), "day_text": day_text(row.day), "time": f"{clock(row.from_minute)}–{clock(row.to_minute)}",
            "kind": row.kind, "mode": row.mode, "evening": evening, "tags": tags, "place": row.place, "theme": row.theme,
            "link": row.link if row.mode != "offline" else "", "names": names, "state": row.state,
            "moved_from": day_text(row.first_day) if row.postponed and row.first_day != row.day else ""}


def day_text(day: date) -> str:
    """A day with its day of the week."""
    return f"{format_day(day)} {DAY_LABELS[str(day.weekday())]}"

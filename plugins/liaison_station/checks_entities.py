"""The records of checklists and ratings. From these the core makes pages, REST, import, export, print and statistics."""
from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from grid321.core.api import (
    Choice,
    Counter,
    Day,
    Entity,
    EntitySchema,
    Flag,
    Int,
    LongText,
    Node,
    current_frame,
    local_day,
    snapshot,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .checks import LISTS
from .checks_choices import HAVE, KLASSES, MODELS, P
from .checks_items import ITEMS
from .checks_models import Attested, Rating
from .menu_folds import STATION_FOLD
from .rating_flow import faults
from .station_choices import LEVELS
from .station_fields import StationRef, Yuan
from .station_models import Station

BACK = 1
"""How many years ago a rating may be for: the one of last year is often decided in spring."""


class ItemOf(Choice):
    """An item of the ten haves or of the siting rules, as the county words them: two schemes, so neither is the field's own."""

    def __init__(self, label: Any = None, **rest: Any) -> None:
        super().__init__(label, options=(), **rest)

    def openapi(self) -> dict[str, Any]:
        """The codes are county data."""
        return self._described({"type": "string", "maxLength": 40, "x-classes": HAVE.key})

    def options(self) -> list[tuple[str, str]]:
        """The items that a person may attest here: those of which no data speak, or which a board in the house may show."""
        now, node = snapshot(), current_frame().node
        return [(code, label) for scheme in LISTS for code, label in now.classes.labels(scheme, node).items()
                if code not in ITEMS or ITEMS[code].attested]

    def display(self, value: Any, record: Any = None) -> str:
        """The words of an item where its record lies, in a list at the division of the list; also of one no longer offered."""
        now = snapshot()
        node = now.tree.get(record.division_id) if record is not None else None
        if node is None:
            with suppress(RuntimeError):  # outside a form or list: as the platform words it
                node = current_frame().node
        words = {code: label for scheme in LISTS for code, label in now.classes.labels(scheme, node, retired=True).items()}
        return words.get(value, value or "")


def home(values: Mapping[str, Any]) -> int | None:
    """The division of the station: nobody types it."""
    found = Station.select(Station.division_id).where(Station.id == values.get("station_id")).tuples().first()
    return found[0] if found is not None else None


class AttestedSchema(EntitySchema):
    """What a person saw of an item."""

    station = StationRef(required=True)
    item = ItemOf(_l("Item"), required=True)
    ok = Flag(_l("It is there"), default=False, says_no=True)
    evidence = LongText(_l("What was seen there"), max=1000, required=True,
                        help=_l("Where it hangs or stands, since when. No names."))
    day = Day(_l("Seen on"), required=True, past=True, default=local_day)


class RatingSchema(EntitySchema):
    """A rating; everything but station and year comes by its steps."""

    station = StationRef(required=True)
    year = Int(_l("Year"), required=True, min=2000, max=2100, default=lambda: local_day().year)
    asked_klass = Choice(_l("Class that is proposed"), options=KLASSES, read_only=True)
    asked_model = Choice(_l("Model station that is proposed"), options=MODELS, read_only=True)
    proposed_on = Day(_l("Proposed on"), read_only=True)
    fulfilled = Int(_l("Haves that were there"), read_only=True)
    wanted = Int(_l("Haves asked for"), read_only=True)
    words = LongText(_l("Words of the station"), max=2000, read_only=True)
    town_words = LongText(_l("What the town saw on the spot"), max=2000, read_only=True)
    klass = Choice(_l("Rated class"), options=KLASSES, read_only=True)
    model = Choice(_l("Model station"), options=MODELS, read_only=True)
    reward_fen = Yuan(_l("Reward (yuan)"), read_only=True)
    reasons = LongText(_l("Reasons"), max=1000, read_only=True)
    decided_on = Day(_l("Rating decided on"), read_only=True)


def check_attested(data: Mapping[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """One statement for each station and item: what was seen later is written into it."""
    if record is not None:
        fixed = {"station_id": "station", "item": "item"}
        return {field: [_("This stays. Enter a new statement for another station or item.")] for column, field in fixed.items()
                if column in data and data[column] != getattr(record, column)}
    twin = Attested.get_or_none((Attested.station_id == data["station_id"]) & (Attested.item == data["item"]))
    return {"item": [_("This was looked at before. Change that statement instead.")]} if twin is not None else {}


def check_rating(data: Mapping[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """A rating is of this year or the last one, of a station that works, and once in a year; both stay as they are."""
    if record is not None:
        fixed = {"station_id": "station", "year": "year"}
        return {field: [_("Station and year stay. Withdraw this rating and begin a new one.")] for column, field in fixed.items()
                if column in data and data[column] != getattr(record, column)}
    today = local_day()
    if not today.year - BACK <= data["year"] <= today.year:
        return {"year": [_("Choose %(last)s or %(year)s.", last=today.year - BACK, year=today.year)]}
    station = Station.get_by_id(data["station_id"])
    if station.closed_on is not None and station.closed_on <= today:
        return {"station": [_("This station is closed. Choose another one.")]}
    twin = Rating.get_or_none((Rating.station_id == station.id) & (Rating.year == data["year"]) & (Rating.state != "withdrawn"))
    if twin is not None:
        return {"year": [_("There is the rating %(number)s of this station for %(year)s already.", number=twin.number,
                           year=twin.year)]}
    return {}


ATTESTED = Entity(
    f"{P}attested", Attested, AttestedSchema, _l("Items seen at stations"), columns=("station", "item", "ok", "day"),
    filters=("station", "item", "ok"), sorts=("-day", "-id"), title="item", icon="check2-square", menu="more", fold=STATION_FOLD,
    actions=("create", "edit", "export"), check=check_attested, home=home, levels=LEVELS,
    description=_l("What somebody saw of an item of a checklist of which no data speak."))

RATING = Entity(
    f"{P}rating", Rating, RatingSchema, _l("Ratings of stations"),
    columns=("number", "station", "year", "asked_klass", "fulfilled", "klass", "model", "state"),
    filters=("station", "year", "state", "klass", "model"), search=("number",), sorts=("-year", "-id"), title="number",
    icon="star", actions=("create", "export"), check=check_rating, home=home, levels=LEVELS, verify=faults,
    beside=("return",), awaited=("decide",), counters=(Counter("year,state"), Counter("klass,state")),
    description=_l("Each year a station is rated by its ten haves: proposed, looked at by the town, decided by the county."))

ENTITIES = (ATTESTED, RATING)

"""The yearly rating of a station (评星定级): proposed with its items frozen, looked at by the town, decided by the county.

A county's own station has no town above it: the county decides what it proposes. What was decided last is the station's class.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grid321.core.api import (
    DEFAULT_LANGUAGE,
    SYSTEM,
    Choice,
    EntitySchema,
    LongText,
    Refusal,
    State,
    Transition,
    Workflow,
    format_day,
    local_day,
    records,
    registry,
    tree,
    use_language,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import checks
from .checks_choices import HAVE, KLASSES, MODELS, P
from .checks_models import Rating
from .station_fields import Yuan
from .station_models import Station

PROPOSE, LOOK, DECIDE = f"{P}rating_propose", f"{P}rating_look", f"{P}rating_decide"
STATION = f"{P}station"


class Propose(EntitySchema):
    """What a station proposes; the items are computed at this moment."""

    asked_klass = Choice(_l("Class that is proposed"), options=KLASSES, required=True)
    asked_model = Choice(_l("Model station that is proposed"), options=MODELS, required=True, default="none")
    words = LongText(_l("What the station did well, and what is still missing"), max=2000, required=True, help=_l(
        "The ten haves are added as they stand now, each with its reason. Write only what they do not say."))


class Looked(EntitySchema):
    """What the town saw."""

    town_words = LongText(_l("What the town saw on the spot"), max=2000, required=True)


class Reason(EntitySchema):
    """Why a rating goes back or is withdrawn."""

    reasons = LongText(_l("Reason"), max=1000, required=True)


class Decision(EntitySchema):
    """What the county decides."""

    klass = Choice(_l("Rated class"), options=KLASSES, required=True)
    model = Choice(_l("Model station"), options=MODELS, required=True, default="none")
    reward_fen = Yuan(_l("Reward (yuan)"), help=_l("Left empty, none is given."))
    reasons = LongText(_l("Reasons"), max=1000, required=True)


def proposed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a proposal: what is asked for, and every item of the lists as it is computed now."""
    with use_language(DEFAULT_LANGUAGE):  # the reasons are kept as text: not in the language of who happens to propose
        checked = checks.look_at(Station.get_by_id(case.station_id))
        items = checks.frozen(checked)
    there, wanted = checked.count(HAVE.key)
    return {"asked_klass": data["asked_klass"], "asked_model": data["asked_model"], "words": data["words"],
            "items": items, "fulfilled": there, "wanted": wanted, "proposed_on": local_day(),
            "town_words": "", "reasons": ""}


def looked(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a proposal that the town looked at."""
    return {"town_words": data["town_words"]}


def reasoned(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a rating that goes back to the station or ends without a decision."""
    return {"reasons": data["reasons"]}


def decided(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a decision."""
    return {"klass": data["klass"], "model": data["model"], "reward_fen": data.get("reward_fen"), "reasons": data["reasons"],
            "decided_on": local_day()}


def is_working(case: Any, data: Any, actor: Any) -> Refusal | None:
    """A closed station is not rated."""
    station = Station.get_by_id(case.station_id)
    if station.closed_on is None or station.closed_on > local_day():
        return None
    return Refusal(_("%(name)s was closed on %(day)s and is not rated.", name=station.name, day=format_day(station.closed_on)),
                   "station_closed", remedy=_("Withdraw this rating."), for_good=True)


def town_of(case: Any) -> Any:
    """The town that looks at the rating of a station; None for a station of the county or above."""
    place = tree().get(case.division_id)
    return tree().at_level(place, "town") if place is not None else None


def may_look(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Only what lies in a town is looked at by it."""
    if town_of(case) is not None:
        return None
    return Refusal(_("This station belongs to no town."), "no_town", remedy=_("The county decides at once."), for_good=True)


def may_decide(case: Any, data: Any, actor: Any) -> Refusal | None:
    """The county decides after the town looked, where there is one, about a station that works."""
    town = town_of(case)
    if case.state == "proposed" and town is not None:
        return Refusal(_("%(town)s has not looked at it yet.", town=town.name), "not_looked",
                       remedy=_("The town’s officer writes down what was seen; then the county decides."))
    return is_working(case, data, actor)


def follow(case: Any, data: Any, actor: Any) -> None:
    """Let the station's class and model follow the last decision, inside the step's transaction."""
    station = Station.get_by_id(case.station_id)
    wanted = standing(station.id)
    place = tree().get(station.division_id)
    if wanted is None or place is None or wanted == (station.klass, station.model):
        return
    records.update(registry().entity(STATION), station.id, {"klass": wanted[0], "model": wanted[1]}, SYSTEM, None, place)


def standing(station_id: int) -> tuple[str, str] | None:
    """Class and model of a station by its last decided rating (the latest year); None when none was ever decided."""
    last = Rating.select(Rating.klass, Rating.model).where(
        (Rating.station_id == station_id) & (Rating.state == "decided")).order_by(
        Rating.year.desc(), Rating.decided_on.desc(), Rating.id.desc()).tuples().first()
    return None if last is None else (_kept(last[0]), _kept(last[1]))


def _kept(code: str) -> str:
    return "" if code == "none" else code


def faults() -> Iterator[str]:
    """Stations whose class or model is not that of their last decided rating, for ``grid321 verify``."""
    last: dict[int, tuple[str, str]] = {}
    for station_id, klass, model in Rating.select(Rating.station_id, Rating.klass, Rating.model).where(
            Rating.state == "decided").order_by(Rating.year, Rating.decided_on, Rating.id).tuples():
        last[station_id] = (_kept(klass), _kept(model))
    rated = Station.select(Station.id, Station.name, Station.klass, Station.model).where(Station.id.in_(list(last) or [0]))
    for station in rated:
        if (station.klass, station.model) != last[station.id]:
            yield (f"ratings: station {station.id} ({station.name}) has {station.klass or 'none'}/{station.model or 'none'}, "
                   f"its last rating {last[station.id][0] or 'none'}/{last[station.id][1] or 'none'}")


RATINGS = Workflow(
    f"{P}rating_life", f"{P}rating", 1, numbers="PJ", levels=(), label=_l("Rating of a station"),
    states=(
        State("draft", _l("Being prepared by the station")),
        State("proposed", _l("Proposed, the town looks at it"), desk="none"),
        State("looked", _l("Looked at, the county decides"), desk="none"),
        State("decided", _l("Class decided"), final=True, tone="ok"),
        State("withdrawn", _l("Withdrawn"), final=True, tone="muted"),
    ),
    transitions=(
        Transition("propose", "draft", "proposed", _l("Propose"), PROPOSE, by="scope", asks=(Propose,), guard=is_working,
                   sets=proposed, prefill=True),
        Transition("look", "proposed", "looked", _l("Write down what the town saw"), LOOK, by="scope", asks=(Looked,),
                   guard=may_look, sets=looked, tone="ok"),
        Transition("send_back", "proposed", "draft", _l("Send back to the station"), LOOK, by="scope", asks=(Reason,),
                   sets=reasoned, tone="warn"),
        Transition("decide", ("proposed", "looked"), "decided", _l("Decide"), DECIDE, by="scope", asks=(Decision,),
                   guard=may_decide, sets=decided, after=follow, flow="solved", tone="ok"),
        Transition("return", ("proposed", "looked"), "draft", _l("Send back to the station (county)"), DECIDE, by="scope",
                   asks=(Reason,), sets=reasoned, tone="warn"),
        Transition("withdraw", ("draft", "proposed", "looked"), "withdrawn", _l("Withdraw"), PROPOSE, by="scope", asks=(Reason,),
                   sets=reasoned, flow="withdrawn", tone="bad"),
    ))

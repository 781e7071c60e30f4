"""How a yearly plan and a reception live: drafted and posted; planned, posted, perhaps postponed, held or dropped."""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    Clock,
    Refusal,
    State,
    Transition,
    Workflow,
    days,
    engine,
    local_day,
    registry,
)
from grid321.core.api import gettext as _t
from grid321.core.api import lazy_gettext as _

from . import plan_draw, postponing
from .plan_choices import PLAN, RECEPTION, P
from .plan_roles import MAKE, RUN
from .plan_schemas import Drop, Held, Postpone
from .reception_models import Reception
from .station_records import machine_for
from .station_rules import place_of

WORKING = _("Working default [place]; the county sets its own")


# ---------------------------------------------------------------- receptions

def may_post(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: nobody posts a reception whose day is past."""
    if case.day < local_day():
        return Refusal(_t("This reception’s day is past."), "past", remedy=_t("Drop it with the reason, or enter a new one."))
    return None


def may_hold(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: held is what has come."""
    if case.day > local_day():
        return Refusal(_t("This reception’s day has not come yet."), "not_yet")
    return None


def posted_today(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of what is posted at the door."""
    return {"posted_on": local_day()}


def plan_on_the_door(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of a plan that is posted at the door."""
    return {"posted_on": local_day(), "refused": ""}


def dropped_because(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of a reception that does not take place."""
    return {"dropped": data["reason"]}


def posted(case: Any, data: Any, actor: Any) -> None:
    """After a reception was posted: its room is taken."""
    postponing.take_room(case, actor)


def held(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of a reception that took place. Voters are those of the form; left empty, those whom the register counted."""
    voters = data.get("voters")
    return {"voters": case.voters if voters is None else voters, "summary": data.get("summary") or case.summary}


def dropped(case: Any, data: Any, actor: Any) -> None:
    """After a reception was dropped: its room and its people are free again."""
    postponing.give_room_back(case, actor)
    plan_draw.excuse_all(case, actor)


RECEIVING = Workflow(
    f"{P}receiving", RECEPTION, 1, numbers="JD", levels=(), label=_("Life of a reception"),
    states=(
        State("planned", _("Planned")),
        State("posted", _("Posted"), tone="info"),
        State("postponed", _("Postponed, posted anew"), tone="warn"),
        State("held", _("Reception held"), final=True, tone="ok"),
        State("dropped", _("Dropped"), final=True, tone="muted"),
    ),
    transitions=(
        Transition("post", "planned", "posted", _("Post it"), RUN, by="scope", guard=may_post, after=posted, tone="ok", notify=(),
                   bulk=True, sets=posted_today),
        Transition("postpone", ("posted", "postponed"), "postponed", _("Postpone"), RUN, by="scope", asks=(Postpone,),
                   guard=postponing.may_postpone, sets=postponing.new_columns, after=postponing.follow, notify=()),
        Transition("hold", ("posted", "postponed"), "held", _("It was held"), RUN, by="scope", asks=(Held,), guard=may_hold,
                   sets=held, flow="solved", tone="ok", notify=()),
        Transition("drop", ("planned", "posted", "postponed"), "dropped", _("Drop the reception"), RUN, by="scope", asks=(Drop,),
                   sets=dropped_because, after=dropped, flow="withdrawn", tone="bad",
                   notify=()),
    ))


# ---------------------------------------------------------------- yearly plans

def plan_posted(case: Any, data: Any, actor: Any) -> None:
    """After a plan was posted: its receptions from today on are posted with it."""
    entity, place = registry().entity(RECEPTION), place_of(case)
    waiting = Reception.select(Reception.id).where((Reception.plan_id == case.id) & (Reception.state == "planned")
                                                   & (Reception.day >= local_day())).order_by(Reception.day)
    for (reception_id,) in list(waiting.tuples()):
        engine.perform(entity, reception_id, "post", {}, machine_for(actor), None, place)


def may_discard(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a plan with receptions that somebody posted already is posted as well, and not discarded."""
    if Reception.select(Reception.id).where((Reception.plan_id == case.id) & (Reception.state != "planned")
                                            & (Reception.state != "dropped")).exists():
        return Refusal(_t("Receptions of this plan were posted already."), "posted",
                       remedy=_t("Drop those first, or post the plan."))
    return None


def plan_discarded(case: Any, data: Any, actor: Any) -> None:
    """After a draft was discarded: its receptions are dropped with it."""
    entity, place = registry().entity(RECEPTION), place_of(case)
    for (reception_id,) in list(Reception.select(Reception.id).where(
            (Reception.plan_id == case.id) & (Reception.state == "planned")).tuples()):
        engine.perform(entity, reception_id, "drop", {"reason": data["reason"]}, machine_for(actor), None, place)


PLANNING = Workflow(
    f"{P}planning", PLAN, 1, numbers="JH", levels=(), label=_("Life of a yearly plan"),
    states=(
        State("drafted", _("Drafted"), clocks=(
            Clock("post_plan", days(30), _("The yearly plan is posted at the door"), "notify", WORKING,
                  setting=f"{P}limit_post_plan", remind=(-7,)),)),
        State("posted", _("Posted"), final=True, tone="ok"),
        State("discarded", _("Plan discarded"), final=True, tone="muted"),
    ),
    transitions=(
        Transition("redraw", "drafted", "drafted", _("Draw the roster anew"), MAKE, by="scope", after=plan_draw.redraw,
                   notify=()),
        Transition("post", "drafted", "posted", _("Post the plan"), MAKE, by="scope", after=plan_posted,
                   sets=plan_on_the_door, flow="solved", tone="ok", bulk=True, notify=()),
        Transition("discard", "drafted", "discarded", _("Discard the draft"), MAKE, by="scope", asks=(Drop,), guard=may_discard,
                   after=plan_discarded, flow="withdrawn", tone="bad", notify=()),
    ))

WORKFLOWS = (PLANNING, RECEIVING)

"""How an activity lives: planned, announced, held, written up; or dropped with the reason."""
from __future__ import annotations

from collections.abc import Collection
from typing import Any

from grid321.core.api import Clock, Refusal, State, Transition, Workflow, days, engine, local_day
from grid321.core.api import gettext as _t
from grid321.core.api import lazy_gettext as _

from . import activity_rooms, attendance
from .activity_choices import WORKING
from .activity_rules import fulfilled
from .activity_schemas import Dropped, Entered, Held, WrittenUp

P = "liaison_station."
RUN = f"{P}activity_run"
FIELDS = {"minutes": "minutes", "departments": "units", "study": "study"}
"""The demands that the form of the write-up can meet, with its fields."""


def may_announce(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: announced is what is still to come, with the time and place that its kind demands."""
    if case.day < local_day():
        return Refusal(_("Its day is past."), "past", remedy=_("Enter it as held, or change the day."))
    if any(key == "agenda" and not there for key, _words, there in fulfilled(case)):
        return Refusal(_("Time or place is missing."), "no_agenda",
                       remedy=_("Enter when and where it is: this kind of activity is announced with both."))
    return None


def may_hold(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: held is what somebody came to, and not before its day."""
    if case.day > local_day():
        return Refusal(_("Its day has not come yet."), "not_yet", remedy=_("Change the day, if it was held earlier."))
    if case.leader_id is None and not attendance.anybody_came(case.id):
        return Refusal(_("Nobody is noted as present yet."), "nobody",
                       remedy=_("Tick in the list who came. If nobody did, drop the activity with the reason."))
    return None


def may_write_up(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: what the form of the write-up cannot give (results, a theme) is there. The rest is asked when it is written."""
    return _lacking(case, data, [key for key, *_rest in fulfilled(case) if key not in FIELDS])


def _lacking(case: Any, data: Any, keys: Collection[str]) -> Refusal | None:
    for key, words, there in fulfilled(case, data):
        if not there and key in keys and key != "agenda":
            return Refusal(_t("This kind of activity is written up with %(what)s.", what=words), "demanded",
                           field=FIELDS.get(key), remedy=_("Add it, then write the activity up.") if key in FIELDS else _(
                               "Enter results beside it; the theme of the quarter is set by town or county."))
    return None


def from_book(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: only a line of an earlier book enters an activity as held, never the platform by itself."""
    return None if data.get("held_on") else Refusal(_("This step follows a line of an earlier book."), "from_book")


def announced(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of an activity that is announced."""
    return {"announced_on": local_day()}


def held(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of an activity that took place."""
    return {"held_on": data["held_on"], "voters": data.get("voters") or 0}


def written(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of the write-up. Raises ``Refused`` when it lacks what its kind demands: an empty form is refused as well."""
    engine.refuse(_lacking(case, data, FIELDS))
    return {name: data[name] for name in ("minutes", "units", "study") if name in data}


def entered(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of an activity that comes from an earlier book."""
    return {**held(case, data, actor), "minutes": data.get("minutes") or ""}


def struck(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of an activity that was entered by mistake: it counts nowhere."""
    return {"held_on": None, "voters": 0}


def tell_invited(case: Any, data: Any, actor: Any) -> None:
    """After it was announced: everybody in the list is invited."""
    attendance.tell(case, attendance.INVITED)


def note_leader(case: Any, data: Any, actor: Any) -> None:
    """After it was held: the list follows the day, and who led it was there unless the list says otherwise."""
    attendance.follow_day(case, case.held_on)
    if case.leader_id is not None:
        attendance.presume(case, case.leader_id, actor)


def tell_dropped(case: Any, data: Any, actor: Any) -> None:
    """After it was dropped: its room is free again, and who had been invited is told."""
    activity_rooms.give_back(case, actor)
    if case.announced_on is not None:
        attendance.tell(case, attendance.DROPPED)


LIFE = Workflow(
    f"{P}activity_life", f"{P}activity", 1, numbers="HD", levels=(), label=_("Life of an activity"),
    states=(
        State("planned", _("Planned")),
        State("announced", _("Announced"), tone="info"),
        State("held", _("Held, to be written up"), tone="warn", clocks=(
            Clock("write_up", days(7), _("The activity is written up"), "notify", WORKING,
                  setting=f"{P}limit_write_up", remind=(-2,)),)),
        State("entered", _("Entered from a book, to be confirmed"), tone="info"),
        State("written", _("Written up"), final=True, tone="ok"),
        State("dropped", _("Dropped"), final=True, tone="muted"),
    ),
    transitions=(
        Transition("announce", "planned", "announced", _("Announce and invite"), RUN, by="scope", guard=may_announce,
                   sets=announced, after=tell_invited, tone="ok", notify=()),
        Transition("hold", ("planned", "announced"), "held", _("It was held"), RUN, by="scope", asks=(Held,), guard=may_hold,
                   sets=held, after=note_leader, tone="ok", notify=()),
        Transition("write_up", "held", "written", _("Write it up"), RUN, by="scope", asks=(WrittenUp,), guard=may_write_up,
                   sets=written, flow="solved", prefill=True, tone="ok", notify=()),
        Transition("drop", ("planned", "announced"), "dropped", _("Drop it"), RUN, by="scope", asks=(Dropped,),
                   after=tell_dropped, flow="withdrawn", tone="bad", notify=()),
        Transition("enter", "planned", "entered", _("Enter from a book"), None, asks=(Entered,), automatic=True, guard=from_book,
                   sets=entered, notify=()),
        Transition("confirm", "entered", "written", _("Confirm as entered"), RUN, by="scope", flow="solved", bulk=True, tone="ok",
                   notify=()),
        Transition("strike", "entered", "dropped", _("Strike it: it did not take place"), RUN, by="scope", asks=(Dropped,),
                   sets=struck, flow="withdrawn", tone="bad", notify=()),
    ))

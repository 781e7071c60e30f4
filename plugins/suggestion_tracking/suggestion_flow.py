"""The life of a deputy's suggestion: raised, checked, handed over, handled, answered; what follows stands in ``receipt_steps``.

What each unit does is a task with a life of its own (``suggestion_tasks``). Its steps take those that are automatic here: a
person never declares a suggestion handled or answered while a unit still owes its part.
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import Clock, Refusal, State, Transition, Workflow, local_day, setting, to_department
from grid321.core.api import lazy_gettext as _

from . import receipt_steps, suggestion_life
from .suggestion_forms import (
    Agreement,
    AssignLead,
    AssignSeparate,
    Checked,
    Excluded,
    KeyLeader,
    Reason,
    Reply,
    Urging,
)
from .suggestion_schemas import STAGES

P = "suggestion_tracking."
BEFORE = ("raised", "to_change", "checked")
WITH_UNITS = ("assigned", "handling")
BOTH = {"hand_over": "assigned", "receipt": "handling"}


# ---------------------------------------------------------------- guards

def fits(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of the check: each of its questions is answered with yes."""
    for name in ("one_matter", "concrete", "within_powers"):
        if data.get(name) == "no":
            return Refusal(_("A suggestion that fails the check is not handed over."), "check_failed", name,
                           _("Return it to the deputy with what has to be changed, or do not take it and give the reason."))
    return None


def told_by_tasks(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard: only the step of a unit's task takes this one; the platform takes it then."""
    return None if data.get("trigger") else Refusal(_("The steps of the units take this one."), "needs_task")


def has_met(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of a reply: the meetings that the county asks for are recorded, and a promise names its day."""
    return meetings_refusal(suggestion_life.meetings_missing(case)) or promise_refusal(data)


def meetings_refusal(missing: list[str]) -> Refusal | None:
    """The refusal that names the meetings which are not recorded yet; None when none is missing."""
    if not missing:
        return None
    labels = dict(STAGES)
    named = "、".join(str(labels[stage]) for stage in missing)
    return Refusal(_("The meetings with the deputy are not all recorded: %(stages)s.", stages=named), "not_met",
                   remedy=_("Meet the deputy, and record who, when, where, in which form and what the deputy said."))


def promise_refusal(data: dict[str, Any]) -> Refusal | None:
    """A promise needs its day and the other way round; the day is not past."""
    text, day = data.get("commitment"), data.get("commitment_on")
    if bool(text) != bool(day):
        field = "commitment_on" if text else "commitment"
        return Refusal(_("A promise has a text and a day."), "half_promise", field, _("Fill in both, or neither."))
    if day is not None and day < local_day():
        return Refusal(_("The day of the promise is past."), "promise_past", "commitment_on", _("Choose a later day."))
    return None


def may_agree(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the deputy agrees to a longer limit once."""
    if case.agreed_longer_on is None:
        return None
    return Refusal(_("You agreed to a longer limit already."), "agreed")


def major(case: Any) -> str | None:
    """Which setting gives the limit of the reply: that of major matters where the county has one."""
    key = "core.clock_reply_major"
    return key if case.is_major and setting(key, case.division_id) is not None else None


# ---------------------------------------------------------------- what the steps write

def checked(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of a passed check."""
    return {"check_result": "fit", "excluded_reason": None}


def excluded(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of what is not taken as a suggestion."""
    return {"check_result": "excluded", "excluded_reason": data["excluded_reason"]}


def handed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a hand-over."""
    return {"way": "lead" if data.get("department_id") else "separate", "handed_on": local_day(),
            "transfers": (case.transfers or 0) + 1, "is_major": bool(data.get("is_major")),
            "joint_reply": bool(data.get("joint_reply")), "level_reply": data.get("level_reply") or "unit",
            "agreed_longer_on": None}


def unassigned(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of a suggestion that no unit has any more."""
    return {"department_id": None, "way": None}


def key(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a key suggestion: with a leader it is one, without it is not."""
    leader = data.get("key_leader_id")
    return {"is_key": leader is not None, "key_leader_id": leader}


def agreed(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of the deputy's consent to a longer limit."""
    return {"agreed_longer_on": local_day()}


def replied_on_paper(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a reply that the office enters for the units."""
    return {"outcome": data["outcome"], "answer": data["text"], "answered_on": local_day()}


# ---------------------------------------------------------------- states and steps

STATES = (
    State("raised", _("Raised, to be checked"), clocks=(
        Clock("assign", None, _("The suggestion is handed over"), "notify", setting="core.clock_assign",
              until=("raised", "checked"), pause=("to_change",), remind=(-2,)),)),
    State("to_change", _("Returned to the deputy"), desk="reporter", tone="warn"),
    State("checked", _("Checked, to be handed over")),
    State("assigned", _("Handed over to units"), desk="none", clocks=(
        Clock("reply", None, _("The deputy has the reply"), "supervise", setting="core.clock_reply", choose=major, starts=BOTH,
              until=WITH_UNITS, voids=("unassigned",), remind=(-15, -3, 7)),)),
    State("handling", _("Handled by the units"), desk="none"),
    State("answered", _("Answered, to be rated"), desk="none", tone="ok"),
    State("refused", _("Not taken as a suggestion"), final=True, tone="muted"),
    State("withdrawn", _("Withdrawn"), final=True, tone="muted"),
)

CHECK = (
    Transition("pass_check", "raised", "checked", _("Passes the check"), P + "check", asks=(Checked,), guard=fits, sets=checked,
               tone="ok"),
    Transition("send_back", "raised", "to_change", _("Return to the deputy"), P + "check", asks=(Reason,), tone="warn",
               notify=("reporter",)),
    Transition("raise_again", "to_change", "raised", _("Raise it again"), P + "raise", by="reporter"),
    Transition("raise_again_told", "to_change", "raised", _("Enter that it is raised again"), P + "register"),
    Transition("exclude", ("raised", "checked"), "refused", _("Do not take it as a suggestion"), P + "check", asks=(Excluded,),
               sets=excluded, flow="closed", tone="bad", notify=("reporter",)),
)

HAND_OVER = (
    Transition("assign", "checked", "assigned", _("Hand over to a lead unit"), P + "assign", asks=(AssignLead,),
               moves=to_department(), guard=suggestion_life.one_unit_each, sets=handed, after=suggestion_life.give_tasks,
               notify=("reporter",)),
    Transition("assign_separate", "checked", "assigned", _("Hand over to separate units"), P + "assign", asks=(AssignSeparate,),
               guard=suggestion_life.one_unit_each, sets=handed, after=suggestion_life.give_tasks, notify=("reporter",)),
    Transition("unassigned", WITH_UNITS, "checked", _("No unit has it any more"), automatic=True, guard=told_by_tasks,
               sets=unassigned, tone="warn"),
)

HANDLING = (
    Transition("all_accepted", "assigned", "handling", _("Every unit has accepted"), automatic=True, guard=told_by_tasks),
    Transition("accepted_told", "assigned", "handling", _("Enter that the units accepted"), P + "assign",
               after=suggestion_life.told_accepted),
    Transition("all_answered", WITH_UNITS, "answered", _("Every unit has replied"), automatic=True, guard=told_by_tasks,
               sets=suggestion_life.whole_reply, after=suggestion_life.answered, tone="ok", notify=("reporter",)),
    Transition("answered_again", "again", "answered", _("Every unit has replied again"), automatic=True, guard=told_by_tasks,
               sets=suggestion_life.whole_reply, after=suggestion_life.answered, tone="ok", notify=("reporter",)),
    Transition("enter_reply", (*WITH_UNITS, "again"), "answered", _("Enter a reply on paper"), P + "assign", asks=(Reply,),
               guard=has_met, sets=replied_on_paper, after=suggestion_life.told_reply, notify=("reporter",)),
    *(Transition(f"urge_{state}", state, state, _("Record a leader's urging"), P + "assign", asks=(Urging,),
                 notify=("department",)) for state in WITH_UNITS),
    *(Transition(f"agreed_{state}", state, state, _("The deputy agreed to a longer limit"), automatic=True, guard=told_by_tasks,
                 sets=agreed) for state in WITH_UNITS),
    Transition("agree_longer", "handling", "handling", _("Agree to a longer limit"), P + "raise", by="reporter",
               asks=(Agreement,), guard=may_agree, sets=agreed),
)

KEY = tuple(
    Transition(f"key_{state}", state, state, _("Key suggestion"), P + "assign", asks=(KeyLeader,), sets=key, prefill=True)
    for state in ("checked", *WITH_UNITS))
"""Beside the way: in each of these states a suggestion becomes a key suggestion, or ceases to be one."""

END = (
    Transition("withdraw", (*BEFORE, *WITH_UNITS), "withdrawn", _("Withdraw"), P + "raise", by="reporter", asks=(Reason,),
               after=suggestion_life.finish_tasks, flow="withdrawn", tone="bad", notify=("holder", "department")),
    Transition("withdraw_told", (*BEFORE, *WITH_UNITS), "withdrawn", _("Enter that the deputy withdraws it"), P + "register",
               asks=(Reason,), after=suggestion_life.finish_tasks, flow="withdrawn", tone="bad",
               notify=("reporter", "department")),
)

SUGGESTION_HANDLING = Workflow(
    P + "suggestion_handling", entity=P + "suggestion", version=1, states=(*STATES, *receipt_steps.SUGGESTION_STATES),
    transitions=(*CHECK, *HAND_OVER, *HANDLING, *KEY, *END, *receipt_steps.SUGGESTION_STEPS), initial="raised", numbers="JY",
    levels=("town", "county"), label=_("Handling of a suggestion"))

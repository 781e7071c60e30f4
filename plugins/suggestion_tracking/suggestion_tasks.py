"""The life of a unit's task: received, accepted or returned with reasons, fixed, answered; once more where the deputy objects.

There is no step by which a unit passes its task on to another one: only the office that gave it takes it back and gives it anew.
What the office enters for units without account, and the workflow that joins it all, stand in ``suggestion_paper``.
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    Clock,
    Extension,
    Refusal,
    State,
    Transition,
    format_day,
    last_days,
    local_day,
    months,
    setting,
    within,
)
from grid321.core.api import lazy_gettext as _

from . import suggestion_life
from .suggestion_flow import meetings_refusal, promise_refusal, told_by_tasks
from .suggestion_forms import Opinion, Reason, Reply, SixFixings

P = "suggestion_tracking."
BOTH = {"hand_over": "given", "receipt": "received"}
AT_UNIT = ("given", "received", "accepted", "fixed", "returned")
AT_WORK = ("given", "received", "accepted", "fixed", "again")
MET = tuple(f"met_{state}" for state in AT_WORK)
GONE = ("take_back", "call_off")


# ---------------------------------------------------------------- which limit holds for which role

def reply_limit(case: Any) -> str | None:
    """The setting of the reply's limit for a unit that replies; none for a co-handling unit."""
    if case.role == "co":
        return None
    major = "core.clock_reply_major"
    return major if suggestion_life.is_major(case) and setting(major, case.division_id) is not None else "core.clock_reply"


def opinion_limit(case: Any) -> str | None:
    """The setting of the opinion's limit for a co-handling unit."""
    return "core.clock_co_handler" if case.role == "co" else None


def contact_limit(case: Any) -> str | None:
    """The setting of the first contact's limit for a unit that replies."""
    return None if case.role == "co" else "core.clock_first_contact"


def feedback_limit(case: Any) -> str | None:
    """The setting of the first feedback's limit for a unit that replies."""
    return None if case.role == "co" else "core.clock_feedback"


def second_opinion_limit(case: Any) -> str | None:
    """The setting of a co-handling unit's limit in the second handling."""
    return "core.clock_co_handler_redo" if case.role == "co" else None


# ---------------------------------------------------------------- guards

def may_return(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a task is returned once, within its limit."""
    if case.return_reason:
        return Refusal(_("The office has decided that this unit handles it."), "insisted",
                       remedy=_("Handle it, or talk to the office that gave it."))
    return within(case, "return")


def replies(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: this step belongs to a unit that replies to the deputy."""
    if case.role != "co":
        return None
    return Refusal(_("A co-handling unit gives its opinion to the lead unit; the lead unit replies."), "co_handler",
                   for_good=True, remedy=_("Give the opinion."))


def co_handles(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: this step belongs to a co-handling unit."""
    if case.role == "co":
        return None
    return Refusal(_("This unit replies to the deputy; an opinion is what co-handling units give."), "replies",
                   remedy=_("Reply with an outcome class."))


def fixes_in_time(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of the six fixings: a unit that replies, and a time limit that is not past and not later than that of the reply."""
    day = data.get("fix_limit_on")
    last = last_days(P + "task", [case.id], "reply").get(case.id)
    if day is not None and day < local_day():
        return Refusal(_("The last day is past. Choose today or a later day."), "past", "fix_limit_on")
    if day is not None and last is not None and day > last:
        return Refusal(_("The reply is due on %(day)s: the time limit cannot be later.", day=format_day(last)), "too_late",
                       "fix_limit_on", _("Choose that day or an earlier one, or ask for an extension first."))
    return replies(case, data, actor)


def may_reply(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of a reply: the meetings are recorded, the co-handling units have been heard, a promise names its day."""
    whole = suggestion_life.suggestion_of(case)
    return (replies(case, data, actor) or promise_refusal(data)
            or meetings_refusal(suggestion_life.meetings_missing(whole, case.department_id)) or opinions_missing(case))


def opinions_missing(case: Any) -> Refusal | None:
    """The lead unit waits for the opinions of the co-handling units while their limit runs."""
    if case.role != "lead":
        return None
    waiting = [task for task in suggestion_life.active(suggestion_life.tasks_of(case_of(case)))
               if task.role == "co" and task.state in suggestion_life.OPEN_WITH_UNIT]
    last = last_days(P + "task", [task.id for task in waiting], "co_handler")
    waiting = [task for task in waiting if last.get(task.id) is None or last[task.id] >= local_day()]
    if not waiting:
        return None
    names = "、".join(suggestion_life.unit_names(task.department_id for task in waiting).values())
    return Refusal(_("The opinion of %(units)s is still missing.", units=names), "no_opinion",
                   remedy=_("Ask the unit for its opinion. When its limit has passed you may reply without it."))


def case_of(task: Any) -> Any:
    """The suggestion of a task."""
    return suggestion_life.suggestion_of(task)


def redone_too(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of the reply to a second handling: the lead waits for the opinions, a promise names its day."""
    return replies(case, data, actor) or promise_refusal(data) or opinions_missing(case)


def not_rated_yet(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the office sends a reply back to the unit only before the deputy has the whole answer."""
    whole = suggestion_life.suggestion_of(case)
    if whole.state in {"raised", "checked", "assigned", "handling", "again"}:
        return None
    return Refusal(_("The deputy has the answer already."), "answered",
                   remedy=_("Wait for the receipt card: when the deputy is not satisfied, it is handled again."))


def is_over(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a task is done when its suggestion is no longer with the units; an opinion when the office takes it as it is."""
    whole = suggestion_life.suggestion_of(case)
    if case.role == "co" or whole.state not in {"assigned", "handling", "answered", "objected", "again"}:
        return None
    return Refusal(_("The suggestion is still being handled."), "open", remedy=_("The task is done when the suggestion ends."))


# ---------------------------------------------------------------- what the steps write

def received(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Column of the signed receipt."""
    return {"received_on": local_day()}


def accepted(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Column of the acceptance."""
    return {"accepted_on": local_day()}


def returned(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Column of the reasons of a return."""
    return {"return_reason": data["reason"]}


def fixed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of the six fixings."""
    return dict(data)


def answered(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a reply or an opinion."""
    found = {"answer": data["text"], "answered_on": local_day()}
    if case.role == "co":
        return found
    return {**found, "outcome": data.get("outcome"), "letter_number": data.get("letter_number") or ""}


def again(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Column of the second handling."""
    return {"handled_again": True}


# ---------------------------------------------------------------- states and steps

LONGER = Extension(P + "ask_extension", P + "decide_extension", months(6), "core.clock_reply_extended",
                   guard=suggestion_life.consent_given, after=suggestion_life.extended)


def limit(key: str, label: Any, overdue: str, **options: Any) -> Clock:
    """A clock that runs while the task is with the unit, from the hand-over or the receipt as the county has set."""
    return Clock(key, None, label, overdue, starts=BOTH, until=options.pop("until", AT_UNIT), voids=options.pop("voids", GONE),
                 **options)


CLOCKS = (
    limit("return", _("Return with reasons"), "mark", setting="core.clock_return", until=("given", "received"), voids=()),
    limit("reply", _("Reply"), "supervise", choose=reply_limit, extension=LONGER, remind=(-15, -3, 7)),
    limit("co_handler", _("Opinion of the co-handling unit"), "notify", choose=opinion_limit, remind=(-7, 3)),
    limit("first_contact", _("First contact with the deputy"), "notify", choose=contact_limit, ends=MET, remind=(-1,)),
    limit("feedback", _("First feedback to the deputy"), "notify", choose=feedback_limit, ends=MET),
    Clock("own", None, _("Own limit of the unit"), "notify", _("Set at the hand-over"), answer="limit_on", until=AT_UNIT,
          voids=GONE, remind=(-3, 3)),
)

STATES = (
    State("given", _("Given, receipt to be signed"), desk="department", clocks=CLOCKS),
    State("received", _("Received, to be accepted"), desk="department"),
    State("accepted", _("Accepted, to be fixed"), desk="department"),
    State("fixed", _("Being handled"), desk="department"),
    State("returned", _("Returned with reasons"), tone="warn"),
    State("answered", _("Answered"), desk="none", tone="ok"),
    State("again", _("Handled again"), desk="department", tone="warn", clocks=(
        Clock("redo", None, _("Second handling"), "supervise", setting="core.clock_redo", rule="core.clock_redo_rule",
              answer="limit", voids=GONE, remind=(-7, 3)),
        Clock("co_handler_redo", None, _("Opinion on the second handling"), "notify", choose=second_opinion_limit, voids=GONE))),
    State("done", _("Done"), final=True, tone="ok"),
    State("taken_back", _("Taken back"), final=True, tone="muted"),
)

UNIT = (
    Transition("receive", "given", "received", _("Sign the receipt"), P + "work", by="department", sets=received, bulk=True),
    Transition("accept", "received", "accepted", _("Accept"), P + "work", by="department", sets=accepted,
               after=suggestion_life.accepted, bulk=True),
    Transition("give_back", ("given", "received"), "returned", _("Return with reasons"), P + "work", by="department",
               asks=(Reason,), guard=may_return, sets=returned, tone="warn", notify=("holder",)),
    Transition("fix", "accepted", "fixed", _("Fix plan, people and time"), P + "work", by="department", asks=(SixFixings,),
               guard=fixes_in_time, sets=fixed),
    Transition("change_plan", "fixed", "fixed", _("Change the plan"), P + "work", by="department", asks=(SixFixings,),
               guard=fixes_in_time, sets=fixed, prefill=True),
    Transition("reply", "fixed", "answered", _("Reply"), P + "work", by="department", asks=(Reply,), guard=may_reply,
               sets=answered, after=suggestion_life.replied, tone="ok", notify=("holder",)),
    Transition("give_opinion", "accepted", "answered", _("Give the opinion"), P + "work", by="department", asks=(Opinion,),
               guard=co_handles, sets=answered, tone="ok", notify=("holder",)),
    Transition("reply_again", "again", "answered", _("Reply again"), P + "work", by="department", asks=(Reply,),
               guard=redone_too, sets=answered, after=suggestion_life.replied, tone="ok", notify=("holder",)),
    Transition("give_opinion_again", "again", "answered", _("Give the opinion again"), P + "work", by="department",
               asks=(Opinion,), guard=co_handles, sets=answered, tone="ok", notify=("holder",)),
)

OFFICE = (
    Transition("insist", "returned", "received", _("Decide that the unit handles it"), P + "assign", asks=(Reason,),
               notify=("department",)),
    Transition("take_back", "returned", "taken_back", _("Take it back from the unit"), P + "assign", asks=(Reason,),
               after=suggestion_life.left, flow="withdrawn", tone="warn", notify=("department",)),
    Transition("call_off", ("given", "received", "accepted", "fixed", "returned", "again"), "taken_back",
               _("Call the unit off"), P + "assign", asks=(Reason,), after=suggestion_life.left, flow="withdrawn", tone="bad",
               notify=("department",)),
    Transition("ask_again", "answered", "again", _("Send it back to the unit"), P + "assign", asks=(Reason,),
               guard=not_rated_yet, tone="warn", notify=("department",)),
    Transition("finish", "answered", "done", _("The task is done"), P + "assign", guard=is_over, flow="closed"),
    Transition("work_again", "answered", "again", _("The second handling begins"), automatic=True, guard=told_by_tasks,
               sets=again, tone="warn", notify=("department",)),
    Transition("replied_on_paper", ("given", "received", "accepted", "fixed", "returned", "again"), "answered",
               _("The office entered the reply"), automatic=True, guard=told_by_tasks, sets=answered),
    *(Transition(f"met_{state}", state, state, _("Met the deputy"), automatic=True, guard=told_by_tasks) for state in AT_WORK),
)

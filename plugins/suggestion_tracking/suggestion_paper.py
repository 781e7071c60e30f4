"""What the office enters for a unit in which nobody has an account: acceptance, opinion and reply, as they came on paper.

The day of the paper counts, not the day on which somebody typed it; who typed it stands in the ledger. A unit that works here
itself is never answered for. With these steps the handling of a task is at version 2: tasks given under version 1 end under it.
"""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from grid321.core.api import Actor, Refusal, Transition, Workflow, format_day, has_account, in_state_since, local_day
from grid321.core.api import lazy_gettext as _

from . import suggestion_life, suggestion_tasks
from .suggestion_forms import Opinion, Paper, Reply

P = "suggestion_tracking."


# ---------------------------------------------------------------- guards

def nobody_there(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard: nobody in the unit could take the step, and the paper is not older than the hand-over."""
    if has_account(case.department_id, P + "work"):
        unit = suggestion_life.unit_names([case.department_id]).get(case.department_id, "")
        return Refusal(_("%(unit)s works here with an account of its own.", unit=unit), "has_account",
                       remedy=_("Ask the unit to do it there: the office enters what comes from units without account."))
    day, first = data.get("paper_on"), with_unit_since(case)
    if day is not None and first is not None and day < first:
        return Refusal(_("The unit has had it only since %(day)s.", day=format_day(first)), "too_early", "paper_on",
                       _("Write the date that the paper bears: that day or a later one."))
    return None


def opinion_on_paper(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of an opinion on paper: of a co-handling unit without account."""
    return suggestion_tasks.co_handles(case, data, actor) or nobody_there(case, data, actor)


def reply_on_paper(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of a reply on paper: of a unit without account, under the rules of a reply that the unit gives itself."""
    rules = suggestion_tasks.redone_too if case.state == "again" else suggestion_tasks.may_reply
    return suggestion_tasks.replies(case, data, actor) or nobody_there(case, data, actor) or rules(case, data, actor)


def with_unit_since(case: Any) -> date | None:
    """The day on which the unit got the task: of the hand-over, or of the order to handle it again."""
    if case.state != "again":
        given: date | None = case.given_on
        return given
    moment = in_state_since(suggestion_life.TASK, case.id, "again")
    return local_day(moment) if moment is not None else None


# ---------------------------------------------------------------- what the steps write, and what follows

def accepted_on_paper(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of an acceptance on paper; where no receipt was signed before, it is one, too."""
    return {"received_on": case.received_on or data["paper_on"], "accepted_on": data["paper_on"]}


def answered_on_paper(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a reply or an opinion on paper: it counts from the day that the paper bears."""
    return {**suggestion_tasks.answered(case, data, actor), "answered_on": data["paper_on"]}


def replied_on_paper(task: Any, data: Mapping[str, Any], actor: Actor) -> None:
    """After a reply on paper: who has replied has accepted, and with the last reply the suggestion is answered."""
    suggestion_life.accepted(task, data, actor)
    suggestion_life.replied(task, data, actor)


# ---------------------------------------------------------------- the workflow

PAPER = (
    Transition("enter_acceptance", ("given", "received"), "accepted", _("Enter an acceptance on paper"), P + "assign",
               asks=(Paper,), guard=nobody_there, sets=accepted_on_paper, after=suggestion_life.accepted),
    Transition("enter_opinion", ("given", "received", "accepted", "again"), "answered", _("Enter an opinion on paper"),
               P + "assign", asks=(Paper, Opinion), guard=opinion_on_paper, sets=answered_on_paper, tone="ok"),
    Transition("enter_reply", ("given", "received", "accepted", "fixed", "again"), "answered", _("Enter a reply on paper"),
               P + "assign", asks=(Paper, Reply), guard=reply_on_paper, sets=answered_on_paper, after=replied_on_paper,
               tone="ok"),
)

TASK_HANDLING = Workflow(
    P + "task_handling", entity=P + "task", version=2, states=suggestion_tasks.STATES,
    transitions=(*suggestion_tasks.UNIT, *PAPER, *suggestion_tasks.OFFICE), initial="given", numbers="CB", levels=(),
    label=_("Handling of a task"))

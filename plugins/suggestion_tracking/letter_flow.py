"""How a supervision letter is answered (督办函、督办单), and how a problem of the three lists is put right (三清单)."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Clock, State, Transition, Workflow, local_day, to_department
from grid321.core.api import lazy_gettext as _

from .supervision_choices import WORKING
from .supervision_forms import Assessment, Confirmed, Duty, Issue, LetterAnswer, NotEnough, Reason, Rectified

P = "suggestion_tracking."


def issued(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a letter that goes out."""
    return {"issued_on": local_day(), "limit_on": data.get("limit_on")}


def answered(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of an answer to a letter."""
    return {"answer": data["answer"], "measures": data["measures"], "answered_on": local_day()}


def assessed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of an answer that is accepted."""
    return {"assessment": data["assessment"]}


def not_enough(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of an answer that is not accepted: it comes again, by a new day."""
    return {"assessment": data["assessment"], "limit_on": data.get("limit_on"), "rejected": case.rejected + 1}


LETTERS = Workflow(
    f"{P}letter_handling", f"{P}letter", 1, numbers="DB", levels=(), label=_("Handling of a supervision letter"),
    states=(
        State("draft", _("Draft")),
        State("issued", _("Issued, to be answered"), desk="department", clocks=(
            Clock("answer", None, _("The unit answers the letter"), "supervise", WORKING, f"{P}limit_letter", answer="limit_on",
                  remind=(-3, 3, 7)),)),
        State("answered", _("Answered, to be assessed")),
        State("accepted", _("Answer accepted"), final=True, tone="ok"),
        State("withdrawn", _("Withdrawn"), final=True, tone="muted"),
    ),
    transitions=(
        Transition("issue", "draft", "issued", _("Issue"), f"{P}urge", asks=(Issue,), sets=issued, moves=to_department(),
                   notify=("department",)),
        Transition("answer", "issued", "answered", _("Answer"), f"{P}answer_supervision", by="department", asks=(LetterAnswer,),
                   sets=answered, tone="ok"),
        Transition("enter_answer", "issued", "answered", _("Enter an answer on paper"), f"{P}urge", asks=(LetterAnswer,),
                   sets=answered),
        Transition("accept", "answered", "accepted", _("Accept the answer"), f"{P}urge", asks=(Assessment,), sets=assessed,
                   flow="solved", tone="ok", notify=("department",)),
        Transition("not_enough", "answered", "issued", _("Not enough, answer again"), f"{P}urge", asks=(NotEnough,),
                   sets=not_enough, tone="warn", notify=("department",)),
        Transition("withdraw", ("draft", "issued"), "withdrawn", _("Withdraw"), f"{P}urge", asks=(Reason,), flow="withdrawn",
                   tone="bad", notify=("department",)),
    ))


def assigned(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of the list of responsibilities and of the measure."""
    return {name: data.get(name) for name in ("duty", "leader", "person", "measure", "limit_on")}


def rectified(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a problem that was put right."""
    return {"result": data["result"], "rectified_on": local_day()}


def confirmed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a confirmed rectification."""
    return {"verified_by": data["checked_by"]}


def sent_back(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a rectification that does not hold."""
    return {"rectified_on": None, "limit_on": data.get("limit_on")}


LISTS = Workflow(
    f"{P}list_handling", f"{P}list_item", 1, numbers="QD", levels=(), label=_("Putting a problem right"),
    states=(
        State("found", _("In the list of problems")),
        State("assigned", _("In the list of responsibilities"), desk="department", clocks=(
            Clock("rectify", None, _("The problem is put right"), "supervise", WORKING, f"{P}limit_rectify", answer="limit_on",
                  remind=(-7, 3)),)),
        State("rectified", _("Put right, to be confirmed")),
        State("verified", _("Confirmed"), final=True, tone="ok"),
        State("dropped", _("Dropped"), final=True, tone="muted"),
    ),
    transitions=(
        Transition("assign", "found", "assigned", _("Name who answers for it"), f"{P}urge", asks=(Duty,), sets=assigned,
                   moves=to_department(), notify=("department",)),
        Transition("rectify", "assigned", "rectified", _("Report as put right"), f"{P}answer_supervision", by="department",
                   asks=(Rectified,), sets=rectified, tone="ok"),
        Transition("enter_rectified", "assigned", "rectified", _("Enter as put right"), f"{P}urge", asks=(Rectified,),
                   sets=rectified),
        Transition("verify", "rectified", "verified", _("Confirm"), f"{P}verify", asks=(Confirmed,), sets=confirmed,
                   flow="solved", tone="ok", notify=("department",)),
        Transition("send_back", "rectified", "assigned", _("Does not hold, again"), f"{P}verify", asks=(NotEnough,),
                   sets=sent_back, tone="warn", notify=("department",)),
        Transition("drop", ("found", "assigned"), "dropped", _("Drop"), f"{P}urge", asks=(Reason,), flow="withdrawn", tone="bad",
                   notify=("department",)),
    ))

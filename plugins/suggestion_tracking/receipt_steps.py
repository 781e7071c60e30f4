"""What follows an answered suggestion: receipt card, second handling once, evaluation, promises, write-off.

The suggestion’s workflow joins ``SUGGESTION_STATES`` and ``SUGGESTION_STEPS``; everything up to the answer is its own.
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import Clock, Refusal, State, Transition, gettext, local_day, setting
from grid321.core.api import lazy_gettext as _

from .supervision_choices import WORKING
from .supervision_forms import Evaluation, NoCard, Reason, Redo, WriteOff
from .supervision_models import Commitment, Receipt

P = "suggestion_tracking."

# ---------------------------------------------------------------- guards

def told_by_card(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: only a receipt card takes this step; the platform takes it with what the card says."""
    return None if data.get("rating") else Refusal(_("The deputy’s receipt card takes this step."), "needs_card")


def may_redo(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a suggestion is handled again once; after the second “not satisfied” it is evaluated, not handled a third time."""
    if case.handled_again:
        return Refusal(_("The suggestion was already handled again once."), "handled_again",
                       remedy=_("The deputy is still not satisfied: evaluate the result and write the evaluation down."))
    if data and not data.get("limit") and setting("core.clock_redo_rule", case.holder_id) == "decision":
        return Refusal(_("Here the limit of the second handling is decided in each case."), "no_limit", field="limit",
                       remedy=_("Write it as a number and a unit, as in: 1 m"))
    return None


def card_is_out(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: without a card it goes on only after the card’s limit, where the county set one: nobody is passed over."""
    card = (Receipt.select(Receipt.due).where((Receipt.suggestion_number == case.number) & Receipt.leading & (
        Receipt.state == "issued")).order_by(Receipt.id.desc()).first())
    if card is None or card.due is None or card.due < local_day():
        return None
    return Refusal(_("The receipt card can still come back."), "card_running",
                   remedy=_("Wait until its limit has passed, or enter the card that the deputy gave you."))


def has_open_promises(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: what is followed has a promise in the ledger that is not kept yet."""
    if promises(case.number)[0]:
        return None
    return Refusal(_("There is no promise to follow."), "no_promise",
                   remedy=_("Enter what the reply promises in the ledger of commitments first."))


def is_done(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: written off is what counts as solved, by its outcome class or because every promise was kept."""
    still_open, kept = promises(case.number)
    if still_open:
        return Refusal(_("%(count)s promises are not kept yet.", count=still_open), "open_promises",
                       remedy=_("Its promises stand below: each is confirmed as kept, carried on or dropped.")
                       if case.state == "followed" else _("Follow the suggestion until they are kept."))
    if case.state == "rated" and case.rating == "not":
        return Refusal(_("The deputy is not satisfied."), "not_satisfied", remedy=_("Have the result evaluated first."))
    if kept or case.outcome in solved_outcomes(case):
        return None
    return Refusal(_("The outcome class does not count as solved."), "not_solved",
                   remedy=_("Follow its promises until they are kept, or close the suggestion as not solved."))


def is_not_done(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: closed as not solved is what is not solved and promises nothing any more."""
    still_open, kept = promises(case.number)
    if still_open:
        return Refusal(_("%(count)s promises are not kept yet.", count=still_open), "open_promises",
                       remedy=_("Follow the suggestion until they are kept, or drop them with reasons."))
    if not kept and case.outcome not in solved_outcomes(case):
        return None
    return Refusal(_("The suggestion is solved."), "is_solved", remedy=_("Write it off."))


def promises(number: str) -> tuple[int, int]:
    """(open, kept) commitments of a suggestion. One query."""
    states = [row[0] for row in Commitment.select(Commitment.state).where(Commitment.suggestion_number == number).tuples()]
    return sum(state in ("open", "reported") for state in states), states.count("kept")


def solved_outcomes(case: Any) -> set[str]:
    """The outcome classes that count as solved where a suggestion lies."""
    return {code.strip() for code in str(setting(f"{P}solved_outcomes", case.holder_id)).split(",")}


# ---------------------------------------------------------------- what the steps write

def rated(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of what the leading deputy’s card says."""
    return {"rating": data["rating"], "attitude": data.get("attitude"), "rated_on": local_day()}


def ordered_again(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of the second handling: the first rating stays on its card."""
    return {"handled_again": True, "rating": None, "attitude": None, "rated_on": None}


def start_again(case: Any, data: Any, actor: Any) -> None:
    """After the order: whoever works on it takes it up again."""
    from . import suggestion_life  # it is built on this module

    for call in suggestion_life.REDO:
        call(case, data, actor)


def finish(case: Any, data: Any, actor: Any) -> None:
    """After the suggestion is concluded: the parts of its units are done, no card is waited for any more."""
    from . import suggestion_life, supervision_life

    suggestion_life.finish_tasks(case, data, actor)
    supervision_life.lapse_cards(case, gettext("The suggestion was concluded."))


def give_up_card(case: Any, data: Any, actor: Any) -> None:
    """After the office goes on without the leading deputy’s card: it is not waited for any more."""
    from . import supervision_life

    supervision_life.lapse_cards(case, data["reason"], leading=True)


# ---------------------------------------------------------------- states and steps

SUGGESTION_STATES = (
    State("objected", _("Not satisfied, second handling to be ordered"), tone="warn"),
    # The units' tasks run their own limits of it and stand on their desks; here its day is seen in the lists.
    State("again", _("Handled again"), desk="none", tone="warn", clocks=(
        Clock("redo", None, _("Second handling"), "mark", setting="core.clock_redo", rule="core.clock_redo_rule",
              answer="limit", remind=(-7, 3)),)),
    State("rated", _("Rated, to be concluded"), tone="info"),
    State("evaluating", _("Still not satisfied, to be evaluated"), tone="bad", clocks=(
        Clock("evaluate", None, _("The result is evaluated"), "notify", WORKING, f"{P}limit_evaluate", remind=(-7, 3)),)),
    State("evaluated", _("Evaluated, to be concluded")),
    State("followed", _("Promises are followed"), tone="warn"),
    State("closed", _("Written off"), final=True, tone="ok"),
    State("ended", _("Closed, not solved"), final=True, tone="muted"),
)

CONCLUDE = ("rated", "evaluated", "followed")

SUGGESTION_STEPS = (
    Transition("receipt_good", "answered", "rated", _("The card says satisfied"), automatic=True, guard=told_by_card, sets=rated,
               tone="ok"),
    Transition("receipt_bad", "answered", "objected", _("The card says not satisfied"), automatic=True, guard=told_by_card,
               sets=rated, tone="warn"),
    Transition("receipt_bad_again", "answered", "evaluating", _("The card says not satisfied again"), automatic=True,
               guard=told_by_card, sets=rated, tone="bad"),
    Transition("without_card", "answered", "rated", _("Go on without a card"), f"{P}conclude", asks=(NoCard,), guard=card_is_out,
               after=give_up_card, tone="warn"),
    Transition("redo", ("objected", "evaluating"), "again", _("Order the second handling"), f"{P}redo", asks=(Redo,),
               guard=may_redo, sets=ordered_again, after=start_again, tone="warn", notify=("department",)),
    Transition("evaluate", "evaluating", "evaluated", _("Evaluate the result"), f"{P}evaluate", asks=(Evaluation,),
               notify=("department", "reporter")),
    Transition("follow", ("rated", "evaluated"), "followed", _("Follow its promises"), f"{P}conclude", guard=has_open_promises,
               after=finish, notify=("reporter",)),
    Transition("close", CONCLUDE, "closed", _("Write off"), f"{P}conclude", asks=(WriteOff,), guard=is_done, flow="solved",
               after=finish, tone="ok", notify=("reporter",)),
    Transition("end", CONCLUDE, "ended", _("Close as not solved"), f"{P}conclude", asks=(Reason,), guard=is_not_done,
               after=finish, flow="closed", tone="bad", notify=("reporter",)),
)

"""The handling of a report: heard in the grid, handled at the lowest level that can, rated by its reporter, written off.

A case lives in the bank of the division that holds it (village, town, county). It climbs only with the record of the
meeting that decided so, is handed to a department and comes back with an answer or with reasons, and leaves the bank
when it is solved, sent on, withdrawn or closed as not solved. What is only explained ("no money, no project") is never
solved: it stays in the bank as *kept*, or is closed and counted as *not solved*.
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    Clock,
    Refusal,
    State,
    Transition,
    Workflow,
    days,
    down,
    from_department,
    months,
    snapshot,
    to_department,
    up,
    working_days,
)
from grid321.core.api import lazy_gettext as _

from .schemas import (
    AgainRating,
    Answer,
    Evaluation,
    HandOver,
    KeepNote,
    Rating,
    Reason,
)

VILLAGE_MEETING, TOWN_MEETING, COUNTY_MEETING = ("village_committees",), ("town_presidium",), ("county_directors",)
DEFAULT = _("[place] default; the county sets its own. No law fixes this length.")


def level_of(case: Any) -> str:
    """Level of the division that holds ``case``: village, town or county."""
    node = snapshot().tree.get(case.holder_id)
    return node.level if node is not None else ""


def counts_as_solved(case: Any) -> bool:
    """True when the outcome class of ``case`` is one that its county counts as solved (setting ``grid.solved_outcomes``)."""
    now = snapshot()
    chosen = str(now.settings.get("grid.solved_outcomes", now.tree.get(case.holder_id)))
    return case.outcome in {code.strip() for code in chosen.split(",")}


def held_by_village(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: only a village or community takes this step."""
    return None if level_of(case) == "village" else _wrong_level(_("a village or community"))


def held_by_town(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: only a town or street takes this step."""
    return None if level_of(case) == "town" else _wrong_level(_("a town or street"))


def held_by_county(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: only the county takes this step."""
    return None if level_of(case) == "county" else _wrong_level(_("the county"))


def _wrong_level(who: Any) -> Refusal:
    return Refusal(_("This step belongs to %(who)s, and another level holds the matter.", who=who), "wrong_level",
                   remedy=_("Open the matter again: its next steps are listed there."))


def first_objection(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a matter is handled again once, not twice."""
    if not case.handled_again:
        return None
    return Refusal(_("The matter was already handled again once."), "handled_again",
                   remedy=_("Rate it as still not satisfied: the level that holds it then checks the result."))


def second_objection(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the final "not satisfied" comes after the second handling."""
    if case.handled_again:
        return None
    return Refusal(_("The matter has not been handled again yet."), "not_handled_again",
                   remedy=_("Choose “Not satisfied, handle again”."))


def may_be_written_off(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: only what is solved, and not rated "not satisfied", is written off without a check."""
    if not counts_as_solved(case):
        return Refusal(_("The outcome class does not count as solved, so the matter is not written off."), "not_solved",
                       field="outcome", remedy=_("Keep it in the bank, or handle it until it is solved."))
    if case.rating == "not":
        return Refusal(_("The reporter is not satisfied."), "not_satisfied",
                       remedy=_("Check the result and write the evaluation down, or keep the matter in the bank."))
    return None


def needs_evaluation(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: an evaluation is for a solved matter whose reporter stayed dissatisfied after the second handling."""
    if counts_as_solved(case) and case.rating == "not":
        return None
    return Refusal(_("An evaluation is only for a solved matter that was rated “not satisfied” twice."), "no_evaluation",
                   remedy=_("Write it off or keep it in the bank."))


def not_solved(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a solved matter that nobody objects to is written off, not kept and not closed as unsolved."""
    if counts_as_solved(case) and case.rating != "not":
        return Refusal(_("The matter is solved."), "is_solved", remedy=_("Write it off."))
    return None


def _answered(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    values = {"outcome": data["outcome"], "answer": data["text"], "rating": None, "attitude": None}
    return {**values, "way": data["way"]} if data.get("way") else values


def _handed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    return {"way": data["way"], "limit_on": data.get("limit_on")}


def _rated(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    return {"rating": data["result"], "attitude": data["attitude"]}


def _objected(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    return {"rating": "not", "attitude": data["attitude"], "handled_again": True}


def _objected_again(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    return {"rating": "not", "attitude": data["attitude"]}


def _written_off(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    return {"solved_level": level_of(case)}


def _to_village(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    return {"holder_level": "village"}


def _to_town(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    return {"holder_level": "town"}


def _to_county(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    return {"holder_level": "county"}


STATES = (
    State("reported", _("Reported"), tone="info", clocks=(
        Clock("accept", working_days(1), _("The village takes it up"), "notify", DEFAULT, "grid.limit_accept"),)),
    State("handling", _("Handled by the village"), clocks=(
        Clock("village", days(7), _("The village handles it or sends it up"), "notify", DEFAULT, "grid.limit_village",
              until=("handling", "studied"), remind=(-2, 3)),)),
    State("studied", _("Before the two committees")),
    State("received", _("With the town"), clocks=(
        Clock("town", working_days(15), _("The town has it answered"), "notify", DEFAULT, "grid.limit_town",
              until=("received", "handed", "accepted"), remind=(-3, 3)),)),
    State("received_county", _("With the county"), clocks=(
        Clock("county", working_days(15), _("The county has it answered"), "notify", DEFAULT, "grid.limit_county",
              until=("received_county", "handed", "accepted"), remind=(-3, 3)),)),
    State("handed", _("Handed to a department"), desk="department", clocks=(
        Clock("take_up", working_days(2), _("The department accepts or returns it"), "notify", DEFAULT,
              "grid.limit_take_up"),)),
    State("accepted", _("Handled by the department"), desk="department"),
    State("answered", _("Answered, to be rated"), desk="reporter", clocks=(
        Clock("rating", working_days(10), _("The reporter rates the answer"), "mark", DEFAULT, "grid.limit_rating",
              remind=(-3,)),)),
    State("again", _("Handled again"), tone="warn", clocks=(
        Clock("second", months(1), _("It is handled again"), "notify", DEFAULT, "grid.limit_second",
              remind=(-7, 3)),)),
    State("rated", _("Rated, to be written off")),
    State("kept", _("Kept in the bank"), tone="warn", clocks=(
        Clock("look_again", months(3), _("It is looked at again"), "notify", DEFAULT, "grid.limit_look_again",
              remind=(-7,)),)),
    State("closed", _("Written off"), final=True, tone="ok"),
    State("ended", _("Closed, not solved"), final=True, tone="muted"),
    State("withdrawn", _("Withdrawn"), final=True, tone="muted"),
)

VILLAGE = (
    Transition("accept", "reported", "handling", _("Take it up"), "grid.handle", bulk=True),
    Transition("solve_on_spot", ("reported", "handling"), "answered", _("Handled on the spot"), "grid.handle",
               asks=(Answer,), sets=_answered, guard=held_by_village, tone="ok", notify=("reporter",)),
    Transition("study", ("reported", "handling"), "studied", _("Put to the two committees"), "grid.handle",
               guard=held_by_village),
    Transition("handle_ourselves", "studied", "handling", _("The village does it"), "grid.handle", meeting=VILLAGE_MEETING),
    Transition("send_up", ("handling", "studied"), "received", _("Send up to the town"), "grid.send_up",
               moves=up(1), sets=_to_town, guard=held_by_village, meeting=VILLAGE_MEETING),
)

UPPER = (
    Transition("hand_over", ("received", "received_county"), "handed", _("Hand to a department"), "grid.hand_over",
               asks=(HandOver,), sets=_handed, moves=to_department(), notify=("department",),
               meeting=(*TOWN_MEETING, *COUNTY_MEETING)),
    Transition("answer_directly", ("received", "received_county"), "answered", _("Answer directly"), "grid.hand_over",
               asks=(Answer,), sets=_answered, tone="ok", notify=("reporter",)),
    Transition("send_up_county", "received", "received_county", _("Send up to the county"), "grid.send_up",
               moves=up(1), sets=_to_county, guard=held_by_town, meeting=TOWN_MEETING),
    Transition("return_to_village", "received", "handling", _("Return to the village"), "grid.send_down",
               asks=(Reason,), moves=down(), sets=_to_village, guard=held_by_town, tone="warn"),
    Transition("return_to_town", "received_county", "received", _("Return to the town"), "grid.send_down",
               asks=(Reason,), moves=down(), sets=_to_town, guard=held_by_county, tone="warn"),
    Transition("take_back", ("handed", "accepted"), "received", _("Take back from the department"), "grid.hand_over",
               asks=(Reason,), moves=from_department(), guard=held_by_town, tone="warn", notify=("department",)),
    Transition("take_back_county", ("handed", "accepted"), "received_county", _("Take back from the department"),
               "grid.hand_over", asks=(Reason,), moves=from_department(), guard=held_by_county, tone="warn",
               notify=("department",)),
)

DEPARTMENT = (
    Transition("take_on", "handed", "accepted", _("Accept"), "grid.work", by="department", bulk=True),
    Transition("give_back", ("handed", "accepted"), "received", _("Return with reasons"), "grid.work",
               by="department", asks=(Reason,), moves=from_department(), guard=held_by_town, tone="warn"),
    Transition("give_back_county", ("handed", "accepted"), "received_county", _("Return with reasons"), "grid.work",
               by="department", asks=(Reason,), moves=from_department(), guard=held_by_county, tone="warn"),
    Transition("answer", "accepted", "answered", _("Answer"), "grid.work", by="department", asks=(Answer,),
               sets=_answered, tone="ok", notify=("reporter", "holder")),
)

RATING = (
    Transition("rate", "answered", "rated", _("Rate the answer"), "grid.rate", by="reporter", asks=(Rating,),
               sets=_rated, tone="ok", in_group="own"),
    Transition("rate_told", "answered", "rated", _("Enter a rating told by telephone"), "grid.rate_told", by="scope",
               asks=(Rating,), sets=_rated, in_group="own"),
    Transition("object", "answered", "again", _("Not satisfied, handle again"), "grid.rate", by="reporter",
               asks=(AgainRating,), sets=_objected, guard=first_objection, tone="warn", in_group="leaves"),
    Transition("object_again", "answered", "rated", _("Still not satisfied"), "grid.rate", by="reporter",
               asks=(AgainRating,), sets=_objected_again, guard=second_objection, tone="warn", in_group="leaves"),
    Transition("answer_again", "again", "answered", _("Answer again"), "grid.handle", asks=(Answer,), sets=_answered,
               tone="ok", notify=("reporter",)),
    Transition("hand_over_again", "again", "handed", _("Hand to a department again"), "grid.hand_over",
               asks=(HandOver,), sets=_handed, moves=to_department(), notify=("department",)),
)

END = (
    Transition("write_off", "rated", "closed", _("Write off"), "grid.write_off", sets=_written_off,
               guard=may_be_written_off, flow="solved", tone="ok", bulk=True, notify=("reporter",)),
    Transition("write_off_checked", "rated", "closed", _("Write off after a check"), "grid.evaluate", by="scope",
               asks=(Evaluation,), sets=_written_off, guard=needs_evaluation, flow="solved", notify=("reporter",)),
    Transition("keep", "rated", "kept", _("Keep in the bank"), "grid.write_off", asks=(KeepNote,), guard=not_solved,
               tone="warn", notify=("reporter",)),
    Transition("close_unsolved", "rated", "ended", _("Close as not solved"), "grid.write_off", asks=(Reason,),
               guard=not_solved, flow="closed", tone="bad", notify=("reporter",)),
    Transition("resume", "kept", "handling", _("Take it up again"), "grid.handle", guard=held_by_village),
    Transition("resume_town", "kept", "received", _("Take it up again"), "grid.handle", guard=held_by_town),
    Transition("resume_county", "kept", "received_county", _("Take it up again"), "grid.handle", guard=held_by_county),
    Transition("withdraw", ("reported", "handling", "studied", "received", "received_county", "handed", "accepted",
                            "again", "kept"),
               "withdrawn", _("Withdraw"), "grid.withdraw", by="reporter", asks=(Reason,), flow="withdrawn",
               tone="bad", notify=("holder", "department"), in_group="own"),
)

HANDLING = Workflow(
    "grid.handling", entity="grid.report", version=1, states=STATES,
    transitions=(*VILLAGE, *UPPER, *DEPARTMENT, *RATING, *END), initial="reported", numbers="WL",
    levels=("village", "town", "county"), label=_("Handling of a report"))

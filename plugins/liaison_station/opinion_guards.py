"""What guards the steps of an opinion, and what the steps write beside the three-level kit of the core.

The loop is closed only when voter and deputy were told; an answer that only explains is not a solution (domain §1).
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import Refusal, local_day, three_levels
from grid321.core.api import lazy_gettext as _

from .day_choices import PLUGIN

EXPLAINED = "explained"
"""The way of handling that never solves anything."""


# ---------------------------------------------------------------- guards

def more_than_explained(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of every answer: what is only explained gets no outcome that counts as solved."""
    if data and data.get("way", case.way) == EXPLAINED and data.get("outcome") in three_levels.solving_codes(
            PLUGIN, case.holder_id):
        return Refusal(_("What is only explained is not solved."), "explained_only", field="outcome",
                       remedy=_("Choose another outcome, or say what was done beside explaining."))
    return None


def village_answers(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard: the village answers on the spot, and not with an explanation as a solution."""
    return three_levels.held_by_village(case, data, actor) or more_than_explained(case, data, actor)


def told(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of feeding back: whoever waits for the answer is told. ``data`` is empty while the step is only offered."""
    if not data:
        return None
    if case.wants_answer and not (data.get("voter_on") or case.told_voter_on):
        return Refusal(_("The voter wishes for an answer: write down when he or she was told."), "voter_not_told",
                       field="voter_on")
    if case.deputy_id and not (data.get("deputy_on") or case.told_deputy_on):
        return Refusal(_("A deputy heard this opinion: write down when the deputy was told."), "deputy_not_told",
                       field="deputy_on")
    if not (data.get("voter_on") or data.get("deputy_on")):
        return Refusal(_("Write down who was told, and when."), "nobody_told", field="voter_on")
    return None


def told_late(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard: after the rating somebody is told only who was not told before."""
    if not_told(case) is None:
        return Refusal(_("Whoever waits for the answer was told."), "told_already", remedy=_("Write it off."))
    return told(case, data, actor)


def not_told(case: Any) -> Refusal | None:
    """A refusal while somebody who waits for the answer was not told; None when the loop is closed."""
    if case.wants_answer and case.told_voter_on is None:
        return Refusal(_("The voter was not told the answer yet."), "voter_not_told",
                       remedy=_("Tell the voter, then take the step “Tell deputy and voter”."))
    if case.deputy_id and case.told_deputy_on is None:
        return Refusal(_("The deputy who heard the opinion was not told the answer yet."), "deputy_not_told",
                       remedy=_("Tell the deputy, then take the step “Tell deputy and voter”."))
    return None


def by_link(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: only the voter’s link takes this step, and it brings the rating."""
    return None if data.get("result") else Refusal(_("The voter takes this step by the link."), "by_link")


def no_rating_came(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: it goes on without a rating only when nobody waits for the answer, or the time to rate it has passed."""
    if not case.wants_answer or (case.state == "told" and case.due is not None and case.due < local_day()):
        return None
    return Refusal(_("The voter can still rate the answer."), "rating_open",
                   remedy=_("Ask the voter by telephone and enter the rating, or wait until the time limit has passed."))


def loop_is_closed(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard of the write-off: solved, nobody objects, and who waits for the answer was told."""
    return three_levels.may_be_written_off(case, data, actor) or _explained(case) or not_told(case)


def checked_and_told(case: Any, data: Any, actor: Any) -> Refusal | None:
    """The same after a check of a result that the voter rejected twice."""
    return three_levels.needs_evaluation(case, data, actor) or _explained(case) or not_told(case)


def told_and_not_solved(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard of closing as not solved: that, too, was told to who waits for an answer."""
    return three_levels.not_solved(case, data, actor) or not_told(case)


def _explained(case: Any) -> Refusal | None:
    if case.way != EXPLAINED:
        return None
    return Refusal(_("The opinion was explained only, so it is not written off."), "explained_only",
                   remedy=_("Keep it in the bank, or close it as not solved."))


# ---------------------------------------------------------------- what a step writes

def collated(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Subject and title, as the station put them."""
    return {"kind": data["kind"], "title": data["title"]}


def handed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Way, limit, and the unit, which stays noted when the opinion comes back."""
    return {**three_levels.handed(case, data, actor), "unit_id": data["department_id"]}


def passed_on(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """To which unit outside, and since when."""
    return {"passed_to": data["passed_to"], "passed_on": data.get("passed_on") or local_day(), "way": "passed",
            "limit_on": data.get("limit_on")}


def answered(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """The answer; what was told and rated about an earlier one does not count for this one."""
    return {**three_levels.answered(case, data, actor), "answered_on": local_day(), "told_voter_on": None,
            "told_deputy_on": None, "rated_on": None}


def fed_back(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """When voter and deputy were told."""
    return {"told_voter_on": data.get("voter_on") or case.told_voter_on,
            "told_deputy_on": data.get("deputy_on") or case.told_deputy_on}


def rated(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Both ratings. Who rates an answer knows it."""
    return {**three_levels.rated(case, data, actor), **_known(case)}


def objected(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """The first "not satisfied": it is handled again, once."""
    return {**three_levels.objected(case, data, actor), **_known(case)}


def objected_again(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """The second one."""
    return {**three_levels.objected_again(case, data, actor), **_known(case)}


def _known(case: Any) -> dict[str, Any]:
    return {"rated_on": local_day(), "told_voter_on": case.told_voter_on or local_day()}


def written_off(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Which level solved it, and what proves it."""
    return {**three_levels.written_off(case, data, actor), "evidence": data["evidence"]}

"""The handling of a matter: the three-level handling of the core, with what matters have more than reports of a grid.

A matter may begin at any level. The county hands over *face to face* (面对面交办) and may ask the city (市区联动). An answer is
fed back to the resident and to the deputy who heard it, then rated, then written off: only with an outcome class that counts
as solved and with evidence, and never when it was explained only. A matter can become a deputy's suggestion.
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    Clock,
    Conversion,
    Refusal,
    State,
    Transition,
    WorkflowExtension,
    local_day,
    people,
    snapshot,
    three_levels,
    to_department,
    tree,
    working_days,
)
from grid321.core.api import lazy_gettext as _

from .matter_schemas import (
    Answer,
    CityAnswer,
    FaceToFace,
    FeedBack,
    HandOver,
    NoRating,
    Objection,
    Rating,
    WriteOff,
)

PLUGIN, STEM, ENTITY = "suggestion_tracking", "suggestion_tracking.matter_", "suggestion_tracking.matter"
EXPLAINED = "explained"
"""The way of handling that never solves anything."""

RATED_FROM = ("answered", "told")
OPEN_BELOW = ("reported", "handling", "studied", "received", "received_county", "kept")


# ---------------------------------------------------------------- guards

def more_than_explained(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of every answer: what is only explained gets no outcome class that counts as solved."""
    if data and data.get("way", case.way) == EXPLAINED and data.get("outcome") in three_levels.solving_codes(
            PLUGIN, case.holder_id):
        return Refusal(_("What is only explained is not solved."), "explained_only", field="outcome",
                       remedy=_("Choose another outcome class, or say what was done beside explaining."))
    return None


def village_answers(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard: the village answers on the spot, and not with an explanation as a solution."""
    return three_levels.held_by_village(case, data, actor) or more_than_explained(case, data, actor)


def held_below_county(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the county hands over face to face, by a step of its own."""
    if three_levels.level_of(case) != "county":
        return None
    return Refusal(_("The county hands a matter over face to face."), "face_to_face",
                   remedy=_("Choose “Hand over face to face” and write down when and to whom."))


def told(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard of feeding back: whoever waits for the answer is told. ``data`` is empty while the step is only offered."""
    if not data:
        return None
    if case.wants_answer and not (data.get("resident_on") or case.feedback_resident_on):
        return Refusal(_("The resident wishes for an answer: write down when he or she was told."), "resident_not_told",
                       field="resident_on")
    if case.deputy_id and not (data.get("deputy_on") or case.feedback_deputy_on):
        return Refusal(_("A deputy heard this matter: write down when the deputy was told."), "deputy_not_told",
                       field="deputy_on")
    if not (data.get("resident_on") or data.get("deputy_on")):
        return Refusal(_("Write down who was told, and when."), "nobody_told", field="resident_on")
    return None


def told_late(case: Any, data: dict[str, Any], actor: Any) -> Refusal | None:
    """Guard: after the rating somebody is told only who was not told before."""
    if feedback_missing(case) is None:
        return Refusal(_("Whoever waits for the answer was told."), "told_already", remedy=_("Write it off."))
    return told(case, data, actor)


def no_rating_came(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a matter goes on without rating only when nobody waits for the answer, or the time to rate it has passed."""
    if not case.wants_answer or (case.state == "told" and case.due is not None and case.due < local_day()):
        return None
    return Refusal(_("The resident can still rate the answer."), "rating_open",
                   remedy=_("Ask the resident by telephone and enter the rating, or wait until the time limit has passed."))


def loop_is_closed(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard of the write-off: solved, nobody objects, and who waits for the answer was told."""
    refusal = three_levels.may_be_written_off(case, data, actor)
    return refusal or explained_is_not_solved(case) or feedback_missing(case)


def checked_and_told(case: Any, data: Any, actor: Any) -> Refusal | None:
    """The same after a check of a result that the resident rejected twice."""
    return three_levels.needs_evaluation(case, data, actor) or explained_is_not_solved(case) or feedback_missing(case)


def explained_is_not_solved(case: Any) -> Refusal | None:
    """A refusal for a matter that was explained only; None for another one."""
    if case.way != EXPLAINED:
        return None
    return Refusal(_("The matter was explained only, so it is not written off."), "explained_only",
                   remedy=_("Keep it in the bank, or close it as not solved."))


def feedback_missing(case: Any) -> Refusal | None:
    """A refusal while somebody who waits for the answer was not told; None when the loop is closed."""
    if case.wants_answer and case.feedback_resident_on is None:
        return Refusal(_("The resident was not told the answer yet."), "resident_not_told",
                       remedy=_("Tell the resident, then take the step “Feed back”."))
    if case.deputy_id and case.feedback_deputy_on is None:
        return Refusal(_("The deputy who heard the matter was not told the answer yet."), "deputy_not_told",
                       remedy=_("Tell the deputy, then take the step “Feed back”."))
    return None


# ---------------------------------------------------------------- what a step writes

def handed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Way, limit, and the unit, which stays noted when the matter comes back."""
    return {**three_levels.handed(case, data, actor), "unit_id": data["department_id"]}


def handed_face_to_face(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """The same, with the day and who took it over."""
    return {**handed(case, data, actor), "face_to_face_on": data["face_to_face_on"],
            "face_to_face_who": data["face_to_face_who"]}


def answered(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """The answer; what was told about an earlier one does not count for this one."""
    return {**three_levels.answered(case, data, actor), "feedback_resident_on": None, "feedback_deputy_on": None}


def fed_back(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """When resident and deputy were told."""
    return {"feedback_resident_on": data.get("resident_on") or case.feedback_resident_on,
            "feedback_deputy_on": data.get("deputy_on") or case.feedback_deputy_on}


def rated(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Both ratings. Who rates an answer knows it."""
    return {**three_levels.rated(case, data, actor), "feedback_resident_on": case.feedback_resident_on or local_day()}


def rejected(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """The second "not satisfied". Who rejects an answer knows it."""
    return {**three_levels.objected_again(case, data, actor), "feedback_resident_on": case.feedback_resident_on or local_day()}


def written_off(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Which level solved it, and what proves it."""
    return {**three_levels.written_off(case, data, actor), "evidence": data["evidence"]}


# ---------------------------------------------------------------- the declaration

STATES = (
    State("told", _("Fed back, to be rated"), desk="reporter", clocks=(
        Clock("rating", working_days(10), _("The answer is rated"), "mark", three_levels.DEFAULT, f"{STEM}limit_rating",
              remind=(-3,)),)),
    State("asked_city", _("The city was asked"), tone="warn"),
    State("turned", _("Became a suggestion"), final=True, tone="muted"),
)
FEEDBACK_CLOCK = Clock("feed_back", working_days(5), _("Resident and deputy are told the answer"), "notify", three_levels.DEFAULT,
                       f"{STEM}limit_feed_back")
CHANGED_STATES: dict[str, dict[str, Any]] = {
    "answered": {"label": _("Answered, to be fed back"), "desk": "holder", "clocks": (FEEDBACK_CLOCK,)},
}
ANSWERS: dict[str, Any] = {"sets": answered, "guard": more_than_explained, "notify": ("holder",)}
CHANGED_STEPS: dict[str, dict[str, Any]] = {
    "accept": {"guard": three_levels.held_by_village},
    "solve_on_spot": {**ANSWERS, "guard": village_answers},
    "answer_directly": ANSWERS,
    "answer": ANSWERS,
    "answer_again": ANSWERS,
    "hand_over": {"source": "received", "sets": handed, "meeting": three_levels.TOWN_MEETING},
    "hand_over_again": {"sets": handed, "guard": held_below_county},
    "rate": {"source": RATED_FROM, "sets": rated},
    "rate_told": {"source": RATED_FROM, "sets": rated},
    "object": {"source": RATED_FROM},
    "object_again": {"source": RATED_FROM, "sets": rejected},
    "write_off": {"asks": (WriteOff,), "sets": written_off, "guard": loop_is_closed, "bulk": False, "notify": ()},
    "write_off_checked": {"asks": (three_levels.Evaluation, WriteOff), "sets": written_off, "guard": checked_and_told,
                          "notify": ()},
    "withdraw": {"by": "scope"},
}
FIRST_STEPS = (
    Transition("feed_back", "answered", "told", _("Feed back"), f"{STEM}feed_back", asks=(FeedBack,), sets=fed_back,
               guard=told, tone="ok", in_group="own", notify=()),
    Transition("feed_back_late", "rated", "rated", _("Feed back"), f"{STEM}feed_back", asks=(FeedBack,), sets=fed_back,
               guard=told_late, in_group="own", notify=()),
)
"""Telling resident and deputy is what an answered matter waits for, so it is offered first."""
STEPS = (
    Transition("accept_town", "reported", "received", _("Take it up in the town"), f"{STEM}handle",
               guard=three_levels.held_by_town, bulk=True),
    Transition("accept_county", "reported", "received_county", _("Take it up in the county"), f"{STEM}handle",
               guard=three_levels.held_by_county, bulk=True),
    Transition("hand_over_county", "received_county", "handed", _("Hand over face to face"), f"{STEM}hand_over",
               asks=(FaceToFace,), sets=handed_face_to_face, moves=to_department(), notify=("department",),
               guard=three_levels.held_by_county, meeting=three_levels.COUNTY_MEETING),
    Transition("hand_over_county_again", "again", "handed", _("Hand over face to face again"), f"{STEM}hand_over",
               asks=(FaceToFace,), sets=handed_face_to_face, moves=to_department(), notify=("department",),
               guard=three_levels.held_by_county),
    Transition("ask_city", "received_county", "asked_city", _("Ask the city"), f"{STEM}ask_city",
               asks=(three_levels.Reason,), guard=three_levels.held_by_county, meeting=three_levels.COUNTY_MEETING),
    Transition("city_answered", "asked_city", "received_county", _("The city answered"), f"{STEM}ask_city",
               asks=(CityAnswer,)),
    Transition("go_on_unrated", RATED_FROM, "rated", _("Go on without rating"), f"{STEM}rate_told", asks=(NoRating,),
               guard=no_rating_came, in_group="own", notify=()),
    Transition("become_suggestion", OPEN_BELOW, "turned", _("Turn into a suggestion"), f"{STEM}convert", by="scope",
               flow="joined"),
)

HANDLING = three_levels.handling(
    "suggestion_tracking.matter_handling", ENTITY, 1, numbers="WT", label=_("Handling of a matter"), stem=STEM,
    forms=three_levels.Forms(answer=Answer, hand_over=HandOver, rating=Rating, objection=Objection),
    more_states=STATES, first_steps=FIRST_STEPS, more_steps=STEPS, changed_states=CHANGED_STATES, changed_steps=CHANGED_STEPS)


# ---------------------------------------------------------------- one thing becomes another

def basis_of(case: Any) -> str:
    """What a suggestion says about the matter it came from."""
    return f"{case.number}\n{case.title}\n{case.text}"


def congress_of(case: Any) -> int | None:
    """The county or town to whose congress the deputy who heard the matter belongs; None without a deputy."""
    kinds = {post.kind for post in people.posts_of(case.deputy_id)} if case.deputy_id else set()
    return next((place for kind, place in (("core_deputy_county", case.county_id), ("core_deputy_town", case.town_id))
                 if kind in kinds), None)


FROM_REPORT = WorkflowExtension(
    "grid.handling", states=(State("to_matter", _("Became a matter"), final=True, tone="muted"),),
    transitions=(Transition("become_matter", ("reported", "handling", "studied", "received", "received_county", "kept"),
                            "to_matter", _("Turn into a matter"), f"{STEM}convert", by="scope", flow="joined"),))

FROM_OPINION = WorkflowExtension(
    "liaison_station.opinion", states=(State("to_matter", _("Became a matter"), final=True, tone="muted"),),
    transitions=(Transition("become_matter", ("reported", "handling", "studied", "received", "received_county", "passed", "kept"),
                            "to_matter", _("Turn into a matter"), f"{STEM}convert", by="scope", flow="joined"),))


def same_class(case: Any) -> str | None:
    """The class of a matter with the code of an opinion's subject, None where the county's list has none of that code."""
    node = tree().get(case.division_id)
    return case.kind if case.kind in snapshot().classes.labels("suggestion_tracking.matter_class", node) else None


CONVERSIONS = (
    Conversion(ENTITY, "become_suggestion", "suggestion_tracking.suggestion", _("Suggestion"), {
        "title": "title", "content": "text", "basis": lambda case: "meeting", "basis_text": basis_of, "deputy": "deputy"},
        place=congress_of, hands_up=True),
    Conversion("grid.report", "become_matter", ENTITY, _("Matter"), {
        "title": "title", "text": "text", "place": "place", "occurred_on": "occurred_on", "urgency": "urgency",
        "source": lambda case: "grid", "origin_ref": lambda case: case.number}),
    Conversion("liaison_station.opinion", "become_matter", ENTITY, _("Matter"), {
        "division": "division", "title": "title", "text": "text", "place": "place", "occurred_on": "heard_on", "kind": same_class,
        "deputy": lambda case: case.person_id, "wants_answer": "wants_answer",
        "source": lambda case: "station", "origin_ref": lambda case: case.number}),
)
WORKFLOWS = (HANDLING, FROM_REPORT, FROM_OPINION, *CONVERSIONS)

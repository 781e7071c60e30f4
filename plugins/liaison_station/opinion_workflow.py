"""The five steps of an opinion (五步骤): registered, collated by the station, handled on the level that can, told to deputy and
voter, rated by the voter; then written off.

It is the three-level handling of the core with what a station has more: it collates a line of its register before anybody
handles it, passes an opinion on to a unit that does not work with the platform by a card (转办卡), and closes the loop with two
people, the voter and the deputy who heard it.
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import Clock, State, Transition, months, three_levels, working_days
from grid321.core.api import lazy_gettext as _

from . import opinion_guards as rules
from .day_choices import OPINION, STEM
from .day_schemas import (
    Answer,
    Collation,
    FeedBack,
    HandOver,
    NoRating,
    Objection,
    PassOn,
    Rating,
    WriteOff,
)

RATED_FROM = ("answered", "told")
AT_WORK = ("handling", "received", "received_county")
OPEN_BELOW = ("reported", "handling", "studied", "received", "received_county", "passed", "kept")
"""States from which an opinion can become something else."""

STATES = (
    State("passed", _("With a unit outside"), clocks=(
        Clock("outside", months(1), _("The unit outside answers"), "notify", three_levels.DEFAULT, f"{STEM}limit_outside",
              remind=(-7, 3)),)),
    State("told", _("Told, to be rated"), desk="reporter", clocks=(
        Clock("rating", working_days(10), _("The voter rates the answer"), "mark", three_levels.DEFAULT, f"{STEM}limit_rating",
              remind=(-3,)),)),
)
FEEDBACK_CLOCK = Clock("feed_back", working_days(5), _("Deputy and voter are told the answer"), "notify", three_levels.DEFAULT,
                       f"{STEM}limit_feed_back")
CHANGED_STATES: dict[str, dict[str, Any]] = {
    "reported": {"label": _("Registered, to be collated")},
    "handling": {"label": _("Collated, handled by the village")},
    "answered": {"label": _("Answered, to be told"), "desk": "holder", "clocks": (FEEDBACK_CLOCK,)},
}
ANSWERS: dict[str, Any] = {"sets": rules.answered, "guard": rules.more_than_explained, "notify": ("holder",)}
TOLD_BY_PHONE: dict[str, Any] = {"permission": f"{STEM}rate_told", "by": "scope"}
CHANGED_STEPS: dict[str, dict[str, Any]] = {
    "accept": {"label": _("Collate"), "guard": three_levels.held_by_village, "asks": (Collation,), "sets": rules.collated,
               "bulk": False, "prefill": True},
    "solve_on_spot": {**ANSWERS, "source": ("handling",), "guard": rules.village_answers},
    "study": {"source": ("handling",)},
    "answer_directly": ANSWERS,
    "answer": ANSWERS,
    "answer_again": ANSWERS,
    "hand_over": {"sets": rules.handed},
    "hand_over_again": {"sets": rules.handed},
    "rate": {"label": _("Rated by the voter’s link"), "source": RATED_FROM, "sets": rules.rated, "permission": None,
             "automatic": True, "guard": rules.by_link},
    "rate_told": {"source": RATED_FROM, "sets": rules.rated},
    "object": {**TOLD_BY_PHONE, "source": RATED_FROM, "sets": rules.objected},
    "object_again": {**TOLD_BY_PHONE, "source": RATED_FROM, "sets": rules.objected_again},
    "write_off": {"asks": (WriteOff,), "sets": rules.written_off, "guard": rules.loop_is_closed, "bulk": False, "notify": ()},
    "write_off_checked": {"asks": (three_levels.Evaluation, WriteOff), "sets": rules.written_off,
                          "guard": rules.checked_and_told, "notify": ()},
    "keep": {"notify": ()},
    "close_unsolved": {"guard": rules.told_and_not_solved, "notify": ()},
    "withdraw": {"by": "scope"},
}
FIRST_STEPS = (
    Transition("feed_back", "answered", "told", _("Tell deputy and voter"), f"{STEM}feed_back", asks=(FeedBack,),
               sets=rules.fed_back, guard=rules.told, tone="ok", in_group="own", notify=()),
    Transition("feed_back_late", "rated", "rated", _("Tell deputy and voter"), f"{STEM}feed_back", asks=(FeedBack,),
               sets=rules.fed_back, guard=rules.told_late, in_group="own", notify=()),
)
"""Telling deputy and voter is what an answered opinion waits for, so it is offered first."""


def _collate(key: str, target: str, guard: Any) -> Transition:
    """Collating by a station of a town or county."""
    return Transition(key, "reported", target, _("Collate"), f"{STEM}handle", asks=(Collation,), sets=rules.collated, guard=guard,
                      prefill=True)


def _back(key: str, target: str, guard: Any) -> Transition:
    """The unit outside does not take it: the level that passed it on has it again."""
    return Transition(key, "passed", target, _("Note that the unit outside returned it"), f"{STEM}pass_on",
                      asks=(three_levels.Reason,), guard=guard, tone="warn")


STEPS = (
    _collate("accept_town", "received", three_levels.held_by_town),
    _collate("accept_county", "received_county", three_levels.held_by_county),
    Transition("pass_on", AT_WORK, "passed", _("Pass on to a unit outside"), f"{STEM}pass_on", asks=(PassOn,),
               sets=rules.passed_on),
    Transition("outside_answered", "passed", "answered", _("The unit outside answered"), f"{STEM}pass_on", asks=(Answer,),
               tone="ok", **ANSWERS),
    _back("outside_returned", "handling", three_levels.held_by_village),
    _back("outside_returned_town", "received", three_levels.held_by_town),
    _back("outside_returned_county", "received_county", three_levels.held_by_county),
    Transition("go_on_unrated", RATED_FROM, "rated", _("Go on without rating"), f"{STEM}rate_told", asks=(NoRating,),
               guard=rules.no_rating_came, in_group="own", notify=()),
)

HANDLING = three_levels.handling(
    OPINION, OPINION, 1, numbers="YJ", label=_("Handling of an opinion"), stem=STEM,
    forms=three_levels.Forms(answer=Answer, hand_over=HandOver, rating=Rating, objection=Objection),
    more_states=STATES, first_steps=FIRST_STEPS, more_steps=STEPS, changed_states=CHANGED_STATES, changed_steps=CHANGED_STEPS)
WORKFLOWS = (HANDLING,)

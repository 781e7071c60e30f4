"""The handling on three levels (三级办理), as a kit for plugins: heard below, handled at the lowest level that can, sent up or
handed to a department by the record of a meeting, answered, rated by who raised it, written off.

A case lives in the bank of the division that holds it (village, town, county). It climbs only with the record of the meeting
that decided so, comes back from a department with an answer or with reasons, and leaves the bank when it is solved, sent on,
withdrawn or closed as not solved. What is only explained ("no money, no project") is never solved: it stays in the bank as
*kept*, or is closed and counted as *not solved* (domain §1, §6).

``handling`` builds the workflow; a plugin adds states and steps and changes single ones. Its cases have the columns ``outcome
answer way rating attitude handled_again limit_on holder_level solved_level``. Settings: ``limits`` (lengths of the clocks) and
``<plugin>.solved_outcomes`` (codes of outcome classes that count as solved, with commas between them).
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import snapshot
from .entity import Refusal, Setting
from .i18n import lazy_gettext as _
from .registry import registry
from .three_level_forms import (
    NO_SECRETS,
    URGENCY,
    AnswerForm,
    Evaluation,
    HandOverForm,
    KeepNote,
    ObjectionForm,
    RatingForm,
    Reason,
    complete,
    first_words,
)
from .workflow import (
    Clock,
    Length,
    State,
    Transition,
    Workflow,
    days,
    down,
    from_department,
    months,
    to_department,
    up,
    working_days,
)

__all__ = [
    "COUNTY_MEETING", "DEFAULT", "LEVELS", "NO_SECRETS", "TOWN_MEETING", "URGENCY", "VILLAGE_MEETING", "AnswerForm",
    "Evaluation", "Forms", "HandOverForm", "KeepNote", "ObjectionForm", "RatingForm", "Reason", "adapted", "answered",
    "complete", "counts_as_solved", "first_objection", "first_words", "handed", "handling", "held_by_county", "held_by_town",
    "held_by_village", "level_of", "limit", "limits", "may_be_written_off", "needs_evaluation", "not_solved", "objected",
    "objected_again", "rated", "second_objection", "solving_codes", "states", "steps", "to_county", "to_town", "to_village",
    "written_off",
]
VILLAGE_MEETING, TOWN_MEETING, COUNTY_MEETING = ("village_committees",), ("town_presidium",), ("county_directors",)
DEFAULT = _("[place] default; the county sets its own. No law fixes this length.")
LEVELS = (("village", _("Village or community")), ("town", _("Town or street")), ("county", _("County")))
"""The levels that keep a bank, as choices of a field."""


@dataclass(frozen=True)
class Forms:
    """The forms that name lists of the plugin: how an answer, a hand-over, a rating and an objection are written down."""

    answer: type[AnswerForm]
    hand_over: type[HandOverForm]
    rating: type[RatingForm]
    objection: type[ObjectionForm]


# ---------------------------------------------------------------- guards: they know the plugin by the case's table

def level_of(case: Any) -> str:
    """Level of the division that holds ``case``: village, town or county."""
    node = snapshot.current().tree.get(case.holder_id)
    return node.level if node is not None else ""


def solving_codes(plugin: str, division_id: int | None) -> frozenset[str]:
    """The outcome classes that a county counts as solved, by setting ``<plugin>.solved_outcomes``."""
    now = snapshot.current()
    chosen = str(now.settings.get(f"{plugin}.solved_outcomes", now.tree.get(division_id)))
    return frozenset(code.strip() for code in chosen.split(",") if code.strip())


def counts_as_solved(case: Any) -> bool:
    """True when the outcome class of ``case`` is one that its county counts as solved."""
    plugin = next((entity.plugin for entity in registry().entities.values() if entity.model is type(case)), "")
    return case.outcome in solving_codes(plugin, case.holder_id)


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
        return Refusal(_("The one who raised it is not satisfied."), "not_satisfied",
                       remedy=_("Check the result and write the evaluation down, or keep the matter in the bank."))
    return None


def needs_evaluation(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: an evaluation is for a solved matter that was still rated "not satisfied" after the second handling."""
    if counts_as_solved(case) and case.rating == "not":
        return None
    return Refusal(_("An evaluation is only for a solved matter that was rated “not satisfied” twice."), "no_evaluation",
                   remedy=_("Write it off or keep it in the bank."))


def not_solved(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a solved matter that nobody objects to is written off, not kept and not closed as unsolved."""
    if counts_as_solved(case) and case.rating != "not":
        return Refusal(_("The matter is solved."), "is_solved", remedy=_("Write it off."))
    return None


# ---------------------------------------------------------------- what a step writes

def answered(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """The answer; the ratings of an earlier one no longer count."""
    values = {"outcome": data["outcome"], "answer": data["text"], "rating": None, "attitude": None}
    return {**values, "way": data["way"]} if data.get("way") else values


def handed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """In which way and until when the department handles it."""
    return {"way": data["way"], "limit_on": data.get("limit_on")}


def rated(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Both ratings."""
    return {"rating": data["result"], "attitude": data["attitude"]}


def objected(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """The first "not satisfied": it is handled again."""
    return {"rating": "not", "attitude": data["attitude"], "handled_again": True}


def objected_again(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """The second one."""
    return {"rating": "not", "attitude": data["attitude"]}


def written_off(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Which level solved it."""
    return {"solved_level": level_of(case)}


def to_village(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """The village holds it now."""
    return {"holder_level": "village"}


def to_town(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """The town holds it now."""
    return {"holder_level": "town"}


def to_county(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """The county holds it now."""
    return {"holder_level": "county"}


# ---------------------------------------------------------------- the declarations

def limit(stem: str, name: str, label: Any, default: str) -> Setting:
    """The setting ``<stem>limit_<name>``: a length of which no law speaks."""
    return Setting(f"{stem}limit_{name}", label, "length", default, DEFAULT)


def limits(stem: str) -> tuple[Setting, ...]:
    """The lengths of the clocks, for a plugin whose settings begin with ``stem`` (``"grid."``)."""
    return (
        limit(stem, "accept", _("Time to take a matter up"), "1 wd"),
        limit(stem, "village", _("Time for the village to handle it or send it up"), "7 d"),
        limit(stem, "town", _("Time for the town to have it answered"), "15 wd"),
        limit(stem, "county", _("Time for the county to have it answered"), "15 wd"),
        limit(stem, "take_up", _("Time for a department to accept or return it"), "2 wd"),
        limit(stem, "rating", _("Time to rate the answer"), "10 wd"),
        limit(stem, "second", _("Time to handle it again"), "1 m"),
        limit(stem, "look_again", _("Time until a kept matter is looked at again"), "3 m"),
    )


def states(stem: str) -> tuple[State, ...]:
    """The states with their clocks. ``stem`` begins the names of the settings."""

    def clock(key: str, length: Length, label: Any, overdue: str = "notify", **rest: Any) -> Clock:
        return Clock(key, length, label, overdue, DEFAULT, f"{stem}limit_{key}", **rest)

    return (
        State("reported", _("Reported"), tone="info", clocks=(clock("accept", working_days(1), _("It is taken up")),)),
        State("handling", _("Handled by the village"), clocks=(
            clock("village", days(7), _("The village handles it or sends it up"), until=("handling", "studied"),
                  remind=(-2, 3)),)),
        State("studied", _("Before the two committees")),
        State("received", _("With the town"), clocks=(
            clock("town", working_days(15), _("The town has it answered"), until=("received", "handed", "accepted"),
                  remind=(-3, 3)),)),
        State("received_county", _("With the county"), clocks=(
            clock("county", working_days(15), _("The county has it answered"), until=("received_county", "handed", "accepted"),
                  remind=(-3, 3)),)),
        State("handed", _("Handed to a department"), desk="department", clocks=(
            clock("take_up", working_days(2), _("The department accepts or returns it")),)),
        State("accepted", _("Handled by the department"), desk="department"),
        State("answered", _("Answered, to be rated"), desk="reporter", clocks=(
            clock("rating", working_days(10), _("The answer is rated"), "mark", remind=(-3,)),)),
        State("again", _("Handled again"), tone="warn", clocks=(
            clock("second", months(1), _("It is handled again"), remind=(-7, 3)),)),
        State("rated", _("Rated, to be written off")),
        State("kept", _("Kept in the bank"), tone="warn", clocks=(
            clock("look_again", months(3), _("It is looked at again"), remind=(-7,)),)),
        State("closed", _("Written off"), final=True, tone="ok"),
        State("ended", _("Closed, not solved"), final=True, tone="muted"),
        State("withdrawn", _("Withdrawn"), final=True, tone="muted"),
    )


def steps(stem: str, forms: Forms) -> tuple[Transition, ...]:
    """The steps. ``stem`` begins the names of the permissions (``"grid."``: ``grid.handle`` …)."""
    return (*_village(stem, forms), *_upper(stem, forms), *_department(stem, forms), *_rating(stem, forms), *_end(stem))


def _village(stem: str, forms: Forms) -> tuple[Transition, ...]:
    handle = f"{stem}handle"
    return (
        Transition("accept", "reported", "handling", _("Take it up"), handle, bulk=True),
        Transition("solve_on_spot", ("reported", "handling"), "answered", _("Handled on the spot"), handle,
                   asks=(forms.answer,), sets=answered, guard=held_by_village, tone="ok", notify=("reporter",)),
        Transition("study", ("reported", "handling"), "studied", _("Put to the two committees"), handle, guard=held_by_village),
        Transition("handle_ourselves", "studied", "handling", _("The village does it"), handle, meeting=VILLAGE_MEETING),
        Transition("send_up", ("handling", "studied"), "received", _("Send up to the town"), f"{stem}send_up",
                   moves=up(1), sets=to_town, guard=held_by_village, meeting=VILLAGE_MEETING),
    )


def _upper(stem: str, forms: Forms) -> tuple[Transition, ...]:
    hand_over, send_down = f"{stem}hand_over", f"{stem}send_down"
    return (
        Transition("hand_over", ("received", "received_county"), "handed", _("Hand to a department"), hand_over,
                   asks=(forms.hand_over,), sets=handed, moves=to_department(), notify=("department",),
                   meeting=(*TOWN_MEETING, *COUNTY_MEETING)),
        Transition("answer_directly", ("received", "received_county"), "answered", _("Answer directly"), hand_over,
                   asks=(forms.answer,), sets=answered, tone="ok", notify=("reporter",)),
        Transition("send_up_county", "received", "received_county", _("Send up to the county"), f"{stem}send_up",
                   moves=up(1), sets=to_county, guard=held_by_town, meeting=TOWN_MEETING),
        Transition("return_to_village", "received", "handling", _("Return to the village"), send_down,
                   asks=(Reason,), moves=down(), sets=to_village, guard=held_by_town, tone="warn"),
        Transition("return_to_town", "received_county", "received", _("Return to the town"), send_down,
                   asks=(Reason,), moves=down(), sets=to_town, guard=held_by_county, tone="warn"),
        Transition("take_back", ("handed", "accepted"), "received", _("Take back from the department"), hand_over,
                   asks=(Reason,), moves=from_department(), guard=held_by_town, tone="warn", notify=("department",)),
        Transition("take_back_county", ("handed", "accepted"), "received_county", _("Take back from the department"),
                   hand_over, asks=(Reason,), moves=from_department(), guard=held_by_county, tone="warn",
                   notify=("department",)),
    )


def _department(stem: str, forms: Forms) -> tuple[Transition, ...]:
    work = f"{stem}work"
    return (
        Transition("take_on", "handed", "accepted", _("Accept"), work, by="department", bulk=True),
        Transition("give_back", ("handed", "accepted"), "received", _("Return with reasons"), work,
                   by="department", asks=(Reason,), moves=from_department(), guard=held_by_town, tone="warn"),
        Transition("give_back_county", ("handed", "accepted"), "received_county", _("Return with reasons"), work,
                   by="department", asks=(Reason,), moves=from_department(), guard=held_by_county, tone="warn"),
        Transition("answer", "accepted", "answered", _("Answer"), work, by="department", asks=(forms.answer,),
                   sets=answered, tone="ok", notify=("reporter", "holder")),
    )


def _rating(stem: str, forms: Forms) -> tuple[Transition, ...]:
    rate = f"{stem}rate"
    return (
        Transition("rate", "answered", "rated", _("Rate the answer"), rate, by="reporter", asks=(forms.rating,),
                   sets=rated, tone="ok", in_group="own"),
        Transition("rate_told", "answered", "rated", _("Enter a rating told by telephone"), f"{stem}rate_told", by="scope",
                   asks=(forms.rating,), sets=rated, in_group="own"),
        Transition("object", "answered", "again", _("Not satisfied, handle again"), rate, by="reporter",
                   asks=(forms.objection,), sets=objected, guard=first_objection, tone="warn", in_group="leaves"),
        Transition("object_again", "answered", "rated", _("Still not satisfied"), rate, by="reporter",
                   asks=(forms.objection,), sets=objected_again, guard=second_objection, tone="warn", in_group="leaves"),
        Transition("answer_again", "again", "answered", _("Answer again"), f"{stem}handle", asks=(forms.answer,), sets=answered,
                   tone="ok", notify=("reporter",)),
        Transition("hand_over_again", "again", "handed", _("Hand to a department again"), f"{stem}hand_over",
                   asks=(forms.hand_over,), sets=handed, moves=to_department(), notify=("department",)),
    )


def _end(stem: str) -> tuple[Transition, ...]:
    write_off, handle = f"{stem}write_off", f"{stem}handle"
    return (
        Transition("write_off", "rated", "closed", _("Write off"), write_off, sets=written_off,
                   guard=may_be_written_off, flow="solved", tone="ok", bulk=True, notify=("reporter",)),
        Transition("write_off_checked", "rated", "closed", _("Write off after a check"), f"{stem}evaluate", by="scope",
                   asks=(Evaluation,), sets=written_off, guard=needs_evaluation, flow="solved", notify=("reporter",)),
        Transition("keep", "rated", "kept", _("Keep in the bank"), write_off, asks=(KeepNote,), guard=not_solved,
                   tone="warn", notify=("reporter",)),
        Transition("close_unsolved", "rated", "ended", _("Close as not solved"), write_off, asks=(Reason,),
                   guard=not_solved, flow="closed", tone="bad", notify=("reporter",)),
        Transition("resume", "kept", "handling", _("Take it up again"), handle, guard=held_by_village),
        Transition("resume_town", "kept", "received", _("Take it up again"), handle, guard=held_by_town),
        Transition("resume_county", "kept", "received_county", _("Take it up again"), handle, guard=held_by_county),
        Transition("withdraw", ("reported", "handling", "studied", "received", "received_county", "handed", "accepted",
                                "again", "kept"),
                   "withdrawn", _("Withdraw"), f"{stem}withdraw", by="reporter", asks=(Reason,), flow="withdrawn",
                   tone="bad", notify=("holder", "department"), in_group="own"),
    )


def adapted(parts: Sequence[Any], changes: Mapping[str, Mapping[str, Any]]) -> tuple[Any, ...]:
    """``parts`` (states or steps) with changed fields, by key. Raises ``KeyError`` for a key that none of them has."""
    unknown = set(changes) - {part.key for part in parts}
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    return tuple(replace(part, **changes.get(part.key, {})) for part in parts)


def handling(key: str, entity: str, version: int, *, forms: Forms, numbers: str, label: Any, stem: str = "",
             more_states: Sequence[State] = (), first_steps: Sequence[Transition] = (), more_steps: Sequence[Transition] = (),
             changed_states: Mapping[str, Mapping[str, Any]] | None = None,
             changed_steps: Mapping[str, Mapping[str, Any]] | None = None) -> Workflow:
    """The workflow ``key`` of ``entity``. ``stem`` begins permissions and settings (``"<plugin>."`` when left empty).

    Steps are offered in their order: ``first_steps``, those of the kit, ``more_steps``. ``changed_states`` and ``changed_steps``
    give fields of the kit's parts other values, by key; raises ``KeyError`` for a key that the kit does not have.
    """
    begin = stem or f"{key.partition('.')[0]}."
    return Workflow(
        key, entity=entity, version=version, initial="reported", numbers=numbers, label=label,
        levels=tuple(level for level, _label in LEVELS),
        states=(*adapted(states(begin), changed_states or {}), *more_states),
        transitions=(*first_steps, *adapted(steps(begin, forms), changed_steps or {}), *more_steps))

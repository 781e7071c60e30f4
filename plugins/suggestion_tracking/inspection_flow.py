"""How an inspection is made: scheduled, then recorded with the questions of its kind, evidence and result."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Clock, Refusal, State, Transition, Workflow
from grid321.core.api import lazy_gettext as _

from . import supervision_choices as choices
from .supervision_forms import (
    CheckQuestions,
    Finding,
    FirstQuestions,
    LookBackQuestions,
    Reason,
    SecondQuestions,
    ThirdQuestions,
    Visit,
)

P = "suggestion_tracking."
LIMITS = {**{kind: f"core.clock_inspection_{number}" for number, kind in enumerate(choices.THREE, start=1)},
          "look_back": f"{P}limit_look_back", "random": f"{P}limit_check", "round": f"{P}limit_check"}
SHARED = ("inspected_on", "inspected_by", "form", "asked", "found", "evidence", "result")


def limit_of(case: Any) -> str | None:
    """The setting that says when an inspection of this kind is due; the three are the core's, from the hand-over."""
    return LIMITS.get(case.kind)


def _only(case: Any, *kinds: str) -> Refusal | None:
    if case.kind in kinds:
        return None
    return Refusal(_("These are the questions of another inspection."), "wrong_kind",
                   remedy=_("Open the inspection again: the step with its own questions is listed there."))


def is_first(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the questions of the first inspection."""
    return _only(case, "first")


def is_second(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the questions of the second inspection."""
    return _only(case, "second")


def is_third(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the questions of the third inspection."""
    return _only(case, "third")


def is_look_back(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the questions of a look-back."""
    return _only(case, "look_back")


def is_check(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the questions of a random check or of a round."""
    return _only(case, "random", "round")


def recorded(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a recorded inspection: what all share, and the answers to the questions of its kind."""
    return {**{name: data[name] for name in SHARED},
            "answers": {name: value for name, value in data.items() if name not in SHARED}}


def _record(key: str, guard: Any, questions: type[Any], label: Any) -> Transition:
    return Transition(key, "scheduled", "done", label, f"{P}inspect", asks=(Visit, questions, Finding), guard=guard,
                      sets=recorded, flow="solved", tone="ok", prefill=True)


INSPECTING = Workflow(
    f"{P}inspection_course", f"{P}inspection", 1, numbers="DC", levels=(), label=_("Course of an inspection"),
    states=(
        State("scheduled", _("To be inspected"), clocks=(
            Clock("inspect", None, _("The inspection is made"), "notify", _("Three inspections (三督查) from the hand-over"),
                  choose=limit_of, answer="planned_on", remind=(-3, 3)),)),
        State("done", _("Inspected"), final=True, tone="ok"),
        State("dropped", _("Not made"), final=True, tone="muted"),
    ),
    transitions=(
        _record("record_first", is_first, FirstQuestions, _("Record the first inspection")),
        _record("record_second", is_second, SecondQuestions, _("Record the second inspection")),
        _record("record_third", is_third, ThirdQuestions, _("Record the third inspection")),
        _record("record_look_back", is_look_back, LookBackQuestions, _("Record the look-back")),
        _record("record_check", is_check, CheckQuestions, _("Record the check")),
        Transition("drop", "scheduled", "dropped", _("Leave it out"), f"{P}inspect", asks=(Reason,), flow="withdrawn",
                   tone="bad"),
    ))

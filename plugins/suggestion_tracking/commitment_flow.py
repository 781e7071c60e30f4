"""How a promise is followed (承诺事项): reminders until it is kept, carried on into later years on purpose, with reasons."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Clock, Refusal, State, Transition, Workflow, format_day, local_day
from grid321.core.api import lazy_gettext as _

from .supervision_forms import CarryOn, Confirmed, Kept, Progress, Reason

P = "suggestion_tracking."
REMIND = (-30, -7, 7, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330, 360)
RUNS = ("open", "reported")
WHY = _("The day that the unit itself named")


def later(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a promise is carried on to a later day than the one it has."""
    if not data or data["due_on"] > max(case.due_on, local_day()):
        return None
    return Refusal(_("The new day must be later than %(day)s.", day=format_day(max(case.due_on, local_day()))), "not_later",
                   field="due_on", remedy=_("Choose a later day, or confirm that the promise is kept."))


def progressed(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a report on progress."""
    return {"progress": data["progress"], "progress_on": local_day()}


def carried_on(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a promise that goes on: the first day is kept, the number of times counted."""
    return {**progressed(case, data, actor), "due_on": data["due_on"], "carried": case.carried + 1,
            "first_due_on": case.first_due_on or case.due_on}


def reported_kept(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of the unit's word that the promise is kept."""
    return {"evidence": data["evidence"], "done_on": local_day()}


def not_kept(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a promise that turned out not to be kept yet."""
    return {"done_on": None}


def _promise(key: str, **options: Any) -> Clock:
    return Clock(key, None, _("The promise is kept"), "supervise", WHY, until=RUNS, ends=("carry_on",), remind=REMIND,
                 answer="due_on", **options)


def _progress(key: str, **options: Any) -> Clock:
    return Clock(key, None, _("The unit reports on the promise"), "notify", setting=f"{P}limit_progress", until=("open",),
                 ends=("report_progress", "carry_on"), remind=(-7, 30), **options)


# A step that leaves a case in its state meets a clock and can start it anew only as a clock that names the step as its start.
FOLLOWING = Workflow(
    f"{P}commitment_following", f"{P}commitment", 1, numbers="CN", levels=(), label=_("Following a promise"),
    states=(
        State("open", _("Being carried out"), desk="department", clocks=(
            _promise("promise"), _promise("promise_carried", starts={"hand_over": "carry_on"}),
            _progress("progress"), _progress("progress_next", starts={"hand_over": "report_progress"}))),
        State("reported", _("Reported as kept")),
        State("kept", _("Kept"), final=True, tone="ok"),
        State("dropped", _("Dropped"), final=True, tone="muted"),
    ),
    transitions=(
        Transition("report_progress", "open", "open", _("Report progress"), f"{P}answer_supervision", by="department",
                   asks=(Progress,), sets=progressed),
        Transition("report_kept", "open", "reported", _("Report as kept"), f"{P}answer_supervision", by="department",
                   asks=(Kept,), sets=reported_kept, tone="ok"),
        Transition("confirm", "reported", "kept", _("Confirm as kept"), f"{P}verify", asks=(Confirmed,), flow="solved", tone="ok",
                   notify=("department",)),
        Transition("not_yet", "reported", "open", _("Not kept yet"), f"{P}verify", asks=(Reason,), sets=not_kept, tone="warn",
                   notify=("department",)),
        Transition("note_kept", "open", "kept", _("Enter as kept"), f"{P}verify", asks=(Kept, Confirmed), sets=reported_kept,
                   flow="solved", tone="ok", notify=("department",)),
        Transition("carry_on", "open", "open", _("Carry on to a later day"), f"{P}urge", asks=(CarryOn,), guard=later,
                   sets=carried_on, tone="warn", notify=("department",), prefill=True),
        Transition("drop", ("open", "reported"), "dropped", _("Drop the promise"), f"{P}urge", asks=(Reason,), flow="withdrawn",
                   tone="bad", notify=("department",)),
    ))

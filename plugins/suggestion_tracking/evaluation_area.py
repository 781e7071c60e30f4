"""The year: rates, bad smells, appraisal of units, the ballot of deputies, good suggestions and units."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Event, Job, Standing
from grid321.core.api import lazy_gettext as _

from . import evaluation_appraisal, evaluation_counts, evaluation_smells
from .evaluation_ballot import BALLOT
from .evaluation_chosen import CHOSEN
from .evaluation_roles import GRANTS, PERMISSIONS, ROLES, SETTINGS
from .life_models import Contact, Task

__all__ = ["ENTITIES", "GRANTS", "JOBS", "PERMISSIONS", "ROLES", "SETTINGS", "changed"]
P = "suggestion_tracking."
ENTITIES = (evaluation_counts.COUNTED, evaluation_smells.SMELL, *evaluation_appraisal.ENTITIES, BALLOT, CHOSEN)
SILENT = frozenset({"reminder", "create", "comment", "attach"})


def count_anew(context: Any, args: Any) -> dict[str, Any]:
    """The job that makes every counted row anew and judges nothing; safe to be done again."""
    return {"rows": evaluation_counts.rebuild()}


JOBS = (
    Job(f"{P}count_anew", _("Count the rates anew"), count_anew, permission=f"{P}run_appraisal"),
    Standing(f"{P}count_days", _("Count last days that are past"), evaluation_counts.sweep, every=3600.0),
    Standing(f"{P}look_for_dragged", _("Look for cases that stand still"), evaluation_smells.sweep, every=3600.0),
    Standing(f"{P}forget_replies", _("Forget the numbers of old replies"), evaluation_smells.forget, every=86400.0),
)


def changed(event: Event) -> None:
    """Count and judge anew what an event was about. Told twice, it changes nothing the second time."""
    if event.entity == f"{P}matter":
        if event.action not in SILENT:
            evaluation_smells.judge(event.entity, event.record_id)
    elif event.entity == f"{P}commitment":
        evaluation_counts.refresh_commitments([event.record_id])
    elif event.entity in {f"{P}suggestion", f"{P}task", f"{P}contact"} and event.action != "reminder":
        _suggestion(event)


def _suggestion(event: Event) -> None:
    suggestion_id: int | None = event.record_id
    if event.entity != f"{P}suggestion":
        model = Task if event.entity == f"{P}task" else Contact
        row = model.select(model.suggestion_id).where(model.id == event.record_id).tuples().first()
        suggestion_id = row[0] if row else None
    if suggestion_id is not None:
        evaluation_counts.refresh([suggestion_id])
        evaluation_smells.judge(f"{P}suggestion", suggestion_id)

"""What the kit of checks needs for the evaluation: an open appraisal with an item that people judge, a suggestion to choose."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from grid321.core import db, snapshot
from grid321.core.field_base import current_frame
from grid321.core.registry import registry
from grid321.core.tree import ancestor_columns

from .suggestion_examples import handed

P = "suggestion_tracking."


def appraisal(number: int, state: str = "draft") -> int:
    """The id of an appraisal where the kit makes its record."""
    columns = ancestor_columns(snapshot.current().tree, current_frame().node)
    return int(registry().entity(P + "appraisal").model.create(
        name=f"考核{number}", year=db.local_day().year, legal_basis="县委办发〔2026〕5号", state=state,
        valid_until=db.local_day() + timedelta(days=90), **columns).id)


def judged(number: int) -> int:
    """The id of an item that people judge, in an open appraisal where the kit makes its record."""
    columns = ancestor_columns(snapshot.current().tree, current_frame().node)
    item = registry().entity(P + "appraisal_item").model.create(
        appraisal_id=appraisal(number, "open"), name="面商质量", weight=1000, source="people", position=1, **columns)
    return int(item.id)


EXAMPLES: dict[str, Any] = {
    P + "appraisal_item": {"appraisal": appraisal},
    P + "appraisal_score": {"item": judged, "points": 10},
    P + "chosen": {"kind": "suggestion", "suggestion": handed, "department": None},
}
"""Values by entity, where the kit cannot guess."""

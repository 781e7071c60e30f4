"""Whether what is counted in the rates agrees with the suggestions: for ``grid321 verify``, and for the pages that show it.

The rows follow by events, so while events wait they are behind and not wrong; a last day that went by is counted by the hourly
job. ``grid321 count-rates`` makes every row anew.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from grid321.core.api import events_waiting, local_day, now

from . import evaluation_counts as counts
from . import evaluation_rates as rates
from .evaluation_models import Counted
from .life_models import Suggestion
from .supervision_models import Commitment

FOLLOWED = (counts.SUGGESTION, counts.TASK, f"{counts.PLUGIN}.contact", counts.COMMITMENT)
PATIENCE = timedelta(minutes=2)


def faults() -> Iterator[str]:
    """What is counted otherwise than a recount has it, as sentences; nothing while events wait to be counted."""
    if events_waiting(FOLLOWED) is not None:
        return
    today = local_day()
    for batch in _batches(Suggestion):
        stored = Counted.select().where(Counted.suggestion_id.in_([one.id for one in batch]))
        yield from _differences(counts.rows_of(batch, today), stored, rates.LIMITED, today)
    for batch in _batches(Commitment):
        stored = Counted.select().where(Counted.commitment_id.in_([one.id for one in batch]))
        yield from _differences((counts.commitment_row(one, today) for one in batch), stored, rates.DUE, today)


def behind() -> datetime | None:
    """Since when what happened is not counted, when the worker is late or does not run; None when the figures are of now."""
    oldest = events_waiting(FOLLOWED)
    return oldest if oldest is not None and oldest < now() - PATIENCE else None


def _batches(model: Any) -> Iterator[list[Any]]:
    last = 0
    while rows := list(model.select().where(model.id > last).order_by(model.id).limit(counts.BATCH)):
        yield rows
        last = rows[-1].id


def _differences(wanted: Iterable[Mapping[str, Any]], stored: Iterable[Counted], letter: str, today: date) -> Iterator[str]:
    known = {row.key: row for row in stored}
    for values in wanted:
        row = known.pop(values["key"], None)
        if row is None:
            yield f"rates: {values['key']} ({values['number']}) is not counted"
        elif not _waits_for_the_day(row, letter, today):
            for name, value in values.items():
                if getattr(row, name) != value:
                    yield f"rates: {row.key} ({row.number}) has {name} {getattr(row, name)!r}, the recount {value!r}"
    yield from (f"rates: {row.key} ({row.number}) is counted and should not be" for row in known.values())


def _waits_for_the_day(row: Counted, letter: str, today: date) -> bool:
    """True when the last day went by and the hourly job has not counted it yet."""
    return row.limit_on is not None and row.limit_on < today and not row.left_out and letter not in row.marks

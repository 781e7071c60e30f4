"""What ``grid321 verify`` compares: counters with a recount, cases with their ledger and clocks, places with the tree."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import peewee

from . import audit, clock, counters, group_checks, ledger, month_check, search, snapshot
from .db import Case
from .division_records import misplaced
from .entity import Entity
from .ledger import LedgerEntry
from .registry import registry


def check_all(*, repair: bool = False) -> Iterator[str]:
    """Every fault as a sentence; nothing when everything agrees. ``repair`` writes recounted counters."""
    tree = snapshot.current().tree
    known = registry()
    yield from (f"ledger: {text}" for text in ledger.verify())
    yield from (f"audit: {text}" for text in audit.verify())
    for entity in known.entities.values():
        if entity.division is None:
            continue
        for place, dimension, month, value, kept, counted in counters.recount(entity, tree, repair=repair):
            yield (f"counter {entity.key} {dimension} {month} {value!r} at division {place}: kept {kept}, counted {counted}"
                   + (" (repaired)" if repair else ""))
        if issubclass(entity.model, Case):
            yield from _check_cases(entity)
        if entity.verify is not None:
            yield from entity.verify()
    yield from month_check.verify()
    yield from search.differences()
    yield from (str(text) for text in misplaced(known.scoped_models(), tree))


def _check_cases(entity: Entity) -> Iterator[str]:
    model = entity.model
    last: dict[int, tuple[str, int, int]] = {}
    steps: dict[int, int] = {}
    query = (LedgerEntry.select(LedgerEntry.record_id, LedgerEntry.to_state, LedgerEntry.version)
             .where((LedgerEntry.entity == entity.key) & LedgerEntry.to_state.is_null(False)).order_by(LedgerEntry.id))
    for record_id, state, version in query.tuples().iterator():
        steps[record_id] = steps.get(record_id, 0) + 1
        last[record_id] = (state, version, steps[record_id])
    if entity.grouping is not None:
        yield from group_checks.faults(entity)
    running = _running(entity)
    for record_id, number, state, workflow_version, due in model.select(
            model.id, model.number, model.state, model.workflow_version, model.due).tuples().iterator():
        told = last.pop(record_id, None)
        if told is None or told[0] != state:
            yield f"{entity.key} {number}: it is in state {state}, its ledger says {told and told[0]}"
        flow = registry().workflow_of(entity.key, workflow_version)
        final = flow is not None and flow.state(state).final
        if due != (None if final else running.get(record_id)):
            yield f"{entity.key} {number}: due {due}, its running clocks say {running.get(record_id)}"
    for record_id in sorted(last):
        yield f"{entity.key}: the ledger knows record {record_id}, which does not exist"


def _running(entity: Entity) -> dict[int, Any]:
    query = (clock.Deadline.select(clock.Deadline.record_id, peewee.fn.MIN(clock.Deadline.due).alias("day"))
             .where((clock.Deadline.entity == entity.key) & (clock.Deadline.state == clock.RUNNING))
             .group_by(clock.Deadline.record_id))
    return {row.record_id: row.day for row in query}

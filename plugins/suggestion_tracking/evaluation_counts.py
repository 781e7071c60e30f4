"""What counts in the rates: one row for each suggestion, each replying unit's part of it, and each commitment.

A row is made anew from its records whenever something happened to them (``refresh`` from the event after the step, ``rebuild``
for all) and never edited; the maintained counters of the core follow it, so a page reads sums and no suggestion. The same event
told twice changes nothing.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from grid321.core.api import (
    Conflict,
    Counter,
    Entity,
    Node,
    ancestor_columns,
    counters,
    last_days,
    local_day,
    now,
    setting,
    statistics,
    three_levels,
    transaction,
    tree,
)
from grid321.core.api import lazy_gettext as _

from . import evaluation_rates as rates
from .evaluation_models import Counted
from .evaluation_schemas import CountedSchema
from .life_models import Contact, Suggestion, Task
from .supervision_models import Commitment

STAGES = frozenset({"before", "during", "after"})
PLUGIN = "suggestion_tracking"
SUGGESTION, TASK, COMMITMENT = f"{PLUGIN}.suggestion", f"{PLUGIN}.task", f"{PLUGIN}.commitment"
NOT_COUNTED = {"withdrawn": "withdrawn", "refused": "refused", "joined": "joined"}
REPLYING = ("lead", "separate")
BATCH = 200
TOGETHER = 0
"""In place of a unit: the deputy met all units together, which counts for each of them."""
OF_ALL, OF_UNITS = "kind,year,marks", "kind,year,department_id,marks"

def _faults() -> Iterable[str]:
    from .evaluation_verify import faults  # it reads this module

    return faults()


COUNTED = Entity(
    f"{PLUGIN}.counted", model=Counted, schema=CountedSchema, label=_("Cases behind the rates"),
    columns=("number", "title", "department", "marks", "left_out"),
    filters=("kind", "year", "department", "outcome", "left_out"),
    sorts=("-id", "-counted_on"), title="title", actions=("export",), icon="list-task", menu=None,
    counters=(Counter(OF_ALL), Counter(OF_UNITS)), verify=_faults,
    description=_("What the rates count, one line each, and what is left out with the reason. Made by the system."))


def good_ratings(division_id: int | None) -> frozenset[str]:
    """The ratings that count as satisfied at a division."""
    plain = setting(f"{PLUGIN}.rate_basically", division_id)
    return frozenset({"satisfied", "basically"} if plain else {"satisfied"})


def left_out(suggestion: Any) -> str:
    """Why a suggestion is in no denominator, as a key of ``evaluation_rates.LEFT_OUT``; empty when it counts."""
    if suggestion.state in NOT_COUNTED:
        return NOT_COUNTED[suggestion.state]
    if suggestion.bond is not None:
        return "joined"
    return "reference" if suggestion.reference_only else ""


def marks_of(suggestion: Any, *, outcome: str | None, answered_on: Any, limit_on: Any, stages: Iterable[str],
             today: Any) -> str:
    """The letters of a suggestion, or of a unit's part of it, by the rules of ``evaluation_rates``; empty when left out."""
    if left_out(suggestion):
        return ""
    found = {rates.COUNTS}
    if suggestion.wish_contact:
        found.add(rates.WISHED)
    if answered_on is not None:
        found.add(rates.ANSWERED)
        if outcome in three_levels.solving_codes(PLUGIN, suggestion.division_id):
            found.add(rates.SOLVED)
        if frozenset(stages) >= STAGES:
            found.add(rates.MET)
    if suggestion.closed_at is not None:
        found.add(rates.CLOSED)
    good = good_ratings(suggestion.division_id)
    for value, rated, satisfied in ((suggestion.rating, rates.RATED, rates.GOOD),
                                    (suggestion.attitude, rates.MANNERS, rates.GOOD_MANNERS)):
        if value:
            found |= {rated, satisfied} if value in good else {rated}
    if limit_on is not None and (answered_on is not None or limit_on < today):
        found.add(rates.LIMITED)
        if answered_on is not None and answered_on <= limit_on:
            found.add(rates.IN_TIME)
    return "".join(sorted(found))


def commitment_marks(commitment: Any, today: Any) -> tuple[str, str]:
    """(letters, why left out) of a commitment: kept, its day past, or given up."""
    if commitment.done_on is not None:
        return "".join(sorted({rates.DUE, rates.KEPT})), ""
    if commitment.closed_at is not None:
        return "", "ended"
    return (rates.DUE if commitment.due_on < today else ""), ""


def rows_of(suggestions: Sequence[Any], today: Any) -> Iterator[dict[str, Any]]:
    """The rows that the suggestions should have: those handed over, with one row for each replying unit. Four queries."""
    handed = [one for one in suggestions if one.handed_on is not None]
    ids = [one.id for one in handed] or [0]
    tasks = list(Task.select().where(Task.suggestion_id.in_(ids) & Task.role.in_(REPLYING)).order_by(Task.id))
    stages: dict[tuple[int, int | None], set[str]] = {}
    for suggestion_id, department_id, stage in Contact.select(
            Contact.suggestion_id, Contact.department_id, Contact.stage).where(Contact.suggestion_id.in_(ids)).tuples():
        for met in {None, department_id} if department_id is not None else {None, TOGETHER}:
            stages.setdefault((suggestion_id, met), set()).add(stage)
    limits = last_days(SUGGESTION, ids, "reply")
    task_limits = last_days(TASK, [task.id for task in tasks], "reply")
    parts: dict[int, dict[int, Any]] = {}
    for task in tasks:  # of a unit that got the suggestion twice, the newest part counts
        if task.department_id is not None and task.state != "taken_back":
            parts.setdefault(task.suggestion_id, {})[task.department_id] = task
    for one in handed:
        mine = parts.get(one.id, {})
        last = limits.get(one.id) or max((day for task in mine.values() if (day := task_limits.get(task.id))), default=None)
        yield _row(one, "suggestion", f"suggestion:{one.id}", one.department_id, one.outcome, one.answered_on, last,
                   stages.get((one.id, None), ()), today)
        for unit, task in mine.items():
            yield _row(one, "unit", f"unit:{one.id}:{unit}", unit, task.outcome, task.answered_on,
                       task_limits.get(task.id) or last,
                       stages.get((one.id, unit), set()) | stages.get((one.id, TOGETHER), set()), today)


def _row(one: Any, kind: str, key: str, unit: int | None, outcome: str | None, answered_on: Any, limit_on: Any,
         stages: Iterable[str], today: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "division_id": one.division_id, "suggestion_id": one.id, "commitment_id": None,
            "number": one.number, "title": one.title, "department_id": unit, "year": one.handed_on.year,
            "counted_on": one.handed_on, "limit_on": limit_on, "outcome": outcome, "left_out": left_out(one),
            "marks": marks_of(one, outcome=outcome, answered_on=answered_on, limit_on=limit_on, stages=stages, today=today)}


def commitment_row(one: Any, today: Any) -> dict[str, Any]:
    """The row that a commitment should have."""
    marks, why = commitment_marks(one, today)
    return {"key": f"commitment:{one.id}", "kind": "commitment", "division_id": one.division_id, "suggestion_id": None,
            "commitment_id": one.id, "number": one.suggestion_number, "title": one.title, "department_id": one.department_id,
            "year": one.due_on.year, "counted_on": one.promised_on, "limit_on": one.due_on, "outcome": None, "left_out": why,
            "marks": marks}


def refresh(suggestion_ids: Sequence[int]) -> int:
    """Make the rows of some suggestions anew; returns how many changed. One transaction."""
    with transaction():
        suggestions = list(Suggestion.select().where(Suggestion.id.in_(list(suggestion_ids) or [0])))
        old = Counted.select().where(Counted.suggestion_id.in_(list(suggestion_ids) or [0]))
        return _put(list(rows_of(suggestions, local_day())), list(old))


def refresh_commitments(ids: Sequence[int]) -> int:
    """Make the rows of some commitments anew; returns how many changed. One transaction."""
    with transaction():
        wanted = [commitment_row(one, local_day()) for one in Commitment.select().where(Commitment.id.in_(list(ids) or [0]))]
        old = Counted.select().where(Counted.commitment_id.in_(list(ids) or [0]))
        return _put(wanted, list(old))


def _put(wanted: Iterable[Mapping[str, Any]], old: Iterable[Counted]) -> int:
    """Write what differs, and let the counters follow. Raises ``Conflict`` when somebody else wrote a row meanwhile."""
    known, here, moment = {row.key: row for row in old}, tree(), now()
    changes: list[Any] = []
    done = 0
    for values in wanted:
        place = here.get(values["division_id"])
        row = known.pop(values["key"], None)
        if place is None or (row is not None and all(getattr(row, name) == value for name, value in values.items())):
            continue
        done += 1
        columns = {**values, **ancestor_columns(here, place)}
        before = dict(row.__data__) if row is not None else None
        path_before = _path(row) if row is not None else ()
        if row is None:
            row = Counted.create(**columns, created_at=moment, updated_at=moment)
        else:
            written = Counted.update(**columns, version=row.version + 1, updated_at=moment).where(
                (Counted.id == row.id) & (Counted.version == row.version)).execute()
            if written != 1:
                raise Conflict(_("Somebody else counted this suggestion at the same moment."))
        changes += counters.stock(COUNTED, before, values, path_before, place.path)
    for row in known.values():
        done += 1
        Counted.delete().where(Counted.id == row.id).execute()
        changes += counters.stock(COUNTED, dict(row.__data__), None, _path(row), ())
    counters.apply(changes)
    return done


def _path(row: Counted) -> Sequence[int]:
    place = tree().get(row.division_id)
    return place.path if place is not None else ()


def rebuild() -> int:
    """Make every row anew, in batches of one transaction each; returns how many changed. Safe to be interrupted."""
    done = 0
    for model, again in ((Suggestion, refresh), (Commitment, refresh_commitments)):
        last = 0
        while ids := [row[0] for row in model.select(model.id).where(model.id > last).order_by(model.id).limit(BATCH).tuples()]:
            done += again(ids)
            last = ids[-1]
    return done


def sweep() -> int:
    """Count anew what stands otherwise because a day went by: last days and promised days. Returns how many changed."""
    today = local_day()
    late = (Counted.limit_on < today) & (Counted.left_out == "")
    done = 0
    for column, letter, again in ((Counted.suggestion_id, rates.LIMITED, refresh),
                                  (Counted.commitment_id, rates.DUE, refresh_commitments)):
        ids = sorted({row[0] for row in Counted.select(column).where(
            late & column.is_null(False) & ~Counted.marks.contains(letter)).limit(BATCH).tuples()})
        done += again(ids) if ids else 0
    return done


# ---------------------------------------------------------------- sums

def bags(node: Node, year: int) -> dict[str, dict[str, int]]:
    """kind → letters → rows of the visible part of ``node`` in a year; read from counters only."""
    return _by_kind(statistics.stock(COUNTED, node, [OF_ALL])[OF_ALL], year)


def bags_by_child(children: Sequence[Node], year: int) -> dict[int, dict[str, dict[str, int]]]:
    """The same for several divisions in one read: division id → kind → letters → rows."""
    found = statistics.stock_by_child(COUNTED, list(children), [OF_ALL])
    return {child_id: _by_kind(columns[OF_ALL], year) for child_id, columns in found.items()}


def _by_kind(counted: Mapping[str, int], year: int) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for value, n in counted.items():
        kind, of_year, marks = value.split("|")
        if of_year == str(year) and n:
            found.setdefault(kind, {})[marks] = n
    return found


def bags_by_unit(node: Node, year: int) -> dict[int, dict[str, dict[str, int]]]:
    """Department id → kind → letters → rows of the visible part of ``node`` in a year; read from counters only."""
    found: dict[int, dict[str, dict[str, int]]] = {}
    for value, n in statistics.stock(COUNTED, node, [OF_UNITS])[OF_UNITS].items():
        kind, of_year, unit, marks = value.split("|")
        if of_year == str(year) and unit and n and kind != "suggestion":
            found.setdefault(int(unit), {}).setdefault(kind, {})[marks] = n
    return found


def years(node: Node) -> list[int]:
    """The years in which something counts at ``node``, newest first, with the present one."""
    counted = statistics.stock(COUNTED, node, [OF_ALL])[OF_ALL]
    return sorted({int(value.split("|")[1]) for value, n in counted.items() if n} | {local_day().year}, reverse=True)

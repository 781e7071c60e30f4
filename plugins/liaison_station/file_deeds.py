"""Deeds follow their causes: whatever is told of a record, its deeds are made what the record now says.

Nothing depends on which event came, how often or in which order: each time the record is read as it is (locked, so that of two
workers the later one reads what the earlier one left), and the stored deeds are brought in line with it. A deed whose cause was
undone is struck and comes back with it; what an officer struck or corrected stays as the officer left it.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from grid321.core.api import (
    DEFAULT_LANGUAGE,
    SYSTEM,
    Event,
    accounts_of,
    class_label,
    create_many,
    events_waiting,
    is_on,
    links,
    local_day,
    locked,
    people_of,
    records,
    registry,
    transaction,
    tree,
    use_language,
)

from . import file_more
from .activity_models import Activity, Attendance
from .day_models import Opinion
from .deputy_models import Deputy, Talk
from .file_causes import CAUSES, KINDS, Cause, P
from .file_models import Deed
from .reception_models import Duty, Reception
from .station_models import Station

DEED, DEPUTY = f"{P}deed", f"{P}deputy"
BATCH = 200
SILENT = frozenset({"reminder", "overdue", "comment", "attach"})
"""What happens to a record without changing what it says."""

COUNTS = frozenset({"person_id", "level", "from_day", "to_day"})
"""Columns of a mandate that decide whose deed something is."""

OWN: dict[str, Any] = {f"{P}{name}": model for name, model in (
    ("reception", Reception), ("duty", Duty), ("opinion", Opinion), ("activity", Activity), ("attendance", Attendance),
    ("talk", Talk), ("station", Station))}
"""Tables of this plugin by the key under which causes name them, whether they are records of their own or not."""


@dataclass(frozen=True)
class Wanted:
    """A deed as its cause has it."""

    key: str
    deputy: Any
    kind: str
    day: date
    title: str
    entity: str
    record_id: int
    row_id: int | None

    def columns(self) -> dict[str, Any]:
        """What of it follows the cause."""
        return {"deputy_id": self.deputy.id, "kind": self.kind, "year": self.day.year, "day": self.day, "title": self.title}


def model_of(entity_key: str) -> Any:
    """The table of an entity; None when the plugin that brings it is not installed."""
    entity = registry().entities.get(entity_key)
    return entity.model if entity is not None else OWN.get(entity_key)


# ---------------------------------------------------------------- what the records say

def wanted(cause: Cause, found: Sequence[Any]) -> list[Wanted]:
    """The deeds that records of a cause justify now. At most five queries, and one for each record that may be a conversion."""
    counted = [record for record in found if file_more.holds(cause, record) and _counts(cause, record)]
    named = _people(cause, counted)
    mandates = _mandates(cause, {holder for _record, holder, _row in named})
    names = _names(cause, counted)
    made: dict[str, Wanted] = {}
    for record, holder, row_id in named:
        day = _day(getattr(record, cause.day))
        deputy = choose(mandates.get(holder, ()), record.division_id, day, by_id=cause.who.holds == "deputy")
        if deputy is None or _came_from(cause, record):
            continue
        key = f"{cause.kind}:{cause.entity}:{record.id}:{deputy.person_id}"
        kind = cause.kinds.get(getattr(record, cause.kind_of), cause.kind) if cause.kind_of else cause.kind
        title = next((str(text) for text in (*(getattr(record, name) for name in cause.title), names.get(record.id)) if text), "")
        made.setdefault(key, Wanted(
            key, deputy, kind, day, (title or _nameless(kind, record.division_id))[:160], cause.entity, record.id, row_id))
    return list(made.values())


def _nameless(kind: str, division_id: int) -> str:
    """What a deed is called whose cause has no title. It is stored, so it is the same whoever's language is in use."""
    with use_language(DEFAULT_LANGUAGE):
        return class_label(KINDS.key, kind, division_id)


def _counts(cause: Cause, record: Any) -> bool:
    state = getattr(record, "state", "")
    return (not cause.states or state in cause.states) and state not in cause.unless and all(
        getattr(record, name) not in (None, "") for name in (cause.day, *cause.needs))


def _day(value: Any) -> date:
    return local_day(value) if hasattr(value, "hour") else value


def _people(cause: Cause, found: Sequence[Any]) -> list[tuple[Any, int, int | None]]:
    """(record, id of deputy or person, id of the row that says so) for each deputy that the records name."""
    who, by_id = cause.who, {record.id: record for record in found}
    if not by_id:
        return []
    if who.rows:
        model = model_of(who.rows)
        if model is None:
            return []
        query = model.select(model.id, getattr(model, who.link), getattr(model, who.column)).where(
            getattr(model, who.link).in_(list(by_id)) & getattr(model, who.column).is_null(False))
        for name, value in who.where.items():
            query = query.where(getattr(model, name) == value)
        return [(by_id[record_id], holder, row_id) for row_id, record_id, holder in query.order_by(model.id).tuples()]
    if who.parent:
        model = model_of(who.parent)
        holders = dict(model.select(model.id, getattr(model, who.column)).where(
            model.id.in_({getattr(record, who.link) for record in found})).tuples()) if model is not None else {}
        pairs = [(record, holders.get(getattr(record, who.link))) for record in found]
    else:
        pairs = [(record, getattr(record, who.column)) for record in found]
    if who.holds == "account":
        people = people_of(holder for _record, holder in pairs if holder is not None)
        pairs = [(record, people.get(holder or 0)) for record, holder in pairs]
    return [(record, holder, None) for record, holder in pairs if holder is not None]


def _mandates(cause: Cause, holders: set[int]) -> dict[int, list[Any]]:
    column = Deputy.id if cause.who.holds == "deputy" else Deputy.person_id
    found: dict[int, list[Any]] = {}
    for deputy in Deputy.select().where(column.in_(sorted(holders) or [0])).order_by(Deputy.id):
        found.setdefault(deputy.id if cause.who.holds == "deputy" else deputy.person_id, []).append(deputy)
    return found


def choose(mandates: Iterable[Any], division_id: int, day: date, *, by_id: bool = False) -> Any:
    """The mandate in which somebody did what a record at a division says; None for who was no deputy on that day.

    Of several it is that of the record's own level and division (a suggestion to the county's congress is the county deputy's).
    """
    place = tree().get(division_id)
    level = place.level if place is not None else ""
    fit = [one for one in mandates if by_id or (one.from_day <= day and (one.to_day is None or day <= one.to_day))]
    return min(fit, key=lambda one: (one.level != level, one.division_id != division_id, one.id), default=None)


def _names(cause: Cause, found: Sequence[Any]) -> dict[int, str]:
    entity_key, here, there = cause.named
    model = model_of(entity_key) if entity_key else None
    if model is None or not found:
        return {}
    names = dict(model.select(model.id, getattr(model, there)).where(
        model.id.in_({getattr(record, here) for record in found})).tuples())
    return {record.id: names.get(getattr(record, here), "") for record in found}


def _came_from(cause: Cause, record: Any) -> bool:
    entity = registry().entities.get(cause.entity) if cause.came_from else None
    return entity is not None and any(
        one.kind == links.CONVERTED and not one.out and one.entity.key in cause.came_from
        for one in links.of(entity, record, SYSTEM))


# ---------------------------------------------------------------- bringing the file in line

def listen(event: Event) -> None:
    """Bring the deeds in line with what an event is about. Safe to be told twice, late, or in another order."""
    if event.action in SILENT:
        return
    if event.entity == DEPUTY:
        if event.action == "edit" and not COUNTS & set((event.facts or {}).get("changed", COUNTS)):
            return
        row = (Deputy.select(Deputy.person_id).where(Deputy.id == event.record_id).tuples().first()
               or Deed.select(Deed.person_id).where(Deed.deputy_id == event.record_id).tuples().first())  # the mandate is gone
        for cause in file_more.causes() if row is not None else ():
            follow(cause, _of_person(cause, row[0]))
        return
    for cause in (*CAUSES, *file_more.at(event.division_id)):
        follow(cause, _concerned(cause, event))


def _concerned(cause: Cause, event: Event) -> list[int]:
    """The records of a cause whose deeds an event may change."""
    who = cause.who
    found: set[int] = {event.record_id} if event.entity == cause.entity else set()
    if event.entity == who.rows:
        model = model_of(who.rows)
        row = model.select(getattr(model, who.link)).where(model.id == event.record_id).tuples().first()
        stored = Deed.select(Deed.record_id).where((Deed.row_id == event.record_id) & (Deed.entity == cause.entity)).tuples()
        found |= {one for one in ((row[0] if row is not None else None), *(found_id for (found_id,) in stored)) if one}
    if event.entity == who.parent:
        model = model_of(cause.entity)
        if model is not None:
            found |= {row[0] for row in model.select(model.id).where(getattr(model, who.link) == event.record_id).tuples()}
    return sorted(found)


def _of_person(cause: Cause, person_id: int) -> list[int]:
    """The records of a cause that name a person, and those that stand in the file of that person."""
    who, model = cause.who, model_of(cause.entity)
    if model is None:
        return []
    holder = (Deputy.select(Deputy.id).where(Deputy.person_id == person_id) if who.holds == "deputy" else
              list(accounts_of([person_id]).values()) or [0] if who.holds == "account" else [person_id])
    if who.rows:
        rows = model_of(who.rows)
        query = rows.select(getattr(rows, who.link)).where(getattr(rows, who.column).in_(holder)) if rows is not None else None
    elif who.parent:
        above = model_of(who.parent)
        query = model.select(model.id).where(getattr(model, who.link).in_(
            above.select(above.id).where(getattr(above, who.column).in_(holder)))) if above is not None else None
    else:
        query = model.select(model.id).where(getattr(model, who.column).in_(holder))
    stored = Deed.select(Deed.record_id).where((Deed.person_id == person_id) & (Deed.entity == cause.entity)).tuples()
    return sorted({row[0] for row in (*(query.tuples() if query is not None else ()), *stored)})


def follow(cause: Cause, ids: Sequence[int], *, alone: bool = False) -> int:
    """Bring the deeds of some records of a cause in line with what the records say; returns how many changed.

    ``alone``: nobody else writes now (the demo is filled). New deeds are then written at once, which holds the index of texts
    while records are locked: with others at work each would wait for the other.
    """
    model = model_of(cause.entity)
    if model is None:
        return 0
    done = 0
    for start in range(0, len(ids), BATCH):
        part = list(ids[start:start + BATCH])
        with transaction():
            found = list(locked(model.select().where(model.id.in_(part)).order_by(model.id)))
            known = {row.key: row for row in _stored(cause, part)}
            new = []
            for one in wanted(cause, found):
                row = known.pop(one.key, None)
                if row is None:
                    new.append(one)
                else:
                    done += _put(one, row)
            done += note(new, alone) if new else 0
            for row in known.values():
                done += _strike(row)
    return done


def _stored(cause: Cause, ids: Sequence[int]) -> list[Deed]:
    rows = Deed.select().where((Deed.entity == cause.entity) & Deed.record_id.in_(list(ids)))
    return [row for row in rows if row.key.startswith(f"{cause.kind}:")]


def _put(one: Wanted, row: Deed) -> int:
    change = differing(one, row)
    if change:
        _write(row, change)
    return int(bool(change))


def differing(one: Wanted, row: Deed) -> dict[str, Any]:
    """The columns in which a stored deed differs from its cause. A confirmed one that changes is to be confirmed anew."""
    if row.state == "struck" and not row.was:
        return {}
    state = row.was or row.state
    change = {} if state == "corrected" else {
        name: value for name, value in one.columns().items() if getattr(row, name) != value}
    if change and state == "confirmed":
        state = "noted"
    change |= {name: value for name, value in {"state": state, "was": "", "row_id": one.row_id}.items()
               if getattr(row, name) != value}
    return change


def _strike(row: Deed) -> int:
    if row.state == "struck":
        return 0
    _write(row, {"state": "struck", "was": row.state})
    return 1


def _write(row: Deed, values: dict[str, Any]) -> None:
    place = tree().get(row.division_id)
    if place is not None:
        records.update(registry().entity(DEED), row.id, values, SYSTEM, None, place)


def note(new: Sequence[Wanted], alone: bool = False) -> int:
    """Write deeds into the files of their deputies, once for each key; returns how many.

    There is no file to write into for a deputy whose division is gone.
    """
    there, rows = {row[0] for row in Deed.select(Deed.key).where(Deed.key.in_([one.key for one in new])).tuples()}, []
    for one in new:
        place = tree().get(one.deputy.division_id)
        if one.key in there or place is None or not place.valid:
            continue
        there.add(one.key)
        rows.append((place, {
            **one.columns(), "title": one.title[:160], "person_id": one.deputy.person_id, "entity": one.entity,
            "record_id": one.record_id, "row_id": one.row_id, "key": one.key}))
    entity = registry().entity(DEED)
    if alone and rows:
        create_many(entity, [{**values, "division_id": place.id} for place, values in rows], SYSTEM)
    else:
        for place, values in rows:
            records.create(entity, values, SYSTEM, place)
    return len(rows)


# ---------------------------------------------------------------- recount

def _batches(model: Any) -> Iterator[list[Any]]:
    last = 0
    while rows := list(model.select().where(model.id > last).order_by(model.id).limit(BATCH)):
        yield [row for row in rows if is_on("liaison_station", row.division_id)]
        last = rows[-1].id


def _orphans(cause: Cause, model: Any) -> list[Deed]:
    rows = Deed.select().where((Deed.entity == cause.entity) & (Deed.state != "struck")
                               & Deed.record_id.not_in(model.select(model.id)))
    return [row for row in rows if row.key.startswith(f"{cause.kind}:")]


def faults() -> Iterator[str]:
    """Every deed that is otherwise than a recount has it, as a sentence; nothing while events wait to be told."""
    causes = file_more.causes()
    if events_waiting(heard(causes)) is not None:
        return
    for cause in causes:
        model = model_of(cause.entity)
        for batch in _batches(model) if model is not None else ():
            yield from _faults_of(cause, batch)
        if model is not None:
            yield from (f"deeds: {row.key} stands although its cause is gone" for row in _orphans(cause, model))


def _faults_of(cause: Cause, batch: Sequence[Any]) -> Iterator[str]:
    known = {row.key: row for row in _stored(cause, [record.id for record in batch])}
    for one in wanted(cause, batch):
        row, place = known.pop(one.key, None), tree().get(one.deputy.division_id)
        if row is None and place is not None and place.valid:
            yield f"deeds: {one.key} is missing"
        elif row is not None and (change := differing(one, row)):
            yield f"deeds: {one.key} has another {', '.join(sorted(change))} than its cause"
    yield from (f"deeds: {row.key} stands although its cause is undone" for row in known.values() if row.state != "struck")


def recount(*, alone: bool = False) -> int:
    """Bring every deed in line, in batches of one transaction each; returns how many changed. Safe to be interrupted.
    ``alone`` as for ``follow``.

    It also brings what happened before the plugin was switched on, and while the worker was down.
    """
    done = 0
    for cause in file_more.causes():
        model = model_of(cause.entity)
        for batch in _batches(model) if model is not None else ():
            if any(_faults_of(cause, batch)):  # most are right: nothing is locked for them
                done += follow(cause, [record.id for record in batch], alone=alone)
        if model is not None:
            done += follow(cause, [row.record_id for row in _orphans(cause, model) if row.record_id])
    return done


def heard(causes: Iterable[Cause]) -> tuple[str, ...]:
    """The entities whose events may change a deed."""
    return tuple(dict.fromkeys((DEPUTY, *(key for cause in causes for key in (
        cause.entity, cause.who.rows, cause.who.parent) if key))))

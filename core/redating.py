"""Re-dating: open deadlines are computed anew when days of the calendar change, or on purpose after changed lengths.

One job does it in small transactions. Each locks its clocks, computes them from what is stored by then, and writes the new
dates together with a ledger entry for each case and the lines of the report, so that a job killed in the middle goes on where
it stopped and nothing is written twice. A clock that was met meanwhile stays as it is. At the end each account that has to
act on changed cases is told once, with the number of changed dates.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import peewee

from . import bulk, calendar, db, jobs, ledger, notify, snapshot
from .calendar import COUNTRY
from .clock_rows import RUNNING, Deadline, read_length, redated
from .entity import Job
from .errors import Invalid
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .registry import registry
from .tree import Node

JOB = "core.redate"
CALENDAR, LENGTHS = "calendar", "lengths"
BATCH = 1000
MARGIN = timedelta(days=40)
"""A date may lie this far before a changed day and still rest on it: no run of days off is longer."""

_COLUMNS = ("due", "due_at", "provisional", "next_at", "length", "source", "setting", "place_id", "valid_from")
_TELLING = frozenset({"due", "due_at", "provisional", "length"})
"""A clock whose rule only comes from another document now keeps the one it was made under."""

_FIELDS = ("id", "entity", "record_id", "clock", "division_id", "started_at", "started_on", "day_off", "remind", "paused",
           "first_length", "fired_at", *_COLUMNS)


class Redating(db.Table):
    """One re-dating: why, for which place (COUNTRY: all), by which job. ``settings`` names the lengths it follows on purpose."""

    id = peewee.BigAutoField()
    kind = peewee.CharField(max_length=10)
    division_id = peewee.BigIntegerField(default=COUNTRY)
    shown_at = peewee.BigIntegerField()
    reason = peewee.TextField(default="")
    since = peewee.DateField(null=True)
    settings = db.JSONField(default=list)
    account_id = peewee.BigIntegerField(null=True)
    asked_at = peewee.DateTimeField(default=db.now)
    job_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_redating"
        indexes = ((("shown_at", "id"), False),)


class Redated(db.Table):
    """One changed date of a re-dating: the line of its report."""

    id = peewee.BigAutoField()
    redating_id = peewee.BigIntegerField()
    deadline_id = peewee.BigIntegerField()
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    number = peewee.CharField(max_length=40, default="")
    clock = peewee.CharField(max_length=40)
    division_id = peewee.BigIntegerField()
    department_id = peewee.BigIntegerField(null=True)
    old_due = peewee.DateField()
    new_due = peewee.DateField()
    old_provisional = peewee.BooleanField()
    new_provisional = peewee.BooleanField()

    class Meta:
        table_name = "core_redated"
        indexes = ((("redating_id", "deadline_id"), True), (("redating_id", "id"), False))


class Row:
    """A running clock as it was read: what ``clock_rows.redated`` needs, without the weight of a model."""

    __slots__ = _FIELDS
    id: int
    entity: str
    record_id: int
    clock: str
    division_id: int
    setting: str
    length: str
    due: date
    provisional: bool

    def __init__(self, values: Sequence[Any]) -> None:
        for name, value in zip(_FIELDS, values, strict=True):
            setattr(self, name, value)


@dataclass(frozen=True)
class Found:
    """What a re-dating would change: how many open clocks were looked at, how many dates change, the first of them."""

    seen: int
    changed: int
    first: tuple[tuple[Row, dict[str, Any]], ...]


def ask(kind: str, node: Node, actor: Any, *, reason: str, everywhere: bool = False, since: date | None = None,
        settings: Iterable[str] = ()) -> Redating:
    """Ask for a re-dating inside the caller's transaction; the worker does it.

    ``kind`` is CALENDAR (``since``: the first day that changed) or LENGTHS (``settings``: keys of the lengths to follow).
    It reaches ``node`` and its subtree, or with ``everywhere`` the whole deployment. Raises ``Invalid`` without a setting
    for LENGTHS, or with one that is no length.
    """
    keys = sorted(set(settings))
    known = snapshot.current().settings.all()
    if kind == LENGTHS and (not keys or any(key not in known or known[key].kind != "length" for key in keys)):
        message = _("Choose at least one limit.")
        raise Invalid(_("Nothing was re-dated."), message, errors={"settings": [message]})
    with db.transaction():
        row = Redating.create(kind=kind, division_id=COUNTRY if everywhere else node.id, shown_at=node.id, reason=reason,
                              since=since, settings=keys, account_id=actor.account_id, asked_at=db.now())
        run = jobs.enqueue(JOB, {"redating": row.id}, actor, node, link=f"/d/{node.code}/core/redating/{row.id}")
        Redating.update(job_id=run.id).where(Redating.id == row.id).execute()
        row.job_id = run.id
        ledger.append("core.redating", row.id, "redate", node=node, account_id=actor.account_id,
                      facts={"kind": kind, "everywhere": everywhere, "since": since.isoformat() if since else None,
                             "settings": keys})
    return row


def preview(node: Node, settings: Iterable[str] = (), *, everywhere: bool = False, since: date | None = None,
            examples: int = 20) -> Found:
    """What a re-dating would change now; writes nothing."""
    work = _Work(settings, None if everywhere else node, since)
    seen = changed = 0
    first: list[tuple[Row, dict[str, Any]]] = []
    for ids in work.batches(0, 5000):
        seen += len(ids)
        for row, values in work.changes(_rows(ids)):
            changed += 1
            if len(first) < examples:
                first.append((row, values))
    return Found(seen, changed, tuple(first))


class _Work:
    """The clocks of one re-dating and their new dates, with the days and rules of each place looked up once."""

    def __init__(self, settings: Iterable[str], node: Node | None, since: date | None) -> None:
        self.now = snapshot.current()
        self.moment, self.day = db.now(), db.local_day()
        self.settings = frozenset(settings)
        self.inside: frozenset[int] | None = None
        if node is not None and not self.now.tree.covers_all(node):
            self.inside = frozenset(place.id for place in self.now.tree.subtree(node, all_times=True))
        self.wanted = Deadline.state == RUNNING
        if since is not None:
            self.wanted &= Deadline.due >= since - MARGIN
        if self.settings:
            self.wanted &= Deadline.setting.in_(sorted(self.settings))
        self._days: dict[int, calendar.Days] = {}
        self._rules: dict[tuple[int, str], dict[str, Any] | None] = {}

    def batches(self, after: int, limit: int) -> list[list[int]]:
        """The ids of the running clocks above ``after``, in parts of ``limit``.

        Read at once: asked for part by part, a database without fresh statistics sorts all of them for each part.
        """
        ids = sorted(found for (found,) in Deadline.select(Deadline.id).where(self.wanted).tuples() if found > after)
        return [ids[start:start + limit] for start in range(0, len(ids), limit)]

    def changes(self, rows: Iterable[Row]) -> Iterator[tuple[Row, dict[str, Any]]]:
        """(clock, columns that change) of those whose date or rule changes."""
        for row in rows:
            if self.inside is not None and row.division_id not in self.inside:
                continue
            rule: dict[str, Any] | None = {}
            if self.settings:
                rule = self._rule(row.division_id, row.setting)
                if rule is None:
                    continue
            found = redated(row, self._days_at(row.division_id), self.moment, **(rule or {}))
            if found.keys() & _TELLING:
                yield row, found

    def _days_at(self, division_id: int) -> calendar.Days:
        found = self._days.get(division_id)
        if found is None:
            node = self.now.tree.get(division_id)
            found = self._days[division_id] = self.now.calendar.at(node, calendar.plugin_days(node))
        return found

    def _rule(self, division_id: int, key: str) -> dict[str, Any] | None:
        """The length that holds today at a place; None where it has no value: such a clock keeps its date."""
        if (division_id, key) not in self._rules:
            value, source, place, since = self.now.settings.explain(key, self.now.tree.get(division_id), self.day)
            self._rules[division_id, key] = None if value is None else {
                "length": read_length(str(value)), "source": source, "place_id": place, "valid_from": since}
        return self._rules[division_id, key]


def _rows(ids: list[int], *, lock: bool = False) -> list[Row]:
    """The clocks ``ids`` that are still running, by id; with ``lock`` nobody else changes them in this transaction."""
    query = Deadline.select(Deadline.state, *(getattr(Deadline, name) for name in _FIELDS)).where(
        Deadline.id.in_(ids)).order_by(Deadline.id)
    found = (query.for_update() if lock and db.is_postgres() else query).tuples()
    return [Row(values[1:]) for values in found if values[0] == RUNNING]


def run(context: jobs.Context, args: dict[str, Any]) -> dict[str, Any]:
    """The job: go through the open clocks, write what changed, tell the owners. Safe to be cut off anywhere."""
    row = Redating.get_by_id(args["redating"])
    place = snapshot.current().tree.get(row.division_id) if row.division_id != COUNTRY else None
    work = _Work(row.settings, place, row.since)
    cursor = context.cursor or {"after": 0, "seen": 0, "told": False}
    parts = [] if cursor["told"] else work.batches(cursor["after"], BATCH)
    context.progress(cursor["seen"], cursor["seen"] + sum(map(len, parts)))
    for ids in parts:
        cursor = {"after": ids[-1], "seen": cursor["seen"] + len(ids), "told": False}
        waiting = [one.id for one, _values in work.changes(_rows(ids))]
        with context.step(cursor, cursor["seen"]):
            if waiting:
                _write(row, work, waiting)
    if not cursor["told"]:
        with context.step({**cursor, "told": True}):
            _tell(row, context.node)
    changed = Redated.select().where(Redated.redating_id == row.id).count()
    return {"seen": cursor["seen"], "changed": changed, "link": context.run.link}


def _write(redating: Redating, work: _Work, ids: list[int]) -> None:
    """Compute the clocks ``ids`` from what is stored now, and write dates, cases, report and ledger in this transaction."""
    changes = list(work.changes(_rows(ids, lock=True)))
    fields = [getattr(Deadline, name) for name in _COLUMNS]
    bulk.update_rows(Deadline, _COLUMNS, [
        (*[field.db_value(values.get(field.name, getattr(row, field.name))) for field in fields], row.id)
        for row, values in changes])
    by_entity: dict[str, list[tuple[Row, dict[str, Any]]]] = {}
    for row, values in changes:
        by_entity.setdefault(row.entity, []).append((row, values))
    for key, found in by_entity.items():
        _write_cases(redating, key, found)


def _write_cases(redating: Redating, key: str, changes: list[tuple[Row, dict[str, Any]]]) -> None:
    """The earliest due day and the version of each case; its line of the report; its ledger entry."""
    entity = registry().entities.get(key)
    cases: dict[int, tuple[Any, ...]] = {}
    record_ids = sorted({row.record_id for row, _values in changes})
    if entity is not None:
        model = entity.model
        query = model.select(model.id, model.version, model.number, model.department_id, model.division_id).where(
            model.id.in_(record_ids)).order_by(model.id)
        # The lock makes a step that read the old dates fail its compare-and-set instead of writing one of them back.
        cases = {found[0]: found for found in (query.for_update() if db.is_postgres() else query).tuples()}
        dues: dict[int, date] = {}
        for record_id, state, due in Deadline.select(Deadline.record_id, Deadline.state, Deadline.due).where(
                (Deadline.entity == key) & Deadline.record_id.in_(record_ids)).tuples():
            if state == RUNNING:
                dues[record_id] = min(due, dues.get(record_id, due))
        moment = db.now()
        bulk.update_rows(model, ("due", "version", "updated_at"),
                         [(dues.get(found), case[1] + 1, moment, found) for found, case in cases.items()])
    facts: dict[int, list[dict[str, Any]]] = {}
    lines = []
    for row, values in changes:
        case = cases.get(row.record_id)
        new: date = values.get("due", row.due)
        facts.setdefault(row.record_id, []).append(_fact(row, values, new))
        lines.append((redating.id, row.id, key, row.record_id, case[2] if case else "", row.clock, row.division_id,
                      case[3] if case else None, row.due, new, bool(row.provisional),
                      bool(values.get("provisional", row.provisional))))
    bulk.insert_rows(Redated, ("redating_id", "deadline_id", "entity", "record_id", "number", "clock", "division_id",
                               "department_id", "old_due", "new_due", "old_provisional", "new_provisional"), lines)
    ledger.append_many("redated", ((key, record_id, cases[record_id][4] if record_id in cases else None,
                                    cases[record_id][1] if record_id in cases else 0,
                                    {"redating": redating.id, "clocks": found}) for record_id, found in facts.items()),
                       account_id=redating.account_id)


def _fact(row: Row, values: dict[str, Any], new: date) -> dict[str, Any]:
    found: dict[str, Any] = {"clock": row.clock, "from": row.due.isoformat(), "to": new.isoformat(),
                             "provisional": bool(values.get("provisional", row.provisional))}
    if "length" in values:
        found |= {"length": values["length"], "length_before": row.length}
    return found


def _tell(redating: Redating, node: Node) -> None:
    """One notice to each account that has to act on a case whose date changed."""
    from .recipients import desk_accounts

    counts: Counter[int] = Counter()
    for (key,) in list(Redated.select(Redated.entity).where(Redated.redating_id == redating.id).distinct().tuples()):
        entity, workflow = registry().entities.get(key), registry().workflow_of(key)
        if entity is None or workflow is None:
            continue
        model = entity.model
        groups = (model.select(model.state, model.holder_id, model.department_id, model.reporter_id, peewee.fn.COUNT(Redated.id))
                  .join(Redated, on=(Redated.record_id == model.id))
                  .where((Redated.redating_id == redating.id) & (Redated.entity == key)
                         & ((Redated.old_due != Redated.new_due) | (Redated.old_provisional != Redated.new_provisional)))
                  .group_by(model.state, model.holder_id, model.department_id, model.reporter_id))
        desks: dict[tuple[Any, ...], set[int]] = {}
        for state, holder, department, reporter, count in list(groups.tuples()):
            try:
                declared = workflow.state(state)
            except KeyError:  # a state of an older version
                continue
            place = (state, holder, department, reporter if declared.desk == "reporter" else None)
            if place not in desks:
                desks[place] = desk_accounts(workflow, declared, {
                    "holder_id": holder, "department_id": department, "reporter_id": reporter})
            for account in desks[place]:
                counts[account] += count
    for account, count in sorted(counts.items()):
        notify.send([account], "clock.redated", {"count": count}, f"/d/{node.code}/core/redating/{redating.id}", node)


JOBS = (Job(JOB, _l("Work out open deadlines anew"), run),)

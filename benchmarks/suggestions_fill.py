"""Fills a county with matters, suggestions and published items, past the ORM and with everything that belongs to them.

Ten thousand matters are drawn; the database itself makes the others from them (``INSERT … SELECT`` with other ids, numbers and
ledger entries), which takes seconds where drawing a million takes minutes. Published items are drawn one by one, because their
texts are searched. What was written is counted in the maintained counters of every division above, as the platform would.
"""
from __future__ import annotations

from collections import Counter as Bag
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain, islice, pairwise
from random import Random
from typing import Any

from generate import PostgresLoader, SqliteLoader, _loader
from search import Texts

from grid321.core import db, search, snapshot
from grid321.core.clock_rows import Deadline, over_at
from grid321.core.counters import columns_of, text_of
from grid321.core.ledger import LedgerEntry
from grid321.core.registry import registry
from grid321.core.tree import Node, ancestor_columns

PLUGIN, SEED, BLOCK = "suggestion_tracking", 321, 10_000
MATTER, SUGGESTION, TASK, PUBLICATION = (f"{PLUGIN}.{name}" for name in ("matter", "suggestion", "task", "publication"))
TEXT = "村口到学校一段路灯不亮，孩子早晚上学看不清路，居民多次反映。"
PUBLISHED_IN = 10  # every tenth matter is published
LEVELS = ("village", "town", "county")
COUNTER = ("entity", "division_id", "dimension", "month", "value", "n")

#: (share among the open ones, state, level that holds it, its clock or none): what waits where.
WAITING = ((20, "reported", "village", "accept"), (34, "handling", "village", "village"), (16, "received", "town", "town"),
           (4, "received_county", "county", "county"), (4, "handed", "county", "take_up"), (8, "accepted", "county", "county"),
           (8, "answered", "village", "feed_back"), (6, "kept", "town", "look_again"))
OVER = ((86, "closed", "village"), (9, "closed", "town"), (3, "closed", "county"), (2, "withdrawn", "village"))


@dataclass
class County:
    """The measured county: its divisions, units and deputies, the browsers of the people at their desks, what is in it."""

    url: str
    county: Node
    villages: list[Node]
    units: list[int]
    deputies: list[int]
    browsers: dict[str, Any]
    matters: int = 0
    suggestions: int = 0
    counted: Bag[tuple[str, int, str, str, str]] = field(default_factory=Bag)
    flowed: Bag[tuple[str, int, str, str, str]] = field(default_factory=Bag)


class Drawn:
    """Matters and suggestions from a fixed seed. ``times`` says how often what is drawn will stand in the database."""

    def __init__(self, world: County, open_share: float = 0.0) -> None:
        self.world, self.rng, self.open_share, self.times = world, Random(SEED + world.matters), open_share, 1
        tree = snapshot.current().tree
        self.scopes = {node.id: ancestor_columns(tree, node) for node in (*world.villages, world.county)}
        self.above = {node.id: {"village": node.id, "town": node.path[-2], "county": world.county.id} for node in world.villages}
        self.defaults = {key: db.filled(registry().entity(key).model, {}) for key in (MATTER, SUGGESTION, TASK)}
        self.now = db.now().replace(microsecond=0)
        last = self.now.replace(day=1, hour=0, minute=0, second=0) - timedelta(hours=9)
        self.born = [last - timedelta(days=day, minutes=7) for day in range(25)]  # within last month, which is closed
        self.month = f"{last.year:04d}-{last.month:02d}"

    def matters(self, first: int, last: int) -> Iterator[tuple[Any, ...]]:
        """(matter, running clock or None, ledger entry) of each."""
        for number in range(first, last + 1):
            village = self.rng.choice(self.world.villages)
            if self.rng.random() < self.open_share:
                _share, state, level, clock = self.rng.choices(WAITING, [one[0] for one in WAITING])[0]
            else:
                (_share, state, level), clock = self.rng.choices(OVER, [one[0] for one in OVER])[0], None
            yield self._matter(number, village, state, level, clock)

    def _matter(self, number: int, village: Node, state: str, level: str, clock: str | None) -> tuple[Any, ...]:
        at, holder = self.rng.choice(self.born), self.above[village.id][level]
        due = self.now.date() + timedelta(days=int(self.rng.random() * 40) - 12) if clock else None
        unit = self.world.units[number % len(self.world.units)] if state in {"handed", "accepted"} else None
        closed = state == "closed"
        record = {"id": number, "uid": f"{number:032x}", "created_at": at, "updated_at": at, "number": f"WT-{number:09d}",
                  "state": state, "holder_id": holder, "department_id": unit, "unit_id": unit, "due": due,
                  "closed_at": None if clock else at, "outcome": "A" if closed else None,
                  "rating": "satisfied" if closed else None, "kind": ("roads", "water", "welfare")[number % 3],
                  "title": "村口路灯不亮", "text": TEXT, "occurred_on": at.date(), "source": ("station", "hotline")[number % 2],
                  "holder_level": level, "solved_level": level if closed else None, **self.scopes[village.id]}
        deadline = None if due is None else {
            "entity": MATTER, "record_id": number, "clock": clock, "division_id": holder, "started_at": at,
            "started_on": at.date(), "length": "7 d", "source": "benchmark", "due": due, "overdue": "notify",
            "next_at": over_at(due, None)}
        self._count(MATTER, record)
        return record, deadline, self._entry(MATTER, record, "reported", village, self._flows(record, village, level))

    def _flows(self, record: dict[str, Any], village: Node, level: str) -> list[list[Any]]:
        """What the ledger books of a matter: collected by its village, sent up to where it is, solved or withdrawn there."""
        flows = [[village.id, "village", "collected"]]
        for below, upper in pairwise(LEVELS[:LEVELS.index(level) + 1]):
            flows += [[self.above[village.id][below], below, "sent_up"], [self.above[village.id][upper], upper, "received"]]
        end = {"closed": "solved", "withdrawn": "withdrawn"}.get(record["state"])
        return flows + ([[record["holder_id"], level, end]] if end else [])

    def _entry(self, entity: str, record: dict[str, Any], state: str, place: Node, flows: list[list[Any]]) -> dict[str, Any]:
        for holder, level, kind in flows:
            self.world.flowed[(entity, holder, level, self.month, kind)] += self.times
        return {"at": record["created_at"], "entity": entity, "record_id": record["id"], "step": "create", "from_state": None,
                "to_state": state, "version": 1, "division_id": place.id, "facts": {"holder": place.code, "flows": flows}}

    def suggestions(self, first: int, last: int) -> Iterator[tuple[Any, ...]]:
        """(suggestion, tasks of its two units, ledger entry) of each; open ones, like matters, are all among the first."""
        for number in range(first, last + 1):
            is_open, at = self.rng.random() < min(0.4, self.open_share), self.born[number % len(self.born)]
            state = ("handling", "assigned", "answered")[number % 3] if is_open else "closed"
            due = self.now.date() + timedelta(days=number % 60 - 15) if state in {"handling", "assigned"} else None
            base = {"created_at": at, "updated_at": at, "holder_id": self.world.county.id, "title": "关于增设路灯的建议",
                    "due": due, "closed_at": None if is_open else at, **self.scopes[self.world.county.id]}
            case = {**base, "id": number, "uid": f"{number:032x}", "number": f"JY-{number:09d}", "state": state,
                    "department_id": self._unit(number), "kind": "building", "content": TEXT,
                    "outcome": None if is_open else "A", "rating": None if is_open else "satisfied", "raised_on": at.date(),
                    "deputy_id": self.world.deputies[number % len(self.world.deputies)], "handed_on": at.date()}
            self._count(SUGGESTION, case)
            county, kinds = self.world.county, ("collected",) if is_open else ("collected", "solved")
            yield case, [self._task(base, case, number, place) for place in (0, 1)], self._entry(
                SUGGESTION, case, "raised", county, [[county.id, "county", kind] for kind in kinds])

    def _task(self, base: dict[str, Any], case: dict[str, Any], number: int, place: int) -> dict[str, Any]:
        """What one unit does: the first leads, the second is the co-handler."""
        key = 2 * number - place
        state = "done" if base["closed_at"] else ("answered" if base["due"] is None else ("fixed", "received")[place])
        task = {**base, "id": key, "uid": f"{key:032x}", "number": f"CB-{key:09d}", "suggestion_id": number, "state": state,
                "suggestion_number": case["number"], "role": ("lead", "co")[place], "department_id": self._unit(number + place)}
        self._count(TASK, task)
        return task

    def _unit(self, number: int) -> int:
        return self.world.units[number % len(self.world.units)]

    def _count(self, entity: str, record: dict[str, Any]) -> None:
        whole = {**self.defaults[entity], **record}
        for column in columns_of(registry().entity(entity)):
            self.world.counted[(entity, record["division_id"], column, "", text_of(whole, column))] += self.times

    def publications(self, first: int, last: int) -> Iterator[dict[str, Any]]:
        """Every tenth matter, each with a title and a text of its own out of 4,000 words."""
        texts = Texts(last)
        for number in range(first, last + 1):
            at, (_kind, _class, title, text) = self.born[number % len(self.born)], texts[number]
            yield {"id": number, "uid": f"{number:032x}", "created_at": at, "updated_at": at, "source": "matter",
                   "source_id": number * PUBLISHED_IN, "number": f"WT-{number * PUBLISHED_IN:09d}",
                   "kind": ("roads", "water", "welfare")[number % 3], "title": title, "text": text,
                   "result": "已更换灯头和线路。", "outcome": "A", "raised_at": at, "published_on": at.date(),
                   **self.scopes[self.world.villages[number % len(self.world.villages)].id]}


# -- writing -----------------------------------------------------------------------------------------------------------

def fill(world: County, matters: int, suggestions: int, open_share: float) -> None:
    """Add matters up to ``matters`` and suggestions up to ``suggestions``, with clocks, ledger, counters and publications."""
    drawn = Drawn(world, open_share)
    models = {key: registry().entity(key).model for key in (MATTER, SUGGESTION, TASK, PUBLICATION)}
    tables = ("core_ledger", "core_deadline", "core_counter", *(model._meta.table_name for model in models.values()))
    db.close_thread()
    if db.is_postgres():
        db.database.obj.close_all()
    loader = _loader(world.url)
    indexes = loader.drop_indexes(tables)
    first = world.matters + 1
    block = min(BLOCK, max(1, (matters - world.matters) // 3))
    copies, rest = divmod(matters - world.matters, block)
    if rest:
        _load_matters(loader, drawn, first, first + rest - 1)
        first += rest
    if copies:
        drawn.times = copies
        _load_matters(loader, drawn, first, first + block - 1)
        _copy_matters(loader, first, block, copies - 1)
        drawn.times = 1
    parts = list(drawn.suggestions(world.suggestions + 1, suggestions))
    _load(loader, models[SUGGESTION], (case for case, _tasks, _entry in parts))
    _load(loader, models[TASK], (task for _case, tasks, _entry in parts for task in tasks))
    _load(loader, LedgerEntry, (entry for _case, _tasks, entry in parts))
    _load(loader, models[PUBLICATION], drawn.publications(world.matters // PUBLISHED_IN + 1, matters // PUBLISHED_IN))
    loader.connection.execute("DELETE FROM core_counter")
    loader.load("core_counter", COUNTER, _counters(world))
    loader.finish(indexes, tables)
    world.matters, world.suggestions = matters, suggestions
    _index(registry().entity(PUBLICATION))


def _load_matters(loader: SqliteLoader | PostgresLoader, drawn: Drawn, first: int, last: int) -> None:
    found = list(drawn.matters(first, last))
    _load(loader, registry().entity(MATTER).model, (record for record, _deadline, _entry in found))
    _load(loader, Deadline, (deadline for _record, deadline, _entry in found if deadline))
    _load(loader, LedgerEntry, (entry for _record, _deadline, entry in found))


def _copy_matters(loader: SqliteLoader | PostgresLoader, first: int, block: int, copies: int) -> None:
    """Write the ``block`` of matters that begins with ``first`` again and again, each time with the next ids and numbers."""
    matter = registry().entity(MATTER).model
    key = f"b.id + c.n * {block}"
    if isinstance(loader, PostgresLoader):
        named = {"id": key, "uid": f"lpad(to_hex({key}), 32, '0')", "number": f"'WT-' || lpad(({key})::text, 9, '0')"}
    else:
        named = {"id": key, "uid": f"printf('%032x', {key})", "number": f"printf('WT-%09d', {key})"}
    beside = {"record_id": f"b.record_id + c.n * {block}"}
    for model, changed, where in ((matter, named, f"id >= {first}"),
                                  (Deadline, beside, f"entity = '{MATTER}' AND record_id >= {first}"),
                                  (LedgerEntry, beside, f"entity = '{MATTER}' AND record_id >= {first}")):
        table = model._meta.table_name
        columns = [column for column in model._meta.columns if column in changed or column != "id"]
        chosen = ", ".join(changed.get(column, f"b.{column}") for column in columns)
        for statement in (
                f"CREATE TEMPORARY TABLE block AS SELECT * FROM {table} WHERE {where}",
                f"INSERT INTO {table} ({', '.join(columns)}) WITH RECURSIVE c(n) AS (SELECT 1 WHERE {copies} > 0 UNION ALL"
                f" SELECT n + 1 FROM c WHERE n < {copies}) SELECT {chosen} FROM c CROSS JOIN block b",
                "DROP TABLE block"):
            loader.connection.execute(statement)


def _load(loader: SqliteLoader | PostgresLoader, model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows with the model's defaults; the columns are those of the first row."""
    found = iter(rows)
    first = next(found, None)
    if first is None:
        return
    whole = db.filled(model, first)
    columns = [model._meta.fields[name] for name in whole]
    spare = {name: _plain(column.db_value(whole[name])) for name, column in zip(whole, columns, strict=True)}
    given = {name: column for name, column in zip(whole, columns, strict=True) if name in first}

    def values() -> Iterator[tuple[Any, ...]]:
        for row in chain((first,), found):
            yield tuple({**spare, **{name: _plain(column.db_value(row[name])) for name, column in given.items()}}.values())

    loader.load(model._meta.table_name, [column.column_name for column in columns], values())


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date | datetime) else value


def _counters(world: County) -> Iterator[tuple[Any, ...]]:
    """Every counter row: stock and flows, for each division and those above it."""
    paths = {node.id: node.path for node in snapshot.current().tree.subtree(world.county)}
    found: Bag[tuple[str, int, str, str, str]] = Bag()
    for (entity, place, column, month, value), n in world.counted.items():
        for above in paths[place]:
            found[(entity, above, column, month, value)] += n
    for (entity, place, level, month, kind), n in world.flowed.items():
        for above in paths[place]:
            found[(entity, above, f"flow.{level}", month, kind)] += n
    return ((*key, n) for key, n in found.items())


def _index(entity: Any) -> None:
    """Take the records that are not in the full-text index yet into it."""
    rows = search.expected(entity)
    while block := list(islice(rows, 1000)):
        search.add_many(entity, block)

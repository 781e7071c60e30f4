"""Maintained counts: stock (how many records have which value, now) and flow (what each level did, month by month).

Rows are kept for every division from the record's own up to the root, so that a page reads one range. On SQLite the rows
are written in the step's transaction; on PostgreSQL the county's row would be hot, so deltas are appended and folded later.
``recount`` builds everything anew from records and ledger: the two must be equal.
"""
from __future__ import annotations

from collections import Counter as Bag
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import peewee

from . import db
from .entity import Entity
from .tree import Node, Tree

Row = tuple[str, int, str, str, str, int]
"""(entity, division id, month or '', dimension, value, n)"""
IN, OUT = ("collected", "received"), ("solved", "closed", "withdrawn", "joined", "sent_up", "sent_down")
FLOW_KINDS = (*IN, *OUT)
CORRECTION = "correction."
"""Joined: the case left the bank without being solved, because another record carries it (domain §6: nothing twice)."""


class CounterRow(db.Table):
    """One maintained count. ``dimension`` is a column (stock, month '') or ``flow.<level>`` (by month)."""

    recounted = True  # a change of the tree counts anew instead of rewriting ids

    id = peewee.BigAutoField()
    entity = peewee.CharField(max_length=80)
    division_id = peewee.BigIntegerField()
    dimension = peewee.CharField(max_length=80)
    month = peewee.CharField(max_length=7)
    value = peewee.CharField(max_length=80)
    n = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "core_counter"
        indexes = ((("entity", "division_id", "dimension", "month", "value"), True),)


class CounterDelta(db.Table):
    """A change that is not folded in yet (PostgreSQL)."""

    recounted = True

    id = peewee.BigAutoField()
    entity = peewee.CharField(max_length=80)
    division_id = peewee.BigIntegerField()
    dimension = peewee.CharField(max_length=80)
    month = peewee.CharField(max_length=7)
    value = peewee.CharField(max_length=80)
    n = peewee.BigIntegerField()

    class Meta:
        table_name = "core_counter_delta"
        indexes = ((("entity", "division_id", "dimension"), False),)


def open_after(opening: int, flows: Mapping[str, int]) -> int:
    """What is open in a bank at the end of a month. This is the balance law, and it stands nowhere else (domain §6):
    opening + collected + received = solved + closed + withdrawn + joined + sent up + sent down + open.
    """
    return opening + sum(flows.get(kind, 0) for kind in IN) - sum(flows.get(kind, 0) for kind in OUT)


def text_of(record: Mapping[str, Any], column: str) -> str:
    """The value counted for ``column``; ``kind,state`` counts both together as ``kind|state``."""
    return "|".join("" if (v := record.get(name)) is None else str(v) for name in column.split(","))


def columns_of(entity: Entity) -> tuple[str, ...]:
    """The dimensions that are counted for an entity: its declared counters, and the state of every case."""
    declared = tuple(counter.column for counter in entity.counters)
    is_case = issubclass(entity.model, db.Case)
    return declared if "state" in declared or not is_case else ("state", *declared)


def stock(entity: Entity, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None,
          path_before: Sequence[int], path_after: Sequence[int]) -> list[Row]:
    """The changes of stock when a record goes from ``before`` to ``after`` (None: it was not there, it is gone).

    A case that another record carries is counted there and nowhere else: one need, one count.
    """
    before = None if before is None or before.get("bond") else before
    after = None if after is None or after.get("bond") else after
    rows: list[Row] = []
    for column in columns_of(entity):
        old = None if before is None else text_of(before, column)
        new = None if after is None else text_of(after, column)
        if old == new and path_before == path_after:
            continue
        if old is not None:
            rows += [(entity.key, place, "", column, old, -1) for place in path_before]
        if new is not None:
            rows += [(entity.key, place, "", column, new, 1) for place in path_after]
    return rows


def flow(entity_key: str, holder: Node, kind: str, month: str, n: int = 1) -> list[Row]:
    """One booked step at the bank of ``holder`` (``n`` of a correction): counted there and at every division above."""
    return [(entity_key, place, month, f"flow.{holder.level}", kind, n) for place in holder.path]


_COLUMNS = ("entity", "division_id", "month", "dimension", "value", "n")
_APPEND = """INSERT INTO core_counter_delta (entity, division_id, month, dimension, value, n)
SELECT entity, division_id, month, dimension, value, n FROM json_to_recordset(%s)
AS row(entity text, division_id bigint, month text, dimension text, value text, n bigint)"""


def apply(rows: Iterable[Row]) -> None:
    """Write changes inside the present transaction, in one statement."""
    total: Bag[tuple[str, int, str, str, str]] = Bag()
    for entity, place, month, dimension, value, n in rows:
        total[(entity, place, month, dimension, value)] += n
    changes = sorted((key, n) for key, n in total.items() if n)
    if not changes:
        return
    if db.is_postgres():  # one text: the driver would parse hundreds of placeholders anew each time, for 350 µs
        deltas = [dict(zip(_COLUMNS, (*key, n), strict=True)) for key, n in changes]
        db.database.execute_sql(_APPEND, (orjson.dumps(deltas).decode(),))
        return
    values = ",".join(["(?,?,?,?,?,?)"] * len(changes))
    sql = (f"INSERT INTO core_counter (entity, division_id, month, dimension, value, n) VALUES {values}"
           " ON CONFLICT (entity, division_id, dimension, month, value) DO UPDATE SET n = core_counter.n + excluded.n")
    db.database.execute_sql(sql, [item for key, n in changes for item in (*key, n)])


def fold(limit: int = 20_000) -> int:
    """Fold up to ``limit`` deltas into the counts (PostgreSQL); returns how many. Safe to run in several processes."""
    if not db.is_postgres():
        return 0
    with db.transaction():
        db.database.execute_sql("SELECT pg_advisory_xact_lock(321003)")
        row = db.database.execute_sql("""
            WITH gone AS (DELETE FROM core_counter_delta WHERE id IN
                            (SELECT id FROM core_counter_delta ORDER BY id LIMIT %s)
                          RETURNING entity, division_id, dimension, month, value, n),
                 put AS (INSERT INTO core_counter AS kept (entity, division_id, dimension, month, value, n)
                         SELECT entity, division_id, dimension, month, value, sum(n) FROM gone
                         GROUP BY entity, division_id, dimension, month, value
                         ON CONFLICT (entity, division_id, dimension, month, value)
                         DO UPDATE SET n = kept.n + excluded.n)
            SELECT count(*) FROM gone""", [limit]).fetchone()
    return int(row[0])


_folded = 0
_CLEAR_AFTER = 5_000


def keep_folded() -> int:
    """The worker's standing task: ``fold``, and clear what was folded away before it slows the figures down; returns how many."""
    global _folded
    done = fold()
    _folded += done
    if _folded >= _CLEAR_AFTER:
        _folded = 0
        clear_folded()
    return done


def clear_folded() -> None:
    """Clear the places of folded rows (PostgreSQL), outside a transaction. Until then every reader of figures walks
    over them, and PostgreSQL itself clears them only minutes later."""
    if db.is_postgres():
        for table in ("core_counter_delta", "core_counter"):
            db.database.execute_sql(f"VACUUM {table}")


def counts(entity_key: str, division_ids: Sequence[int], columns: Sequence[str]) -> Iterator[tuple[int, str, str, int]]:
    """(division id, column, value, n) of the stock, from maintained rows only; zero rows are left out."""
    for place, dimension, _month, value, n in _read(entity_key, division_ids, columns, "", ""):
        yield place, dimension, value, n


def flows(entity_key: str, division_ids: Sequence[int], levels: Sequence[str], first_month: str = "",
          last_month: str = "9999-99") -> Iterator[tuple[int, str, str, str, int]]:
    """(division id, level, month, kind, n) of booked steps from ``first_month`` to ``last_month`` (``YYYY-MM``)."""
    dimensions = [f"flow.{level}" for level in levels]
    for place, dimension, month, kind, n in _read(entity_key, division_ids, dimensions, first_month or "0", last_month):
        yield place, dimension.removeprefix("flow."), month, kind, n


def _read(entity_key: str, places: Sequence[int], dimensions: Sequence[str], first: str,
          last: str) -> list[tuple[int, str, str, str, int]]:
    if not places or not dimensions:
        return []
    mark = "%s" if db.is_postgres() else "?"
    where = (f"entity = {mark} AND division_id IN ({','.join([mark] * len(places))}) AND dimension IN "
             f"({','.join([mark] * len(dimensions))}) AND month BETWEEN {mark} AND {mark}")
    parameters = [entity_key, *places, *dimensions, first, last]
    columns = "division_id, dimension, month, value"
    if db.is_postgres():
        sql = (f"SELECT {columns}, CAST(sum(n) AS bigint) FROM (SELECT {columns}, n FROM core_counter WHERE {where}"
               f" UNION ALL SELECT {columns}, n FROM core_counter_delta WHERE {where}) AS both_"
               f" GROUP BY {columns} HAVING sum(n) <> 0")
        parameters *= 2
    else:
        sql = f"SELECT {columns}, n FROM core_counter WHERE {where} AND n <> 0"
    return list(db.database.execute_sql(sql, parameters).fetchall())


def flows_until(entity_key: str, division_ids: Sequence[int], level: str, month: str) -> list[tuple[int, str, str, int]]:
    """(division id, month, kind, n) of the banks of a level up to ``month``; months before it together, under an empty month."""
    mark = "%s" if db.is_postgres() else "?"
    tables = ["core_counter", "core_counter_delta"] if db.is_postgres() else ["core_counter"]
    where = (f"entity = {mark} AND division_id IN ({','.join([mark] * len(division_ids))}) AND dimension = {mark}"
             f" AND month <= {mark}")
    parameters = [entity_key, *division_ids, f"flow.{level}", month]
    rows = " UNION ALL ".join(f"SELECT division_id, month, value, n FROM {table} WHERE {where}" for table in tables)
    sql = (f"SELECT division_id, CASE WHEN month < {mark} THEN '' ELSE month END AS at, value, CAST(sum(n) AS bigint)"
           f" FROM ({rows}) AS both_ GROUP BY 1, 2, 3 HAVING sum(n) <> 0")
    return list(db.database.execute_sql(sql, [month, *parameters * len(tables)]).fetchall())


def recount(entity: Entity, tree: Tree, *, repair: bool = False) -> list[tuple[Any, ...]]:
    """Count records and ledger anew and compare with the maintained rows.

    Returns the differences as (division id, dimension, month, value, maintained, counted); with ``repair`` writes
    the counted figures, in one transaction.
    """
    with db.transaction():
        fold(10**9)
        counted = Bag(_count_stock(entity, tree))
        counted.update(_count_flow(entity, tree))
        query = CounterRow.select(CounterRow.division_id, CounterRow.dimension, CounterRow.month, CounterRow.value,
                                  CounterRow.n).where((CounterRow.entity == entity.key) & (CounterRow.n != 0))
        kept = {tuple(row[:4]): row[4] for row in query.tuples()}
        found = {key: n for key, n in counted.items() if n}
        differences = [(*key, kept.get(key, 0), found.get(key, 0)) for key in sorted({*kept, *found})
                       if kept.get(key, 0) != found.get(key, 0)]
        if repair and differences:
            CounterRow.delete().where(CounterRow.entity == entity.key).execute()
            rows = [(entity.key, *key, n) for key, n in found.items()]
            fields = [CounterRow.entity, CounterRow.division_id, CounterRow.dimension, CounterRow.month, CounterRow.value,
                      CounterRow.n]
            for start in range(0, len(rows), 1000):
                CounterRow.insert_many(rows[start:start + 1000], fields=fields).execute()
    return differences


def _count_stock(entity: Entity, tree: Tree) -> dict[tuple[int, str, str, str], int]:
    found: Bag[tuple[int, str, str, str]] = Bag()
    model = entity.model
    for column in columns_of(entity) if entity.division else ():
        fields = [getattr(model, name) for name in column.split(",")]
        query = model.select(model.division_id, *fields, peewee.fn.COUNT(model.id)).group_by(model.division_id, *fields)
        if issubclass(model, db.Case):
            query = query.where(model.bond.is_null())
        for row in query.tuples():
            node = tree.get(row[0])
            value = "|".join("" if v is None else str(v) for v in row[1:-1])
            for place in node.path if node is not None else ():
                found[(place, column, "", value)] += row[-1]
    return found


def _count_flow(entity: Entity, tree: Tree) -> dict[tuple[int, str, str, str], int]:
    found: Bag[tuple[int, str, str, str]] = Bag()
    if not issubclass(entity.model, db.Case):
        return found
    for booked, place_id, level, kind, n in booked_flows(entity.key):
        node = tree.heir(place_id)
        for place in node.path if node is not None else ():
            found[(place, f"flow.{level}", booked, kind)] += n
    return found


def booked_flows(entity_key: str, since: str = "") -> Iterator[tuple[str, int, str, str, int]]:
    """(month in China, division id, level, kind, n) of what the ledger books for an entity, alike ones together.

    ``since`` (``YYYY-MM``) leaves out the months before it; the index on entity, step and time finds the rest.
    """
    from .ledger import LedgerEntry

    # The same facts come again and again: the database counts them by month in China (UTC+8, no summer time since 1991).
    month = "to_char(at + interval '8 hours', 'YYYY-MM')" if db.is_postgres() else "strftime('%Y-%m', at, '+8 hours')"
    mark = "%s" if db.is_postgres() else "?"
    where = f"entity = {mark}"
    parameters: list[Any] = [entity_key]
    if since:
        steps = _steps(entity_key)
        if not steps:
            return
        where += f" AND step IN ({','.join([mark] * len(steps))}) AND at >= {mark}"
        parameters += [*steps, begin_of(since)]
    rows = db.database.execute_sql(f"SELECT {month} AS month, facts, count(*) FROM core_ledger WHERE {where}"
                                   " AND facts IS NOT NULL GROUP BY 1, 2", parameters)
    for booked, facts, n in rows:
        for place_id, level, kind, *times in LedgerEntry.facts.python_value(facts).get("flows", ()):
            yield booked, place_id, level, kind, n * (times[0] if times else 1)


def _steps(entity_key: str) -> list[str]:
    """The steps that the ledger knows of an entity."""
    mark = "%s" if db.is_postgres() else "?"
    return [row[0] for row in distinct("core_ledger", "step", f"entity = {mark}", (entity_key,))]


def distinct(table: str, column: str, where: str = "", parameters: Sequence[Any] = ()) -> list[tuple[Any]]:
    """The different values of a column that an index begins with (after those in ``where``): one look into the index for each.

    Both databases would read every row for ``SELECT DISTINCT``.
    """
    first = f" WHERE {where}" if where else ""
    more = f" AND {where}" if where else ""
    sql = (f"WITH RECURSIVE known(value) AS (SELECT min({column}) FROM {table}{first} UNION ALL"
           f" SELECT (SELECT min({column}) FROM {table} WHERE {column} > known.value{more}) FROM known"
           " WHERE known.value IS NOT NULL) SELECT value FROM known WHERE value IS NOT NULL")
    return list(db.database.execute_sql(sql, (*parameters, *parameters)).fetchall())


def begin_of(month: str) -> datetime:
    """The first moment of a month in China (``YYYY-MM``) as naive UTC."""
    return datetime(int(month[:4]), int(month[5:7]), 1) - timedelta(hours=8)


def month_of(at: Any) -> str:
    """The month in China, ``YYYY-MM``, of a naive UTC moment."""
    day = db.local_day(at)
    return f"{day.year:04d}-{day.month:02d}"

"""Many rows at once, past the ORM: executemany is ten times faster than insert_many for lists of thousands of rows."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import orjson
import peewee

from .db import JSONField, database, filled, is_postgres


def insert_rows(model: type[peewee.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert ``rows`` (values in the order of the column names ``columns``) inside the caller's transaction.

    Defaults of the model are not applied. Raises peewee.IntegrityError.
    """
    json = [place for place, name in enumerate(columns) if isinstance(model._meta.columns.get(name), JSONField)]
    if json:
        rows = [_as_text(row, json) for row in rows]
    names = ", ".join(f'"{column}"' for column in columns)
    types = _types(model, columns) if is_postgres() else None
    if types is not None:
        _run_arrays(f'INSERT INTO "{model._meta.table_name}" ({names}) SELECT * FROM unnest({types})', rows)
        return
    mark = "%s" if is_postgres() else "?"
    sql = f'INSERT INTO "{model._meta.table_name}" ({names}) VALUES ({", ".join([mark] * len(columns))})'
    run_many(sql, rows)


def insert_filled(model: type[peewee.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Insert ``rows`` (values by field name, the same names in each) with the model's defaults for what is missing.

    Inside the caller's transaction. Raises peewee.IntegrityError.
    """
    found = [filled(model, row) for row in rows]
    if found:
        insert_rows(model, [model._meta.fields[name].column_name for name in found[0]], [list(row.values()) for row in found])


def _as_text(row: Sequence[Any], places: Sequence[int]) -> list[Any]:
    values = list(row)
    for place in places:
        if not isinstance(values[place], str | None):
            values[place] = orjson.dumps(values[place], option=orjson.OPT_SORT_KEYS).decode()
    return values


def update_rows(model: type[peewee.Model], column_names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Update by id: each row holds the values of ``column_names`` and, last, the id."""
    types = _types(model, (*column_names, "id")) if is_postgres() else None
    if types is not None:
        found = ", ".join(f'"{column}"' for column in (*column_names, "id"))
        changes = ", ".join(f'"{column}" = found."{column}"' for column in column_names)
        _run_arrays(f'UPDATE "{model._meta.table_name}" AS stored SET {changes} FROM unnest({types}) AS found({found})'
                    ' WHERE stored."id" = found."id"', rows)
        return
    mark = "%s" if is_postgres() else "?"
    names = ", ".join(f'"{column}" = {mark}' for column in column_names)
    run_many(f'UPDATE "{model._meta.table_name}" SET {names} WHERE "id" = {mark}', rows)


_ARRAYS = {"BIGINT": "bigint", "BIGAUTO": "bigint", "AUTO": "integer", "INT": "integer", "SMALLINT": "smallint",
           "BOOL": "boolean", "VARCHAR": "text", "TEXT": "text", "DATE": "date", "DATETIME": "timestamp",
           "DOUBLE": "double precision"}
"""Types of PostgreSQL by those of the fields; a column of any other type is written row by row."""

_ROWS = 10_000


def _types(model: type[peewee.Model], columns: Sequence[str]) -> str | None:
    """Places for one array for each column, with its type; None when a column has none here."""
    known = model._meta.columns
    found = [_ARRAYS.get(known[column].field_type) if column in known else None for column in columns]
    return ", ".join(f"%s::{name}[]" for name in found) if all(found) else None


def _run_arrays(sql: str, rows: Iterable[Sequence[Any]]) -> None:
    """Execute a statement that takes many rows at once, a column in each array: ten times as fast as one for each row."""
    waiting = iter(rows)
    while part := list(islice(waiting, _ROWS)):
        database.execute_sql(sql, [list(column) for column in zip(*part, strict=True)])


def run_many(sql: str, rows: Iterable[Sequence[Any]]) -> None:
    """Execute one statement for each row; errors of the driver become peewee's."""
    waiting = list(rows)
    if not waiting:
        return
    with peewee.__exception_wrapper__:
        cursor = database.cursor()
        cursor.executemany(sql, waiting)

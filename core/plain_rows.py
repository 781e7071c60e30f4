"""Rows of one table by plain SQL, as the models that peewee's own queries return: for what every page, step and call reads."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import peewee

from . import db
from .db import database, marked, plain_columns


def by_id(model: Any, record_id: int) -> Any:
    """The row of a model with that id as ``model.get_or_none`` returns it, or None. One query."""
    return next(iter(read(model, '"id" = ?', (record_id,))), None)


def read(model: Any, condition: str, values: Sequence[Any]) -> list[Any]:
    """The rows of one table for a plain condition with ``?`` for its ``values`` (and what may follow it, as ORDER BY).

    Models as ``select()`` returns them; the columns are written down once per model, because peewee builds its SQL anew for
    each query, and that costs more than reading the few rows that every page, step and call asks for.
    """
    plan = _PLANS.get(model)
    if plan is None:
        fields = model._meta.sorted_fields
        plan = _PLANS[model] = (f'SELECT {plain_columns(fields).sql} FROM "{model._meta.table_name}" WHERE ',
                                [(field.name, field.python_value if _converts(field) else None) for field in fields])
    start, columns = plan
    found = []
    for row in database.execute_sql(marked(start + condition), values).fetchall():
        one = model(__no_default__=1)
        one.__data__.update([(name, value if convert is None or value is None else convert(value))
                             for (name, convert), value in zip(columns, row, strict=True)])
        found.append(one)
    return found


def row_exists(model: Any, field: str, value: Any, besides: int | None = None) -> bool:
    """True when a row of a model holds ``value`` in a field, other than that of the id ``besides``. One query."""
    more = "" if besides is None else ' AND "id" <> ?'
    sql = f'SELECT 1 FROM "{model._meta.table_name}" WHERE "{model._meta.fields[field].column_name}" = ?{more} LIMIT 1'
    return database.execute_sql(marked(sql), (value,) if besides is None else (value, besides)).fetchone() is not None


def insert_record(model: Any, **values: Any) -> Any:
    """Insert one row (values by field name, the model's defaults for the rest) and return it as ``model.create`` does.

    The statement is made once for each set of columns, so it takes a fifth of the time. Raises peewee.IntegrityError.
    """
    row = db.filled(model, values)
    return model(__no_default__=1, **{**row, "id": db.insert(model, row)})


_PLANS: dict[Any, tuple[str, list[tuple[str, Callable[[Any], Any] | None]]]] = {}


def _converts(field: peewee.Field) -> bool:
    """False for a column whose plain value both databases return as it is."""
    plain = type(field).python_value is peewee.Field.python_value and type(field).db_value is peewee.Field.db_value
    return not (plain and isinstance(field, (peewee.IntegerField, peewee.CharField, peewee.TextField, peewee.FloatField)))

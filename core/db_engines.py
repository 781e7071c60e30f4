"""The two databases: peewee's, each with what the platform needs of it, and both refusing what a plugin's hook may not do."""
from __future__ import annotations

import re
import threading
import time
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import apsw
from playhouse.apsw_ext import APSWDatabase
from playhouse.pool import PooledPostgresqlDatabase

THREAD = threading.local()
"""What ``db`` keeps for each thread; ``guest`` is true while a hook runs."""

TRUSTED = 1.0
"""Seconds for which a connection that was given back is taken to live."""


class AffectedLibrary(RuntimeError):
    """The SQLite library that was found can corrupt a database written by several processes."""


ALLOWED_TO_GUESTS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "SAVEPOINT", "RELEASE"})
_COMMENTS = re.compile(r"/\*.*?\*/|--[^\n]*", re.S)


class GuestSql(RuntimeError):
    """A hook tried to end the transaction or to change the schema."""


class _Watched:
    """Refuses, while a hook runs, statements that would end the host's transaction or change the schema."""

    def execute_sql(self, sql: str, params: Any = None, *rest: Any, **options: Any) -> Any:
        """Execute, unless a guest is running and the statement is not one of a guest's."""
        if getattr(THREAD, "guest", False):
            _refuse_guest(sql)
        return super().execute_sql(sql, params, *rest, **options)  # type: ignore[misc]


def _refuse_guest(sql: str) -> None:
    """Raise ``GuestSql`` unless every statement of ``sql`` reads or writes rows (or is a savepoint of its own).

    A union of selections may begin with a parenthesis.
    """
    for statement in _COMMENTS.sub(" ", sql).split(";"):
        words = statement.upper().lstrip("( \t\r\n").split(None, 2)
        if words and words[0] not in ALLOWED_TO_GUESTS and words[:2] != ["ROLLBACK", "TO"]:
            raise GuestSql(f"a hook may not run {words[0]}")


class PostgresDatabase(_Watched, PooledPostgresqlDatabase):
    """Pooled PostgreSQL. A connection that was in use a moment ago is taken again without asking the server whether it lives.

    Asking is a query more for each request, while the whole pool waits. Where the server restarted in that moment, the request
    gets the error that it would have got an instant later, and the connection is thrown away.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._given_back: dict[int, float] = {}
        super().__init__(*args, **options)

    def _can_reuse(self, conn: Any) -> bool:
        usable = bool(super()._can_reuse(conn))
        if usable:
            self._given_back[id(conn)] = time.monotonic()
        return usable

    def _is_closed(self, conn: Any) -> bool:
        given_back = self._given_back.pop(id(conn), 0.0)
        if not conn.closed and time.monotonic() - given_back < TRUSTED:
            return False
        return bool(super()._is_closed(conn))


class SqliteDatabase(_Watched, APSWDatabase):
    """APSW with the value conversions that peewee's plain field classes expect."""

    def _connect(self) -> apsw.Connection:
        connection = super()._connect()
        connection.convert_binding = _bind
        return connection


def _bind(cursor: object, number: int, value: object) -> object:
    if isinstance(value, (datetime, date, Decimal)):
        return str(value)
    raise TypeError(f"binding {number}: SQLite cannot store {type(value).__name__}")

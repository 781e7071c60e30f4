"""The database: one proxy, one way to write, columns that every record carries.

SQLite runs through apsw (the library that is linked into it must be free of the WAL-reset race of SQLite 3.7.0-3.51.2);
PostgreSQL runs through psycopg 3 with a pool. Both are equal: nothing outside this module and ``search`` asks which one it is.
"""
from __future__ import annotations

import fcntl
import gc
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import apsw
import orjson
import peewee

from .db_engines import THREAD, AffectedLibrary, PostgresDatabase, SqliteDatabase

LEVELS = ("province", "city", "county", "town", "village", "grid")
SCOPE_COLUMNS = tuple(f"{level}_id" for level in LEVELS)
SAFE_SQLITE = (3, 51, 3)

SERVER_CLOCK = "date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'UTC')"

database = peewee.DatabaseProxy()
_local = THREAD
_CHANGED = "changed"
Answer = TypeVar("Answer")
_clock_shift: list[timedelta] = []


def connect(url: str) -> peewee.Database:
    """Bind the proxy to ``sqlite:///absolute/file.db`` or ``postgresql://user:password@host:port/name``.

    Nothing is opened yet (connections must not be made before a server forks). Raises ``ValueError`` for another
    scheme and ``AffectedLibrary`` for a SQLite library with the WAL-reset race.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        found: peewee.Database = _sqlite(Path(url.removeprefix("sqlite:///")))
    elif parts.scheme in {"postgresql", "postgres"}:
        found = PostgresDatabase(
            url.replace("postgres://", "postgresql://", 1), prefer_psycopg3=True, max_connections=int(
                os.environ.get("GRID321_POOL", "6")), timeout=10)
    else:
        raise ValueError(f"database address {url!r}: use sqlite:///file.db or postgresql://user@host/name")
    close_thread()
    database.initialize(found)
    return found


def _sqlite(path: Path) -> SqliteDatabase:
    version = tuple(int(part) for part in apsw.sqlitelibversion().split("."))
    if version < SAFE_SQLITE:
        raise AffectedLibrary(f"SQLite {apsw.sqlitelibversion()} has the WAL-reset race; install apsw >= 3.54.1")
    pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "cache_size": -3072,
               "temp_store": "memory", "busy_timeout": 10_000}
    if os.environ.get("GRID321_UNSAFE_FAST") == "1":  # throw-away test databases only
        pragmas["synchronous"] = "off"
    return SqliteDatabase(str(path), pragmas=pragmas, lock_type="IMMEDIATE", timeout=10)


def is_postgres() -> bool:
    """True when the bound database is PostgreSQL."""
    return isinstance(database.obj, peewee.PostgresqlDatabase)


def close_thread() -> None:
    """Give the connection of this thread back (PostgreSQL: to the pool; SQLite: closed) and forget its lock file."""
    if database.obj is not None and not database.is_closed():
        database.close()
    handle = getattr(_local, "gate", None)
    if handle is not None:
        os.close(handle[1])
        _local.gate = None


def end_reads() -> None:
    """End the reads this thread left open (an exception keeps its frames, often in a circle); for where nobody reads.

    SQLite holds a connection with an open read at an old state: what it reads is out of date, and it may not write.
    """
    if not (is_postgres() or database.is_closed() or database.in_transaction()) and database.connection().txn_state():
        gc.collect()
        if database.connection().txn_state():
            database.close()


@contextmanager
def _write_gate() -> Iterator[None]:
    """Queue the writers of all processes on one lock file, so that nobody spins on SQLite's busy timeout."""
    path = f"{database.obj.database}.writer"
    handle = getattr(_local, "gate", None)
    if handle is None or handle[0] != path or handle[2] != os.getpid():
        if handle is not None and handle[2] == os.getpid():
            os.close(handle[1])
        handle = _local.gate = (path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), os.getpid())
    fcntl.flock(handle[1], fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle[1], fcntl.LOCK_UN)


@contextmanager
def transaction() -> Iterator[None]:
    """Write inside one transaction; nested use makes a savepoint. Callbacks of ``after_commit`` run when it is durable.

    An exception rolls everything back and drops the callbacks; of a savepoint, what was remembered since it began.
    """
    if database.in_transaction():
        kept = dict(memo() or ())
        try:
            with database.atomic():
                yield
        except BaseException:
            _recall(kept)
            raise
        return
    callbacks: list[Callable[[], object]] = []
    _local.callbacks, _local.memo = callbacks, {}
    try:
        if is_postgres():
            with database.atomic():
                yield
        else:
            with _write_gate(), database.atomic():
                yield
    finally:
        _local.callbacks = _local.memo = None
    for callback in callbacks:
        callback()


def locked(query: Any) -> Any:
    """``query`` with its rows locked until the transaction ends: a later reader waits and sees what this one leaves.

    On SQLite writers follow one another anyway, so there is nothing to lock.
    """
    return query.for_update() if is_postgres() and database.in_transaction() else query


class guest:
    """Run a plugin's hook: transaction control and DDL are refused; inside a transaction it gets its own savepoint.

    A class, because a generator would take longer than most hooks do.
    """

    __slots__ = ("_before", "_kept", "_savepoint")

    def __init__(self, *, savepoint: bool) -> None:
        self._savepoint: Any = database.atomic() if savepoint and database.in_transaction() else None

    def __enter__(self) -> None:
        if self._savepoint is not None:
            self._kept = dict(memo() or ())
            self._savepoint.__enter__()
        self._before = getattr(_local, "guest", False)
        _local.guest = True

    def __exit__(self, *error: Any) -> None:
        try:
            if self._savepoint is not None:
                self._savepoint.__exit__(*error)
                if error[0] is not None:
                    _recall(self._kept)
        finally:
            _local.guest = self._before


def memo() -> dict[str, Any] | None:
    """What this thread remembers for the length of its transaction; None outside one."""
    found: dict[str, Any] | None = getattr(_local, "memo", None)
    return found


def _recall(kept: dict[str, Any]) -> None:
    """Remember what was remembered before a savepoint that is undone: rows and locks are again what they were then."""
    own = memo()
    if own is not None:
        own.clear()
        own.update(kept)


def once(key: str, ask: Callable[[], Answer]) -> Answer:
    """What ``ask`` answers: asked for once within a transaction, until ``changed`` says otherwise; each time outside one."""
    own = memo()
    if own is None or key in own.get(_CHANGED, ()):
        return ask()
    if key not in own:
        own[key] = ask()
    answer: Answer = own[key]
    return answer


def changed(key: str) -> None:
    """What is kept under ``key`` was written: from here on this transaction asks for it each time."""
    own = memo()
    if own is not None:
        own[_CHANGED] = {*own.get(_CHANGED, ()), key}


def after_commit(callback: Callable[[], object]) -> None:
    """Run ``callback`` once the present transaction is durable; at once when there is none."""
    callbacks = getattr(_local, "callbacks", None)
    if callbacks is None:
        callback()
    else:
        callbacks.append(callback)


def now() -> datetime:
    """The database's clock as naive UTC. Deadlines and received dates come from here, never from a client.

    Within a transaction the clock stands still, as the database's own does: everything a step writes has one moment.
    """
    own = memo()
    moment: datetime | None = own.get("moment") if own is not None else None
    if moment is None:
        moment = _read_clock()
        if own is not None:
            own["moment"] = moment
    return shifted(moment)


def set_clock(moment: datetime) -> None:
    """Let the clock of this transaction stand at what another query read by ``SERVER_CLOCK``, unless it stands already."""
    own = memo()
    if own is not None:
        own.setdefault("moment", moment)


def _read_clock() -> datetime:
    if is_postgres():
        return cast(datetime, database.execute_sql(f"SELECT {SERVER_CLOCK}").fetchone()[0])
    moment = datetime.now(UTC).replace(tzinfo=None)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def shifted(moment: datetime) -> datetime:
    """A moment that another query read from the database's clock, shifted as ``now()`` is."""
    return moment + _clock_shift[-1] if _clock_shift else moment


@contextmanager
def shift_clock(by: timedelta) -> Iterator[None]:
    """Shift ``now()`` in this process by ``by``: for demo data with a past and for tests of deadlines."""
    _clock_shift.append(by)
    try:
        yield
    finally:
        _clock_shift.pop()


def local_day(moment: datetime | None = None) -> date:
    """The calendar day in China (UTC+8, no daylight saving) of a naive UTC moment, by default of ``now()``."""
    return ((moment or now()) + timedelta(hours=8)).date()


_inserts: dict[tuple[type[peewee.Model], tuple[str, ...], bool], tuple[str, list[Any]]] = {}


def filled(model: type[peewee.Model], values: dict[str, Any]) -> dict[str, Any]:
    """``values`` by field name, with the model's defaults for what is missing."""
    meta = model._meta
    row = {meta.combined[name].name: value for name, value in values.items()}
    for field, default in meta.defaults.items():
        if field.name not in row:
            row[field.name] = default() if callable(default) else default
    return row


def insert(model: type[peewee.Model], values: dict[str, Any]) -> int:
    """Insert one row and return its id (0 for a table without an automatic id). ``values`` by column or field name.

    The statement is made once for each set of columns: building it anew takes longer than running it. Defaults of the
    model that are missing in ``values`` are filled in as the ORM would.
    """
    meta = model._meta
    row = filled(model, values)
    key = (model, tuple(row), is_postgres())
    known = _inserts.get(key)
    if known is None:
        fields = [meta.fields[name] for name in row]
        returning = f" RETURNING {meta.primary_key.column_name}" if isinstance(meta.primary_key, peewee.AutoField) else ""
        columns = ", ".join(f'"{field.column_name}"' for field in fields)
        marks = ", ".join("?" * len(fields))
        known = _inserts[key] = (marked(f'INSERT INTO "{meta.table_name}" ({columns}) VALUES ({marks}){returning}'),
                                 [field.db_value for field in fields])
    sql, convert = known
    cursor = database.execute_sql(sql, [to_db(value) for to_db, value in zip(convert, row.values(), strict=True)])
    return int(cursor.fetchone()[0]) if sql.endswith(meta.primary_key.column_name) else 0


class JSONField(peewee.TextField):
    """JSON as text, the same on both databases; keys are sorted so that equal values are equal texts."""

    def db_value(self, value: Any) -> str | None:  # dates become ISO text
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def python_value(self, value: Any) -> Any:
        return None if value is None else orjson.loads(value)


class SealedField(peewee.TextField):
    """Ciphertext of a personal value, written and read through ``crypto`` only."""


class BlindField(peewee.CharField):
    """Keyed hash of a personal value: equality search without reading it."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 64)
        options.setdefault("null", True)
        options.setdefault("index", True)
        super().__init__(**options)


def plain_columns(fields: Iterable[peewee.Field]) -> peewee.SQL:
    """The columns of one table for ``select`` without joins, written down already: peewee takes some 10 µs for each field of a
    long row. Models read by it are complete, as with ``select()``."""
    return peewee.SQL(", ".join([f'"{field.column_name}"' for field in fields]))


def marked(sql: str) -> str:
    """Plain SQL with ``?`` for its values as the bound database wants it: building what every page asks costs more than it."""
    return sql.replace("?", "%s") if is_postgres() else sql


def new_uid() -> str:
    """A random 128-bit identifier as 32 hexadecimal digits."""
    return uuid.uuid4().hex


class Table(peewee.Model):
    """Base of every table: bound to the proxy, named explicitly by its owner."""

    class Meta:
        database = database
        legacy_table_names = False


class Record(Table):
    """A row that people work on: versioned for compare-and-set, with a stable random name."""

    id = peewee.BigAutoField()
    uid = peewee.CharField(max_length=32, default=new_uid, unique=True)
    version = peewee.IntegerField(default=1)
    created_at = peewee.DateTimeField(default=now)
    updated_at = peewee.DateTimeField(default=now)
    created_by = peewee.BigIntegerField(null=True)


class Scoped(Record):
    """A record in the tree: it carries the id of its division and of every ancestor, one column per level."""

    division_id = peewee.BigIntegerField()
    province_id = peewee.BigIntegerField(null=True)
    city_id = peewee.BigIntegerField(null=True)
    county_id = peewee.BigIntegerField(null=True)
    town_id = peewee.BigIntegerField(null=True)
    village_id = peewee.BigIntegerField(null=True)
    grid_id = peewee.BigIntegerField(null=True)


class Case(Scoped):
    """A scoped record that a workflow moves: who holds it, in which state, until when, what carries it (see ``groups``)."""

    number = peewee.CharField(max_length=40, unique=True)
    state = peewee.CharField(max_length=40)
    workflow_version = peewee.IntegerField(default=1)
    holder_id = peewee.BigIntegerField()
    department_id = peewee.BigIntegerField(null=True)
    reporter_id = peewee.BigIntegerField(null=True)
    due = peewee.DateField(null=True)
    closed_at = peewee.DateTimeField(null=True)
    outcome = peewee.CharField(max_length=40, null=True)
    client_id = peewee.CharField(max_length=64, null=True, unique=True)
    parent_id = peewee.BigIntegerField(null=True)
    bond = peewee.CharField(max_length=8, null=True)
    members = peewee.IntegerField(null=True, default=0)


def scope_indexes(*extra: tuple[tuple[str, ...], bool]) -> tuple[tuple[tuple[str, ...], bool], ...]:
    """Indexes of a scoped record without states: newest first at each level, ending with ``id``."""
    levels = ("county_id", "town_id", "village_id", "grid_id")
    return (*(((column, "id"), False) for column in levels), *extra)


def case_indexes(*extra: tuple[tuple[str, ...], bool]) -> tuple[tuple[tuple[str, ...], bool], ...]:
    """Indexes of a case: (level, state, newest) where lists are long, (level, newest), holder and department desks."""
    states = tuple((column, "state", "id") for column in ("county_id", "town_id", "village_id"))
    desks = (("holder_id", "state", "id"), ("department_id", "state", "id"), ("reporter_id", "id"), ("parent_id", "id"))
    return (*((one, False) for one in (("state", "id"), ("due",), *states, *desks)), *scope_indexes(*extra))

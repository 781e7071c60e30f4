"""Migrations: ordered, locked, one history table per owner. The server never migrates; it refuses to start with pending ones.

Each owner (the core, each plugin) keeps its scripts in ``<owner>/migrations``; peewee's runner applies each in one transaction.
"""
from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee
from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

from . import calendar_rows, db, versions
from .db import Table
from .models import MODELS, tables
from .registry import registry

_LOCK = 321_000


def owners() -> dict[str, Path]:
    """Owner → folder of its migration scripts, core first, plugins in dependency order; those without a folder are left out."""
    found = {"core": Path(__file__).parent / "migrations"}
    for loaded in registry().plugins.loaded():
        file = getattr(loaded.module, "__file__", None)
        if loaded.key != "core" and file and (Path(file).parent / "migrations").is_dir():
            found[loaded.key] = Path(file).parent / "migrations"
    return found


def pending() -> dict[str, list[str]]:
    """Owner → names of scripts that are not applied yet; an empty mapping when the database is up to date."""
    found = {owner: [m.name for m in _runner(owner, path).status() if m.path is not None and not m.applied]
             for owner, path in owners().items()}
    return {owner: names for owner, names in found.items() if names}


def upgrade(owner: str | None = None) -> dict[str, list[str]]:
    """Apply what is pending, for one owner or all; returns owner → applied names. One process at a time does it."""
    with _lock():
        found = {key: _runner(key, path).up() for key, path in owners().items() if owner in (None, key)}
        if owner in (None, "core"):
            calendar_rows.seed()
        if db.database.table_exists("core_workflow_version"):
            versions.install()
    return {key: list(names) for key, names in found.items() if names}


def downgrade(owner: str, target: str | None = None) -> list[str]:
    """Revert the newest script of ``owner``, or all back through ``target``; returns the reverted names."""
    with _lock():
        return list(_runner(owner, owners()[owner]).down(target))


def drift(owner: str) -> list[str]:
    """Differences between the models of ``owner`` and the schema as sentences; an empty list when they agree."""
    found = models_of(owner)
    diff = diff_models(db.database.obj, list(found))
    # What full_text makes stands in no model.
    known = {text for table in (model._meta.table_name for model in found if getattr(model, "full_text", False))
             for text in (f"drop column {table}.grams", f"drop index {table}.{table}_grams (grams)")}
    return [line for line in str(diff).splitlines() if line.strip() and line.strip() not in known] if diff else []


def models_of(owner: str) -> tuple[type[Table], ...]:
    """Every table of an owner: the core's list, or the tables of a plugin's entities and of its module ``models``.

    A module ``models`` that defines ``MODELS`` names its tables so; a big plugin keeps them in several modules.
    """
    if owner == "core":
        return MODELS
    from importlib import import_module

    module = registry().plugins.all[owner].module
    own = [entity.model for entity in registry().entities.values() if entity.plugin == owner]
    own += [extension.model for key, extension in registry().extensions if key == owner]
    found: dict[str, Any] = {model._meta.table_name: model for model in own}
    name = f"{module.__name__}.models"
    try:
        own_models = import_module(name)
        found |= {table._meta.table_name: table for table in getattr(own_models, "MODELS", None) or tables(own_models)}
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    return tuple(found.values())


def _runner(owner: str, folder: Path) -> Runner:
    return Runner(db.database.obj, str(folder), table_name=f"migration_{owner}")


@contextmanager
def _lock() -> Iterator[None]:
    if db.is_postgres():
        db.database.execute_sql("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            db.database.execute_sql("SELECT pg_advisory_unlock(%s)", [_LOCK])
        return
    handle = os.open(f"{db.database.obj.database}.migrate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def append_only(database: peewee.Database, table: str) -> None:
    """Make ``table`` refuse UPDATE and DELETE by triggers (PostgreSQL: TRUNCATE too). Called by migration scripts."""
    text = f"{table} is append-only"
    if isinstance(database, peewee.PostgresqlDatabase):
        database.execute_sql(f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS"
                             f" $$ BEGIN RAISE EXCEPTION '{text}'; END $$")
        database.execute_sql(f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
                             f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()")
        return
    for verb in ("UPDATE", "DELETE"):
        database.execute_sql(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
                             f" BEGIN SELECT RAISE(ABORT, '{text}'); END")


def no_longer_append_only(database: peewee.Database, table: str) -> None:
    """Take the triggers of ``append_only`` away; for the way down of a migration."""
    if isinstance(database, peewee.PostgresqlDatabase):
        database.execute_sql(f"DROP TRIGGER IF EXISTS {table}_keep ON {table}")
        database.execute_sql(f"DROP FUNCTION IF EXISTS {table}_refuse()")
        return
    for verb in ("update", "delete"):
        database.execute_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")


def full_text(database: peewee.Database, table: str) -> None:
    """Make the index of grams of ``table`` (see ``search``). Called by migration scripts.

    SQLite: the FTS5 table ``<table>_gram``. PostgreSQL: the column ``grams`` with a GIN index. The column lies outside the
    rows, so that those are dense; it has no statistics, so that the index is always used; no workers are started for it.
    """
    if not isinstance(database, peewee.PostgresqlDatabase):
        database.execute_sql(f"CREATE VIRTUAL TABLE {table}_gram USING fts5(grams, content='', contentless_delete=1, detail=none,"
                             " tokenize='ascii tokenchars ''._''')")
        return
    database.execute_sql(f"ALTER TABLE {table} ADD COLUMN grams tsvector")
    database.execute_sql(f"ALTER TABLE {table} ALTER COLUMN grams SET STORAGE EXTERNAL, ALTER COLUMN grams SET STATISTICS 0")
    database.execute_sql(f"ALTER TABLE {table} SET (toast_tuple_target = 512, parallel_workers = 0)")
    database.execute_sql(f"CREATE INDEX {table}_grams ON {table} USING gin (grams) WITH (gin_pending_list_limit = 256)")


def no_full_text(database: peewee.Database, table: str) -> None:
    """Take the index of ``full_text`` away; for the way down of a migration."""
    if isinstance(database, peewee.PostgresqlDatabase):
        database.execute_sql(f"ALTER TABLE {table} DROP COLUMN grams")
    else:
        database.execute_sql(f"DROP TABLE {table}_gram")

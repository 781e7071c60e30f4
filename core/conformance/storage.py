"""Checks of a plugin's tables: migrations from empty and back, models equal to the schema; import of what was exported."""
from __future__ import annotations

from pathlib import Path

from grid321.core import db, migrate

from .declarations import folder_of
from .world import World


def check_migrations(world: World) -> list[str]:
    """Migrations build the models' schema from an empty database, take it away without a rest, and build it again."""
    key = world.key
    models = migrate.models_of(key)
    folder = folder_of(world.module)
    if not models and (folder is None or not (folder / "migrations").is_dir()):
        return []
    if key not in migrate.owners():
        return [f"{key} has tables but no folder migrations/: make migrations/0001_initial.py"]
    names = {model._meta.table_name for model in models}
    found = _compare(key, "after migrating an empty database")
    found += [f"migration {name} is not applied" for name in migrate.pending().get(key, [])]
    scripts = sorted(path.stem for path in Path(migrate.owners()[key]).glob("[0-9]*.py"))
    for script in reversed(scripts):
        try:
            reverted = migrate.downgrade(key)
        except Exception as problem:  # noqa: BLE001 - a script may raise anything; the report names it
            return [*found, f"migration {script} does not go down: {type(problem).__name__}: {problem}"]
        if reverted != [script]:
            return [*found, f"migration {script} does not go down: it needs a function down(migrator, db)"]
    left = names & set(db.database.get_tables())
    found += [f"table {name!r} is still there after all migrations went down" for name in sorted(left)]
    if not left:
        migrate.upgrade(key)
        found += _compare(key, "after going down and up")
    return found


def _compare(key: str, when: str) -> list[str]:
    return [f"{when}, models and schema differ: {line}" for line in migrate.drift(key)]


def check_no_foreign_tables(world: World) -> list[str]:
    """No foreign key of the plugin points to a table of another owner."""
    found = []
    prefix = f"{world.key}_"
    for name in sorted(table for table in db.database.get_tables() if table.startswith(prefix)):
        found += [f"table {name!r} has a foreign key to {key.dest_table!r} of another owner"
                  for key in db.database.get_foreign_keys(name) if not key.dest_table.startswith(prefix)]
    return found

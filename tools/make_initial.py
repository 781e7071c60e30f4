"""Write the first migration of an owner from its models: ``python tools/make_initial.py core|grid``.

Only while a release is being developed: once a release is out, its scripts are frozen and changes get new ones.
"""
from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import peewee
from playhouse.migrations import template
from playhouse.schema_diff import SchemaDiff

from grid321.core import db, migrate
from grid321.core.app import create_app

HEAD = '"""The first tables of {owner}."""\n'


def main(owner: str) -> None:
    """Write ``0001_initial.py`` of ``owner``."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"DATABASE": f"sqlite:///{folder}/x.db", "HOME": folder, "MIGRATING": True})
        with app.app_context():
            models = list(migrate.models_of(owner))
            path = migrate.owners().get(owner) or Path(__file__).parents[1] / "plugins" / owner / "migrations"
            body = plain(template(SchemaDiff(peewee.sort_models(models), [], [], [], [])), models)
    path.mkdir(exist_ok=True)
    (path / "0001_initial.py").write_text(HEAD.format(owner=owner) + body, encoding="utf8")
    print(path / "0001_initial.py", len(models), "tables")


def plain(text: str, models: list[type[db.Table]]) -> str:
    """The generated script with plain field classes, partial indexes and append-only triggers, and no date or TODO."""
    text = re.sub(r"^# .*\n", "", text, flags=re.M)
    text = re.sub(r"from grid321\S* import \w+\n", "", text)
    for name, field in {"SealedField": "TextField", "JSONField": "TextField"}.items():
        text = text.replace(f"{name}(", f"{field}(")
    text = re.sub(r"BlindField\(([^)]*)\)", lambda m: f"CharField({m[1] if 'max_length' in m[1] else 'max_length=64, ' + m[1]})",
                  text)
    text = re.sub(r", default=(?!False|True|\d|'|\")[\w.]+", "", text)
    text = re.sub(r"\(default=(?!False|True|\d|'|\")[\w.]+(, )?", "(", text)
    text = re.sub(r"^import (uuid|datetime|time)\n", "", text, flags=re.M)
    up, down = [], []
    for model in models:
        table = model._meta.table_name
        for index in model._meta.indexes:
            if isinstance(index, peewee.Index):
                up.append(f"    db.execute_sql({sql_of(index)!r})")
        if getattr(model, "append_only", False):
            up.append(f"    append_only(db, {table!r})")
            down.append(f"    no_longer_append_only(db, {table!r})")
        if getattr(model, "full_text", False):
            up.append(f"    full_text(db, {table!r})")
            down.append(f"    no_full_text(db, {table!r})")
    head, _, tail = text.partition("\n\ndef down(migrator, db):\n")
    used = sorted(set(re.findall(r"\b([A-Z]\w+(?:Field|Key)|Model)\b(?=[(:)])", text)))
    imports = f"from peewee import {', '.join(used)}"
    if len(imports) > 130:
        imports = "from peewee import (\n" + "".join(f"    {name},\n" for name in used) + ")"
    if down:
        helpers = sorted({line.strip().partition("(")[0] for line in (*up, *down) if not line.strip().startswith("db.")})
        imports += f"\n\nfrom grid321.core.migrate import {', '.join(helpers)}"
    head = head.replace("from peewee import *", imports).strip("\n")
    tail = "\n".join(line for line in tail.rstrip().split("\n") if line.strip() != "pass" or not down)
    parts = [head, *up, "", "", "def down(migrator, db):", *down, tail]
    return "\n".join(parts) + "\n"


def sql_of(index: peewee.Index) -> str:
    """The SQL of a partial index, the same on both databases."""
    sql, parameters = peewee.SqliteDatabase(":memory:").get_sql_context(scope_values=False).sql(index).query()
    for value in parameters:
        sql = sql.replace("?", repr(value), 1)
    return sql.replace("IF NOT EXISTS ", "")


if __name__ == "__main__":
    main(sys.argv[1])

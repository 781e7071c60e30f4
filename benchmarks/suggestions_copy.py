"""A copy of the database that is measured, as it is at a moment: a page can then be asked on the small and on the filled county
in turns, in the same minute, instead of before and after the filling."""
from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from grid321.core import db


@contextmanager
def copy_of(url: str) -> Iterator[str]:
    """The address of a copy of the database ``url``, which nobody else uses at this moment; it is removed afterwards.

    On PostgreSQL its user must be allowed to make databases.
    """
    db.close_thread()
    if db.is_postgres():
        db.database.obj.close_all()
        parts = urlsplit(url)
        name, elsewhere = parts.path.lstrip("/"), urlunsplit(parts._replace(path="/postgres"))
        copy, drop = urlunsplit(parts._replace(path=f"/{name}_small")), f'DROP DATABASE IF EXISTS "{name}_small" WITH (FORCE)'
        _run(elsewhere, drop, f'CREATE DATABASE "{name}_small" TEMPLATE "{name}" STRATEGY file_copy')
        _run(copy, "VACUUM ANALYZE")
        try:
            yield copy
        finally:
            _run(elsewhere, drop)
        return
    file = Path(url.removeprefix("sqlite:///"))
    copied = file.with_name(f"{file.name}.small")
    shutil.copyfile(file, copied)
    try:
        yield f"sqlite:///{copied}"
    finally:
        for left in file.parent.glob(f"{copied.name}*"):  # the log and the lock of its writers too
            left.unlink()


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())

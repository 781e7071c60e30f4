"""A fixture that sees every statement: ``from support.watched_queries import queries``."""
import pytest

from grid321.core import db


@pytest.fixture
def queries(monkeypatch):
    """Return a list that fills with the statements that are executed."""
    seen = []
    original = db.database.obj.execute_sql

    def watch(sql, params=None, *rest, **options):
        seen.append(sql)
        return original(sql, params, *rest, **options)

    monkeypatch.setattr(db.database.obj, "execute_sql", watch)
    return seen

"""Connections of the pool: taken again, trusted for a moment, replaced when the server ended them."""
import psycopg
import pytest

from grid321.core import db, db_engines


def answers():
    """Whether a query is answered, by the connection that this thread takes for it and gives back."""
    found = db.database.execute_sql("SELECT 1").fetchone()
    db.close_thread()
    return found == (1,)


def backend():
    """The process of the server behind this thread's connection; on SQLite the file's connection itself."""
    if db.is_postgres():
        return db.database.execute_sql("SELECT pg_backend_pid()").fetchone()[0]
    return db.database.connection()


def end(pid):
    """End a connection from the server's side."""
    config = db.database.obj
    with psycopg.connect(config.database, **{k: v for k, v in config.connect_params.items() if k in {"host", "port", "user"}},
                         autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", (pid,))


def test_a_connection_that_was_given_back_is_taken_again(app):
    with app.app_context():
        first = backend()
        if db.is_postgres():
            db.close_thread()
            assert backend() == first
        assert answers() and answers()


@pytest.mark.parametrize("trusted", [True, False])
def test_what_the_server_ended_is_thrown_away(app, monkeypatch, trusted):
    """Within the moment of trust one request fails, as it would have an instant later; afterwards none does."""
    with app.app_context():
        pid = backend()
        db.close_thread()
        if db.is_postgres():
            end(pid)
            if not trusted:
                monkeypatch.setattr(db_engines, "TRUSTED", -1.0)
            else:
                with pytest.raises(Exception, match=r"terminat|closed|lost"):
                    answers()
                db.close_thread()
        assert answers() and backend() != pid

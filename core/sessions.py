"""Sessions: a row for each login, found by the hash of a random token that only the browser keeps."""
from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import peewee

from . import snapshot
from .crypto import signature, token_hash
from .db import SERVER_CLOCK, Table, database, is_postgres, local_day, now, shifted, transaction

log = logging.getLogger("grid321.auth")
ABSOLUTE = timedelta(hours=12)
PENDING = timedelta(minutes=5)
TOUCH = timedelta(minutes=1)
COOKIE = "g321"
TOKEN_LENGTH = 43
Row = tuple[Any, ...]


class Session(Table):
    """One login of an account on one device. ``pending``: the password was right, the one-time code is to come."""

    id = peewee.BigAutoField()
    token_hash = peewee.CharField(max_length=64, unique=True)
    account_id = peewee.BigIntegerField(index=True)
    created_at = peewee.DateTimeField(default=now, index=True)
    last_seen_at = peewee.DateTimeField(default=now)
    network = peewee.CharField(max_length=45, default="")
    agent = peewee.CharField(max_length=120, default="")
    pending = peewee.BooleanField(default=False)

    class Meta:
        table_name = "core_session"


@dataclass(frozen=True, slots=True)
class Login:
    """What a request knows of its session and account, from one query."""

    session_id: int
    token_hash: str
    created_at: datetime
    last_seen_at: datetime
    pending: bool
    unread: int
    account: Identity


@dataclass(frozen=True, slots=True)
class Identity:
    """The parts of an account that a request needs."""

    id: int
    version: int
    username: str
    person_id: int | None
    must_change_password: bool
    has_totp: bool
    locale: str
    theme: str
    home_id: int
    name: str
    day: date


IDENTITY_COLUMNS = ("a.id, a.version, a.username, a.person_id, a.must_change_password, a.totp_secret IS NOT NULL, "
                    "a.locale, a.theme, a.division_id, p.name")
REVISION = "(SELECT number FROM core_revision WHERE id = 1), (SELECT tree FROM core_revision WHERE id = 1)"
MOST_UNREAD = 99
UNREAD = ("(SELECT count(*) FROM (SELECT 1 FROM core_notification n WHERE n.account_id = a.id AND n.read_at IS NULL "
          f"LIMIT {MOST_UNREAD}) AS waiting)")
_FIND = f"""
SELECT {{clock}}, {REVISION}, s.id, s.token_hash, s.created_at, s.last_seen_at, s.pending, {UNREAD}, {IDENTITY_COLUMNS}
FROM core_session s JOIN core_account a ON a.id = s.account_id LEFT JOIN core_person p ON p.id = a.person_id
WHERE s.token_hash = %s AND NOT a.disabled"""


def start(account_id: int, *, network: str = "", agent: str = "", pending: bool = False) -> str:
    """Begin a session and return its token: what the cookie holds and nobody else knows. Old rows are swept."""
    token = secrets.token_urlsafe(32)
    with transaction():
        Session.delete().where((Session.account_id == account_id) & (Session.created_at < now() - ABSOLUTE)).execute()
        Session.create(token_hash=token_hash(token), account_id=account_id, network=network[:45],
                       agent="".join(char for char in agent if char.isprintable())[:120], pending=pending)
    return token


def read(token: str) -> Row | None:
    """The row of a session by its cookie, None when there is none; the same query tells the request's revision."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    row: Row | None = database.execute_sql(_FOUND[is_postgres()], (token_hash(token),)).fetchone()
    if row is not None:
        snapshot.prime(row[1], row[2])
    return row


def find(token: str) -> Login | None:
    """The live session of a cookie (``read``, then ``live``), or None. One query."""
    row = read(token)
    return None if row is None else live(row)


def live(row: Row) -> Login | None:
    """The login in a row of ``read``, or None when it is too long unused or too old.

    The limits are the setting ``core.session_idle_minutes`` at the account's home and twelve hours in all; a login that
    waits for its one-time code lives five minutes.
    """
    present = read_clock(row[0])
    login = Login(row[3], row[4], moment(row[5]), moment(row[6]), bool(row[7]), int(row[8]), identity(row[9:], present))
    here = snapshot.current()
    idle = PENDING if login.pending else timedelta(
        minutes=int(here.settings.get("core.session_idle_minutes", here.tree.get(login.account.home_id))))
    if present - login.created_at > (PENDING if login.pending else ABSOLUTE) or present - login.last_seen_at > idle:
        return None
    if present - login.last_seen_at >= TOUCH and not login.pending:
        _touch(login, present)
    return login


def with_clock(sql: str, *, postgres: bool) -> str:
    """``sql`` for a database, its first column ``{clock}`` being the clock where asking costs a query."""
    if postgres:
        return sql.format(clock=SERVER_CLOCK)
    return sql.format(clock="NULL").replace("%s", "?")


_FOUND = {postgres: with_clock(_FIND, postgres=postgres) for postgres in (False, True)}


def read_clock(value: datetime | None) -> datetime:
    """The time in the first column of ``with_clock``."""
    return now() if value is None else shifted(value)


def identity(row: tuple[Any, ...], present: datetime) -> Identity:
    """The identity in the columns ``IDENTITY_COLUMNS`` as of ``present``."""
    return Identity(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5]), row[6], row[7], row[8],
                    row[9] or row[2], local_day(present))


def moment(value: datetime | str) -> datetime:
    """A time as raw SQL returns it: SQLite gives text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _touch(login: Login, present: datetime) -> None:
    try:
        with transaction():
            Session.update(last_seen_at=present).where(
                (Session.id == login.session_id) & (Session.last_seen_at == login.last_seen_at)).execute()
    except (peewee.PeeweeException, OSError) as error:  # a full disk must not keep people from reading
        log.warning("session not touched: %s", type(error).__name__)


def of_account(account_id: int) -> list[Session]:
    """The sessions of an account, the last used first."""
    return list(Session.select().where((Session.account_id == account_id) & (Session.pending == False))  # noqa: E712
                .order_by(Session.last_seen_at.desc(), Session.id.desc()))


def end(session_id: int, account_id: int) -> bool:
    """End one session of an account; False when it has no such session."""
    with transaction():
        return bool(Session.delete().where((Session.id == session_id) & (Session.account_id == account_id)).execute())


def sweep() -> int:
    """Delete sessions that are older than any limit; returns how many."""
    with transaction():
        return int(Session.delete().where(Session.created_at < now() - ABSOLUTE).execute())


@lru_cache(maxsize=512)  # each form of each page asks, and logging out
def csrf_token(hashed: str) -> str:
    """The CSRF token that belongs to the session with that token hash."""
    return signature("csrf", f"session:{hashed}")

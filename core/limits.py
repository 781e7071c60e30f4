"""Limits that all workers share: how often something may happen within a time, counted in the database.

Counting is one statement, so eight requests at once use up eight tries and not one. (Counters in the memory of four
workers let twenty tries through where five were meant.)
"""
from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import peewee

from .crypto import token_hash
from .db import Table, database, is_postgres, now, transaction


class RateLimit(Table):
    """How often ``key`` was used since ``since``. The key is hashed: people type passwords into the name field."""

    key = peewee.CharField(max_length=64, primary_key=True)
    since = peewee.DateTimeField(index=True)
    count = peewee.IntegerField()

    class Meta:
        table_name = "core_rate_limit"


_TAKE = """
INSERT INTO core_rate_limit (key, since, count) VALUES ({p}, {p}, 1)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN core_rate_limit.since <= {p} THEN 1
               WHEN core_rate_limit.count < {p} THEN core_rate_limit.count + 1
               ELSE core_rate_limit.count END,
  since = CASE WHEN core_rate_limit.since <= {p} THEN {p} ELSE core_rate_limit.since END
RETURNING count
"""


def take(key: str, allowed: int, within: timedelta) -> int:
    """Use one of ``allowed`` tries of ``key``; returns the count, ``allowed + 1`` when there are none left.

    The time runs from the first try and starts again once ``within`` is over. Refused tries do not prolong it.
    """
    moment = now()
    mark = "%s" if is_postgres() else "?"
    past = moment - within
    with transaction():
        row = database.execute_sql(_TAKE.format(p=mark), (
            token_hash(key), moment, past, allowed + 1, past, moment)).fetchone()
    return int(row[0])


def used(key: str, within: timedelta) -> tuple[int, datetime | None]:
    """How many tries of ``key`` are used up, and when it is free again (None when nothing counts)."""
    row = RateLimit.get_or_none(RateLimit.key == token_hash(key))
    if row is None or row.since <= now() - within:
        return 0, None
    return int(row.count), row.since + within


def used_up(keys: Mapping[Any, str], allowed: int, within: timedelta) -> set[Any]:
    """The names among ``keys`` (name → key) that have no tries left; one query for all."""
    hashed = {token_hash(key): name for name, key in keys.items()}
    if not hashed:
        return set()
    rows = RateLimit.select(RateLimit.key).where(
        RateLimit.key.in_(list(hashed)) & (RateLimit.count >= allowed) & (RateLimit.since > now() - within)).tuples()
    return {hashed[key] for (key,) in rows}


def give_back(key: str) -> None:
    """Return one try of ``key`` (the action was legitimate after all)."""
    with transaction():
        RateLimit.update(count=RateLimit.count - 1).where(
            (RateLimit.key == token_hash(key)) & (RateLimit.count > 0)).execute()


def forget(key: str) -> None:
    """Let ``key`` start afresh."""
    with transaction():
        RateLimit.delete().where(RateLimit.key == token_hash(key)).execute()


def sweep(older_than: timedelta = timedelta(days=1)) -> int:
    """Delete counts nobody needs any more; returns how many."""
    with transaction():
        return int(RateLimit.delete().where(RateLimit.since < now() - older_than).execute())


def network(address: str | None) -> str:
    """What counts as one network: an IPv4 address, the first half of an IPv6 address (one household or office)."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)

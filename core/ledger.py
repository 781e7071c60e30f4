"""The ledger: who did which step on which record, append-only and hash-chained.

An entry is written in the step's own transaction; entries are sealed into the chain in the order in which they became
visible (by the worker, and before every verification). What people typed lies beside the entry in ``LedgerDetail`` and only
its salted hash is in the chain: erasing a text by law leaves the chain whole. The chain alone cannot show a cut tail:
``verify`` compares with anchors that are kept outside.
"""
from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
import peewee

from . import db
from .tree import Node

FIRST = "0" * 64
_SEAL_LOCK = 321_002


class LedgerEntry(db.Table):
    """One step. ``facts`` holds numbers, codes and flows, never names or texts of persons."""

    append_only = True

    id = peewee.BigAutoField()
    at = peewee.DateTimeField()
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    step = peewee.CharField(max_length=80)
    from_state = peewee.CharField(max_length=40, null=True)
    to_state = peewee.CharField(max_length=40, null=True)
    version = peewee.IntegerField(default=0)
    account_id = peewee.BigIntegerField(null=True)
    division_id = peewee.BigIntegerField(null=True)
    facts = db.JSONField(null=True)
    detail_hash = peewee.CharField(max_length=64, null=True)

    class Meta:
        table_name = "core_ledger"
        indexes = ((("entity", "record_id", "id"), False), (("entity", "step", "at"), False))


class LedgerDetail(db.Table):
    """What was typed with a step: outside the chain, so that it can be erased."""

    entry_id = peewee.BigIntegerField(primary_key=True)
    salt = peewee.CharField(max_length=32)
    body = db.JSONField()

    class Meta:
        table_name = "core_ledger_detail"


class LedgerSeal(db.Table):
    """The chain: ``hash`` covers position, the hash before and the entry's content."""

    append_only = True

    position = peewee.BigIntegerField(primary_key=True)
    entry_id = peewee.BigIntegerField(unique=True)
    hash = peewee.CharField(max_length=64)

    class Meta:
        table_name = "core_ledger_seal"


_FIELDS = ("id", "at", "entity", "record_id", "step", "from_state", "to_state", "version", "account_id", "division_id",
           "facts", "detail_hash")


def append(entity: str, record_id: int, step: str, *, node: Node | None = None, account_id: int | None = None,
           from_state: str | None = None, to_state: str | None = None, version: int = 0,
           facts: Mapping[str, Any] | None = None, detail: Mapping[str, Any] | None = None,
           at: datetime | None = None) -> int:
    """Write one entry inside the present transaction and return its id.

    ``facts`` may hold codes and numbers only; ``detail`` what a person typed. Raises ``RuntimeError`` outside a
    transaction: a step and its entry are durable together or not at all.
    """
    if not db.database.in_transaction():
        raise RuntimeError("a ledger entry belongs into the transaction of its step")
    salt = secrets.token_hex(16) if detail else ""
    hashed = _detail_hash(salt, detail) if detail else None
    entry_id = db.insert(LedgerEntry, {
        "at": at or db.now(), "entity": entity, "record_id": record_id, "step": step, "from_state": from_state,
        "to_state": to_state, "version": version, "account_id": account_id,
        "division_id": node.id if node is not None else None, "facts": dict(facts) if facts else None, "detail_hash": hashed})
    if detail:
        db.insert(LedgerDetail, {"entry_id": entry_id, "salt": salt, "body": dict(detail)})
    return entry_id


def _detail_hash(salt: str, detail: Mapping[str, Any]) -> str:
    body = orjson.dumps(dict(detail), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(salt.encode() + body).hexdigest()


def _link(position: int, before: str, row: Mapping[str, Any]) -> str:
    content = {name: row[name] for name in _FIELDS}
    content["at"] = content["at"].isoformat(timespec="milliseconds")
    body = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(f"{position}|{before}|".encode() + body).hexdigest()


def head() -> tuple[int, str]:
    """(position, hash) of the last sealed entry: print it, keep it elsewhere, and it anchors everything before it."""
    row = LedgerSeal.select(LedgerSeal.position, LedgerSeal.hash).order_by(LedgerSeal.position.desc()).tuples().first()
    return row or (0, FIRST)


def seal(limit: int = 1000, *, everywhere: bool = False) -> int:
    """Chain up to ``limit`` entries that are not sealed yet; returns how many. Safe to run in several processes.

    Only the newest entries are looked at, unless ``everywhere``: a transaction that stayed open very long on PostgreSQL may
    leave entries far below, which the next verification seals.
    """
    with db.transaction():
        if db.is_postgres():
            db.database.execute_sql("SELECT pg_advisory_xact_lock(%s)", [_SEAL_LOCK])
        position, before = head()
        first = 0 if everywhere else _low_water()
        rows = list(LedgerEntry.select().join(LedgerSeal, peewee.JOIN.LEFT_OUTER, on=(LedgerSeal.entry_id == LedgerEntry.id))
                    .where(LedgerSeal.entry_id.is_null() & (LedgerEntry.id > first)).order_by(LedgerEntry.id)
                    .limit(limit).dicts())
        links = []
        for row in rows:
            position += 1
            before = _link(position, before, row)
            links.append((position, row["id"], before))
        if links:
            LedgerSeal.insert_many(links, fields=[LedgerSeal.position, LedgerSeal.entry_id, LedgerSeal.hash]).execute()
    return len(rows)


def _low_water() -> int:
    """An id below which everything is sealed: a late commit on PostgreSQL may lie a little below the newest seal."""
    newest = LedgerSeal.select(peewee.fn.MAX(LedgerSeal.entry_id)).scalar() or 0
    return max(0, int(newest) - 5_000)


def seal_all() -> int:
    """Seal everything that is waiting; returns how many."""
    total = 0
    while done := seal(5000, everywhere=True):
        total += done
    return total


def verify(anchors: Iterable[tuple[int, str]] = ()) -> list[str]:
    """Walk the whole chain and compare it with ``anchors`` ((position, hash) kept outside).

    Returns every fault as a sentence; an empty list means: complete, unchanged, in order. Entries that are not sealed yet
    are sealed first.
    """
    seal_all()
    wanted = dict(anchors)
    faults: list[str] = []
    before, expected = FIRST, 0
    query = (LedgerSeal.select(LedgerSeal.position, LedgerSeal.entry_id, LedgerSeal.hash.alias("sealed"), LedgerEntry)
             .join(LedgerEntry, peewee.JOIN.LEFT_OUTER, on=(LedgerSeal.entry_id == LedgerEntry.id))
             .order_by(LedgerSeal.position))
    for row in query.dicts().iterator():
        expected += 1
        if row["position"] != expected:
            faults.append(f"position {expected} is missing: the next seal found is {row['position']}")
            expected = row["position"]
        if row["id"] is None:
            faults.append(f"position {expected}: entry {row['entry_id']} is missing")
        elif _link(expected, before, row) != row["sealed"]:
            faults.append(f"position {expected}: entry {row['entry_id']} does not fit its seal (changed or reordered)")
        before = row["sealed"]
        if wanted.pop(expected, before) != before:
            faults.append(f"position {expected}: the seal differs from the anchor kept outside")
    faults += [f"the tail is cut: the anchor at position {position} lies beyond the last seal {expected}"
               for position in sorted(wanted)]
    return [*faults, *_verify_details()]


def _verify_details() -> list[str]:
    query = (LedgerDetail.select(LedgerDetail.entry_id, LedgerDetail.salt, LedgerDetail.body, LedgerEntry.detail_hash)
             .join(LedgerEntry, on=(LedgerEntry.id == LedgerDetail.entry_id)).tuples().iterator())
    return [f"entry {entry_id}: its text was changed" for entry_id, salt, body, hashed in query
            if _detail_hash(salt, body) != hashed]


def erase_detail(entry_id: int) -> bool:
    """Erase what was typed with an entry (right to erasure); the chain stays whole. True when there was something."""
    with db.transaction():
        return bool(LedgerDetail.delete().where(LedgerDetail.entry_id == entry_id).execute())

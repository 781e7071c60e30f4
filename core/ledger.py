"""The ledger: who did which step on which record, append-only and hash-chained.

An entry is written in the step's own transaction and sealed into the chain afterwards (see ``chain``). What people typed
lies beside the entry in ``LedgerDetail`` and only its salted hash is in the chain: erasing a text by law leaves the chain
whole. ``export`` writes the chain to a file that can be checked without this deployment (see ``chain_file``).
"""
from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
import peewee

from . import db
from .bulk import insert_rows
from .chain import Chain, Checkpoint, exported
from .chain_file import FIRST, Anchor, digest, lines
from .errors import Conflict
from .i18n import gettext as _
from .tree import Node

__all__ = ["FIRST", "LedgerDetail", "LedgerEntry", "LedgerSeal", "append", "checkpoint", "checkpoints", "deployment",
           "erase_detail", "export", "hash_at", "head", "seal", "seal_all", "sealed_at", "taken", "verify", "waiting"]


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


_CHAIN = Chain("ledger", LedgerEntry, LedgerSeal, (
    "id", "at", "entity", "record_id", "step", "from_state", "to_state", "version", "account_id", "division_id", "facts",
    "detail_hash"), 321_002)
_DIVISION = _CHAIN.columns.index("division_id")


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
    body = orjson.dumps(dict(detail), option=orjson.OPT_SORT_KEYS) if detail else b""
    hashed = digest(salt.encode() + body) if detail else None
    entry_id = db.insert(LedgerEntry, {
        "at": at or db.now(), "entity": entity, "record_id": record_id, "step": step, "from_state": from_state,
        "to_state": to_state, "version": version, "account_id": account_id,
        "division_id": node.id if node is not None else None, "facts": dict(facts) if facts else None, "detail_hash": hashed})
    if detail:
        db.insert(LedgerDetail, {"entry_id": entry_id, "salt": salt, "body": dict(detail)})
    return entry_id


def append_many(step: str, entries: Iterable[tuple[str, int, int | None, int, Mapping[str, Any]]], *,
                account_id: int | None = None, to_state: str | None = None) -> None:
    """Write many entries of one step: (entity, record id, division id, version of the record, facts) each, no typed texts.

    For jobs that touch thousands of records in a transaction. Raises ``RuntimeError`` outside one, as ``append`` does.
    """
    if not db.database.in_transaction():
        raise RuntimeError("a ledger entry belongs into the transaction of its step")
    moment = db.now()
    insert_rows(LedgerEntry, ("at", "entity", "record_id", "step", "to_state", "version", "account_id", "division_id", "facts"),
                ((moment, entity, record_id, step, to_state, version, account_id, division_id, dict(facts) if facts else None)
                 for entity, record_id, division_id, version, facts in entries))


def taken(entity: str, record_id: int, steps: Iterable[str], *, after: int = 0) -> int:
    """How often any of ``steps`` was taken on a record, since the entry ``after``; read from the index (entity, record)."""
    return int(LedgerEntry.select().where((LedgerEntry.entity == entity) & (LedgerEntry.record_id == record_id)
                                          & (LedgerEntry.id > after) & LedgerEntry.step.in_(list(steps))).count())


def since(entity: str, record_id: int, state: str) -> datetime | None:
    """When a case last came into ``state`` from another one; None when it never did. Read from the index (entity, record)."""
    found: datetime | None = LedgerEntry.select(peewee.fn.MAX(LedgerEntry.at)).where(
        (LedgerEntry.entity == entity) & (LedgerEntry.record_id == record_id) & (LedgerEntry.to_state == state)
        & (LedgerEntry.from_state.is_null() | (LedgerEntry.from_state != state))).scalar()
    return found


head = _CHAIN.head
seal_all = _CHAIN.seal_all
waiting = _CHAIN.waiting


def seal(limit: int = 1000, *, everywhere: bool = False) -> int:
    """Chain up to ``limit`` entries that are not sealed yet; returns how many. Safe to run in several processes."""
    return _CHAIN.seal(limit, everywhere=everywhere)


def checkpoint(reason: str = "") -> Anchor:
    """Seal what is waiting and write a checkpoint (the close of a month); returns it as (position, hash) to be printed."""
    return _CHAIN.checkpoint(reason)


def checkpoints(limit: int = 50) -> list[Checkpoint]:
    """The newest checkpoints of the ledger, newest first."""
    return list(Checkpoint.select().where(Checkpoint.chain == _CHAIN.key).order_by(Checkpoint.id.desc()).limit(limit))


def verify(anchors: Iterable[Anchor] = ()) -> list[str]:
    """Walk the whole chain and compare it with ``anchors`` ((position, hash or its first digits) kept outside).

    Returns every fault as a sentence; an empty list means: complete, unchanged, in order. Entries that are not sealed yet
    are sealed first. Typed texts are compared with the hash in their entry; erased ones are no fault.
    """
    return [*_CHAIN.verify(anchors), *_verify_details()]


def _verify_details() -> list[str]:
    faults: list[str] = []
    mark = "%s" if db.is_postgres() else "?"
    sql = (f"SELECT d.entry_id, d.salt, d.body, e.detail_hash FROM core_ledger_detail d JOIN core_ledger e ON e.id = d.entry_id "
           f"WHERE d.entry_id > {mark} ORDER BY d.entry_id LIMIT 10000")
    last = 0
    while rows := db.database.execute_sql(sql, (last,)).fetchall():
        faults += [f"entry {entry_id}: its text was changed" for entry_id, salt, body, hashed in rows
                   if digest(f"{salt}{body}".encode()) != hashed]
        last = rows[-1][0]
    return faults


def erase_detail(entry_id: int) -> bool:
    """Erase what was typed with an entry (right to erasure), in the search too; the chain stays whole.

    True when there was something.
    """
    from . import search

    with db.transaction():
        search.forget_reply(entry_id)
        return bool(LedgerDetail.delete().where(LedgerDetail.entry_id == entry_id).execute())


# -- export ------------------------------------------------------------------------------------------------------------

def deployment() -> str:
    """What this deployment's ledger is called in its files: the first 16 digits of the hash of its first entry."""
    return (hash_at(1) or "")[:16]


def export(first: int | None = None, last: int | None = None, *, node: Node | None = None,
           texts: bool = False) -> Iterator[bytes]:
    """The lines of a file with the entries ``first`` to ``last`` (all by default), to be checked by ``chain_file.check``.

    With ``node`` only the digest is written of entries outside its subtree. What people typed is left out unless ``texts``.
    Raises ``Conflict`` for a range that is not there.
    """
    seal_all()
    end, _head = head()
    first, last = first or 1, last or end
    if not 1 <= first <= last <= end and not (first == 1 and end == 0):
        raise Conflict(_("The ledger has no entries %(first)s to %(last)s.", first=first, last=last),
                       _("Its last entry is %(last)s.", last=end))
    before, value = hash_at(first - 1) or FIRST, hash_at(last) or FIRST
    top = {"deployment": deployment(), "first": first, "last": last, "before": before, "head": value,
           "made": db.now().isoformat(timespec="seconds") + "Z", "division": node.code if node else None, "texts": texts}
    return lines(top, exported(_CHAIN, first, last, _inside(node), _texts_of if texts else None))


def _inside(node: Node | None) -> Callable[[Any], bool] | None:
    """Whether an entry belongs to the subtree of ``node`` (places that are gone included); None takes all."""
    from . import snapshot

    tree = snapshot.current().tree
    if node is None or tree.covers_all(node):
        return None
    ids = {place.id for place in tree.subtree(node, all_times=True)}
    return lambda row: row[_DIVISION] in ids


def hash_at(position: int) -> str | None:
    """The hash of the seal at a position, None where there is none."""
    row = LedgerSeal.select(LedgerSeal.hash).where(LedgerSeal.position == position).tuples().first()
    return str(row[0]) if row else None


def sealed_at(position: int) -> datetime | None:
    """When the step was taken whose entry is sealed at a position."""
    row = (LedgerEntry.select(LedgerEntry.at).join(LedgerSeal, on=(LedgerSeal.entry_id == LedgerEntry.id))
           .where(LedgerSeal.position == position).tuples().first())
    return row[0] if row else None


def _texts_of(entry_ids: list[int]) -> dict[int, tuple[str, str]]:
    query = LedgerDetail.select(LedgerDetail.entry_id, LedgerDetail.salt, LedgerDetail.body).where(
        LedgerDetail.entry_id.in_(entry_ids))
    rows = db.database.execute_sql(*query.sql()).fetchall()
    return {entry_id: (salt, body) for entry_id, salt, body in rows}

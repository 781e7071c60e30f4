"""Chains of hashes over append-only tables: what the ledger and the audit log have in common.

Entries are sealed in the order in which they became visible, so that writers never wait for each other: by the worker,
and before every check. The hash of a link covers the hash before it and the content of its entry (see ``chain_file``).
The chain alone cannot show that its tail was cut off and written anew: that needs anchors, (position, hash) pairs kept
outside. Every so many entries a checkpoint row keeps such a pair with its time.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
import peewee

from . import db
from .bulk import insert_rows
from .chain_file import FIRST, Anchor, digest, linked

EVERY = 10_000
"""Entries between two checkpoints."""

_BATCH = 10_000
_MOST_FAULTS = 1000
_LATE = 5_000
Row = Sequence[Any]


class Checkpoint(db.Table):
    """What the head of a chain was at a moment; ``reason`` is empty, or why it was written (the close of a month)."""

    append_only = True

    id = peewee.BigAutoField()
    chain = peewee.CharField(max_length=10)
    position = peewee.BigIntegerField()
    hash = peewee.CharField(max_length=64)
    at = peewee.DateTimeField()
    reason = peewee.CharField(max_length=80, default="")

    class Meta:
        table_name = "core_checkpoint"
        indexes = ((("chain", "position"), False),)


@dataclass(slots=True)
class Link:
    """One link as it is stored, with the content of its entry (None when the entry is gone)."""

    position: int
    entry_id: int
    hash: str
    body: bytes | None
    row: Row


@dataclass(frozen=True)
class Chain:
    """One chain: its tables, the columns of an entry in the order in which they are hashed, a lock for the one who seals."""

    key: str
    entries: type[db.Table]
    seals: type[db.Table]
    columns: tuple[str, ...]
    lock: int

    # -- content --

    @cached_property
    def _json(self) -> tuple[int, ...]:
        fields = self.entries._meta.columns
        return tuple(at for at, name in enumerate(self.columns) if isinstance(fields[name], db.JSONField))

    def selected(self) -> str:
        """The columns of an entry ``e`` for plain SQL."""
        if not db.is_postgres():
            return ", ".join(f"e.{name}" for name in self.columns)
        return ", ".join(f"to_char(e.{name}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')" if name == "at" else f"e.{name}"
                         for name in self.columns)

    def body(self, position: int, row: Row) -> bytes:
        """The content of an entry as it is hashed: one JSON object, its position first, no blanks."""
        content: dict[str, Any] = {"position": position}
        content.update(zip(self.columns, row, strict=False))
        content["at"] = _moment(content["at"])
        for at in self._json:
            if row[at] is not None:
                content[self.columns[at]] = orjson.Fragment(row[at])
        return orjson.dumps(content)

    # -- sealing --

    def head(self) -> Anchor:
        """(position, hash) of the newest link; (0, zeros) for an empty chain."""
        row = self.seals.select(self.seals.position, self.seals.hash).order_by(self.seals.position.desc()).tuples().first()
        return (int(row[0]), str(row[1])) if row else (0, FIRST)

    def waiting(self) -> int:
        """How many of the newest entries are not sealed yet."""
        sql = (f"SELECT count(*) FROM {self._entry_table} e LEFT JOIN {self._seal_table} s ON s.entry_id = e.id "
               f"WHERE s.entry_id IS NULL AND e.id > {self._low_water()}")
        return int(db.database.execute_sql(sql).fetchone()[0])

    def seal(self, limit: int, *, everywhere: bool = False) -> int:
        """Chain up to ``limit`` entries that are not sealed yet; returns how many. Safe to run in several processes.

        Only the newest entries are looked at, unless ``everywhere``: a transaction that stayed open very long on PostgreSQL
        may leave entries far below, which the next check seals.
        """
        return len(self._seal(limit, 0 if everywhere else None))

    def _seal(self, limit: int, after: int | None) -> list[int]:
        """Chain up to ``limit`` entries whose id is above ``after`` (None: the newest only); returns their ids."""
        with db.transaction():
            if db.is_postgres():
                db.database.execute_sql("SELECT pg_advisory_xact_lock(%s)", [self.lock])
            position, before = self.head()
            after = self._low_water() if after is None else after
            rows = db.database.execute_sql(
                f"SELECT {self.selected()} FROM {self._entry_table} e LEFT JOIN {self._seal_table} s ON s.entry_id = e.id "
                f"WHERE s.entry_id IS NULL AND e.id > {after} ORDER BY e.id LIMIT {int(limit)}").fetchall()
            links, marks = [], []
            for row in rows:
                position += 1
                before = linked(before, digest(self.body(position, row)))
                links.append((position, row[0], before))
                if position % EVERY == 0:
                    marks.append((self.key, position, before, db.now(), ""))
            insert_rows(self.seals, ("position", "entry_id", "hash"), links)
            insert_rows(Checkpoint, ("chain", "position", "hash", "at", "reason"), marks)
        return [row[0] for row in rows]

    def seal_all(self) -> int:
        """Seal everything that is waiting, wherever it lies; returns how many."""
        total, after = 0, 0
        while done := self._seal(5000, after):
            total, after = total + len(done), done[-1]
        return total

    def checkpoint(self, reason: str = "") -> Anchor:
        """Seal what is waiting and write a checkpoint; returns it. ``reason`` tells what for, in a few words."""
        with db.transaction():
            self.seal_all()
            position, value = self.head()
            Checkpoint.create(chain=self.key, position=position, hash=value, at=db.now(), reason=reason[:80])
        return position, value

    def _low_water(self) -> int:
        """An id below which everything is sealed: a late commit on PostgreSQL may lie a little below the newest seal."""
        newest = self.seals.select(peewee.fn.MAX(self.seals.entry_id)).scalar() or 0
        return max(0, int(newest) - _LATE)

    # -- reading --

    @property
    def _entry_table(self) -> str:
        return str(self.entries._meta.table_name)

    @property
    def _seal_table(self) -> str:
        return str(self.seals._meta.table_name)

    def links(self, first: int = 1, last: int | None = None) -> Iterator[Link]:
        """Stored links from ``first`` to ``last`` in order, read in batches so that a long chain needs little memory."""
        mark = "%s" if db.is_postgres() else "?"
        sql = (f"SELECT {self.selected()}, s.position, s.entry_id, s.hash FROM {self._seal_table} s "
               f"LEFT JOIN {self._entry_table} e ON e.id = s.entry_id WHERE s.position BETWEEN {mark} AND {mark} "
               "ORDER BY s.position")
        following = f"SELECT min(position) FROM {self._seal_table} WHERE position >= {mark}"
        end = last if last is not None else self.head()[0]
        while first <= end:
            rows = db.database.execute_sql(sql, (first, min(end, first + _BATCH - 1))).fetchall()
            for row in rows:
                position = row[-3]
                yield Link(position, row[-2], row[-1], self.body(position, row) if row[0] is not None else None, row)
            first += _BATCH
            if not rows:  # positions are missing: go on where there is one again
                first = db.database.execute_sql(following, (first,)).fetchone()[0] or end + 1

    def verify(self, anchors: Iterable[Anchor] = ()) -> list[str]:
        """Walk the whole chain and compare it with its checkpoints and with ``anchors`` that were kept outside.

        Returns every fault as a sentence (a thousand at most); an empty list means: complete, unchanged, in order. What is
        not sealed yet is sealed first. The digits of an anchor may be the first ones only.
        """
        self.seal_all()
        wanted = list(anchors)
        marks = list(Checkpoint.select(Checkpoint.position, Checkpoint.hash).where(Checkpoint.chain == self.key).tuples())
        compared = _Compared(wanted, marks)
        faults: list[str] = []
        before, expected = FIRST, 0
        for link in self.links():
            expected += 1
            if link.position != expected:
                faults.append(f"position {expected} is missing: the next seal found is {link.position}")
                expected = link.position
            if link.body is None:
                faults.append(f"position {expected}: entry {link.entry_id} is missing")
            elif linked(before, digest(link.body)) != link.hash:
                faults.append(f"position {expected}: entry {link.entry_id} does not fit its seal (it was changed or reordered)")
            before = link.hash
            if expected in compared.positions:
                faults += compared.at(expected, before)
            if len(faults) > _MOST_FAULTS:
                return [*faults[:_MOST_FAULTS], "there are more faults after these"]
        return faults + compared.beyond(expected)


class _Compared:
    """Anchors and checkpoints that were not met yet."""

    def __init__(self, anchors: Iterable[Anchor], marks: Iterable[Anchor]) -> None:
        self.anchors: dict[int, list[str]] = {}
        self.marks: dict[int, list[str]] = {}
        for known, pairs in ((self.anchors, anchors), (self.marks, marks)):
            for position, value in pairs:
                known.setdefault(position, []).append(value)
        self.positions = self.anchors.keys() | self.marks.keys()

    def at(self, position: int, value: str) -> list[str]:
        """What differs at a position."""
        faults = []
        if not all(value.startswith(known) for known in self.anchors.get(position, ())):
            faults.append(f"position {position}: the seal differs from the anchor kept outside")
        if not all(value == known for known in self.marks.get(position, ())):
            faults.append(f"position {position}: the seal differs from the checkpoint written then")
        return faults

    def beyond(self, last: int) -> list[str]:
        """What lies behind the end of the chain."""
        return [f"the tail is cut: the {what} at position {position} lies beyond the last seal {last}"
                for what, known in (("anchor", self.anchors), ("checkpoint", self.marks))
                for position in sorted(known) if position > last]


def _moment(value: Any) -> Any:
    """A stored moment with six digits of a second: SQLite gives text, PostgreSQL was asked for it already."""
    if isinstance(value, str):
        if len(value) == 26:
            return value.replace(" ", "T", 1)
        return value.replace(" ", "T", 1) + ".000000" if len(value) == 19 else value
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def exported(chain: Chain, first: int, last: int, wanted: Callable[[Row], bool] | None,
             typed: Callable[[list[int]], dict[int, tuple[str, str]]] | None,
             ) -> Iterator[tuple[bytes | None, str, str, tuple[str, str] | None]]:
    """The links ``first`` to ``last`` for ``chain_file.lines``; those that ``wanted`` refuses are left out.

    ``typed`` gives the texts of some entry ids; None leaves all texts out. Raises ``ValueError`` for a missing entry: a
    broken chain is checked, not exported.
    """
    batch: list[Link] = []
    for link in chain.links(first, last):
        batch.append(link)
        if len(batch) == 1000:
            yield from _exported(batch, wanted, typed)
            batch = []
    yield from _exported(batch, wanted, typed)


def _exported(batch: list[Link], wanted: Callable[[Row], bool] | None,
              typed: Callable[[list[int]], dict[int, tuple[str, str]]] | None,
              ) -> Iterator[tuple[bytes | None, str, str, tuple[str, str] | None]]:
    kept = {link.position for link in batch if wanted is None or wanted(link.row)}
    texts = typed([link.entry_id for link in batch if link.position in kept]) if typed is not None else {}
    for link in batch:
        if link.body is None:
            raise ValueError(f"position {link.position}: entry {link.entry_id} is missing; run grid321 ledger verify")
        inside = link.position in kept
        yield link.body if inside else None, digest(link.body), link.hash, texts.get(link.entry_id) if inside else None

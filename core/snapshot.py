"""The configuration as one immutable snapshot: tree, switches, settings, classes, calendar.

It is rebuilt when one integer in the database changed; each request asks for that integer once by raw SQL, so that all
workers agree at their next request.
"""
from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

import peewee
from flask import g, has_request_context

from . import calendar_rows, db, versions
from .calendar import Calendar
from .settings import Classes, ClassItem, Settings, SettingValue
from .switches import Switch, Switches
from .tree import Tree, load_tree

_READ = "SELECT number, tree FROM core_revision WHERE id = 1"
# The clock is read by the same query, and outside of what waits for the lock: a moment before the wait would be too early.
_HOLD = f"SELECT number, tree, {db.SERVER_CLOCK} FROM ({_READ} FOR SHARE) AS held"


class Revision(db.Table):
    """One row whose numbers change with the configuration: ``tree`` with the divisions alone, ``number`` with everything.

    They are random, so that the number of a change that was rolled back never comes again with other content.
    """

    id = peewee.IntegerField(primary_key=True)
    number = peewee.BigIntegerField()
    tree = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "core_revision"


@dataclass(frozen=True)
class Snapshot:
    """What the configuration was at one revision."""

    revision: int
    tree_revision: int
    tree: Tree
    switches: Switches
    settings: Settings
    classes: Classes
    calendar: Calendar
    versions: versions.Versions


def current() -> Snapshot:
    """The present snapshot; inside a request it is asked for once, and after ``hold`` not at all until the transaction ends.

    Inside a transaction that bumped it is uncached.
    """
    own = db.memo()
    if own is not None and "held" in own:
        held: Snapshot = own["held"]
        return held
    if has_request_context():
        found = g.get("_snapshot")
        if found is None:
            found = g._snapshot = _find(revision())
        return found
    return _find(revision())


def prime(number: int | None, tree: int | None) -> None:
    """Tell this request the present revision, read together with its session: ``current`` then asks no more."""
    if number is not None and tree is not None and has_request_context() and db.memo() is None and "_snapshot" not in g:
        g._snapshot = _find((int(number), int(tree)))


def bump(*, tree: bool = False, content: bool = True) -> None:
    """Make every worker rebuild its snapshot; ``tree`` says that divisions changed too.

    Without ``content`` nothing that a snapshot holds has changed, only who may do what (posts, grants): a transaction that holds
    its snapshot goes on with it, and thousands of posts are written without reading the settings anew for each. Call it inside
    the transaction that changes the configuration.
    """
    values = {"number": secrets.randbits(62)} | ({"tree": secrets.randbits(62)} if tree else {})
    if not Revision.update(values).where(Revision.id == 1).execute():
        Revision.insert(id=1, **values).execute()
    own = db.memo()
    kept = own is not None and "held" in own and not content
    if own is not None and kept:
        own["held"] = own["snapshot"] = replace(own["held"], revision=values["number"])
    elif own is not None:
        own.pop("held", None)
    if own is not None and "snapshot" in own and not kept:
        own["snapshot"] = replace(own["snapshot"], revision=-1, **({"tree_revision": -1} if tree else {}))
    if has_request_context():
        g.pop("_snapshot", None)


def revision() -> tuple[int, int]:
    """The numbers of the present revision: everything, divisions. Zeros before anything was configured."""
    row = db.database.execute_sql(_READ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def hold() -> Snapshot:
    """The present snapshot, kept from changing until this transaction ends: a record written from it fits the tree.

    On SQLite writers queue anyway; on PostgreSQL a shared lock makes a change of the tree wait for us, which a transaction
    takes once (a savepoint that is undone takes lock and memory with it).
    """
    own = db.memo()
    if own is not None and "held" in own:
        return current()
    numbers = _held() if db.is_postgres() else revision()
    found = _find(numbers)
    if own is not None:
        own["held"] = found
    if has_request_context():
        g._snapshot = found
    return found


def _held() -> tuple[int, int]:
    row = db.database.execute_sql(_HOLD).fetchone()
    if row is None:
        return 0, 0
    db.set_clock(row[2])
    return int(row[0]), int(row[1])


def forget() -> None:
    """Drop the cached snapshot of this process (another database was bound)."""
    from .registry import platform

    platform().cache.clear()


def _find(numbers: tuple[int, int]) -> Snapshot:
    from .registry import platform

    shared = platform().cache
    own = db.memo()
    # What a transaction changed is remembered for the transaction alone: it may still be rolled back.
    found: Snapshot | None = (own or {}).get("snapshot") or shared.get("snapshot")
    if found is None or found.revision != numbers[0]:
        found = _build(numbers, found)
        (shared if own is None else own)["snapshot"] = found
    return found


def _build(numbers: tuple[int, int], before: Snapshot | None) -> Snapshot:
    from .registry import platform, registry

    known, found = registry(), versions.load()
    if before is not None and before.versions != found:
        platform().cache.pop("faces", None)  # lists and filters know the states of every version
    tree = before.tree if before is not None and before.tree_revision == numbers[1] else load_tree()
    switches = Switches(Switch.select(Switch.plugin, Switch.division_id, Switch.on).tuples(), known.always_on)
    values = SettingValue.select(SettingValue.key, SettingValue.division_id, SettingValue.value, SettingValue.valid_from,
                                 SettingValue.source).tuples()
    rows: Any = ClassItem.select().dicts()
    return Snapshot(*numbers, tree, switches, Settings(known.settings, values), Classes(known.classes, list(rows)),
                    calendar_rows.load(), found)

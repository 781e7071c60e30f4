"""Asking the full-text index: conditions for lists and the search page. Results come through ``access.scoped`` only.

Two ways lead to the records that contain a text. The index is asked for the texts that have the grams (and the entity, and
one of the divisions the actor reaches), two thousand at most; when that was all, the records are named by their ids. When
there are more, the text is common: records are then walked in the order of the list and their texts compared, which ends as
soon as the page is full. Where the index would have to collect very much before it gives anything (PostgreSQL; a single
character), a look at the newest records tells beforehand whether the text is common.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from . import db, snapshot
from .access import NOTHING, reach, scoped
from .actor import Actor
from .entity import Entity
from .ledger import LedgerDetail, LedgerEntry
from .search import KIND, PLACE, SearchText, fields_of, typed_texts
from .search_text import Query, normalised, query, snippet
from .tree import Node

MOST = 2000
"""So many texts are named by the index at once; above it a text counts as common."""

_PLACES = 40
_SAMPLE = 200


@dataclass(frozen=True)
class Found:
    """What the index knows of a query: ``ids`` of records by entity when it is complete; else the kinds where it is common."""

    asked: Query
    ids: dict[str, list[int]] | None
    common: frozenset[str] = frozenset()


def condition(entity: Entity, text: str, node: Node, actor: Actor, action: str = "view", known: Found | None = None) -> Any:
    """The condition that a text of a record of ``entity`` contains every word of ``text`` (after ``normalised``).

    It narrows nothing to what ``actor`` may see at ``node``: the caller's query goes through ``access.scoped``. ``known`` is
    what ``ask`` has found for all entities already.
    """
    asked = known.asked if known is not None else query(text)
    if not asked.words or not fields_of(entity):
        return NOTHING
    ids: str | None = None
    if known is not None and known.ids is not None:
        ids = ",".join(map(str, known.ids.get(entity.key, [])))
    elif asked.indexable and not (known is not None and entity.key in known.common):
        places = _places([entity], node, actor, action)
        if not (_look_first(asked, places, known) and _everywhere(entity, asked, node, actor, action)):
            ids = _listed(asked, entity, places)
    if ids is None:
        return _contained(entity, asked)
    return peewee.NodeList((entity.model.id, peewee.SQL(f"IN ({ids})"))) if ids else NOTHING


def ask(entities: Sequence[Entity], text: str, node: Node, actor: Actor) -> Found:
    """Ask the index once for all ``entities``: of a rare text everything is known then."""
    asked = query(text)
    if not asked.indexable:
        return Found(asked, None)
    common = _common_kinds(asked) if db.is_postgres() or not asked.grams else frozenset()
    if common or not asked.grams:
        return Found(asked, None, common)
    rows = _rows(asked, entities, _places(entities, node, actor, "view"))
    if len(rows) <= MOST:
        return Found(asked, _by_entity(rows))
    kinds = Counter(kind for kind, _record_id in rows)
    return Found(asked, None, frozenset(kind for kind, count in kinds.items() if count > MOST // 4))


def _look_first(asked: Query, places: set[int] | None, known: Found | None) -> bool:
    """True when the index may collect very much before it gives anything: a look at the newest records comes first.

    FTS5 goes through whole grams one text after the other; PostgreSQL collects all, which is little below a village.
    """
    if not asked.grams:
        return True
    if not db.is_postgres() or known is not None:
        return False
    tree = snapshot.current().tree
    return places is None or any((node := tree.get(place)) is None or node.level not in {"village", "grid"} for place in places)


def _common_kinds(asked: Query) -> frozenset[str]:
    """The entities of which every fiftieth of the newest texts contains the words."""
    sql = (f"SELECT n.entity, count(*) FROM (SELECT entity, body FROM core_search ORDER BY id DESC LIMIT {_SAMPLE}) n "
           f"WHERE {_finds(asked, 'n')} GROUP BY n.entity")
    rows = db.database.execute_sql(sql, asked.words).fetchall()
    return frozenset(kind for kind, count in rows if count * 50 >= _SAMPLE)


def _everywhere(entity: Entity, asked: Query, node: Node, actor: Actor, action: str) -> bool:
    """True when the words stand in many of the newest records that the actor reaches, or when there are few at all."""
    model = entity.model
    newest = scoped(model.select(model.id), entity, action, node, actor).order_by(model.id.desc()).limit(_SAMPLE)
    mark = "%s" if db.is_postgres() else "?"
    said = (f"(SELECT 1 FROM core_search s WHERE s.entity = {mark} AND s.record_id = n.id AND {_finds(asked, 's')} LIMIT 1) = 1")
    sql, values = newest.sql()
    sql = f"SELECT count(*), coalesce(sum(CASE WHEN {said} THEN 1 ELSE 0 END), 0) FROM ({sql}) n"
    count, hits = db.database.execute_sql(sql, (entity.key, *asked.words, *values)).fetchone()
    return hits * 50 >= _SAMPLE or count < _SAMPLE


def _finds(asked: Query, alias: str) -> str:
    """The words stand in the body of a row, in plain SQL."""
    one = f"strpos({alias}.body, %s) > 0" if db.is_postgres() else f"instr({alias}.body, ?) > 0"
    return " AND ".join([one] * len(asked.words))


def _contained(entity: Entity, asked: Query) -> Any:
    """A record has a text with all words.

    A scalar subquery that is not null: the planner must not turn it round and read every text, and takes it for common.
    """
    finds = "strpos" if db.is_postgres() else "instr"
    parts: list[Any] = [peewee.SQL("(SELECT 1 FROM core_search said WHERE said.entity ="), peewee.Value(entity.key),
                        peewee.SQL("AND said.record_id ="), entity.model.id]
    for word in asked.words:
        parts += [peewee.SQL(f"AND {finds}(said.body,"), peewee.Value(word), peewee.SQL(") > 0")]
    return peewee.NodeList((*parts, peewee.SQL("LIMIT 1) IS NOT NULL")))


def _by_entity(rows: Sequence[tuple[str, int]]) -> dict[str, list[int]] | None:
    """The records by entity, each once; None when there are more than are named."""
    if len(rows) > MOST:
        return None
    found: dict[str, dict[int, None]] = {}
    for entity, record_id in rows:
        found.setdefault(entity, {})[record_id] = None
    return {key: list(ids) for key, ids in found.items()}


def _places(entities: Iterable[Entity], node: Node, actor: Actor, action: str) -> set[int] | None:
    """The divisions in which to look; None for everywhere (or too many to be named: ``access.scoped`` narrows anyway)."""
    found: set[int] = set()
    for entity in entities:
        reached = reach(entity.permission(action), node, actor)
        if reached is None or entity.division is None:
            if entity.division is None or snapshot.current().tree.covers_all(node):
                return None
            found.add(node.id)
        else:
            found |= {place.id for place, _department in reached}
    return found if len(found) <= _PLACES else None


def _rows(asked: Query, entities: Sequence[Entity], within: set[int] | None) -> list[tuple[str, int]]:
    """(entity, record) of at most ``MOST`` + 1 texts that contain the words, within some divisions (None: anywhere)."""
    if within is not None and not within:
        return []
    return list(db.database.execute_sql(*_statement("s.entity, s.record_id", asked, entities, within)).fetchall())


def _listed(asked: Query, entity: Entity, within: set[int] | None) -> str | None:
    """The records of one entity that contain the words as a list in SQL; None when there are more than ``MOST``.

    The database writes the list: handing over two thousand rows to have them written down takes longer than finding them. Where
    having the grams is containing the words, FTS5 says how many there are before any text is looked up.
    """
    if within is not None and not within:
        return ""
    inner, values = _statement("s.record_id", asked, [entity], within)
    joined = "string_agg(CAST(record_id AS text), ',')" if db.is_postgres() else "group_concat(record_id)"
    if asked.exact and not db.is_postgres():
        count, places = db.database.execute_sql(
            "SELECT count(*), group_concat(rowid) FROM (SELECT rowid FROM core_search_gram WHERE core_search_gram MATCH ?"
            f" LIMIT {MOST + 1})", values).fetchone()
        if count > MOST or not places:
            return "" if count <= MOST else None
        inner, values = f"SELECT record_id FROM core_search WHERE id IN ({places})", ()
    count, ids = db.database.execute_sql(f"SELECT count(*), {joined} FROM ({inner}) AS found", values).fetchone()
    return None if count > MOST else ids or ""


def _statement(columns: str, asked: Query, entities: Sequence[Entity], within: set[int] | None) -> tuple[str, tuple[str, ...]]:
    """The statement that asks the index for at most ``MOST`` + 1 texts, and its values."""
    postgres = db.is_postgres()
    kind = [KIND + entities[0].key] if len(entities) == 1 else []
    places = [f"{PLACE}{place}" for place in sorted(within or ())]
    words = () if asked.exact else asked.words
    if postgres:
        sql = (f"SELECT {columns} FROM core_search s WHERE s.grams @@ %s::tsquery"
               + " AND strpos(s.body, %s) > 0" * len(words) + f" LIMIT {MOST + 1}")
    else:
        sql = (f"SELECT {columns} FROM core_search_gram g CROSS JOIN core_search s ON s.id = g.rowid "
               "WHERE core_search_gram MATCH ?" + " AND instr(s.body, ?) > 0" * len(words)
               + f" ORDER BY g.rowid DESC LIMIT {MOST + 1}")
    return sql, (_expression(asked, kind, places, postgres), *words)


def _expression(asked: Query, kind: list[str], places: list[str], postgres: bool) -> str:
    """The query in the language of the index. Grams hold letters and digits only: nothing in them needs quoting."""
    quote, beginning, both, either = ("'", ":*", " & ", " | ") if postgres else ('"', "*", " AND ", " OR ")
    parts = [f"{quote}{gram}{quote}" for gram in (*asked.grams, *kind)]
    parts += [f"{quote}{gram}{quote}{beginning}" for gram in asked.beginnings]
    if places:
        parts.append("(" + either.join(f"{quote}{place}{quote}" for place in places) + ")")
    return both.join(parts)


# -- showing what was found ----------------------------------------------------------------------------------------------

Snippet = list[tuple[str, bool]]


def snippets(entity: Entity, asked: Query, rows: dict[int, Sequence[str]]) -> dict[int, Snippet]:
    """Where the words stand, by record: ``rows`` are the own texts of records the actor sees, as written.

    Records in none of whose own texts they stand get a piece of the reply in which they do. At most two queries.
    """
    found: dict[int, Snippet] = {}
    for record_id, texts in rows.items():
        for text in texts:
            if any(word in normalised(text) for word in asked.words) and (piece := snippet(text, asked.words)):
                found[record_id] = piece
                break
    missing = [record_id for record_id in rows if record_id not in found]
    if missing and asked.words:
        found |= _of_replies(entity, asked, missing)
    return found


def _of_replies(entity: Entity, asked: Query, record_ids: list[int]) -> dict[int, Snippet]:
    found: dict[int, Snippet] = {}
    has = peewee.fn.STRPOS if db.is_postgres() else peewee.fn.INSTR
    parts = [row[0] for row in SearchText.select(SearchText.part).where(
        SearchText.entity == entity.key, SearchText.record_id.in_(record_ids), SearchText.part > 0,
        has(SearchText.body, asked.words[0]) > 0).order_by(SearchText.part.desc()).limit(50).tuples()]
    replies = LedgerDetail.select(LedgerEntry.record_id, LedgerEntry.step, LedgerDetail.body).join(
        LedgerEntry, on=(LedgerEntry.id == LedgerDetail.entry_id)).where(LedgerDetail.entry_id.in_(parts)).tuples()
    for record_id, step, typed in replies if parts else ():
        for text in typed_texts(entity, step, typed):
            piece = snippet(text, asked.words)
            if piece and record_id not in found:
                found[record_id] = piece
    return found

"""Asking the full-text index: conditions for lists and the search page. Results come through ``access.scoped`` only.

Two ways lead to the records that contain a text, and which is taken costs no guess: the index is asked for the texts that
have the grams (and the entity, and one of the divisions the actor reaches), two thousand at most. When that was all, the
records are named by their ids. When there are more, the text is common: records are then walked in the order of the list
and their texts compared, which ends as soon as the page is full.
"""
from __future__ import annotations

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
_SAMPLE = 400


@dataclass(frozen=True)
class Found:
    """What the index knows of a query: ``ids`` of records by entity when it is complete, None for a common text."""

    asked: Query
    ids: dict[str, list[int]] | None


def condition(entity: Entity, text: str, node: Node, actor: Actor, action: str = "view", known: Found | None = None) -> Any:
    """The condition that a text of a record of ``entity`` contains every word of ``text`` (after ``normalised``).

    It narrows nothing to what ``actor`` may see at ``node``: the caller's query goes through ``access.scoped``. ``known`` is
    what ``ask`` has found for all entities already.
    """
    asked = known.asked if known is not None else query(text)
    if not asked.words or not fields_of(entity):
        return NOTHING
    found = known.ids if known is not None else None
    if found is None and (asked.grams or (asked.beginnings and not _everywhere(entity, asked, node, actor, action))):
        found = _candidates(asked, [entity], node, actor, action)
    if found is None:
        return _contained(entity, asked)
    ids = found.get(entity.key, [])
    return peewee.NodeList((entity.model.id, peewee.SQL(f"IN ({','.join(map(str, ids))})"))) if ids else NOTHING


def ask(entities: Sequence[Entity], text: str, node: Node, actor: Actor) -> Found:
    """Ask the index once for all ``entities``: of a rare text everything is known then."""
    asked = query(text)
    return Found(asked, _candidates(asked, entities, node, actor, "view") if asked.grams else None)


def _everywhere(entity: Entity, asked: Query, node: Node, actor: Actor, action: str) -> bool:
    """True when the words stand in every twentieth of the newest records, or when there are few records at all.

    A single character begins very many grams: the index would collect them all before it gives the first text.
    """
    model = entity.model
    newest = scoped(model.select(model.id), entity, action, node, actor).order_by(model.id.desc()).limit(_SAMPLE)
    ids = [row[0] for row in newest.tuples()]
    if len(ids) < _SAMPLE:
        return True
    says = model.select(model.id).where(model.id.in_(ids), _contained(entity, asked)).limit(_SAMPLE // 20)
    return len(list(says.tuples())) == _SAMPLE // 20


def _contained(entity: Entity, asked: Query) -> Any:
    """A record has a text with all words. A scalar subquery: the planner must not turn it round and read every text."""
    finds = "strpos" if db.is_postgres() else "instr"
    parts: list[Any] = [peewee.SQL("(SELECT 1 FROM core_search said WHERE said.entity ="), peewee.Value(entity.key),
                        peewee.SQL("AND said.record_id ="), entity.model.id]
    for word in asked.words:
        parts += [peewee.SQL(f"AND {finds}(said.body,"), peewee.Value(word), peewee.SQL(") > 0")]
    return peewee.NodeList((*parts, peewee.SQL("LIMIT 1) = 1")))


def _candidates(asked: Query, entities: Sequence[Entity], node: Node, actor: Actor, action: str) -> dict[str, list[int]] | None:
    """Ids of records by entity whose texts contain the words, in the divisions the actor reaches; None when too many."""
    places = _places(entities, node, actor, action)
    if places is not None and not places:
        return {}
    kind = [KIND + entities[0].key] if len(entities) == 1 else []
    rows = _rows(asked, kind, [f"{PLACE}{place}" for place in places or ()])
    if len(rows) > MOST:
        return None
    found: dict[str, list[int]] = {}
    for entity, record_id in rows:
        found.setdefault(entity, []).append(record_id)
    return {key: list(dict.fromkeys(ids)) for key, ids in found.items()}


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


def _rows(asked: Query, kind: list[str], places: list[str]) -> list[tuple[str, int]]:
    """(entity, record) of at most ``MOST`` + 1 texts that contain the words."""
    postgres = db.is_postgres()
    words = () if asked.exact else asked.words
    if postgres:
        sql = ("SELECT s.entity, s.record_id FROM core_search s WHERE s.grams @@ %s::tsquery"
               + " AND strpos(s.body, %s) > 0" * len(words) + f" LIMIT {MOST + 1}")
    else:
        sql = ("SELECT s.entity, s.record_id FROM core_search_gram g CROSS JOIN core_search s ON s.id = g.rowid "
               "WHERE core_search_gram MATCH ?" + " AND instr(s.body, ?) > 0" * len(words)
               + f" ORDER BY g.rowid DESC LIMIT {MOST + 1}")
    return list(db.database.execute_sql(sql, (_expression(asked, kind, places, postgres), *words)).fetchall())


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

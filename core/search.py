"""The full-text index: what records are called and say, and what was answered to them, written in the writer's transaction.

Each record has one text (number, title, the entity's search fields), and each reply (answer of a step, comment) one of its
own, so that a reply is found and erased alone. ``core_search`` keeps the normalised texts, by which candidates are checked;
their grams, with the entity and the divisions above the record, are in the FTS5 table ``core_search_gram`` on SQLite and in
a ``tsvector`` on PostgreSQL. Sealed fields are never in it. ``search_find`` asks it.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import peewee

from . import db
from .bulk import run_many
from .entity import Entity
from .faces import face_of
from .fields import LongText, Text
from .ledger import LedgerDetail, LedgerEntry
from .registry import platform, registry
from .schemas import columns_of
from .search_text import grams, normalised

PLACE, KIND = "\ue000", "\ue001"
"""First characters of the tokens for a division and for an entity: private ones, which no gram has together with digits."""

_BATCH = 1000
_SAID, _BESIDE = ("text", "long"), ("_blind", "_tail")
_PLACES = db.SCOPE_COLUMNS


class SearchText(db.Table):
    """One searchable text: of a record (``part`` 0), or of one of its replies (``part`` is the ledger entry)."""

    full_text = True

    id = peewee.BigAutoField()
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    part = peewee.BigIntegerField(default=0)
    body = peewee.TextField()

    class Meta:
        table_name = "core_search"
        indexes = ((("entity", "record_id", "part"), True), (("part",), False))


# -- what is searchable ------------------------------------------------------------------------------------------------

def fields_of(entity: Entity) -> tuple[str, ...]:
    """The columns of an entity whose texts are searched: its search fields, number and title, but never personal ones."""
    cache: dict[str, tuple[str, ...]] = platform().cache.setdefault("search_fields", {})
    found = cache.get(entity.key)
    if found is None:
        found = cache[entity.key] = tuple(_fields(entity)) if entity.search else ()
    return found


def _fields(entity: Entity) -> Iterator[str]:
    face, stored = face_of(entity), entity.model._meta.fields
    for name in dict.fromkeys(("number", entity.title, *entity.search)):
        column = face.column(name)
        attribute = column.attribute if column is not None else name
        if (column is not None and column.kind not in _SAID) or attribute in entity.personal or attribute.endswith(_BESIDE):
            continue
        field = stored.get(attribute)
        if isinstance(field, peewee.CharField | peewee.TextField) and not isinstance(field, db.SealedField | db.JSONField):
            yield attribute


def text_of(entity: Entity, values: Mapping[str, Any]) -> str:
    """The normalised text of a record, a field a line."""
    return "\n".join(text for name in fields_of(entity) if (text := normalised(str(values.get(name) or ""))))


def reply_text(entity: Entity, step: str, typed: Mapping[str, Any]) -> str:
    """The normalised text of what was typed with a step: its text fields, a field a line; personal ones are left out."""
    return "\n".join(text for value in typed_texts(entity, step, typed) if (text := normalised(value)))


def typed_texts(entity: Entity, step: str, typed: Mapping[str, Any]) -> list[str]:
    """What was typed with a step, as written: the values of its text fields, in the order of their names, which is that of the
    ledger: a recount has to find the same text, whatever order they were sent in."""
    names = _typed_names(entity, step)
    return [value for name, value in sorted(typed.items()) if isinstance(value, str) and value and name in names]


def _typed_names(entity: Entity, step: str) -> frozenset[str]:
    cache: dict[tuple[str, str], frozenset[str]] = platform().cache.setdefault("search_typed", {})
    found = cache.get((entity.key, step))
    if found is None:
        found = cache[(entity.key, step)] = frozenset(_text_fields(entity, step))
    return found


def _text_fields(entity: Entity, step: str) -> Iterator[str]:
    flow = registry().workflow_of(entity.key)
    if flow is not None:
        for transition in flow.transitions:
            if transition.key == step:
                for schema in transition.asks:
                    yield from (name for name, field in columns_of(schema).items()
                                if isinstance(field, Text | LongText) and not field.personal)
                return
    yield "text"


# -- writing -----------------------------------------------------------------------------------------------------------

def index(entity: Entity, record: Any, changed: Iterable[str] | None = None) -> None:
    """Take a record into the index, inside its transaction; ``changed`` are the columns of an edit (None: it is new)."""
    names = fields_of(entity)
    if not names or (changed is not None and not set(changed) & set(names)):
        return
    values = record.__data__
    if changed is not None:
        _remove(_ids((SearchText.entity == entity.key) & (SearchText.record_id == record.id) & (SearchText.part == 0)))
    _add(entity.key, record.id, 0, text_of(entity, values), _tokens(entity, values))


def reply(entity: Entity, record: Any, entry_id: int, step: str, typed: Mapping[str, Any] | None) -> None:
    """Take what was typed with a step (ledger entry ``entry_id``) into the index, inside its transaction."""
    text = reply_text(entity, step, typed) if typed and entity.search else ""
    if text:
        _add(entity.key, record.id, entry_id, text, _tokens(entity, record.__data__))


def forget(entity: Entity, record_id: int) -> None:
    """Take a deleted record and its replies out of the index, inside its transaction."""
    if entity.search:
        _remove(_ids((SearchText.entity == entity.key) & (SearchText.record_id == record_id)))


def forget_reply(entry_id: int) -> None:
    """Take a reply out of the index whose text is erased, inside that transaction."""
    _remove(_ids(SearchText.part == entry_id))


def restamp(entity: Entity, record_ids: Iterable[int]) -> None:
    """Write the divisions of records anew that moved in the tree, inside that transaction."""
    columns = [name for name in _PLACES if name in entity.model._meta.combined]
    wanted = list(record_ids)
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start:start + _BATCH]
        fields = [entity.model._meta.combined[name] for name in columns]
        places = {row[0]: dict(zip(columns, row[1:], strict=True)) for row in entity.model.select(
            entity.model.id, *fields).where(entity.model.id.in_(part)).tuples()}
        rows = list(SearchText.select(SearchText.id, SearchText.record_id, SearchText.body).where(
            (SearchText.entity == entity.key) & SearchText.record_id.in_(part)).tuples())
        changed = [(row[0], _tokens(entity, places.get(row[1], {})) | grams(row[2])) for row in rows]
        if db.is_postgres():
            run_many("UPDATE core_search SET grams = array_to_tsvector(%s) WHERE id = %s",
                     [(list(tokens), made) for made, tokens in changed])
        else:
            run_many("DELETE FROM core_search_gram WHERE rowid = ?", [(made,) for made, _tokens_now in changed])
            run_many(_ADD_GRAMS, [(made, " ".join(tokens)) for made, tokens in changed])


def _tokens(entity: Entity, values: Mapping[str, Any]) -> set[str]:
    found = {KIND + entity.key}
    for name in _PLACES:
        place = values.get(name)
        if place is not None:
            found.add(f"{PLACE}{place}")
    return found


def _ids(condition: Any) -> list[int]:
    return [row[0] for row in SearchText.select(SearchText.id).where(condition).tuples()]


_ADD = "INSERT INTO core_search (entity, record_id, part, body, grams) VALUES (%s, %s, %s, %s, array_to_tsvector(%s))"
_ADD_TEXT = "INSERT INTO core_search (entity, record_id, part, body) VALUES (?, ?, ?, ?) RETURNING id"
_ADD_GRAMS = "INSERT INTO core_search_gram (rowid, grams) VALUES (?, ?)"


def _add(entity: str, record_id: int, part: int, text: str, tokens: set[str]) -> None:
    if not text:
        return
    tokens |= grams(text)
    if db.is_postgres():
        db.database.execute_sql(_ADD, (entity, record_id, part, text, list(tokens)))
        return
    made = db.database.execute_sql(_ADD_TEXT, (entity, record_id, part, text)).fetchone()[0]
    db.database.execute_sql(_ADD_GRAMS, (made, " ".join(tokens)))


def _remove(ids: list[int]) -> None:
    for start in range(0, len(ids), _BATCH):
        part = ids[start:start + _BATCH]
        if not db.is_postgres():
            run_many("DELETE FROM core_search_gram WHERE rowid = ?", [(one,) for one in part])
        SearchText.delete().where(SearchText.id.in_(part)).execute()


# -- many at once --------------------------------------------------------------------------------------------------------

def rebuild() -> int:
    """Make the whole index anew from the records and the ledger; returns how many texts it holds. Safe to interrupt.

    Records and replies that are written meanwhile are in it, whichever comes first. Texts come in again in the order of
    their age, so that the newest are found first.
    """
    with db.transaction():
        db.database.execute_sql("DELETE FROM core_search")
        if not db.is_postgres():
            db.database.execute_sql("INSERT INTO core_search_gram (core_search_gram) VALUES ('delete-all')")
    total = 0
    for entity in searchable():
        for rows in _blocks(expected(entity)):
            total += add_many(entity, rows)
    for statement in _TIDY_POSTGRES if db.is_postgres() else _TIDY_SQLITE:
        db.database.execute_sql(statement)
    return total


def searchable() -> list[Entity]:
    """The entities that have search fields."""
    return [entity for entity in registry().entities.values() if fields_of(entity)]


_TIDY_SQLITE = ("INSERT INTO core_search_gram (core_search_gram) VALUES ('optimize')",)
_TIDY_POSTGRES = ("ANALYZE core_search",)
Expected = tuple[int, int, str, Mapping[str, Any]]


def add_many(entity: Entity, texts: list[Expected]) -> int:
    """Take texts (record, part, text, the record's scope columns) into the index that are not there yet, in a transaction."""
    with db.transaction():
        if db.is_postgres():  # two writers of one text: the other one waits here and then finds it
            db.database.execute_sql("LOCK TABLE core_search IN SHARE ROW EXCLUSIVE MODE")
        there = set(SearchText.select(SearchText.record_id, SearchText.part).where(
            (SearchText.entity == entity.key) & SearchText.record_id.in_({row[0] for row in texts})).tuples())
        missing = [row for row in texts if (row[0], row[1]) not in there and row[2]]
        rows = [(entity.key, row[0], row[1], row[2], _tokens(entity, row[3]) | grams(row[2])) for row in missing]
        if db.is_postgres():
            run_many(_ADD, [(*row[:4], list(row[4])) for row in rows])
        else:
            first = (SearchText.select(peewee.fn.MAX(SearchText.id)).scalar() or 0) + 1
            run_many("INSERT INTO core_search (id, entity, record_id, part, body) VALUES (?, ?, ?, ?, ?)",
                     [(first + at, *row[:4]) for at, row in enumerate(rows)])
            run_many(_ADD_GRAMS, [(first + at, " ".join(row[4])) for at, row in enumerate(rows)])
    return len(missing)


def expected(entity: Entity) -> Iterator[Expected]:
    """What the index should hold of an entity: its records, oldest first, then their replies."""
    model = entity.model
    scope = [name for name in _PLACES if name in model._meta.combined]
    names = [*dict.fromkeys((*fields_of(entity), *scope))]
    last = 0
    while rows := list(model.select(model.id, *(model._meta.combined[name] for name in names)).where(model.id > last)
                       .order_by(model.id).limit(_BATCH).tuples()):
        for row in rows:
            values = dict(zip(names, row[1:], strict=True))
            yield row[0], 0, text_of(entity, values), values
        last = rows[-1][0]
    yield from _expected_replies(entity, scope)


def _expected_replies(entity: Entity, scope: list[str]) -> Iterator[Expected]:
    model = entity.model
    last = 0
    while rows := list(LedgerDetail.select(LedgerDetail.entry_id, LedgerDetail.body, LedgerEntry.step, model.id,
                                           *(model._meta.combined[name] for name in scope))
                       .join(LedgerEntry, on=(LedgerEntry.id == LedgerDetail.entry_id))
                       .join(model, on=(model.id == LedgerEntry.record_id))
                       .where((LedgerEntry.entity == entity.key) & (LedgerDetail.entry_id > last))
                       .order_by(LedgerDetail.entry_id).limit(_BATCH).tuples()):
        for entry_id, typed, step, record_id, *places in rows:
            text = reply_text(entity, step, typed)
            if text:
                yield record_id, entry_id, text, dict(zip(scope, places, strict=True))
        last = rows[-1][0]


def _blocks(rows: Iterable[Expected]) -> Iterator[list[Expected]]:
    block: list[Expected] = []
    for row in rows:
        block.append(row)
        if len(block) == _BATCH:
            yield block
            block = []
    if block:
        yield block


def differences(limit: int = 100) -> Iterator[str]:
    """What the index holds otherwise than records and ledger say, as sentences; ``grid321 verify`` reports them."""
    told = 0
    for entity in searchable():
        there = {(row[0], row[1]): row[2] for row in SearchText.select(
            SearchText.record_id, SearchText.part, SearchText.body).where(SearchText.entity == entity.key).tuples().iterator()}
        for record_id, part, text, _places in expected(entity):
            kept = there.pop((record_id, part), "")
            if kept != text:
                told += 1
                yield f"search: {entity.key} {record_id} part {part} is {'not in the index' if not kept else 'another text'}"
            if told >= limit:
                return
        for record_id, part in there:
            yield f"search: {entity.key} {record_id} part {part} is in the index and not in the database"
    known = [entity.key for entity in searchable()]
    count = SearchText.select().where(SearchText.entity.not_in(known)).count()
    if count:
        yield f"search: {count} texts of entities that are not installed (or have no search) are in the index"

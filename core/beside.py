"""What lies beside a record in other tables: asked in one query by its page, so that nothing is asked for what is not there.

A page of a case shows files, links, meetings and the cases it carries; nearly every case has none of most of them. ``look``
asks for all at once and the rest of the request knows; where nobody looked, ``may_have`` says yes and the table is read.
"""
from __future__ import annotations

from flask import g, has_request_context

from . import db
from .db import Case
from .entity import Entity

FILES, LINKS, MEETINGS, CARRIED = "files", "links", "meetings", "carried"
_OWN = "entity = ? AND record_id = ?"
_ASKED = f"""
SELECT EXISTS (SELECT 1 FROM core_attachment WHERE {_OWN}), EXISTS (SELECT 1 FROM core_meeting_item WHERE {_OWN}),
EXISTS (SELECT 1 FROM core_link WHERE from_entity = ? AND from_id = ?),
EXISTS (SELECT 1 FROM core_link WHERE to_entity = ? AND to_id = ?)"""
_CARRIED = ', EXISTS (SELECT 1 FROM "{table}" WHERE parent_id = ?)'


def look(entity: Entity, record_id: int) -> None:
    """Find out what a record has, for the rest of this request, which must only read. One query."""
    case = issubclass(entity.model, Case)
    sql = _ASKED + (_CARRIED.format(table=entity.model._meta.table_name) if case else "")
    values = (entity.key, record_id) * 4 + ((record_id,) if case else ())
    files, meetings, out, into, *carried = db.database.execute_sql(db.marked(sql), values).fetchone()
    found = {FILES: files, MEETINGS: meetings, LINKS: out or into, CARRIED: any(carried)}
    if has_request_context():
        g.beside = (entity.key, record_id, frozenset(name for name, there in found.items() if there))


def may_have(what: str, entity: Entity, record_id: int) -> bool:
    """False when this request found out that the record has none; True when it has some or nobody looked."""
    known = g.get("beside") if has_request_context() else None
    return known is None or known[:2] != (entity.key, record_id) or what in known[2]

"""Links between records, also of different plugins: from, to, kind. They survive that a plugin is off; then nobody sees them.

A link is shown on both records to who may see the other side where its plugin is on. Adding and removing one is written on
both timelines.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import peewee

from . import access, beside, db, ledger, outbox, plain_rows, snapshot
from .actor import Actor
from .entity import ClassScheme, Entity
from .errors import Conflict, Invalid, NotFound
from .faces import face_of
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .registry import registry
from .tree import Node

MOST = 50
"""Links of one record at most."""

CONVERTED = "converted"
"""The kind of the link from a case to the record that it became; only a conversion makes and removes it."""

KINDS = ClassScheme("core.link_kind", _l("Kinds of links between records"), (
    ("related", _l("Related")),
    ("cause", _l("Same cause")),
    ("follow_up", _l("Follow-up")),
    ("earlier", _l("Earlier report of the same matter")),
), _l("Working default; the county sets its own"))

_ADDRESS = re.compile(r"(?:https?://[^/]+)?(?:/api/v1)?/d/[0-9A-Za-z]{2,24}/([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)/([0-9]{1,18})/?(?:[?#].*)?")


class RecordLink(db.Table):
    """One link. ``kind`` is a class of ``core.link_kind``, or ``converted``."""

    id = peewee.BigAutoField()
    from_entity = peewee.CharField(max_length=80)
    from_id = peewee.BigIntegerField()
    to_entity = peewee.CharField(max_length=80)
    to_id = peewee.BigIntegerField()
    kind = peewee.CharField(max_length=40)
    created_by = peewee.BigIntegerField(null=True)
    created_at = peewee.DateTimeField(default=db.now)

    class Meta:
        table_name = "core_link"
        indexes = ((("from_entity", "from_id", "to_entity", "to_id", "kind"), True), (("to_entity", "to_id"), False))


@dataclass(frozen=True)
class Shown:
    """A link as one of its two records shows it: the other side, and whether the link goes out from here."""

    id: int
    kind: str
    label: str
    out: bool
    entity: Entity
    record: Any
    title: str
    url: str


def add(entity: Entity, record_id: int, other: Entity, other_id: int, kind: str, actor: Actor, node: Node) -> int:
    """Link a record with another one; returns the link's id.

    Raises ``NotFound`` (one of them is out of sight, or its plugin is off there), ``Forbidden`` (the first may not be changed),
    ``Invalid`` (unknown kind, itself, too many) or ``Conflict`` (linked so already).
    """
    with db.transaction():
        record = access.fetch(entity, record_id, changing(entity), node, actor)
        there = fetch_anywhere(other, other_id, actor)
        if (entity.key, record.id) == (other.key, there.id):
            raise _invalid("other", _("A record is not linked with itself."))
        if kind not in snapshot.current().classes.labels(KINDS.key, _place(record) or node):
            raise _invalid("kind", _("Choose one of the offered kinds."))
        if len(_rows(entity.key, record.id)) >= MOST:
            raise _invalid("other", _("A record has at most %(most)s links.", most=MOST))
        return write(entity, record, other, there, kind, actor)


def write(entity: Entity, record: Any, other: Entity, there: Any, kind: str, actor: Actor, *, one_side: bool = False) -> int:
    """Write a link with an entry on both timelines (or the first alone), inside the caller's transaction.

    Raises ``Conflict`` when it exists.
    """
    try:
        with db.transaction():
            link_id = db.insert(RecordLink, {"from_entity": entity.key, "from_id": record.id, "to_entity": other.key,
                                             "to_id": there.id, "kind": kind, "created_by": actor.account_id,
                                             "created_at": db.now()})
    except peewee.IntegrityError:
        raise Conflict(_("The two records are linked in this way already."), remedy=_("Load the page again."),
                       code="linked") from None
    sides = ((entity, record, other, there), (other, there, entity, record))
    _tell(sides[:1] if one_side else sides, "link", kind, actor)
    return link_id


def remove(entity: Entity, record_id: int, link_id: int, actor: Actor, node: Node) -> None:
    """Remove a link of a record from both sides. Raises ``NotFound``, ``Forbidden`` or ``Conflict`` (of a conversion)."""
    with db.transaction():
        record = access.fetch(entity, record_id, changing(entity), node, actor)
        found = next((row for row in _rows(entity.key, record.id) if row.id == link_id), None)
        shown = next((one for one in of(entity, record, actor) if one.id == link_id), None)
        if found is None or shown is None:
            raise NotFound(_("There is no such link."), remedy=_("Load the page again."))
        if found.kind == CONVERTED:
            raise Conflict(_("This link says what became of the matter: it stays."), remedy=_("Undo the conversion instead."),
                           code="conversion")
        RecordLink.delete().where(RecordLink.id == link_id).execute()
        _tell(((entity, record, shown.entity, shown.record), (shown.entity, shown.record, entity, record)), "unlink", found.kind,
              actor)


def forget(entity: Entity, record_id: int, actor: Actor) -> None:
    """Remove every link of a record that is being deleted; the other sides' timelines say so."""
    rows = _rows(entity.key, record_id)
    for row in rows:
        key, other_id = (row.to_entity, row.to_id) if (row.from_entity, row.from_id) == (entity.key, record_id) else (
            row.from_entity, row.from_id)
        ledger.append(key, other_id, "unlink", account_id=actor.account_id,
                      facts={"entity": entity.key, "other": record_id, "kind": row.kind})
    if rows:
        RecordLink.delete().where(RecordLink.id.in_([row.id for row in rows])).execute()


def of(entity: Entity, record: Any, actor: Actor) -> list[Shown]:
    """The links of a record whose other side ``actor`` may see where its plugin is on. One query, and one for each kind of
    record at the other end."""
    rows = _rows(entity.key, record.id) if beside.may_have(beside.LINKS, entity, record.id) else []
    sides = [(row, row.to_entity, row.to_id, True) if (row.from_entity, row.from_id) == (entity.key, record.id)
             else (row, row.from_entity, row.from_id, False) for row in rows]
    wanted: dict[str, list[int]] = {}
    for _row, key, other_id, _out in sides:
        wanted.setdefault(key, []).append(other_id)
    seen = {key: visible(registry().entities[key], ids, actor) for key, ids in wanted.items() if key in registry().entities}
    labels = snapshot.current().classes.labels(KINDS.key, _place(record), retired=True) if sides else {}
    found = []
    for row, key, other_id, out in sides:
        other = seen.get(key, {}).get(other_id)
        if other is not None:
            one = registry().entities[key]
            label = labels.get(row.kind) or ((_("Became") if out else _("Made from")) if row.kind == CONVERTED else row.kind)
            found.append(Shown(row.id, row.kind, label, out, one, other, title_of(one, other), url_of(one, other)))
    return found


def visible(entity: Entity, ids: Iterable[int], actor: Actor) -> dict[int, Any]:
    """The records of those ids that ``actor`` may see anywhere in the deployment where their plugin is on, by id."""
    now, model = snapshot.current(), entity.model
    found: dict[int, Any] = {}
    for root in now.tree.roots:
        query = model.select(db.plain_columns(model._meta.sorted_fields)).where(model.id.in_(list(ids)))
        for record in access.scoped(query, entity, "view", root, actor):
            place = _place(record) or root
            if now.switches.is_on(entity.plugin, place):
                found[record.id] = record
    return found


def fetch_anywhere(entity: Entity, record_id: int, actor: Actor) -> Any:
    """A record wherever it lies, if the actor may see it and its plugin is on there. Raises ``NotFound``."""
    found = visible(entity, [record_id], actor).get(record_id)
    if found is None:
        raise NotFound(_("There is no such record"), str(entity.label),
                       _("Check the number or the address. The record may belong to a division that you cannot see."))
    return found


def find(text: str, actor: Actor) -> tuple[Entity, Any]:
    """(entity, record) of what a person typed: the number of a case, or the address of a record's page.

    Raises ``Invalid`` at the field ``other`` when nothing visible fits.
    """
    clean = text.strip()[:200]
    match = _ADDRESS.fullmatch(clean)
    if match is not None:
        entity = registry().entities.get(f"{match[1]}.{match[2]}")
        record = visible(entity, [int(match[3])], actor).get(int(match[3])) if entity is not None else None
        if entity is not None and record is not None:
            return entity, record
    elif clean:
        for entity in registry().entities.values():
            number = entity.model._meta.fields.get("number")
            if number is None or not actor.may_anywhere(entity.permission("view")):
                continue
            row = entity.model.select(entity.model.id).where(number == clean).tuples().first()
            record = visible(entity, [row[0]], actor).get(row[0]) if row is not None else None
            if record is not None:
                return entity, record
    raise _invalid("other", _("Nothing that you may see has this number or address. Copy the number from the page of the "
                              "other record."))


def title_of(entity: Entity, record: Any) -> str:
    """What names a record in a link: its number and title, whichever it has."""
    column = face_of(entity).title
    number = getattr(record, "number", "")
    words = [number if isinstance(number, str) else ""]  # a session has a number that is no name
    if column is not None and not column.personal and column.key not in {"id", "number"}:
        words.append(str(getattr(record, column.attribute) or ""))
    return " ".join(word for word in words if word) or f"{entity.label} {record.id}"


def url_of(entity: Entity, record: Any) -> str:
    """The address of a record at its own division."""
    place = _place(record) or snapshot.current().tree.roots[0]
    return face_of(entity).url(place.code, record.id)


def may_link(entity: Entity, record: Any, actor: Actor) -> bool:
    """True when the actor may add links to a record and remove them."""
    permission = entity.permission(changing(entity))
    return actor.may_on(permission, record) if entity.division is not None else actor.may_anywhere(permission)


def changing(entity: Entity) -> str:
    """What one must be allowed to do with a record in order to link it: to edit it, or to make it where nobody edits one.

    Nobody may where only the platform makes such records.
    """
    return "edit" if "edit" in entity.actions else "create"


_OF_RECORD = "(from_entity = ? AND from_id = ?) OR (to_entity = ? AND to_id = ?) ORDER BY id"


def _rows(key: str, record_id: int) -> list[RecordLink]:
    return plain_rows.read(RecordLink, _OF_RECORD, (key, record_id, key, record_id))


def _place(record: Any) -> Node | None:
    return snapshot.current().tree.get(getattr(record, "division_id", None))


def _tell(sides: Iterable[tuple[Entity, Any, Entity, Any]], step: str, kind: str, actor: Actor) -> None:
    moment = db.now()
    for entity, record, other, there in sides:
        number = getattr(there, "number", None)
        facts = {"entity": other.key, "other": there.id, "kind": kind, **({"number": number} if number else {})}
        place = _place(record)
        entry = ledger.append(entity.key, record.id, step, node=place, account_id=actor.account_id, version=record.version,
                              facts=facts, at=moment)
        outbox.add(entity.key, record.id, step, node=place, account_id=actor.account_id, facts={"entry": entry}, at=moment)


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(_("The link was not added."), message, errors={field: [message]})

"""A case becomes a record of another entity: with a trace on both sides, counted once, undone while nothing happened to it."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import access, attachments, clock, db, engine, groups, ledger, links, records, references, snapshot
from .actor import Actor
from .entity import Conversion, Entity
from .errors import Conflict, Forbidden, NotFound, Refused
from .field_base import current_frame, framed
from .field_refs import Ref
from .i18n import gettext as _
from .ledger import LedgerEntry
from .registry import registry
from .schemas import fields_of
from .tree import Node

_QUIET = ("create", "converted_from")


def of_step(entity: Entity, key: str) -> Conversion | None:
    """The conversion that a step of an entity's workflow is; None for an ordinary step, or one whose target is not installed."""
    return registry().conversions.get((entity.key, key))


def place_of(conversion: Conversion, record: Any) -> Node:
    """Where the new record lives: as the conversion says, or at the case's division or the nearest above it where such live.

    Raises ``Refused`` where the target's plugin is off or no such level lies above.
    """
    target, now = registry().entities[conversion.target], snapshot.current()
    node = now.tree.get(record.division_id)
    upward = [] if node is None else [node, *reversed(now.tree.ancestors(node))]
    fitting = [above for above in upward if not target.levels or above.level in target.levels]
    wanted = conversion.place(record) if conversion.place is not None else None
    place = next((above for above in fitting if above.id == wanted), fitting[0] if fitting else None)
    if place is None or not now.switches.is_on(target.plugin, place):
        raise Refused(_("The matter cannot become a record of this kind."),
                      _("Here there are no records of the kind “%(kind)s”.", kind=str(target.label)),
                      _("Ask the administrator to switch the plugin on here."), code="off_here")
    return place


def author(conversion: Conversion, record: Any, place: Node, actor: Actor) -> Actor:
    """Who makes the new record at ``place``: ``actor``, or the platform in the actor's name where the case is handed up to it."""
    permission = registry().entities[conversion.target].permission("create")
    if not conversion.hands_up or actor.may(permission, place):
        return actor
    step = groups.workflow_of(registry().entities[conversion.source], record).transition(conversion.step)
    return replace(actor, system=True) if engine.may(step, record, actor) else actor


def origin() -> tuple[str, Any] | None:
    """(key of the entity, case) from which a record is being made in this transaction; None for one that begins by itself."""
    found: tuple[str, Any] | None = (db.memo() or {}).get("origin")
    return found


def draft(conversion: Conversion, record: Any) -> dict[str, Any]:
    """What the new record's fields are filled with for review, by column; a value the target's field refuses is left out."""
    source, target = registry().entities[conversion.source], registry().entities[conversion.target]
    from_fields, to_fields = fields_of(source.schema), fields_of(target.schema)
    found: dict[str, Any] = {}
    for name, filled in conversion.fields.items():
        value = filled(record) if callable(filled) else getattr(record, from_fields[filled].column)
        longest = getattr(to_fields[name], "max", None)
        if isinstance(value, str) and isinstance(longest, int):
            value = value[:longest]
        if value is not None:
            found[to_fields[name].column] = value
    return found


def settled(conversion: Conversion, record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """Of ``draft`` the references that ``actor`` could not choose at ``node``, by field name: they are carried over unasked.

    A deputy of the county hears something in a village: the village turns it into a matter and may name its own deputies only.
    """
    values, found = draft(conversion, record), {}
    with framed(node, actor):
        for name, field in fields_of(registry().entities[conversion.target].schema).items():
            value = values.get(field.column)
            if value is not None and isinstance(field, Ref) and references.is_reference(field.kind) and not references.allowed(
                    field, value, current_frame()):
                found[name] = value
    return found


def texts(conversion: Conversion, record: Any, node: Node, actor: Actor) -> dict[str, str]:
    """The same as texts of a form, by field name."""
    values = draft(conversion, record)
    with framed(node, actor):
        return {name: field.to_text(values[field.column])
                for name, field in fields_of(registry().entities[conversion.target].schema).items() if field.column in values}


def convert(conversion: Conversion, record_id: int, data: Mapping[str, Any], actor: Actor, version: int | None,
            node: Node) -> tuple[Any, Any]:
    """End a case by its step and make the record that it becomes; returns (case, new record).

    ``data`` are checked values of the target by column, as a person reviewed them. Raises what ``engine.perform`` and
    ``records.create`` raise, and ``Refused`` where the target's plugin is off; nothing is changed then.
    """
    source, target = registry().entities[conversion.source], registry().entities[conversion.target]
    with db.transaction():
        record = access.fetch(source, record_id, "view", node, actor)
        place = place_of(conversion, record)
        maker = author(conversion, record, place, actor)
        own = db.memo()
        assert own is not None
        own["converting"] = (source.key, record.id)
        try:
            record = engine.perform(source, record.id, conversion.step, {}, actor, version, node).record
        finally:
            own.pop("converting", None)
        if maker is not actor:  # handed up: it lives there and nowhere else
            data = {name: value for name, value in data.items() if name != "division_id"}
        own["origin"] = (source.key, record)
        try:
            made = records.create(target, data, maker, place, flow="received")
        finally:
            own.pop("origin", None)
        links.write(source, record, target, made, links.CONVERTED, actor, one_side=True)
        _note(target, made, "converted_from", record, actor)
    return record, made


def target_of(entity: Entity, record: Any) -> tuple[Entity, Any, links.RecordLink] | None:
    """(entity, record, link) of what a case became; None when it became nothing, or its plugin is not installed."""
    if getattr(record, "bond", None) != groups.TURNED:
        return None
    row = links.RecordLink.get_or_none((links.RecordLink.from_entity == entity.key) & (links.RecordLink.from_id == record.id)
                                       & (links.RecordLink.kind == links.CONVERTED))
    target = registry().entities.get(row.to_entity) if row is not None else None
    made = target.model.get_or_none(target.model.id == row.to_id) if target is not None else None
    return (target, made, row) if target is not None and made is not None else None


def may_undo(entity: Entity, record: Any, actor: Actor) -> bool:
    """True while the conversion of a case can be undone by ``actor``: nothing happened to the new record yet."""
    found = target_of(entity, record)
    return found is not None and _untouched(found[0], found[1]) and _step_of(entity, record, actor) is not None


def undo(entity: Entity, record_id: int, actor: Actor, version: int | None, node: Node) -> Any:
    """Take a conversion back: the case is open again as it was, the new record is gone, or withdrawn when it is a case.

    Raises ``Conflict`` when something happened to the new record, ``Forbidden``, ``NotFound`` or ``StaleVersion``.
    """
    with db.transaction():
        record = access.fetch(entity, record_id, "view", node, actor)
        records.check_version(record, version)
        found = target_of(entity, record)
        if found is None:
            raise NotFound(_("There is no conversion to undo."), record.number, _("Load the page again."))
        entry = _step_of(entity, record, actor)
        if entry is None:
            raise Forbidden(_("You may not undo this conversion."), record.number, _("Ask the person in charge there."))
        target, made, row = found
        if not _untouched(target, made):
            raise Conflict(_("The conversion can no longer be undone."), _("Something happened to the new record already."),
                           _("Withdraw or close it there instead."), code="touched")
        moment = db.now()
        _remove(target, made, record, actor, moment)
        links.RecordLink.delete().where(links.RecordLink.id == row.id).execute()
        _reopen(entity, record, str(entry.from_state), actor, moment)
    return record


def _step_of(entity: Entity, record: Any, actor: Actor) -> LedgerEntry | None:
    """The ledger entry of the converting step, if ``actor`` is one who may take that step."""
    entry: LedgerEntry | None = (LedgerEntry.select().where(
        (LedgerEntry.entity == entity.key) & (LedgerEntry.record_id == record.id) & (LedgerEntry.to_state == record.state)
        & LedgerEntry.step.in_([step for key, step in registry().conversions if key == entity.key]))
        .order_by(LedgerEntry.id.desc()).first())
    if entry is None:
        return None
    step = groups.workflow_of(entity, record).transition(entry.step)
    return entry if engine.may_as(step.permission, step.by, step.plugin, record, actor) else None


def _untouched(target: Entity, made: Any) -> bool:
    if made.version != 1 or attachments.of(target, made.id):
        return False
    if issubclass(target.model, db.Case) and _withdrawn_state(target, made) is None:
        return False
    others = LedgerEntry.select().where((LedgerEntry.entity == target.key) & (LedgerEntry.record_id == made.id)
                                        & LedgerEntry.step.not_in(_QUIET)).count()
    return not others


def _withdrawn_state(target: Entity, made: Any) -> str | None:
    workflow = groups.workflow_of(target, made)
    return next((step.target for step in workflow.from_state(made.state) if step.flow == "withdrawn"), None)


def _remove(target: Entity, made: Any, record: Any, actor: Actor, moment: Any) -> None:
    """Take the new record away again. A case stays, as withdrawn, and leaves its bank as joined: its need counts elsewhere."""
    if not issubclass(target.model, db.Case):
        row = links.RecordLink
        row.delete().where((row.to_entity == target.key) & (row.to_id == made.id)).execute()
        place = snapshot.current().tree.get(getattr(made, "division_id", None)) or snapshot.current().tree.roots[0]
        records.delete(target, made.id, replace(actor, system=True), made.version, place)
        return
    clock.cancel(target.key, made.id, moment)
    holder = snapshot.current().tree.get(made.holder_id)
    assert holder is not None
    values = {"state": _withdrawn_state(target, made), "closed_at": moment, "due": None, "bond": groups.TURNED}
    groups.write(target, made, values, "conversion_undone", actor, moment, other=record,
                 flows=[(holder.id, holder.level, "joined")])


def _reopen(entity: Entity, record: Any, state: str, actor: Actor, moment: Any) -> None:
    """The case is in its bank again, with clocks anew, and carries again whom it carried when it became something else."""
    workflow = groups.workflow_of(entity, record)
    holder = snapshot.current().tree.get(record.holder_id)
    assert holder is not None
    model = entity.model
    ended = list(model.select().where((model.parent_id == record.id) & (model.bond == groups.MEMBER)
                                      & (model.closed_at == record.closed_at)))
    clocks = clock.anew(workflow, state, 0, entity.key, holder, moment, record)
    values = {"state": state, "closed_at": None, "bond": None, "due": clocks.due, "members": len(ended)}
    groups.write(entity, record, values, "conversion_undone", actor, moment, other=None,
                 flows=[(holder.id, holder.level, "received")])
    clock.start(clocks, entity.key, record.id)
    for member in ended:
        groups.write(entity, member, {"state": state, "closed_at": None}, "follow", actor, moment, other=record)


def _note(entity: Entity, record: Any, step: str, other: Any, actor: Actor) -> None:
    ledger.append(entity.key, record.id, step, node=snapshot.current().tree.get(getattr(record, "division_id", None)),
                  account_id=actor.account_id, version=record.version, facts={"other": other.id, "number": other.number})

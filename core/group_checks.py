"""Groups after a change of the tree, and what ``grid321 verify`` asks of them."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import peewee

from . import db, groups
from .actor import Actor
from .entity import Entity
from .registry import registry


def settle(models: Iterable[Any], actor: Actor) -> int:
    """After divisions were moved or merged: members that another division holds than their lead go on by themselves."""
    done = 0
    for entity in registry().entities.values():
        if entity.grouping is None or entity.model not in models:
            continue
        member, lead = entity.model.alias(), entity.model.alias()
        query = (member.select(member.id).join(lead, on=(lead.id == member.parent_id))
                 .where((member.bond == groups.MEMBER) & member.closed_at.is_null() & (lead.holder_id != member.holder_id)))
        moment = db.now()
        for (record_id,) in list(query.tuples()):
            record = entity.model.get_by_id(record_id)
            found = groups.lock_parent(entity, record)
            groups.release(entity, record, found, actor, moment)
            groups.carry(entity, found, -1)
            done += 1
    return done


def faults(entity: Entity) -> list[str]:
    """What is wrong with the groups of an entity, as sentences; an empty list when they are sound."""
    model = entity.model
    lead = model.alias()
    query = (model.select(model.number, model.bond, model.parent_id, model.closed_at, model.holder_id, model.due, lead.number,
                          lead.bond, lead.closed_at, lead.holder_id)
             .join(lead, peewee.JOIN.LEFT_OUTER, on=(lead.id == model.parent_id))
             .where(model.parent_id.is_null(False) | model.bond.is_null(False)).tuples())
    found = []
    for number, bond, parent_id, closed, holder, due, lead_number, lead_bond, lead_closed, lead_holder in query.iterator():
        where = f"{entity.key} {number}"
        if bond == groups.TURNED:
            continue
        if bond not in {groups.MEMBER, groups.PART} or parent_id is None or lead_number is None:
            found.append(f"{where}: bond {bond!r} to {parent_id}, which is no case that could carry it")
        elif lead_bond is not None and closed is None:
            found.append(f"{where}: {lead_number}, which carries it, is carried itself")
        elif closed is None and lead_closed is not None:
            found.append(f"{where}: it is open, {lead_number}, which carries it, is closed")
        elif bond == groups.MEMBER and closed is None and (holder, due) != (lead_holder, None):
            found.append(f"{where}: holder {holder}, due {due}; a member has its lead's holder {lead_holder} and no due date")
    counted = dict(model.select(model.parent_id, peewee.fn.COUNT(model.id)).where(
        model.parent_id.is_null(False) & model.closed_at.is_null()).group_by(model.parent_id).tuples())
    for record_id, number, members in model.select(model.id, model.number, model.members).where(
            (model.members > 0) | model.id.in_(list(counted) or [0])).tuples():
        if (members or 0) != counted.get(record_id, 0):
            found.append(f"{entity.key} {number}: it says it carries {members}, and carries {counted.get(record_id, 0)}")
    return found

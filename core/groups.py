"""Cases that another case carries: members of a group, parts of a split case. One need, one count (domain §6).

A member left its bank with the flow ``joined``; it has no clocks of its own, follows every step of its lead (state, holder,
department, shared answers) and ends with it. A part is worked on by itself, but it never entered a bank: the case it was
split from is what counts. Whoever is carried carries nobody, so there are neither chains nor circles.

Locks are taken lead first, then what it carries: joining, leaving and the steps of both have one winner each.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import peewee

from . import access, clock, counters, db, ledger, outbox, snapshot
from .actor import Actor
from .entity import Entity
from .errors import Conflict, Forbidden, Invalid, NotFound, Refused, StaleVersion
from .i18n import gettext as _
from .tree import Node
from .workflow import Transition, Workflow

MEMBER, PART, TURNED = "member", "part", "turned"
MOST = 500
"""Cases that one case carries at most: each of them is written with every step of the lead."""


# -- joining and leaving ---------------------------------------------------------------------------------------------

def join(entity: Entity, record_id: int, lead_id: int, actor: Actor, version: int | None, node: Node) -> Any:
    """Let the case ``record_id`` be carried by ``lead_id``; returns it. ``version`` is what the actor saw of it.

    Raises ``NotFound``, ``Forbidden`` (one may only group what one may edit and decide about), ``StaleVersion``, ``Refused``
    (another bank, in a group already, a lead itself, too many) or ``Conflict`` (closed, or somebody was faster).
    """
    grouping = _grouping(entity)
    with db.transaction():
        moment = db.now()
        clock.cancel(entity.key, record_id, moment)  # first, as a step does: clocks, then the case, or two would wait in a circle
        record, lead = _both(entity, record_id, lead_id, actor, node)
        if version is not None and record.version != version:
            raise StaleVersion(_("Somebody changed this matter after you opened it."), record.number,
                               _("Load the page again, then decide."), extra={"version": record.version})
        _check_join(entity, record, lead)
        workflow = workflow_of(entity, lead)
        holder = _node(lead.holder_id)
        values = {name: getattr(lead, name) for name in ("holder_id", "department_id", "workflow_version", *grouping.shared)}
        values |= {"state": _entry_state(workflow, lead), "parent_id": lead.id, "bond": MEMBER, "due": None}
        write(entity, record, values, "join", actor, moment, other=lead, flows=[(holder.id, holder.level, "joined")])
        carry(entity, lead, 1, version=lead.version)
        _note(entity, lead, "gather", actor, moment, record)
    return record


def leave(entity: Entity, record_id: int, actor: Actor, version: int | None, node: Node) -> Any:
    """Take a member out of its group: it is in the bank again (flow ``received``), where the lead stands now, with clocks anew.

    Raises ``NotFound``, ``Forbidden``, ``StaleVersion`` or ``Conflict`` (it is in no group, or closed with it).
    """
    with db.transaction():
        record = access.fetch(entity, record_id, "edit", node, actor)
        if record.bond != MEMBER or record.closed_at is not None:
            raise Conflict(_("The matter is not in a group."), record.number, _("Load the page again."), code="not_in_group")
        lead = lock_parent(entity, record)
        _require(entity, record, actor)
        if version is not None and record.version != version:
            raise StaleVersion(_("Somebody changed this matter after you opened it."), record.number,
                               _("Load the page again, then decide."), extra={"version": record.version})
        moment = db.now()
        release(entity, record, lead, actor, moment)
        if lead is not None:
            carry(entity, lead, -1)
            _note(entity, lead, "ungather", actor, moment, record)
    return record


def release(entity: Entity, record: Any, lead: Any, actor: Actor, moment: Any) -> None:
    """Give a member back to the bank of its holder, inside the caller's transaction. The lead's count is the caller's."""
    workflow, holder = workflow_of(entity, record), _node(record.holder_id)
    clocks = clock.anew(workflow, record.state, record.parent_id, entity.key, holder, moment, record)
    values = {"parent_id": None, "bond": None, "due": clocks.due}
    write(entity, record, values, "leave", actor, moment, other=lead, flows=[(holder.id, holder.level, "received")])
    clock.start(clocks, entity.key, record.id)


def _both(entity: Entity, record_id: int, lead_id: int, actor: Actor, node: Node) -> tuple[Any, Any]:
    """The two cases, locked in one order so that two people who group at once never wait for each other in a circle."""
    if record_id == lead_id:
        raise Refused(_("A matter cannot be put under itself."), "", _("Choose another lead."), code="itself")
    if db.is_postgres():
        model = entity.model
        list(model.select(model.id).where(model.id.in_([record_id, lead_id])).order_by(model.id).for_update().tuples())
    record = access.fetch(entity, record_id, "edit", node, actor)
    lead = access.fetch(entity, lead_id, "edit", node, actor)
    _require(entity, record, actor)
    _require(entity, lead, actor)
    return record, lead


def _grouping(entity: Entity) -> Any:
    if entity.grouping is None:
        raise NotFound(_("Records of this kind are not grouped."), str(entity.label))
    return entity.grouping


def may_group(entity: Entity, record: Any, actor: Actor) -> bool:
    """True when the actor may edit the case and may group where it is held: whoever decides about that bank, or above it."""
    if entity.grouping is None:
        return False
    holder = snapshot.current().tree.get(record.holder_id)
    return (holder is not None and actor.may(entity.permission("group"), holder)
            and actor.may_on(entity.permission("edit"), record))


def _require(entity: Entity, record: Any, actor: Actor) -> None:
    if not may_group(entity, record, actor):
        raise Forbidden(_("You may not group this matter."), f"{record.number}, {_node(record.holder_id).name}",
                        _("Ask the person in charge there."))


def _check_join(entity: Entity, record: Any, lead: Any) -> None:
    for one in (record, lead):
        if one.closed_at is not None:
            raise Conflict(_("The matter is closed: it is not grouped any more."), one.number,
                           _("Link the two instead, or report the matter anew."), code="closed")
    if record.bond is not None:
        raise Refused(_("The matter belongs to another one already."), record.number,
                      _("Take it out of its group first."), code="in_group")
    if record.members:
        raise Refused(_("The matter carries others itself: a lead is never a member."), record.number,
                      _("Choose it as the lead, or take its members out first."), code="is_lead")
    if lead.bond is not None:
        raise Refused(_("The chosen lead belongs to another matter itself."), lead.number,
                      _("Choose the lead of that group."), code="lead_in_group")
    if record.holder_id != lead.holder_id:
        where = _("%(one)s: %(place)s; %(other)s: %(there)s", one=record.number, place=_node(record.holder_id).name,
                  other=lead.number, there=_node(lead.holder_id).name)
        raise Refused(_("The two matters lie in different banks."), where,
                      _("Send one of them to the other's level first, or link them."), code="other_bank")
    if (lead.members or 0) >= MOST:
        raise Refused(_("The group is full."), lead.number, _("Begin a second group; at most %(most)s matters belong to one.",
                                                              most=MOST), code="too_many")


def _entry_state(workflow: Workflow, lead: Any) -> str:
    """The state in which a case joins: the lead's, or the one before where each reporter takes the step himself (to rate)."""
    for step in workflow.transitions:
        if step.in_group == "own" and step.target == lead.state and not workflow.state(step.target).final:
            return step.sources[0]
    return str(lead.state)


# -- what the engine asks --------------------------------------------------------------------------------------------

def offered(step: Transition, record: Any) -> bool:
    """True when the case may take the step itself: a member only takes those that the workflow leaves to each member."""
    return record.bond != MEMBER or bool(step.in_group)


def refuse_carried(entity: Entity, workflow: Workflow, step: Transition, record: Any) -> None:
    """Before a step: raise ``Conflict`` for a member's step that is the lead's, ``Refused`` for the end of a case with open
    parts. Locks the lead where the step changes what it carries."""
    final = workflow.state(step.target).final
    if step.flow == "joined":
        _refuse_plain_conversion(entity, record)
    if not offered(step, record):
        lead = entity.model.select(entity.model.number).where(entity.model.id == record.parent_id).tuples().first()
        raise Conflict(_("The matter is handled together with others."), _("Its group is led by %(number)s.", number=lead[0]),
                       _("Take the step there, or take this matter out of the group first."), code="in_group",
                       extra={"state": record.state, "version": record.version})
    if record.bond in {MEMBER, PART} and (final or step.in_group == "leaves"):
        lock_parent(entity, record)
    if final and record.members and step.flow != "withdrawn":
        parts = carried(entity, record, PART)
        if parts:
            raise Refused(_("Parts of this matter are still open."), "、".join(part.number for part in parts[:5]),
                          _("Close the parts first."), code="open_parts")


def _refuse_plain_conversion(entity: Entity, record: Any) -> None:
    """A step that turns a case into something else is taken only together with making that."""
    if (db.memo() or {}).get("converting") != (entity.key, record.id):
        raise Conflict(_("This step makes another record of the matter."), record.number,
                       _("Open its page, check what is carried over, and send that."), code="conversion",
                       extra={"state": record.state, "version": record.version})
    if record.bond is not None:
        raise Refused(_("Only a matter that stands by itself becomes something else."), record.number,
                      _("Take it out of its group first."), code="in_group")


def free(step: Transition, record: Any) -> dict[str, Any]:
    """The columns by which a member leaves its group with a step (an objection, say), or a case turns into something else."""
    if step.flow == "joined":
        return {"bond": TURNED}
    leaves = record.bond == MEMBER and step.in_group == "leaves"
    return {"parent_id": None, "bond": None} if leaves else {}


def rests(values: Mapping[str, Any], record: Any) -> bool:
    """True for a member that stays one with this step: its lead's clocks run, not its own."""
    return record.bond == MEMBER and values.get("bond", MEMBER) == MEMBER


def booked(before: Mapping[str, Any], record: Any, flows: list[tuple[int, str, str]], holder: Node) -> list[tuple[int, str, str]]:
    """The flows of a step: none for a case that another carries; one that left its group is received first."""
    if record.bond is not None and before.get("bond") is not None:
        return []
    return [(holder.id, holder.level, "received"), *flows] if before.get("bond") == MEMBER and record.bond is None else flows


def after_step(entity: Entity, workflow: Workflow, step: Transition, record: Any, before: Mapping[str, Any], actor: Actor,
               moment: Any) -> None:
    """After a step was written: the members follow the lead, and the lead is told what it no longer carries."""
    final = workflow.state(record.state).final
    if before.get("bond") in {MEMBER, PART}:
        if final or record.bond is None:
            lead = entity.model.get_or_none(entity.model.id == before["parent_id"])
            if lead is not None:
                carry(entity, lead, -1)
                _note(entity, lead, "ungather" if before["bond"] == MEMBER else "part_ended", actor, moment, record)
        return
    if not record.members:
        return
    if final and step.flow == "withdrawn":
        _withdrawn(entity, record, actor, moment)
    elif final or not step.in_group:
        _follow(entity, workflow, step, record, actor, moment)


def _follow(entity: Entity, workflow: Workflow, step: Transition, lead: Any, actor: Actor, moment: Any) -> None:
    """Members go where the lead goes. One whose place the new holder does not cover stays in the bank, on its own again."""
    goal, holder = workflow.state(lead.state), _node(lead.holder_id)
    tree = snapshot.current().tree
    left = 0
    for member in carried(entity, lead, MEMBER):
        place = tree.get(member.division_id)
        if place is None or not tree.covers(holder, place):
            release(entity, member, lead, actor, moment)
            left += 1
            continue
        values = {name: getattr(lead, name) for name in ("state", "holder_id", "department_id", "workflow_version",
                                                         *_grouping(entity).shared)}
        facts: dict[str, Any] = {"step": step.key}
        if member.holder_id != holder.id:
            facts["from_holder"] = member.holder_id
        if goal.final:
            values |= {"closed_at": moment, "outcome": lead.outcome}
            left += 1
        write(entity, member, values, "follow", actor, moment, other=lead, facts=facts)
    if left:
        carry(entity, lead, -left)


def _withdrawn(entity: Entity, lead: Any, actor: Actor, moment: Any) -> None:
    """The lead was withdrawn: what others reported goes on by itself, its own parts end with it."""
    for member in carried(entity, lead, MEMBER):
        release(entity, member, lead, actor, moment)
    model = entity.model
    for (part_id,) in list(model.select(model.id).where((model.parent_id == lead.id) & (model.bond == PART)).tuples()):
        clock.cancel(entity.key, part_id, moment)
    for part in carried(entity, lead, PART):
        write(entity, part, {"state": lead.state, "closed_at": moment, "due": None, "workflow_version": lead.workflow_version},
               "follow", actor, moment, other=lead, facts={"step": "withdraw"})
    carry(entity, lead, -lead.members)


# -- parts -----------------------------------------------------------------------------------------------------------

def split(entity: Entity, record_id: int, data: Mapping[str, Any], actor: Actor, version: int | None, node: Node) -> Any:
    """Split a part off an open case: a case of its own to work on, in the same state and hands, in no bank and no figure.

    ``data`` are checked values by column. Raises what ``records.create`` raises, and ``Refused`` for a case that is carried.
    """
    from . import records

    _grouping(entity)
    with db.transaction():
        whole = access.fetch(entity, record_id, "edit", node, actor)
        _require(entity, whole, actor)
        records.check_version(whole, version)
        records.refuse_closed(entity, whole)
        if whole.bond is not None:
            raise Refused(_("Only a matter that stands by itself is split."), whole.number,
                          _("Take it out of its group first."), code="in_group")
        if (whole.members or 0) >= MOST:
            raise Refused(_("The group is full."), whole.number, "", code="too_many")
        model = entity.model
        count = model.select().where((model.parent_id == whole.id) & (model.bond == PART)).count()
        born = {name: getattr(whole, name) for name in ("state", "holder_id", "department_id", "workflow_version")}
        born |= {"parent_id": whole.id, "bond": PART, "number": f"{whole.number}-{count + 1}", "reporter_id": actor.account_id}
        part = records.create(entity, {**data, "division_id": whole.division_id}, actor, _node(whole.division_id), born=born,
                              flow=None)
        carry(entity, whole, 1, version=whole.version)
        _note(entity, whole, "split", actor, db.now(), part)
    return part


# -- reading ---------------------------------------------------------------------------------------------------------

def carried(entity: Entity, lead: Any, bond: str) -> list[Any]:
    """The open cases that ``lead`` carries, oldest first, locked on PostgreSQL until the transaction ends."""
    model = entity.model
    query = model.select().where((model.parent_id == lead.id) & (model.bond == bond) & model.closed_at.is_null())
    query = query.order_by(model.id)
    return list(query.for_update() if db.is_postgres() and db.database.in_transaction() else query)


def workflow_of(entity: Entity, record: Any) -> Workflow:
    """The workflow in the version under which the case runs."""
    from .engine import workflow_for

    return workflow_for(entity, record)


def lock_parent(entity: Entity, record: Any) -> Any:
    """The case that carries ``record``, locked before its member is written; None when it is gone."""
    model = entity.model
    query = model.select().where(model.id == record.parent_id)
    return (query.for_update() if db.is_postgres() else query).first()


# -- writing ---------------------------------------------------------------------------------------------------------

def write(entity: Entity, record: Any, values: Mapping[str, Any], step: str, actor: Actor, moment: Any, *, other: Any,
           flows: Sequence[tuple[int, str, str]] = (), facts: Mapping[str, Any] | None = None) -> None:
    """Change a case outside of its own steps: one compare-and-set with ledger entry, counters and outbox row, inside the
    caller's transaction. Raises ``Conflict`` when somebody was faster."""
    model, before = entity.model, dict(record.__data__)
    row = {**values, "version": record.version + 1, "updated_at": moment}
    if model.update(row).where((model.id == record.id) & (model.version == record.version)).execute() != 1:
        now = model.select(model.state, model.version).where(model.id == record.id).tuples().first() or (None, None)
        raise Conflict(_("Somebody else was faster: the matter has already moved on."), record.number,
                       _("Load the page again to see its present state."), extra={"state": now[0], "version": now[1]})
    for name, value in row.items():
        setattr(record, name, value)
    place = _node(record.division_id)
    told: dict[str, Any] = {"holder": _node(record.holder_id).code, **(facts or {})}
    if other is not None:
        told |= {"other": other.id, "number": other.number}
    if flows:
        told["flows"] = list(flows)
    entry = ledger.append(entity.key, record.id, step, node=place, account_id=actor.account_id, from_state=before["state"],
                          to_state=record.state, version=record.version, facts=told, at=moment)
    rows = counters.stock(entity, before, record.__data__, place.path, place.path)
    for place_id, _level, kind in flows:
        rows += counters.flow(entity.key, _node(place_id), kind, counters.month_of(moment))
    counters.apply(rows)
    outbox.add(entity.key, record.id, step, node=place, account_id=actor.account_id, at=moment,
               facts={**clock.case_facts(record), "from_state": before["state"], "entry": entry,
                      **({"with": other.number} if step in {"join", "follow"} and other is not None else {})})


def carry(entity: Entity, lead: Any, more: int, *, version: int | None = None) -> None:
    """Change how many cases the lead carries. With ``version`` the lead changes too, so that a step taken at the same moment
    by who did not see the new member loses."""
    model = entity.model
    values: dict[str, Any] = {"members": peewee.fn.COALESCE(model.members, 0) + more}
    condition = model.id == lead.id
    if version is not None:
        values["version"] = version + 1
        condition &= model.version == version
    if model.update(values).where(condition).execute() != 1:
        raise Conflict(_("Somebody else was faster: the matter has already moved on."), lead.number,
                       _("Load the page again to see its present state."), extra={"state": lead.state})
    lead.members = (lead.members or 0) + more
    lead.version += version is not None


def _note(entity: Entity, lead: Any, step: str, actor: Actor, moment: Any, other: Any) -> None:
    """Say on the lead's timeline what it carries from now on, or no longer."""
    ledger.append(entity.key, lead.id, step, node=_node(lead.division_id), account_id=actor.account_id, version=lead.version,
                  facts={"other": other.id, "number": other.number}, at=moment)


def _node(division_id: int) -> Node:
    found = snapshot.current().tree.get(division_id)
    if found is None:
        raise Invalid(_("The division of this record no longer exists."))
    return found


def bind(group: Sequence[int], lead_id: int | None) -> tuple[int, list[int]]:
    """(lead, members) of a choice of cases: the named lead, or the oldest of them. Raises ``Invalid`` for fewer than two."""
    ids = list(dict.fromkeys(group))
    lead = lead_id if lead_id is not None else min(ids, default=0)
    members = [one for one in ids if one != lead]
    if not lead or not members:
        raise Invalid(_("A group needs at least two matters."), "", _("Tick at least two rows, or name a lead."))
    return lead, members

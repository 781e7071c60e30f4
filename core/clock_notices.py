"""Who is told of what a clock does: whoever has to act, the level above, supervision, and both sides of an extension."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import db, notify, snapshot
from .accounts import Account, RoleGrant, valid_on
from .clock_rules import SUPERVISE, Clock
from .clock_sweep import OVERDUE, REMINDER
from .outbox import Event
from .people import Department, Post
from .recipients import accounts_at
from .registry import registry
from .tree import Node
from .workflow import Workflow

ASKED, GRANTED, REFUSED = "extension_asked", "extension_granted", "extension_refused"
ACTIONS = frozenset({OVERDUE, REMINDER, ASKED, GRANTED, REFUSED})


def tell(event: Event, workflow: Workflow, node: Node, desk: set[int], params: dict[str, Any], link: str) -> int:
    """Notify of an event of a clock (``ACTIONS``); ``desk`` are the accounts that have to act. Returns how many were told."""
    facts = event.facts
    params = {**params, "clock": facts.get("clock", ""), "day": facts.get("day", "")}
    if event.action == REMINDER:
        return notify.send(desk, "clock.late" if facts.get("late") else "clock.reminder", params, link, node)
    if event.action == OVERDUE:
        return _overdue(facts, workflow, node, desk, params, link)
    found = workflow.clocks().get(str(facts.get("clock")))
    if event.action == ASKED:
        deciders = _deciders(found[1], facts) if found is not None else set()
        return notify.send(deciders - {event.account_id or 0}, "clock.extension_asked", params, link, node)
    asker = facts.get("asked_by")
    key = "clock.extension_granted" if event.action == GRANTED else "clock.extension_refused"
    return notify.send([asker] if asker else [], key, params, link, node)


def _overdue(facts: dict[str, Any], workflow: Workflow, node: Node, desk: set[int], params: dict[str, Any], link: str) -> int:
    told = notify.send(desk, "case.overdue", params, link, node)
    tree = snapshot.current().tree
    if facts.get("consequence") == "supervise":
        holder = tree.get(facts.get("holder_id"))
        told += notify.send(_over(holder, SUPERVISE) - desk, "clock.supervise", params, link, node)
    above = tree.get(facts.get("above"))
    if above is not None:
        steps = [step.permission for step in workflow.transitions if step.permission and step.by == "holder"]
        link = link.replace(f"/d/{node.code}/", f"/d/{above.code}/", 1)
        told += notify.send(accounts_at(above.id, None, steps) - desk, "clock.above", params, link, above)
    return told


def _deciders(clock: Clock, facts: dict[str, Any]) -> set[int]:
    rule, holder_id, department_id = clock.extension, facts.get("holder_id"), facts.get("department_id")
    if rule is None or holder_id is None:
        return set()
    if rule.approved_by == "reporter":
        return {facts["reporter_id"]} if facts.get("reporter_id") else set()
    if rule.approved_by == "scope":
        return _over(snapshot.current().tree.get(holder_id), rule.approve)
    if rule.approved_by == "department" and department_id is not None:
        row = Department.select(Department.division_id).where(Department.id == department_id).tuples().first()
        return accounts_at(row[0], department_id, [rule.approve]) if row else set()
    return accounts_at(holder_id, None, [rule.approve])


def _over(holder: Node | None, permission: str) -> set[int]:
    """Accounts that hold ``permission`` at a division or above it, in whatever department (a supervision office is one)."""
    if holder is None:
        return set()
    day, places = db.local_day(), list(holder.path)
    roles = [key for key, role in registry().roles.items() if permission in role.permissions]
    kinds = [key for key, post in registry().posts.items() if post.role in roles]
    found = _ids(RoleGrant.select(RoleGrant.account_id).where(
        RoleGrant.division_id.in_(places) & RoleGrant.role.in_(roles) & valid_on(RoleGrant, day))) if roles else set()
    if kinds:
        found |= _ids(Account.select(Account.id).join(Post, on=(Post.person_id == Account.person_id)).where(
            Post.division_id.in_(places) & Post.kind.in_(kinds) & valid_on(Post, day)))
    return found


def _ids(query: Any) -> set[int]:
    rows: Iterable[tuple[int]] = query.tuples()
    return {row[0] for row in rows}

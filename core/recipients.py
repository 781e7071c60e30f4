"""Who is told: the accounts that have to act on a case, and the core's own observer that tells them."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import db, notify, snapshot
from .accounts import KEPT, Account, RoleGrant, valid_on
from .outbox import Event
from .people import Department, Post
from .registry import registry
from .workflow import State, Workflow


def accounts_at(division_id: int, department_id: int | None, permissions: Sequence[str]) -> set[int]:
    """Accounts with one of ``permissions`` by a post or role on this very division (or within this department) today."""
    day = db.local_day()
    roles = [key for key, role in registry().roles.items() if set(permissions) & set(role.permissions)]
    kinds = [key for key, post in registry().posts.items() if post.role in roles]
    found: set[int] = set()
    if roles:
        found.update(row[0] for row in RoleGrant.select(RoleGrant.account_id).where(
            (RoleGrant.division_id == division_id) & _within(RoleGrant, department_id) & RoleGrant.role.in_(roles)
            & valid_on(RoleGrant, day)).tuples())
    if kinds:
        found.update(row[0] for row in Account.select(Account.id).join(Post, on=(Post.person_id == Account.person_id)).where(
            (Post.division_id == division_id) & _within(Post, department_id) & Post.kind.in_(kinds)
            & valid_on(Post, day)).tuples())
    return found


def _within(model: Any, department_id: int | None) -> Any:
    return model.department_id.is_null() if department_id is None else model.department_id == department_id


def tell(event: Event) -> int:
    """Notify whoever has to act after ``event``, and the reporter of its end. Returns how many were told.

    The observer of the core: it runs from the outbox, inside its transaction.
    """
    from . import clock_notices

    entity = registry().entities.get(event.entity)
    workflow = registry().every_version_of(event.entity) if entity is not None else None
    node = snapshot.current().tree.get(event.division_id)
    facts = event.facts
    if entity is None or workflow is None or node is None or not facts.get("to_state"):
        return 0
    try:
        state = workflow.state(facts["to_state"])
    except KeyError:  # a state of an older version
        return 0
    params = {"entity": event.entity, "number": facts.get("number", ""), "state": state.key}
    link = f"/d/{node.code}/{entity.plugin}/{entity.name}/{event.record_id}"
    if event.action in clock_notices.ACTIONS:
        return clock_notices.tell(event, workflow, node, desk_accounts(workflow, state, facts), params, link)
    follows = bool(facts.get("with"))  # it goes with another case, of which the desks are told
    desk = set() if follows and state.desk != "reporter" else desk_accounts(workflow, state, facts)
    told = notify.send(desk - {event.account_id or 0}, "case.arrived", params, link, node)
    reporter = facts.get("reporter_id")
    if reporter and event.action == "join" and reporter not in {event.account_id, *desk}:
        told += notify.send([reporter], "case.joined", params, link, node)
    if reporter and state.final and reporter != event.account_id:
        told += notify.send([reporter], "case.closed", params, link, node)
    return told


def desk_accounts(workflow: Workflow, state: State, facts: Mapping[str, Any]) -> set[int]:
    """The accounts that have to act on a case in ``state``: by its holder, its department or its reporter (ids in ``facts``)."""
    holder, department, reporter = facts.get("holder_id"), facts.get("department_id"), facts.get("reporter_id")
    if state.final or holder is None:
        return set()
    if state.desk == "reporter":
        return {reporter} if reporter else set()
    permissions = [t.permission for t in workflow.from_state(state.key) if t.permission and t.by == state.desk]
    if state.desk == "department" and department is not None:
        row = Department.select(Department.division_id).where(Department.id == department).tuples().first()
        return accounts_at(row[0], department, permissions) if row else set()
    return accounts_at(holder, None, permissions)


def accounts_of(person_ids: Iterable[int]) -> dict[int, int]:
    """The id of the account with which each of these persons can log in; a person without one is left out.

    One query; none for those who were asked for in this transaction already.
    """
    wanted = set(person_ids)
    known: dict[int, int | None] = db.once(KEPT, dict)
    unknown = wanted - known.keys()
    if unknown:
        rows = Account.select(Account.person_id, Account.id).where(
            Account.person_id.in_(sorted(unknown)) & ~Account.disabled).order_by(Account.id.desc()).tuples()
        known.update(dict.fromkeys(unknown))
        known.update(rows)
    return {person: account for person in wanted if (account := known[person]) is not None}


def people_of(account_ids: Iterable[int]) -> dict[int, int]:
    """The person behind each account, also one that cannot log in any more: what was done stays theirs. One query."""
    ids = sorted(set(account_ids))
    query = Account.select(Account.id, Account.person_id).where(Account.id.in_(ids) & Account.person_id.is_null(False))
    return dict(query.tuples()) if ids else {}

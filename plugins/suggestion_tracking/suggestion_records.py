"""Writing what hangs on a suggestion: signatures are counted on it, a meeting with the deputy moves the unit's task."""
from __future__ import annotations

from typing import Any

import peewee

from grid321.core.api import Actor, Conflict, Node, ancestor_columns, gettext, local_day, tree

from .life_models import Contact, Cosigner, Suggestion, Task
from .suggestion_checks import BEFORE_CHECK, WITH_UNITS
from .suggestion_life import SUGGESTION, TASK, move
from .suggestion_tasks import AT_WORK


def create_cosigner(values: dict[str, Any], actor: Actor, node: Node) -> Cosigner:
    """Add a signature and count it on the suggestion, inside the transaction. Raises ``Conflict`` when it is there already."""
    try:
        row = Cosigner.create(**values, **ancestor_columns(tree(), node), created_by=actor.account_id)
    except peewee.IntegrityError:
        raise Conflict(gettext("This deputy has signed it already."), remedy=gettext("Load the page again.")) from None
    _count_signers(row.suggestion_id, 0)
    return row


def delete_cosigner(record: Any, actor: Actor, node: Node) -> None:
    """Take a signature back before the check. Raises ``Conflict`` afterwards."""
    case = Suggestion.get_by_id(record.suggestion_id)
    if case.state not in BEFORE_CHECK:
        raise Conflict(gettext("This suggestion has been checked: its signatures stay."), case.number)
    _count_signers(record.suggestion_id, -1)


def _count_signers(suggestion_id: int, more: int) -> None:
    number = Cosigner.select().where(Cosigner.suggestion_id == suggestion_id).count() + more
    Suggestion.update(signers=1 + number).where(Suggestion.id == suggestion_id).execute()


def create_contact(values: dict[str, Any], actor: Actor, node: Node) -> Contact:
    """Record a meeting with the deputy: it meets the unit's limits of contact, and a consent to a longer limit counts.

    Raises what the steps raise; nothing is written then.
    """
    values = {**values, "met_on": values.get("met_on") or local_day()}
    row: Contact = Contact.create(**values, **ancestor_columns(tree(), node), created_by=actor.account_id)
    said = {"trigger": row.suggestion_number}
    tasks = Task.select(Task.id, Task.state).where(
        (Task.suggestion_id == row.suggestion_id) & (Task.department_id == row.department_id) & Task.state.in_(AT_WORK))
    for task in list(tasks):
        move(TASK, task.id, f"met_{task.state}", said, actor)
    if row.agrees_longer:
        case = Suggestion.get_by_id(row.suggestion_id)
        if case.state in WITH_UNITS and case.agreed_longer_on is None:
            move(SUGGESTION, case.id, f"agreed_{case.state}", said, actor)
    return row

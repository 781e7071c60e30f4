"""Writing what hangs on a suggestion: signatures are counted on it, a meeting with the deputy moves the unit's task."""
from __future__ import annotations

from typing import Any

import peewee

from grid321.core.api import (
    Actor,
    Conflict,
    Node,
    ancestor_columns,
    gettext,
    insert_filled,
    local_day,
    records,
    registry,
    tree,
)

from .life_models import Contact, Cosigner, Suggestion, Task
from .suggestion_checks import BEFORE_CHECK, WITH_UNITS
from .suggestion_fields import named, names_of
from .suggestion_life import SUGGESTION, TASK, move
from .suggestion_tasks import AT_WORK


def create_cosigner(values: dict[str, Any], actor: Actor, node: Node) -> Cosigner:
    """Add a signature and count it on the suggestion, inside the transaction. Raises ``Conflict`` when it is there already."""
    try:
        row = Cosigner.create(**values, **ancestor_columns(tree(), node), created_by=actor.account_id)
    except peewee.IntegrityError:
        raise Conflict(gettext("This deputy has signed it already."), remedy=gettext("Load the page again.")) from None
    _signed(row.suggestion_id, node.id)
    return row


def delete_cosigner(record: Any, actor: Actor, node: Node) -> None:
    """Take a signature back before the check. Raises ``Conflict`` afterwards."""
    case = Suggestion.get_by_id(record.suggestion_id)
    if case.state not in BEFORE_CHECK:
        raise Conflict(gettext("This suggestion has been checked: its signatures stay."), case.number)
    _signed(record.suggestion_id, node.id, without=record.id)


def _signed(suggestion_id: int, division_id: int, without: int = 0) -> None:
    """Count the signatures on the suggestion and write the names there."""
    ids = [row[0] for row in Cosigner.select(Cosigner.person_id).where(
        (Cosigner.suggestion_id == suggestion_id) & (Cosigner.id != without)).order_by(Cosigner.id).tuples()]
    Suggestion.update(signers=1 + len(ids), cosigners=names_of(division_id, ids)).where(Suggestion.id == suggestion_id).execute()


def keep_cosigners(record: Any, values: dict[str, Any], actor: Actor, node: Node) -> None:
    """After a suggestion was written with names of co-signers: make the signatures what the names say, with one ledger entry."""
    if values.get("cosigners") is None or (record.version == 1 and not values["cosigners"]):
        return
    wanted, _unknown = named(node.id, values["cosigners"])
    present = {row[0] for row in Cosigner.select(Cosigner.person_id).where(Cosigner.suggestion_id == record.id).tuples()
               } if record.version > 1 else set()
    gone, added = present - set(wanted), [one for one in wanted if one not in present]
    if gone:
        Cosigner.delete().where((Cosigner.suggestion_id == record.id) & Cosigner.person_id.in_(sorted(gone))).execute()
    if added:
        places = ancestor_columns(tree(), node)
        insert_filled(Cosigner, [{"suggestion_id": record.id, "suggestion_number": record.number, "person_id": one,
                                  "signed_on": record.raised_on, "created_by": actor.account_id, "division_id": node.id,
                                  **places} for one in added])
    if gone or added:
        if record.signers != 1 + len(wanted):
            Suggestion.update(signers=1 + len(wanted)).where(Suggestion.id == record.id).execute()
            record.signers = 1 + len(wanted)
        records.note_within(registry().entity(SUGGESTION), record, actor, node, "signed",
                     facts={"added": added, "removed": sorted(gone)})


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

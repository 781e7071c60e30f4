"""Supervision rounds of a month or quarter (月督查、季督查): what is inspected, what was found, closed with its figures."""
from __future__ import annotations

from typing import Any

import peewee

from grid321.core.api import Conflict, Refused, local_day, records, registry, transaction, tree
from grid321.core.api import gettext as _

from . import samples, supervision_life
from .life_models import Suggestion
from .supervision_models import Commitment, Inspection, Letter, ListItem, Round

P = "suggestion_tracking."
MOST = 100
"""Suggestions that one call puts under a round at most: a page shows them, people visit them."""


def is_closed(record: Any) -> bool:
    """A closed round stays as it is."""
    return record.closed_on is not None


def suggestions_for(what: str, round_: Any) -> Any:
    """The query of suggestions that a round takes up: ``overdue``, ``key``, ``again`` or ``promises`` (overdue ones)."""
    query = Suggestion.select().where(Suggestion.division_id == round_.division_id)
    if what == "overdue":
        return query.where(Suggestion.state.in_(samples.POOLS["handling"]) & (Suggestion.due < local_day()))
    if what == "key":
        return query.where(Suggestion.is_key & Suggestion.state.in_((*samples.HANDLING, *samples.ANSWERED)))
    if what == "again":
        return query.where(Suggestion.state.in_(("objected", "again", "evaluating")))
    return query.where(Suggestion.number.in_(Commitment.select(Commitment.suggestion_number).where(
        (Commitment.division_id == round_.division_id) & Commitment.state.in_(("open", "reported"))
        & (Commitment.due_on < local_day()))))


def fill(round_: Any, what: str, actor: Any) -> int:
    """Schedule an inspection of each suggestion of ``what`` that the round has not taken up yet; returns how many.

    At most ``MOST`` at once, the oldest first. Raises ``Conflict`` for a closed round.
    """
    if is_closed(round_):
        raise Conflict(_("This round is closed: it stays as it is."), round_.title, _("Make the round of the next period."))
    with transaction():
        there = Inspection.select(Inspection.suggestion_number).where(Inspection.round_id == round_.id)
        wanted = suggestions_for(what, round_).where(Suggestion.number.not_in(there)).order_by(Suggestion.id).limit(MOST)
        day = max(round_.last_day, local_day())
        found = [supervision_life.schedule(case, "round", round_id=round_.id, form="concentrated", planned_on=day)
                 for case in list(wanted)]
        if found:
            node = tree().get(round_.division_id)
            assert node is not None
            records.note(registry().entity(f"{P}round"), round_, actor, node, "comment",
                         _("%(count)s inspections were scheduled.", count=len(found)), {"what": what, "count": len(found)})
    return len(found)


def close(round_: Any, summary: str, actor: Any, version: int | None, node: Any) -> Any:
    """Close a round with its summary and the figures of its period, which stay; returns it.

    Raises ``Refused`` while inspections of it are still to be made, and what ``records.update`` raises.
    """
    with transaction():
        waiting = Inspection.select().where((Inspection.round_id == round_.id) & (Inspection.state == "scheduled")).count()
        if waiting:
            raise Refused(_("The round cannot be closed yet."), _("%(count)s inspections are still to be made.", count=waiting),
                          _("Record them, or leave them out with a reason."), code="inspections_open")
        return records.update(registry().entity(f"{P}round"), round_.id, {
            "summary": summary, "closed_on": local_day(), "figures": figures(round_)}, actor, version, node)


def figures(round_: Any) -> dict[str, int]:
    """What a round brought, by key: inspections by result, letters, problems and promises of its period. Five queries."""
    found: dict[str, int] = {}
    mine = Inspection.round_id == round_.id
    for state, result, n in (Inspection.select(Inspection.state, Inspection.result, peewee.fn.COUNT(Inspection.id)).where(mine)
                             .group_by(Inspection.state, Inspection.result).tuples()):
        key = result if state == "done" else state
        found[key] = found.get(key, 0) + n
    first, last = round_.first_day, round_.last_day
    here = round_.division_id
    counted = (("letters", Letter, Letter.issued_on), ("letters_answered", Letter, Letter.answered_on),
               ("problems", ListItem, ListItem.found_on), ("rectified", ListItem, ListItem.rectified_on))
    for key, model, day in counted:
        found[key] = model.select().where((model.division_id == here) & day.between(first, last)).count()
    found["promises_kept"] = Commitment.select().where((Commitment.division_id == here) & (Commitment.state == "kept")
                                                       & Commitment.done_on.between(first, last)).count()
    return found


def titles(found: dict[str, int]) -> list[tuple[str, int]]:
    """The figures of a round with their words, in the order in which people read them."""
    labels = (("in_order", _("Inspected: in order")), ("to_improve", _("Inspected: to be improved")),
              ("not_in_order", _("Inspected: not in order")), ("scheduled", _("Still to be inspected")),
              ("dropped", _("Not made")), ("letters", _("Letters issued")), ("letters_answered", _("Letters answered")),
              ("problems", _("Problems found")),
              ("rectified", _("Problems put right")), ("promises_kept", _("Promises kept")))
    return [(label, found.get(key, 0)) for key, label in labels]


def of(inspection: Any) -> Round | None:
    """The round of an inspection, None without one."""
    found: Round | None = Round.get_or_none(Round.id == inspection.round_id) if inspection.round_id else None
    return found

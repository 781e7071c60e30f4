"""What supervision does when a suggestion moves: schedules inspections, keeps promises, sends receipt cards out.

Each function is called in the transaction of the step, as the platform: who hands a suggestion over need not be one who may
schedule inspections.
"""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from grid321.core.api import SYSTEM, accounts_of, engine, local_day, records, registry, setting, tree
from grid321.core.api import gettext as _

from . import supervision_choices as choices
from .inspection_flow import LIMITS
from .receipt_flow import round_of
from .suggestion_life import machine
from .supervision_checks import signers
from .supervision_models import Inspection, Receipt

P = "suggestion_tracking."


def schedule_inspections(case: Any, data: Any = None, actor: Any = None) -> None:
    """At the hand-over: one inspection for each of the three that the county has set, due from today.

    A suggestion that came back and is handed over anew is inspected anew; what was scheduled before is left out.
    """
    leave_out(case, _("The suggestion was handed over anew."))
    for kind in choices.THREE:
        if setting(LIMITS[kind], case.holder_id) is not None:
            schedule(case, kind)


def schedule(case: Any, kind: str, **values: Any) -> Any:
    """Make one inspection of a suggestion, within the caller's transaction; returns it."""
    place = tree().get(case.division_id)
    assert place is not None
    found = {"kind": kind, "suggestion_number": case.number, "title": case.title,
             "unit_id": case.department_id, "form": "key" if case.is_key else "ordinary", **values}
    return records.create(registry().entity(f"{P}inspection"), found, SYSTEM, place, flow=None)


def leave_out(case: Any, why: str, kinds: tuple[str, ...] = choices.THREE) -> int:
    """Drop the inspections of a suggestion that are still to be made; returns how many."""
    entity, node = registry().entity(f"{P}inspection"), tree().get(case.holder_id)
    assert node is not None
    waiting = list(Inspection.select(Inspection.id).where((Inspection.suggestion_number == case.number) & (
        Inspection.state == "scheduled") & Inspection.kind.in_(kinds)).tuples())
    for (inspection_id,) in waiting:
        engine.perform(entity, inspection_id, "drop", {"reason": why}, SYSTEM, None, node)
    return len(waiting)


def send_cards(case: Any, data: Any = None, actor: Any = None) -> None:
    """With the answer: a receipt card for every deputy who signed, once for each round."""
    place = tree().get(case.division_id)
    assert place is not None
    number = round_of(case)
    deputies = signers(case)
    there = {row[0] for row in Receipt.select(Receipt.deputy_id).where(
        (Receipt.suggestion_number == case.number) & (Receipt.round == number)).tuples()}
    accounts = accounts_of(deputies)
    entity = registry().entity(f"{P}receipt")
    for deputy_id in deputies:
        if deputy_id not in there:
            records.create(entity, {"suggestion_number": case.number, "deputy_id": deputy_id, "round": number,
                                    "reporter_id": accounts.get(deputy_id)}, SYSTEM, place, flow=None)


def lapse_cards(case: Any, why: str, leading: bool = False) -> int:
    """Note the cards of a suggestion that are still out (the leading deputy's alone) as not given back; returns how many."""
    entity, node = registry().entity(f"{P}receipt"), tree().get(case.holder_id)
    assert node is not None
    waiting = Receipt.select(Receipt.id).where((Receipt.suggestion_number == case.number) & (Receipt.state == "issued"))
    if leading:
        waiting = waiting.where(Receipt.leading)
    ids = [row[0] for row in waiting.tuples()]
    for card_id in ids:
        engine.perform(entity, card_id, "lapse", {"reason": why}, SYSTEM, None, node)
    return len(ids)


def keep_promise(task: Any, data: Mapping[str, Any], actor: Any) -> None:
    """With a unit's reply of class B: its promise goes into the ledger of commitments, where it stays until it is kept."""
    text, due = data.get("commitment"), data.get("commitment_on")
    if not text or not isinstance(due, date):
        return
    place = tree().get(task.division_id)
    assert place is not None
    found = {"suggestion_number": task.suggestion_number, "department_id": task.department_id, "title": str(text)[:120],
             "text": str(text), "promised_on": local_day(), "promised_by": task.fix_leader or task.first_leader, "due_on": due}
    records.create(registry().entity(f"{P}commitment"), found, machine(actor), place, flow=None)


def after_the_end(case: Any) -> int:
    """When a suggestion ended before it was answered: nothing is left to inspect. Returns how many were left out."""
    return leave_out(case, _("The suggestion has ended."))

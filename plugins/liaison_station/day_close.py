"""The end of a reception day: it is closed with a summary when no draft is left, and says who was there."""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    Actor,
    Node,
    Refusal,
    WorkflowExtension,
    engine,
    gettext,
    local_day,
    ngettext,
    records,
    registry,
    transaction,
)
from grid321.core.api import lazy_gettext as _

from . import register
from .day_choices import P
from .reception_models import Duty, Reception
from .station_checks import lock
from .station_records import machine_for

RECEPTION, DUTY = f"{P}reception", f"{P}duty"
OPEN = ("posted", "postponed")
"""States of a reception whose day may be run."""


def no_drafts(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a day is not over while lines of its register are drafts."""
    if data:
        lock(Reception, case.id)  # whoever writes a line at this moment is waited for
    left = register.drafts(case.id)
    if not left:
        return None
    return Refusal(ngettext("%(num)s line of the register is a draft still.", "%(num)s lines of the register are drafts still.",
                            left), "drafts_left",
                   remedy=_("Answer each, turn it into an opinion, or throw it away. Then close the day."))


WORKFLOWS = (WorkflowExtension(f"{P}receiving", guards=(("hold", no_drafts),)),)


def on_duty(reception_id: int) -> list[Duty]:
    """Who is on duty at a reception, in the order of the roster."""
    return list(Duty.select().where(Duty.reception_id == reception_id).order_by(Duty.id))


def tick(reception: Reception, came: set[int], actor: Actor, node: Node) -> int:
    """Note who of those on duty came: the duties with these ids, and no others; returns how many rows changed.

    Who was excused stays excused unless ticked. Raises ``Forbidden`` as ``records.update`` does, ``Refused`` before the day.
    """
    if reception.day > local_day():
        engine.refuse(Refusal(gettext("This reception’s day has not come yet."), "not_yet"))
    changed = 0
    with transaction():
        for duty in on_duty(reception.id):
            state = "came" if duty.id in came else "planned" if duty.state == "came" else duty.state
            if state != duty.state:
                records.update(registry().entity(DUTY), duty.id, {"state": state}, actor, duty.version, node)
                changed += 1
    return changed


def close(reception: Reception, summary: str, voters: int | None, actor: Actor, node: Node) -> Any:
    """Close a day: it was held, those on duty who were not ticked were not there. Returns the reception.

    ``voters`` are person-times; None takes those of the register. Raises ``Refused`` while drafts are left or before the day,
    ``Conflict`` for a day that is closed or was dropped.
    """
    entity = registry().entity(RECEPTION)
    with transaction():
        lock(Reception, reception.id)  # lines that are written at this moment count
        said = {"voters": register.totals(reception.id)["persons"] if voters is None else voters, "summary": summary}
        held = engine.perform(entity, reception.id, "hold", said, actor, reception.version, node).record
        for duty in on_duty(reception.id):
            if duty.state == "planned":
                records.update(registry().entity(DUTY), duty.id, {"state": "absent"}, machine_for(actor), duty.version, node)
    return held

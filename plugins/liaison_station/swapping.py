"""Swapping duties: a deputy on duty asks another one of the station, who agrees or refuses; the station is told and sees it.

On agreement both rows of the roster go and two new ones come in one transaction, checked as if they were entered by hand: who may
not act, does not belong there or is on duty elsewhere on that day is not swapped in. What was agreed by word of mouth the station
enters at once.
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    Actor,
    Conflict,
    Invalid,
    NotFound,
    accounts_of,
    local_day,
    notify,
    records,
    registry,
    transaction,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .deputy_models import Deputy
from .placement import deputies_of
from .plan_checks import why_not
from .plan_choices import DUTY, PLUGIN, SWAP
from .plan_roles import RUN
from .reception_models import Duty, Reception, Swap
from .station_checks import lock
from .station_records import machine_for
from .station_rules import place_of, staff_on

ASKED = _l("A deputy asks you to take the reception on %(day)s. Open it to answer.").message
AGREED = _l("The reception on %(day)s changed hands. The roster shows who is on duty.").message
REFUSED = _l("The deputy whom you asked cannot take the reception on %(day)s.").message


def coming_duty(duty_id: int, actor: Actor) -> Duty:
    """The coming duty of who acts, or any coming one of a place where the actor runs receptions. Raises ``NotFound``."""
    duty = Duty.get_or_none((Duty.id == duty_id) & (Duty.state == "planned") & (Duty.day >= local_day()))
    if duty is None or not (duty.person_id == actor.person_id or runs(duty, actor)):
        raise NotFound(_("There is no coming duty of yours here."), remedy=_("Open “My reception days” and choose one."))
    return duty


def runs(row: Any, actor: Actor) -> bool:
    """True when the actor runs receptions where the row lies."""
    return actor.may_on(RUN, row)


def offers(duty: Duty) -> list[tuple[Deputy, list[Duty]]]:
    """Who might take a duty: the deputies of its station who may act then, by name, each with the coming duties there that could
    be given in return. Those who are on duty on that day themselves are left out. Four queries."""
    busy = {row[0] for row in Duty.select(Duty.person_id).where((Duty.day == duty.day) & (Duty.state != "excused")).tuples()}
    free = [one for one in deputies_of(duty.station_id, duty.day) if one.person_id not in busy]
    mine = Duty.select(Duty.day).where((Duty.person_id == duty.person_id) & (Duty.state != "excused"))
    own_days = {row[0] for row in mine.tuples()}
    back: dict[int, list[Duty]] = {}
    for row in Duty.select().where((Duty.station_id == duty.station_id) & (Duty.state == "planned") & (Duty.day > local_day())
                                   & Duty.deputy_id.in_([one.id for one in free])).order_by(Duty.day):
        if row.day not in own_days:
            back.setdefault(row.deputy_id, []).append(row)
    return [(one, back.get(one.id, [])) for one in free]


def ask(duty: Duty, other: Deputy, back: Duty | None, note: str, actor: Actor) -> Swap:
    """Ask a deputy to take ``duty``, for ``back`` in return or for nothing. Who runs receptions enters it as agreed at once.

    ``duty`` is one of ``coming_duty``. Raises ``Invalid`` for somebody who may not take it, ``Conflict`` when somebody is asked
    already.
    """
    if other.person_id == duty.person_id:
        raise Invalid(_("Nothing was asked."), errors={"other": [_("Choose somebody else.")]})
    if back is not None and (back.deputy_id != other.id or back.state != "planned" or back.day < local_day()):
        raise Invalid(_("Nothing was asked."), errors={"other": [_("The duty in return is no coming one of that deputy.")]})
    by_word = duty.person_id != actor.person_id
    with transaction():
        lock(Duty, duty.id)  # two questions about one duty come one after the other
        if Swap.select(Swap.id).where((Swap.reception_id == duty.reception_id) & (Swap.deputy_id == duty.deputy_id)
                                      & (Swap.state == "asked")).exists():
            raise Conflict(_("Somebody is asked for this duty already."),
                           remedy=_("Wait for the answer, or withdraw the question first."), code="asked")
        swap: Swap = records.create(registry().entity(SWAP), {
            "reception_id": duty.reception_id, "station_id": duty.station_id, "deputy_id": duty.deputy_id,
            "person_id": duty.person_id, "other_deputy_id": other.id, "other_person_id": other.person_id,
            "other_reception_id": back.reception_id if back is not None else None, "day": duty.day, "state": "asked",
            "other_day": back.day if back is not None else None, "noted": by_word, "note": note[:200]},
            machine_for(actor), place_of(duty))
        _check(swap)
        if by_word:
            return _agreed(swap, actor)
        _tell(swap, [other.person_id], ASKED)
    return swap


def answer(swap_id: int, agrees: bool, actor: Actor) -> Swap:
    """Who is asked agrees or refuses. Raises ``NotFound`` for another's question, ``Conflict`` for one that is answered, and
    ``Invalid`` when the places cannot be changed any more."""
    with transaction():
        swap = _open(swap_id, "other_person_id", actor)
        if agrees:
            return _agreed(swap, actor)
        _write(swap, "refused", actor)
        _tell(swap, [swap.person_id], REFUSED)
    return swap


def withdraw(swap_id: int, actor: Actor) -> Swap:
    """Who asked takes the question back. Raises as ``answer``."""
    with transaction():
        swap = _open(swap_id, "person_id", actor)
        _write(swap, "withdrawn", actor)
    return swap


def _open(swap_id: int, column: str, actor: Actor) -> Swap:
    lock(Swap, swap_id)
    swap = Swap.get_or_none(Swap.id == swap_id)
    if swap is None or getattr(swap, column) != (actor.person_id or 0):
        raise NotFound(_("There is no such question for you."), remedy=_("Open “My reception days”."))
    if swap.state != "asked":
        raise Conflict(_("This question is answered already."), remedy=_("Load the page again."), code="answered")
    return swap


def _agreed(swap: Swap, actor: Actor) -> Swap:
    """Change the rows of the roster and tell both deputies and the station."""
    _change_rows(swap, actor)
    _write(swap, "agreed", actor)
    staff = [row.person_id for row in staff_on(swap.station_id, local_day()) if row.role == "liaison"]
    people = {swap.person_id, swap.other_person_id, *staff} - {actor.person_id or 0}
    _tell(swap, sorted(people), AGREED)
    return swap


def _check(swap: Swap) -> None:
    """Raise ``Invalid`` with the reason when the other deputy could not take the duty, or the first one that in return."""
    pairs = [(swap.other_deputy_id, swap.reception_id)]
    pairs += [(swap.deputy_id, swap.other_reception_id)] if swap.other_reception_id else []
    for deputy_id, reception_id in pairs:
        reason = why_not(Deputy.get_by_id(deputy_id), Reception.get_by_id(reception_id))
        if reason:
            raise Invalid(_("The places cannot be changed."), errors={"other": [reason]})


def _change_rows(swap: Swap, actor: Actor) -> None:
    entity, place, machine = registry().entity(DUTY), place_of(swap), machine_for(actor)
    rows = [_row(swap.reception_id, swap.deputy_id)]
    rows += [_row(swap.other_reception_id, swap.other_deputy_id)] if swap.other_reception_id else []
    for row in rows:
        records.delete(entity, row.id, machine, None, place)
    _check(swap)
    for row, deputy_id in zip(rows, (swap.other_deputy_id, swap.deputy_id), strict=False):
        records.create(entity, {"reception_id": row.reception_id, "deputy_id": deputy_id, "by": "swap"}, machine, place)


def _row(reception_id: int, deputy_id: int) -> Duty:
    row = Duty.get_or_none((Duty.reception_id == reception_id) & (Duty.deputy_id == deputy_id) & (Duty.state == "planned")
                           & (Duty.day >= local_day()))
    if row is None:
        raise Invalid(_("The places cannot be changed."), errors={"other": [_("One of the duties is gone or past. Ask anew.")]})
    return row


def _write(swap: Swap, state: str, actor: Actor) -> None:
    records.update(registry().entity(SWAP), swap.id, {"state": state, "answered_on": local_day()}, machine_for(actor), None,
                   place_of(swap))
    swap.state = state


def _tell(swap: Swap, people: list[int], text: str) -> None:
    place = place_of(swap)
    notify(set(accounts_of(people).values()), text, {"day": swap.day.isoformat()}, f"/d/{place.code}/{PLUGIN}/my-duties", place)

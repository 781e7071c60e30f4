"""Reminding who is on duty, and the station's liaison officers, some days before a reception; each reception once.

A postponement takes the mark back, so the new day is reminded of anew.
"""
from __future__ import annotations

from datetime import timedelta

from grid321.core.api import SYSTEM, accounts_of, local_day, notify, records, registry, setting, transaction, tree
from grid321.core.api import lazy_gettext as _

from .plan_choices import COMING, RECEPTION, P
from .reception_models import Duty, Reception
from .station_rules import staff_on

TEXT = _("Reception %(number)s is on %(day)s. You are on duty or run the station.").message

FURTHEST = timedelta(days=14)
"""No setting asks for an earlier reminder."""
PART = 200


def run() -> int:
    """Remind of the receptions that are due for it; returns of how many. Two workers at once remind of each once."""
    today, count = local_day(), 0
    due = Reception.select(Reception.id, Reception.division_id, Reception.day).where(
        Reception.state.in_(COMING) & Reception.reminded_on.is_null() & Reception.day.between(today, today + FURTHEST)).order_by(
            Reception.day, Reception.id)
    for reception_id, division_id, day in list(due.tuples()):
        if count >= PART:
            break
        if (day - today).days <= int(setting(f"{P}remind_days", division_id)):
            count += _remind(reception_id)
    return count


def _remind(reception_id: int) -> int:
    """Remind of one reception, unless somebody was faster: 1 or 0."""
    with transaction():
        taken = Reception.update(reminded_on=local_day()).where(
            (Reception.id == reception_id) & Reception.reminded_on.is_null() & Reception.state.in_(COMING)).execute()
        if not taken:
            return 0
        case = Reception.get_by_id(reception_id)
        place = tree().get(case.division_id)
        people = {row[0] for row in Duty.select(Duty.person_id).where(
            (Duty.reception_id == case.id) & (Duty.state == "planned")).tuples()}
        people |= {row.person_id for row in staff_on(case.station_id, case.day) if row.role == "liaison"}
        accounts = set(accounts_of(sorted(people)).values())
        if place is not None:
            told = notify(accounts, TEXT, {"number": case.number, "day": case.day.isoformat()},
                          f"/d/{place.code}/liaison_station/reception/{case.id}", place)
            records.note(registry().entity(RECEPTION), case, SYSTEM, place, "reminded", facts={"count": told})
    return 1

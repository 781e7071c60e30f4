"""Coming duties of who is suspended, whose mandate ends, or who leaves a station: they are freed in the same transaction.

The row stays on the roster as excused, with the reason, so that the gap is seen where the roster is (``plan_gaps``) and somebody
else can be entered. What is past stays as it was.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from grid321.core.api import Actor, format_day, local_day, records, registry
from grid321.core.api import gettext as _

from .deputy_choices import ENDED, SUSPENDED
from .deputy_models import Placement
from .placement import open_on
from .plan_choices import DUTY
from .reception_models import Duty, Reception
from .station_records import machine_for
from .station_rules import place_of


def status_changed(deputy: Any, actor: Actor) -> None:
    """A mandate was suspended or ended (``deputy_life.ON_STATUS``): its duties from then on are free."""
    if deputy.status == SUSPENDED:
        since = deputy.status_on or local_day()
        _free(_coming(deputy.id), lambda duty: duty.day >= since, _("The mandate is suspended."), actor)
    elif deputy.status == ENDED:
        last = deputy.to_day or local_day()
        _free(_coming(deputy.id), lambda duty: duty.day > last, _("The mandate has ended."), actor)


def placement_changed(placement: Any, gone: bool, actor: Actor) -> None:
    """A placement ended, moved or (``gone``) is taken back (``placement_write.ON_PLACED``): duties there after it are free."""
    waiting = [duty for duty in _coming(placement.deputy_id) if duty.station_id == placement.station_id]
    _free(waiting, lambda duty: not _placed(duty, placement.id if gone else 0), _("Does not belong to this station any more."),
          actor)


def still_to_come(station_id: int, day: date) -> list[str]:
    """Why a station cannot stop working on a day (``station_checks.ON_ENDING``): receptions from then on are open.

    Voters read them at the door, so somebody decides about each: they are not dropped by the way.
    """
    rows = Reception.select(Reception.day).where((Reception.station_id == station_id) & (Reception.day >= max(day, local_day()))
                                                 & Reception.closed_at.is_null()).order_by(Reception.day, Reception.id)
    days = [row[0] for row in rows.tuples()]
    if not days:
        return []
    return [_("Receptions are still to come: %(count)s, the next one on %(day)s. Drop them first, or discard the drafted plan.",
              count=len(days), day=format_day(days[0]))]


def _coming(deputy_id: int) -> list[Duty]:
    """The duties of a mandate from today on at receptions that are still to be held."""
    open_ones = Reception.select(Reception.id).where(Reception.closed_at.is_null())
    return list(Duty.select().where((Duty.deputy_id == deputy_id) & (Duty.state == "planned") & (Duty.day >= local_day())
                                    & Duty.reception_id.in_(open_ones)).order_by(Duty.day, Duty.id))


def _placed(duty: Duty, without: int) -> bool:
    """True when the deputy belongs to the duty's station on its day, by another placement than ``without``."""
    return Placement.select(Placement.id).where(
        (Placement.deputy_id == duty.deputy_id) & (Placement.station_id == duty.station_id) & (Placement.id != without)
        & open_on(duty.day)).exists()


def _free(duties: Iterable[Duty], goes: Callable[[Duty], bool], why: str, actor: Actor) -> None:
    entity, machine = registry().entity(DUTY), machine_for(actor)
    for duty in duties:
        if goes(duty):
            records.update(entity, duty.id, {"state": "excused", "note": why}, machine, None, place_of(duty))

"""Postponing a reception: told so many days ahead as the setting asks; later only with a reason, and then it is counted as late.

The roster goes along. Who is on duty elsewhere on the new day, cannot then, or does not belong to the station any more is excused
there with the reason in the row, so that a gap is seen and somebody else can be entered.
"""
from __future__ import annotations

from datetime import date
from typing import Any

from grid321.core.api import Refusal, format_day, local_day, records, registry, setting
from grid321.core.api import gettext as _

from . import station_records
from .deputy_models import Deputy
from .plan_checks import why_not
from .plan_choices import P
from .reception_models import Duty, Postponement, Reception, Wish
from .roster import CANNOT, WishFor
from .station_models import Station
from .station_rules import is_open, place_of


def notice_days(case: Any) -> int:
    """How many days ahead a postponement is posted at the station of a reception."""
    return int(setting(f"{P}postpone_days", case.division_id))


def days_ahead(before: date, new: date) -> int:
    """Days between today and the posted day of a reception: 3 when it is posted on the 12th for the 15th.

    One that is moved to an earlier day than the posted one is told for that day: voters have to come then.
    """
    return (min(before, new) - local_day()).days


def is_late(case: Any, new: date) -> bool:
    """True when a postponement to ``new`` that is posted today comes with less notice than the rule asks."""
    return days_ahead(case.day, new) < notice_days(case)


def may_postpone(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the posted day has not passed, the new day is a later day on which the station works; late needs a reason."""
    if case.day < local_day():
        return Refusal(_("This reception’s day is past."), "past",
                       remedy=_("Enter that it was held, or drop it with the reason."))
    if not data:  # asked whether the step can be offered at all
        return None
    new = data["to_day"]
    if new <= local_day() or new == case.day:
        return Refusal(_("The new day must lie in the future and be another one than before."), "day", "to_day",
                       _("Choose a later day."))
    if not is_open(Station.get_by_id(case.station_id), new):
        return Refusal(_("The station does not work on %(day)s.", day=format_day(new)), "closed", "to_day",
                       _("Choose another day."))
    if is_late(case, new) and not data.get("reason"):
        return Refusal(_("A postponement is posted %(days)s days ahead, and the reception is in %(left)s.",
                         days=notice_days(case), left=days_ahead(case.day, new)), "late", "reason",
                       _("Write the reason: it stands on the notice, and the postponement is counted as late."))
    return None


def new_columns(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of a reception that is postponed."""
    late = case.late + int(is_late(case, data["to_day"]))
    return {"day": data["to_day"], "postponed": case.postponed + 1, "late": late, "reminded_on": None}


def follow(case: Any, data: Any, actor: Any) -> None:
    """After a reception was postponed: the notice is kept, the room is booked anew, the roster goes along.

    ``case`` has its new day by now, so the notice is counted from the last one that is on record.
    """
    before = _day_before(case)
    told = local_day()
    ahead = days_ahead(before, case.day)
    records.create(registry().entity(f"{P}postponement"), {
        "reception_id": case.id, "station_id": case.station_id, "from_day": before, "to_day": case.day, "told_on": told,
        "days": ahead, "late": ahead < notice_days(case), "reason": data.get("reason") or ""},
        station_records.machine_for(actor), place_of(case))
    give_room_back(case, actor)
    take_room(case, actor)
    move_duties(case, actor)


def _day_before(case: Any) -> date:
    """The day from which a reception was put off: that of the last postponement, or the first one."""
    last = Postponement.select(Postponement.to_day).where(Postponement.reception_id == case.id).order_by(
        Postponement.id.desc()).first()
    found: date = last.to_day if last is not None else case.first_day
    return found


def source_of(case: Any) -> str:
    """What a booking of the reception's room follows."""
    return f"reception:{case.id}"


def take_room(case: Any, actor: Any) -> None:
    """Book the room of a reception, where it has one. Raises ``Invalid`` when the room is taken."""
    if case.room_id is not None:
        station_records.book(case.room_id, case.day, case.from_minute, case.to_minute,
                             _("Reception %(number)s", number=case.number), source_of(case), actor)


def give_room_back(case: Any, actor: Any) -> None:
    """Give the room of a reception back."""
    if case.room_id is not None:
        station_records.release(source_of(case), actor)


def move_duties(case: Any, actor: Any) -> None:
    """Move the roster of a reception to its new day; who cannot be there is excused, with the reason in the row."""
    entity, place, machine = registry().entity(f"{P}duty"), place_of(case), station_records.machine_for(actor)
    for duty in list(Duty.select().where((Duty.reception_id == case.id) & Duty.state.in_(("planned", "excused")))):
        reason = why_not_then(duty, case)
        records.update(entity, duty.id, {"day": case.day, "state": "excused" if reason else "planned", "note": reason[:200]},
                       machine, None, place)


def why_not_then(duty: Any, case: Reception) -> str:
    """Why somebody of the roster cannot be there on the reception's new day; empty when nothing stands against it."""
    wishes = Wish.select().where((Wish.person_id == duty.person_id) & (Wish.kind == CANNOT))
    if any(as_rule(wish).covers(case.day) for wish in wishes):
        return _("Cannot come on %(day)s.", day=format_day(case.day))
    return why_not(Deputy.get_by_id(duty.deputy_id), case, duty.id)


def as_rule(wish: Any) -> WishFor:
    """A stored wish as the roster reads it."""
    return WishFor(wish.person_id, wish.kind, wish.from_day, wish.to_day, int(wish.weekday) if wish.weekday else None)

"""The code of an activity that is shown on its day: who scans it and is logged in says “I am here”, and is there once.

The link behind the code is signed, for this activity and this day; it lets nobody in who has no account. Who has none is ticked
by the officer.
"""
from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from flask import url_for

from grid321.core.api import Refused, local_day, now, signed_links, transaction, tree
from grid321.core.api import gettext as _

from . import attendance
from .activity_models import Activity

PURPOSE = "liaison_station.attendance"
_CHINA = timedelta(hours=8)


def make(activity: Any) -> str:
    """The address behind the code, valid until the end of the day; the same for everybody who shows it on that day.

    Raises ``Refused`` on another day than the activity’s and when its list is closed.
    """
    _require_today(activity)
    place = tree().get(activity.division_id)
    assert place is not None
    ends = datetime.combine(activity.day + timedelta(days=1), time()) - _CHINA  # midnight in China, as UTC
    with transaction():
        token = signed_links.create(PURPOSE, attendance.ACTIVITY, activity.id, expires=max(ends, now() + timedelta(minutes=1)),
                                    once=False, seed=f"{activity.id}:{activity.day.isoformat()}")
    return url_for("liaison_station.come", code=place.code, token=token, _external=True)


def activity_of(token: str, node: Any) -> Activity:
    """The activity of a code shown at ``node``. Raises ``NotFound`` for a forged one, ``Refused`` (410) for another day."""
    link = signed_links.find(token, PURPOSE)
    found: Activity | None = Activity.get_or_none(Activity.id == link.record_id) if link.entity == attendance.ACTIVITY else None
    if found is None or found.division_id != node.id:
        raise signed_links.invalid()
    _require_today(found)
    return found


def come(token: str, actor: Any, node: Any) -> Activity:
    """Who holds the code says to be there; returns the activity. Raises as ``activity_of``, ``Refused`` for nobody’s account."""
    activity = activity_of(token, node)
    if actor.person_id is None:
        raise Refused(_("This account belongs to no person."), actor.username,
                      _("Log in with your own account, or let the officer tick you in the list."), code="no_person")
    attendance.scan(activity.id, actor.person_id, actor)
    return activity


def _require_today(activity: Any) -> None:
    if activity.state not in attendance.OPEN:
        raise Refused(_("The list of this activity is closed."), activity.number,
                      _("Who was there is written up; the officer can tell you what is recorded."), code="closed", status=410)
    if activity.day != local_day():
        raise Refused(_("The code is shown on the day of the activity."), activity.number,
                      _("On other days the officer ticks in the list who was there."), code="other_day", status=410)

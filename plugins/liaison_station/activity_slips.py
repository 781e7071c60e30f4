"""Invitations on paper: a signed link for each person in the list, who answers by it and says “I am here” on the day.

It is for deputies without an account; those who have one answer under “My invitations” and scan the code that is shown. The link
opens one row of one list and nothing else, until the day is over.
"""
from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from flask import g, render_template, request, url_for

from grid321.core.api import (
    SYSTEM,
    Conflict,
    Invalid,
    Problem,
    Refused,
    class_label,
    format_day,
    local_day,
    notices,
    now,
    qr_picture,
    signed_links,
    transaction,
    tree,
)
from grid321.core.api import gettext as _

from . import attendance
from .activity_choices import ANSWERS, KINDS, WITHDRAWN
from .activity_models import Activity, Attendance
from .activity_pages import activity_here, where_of, word
from .station_fields import clock

PURPOSE = "liaison_station.invitation"
_CHINA = timedelta(hours=8)


def slips(activity: Any) -> list[dict[str, Any]]:
    """Name and link of each person in the list, the same however often they are printed; guests have none.

    Raises ``Refused`` when nobody can use them any more: the day is past or the list closed.
    """
    if activity.state not in attendance.OPEN or activity.day < local_day():
        raise Refused(_("This activity waits for no answers any more."), activity.number,
                      _("Who was there is ticked in the list."), code="too_late")
    rows = list(Attendance.select().where((Attendance.activity_id == activity.id) & Attendance.person_id.is_null(False)
                                          & (Attendance.answer != WITHDRAWN[0])).order_by(Attendance.id))
    names = attendance.names(rows)
    with transaction():
        return [{"name": names[row.id], "url": _address(activity, row)} for row in rows]


def _address(activity: Any, row: Any) -> str:
    place = tree().get(activity.division_id)
    assert place is not None
    ends = datetime.combine(activity.day + timedelta(days=1), time()) - _CHINA  # midnight in China, as UTC
    token = signed_links.create(PURPOSE, attendance.KEY, row.id, expires=max(ends, now() + timedelta(minutes=1)), once=False,
                                seed=f"{row.id}:{activity.day.isoformat()}")
    return url_for("liaison_station.invited", code=place.code, token=token, _external=True)


def slips_page(record_id: int) -> Any:
    """Print the invitations: a slip for each person, to be cut apart and handed out."""
    activity = activity_here(record_id)
    back = f"/d/{g.node.code}/liaison_station/activity/{activity.id}/people"
    try:
        found = slips(activity)
    except Refused as problem:
        return _refused(problem, back)
    return render_template(
        "liaison_station/activity_slips.html", title=_("Invitations on paper"), activity=activity, back=back,
        when=_when(activity), where=where_of(activity), slips=[{**one, "picture": qr_picture(one["url"], 4)} for one in found])


def invited_page(token: str) -> Any:
    """Behind a slip: the activity, the buttons to answer, and on its day the one to say “I am here”."""
    try:
        row, activity = _row_of(token)
        if request.method == "POST":
            _say(row, activity, request.form.get("answer", ""))
            return notices.go(request.path, "saved")
    except (Conflict, Invalid, Refused) as problem:
        return _refused(problem, request.path if request.method == "POST" else "/")
    today = activity.day == local_day() and activity.state in attendance.OPEN
    return render_template(
        "liaison_station/invited.html", title=activity.title, name=attendance.names([row])[row.id], when=_when(activity),
        where=where_of(activity), kind=class_label(KINDS.key, activity.kind, activity.division_id), action=request.path,
        came=row.came, answered=word((*ANSWERS, WITHDRAWN), row.answer) if row.answer else "", today=today,
        dropped=activity.state == "dropped", waits=activity.state in ("planned", "announced") and activity.day >= local_day()
        and row.answer != WITHDRAWN[0])


def _row_of(token: str) -> tuple[Attendance, Activity]:
    """The row of a link shown at this division, and its activity. Raises ``NotFound`` for any other."""
    link = signed_links.find(token, PURPOSE)
    row: Attendance | None = Attendance.get_or_none(Attendance.id == link.record_id) if link.entity == attendance.KEY else None
    activity: Activity | None = Activity.get_or_none(Activity.id == row.activity_id) if row is not None else None
    if row is None or activity is None or activity.division_id != g.node.id:
        raise signed_links.invalid()
    return row, activity


def _say(row: Attendance, activity: Activity, says: str) -> None:
    if says != "here":
        attendance.answer(row.id, says, SYSTEM)
        return
    if activity.day != local_day():
        raise Refused(_("“I am here” is said on the day of the activity."), activity.number,
                      _("On other days the officer ticks in the list who was there."), code="other_day")
    attendance.say(row.id, True, SYSTEM, how="qr")


def _when(activity: Any) -> str:
    return f"{format_day(activity.day)} {clock(activity.from_minute)}".strip()


def _refused(problem: Problem, back: str) -> Any:
    return render_template("error.html", status=problem.status, title=str(problem.title), detail=str(problem.detail), errors=[],
                           remedy=str(problem.remedy), state_now="", retry_url=back), problem.status

"""Calendars to subscribe to: one of each station for everybody, by the word of its plate; one of each deputy, by a signed link.

Everybody sees what was posted at the door: day, time, place, who is on duty. What is only planned is in no calendar; what was
posted and is dropped stays as cancelled, so that it is struck out where it was subscribed.
"""
from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import Response, g, render_template, request

from grid321.core.api import (
    Forbidden,
    NotFound,
    current_actor,
    format_time,
    json_answer,
    local_day,
    now,
    signed_links,
    site_url,
    transaction,
    tree,
)
from grid321.core.api import gettext as _

from . import ics, receptions
from .deputy_models import Placement
from .plan_choices import KINDS, PUBLIC, RECEPTION
from .reception_models import Duty, Reception
from .station_models import Station

PURPOSE, PERSON = "liaison_station.calendar", "core.person"
BACK, AHEAD = timedelta(days=92), timedelta(days=400)
GOOD = timedelta(days=400)
"""How long a deputy's link is good."""

MOST = 1000
LABELS = dict(KINDS)


def entries(rows: Iterable[Reception]) -> list[ics.Entry]:
    """Receptions as entries of a calendar. Two queries: the stations, who is on duty."""
    found = list(rows)
    stations = {row.id: row for row in Station.select().where(Station.id.in_({row.station_id for row in found}))}
    duties = receptions.on_duty(row.id for row in found)
    made = []
    for row in found:
        station = stations.get(row.station_id)
        name = station.name if station is not None else ""
        people = "、".join(deputy.name for deputy in duties.get(row.id, ()))
        text = [row.theme, _("On duty: %(names)s", names=people) if people else "",
                _("Online: %(link)s", link=row.link) if row.link else "",
                _("Put off from %(day)s.", day=row.first_day.isoformat()) if row.postponed else ""]
        made.append(ics.Entry(
            f"{row.uid}@{RECEPTION}", ics.at(row.day, row.from_minute), ics.at(row.day, row.to_minute), row.updated_at,
            _("%(kind)s: %(station)s", kind=str(LABELS.get(row.kind, row.kind)), station=name),
            row.place or (station.address if station is not None else ""), "\n".join(line for line in text if line),
            sequence=row.version, cancelled=row.state == "dropped"))
    return made


def _window() -> Any:
    """The condition for receptions that everybody may know, of the last months and the coming year."""
    day = local_day()
    shown = Reception.state.in_(PUBLIC) | ((Reception.state == "dropped") & Reception.posted_on.is_null(False))
    return shown & Reception.day.between(day - BACK, day + AHEAD)


def station_text(station: Any) -> str:
    """The calendar of a station. Three queries."""
    rows = Reception.select().where((Reception.station_id == station.id) & _window()).order_by(
        Reception.day, Reception.id).limit(MOST)
    return ics.calendar(station.name, entries(rows))


def person_text(person_id: int, node: Any) -> str:
    """The calendar of a person's duties at stations of ``node`` and below. Three queries."""
    own = Duty.select(Duty.reception_id).where((Duty.person_id == person_id) & Duty.state.in_(("planned", "came"))
                                               & (getattr(Duty, node.column) == node.id))
    rows = Reception.select().where(Reception.id.in_(own) & _window()).order_by(Reception.day, Reception.id).limit(MOST)
    return ics.calendar(_("My reception days"), entries(rows))


def station_feed(plate: str) -> Response:
    """The calendar of the station with that plate, for everybody. Raises ``NotFound``."""
    station = Station.get_or_none(Station.plate == plate[:12])
    place = tree().get(station.division_id) if station is not None else None
    if station is None or place is None or not tree().covers(g.node, place):
        raise NotFound(_("There is no station with this plate here."), remedy=_("Scan the code on the plate once more."))
    return _answer(station_text(station), f"{station.plate}.ics")


def person_feed(token: str) -> Response:
    """The calendar of the deputy to whom the link was given. Raises ``NotFound``, or ``Refused`` (410) for one that has ended."""
    link = signed_links.find(token, PURPOSE)
    here = (Placement.person_id == link.record_id) & (getattr(Placement, g.node.column) == g.node.id)
    if not Placement.select(Placement.id).where(here).exists():  # the address was made for another division
        raise signed_links.invalid()
    return _answer(person_text(link.record_id, g.node), "receptions.ics")


def _answer(text: str, name: str) -> Response:
    response = Response(text, content_type=f"{ics.MIME}; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "private, max-age=600"
    response.add_etag()
    response.make_conditional(request)
    return response


def new_link(person_id: int, node: Any) -> str:
    """A new address of a person's calendar; the one before ends. It can be seen only now: what is stored is its hash."""
    with transaction():
        signed_links.revoke(PURPOSE, PERSON, person_id)
        token = signed_links.create(PURPOSE, PERSON, person_id, expires=now() + GOOD, once=False)
    base = (site_url(node.id) or request.url_root).rstrip("/")
    return f"{base}/d/{node.code}/liaison_station/calendar/{token}.ics"


def link_since(person_id: int) -> str:
    """The moment at which a person's address that still holds was made, in words; empty when there is none. One query."""
    row = signed_links.SignedLink.select(signed_links.SignedLink.created_at).where(
        (signed_links.SignedLink.entity == PERSON) & (signed_links.SignedLink.record_id == person_id)
        & (signed_links.SignedLink.purpose == PURPOSE) & signed_links.SignedLink.revoked_at.is_null()
        & (signed_links.SignedLink.expires_at > now())).order_by(signed_links.SignedLink.id.desc()).tuples().first()
    return format_time(row[0]) if row else ""


def _own_person() -> int:
    person_id = current_actor().person_id
    if person_id is None:
        raise Forbidden(_("This account belongs to no person."), remedy=_("Ask the administrator to join account and person."))
    return int(person_id)


def link_page() -> str:
    """The page on which a deputy makes the address of the own calendar; it is shown once."""
    person = _own_person()
    address = new_link(person, g.node) if request.method == "POST" else ""
    return render_template("liaison_station/my_calendar.html", title=_("My calendar of receptions"), address=address,
                           since=link_since(person))


def link_operation() -> Any:
    """Make the address of the own calendar."""
    return json_answer({"url": new_link(_own_person(), g.node)}, 201)

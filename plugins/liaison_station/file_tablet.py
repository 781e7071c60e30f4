"""One tablet for all deputies of a station: the voter chooses a deputy whose year is being rated, and types the number of a slip.

A slip is handed to a voter at the station and takes one voice, for one deputy. Nothing tells who had which slip: its number is
nowhere, only the hash of what is made from it with the key of the installation. The tablet is opened by the liaison officer
and closes by itself.
"""
from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from grid321.core.api import (
    Actor,
    Invalid,
    Node,
    Problem,
    Refused,
    TooMany,
    limits,
    local_day,
    lookup,
    records,
    registry,
    signed_links,
    transaction,
)
from grid321.core.api import gettext as _

from .file_causes import P
from .file_models import Year
from .file_rating import MOST_OPEN, cast, check_answer
from .placement import deputies_of
from .station_models import Station

STATION = f"{P}station"
TABLET, SLIP = f"{P}station_tablet", f"{P}station_slip"
OPEN_FOR = timedelta(hours=4)
"""After this a tablet closes by itself: a morning or an afternoon at the station."""
SLIP_DAYS = 30
WRONG, WITHIN = 20, timedelta(minutes=15)
"""Numbers of slips that may be typed wrong on one tablet within a time: a slip has forty random bits."""


def rated_here(station_id: int) -> list[Any]:
    """The years of the station's deputies that voters rate now, by name. Two queries."""
    people = {deputy.person_id for deputy in deputies_of(station_id, local_day())}
    return list(Year.select().where(Year.person_id.in_(sorted(people) or [0]) & (Year.state == "published")).order_by(
        Year.name, Year.year, Year.id))


def open_tablet(station: Any, actor: Actor, node: Node) -> str:
    """The token under which the tablet of a station takes voices; an earlier one ends.

    Raises ``Refused`` when no year of a deputy of the station is being rated.
    """
    if not rated_here(station.id):
        raise Refused(_("No year of a deputy of this station is being rated."), station.name,
                      _("Publish the years first; voters rate them from then on."), code="nothing_rated")
    with transaction():
        signed_links.revoke(TABLET, STATION, station.id)
        token = signed_links.create(TABLET, STATION, station.id, expires=OPEN_FOR, once=False)
        records.note(registry().entity(STATION), station, actor, node, "tablet_opened")
    return token


def close_tablet(station: Any, actor: Actor, node: Node) -> None:
    """End the tablet of a station: its page takes no voice any more. Slips stay good for the next time."""
    with transaction():
        signed_links.revoke(TABLET, STATION, station.id)
        records.note(registry().entity(STATION), station, actor, node, "tablet_closed")


def make_slips(station: Any, count: int, actor: Actor, node: Node) -> list[str]:
    """Numbers of ``count`` slips for one voice each (``7K3F-9QXT``); nobody can see them a second time.

    Raises ``Invalid`` for too many that are not used.
    """
    link = signed_links.SignedLink
    waiting = link.select().where((link.purpose == SLIP) & (link.entity == STATION) & (link.record_id == station.id)
                                  & link.used_at.is_null() & link.revoked_at.is_null()).count()
    if not 1 <= count <= MOST_OPEN - waiting:
        raise Invalid(_("No slips were made."), errors={"count": [
            _("At most %(most)s slips of a station may wait to be used; %(waiting)s do.", most=MOST_OPEN, waiting=waiting)]})
    numbers = ["".join(secrets.choice(lookup.ALPHABET) for _place in range(lookup.LENGTH)) for _slip in range(count)]
    with transaction():
        for number in numbers:
            signed_links.create(SLIP, STATION, station.id, expires=timedelta(days=SLIP_DAYS), seed=number)
        records.note(registry().entity(STATION), station, actor, node, "slips_made", facts={"count": count})
    return [f"{number[:4]}-{number[4:]}" for number in numbers]


def station_of(token: str, node: Node) -> Any:
    """The station of an open tablet, at an address that covers it. Raises ``NotFound``, or ``Refused`` (410) for a closed one."""
    link = signed_links.find(token, TABLET)
    station = Station.get_or_none(Station.id == link.record_id)
    if station is None or getattr(station, node.column) != node.id:
        raise signed_links.invalid()
    return station


def year_of(station: Any, year_id: int) -> Any:
    """A year that is rated on the tablet of a station. Raises ``Refused`` for another one, or when its rating has ended."""
    found = next((year for year in rated_here(station.id) if year.id == year_id), None)
    if found is None:
        raise Refused(_("This year is not being rated here."), station.name, _("Go back and choose a deputy."), code="not_open",
                      status=410)
    return found


def voice(token: str, year_id: int, number: str, answer: str, node: Node) -> Any:
    """Take the voice of a slip for one deputy; returns the year. When it is refused, the slip stays as it was.

    Raises ``Invalid`` for no answer and for a number that is none or was used, ``TooMany`` after many wrong numbers.
    """
    station = station_of(token, node)
    key, code = f"{TABLET}:{token}", lookup.normal_code(number)
    check_answer(answer)
    if limits.take(key, WRONG, WITHIN) > WRONG:
        raise TooMany(_("Too many numbers were typed that are none."), "", _("Ask the liaison officer at the station for help."))
    try:
        with transaction():
            case = year_of(station, year_id)
            signed_links.use(signed_links.token_of(SLIP, STATION, station.id, code), SLIP)
            cast(case, "tablet", answer)
    except Problem as problem:
        if problem.code not in {"link_invalid", "link_used", "link_ended"}:
            raise
        raise Invalid(_("Your answer was not taken."), errors={"number": [
            _("This number was used already. Each slip is for one voice.") if problem.code == "link_used" else
            _("There is no slip with this number here. Look at the slip and type all eight signs.")]}) from problem
    limits.give_back(key)
    return case

"""What pages show of deputies: those of a station, where a deputy belongs, with whom contact is kept, what a contact brought."""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from grid321.core.api import Actor, Node, Panel, format_day, local_day
from grid321.core.api import gettext as _

from .contact_figures import contacts_of, in_contact_with
from .deputy_choices import ACTIVE, ENDED, MANDATES, STATUSES, WAYS, P
from .deputy_models import Deputy, Placement, Talk
from .placement import open_on
from .station_models import Station

MOST, FIRST = 60, 6
"""Rows of a panel, and those of a station's deputies that are shown at once: its page is long."""
LEVELS = dict(MANDATES)
STATUS_LABELS = dict(STATUSES)


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels for a slot, or None when this area has nothing to add there."""
    if slot != "detail.main" or entity is None or record is None:
        return None
    make = {f"{P}station": _of_station, f"{P}deputy": _of_deputy, f"{P}contact": _of_contact}.get(entity.key)
    return make(record, actor, node) if make is not None else None


def _of_station(station: Any, actor: Actor, node: Node) -> list[Panel]:
    """The deputies who belong to a station today, those of the own station before those who help. One query."""
    if not actor.may_on(f"{P}placement.view", station):
        return []
    base = f"/d/{node.code}/liaison_station"
    rows = Placement.select(Placement, Deputy.name, Deputy.level.alias("congress"), Deputy.status, Deputy.job).join(
        Deputy, on=(Deputy.id == Placement.deputy_id)).where((Placement.station_id == station.id) & open_on(local_day()))
    found = list(rows.order_by(Placement.home.desc(), Deputy.level, Deputy.name, Deputy.id).dicts())
    may_add = actor.may_on(f"{P}placement.create", station)
    return [Panel(_("Deputies of the station"), "liaison_station/station_deputies_panel.html", {
        "rows": [{"name": one["name"], "level": str(LEVELS[one["congress"]]), "job": one["job"], "home": one["home"],
                  "since": format_day(one["from_day"]), "url": f"{base}/deputy/{one['deputy_id']}",
                  "status": "" if one["status"] == ACTIVE else str(STATUS_LABELS[one["status"]])} for one in found[:MOST]],
        "count": len(found), "first": FIRST, "more": len(found) > MOST,
        "all_url": f"{base}/placement/?{urlencode({'station': station.id})}",
        "add_url": f"{base}/placement/new?{urlencode({'station': station.id})}" if may_add else "",
        "placing_url": f"{base}/placing" if may_add and actor.may(f"{P}placement.create", node) else ""}, order=12)]


def _of_deputy(deputy: Deputy, actor: Actor, node: Node) -> list[Panel]:
    """Where the person belongs and belonged; the other mandates; with whom contact is kept. Five queries."""
    return [_stations_of(deputy, actor, node), *_contacts_of(deputy, actor, node)]


def _stations_of(deputy: Deputy, actor: Actor, node: Node) -> Panel:
    base, day = f"/d/{node.code}/liaison_station", local_day()
    rows = list(Placement.select(Placement, Station.name.alias("station_name")).join(
        Station, on=(Station.id == Placement.station_id)).where(Placement.person_id == deputy.person_id).order_by(
            Placement.to_day.is_null().desc(), Placement.home.desc(), Placement.from_day.desc(), Placement.id).dicts())
    others = Deputy.select().where((Deputy.person_id == deputy.person_id) & (Deputy.id != deputy.id)).order_by(Deputy.from_day)
    may_place = deputy.status != ENDED and actor.may_on(f"{P}placement.create", deputy)
    sees = actor.may_on(f"{P}placement.view", deputy)
    return Panel(_("Stations of the deputy"), "liaison_station/deputy_stations_panel.html", {
        "rows": [{"name": one["station_name"], "url": f"{base}/station/{one['station_id']}", "home": one["home"],
                  "open": one["to_day"] is None or one["to_day"] >= day, "since": format_day(one["from_day"]),
                  "until": format_day(one["to_day"]) if one["to_day"] else "", "why": one["ended_why"],
                  "placement_url": f"{base}/placement/{one['id']}" if sees else ""} for one in rows[:MOST]],
        "nowhere": deputy.status != ENDED and not any(one["home"] and (one["to_day"] is None or one["to_day"] >= day)
                                                      for one in rows),
        "mandates": [{"label": str(LEVELS[one.level]), "status": str(STATUS_LABELS[one.status]),
                      "since": format_day(one.from_day), "url": f"{base}/deputy/{one.id}"} for one in others],
        "add_url": f"{base}/placement/new?{urlencode({'deputy': deputy.id})}" if may_place else ""}, order=10)


def _contacts_of(deputy: Deputy, actor: Actor, node: Node) -> list[Panel]:
    """With whom the deputy keeps contact, and which members of the standing committee keep contact with the deputy."""
    if not actor.may_on(f"{P}contact.view", deputy) and actor.person_id != deputy.person_id:
        return []
    base = f"/d/{node.code}/liaison_station"
    mine = contacts_of(deputy.id)
    new = f"{base}/contact/new?{urlencode({'deputy': deputy.id})}"
    may_add = deputy.status != ENDED and actor.may_on(f"{P}contact.create", deputy)
    return [Panel(_("Double contact"), "liaison_station/contacts_panel.html", {
        "rows": [{"name": one.name or _("A voter"), "place": one.place, "voter": one.kind == "voter",
                  "last": format_day(one.last_on) if one.last_on else "", "url": f"{base}/contact/{one.id}",
                  "talk_url": f"{base}/talk/new?{urlencode({'contact': one.id})}" if may_add else ""} for one in mine[:MOST]],
        "by": [{"name": name, "url": f"{base}/deputy/{identifier}"} for identifier, name in in_contact_with(deputy.id)],
        "count": len(mine), "committee": deputy.committee, "more": len(mine) > MOST,
        "all_url": f"{base}/contact/?{urlencode({'deputy': deputy.id})}",
        "add_voter_url": f"{new}&kind=voter" if may_add else "",
        "add_deputy_url": f"{new}&kind=deputy" if may_add and deputy.committee else ""}, order=40)]


def _of_contact(contact: Any, actor: Actor, node: Node) -> list[Panel]:
    """What took place within a contact, newest first. One query."""
    if not actor.may_on(f"{P}talk.view", contact):
        return []
    base, ways = f"/d/{node.code}/liaison_station", dict(WAYS)
    rows = list(Talk.select().where(Talk.contact_id == contact.id).order_by(Talk.day.desc(), Talk.id.desc()).limit(MOST))
    may_add = contact.to_day is None and actor.may_on(f"{P}talk.create", contact)
    return [Panel(_("Contacts that took place"), "liaison_station/talks_panel.html", {
        "rows": [{"day": format_day(one.day), "way": str(ways[one.way]), "text": one.text, "url": f"{base}/talk/{one.id}"}
                 for one in rows],
        "add_url": f"{base}/talk/new?{urlencode({'contact': contact.id})}" if may_add else ""}, order=10)]

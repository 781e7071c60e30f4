"""How the files of a division stand: who has not confirmed, which objections are open, who has no entry in this half of the year.

Counts and lists in the order of names, never a ranking, and never how much somebody has: whoever has nothing may be ill, or the
station may have noted nothing (domain §9).
"""
from __future__ import annotations

from datetime import date
from typing import Any

import peewee
from flask import g, render_template, request

from grid321.core.api import (
    Actor,
    BadRequest,
    Node,
    current_actor,
    format_day,
    json_answer,
    local_day,
    registry,
    scoped,
    tree,
)
from grid321.core.api import gettext as _

from .deputy_models import Deputy
from .file_causes import P
from .file_models import Deed, Year
from .placement import in_office

PLUGIN = "liaison_station"
MOST = 30
"""Lines of one list on the page; the rest is counted, and stands on the page of its town."""
FILED = ("confirmed", "checked", "published", "rated", "closed")


def half_of(day: date) -> tuple[date, date]:
    """First and last day of the half of the year in which a day lies."""
    return (date(day.year, 1, 1), date(day.year, 6, 30)) if day.month <= 6 else (date(day.year, 7, 1), date(day.year, 12, 31))


def board(node: Node, actor: Actor, year: int, today: date) -> dict[str, Any]:
    """Counts and lists of the files at and below ``node`` that the actor may see. Ten queries, however many deputies there are.

    ``year`` is the year of the files; the half of the year is that of ``today``, or the last one of a year that is over.
    """
    first, last = half_of(min(today, date(year, 12, 31)))
    seen = _deputies(node, actor)
    due = seen.where((Deputy.from_day <= date(year, 12, 31)) & (Deputy.to_day.is_null() | (Deputy.to_day >= date(year, 1, 1))))
    have = Year.select(Year.deputy_id).where(Year.year == year)
    states = dict.fromkeys(("open", *FILED), 0)
    years = scoped(Year.select(), registry().entity(f"{P}year"), "view", node, actor).where(Year.year == year)
    rows = [(row.state, row.id, row.name, row.division_id) for row in years.select(
        Year.id, Year.name, Year.state, Year.division_id).order_by(Year.name, Year.id)]
    for state, *_rest in rows:
        states[state] = states.get(state, 0) + 1
    objections = scoped(Deed.select(), registry().entity(f"{P}deed"), "view", node, actor).where(Deed.state == "objected")
    active = Deed.select(Deed.person_id).where((Deed.state != "struck") & Deed.day.between(first, last))
    quiet = seen.where(in_office(min(today, last)) & Deputy.person_id.not_in(active))
    without = due.where(Deputy.id.not_in(have))
    parts = _parts(node, {"deputies": (Deputy, seen.where(in_office(today))), "silent": (Deputy, quiet),
                          "unconfirmed": (Year, years.where(Year.state == "open")), "objections": (Deed, objections)})
    return {
        "parts": parts, "year": year, "first": first, "last": last, "states": states,
        "in_office": seen.where(in_office(today)).count(),
        "without": without.count(), "objected": objections.count(), "quiet": quiet.count(),
        "objections": _objections(node, list(objections.order_by(Deed.day, Deed.id).limit(MOST))),
        "unconfirmed": [{"title": name, "where": _place(place), "url": _url(node, "year", record_id)}
                        for state, record_id, name, place in rows if state == "open"][:MOST],
        "silent": [{"title": row.name, "where": _place(row.division_id), "url": _url(node, "deputy", row.id)}
                   for row in quiet.order_by(Deputy.name, Deputy.id).limit(MOST)]}


def _parts(node: Node, queries: dict[str, tuple[Any, Any]]) -> list[dict[str, Any]]:
    """The divisions right below ``node`` and what is kept at ``node`` itself, in the order of the tree, each with its counts."""
    below = list(tree().children(node))
    if not below or not hasattr(Deputy, column := f"{below[0].level}_id"):
        return []
    found: dict[int | None, dict[str, int]] = {}
    for name, (model, query) in queries.items():
        place = getattr(model, column)
        for division_id, n in query.select(place, peewee.fn.COUNT(model.id)).order_by().group_by(place).tuples():
            found.setdefault(division_id, dict.fromkeys(queries, 0))[name] = n
    nodes = [(None, node.name, ""), *((one.id, one.name, f"/d/{one.code}/{PLUGIN}/files") for one in below)]
    return [{"name": name, "url": url, **found[key]} for key, name, url in nodes if key in found]


def _deputies(node: Node, actor: Actor) -> Any:
    return scoped(Deputy.select(), registry().entity(f"{P}deputy"), "view", node, actor)


def _url(node: Node, name: str, record_id: int) -> str:
    return f"/d/{node.code}/{PLUGIN}/{name}/{record_id}"


def _place(division_id: int) -> str:
    place = tree().get(division_id)
    return place.name if place is not None else ""


def _objections(node: Node, rows: list[Any]) -> list[dict[str, str]]:
    names = dict(Deputy.select(Deputy.id, Deputy.name).where(Deputy.id.in_({row.deputy_id for row in rows})).tuples())
    return [{"title": names.get(row.deputy_id, ""), "day": format_day(row.day), "what": row.title, "said": row.objection,
             "url": f"{_url(node, 'deed', row.id)}/answer"} for row in rows]


def _asked() -> int:
    text = request.args.get("year", "")
    if not text:
        return local_day().year
    if not (text.isascii() and text.isdigit() and 2000 <= int(text) <= local_day().year):
        raise BadRequest(_("This is not a year of files."), text[:10], _("Choose a year until the present one."),
                         code="bad_parameter")
    return int(text)


def page() -> str:
    """The page of whoever looks after the files of a division."""
    year, actor = _asked(), current_actor()
    found = board(g.node, actor, year, local_day())
    here = f"/d/{g.node.code}/{PLUGIN}"
    may_open = actor.may_within(f"{P}year.create", g.node)
    steps = (("open", _("Wait for the deputy")), ("confirmed", _("To be checked")), ("checked", _("To be published")),
             ("published", _("Rated by voters now")), ("rated", _("To be filed")), ("closed", _("Filed")))
    return render_template(
        "liaison_station/files.html", title=_("Deputies’ files"), place=g.node, **found, most=MOST,
        cards=[{"label": label, "n": found["states"][state], "url": f"{here}/year/?year={year}&state={state}"}
               for state, label in steps],
        half=_("%(first)s to %(last)s", first=format_day(found["first"]), last=format_day(found["last"])),
        open_url=f"{here}/years/open" if may_open else "", year_before=year - 1,
        year_after=year + 1 if year < local_day().year else 0)


def operation() -> Any:
    """The same for programs: the counts, and the ids behind the lists."""
    found = board(g.node, current_actor(), _asked(), local_day())
    return json_answer({
        "year": found["year"], "first": found["first"].isoformat(), "last": found["last"].isoformat(),
        "states": found["states"], "deputies": found["in_office"], "without_file": found["without"],
        "objections": found["objected"], "without_entry": found["quiet"],
        "lists": {name: [{"name": one["title"], "url": one["url"]} for one in found[key]] for name, key in (
            ("objections", "objections"), ("unconfirmed", "unconfirmed"), ("without_entry", "silent"))}})

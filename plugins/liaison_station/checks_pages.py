"""The checklists of all stations: what each lacks, whoever mends it, page by page; who must do what next, town by town."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import g, render_template, request

from grid321.core.api import BadRequest, Label, Node, format_number, json_answer, local_day, registry, tree, workbook
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import checks
from .checks_choices import HAVE, SITING, P
from .checks_items import Group, Have
from .figure_pages import printed
from .figure_records import base_of
from .station_models import Station
from .station_roles import COUNTY, LIAISON, TOWN

PAGE = 50
SORTS = (("place", _l("by division")), ("missing", _l("those that lack most first")), ("name", _l("by name")))
NEXT: Mapping[str, tuple[Label, str]] = {
    "station.edit": (_l("Enter the address"), "station.edit"),
    "room.create": (_l("Enter the rooms"), "room.create"),
    "staff.create": (_l("Enter who works there"), "staff.create"),
    "equipment.create": (_l("Enter the equipment"), "equipment.create"),
    "paper.create": (_l("Enter the duties and systems on the wall"), "paper.create"),
    "plan.create": (_l("Make the yearly plan"), "plan_make"),
    "plan.view": (_l("Post the yearly plan"), "reception_run"),
    "placement.create": (_l("Place deputies into the station"), "placement.create"),
    "year.view": (_l("Publish the deputies’ years"), "file_publish"),
    "activity.create": (_l("Announce a reception or hold an activity"), "activity.create"),
    "reception.view": (_l("Hold receptions and write up what was held"), "reception_run"),
    "attested.create": (_l("Look on the spot and write down what is seen"), "attested.create"),
    "attested.edit": (_l("Look again and write down what is seen"), "attested.edit"),
}
"""What is done next about an item, by the permission that its mending asks for: words, and the permission of who does it."""


@dataclass(frozen=True)
class Asked:
    """What the address narrows the list to."""

    day: date
    missing: str = ""
    do: str = ""
    due: bool = False
    still: bool = False
    own: bool = False
    place: Node | None = None
    sort: str = "place"
    page: int = 1


def asked_checks(node: Node) -> Asked:
    """What the address asks for. Raises ``BadRequest`` that names what is wrong."""
    asked = request.args
    words = {**checks.words(HAVE.key, node.id), **checks.words(SITING.key, node.id)}
    missing, do, sort, page = (asked.get(name, "") for name in ("missing", "do", "sort", "page"))
    if missing and missing not in words:
        raise BadRequest(_("There is no such item."), "missing", _("Choose one of: %(names)s", names=", ".join(words)),
                         code="bad_parameter")
    if do and do not in NEXT:
        raise BadRequest(_("There is no such step."), "do", ", ".join(NEXT), code="bad_parameter")
    if sort and sort not in dict(SORTS):
        raise BadRequest(_("This list can be sorted by: %(names)s", names=", ".join(dict(SORTS))), "sort", code="bad_parameter")
    if page and not (page.isascii() and page.isdigit() and len(page) < 6):
        raise BadRequest(_("This is not a number."), "page", code="bad_parameter")
    try:
        day = min(date.fromisoformat(asked["day"]), local_day()) if asked.get("day") else local_day()
    except ValueError:
        raise BadRequest(_("This is not a day."), "day", _("Write it like 2026-03-15."), code="bad_parameter") from None
    place = tree().by_code(asked["place"]) if asked.get("place") else None
    if asked.get("place") and (place is None or not tree().covers(node, place)):
        raise BadRequest(_("This division does not lie here."), "place", code="bad_parameter")
    return Asked(day, missing, do, asked.get("due") == "1", asked.get("still") == "1", asked.get("own") == "1", place,
                 sort or "place", max(1, int(page or 1)))


def group_of(node: Node, day: date, asked: Asked | None = None) -> Group:
    """The stations at and below a division that are open on a day; of a division below, or at the division itself, if asked."""
    where = getattr(Station, node.column) == node.id
    if asked is not None and asked.own:
        where &= Station.division_id == node.id
    elif asked is not None and asked.place is not None:
        where &= getattr(Station, asked.place.column) == asked.place.id
    return Group.of(where & checks.open_on(day))


def step_of(one: Have) -> str:
    """What is done next about an item that is missing: a key of ``NEXT``."""
    return one.permission.removeprefix(P)


def found_of(node: Node, asked: Asked) -> tuple[list[checks.Checked], int]:
    """The stations that meet what was asked, in the order that was asked for, and how many there are without the conditions."""
    group = group_of(node, asked.day, asked)
    wanted = {one.id for one in group.stations}
    if asked.due:
        wanted &= set(checks.due_for_rating(group, asked.day))
    if asked.still:
        wanted &= {one.id for one, _on, _days in checks.standing_still(group, checks.last_held(group.ids, asked.day), asked.day)}
    found = [one for one in checks.look(group, asked.day) if one.station.id in wanted
             and (not asked.missing or asked.missing in (*one.missing(), *one.missing(SITING.key)))
             and (not asked.do or asked.do in steps_of(one))]
    if asked.sort == "missing":
        found.sort(key=lambda one: -len(one.missing()))
    elif asked.sort == "name":
        found.sort(key=lambda one: one.station.name)
    return found, len(group.stations)


def steps_of(checked: checks.Checked) -> set[str]:
    """What is done next at a station, of both lists."""
    return {step_of(one) for items in checked.lists.values() for one in items.values() if not one.ok}


# ---------------------------------------------------------------- the page

def checks_page() -> str:
    """Every station with what it lacks: fifty on a page, narrowed and sorted as asked."""
    node = g.node
    asked = asked_checks(node)
    found, total = found_of(node, asked)
    words = {**checks.words(HAVE.key, node.id), **checks.words(SITING.key, node.id)}
    start = (asked.page - 1) * PAGE
    shown = found[start:start + PAGE]
    return render_template(
        "liaison_station/checks.html", title=_("Checklists of stations"), node=node, total=total, asked=asked,
        rows=[_row(one, words, node) for one in shown], complete=printed(checks.completeness(found)), count=len(found),
        items=_item_choices(node, asked.missing), sorts=[(key, str(label)) for key, label in SORTS],
        narrowed="、".join(filter(None, (asked.place.name if asked.place else "",
                                        _("of the division itself") if asked.own else "",
                                        str(NEXT[asked.do][0]) if asked.do else ""))),
        count_text=_("%(first)s–%(last)s of %(count)s", first=start + 1, last=start + len(shown), count=len(found)),
        prev_url=_url(node, page=asked.page - 1) if asked.page > 1 else "",
        next_url=_url(node, page=asked.page + 1) if start + PAGE < len(found) else "",
        file_url=_url(node, "checks-file", page=None), todo_url=f"{base_of(node)}/to-do", board_url=f"{base_of(node)}/board")


def _url(node: Node, name: str = "checks", **changes: Any) -> str:
    asked = {key: value for key, value in {**request.args.to_dict(), **changes}.items() if value not in (None, "")}
    return f"{base_of(node)}/{name}" + (f"?{urlencode(asked)}" if asked else "")


def _item_choices(node: Node, chosen: str) -> list[dict[str, Any]]:
    return [{"value": item, "label": label, "selected": item == chosen} for scheme in (HAVE.key, SITING.key)
            for item, label in checks.words(scheme, node.id).items()]


def _row(checked: checks.Checked, words: Mapping[str, str], node: Node) -> dict[str, Any]:
    there, wanted = checked.count()
    sited, rules = checked.count(SITING.key)
    place = tree().get(checked.station.division_id)
    return {"id": checked.station.id, "name": checked.station.name, "place": place.name if place is not None else "",
            "url": f"{base_of(node)}/station/{checked.station.id}#checklists", "there": there, "wanted": wanted, "sited": sited,
            "rules": rules, "missing": [{"item": item, "label": words.get(item, item)}
                                        for item in (*checked.missing(), *checked.missing(SITING.key))]}


def checks_file() -> Any:
    """The list that was asked for as a workbook: each item with “there” or why it is not."""
    node = g.node
    asked = asked_checks(node)
    found, _total = found_of(node, asked)
    items = [(scheme, item, label) for scheme in checks.LISTS for item, label in checks.words(scheme, node.id).items()]
    heads = [(_("Station"), "text"), (_("Division"), "text"), (_("Ten haves"), "int"), (_("Siting rules"), "int"),
             *((label, "text") for _scheme, _item, label in items)]
    rows = [[row["name"], row["place"], row["there"], row["sited"], *(_cell(one, scheme, item) for scheme, item, _label in items)]
            for one, row in ((one, _row(one, {}, node)) for one in found)]
    title = _("Checklists of stations")
    return workbook(f"{node.name} {title} {asked.day.isoformat()}", title, heads, rows)


def _cell(checked: checks.Checked, scheme: str, item: str) -> str:
    one = checked.lists.get(scheme, {}).get(item)
    return "–" if one is None else _("there") if one.ok else one.because


def checks_operation() -> Any:
    """The checklists of all stations for programs, fifty on a page."""
    asked = asked_checks(g.node)
    found, total = found_of(g.node, asked)
    rows = [_row(one, {}, g.node) for one in found[(asked.page - 1) * PAGE:asked.page * PAGE]]
    complete = checks.completeness(found)
    return json_answer({"stations": total, "found": len(found), "there": complete.top, "wanted": complete.bottom, "rows": [
        {"id": row["id"], "name": row["name"], "there": row["there"], "wanted": row["wanted"], "siting": row["sited"],
         "siting_rules": row["rules"], "missing": [one["item"] for one in row["missing"]]} for row in rows]})


# ---------------------------------------------------------------- who must do what next

def doer(permission: str, level: str) -> str:
    """Who does it at a station of a level: the lowest role of the plugin that may."""
    roles = registry().roles
    for role in (LIAISON, *((TOWN,) if level in ("town", "village", "grid") else ()), COUNTY):
        if permission in roles[role.key].permissions:
            return str(roles[role.key].label)
    return str(roles[COUNTY.key].label)


def to_do(node: Node, found: Sequence[checks.Checked]) -> list[dict[str, Any]]:
    """By division below and step: how many stations wait for it, who does it, and the list of these stations."""
    places = []
    for place, stations in checks.by_place(found, node):
        counts: dict[str, int] = {}
        for one in stations:
            for step in steps_of(one):
                counts[step] = counts.get(step, 0) + 1
        own = {"own": 1} if place.id == node.id else {"place": place.code}
        rows = [{"step": step, "label": str(label), "n": counts[step], "who": doer(P + permission, place.level),
                 "url": f"{base_of(node)}/checks?" + urlencode({"do": step, **own})}
                for step, (label, permission) in NEXT.items() if counts.get(step)]
        if rows:
            places.append({"name": place.name, "code": place.code, "stations": len(stations), "rows": rows})
    return places


def to_do_page() -> str:
    """Who must do what next, town by town."""
    node, day = g.node, local_day()
    found = checks.look(group_of(node, day), day)
    places = to_do(node, found)
    counts = {step: sum(step in steps_of(one) for one in found) for step in NEXT}
    whole = [{"label": str(label), "n": counts[step], "url": f"{base_of(node)}/checks?do={step}"}
             for step, (label, _permission) in NEXT.items() if counts[step]] if len(places) > 1 else []
    return render_template("liaison_station/to_do.html", title=_("Who must do what next"), node=node, places=places, whole=whole,
                           stations=format_number(len(found)), checks_url=f"{base_of(node)}/checks")


def to_do_operation() -> Any:
    """The same for programs."""
    node, day = g.node, local_day()
    return json_answer({"places": [{**place, "rows": [{name: row[name] for name in ("step", "label", "n", "who")}
                                                      for row in place["rows"]]}
                                   for place in to_do(node, checks.look(group_of(node, day), day))]})

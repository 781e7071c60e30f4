"""The county committee's board (one screen: figures, what is missing, which station stands still), the checklists of all stations
and the statistics of a span of days; each number leads to its records. The same by REST.

Divisions and stations stand in the order of the tree, stations that stand still by how long: nothing here ranks people, and what
is counted is what was done, never logins or photos (domain §9).
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import g, render_template, request

from grid321.core.api import (
    BadRequest,
    Node,
    figures,
    format_day,
    format_number,
    is_on,
    json_answer,
    local_day,
    statistics,
    tree,
)
from grid321.core.api import gettext as _

from . import checks, placement, rhythm
from . import station_figures as counted
from .checks_choices import HAVE, KLASSES, MODELS, SITING, P
from .checks_items import Group
from .checks_models import Rating
from .station_figures import Span, Table
from .station_models import Station
from .station_rules import kinds

BOARD = f"{P}board"
PLUGIN = "liaison_station"
STILL_SHOWN, LIST_MOST = 12, 400


def group_of(node: Node, day: date) -> Group:
    """The stations at and below a division that are open on a day."""
    return Group.of((getattr(Station, node.column) == node.id) & checks.open_on(day))


def _base(node: Node) -> str:
    return f"/d/{node.code}/{PLUGIN}"


def _share(found: statistics.Percentage) -> dict[str, Any]:
    """A share as it is printed: a percentage with its two numbers, or the numbers alone when they are few."""
    return {"top": found.top, "bottom": found.bottom, "counts": f"{format_number(found.top)} / {format_number(found.bottom)}",
            **figures.percent_cell(found)}


# ---------------------------------------------------------------- the board

def board_page() -> str:
    """The board of a division."""
    return render_template("liaison_station/board.html", title=_("Board of stations"), node=g.node, **board(g.node, local_day()))


def board(node: Node, day: date) -> dict[str, Any]:
    """Everything on the board: large numbers, missing items, divisions below, stations that stand still, ratings that wait."""
    group = group_of(node, day)
    found = checks.look(group, day)
    still = checks.standing_still(group, checks.last_held(group.ids, day), day)
    due = checks.due_for_rating(group, day)
    year = Table(node, Span(date(day.year, 1, 1), day), ("due", "held", "late", "activities", "persons", "visitors", "opinions",
                                                          "settled", "passed", "open"))
    return {
        "day": day, "empty": None if found else {
            "what": _("No station is entered here yet."), "why": _("Enter stations one by one, or import them from a sheet."),
            "url": f"{_base(node)}/station/", "label": _("Stations"), "icon": "house-door"},
        "heads": _heads(node, day, found, still, due, year.whole()), "missing": _missing(node, found),
        "places": _places(node, found, still, due),
        "still": [_still(one, days, on, node) for one, on, days in still[:STILL_SHOWN]], "still_count": len(still),
        "waiting": _waiting(node), "rhythm": _rhythm(group, day),
        "urls": {"figures": f"{_base(node)}/figures", "checks": f"{_base(node)}/checks"},
    }


def _heads(node: Node, day: date, found: Sequence[checks.Checked], still: Sequence[Any], due: Any,
           amounts: Any) -> list[dict[str, Any]]:
    """The large numbers; each with what belongs to it and the page behind it."""
    base, complete, cover = _base(node), _share(checks.completeness(found)), placement.coverage(node, day)
    year = f"{base}/figures"
    return [
        _head(_("Stations"), len(found), f"{base}/station/"),
        _head(_("Ten haves"), complete["value"], f"{base}/checks",
              about=_("%(counts)s items; %(full)s stations have all", counts=complete["counts"],
                      full=sum(not one.missing() for one in found))),
        _head(_("Stations that stand still"), len(still), f"{base}/checks?still=1" if still else "", "bad" if still else ""),
        _head(_("Deputies with a home station"), _of(cover.placed, cover.total), f"{base}/deputy/",
              "warn" if cover.missing else "", _("%(count)s are nowhere", count=cover.missing) if cover.missing else ""),
        _head(_("Receptions held this year"), _of(amounts["held"], amounts["due"]), year,
              about=_("%(count)s postponed too late", count=amounts["late"]) if amounts["late"] else ""),
        _head(_("Visitors received this year"), amounts["visitors"], year,
              about=_("%(persons)s deputies took part", persons=format_number(amounts["persons"]))),
        _head(_("Opinions this year"), amounts["opinions"], year,
              about=_("%(settled)s settled, %(passed)s passed to units, %(open)s open", settled=amounts["settled"],
                      passed=amounts["passed"], open=amounts["open"])),
        _head(_("Ratings due"), len(due), f"{base}/checks?due=1" if due else "", "warn" if due else ""),
    ]


def _head(label: str, value: int | str, url: str, tone: str = "", about: str = "") -> dict[str, Any]:
    text = value if isinstance(value, str) else format_number(value)
    return {"label": label, "text": text, "url": url, "tone": tone, "about": about}


def _of(part: int, whole: int) -> str:
    return f"{format_number(part)} / {format_number(whole)}"


def _missing(node: Node, found: Sequence[checks.Checked]) -> list[dict[str, Any]]:
    """Each item with how many stations lack it, as bars."""
    rows = []
    for scheme in (HAVE.key, SITING.key):
        lacking = checks.lacking(found, scheme)
        for item, label in checks.words(scheme, node.id).items():
            n = lacking.get(item, 0)
            if n:
                rows.append({"item": item, "label": label, "n": n, "text": format_number(n), "share": 100 * n / len(found),
                             "url": f"{_base(node)}/checks?{urlencode({'missing': item})}"})
    return rows


def _places(node: Node, found: Sequence[checks.Checked], still: Sequence[Any], due: Any) -> list[dict[str, Any]]:
    stopped = {station.id for station, _on, _days in still}
    rows = []
    for place, stations in checks.by_place(found, node):
        ids = {one.station.id for one in stations}
        own = place.id == node.id
        rows.append({"name": place.name, "url": "" if own or not is_on(PLUGIN, place.id) else f"{_base(place)}/board",
                     "stations": len(stations), "complete": _share(checks.completeness(stations)),
                     "still": len(ids & stopped), "due": len(ids & set(due))})
    return rows


def _still(station: Any, days: int, on: date | None, node: Node) -> dict[str, Any]:
    place = tree().get(station.division_id)
    return {"id": station.id, "name": station.name, "days": days, "url": f"{_base(node)}/station/{station.id}",
            "place": place.name if place is not None else "",
            "last": _("last on %(day)s", day=format_day(on)) if on is not None
            else _("nothing since it was opened on %(day)s", day=format_day(station.opened_on))}


def _waiting(node: Node) -> list[dict[str, Any]]:
    """Ratings under way by state, for the whole division."""
    here = getattr(Rating, node.column) == node.id
    rows = []
    for state, label in (("proposed", _("Proposed, the town looks at it")), ("looked", _("Looked at, the county decides"))):
        n = Rating.select().where(here & (Rating.state == state)).count()
        url = f"{_base(node)}/rating/?state={state}" if n else ""
        rows.append({"label": label, "n": n, "text": format_number(n), "url": url})
    return rows


def _rhythm(group: Group, day: date) -> list[dict[str, Any]]:
    """What of the monthly rhythm stations lacked in the last whole month: how many of them, by rule."""
    month = day.replace(day=1) - timedelta(days=1)
    counts: dict[str, int] = {}
    for lacks in rhythm.missing_of(group.stations, month, day).values():
        for lack in lacks:
            if lack.late:
                counts[lack.label] = counts.get(lack.label, 0) + 1
    return [{"label": label, "n": n, "text": format_number(n)} for label, n in counts.items()]


# ---------------------------------------------------------------- the checklists of all stations

def checks_page() -> str:
    """Every station with what it lacks; ``missing=`` an item, ``due=1`` and ``still=1`` narrow the list."""
    node, day = g.node, local_day()
    asked, rows, total = _asked_checks(node, day)
    return render_template("liaison_station/checks.html", title=_("Checklists of stations"), node=node, rows=rows[:LIST_MOST],
                           total=total, most=LIST_MOST, asked=asked, items=_item_choices(node, asked["missing"]),
                           board_url=f"{_base(node)}/board")


def _item_choices(node: Node, chosen: str) -> list[dict[str, Any]]:
    return [{"value": item, "label": label, "selected": item == chosen} for scheme in (HAVE.key, SITING.key)
            for item, label in checks.words(scheme, node.id).items()]


def _asked_checks(node: Node, day: date) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    words = {**checks.words(HAVE.key, node.id), **checks.words(SITING.key, node.id)}
    missing = request.args.get("missing", "")
    if missing and missing not in words:
        raise BadRequest(_("There is no such item."), "missing", _("Choose one of: %(names)s", names=", ".join(words)),
                         code="bad_parameter")
    asked = {"missing": missing, "due": request.args.get("due") == "1", "still": request.args.get("still") == "1"}
    group = group_of(node, day)
    wanted = {one.id for one in group.stations}
    if asked["due"]:
        wanted &= set(checks.due_for_rating(group, day))
    if asked["still"]:
        wanted &= {one.id for one, _on, _days in checks.standing_still(group, checks.last_held(group.ids, day), day)}
    rows = [_check_row(one, words, node) for one in checks.look(group, day) if one.station.id in wanted
            and (not missing or missing in (*one.missing(), *one.missing(SITING.key)))]
    return asked, rows, len(group.stations)


def _check_row(checked: checks.Checked, words: Any, node: Node) -> dict[str, Any]:
    there, wanted = checked.count()
    sited, rules = checked.count(SITING.key)
    place = tree().get(checked.station.division_id)
    return {"id": checked.station.id, "name": checked.station.name, "place": place.name if place is not None else "",
            "url": f"{_base(node)}/station/{checked.station.id}", "there": there, "wanted": wanted, "sited": sited,
            "rules": rules, "missing": [{"item": item, "label": words.get(item, item)} for item in checked.missing()]}


# ---------------------------------------------------------------- the statistics of a span

def asked_span() -> Span:
    """The days the address asks for (``from``, ``to``): this year until today without. Raises ``BadRequest``."""
    today = local_day()
    days = {}
    for name, usual in (("from", date(today.year, 1, 1)), ("to", today)):
        text = request.args.get(name, "")
        try:
            days[name] = date.fromisoformat(text) if text else usual
        except ValueError:
            raise BadRequest(_("This is not a day."), name, _("Write it like 2026-03-15."), code="bad_parameter") from None
    if days["to"] < days["from"]:
        raise BadRequest(_("The last day lies before the first day."), "to", _("Exchange them."), code="bad_parameter")
    return Span(days["from"], days["to"])


def figures_page() -> str:
    """The statistics of a span, by division below or by station."""
    node, span = g.node, asked_span()
    by = "station" if request.args.get("by") == "station" else "place"
    table = Table(node, span)
    lines = table.by_station() if by == "station" else table.by_place()
    whole = table.whole()
    return render_template(
        "liaison_station/figures.html", title=_("Statistics of stations"), node=node, by=by, span=span,
        period=_("%(first)s to %(last)s", first=format_day(span.first), last=format_day(span.last)),
        heads=[str(one.label) for one in counted.FIGURES], rows=[_line(one, node, span, by) for one in lines],
        whole=[format_number(whole[key]) for key in table.keys], shares=[_share_card(one, whole) for one in counted.SHARES],
        definitions=_definitions(), tallies=_tallies(node, span.last), board_url=f"{_base(node)}/board")


def _line(line: counted.Line, node: Node, span: Span, by: str) -> dict[str, Any]:
    url = ""
    if line.station_id is not None:
        url = f"{_base(node)}/station/{line.station_id}"
    elif by == "place" and line.node is not None and line.node.id != node.id and is_on(PLUGIN, line.node.id):
        url = f"{_base(line.node)}/figures?{urlencode({'from': span.first.isoformat(), 'to': span.last.isoformat()})}"
    return {"label": line.label, "url": url, "cells": [
        {"label": str(one.label), "text": format_number(line.amounts[one.key])} for one in counted.FIGURES]}


def _share_card(share: counted.Share, whole: Any) -> dict[str, Any]:
    return {"label": str(share.label), "formula": str(share.formula), "rounding": str(statistics.ROUNDING),
            **_share(share.of(whole))}


def _definitions() -> list[dict[str, str]]:
    return [{"label": str(one.label), "formula": str(one.formula), "exclusions": str(one.exclusions), "cutoff": str(one.cutoff)}
            for one in counted.FIGURES]


def _tallies(node: Node, day: date) -> list[dict[str, Any]]:
    """Stations that are open on a day by kind, class and model, as bars that lead to the lists."""
    none = _("None")
    options = (("kind", _("Stations by kind"), kinds(node.id)),
               ("klass", _("Stations by class"), {**_words(KLASSES), "": none}),
               ("model", _("Model stations"), {**_words(MODELS), "": none}))
    found = []
    for column, title, known in options:
        amounts = counted.by_column(node, column, day)
        most = max(amounts.values(), default=0)
        found.append({"label": title, "total": sum(amounts.values()), "rows": [
            {"label": known.get(code, code), "n": amounts[code], "text": format_number(amounts[code]),
             "share": 100 * amounts[code] / most, "url": f"{_base(node)}/station/?{urlencode({column: code})}" if code else ""}
            for code in [*known, *sorted(set(amounts) - set(known))] if amounts.get(code)]})
    return found


def _words(options: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Fixed choices as a mapping, without “none”, which stations keep as nothing."""
    return {code: str(label) for code, label in options if code != "none"}


# ---------------------------------------------------------------- REST

def board_operation() -> Any:
    """The board for programs."""
    found = board(g.node, local_day())
    return json_answer({
        "day": found["day"].isoformat(),
        "heads": [{"label": one["label"], "value": one["text"], "about": one["about"]} for one in found["heads"]],
        "missing": [{"item": one["item"], "label": one["label"], "stations": one["n"]} for one in found["missing"]],
        "divisions": [{"name": row["name"], "stations": row["stations"], "there": row["complete"]["top"],
                       "wanted": row["complete"]["bottom"], "still": row["still"], "due": row["due"]} for row in found["places"]],
        "standing_still": [{"id": row["id"], "name": row["name"], "days": row["days"]} for row in found["still"]],
        "ratings": [{"label": row["label"], "n": row["n"]} for row in found["waiting"]]})


def checks_operation() -> Any:
    """The checklists of all stations for programs."""
    _asked, rows, total = _asked_checks(g.node, local_day())
    return json_answer({"stations": total, "rows": [
        {"id": row["id"], "name": row["name"], "there": row["there"], "wanted": row["wanted"], "siting": row["sited"],
         "siting_rules": row["rules"], "missing": [one["item"] for one in row["missing"]]} for row in rows]})


def figures_operation() -> Any:
    """The statistics of a span for programs, with how each figure is counted."""
    span = asked_span()
    table = Table(g.node, span)
    lines = table.by_station() if request.args.get("by") == "station" else table.by_place()
    whole = table.whole()
    return json_answer({
        "from": span.first.isoformat(), "to": span.last.isoformat(), "whole": whole,
        "rows": [{"label": one.label, "station": one.station_id, "division": one.node.code if one.node is not None else None,
                  **one.amounts} for one in lines],
        "shares": [{"key": one.key, "label": str(one.label), "formula": str(one.formula), "n": whole[one.top],
                    "of": whole[one.bottom], "percent": None if (cell := one.of(whole)).small or cell.value is None
                    else str(cell.value)} for one in counted.SHARES],
        "figures": [{"key": one.key, "label": str(one.label), "formula": str(one.formula), "exclusions": str(one.exclusions),
                     "cutoff": str(one.cutoff)} for one in counted.FIGURES]})

"""The county committee's board: what is decided or mended today with the first cases, large numbers, what stations lack, which
stand still; each number leads to its records. A town and a station have the same board of their own place. Also by REST.

Divisions and stations stand in the order of the tree, stations that stand still by how long: nothing here ranks people, and what
is counted is what was done, never logins or photos (domain §9).
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import g, render_template

from grid321.core.api import Actor, Node, current_actor, format_day, format_number, is_on, json_answer, local_day, tree
from grid321.core.api import gettext as _

from . import board_today, checks, placement, rhythm
from .checks_choices import HAVE, SITING, P
from .checks_items import Group
from .checks_pages import group_of
from .figure_pages import printed
from .figure_records import PLUGIN, base_of, records_url
from .figure_sources import Span
from .station_figures import Table

BOARD = f"{P}board"
STILL_SHOWN = 8
YEAR = ("stations", "due", "held", "late", "activities", "persons", "voters", "opinions", "settled", "passed", "open")


def board_page() -> str:
    """The board of a division."""
    return render_template("liaison_station/board.html", title=_("Board of stations"), node=g.node,
                           **board(g.node, local_day(), current_actor()))


def board(node: Node, day: date, actor: Actor) -> dict[str, Any]:
    """Everything on the board: what waits today, large numbers, missing items, divisions below, stations that stand still."""
    group = group_of(node, day)
    found = checks.look(group, day)
    still = checks.standing_still(group, checks.last_held(group.ids, day), day)
    due = checks.due_for_rating(group, day)
    span = Span(date(day.year, 1, 1), day)
    table = Table(node, span, YEAR)
    cover = placement.coverage(node, day)
    steps = board_today.first_steps(node, actor, cover)
    base = base_of(node)
    return {
        "day": day, "today": board_today.today_of(node, day, actor, found, due) if found else [], "steps": steps,
        "young": board_today.is_young(steps), "count": len(found),
        "heads": _heads(node, span, found, still, due, table.whole(), cover), "missing": _missing(node, found),
        "places": _places(node, span, found, still, due, table),
        "still": [_still(one, days, on, node) for one, on, days in still[:STILL_SHOWN]], "still_count": len(still),
        "still_url": f"{base}/checks?still=1", "rhythm": _rhythm(group, day), "rhythm_url": f"{base}/rhythm",
        "may_rhythm": actor.may(f"{P}activity_run", node),
        "urls": {"figures": f"{base}/figures", "checks": f"{base}/checks", "to_do": f"{base}/to-do", "map": f"{base}/county-map",
                 "ratings": f"{base}/rating-list"},
    }


def _heads(node: Node, span: Span, found: Sequence[checks.Checked], still: Sequence[Any], due: Any,
           amounts: Any, cover: placement.Coverage) -> list[dict[str, Any]]:
    """The large numbers; each with what belongs to it and the records behind it."""
    base, complete = base_of(node), printed(checks.completeness(found))
    return [
        _head(_("Stations"), len(found), records_url(node, "stations", span)),
        _head(_("Ten haves"), complete["value"], f"{base}/checks",
              about=_("%(counts)s items; %(full)s stations have all", counts=complete["counts"],
                      full=format_number(sum(not one.missing() for one in found)))),
        _head(_("Stations that stand still"), len(still), f"{base}/checks?still=1" if still else "", "bad" if still else ""),
        _head(_("Deputies with a home station"), cover.placed, records_url(node, "placed", span), "warn" if cover.missing else "",
              _("of %(total)s; %(count)s are nowhere", total=format_number(cover.total), count=format_number(cover.missing))
              if cover.missing else _("of %(total)s: full coverage", total=format_number(cover.total)) if cover.full else ""),
        _head(_("Receptions held this year"), amounts["held"], records_url(node, "held", span),
              about=_("of %(due)s until today; %(late)s postponed too late", due=format_number(amounts["due"]),
                      late=format_number(amounts["late"]))),
        _head(_("Activities held this year"), amounts["activities"], records_url(node, "activities", span),
              about=_("%(persons)s deputies took part", persons=format_number(amounts["persons"]))),
        _head(_("Voters received this year"), amounts["voters"], records_url(node, "voters", span)),
        _head(_("Opinions this year"), amounts["opinions"], records_url(node, "opinions", span),
              about=_("%(settled)s settled, %(passed)s passed to units, %(open)s open", settled=amounts["settled"],
                      passed=amounts["passed"], open=amounts["open"])),
        _head(_("Ratings due"), len(due), f"{base}/checks?due=1" if due else "", "warn" if due else ""),
    ]


def _head(label: str, value: int | str, url: str, tone: str = "", about: str = "") -> dict[str, Any]:
    text = value if isinstance(value, str) else format_number(value)
    return {"label": label, "text": text, "url": url if value not in (0, "–") else "", "tone": tone, "about": about}


def _missing(node: Node, found: Sequence[checks.Checked]) -> list[dict[str, Any]]:
    """Each item with how many stations lack it, as bars."""
    rows = []
    for scheme in (HAVE.key, SITING.key):
        lacking = checks.lacking(found, scheme)
        for item, label in checks.words(scheme, node.id).items():
            n = lacking.get(item, 0)
            if n:
                rows.append({"item": item, "label": label, "n": n, "text": format_number(n), "share": 100 * n / len(found),
                             "url": f"{base_of(node)}/checks?{urlencode({'missing': item})}"})
    return rows


def _places(node: Node, span: Span, found: Sequence[checks.Checked], still: Sequence[Any], due: Any,
            table: Table) -> list[dict[str, Any]]:
    """The divisions below: stations, completeness, receptions, opinions, what stands still and what is due, with their lists."""
    stopped, base = {station.id for station, _on, _days in still}, base_of(node)
    amounts = {line.node.id: line.amounts for line in table.by_place() if line.node is not None}
    rows = []
    for place, stations in checks.by_place(found, node):
        ids, own = {one.station.id for one in stations}, place.id == node.id
        at: dict[str, Any] = {"own": 1} if own else {"place": place.code}
        year, asked = amounts.get(place.id, dict.fromkeys(YEAR, 0)), urlencode(at)
        cells = [
            (_("Stations"), len(stations), records_url(node, "stations", span, **at)),
            (_("Ten haves"), printed(checks.completeness(stations))["value"], f"{base}/checks?{asked}"),
            (_("Receptions held"), year["held"], records_url(node, "held", span, **at)),
            (_("Voters received"), year["voters"], records_url(node, "voters", span, **at)),
            (_("Open opinions"), year["open"], records_url(node, "open", span, **at)),
            (_("Stand still"), len(ids & stopped), f"{base}/checks?{asked}&still=1"),
            (_("Ratings due"), len(ids & set(due)), f"{base}/checks?{asked}&due=1"),
        ]
        rows.append({"name": place.name, "url": "" if own or not is_on(PLUGIN, place.id) else f"{base_of(place)}/board",
                     "stations": len(stations), "complete": printed(checks.completeness(stations)),
                     "still": len(ids & stopped), "due": len(ids & set(due)), "cells": [
                         {"label": label, "text": n if isinstance(n, str) else format_number(n), "url": url if n else ""}
                         for label, n, url in cells]})
    return rows


def _still(station: Any, days: int, on: date | None, node: Node) -> dict[str, Any]:
    place = tree().get(station.division_id)
    return {"id": station.id, "name": station.name, "days": days, "url": f"{base_of(node)}/station/{station.id}",
            "place": place.name if place is not None else "",
            "last": _("last on %(day)s", day=format_day(on)) if on is not None
            else _("nothing since it was opened on %(day)s", day=format_day(station.opened_on))}


def _rhythm(group: Group, day: date) -> list[dict[str, Any]]:
    """What of the monthly rhythm stations lacked in the last whole month: how many of them, by rule."""
    month = day.replace(day=1) - timedelta(days=1)
    counts: dict[str, int] = {}
    for lacks in rhythm.missing_of(group.stations, month, day).values():
        for lack in lacks:
            if lack.late:
                counts[lack.label] = counts.get(lack.label, 0) + 1
    return [{"label": label, "n": n, "text": format_number(n)} for label, n in counts.items()]


def board_operation() -> Any:
    """The board for programs."""
    found = board(g.node, local_day(), current_actor())
    return json_answer({
        "day": found["day"].isoformat(),
        "today": [{"key": row["key"], "label": row["label"], "n": row["n"]} for row in found["today"]],
        "heads": [{"label": one["label"], "value": one["text"], "about": one["about"]} for one in found["heads"]],
        "missing": [{"item": one["item"], "label": one["label"], "stations": one["n"]} for one in found["missing"]],
        "divisions": [{"name": row["name"], "stations": row["stations"], "there": row["complete"]["top"],
                       "wanted": row["complete"]["bottom"], "still": row["still"], "due": row["due"]} for row in found["places"]],
        "standing_still": [{"id": row["id"], "name": row["name"], "days": row["days"]} for row in found["still"]],
        "first_steps": [{"label": row["label"], "done": row["done"]} for row in found["steps"]]})

"""Choosing on which days a station receives: in words, with the days shown while one chooses; the form of the rule comes next.

Works without scripts by the button; with them htmx asks for the same page and takes the days out of it.
"""
from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from flask import g, render_template, request

from grid321.core.api import Panel, format_day, json_answer, local_day
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import calendar_rules as rules
from . import plan_words as words
from .plan_choices import ON_HOLIDAY, PLUGIN, WEEKDAYS
from .station_fields import clock
from .station_models import Station

SHOWN = 60
"""Days that a page lists; how many more there are is said."""
AHEAD = 12
ASKED = (("rrule", _l("The rule, as RFC 5545 or in words")), ("from_day", _l("First day")), ("to_day", _l("Last day")),
         ("left_out", _l("Days left out")), ("added", _l("Days added")), ("on_holiday", _l("keep, skip or next")),
         ("station", _l("The station, for its calendar of holidays")))
WHY = {"moved": "warn", "left_out": "muted", "skipped": "muted", "outside": "muted", "added": "info"}


def choose_page() -> Any:
    """The chooser with the days of what is chosen so far."""
    values = {name: request.args.get(name, default)[:300] for name, default in defaults().items()}
    chosen = request.args.getlist("weekdays") or ["WE"]
    found, problem = preview(values, chosen)
    names, nth = words.weekdays(), words.places()
    return render_template(
        "liaison_station/rule_choose.html", title=_("Choose reception days"), values=values, chosen=chosen,
        weekdays=list(names.items()), places=list(nth.items()), holidays=[(key, str(label)) for key, label in ON_HOLIDAY],
        found=found, problem=problem, action=request.path, station=station_name(values["station"]))


def defaults() -> dict[str, str]:
    """What the chooser starts with: the 15th of each month until the end of the next year."""
    today = local_day()
    return {"how": "days", "numbers": "15", "place": "1", "weekday": "WE", "every": "1", "typed": "", "station": "",
            "from_day": today.isoformat(), "to_day": date(today.year + 1, 12, 31).isoformat(), "left_out": "", "added": "",
            "on_holiday": "next"}


def preview(values: dict[str, str], chosen: list[str]) -> tuple[dict[str, Any] | None, str]:
    """(the rule in words, its days with what became of each, where to enter it), or None and why it cannot be used."""
    try:
        made = schedule_of(values, chosen)
        rows = rules.explained(made)
    except rules.BadRule as problem:
        return None, str(problem)
    held = [row for row in rows if row.day is not None]
    if not held:
        return None, _("This gives no day. Choose other days or a later last day.")
    sent = {"rrule": made.rrule, "from_day": values["from_day"], "to_day": values["to_day"], "left_out": made.left_out,
            "added": made.added, "on_holiday": made.on_holiday, **({"station": values["station"]} if values["station"] else {})}
    return {"words": words.lines_of(made), "rule": made.rrule, "count": len(held), "rows": day_rows(rows)[:SHOWN],
            "more": max(0, len(rows) - SHOWN), "url": f"/d/{g.node.code}/{PLUGIN}/schedule/new?{urlencode(sent)}"}, ""


def schedule_of(values: dict[str, str], chosen: list[str]) -> Any:
    """What was chosen, as a schedule. Raises ``BadRule`` in words."""
    rule = rules.normal(words.rule_from(values, chosen))
    first = _day(values["from_day"], _("The first day cannot be read. Write it like 2026-01-01."))
    own = rules.own_end(rule, first)
    if not values["to_day"] and own is None:
        raise rules.BadRule(_("This rule never ends. Enter the last day, such as the end of the term."))
    last = _day(values["to_day"], _("The last day cannot be read. Write it like 2026-12-31.")) if values["to_day"] else own
    if last is None or last < first:
        raise rules.BadRule(_("The last day lies before the first day."))
    if last > rules.latest(first):
        raise rules.BadRule(_("A rule lasts at most %(years)s years. Choose an earlier last day.", years=rules.YEARS))
    holiday = values["on_holiday"] if values["on_holiday"] in (rules.KEEP, rules.SKIP, rules.NEXT) else rules.NEXT
    return SimpleNamespace(rrule=rule, from_day=first, to_day=last, left_out=rules.stored_days(values["left_out"]),
                           added=rules.stored_days(values["added"]), on_holiday=holiday, division_id=_division(values["station"]))


def _day(text: str, problem: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise rules.BadRule(problem) from None


def _station(text: str) -> Any:
    known = text.isascii() and text.isdigit() and len(text) < 19
    return Station.get_or_none(Station.id == int(text)) if known else None


def _division(text: str) -> int:
    station = _station(text)
    return int(station.division_id) if station is not None else int(g.node.id)


def station_name(text: str) -> str:
    """The name of the station that the address names, empty without one."""
    station = _station(text)
    return station.name if station is not None else ""


def day_rows(rows: list[rules.DayOf]) -> list[dict[str, str]]:
    """Days of a rule as pages list them: the day, its day of the week, what became of it."""
    names = dict(WEEKDAYS)
    said = {"rule": "", "added": _("day added"), "left_out": _("left out"), "skipped": _("public holiday: nobody receives"),
            "outside": _("moved beyond the last day: nobody receives")}
    found = []
    for row in rows:
        shown = row.day or row.planned
        note = _("moved from the public holiday %(day)s", day=format_day(row.planned)) if row.why == "moved" else said[row.why]
        found.append({"day": format_day(shown), "iso": shown.isoformat(), "weekday": str(names[str(shown.weekday())]),
                      "note": note, "tone": WHY.get(row.why, ""), "held": "1" if row.day is not None else ""})
    return found


def choose_operation() -> Any:
    """The days of a rule before it is entered, with the rule in words."""
    values = {name: request.args.get(name, default)[:300] for name, default in defaults().items()}
    if request.args.get("rrule"):
        values |= {"how": "typed", "typed": request.args["rrule"][:200]}
    found, problem = preview(values, request.args.getlist("weekdays") or ["WE"])
    if found is None:
        return json_answer({"ok": False, "problem": problem, "days": []})
    return json_answer({"ok": True, "problem": "", "rule": found["rule"], "words": found["words"], "count": found["count"],
                        "days": [{"day": row["iso"], "held": bool(row["held"]), "note": row["note"]} for row in found["rows"]]})


def panel_of(record: Any) -> Panel:
    """On the page of a rule: in words, with exceptions, and its next days."""
    today = local_day()
    rows = [row for row in rules.explained(record) if (row.day or row.planned) >= today]
    return Panel(_("Days of this rule"), "liaison_station/rule_panel.html", {
        "words": words.lines_of(record), "time": f"{clock(record.from_minute)}–{clock(record.to_minute)}",
        "rows": day_rows(rows[:AHEAD]), "more": max(0, len(rows) - AHEAD), "last": format_day(record.to_day)}, order=10)

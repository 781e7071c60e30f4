"""What a county, a town or a station decides or mends today, each with the first cases; and the first steps of who begins."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from grid321.core.api import Actor, Node, format_number
from grid321.core.api import gettext as _

from . import checks, placement
from .checks_choices import P
from .checks_models import Rating
from .day_close import OPEN
from .deputy_models import Congress, Deputy, Placement
from .figure_records import WAITING, base_of, records_url, rows_of
from .figure_sources import EVERYTHING, Span
from .rating_flow import DECIDE, LOOK
from .reception_models import Plan, Reception, Schedule
from .station_figures import BY_KEY, Figure
from .station_models import Paper, Station

FIRST = 3
NEXT_YEAR_FROM = 11
"""The month from which the board asks for the plans of next year: they hang at the door on the first of January."""
TONES = {"overdue": "bad", "unclosed": "bad", "gaps": "warn", "late_notices": "warn", "quiet": "warn", "next_plan": "warn"}
ORDER = ("overdue", "unclosed", "gaps", "late_notices", "quiet", "next_plan")


def today_of(node: Node, day: date, actor: Actor, found: Sequence[checks.Checked],
             due: Mapping[int, Any]) -> list[dict[str, Any]]:
    """What waits, the most urgent first: words, number, address of all of them and the first three cases."""
    span = Span(date(day.year, 1, 1), day)
    by_key = {one.key: one for one in WAITING}
    rows = [_row(by_key[key], node, span, actor) for key in ORDER if key != "next_plan" or day.month >= NEXT_YEAR_FROM]
    rows.append(_plans(node, day, found))
    rows += _ratings(node, actor)
    rows.append(_due(node, found, due))
    nowhere = _row(BY_KEY["nowhere"], node, Span(day, day), actor)
    if nowhere["n"] and actor.may(f"{P}placement.create", node):
        nowhere["help"] = {"label": _("Place deputies"), "url": f"{base_of(node)}/placing"}
    return [row for row in (*rows, nowhere) if row["n"]]


def _row(figure: Figure, node: Node, span: Span, actor: Actor) -> dict[str, Any]:
    n = sum(source.total(node, span) for source in figure.sources)
    first = rows_of(figure, node, span, EVERYTHING, actor, FIRST, latest=False) if n else []
    return {"key": figure.key, "label": str(figure.label), "n": n, "text": format_number(n),
            "tone": TONES.get(figure.key, "warn"),
            "url": records_url(node, figure.key, span if figure.group != "now" else None),
            "first": [{"label": one["label"], "url": one["url"], "note": "、".join(filter(None, (one["station"], one["day"])))}
                      for one in first]}


def _stations(node: Node, key: str, label: str, stations: Sequence[Any], query: str) -> dict[str, Any]:
    base = base_of(node)
    return {"key": key, "label": label, "n": len(stations), "text": format_number(len(stations)), "tone": "warn",
            "url": f"{base}/checks?{query}", "first": [
                {"label": one.name, "url": f"{base}/station/{one.id}", "note": ""} for one in stations[:FIRST]]}


def _plans(node: Node, day: date, found: Sequence[checks.Checked]) -> dict[str, Any]:
    without = [one.station for one in found if "plan" in one.missing()]
    return _stations(node, "plans", _("Stations whose plan of %(year)s is not posted", year=day.year), without, "missing=plan")


def _due(node: Node, found: Sequence[checks.Checked], due: Mapping[int, Any]) -> dict[str, Any]:
    wanted = [one.station for one in found if one.station.id in due]
    return _stations(node, "due", _("Stations whose yearly rating is due"), wanted, "due=1")


def _ratings(node: Node, actor: Actor) -> list[dict[str, Any]]:
    """Ratings that wait for the town's look or the county's decision."""
    rows, base = [], base_of(node)
    may = actor.may(f"{P}rating.view", node)
    for state, label, permission in (("looked", _("Ratings that the county decides"), DECIDE),
                                     ("proposed", _("Proposed ratings that the town looks at"), LOOK)):
        query = Rating.select(Rating.id, Rating.number, Station.name).join(Station, on=(Station.id == Rating.station_id)).where(
            (getattr(Rating, node.column) == node.id) & (Rating.state == state))
        n = query.count()
        first = query.order_by(Rating.id).limit(FIRST).tuples() if n else ()
        rows.append({"key": state, "label": label, "n": n, "text": format_number(n),
                     "tone": "warn" if actor.may(permission, node) else "", "url": f"{base}/rating/?state={state}" if may else "",
                     "first": [{"label": name, "url": f"{base}/rating/{record_id}" if may else "", "note": number}
                               for record_id, number, name in first]})
    return rows


# ---------------------------------------------------------------- first steps

def first_steps(node: Node, actor: Actor, cover: placement.Coverage) -> list[dict[str, Any]]:
    """What a county does first, in order, each done or not; empty once all of it is done."""
    base = base_of(node)
    here = {model: model.select().where(getattr(model, node.column) == node.id).exists()
            for model in (Station, Congress, Deputy, Placement, Schedule, Paper)}
    posted = Plan.select().where((getattr(Plan, node.column) == node.id) & Plan.posted_on.is_null(False)).exists()
    steps = [
        (_("Enter the stations, or import them from a sheet"), here[Station], "station/", "station.create"),
        (_("Enter the congresses and their terms"), here[Congress], "congress/", "congress.create"),
        (_("Enter the deputies, or import them from a sheet"), here[Deputy], "deputy/", "deputy.create"),
        (_("Place every deputy into a home station"), here[Placement] and cover.full, "placing",
         "placement.create"),
        (_("Enter duties and systems: they hang on the wall of every station"), here[Paper], "paper/", "paper.create"),
        (_("Say on which days each station receives"), here[Schedule], "schedule/", "schedule.create"),
        (_("Make the yearly plans with their rosters and post them"), posted, "make-plans", "plan_make"),
    ]
    if all(done for _label, done, _path, _permission in steps):
        return []
    return [{"label": label, "done": bool(done), "url": f"{base}/{path}" if actor.may(P + permission, node) else ""}
            for label, done, path, permission in steps]


def is_young(steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a county has just begun: the stations, the deputies or the rules of receptions are not there yet."""
    return bool(steps) and not all(steps[place]["done"] for place in (0, 2, 5))


def waits(node: Node, day: date) -> list[dict[str, Any]]:
    """The same as numbers only, for the start page of who sees a whole division, after today's receptions. One query for each."""
    span = Span(date(day.year, 1, 1), day)
    by_key = {one.key: one for one in WAITING}
    today = Reception.select().where(
        (getattr(Reception, node.column) == node.id) & (Reception.day == day) & Reception.state.in_(OPEN)).count()
    rows = [{"label": _("Receptions of today"), "n": today, "url": f"{base_of(node)}/reception/?day_from={day}&day_to={day}"}
            ] if today else []
    for key in ("unclosed", "gaps", "quiet"):
        n = sum(source.total(node, span) for source in by_key[key].sources)
        if n:
            rows.append({"label": str(by_key[key].label), "n": n, "url": records_url(node, key)})
    return rows

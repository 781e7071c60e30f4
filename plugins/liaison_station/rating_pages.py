"""The list of a year's ratings as the county publishes it: class I, class II, model stations, with what was there."""
from __future__ import annotations

from typing import Any

from flask import g, render_template, request

from grid321.core.api import BadRequest, Node, format_day, json_answer, local_day, tree, workbook
from grid321.core.api import gettext as _

from .checks_choices import KLASSES, MODELS
from .checks_models import Rating
from .checks_panels import word
from .figure_records import base_of
from .station_fields import yuan
from .station_models import Station
from .station_rules import kinds

YEARS_SHOWN = 6


def asked_year() -> int:
    """The year of the address, the present one without. Raises ``BadRequest``."""
    text = request.args.get("year", "")
    if text and not (text.isascii() and text.isdigit() and len(text) == 4):
        raise BadRequest(_("This is not a year."), "year", _("Write it like 2026."), code="bad_parameter")
    return int(text) if text else local_day().year


def decided(node: Node, year: int) -> list[dict[str, Any]]:
    """The ratings of a year that were decided with a class or as a model, by class and model, then in the order of the tree."""
    known = kinds(node.id)
    query = Rating.select(
        Rating.id, Rating.klass, Rating.model, Rating.fulfilled, Rating.wanted, Rating.decided_on, Rating.reward_fen,
        Rating.number, Station.name, Station.kind, Station.division_id).join(Station, on=(Station.id == Rating.station_id)).where(
        (getattr(Rating, node.column) == node.id) & (Rating.year == year) & (Rating.state == "decided")
        & ((Rating.klass.in_(("one", "two"))) | (Rating.model.in_(("city", "province")))))
    rows = []
    for row in query.namedtuples():
        place = tree().get(row.division_id)
        rows.append({"id": row.id, "station": row.name, "kind": known.get(row.kind, row.kind),
                     "klass": row.klass, "model": row.model,
                     "place": place.name if place is not None else "", "class_text": word(KLASSES[:2], row.klass),
                     "model_text": word(MODELS[:2], row.model), "haves": f"{row.fulfilled} / {row.wanted}", "number": row.number,
                     "decided_on": row.decided_on, "reward": yuan(row.reward_fen) if row.reward_fen else "",
                     "order": (row.klass != "one", row.klass != "two", place.code if place is not None else "", row.name)})
    return sorted(rows, key=lambda one: one["order"])


def list_page() -> str:
    """The list as it is published and printed."""
    node, year = g.node, asked_year()
    rows, base, today = decided(node, year), base_of(g.node), local_day()
    waiting = Rating.select().where((getattr(Rating, node.column) == node.id) & (Rating.year == year)
                                    & Rating.state.in_(("draft", "proposed", "looked"))).count()
    return render_template(
        "liaison_station/rating_list.html", title=_("Stations rated in %(year)s", year=year), node=node, year=year,
        rows=[{**row, "url": f"{base}/rating/{row['id']}", "day": format_day(row["decided_on"])} for row in rows],
        waiting=waiting, counts=_counts(rows), years=[
            {"label": str(one), "url": f"{base}/rating-list?year={one}", "here": one == year}
            for one in range(today.year, today.year - YEARS_SHOWN, -1)],
        file_url=f"{base}/rating-list-file?year={year}", board_url=f"{base}/board", all_url=f"{base}/rating/?year={year}")


def _counts(rows: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """How many stations of each class and model."""
    return [(str(label), n) for options, name in ((KLASSES[:2], "klass"), (MODELS[:2], "model")) for code, label in options
            if (n := sum(row[name] == code for row in rows))]


def list_file() -> Any:
    """The same as a workbook."""
    node, year = g.node, asked_year()
    heads = [(_("Station"), "text"), (_("Kind"), "text"), (_("Division"), "text"), (_("Rated class"), "text"),
             (_("Model station"), "text"), (_("Haves that were there"), "text"), (_("Rating decided on"), "day"),
             (_("Reward (yuan)"), "text"), (_("Number"), "text")]
    title = _("Stations rated in %(year)s", year=year)
    return workbook(f"{node.name} {title}", title, heads, [
        [row["station"], row["kind"], row["place"], row["class_text"], row["model_text"], row["haves"], row["decided_on"],
         row["reward"], row["number"]] for row in decided(node, year)])


def list_operation() -> Any:
    """The same for programs."""
    year = asked_year()
    return json_answer({"year": year, "rows": [
        {**{name: row[name] for name in ("station", "kind", "place", "klass", "model", "haves", "number")},
         "decided_on": row["decided_on"].isoformat()} for row in decided(g.node, year)]})

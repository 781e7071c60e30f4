"""What checklists and ratings add to pages: the items of a station with reasons, its ratings, what waits for somebody."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from grid321.core.api import Actor, Node, Panel, format_day, inside, local_day, registry, scoped, tree
from grid321.core.api import gettext as _

from . import board_today, checks
from .checks_choices import HAVE, KLASSES, MODELS, SITING, P
from .checks_items import Group, Have
from .checks_models import Rating
from .rating_flow import DECIDE, LOOK, PROPOSE
from .station_models import Station

STATION, RATING = f"{P}station", f"{P}rating"
MOST = 5


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels for a slot, or None when this area has nothing to add there."""
    if slot == "today":
        return [panel for panel in (waits_panel(actor, node), waiting_panel(actor, node)) if panel is not None] or None
    if entity is None or record is None:
        return None
    if slot == "detail.main" and entity.key == STATION and actor.may_on(f"{P}rating.view", record):
        return [checklist_panel(record, actor, node)]
    if slot == "detail.aside" and entity.key == STATION and actor.may_on(f"{P}rating.view", record):
        return [ratings_panel(record, actor, node)]
    if slot == "detail.main" and entity.key == RATING and record.items:
        return [frozen_panel(record)]
    return None


def mend_url(one: Have, station: Any, actor: Actor) -> str:
    """The address at which an item is mended, for whoever may; empty otherwise."""
    place = tree().get(station.division_id)
    if not one.where or place is None or not actor.may_on(one.permission, station):
        return ""
    return f"/d/{place.code}/liaison_station/{one.where}"


def section(scheme: str, found: Mapping[str, Have], station: Any, actor: Actor) -> dict[str, Any]:
    """One list of a station as the page shows it: each item with its word, reason and the link to mend it."""
    words = checks.words(scheme, station.division_id)
    rows = [{"key": key, "label": words.get(key, key), "ok": one.ok, "because": one.because, "computed": one.computed,
             "url": mend_url(one, station, actor)} for key, one in found.items()]
    return {"title": _("Ten haves") if scheme == HAVE.key else _("Siting rules"), "rows": rows,
            "there": sum(row["ok"] for row in rows), "all": len(rows)}


def checklist_panel(station: Any, actor: Actor, node: Node) -> Panel:
    """Both lists of a station. One query for each item that data speak of, and one for what people attested."""
    checked = checks.look_at(station)
    return Panel(_("Checklists"), "liaison_station/checklist_panel.html", {
        "sections": [section(scheme, found, station, actor) for scheme, found in checked.lists.items()]}, order=20)


def word(options: Iterable[tuple[str, Any]], code: str | None) -> str:
    """The label of a fixed choice; empty for none."""
    return next((str(label) for key, label in options if key == code), "")


def outcome(rating: Any) -> str:
    """What was decided, in words; empty before the decision."""
    decided = (word(KLASSES, rating.klass), word(MODELS[:2], rating.model)) if rating.state == "decided" else ()
    return "、".join(filter(None, decided))


def ratings_panel(station: Any, actor: Actor, node: Node) -> Panel:
    """The last ratings of a station, whether the next one is due, and the button that begins it."""
    entity = registry().entity(RATING)
    flow = registry().workflow_of(RATING)
    assert flow is not None
    rows = scoped(Rating.select().where(Rating.station_id == station.id), entity, "view", node, actor)
    base, today = f"/d/{node.code}/liaison_station/rating", local_day()
    shown = []
    for row in rows.order_by(Rating.year.desc(), Rating.id.desc()).limit(MOST):
        state = flow.state(row.state)
        shown.append({"url": f"{base}/{row.id}", "year": row.year, "number": row.number, "state": str(state.label),
                      "tone": state.tone, "result": outcome(row), "open": not state.final,
                      "score": "" if row.wanted is None else f"{row.fulfilled} / {row.wanted}"})
    due = checks.due_for_rating(Group.one(station), today)
    running = any(row["open"] for row in shown)
    may_begin = not running and actor.may_on(f"{P}rating.create", station)
    return Panel(_("Ratings of the station"), "liaison_station/ratings_panel.html", {
        "rows": shown,
        "all_url": f"{base}/?{urlencode({'station': station.id})}" if len(shown) == MOST else "",
        "due": station.id in due, "last": format_day(due[station.id]) if due.get(station.id) else "",
        "new_url": f"{base}/new?{urlencode({'station': station.id})}" if may_begin else ""}, order=20)


def frozen_panel(rating: Any) -> Panel:
    """The items of a rating as they stood when it was proposed."""
    words = {**checks.words(HAVE.key, rating.division_id), **checks.words(SITING.key, rating.division_id)}
    order = {key: place for place, key in enumerate(words)}  # stored by key, shown in the county's order
    rows = [{"key": key, "label": words.get(key, key), "ok": one["ok"], "because": one["text"], "computed": one["computed"],
             "url": ""} for key, one in sorted(rating.items.items(), key=lambda one: order.get(one[0], len(order)))]
    title = _("Items as they stood on %(day)s", day=format_day(rating.proposed_on))
    return Panel(title, "liaison_station/checklist_panel.html", {"sections": [
        {"title": "", "rows": rows, "there": sum(row["ok"] for row in rows), "all": len(rows)}]}, order=10)


def waits_panel(actor: Actor, node: Node) -> Panel | None:
    """What waits at the stations of whoever sees the whole division: days to close, gaps in rosters, stations that are quiet."""
    if not actor.may(f"{P}board", node):
        return None
    lines = board_today.waits(node, local_day())
    return Panel(_("Stations: what waits"), "liaison_station/waiting_panel.html", {
        "lines": lines, "key": "station-waits"}, order=35) if lines else None


def waiting_panel(actor: Actor, node: Node) -> Panel | None:
    """What waits of ratings for whoever looks, decides or proposes; None when nothing does. Three queries at most."""
    base = f"/d/{node.code}/liaison_station"
    lines = []
    for permission, state, text in ((LOOK, "proposed", _("Proposed ratings that the town looks at")),
                                    (DECIDE, "looked", _("Ratings that the county decides"))):
        if actor.may_within(permission, node):
            count = Rating.select().where(inside(Rating, permission, node, actor) & (Rating.state == state)).count()
            lines.append({"label": text, "n": count, "url": f"{base}/rating/?state={state}"})
    if actor.may_within(PROPOSE, node):
        today = local_day()
        group = Group.of(inside(Station, PROPOSE, node, actor) & checks.open_on(today))
        lines.append({"label": _("Stations whose yearly rating is due"), "n": len(checks.due_for_rating(group, today)),
                      "url": f"{base}/checks?due=1"})
    lines = [line for line in lines if line["n"]]
    return Panel(_("Ratings of stations"), "liaison_station/waiting_panel.html", {
        "lines": lines, "key": "rating-waits"}, order=40) if lines else None

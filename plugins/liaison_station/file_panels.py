"""What the deputies' file adds to pages of records: the itemised year with its rating, and on an entry what it comes from."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Node, Panel, Problem, class_label, fetch, format_day, registry
from grid321.core.api import gettext as _

from . import file_check, file_life, file_phone, file_rating, file_scores, file_tablet, file_tablet_pages, file_year
from .file_causes import KINDS
from .file_deeds import DEED
from .file_rating import YEAR
from .file_schemas import ANSWERS, STATES
from .file_scheme import SCHEME

PLUGIN = "liaison_station"
TONES = {"confirmed": "ok", "corrected": "ok", "objected": "warn", "noted": "info"}


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels of a year, an entry, a scheme, a station and the first page of the day, or None."""
    if slot == "today":
        panel = file_phone.panel(actor, node)
        return [panel] if panel is not None else None
    if entity is None or record is None:
        return None
    if slot == "detail.main" and entity.key == SCHEME.key:
        return [file_scores.panel(record, node)]
    if slot == "detail.main" and entity.key == YEAR:
        return [items_panel(record, actor, node)]
    if slot == "detail.aside" and entity.key == YEAR and actor.may_on(file_year.PUBLISH, record):
        return [rating_panel(record, node)]
    if slot == "detail.aside" and entity.key == file_tablet.STATION:
        panel = file_tablet_pages.panel(record, actor, node)
        return [panel] if panel is not None else None
    if slot == "detail.aside" and entity.key == DEED:
        return [deed_panel(record, actor, node)]
    return None


def items_panel(record: Any, actor: Actor, node: Node) -> Panel:
    """The entries of a year by day with their states, the figures, and what the check of personal data would find."""
    deeds = file_life.alive(record.deputy_id, record.year)
    states, counts = dict(STATES), file_year.figures(deeds)
    may = actor.may_on(file_year.PUBLISH, record) or record.person_id == actor.person_id is not None
    may_add = record.state in file_life.OPEN and actor.may_on(f"{DEED}.create", record)
    return Panel(_("What the deputy did"), "liaison_station/year_panel.html", {
        "items": [{"day": format_day(deed.day), "kind": class_label(KINDS.key, deed.kind, deed.division_id), "title": deed.title,
                   "url": f"/d/{node.code}/{PLUGIN}/deed/{deed.id}", "state": str(states[deed.state]),
                   "tone": TONES.get(deed.state, "")} for deed in deeds],
        "figures": [{"label": class_label(KINDS.key, kind, record.division_id), "n": n} for kind, n in counts.items()],
        "finds": [{"text": str(one), "grave": one.grave} for one in file_check.finds(record)] if may and record.state in {
            *file_life.OPEN, "checked"} else [],
        "changed": record.figures is not None and record.figures != counts,
        "published_url": f"/d/{node.code}/{PLUGIN}/performance/{record.id}" if record.published_on is not None else "",
        "add_url": f"/d/{node.code}/{PLUGIN}/deed/new?deputy={record.deputy_id}" if may_add else ""}, order=10)


def rating_panel(record: Any, node: Node) -> Panel:
    """How voters rate the year: what can be given out while they do, the count afterwards."""
    here = f"/d/{node.code}/{PLUGIN}/year/{record.id}"
    counts, why = file_rating.result(record)
    return Panel(_("Rating by voters"), "liaison_station/rating_panel.html", {
        "running": record.state == "published", "links_url": f"{here}/links", "tablet_url": f"{here}/tablet",
        "paper_url": f"{here}/paper", "why": why if record.state in {"published", "rated", "closed"} else "",
        "voices": [{"label": str(label), "n": counts[code]} for code, label in ANSWERS] if counts is not None else []}, order=10)


def deed_panel(record: Any, actor: Actor, node: Node) -> Panel:
    """What an entry comes from, as far as one may see it, and what one may do with it."""
    here = f"/d/{node.code}/{PLUGIN}/deed/{record.id}"
    own = record.person_id == actor.person_id is not None
    return Panel(_("Where it comes from"), "liaison_station/deed_panel.html", {
        "cause": cause_of(record, actor, node), "by_hand": not record.entity, "undone": record.state == "struck" and record.was,
        "object_url": f"{here}/object" if own and record.state in {"noted", "confirmed", "corrected"} else "",
        "answer_url": f"{here}/answer" if actor.may_on(file_year.KEEP, record) and record.state != "struck" else ""}, order=10)


def cause_of(record: Any, actor: Actor, node: Node) -> dict[str, str] | None:
    """The record an entry comes from with its address, when it has a page and the actor may see it here; else None."""
    entity = registry().entities.get(record.entity)
    if entity is None or record.record_id is None:
        return None
    try:
        fetch(entity, record.record_id, "view", node, actor)
    except Problem:
        return None
    return {"label": str(entity.label), "url": f"/d/{node.code}/{entity.plugin}/{entity.name}/{record.record_id}"}

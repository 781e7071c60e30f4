"""What the day adds to pages of records: the register on a reception's page, the way back from a line and from an opinion."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Node, Panel, Problem, class_label, engine, fetch, format_day, registry
from grid321.core.api import gettext as _

from . import day_close, register, voter_rating
from .activity_models import Activity
from .day_choices import KINDS, OPINION, PLUGIN, RESULTS, SUBJECTS, VISIT, P
from .day_models import Opinion, Visit
from .day_roles import DESK
from .deputy_models import Deputy
from .opinion_workflow import RATED_FROM
from .reception_models import Reception
from .station_models import Station

SHOWN = 20
"""Lines of a register on a reception's page."""


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels for a slot, or None when this area has nothing to add there."""
    if entity is None or record is None:
        return None
    if entity.key == day_close.RECEPTION and slot == "detail.main" and actor.may_on(f"{VISIT}.view", record):
        return [register_panel(record, actor, node)]
    if entity.key == VISIT and slot == "detail.aside":
        return [line_panel(record, actor, node)]
    if entity.key == OPINION and slot == "detail.aside":
        return [panel for panel in (heard_panel(record, actor, node), rate_panel(record, actor, node)) if panel is not None]
    return None


def register_panel(reception: Any, actor: Actor, node: Node) -> Panel:
    """Who came on a day, what became of it, and the way to its desk."""
    here = f"/d/{node.code}/{PLUGIN}"
    lines, count = register.lines(reception.id)[:SHOWN], register.totals(reception.id)
    cases = {case.id: case for case in Opinion.select().where(
        Opinion.id.in_([one.opinion_id for one in lines if one.opinion_id] or [0]))}
    runs = reception.state in day_close.OPEN and actor.may_on(DESK, reception)
    return Panel(_("Register of the day"), "liaison_station/register_panel.html", {
        "count": count, "rows": [_line(one, cases.get(one.opinion_id), here) for one in lines],
        "more_url": f"{here}/visit/?reception={reception.id}" if count["lines"] > len(lines) else "",
        "desk_url": f"{here}/day/{reception.id}" if runs else ""}, order=12)


def _line(one: Visit, case: Opinion | None, here: str) -> dict[str, Any]:
    state = engine.workflow_for(registry().entity(OPINION), case).state(case.state) if case is not None else None
    return {"text": one.text or _("(nothing written yet)"), "kind": str(dict(KINDS)[one.kind]), "persons": one.persons,
            "url": f"{here}/opinion/{case.id}" if case is not None else f"{here}/visit/{one.id}",
            "state": str(state.label if state is not None else dict(RESULTS)[one.result]),
            "tone": "warn" if one.result == "draft" else (state.tone or "info") if state is not None else "ok",
            "subject": class_label(SUBJECTS.key, one.subject, one.division_id) if one.subject else "",
            "number": case.number if case is not None else ""}


def line_panel(visit: Any, actor: Actor, node: Node) -> Panel:
    """To which day a line belongs, and what it became."""
    facts = _of_day(visit.reception_id, actor, node)
    case = Opinion.get_or_none(Opinion.id == visit.opinion_id) if visit.opinion_id else None
    if case is not None:
        state = engine.workflow_for(registry().entity(OPINION), case).state(case.state)
        facts.append((_("Opinion it became"), f"{case.number} · {state.label}", _address(OPINION, case.id, actor, node)))
    return Panel(_("Where it belongs"), "liaison_station/ways_panel.html", {"facts": facts}, order=6)


def heard_panel(case: Any, actor: Actor, node: Node) -> Panel | None:
    """Where an opinion was heard: station, day and line of the register or activity, and the deputy."""
    facts: list[tuple[str, str, str]] = []
    station = Station.get_or_none(Station.id == case.station_id) if case.station_id else None
    if station is not None:
        facts.append((_("Station"), station.name, _address(f"{P}station", station.id, actor, node)))
    deputy = Deputy.get_or_none(Deputy.id == case.deputy_id) if case.deputy_id else None
    if deputy is not None:
        facts.append((_("Deputy who heard it"), deputy.name, _address(f"{P}deputy", deputy.id, actor, node)))
    visit = Visit.get_or_none(Visit.id == case.visit_id) if case.visit_id else None
    if visit is not None:
        facts += [*_of_day(visit.reception_id, actor, node),
                  (_("Line of the register"), format_day(visit.came_on), _address(VISIT, visit.id, actor, node))]
        if visit.heard_by:
            facts.append((_("Leader who heard it"), visit.heard_by, ""))
    activity = Activity.get_or_none(Activity.id == case.activity_id) if case.activity_id else None
    if activity is not None:
        facts.append((_("Activity"), activity.title, _address(f"{P}activity", activity.id, actor, node)))
    return Panel(_("Where it was heard"), "liaison_station/ways_panel.html", {"facts": facts}, order=6) if facts else None


def rate_panel(case: Any, actor: Actor, node: Node) -> Panel | None:
    """Beside an opinion that was answered: the link by which the voter rates it, on the screen or on a letter."""
    if case.state not in RATED_FROM or not case.wants_answer or not actor.may_on(voter_rating.GIVE, case):
        return None
    return Panel(_("Let the voter rate the answer"), "liaison_station/rate_panel.html", {
        "url": f"/d/{node.code}/{PLUGIN}/opinion/{case.id}/rate-link"}, order=8)


def _of_day(reception_id: int | None, actor: Actor, node: Node) -> list[tuple[str, str, str]]:
    found = Reception.get_or_none(Reception.id == reception_id) if reception_id else None
    if found is None:
        return []
    url = _address(day_close.RECEPTION, found.id, actor, node)
    return [(_("Reception day"), f"{format_day(found.day)} · {found.number}", url)]


def _address(key: str, record_id: int, actor: Actor, node: Node) -> str:
    """The page of a record where the actor may see it from here; empty otherwise."""
    entity = registry().entity(key)
    try:
        fetch(entity, record_id, "view", node, actor)
    except Problem:
        return ""
    return f"/d/{node.code}/{PLUGIN}/{key.partition('.')[2]}/{record_id}"

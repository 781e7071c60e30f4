"""What an activity’s page shows beside its fields: what its kind demands, who was there, results, opinions that followed."""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from grid321.core.api import Actor, Node, Panel, class_label, format_day, local_day, registry, scoped, tree
from grid321.core.api import gettext as _

from . import attendance
from .activity_choices import RESULTS
from .activity_models import Result, Theme
from .activity_roles import RUN
from .activity_rules import DONE, fulfilled
from .day_models import Opinion
from .station_fields import yuan

P = "liaison_station."
MOST = 40


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels for a slot, or None when this area has nothing to add there."""
    if entity is None or record is None or entity.key != f"{P}activity":
        return None
    if slot == "detail.main":
        return [people_panel(record, actor, node), *results_panel(record, actor, node), *opinions_panel(record, actor, node)]
    if slot == "detail.aside":
        return demands_panel(record)
    return None


def people_panel(activity: Any, actor: Actor, node: Node) -> Panel:
    """The figures of the list, and its buttons for who runs the activity. One query."""
    figures = attendance.figures([activity.id]).get(activity.id, attendance.Figures())
    here = f"/d/{node.code}/liaison_station/activity/{activity.id}"
    runs, open_ = actor.may_on(RUN, activity), activity.state in attendance.OPEN
    return Panel(_("Who is invited and was there"), "liaison_station/activity_people_panel.html", {
        "figures": figures, "voters": activity.voters, "held": activity.state in DONE,
        "list_url": f"{here}/people" if runs else "", "invite_url": f"{here}/invite" if runs and open_ else "",
        "guest_url": f"{here}/guest" if runs and open_ else "",
        "code_url": f"{here}/code" if runs and open_ and activity.day == local_day() else ""}, order=10)


def results_panel(activity: Any, actor: Actor, node: Node) -> list[Panel]:
    """What came out of it, with money and quantities. One query."""
    entity = registry().entity(f"{P}result")
    if activity.state not in DONE or not actor.may_within(entity.permission("view"), node):
        return []
    found = scoped(Result.select().where(Result.activity_id == activity.id), entity, "view", node, actor)
    rows = [{"title": row.title, "kind": class_label(RESULTS.key, row.kind, row.division_id),
             "money": yuan(row.fen), "quantity": f"{row.quantity} {row.unit}".strip(), "day": format_day(row.day),
             "url": f"/d/{node.code}/liaison_station/result/{row.id}"} for row in found.order_by(Result.id).limit(MOST)]
    return [Panel(_("Results"), "liaison_station/activity_results.html", {
        "rows": rows, "new_url": _new("result", activity, actor)}, order=20)]


def opinions_panel(activity: Any, actor: Actor, node: Node) -> list[Panel]:
    """The opinions that residents gave there, each with its state. One query."""
    entity = registry().entities.get(f"{P}opinion")
    flow = registry().workflow_of(f"{P}opinion") if entity is not None else None
    if entity is None or flow is None or not actor.may_within(entity.permission("view"), node):
        return []
    found = list(scoped(Opinion.select().where(Opinion.activity_id == activity.id), entity, "view", node, actor)
                 .order_by(Opinion.id).limit(MOST))
    rows = [{"title": row.title, "number": row.number, "state": str(state.label), "tone": state.tone,
             "url": f"/d/{node.code}/liaison_station/opinion/{row.id}"} for row in found for state in [flow.state(row.state)]]
    may = activity.state in DONE and actor.may_on(f"{P}opinion.create", activity) and actor.may_on(RUN, activity)
    new_url = f"/d/{node.code}/liaison_station/activity/{activity.id}/said" if may else ""
    if not rows and not new_url:
        return []
    return [Panel(_("What residents said there"), "liaison_station/activity_opinions.html", {"rows": rows, "new_url": new_url},
                  order=30)]


def demands_panel(activity: Any) -> list[Panel]:
    """What the kind of the activity demands and whether it is there; the theme of the quarter. At most two queries."""
    rows = [{"text": words, "there": there} for _key, words, there in fulfilled(activity)]
    theme = Theme.get_or_none(Theme.id == activity.theme_id) if activity.theme_id else None
    if not rows and theme is None:
        return []
    return [Panel(_("What this kind of activity needs"), "liaison_station/activity_demands.html", {
        "rows": rows, "theme": theme.title if theme is not None else ""}, order=5)]


def _new(name: str, activity: Any, actor: Actor) -> str:
    """The address of a new record about an activity where the actor may make one, else empty."""
    place = tree().get(activity.division_id)
    if place is None or not actor.may_on(f"{P}{name}.create", activity):
        return ""
    return f"/d/{place.code}/liaison_station/{name}/new?{urlencode({'activity': activity.id})}"

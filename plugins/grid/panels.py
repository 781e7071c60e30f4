"""What the plugin adds to pages of the core: the people of a grid, one's own reports, the tiers."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Node, Panel, format_day, people, tree
from grid321.core.api import gettext as _

from .grids import tier_figures
from .models import Report
from .roles import GRID_POSTS, POSTS
from .workflow import HANDLING

OPEN = tuple(state.key for state in HANDLING.states if not state.final)
LABELS = {post.key: post.label for post in POSTS}


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels for a slot, or None when the plugin has nothing to add there."""
    if slot == "detail.aside" and entity is not None and entity.key == "grid.grid":
        return [people_panel(record, actor, node)]
    if slot == "today" and actor.may_within("grid.report.create", node):
        return [reporter_panel(actor, node)]
    if slot == "statistics" and actor.may_within("grid.grid.view", node):
        figures = tier_figures(node)
        return [Panel(_("Tiers of grids"), "grid/tiers_panel.html", {
            "figures": figures, "url": f"/d/{node.code}/grid/tiers"}, order=60)] if figures else None
    return None


def people_panel(record: Any, actor: Actor, node: Node) -> Panel:
    """Who holds which post on a grid, with the buttons to appoint, end and retire for those who may."""
    place = tree().get(record.division_id)
    posts = [post for post in people.posts_at(place) if post.kind in GRID_POSTS] if place is not None else []
    names = {person.id: person.name for person in people.Person.select(people.Person.id, people.Person.name).where(
        people.Person.id.in_([post.person_id for post in posts] or [0]))}
    here = f"/d/{node.code}/grid/grid/{record.id}"
    living = place if place is not None and place.valid else None
    may_appoint = living is not None and actor.may("grid.appoint", living)
    posts.sort(key=lambda post: (GRID_POSTS.index(post.kind), names.get(post.person_id, "")))
    rows = [{"post": str(LABELS[post.kind]), "name": names.get(post.person_id, ""), "since": format_day(post.from_day),
             "end_url": f"{here}/posts/{post.id}/end" if may_appoint else ""} for post in posts]
    return Panel(_("People of this grid"), "grid/people_panel.html", {
        "rows": rows, "appoint_url": f"{here}/appoint" if may_appoint else "",
        "retire_url": f"{here}/retire" if living is not None and actor.may("grid.grid.edit", living) else "",
        "reports_url": f"/d/{place.code}/grid/report/" if place is not None else ""}, order=10)


def reporter_panel(actor: Actor, node: Node) -> Panel:
    """Own reports: how many are open, how many wait for one's rating; and the button to report."""
    mine = Report.reporter_id == (actor.account_id or 0)
    waiting = Report.select().where(mine & (Report.state == "answered")).count()
    still_open = Report.select().where(mine & Report.state.in_(OPEN)).count()
    base = f"/d/{node.code}/grid/report/"
    states = "".join(f"&state={state}" for state in OPEN)
    return Panel(_("My reports"), "grid/mine_panel.html", {
        "waiting": waiting, "open": still_open, "quick_url": f"/d/{node.code}/grid/quick",
        "mine_url": f"{base}?reporter=me{states}", "rate_url": f"{base}?reporter=me&state=answered"}, order=5)

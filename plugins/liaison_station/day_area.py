"""The reception day: who came, what was said, opinions of voters from the register to their rating."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Api, Link, Node, attachments, guarded, inside
from grid321.core.api import lazy_gettext as _

from . import day_close, day_demo, day_desk, day_panels, opinion_workflow, voter_letter, voter_rating, voter_tell
from .day_choices import CLASSES, OPINION, PLUGIN, SETTINGS
from .day_entities import ENTITIES
from .day_models import Opinion
from .day_roles import DESK, GRANTS, PERMISSIONS, POSTS, ROLES, SEE_ALL

__all__ = ["CLASSES", "DOCUMENTS", "ENTITIES", "GRANTS", "JOBS", "LINKS", "PERMISSIONS", "POSTS", "ROLES", "SETTINGS",
           "WORKFLOWS"]

WORKFLOWS = (*opinion_workflow.WORKFLOWS, *day_close.WORKFLOWS)
LINKS = (Link(f"{PLUGIN}.days", _("Run a reception day"), "calendar-check", DESK, "main", first=True),
         Link(f"{PLUGIN}.days", _("Run a reception day"), "calendar-check", DESK, "quick"))


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees the opinions that he or she heard; who works with opinions sees all of the place."""
    if entity.key != OPINION or actor.system:
        return None
    return inside(Opinion, SEE_ALL, node, actor) | (Opinion.person_id == (actor.person_id or 0))


panels_for = day_panels.panels_for
changed = voter_tell.listen
demo = day_demo.demo
JOBS = (voter_tell.JOB,)
DOCUMENTS = voter_letter.DOCUMENTS


def register(blueprint: Any) -> None:
    """Add the desk of the day and the voter's rating."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN, **options), methods=methods or ("GET",))

    add("/day", "days", day_desk.days_page, DESK)
    add("/day/<rid:record_id>", "day", day_desk.desk_page, DESK)
    add("/day/<rid:record_id>/line", "day_line", day_desk.line_page, DESK, "POST", body=attachments.MAX_BODY)
    add("/day/<rid:record_id>/line/<rid:line_id>", "day_settle", day_desk.settle_page, DESK, "GET", "POST")
    add("/day/<rid:record_id>/duty", "day_duty", day_desk.tick_page, DESK, "POST")
    add("/day/<rid:record_id>/close", "day_close", day_desk.close_page, DESK, "POST")
    add("/opinion/<rid:record_id>/rate-link", "rate_link", voter_rating.link_page, voter_rating.GIVE, "POST")
    add("/rate/<token>", "rate", voter_rating.rate_page, "public", "GET", "POST")


def register_api(api: Api) -> None:
    """The same for programs."""
    api.operation("/opinion/<rid:record_id>/rate-link", voter_rating.link_operation, _("Make the voter’s link to rate an answer"),
                  voter_rating.GIVE, "POST", status="201")

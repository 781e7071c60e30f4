"""Receptions planned: recurrence, yearly plan, roster, postponement, calendars, reminders."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Api, Job, Link, Node, Standing, guarded, inside, json_schema
from grid321.core.api import lazy_gettext as _

from . import deputy_life, feeds, placement_write, plan_free, plan_make, plan_pages, reminders
from .plan_choices import DUTY, PLUGIN, SETTINGS, WISH, P
from .plan_demo import demo
from .plan_entities import ENTITIES
from .plan_flow import WORKFLOWS
from .plan_roles import ALL_WISHES, GRANTS, MAKE, PERMISSIONS, ROLES
from .plan_schemas import Year
from .reception_models import Wish

__all__ = ["ENTITIES", "GRANTS", "JOBS", "LINKS", "PERMISSIONS", "ROLES", "SETTINGS", "WORKFLOWS", "demo"]

JOBS = (
    Job(plan_make.JOB, _("Make yearly plans of receptions"), plan_make.run, MAKE),
    Standing(f"{P}remind", _("Remind of receptions"), reminders.run, every=600.0),
)
LINKS = (Link(f"{PLUGIN}.make_plans", _("Make yearly plans"), "calendar-check", MAKE, menu="more"),)
panels_for = plan_pages.panels_for
deputy_life.ON_STATUS.append(plan_free.status_changed)
placement_write.ON_PLACED.append(plan_free.placement_changed)


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees and changes the own wishes; who plans sees all of the place."""
    if entity.key != WISH or actor.system:
        return None
    return inside(Wish, ALL_WISHES, node, actor) | (Wish.person_id == (actor.person_id or 0))


def register(blueprint: Any) -> None:
    """Add the page that makes plans, and the calendars."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN, **options), methods=methods or ("GET",))

    add("/make-plans", "make_plans", plan_pages.make_page, MAKE, "GET", "POST")
    add("/at/<plate>/calendar.ics", "plate_calendar", feeds.station_feed, "public", stateless=True)
    add("/calendar/<token>.ics", "calendar", feeds.person_feed, "public", stateless=True)
    add("/my-calendar", "my_calendar", feeds.link_page, f"{DUTY}.view", "GET", "POST")


def register_api(api: Api) -> None:
    """The same by REST."""
    api.operation("/make-plans", plan_pages.make_operation, _("Make the plans of a year"), MAKE, "POST", status="202",
                  body=lambda: json_schema((Year,)))
    api.operation("/my-calendar", feeds.link_operation, _("Make the address of the own calendar"), f"{DUTY}.view", "POST",
                  status="201")

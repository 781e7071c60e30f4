"""Receptions planned: recurrence, yearly plan, roster, postponement, calendars, reminders."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Api, Job, Link, Node, Standing, guarded, inside, json_schema
from grid321.core.api import lazy_gettext as _

from . import (
    deputy_life,
    duty_pages,
    feeds,
    placement_write,
    plan_free,
    plan_gaps,
    plan_make,
    plan_pages,
    plan_post,
    plan_year_pages,
    reminders,
    rule_pages,
    station_checks,
)
from .menu_folds import RECEPTION_FOLD
from .plan_choices import DUTY, PLAN, PLUGIN, SCHEDULE, SETTINGS, SWAP, WISH, P
from .plan_demo import demo
from .plan_entities import ENTITIES
from .plan_flow import WORKFLOWS
from .plan_roles import ALL_WISHES, GRANTS, MAKE, OWN, PERMISSIONS, ROLES
from .plan_schemas import Year
from .reception_models import Swap, Wish

__all__ = ["ENTITIES", "GRANTS", "JOBS", "LINKS", "PERMISSIONS", "ROLES", "SETTINGS", "WORKFLOWS", "demo"]

JOBS = (
    Job(plan_make.JOB, _("Make yearly plans of receptions"), plan_make.run, MAKE),
    Job(plan_post.JOB, _("Post yearly plans"), plan_post.run, MAKE),
    Standing(f"{P}remind", _("Remind of receptions"), reminders.run, every=600.0),
)
LINKS = (
    Link(f"{PLUGIN}.plan_year", _("Yearly plans of the stations"), "calendar-check", MAKE, menu="more", fold=RECEPTION_FOLD),
    Link(f"{PLUGIN}.rule", _("Choose reception days"), "calendar-check", f"{SCHEDULE}.create", menu="more", fold=RECEPTION_FOLD),
    Link(f"{PLUGIN}.gaps", _("Gaps of the roster"), "people", f"{DUTY}.create", menu="more", fold=RECEPTION_FOLD),
    Link(f"{PLUGIN}.my_duties", _("My reception days"), "calendar-check", OWN),
)
LOGIN = "login"
"""Pages of one’s own: who is on duty, also where the own posts do not reach."""

panels_for = plan_pages.panels_for
deputy_life.ON_STATUS.append(plan_free.status_changed)
placement_write.ON_PLACED.append(plan_free.placement_changed)
station_checks.ON_ENDING.append(plan_free.still_to_come)


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees and changes the own wishes, and sees the own swaps; who plans sees all of the place."""
    own = actor.person_id or 0
    if entity.key == WISH and not actor.system:
        return inside(Wish, ALL_WISHES, node, actor) | (Wish.person_id == own)
    if entity.key == SWAP and not actor.system:
        return inside(Swap, ALL_WISHES, node, actor) | (Swap.person_id == own) | (Swap.other_person_id == own)
    return None


def register(blueprint: Any) -> None:
    """Add the page that makes plans, and the calendars."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN, **options), methods=methods or ("GET",))

    add("/plans", "plan_year", plan_year_pages.year_page, f"{PLAN}.view")
    add("/plans/post", "post_plans", plan_year_pages.post_page, MAKE, "POST")
    add("/rule", "rule", rule_pages.choose_page, f"{SCHEDULE}.create")
    add("/gaps", "gaps", plan_gaps.page, f"{DUTY}.view", "GET", "POST")
    add("/make-plans", "make_plans", plan_pages.make_page, MAKE, "GET", "POST")
    add("/at/<plate>/calendar.ics", "plate_calendar", feeds.station_feed, "public", stateless=True)
    add("/calendar/<token>.ics", "calendar", feeds.person_feed, "public", stateless=True)
    add("/my-calendar", "my_calendar", feeds.link_page, f"{DUTY}.view", "GET", "POST")
    add("/my-duties", "my_duties", duty_pages.my_page, LOGIN, "GET", "POST")
    add("/my-duties/answer", "swap_answer", duty_pages.answer_page, LOGIN, "POST")
    add("/my-duties/wish", "wish_taken_back", duty_pages.delete_wish_page, LOGIN, "POST")
    add("/duty/<rid:record_id>/swap", "swap", duty_pages.swap_page, LOGIN, "GET", "POST")


def register_api(api: Api) -> None:
    """The same by REST."""
    api.operation("/make-plans", plan_pages.make_operation, _("Make the plans of a year"), MAKE, "POST", status="202",
                  body=lambda: json_schema((Year,)))
    api.operation("/plans", plan_year_pages.year_operation, _("The plan of a year of every station"), f"{PLAN}.view", query={
        "year": ({"type": "integer"}, _("The year, the present one by default"))})
    api.operation("/plans/post", plan_year_pages.post_operation, _("Post the drafted plans of a year"), MAKE, "POST",
                  status="202", body=lambda: json_schema((Year,)))
    api.operation("/rule", rule_pages.choose_operation, _("The days of a rule before it is entered"), f"{SCHEDULE}.create",
                  query={name: ({"type": "string"}, label) for name, label in rule_pages.ASKED})
    api.operation("/gaps", plan_gaps.operation, _("Coming receptions that lack deputies"), f"{DUTY}.view")
    api.operation("/gaps", plan_gaps.fill_operation, _("Put a deputy on duty who steps in"), f"{DUTY}.create", "POST",
                  status="201", body=lambda: json_schema((plan_gaps.Fill,)))
    api.operation("/my-duties", duty_pages.my_operation, _("One’s own reception days and swaps"), f"{DUTY}.view")
    api.operation("/duty/<rid:record_id>/swap", duty_pages.swap_operation, _("Ask a deputy to take a duty"), f"{DUTY}.view",
                  "POST", status="201", body=lambda: json_schema((duty_pages.Question,)))
    for word, view, label in (("agree", duty_pages.agree_operation, _("Agree to a swap")),
                              ("refuse", duty_pages.refuse_operation, _("Refuse a swap")),
                              ("withdraw", duty_pages.withdraw_operation, _("Withdraw a swap"))):
        api.operation(f"/swap/<rid:record_id>/{word}", view, label, f"{DUTY}.view", "POST")
    api.operation("/my-calendar", feeds.link_operation, _("Make the address of the own calendar"), f"{DUTY}.view", "POST",
                  status="201")

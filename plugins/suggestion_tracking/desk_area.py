"""Desks and dashboards: the clerk's, the deputy's, the leader's."""
from __future__ import annotations

from typing import Any

from flask import Blueprint

from grid321.core.api import Api, Funnel, Link, Overdue, Role, Tally, guarded, json_answer
from grid321.core.api import lazy_gettext as _

from . import desk_clerk, desk_dashboard, desk_demo, desk_deputy

PLUGIN = "suggestion_tracking"
DESK, DASHBOARD, OWN = f"{PLUGIN}.desk", f"{PLUGIN}.dashboard", f"{PLUGIN}.deputy_page"

PERMISSIONS = (
    (DESK, _("See the clerk's desk of matters and suggestions")),
    (DASHBOARD, _("See the leader's dashboard of matters and suggestions")),
    (OWN, _("See one's own suggestions as a deputy")),
)

_OFFICERS = (("village_officer", _("Village officer for matters")),
             ("town_officer", _("Town officer for matters and suggestions")),
             ("county_officer", _("County officer for matters and suggestions")))
ROLES = (
    *(Role(f"{PLUGIN}.{name}", label, (DESK, DASHBOARD)) for name, label in _OFFICERS),
    Role(f"{PLUGIN}.unit_clerk", _("Clerk of a handling unit"), (DESK,), department=True),
    Role(f"{PLUGIN}.viewer", _("Reader of matters and suggestions"), (DASHBOARD,)),
)
GRANTS = {"core.deputy": (OWN,), "core.leader": (DASHBOARD,), "core.supervisor": (DASHBOARD,)}

LINKS = (
    Link(f"{PLUGIN}.deputy_page", _("My suggestions"), "person-badge", OWN, "main", first=True),
    Link(f"{PLUGIN}.desk", _("Clerk's desk"), "inbox", DESK, "main", first=True),
    Link(f"{PLUGIN}.dashboard", _("Leader's dashboard"), "funnel", DASHBOARD, "main", first=True),
)

SUGGESTION, TASK = f"{PLUGIN}.suggestion", f"{PLUGIN}.task"
MEASURES = (
    Funnel(f"{SUGGESTION}_funnel", _("Suggestions: every level's bank"), SUGGESTION),
    Overdue(f"{SUGGESTION}_overdue", _("Suggestions: overdue"), SUGGESTION,
            _("Open suggestions whose earliest running time limit has passed")),
    Overdue(f"{TASK}_overdue", _("Tasks of units: overdue"), TASK, _("Open tasks whose earliest running time limit has passed")),
    Tally(f"{SUGGESTION}_by_state", _("Suggestions by state"), SUGGESTION, "state", _("Number of suggestions in each state")),
    Tally(f"{SUGGESTION}_by_subject", _("Suggestions by subject"), SUGGESTION, "kind",
          _("Number of suggestions of each subject")),
    Tally(f"{SUGGESTION}_by_outcome", _("Suggestions by outcome"), SUGGESTION, "outcome",
          _("Number of answered suggestions of each outcome class"), _("Without suggestions that are not answered"),
          skip_empty=True),
)
"""Counts for the dashboard. Rates of suggestions, with their exclusions, belong to the evaluation."""

demo = desk_demo.demo


def register(blueprint: Blueprint) -> None:
    """Add the pages."""
    for rule, name, view, permission in (("/desk", "desk", desk_clerk.desk_page, DESK),
                                         ("/mine", "deputy_page", desk_deputy.page, OWN),
                                         ("/dashboard", "dashboard", desk_dashboard.page, DASHBOARD)):
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN,
                                                   reach="covers" if permission == DASHBOARD else "meets"))


def register_api(api: Api) -> None:
    """Add the same for programs."""
    api.operation("/desk", desk_api, _("What waits on the caller's desk"), DESK)
    api.operation("/mine", deputy_api, _("The caller's own suggestions as a deputy, and what waits for the deputy"), OWN)
    api.operation("/dashboard", dashboard_api, _("Figures of the leader's dashboard"), DASHBOARD, reach="covers")


def desk_api() -> Any:
    """The clerk's desk as JSON."""
    return json_answer(desk_clerk.desk_json())


def deputy_api() -> Any:
    """The deputy's page as JSON."""
    return json_answer(desk_deputy.as_json())


def dashboard_api() -> Any:
    """The dashboard as JSON."""
    return json_answer(desk_dashboard.as_json())

"""The year: rates, bad smells, appraisal of units, the ballot of deputies, good suggestions and units."""
from __future__ import annotations

from typing import Any

import click

from grid321.core.api import Event, Link, Standing, gettext, guarded
from grid321.core.api import lazy_gettext as _

from . import (
    evaluation_appraisal,
    evaluation_ballot,
    evaluation_chosen,
    evaluation_counts,
    evaluation_rate_pages,
    evaluation_smells,
)
from . import evaluation_pages as pages
from .evaluation_api import register_api
from .evaluation_demo import demo
from .evaluation_panels import panels_for
from .evaluation_roles import GRANTS, PERMISSIONS, ROLES, SETTINGS
from .life_models import Contact, Task

__all__ = ["COMMANDS", "ENTITIES", "GRANTS", "JOBS", "LINKS", "PERMISSIONS", "ROLES", "SETTINGS", "changed", "demo", "panels_for",
           "register", "register_api"]
P = "suggestion_tracking."
ENTITIES = (evaluation_counts.COUNTED, evaluation_smells.SMELL, *evaluation_appraisal.ENTITIES,
            evaluation_ballot.BALLOT, evaluation_chosen.CHOSEN)
LINKS = (Link("suggestion_tracking.rates", _("Rates of suggestions"), "bar-chart", f"{P}rates", "main"),)
SILENT = frozenset({"reminder", "create", "comment", "attach"})


@click.command("count-rates")
def count_rates() -> None:
    """Count the rates of suggestions anew, after records were loaded past the platform. Safe to be done again."""
    click.echo(gettext("%(count)s rows were counted anew.", count=evaluation_counts.rebuild()))


COMMANDS = (count_rates,)
JOBS = (
    Standing(f"{P}count_days", _("Count last days that are past"), evaluation_counts.sweep, every=3600.0),
    Standing(f"{P}look_for_dragged", _("Look for cases that stand still"), evaluation_smells.sweep, every=3600.0),
    Standing(f"{P}forget_replies", _("Forget the numbers of old replies"), evaluation_smells.forget, every=86400.0),
)


def changed(event: Event) -> None:
    """Count and judge anew what an event was about. Told twice, it changes nothing the second time."""
    if event.entity == f"{P}matter":
        if event.action not in SILENT:
            evaluation_smells.judge(event.entity, event.record_id)
    elif event.entity == f"{P}commitment":
        evaluation_counts.refresh_commitments([event.record_id])
    elif event.entity in {f"{P}suggestion", f"{P}task", f"{P}contact"} and event.action != "reminder":
        _suggestion(event)


def _suggestion(event: Event) -> None:
    if event.entity == f"{P}suggestion" and event.action == "create":
        return  # nothing was handed over yet; a session brings hundreds at once
    suggestion_id: int | None = event.record_id
    if event.entity != f"{P}suggestion":
        model = Task if event.entity == f"{P}task" else Contact
        row = model.select(model.suggestion_id).where(model.id == event.record_id).tuples().first()
        suggestion_id = row[0] if row else None
    if suggestion_id is not None:
        evaluation_counts.refresh([suggestion_id])
        evaluation_smells.judge(f"{P}suggestion", suggestion_id)


STEPS = (
    (evaluation_appraisal.APPRAISAL, f"{P}run_appraisal", "open", evaluation_appraisal.open_, _("Open the appraisal"),
     _("From now on points can be given. Items, year and legal basis stay as they are.")),
    (evaluation_appraisal.APPRAISAL, f"{P}run_appraisal", "fix", evaluation_appraisal.fix, _("Fix the result"),
     _("Points and places of every unit are fixed. This cannot be undone.")),
    (evaluation_appraisal.APPRAISAL, f"{P}run_appraisal", "publish", evaluation_appraisal.publish, _("Publish the result"),
     _("Everybody can read it from now on. This cannot be undone.")),
    (evaluation_ballot.BALLOT, f"{P}run_ballot", "open", evaluation_ballot.open_, _("Open the ballot"),
     _("The deputies of today may vote from now on. Nothing of the ballot can be changed any more.")),
    (evaluation_ballot.BALLOT, f"{P}run_ballot", "close", evaluation_ballot.close, _("Close the ballot"),
     _("No vote is taken any more, and links that were not used end. This cannot be undone.")),
    (evaluation_ballot.BALLOT, f"{P}run_ballot", "publish", evaluation_ballot.publish, _("Publish the count"),
     _("Everybody can read it from now on. This cannot be undone.")),
    (evaluation_chosen.CHOSEN, f"{P}publish_year", "publish", evaluation_chosen.publish, _("Publish"),
     _("Everybody can read it from now on. This cannot be undone.")),
)
"""Steps of the year: of what, for whom, the address, what is done, how it is called and what is said before."""


def register(blueprint: Any) -> None:
    """Add the pages."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin="suggestion_tracking", **options),
                               methods=methods or ("GET",))

    appraisal = evaluation_appraisal.APPRAISAL
    add("/rates", "rates", evaluation_rate_pages.page, f"{P}rates", reach="covers")
    add("/year", "year", pages.year_page, "public")
    add("/appraisal/<rid:record_id>/points", "points", pages.points_page, appraisal.permission("view"))
    for entity, permission, name, work, label, told in STEPS:
        add(f"/{entity.name}/<rid:record_id>/{name}", f"{entity.name}_{name}", pages.step(entity, permission, work, label, told),
            permission, "GET", "POST")
    add("/ballot/<rid:record_id>/paper", "ballot_paper", pages.paper_page, f"{P}run_ballot", "GET", "POST")
    add("/ballot/<rid:record_id>/links", "ballot_links", pages.links_page, f"{P}run_ballot", "GET", "POST")
    add("/ballot/<rid:record_id>/vote", "vote", pages.vote_page, f"{P}vote", "GET", "POST")
    add("/vote/<token>", "vote_link", pages.vote_link_page, "public", "GET", "POST")

"""Posting the drafted plans of a year for many stations: a job, plan after plan, that says of each refused one why."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Conflict, Node, Problem, engine, enqueue, ngettext, registry, require, transaction
from grid321.core.api import gettext as _

from .plan_choices import PLAN, P
from .plan_roles import MAKE
from .reception_models import Plan

JOB = f"{P}post_plans"


def ask(year: int, actor: Actor, node: Node) -> Any:
    """Ask for every drafted plan of a year below ``node`` to be posted; returns the job. Raises ``Conflict`` without any."""
    require(MAKE, node, actor)
    with transaction():
        if not drafted(node, year).exists():
            raise Conflict(_("There is nothing to post."), _("No plan of %(year)s is a draft here.", year=year),
                           _("Make the plans of the year first."), code="nothing")
        return enqueue(JOB, {"year": year}, actor, node, link=f"/d/{node.code}/liaison_station/plans?year={year}")


def drafted(node: Node, year: int) -> Any:
    """The query of drafted plans of a year at ``node`` and below."""
    return Plan.select().where((getattr(Plan, node.column) == node.id) & (Plan.year == year) & (Plan.state == "drafted"))


def run(context: Any, args: dict[str, Any]) -> dict[str, Any]:
    """The job: each plan is posted with its receptions, in a transaction of its own; one that is refused stops no other.

    A worker that takes the job up after another died goes on with the plan that was last begun.
    """
    year, node = int(args["year"]), context.node
    require(MAKE, node, context.actor)
    found = {"after": 0, "done": 0, **(context.cursor or {})}
    waiting = [row[0] for row in drafted(node, year).where(Plan.id > found["after"]).select(Plan.id).order_by(Plan.id).tuples()]
    total = found["done"] + len(waiting)
    context.progress(found["done"], total)
    for number, plan_id in enumerate(waiting, start=found["done"] + 1):
        with context.step(cursor={"after": plan_id, "done": number}, done=number):
            _post(plan_id, context.actor, node)
    refused = drafted(node, year).where(Plan.refused != "").count()
    return {"posted": total - refused, "refused": refused, "text": " ".join((
        ngettext("%(num)s plan was posted.", "%(num)s plans were posted.", total - refused),
        ngettext("%(num)s plan could not be posted.", "%(num)s plans could not be posted.", refused) if refused else "")).strip()}


def _post(plan_id: int, actor: Actor, node: Node) -> None:
    """Post one plan. Of a refused one nothing stays but the reason, in the plan."""
    try:
        with transaction():
            engine.perform(registry().entity(PLAN), plan_id, "post", {}, actor, None, node)
    except Problem as problem:
        lines = [str(line) for lines in problem.errors.values() for line in lines]
        why = " ".join(part for part in [str(problem.title), *(lines or [str(problem.detail)]), str(problem.remedy)] if part)
        Plan.update(refused=why[:300]).where(Plan.id == plan_id).execute()

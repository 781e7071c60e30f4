"""Pages of background jobs and undelivered events."""
from __future__ import annotations

from typing import Any

import peewee
from flask import Flask, g, redirect, render_template
from werkzeug.wrappers import Response

from . import db, job_house, jobs, outbox, snapshot
from .access import current_actor, guarded
from .errors import NotFound
from .i18n import format_time
from .i18n import gettext as _
from .registry import registry
from .transfer_pages import progress_fragment, run_of
from .tree import Node
from .views import RecordId

VIEW, EDIT = "core.job.view", "core.job.edit"
PAGE = 50


def register(app: Flask) -> None:
    """Add /d/<code>/core/jobs… and /health."""
    app.url_map.converters.setdefault("rid", RecordId)
    routes: tuple[tuple[str, str, Any, str, str, tuple[str, ...]], ...] = (
        ("/d/<code>/core/jobs", "jobs", jobs_page, "login", "meets", ("GET",)),
        ("/d/<code>/core/jobs/<rid:run_id>", "job", job_page, "login", "meets", ("GET",)),
        ("/d/<code>/core/jobs/<rid:run_id>/retry", "job_retry", retry, "login", "meets", ("POST",)),
        ("/d/<code>/core/jobs/<rid:run_id>/cancel", "job_cancel", cancel, "login", "meets", ("POST",)),
        ("/d/<code>/core/events/<rid:row_id>/again", "event_again", send_again, EDIT, "covers", ("POST",)),
    )
    for rule, name, view, permission, reach, methods in routes:
        app.add_url_rule(rule, f"core:{name}", guarded(view, permission, reach=reach), methods=list(methods))
    app.add_url_rule("/health", "core:health", guarded(health, "public"))


def health() -> tuple[dict[str, str], int]:
    """Whether this process can reach its database: 200 or 503, for whoever watches the site."""
    try:
        db.database.execute_sql("SELECT 1").fetchone()
    except peewee.PeeweeException:
        return {"status": "database unreachable"}, 503
    return {"status": "ok"}, 200


# ---------------------------------------------------------------- jobs

def jobs_page() -> str:
    """One's own jobs, and with the permission all jobs at the division and below, with undelivered events."""
    actor, node = current_actor(), g.node
    manages = actor.may(VIEW, node)
    may_edit = actor.may(EDIT, node)
    tables = [_open(visible(node, jobs.QUEUED, jobs.RUNNING), node),
              _failed(visible(node, jobs.FAILED), node, may_edit)]
    if manages:
        tables += [_undelivered(node, may_edit), job_house.waiting(node), job_house.at_work()]
    tables.append(_over(visible(node, jobs.DONE, jobs.CANCELLED), node))
    if manages:
        tables.append(job_house.house())
    warning = job_house.warning(actor, node)
    return render_template("jobs.html", title=_("Background jobs"), tables=tables,
                           notices=[("warn", warning)] if warning else [],
                           crumbs=[(node.name, f"/d/{node.code}/"), (_("Background jobs"), "")])


def visible(node: Node, *states: str) -> list[jobs.JobRun]:
    """The newest jobs in these states: one's own, or with the permission all at the division and below."""
    query = jobs.JobRun.select().where(jobs.JobRun.state.in_(states)).order_by(jobs.JobRun.id.desc()).limit(PAGE)
    if not current_actor().may(VIEW, node):
        return list(query.where(jobs.JobRun.account_id == current_actor().account_id))
    tree = snapshot.current().tree
    if tree.covers_all(node):
        return list(query)
    below = [place.id for place in tree.subtree(node)]
    found: list[jobs.JobRun] = []
    for start in range(0, len(below), 500):
        found += list(query.where(jobs.JobRun.division_id.in_(below[start:start + 500])))
    return sorted(found, key=lambda run: run.id, reverse=True)[:PAGE]


def _row(run: jobs.JobRun, node: Node, *cells: dict[str, Any], **more: Any) -> dict[str, Any]:
    place = snapshot.current().tree.get(run.division_id) if run.division_id else None
    return {"url": f"/d/{node.code}/core/jobs/{run.id}", **more,
            "cells": [{"text": jobs.label(run.key)}, {"text": place.name if place else ""}, *cells]}


def _state(run: jobs.JobRun) -> dict[str, Any]:
    label, tone = jobs.STATES[run.state]
    return {"text": str(label), "tone": tone}


def _open(runs: list[jobs.JobRun], node: Node) -> dict[str, Any]:
    """Waiting and running jobs with their progress."""
    rows = [_row(run, node, {"text": format_time(run.created_at)}, _state(run), {"text": (
        f"{run.percent} % ({run.done} / {run.total})" if run.total else "")}) for run in runs]
    return {"title": _("Waiting and running"), "caption": _("Jobs that wait or run"), "rows": rows,
            "empty": _("Nothing waits and nothing is running."),
            "columns": [{"label": text} for text in (_("Job"), _("Where"), _("Asked"), _("State"), _("Progress"))]}


def _failed(runs: list[jobs.JobRun], node: Node, may_edit: bool) -> dict[str, Any]:
    """Failed jobs with the reason; whoever may can start them again here."""
    own = current_actor().account_id
    rows = [_row(run, node, {"text": format_time(run.finished_at)}, {"text": run.error.partition("\n")[0]}, actions=[
        {"label": _("Start it again"), "post": True, "url": f"/d/{node.code}/core/jobs/{run.id}/retry"}]
        if may_edit or run.account_id == own else []) for run in runs]
    return {"title": _("Failed"), "caption": _("Jobs that failed"), "rows": rows, "has_actions": True,
            "empty": _("No job has failed."),
            "columns": [{"label": text} for text in (_("Job"), _("Where"), _("Failed at"), _("Reason"))]}


def _over(runs: list[jobs.JobRun], node: Node) -> dict[str, Any]:
    rows = [_row(run, node, {"text": format_time(run.created_at)}, {"text": format_time(run.finished_at)}, _state(run))
            for run in runs]
    return {"title": _("Finished jobs"), "caption": _("Jobs that are finished or were cancelled"), "rows": rows,
            "empty": _("There are none yet."),
            "columns": [{"label": text} for text in (_("Job"), _("Where"), _("Asked"), _("Ended"), _("State"))]}


def _undelivered(node: Node, may_edit: bool) -> dict[str, Any]:
    tree = snapshot.current().tree
    rows = []
    for row in outbox.dead():
        place = tree.get(row.division_id) if row.division_id else None
        if place is not None and not tree.covers(node, place):
            continue
        entity = registry().entities.get(row.entity)
        rows.append({"cells": [{"text": str(row.id)}, {"text": str(entity.label) if entity else row.entity},
                               {"text": format_time(row.at)}, {"text": row.error}],
                     "actions": [{"label": _("Send again"), "post": True,
                                  "url": f"/d/{node.code}/core/events/{row.id}/again"}] if may_edit else []})
    return {"title": _("Undelivered events"), "caption": _("Events that a plugin did not take"), "rows": rows,
            "has_actions": may_edit, "empty": _("Every event was delivered."),
            "columns": [{"label": text} for text in (_("Number"), _("About"), _("When"), _("Plugin and error"))]}


def job_for(run_id: int, permission: str) -> jobs.JobRun:
    """A job of one's own, or one at a division where the actor holds ``permission``. Raises ``NotFound``."""
    actor, tree = current_actor(), snapshot.current().tree
    run = jobs.JobRun.get_or_none(jobs.JobRun.id == run_id)
    place = tree.get(run.division_id) if run is not None and run.division_id else None
    if run is not None and tree.covers(g.node, place or g.node):
        own = run.account_id is not None and run.account_id == actor.account_id
        if own or (actor.may(permission, place) if place is not None else actor.may(permission, g.node)):
            return run
    raise NotFound(_("There is no such job."), remedy=_("Choose one from the list of background jobs."))


def job_page(run_id: int) -> Any:
    """One job: progress, error, result; may be started again or cancelled."""
    run = job_for(run_id, VIEW)
    here = f"/d/{g.node.code}/core/jobs/{run.id}"
    context: dict[str, Any] = {
        "title": jobs.label(run.key), "run": run_of(run.id), "here": here, "running": not run.over,
        "asked_at": format_time(run.created_at), "finished_at": format_time(run.finished_at), "attempts": run.attempts,
        "link": run.link if run.link and run.link != here else "", "may_retry": run.state in (jobs.FAILED, jobs.CANCELLED),
        "may_cancel": not run.over,
        "crumbs": [(g.node.name, f"/d/{g.node.code}/"), (_("Background jobs"), f"/d/{g.node.code}/core/jobs"),
                   (jobs.label(run.key), "")]}
    return progress_fragment(context) or render_template("job.html", **context)


def retry(run_id: int) -> Response:
    """Start a failed job again; it goes on where it stopped."""
    jobs.retry(job_for(run_id, EDIT).id)
    return redirect(f"/d/{g.node.code}/core/jobs/{run_id}", 303)


def cancel(run_id: int) -> Response:
    """Stop a job after its present step."""
    jobs.cancel(job_for(run_id, EDIT).id)
    return redirect(f"/d/{g.node.code}/core/jobs/{run_id}", 303)


def send_again(row_id: int) -> Response:
    """Give an undelivered event another round. Only for events at the division and below."""
    row = outbox.OutboxRow.get_or_none(outbox.OutboxRow.id == row_id)
    tree = snapshot.current().tree
    place = tree.get(row.division_id) if row is not None and row.division_id else None
    if row is None or not tree.covers(g.node, place or g.node):
        raise NotFound(_("There is no such event."))
    outbox.send_again(row_id)
    return redirect(f"/d/{g.node.code}/core/jobs", 303)

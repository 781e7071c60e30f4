"""Background jobs and the workers over REST: list, progress, start again, cancel, who is at work."""
from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, g, request

from . import jobs, snapshot, workers
from .access import guarded
from .errors import BadRequest
from .i18n import gettext as _
from .job_pages import EDIT, VIEW, job_for, visible
from .rest import answer, no_parameters
from .views import RecordId
from .worker import standing, tasks

BASE = "/api/v1/d/<code>/core"


def register(app: Flask) -> None:
    """Add /api/v1/d/<code>/core/jobs… and /workers."""
    app.url_map.converters.setdefault("rid", RecordId)
    for rule, name, view, permission, method in (
            ("/jobs", "api_jobs", get_jobs, "login", "GET"), ("/jobs/<rid:run_id>", "api_job", get_job, "login", "GET"),
            ("/jobs/<rid:run_id>/retry", "api_job_retry", post_retry, "login", "POST"),
            ("/jobs/<rid:run_id>/cancel", "api_job_cancel", post_cancel, "login", "POST"),
            ("/workers", "api_workers", get_workers, VIEW, "GET")):
        reach = "meets" if permission == "login" else "covers"
        app.add_url_rule(BASE + rule, f"core:{name}", guarded(view, permission, reach=reach), methods=[method])


def _moment(value: Any) -> str | None:
    return value.isoformat(timespec="milliseconds") + "Z" if value is not None else None


def job_json(run: jobs.JobRun) -> dict[str, Any]:
    """A job as the API shows it: nothing of its arguments."""
    place = snapshot.current().tree.get(run.division_id) if run.division_id else None
    return {"id": run.id, "key": run.key, "label": jobs.label(run.key), "state": run.state, "done": run.done,
            "total": run.total, "percent": run.percent, "error": run.error, "division": place.code if place else None,
            "page": run.link, "asked_at": _moment(run.created_at), "started_at": _moment(run.started_at),
            "finished_at": _moment(run.finished_at)}


def get_jobs() -> Response:
    """The newest jobs: one's own, or with the permission all at the division and below; perhaps of one state only."""
    for name in request.args:
        if name != "state":
            raise BadRequest(_("The address contains an unknown parameter."), name[:80], code="bad_parameter")
    state = request.args.get("state")
    if state is not None and state not in jobs.STATES:
        raise BadRequest(_("The request cannot be read."), "state", ", ".join(jobs.STATES), code="bad_parameter")
    return answer({"items": [job_json(run) for run in visible(g.node, *([state] if state else jobs.STATES))]})


def get_job(run_id: int) -> Response:
    """One job with its progress."""
    no_parameters()
    return answer(job_json(job_for(run_id, VIEW)))


def post_retry(run_id: int) -> Response:
    """Start a failed or cancelled job again; it goes on where it stopped."""
    no_parameters()
    jobs.retry(job_for(run_id, EDIT).id)
    return answer(job_json(jobs.JobRun.get_by_id(run_id)), 202)


def post_cancel(run_id: int) -> Response:
    """Stop a job after its present step."""
    no_parameters()
    jobs.cancel(job_for(run_id, EDIT).id)
    return answer(job_json(jobs.JobRun.get_by_id(run_id)))


def get_workers() -> Response:
    """Who is at work, what waits, and the standing tasks with their last run and failure."""
    no_parameters()
    known = workers.house()
    waiting = {"jobs": workers.waiting_jobs(), "events": workers.waiting_events(), "messages": workers.waiting_messages()}
    return answer({
        "workers": [{"host": row.host, "pid": row.pid, "threads": row.threads, "started_at": _moment(row.started_at),
                     "seen_at": _moment(row.seen_at)} for row in workers.alive()],
        "waiting": {name: {"count": count, "oldest": _moment(oldest)} for name, (count, oldest) in waiting.items()},
        "tasks": [{"key": task.name, "label": str(task.label) or task.name,
                   **known.get(task.name, {"ran": None, "failed": None, "error": "", "failures": 0})}
                  for task in [*tasks(), *standing(current_app)]]})

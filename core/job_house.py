"""What administrators see of the workers: who is at work, what waits and since when, how the tasks of the house stand."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app

from . import jobs, notify_rows, outbox, workers
from .i18n import format_time
from .i18n import gettext as _
from .tree import Node
from .worker import standing, tasks

VIEW = "core.job.view"


def warning(actor: Any, node: Node) -> str:
    """What those who look after background jobs are told when nobody has been at work for a minute, else an empty text."""
    if not actor.may(VIEW, node):
        return ""
    since = workers.nobody_since()
    if since is None:
        return ""
    return _("Since %(time)s no worker is running: imports, exports, messages and deadlines stand still. Nothing is lost. "
             "Start “grid321 worker” on the server, or tell whoever looks after it.", time=format_time(since))


def waiting(node: Node) -> dict[str, Any]:
    """Jobs, events and messages: how many wait, since when the oldest does, how many were given up. For ``parts/cells.html``."""
    base = f"/d/{node.code}/core"
    rows = []
    for label, (count, oldest), given_up, url in (
            (_("Background jobs"), workers.waiting_jobs(), workers.count(jobs.JobRun, jobs.FAILED), f"{base}/jobs"),
            (_("Events for plugins"), workers.waiting_events(), workers.count(outbox.OutboxRow, outbox.DEAD), f"{base}/jobs"),
            (_("Messages"), workers.waiting_messages(), workers.count(notify_rows.Delivery, notify_rows.DEAD),
             f"{base}/deliveries")):
        rows.append({"cells": [{"text": label}, {"text": count}, {"text": format_time(oldest) if oldest else ""},
                               {"text": given_up, "url": url if given_up else None}]})
    return {"title": _("What waits"), "caption": _("What waits for a worker"), "rows": rows, "columns": [
        {"label": _("What")}, {"label": _("Waiting"), "figure": True}, {"label": _("Oldest since")},
        {"label": _("Failed"), "figure": True}]}


def at_work() -> dict[str, Any]:
    """The workers that are alive and what each works on."""
    busy: dict[int, list[str]] = {}
    for run in jobs.JobRun.select().where(jobs.JobRun.state == jobs.RUNNING):
        busy.setdefault(run.worker_id or 0, []).append(f"{jobs.label(run.key)} ({run.percent} %)")
    rows = [{"cells": [{"text": row.host}, {"text": row.pid}, {"text": format_time(row.started_at)},
                       {"text": format_time(row.seen_at)}, {"text": ", ".join(busy.get(row.id, ())) or _("nothing")}]}
            for row in workers.alive()]
    return {"title": _("Workers"), "caption": _("Workers that are at work"), "rows": rows,
            "empty": _("No worker is running. Start “grid321 worker” on the server."),
            "columns": [{"label": text} for text in (_("Server"), _("Process"), _("Since"), _("Last seen"), _("Works on"))]}


def house() -> dict[str, Any]:
    """Every task of the house with its last run and its last failure."""
    known = workers.house()
    rows = []
    for task in [*tasks(), *standing(current_app)]:
        state = known.get(task.name, {"ran": None, "failed": None, "error": "", "failures": 0})
        word, tone = (_("in order"), "ok") if state["ran"] else (_("never ran"), "muted")
        if state["failures"]:
            word, tone = _("fails"), "bad"
        failed = f"{_moment(state['failed'])} {state['error']}" if state["failed"] else ""
        rows.append({"cells": [{"text": str(task.label) or task.name}, {"text": word, "tone": tone},
                               {"text": _moment(state["ran"])}, {"text": failed}]})
    return {"title": _("What the workers do all the time"), "caption": _("Standing tasks"), "rows": rows,
            "columns": [{"label": text} for text in (_("Task"), _("State"), _("Last run"), _("Last failure"))]}


def _moment(text: str | None) -> str:
    return format_time(datetime.fromisoformat(text)) if text else ""

"""Months that close by themselves: where a county set the day, the worker asks for the job, which closes the whole county."""
from __future__ import annotations

from typing import Any

from . import db, jobs, months, snapshot
from .actor import SYSTEM
from .entity import Job
from .i18n import lazy_gettext as _l
from .month_check import before_month
from .month_rows import MonthClose
from .tree import Node

KEY = "core.month_close"


def run(context: Any, args: dict[str, Any]) -> None:
    """Close a county's month with everything below it; done already means done. A month that does not balance fails the job.

    What is against it stands in the job's error, and on the month's page.
    """
    node = snapshot.current().tree.get(args["division"])
    if node is None or _closed(node, args["month"]):
        return
    with context.step(None):
        months.close(node, args["month"], SYSTEM, below=True)


def _closed(node: Node, month: str) -> bool:
    return bool(MonthClose.select().where((MonthClose.division_id == node.id) & (MonthClose.month == month)).exists())


def sweep() -> int:
    """Ask for the close of last month in every county whose day has come, once for each county and month; returns how many."""
    now, today = snapshot.current(), db.local_day()
    month = before_month(f"{today.year:04d}-{today.month:02d}")
    asked = 0
    for node in now.tree:
        if node.level != "county" or not node.valid:
            continue
        day = int(now.settings.get("core.month_close_day", node))
        if not 0 < day <= today.day or _closed(node, month) or months.next_to_close(node) not in {None, month}:
            continue
        if not months.waiting_below(node, month) and months.next_to_close(node) is None:
            continue
        with db.transaction():
            link = f"/d/{node.code}/core/month/{month}"
            if not jobs.JobRun.select().where((jobs.JobRun.key == KEY) & (jobs.JobRun.link == link)).exists():
                jobs.enqueue(KEY, {"division": node.id, "month": month}, SYSTEM, node, link)
                asked += 1
    return asked


JOBS = (Job(KEY, _l("Close a month"), run),)

"""The marks of 13710 on a suggestion (Shanxi): arranged the same day, fed back in 3 days, done in 7 days or 1 month, then zero.

The dates are those of the county’s clocks, which the preset ``shanxi_13710`` sets; nothing is counted here a second time.
"""
from __future__ import annotations

from datetime import date
from typing import Any

from grid321.core.api import format_day, last_days, local_day
from grid321.core.api import gettext as _

from .life_models import Contact, Task

SUGGESTION, TASK = "suggestion_tracking.suggestion", "suggestion_tracking.task"


def strip(case: Any) -> list[dict[str, str]]:
    """One row for each mark of a suggestion that was handed over: what, until when, whether it is met. Five queries."""
    parts = [row[0] for row in Task.select(Task.id).where(
        (Task.suggestion_id == case.id) & (Task.state != "taken_back") & (Task.role != "co")).tuples()]
    assign = last_days(SUGGESTION, [case.id], "assign").get(case.id)
    feedback = min(last_days(TASK, parts, "feedback").values(), default=None)
    reply = max(last_days(TASK, parts, "reply").values(), default=None)
    met = min((row[0] for row in Contact.select(Contact.met_on).where(Contact.suggestion_id == case.id).tuples()), default=None)
    return [
        _row("1", _("Arranged the same day"), assign, case.handed_on),
        _row("3", _("Fed back in 3 days"), feedback, met),
        _row(_("1 month") if case.is_major else "7", _("Answered"), reply, case.answered_on),
        {"mark": "0", "what": _("Followed until zero"), "until": "", "word": _("written off") if case.state == "closed"
         else _("still open"), "tone": "ok" if case.state == "closed" else "info"},
    ]


def _row(mark: str, what: str, until: date | None, done: date | None) -> dict[str, str]:
    today = local_day()
    if done is not None:
        late = until is not None and done > until
        word, tone = (_("late, on %(day)s", day=format_day(done)) if late else _("on %(day)s", day=format_day(done)),
                      "bad" if late else "ok")
    elif until is None:
        word, tone = _("no limit runs"), "muted"
    else:
        word, tone = (_("overdue"), "bad") if until < today else (_("running"), "info")
    return {"mark": mark, "what": what, "until": format_day(until) if until else "", "word": word, "tone": tone}

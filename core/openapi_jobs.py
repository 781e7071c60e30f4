"""Background jobs and workers in the OpenAPI description."""
from __future__ import annotations

from typing import Any

from .i18n import gettext as _
from .job_runs import STATES
from .openapi_parts import JSON, query_parameter, reference

READ = ("400", "401", "403", "404", "503")


def job_paths() -> dict[str, dict[str, Any]]:
    """List, progress, start again, cancel, who is at work."""
    base = "/api/v1/d/{code}/core"
    state = query_parameter("state", {"type": "string", "enum": list(STATES)}, _("Only in this state"))
    number = {"name": "run_id", "in": "path", "required": True, "description": _("Number of the job in the list"),
              "schema": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}}
    one = f"{base}/jobs/{{run_id}}"
    return {
        f"{base}/jobs": {"get": _operation("jobs", _("Background jobs"), "login", "200", state)},
        one: {"get": _operation("job", _("One background job with its progress"), "login", "200", number)},
        f"{one}/retry": {"post": _operation("job_retry", _("Start a failed job again"), "core.job.edit", "202", number)},
        f"{one}/cancel": {"post": _operation("job_cancel", _("Stop a job"), "core.job.edit", "200", number)},
        f"{base}/workers": {"get": _operation("workers", _("The workers and what waits for them"), "core.job.view", "200")}}


def _operation(name: str, summary: str, permission: str, status: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    problems = (*READ, "409") if permission == "core.job.edit" else READ
    return {"operationId": f"core_{name}", "tags": ["core"], "summary": summary, "x-permission": permission,
            "parameters": [*parameters],
            "responses": {status: {"description": summary, "content": {JSON: {"schema": {"type": "object"}}}},
                          **{problem: reference(f"Problem{problem}", "responses") for problem in problems}}}

"""The small forms of the deputies' file, and the page of what was refused."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, render_template, request

from grid321.core.api import EntitySchema, Problem, current_actor, forms


def form_of(schema: type[EntitySchema], title: str, values: Mapping[str, Any], back: str, submit: str, intro: str = "",
            problem: Problem | None = None) -> dict[str, Any]:
    """What ``form.html`` needs for the fields of one schema; ``problem`` is shown above and at its fields."""
    errors = dict(problem.errors) if problem is not None else {}
    shown = forms.error_list((schema,), errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": " ".join(
            str(text) for text in (problem.title, problem.detail, problem.remedy) if str(text))}]
    fields = forms.form_fields((schema,), dict(values), node=g.node, actor=current_actor(), errors=errors)
    return {"title": title, "fields": fields, "errors": shown, "action": request.path, "cancel_url": back,
            "submit_label": submit, "intro": intro, "version": "", "draft": False, "secrets_notice": False, "multipart": False}


def refused(problem: Problem, back: str) -> tuple[str, int]:
    """The page of a refusal, with the way back."""
    page = render_template("error.html", status=problem.status, title=str(problem.title), detail=str(problem.detail), errors=[],
                           remedy=str(problem.remedy), state_now="", retry_url=back)
    return page, problem.status

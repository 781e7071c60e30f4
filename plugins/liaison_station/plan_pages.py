"""Pages of plans beside those of their records: asking for the plans of a year, and what a plan's page shows."""
from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request

from grid321.core.api import Actor, Node, Panel, Problem, current_actor, format_day, forms, json_answer, json_body, load_many
from grid321.core.api import gettext as _

from . import plan_draw, plan_make, receptions
from .plan_choices import PLAN, P
from .plan_schemas import Year
from .reception_models import Reception
from .station_fields import clock


def make_page() -> Any:
    """The form that asks for the plans of a year; what was asked for leads to the page of its progress."""
    values, problem = forms.start_values((Year,), request.args), None
    if request.method == "POST":
        values = forms.typed_values(request.form)
        try:
            year = forms.read_form((Year,), request.form, node=g.node, actor=current_actor())["year"]
            run = plan_make.ask(year, current_actor(), g.node)
            return redirect(f"/d/{g.node.code}/core/jobs/{run.id}", 303)
        except Problem as refused:
            if refused.status not in {409, 422}:
                raise
            problem = refused
    errors = dict(problem.errors) if problem else {}
    shown = forms.error_list((Year,), errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title} {problem.detail} {problem.remedy}"}]
    page = render_template(
        "form.html", title=_("Make yearly plans"), errors=shown, action=request.path, multipart=False, version="",
        intro=_("For each station with a rule and without a plan of the year: reception days by the rule, and a fair roster."),
        cancel_url=f"/d/{g.node.code}/liaison_station/plan/", submit_label=_("Make the plans"), secrets_notice=False,
        fields=forms.form_fields((Year,), values, node=g.node, actor=current_actor(), errors=errors))
    return page, problem.status if problem else 200


def make_operation() -> Any:
    """Ask for the plans of a year."""
    data = load_many((Year,), json_body(), node=g.node, actor=current_actor())
    run = plan_make.ask(data["year"], current_actor(), g.node)
    return json_answer({"job": run.id, "url": f"/d/{g.node.code}/core/jobs/{run.id}"}, 202)


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The receptions of a plan with who is on duty, and what its roster could not meet."""
    if slot != "detail.main" or entity is None or record is None or entity.key != PLAN:
        return None
    rows = list(Reception.select().where((Reception.plan_id == record.id) & (Reception.state != "dropped")).order_by(
        Reception.day, Reception.from_minute))
    duties = receptions.on_duty(row.id for row in rows) if actor.may_on(f"{P}duty.view", record) else {}
    base = f"/d/{node.code}/liaison_station/reception"
    days = [{"day": format_day(row.day), "time": f"{clock(row.from_minute)}–{clock(row.to_minute)}", "url": f"{base}/{row.id}",
             "people": "、".join(deputy.name for deputy in duties.get(row.id, ()))} for row in rows]
    return [Panel(_("Receptions and roster"), "liaison_station/plan_panel.html", {
        "days": days, "unmet": plan_draw.told(record)}, order=10)]

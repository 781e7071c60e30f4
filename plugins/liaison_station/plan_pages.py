"""Pages of plans beside those of their records: asking for the plans of a year, and what a plan's page shows."""
from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request

from grid321.core.api import (
    Actor,
    Node,
    Panel,
    Problem,
    current_actor,
    format_day,
    forms,
    json_answer,
    json_body,
    load_many,
    local_day,
)
from grid321.core.api import gettext as _

from . import plan_draw, plan_gaps, plan_make, plan_panels, plan_words, receptions, rule_pages
from .deputy_models import Deputy
from .plan_choices import DUTY_STATES, DUTY_WAYS, PLAN, RECEPTION, SCHEDULE, P
from .plan_roles import RUN
from .plan_schemas import Year
from .reception_models import Duty, Reception, Schedule
from .station_fields import clock

TONES = {"planned": "info", "came": "ok", "excused": "warn", "absent": "bad"}


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
    """On the page of a rule its days, of a plan its receptions and how fair the roster stands, of a reception who is on duty."""
    if slot != "detail.main" or entity is None or record is None:
        return None
    more = {f"{P}station": plan_panels.of_station, f"{P}deputy": plan_panels.of_deputy}.get(entity.key)
    if more is not None:
        return [panel for panel in (more(record, actor, node),) if panel is not None]
    if entity.key == SCHEDULE:
        return [rule_pages.panel_of(record)]
    if entity.key == RECEPTION and actor.may_on(f"{P}duty.view", record):
        return [_roster_panel(record, actor, node)]
    return [_plan_panel(record, actor, node)] if entity.key == PLAN else None


def _plan_panel(record: Any, actor: Actor, node: Node) -> Panel:
    rows = list(Reception.select().where((Reception.plan_id == record.id) & (Reception.state != "dropped")).order_by(
        Reception.day, Reception.from_minute))
    see = actor.may_on(f"{P}duty.view", record)
    duties = receptions.on_duty(row.id for row in rows) if see else {}
    lacking = plan_gaps.missing(rows)
    base = f"/d/{node.code}/liaison_station"
    days = [{"day": format_day(row.day), "time": f"{clock(row.from_minute)}–{clock(row.to_minute)}",
             "url": f"{base}/reception/{row.id}", "people": "、".join(deputy.name for deputy in duties.get(row.id, ())),
             "missing": lacking.get(row.id, 0)} for row in rows]
    standing = plan_draw.standing(record.station_id, record.year, record.id) if see else None
    rules = [{"title": rule.title, "url": f"{base}/schedule/{rule.id}", "lines": plan_words.lines_of(rule)}
             for rule in plan_words.rules_in(record.station_id, record.year)]
    return Panel(_("Receptions and roster"), "liaison_station/plan_panel.html", {
        "days": days, "rules": rules, "standing": standing, "gaps_url": f"{base}/gaps" if any(lacking.values()) else "",
        "unmet": plan_draw.told(record, base)}, order=10)


def _roster_panel(record: Any, actor: Actor, node: Node) -> Panel:
    base, states, ways = f"/d/{node.code}/liaison_station", dict(DUTY_STATES), dict(DUTY_WAYS)
    rows = list(Duty.select(Duty, Deputy.name).join(Deputy, on=(Deputy.id == Duty.deputy_id), attr="deputy").where(
        Duty.reception_id == record.id).order_by(Duty.id))
    open_ = record.closed_at is None and record.day >= local_day() and actor.may_on(RUN, record)
    rule = Schedule.get_or_none(Schedule.id == record.schedule_id) if record.schedule_id else None
    missing = plan_gaps.missing([record]).get(record.id, 0) if record.closed_at is None else 0
    return Panel(_("On duty"), "liaison_station/roster_panel.html", {
        "rows": [{"name": row.deputy.name, "url": f"{base}/duty/{row.id}", "state": str(states.get(row.state, row.state)),
                  "tone": TONES.get(row.state, ""), "by": str(ways.get(row.by, row.by)), "note": row.note,
                  "swap_url": f"{base}/duty/{row.id}/swap" if open_ and row.state == "planned" else ""} for row in rows],
        "rule": _("By the rule: %(rule)s", rule="；".join(plan_words.lines_of(rule))) if rule is not None else "",
        "missing": missing, "gaps_url": f"{base}/gaps"}, order=10)

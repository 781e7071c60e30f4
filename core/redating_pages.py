"""Pages of re-dating: the reports of what was dated anew, and re-dating on purpose after changed lengths, with a preview.

The report of a re-dating is open to everybody who works at the place: each sees the lines of the divisions and departments
that he or she works for.
"""
from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, g, redirect, render_template, request

from . import redating, snapshot, xlsx
from .access import current_actor, guarded
from .calendar import COUNTRY, due_text
from .calendar_edit import EDIT, place_name
from .clock_explain import length_text
from .errors import BadRequest, NotFound, Problem
from .i18n import format_day, format_time
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .jobs import STATES, JobRun
from .redating import CALENDAR, LENGTHS, Redated, Redating
from .registry import registry
from .views import RecordId

PAGE = 50
KINDS = {CALENDAR: _l("The calendar changed"), LENGTHS: _l("On purpose, after changed lengths")}
COLUMNS = (("number", _l("Matter"), "code"), ("clock", _l("Limit"), "text"), ("place", _l("Held by"), "text"),
           ("old", _l("Old date"), "day"), ("new", _l("New date"), "day"), ("provisional", _l("Provisional"), "text"))


def register(app: Flask) -> None:
    """Add the routes below /d/<code>/core/redating."""
    app.url_map.converters.setdefault("rid", RecordId)
    base = "/d/<code>/core/redating"
    app.add_url_rule(base, "core:redatings", guarded(list_page, EDIT, reach="covers"), methods=["GET", "POST"])
    app.add_url_rule(f"{base}/<rid:redating_id>", "core:redating", guarded(report_page, "core.today.view"))
    app.add_url_rule(f"{base}/<rid:redating_id>/file", "core:redating_file", guarded(report_file, "core.today.view"))


def _base() -> str:
    return f"/d/{g.node.code}/core/redating"


def _crumbs(*rest: tuple[str, str]) -> list[tuple[str, str]]:
    return [(g.node.name, f"/d/{g.node.code}/"), (_("Re-dating"), _base() if rest else ""), *rest]


# ---------------------------------------------------------------- on purpose

def list_page() -> Any:
    """The re-datings of this place; a POST shows what re-dating on purpose would change, and, confirmed, asks for it."""
    keys, problem, found = request.form.getlist("settings"), None, None
    if request.method == "POST":
        try:
            known = snapshot.current().settings.all()
            if not keys or any(key not in known or known[key].kind != "length" for key in keys):
                raise BadRequest(_("Choose at least one limit."), "settings", _("Tick the limits whose length changed."))
            if request.form.get("confirmed") == "1":
                asked = redating.ask(LENGTHS, g.node, current_actor(), reason="", settings=keys)
                return redirect(f"{_base()}/{asked.id}", 303)
            found = redating.preview(g.node, keys)
        except Problem as error:
            problem = error
    rows = list(Redating.select().where(Redating.shown_at == g.node.id).order_by(Redating.id.desc()).limit(PAGE))
    runs = {run.id: run for run in JobRun.select().where(JobRun.id.in_([row.job_id for row in rows] or [0]))}
    page = render_template(
        "redating.html", title=_("Re-dating at %(place)s", place=g.node.name), lede="", page_actions=[], crumbs=_crumbs(),
        errors=[{"field": "f-settings", "label": "", "message": str(problem.title)}] if problem else [],
        lengths=_lengths(keys), found=found, keys=keys, examples=_examples(found) if found else [],
        tables=[{"title": _("Until now"), "caption": _("Re-datings"), "empty": _("Nothing was re-dated yet."),
                 "columns": [{"label": text} for text in (_("When"), _("Why"), _("Reaches"), _("State"))],
                 "rows": [_asked(row, runs.get(row.job_id)) for row in rows]}])
    return page, problem.status if problem else 200


def _lengths(chosen: Iterable[str]) -> list[dict[str, Any]]:
    """The limits of this place with their present lengths, those of plugins that are off left out."""
    now, ticked, found = snapshot.current(), set(chosen), []
    for key, declared in sorted(now.settings.all().items()):
        if declared.kind == "length" and now.switches.is_on(key.partition(".")[0], g.node):
            value = now.settings.get(key, g.node)
            if value is not None:
                found.append({"key": key, "label": str(declared.label), "value": length_text(str(value)), "on": key in ticked})
    return found


def _examples(found: redating.Found) -> list[dict[str, str]]:
    return [{"clock": clock_label(row.entity, row.clock), "old": format_day(row.due),
             "new": due_text(values.get("due", row.due), bool(values.get("provisional", row.provisional)))}
            for row, values in found.first]


def _asked(row: Redating, run: JobRun | None) -> dict[str, Any]:
    label, tone = STATES[run.state] if run is not None else (_("Job removed"), "muted")
    reach = place_name(snapshot.current().tree.get(row.division_id)) if row.division_id != COUNTRY else _("everywhere")
    return {"url": f"{_base()}/{row.id}", "cells": [{"text": format_time(row.asked_at)}, {"text": str(KINDS[row.kind])},
                                                     {"text": reach}, {"text": str(label), "tone": tone}]}


def clock_label(entity_key: str, key: str) -> str:
    """What a clock of an entity's workflow is called; its key when no version declares it any more."""
    workflow = registry().every_version_of(entity_key)
    known = workflow.clocks().get(key) if workflow is not None else None
    return str(known[1].label) if known is not None else key


# ---------------------------------------------------------------- the report

def _redating(redating_id: int) -> Redating:
    row = Redating.get_or_none(Redating.id == redating_id)
    tree = snapshot.current().tree
    place = tree.get(row.shown_at) if row is not None else None
    if row is None or place is None or not (tree.covers(place, g.node) or tree.covers(g.node, place)):
        raise NotFound(_("There is no such report."), remedy=_("Open it from your message, or from the page “Re-dating”."))
    return row


def _mine(redating_id: int) -> Any:
    """The lines of a report that the actor may see: of the divisions and departments he or she works for, at this place."""
    actor, tree = current_actor(), snapshot.current().tree
    wanted = Redated.redating_id == redating_id
    here = None if tree.covers_all(g.node) else [place.id for place in tree.subtree(g.node, all_times=True)]
    if here is not None:
        wanted &= Redated.division_id.in_(here)
    if actor.system or any(grant.department_id is None and grant.division_id in g.node.path for grant in actor.grants):
        return wanted
    reach = Redated.id == 0
    for grant in actor.grants:
        place = tree.get(grant.division_id)
        if grant.department_id is not None:
            reach |= Redated.department_id == grant.department_id
        elif place is not None:
            reach |= Redated.division_id.in_([below.id for below in tree.subtree(place, all_times=True)])
    return wanted & reach


def report_page(redating_id: int) -> str:
    """Every changed date, old and new, with the job's progress."""
    row = _redating(redating_id)
    after = request.args.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise BadRequest(_("This page of the list cannot be found."), "after", _("Go back to the first page."),
                         code="bad_parameter")
    mine = _mine(redating_id)
    lines = list(Redated.select().where(mine & (Redated.id > int(after))).order_by(Redated.id).limit(PAGE + 1))
    shown, run = lines[:PAGE], JobRun.get_or_none(JobRun.id == row.job_id)
    label, tone = STATES[run.state] if run is not None else (_("Job removed"), "muted")
    here = f"{_base()}/{row.id}"
    count = Redated.select().where(mine).count()
    table = {"caption": _("Changed dates"), "columns": [{"label": text} for text in (
        _("Matter"), _("Limit"), _("Held by"), _("Old date"), _("New date"))], "rows": [_line(line) for line in shown]}
    over = run is None or run.over
    return render_template(
        "redating_report.html", title=_("Dates worked out anew"), lede=_why(row),
        state={"label": str(label), "tone": tone}, over=over, done=run.done if run else 0, total=run.total if run else 0,
        asked=format_time(row.asked_at), count=count, table=table, here=here,
        failed=(run.error or "").splitlines() if run else [],
        page_actions=[{"label": _("Download (.xlsx)"), "url": f"{here}/file", "icon": "download"}] if count else [],
        prev_url=here if int(after) else "", next_url=f"{here}?after={shown[-1].id}" if len(lines) > PAGE else "",
        crumbs=_crumbs((_("Report"), "")) if current_actor().may(EDIT, g.node) else [
            (g.node.name, f"/d/{g.node.code}/"), (_("Dates worked out anew"), "")])


def _why(row: Redating) -> str:
    """Why it was done, with the document or the limits that were followed."""
    known = snapshot.current().settings.all()
    reason = row.reason or "、".join(str(known[key].label) for key in row.settings if key in known)
    return _("%(why)s: %(reason)s", why=str(KINDS[row.kind]), reason=reason)


def _line(line: Redated) -> dict[str, Any]:
    entity = registry().entities.get(line.entity)
    place = snapshot.current().tree.get(line.division_id)
    url = f"/d/{g.node.code}/{entity.plugin}/{entity.name}/{line.record_id}" if entity is not None else ""
    texts = (line.number or str(line.record_id), clock_label(line.entity, line.clock), place.name if place else "",
             due_text(line.old_due, line.old_provisional), due_text(line.new_due, line.new_provisional))
    return {"url": url, "cells": [{"text": text} for text in texts]}


def report_file(redating_id: int) -> Response:
    """The report as a workbook, every line of it that one may see."""
    row = _redating(redating_id)
    target = io.BytesIO()
    writer = xlsx.Writer(target, [xlsx.Column(key, str(label), kind) for key, label, kind in COLUMNS], _("Changed dates"),
                         keys=False)
    tree = snapshot.current().tree
    for line in Redated.select().where(_mine(row.id)).order_by(Redated.id).iterator():
        place = tree.get(line.division_id)
        writer.row([line.number or str(line.record_id), clock_label(line.entity, line.clock), place.name if place else "",
                    line.old_due, line.new_due, _("provisional") if line.new_provisional else ""])
    writer.close()
    return Response(target.getvalue(), mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                    headers={"Content-Disposition": f"attachment; filename=redating-{row.id}.xlsx"})

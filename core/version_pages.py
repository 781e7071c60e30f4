"""Pages and API of the versions of workflows: what differs, what speaks against one, publishing, moving running cases."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, render_template, request

from . import snapshot, version_checks, version_moves, version_publishing, version_words, versions
from .access import current_actor, guarded
from .errors import BadRequest, Forbidden, Invalid, Problem
from .i18n import format_number, format_time, ngettext
from .i18n import gettext as _
from .notices import go
from .references import labels
from .registry import registry
from .rest import answer, read_body
from .versions import PUBLISHED, WorkflowVersion

VIEW, EDIT = "core.workflow.view", "core.workflow.edit"
WORKFLOWS = "/d/<code>/core/workflows"


def register(app: Flask) -> None:
    """Add the routes; publishing and moving ask for the permission at the division that is the whole deployment."""
    both = {"GET": VIEW, "POST": EDIT}
    one = f"{WORKFLOWS}/<key>/<int:version>"
    for rule, name, view, permission, methods in (
            (WORKFLOWS, "workflows", list_page, VIEW, ["GET"]),
            (one, "workflow", version_page, VIEW, ["GET"]),
            (f"{one}/publish", "workflow_publish", publish_page, both, ["GET", "POST"]),
            (f"{one}/move", "workflow_move", move_page, both, ["GET", "POST"]),
            (f"/api/v1{WORKFLOWS}", "api_workflows", api_list, VIEW, ["GET"]),
            (f"/api/v1{one}", "api_workflow", api_version, VIEW, ["GET"]),
            (f"/api/v1{one}/publish", "api_workflow_publish", api_publish, EDIT, ["POST"]),
            (f"/api/v1{one}/move", "api_workflow_move", api_move, EDIT, ["POST"])):
        app.add_url_rule(rule, f"core:{name}", guarded(view, permission, reach="covers"), methods=methods)


def _base() -> str:
    return f"/d/{g.node.code}/core/workflows"


def _url(row: WorkflowVersion, *more: str) -> str:
    return "/".join([_base(), row.key, str(row.version), *more])


def _crumbs(*rest: tuple[str, str]) -> list[tuple[str, str]]:
    return [(g.node.name, f"/d/{g.node.code}/"), (_("Workflows"), _base() if rest else ""), *rest]


def _whole_deployment() -> None:
    """A workflow holds for the whole deployment: one who is responsible for a part of it does not change it for the others."""
    tree = snapshot.current().tree
    if not tree.covers_all(g.node):
        root = next(iter(tree.roots), None)
        raise Forbidden(_("A workflow holds for the whole deployment."), _("%(place)s is only a part of it.", place=g.node.name),
                        _("Open this page at %(place)s.", place=root.name if root is not None else ""))


def may_change() -> bool:
    """True when the actor may publish and move here."""
    return snapshot.current().tree.covers_all(g.node) and current_actor().may(EDIT, g.node)


def title_of(row: WorkflowVersion) -> str:
    """The workflow and its version in words."""
    return _("%(label)s, version %(version)s", label=str(versions.workflow_of(row).label) or row.key, version=row.version)


# ---------------------------------------------------------------- pages

def list_page() -> str:
    """Every stored version: since when, by whom, how many open cases run under it."""
    found = versions.rows()
    counts = _counts(found)
    people = labels("account", [row.published_by for row in found])
    rows = [{"url": _url(row), "cells": [
        {"text": title_of(row)}, _state_cell(row),
        {"text": format_time(row.published_at) if row.published_at else ""}, {"text": people.get(row.published_by, "")},
        {"text": format_number(counts.get((row.key, row.version), 0))}]} for row in found]
    return render_template(
        "table.html", title=_("Workflows"), crumbs=_crumbs(),
        intro=_("New matters begin under the newest published version. Those that run stay on theirs until they are moved."),
        table={"title": "", "caption": _("Versions of the workflows"), "rows": rows, "empty": _("No plugin brings a workflow."),
               "columns": [{"label": _("Workflow")}, {"label": _("State")}, {"label": _("Published")}, {"label": _("By")},
                           {"label": _("Open matters"), "figure": True}]})


def _state_cell(row: WorkflowVersion) -> dict[str, str]:
    flow = versions.workflow_of(row)
    if flow.lacks:
        return {"text": _("cannot run"), "tone": "bad"}
    if row.state != PUBLISHED:
        return {"text": _("waits to be published"), "tone": "warn"}
    newest = snapshot.current().versions.published.get(row.key) == row.version
    return {"text": _("in force"), "tone": "ok"} if newest else {"text": _("published earlier"), "tone": "muted"}


def _counts(found: list[WorkflowVersion]) -> dict[tuple[str, int], int]:
    counts: dict[tuple[str, int], int] = {}
    for row in found:
        if (entity := registry().entities.get(row.entity)) is not None and row.key not in {key for key, _v in counts}:
            for version, _state, n in version_checks.running(entity):
                counts[row.key, version] = counts.get((row.key, version), 0) + n
    return counts


def version_page(key: str, version: int) -> str:
    """One version: what differs from another, what speaks against it, and what can be done."""
    row = versions.row_of(key, version)
    other = _other(row)
    changes = _changes(other, row)
    found = version_checks.check(row)
    actions = []
    if may_change() and row.state != PUBLISHED and snapshot.current().versions.published.get(key, 0) < version:
        actions.append({"label": _("Publish"), "url": _url(row, "publish"), "icon": "check2", "primary": True})
    elif may_change() and row.state == PUBLISHED and _waiting(row):
        actions.append({"label": _("Move running matters here"), "url": _url(row, "move"), "icon": "arrow-right"})
    people = labels("account", [row.published_by])
    facts = [(_("Key"), row.key), (_("Installed"), format_time(row.installed_at)),
             (_("Published"), format_time(row.published_at) if row.published_at else _("not yet")),
             (_("By"), people.get(row.published_by, "")), (_("Hash"), row.hash[:16])]
    return render_template(
        "workflow_version.html", title=title_of(row), crumbs=_crumbs((title_of(row), "")), page_actions=actions,
        state=_state_cell(row), facts=[{"label": label, "text": text} for label, text in facts if text], changes=changes,
        other=other, others=[{"version": one.version, "url": f"{_url(row)}?against={one.version}", "chosen": one == other}
                             for one in versions.rows() if one.key == key and one.version != version],
        stops=[str(one) for one in found if one.stops], notes=[str(one) for one in found if not one.stops],
        runs=_runs(row))


def _other(row: WorkflowVersion) -> WorkflowVersion | None:
    text = request.args.get("against", "")
    if not text:
        return version_publishing.previous(row)
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadRequest(_("The address of this page contains something unknown."), "against", _("Choose a version of the list."),
                         code="bad_parameter")
    return versions.row_of(row.key, int(text))


def _changes(other: WorkflowVersion | None, row: WorkflowVersion) -> list[dict[str, str]]:
    if other is None:
        return []
    words = version_words.Words(versions.workflow_of(other), versions.workflow_of(row))
    found = []
    for change in version_publishing.compare(other, row):
        kind, tone = words.kind(change)
        found.append({"text": words.sentence(change), "kind": kind, "tone": tone})
    return found


def _runs(row: WorkflowVersion) -> list[dict[str, str]]:
    entity = registry().entities.get(row.entity)
    flow = versions.workflow_of(row)
    names = {state.key: str(state.label) for state in flow.states}
    return [{"state": names.get(state, state), "n": format_number(n)}
            for version, state, n in (version_checks.running(entity) if entity is not None else ()) if version == row.version]


def _waiting(row: WorkflowVersion) -> bool:
    entity = registry().entities.get(row.entity)
    return entity is not None and any(version != row.version for version, _state, _n in version_checks.running(entity))


def publish_page(key: str, version: int) -> Any:
    """Say what publishing means; then publish."""
    row = versions.row_of(key, version)
    _whole_deployment()
    if request.method == "POST":
        version_publishing.publish(key, version, current_actor())
        return go(_url(row), "saved")
    notes = [str(one) for one in version_checks.check(row)]
    return render_template(
        "division_confirm.html", title=_("Publish: %(title)s", title=title_of(row)), cancel_url=_url(row), hidden=[], reason="",
        submit_label=_("Publish"), crumbs=_crumbs((title_of(row), _url(row)), (_("Publish"), "")),
        lines=[_("New matters begin under this version from now on."), _("Matters that run stay on their version."), *notes])


def move_page(key: str, version: int) -> Any:
    """The dry run of moving all running matters; a POST with ``move`` does it."""
    row = versions.row_of(key, version)
    _whole_deployment()
    mapping = {name.removeprefix("state."): value for name, value in request.values.items()
               if name.startswith("state.") and value}
    problem: Problem | None = None
    if request.method == "POST":
        try:
            moved = version_moves.move(key, version, current_actor(), mapping)
            return _moved_page(row, moved)
        except Invalid as found:
            problem, mapping = found, {}
        except Problem as found:
            problem = found
    try:
        plan = version_moves.plan(key, version, mapping)
    except Invalid as found:
        problem, plan = found, version_moves.plan(key, version)
    page = render_template("workflow_move.html", **_move_context(row, plan, mapping, problem))
    return page, problem.status if problem is not None else 200


def _move_context(row: WorkflowVersion, plan: version_moves.Plan, mapping: Mapping[str, str],
                  problem: Problem | None) -> dict[str, Any]:
    goals = [{"value": state.key, "label": str(state.label)} for state in plan.flow.states if not state.final]
    names = {state.key: str(state.label) for state in plan.flow.states}
    lines = _lines(plan, mapping)
    clocks = {key: str(clock.label) for flow in _flows(plan) for key, (_state, clock) in flow.clocks().items()}
    first = [(case, "") for case, _why in plan.stranded] + [(case, names.get(goal, goal)) for case, goal in plan.cases]
    return {
        "title": _("Move running matters: %(title)s", title=title_of(row)), "lines": lines, "goals": goals,
        "total": len(plan.cases), "stranded": len(plan.stranded), "cancel_url": _url(row), "action": _url(row, "move"),
        "clocks": [{"label": clocks.get(key, key), "what": CLOCKS[what](n)} for key, what, n in version_moves.clocks(plan)],
        "first": [{"number": case.number, "state": version_moves.label(plan, case.flow_version, case.state), "goal": goal}
                  for case, goal in first[:version_moves.SHOWN]],
        "problem": problem, "crumbs": _crumbs((title_of(row), _url(row)), (_("Move running matters"), ""))}


def _lines(plan: version_moves.Plan, mapping: Mapping[str, str]) -> list[dict[str, Any]]:
    """One line for each old state: how many, the chosen new state, and why some would be stranded; those come first."""
    lines: dict[str, dict[str, Any]] = {}
    found = [(version, state, goal, n, "") for version, state, goal, n in plan.states()]
    found += [(version, state, mapping.get(state, ""), n, why) for version, state, why, n in plan.reasons()]
    for version, state, goal, n, why in found:
        line = lines.setdefault(state, {"key": state, "state": version_moves.label(plan, version, state), "goal": goal,
                                        "found": set(), "many": 0, "why": []})
        line["found"].add(version)
        line["many"] += n
        if why:
            line["why"].append(_("%(count)s matters: %(why)s", count=format_number(n), why=version_moves.reason_text(why)))
    for line in lines.values():
        line |= {"versions": ", ".join(map(str, sorted(line["found"]))), "n": format_number(line["many"])}
    return sorted(lines.values(), key=lambda one: (not one["why"], one["key"]))


def _flows(plan: version_moves.Plan) -> list[Any]:
    found = [version_checks.flow_or_none(plan.entity.key, version)
             for version in {case.flow_version for case, _goal in (*plan.cases, *plan.stranded)}]
    return [*(flow for flow in found if flow is not None), plan.flow]


CLOCKS = {
    "start": lambda n: ngettext("%(num)s begins today", "%(num)s begin today", n),
    "stop": lambda n: ngettext("%(num)s ends without effect", "%(num)s end without effect", n),
    "keep": lambda n: ngettext("%(num)s keeps its date", "%(num)s keep their dates", n),
    "pause": lambda n: ngettext("%(num)s rests from today", "%(num)s rest from today", n),
    "resume": lambda n: ngettext("%(num)s goes on from today", "%(num)s go on from today", n)}


def _moved_page(row: WorkflowVersion, moved: version_moves.Moved) -> Any:
    if not moved.missed:
        return go(_url(row), "saved")
    rows = [{"cells": [{"text": number}]} for number in moved.missed[:version_moves.SHOWN]]
    return render_template(
        "table.html", title=_("Moved: %(count)s", count=format_number(moved.done)),
        intro=_("These matters moved on meanwhile and stay on their version. Move them again if they should follow."),
        crumbs=_crumbs((title_of(row), _url(row)), (_("Move running matters"), "")),
        table={"title": "", "caption": _("Not moved"), "rows": rows, "columns": [{"label": _("Number")}], "empty": ""})


# ---------------------------------------------------------------- API

def _json(row: WorkflowVersion) -> dict[str, Any]:
    return {"key": row.key, "version": row.version, "entity": row.entity, "state": row.state, "hash": row.hash,
            "published_at": f"{row.published_at.isoformat(timespec='milliseconds')}Z" if row.published_at else None,
            "lacks": list(versions.workflow_of(row).lacks)}


def api_list() -> Response:
    """Every stored version with its state."""
    return answer({"items": [_json(row) for row in versions.rows()]})


def api_version(key: str, version: int) -> Response:
    """One version with its content, what differs from the one before (or ``?against=``), and what speaks against it."""
    row = versions.row_of(key, version)
    other = _other(row)
    return answer({**_json(row), "content": row.content, "against": other.version if other is not None else None,
                   "changes": [change["text"] for change in _changes(other, row)],
                   "findings": [{"text": str(one), "stops": one.stops} for one in version_checks.check(row)]})


def api_publish(key: str, version: int) -> Response:
    """Publish a version."""
    _whole_deployment()
    return answer(_json(version_publishing.publish(key, version, current_actor())))


def api_move(key: str, version: int) -> Response:
    """Move running cases: ``{"states": {"old": "new"}, "from": 1, "dry_run": true}``, a dry run unless ``dry_run`` is false."""
    _whole_deployment()
    raw = read_body()
    states, only, dry = raw.get("states", {}), raw.get("from"), raw.get("dry_run", True)
    fits = (isinstance(states, dict) and all(isinstance(text, str) for text in states.values()) and isinstance(dry, bool)
            and (only is None or (type(only) is int and 0 < only < 2**31)))
    if not fits or set(raw) - {"states", "from", "dry_run"}:
        raise Invalid(_("No case was moved."), remedy=_("Send states (old to new), from (a version) and dry_run."),
                      errors={"states": [_("This must be an object of texts.")]})
    if not dry:
        moved = version_moves.move(key, version, current_actor(), states, only)
        return answer({"moved": moved.done, "missed": moved.missed})
    plan = version_moves.plan(key, version, states, only)
    names = ("version", "state", "to", "count")
    return answer({"states": [dict(zip(names, one, strict=True)) for one in plan.states()],
                   "stranded": [{"version": found, "state": state, "why": version_moves.reason_text(why), "count": n}
                                for found, state, why, n in plan.reasons()],
                   "clocks": [{"clock": name, "what": what, "count": n} for name, what, n in version_moves.clocks(plan)],
                   "first": [case.number for case, _goal in plan.cases[:version_moves.SHOWN]]})

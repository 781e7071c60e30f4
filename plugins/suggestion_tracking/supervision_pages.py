"""Pages of supervision beside those of its records: what a round takes up, its end, the three lists; and the same by REST."""
from __future__ import annotations

from typing import Any

from flask import g, render_template, request

from grid321.core.api import (
    BadRequest,
    Choice,
    EntitySchema,
    LongText,
    Problem,
    counters,
    current_actor,
    fetch,
    format_day,
    forms,
    json_answer,
    json_body,
    load_many,
    notices,
    registry,
    scoped,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import rounds
from .suggestion_life import unit_names
from .suggestion_roles import SEE_ALL
from .supervision_models import ListItem

ROUND, ITEM = "suggestion_tracking.round", "suggestion_tracking.list_item"
WHAT = (("overdue", _l("Overdue suggestions")), ("key", _l("Key suggestions")), ("again", _l("Not satisfied or handled again")),
        ("promises", _l("Suggestions with an overdue promise")))
LISTS = ("problems", "duties", "rectifications")
PAGE = 200
OVERVIEW = ("inspection", "round", "sample", "letter", "list_item", "commitment", "receipt")
NEW = ("round", "sample", "letter", "list_item", "commitment")


class Fill(EntitySchema):
    """What a round takes up."""

    what = Choice(_l("What is inspected"), options=WHAT, required=True, widget="radio", help=_l(
        "Each suggestion once in a round; at most 100 at a time, the oldest first. A random choice is drawn as a sample."))


class Close(EntitySchema):
    """What a round found."""

    summary = LongText(_l("Summary"), max=4000, required=True, min=10, help=_l(
        "What was found, who was urged, what follows. The figures of the period are kept beside it."))


# ---------------------------------------------------------------- everything at one glance

def overview_page() -> str:
    """Promises, inspections, rounds, samples, letters, lists and receipt cards, with how many are open for who sees all."""
    node, actor = g.node, current_actor()
    base, tiles = f"/d/{node.code}/suggestion_tracking", []
    all_seen = actor.may(SEE_ALL, node) and any(
        SEE_ALL in grant.permissions and grant.department_id is None for grant in actor.grants)  # not a unit's clerk
    for name in OVERVIEW:
        entity = registry().entity(f"suggestion_tracking.{name}")
        if not actor.may_within(entity.permission("view"), node):
            continue
        flow, may_create = registry().workflow_of(entity.key), actor.may_within(entity.permission("create"), node)
        open_states = {state.key for state in flow.states if not state.final} if flow is not None else set()
        count = sum(n for _place, _column, value, n in counters.counts(entity.key, [node.id], ["state"]) if value in open_states)
        query = "&".join(f"state={state}" for state in sorted(open_states))
        tiles.append({"label": str(entity.label), "about": str(entity.description), "icon": entity.icon, "url": f"{base}/{name}/",
                      "open_url": f"{base}/{name}/?{query}", "open": count if all_seen and open_states else None,
                      "new_url": f"{base}/{name}/new" if name in NEW and may_create else ""})
    lists = f"{base}/lists" if actor.may_within(f"{ITEM}.view", node) else ""
    return render_template("suggestion_tracking/supervision.html", title=_("Supervision"), tiles=tiles, lists_url=lists)


# ---------------------------------------------------------------- rounds

def fill_page(record_id: int) -> Any:
    """Choose what a round inspects."""
    return _round_form(record_id, Fill, _("Choose what is inspected"), lambda round_, data: rounds.fill(
        round_, data["what"], current_actor()))


def close_page(record_id: int) -> Any:
    """Close a round with its summary."""
    return _round_form(record_id, Close, _("Close the round"), lambda round_, data: rounds.close(
        round_, data["summary"], current_actor(), round_.version, g.node))


def _round_form(record_id: int, schema: type[EntitySchema], title: str, work: Any) -> Any:
    """The small form of a round and what it sends: shown again with its errors, or the round's page."""
    round_ = _round(record_id)
    here = f"/d/{g.node.code}/suggestion_tracking/round/{round_.id}"
    values, problem = forms.start_values((schema,), request.args), None
    if request.method == "POST":
        values = forms.typed_values(request.form)
        try:
            work(round_, forms.read_form((schema,), request.form, node=g.node, actor=current_actor()))
            return notices.go(here, "saved")
        except Problem as refused:
            if refused.status not in {409, 422}:
                raise
            problem = refused
    errors = dict(problem.errors) if problem else {}
    shown = forms.error_list((schema,), errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title} {problem.detail} {problem.remedy}"}]
    page = render_template(
        "form.html", title=title, intro=round_.title, errors=shown, action=request.path, cancel_url=here, multipart=False,
        fields=forms.form_fields((schema,), values, node=g.node, actor=current_actor(), errors=errors), submit_label=title,
        version="", secrets_notice=schema is Close)
    return page, problem.status if problem else 200


def fill_operation(record_id: int) -> Any:
    """Put suggestions under a round."""
    round_ = _round(record_id)
    return json_answer({"inspections": rounds.fill(round_, _sent(Fill)["what"], current_actor())})


def close_operation(record_id: int) -> Any:
    """Close a round."""
    round_ = rounds.close(_round(record_id), _sent(Close)["summary"], current_actor(), None, g.node)
    return json_answer({"id": round_.id, "closed_on": round_.closed_on, "figures": round_.figures})


def _sent(schema: type[EntitySchema]) -> dict[str, Any]:
    return load_many((schema,), json_body(), node=g.node, actor=current_actor())


def _round(record_id: int) -> Any:
    return fetch(registry().entity(ROUND), record_id, "edit", g.node, current_actor())


# ---------------------------------------------------------------- the three lists

def lists_page() -> str:
    """The three lists (三清单) from one entry of each problem: what is wrong, who answers for it, how it is put right."""
    which = _which()
    rows = list_rows()
    return render_template(
        "suggestion_tracking/three_lists.html", title=_("Three lists"), which=which, rows=rows[:PAGE], more=len(rows) > PAGE,
        tabs=[(key, label, f"/d/{g.node.code}/suggestion_tracking/lists?which={key}") for key, label in _labels().items()],
        heading=_labels()[which], new_url=f"/d/{g.node.code}/suggestion_tracking/list_item/new"
        if current_actor().may_within(f"{ITEM}.create", g.node) else "",
        all_url=f"/d/{g.node.code}/suggestion_tracking/list_item/")


def lists_operation() -> Any:
    """The rows of the three lists, the newest problems first."""
    return json_answer({"items": list_rows()[:PAGE]})


def _which() -> str:
    which = request.args.get("which", LISTS[0])
    if which not in LISTS:
        raise BadRequest(_("There is no such list."), "which", _("Choose problems, duties or rectifications."),
                         code="bad_parameter")
    return which


def _labels() -> dict[str, str]:
    return {"problems": _("List of problems"), "duties": _("List of responsibilities"),
            "rectifications": _("List of rectifications")}


def list_rows() -> list[dict[str, Any]]:
    """The problems below the division that the actor may see, newest first; two queries."""
    entity, states = registry().entity(ITEM), {}
    flow = registry().workflow_of(entity.key)
    if flow is not None:
        states = {state.key: (str(state.label), state.tone) for state in flow.states}
    query = ListItem.select(
        ListItem.id, ListItem.number, ListItem.title, ListItem.problem, ListItem.found_on, ListItem.department_id, ListItem.duty,
        ListItem.leader, ListItem.person, ListItem.measure, ListItem.limit_on, ListItem.due, ListItem.result,
        ListItem.rectified_on, ListItem.verified_by, ListItem.state,
        ListItem.suggestion_number).where(ListItem.state != "dropped")
    found = list(scoped(query, entity, "view", g.node, current_actor()).order_by(ListItem.id.desc()).limit(PAGE + 1).dicts())
    units = unit_names([row["department_id"] for row in found])
    base = f"/d/{g.node.code}/suggestion_tracking/list_item/"
    for row in found:
        label, tone = states.get(row["state"], (row["state"], "info"))
        row |= {"unit": units.get(row["department_id"], ""), "state_label": label, "tone": tone, "url": f"{base}{row['id']}",
                "until": row["limit_on"] or row["due"]}
        for name in ("found_on", "until", "rectified_on"):
            row[f"{name}_text"] = format_day(row[name]) if row[name] else ""
    return found

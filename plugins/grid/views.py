"""Pages that the generic ones cannot say: the short form for the phone, the tiers, people and end of a grid."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, g, render_template, request

from grid321.core.api import (
    Actor,
    Choice,
    Day,
    EntitySchema,
    Grant,
    Invalid,
    LongText,
    Node,
    NotFound,
    PersonRef,
    Problem,
    attachments,
    current_actor,
    fetch,
    forms,
    guarded,
    local_day,
    notices,
    people,
    records,
    require,
    sending,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .entities import GRID, REPORT
from .grids import tier_figures, tier_of
from .models import Grid
from .roles import GRID_POSTS, POSTS
from .schemas import ReportSchema

BLUEPRINT = Blueprint("grid", __name__)
QUICK_FIELDS = ("kind", "ledger_class", "text", "division", "place")
PHOTOS = "image/jpeg,image/png,image/webp"
POST_LABELS = {post.key: post.label for post in POSTS}


class AppointSchema(EntitySchema):
    """Who gets which post on a grid, from when."""

    person = PersonRef(_l("Person"), required=True)
    kind = Choice(_l("Post"), options=[(key, POST_LABELS[key]) for key in GRID_POSTS], required=True)
    from_day = Day(_l("From"), help=_l("Left empty, today."))


class RetireSchema(EntitySchema):
    """Why a grid ends."""

    reason = LongText(_l("Reason"), max=400, required=True, min=4)


# ---------------------------------------------------------------- a report in under a minute

def quick_page() -> Any:
    """Kind, class, what, where, photo: everything else has a default and can be added later."""
    node, actor = g.node, current_actor()
    rest = tuple(name for name in ReportSchema._declared_fields if name not in QUICK_FIELDS)
    if request.method == "GET":
        return render_template("form.html", **_quick_context(forms.start_values((ReportSchema,), request.args), rest))
    try:
        data = forms.read_form((ReportSchema,), request.form, node=node, actor=actor, without=rest)
        files = attachments.cleaned(request.files.getlist("files"))
        record = sending.create_once(REPORT, data, files, sending.mark_of(REPORT, request.form), actor,
                                     tree().get(data["division_id"]) or node)
    except Invalid as problem:
        context = _quick_context(forms.typed_values(request.form), rest, problem)
        return render_template("form.html", **context), problem.status
    return notices.go(f"/d/{node.code}/grid/report/{record.id}", "sent")


def _quick_context(values: dict[str, str], rest: tuple[str, ...], problem: Invalid | None = None) -> dict[str, Any]:
    node, actor = g.node, current_actor()
    errors = forms.by_field(REPORT, problem.errors) if problem else {}
    parts = forms.form_fields((ReportSchema,), values, node=node, actor=actor, errors=errors, without=rest)
    for part in parts:
        if part["name"] == "division" and not part["value"] and part["options"]:
            part["value"] = part["options"][0][0]  # one's own grid, or the first of one's own
        if part["name"] == "text":
            part["rows"] = 4
    parts.append({"name": "files", "label": _("Photos"), "help": _("At most 3. Position and other hidden data are removed."),
                  "widget": "file", "value": "", "options": None, "required": False, "error": "", "multiple": True,
                  "accept": PHOTOS, "maxlength": None, "inputmode": ""})
    return {"entity": REPORT, "title": _("Report a matter"), "fields": parts, "multipart": True, "version": "",
            "errors": forms.error_list((ReportSchema,), errors), "action": f"/d/{node.code}/grid/quick",
            "submit_label": _("Send"), "cancel_url": f"/d/{node.code}/", "problem": problem, "offline": True,
            "hidden": [("client_id", sending.form_mark(request.form))],
            "intro": _("Five questions. Title, day and urgency are filled in for you.")}


# ---------------------------------------------------------------- tiers

def tiers_page() -> str:
    """How many divisions of each tier there are, in the subtree and in each division below."""
    node = g.node
    here = tree()
    rows = [{"name": child.name, "url": f"/d/{child.code}/grid/tiers", "tier": tier_of(child),
             "figures": dict(tier_figures(child))} for child in here.children(node)]
    found = tier_figures(node)
    return render_template("grid/tiers.html", title=_("Tiers of grids"), node=node, tiers=[tier for tier, _n in found],
                           figures=dict(found), rows=rows, own=tier_of(node))


# ---------------------------------------------------------------- people of a grid, end of a grid

def appoint_page(record_id: int) -> Any:
    """Give a person a post on the grid."""
    record, place = _grid(record_id)
    require("grid.appoint", place)
    village = tree().parent(place) or place
    actor = current_actor()
    here = f"/d/{g.node.code}/grid/grid/{record_id}"
    if request.method == "GET":
        return render_template("form.html", **_small_form(AppointSchema, _("Appoint: %(grid)s", grid=record.name), here,
                                                          forms.start_values((AppointSchema,), request.args), village))
    try:
        data = forms.read_form((AppointSchema,), request.form, node=village, actor=actor)
        people.appoint(data["person_id"], data["kind"], place, _appointing(actor, place),
                       from_day=data["from_day"] or local_day())
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
        context = _small_form(AppointSchema, _("Appoint: %(grid)s", grid=record.name), here,
                              forms.typed_values(request.form), village, problem)
        return render_template("form.html", **context), problem.status
    return notices.go(here, "saved")


def end_post(record_id: int, post_id: int) -> Any:
    """End a post on the grid today."""
    _record, place = _grid(record_id)
    require("grid.appoint", place)
    if post_id not in {post.id for post in people.posts_at(place) if post.kind in GRID_POSTS}:
        raise NotFound(_("There is no such post."))
    people.end_post(post_id, _appointing(current_actor(), place))
    return notices.go(f"/d/{g.node.code}/grid/grid/{record_id}", "saved")


def retire_page(record_id: int) -> Any:
    """End a grid: its reports stay, its number is not used again."""
    record, place = _grid(record_id)
    require("grid.grid.edit", place)
    here = f"/d/{g.node.code}/grid/grid/{record_id}"
    title = _("Retire: %(grid)s", grid=record.name)
    if request.method == "GET":
        return render_template("form.html", danger=True, **_small_form(RetireSchema, title, here, {}, place))
    try:
        data = forms.read_form((RetireSchema,), request.form, node=place, actor=current_actor())
        records.update(GRID, record_id, {"retired_on": local_day(), "reason": data["reason"]}, current_actor(), None, g.node)
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
        context = _small_form(RetireSchema, title, here, forms.typed_values(request.form), place, problem)
        return render_template("form.html", danger=True, **context), problem.status
    return notices.go(f"/d/{(tree().parent(place) or place).code}/grid/grid/", "saved")


def _grid(record_id: int) -> tuple[Grid, Node]:
    """The grid's record and node, as the actor may see them. Raises ``NotFound``."""
    record = fetch(GRID, record_id, "view", g.node, current_actor())
    place = tree().get(record.division_id)
    if place is None:
        raise NotFound(_("There is no such grid."))
    return record, place


def _appointing(actor: Actor, place: Node) -> Actor:
    """The actor with what ``grid.appoint`` stands for: posts of this plugin, on this grid only."""
    allowed = frozenset({"core.post.view", "core.post.create", "core.post.edit"})
    return replace(actor, grants=(*actor.grants, Grant("grid.appoint", place.id, None, allowed)))


def _small_form(schema: type[EntitySchema], title: str, here: str, values: dict[str, str], node: Node,
                problem: Problem | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem else {}
    errors = {name.removesuffix("_id"): texts for name, texts in errors.items()}
    shown = forms.error_list((schema,), errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title} {problem.detail} {problem.remedy}"}]
    return {"entity": GRID, "title": title, "errors": shown, "action": request.path, "cancel_url": here, "version": "",
            "fields": forms.form_fields((schema,), values, node=node, actor=current_actor(), errors=errors),
            "submit_label": _("Save"), "intro": "", "multipart": False, "draft": False}


def _add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
    BLUEPRINT.add_url_rule(rule, name, guarded(view, permission, plugin="grid", **options), methods=methods or ("GET",))


_add("/quick", "quick", quick_page, "grid.report.create", "GET", "POST", body=attachments.MAX_BODY)
_add("/tiers", "tiers", tiers_page, "grid.grid.view")
_add("/grid/<rid:record_id>/appoint", "appoint", appoint_page, "grid.appoint", "GET", "POST")
_add("/grid/<rid:record_id>/posts/<rid:post_id>/end", "end_post", end_post, "grid.appoint", "POST")
_add("/grid/<rid:record_id>/retire", "retire", retire_page, "grid.grid.edit", "GET", "POST")

"""Pages that put records together: group and split cases, compare duplicates, link records."""
from __future__ import annotations

from typing import Any

from flask import Flask, g, render_template, request

from . import case_panels, conversion_pages, duplicates, extensions, forms, groups, links, notices, snapshot
from .access import current_actor, fetch
from .entity import Entity
from .error_pages import problem_text
from .errors import BadRequest, Conflict, Invalid, Problem, Refused, StaleVersion
from .faces import Face, face_of
from .fields import Choice, Text
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .schemas import EntitySchema
from .view_records import fixed_fields, form_version, state_of, title_of
from .view_steps import Result, chosen, clash_page
from .views import add_route, crumbs

Fields = list[dict[str, Any]]


def register(app: Flask) -> None:
    """Add the routes of every entity of this application."""
    for entity in app.extensions["grid321"].registry.entities.values():
        _register(app, entity)


def _register(app: Flask, entity: Entity) -> None:
    view, post, both = entity.permission("view"), ("POST",), ("GET", "POST")
    add_route(app, entity, "link", "<rid:id>/link", link_page, view, methods=both)
    add_route(app, entity, "unlink", "<rid:id>/link/<rid:link_id>/remove", unlink, view, methods=post)
    conversion_pages.register_entity(app, entity)
    if entity.grouping is None:
        return
    permission = entity.permission("group")
    add_route(app, entity, "group", "<rid:id>/group", group_page, permission, methods=both)
    add_route(app, entity, "leave_group", "<rid:id>/group/leave", leave_group, permission, methods=post)
    add_route(app, entity, "group_many", "group", group_many, permission, methods=post)
    add_route(app, entity, "duplicates", "<rid:id>/duplicates", duplicates_page, view)
    add_route(app, entity, "dismiss", "<rid:id>/duplicates/<rid:other_id>/dismiss", dismiss, view, methods=post)
    if "create" in entity.actions:
        add_route(app, entity, "split", "<rid:id>/split", split_page, permission, methods=both)


# -- links -------------------------------------------------------------------------------------------------------------

class LinkSchema(EntitySchema):
    """With which record, and how they belong together."""

    other = Text(_l("Number or address of the other record"), required=True, max=200, help=_l(
        "Copy the number of a matter, or the address of its page. It may belong to another plugin."))
    kind = Choice(_l("How they belong together"), scheme=links.KINDS.key, required=True, default="related")


def link_page(entity: Entity, id: int) -> Any:
    """The form of a new link, and what it sends."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, links.changing(entity), node, actor)
    here = face.url(node.code, id)
    values, problem = forms.start_values((LinkSchema,), request.args), None
    if request.method == "POST":
        try:
            data = forms.read_form((LinkSchema,), request.form, node=node, actor=actor)
            other, there = links.find(data["other"], actor)
            links.add(entity, id, other, there.id, data["kind"], actor, node)
            return notices.go(here + "#links", "saved")
        except (Invalid, Conflict) as refused:
            values, problem = forms.typed_values(request.form), refused
    fields = forms.form_fields((LinkSchema,), values, node=node, actor=actor, errors=problem.errors if problem else {})
    return _small_form(face, record, fields, (LinkSchema,), _("Add a link"), f"{here}/link", problem,
                       intro=_("Both records show the link to whoever may see the other one."))


def unlink(entity: Entity, id: int, link_id: int) -> Any:
    """Remove a link of a record."""
    links.remove(entity, id, link_id, current_actor(), g.node)
    return notices.go(face_of(entity).url(g.node.code, id) + "#links", "removed")


# -- groups ------------------------------------------------------------------------------------------------------------

class LeadSchema(EntitySchema):
    """Under which matter."""

    number = Text(_l("Number of the matter that leads the group"), required=True, max=40, help=_l(
        "It must be open and lie in the same bank. It carries this one from then on: one need, one count."))


def group_page(entity: Entity, id: int) -> Any:
    """Put a case under another one: by its number, or (from a suggested duplicate) by its id."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "edit", node, actor)
    here = face.url(node.code, id)
    values, problem = forms.start_values((LeadSchema,), request.args), None
    if request.method == "POST":
        version = form_version()
        try:
            lead_id = _asked_lead(entity)
            if lead_id is None:
                data = forms.read_form((LeadSchema,), request.form, node=node, actor=actor)
                lead_id = _by_number(entity, data["number"])
            groups.join(entity, id, lead_id, actor, version, node)
            return notices.go(here, "grouped")
        except (Invalid, Refused) as refused:
            values, problem = forms.typed_values(request.form), refused
        except (Conflict, StaleVersion) as clash:
            return clash_page(face, id, clash, node, actor)
    fields = forms.form_fields((LeadSchema,), values, node=node, actor=actor, errors=problem.errors if problem else {})
    return _small_form(face, record, fields, (LeadSchema,), _("Put under another matter"), f"{here}/group", problem,
                       intro=_("It leaves the bank without being solved, follows the other matter and ends with it. Its reporter "
                               "is told of the answer and rates it."))


def _asked_lead(entity: Entity) -> int | None:
    text = request.form.get("lead", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest(_("The form does not say which matter leads the group."), "lead", _("Load the page again."))
    return int(text)


def _by_number(entity: Entity, number: str) -> int:
    model = entity.model
    row = model.select(model.id).where(model.number == number).tuples().first()
    message = _("There is no such matter that you may see. Copy the number from its page.")
    if row is None or not links.visible(entity, [row[0]], current_actor()):
        raise Invalid(_("The matters were not grouped."), message, errors={"number": [message]})
    return int(row[0])


def leave_group(entity: Entity, id: int) -> Any:
    """Take a member out of its group; back to the page it was asked on."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "edit", node, actor)
    lead = case_panels.carrier(entity, record, actor) if request.form.get("back") and record.parent_id else None
    try:
        groups.leave(entity, id, actor, form_version() if "_version" in request.form else None, node)
    except (Conflict, StaleVersion) as clash:
        return clash_page(face, id, clash, node, actor)
    return notices.go(links.url_of(entity, lead) if lead is not None else face.url(node.code, id), "ungrouped")


def group_many(entity: Entity) -> Any:
    """Group the chosen rows of a list: ask which of them leads, then show a result for each."""
    face, node, actor = face_of(entity), g.node, current_actor()
    ids = chosen(request.form.getlist("id"))
    if len(ids) < 2:
        raise Invalid(_("A group needs at least two matters."), "", _("Tick at least two rows, then choose “Group”."))
    rows = {identifier: fetch(entity, identifier, "view", node, actor) for identifier in ids}
    lead_id = _asked_lead(entity)
    if lead_id not in rows:
        return _choose_lead(face, rows)
    results = [Result(lead_id, title_of(face, rows[lead_id]), True, _("leads the group"), face.url(node.code, lead_id))]
    for identifier, record in rows.items():
        if identifier != lead_id:
            url, title = face.url(node.code, identifier), title_of(face, record)
            try:
                if record.parent_id != lead_id:  # who is in the group already stays there
                    groups.join(entity, identifier, lead_id, actor, record.version, node)
            except Problem as problem:
                results.append(Result(identifier, title, False, problem_text(problem), url))
            else:
                results.append(Result(identifier, title, True, _("carried by %(number)s", number=rows[lead_id].number), url))
    good = sum(result.ok for result in results)
    return render_template("bulk.html", entity=entity, title=_("Group"), results=results, good=good, bad=len(results) - good,
                           back_url=face.url(node.code), crumbs=crumbs(face, node, _("Group")))


def _choose_lead(face: Face, rows: dict[int, Any]) -> str:
    """Ask which of the chosen cases leads: one that leads already, else the oldest, is proposed."""
    node = g.node
    tree, base = snapshot.current().tree, face.url(node.code)
    proposed = min(rows, key=lambda one: (-(rows[one].members or 0), one))
    options = []
    for identifier in sorted(rows):
        state, holder = state_of(face, rows[identifier]), tree.get(rows[identifier].holder_id)
        words = (title_of(face, rows[identifier]), rows[identifier].number, state["label"] if state else "",
                 holder.name if holder else "")
        options.append((str(identifier), " · ".join(dict.fromkeys(word for word in words if word))))
    field = {"name": "lead", "label": _("Which one leads the group?"), "widget": "radio", "options": options, "required": True,
             "value": str(proposed), "error": "",
             "help": _("The others follow it and end with it. They are counted once, with it.")}
    return render_template(
        "form.html", entity=face.entity, title=_("Group"), errors=[], fields=[field], action=f"{base}group",
        submit_label=_("Group"), cancel_url=base, multipart=False, version="", danger=False, secrets_notice=False,
        intro=_("For %(count)s chosen records.", count=len(rows)), hidden=[("id", str(one)) for one in rows],
        crumbs=crumbs(face, node, _("Group")))


# -- parts -------------------------------------------------------------------------------------------------------------

def split_page(entity: Entity, id: int) -> Any:
    """The form of a part, filled with what the whole case says; a part is worked on by itself and counted nowhere."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "edit", node, actor)
    here = face.url(node.code, id)
    place = snapshot.current().tree.get(record.division_id) or node
    schemas, without = extensions.schemas_at(entity, place), fixed_fields(face) | frozenset(entity.personal)
    values, problem = forms.record_values(face, record), None
    if request.method == "POST":
        version = form_version()
        try:
            data = forms.read_form(schemas, request.form, node=place, actor=actor, without=without)
            part = groups.split(entity, id, data, actor, version, node)
            return notices.go(face.url(node.code, part.id), "split")
        except (Invalid, Refused) as refused:
            values, problem = forms.typed_values(request.form), refused
        except (Conflict, StaleVersion) as clash:
            return clash_page(face, id, clash, node, actor)
    errors = forms.by_field(entity, problem.errors) if problem else {}
    fields = forms.form_fields(schemas, values, node=place, actor=actor, errors=errors, without=without)
    return _small_form(face, record, fields, schemas, _("Split off a part"), f"{here}/split", problem, notice=True,
                       intro=_("Write only what this part is about. It goes its own way; %(number)s is counted, and is closed "
                               "after its parts.", number=record.number))


# -- duplicates --------------------------------------------------------------------------------------------------------

def duplicates_page(entity: Entity, id: int) -> str:
    """What may be the same matter as a case: a page of its own, of which the case's page shows the panel."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "view", node, actor)
    panel = case_panels.compared(face, record, actor, node)
    name, title = title_of(face, record), _("Possible duplicates")
    return render_template("duplicates.html", title=title, name=name, back_url=face.url(node.code, id),
                           crumbs=crumbs(face, node, (name, face.url(node.code, id)), title),
                           **(panel.context if panel is not None else {"rows": []}))


def dismiss(entity: Entity, id: int, other_id: int) -> Any:
    """Remember that two cases are different matters."""
    duplicates.dismiss(entity, id, other_id, current_actor(), g.node)
    return notices.go(face_of(entity).url(g.node.code, id), "compared")


def _small_form(face: Face, record: Any, fields: Fields, schemas: forms.Schemas, title: str, action: str,
                problem: Problem | None, *, intro: str, notice: bool = False) -> Any:
    """A form about a record, with what was refused; returns the page with its status."""
    here, name = face.url(g.node.code, record.id), title_of(face, record)
    errors = forms.by_field(face.entity, problem.errors) if problem is not None else {}
    summary = forms.error_list(schemas, errors)
    if problem is not None and not summary:
        summary = [{"field": "", "label": "", "message": problem_text(problem)}]
    page = render_template(
        "form.html", entity=face.entity, record=record, title=title, fields=fields, errors=summary, action=action, intro=intro,
        submit_label=title, cancel_url=here, multipart=False, version=record.version, danger=False, secrets_notice=notice,
        crumbs=crumbs(face, g.node, (name, here), title))
    return page, problem.status if problem is not None else 200

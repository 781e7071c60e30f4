"""The page on which a case becomes another record: what is carried over is shown for review; and the page's undo."""
from __future__ import annotations

from typing import Any

from flask import Flask, g, render_template, request

from . import conversions, extensions, forms, links, notices
from .access import current_actor, fetch
from .entity import Entity
from .error_pages import problem_text
from .errors import Conflict, Invalid, NotFound, Refused, StaleVersion
from .faces import face_of
from .i18n import gettext as _
from .registry import registry
from .schemas import fields_of
from .view_records import form_version, title_of
from .view_steps import clash_page, refuse_impossible, transition_of
from .views import add_route, crumbs


def register_entity(app: Flask, entity: Entity) -> None:
    """Add the routes of the conversions of one entity, where a plugin declares any."""
    if any(source == entity.key for source, _step in app.extensions["grid321"].registry.conversions):
        view = entity.permission("view")
        add_route(app, entity, "convert", "<rid:id>/convert/<step>", convert_page, view, methods=("GET", "POST"))
        add_route(app, entity, "undo_conversion", "<rid:id>/conversion/undo", undo, view, methods=("POST",))


def convert_page(entity: Entity, id: int, step: str) -> Any:
    """The form of the record that a case becomes, filled from the case; what it sends ends the case and makes the record."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "view", node, actor)
    conversion = conversions.of_step(entity, step)
    if conversion is None:
        raise NotFound(_("There is no such step."), "", _("Load the page again."))
    transition = transition_of(entity, record, step)
    target, problem = registry().entities[conversion.target], None
    place = conversions.place_of(conversion, record)
    schemas, writer = extensions.schemas_at(target, place), conversions.author(conversion, record, place, actor)
    handed_up = writer is not actor
    settled = conversions.settled(conversion, record, place, writer)
    without = (*settled, *(("division",) if handed_up else ()))
    if request.method == "GET":
        refuse_impossible(entity, record, transition, actor)
        values = {**forms.start_values(schemas, {}), **conversions.texts(conversion, record, place, writer)}
    else:
        version = form_version()
        try:
            data = forms.read_form(schemas, request.form, node=place, actor=writer, without=without)
            data |= {fields_of(target.schema)[name].column: value for name, value in settled.items()}
            _record, made = conversions.convert(conversion, id, data, actor, version, node)
            return notices.go(face.url(node.code, id) if handed_up else links.url_of(target, made),
                              "handed_up" if handed_up else "converted")
        except (Invalid, Refused) as refused:
            values, problem = forms.typed_values(request.form), refused
        except (Conflict, StaleVersion) as clash:
            return clash_page(face, id, clash, node, actor)
    errors = forms.by_field(target, problem.errors) if problem is not None else {}
    summary = forms.error_list(schemas, errors)
    if problem is not None and not summary:
        summary = [{"field": "", "label": "", "message": problem_text(problem)}]
    here, name = face.url(node.code, id), title_of(face, record)
    page = render_template(
        "form.html", entity=target, record=record, title=str(transition.label), errors=summary, action=f"{here}/convert/{step}",
        fields=forms.form_fields(schemas, values, node=place, actor=writer, errors=errors, without=without),
        submit_label=str(transition.label),
        cancel_url=here, multipart=False, version=record.version, danger=False, draft=False,
        intro=_("The matter %(number)s becomes: %(kind)s. Check what is carried over. The matter leaves its bank and is counted "
                "with the new record; both show the link.", number=record.number, kind=str(target.label)),
        crumbs=crumbs(face, node, (name, here), str(transition.label)))
    return page, problem.status if problem is not None else 200


def undo(entity: Entity, id: int) -> Any:
    """Take the conversion of a case back."""
    face, node, actor = face_of(entity), g.node, current_actor()
    try:
        conversions.undo(entity, id, actor, form_version(), node)
    except (Conflict, StaleVersion) as clash:
        return clash_page(face, id, clash, node, actor)
    return notices.go(face.url(node.code, id), "step")

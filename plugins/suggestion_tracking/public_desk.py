"""The officer's page that publishes a matter or suggestion: its text stands in the form, to be freed of what concerns persons."""
from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request, url_for

from grid321.core.api import (
    Node,
    NotFound,
    Problem,
    current_actor,
    fetch,
    forms,
    notices,
    records,
    require,
    tree,
)
from grid321.core.api import gettext as _

from .public_form import PLUGIN
from .public_models import Publication
from .public_publish import CONSENT, PUBLICATION, PublicationSchema, source_entity

FIXED = ("source", "number", "hidden")


def publish_page(source: str, record_id: int) -> Any:
    """Release a wording of the matter or suggestion; what is published already leads to its published item."""
    if source not in CONSENT:
        raise NotFound(_("There is nothing here."))
    entity, actor = source_entity(source), current_actor()
    original = fetch(entity, record_id, "view", g.node, actor)
    place = tree().get(original.division_id) or g.node
    require(PUBLICATION.permission("create"), place)
    known = Publication.get_or_none((Publication.source == source) & (Publication.source_id == original.id))
    if known is not None:
        return redirect(f"/d/{g.node.code}/{PLUGIN}/publication/{known.id}", 303)
    if request.method == "GET":
        values = {"title": original.title, "text": getattr(original, "text", "") or getattr(original, "content", ""),
                  "result": original.answer or ""}
        return render_template("suggestion_tracking/publish.html", **_form(source, original, values, place))
    try:
        data = forms.read_form((PublicationSchema,), request.form, node=place, actor=actor, without=FIXED)
        made = records.create(PUBLICATION, {**data, "source": source, "number": original.number}, actor, place)
    except Problem as problem:
        if problem.status != 422:
            raise
        context = _form(source, original, forms.typed_values(request.form), place, problem)
        return render_template("suggestion_tracking/publish.html", **context), problem.status
    return notices.go(f"/d/{g.node.code}/{PLUGIN}/publication/{made.id}", "saved")


def _form(source: str, original: Any, values: dict[str, str], place: Node, problem: Problem | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem else {}
    fields = forms.form_fields((PublicationSchema,), values, node=place, actor=current_actor(), errors=errors, without=FIXED)
    return {"title": _("Publish: %(number)s", number=original.number), "fields": fields, "draft": False, "version": "",
            "errors": forms.error_list((PublicationSchema,), errors), "submit_label": _("Make public"),
            "action": url_for("suggestion_tracking.publish", code=g.node.code, source=source, record_id=original.id),
            "cancel_url": f"/d/{g.node.code}/{PLUGIN}/{source}/{original.id}",
            "intro": _("Everybody will read this wording, with number, kind, place (village or town) and outcome. "
                       "Photos and everything about persons stay inside.")}

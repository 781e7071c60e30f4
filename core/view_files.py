"""Files of a record: add, send, remove."""
from __future__ import annotations

from typing import Any

from flask import Flask, g, request

from . import attachments, notices, records
from .access import current_actor, fetch
from .entity import Entity
from .errors import Forbidden, Invalid, Refused, TooLarge
from .faces import face_of
from .i18n import gettext as _
from .view_records import refused
from .views import add_route


def register_entity(app: Flask, entity: Entity) -> None:
    """Add the routes of the files of one entity's records."""
    view = entity.permission("view")
    if attachments.taken(entity):
        add_route(app, entity, "attach", "<rid:id>/attachment", attach,
                  entity.permission(attachments.adding(entity)), methods=("POST",), body=attachments.MAX_BODY)
    add_route(app, entity, "attachment", "<rid:id>/attachment/<rid:file_id>", download, view)
    add_route(app, entity, "remove_attachment", "<rid:id>/attachment/<rid:file_id>/remove", remove_attachment, view,
              methods=("POST",))


def attach(entity: Entity, id: int) -> Any:
    """Add files to a record."""
    node, actor = g.node, current_actor()
    record = fetch(entity, id, attachments.adding(entity), node, actor)
    uploads = [*request.files.getlist("file"), *request.files.getlist("files")]
    try:
        files = attachments.cleaned(uploads)
        if not files:
            raise Invalid(_("No file was chosen."), "", _("Choose a file, then send."),
                          errors={"file": [_("No file was chosen.")]})
        attachments.add(entity, record, files, actor, node)
    except (Invalid, Refused, TooLarge) as problem:
        return refused(face_of(entity), record, problem, "attachment", _("Add a file"))
    return notices.go(face_of(entity).url(node.code, id) + "#attachments", "attached")


def download(entity: Entity, id: int, file_id: int) -> Any:
    """Send a file of a record."""
    record = fetch(entity, id, "view", g.node, current_actor())
    return attachments.response(entity, record.id, file_id)


def remove_attachment(entity: Entity, id: int, file_id: int) -> Any:
    """Hide a file of a record: for who added it, and for who may edit the record."""
    node, actor = g.node, current_actor()
    record = fetch(entity, id, "view", node, actor)
    records.refuse_closed(entity, record)
    mine = attachments.get(entity, id, file_id).created_by == actor.account_id is not None
    if not mine and not ("edit" in entity.actions and actor.may_on(entity.permission("edit"), record)):
        raise Forbidden(_("You may not remove this file."), "", _("Ask the person who added it."))
    attachments.remove(entity, record, file_id, actor, node)
    return notices.go(face_of(entity).url(node.code, id) + "#attachments", "removed")

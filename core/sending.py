"""A form or request that arrives twice makes one record: it carries a mark, and the mark is kept with the record.

Two clicks on the button, a page sent again with the reload key and a phone that lost the answer all send the same mark.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import attachments, db, extensions, records
from .entity import Entity
from .errors import Conflict, Invalid
from .i18n import gettext as _
from .tree import Node


def takes_mark(entity: Entity) -> bool:
    """True when new records of an entity carry a mark: cases do, and others whose table has a column ``client_id``."""
    return "client_id" in entity.model._meta.fields


def mark_of(entity: Entity, source: Mapping[str, Any]) -> str | None:
    """The mark (``client_id``) that a new record carries, None without one. Raises Invalid for a malformed one."""
    mark = source.get("client_id")
    if not mark or not takes_mark(entity):
        return None
    if not (isinstance(mark, str) and len(mark) <= 64 and mark.isascii() and mark.isprintable()):
        raise Invalid(_("Some fields need your attention."), errors={"client_id": [_("This is not a valid mark.")]})
    return mark


def form_mark(form: Mapping[str, str]) -> str:
    """The mark to write into a form: the one it was sent with when it is shown again, otherwise a new one."""
    mark = form.get("client_id", "")
    return mark if mark and len(mark) <= 64 and mark.isascii() and mark.isprintable() else db.new_uid()


def sent_before(entity: Entity, mark: str | None, actor: Any) -> Any:
    """The record this account already made from the same mark, or None."""
    if mark is None:
        return None
    model = entity.model
    return model.get_or_none((model.client_id == mark) & (model.created_by == actor.account_id))


def create_once(entity: Entity, data: Mapping[str, Any], files: Sequence[attachments.Clean], mark: str | None, actor: Any,
                node: Node, *, strict: bool = False) -> Any:
    """Create a record with its files in one transaction, or return the one that the same sending made before.

    A mark that comes back with other content is another matter: it gets a record of its own, or, when `strict`, raises
    Conflict. Raises what ``records.create`` and ``attachments.add`` raise; nothing is written then.
    """
    values = dict(data)
    try:
        with db.transaction():
            earlier = sent_before(entity, mark, actor)
            if earlier is not None and _same(entity, earlier, data, files, node):
                return earlier
            if earlier is not None and strict:
                raise Conflict(_("This client_id was used for another record."), str(mark),
                               _("Send a new client_id for a new record, and the same body when you repeat one."),
                               code="client_id_reused")
            if mark is not None and earlier is None:
                values["client_id"] = mark
            record = records.create_within(entity, values, actor, node)
            if files:
                attachments.add(entity, record, files, actor, node)
    except Invalid:
        earlier = sent_before(entity, mark, actor)  # both copies arrived at once and this one lost
        if earlier is None or not _same(entity, earlier, data, files, node):
            raise
        return earlier
    return record


def _same(entity: Entity, record: Any, data: Mapping[str, Any], files: Sequence[attachments.Clean], node: Node) -> bool:
    """True when the record holds what is sent now: every value that was typed, and every file."""
    secret = {*entity.personal, *(column.attribute for column in extensions.columns(entity) if column.personal)}
    typed = {name: value for name, value in data.items() if value not in (None, "") and name not in secret}
    extensions.attach(entity, [record], node)
    if any(getattr(record, name, value) != value for name, value in typed.items()):
        return False
    return not files or {file.sha256 for file in files} <= {row.sha256 for row in attachments.of(entity, record.id)}

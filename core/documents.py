"""The printable forms that plugins declare for an entity (hook ``documents``): which there are, and where."""
from __future__ import annotations

from typing import Any

from . import snapshot
from .entity import Document, Entity
from .errors import NotFound
from .faces import Face
from .i18n import gettext as _
from .registry import Registry, registry
from .tree import Node


def declared(known: Registry, entity: Entity) -> list[Document]:
    """All forms of an entity, in declared order, wherever they may be used."""
    return [document for document in known.documents.values() if document.entity == entity.key]


def offered(entity: Entity, node: Node) -> list[Document]:
    """The forms of an entity whose plugin is on at ``node``."""
    known, switches = registry(), snapshot.current().switches
    return [document for document in declared(known, entity)
            if switches.is_on(known.owner_of("document", document.key), node)]


def find(entity: Entity, name: str, node: Node) -> Document:
    """The form of that name. Raises ``NotFound``, also where its plugin is off."""
    for document in offered(entity, node):
        if document.name == name:
            return document
    raise NotFound(_("There is no such form here."), "", _("Go back to the record: it lists the forms that can be printed."))


def links(face: Face, record_id: int, node: Node) -> list[dict[str, Any]]:
    """Label and address of each form of a record."""
    return [{"label": str(document.label), "url": face.url(node.code, record_id, "form", document.name)}
            for document in offered(face.entity, node)]

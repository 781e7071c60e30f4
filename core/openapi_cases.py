"""Parts of the OpenAPI description: groups, parts, duplicates, links, reply templates, conversions."""
from __future__ import annotations

from typing import Any

from .entity import Entity
from .faces import Face
from .i18n import gettext as _
from .openapi_parts import JSON, answer_of, key_header, operation, reference
from .registry import registry
from .schemas import json_schema

Paths = dict[str, dict[str, Any]]
_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer", "format": "int64", "minimum": 1}
_NONE = {"204": {"description": "-"}}


def case_parts(face: Face, base: str) -> Paths:
    """What stands below one record of an entity beside its history, files and steps."""
    entity, one = face.entity, f"{base}/{{id}}"
    found = _links(entity, one)
    if face.workflow is not None:
        found[f"{one}/replies"] = {"get": operation(entity, "replies", _("Reply templates, filled in"), "view", _many(
            id=_NUMBER, name=_TEXT, version=_NUMBER, text=_TEXT), parameters=[])}
    if entity.grouping is not None:
        found.update(_groups(entity, one))
    steps = [item for (source, _step), item in registry().conversions.items() if source == entity.key]
    if steps:
        found.update(_conversions(entity, one))
    return found


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def _body(**properties: Any) -> dict[str, Any]:
    return {"required": True, "content": {JSON: {"schema": {**_object(tuple(properties), **properties),
                                                            "additionalProperties": False}}}}


def _many(**properties: Any) -> dict[str, Any]:
    items = {"type": "array", "items": _object(**properties)}
    return {"200": {"description": _("All of them"), "content": {JSON: {"schema": _object(items=items)}}}}


def _match() -> dict[str, Any]:
    return {"name": "If-Match", "in": "header", "required": True, "schema": _TEXT, "example": '"3"',
            "description": _("The ETag that was read, with its quotes")}


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": _("Id"), "schema": _NUMBER}


def _links(entity: Entity, one: str) -> Paths:
    shown = _many(id=_NUMBER, kind=_TEXT, label=_TEXT, out={"type": "boolean"}, entity=_TEXT, record=_NUMBER, title=_TEXT,
                  url=_TEXT)
    added = {"201": {"description": _("Linked"), "content": {JSON: {"schema": _object(id=_NUMBER)}}}}
    link = operation(entity, "link", _("Link with another record"), "view", added, parameters=[key_header()])
    link["requestBody"] = _body(entity=_TEXT, record=_NUMBER, kind=_TEXT)
    remove = operation(entity, "unlink", _("Remove a link"), "view", _NONE, parameters=[_path("link_id")])
    return {f"{one}/links": {"get": operation(entity, "links", _("Links"), "view", shown, parameters=[]), "post": link},
            f"{one}/links/{{link_id}}": {"delete": remove}}


def _groups(entity: Entity, one: str) -> Paths:
    name = entity.key.replace(".", "_")
    brief = {"type": ["object", "null"]}
    shown = {"200": {"description": _("The group"), "content": {JSON: {"schema": _object(
        bond={"type": ["string", "null"], "enum": ["member", "part", "turned", None]}, lead=brief, total={"type": "integer"},
        items={"type": "array", "items": _object(id=_NUMBER, number=_TEXT, bond=_TEXT)})}}}}
    changed = {"200": answer_of(_("The record"), name, etag=True)}
    join = operation(entity, "join", _("Put under a lead: one need, one count"), "group", changed,
                     parameters=[_match(), key_header()])
    join["requestBody"] = _body(lead=_NUMBER)
    dismiss = operation(entity, "dismiss", _("Remember that another one is no duplicate"), "view", _NONE, parameters=[])
    dismiss["requestBody"] = _body(other=_NUMBER)
    found = {f"{one}/group": {
        "get": operation(entity, "group", _("Who carries it, or what it carries"), "view", shown, parameters=[]), "post": join,
        "delete": operation(entity, "leave", _("Take it out of its group"), "group", changed, parameters=[_match()])},
        f"{one}/duplicates": {"get": operation(entity, "duplicates", _("Possible duplicates with the reason"), "view", _many(
            id=_NUMBER, number=_TEXT, state=_TEXT, percent={"type": "integer"}, days={"type": "integer"}, why=_TEXT,
            open={"type": "boolean"}, lead=_NUMBER, url=_TEXT), parameters=[]), "post": dismiss}}
    if "create" in entity.actions:
        split = operation(entity, "split", _("Split off a part"), "group",
                          {"201": answer_of(_("The part"), name, etag=True, location=True)}, parameters=[_match(), key_header()])
        split["requestBody"] = {"required": True, "content": {JSON: {"schema": reference(f"{name}_write")}}}
        found[f"{one}/parts"] = {"post": split}
    return found


def _conversions(entity: Entity, one: str) -> Paths:
    paths: Paths = {f"{one}/conversion": {"delete": operation(
        entity, "undo_conversion", _("Undo a conversion while nothing happened to the new record"), "view",
        {"200": answer_of(_("The record"), entity.key.replace(".", "_"), etag=True)}, parameters=[_match()])}}
    for (source, step), item in registry().conversions.items():
        if source != entity.key:
            continue
        target = registry().entities[item.target]
        convert = operation(entity, f"convert_{step}", str(item.label), "view", {
            "201": answer_of(_("The new record"), target.key.replace(".", "_"), etag=True, location=True)},
            parameters=[_match(), key_header()])
        convert["requestBody"] = {"required": False, "content": {JSON: {"schema": json_schema((target.schema,), required=False)}}}
        paths[f"{one}/conversions/{step}"] = {"post": convert}
    return paths

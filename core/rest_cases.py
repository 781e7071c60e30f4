"""The REST face of groups, parts, duplicates, links, reply templates and conversions, below each record's address."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask, Response, g

from . import case_panels, conversions, duplicates, extensions, groups, idempotency, links, reply_templates, schemas, snapshot
from .access import current_actor, fetch
from .entity import Entity
from .errors import Invalid, NotFound
from .faces import Face, face_of
from .i18n import gettext as _
from .registry import registry
from .rest import add_route, answer, etag_of, no_parameters, once, path_of, read_body, record_json, wanted_version
from .schemas import EntitySchema


def register(app: Flask) -> None:
    """Add the API routes of every entity of this application."""
    known = app.extensions["grid321"].registry
    for entity in known.entities.values():
        view = entity.permission("view")
        add_route(app, entity, "api_links", "/<rid:id>/links", "GET", get_links, view)
        add_route(app, entity, "api_link", "/<rid:id>/links", "POST", post_link, view)
        add_route(app, entity, "api_unlink", "/<rid:id>/links/<rid:link_id>", "DELETE", delete_link, view)
        if known.newest.get(entity.key) is not None:
            add_route(app, entity, "api_replies", "/<rid:id>/replies", "GET", get_replies, view)
        if any(source == entity.key for source, _step in known.conversions):
            add_route(app, entity, "api_convert", "/<rid:id>/conversions/<step>", "POST", post_conversion, view)
            add_route(app, entity, "api_undo_conversion", "/<rid:id>/conversion", "DELETE", delete_conversion, view)
        if entity.grouping is not None:
            _register_groups(app, entity, entity.permission("group"), view)


def _register_groups(app: Flask, entity: Entity, permission: str, view: str) -> None:
    add_route(app, entity, "api_group", "/<rid:id>/group", "GET", get_group, view)
    add_route(app, entity, "api_join", "/<rid:id>/group", "POST", post_group, permission)
    add_route(app, entity, "api_leave", "/<rid:id>/group", "DELETE", delete_group, permission)
    add_route(app, entity, "api_duplicates", "/<rid:id>/duplicates", "GET", get_duplicates, view)
    add_route(app, entity, "api_dismiss", "/<rid:id>/duplicates", "POST", post_dismissal, view)
    if "create" in entity.actions:
        add_route(app, entity, "api_split", "/<rid:id>/parts", "POST", post_part, permission)


# -- groups ------------------------------------------------------------------------------------------------------------

def get_group(entity: Entity, id: int) -> Response:
    """Who carries a case, or what it carries, as far as the caller may see."""
    no_parameters()
    actor = current_actor()
    record = fetch(entity, id, "view", g.node, actor)
    face = face_of(entity)
    lead = case_panels.carrier(entity, record, actor) if record.parent_id is not None else None
    rows, total = ([], 0) if record.bond is not None else case_panels.members(face, record, actor)
    return answer({"bond": record.bond, "lead": _brief(lead) if lead is not None else None, "total": total, "items": [
        {"id": int(row["url"].rpartition("/")[2]), "number": row["number"], "bond": "part" if row["part"] else "member"}
        for row in rows]}, headers=etag_of(record))


def _brief(record: Any) -> dict[str, Any]:
    return {"id": record.id, "number": record.number, "state": record.state,
            "due": record.due.isoformat() if record.due else None}


def post_group(entity: Entity, id: int) -> Response:
    """Put a case under a lead: {"lead": 12}. If-Match names the version of the case."""
    node, actor = g.node, current_actor()
    no_parameters()
    fetch(entity, id, "view", node, actor)
    version, lead = wanted_version(), _one_id("lead")
    return _changed(entity, lambda: groups.join(entity, id, lead, actor, version, node))


def delete_group(entity: Entity, id: int) -> Response:
    """Take a case out of its group. If-Match names its version."""
    no_parameters()
    version = wanted_version()
    record = groups.leave(entity, id, current_actor(), version, g.node)
    return answer(record_json(face_of(entity), record, g.node.code), headers=etag_of(record))


def post_part(entity: Entity, id: int) -> Response:
    """Split a part off a case: the fields of the part. If-Match names the version of the whole case."""
    node, actor = g.node, current_actor()
    no_parameters()
    version, raw = wanted_version(), read_body()

    def work() -> idempotency.Answer:
        record = fetch(entity, id, "edit", node, actor)
        place = snapshot.current().tree.get(record.division_id) or node
        data = schemas.load_many(extensions.schemas_at(entity, place), raw, node=place, actor=actor)
        part = groups.split(entity, id, data, actor, version, node)
        headers = {**etag_of(part), "Location": path_of(face_of(entity), node.code, part.id)}
        return 201, headers, orjson.dumps(record_json(face_of(entity), part, node.code)).decode()

    return once(work)


def _changed(entity: Entity, change: Callable[[], Any]) -> Response:
    """Do a change once for each Idempotency-Key and answer with the record."""
    face, code = face_of(entity), g.node.code

    def work() -> idempotency.Answer:
        record = change()
        return 200, etag_of(record), orjson.dumps(record_json(face, record, code)).decode()

    return once(work)


def _one_id(name: str) -> int:
    raw = read_body()
    value = raw.get(name)
    if set(raw) != {name} or type(value) is not int or not 0 < value < 2**63:
        raise Invalid(_("The body cannot be used."), "", _("Send an object with the one field “%(name)s”, an id.", name=name),
                      errors={name: [_("This must be a whole number written with the digits 0-9.")]})
    return value


# -- duplicates --------------------------------------------------------------------------------------------------------

def get_duplicates(entity: Entity, id: int) -> Response:
    """Likely duplicates of a case with the reason in words."""
    no_parameters()
    node, actor = g.node, current_actor()
    record = fetch(entity, id, "view", node, actor)
    base = path_of(face_of(entity), node.code)
    return answer({"items": [{"id": one.record.id, "number": one.record.number, "state": one.record.state, "percent": one.percent,
                              "days": one.days, "why": one.why, "open": one.open, "lead": one.group_id,
                              "url": f"{base}/{one.record.id}"} for one in duplicates.find(entity, record, actor, node)]})


def post_dismissal(entity: Entity, id: int) -> Response:
    """Remember that another case is a different matter: {"other": 12}."""
    no_parameters()
    fetch(entity, id, "view", g.node, current_actor())
    duplicates.dismiss(entity, id, _one_id("other"), current_actor(), g.node)
    return Response(status=204)


# -- links -------------------------------------------------------------------------------------------------------------

def get_links(entity: Entity, id: int) -> Response:
    """The links of a record whose other side the caller may see."""
    no_parameters()
    record = fetch(entity, id, "view", g.node, current_actor())
    return answer({"items": [_link_json(one) for one in links.of(entity, record, current_actor())]})


def _link_json(one: links.Shown) -> dict[str, Any]:
    place = snapshot.current().tree.get(getattr(one.record, "division_id", None))
    return {"id": one.id, "kind": one.kind, "label": one.label, "out": one.out, "entity": one.entity.key, "record": one.record.id,
            "title": one.title, "url": path_of(face_of(one.entity), place.code if place else g.node.code, one.record.id)}


def post_link(entity: Entity, id: int) -> Response:
    """Link a record with another: {"entity": "grid.report", "record": 12, "kind": "related"}."""
    node, actor = g.node, current_actor()
    no_parameters()
    fetch(entity, id, "view", node, actor)
    raw = read_body()
    key = raw.get("entity")
    other = registry().entities.get(key) if isinstance(key, str) else None
    if set(raw) != {"entity", "record", "kind"} or type(raw["record"]) is not int or not isinstance(raw["kind"], str):
        raise Invalid(_("The link was not added."), "", _("Send the fields “entity”, “record” (an id) and “kind”."),
                      errors={"": [_("Send the fields “entity”, “record” (an id) and “kind”.")]})
    if other is None:
        raise NotFound(_("There is no such record"), "", _("Check the name of the entity, as in “grid.report”."))

    def work() -> idempotency.Answer:
        link_id = links.add(entity, id, other, raw["record"], raw["kind"], actor, node)
        return 201, {}, orjson.dumps({"id": link_id}).decode()

    return once(work)


def delete_link(entity: Entity, id: int, link_id: int) -> Response:
    """Remove a link."""
    no_parameters()
    links.remove(entity, id, link_id, current_actor(), g.node)
    return Response(status=204)


# -- reply templates and conversions -----------------------------------------------------------------------------------

def get_replies(entity: Entity, id: int) -> Response:
    """The reply templates that fit a case, filled in."""
    no_parameters()
    record = fetch(entity, id, "view", g.node, current_actor())
    return answer({"items": [{"id": one.id, "name": one.name, "version": one.version, "text": one.text}
                             for one in reply_templates.offered(entity, record)]})


def post_conversion(entity: Entity, id: int, step: str) -> Response:
    """Turn a case into another record. The body holds fields of the new record; what it leaves out is filled from the case."""
    node, actor = g.node, current_actor()
    no_parameters()
    version, raw = wanted_version(), read_body(empty=True)
    conversion = conversions.of_step(entity, step)
    if conversion is None:
        raise NotFound(_("There is no such step."), step[:60] if step.isprintable() else "", _("Ask for the possible steps."))
    target = registry().entities[conversion.target]

    def work() -> idempotency.Answer:
        record = fetch(entity, id, "view", node, actor)
        place = conversions.place_of(conversion, record)
        known: tuple[type[EntitySchema], ...] = extensions.schemas_at(target, place)
        writer = conversions.author(conversion, record, place, actor)
        sent = schemas.load_many(known, raw, node=place, actor=writer, partial=True)
        columns = schemas.fields_of(target.schema)
        kept = {columns[name].column: value for name, value in conversions.settled(conversion, record, place, writer).items()}
        data = {**conversions.draft(conversion, record), **sent}
        asked = {column: value for column, value in data.items() if column not in kept or column in sent}
        checked = {**kept, **schemas.load_many(known, _as_json(target, asked), node=place, actor=writer)}
        _record, made = conversions.convert(conversion, id, checked, actor, version, node)
        face: Face = face_of(target)
        code = snapshot.current().tree.get(made.division_id).code  # type: ignore[union-attr]
        headers = {**etag_of(made), "Location": path_of(face, code, made.id)}
        return 201, headers, orjson.dumps(record_json(face, made, code)).decode()

    return once(work)


def _as_json(target: Entity, data: dict[str, Any]) -> dict[str, Any]:
    """Values by column as a request would send them, so that what was filled in passes the same checks as what was sent."""
    columns = schemas.columns_of(target.schema)
    return {field.name: field.to_json(data[column]) for column, field in columns.items() if column in data and field.name}


def delete_conversion(entity: Entity, id: int) -> Response:
    """Undo the conversion of a case while nothing happened to the new record."""
    no_parameters()
    version = wanted_version()
    record = conversions.undo(entity, id, current_actor(), version, g.node)
    return answer(record_json(face_of(entity), record, g.node.code), headers=etag_of(record))

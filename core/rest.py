"""The REST face of every entity below `/api/v1`: JSON in and out, errors as problem+json.

Reading goes from rows to JSON without marshmallow; writing goes through the same strict schemas and services as the pages.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask, Response, g, request

from . import calendar, engine, extensions, idempotency, lists, records, schemas, sending
from .access import current_actor, fetch, guarded
from .entity import Entity
from .errors import BadRequest, Invalid, PreconditionRequired
from .faces import Column, Face, day_of, face_of, json_reader, masked
from .i18n import gettext as _
from .json_bodies import JSON_TYPE, answer, read_body
from .view_records import add_comment
from .view_steps import place_of, refuse_impossible, transition_of
from .views import RecordId

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
PAGING = frozenset({"after", "before", "limit", "fields"})
MAX_LIMIT = 100
PROVISIONAL = "due_provisional"
"""Beside a due date: whether it rests on a year whose notice of working days is not known yet."""

Actor = Any


def register(app: Flask) -> None:
    """Add the API routes of every entity of this application."""
    from . import rest_files

    app.url_map.converters.setdefault("rid", RecordId)
    for entity in app.extensions["grid321"].registry.entities.values():
        _routes(app, entity)
        rest_files.register_entity(app, entity)


def _routes(app: Flask, entity: Entity) -> None:
    view = entity.permission("view")
    add_route(app, entity, "api_list", "", "GET", list_records, view)
    add_route(app, entity, "api_get", "/<rid:id>", "GET", get_record, view)
    add_route(app, entity, "api_history", "/<rid:id>/history", "GET", get_history, view)
    add_route(app, entity, "api_comment", "/<rid:id>/comments", "POST", post_comment, view)
    if "create" in entity.actions:
        add_route(app, entity, "api_create", "", "POST", create_record, entity.permission("create"))
    if "edit" in entity.actions:
        add_route(app, entity, "api_edit", "/<rid:id>", "PATCH", patch_record, entity.permission("edit"))
    if "delete" in entity.actions:
        add_route(app, entity, "api_delete", "/<rid:id>", "DELETE", delete_record, entity.permission("delete"))
    if entity.key in app.extensions["grid321"].registry.newest:
        add_route(app, entity, "api_transitions", "/<rid:id>/transitions", "GET", get_transitions, view)
        add_route(app, entity, "api_transition", "/<rid:id>/transitions/<key>", "POST", post_transition, view)


def add_route(app: Flask, entity: Entity, name: str, rule: str, method: str, view: Callable[..., Any], permission: str,
              **mark: Any) -> None:
    """Add one API address of an entity, guarded. `view` takes the entity first."""
    def call(**values: Any) -> Any:
        return view(entity, **values)

    call.__name__ = f"{entity.name}_{name}"
    app.add_url_rule(f"/api/v1/d/<code>/{entity.plugin}/{entity.name}{rule}", f"{entity.key}:{name}",
                     guarded(call, permission, entity.key, entity.plugin, **mark), methods=[method])


def path_of(face: Face, code: str, record_id: int | None = None) -> str:
    """The API address of the list of an entity, or of one record."""
    base = f"/api/v1/d/{code}{face.path}"
    return base if record_id is None else f"{base}/{record_id}"


# ---------------------------------------------------------------- JSON out

def api_columns(face: Face) -> tuple[Column, ...]:
    """The columns of a list: all but the sealed ones, which only a single record shows, masked."""
    found: tuple[Column, ...] | None = face.cache.get("api_columns")
    if found is None:
        found = tuple(column for column in face.columns.values() if not column.personal and column.key != "id")
        face.cache["api_columns"] = found
    return found


def record_json(face: Face, record: Any, code: str) -> dict[str, Any]:
    """One record as the API shows it; personal values are masked."""
    found: dict[str, Any] = {"id": record.id}
    is_provisional = calendar.at(None).is_provisional
    for column in (*face.columns.values(), *extensions.read(face.entity, record, g.node)):
        value = getattr(record, column.attribute)
        if column.personal:
            value = masked(face.entity, column, value, record.uid) or None
        else:
            reader = json_reader(column)
            value = reader(value) if reader is not None else value
        found[column.key] = value
        if column.kind == "due":
            found[PROVISIONAL] = value is not None and is_provisional(value)
    found["url"] = path_of(face, code, record.id)
    return found


def etag_of(record: Any) -> dict[str, str]:
    """The header that names the version of a record."""
    return {"ETag": f'"{record.version}"'}


# ---------------------------------------------------------------- reading

def list_records(entity: Entity) -> Response:
    """One page of records, 20 by default, at most 100."""
    face, node = face_of(entity), g.node
    columns = _wanted_columns(face)
    page = lists.read_page(face, request.args, node, current_actor(), columns, size=_limit(), other=PAGING)
    keys = ["id", *(column.key for column in columns)]
    readers = [(column.key, reader) for column in columns if (reader := json_reader(column)) is not None]
    due = next((column.key for column in columns if column.kind == "due"), None)
    is_provisional = calendar.at(None).is_provisional
    base = path_of(face, node.code)
    items = []
    for row in page.rows:
        item = dict(zip(keys, row, strict=False))  # the last value of a row is that of the order
        for key, reader in readers:
            item[key] = reader(item[key])
        if due is not None:
            item[PROVISIONAL] = (day := day_of(item[due])) is not None and is_provisional(day)
        item["url"] = f"{base}/{row[0]}"
        items.append(item)
    following = _page_url(base, page, "after", page.after)
    headers = {"Link": f'<{following}>; rel="next"'} if following else None
    return answer({"items": items, "next": following, "previous": _page_url(base, page, "before", page.before)},
                  headers=headers)


def _page_url(base: str, page: lists.Page, edge: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = {name: request.args[name] for name in ("limit", "fields") if request.args.get(name)}
    return base + lists.query_string(page.asked, **{edge: cursor}, **kept)


def _limit() -> int:
    text = request.args.get("limit") or "20"
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise BadRequest(_("The request cannot be read."), "limit",
                         _("Send a whole number from 1 to %(max)s.", max=MAX_LIMIT), code="bad_parameter")
    return int(text)


def _wanted_columns(face: Face) -> tuple[Column, ...]:
    text = request.args.get("fields")
    columns = api_columns(face)
    if not text:
        return columns
    known = {column.key: column for column in columns}
    names = [name for name in text.split(",") if name != "id"]
    unknown = [name for name in names if name not in known]
    if unknown or len(names) > len(known):
        raise BadRequest(_("The request cannot be read."), "fields",
                         _("Fields of this list: %(names)s", names=", ".join(known)), code="bad_parameter")
    return tuple(known[name] for name in dict.fromkeys(names))


def get_record(entity: Entity, id: int) -> Response:
    """One record with its version as ETag."""
    no_parameters()
    record = fetch(entity, id, "view", g.node, current_actor())
    headers = etag_of(record)
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status=304, headers=headers)
    return answer(record_json(face_of(entity), record, g.node.code), headers=headers)


def get_history(entity: Entity, id: int) -> Response:
    """What happened to a record, oldest first."""
    no_parameters()
    record = fetch(entity, id, "view", g.node, current_actor())
    items = []
    for entry in records.history(entity, record.id):
        at = entry["at"]
        items.append({"id": entry["id"], "at": at if isinstance(at, str) else at.isoformat(timespec="milliseconds") + "Z",
                      "who": entry["who"], "step": entry["step"], "label": str(entry["label"]),
                      "from": str(entry["from"] or ""), "to": str(entry["to"] or ""), "text": entry["text"],
                      "asked": [{"label": str(label), "value": str(value)} for label, value in entry["asked"]]})
    return answer({"items": items})


def get_transitions(entity: Entity, id: int) -> Response:
    """The steps the caller could take now, each with the JSON schema of what it asks."""
    no_parameters()
    record = fetch(entity, id, "view", g.node, current_actor())
    face = face_of(entity)
    base = path_of(face, g.node.code, record.id)
    items = [{"key": step.key, "label": str(step.label), "target": step.target, "url": f"{base}/transitions/{step.key}",
              "asks": schemas.json_schema(step.asks)} for step in engine.possible(entity, record, current_actor())]
    return answer({"state": record.state, "version": record.version, "items": items}, headers=etag_of(record))


# ---------------------------------------------------------------- writing

def create_record(entity: Entity) -> Response:
    """Create a record. With an Idempotency-Key the same request gives the same answer and one record."""
    face, node, actor = face_of(entity), g.node, current_actor()
    no_parameters()
    raw, marked = read_body(), sending.takes_mark(entity)

    def work() -> idempotency.Answer:
        mark = sending.mark_of(entity, raw)
        body = {name: value for name, value in raw.items() if name != "client_id" or not marked}
        data = schemas.load_many(extensions.schemas_for_new(entity, body, node), body, node=node, actor=actor)
        record = sending.create_once(entity, data, (), mark, actor, node, strict=True)
        headers = {**etag_of(record), "Location": path_of(face, node.code, record.id)}
        return 201, headers, orjson.dumps(record_json(face, record, node.code)).decode()

    return once(work)


def patch_record(entity: Entity, id: int) -> Response:
    """Change the fields that are sent. If-Match must name the version that was read."""
    face, node, actor = face_of(entity), g.node, current_actor()
    no_parameters()
    version = wanted_version()
    known = extensions.schemas_of_record(entity, id, node, actor)
    data = schemas.load_many(known, read_body(), node=node, actor=actor, partial=True)
    record = records.update(entity, id, data, actor, version, node)
    return answer(record_json(face, record, node.code), headers=etag_of(record))


def delete_record(entity: Entity, id: int) -> Response:
    """Delete a record that is no case."""
    no_parameters()
    records.delete(entity, id, current_actor(), wanted_version(), g.node)
    return Response(status=204)


def post_transition(entity: Entity, id: int, key: str) -> Response:
    """Take a step on a case. If-Match must name the version that was read."""
    face, node, actor = face_of(entity), g.node, current_actor()
    no_parameters()
    version = wanted_version()
    raw = read_body(empty=True)

    def work() -> idempotency.Answer:
        record = fetch(entity, id, "view", node, actor)
        step = transition_of(entity, record, key)
        refuse_impossible(entity, record, step, actor)
        data = schemas.load_many(step.asks, raw, node=place_of(record, node), actor=actor)
        outcome = engine.perform(entity, id, key, data, actor, version, node)
        return 200, etag_of(outcome.record), orjson.dumps(record_json(face, outcome.record, node.code)).decode()

    return once(work)


def post_comment(entity: Entity, id: int) -> Response:
    """Add a comment: {"text": "…"}."""
    node, actor = g.node, current_actor()
    no_parameters()
    raw = read_body()
    if set(raw) != {"text"} or not isinstance(raw["text"], str):
        raise Invalid(_("The comment was not saved."), "", _("Send an object with the one field “text”."),
                      errors={"text": [_("This must be text. Send it as a JSON string.")]})

    def work() -> idempotency.Answer:
        record = fetch(entity, id, "comment", node, actor)
        entry = add_comment(entity, record, raw["text"], actor, node)
        return 201, {}, orjson.dumps({"id": entry}).decode()

    return once(work)


def once(work: Callable[[], idempotency.Answer], content: bytes | None = None) -> Response:
    """Do the work, once for each Idempotency-Key of the account when one is sent.

    `content` is what makes two bodies the same, by default their bytes.
    """
    key = request.headers.get("Idempotency-Key")
    replayed = False
    if key is None:
        status, headers, body = work()
    else:
        print_ = idempotency.fingerprint(request.method, request.path, request.get_data() if content is None else content)
        (status, headers, body), replayed = idempotency.once(
            current_actor().account_id or 0, idempotency.check_key(key), print_, work)
    response = Response(body, status, headers, mimetype=JSON_TYPE)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


# ---------------------------------------------------------------- reading requests

def wanted_version() -> int:
    """The version that If-Match names. Raises PreconditionRequired (428) without it, BadRequest for another form."""
    text = request.headers.get("If-Match")
    if text is None:
        raise PreconditionRequired(_("The request does not say which version it changes."), "If-Match",
                                   _("Read the record first and send its ETag back as If-Match."))
    match = _ETAG.fullmatch(text.strip())
    if match is None:
        raise BadRequest(_("If-Match does not name a version."), text[:40] if text.isprintable() else "",
                         _("Send the ETag of the record as it was given, with its quotes."), code="bad_etag")
    return int(match[1])


def no_parameters() -> None:
    """Refuse a query: raises BadRequest naming the first parameter."""
    for name in request.args:
        raise BadRequest(_("The request cannot be read."), name[:60] if name.isprintable() else "?",
                         _("This address takes no parameters."), code="bad_parameter")

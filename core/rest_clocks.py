"""The REST face of clocks: all of a case, why a date is what it is, asking for an extension and deciding on one."""
from __future__ import annotations

from typing import Any

import orjson
from flask import Flask, Response, g

from . import clock_extensions, idempotency
from .access import current_actor, fetch
from .clock_explain import Shown, as_json, declared, explain, shown
from .clock_extensions import may_ask, may_decide
from .clock_panel import LIGHTS
from .clock_rows import Deadline, of
from .entity import Entity
from .errors import Invalid, NotFound
from .faces import face_of
from .i18n import gettext as _
from .rest import add_route, answer, etag_of, no_parameters, once, path_of, read_body
from .views import RecordId


def register(app: Flask) -> None:
    """Add the API addresses of the clocks of every entity with a workflow."""
    app.url_map.converters.setdefault("rid", RecordId)
    known = app.extensions["grid321"].registry
    for entity in known.entities.values():
        if entity.key in known.newest:
            view, one = entity.permission("view"), "/<rid:id>/clocks/<clock_id>"
            add_route(app, entity, "api_clocks", "/<rid:id>/clocks", "GET", get_clocks, view)
            add_route(app, entity, "api_why", f"{one}/why", "GET", get_why, view)
            add_route(app, entity, "api_extend", f"{one}/extension", "POST", post_extension, view)
            add_route(app, entity, "api_extension", f"{one}/extension/decision", "POST", post_decision, view)


def get_clocks(entity: Entity, id: int) -> Response:
    """All clocks of a case, open ones first."""
    no_parameters()
    record = fetch(entity, id, "view", g.node, current_actor())
    base = path_of(face_of(entity), g.node.code, record.id)
    items = [_item(one, record, base) for one in shown(of(entity.key, record.id), declared(entity, record))]
    return answer({"items": items}, headers=etag_of(record))


def _item(one: Shown, record: Any, base: str) -> dict[str, Any]:
    row, actor = one.row, current_actor()
    return {"id": row.id, "clock": row.clock, "label": str(one.clock.label) if one.clock else row.clock, "state": row.state,
            "due": row.due.isoformat(), "due_at": row.due_at.isoformat(timespec="milliseconds") + "Z" if row.due_at else None,
            "days_left": one.left if one.open else None, "light": one.light, "word": str(LIGHTS[one.light][0]),
            "provisional": row.provisional, "length": row.length, "extension": row.extension or None,
            "under_supervision": one.open and row.fired_at is not None and row.overdue == "supervise",
            "may_ask": one.open and may_ask(one.clock, row, record, actor),
            "may_decide": one.open and may_decide(one.clock, row, record, actor),
            "why": f"{base}/clocks/{row.id}/why"}


def _find(entity: Entity, record: Any, clock: str) -> Deadline:
    """A clock by its id, or the newest one by its key. Raises ``NotFound``."""
    if clock.isascii() and clock.isdigit() and len(clock) <= 18:
        return clock_extensions.find(entity, record.id, int(clock))
    rows = [row for row in of(entity.key, record.id) if row.clock == clock]
    if not rows:
        raise NotFound(_("There is no such deadline."))
    return rows[-1]


def get_why(entity: Entity, id: int, clock_id: str) -> Response:
    """Why a date is what it is: the rule, its source and version, and every day between start and end."""
    no_parameters()
    record = fetch(entity, id, "view", g.node, current_actor())
    row = _find(entity, record, clock_id)
    return answer(as_json(explain(row, declared(entity, record).get(row.clock)), entity, record))


def post_extension(entity: Entity, id: int, clock_id: str) -> Response:
    """Ask for an extension: {"reason": "…", "length": "5 m"}; without a length for the longest possible."""
    node, actor = g.node, current_actor()
    no_parameters()
    fetch(entity, id, "view", node, actor)
    raw = read_body()
    _check(raw, {"reason": str}, {"length": str})

    def work() -> idempotency.Answer:
        record = fetch(entity, id, "view", node, actor)
        row = _find(entity, record, clock_id)
        request = clock_extensions.ask(entity, record.id, row.id, raw["reason"], raw.get("length"), actor, node)
        return 201, {}, orjson.dumps({"id": request, "state": "asked"}).decode()

    return once(work)


def post_decision(entity: Entity, id: int, clock_id: str) -> Response:
    """Decide on the extension that waits: {"grant": true, "reason": "…"}; a refusal needs a reason."""
    node, actor = g.node, current_actor()
    no_parameters()
    fetch(entity, id, "view", node, actor)
    raw = read_body()
    _check(raw, {"grant": bool}, {"reason": str})

    def work() -> idempotency.Answer:
        record = fetch(entity, id, "view", node, actor)
        row = _find(entity, record, clock_id)
        record = clock_extensions.decide(entity, record.id, row.id, raw["grant"], raw.get("reason") or "", actor, node)
        row = clock_extensions.find(entity, record.id, row.id)
        return 200, etag_of(record), orjson.dumps({"state": row.extension, "due": row.due.isoformat()}).decode()

    return once(work)


def _check(raw: dict[str, Any], required: dict[str, type], optional: dict[str, type]) -> None:
    """Raise ``Invalid`` unless the body has the fields of ``required``, perhaps those of ``optional``, and no others."""
    errors: dict[str, list[str]] = {}
    for name, kind in {**required, **optional}.items():
        if name not in raw:
            if name in required:
                errors[name] = [_("This is required.")]
        elif type(raw[name]) is not kind or (kind is str and ("\x00" in raw[name] or len(raw[name]) > 1000)):
            errors[name] = [_("Send true or false.") if kind is bool else _("Send a text of at most 1,000 characters.")]
    errors |= {name[:80]: [_("There is no such field.")] for name in set(raw) - {*required, *optional}}
    if errors:
        raise Invalid(_("The extension was not recorded."), errors=errors)

"""The residents' pages over REST, without account: raise a matter, look it up, rate the answer, read what is published."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, request, url_for

from grid321.core.api import (
    SYSTEM,
    Api,
    class_label,
    engine,
    json_answer,
    json_body,
    json_schema,
    load_many,
    registry,
    sending,
    signed_links,
    tree,
)
from grid321.core.api import lazy_gettext as _l

from . import public_change, public_list, public_own
from .public_form import MATTER, OWN, PublicMatter, register_matter

TEXT: dict[str, Any] = {"type": "string"}
SEARCH: dict[str, tuple[dict[str, Any], Any]] = {
    "q": ({**TEXT, "maxLength": 80}, _l("Words or number")), "source": (TEXT, _l("matter or suggestion")),
    "kind": (TEXT, _l("Code of a class")), "before": ({"type": "integer"}, _l("Only items older than this id"))}


def register_api(api: Api) -> None:
    """Add the operations; all are open to everybody."""
    api.operation("/raise", raise_matter, _l("Raise a matter without account; the answer has its number and code"), "public",
                  "POST", status="201", body=lambda: json_schema((PublicMatter,)))
    api.operation("/lookup", look_up, _l("See one's own matter by number and code"), "public", "POST",
                  body=lambda: json_schema((public_own.LookupForm,)))
    api.operation("/own/<token>/supplement", supplement, _l("Add to one's own matter until it is answered"), "public", "POST",
                  body=lambda: json_schema((public_change.Supplement,)))
    api.operation("/own/<token>/withdraw", withdraw, _l("Withdraw one's own matter until it is answered"), "public", "POST",
                  body=lambda: json_schema((public_change.Withdrawal,)))
    api.operation("/rate/<token>", rate, _l("Rate the answer by a link for one use"), "public", "POST",
                  body=lambda: json_schema((public_own.RateForm,)))
    api.operation("/published", published, _l("Published matters and suggestions, newest first"), "public", query=SEARCH)


def raise_matter() -> Any:
    """Register a matter; ``division`` names the village when the address is that of a town or county.

    Sent again with the same ``Idempotency-Key`` and text it is the same matter with the same code.
    """
    data = load_many((PublicMatter,), json_body(), node=g.node, actor=SYSTEM)
    mark = sending.mark_of(registry().entity(MATTER), {"client_id": request.headers.get("Idempotency-Key")})
    record, code = register_matter(data, [], g.node, mark=mark)
    return json_answer({"number": record.number, "code": code.text, "url": _own_url(record, timedelta(days=400))}, 201)


def look_up() -> Any:
    """State, steps and answer of the matter that number and code open; nothing about persons."""
    data = load_many((public_own.LookupForm,), json_body(), node=g.node, actor=SYSTEM)
    record = public_own.found(data["number"], data["code"])
    outcome = class_label("suggestion_tracking.outcome", record.outcome, record.division_id) if record.outcome else None
    states = {state.key: state for state in engine.workflow_for(registry().entity(MATTER), record).states}
    return json_answer({
        "number": record.number, "title": record.title, "state": record.state, "state_label": str(states[record.state].label),
        "due": record.due, "closed": record.closed_at is not None, "answer": record.answer, "outcome": record.outcome,
        "outcome_label": outcome,
        "may_rate": bool(public_own.rating_steps(record)), "steps": public_own.steps_of(record),
        "url": _own_url(record, public_own.LOOKED_UP)})


def supplement(token: str) -> Any:
    """Write what the resident adds; ``token`` is the end of the address of the own matter."""
    record = public_own.owned(token)
    data = load_many((public_change.Supplement,), json_body(), node=g.node, actor=SYSTEM)
    record = public_change.supplement(record, data["text"], [])
    return json_answer({"number": record.number, "text": record.text})


def withdraw(token: str) -> Any:
    """Withdraw the matter in the resident's name."""
    record = public_own.owned(token)
    data = load_many((public_change.Withdrawal,), json_body(), node=g.node, actor=SYSTEM)
    record = public_change.withdraw(record, data["reason"])
    return json_answer({"number": record.number, "state": record.state})


def rate(token: str) -> Any:
    """Record a rating; the link is used up with it."""
    record = public_own.at_home(signed_links.find(token, public_own.RATE))  # first: a forged link learns nothing of the form
    data = load_many((public_own.RateForm,), json_body(), node=g.node, actor=SYSTEM)
    public_own.rate(token, record, data)
    return json_answer({"number": record.number, "result": data["result"]})


def published() -> Any:
    """A page of published items; ``next`` is the id to ask for as ``before``."""
    asked = public_list.asked(public_list.KNOWN)
    rows = public_list.read(public_list.older(asked).limit(public_list.PAGE + 1))
    items = public_list.shown(rows[:public_list.PAGE])
    return json_answer({"items": items, "next": items[-1]["id"] if len(rows) > public_list.PAGE else None})


def _own_url(record: Any, length: timedelta) -> str:
    place = tree().get(record.division_id) or g.node
    token = signed_links.create(OWN, MATTER, record.id, expires=length, once=False)
    return str(url_for("suggestion_tracking.own", code=place.code, token=token, _external=True))
